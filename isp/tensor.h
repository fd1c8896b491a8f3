// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "isp/bayer.h"

/// From 8-bit colour to the integers of the network's input, one affine map for all channels.
///
///     q = clamp(((v * multiplier + bias) >> shift) + offset, clamp_min, clamp_max)
///
/// v: 0 .. 255. multiplier, bias, offset: signed 32 bit; the product is formed in 64 bit; >> is
/// arithmetic (floor). A bias of half of 2^shift rounds half up. Layout: NHWC, one batch: pixel
/// after pixel, channels together (R G B, or B G R, or the luma of yuv.h alone), rows without
/// padding.
namespace ocellus::isp {

struct tensor_format {
    unsigned width = 0, height = 0;
    unsigned channels = 3;  ///< 1 (luma) or 3
    bool bgr = false;       ///< blue first
    bool is_signed = true;  ///< int8, else uint8
    std::int32_t multiplier = 1;
    std::int32_t shift = 0;  ///< 0 .. 31
    std::int32_t offset = -128;
    std::int32_t clamp_min = -128, clamp_max = 127;
    std::int32_t bias = 0;  ///< added before the shift

    std::size_t row_bytes() const { return std::size_t{width} * channels; }
    std::size_t bytes() const { return row_bytes() * height; }
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

/// The 8-bit value nearest to what q stands for: display of a tensor. Exact inverse of the default
/// map.
std::uint8_t displayed_value(const tensor_format& f, std::int32_t q);

/// One row of the tensor from planar 8-bit colour.
void tensor_row(const tensor_format& f, const std::uint8_t* red, const std::uint8_t* green,
                const std::uint8_t* blue, std::uint8_t* out);

}  // namespace ocellus::isp
