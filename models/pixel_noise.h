// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "core/parameter.h"

namespace ocellus::models {

/// Everything random or defective between expected electrons and the column line, in electrons at
/// the pixel.
struct pixel_noise_parameters {
    bool enable = true;
    double full_well = 8150;
    double read_noise_pixel = 1.49;
    double read_noise_converter = 2.60;
    double dark_current = 3;  // e-/s
    double dsnu = 0.8;
    double prnu = 0.008;
    double row_noise = 0.2;
    double column_offset = 0.3;
    double temperature = 25;   // degC
    double dark_doubling = 7;  // K
    double dsnu_row = 0;
    double prnu_row = 0, prnu_column = 0;
    bool exact_shot = false;
    enum class binning { digital, charge };
    binning binned = binning::digital;

    void declare(parameter_registry& r);
};

/// Factor of all dark currents against those at 25 degC: 2^((temperature - 25) / doubling).
double dark_factor(const pixel_noise_parameters& p);

/// sqrt(pixel^2 + (converter / gain)^2), e- rms.
double read_noise(const pixel_noise_parameters& p, double gain);

/// Of a sample of side x side pixels, e- of one pixel: side^2 conversions averaged, or one
/// conversion of the summed charge with a ramp that spans side^2 times the charge.
double read_noise_of_sample(const pixel_noise_parameters& p, double gain, double side);

/// What is constant over a row of one frame.
struct noise_settings {
    std::uint64_t seed = 0;
    std::uint32_t frame = 0;
    std::uint32_t row = 0;
    float electrons_per_count = 0;  ///< expected electrons of one pixel per count of the mosaic
    float dark = 0;                 ///< expected dark electrons of one pixel
    float pixels = 1;               ///< pixels averaged in a sample: 1, or 4 with 2x2 binning
    float full_well = 8150;         ///< of one pixel, at least 100
    float read_sigma = 0;           ///< of the sample
    float row_offset = 0;           ///< of the sample
    float dsnu_step = 0;            ///< electrons per unit of the fixed pattern's low byte
    float prnu_step = 0;            ///< relative gain per unit of its high byte
    bool exact = false;             ///< no expansion: exact Poisson numbers at every level
};

/// Electrons of the samples first .. first + count - 1 of a row, as the converter sees them:
///
///     mean = (mosaic x electrons_per_count x (1 + prnu + column gain) + dark) x pixels
///     shot = Poisson(mean), at most full_well x pixels, a whole number
///     out  = shot / pixels + read_sigma x normal + dsnu + column offset + row_offset
///
/// `mosaic`, `pattern`, `columns`, `column_gains` (null: none) and `out` point at sample `first`.
/// Every draw depends on (seed, frame, row, column) alone: any piece of a row gives the bytes of
/// the whole.
///
/// Poisson: below poisson_table_below by table and inversion; above, the Cornish-Fisher expansion
/// of its quantile, mean + sqrt(mean - 5/36) z + (z^2 - 1)/6, rounded to an integer. 5/36 is the
/// variance of the quadratic term (1/18) and of the rounding (1/12), so that the variance is the
/// mean again.
void noisy_row(const noise_settings& s, const std::uint16_t* mosaic, const std::uint16_t* pattern,
               const float* columns, std::uint32_t first, std::uint32_t count, float* out,
               const float* column_gains = nullptr);

/// The same without any chance: shot = mean.
void noiseless_row(const noise_settings& s, const std::uint16_t* mosaic, std::uint32_t count,
                   float* out);

/// Fixed pattern of a row: two independent normal numbers a sample, each held as a signed byte in
/// units of 1/32 sigma (limited to +-3.97 sigma); low byte offset (DSNU), high byte gain (PRNU).
constexpr float fixed_pattern_unit = 1.0f / 32.0f;
void fixed_pattern_row(std::uint64_t seed, std::uint32_t row, std::uint32_t width,
                       std::uint16_t* out);

/// Offset of every column, e-.
std::vector<float> column_offsets(std::uint64_t seed, std::uint32_t width, double sigma);

/// Relative gain of every column, and of one row: 0 is that of the mean.
std::vector<float> column_gains(std::uint64_t seed, std::uint32_t width, double sigma);
float fixed_row_gain(std::uint64_t seed, std::uint32_t row, double sigma);
/// Offset of one row in all frames, e-.
float fixed_row_offset(std::uint64_t seed, std::uint32_t row, double sigma);

/// Offset of one row of one frame, e-.
float row_offset(std::uint64_t seed, std::uint32_t frame, std::uint32_t row, double sigma);

}  // namespace ocellus::models
