// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/exposed_frame.h"

#include <cmath>
#include <utility>

#include "models/camera_colour.h"

namespace ocellus::models {

exposed_frame::exposed_frame(const settings& s, const pixel_noise_parameters& noise, samples mosaic,
                             samples pattern, std::shared_ptr<const std::vector<float>> columns)
    : gain_(s.gain),
      noisy_(noise.enable),
      mosaic_(std::move(mosaic)),
      pattern_(std::move(pattern)),
      columns_(std::move(columns)) {
    // A binned sample is the mean of 2x2 pixels: what differs per pixel averages over four, what
    // differs per row or column over two.
    const double side = s.binning;
    common_.seed = s.seed;
    common_.frame = s.frame;
    common_.electrons_per_count = static_cast<float>(s.white_rate * s.exposure_time / mosaic_white);
    common_.dark = static_cast<float>(noise.dark_current * s.exposure_time);
    common_.pixels = static_cast<float>(side * side);
    common_.full_well = static_cast<float>(noise.full_well);
    common_.read_sigma = static_cast<float>(read_noise(noise, s.gain) / side);
    common_.dsnu_step = static_cast<float>(noise.dsnu / side) * fixed_pattern_unit;
    common_.prnu_step = static_cast<float>(noise.prnu / side) * fixed_pattern_unit;
    row_sigma_ = noise.row_noise / std::sqrt(side);
}

void exposed_frame::expose(unsigned row, float* electrons) const {
    noise_settings s = common_;
    s.row = row;
    const std::uint16_t* mosaic = mosaic_->row(row);
    if (!noisy_) {
        noiseless_row(s, mosaic, mosaic_->width(), electrons);
        return;
    }
    s.row_offset = row_offset(s.seed, s.frame, row, row_sigma_);
    noisy_row(s, mosaic, pattern_ ? pattern_->row(row) : nullptr,
              columns_ ? columns_->data() : nullptr, 0, mosaic_->width(), electrons);
}

}  // namespace ocellus::models
