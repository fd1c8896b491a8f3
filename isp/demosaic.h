// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Demosaic after H. S. Malvar, L.-W. He, R. Cutler: "High-quality linear interpolation for
/// demosaicing of Bayer-patterned color images", ICASSP 2004. Four linear 5x5 filters with
/// coefficients in sixteenths:
///
///     green at a red or blue site:   8 c + 4 (n s w e) - 2 (nn ss ww ee)
///     red at blue, blue at red:     12 c + 4 (nw ne sw se) - 3 (nn ss ww ee)
///     red or blue at green, the
///       neighbours left and right:  10 c + 8 (w e) - 2 (ww ee) - 2 (nw ne sw se) + (nn ss)
///       neighbours above and below: 10 c + 8 (n s) - 2 (nn ss) - 2 (nw ne sw se) + (ww ee)
///
///     y = clamp((sum + 8) >> 4, 0, 4095)
///
/// Input: signed 13 bit. Sums need 19 bits. Rounding: half up. Output: unsigned 12 bit; the sample
/// that the site has itself is clamped to 0 .. 4095 too. Borders are mirrored without repeating the
/// edge, which keeps the Bayer phase. A constant mosaic gives exactly that constant in all
/// channels. Four stored lines, latency two lines. Needs at least 4 columns and 4 rows, both even.
namespace ocellus::isp {

constexpr unsigned demosaic_lines = 2;  ///< rows above and below, and the latency in lines

/// BILINEAR, the plain alternative, in a 3x3 window: the mean of the two or four nearest samples of
/// a colour, (a + b + 1) >> 1 or (a + b + c + d + 2) >> 2, clamped to 0 .. 4095. BYPASS: every
/// pixel's own sample in all three channels, clamped.
enum class demosaic_method : std::uint8_t { malvar, bilinear, bypass };

/// Even and odd columns of one row of the balanced mosaic. Index -1 and index `half` must be
/// readable: mirror_ends() fills them.
struct half_rows {
    const std::int16_t* even = nullptr;
    const std::int16_t* odd = nullptr;
};

/// Writes the mirrored columns -2, -1, width and width+1. `even` and `odd` have one element of room
/// before and after; half >= 2.
inline void mirror_ends(std::int16_t* even, std::int16_t* odd, unsigned half) {
    even[-1] = even[1];
    odd[-1] = odd[0];
    even[half] = even[half - 1];
    odd[half] = odd[half - 2];
}

/// One demosaiced row as half rows; index 0 even columns, 1 odd columns.
struct rgb_half_rows {
    std::array<std::int16_t*, 2> red{}, green{}, blue{};
};

/// The row forms of the alternatives.
void bilinear_demosaic_row(const std::array<half_rows, 5>& rows, bayer_phase phase, unsigned y,
                           unsigned first, unsigned last, const rgb_half_rows& out);
void bypass_demosaic_row(const half_rows& row, unsigned first, unsigned last,
                         const rgb_half_rows& out);

/// Row form. `rows` are the rows y-2 .. y+2 (mirrored by the caller at the top and bottom), pixels
/// of the half-row indices [first, last). Equal to demosaic_pixel() of each.
void demosaic_row(const std::array<half_rows, 5>& rows, bayer_phase phase, unsigned y,
                  unsigned first, unsigned last, const rgb_half_rows& out);

/// Scalar reference: red, green, blue at (x, y) of a balanced mosaic given as a function of (x, y).
template <class Mosaic>
std::array<int, 3> demosaic_pixel(const Mosaic& mosaic, unsigned width, unsigned height,
                                  bayer_phase phase, unsigned x, unsigned y) {
    const auto at = [&](int dx, int dy) {
        return static_cast<int>(mosaic(mirrored(static_cast<int>(x) + dx, width),
                                       mirrored(static_cast<int>(y) + dy, height)));
    };
    const auto finish = [](int sum) { return clamped((sum + 8) >> 4, 0, linear_max); };
    const int c = at(0, 0);
    const int we = at(-1, 0) + at(1, 0), ns = at(0, -1) + at(0, 1);
    const int wwee = at(-2, 0) + at(2, 0), nnss = at(0, -2) + at(0, 2);
    const int diagonal = at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1);
    const int own = clamped(c, 0, linear_max);
    const int cross = finish(8 * c + 4 * (we + ns) - 2 * (wwee + nnss));
    const int opposite = finish(12 * c + 4 * diagonal - 3 * (wwee + nnss));
    const int beside = finish(10 * c + 8 * we - 2 * wwee - 2 * diagonal + nnss);
    const int above = finish(10 * c + 8 * ns - 2 * nnss - 2 * diagonal + wwee);
    switch (site_of(phase, y, x)) {
        case bayer_site::red:
            return {own, cross, opposite};
        case bayer_site::blue:
            return {opposite, cross, own};
        case bayer_site::green_red:
            return {beside, own, above};
        default:
            return {above, own, beside};
    }
}

/// Scalar reference of the bilinear one.
template <class Mosaic>
std::array<int, 3> bilinear_pixel(const Mosaic& mosaic, unsigned width, unsigned height,
                                  bayer_phase phase, unsigned x, unsigned y) {
    const auto at = [&](int dx, int dy) {
        return static_cast<int>(mosaic(mirrored(static_cast<int>(x) + dx, width),
                                       mirrored(static_cast<int>(y) + dy, height)));
    };
    const auto in_range = [](int v) { return clamped(v, 0, linear_max); };
    const int we = at(-1, 0) + at(1, 0), ns = at(0, -1) + at(0, 1);
    const int own = in_range(at(0, 0)), cross = in_range((we + ns + 2) >> 2);
    const int diagonal = in_range((at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1) + 2) >> 2);
    const int beside = in_range((we + 1) >> 1), above = in_range((ns + 1) >> 1);
    switch (site_of(phase, y, x)) {
        case bayer_site::red:
            return {own, cross, diagonal};
        case bayer_site::blue:
            return {diagonal, cross, own};
        case bayer_site::green_red:
            return {beside, own, above};
        default:
            return {above, own, beside};
    }
}

}  // namespace ocellus::isp
