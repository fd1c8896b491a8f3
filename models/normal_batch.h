// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/random.h"

namespace ocellus::models {

constexpr unsigned normal_chunk = 256;

/// Random bits for `count` places, 32 and 16 for each, from the Philox counters
/// (3/8 count x index + j, b, c, why). Place count/4 k + j has word k of block j, and half of word
/// k of block count/4 + j/2: the lower one for even j. `count` is a multiple of 128.
void draw_bits(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
               purpose why, unsigned count, std::uint32_t* words, std::uint16_t* halves);

/// Independent normal numbers for 256 places, by Box and Muller (1958). Places i and 128 + i share
/// the bits of place i of 128: 32 for their radius, 16 for their direction. 2^16 directions at
/// equal distances integrate every polynomial of the sine and cosine below that degree exactly, so
/// that no more are needed.
void normal_batch(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
                  purpose why, float* out);

/// One pair from 48 bits.
void normal_pair(std::uint32_t radius, std::uint16_t direction, float& first, float& second);

}  // namespace ocellus::models
