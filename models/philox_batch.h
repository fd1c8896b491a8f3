// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/random.h"

namespace ocellus::models {

/// Philox4x32-10 of the counters (first + j, b, c, why), j = 0 .. count - 1, one array per word of
/// the result: philox4x32::generate() many at a time. `count` is a multiple of 16. Uses the
/// processor's widening 32-bit multiplication, which compilers do not find in portable code; same
/// words anywhere.
void philox_batch(const philox4x32::key& key, std::uint32_t first, std::uint32_t b, std::uint32_t c,
                  purpose why, unsigned count, std::uint32_t* w0, std::uint32_t* w1,
                  std::uint32_t* w2, std::uint32_t* w3);

}  // namespace ocellus::models
