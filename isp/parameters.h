// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/parameter.h"
#include "isp/pipeline.h"
#include "isp/settings.h"
#include "isp/tables.h"

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
    // Energy
    double operation_energy = 0.15e-12, operation_energy_error = 1;   // J, relative
    double line_sample_energy = 4e-12, line_sample_energy_error = 2;  // J, relative
    // Image
    std::uint64_t image_scale = 1;
    isp::image_format image_format = isp::image_format::yuv422;
    scaler_method scaler = scaler_method::area;
    std::uint64_t roi_x = 0, roi_y = 0, roi_width = 0, roi_height = 0;
    std::uint64_t picture_width = 0, picture_height = 0;
    // Tensor
    isp::tensor_order tensor_order = isp::tensor_order::rgb;
    bool tensor_bgr = false, tensor_affine = false;
    std::array<double, 12> tensor_matrix = {1, 0, 0, -128, 0, 1, 0, -128, 0, 0, 1, -128};
    bool bypass_black_level = false, bypass_white_balance = false, bypass_matrix = false,
         bypass_gamma = false;
    std::string tables;  ///< path, or empty
    // Mosaic and colour
    bayer_phase colour_order = bayer_phase::rggb;
    std::uint64_t black_level = 256;
    double white_balance_red = 1 / 0.4139;
    double white_balance_blue = 1 / 0.6657;
    double digital_gain = 274.0 / 256;
    std::array<double, 9> matrix = {1.766,  -0.601, -0.165, -0.332, 1.815,
                                    -0.483, -0.064, -0.436, 1.5};
    tone_curve gamma = tone_curve::srgb;
    // Stages beyond the plain chain
    bool linearisation = false, defect_correction = false, lens_shading = false,
         bayer_noise_reduction = false, sharpening = false, luma_noise_reduction = false;
    double linearisation_exponent = 1.0;
    std::uint64_t defect_threshold = 64;
    double bayer_noise_strength = 1;
    double lens_shading_corner = 2.76;
    demosaic_method demosaic = demosaic_method::malvar;
    double sharpening_amount = 0.75;
    std::uint64_t luma_noise_range = 8;
    yuv_matrix yuv = yuv_matrix::bt601;
    // Rectangle that the network sees
    std::uint64_t window_x = 0, window_y = 0, window_width = 0, window_height = 0;

    void declare(parameter_registry& r);
    /// The values in the number formats of the stages. The rounding remainder of a matrix row goes
    /// to its diagonal, so that a row that adds up to 1 does so in Q10.
    isp_settings settings() const;
    /// The same with what the registers do not hold: the stages beyond the plain chain. `width` and
    /// `height` are the array's.
    void complete(isp_settings& s, unsigned width, unsigned height) const;
    /// The format of a network's input of this shape, as these parameters want it: order of the
    /// channels and normalisation.
    tensor_format tensor_format_of(unsigned width, unsigned height, unsigned channels,
                                   bool is_signed) const;
    /// Reports what the hardware cannot hold, all of it at once: gains and matrix rows beyond their
    /// words, windows outside the array.
    void check(unsigned width, unsigned height, const parameter_registry& r,
               diagnostics& problems) const;

  private:
    /// The file of tables, read once; null: there is none, or it has mistakes that check() tells.
    const isp_tables* tables_of(unsigned width, unsigned height) const;
    mutable std::shared_ptr<const isp_tables> loaded_;
    mutable std::string loaded_from_;
};

}  // namespace ocellus::isp
