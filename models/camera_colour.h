// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/lazy_plane.h"
#include "core/parameter.h"
#include "core/worker_pool.h"
#include "models/optics.h"
#include "models/plane_store.h"
#include "models/scene.h"

namespace ocellus::models {

/// What lies between the scene and the electrons: light, lens, colour filters.
struct camera_parameters {
    double illuminance = 720;  // lux on the scene
    double f_number = 1.79;
    double transmission = 0.9;
    double sensitivity = 8728;  // electrons per lux second and pixel, green
    double red_ratio = 0.4139;  // raw red over raw green of a grey surface
    double blue_ratio = 0.6657;
    /// tuning: the three above; else from the spectrum of the light and quantum efficiencies.
    enum class light { tuning, planckian, daylight };
    light illuminant = light::tuning;
    double colour_temperature = 5648;  // K
    double qe_red = 0.52, qe_green = 0.62, qe_blue = 0.52;
    double ir_cut = 660;       // nm
    double field_of_view = 0;  // degrees, of the diagonal; 0: no cos^4
    double blur = 0;           // pixels
    bool diffraction = false;
    double pitch = 1.55e-6;  // m
    std::string shading;     // file

    void declare(parameter_registry& r);
};

/// Quantum efficiency of a pixel under the red (0), green (1) or blue (2) filter and the infrared
/// cut: a bell of 40 nm about 600, 530 or 460 nm with the channel's peak, times
/// 1 / (1 + exp((lambda - cut) / 8 nm)).
double quantum_efficiency(const camera_parameters& p, unsigned colour, double nanometres);

/// Electrons per lux second in a pixel of each colour that looks at a grey surface.
std::array<double, 3> channel_sensitivity(const camera_parameters& p);

/// The lens of the parameters: blur, cos^4 and shading. Throws input_error for a bad table.
lens_model lens_of(const camera_parameters& p);

/// Electrons per second in a green pixel that looks at a diffuse white surface:
/// sensitivity x illuminance x transmission / (4 N^2).
double white_rate(const camera_parameters& p);

/// Rows red, green, blue; columns linear sRGB red, green, blue.
using colour_matrix = std::array<std::array<double, 3>, 3>;

/// Published colour correction at 5648 K: white-balanced camera RGB to linear sRGB.
extern const colour_matrix daylight_ccm;

colour_matrix inverse(const colour_matrix& m);

/// Linear sRGB to the raw signal of each filter, relative to the green signal of diffuse white.
colour_matrix raw_from_srgb(const camera_parameters& p);

/// One row of the RGGB mosaic: red at even columns of even rows, blue at odd columns of odd rows.
void mosaic_row(unsigned y, const float* red, const float* green, const float* blue, unsigned width,
                const colour_matrix& raw, float* out);

/// The mosaic is held as 16-bit fractions: mosaic_white is the green signal of diffuse white.
constexpr double mosaic_white = 65535.0;

/// Rows [first, last) of the mosaic of a frame, first and last even. With binning 2 each sample is
/// the mean of the four pixels of its colour in its 4x4 block of the array.
void make_mosaic(const linear_frame& frame, const colour_matrix& raw, unsigned binning,
                 plane<std::uint16_t>& out, unsigned first, unsigned last);

/// The mosaics of a scene, frame by frame, or their top left part where the array is larger: made
/// once for a still scene, and ahead by one frame for a moving one that stands still while it is
/// exposed. To be used from one thread.
class scene_mosaic {
  public:
    scene_mosaic(std::shared_ptr<const scene> what, const camera_parameters& camera, unsigned width,
                 unsigned height, unsigned binning, worker_pool& pool, unsigned array_width = 0,
                 unsigned array_height = 0);
    using samples = std::shared_ptr<const lazy_plane<std::uint16_t>>;
    /// Output resolution, 16-bit fractions: mosaic_white stands for `scale` times the green signal
    /// of diffuse white.
    samples frame(std::uint32_t n, const shutter& when = {}, double scale = 1);
    /// The largest signal that a pixel may have, in that unit; at least 1.
    double peak() const;

  private:
    struct rendering;
    std::shared_ptr<rendering> render(std::uint32_t n, const shutter& when);
    std::shared_ptr<const scene> scene_;
    colour_matrix raw_;
    std::shared_ptr<const lens_model> lens_;  ///< null: nothing to do
    unsigned width_, height_, array_width_, array_height_, binning_;
    worker_pool& pool_;
    std::shared_ptr<plane_store<std::uint16_t>> store_ =
        std::make_shared<plane_store<std::uint16_t>>();
    samples still_;
    double still_scale_ = 1;
    std::shared_ptr<rendering> ahead_;
};

}  // namespace ocellus::models
