// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/bayer.h"

/// Lens shading: a gain per sample from a grid of 16 columns and 12 rows for each of the four sites
/// of a Bayer cell (the size of the IMX500's tables at 0xE000 and 0xE300).
///
///     along an axis of n samples and m nodes:
///         p = floor(x (m - 1) 256 / (n - 1)),  j = min(p >> 8, m - 2),  f = p - 256 j    (0 ..
///         256)
///     v_j = g_ij (256 - fy) + g_i+1,j fy                                      unsigned 18 bit
///     gain = (v_j (256 - fx) + v_j+1 fx + 32768) >> 16                        Q2.8
///     y = clamp((x gain + 128) >> 8, -4096, 4095)
///
/// x: signed 13 bit. g: unsigned Q2.8, 0 .. 1023 (3.996). Rounding: half up, once for the gain and
/// once for the product. Nodes lie on the borders of the array.
namespace ocellus::isp {

constexpr unsigned shading_columns = 16, shading_rows = 12;
constexpr unsigned shading_nodes = shading_columns * shading_rows;
constexpr unsigned shading_one = 256, shading_max = 1023;

/// Gains by site (R, Gr, Gb, B), row by row.
using shading_grid = std::array<std::array<std::uint16_t, shading_nodes>, 4>;

shading_grid flat_shading();
/// Gain 1 + (corner - 1) r^2, r the distance from the centre of the array over that of its corner;
/// rounded to Q2.8.
shading_grid radial_shading(double corner, unsigned width, unsigned height);

/// Where a sample lies between two nodes.
struct shading_place {
    unsigned node = 0, fraction = 0;
};
OCELLUS_INLINE shading_place place_on_grid(unsigned x, unsigned count, unsigned nodes) {
    const auto p = static_cast<unsigned>(std::uint64_t{x} * (nodes - 1) * 256 / (count - 1));
    const unsigned j = p >> 8 < nodes - 2 ? p >> 8 : nodes - 2;
    return {j, p - 256 * j};
}

/// Scalar reference of the gain at (x, y).
unsigned shading_gain(const std::array<std::uint16_t, shading_nodes>& grid, unsigned x, unsigned y,
                      unsigned width, unsigned height);
OCELLUS_INLINE int shaded(int x, int gain) {
    return clamped((x * gain + 128) >> 8, signed_min, linear_max);
}

/// The places of all columns, made once a frame.
struct shading_columns_table {
    /// By parity: first half-row index of each node interval, and the fraction of every half-row
    /// index.
    std::array<std::array<unsigned, shading_columns>, 2> starts{};
    std::array<std::vector<std::uint16_t>, 2> fractions;
};
shading_columns_table make_shading_columns(unsigned width);

/// Samples of one column parity of row y, in place: half-row indices [first, last). Equal to
/// shaded() with shading_gain() of each.
void shading_row(const std::array<std::uint16_t, shading_nodes>& grid,
                 const shading_columns_table& columns, unsigned parity, unsigned y, unsigned height,
                 unsigned first, unsigned last, std::int16_t* samples);

}  // namespace ocellus::isp
