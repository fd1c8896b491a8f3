// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/diagnostics.h"
#include "core/energy.h"
#include "core/parameter.h"
#include "models/sensor_timing.h"

namespace ocellus::models {

/// A single-slope converter per column with digital correlated double sampling.
struct column_adc_parameters {
    std::uint64_t bits = 10;
    double conversion_gain = 0.4716;  // DN at 12 bits per electron, at gain 1
    std::uint64_t black_level = 64;   // DN at 10 bits
    double count_clock = 594e6;       // Hz, effective counts per second
    std::uint64_t count_edges = 2;    // of the clock, that count
    double settle_time = 1.5e-6;      // s
    double column_constant = 0;       // s
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
    double pixel_energy = 40e-12, conversion_energy = 66e-12, count_energy = 0.0125e-12;  // J
    double pixel_energy_error = 0.5, conversion_energy_error = 0.5, count_energy_error = 0.5;
    /// Not a parameter: rows of the array that are converted for one row of the image, 2 with
    /// digital 2x2 binning.
    std::uint64_t conversions_per_row = 1;
    std::uint64_t pixels_per_sample = 1;
    /// What the two are with 2x2 binning when the register BINNING turns it on or off.
    bool digital_binning = false;
    void set_binning(std::uint32_t binning) {
        conversions_per_row = binning == 2 && digital_binning ? 2 : 1;
        pixels_per_sample = binning == 2 ? 4 : 1;
    }
    /// Conversions for one sample: digital binning converts each pixel.
    std::uint64_t conversions_per_column() const {
        return conversions_per_row == 1 ? 1 : pixels_per_sample;
    }

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

/// Part of a pixel's signal that the column line has reached when the signal's ramp begins:
/// 1 - exp(-time / column_constant) after half of settle_time, or all of it without CDS.
double settled_part(const column_adc_parameters& p);

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

/// Time from a row on the column lines to its digital numbers: conversion_time, twice when one bank
/// converts two rows of the array for it, seconds.
double row_conversion_time(const column_adc_parameters& p);

/// The shortest time from one row to the next that the converters can follow: conversion_time x
/// conversions_per_row / banks, seconds.
double shortest_line_time(const column_adc_parameters& p);

/// The lowest count rate whose conversions keep up with one row per line_time; 0 when settling
/// alone takes too long.
double lowest_count_clock(std::uint64_t counts, double settle_time, std::uint64_t banks,
                          double line_time);

/// What would make conversions keep up with one row per line_time, each alone. 0: nothing would.
struct conversion_remedies {
    std::uint64_t bits = 0;                ///< at most
    std::uint64_t banks = 0;               ///< at least
    double count_clock = 0;                ///< at least, with the same banks, counts/s
    double line_time = 0;                  ///< at least, s
    double settle_time = 0;                ///< at most, s
    double clock_of_banks[3] = {0, 0, 0};  ///< at least, with 1, 2 and 4 banks
};
conversion_remedies remedies_of(const column_adc_parameters& p, double line_time);

/// What one event costs: a pixel read, a conversion, a count of one column's counter.
struct readout_energies {
    event_energy pixel, conversion, count;
};
readout_energies energies_of(const column_adc_parameters& p);

/// An error when the conversion does not fit `banks` line times, saying what would; a warning when
/// more than half a digital number of the range stays unsettled.
void check(const column_adc_parameters& p, const sensor_timing& timing,
           const parameter_registry& registry, diagnostics& problems);

}  // namespace ocellus::models
