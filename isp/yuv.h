// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// BT.601 full range (as JPEG), 8-bit coefficients in 1/256:
///
///     Y = ( 77 R + 150 G +  29 B + 128) >> 8
///     U = ((-43 R -  85 G + 128 B + 128) >> 8) + 128     at most 255
///     V = ((128 R - 107 G -  21 B + 128) >> 8) + 128     at most 255
///
/// Rounding: half up, arithmetic shift. Grey gives U = V = 128 exactly. 4:2:2 takes U and V from
/// the sum of two neighbouring pixels: ((-43 R -85 G + 128 B + 256) >> 9) + 128 with R, G, B sums
/// of two. Output bytes are in CSI-2 order: U Y V Y for YUV422 8-bit, B G R for RGB888.
namespace ocellus::isp {

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
void yuv422_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out);
/// 2*`half` pixels to 6*`half` bytes B G R.
void rgb888_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out);

}  // namespace ocellus::isp
