// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
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

/// A window of a frame, read in any direction: row 0 of the window is row `top` of the frame, or
/// with `flips` bit 1 its last; columns likewise with bit 0. Every sample is that of the frame.
class window_rows : public electron_rows {
  public:
    struct window {
        unsigned left = 0, top = 0, width = 0, height = 0;
        unsigned flips = 0;
    };
    window_rows(std::shared_ptr<const electron_rows> frame, const window& w)
        : frame_(std::move(frame)), w_(w) {}
    void expose(unsigned row, float* electrons) const override;
    double analogue_gain() const override { return frame_->analogue_gain(); }
    double averaging() const override { return frame_->averaging(); }
    double black_mean(unsigned rows) const override { return frame_->black_mean(rows); }

  private:
    std::shared_ptr<const electron_rows> frame_;
    window w_;
};

/// Test patterns of the MIPI Camera Command Set, in place of the converter's numbers.
class test_pattern_rows : public electron_rows {
  public:
    /// `kind` 1 .. 4: solid colour, bars, bars that fade to grey, pseudo-random. `flips` shifts the
    /// colours of the mosaic as in the picture; `solid` red, green of red rows, blue, green of blue
    /// rows, of 1023.
    test_pattern_rows(unsigned kind, unsigned height, unsigned flips,
                      const std::array<std::uint32_t, 4>& solid)
        : kind_(kind), height_(height), flips_(flips), solid_(solid) {}
    void expose(unsigned, float*) const override {}
    bool pattern(unsigned row, unsigned width, std::uint32_t most,
                 std::uint16_t* dn) const override;

  private:
    unsigned kind_, height_, flips_;
    std::array<std::uint32_t, 4> solid_;
};

}  // namespace ocellus::models
