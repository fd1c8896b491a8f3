// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "isp/settings.h"

namespace ocellus::isp {

/// What auto-exposure and white balance look at, of whole 2x2 Bayer cells of a window, linear,
/// after black level and white balance. Sums and counts: all integers, any order of cells gives the
/// same.
struct exposure_statistics {
    static constexpr unsigned bins = 16;
    std::uint64_t cells = 0;
    std::uint64_t luma = 0, red = 0, green = 0, blue = 0;  ///< sums; green of both sites, halved
    std::uint64_t clipped = 0;  ///< cells with a sample at the highest code
    std::uint64_t dark = 0;     ///< cells with luma below 1/64 of full scale
    std::array<std::uint64_t, bins> histogram{};
    std::uint32_t full_scale = 1;  ///< of the sums' samples

    /// A sum as a mean on a scale of 255, in 8.8 fixed point, rounded down; 0 without cells.
    std::uint32_t mean(std::uint64_t sum) const {
        return cells == 0 ? 0 : static_cast<std::uint32_t>(sum * 65280u / (cells * full_scale));
    }
    void operator+=(const exposure_statistics& other);
};

/// The part of the array that is looked at; moved to whole cells.
struct statistics_window {
    unsigned x = 0, y = 0, width = 0, height = 0;
};

/// `rows(y)`: `bits`-bit samples of row y.
///
///     v    = min((max(sample - black, 0) * gain) >> 8, full), full = 2^bits - 1 - black
///     luma = (54 R + 92 Gr + 91 Gb + 19 B) >> 8         (ITU-R BT.709: 0.2126, 0.7152, 0.0722)
///     bin  = luma * 16 / (full + 1)
exposure_statistics measure_exposure(const std::function<const std::uint16_t*(unsigned y)>& rows,
                                     const statistics_window& window, unsigned bits,
                                     const isp_settings& settings);

}  // namespace ocellus::isp
