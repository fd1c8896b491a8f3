// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/random.h"

namespace ocellus::models {

/// A Poisson number of mean 10 .. 1e6 without approximation, by transformed rejection with squeeze
/// (Hoermann: "The transformed rejection method for generating Poisson random variables",
/// Insurance: Mathematics and Economics 12, 1993, algorithm PTRS). Trials are drawn from the
/// counters (x + trial x 2^16, row, frame): the result depends on the place and the key alone.
double exact_poisson_draw(double mean, const philox4x32::key& key, std::uint32_t x,
                          std::uint32_t row, std::uint32_t frame);

}  // namespace ocellus::models
