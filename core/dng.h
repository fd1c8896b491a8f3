// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/image.h"

namespace ocellus {

/// What a RAW converter has to know of the samples of an RGGB mosaic.
struct dng_description {
    std::uint32_t black = 0, white = 1023;  ///< digital numbers
    unsigned flips = 0;  ///< of an RGGB array: 1 columns, 2 rows: GRBG, GBRG, 3: BGGR
    std::array<double, 3> neutral = {1, 1, 1};            ///< raw signal of a grey surface
    std::array<std::array<double, 3>, 3> raw_from_srgb =  ///< of linear sRGB, without white balance
        {{{{1, 0, 0}}, {{0, 1, 0}}, {{0, 0, 1}}}};
};

/// An uncompressed Digital Negative (Adobe, version 1.4) as bytes: samples of 16 bits, one strip.
/// The bytes depend on the arguments alone.
std::string encode_dng(const plane<std::uint16_t>& mosaic, const dng_description& d);

/// The same samples as an uncompressed grey TIFF of 16 bits, for programs that measure.
std::string encode_tiff_gray16(const plane<std::uint16_t>& image);

}  // namespace ocellus
