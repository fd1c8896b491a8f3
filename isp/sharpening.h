// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Sharpening of luma by an unsharp mask: what a 9x9 binomial blur takes away is added once more.
///
///     b = 1 8 28 56 70 56 28 8 1                         (sum 256, sigma 1.41 pixels)
///     v = (sum_k b_k Y(x, y + k) + 8) >> 4               8.4, unsigned 12 bit
///     h = (sum_k b_k v(x + k) + 128) >> 8                8.4, unsigned 12 bit
///     d = 16 Y - h                                       8.4, signed 13 bit
///     e = sign(d) max(0, |d| - core)                     small differences are noise
///     s = clamp((e amount + 32) >> 6, -limit, limit)     8.4; limit bounds halos
///     Y' = clamp((16 Y + s + 8) >> 4, 0, 255)
///
/// Y: unsigned 8 bit. core, limit: unsigned 8.4. amount: unsigned 2.6, 64 is 1.0. Rounding: half
/// up. Borders are mirrored. Eight stored lines, latency four lines. Colour follows luma: R, G and
/// B all get Y' - Y (clamped to 0 .. 255), which leaves U and V as they were.
namespace ocellus::isp {

constexpr unsigned sharpening_lines = 4;
constexpr std::array<int, 9> binomial9 = {1, 8, 28, 56, 70, 56, 28, 8, 1};

struct sharpening_settings {
    int amount = 48;  ///< 2.6
    int core = 24;    ///< 8.4
    int limit = 512;  ///< 8.4
};

OCELLUS_INLINE int sharpened(int y, int blurred, const sharpening_settings& s) {
    const int d = 16 * y - blurred;
    const int size = (d < 0 ? -d : d) - s.core;
    const int rest = size > 0 ? size : 0;
    const int e = d < 0 ? -rest : rest;
    const int more = clamped((e * s.amount + 32) >> 6, -s.limit, s.limit);
    return clamped((16 * y + more + 8) >> 4, 0, 255);
}

/// Scalar reference at (x, y) of a luma picture given as a function of (x, y).
template <class Luma>
int sharpened_pixel(const Luma& luma, unsigned width, unsigned height, unsigned x, unsigned y,
                    const sharpening_settings& s) {
    int blurred = 128;
    for (int i = -4; i <= 4; ++i) {
        int v = 8;
        for (int k = -4; k <= 4; ++k)
            v += binomial9[static_cast<std::size_t>(k + 4)] *
                 static_cast<int>(luma(mirrored(static_cast<int>(x) + i, width),
                                       mirrored(static_cast<int>(y) + k, height)));
        blurred += binomial9[static_cast<std::size_t>(i + 4)] * (v >> 4);
    }
    return sharpened(static_cast<int>(luma(x, y)), blurred >> 8, s);
}

/// Rows y-4 .. y+4, columns -4 .. width+3 readable. `scratch` has room for width + 8 samples.
/// Columns [first, last). Equal to sharpened_pixel() of each.
void sharpen_row(const std::array<const std::uint16_t*, 9>& rows, int first, int last,
                 const sharpening_settings& s, std::uint16_t* scratch, std::uint16_t* out);

}  // namespace ocellus::isp
