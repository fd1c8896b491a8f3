// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/random.h"

namespace ocellus::models {

constexpr unsigned normal_chunk = 256;

/// Two independent normal numbers for each of 256 places (Box and Muller 1958), from the Philox
/// counters (96 x index + j, b, c, why). Place 64 k + j has word k of block j for its radius, and
/// half a word of block 64 + j / 2 for its direction: the lower half for even j. 2^16 directions at
/// equal distances integrate every polynomial of the sine and cosine below that degree exactly, so
/// that no more are needed.
void normal_batch(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
                  purpose why, float* first, float* second);

/// 48 random bits for each of 256 places, laid out in the same way: 32 and 16.
struct chunk_bits {
    alignas(64) std::uint32_t word[normal_chunk];
    alignas(64) std::uint16_t half[normal_chunk];
};
void draw_bits(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
               purpose why, chunk_bits& out);

/// One pair from 48 bits.
void normal_pair(std::uint32_t radius, std::uint16_t direction, float& first, float& second);

}  // namespace ocellus::models
