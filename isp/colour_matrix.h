// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Colour correction matrix, 3x3 in Q10.
///
///     y_i = clamp((m_i0 r + m_i1 g + m_i2 b + 512) >> 10, 0, 4095)
///
/// r, g, b: unsigned 12 bit. m: signed 13-bit two's complement, 1024 is 1.0 (-4 .. 3.999),
/// row-major. Sums need 27 bits. Rounding: half up. A row whose entries add up to 1024 keeps grey
/// exactly.
namespace ocellus::isp {

using matrix_q10 = std::array<std::int16_t, 9>;

constexpr int matrix_one = 1024;
constexpr int matrix_min = -4096, matrix_max = 4095;

/// libcamera's imx500.json at 5648 K, rounded to Q10 (1.766 -0.601 -0.165; -0.332 1.814 -0.483;
/// -0.064 -0.436 1.500), the green diagonal one 1/1024 up so that every row adds up to 1024.
constexpr matrix_q10 default_matrix = {1808, -615, -169, -340, 1859, -495, -66, -446, 1536};
constexpr matrix_q10 identity_matrix = {1024, 0, 0, 0, 1024, 0, 0, 0, 1024};

OCELLUS_INLINE int colour_matrix(int r, int g, int b, int m0, int m1, int m2) {
    return clamped((m0 * r + m1 * g + m2 * b + 512) >> 10, 0, linear_max);
}

/// `count` pixels in place. Equal to colour_matrix() of each.
void colour_matrix_row(const matrix_q10& m, unsigned count, std::int16_t* red, std::int16_t* green,
                       std::int16_t* blue);

}  // namespace ocellus::isp
