// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/diagnostics.h"
#include "core/parameter.h"

namespace ocellus::models {

/// A frequency as an exact ratio, as clock_domain takes it.
struct exact_rate {
    std::uint64_t numerator = 0;  ///< Hz
    std::uint64_t denominator = 1;
    double hertz() const {
        return static_cast<double>(numerator) / static_cast<double>(denominator);
    }
};

/// The registers that decide when things happen, as a driver writes them.
struct mode_registers {
    std::uint32_t width = 0;         ///< output columns
    std::uint32_t height = 0;        ///< output rows
    std::uint32_t binning = 1;       ///< 1, or 2 for 2x2
    std::uint32_t line_length = 0;   ///< pixel clocks per row
    std::uint32_t frame_length = 0;  ///< rows per frame, blanking included
    std::uint32_t exposure = 0;      ///< lines
    std::uint32_t gain_code = 0;     ///< analogue gain
    std::uint32_t long_shift = 0;    ///< frame length and exposure are 2^this as long
    std::uint64_t inck = 0;          ///< Hz
    std::uint32_t pll_pre = 1, pll_mult = 1, pll_sys = 1, pll_pix = 1;
};

constexpr std::uint32_t pixels_per_clock = 4;  ///< of the pixel PLL's output
constexpr std::uint32_t min_exposure_lines = 8;
constexpr std::uint32_t exposure_offset_lines = 22;  ///< exposure <= frame length - 22
constexpr std::uint32_t max_gain_code = 978;
constexpr std::uint32_t max_long_shift = 7;  ///< register 0x3210

/// What follows from a mode's registers. Times in seconds.
struct sensor_timing {
    exact_rate pixel_rate;
    double line_time = 0;
    double frame_time = 0;
    double frames_per_second = 0;
    double active_readout = 0;  ///< height x line_time
    double exposure_time = 0;
};

/// INCK / pre x mult / sys / pix x 4.
exact_rate pixel_rate_of(const mode_registers& m);
sensor_timing timing_of(const mode_registers& m);

/// 1024 / (1024 - code); codes above 978 count as 978.
double analogue_gain(std::uint32_t code);

/// Limits a number of exposure lines to 8 .. frame_length - 22.
std::uint32_t clip_exposure(std::uint64_t lines, std::uint32_t frame_length);

/// Time as a number of lines, rounded to the nearest; not clipped.
std::uint64_t lines_of(double seconds, const mode_registers& m);

/// The mode the sensor is configured with. Defaults: the public 4056x3040 mode.
struct sensor_parameters {
    std::uint64_t width = 4056;
    std::uint64_t height = 3040;
    std::uint64_t binning = 1;
    double inck = 24e6;  // Hz
    std::uint64_t pll_pre = 2, pll_mult = 155, pll_sys = 2, pll_pix = 5;
    std::uint64_t line_length = 17900;  // 0: shortest_line
    std::uint64_t shortest_line =
        0;  // not a parameter: clocks, what follows the pixel array can do
    std::uint64_t frame_length = 4157;
    double exposure = 16e-3;  // s
    std::uint64_t analogue_gain_code = 0;
    std::uint64_t long_exposure_shift = 0;
    std::uint64_t array_width = 0, array_height = 0;  // samples that the scene falls on; 0: image
    std::uint64_t crop_left = 0, crop_top = 0;
    bool flip_horizontal = false, flip_vertical = false;
    std::uint64_t test_pattern = 0;

    void declare(parameter_registry& r);
    void declare_readout(parameter_registry& r);  ///< part of declare()
    /// The registers a driver would write; the exposure is clipped to the limits.
    mode_registers registers() const;
    sensor_timing timing() const { return timing_of(registers()); }
};

/// Checks what no single range can say. An exposure that had to be clipped is a warning.
void check(const sensor_parameters& p, const parameter_registry& registry, diagnostics& problems);

}  // namespace ocellus::models
