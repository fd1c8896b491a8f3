// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"

namespace ocellus::models {

// Estimators of EMVA Standard 1288, release 4.0 linear. They see digital numbers alone and know
// nothing of how the images came about. DN: digital numbers; exposures in any unit.

/// Mean and temporal variance of two images of the same scene (sections 6.1 and 6.2).
struct pair_statistics {
    double mean = 0;      ///< DN
    double variance = 0;  ///< DN^2
};
pair_statistics compare_pair(const plane<std::uint16_t>& a, const plane<std::uint16_t>& b);

/// One level of a photon transfer curve.
struct transfer_point {
    double exposure = 0;
    pair_statistics light, dark;
};

struct photon_transfer {
    double gain = 0;            ///< K, DN per electron
    double responsivity = 0;    ///< DN per unit of exposure
    double dark_noise = 0;      ///< electrons, without quantisation
    bool dark_limited = false;  ///< the dark variance is below 0.24 DN^2: dark_noise is a bound
    double saturation = 0;      ///< capacity, electrons: at the largest temporal variance
    double saturation_exposure = 0;
    double snr_max = 0;          ///< a ratio
    double dynamic_range = 0;    ///< a ratio
    double linearity_error = 0;  ///< mean of the absolute relative deviations, a fraction
};

/// `points` in order of rising exposure, at least five below saturation and one above.
photon_transfer evaluate_transfer(const std::vector<transfer_point>& points);

/// Index of the level at which a sensor saturates: that of the largest temporal variance.
std::size_t saturation_level(const std::vector<double>& variances);

/// Spread of an image over pixels, rows and columns.
struct spatial_spread {
    double total = 0, row = 0, column = 0, pixel = 0;  ///< standard deviations, DN
};

/// Sums over many images of the same scene.
class image_stack {
  public:
    image_stack(unsigned width, unsigned height);
    void add(const plane<std::uint16_t>& image);
    std::uint64_t images() const { return count_; }
    double mean() const;
    /// Mean over the images, row by row, DN.
    std::vector<double> mean_image() const;
    /// Mean of the pixels' variances over time, DN^2. At least two images.
    double temporal_variance() const;
    /// What of it is common to whole rows, and to whole columns, DN^2; may be slightly negative.
    double row_temporal_variance() const;
    double column_temporal_variance() const;
    /// Spread over place with the temporal noise that is left in the mean taken out (section 8.2).
    /// Squares below zero count as zero.
    spatial_spread spread() const;

  private:
    unsigned width_, height_;
    std::uint64_t count_ = 0;
    std::vector<std::uint32_t> sum_;
    std::vector<std::uint64_t> squares_;
    std::vector<double> row_sum_, row_squares_, column_sum_, column_squares_;
};

/// Spectrogram of an image (section 8.6): for 0, 1/n .. 1/2 cycles per pixel along its rows, or its
/// columns, the root of the mean power over all of them. White noise has its own standard deviation
/// at every frequency; `image` row by row.
std::vector<double> spectrogram(const std::vector<double>& image, unsigned width, unsigned height,
                                bool vertical);

/// Non-uniformity of the response: sqrt(light^2 - dark^2) / (difference of the means), part by
/// part.
spatial_spread relative_spread(const spatial_spread& light, const spatial_spread& dark,
                               double difference);

}  // namespace ocellus::models
