// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/image.h"

namespace ocellus {

/// The samples of a camera's RAW file, before any processing, and what the file says of them.
struct raw_mosaic {
    plane<std::uint16_t> samples;  ///< digital numbers; width and height even
    /// Colours of the first pixels of the first two rows: 0 RGGB, 1 GRBG, 2 GBRG, 3 BGGR.
    unsigned order = 0;
    std::uint32_t black = 0, white = 1023;    ///< digital numbers
    std::array<double, 2> balance = {1, 1};   ///< gain of red and of blue over green
    std::array<double, 9> srgb_from_camera =  ///< row by row, of balanced colours; rows add up to 1
        {1, 0, 0, 0, 1, 0, 0, 0, 1};
};

/// Reads the mosaic of a DNG or another RAW file with a 2x2 Bayer pattern, by LibRaw: the visible
/// area, without its last column or row where it is odd. Black is the mean over the four sites. The
/// white balance is the camera's own where it is in the file, else daylight's. The orientation tag
/// is ignored. Throws input_error(exit_code::usage), naming the file, for a file that is missing,
/// damaged or of another kind.
raw_mosaic load_raw_mosaic(const std::string& path);

}  // namespace ocellus
