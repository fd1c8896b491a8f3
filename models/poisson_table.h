// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::models {

/// Poisson numbers of small means by table, in a fixed number of steps whatever the mean.
///
/// A Poisson number of mean m is the sum of one of mean c and one of mean d, for m = c + d. Of a
/// pixel's mean, c is the multiple of 1/poisson_cells below it: its distribution is in a table
/// (Walker's alias method, 1974: a slot, and either the slot's own number or another). d is less
/// than 1/poisson_cells, and its number 0, 1, 2 or, once in 1e7, 3: by inversion.
constexpr float poisson_table_below = 24.0f;  ///< means, electrons
constexpr unsigned poisson_cells = 32;        ///< tables per electron
constexpr unsigned poisson_slots = 64;        ///< numbers 0 .. 63

/// Tables of the means 0, 1/32 .. below 24, one after the other. A slot holds how many of 2^18
/// draws keep the slot's own number (bits 6 and up) and the other number (bits 0 to 5).
/// Probabilities are right to 2^-25.
const std::uint32_t* poisson_table();

}  // namespace ocellus::models
