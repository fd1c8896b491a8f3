// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "isp/bayer.h"
#include "isp/bayer_noise_reduction.h"
#include "isp/colour_matrix.h"
#include "isp/defect_correction.h"
#include "isp/demosaic.h"
#include "isp/gamma.h"
#include "isp/lens_shading.h"
#include "isp/linearisation.h"
#include "isp/luma_noise_reduction.h"
#include "isp/sharpening.h"
#include "isp/stages.h"
#include "isp/yuv.h"

namespace ocellus::isp {

/// Everything the colour chain is set to for one frame, in the number formats of the stages.
struct isp_settings {
    stage_set stages = default_stages;
    bayer_phase phase = bayer_phase::rggb;
    std::uint16_t black_level = 256;  ///< 12-bit scale
    linearisation_curve linearisation = straight_linearisation();
    defect_settings defects;
    std::shared_ptr<const defect_list> known_defects;  ///< null: none
    std::shared_ptr<const shading_grid> shading;       ///< null: gain 1 everywhere
    bayer_noise_settings bayer_noise;
    std::array<std::uint16_t, 4> gains = {662, 274, 274, 412};  ///< R, Gr, Gb, B; 8.8
    demosaic_method demosaic = demosaic_method::malvar;
    matrix_q10 matrix = default_matrix;
    gamma_curve gamma = srgb_curve;
    sharpening_settings sharpening;
    int luma_noise_slope = 62;  ///< 4.4
    yuv_matrix yuv = yuv_matrix::bt601;

    bool does(stage s) const { return has(stages, s); }
    int gain_at(unsigned row, unsigned column) const {
        return does(stage::white_balance)
                   ? gains[static_cast<std::size_t>(site_of(phase, row, column))]
                   : 256;
    }
};

}  // namespace ocellus::isp
