// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/diagnostics.h"
#include "core/parameter.h"
#include "models/sensor_timing.h"

namespace ocellus::models {

/// A single-slope converter per column with digital correlated double sampling.
struct column_adc_parameters {
    std::uint64_t bits = 10;
    double conversion_gain = 0.4716;  // DN at 12 bits per electron, at gain 1
    std::uint64_t black_level = 64;   // DN at 10 bits
    double count_clock = 594e6;       // Hz, effective counts per second
    double settle_time = 1.5e-6;      // s
    std::uint64_t banks = 1;

    void declare(parameter_registry& r);
};

/// DN = clip(floor(slope x electrons + black + 1/2), 0, 2^bits - 1).
struct adc_transfer {
    float slope = 0;    ///< DN per electron, gain included
    float black = 0;    ///< DN
    float highest = 0;  ///< DN
};

/// Analogue gain is made by the ramp's slope: it scales DN per electron and leaves the time alone.
adc_transfer transfer_of(const column_adc_parameters& p, double analogue_gain);

/// Converts a row. Returns how many samples were above the highest code.
std::uint32_t convert_row(const adc_transfer& t, const float* electrons, std::uint32_t count,
                          std::uint16_t* dn);

/// settle_time + (2^(bits-2) + 2^bits) / count_clock: the reset ramp spans a quarter of the range.
/// Seconds.
double conversion_time(const column_adc_parameters& p);

/// The lowest count rate whose conversions keep up with one row per line_time; 0 when settling
/// alone takes too long.
double lowest_count_clock(std::uint64_t bits, double settle_time, std::uint64_t banks,
                          double line_time);

/// An error when the conversion does not fit `banks` line times, saying which rates would.
void check(const column_adc_parameters& p, const sensor_timing& timing,
           const parameter_registry& registry, diagnostics& problems);

}  // namespace ocellus::models
