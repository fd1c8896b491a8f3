// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/lazy_plane.h"
#include "core/payload.h"
#include "models/pixel_noise.h"

namespace ocellus::models {

/// The charge of one frame: light that has become a mosaic, and the noise that belongs to it.
/// Immutable, so rows may be asked for by any thread, in any order, and again.
class exposed_frame : public electron_rows {
  public:
    using samples = std::shared_ptr<const lazy_plane<std::uint16_t>>;

    struct settings {
        std::uint64_t seed = 0;
        std::uint32_t frame = 0;
        double exposure_time = 0;  ///< s
        double white_rate = 0;     ///< e-/s of the mosaic's full count
        double gain = 1;           ///< analogue
        unsigned binning = 1;
    };

    /// `pattern` and `columns` as fixed_pattern_row and column_offsets make them, or null.
    exposed_frame(const settings& s, const pixel_noise_parameters& noise, samples mosaic,
                  samples pattern, std::shared_ptr<const std::vector<float>> columns);
    void expose(unsigned row, float* electrons) const override;
    double analogue_gain() const override { return gain_; }

  private:
    noise_settings common_;
    double row_sigma_, gain_;
    bool noisy_;
    samples mosaic_, pattern_;
    std::shared_ptr<const std::vector<float>> columns_;
};

}  // namespace ocellus::models
