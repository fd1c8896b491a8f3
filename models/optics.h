// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/scene.h"

namespace ocellus::models {

/// What a lens does to the picture on the array.
struct lens_model {
    /// Taps of the blur along one axis, odd count, sum 1; both axes have the same. Empty: none.
    std::vector<float> blur;
    double corner_tangent = 0;   ///< tangent of the field angle in the corner; 0: no cos^4
    std::vector<float> shading;  ///< relative light, rows of `shading_columns`; empty: none
    unsigned shading_columns = 0, shading_rows = 0;

    bool active() const { return !blur.empty() || corner_tangent > 0 || !shading.empty(); }
    /// Relative light at a place, -1 .. 1 of half the diagonal from the centre for cos^4 and 0 .. 1
    /// of the array for the table.
    double light_at(double dx, double dy, double u, double v) const;
};

/// Modulation transfer of an ideal lens at `cycles` per micrometre:
/// 2/pi (acos s - s sqrt(1 - s^2)) with s = cycles x wavelength x f-number; 0 from s = 1 on.
double diffraction_mtf(double cycles, double wavelength_um, double f_number);

/// Of a Gaussian spot of `sigma` pixels at `cycles` a pixel: exp(-2 pi^2 sigma^2 cycles^2).
double gaussian_mtf(double cycles, double sigma);

/// Taps whose transform, up to half a cycle a pixel, is the Gaussian's times, with a wavelength,
/// the ideal lens's. Empty when nothing is blurred.
std::vector<float> blur_taps(double sigma, double wavelength_um, double f_number, double pitch_um);

/// A table of relative light: a text file, one row a line, numbers 0 .. 4 separated by blanks or
/// commas, # begins a comment; at least 2 x 2. Spread over the whole array, bilinear between.
/// Throws input_error(usage) that names file and line.
void load_shading(const std::string& path, lens_model& lens);

/// The frame through the lens. Beyond the picture's borders lies what is at them.
std::shared_ptr<const linear_frame> through_lens(std::shared_ptr<const linear_frame> frame,
                                                 std::shared_ptr<const lens_model> lens);

}  // namespace ocellus::models
