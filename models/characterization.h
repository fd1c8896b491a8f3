// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/worker_pool.h"
#include "models/adc_transfer.h"
#include "models/emva1288.h"
#include "models/pixel_array.h"

namespace ocellus::models {

/// A sensor in front of a source of even light, as a laboratory has it: every pixel is a green one.
struct test_stand {
    pixel_array_parameters pixels;
    column_adc_parameters adc;
    std::uint64_t seed = 1;
    unsigned width = 640, height = 480;  ///< the corner of the array that is looked at
    unsigned levels = 50;                ///< of the photon transfer curve
    unsigned images = 32;                ///< of a stack
};

/// Takes images one after the other, each with noise of its own.
class test_camera {
  public:
    test_camera(const test_stand& stand, worker_pool& pool);
    /// `electrons` are expected of light in one pixel in `seconds`; dark current comes in addition.
    plane<std::uint16_t> capture(double electrons, double seconds);
    /// The same of a chart whose light of 1 makes that many electrons.
    plane<std::uint16_t> capture(const scene& chart, double electrons, double seconds);

  private:
    plane<std::uint16_t> expose(const exposed_frame::samples& light, double electrons,
                                double seconds);
    test_stand stand_;
    worker_pool& pool_;
    pixel_differences differences_;
    exposed_frame::samples flat_;
    std::uint32_t frame_ = 0;
};

/// One line of the report.
struct figure {
    std::string name, unit;
    std::optional<double> set;  ///< what the parameters say; empty: they say nothing simple
    double measured = 0;
    std::string note;
    /// Relative deviation; empty when there is nothing to relate to.
    std::optional<double> error() const;
};

struct characterization {
    std::vector<figure> figures;
    std::vector<transfer_point> curve;  ///< exposures in electrons of light
    const figure* find(const std::string& name) const;
};

/// Runs the measurements of EMVA 1288 on the simulated sensor and sets them beside the parameters.
characterization characterize(const test_stand& stand, worker_pool& pool);

/// Temporal variance, in electrons^2, of a pixel whose expected charge has mean `mean` and relative
/// spread `spread` over pixels, with `noise` electrons added, clipped at `clip`: what the level of
/// saturation follows from. Normal distributions, integrated.
double clipped_variance(double mean, double spread, double noise, double clip);

}  // namespace ocellus::models
