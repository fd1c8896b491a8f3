// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/worker_pool.h"
#include "models/adc_transfer.h"
#include "models/emva1288.h"
#include "models/pixel_array.h"
#include "models/slanted_edge.h"

namespace ocellus::models {

/// A sensor in front of a source of even light, as a laboratory has it: every pixel is a green one.
struct test_stand {
    pixel_array_parameters pixels;
    column_adc_parameters adc;
    std::uint64_t seed = 1;
    unsigned width = 640, height = 480;  ///< the corner of the array that is looked at
    unsigned levels = 50;                ///< of the photon transfer curve
    unsigned images = 32;                ///< of a stack
    bool spectra = false;                ///< spectrograms too: they take a while
};

/// Takes images one after the other, each with noise of its own.
class test_camera {
  public:
    test_camera(const test_stand& stand, worker_pool& pool);
    /// `electrons` are expected of light in one pixel in `seconds`; dark current comes in addition.
    plane<std::uint16_t> capture(double electrons, double seconds);
    /// The same of a chart whose light of 1 makes that many electrons.
    plane<std::uint16_t> capture(const scene& chart, double electrons, double seconds);
    /// Of the pixels from now on, degC.
    void set_temperature(double celsius) { stand_.pixels.noise.temperature = celsius; }

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

/// Two dark images of one exposure.
struct dark_point {
    double seconds = 0, temperature = 0;  ///< s, degC
    pair_statistics dark;
};

/// How often values occur: bin k holds those from first + k x step on.
struct histogram {
    double first = 0, step = 1;
    std::vector<std::uint64_t> counts;
};

struct characterization {
    std::vector<figure> figures;
    std::vector<transfer_point> curve;  ///< exposures in electrons of light
    photon_transfer transfer;           ///< what the curve says
    double clip = 0;                    ///< level at which the signal ends, electrons
    double dark_noise = 0;              ///< with quantisation, from the parameters, electrons
    std::vector<dark_point> dark;       ///< over exposures, at two temperatures
    histogram offsets;                  ///< of the mean dark image about its mean, electrons
    histogram response;  ///< of the mean light image less the dark one, % of its mean
    edge_response edge;
    /// Of the same two images: along rows, along columns; electrons and %.
    std::vector<double> offset_spectra[2], response_spectra[2];
    const figure* find(const std::string& name) const;
};

/// Modulation transfer that the parameters say, at `f` cycles per sample: that of the aperture,
/// sinc, times the lens's blur.
double system_mtf(const test_stand& stand, double f);

/// One of the images that the measurements are made from.
struct test_image {
    /// "dark" and "uniform": stacks; "transfer": two of every level of light; "dark_current": two
    /// of every exposure and temperature; "edge".
    const char* use = "";
    unsigned level = 0, image = 0;
    double electrons = 0, seconds = 0, temperature = 0;  ///< electrons of light in a sample
    const plane<std::uint16_t>& samples;
};

/// Runs the measurements of EMVA 1288 on the simulated sensor and sets them beside the parameters.
/// `show` (optional) sees every image.
characterization characterize(const test_stand& stand, worker_pool& pool,
                              const std::function<void(const test_image&)>& show = {});

/// Temporal variance, in electrons^2, of a pixel whose expected charge has mean `mean` and relative
/// spread `spread` over pixels, with `noise` electrons added, clipped at `clip`: what the level of
/// saturation follows from. Normal distributions, integrated.
double clipped_variance(double mean, double spread, double noise, double clip);

}  // namespace ocellus::models
