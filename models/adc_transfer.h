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
    std::uint64_t reset_divider = 4;
    bool cds = true;
    double reset_noise = 16.1;  // e-
    double bank_gain = 0.001, bank_offset = 0.5, column_gain = 0, column_offset = 0;
    double inl = 0;  // DN at 12 bits
    double clock_duty = 0.5;
    double digital_gain = 1;
    bool black_clamp = false;
    std::uint64_t black_rows = 16;
    bool defect_correction = false;
    std::uint64_t defect_threshold = 64;  // DN at 12 bits

    void declare(parameter_registry& r);
};

/// DN = clip(floor(slope x electrons + black + 1/2), 0, 2^bits - 1), when nothing is wrong.
///
/// In general the position on the ramp is r = slope x electrons + black + offset, bent to
/// r + bow x 4u(1 - u) with u = r / 2^bits. The counter's even codes are `even_width` wide and its
/// odd ones 2 - even_width: a clock whose both edges count, with a duty cycle that is not a half.
/// Then DN' = floor((DN - black) x digital_gain + black + 1/2), clipped again.
struct adc_transfer {
    float slope = 0;    ///< DN per electron, gain included
    float black = 0;    ///< DN
    float highest = 0;  ///< DN
    float offset = 0;   ///< DN
    float bow = 0;      ///< DN
    float even_width = 1;
    float digital_gain = 1;
    bool plain() const { return bow == 0 && even_width == 1 && digital_gain == 1; }
};

/// Analogue gain is made by the ramp's slope: it scales DN per electron and leaves the time alone.
adc_transfer transfer_of(const column_adc_parameters& p, double analogue_gain);

/// Converts a row. Returns how many samples were above the highest code of the ramp. `gains` (null:
/// 1) multiply the slope and `offsets` (null: 0; DN) are added, column by column.
std::uint32_t convert_row(const adc_transfer& t, const float* electrons, std::uint32_t count,
                          std::uint16_t* dn, const float* gains = nullptr,
                          const float* offsets = nullptr);

/// Counts of one conversion: 2^bits of the signal ramp, and 2^bits / reset_divider before it for
/// the reset level with CDS.
std::uint64_t conversion_counts(const column_adc_parameters& p);

/// settle_time + conversion_counts / count_clock, seconds.
double conversion_time(const column_adc_parameters& p);

/// The shortest time from one row to the next that the converters can follow: conversion_time /
/// banks, seconds.
double shortest_line_time(const column_adc_parameters& p);

/// The lowest count rate whose conversions keep up with one row per line_time; 0 when settling
/// alone takes too long.
double lowest_count_clock(std::uint64_t counts, double settle_time, std::uint64_t banks,
                          double line_time);

/// An error when the conversion does not fit `banks` line times, saying which rates would.
void check(const column_adc_parameters& p, const sensor_timing& timing,
           const parameter_registry& registry, diagnostics& problems);

}  // namespace ocellus::models
