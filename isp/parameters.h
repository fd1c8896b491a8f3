// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "core/parameter.h"
#include "isp/pipeline.h"
#include "isp/settings.h"

namespace ocellus::isp {

enum class tone_curve { srgb, linear };

/// Parameters of the ISP: what its registers hold after reset, and its clock and buffers.
struct isp_parameters {
    // Timing
    double clock = 373e6;  // Hz
    std::uint64_t pixels_per_clock = 2;
    std::uint64_t horizontal_blanking = 0;  // cycles
    std::uint64_t input_rows = 4;
    std::uint64_t tensor_rows = 4;
    std::uint64_t bypass_cycles = 16;
    // Image
    std::uint64_t image_scale = 1;
    isp::image_format image_format = isp::image_format::yuv422;
    bayer_phase colour_order = bayer_phase::rggb;
    std::uint64_t black_level = 256;
    double white_balance_red = 1 / 0.4139;
    double white_balance_blue = 1 / 0.6657;
    double digital_gain = 274.0 / 256;
    std::array<double, 9> matrix = {1.766,  -0.601, -0.165, -0.332, 1.815,
                                    -0.483, -0.064, -0.436, 1.5};
    tone_curve gamma = tone_curve::srgb;
    // Rectangle that the network sees
    std::uint64_t window_x = 0, window_y = 0, window_width = 0, window_height = 0;

    void declare(parameter_registry& r);
    /// The values in the number formats of the stages. The rounding remainder of a matrix row goes
    /// to its diagonal, so that a row that adds up to 1 does so in Q10.
    isp_settings settings() const;
};

}  // namespace ocellus::isp
