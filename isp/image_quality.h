// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>

#include "core/image.h"

/// Figures that compare pictures of 8-bit sRGB. Pure.
namespace ocellus::isp {

/// 10 lg(255^2 / mean squared difference) over all colours of the pixels at least `border` away
/// from every edge, dB; 100 when there is no difference. Pictures of equal size.
double psnr(const rgb8_image& a, const rgb8_image& b, unsigned border = 0);

/// Mean structural similarity of the BT.601 luma: Z. Wang, A. C. Bovik, H. R. Sheikh,
/// E. P. Simoncelli, IEEE Trans. Image Processing 13(4), 2004: a Gaussian window of 11x11 with a
/// deviation of 1.5, K1 = 0.01, K2 = 0.03, L = 255, over the places where the window fits. Pictures
/// of equal size, at least 11x11.
double ssim(const rgb8_image& a, const rgb8_image& b);

/// CIE L*a*b*, relative to D65.
struct lab_colour {
    double lightness = 0, a = 0, b = 0;
};
/// Of linear sRGB, IEC 61966-2-1.
lab_colour lab_of_linear(const std::array<double, 3>& rgb);

/// CIEDE2000 with all three weights 1: G. Sharma, W. Wu, E. N. Dalal, Color Research and
/// Application 30(1), 2005.
double delta_e_2000(const lab_colour& x, const lab_colour& y);

/// IEC 61966-2-1, both 0 .. 1.
double linear_of_srgb(double code);
double srgb_of_linear(double light);

}  // namespace ocellus::isp
