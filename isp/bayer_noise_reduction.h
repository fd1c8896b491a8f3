// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Noise reduction on the mosaic: one step of robust smoothing over the 5x5 window's samples of the
/// same colour (as a bilateral filter without its division; Durand and Dorsey, "Fast bilateral
/// filtering for the display of high-dynamic-range images", SIGGRAPH 2002, section 4, relate the
/// two).
///
///     t = min(t_dark + (max(c, 0) rise_dark >> 8), t_bright + (max(c, 0) rise_bright >> 8), 2047)
///     f(d) = sign(d) max(0, min(|d|, 2 t - |d|))
///     y = c + ((2 (f_n + f_s + f_w + f_e) + f_nw + f_ne + f_sw + f_se + 8) >> 4)
///
/// d: a neighbour of the same colour, two columns or rows away, minus c. Differences up to t are
/// averaged (weights 1 2 1, 2 4 2, 1 2 1 in sixteenths), those above 2 t are an edge and leave c
/// alone. t follows the noise: the smaller of two straight lines is close to the square root of
/// photon noise. Samples: signed 13 bit. t: 12 bit. rises: unsigned 8 bit, of 256. Rounding: half
/// up. Borders are mirrored. Four stored lines, latency two lines.
namespace ocellus::isp {

constexpr unsigned bayer_noise_lines = 2;

struct bayer_noise_settings {
    int dark = 4, rise_dark = 10;      ///< line that holds in the shadows
    int bright = 32, rise_bright = 3;  ///< line that holds in the lights
};

OCELLUS_INLINE int bayer_noise_threshold(int c, const bayer_noise_settings& s) {
    const int x = c > 0 ? c : 0;
    const int a = s.dark + (x * s.rise_dark >> 8), b = s.bright + (x * s.rise_bright >> 8);
    const int t = a < b ? a : b;
    return t < 2047 ? t : 2047;
}
OCELLUS_INLINE int bayer_noise_share(int d, int t) {
    const int size = d < 0 ? -d : d;
    const int rest = 2 * t - size;
    const int f = size < rest ? size : rest;
    const int share = f > 0 ? f : 0;
    return d < 0 ? -share : share;
}

/// Scalar reference. n: the eight neighbours, row by row from the upper left.
OCELLUS_INLINE int bayer_denoised(int c, const std::array<int, 8>& n,
                                  const bayer_noise_settings& s) {
    const int t = bayer_noise_threshold(c, s);
    const auto f = [&](std::size_t k) { return bayer_noise_share(n[k] - c, t); };
    const int sum = 2 * (f(1) + f(3) + f(4) + f(6)) + f(0) + f(2) + f(5) + f(7);
    return c + ((sum + 8) >> 4);
}

/// Half rows of one column parity of the rows y-2, y, y+2. Equal to bayer_denoised() of each.
void bayer_noise_row(const std::int16_t* above, const std::int16_t* here, const std::int16_t* below,
                     int first, int last, const bayer_noise_settings& s, std::int16_t* out);

}  // namespace ocellus::isp
