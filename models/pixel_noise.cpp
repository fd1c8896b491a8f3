// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/pixel_noise.h"

#include <cmath>
#include <cstring>

#include "core/random.h"
#include "core/simd.h"
#include "models/exact_poisson.h"
#include "models/normal_batch.h"
#include "models/philox_batch.h"
#include "models/poisson_table.h"
#include "models/portable_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_GATHER
// GCC 12 takes the deliberately undefined operand of some intrinsics for a mistake of the caller's.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif

namespace ocellus::models {
namespace {

/// Samples handled at once; the draws of a sample depend on its place in its chunk.
constexpr unsigned chunk = normal_chunk;

#define OCELLUS_INLINE static inline __attribute__((always_inline))

/// Poisson numbers of means below poisson_table_below: see models/poisson_table.h. 24 bits choose
/// within the table, 24 invert the distribution of the rest of the mean. First the place in the
/// tables; the loads of the entries are a loop of their own, for not every machine has a fast
/// gather.
constexpr float in_table = poisson_table_below - 0.5f / poisson_cells;  // in the last of them

OCELLUS_INLINE void table_places_body(const float* __restrict mean,
                                      const std::uint32_t* __restrict w,
                                      std::uint32_t* __restrict place) {
    for (unsigned i = 0; i < chunk; ++i) {
        const float m = mean[i] < in_table ? mean[i] : in_table;
        const auto cell =
            static_cast<std::uint32_t>(static_cast<std::int32_t>(m * float{poisson_cells}));
        place[i] = cell * poisson_slots + (w[i] >> 26);
    }
}

OCELLUS_SIMD_KERNEL(table_places,
                    (const float* __restrict mean, const std::uint32_t* __restrict w,
                     std::uint32_t* __restrict place),
                    (mean, w, place))

/// Not in place: stores would hold up the loads that follow.
__attribute__((noinline)) void look_up_one_by_one(const std::uint32_t* __restrict table,
                                                  const std::uint32_t* __restrict place,
                                                  std::uint32_t* __restrict out) {
    for (unsigned i = 0; i < chunk; ++i)
        out[i] = table[place[i]];
}

#ifdef OCELLUS_GATHER
__attribute__((target("avx512f"))) void look_up_gathered(const std::uint32_t* table,
                                                         const std::uint32_t* place,
                                                         std::uint32_t* out) {
    static_assert(chunk % 16 == 0, "whole vectors");
    for (unsigned i = 0; i < chunk; i += 16)
        _mm512_store_si512(out + i, _mm512_i32gather_epi32(_mm512_load_si512(place + i), table, 4));
}
#endif

/// `place` and `out` are aligned to 64 bytes.
void look_up(const std::uint32_t* table, const std::uint32_t* place, std::uint32_t* out) {
#ifdef OCELLUS_GATHER
    if (simd_in_use() == simd_level::avx512)
        return look_up_gathered(table, place, out);
#endif
    look_up_one_by_one(table, place, out);
}

OCELLUS_INLINE void table_poisson_body(const float* __restrict mean,
                                       const std::uint32_t* __restrict w,
                                       const std::uint16_t* __restrict more,
                                       const std::uint32_t* __restrict entries,
                                       float* __restrict out) {
    constexpr float cells = poisson_cells, whole = 0x1p24f;
    for (unsigned i = 0; i < chunk; ++i) {
        const float m = mean[i] < in_table ? mean[i] : in_table;
        const float x = m * cells;
        const float d = (x - static_cast<float>(static_cast<std::int32_t>(x))) * (1.0f / cells);
        const std::uint32_t word = w[i], entry = entries[i];
        const auto kept = static_cast<std::int32_t>((word >> 8) & 0x3ffffu);
        const auto own = static_cast<std::int32_t>(word >> 26);
        const std::int32_t k = kept < static_cast<std::int32_t>(entry >> 6)
                                   ? own
                                   : static_cast<std::int32_t>(entry & 63u);
        const auto rest = static_cast<std::int32_t>(((word & 0xffu) << 16) | more[i]);
        // Cumulated probabilities in parts of 2^24; exp(-d) to 4e-8.
        const float none = whole + d * (-whole + d * (whole / 2 + d * (-whole / 6)));
        const float step = none * d;
        const float one = none + step, two = one + step * (d * 0.5f);
        const float u = static_cast<float>(rest) + 0.5f;
        const std::int32_t r = (u > none ? 1 : 0) + (u > one ? 1 : 0) + (u > two ? 1 : 0);
        out[i] = static_cast<float>(k + r);
    }
}

OCELLUS_SIMD_KERNEL(table_poisson,
                    (const float* __restrict mean, const std::uint32_t* __restrict w,
                     const std::uint16_t* __restrict more, const std::uint32_t* __restrict entries,
                     float* __restrict out),
                    (mean, w, more, entries, out))

OCELLUS_INLINE void take_bright_body(const float* __restrict mean, const float* __restrict bright,
                                     float* __restrict out) {
    for (unsigned i = 0; i < chunk; ++i) {
        const float drawn = out[i], other = bright[i];
        out[i] = mean[i] < poisson_table_below ? drawn : other;
    }
}

OCELLUS_SIMD_KERNEL(take_bright,
                    (const float* __restrict mean, const float* __restrict bright,
                     float* __restrict out),
                    (mean, bright, out))

/// Poisson numbers, right where the mean is in the tables.
void draw_dark(const philox4x32::key& key, std::uint32_t index, std::uint32_t row,
               std::uint32_t frame, const float* mean, float* shot) {
    alignas(64) std::uint32_t word[chunk], place[chunk], entries[chunk];
    alignas(64) std::uint16_t half[chunk];
    draw_bits(key, index, row, frame, purpose::dark_shot_noise, chunk, word, half);
    table_places(mean, word, place);
    look_up(poisson_table(), place, entries);
    table_poisson(mean, word, half, entries, shot);
}

/// Expected electrons of a chunk, and the lowest and highest of them.
OCELLUS_INLINE void means_body(const noise_settings& s, const std::uint16_t* __restrict mosaic,
                               const std::uint16_t* __restrict pattern,
                               const float* __restrict column_gains, float* __restrict mean,
                               float* __restrict range) {
    const float scale = s.electrons_per_count, dark = s.dark, pixels = s.pixels;
    const float prnu_step = s.prnu_step;
    const float hopeless = 2.0f * (s.full_well * pixels);  // clipped; keeps the integers small
    // Floats that are not negative are in the order of their bits; compilers do not reorder the
    // comparisons of floats.
    std::int32_t lowest = 0x7f800000, highest = 0;
    for (unsigned i = 0; i < chunk; ++i) {
        const auto gain = static_cast<std::int32_t>(static_cast<std::int16_t>(pattern[i])) >> 8;
        const float signal = static_cast<float>(static_cast<std::int32_t>(mosaic[i])) * scale;
        const float response = 1.0f + (static_cast<float>(gain) * prnu_step + column_gains[i]);
        float m = (signal * response + dark) * pixels;
        m = m > 0.0f ? m : 0.0f;
        m = m < hopeless ? m : hopeless;
        mean[i] = m;
        std::int32_t bits;
        std::memcpy(&bits, &m, 4);
        lowest = bits < lowest ? bits : lowest;
        highest = bits > highest ? bits : highest;
    }
    std::memcpy(range, &lowest, 4);
    std::memcpy(range + 1, &highest, 4);
}

OCELLUS_SIMD_KERNEL(means,
                    (const noise_settings& s, const std::uint16_t* __restrict mosaic,
                     const std::uint16_t* __restrict pattern, const float* __restrict column_gains,
                     float* __restrict mean, float* __restrict range),
                    (s, mosaic, pattern, column_gains, mean, range))

OCELLUS_INLINE void bright_shot_body(const float* __restrict mean, const float* __restrict normal,
                                     float* __restrict shot) {
    for (unsigned i = 0; i < chunk; ++i) {
        const float m = mean[i];
        const float z = normal[i];
        const float spread = m - 5.0f / 36.0f;
        const float sigma = __builtin_sqrtf(spread > 0.0f ? spread : 0.0f);
        float e = m + sigma * z + (z * z - 1.0f) * (1.0f / 6.0f) + 0.5f;
        e = e > 0.0f ? e : 0.0f;
        shot[i] = static_cast<float>(static_cast<std::int32_t>(e));
    }
}

OCELLUS_SIMD_KERNEL(bright_shot,
                    (const float* __restrict mean, const float* __restrict normal,
                     float* __restrict shot),
                    (mean, normal, shot))

OCELLUS_INLINE void samples_body(const noise_settings& s, const float* __restrict shot,
                                 const float* __restrict normal,
                                 const std::uint16_t* __restrict pattern,
                                 const float* __restrict columns, float* __restrict out) {
    const float most = s.full_well * s.pixels, per_sample = 1.0f / s.pixels;
    const float sigma = s.read_sigma, offset = s.row_offset, dsnu_step = s.dsnu_step;
    for (unsigned i = 0; i < chunk; ++i) {
        const auto dsnu =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(pattern[i]) << 24) >> 24;
        const float e = shot[i] < most ? shot[i] : most;
        out[i] = e * per_sample + sigma * normal[i] +
                 (static_cast<float>(dsnu) * dsnu_step + (columns[i] + offset));
    }
}

OCELLUS_SIMD_KERNEL(samples,
                    (const noise_settings& s, const float* __restrict shot,
                     const float* __restrict normal, const std::uint16_t* __restrict pattern,
                     const float* __restrict columns, float* __restrict out),
                    (s, shot, normal, pattern, columns, out))

/// One chunk; all pointers at its first sample.
void noisy_chunk(const noise_settings& s, std::uint32_t index, const std::uint16_t* mosaic,
                 const std::uint16_t* pattern, const float* columns, const float* column_gains,
                 float* out) {
    alignas(64) float shot_normal[chunk], read_normal[chunk], mean[chunk], shot[chunk];
    const philox4x32::key key = key_of(s.seed);
    normal_batch(key, index, s.row, s.frame, purpose::read_noise, read_normal);
    float range[2] = {0, 0};
    means(s, mosaic, pattern, column_gains, mean, range);
    const bool any_dark = range[0] < poisson_table_below;
    const bool any_bright = range[1] >= poisson_table_below;
    if (any_bright) {
        normal_batch(key, index, s.row, s.frame, purpose::shot_noise, shot_normal);
        bright_shot(mean, shot_normal, shot);
    }
    const float* drawn = shot;
    alignas(64) float with_dark[chunk];
    if (any_dark) {
        draw_dark(key, index, s.row, s.frame, mean, with_dark);
        if (any_bright)
            take_bright(mean, shot, with_dark);
        drawn = with_dark;
    }
    if (s.exact && any_bright) {
        std::memcpy(shot, drawn, sizeof shot);
        drawn = shot;
        for (unsigned i = 0; i < chunk; ++i)
            if (mean[i] >= poisson_table_below)
                shot[i] = static_cast<float>(exact_poisson_draw(static_cast<double>(mean[i]), key,
                                                                index * chunk + i, s.row, s.frame));
    }
    samples(s, drawn, read_normal, pattern, columns, out);
}

OCELLUS_INLINE void pattern_bytes_body(const float* __restrict low, const float* __restrict high,
                                       std::uint16_t* __restrict out) {
    for (unsigned i = 0; i < chunk; ++i) {
        float a = low[i] * 32.0f + 128.5f, b = high[i] * 32.0f + 128.5f;
        a = a > 1.0f ? a : 1.0f;
        a = a < 255.0f ? a : 255.0f;
        b = b > 1.0f ? b : 1.0f;
        b = b < 255.0f ? b : 255.0f;
        const std::int32_t ia = static_cast<std::int32_t>(a) - 128;
        const std::int32_t ib = static_cast<std::int32_t>(b) - 128;
        out[i] = static_cast<std::uint16_t>((ia & 0xff) | ((ib & 0xff) << 8));
    }
}

OCELLUS_SIMD_KERNEL(pattern_bytes,
                    (const float* __restrict low, const float* __restrict high,
                     std::uint16_t* __restrict out),
                    (low, high, out))

void pattern_chunk(std::uint64_t seed, std::uint32_t row, std::uint32_t index, std::uint16_t* out) {
    alignas(64) float low[chunk], high[chunk];
    normal_batch(key_of(seed), index, row, 0, purpose::pixel_offset, low);
    normal_batch(key_of(seed), index, row, 0, purpose::pixel_response, high);
    pattern_bytes(low, high, out);
}

OCELLUS_INLINE void mean_row_body(const noise_settings& s, const std::uint16_t* __restrict mosaic,
                                  std::uint32_t count, float* __restrict out) {
    const float scale = s.electrons_per_count, dark = s.dark, most = s.full_well;
    for (std::uint32_t i = 0; i < count; ++i) {
        const float m = static_cast<float>(static_cast<std::int32_t>(mosaic[i])) * scale + dark;
        out[i] = m < most ? m : most;
    }
}

OCELLUS_SIMD_KERNEL(mean_row,
                    (const noise_settings& s, const std::uint16_t* __restrict mosaic,
                     std::uint32_t count, float* __restrict out),
                    (s, mosaic, count, out))

}  // namespace

void pixel_noise_parameters::declare(parameter_registry& r) {
    r.boolean("noise.enable", enable)
        .says(
            "Draw shot, read and fixed-pattern noise; without, pixels hold their expected charge.")
        .from(provenance::chosen, "for tests and comparisons")
        .moves("image.deviation", +1)
        .under("scene.illuminance=0 lx");
    r.quantity("noise.full_well", full_well, unit::electron, 100, 1e6)
        .says("Charge at which a pixel saturates.")
        .from(provenance::derived,
              "libcamera imx500.json noise slope 2.747: range of 8142 e-; measured on IMX477: 8180 "
              "e-")
        .moves("image.mean", +1)
        .compare("2000 e-", "8150 e-");
    r.quantity("noise.read_pixel", read_noise_pixel, unit::electron, 0, 100)
        .says("Read noise of the pixel after correlated double sampling, rms.")
        .from(provenance::derived,
              "fit to 3.0 e- at gain 1 and 1.5 e- at gain 16 of an IMX477 "
              "(strollswithmydog.com)")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.read_converter", read_noise_converter, unit::electron, 0, 100)
        .says("Read noise behind the analogue gain, rms at gain 1; divided by the gain.")
        .from(provenance::derived,
              "fit to 3.0 e- at gain 1 and 1.5 e- at gain 16 of an IMX477 "
              "(strollswithmydog.com)")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.real("noise.dark_current", dark_current, 0, 1e5)
        .says("Dark current of a pixel in electrons per second.")
        .from(provenance::assumed, "typical of back-illuminated pixels at 25 degC")
        .moves("image.mean", +1)
        .compare("0", "1000")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.dsnu", dsnu, unit::electron, 0, 100)
        .says("Spread of the pixels' dark offsets, rms.")
        .from(provenance::assumed, "no public figure")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.prnu", prnu, unit::percent, 0, 0.2)
        .says("Spread of the pixels' sensitivity, rms.")
        .from(provenance::assumed, "near the 0.7 % that ISETCam gives for an IMX363")
        .moves("image.deviation", +1)
        .compare("0 %", "10 %");
    r.quantity("noise.row", row_noise, unit::electron, 0, 100)
        .says("Offset common to a row, new in every frame, rms.")
        .from(provenance::assumed, "no public figure")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.column", column_offset, unit::electron, 0, 100)
        .says("Fixed offset common to a column, rms.")
        .from(provenance::assumed, "below a tenth of the read noise after digital CDS")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.temperature", temperature, unit::celsius, -40, 125)
        .says("Temperature of the pixel die: it doubles the dark current every few kelvin.")
        .from(provenance::chosen, "that of noise.dark_current")
        .moves("image.mean", +1)
        .compare("25 degC", "80 degC")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.dark_doubling", dark_doubling, unit::kelvin, 3, 20)
        .says("Rise of the temperature that doubles the dark current.")
        .from(provenance::assumed, "6 to 8 K are usual in silicon; the EMVA 1288 camera has 8 K")
        .moves("image.mean", -1)
        .compare("6 K", "12 K")
        .under("noise.temperature=80 degC")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.dsnu_row", dsnu_row, unit::electron, 0, 100)
        .says("Fixed offset common to a row, rms.")
        .from(provenance::assumed, "rows share their converters: nothing is left of it")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.quantity("noise.prnu_row", prnu_row, unit::percent, 0, 0.2)
        .says("Spread of the rows' sensitivity, rms.")
        .from(provenance::assumed, "rows share their converters: nothing is left of it")
        .moves("image.deviation", +1)
        .compare("0 %", "10 %");
    r.quantity("noise.prnu_column", prnu_column, unit::percent, 0, 0.2)
        .says("Spread of the columns' sensitivity, rms.")
        .from(provenance::assumed, "no public figure; 0.15 % would be plausible")
        .moves("image.deviation", +1)
        .compare("0 %", "10 %");
    r.boolean("noise.exact_shot", exact_shot)
        .says(
            "Draw shot noise from the exact Poisson distribution at every level; slower. Otherwise "
            "an expansion of it above 24 e-.")
        .from(provenance::chosen, "off: the difference shows only in millions of samples")
        .moves_nothing("mean and variance stay as they are")
        .compare("false", "true");
    r.choice("sensor.binning_domain", binned,
             {{"digital", binning::digital}, {"charge", binning::charge}})
        .says("Where 2x2 pixels become one sample: after the converter, or in the pixel.")
        .from(provenance::derived,
              "libcamera scales the noise of the binned mode by 1/2: an average of four")
        .moves("image.deviation", -1)
        .compare("digital", "charge")
        .under("sensor.binning=2")
        .under("scene.illuminance=0 lx")
        .under("noise.read_pixel=50 e-");
}

double dark_factor(const pixel_noise_parameters& p) {
    return portable_exp2((p.temperature - 25) / p.dark_doubling);
}

double read_noise_of_sample(const pixel_noise_parameters& p, double gain, double side) {
    if (p.binned == pixel_noise_parameters::binning::digital)
        return read_noise(p, gain) / side;
    const double pixel = p.read_noise_pixel / (side * side);
    const double behind = p.read_noise_converter / gain;
    return std::sqrt(pixel * pixel + behind * behind);
}

double read_noise(const pixel_noise_parameters& p, double gain) {
    const double behind = p.read_noise_converter / gain;
    return std::sqrt(p.read_noise_pixel * p.read_noise_pixel + behind * behind);
}

void noisy_row(const noise_settings& s, const std::uint16_t* mosaic, const std::uint16_t* pattern,
               const float* columns, std::uint32_t first, std::uint32_t count, float* out,
               const float* column_gains) {
    static const std::uint16_t no_pattern[chunk] = {};
    static const float no_columns[chunk] = {};
    std::uint32_t done = 0;
    while (done < count) {
        const std::uint32_t x = first + done;
        const std::uint32_t index = x / chunk, inside = x % chunk;
        const std::uint32_t room = chunk - inside;
        const std::uint32_t part = count - done < room ? count - done : room;
        if (part == chunk) {
            noisy_chunk(s, index, mosaic + done, pattern ? pattern + done : no_pattern,
                        columns ? columns + done : no_columns,
                        column_gains ? column_gains + done : no_columns, out + done);
        } else {
            alignas(64) std::uint16_t some_mosaic[chunk] = {};
            alignas(64) std::uint16_t some_pattern[chunk] = {};
            alignas(64) float some_columns[chunk] = {};
            alignas(64) float some_gains[chunk] = {};
            alignas(64) float result[chunk];
            // Unused samples copy a used one, so that they do not call for the exact draw alone.
            for (std::uint16_t& v : some_mosaic)
                v = mosaic[done];
            std::memcpy(some_mosaic + inside, mosaic + done, part * sizeof(std::uint16_t));
            if (pattern)
                std::memcpy(some_pattern + inside, pattern + done, part * sizeof(std::uint16_t));
            if (columns)
                std::memcpy(some_columns + inside, columns + done, part * sizeof(float));
            if (column_gains)
                std::memcpy(some_gains + inside, column_gains + done, part * sizeof(float));
            noisy_chunk(s, index, some_mosaic, some_pattern, some_columns, some_gains, result);
            std::memcpy(out + done, result + inside, part * sizeof(float));
        }
        done += part;
    }
}

void noiseless_row(const noise_settings& s, const std::uint16_t* mosaic, std::uint32_t count,
                   float* out) {
    mean_row(s, mosaic, count, out);
}

void fixed_pattern_row(std::uint64_t seed, std::uint32_t row, std::uint32_t width,
                       std::uint16_t* out) {
    std::uint32_t x = 0;
    for (; x + chunk <= width; x += chunk)
        pattern_chunk(seed, row, x / chunk, out + x);
    if (x < width) {
        alignas(64) std::uint16_t rest[chunk];
        pattern_chunk(seed, row, x / chunk, rest);
        std::memcpy(out + x, rest, (width - x) * sizeof(std::uint16_t));
    }
}

std::vector<float> column_offsets(std::uint64_t seed, std::uint32_t width, double sigma) {
    std::vector<float> out(width);
    const auto scale = static_cast<float>(sigma);
    for (std::uint32_t x = 0; x < width; ++x) {
        const auto block = philox4x32::generate(
            {x, 0, 0, static_cast<std::uint32_t>(purpose::column_offset)}, key_of(seed));
        float a, b;
        normal_pair(block[0], static_cast<std::uint16_t>(block[1] >> 16), a, b);
        out[x] = scale * a;
    }
    return out;
}

namespace {

/// One normal number of a fixed pattern.
float fixed_normal(std::uint64_t seed, std::uint32_t index, std::uint32_t what, purpose why) {
    const auto block =
        philox4x32::generate({index, what, 0, static_cast<std::uint32_t>(why)}, key_of(seed));
    float a, b;
    normal_pair(block[0], static_cast<std::uint16_t>(block[1] >> 16), a, b);
    return a;
}

}  // namespace

std::vector<float> column_gains(std::uint64_t seed, std::uint32_t width, double sigma) {
    std::vector<float> out(width);
    for (std::uint32_t x = 0; x < width; ++x)
        out[x] = static_cast<float>(sigma) * fixed_normal(seed, x, 0, purpose::pixel_gain);
    return out;
}

float fixed_row_gain(std::uint64_t seed, std::uint32_t row, double sigma) {
    return static_cast<float>(sigma) * fixed_normal(seed, row, 1, purpose::pixel_gain);
}

float fixed_row_offset(std::uint64_t seed, std::uint32_t row, double sigma) {
    return static_cast<float>(sigma) * fixed_normal(seed, row, 2, purpose::pixel_gain);
}

float row_offset(std::uint64_t seed, std::uint32_t frame, std::uint32_t row, double sigma) {
    const auto block = philox4x32::generate(
        {0, row, frame, static_cast<std::uint32_t>(purpose::row_noise)}, key_of(seed));
    float a, b;
    normal_pair(block[0], static_cast<std::uint16_t>(block[1] >> 16), a, b);
    return static_cast<float>(sigma) * a;
}

}  // namespace ocellus::models

#ifdef OCELLUS_GATHER
#pragma GCC diagnostic pop
#endif
