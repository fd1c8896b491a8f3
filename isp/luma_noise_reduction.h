// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Noise reduction of luma: a mean over 9x9 pixels, weighted with 5 bits by likeness.
///
///     w = 31 - min(31, (|Y_n - Y| slope) >> 4)
///     Y' = Y + floor((2 sum w (Y_n - Y) + W) / (2 W)),  W = sum w >= 31
///
/// Y: unsigned 8 bit. slope: unsigned 4.4, 12 .. 255: differences of 496 / slope and more have no
/// weight. sum w: 12 bit; sum w (Y_n - Y): signed 16 bit, which is why a slope is at least 12.
/// Rounding: half up. Borders are mirrored. Eight stored lines of Y and four each of U and V,
/// latency four lines. Colour follows luma as in sharpening.h.
namespace ocellus::isp {

constexpr unsigned luma_noise_lines = 4;
constexpr int luma_noise_slope_min = 12, luma_noise_slope_max = 255;

OCELLUS_INLINE int luma_noise_weight(int difference, int slope) {
    const int size = difference < 0 ? -difference : difference;
    const int lost = size * slope >> 4;
    return 31 - (lost < 31 ? lost : 31);
}

/// Scalar reference at (x, y) of a luma picture given as a function of (x, y).
template <class Luma>
int luma_denoised_pixel(const Luma& luma, unsigned width, unsigned height, unsigned x, unsigned y,
                        int slope) {
    const int c = static_cast<int>(luma(x, y));
    int sum = 0, weights = 0;
    for (int k = -4; k <= 4; ++k)
        for (int i = -4; i <= 4; ++i) {
            const int d = static_cast<int>(luma(mirrored(static_cast<int>(x) + i, width),
                                                mirrored(static_cast<int>(y) + k, height))) -
                          c;
            const int w = luma_noise_weight(d, slope);
            sum += w * d;
            weights += w;
        }
    const int twice = 2 * sum + weights, by = 2 * weights;
    const int quotient = twice / by;
    return c + quotient - (twice % by < 0 ? 1 : 0);
}

/// Rows y-4 .. y+4, columns -4 .. width+3 readable; columns [first, last). Equal to
/// luma_denoised_pixel() of each.
void luma_noise_row(const std::array<const std::uint16_t*, 9>& rows, int first, int last, int slope,
                    std::uint16_t* out);

}  // namespace ocellus::isp
