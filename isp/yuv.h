// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Full range, 8-bit coefficients in 1/256. BT.601 (as JPEG):
///
///     Y = ( 77 R + 150 G +  29 B + 128) >> 8
///     U = ((-43 R -  85 G + 128 B + 128) >> 8) + 128     at most 255
///     V = ((128 R - 107 G -  21 B + 128) >> 8) + 128     at most 255
///
/// BT.709 (luma weights 0.2126, 0.7152, 0.0722):
///
///     Y = ( 54 R + 183 G +  19 B + 128) >> 8
///     U = ((-29 R -  99 G + 128 B + 128) >> 8) + 128
///     V = ((128 R - 116 G -  12 B + 128) >> 8) + 128
///
/// Rounding: half up, arithmetic shift. Grey gives U = V = 128 exactly. 4:2:2 takes U and V from
/// the sum of two neighbouring pixels: ((-43 R -85 G + 128 B + 256) >> 9) + 128 with R, G, B sums
/// of two. 4:2:0 takes them from the sum of 2x2 pixels: ((.. + 512) >> 10) + 128. Output bytes are
/// in CSI-2 order: U Y V Y for YUV422 8-bit; for YUV420 8-bit lines of Y alone and, after each, one
/// of U Y V Y; B G R for RGB888.
namespace ocellus::isp {

enum class yuv_matrix : std::uint8_t { bt601, bt709 };
struct yuv_coefficients {
    int yr, yg, yb, ur, ug, ub, vr, vg, vb;
};
constexpr yuv_coefficients coefficients_of(yuv_matrix m) {
    return m == yuv_matrix::bt601 ? yuv_coefficients{77, 150, 29, -43, -85, 128, 128, -107, -21}
                                  : yuv_coefficients{54, 183, 19, -29, -99, 128, 128, -116, -12};
}
OCELLUS_INLINE int luma(const yuv_coefficients& k, int r, int g, int b) {
    return (k.yr * r + k.yg * g + k.yb * b + 128) >> 8;
}
/// From the sums of 2^shift pixels.
OCELLUS_INLINE int chroma_u(const yuv_coefficients& k, int r, int g, int b, int shift) {
    return clamped(((k.ur * r + k.ug * g + k.ub * b + (128 << shift)) >> (8 + shift)) + 128, 0,
                   255);
}
OCELLUS_INLINE int chroma_v(const yuv_coefficients& k, int r, int g, int b, int shift) {
    return clamped(((k.vr * r + k.vg * g + k.vb * b + (128 << shift)) >> (8 + shift)) + 128, 0,
                   255);
}

OCELLUS_INLINE int luma(int r, int g, int b) {
    return (77 * r + 150 * g + 29 * b + 128) >> 8;
}
OCELLUS_INLINE int chroma_u(int r, int g, int b) {
    return clamped(((-43 * r - 85 * g + 128 * b + 128) >> 8) + 128, 0, 255);
}
OCELLUS_INLINE int chroma_v(int r, int g, int b) {
    return clamped(((128 * r - 107 * g - 21 * b + 128) >> 8) + 128, 0, 255);
}
/// The same from the sums of two pixels.
OCELLUS_INLINE int chroma_u_of_two(int r, int g, int b) {
    return clamped(((-43 * r - 85 * g + 128 * b + 256) >> 9) + 128, 0, 255);
}
OCELLUS_INLINE int chroma_v_of_two(int r, int g, int b) {
    return clamped(((128 * r - 107 * g - 21 * b + 256) >> 9) + 128, 0, 255);
}

/// Half rows of 8-bit colour; index 0 even columns, 1 odd columns.
struct rgb8_half_rows {
    std::array<const std::uint8_t*, 2> red{}, green{}, blue{};
};

/// 2*`half` pixels to 4*`half` bytes U Y V Y.
void yuv422_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out,
                yuv_matrix m = yuv_matrix::bt601);
/// 2*`half` pixels to 2*`half` bytes Y.
void luma_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out, yuv_matrix m);
/// The second of two rows to 4*`half` bytes U Y V Y, colour from both.
void yuv420_row(const rgb8_half_rows& above, const rgb8_half_rows& in, unsigned half,
                std::uint8_t* out, yuv_matrix m);
/// The same luma as 16-bit samples, for the stages that work on it.
void wide_luma_row(const rgb8_half_rows& in, unsigned first, unsigned last, std::uint16_t* out,
                   yuv_matrix m);
/// Adds after - before to R, G and B of columns 2*[first, last), clamped to 0 .. 255.
void follow_luma(const std::uint16_t* before, const std::uint16_t* after, unsigned first,
                 unsigned last, const std::array<std::array<std::uint8_t*, 2>, 3>& rgb);
/// 2*`half` pixels to 6*`half` bytes B G R.
void rgb888_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out);

}  // namespace ocellus::isp
