// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"
#include "isp/colour_matrix.h"
#include "isp/gamma.h"

namespace ocellus::isp {

/// Everything the colour chain is set to for one frame, in the number formats of the stages.
struct isp_settings {
    bayer_phase phase = bayer_phase::rggb;
    std::uint16_t black_level = 256;                            ///< 12-bit scale
    std::array<std::uint16_t, 4> gains = {662, 274, 274, 412};  ///< R, Gr, Gb, B; 8.8
    matrix_q10 matrix = default_matrix;
    gamma_curve gamma = srgb_curve;

    int gain_at(unsigned row, unsigned column) const {
        return gains[static_cast<std::size_t>(site_of(phase, row, column))];
    }
};

}  // namespace ocellus::isp
