// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "core/payload.h"
#include "models/adc_transfer.h"

namespace ocellus::models {

/// All converters of the array with their differences: row y is converted by bank y mod banks. The
/// same for any thread, order and region.
class column_converters {
  public:
    /// `gain` is the analogue one. `black_error` is what a black clamp takes away, electrons.
    /// `averaging` divides reset noise.
    column_converters(const column_adc_parameters& p, std::uint64_t seed, unsigned width,
                      double gain, double black_error = 0, double averaging = 1);
    /// One row. Adds reset noise to `electrons` when there is no CDS. Returns how many samples were
    /// above the ramp.
    std::uint32_t convert(std::uint32_t frame, std::uint32_t row, float* electrons,
                          std::uint16_t* dn) const;
    /// Rows first .. last - 1 of a frame, with the sensor's defect correction when it is on. Needs
    /// no other band: the rows around it are converted once more. Returns as convert().
    std::uint64_t convert_band(const electron_rows& electrons, std::uint32_t frame, unsigned first,
                               unsigned last, plane<std::uint16_t>& out) const;
    const adc_transfer& bank(unsigned n) const { return banks_[n].transfer; }

  private:
    struct one_bank {
        adc_transfer transfer;
        std::vector<float> gains, offsets;  // of the columns; empty: 1 and 0
    };
    std::vector<one_bank> banks_;
    std::uint64_t seed_;
    unsigned width_;
    std::uint32_t most_;  ///< highest number
    float reset_sigma_;
    bool correct_;
    std::uint32_t threshold_;
};

}  // namespace ocellus::models
