// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>

/// A small function that the row loops inline into each of their instruction-set clones.
#if defined(__GNUC__)
#define OCELLUS_INLINE inline __attribute__((always_inline))
#else
#define OCELLUS_INLINE inline
#endif

/// The loop that follows has no dependence between its iterations: outputs do not overlap inputs.
/// GCC 12 forgets __restrict of pointers that come out of structures.
#if defined(__GNUC__) && !defined(__clang__)
#define OCELLUS_INDEPENDENT _Pragma("GCC ivdep")
#else
#define OCELLUS_INDEPENDENT
#endif

namespace ocellus::isp {

/// Colours of the first two pixels of the first two rows. Bit 1 of the value is the row of red in
/// the 2x2 cell, bit 0 its column.
enum class bayer_phase : std::uint8_t { rggb = 0, grbg = 1, gbrg = 2, bggr = 3 };

/// The four sites of a cell, in the order of the gain registers.
enum class bayer_site : std::uint8_t { red = 0, green_red = 1, green_blue = 2, blue = 3 };

constexpr bool is_red_row(bayer_phase p, unsigned row) {
    return (row & 1u) == static_cast<unsigned>(p) >> 1;
}
/// Column parity of the red or blue sites of a row (the others are green).
constexpr unsigned colour_parity(bayer_phase p, unsigned row) {
    const unsigned red_column = static_cast<unsigned>(p) & 1u;
    return is_red_row(p, row) ? red_column : red_column ^ 1u;
}
constexpr bayer_site site_of(bayer_phase p, unsigned row, unsigned column) {
    const bool colour = (column & 1u) == colour_parity(p, row);
    if (is_red_row(p, row))
        return colour ? bayer_site::red : bayer_site::green_red;
    return colour ? bayer_site::blue : bayer_site::green_blue;
}

/// Mirrors an index into 0 .. count-1 without repeating the border sample (-1 becomes 1), so that
/// the parity, and with it the colour of a Bayer site, is kept. Needs -count < i < 2*count-1.
constexpr unsigned mirrored(int i, unsigned count) {
    const int n = static_cast<int>(count);
    return static_cast<unsigned>(i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);
}

/// Clamp that the vectoriser turns into one minimum and one maximum.
OCELLUS_INLINE int clamped(int v, int low, int high) {
    const int at_least = v < low ? low : v;
    return at_least > high ? high : at_least;
}

/// Word lengths of the linear chain.
constexpr int linear_bits = 12;
constexpr int linear_max = (1 << linear_bits) - 1;  ///< 4095
constexpr int signed_min = -(1 << linear_bits);     ///< before the demosaic: 13-bit signed

}  // namespace ocellus::isp
