// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/lazy_plane.h"
#include "core/payload.h"
#include "models/defect_map.h"
#include "models/pixel_noise.h"

namespace ocellus::models {

/// The pixels' own differences, the same in every frame. Any part may be missing.
struct pixel_differences {
    std::shared_ptr<const lazy_plane<std::uint16_t>> pattern;  ///< of fixed_pattern_row
    std::shared_ptr<const std::vector<float>> columns;         ///< of column_offsets
    std::shared_ptr<const std::vector<float>> gains;           ///< of column_gains
    std::shared_ptr<const defect_map> defects;

    /// All that the parameters ask for. `binning` 1 or 2. The pattern is made by the pool.
    static pixel_differences make(const pixel_noise_parameters& noise,
                                  const defect_parameters& defects, std::uint64_t seed,
                                  unsigned width, unsigned height, unsigned binning,
                                  worker_pool& pool);
};

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
        double telegraph_activity = 0;
    };

    exposed_frame(const settings& s, const pixel_noise_parameters& noise, samples mosaic,
                  pixel_differences differences);
    void expose(unsigned row, float* electrons) const override;
    double analogue_gain() const override { return gain_; }
    double averaging() const override { return averaging_; }
    /// Of `rows` rows below the image that no light reaches.
    double black_mean(unsigned rows) const override;

  private:
    noise_settings settings_of(unsigned row) const;
    void put_defects(const noise_settings& s, const std::uint16_t* mosaic,
                     const std::uint16_t* pattern, float* electrons) const;
    noise_settings common_;
    double row_sigma_, fixed_row_sigma_, row_gain_sigma_, gain_, dark_per_current_, activity_,
        averaging_;
    bool noisy_;
    samples mosaic_;
    pixel_differences own_;
};

}  // namespace ocellus::models
