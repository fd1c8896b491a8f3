// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "isp/bayer.h"
#include "isp/yuv.h"

/// From 8-bit colour to the integers of the network's input: one affine map for all channels, or
/// the part's 3x4 matrix.
///
///     q = clamp(((v * multiplier + bias) >> shift) + offset, clamp_min, clamp_max)
///
/// v: 0 .. 255. multiplier, bias, offset: signed 32 bit; the product is formed in 64 bit; >> is
/// arithmetic (floor). A bias of half of 2^shift rounds half up.
///
/// The matrix (registers 0xD76C to 0xD782 of the IMX500: coefficient 0x400 is 1.0, offset 0x1800 is
/// -2048 and takes 128 off, so offsets count sixteenths; 13-bit two's complement all of them):
///
///     q_c = clamp((((K_c0 v_0 + K_c1 v_1 + K_c2 v_2) >> 6) + K_c3 + 8) >> 4, clamp_min, clamp_max)
///
/// v_0 .. v_2: the three channels in their order. A tensor of one channel is row 0 of the matrix on
/// colour, without luma before it. The part's own rounding is not public.
///
/// Channels: R G B, or B G R, or the luma of yuv.h alone, or Y U V of every pixel, or the four
/// sites of a Bayer cell after the white balance and the tone curve, R Gr Gb B, each scaled by
/// itself.
///
/// Layout: interleaved (NHWC): pixel after pixel, channels together, rows without padding. Planar
/// (CHW): channel after channel, rows padded with zeros to 32 bytes and planes to an even number
/// of rows, as the IMX500 sends its input tensor.
namespace ocellus::isp {

enum class tensor_order : std::uint8_t { rgb, yuv444, bayer };

struct tensor_format {
    unsigned width = 0, height = 0;
    unsigned channels = 3;  ///< 1 (luma), 3, or 4 (Bayer)
    bool bgr = false;       ///< blue first
    bool is_signed = true;  ///< int8, else uint8
    std::int32_t multiplier = 1;
    std::int32_t shift = 0;  ///< 0 .. 31
    std::int32_t offset = -128;
    std::int32_t clamp_min = -128, clamp_max = 127;
    std::int32_t bias = 0;  ///< added before the shift

    tensor_order order = tensor_order::rgb;
    bool planar = false;
    bool affine = false;  ///< `matrix` instead of multiplier, bias, shift and offset
    /// Rows of three coefficients (1/1024) and an offset (1/16).
    std::array<std::int16_t, 12> matrix = {1024, 0, 0, -2048, 0, 1024, 0, -2048, 0, 0, 1024, -2048};

    /// Bytes of a row of one plane; interleaved there is one plane.
    std::size_t plane_row_bytes() const {
        return planar ? (std::size_t{width} + 31) / 32 * 32 : std::size_t{width} * channels;
    }
    unsigned planes() const { return planar ? channels : 1; }
    std::size_t plane_bytes() const {
        return plane_row_bytes() * (planar ? (height + 1) / 2 * 2 : height);
    }
    /// Of a row of all planes.
    std::size_t row_bytes() const { return plane_row_bytes() * planes(); }
    std::size_t bytes() const { return plane_bytes() * planes(); }
};

/// 0 .. 255 to the full range: q = v - 128 for int8, q = v for uint8.
tensor_format make_tensor_format(unsigned width, unsigned height, unsigned channels, bool is_signed,
                                 bool bgr = false);

/// The map nearest to q = gain * v + offset, rounded half up, with a 16-bit fraction. For a network
/// whose input integers mean scale (q - zero_point) = (v / 255 - mean) / deviation: gain = 1 / (255
/// deviation scale), offset = zero_point - mean / (deviation scale). |gain| < 16384.
tensor_format make_affine_tensor_format(unsigned width, unsigned height, unsigned channels,
                                        bool is_signed, bool bgr, double gain, double offset);

OCELLUS_INLINE std::int32_t tensor_value(const tensor_format& f, int v) {
    const std::int64_t q =
        ((std::int64_t{v} * f.multiplier + f.bias) >> f.shift) + std::int64_t{f.offset};
    const std::int64_t at_least = q < f.clamp_min ? f.clamp_min : q;
    return static_cast<std::int32_t>(at_least > f.clamp_max ? f.clamp_max : at_least);
}

/// Row c of the matrix on the channels of a pixel.
OCELLUS_INLINE std::int32_t affine_value(const tensor_format& f, std::size_t c, int v0, int v1,
                                         int v2) {
    const std::int16_t* k = f.matrix.data() + 4 * c;
    const std::int32_t q = (((k[0] * v0 + k[1] * v1 + k[2] * v2) >> 6) + k[3] + 8) >> 4;
    const std::int32_t at_least = q < f.clamp_min ? f.clamp_min : q;
    return at_least > f.clamp_max ? f.clamp_max : at_least;
}

/// The 8-bit value nearest to what q stands for: display of a tensor. Exact inverse of the default
/// map.
std::uint8_t displayed_value(const tensor_format& f, std::int32_t q);

/// One row of the tensor from planar 8-bit colour, or from the four sites of Bayer cells: the
/// planes of the row one after the other, padding included. `yuv` is the matrix of YUV444.
void tensor_row(const tensor_format& f, const std::array<const std::uint8_t*, 4>& in,
                std::uint8_t* out, yuv_matrix yuv = yuv_matrix::bt601);
inline void tensor_row(const tensor_format& f, const std::uint8_t* red, const std::uint8_t* green,
                       const std::uint8_t* blue, std::uint8_t* out) {
    tensor_row(f, {red, green, blue, nullptr}, out);
}

}  // namespace ocellus::isp
