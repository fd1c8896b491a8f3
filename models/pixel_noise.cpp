// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/pixel_noise.h"

#include <cmath>
#include <cstring>

#include "core/random.h"
#include "core/simd.h"
#include "models/exact_poisson.h"
#include "models/philox_batch.h"
#include "models/portable_math.h"

namespace ocellus::models {
namespace {

/// Samples handled at once; the draws of a sample depend on its place in its chunk.
constexpr unsigned chunk = 256;
constexpr unsigned half = chunk / 2;
constexpr unsigned quarter = chunk / 4;

#define OCELLUS_INLINE static inline __attribute__((always_inline))

// The functions below are written without a library call, a branch or a table, so that the loops
// around them become vector code; every lane does the same IEEE operations whatever its width.

/// Uniform in (0, 1], finely spaced near 0.
OCELLUS_INLINE float unit_uniform(std::uint32_t w) {
    const auto high = static_cast<float>(static_cast<std::int32_t>(w >> 16));
    const auto low = static_cast<float>(static_cast<std::int32_t>(w & 0xffffu));
    return (high * 65536.0f + (low + 0.5f)) * 0x1p-32f;
}

/// Natural logarithm of a normal positive number: ln m = 2 artanh((m - 1) / (m + 1)) with m in
/// [sqrt(1/2), sqrt(2)), by its power series.
OCELLUS_INLINE float natural_log(float x) {
    std::int32_t bits;
    std::memcpy(&bits, &x, 4);
    bits -= 0x3f3504f3;
    const auto exponent = static_cast<float>(bits >> 23);
    const std::int32_t mantissa_bits = (bits & 0x7fffff) + 0x3f3504f3;
    float m;
    std::memcpy(&m, &mantissa_bits, 4);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float t = s * s;
    const float series =
        2.0f + t * (2.0f / 3.0f + t * (2.0f / 5.0f + t * (2.0f / 7.0f + t * (2.0f / 9.0f))));
    return exponent * 0.69314718f + s * series;
}

/// Two independent normal numbers from two words (Box and Muller 1958).
OCELLUS_INLINE void normal_pair(std::uint32_t radius_word, std::uint32_t angle_word, float& a,
                                float& b) {
    const float square = -2.0f * natural_log(unit_uniform(radius_word));
    const float radius = __builtin_sqrtf(square > 0.0f ? square : 0.0f);
    // Two bits choose the quadrant, the other thirty the angle within -pi/4 .. pi/4 around its
    // axis.
    const std::uint32_t quadrant = angle_word >> 30;
    const auto fraction = static_cast<std::int32_t>(angle_word << 2);
    const float t = static_cast<float>(fraction) * (1.57079633f * 0x1p-32f);
    const float q = t * t;
    const float sine =
        t * (1.0f + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
    const float cosine =
        1.0f + q * (-1.0f / 2 + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320))));
    const bool swap = quadrant & 1;
    const float c = swap ? sine : cosine;
    const float s = swap ? cosine : sine;
    // Angle of the axis 0, 90, 180, 270 degrees: cos is c, -s, -c, s; sin is s, c, -s, -c.
    const float cos_sign = quadrant == 1 || quadrant == 2 ? -1.0f : 1.0f;
    const float sin_sign = quadrant >= 2 ? -1.0f : 1.0f;
    a = radius * (c * cos_sign);
    b = radius * (s * sin_sign);
}

/// Poisson quantiles by walking up the distribution: k = number of terms whose cumulated
/// probability is below u. Double precision: the tail is right to 1e-12, far below 2^-33.
OCELLUS_INLINE void exact_poisson(const float* __restrict mean, const std::uint32_t* __restrict w,
                                  float* __restrict out) {
    double u[quarter], m[quarter], term[quarter], sum[quarter], k[quarter];
    for (unsigned j = 0; j < quarter; ++j) {
        const float low = mean[j] < exact_poisson_below ? mean[j] : 0.0f;
        m[j] = static_cast<double>(low);
        const auto word = static_cast<std::int32_t>(w[j] ^ 0x80000000u);  // signed: w - 2^31
        u[j] = (static_cast<double>(word) + (0x1p31 + 0.5)) * 0x1p-32;
        // exp(-m) = exp(-m/32)^32, by the power series of exp on [-0.375, 0].
        const double x = m[j] * (-1.0 / 32);
        double e =
            1.0 +
            x * (1.0 + x * (1.0 / 2 +
                            x * (1.0 / 6 +
                                 x * (1.0 / 24 +
                                      x * (1.0 / 120 +
                                           x * (1.0 / 720 +
                                                x * (1.0 / 5040 +
                                                     x * (1.0 / 40320 +
                                                          x * (1.0 / 362880 +
                                                               x * (1.0 / 3628800 +
                                                                    x * (1.0 / 39916800)))))))))));
        e = e * e;
        e = e * e;
        e = e * e;
        e = e * e;
        e = e * e;
        term[j] = e;
        sum[j] = e;
        k[j] = 0.0;
    }
    for (unsigned base = 1; base < 64; base += 4) {
        const double inverse0 = 1.0 / base, inverse1 = 1.0 / (base + 1);
        const double inverse2 = 1.0 / (base + 2), inverse3 = 1.0 / (base + 3);
        for (unsigned j = 0; j < quarter; ++j) {
            const double mj = m[j], uj = u[j];
            double t = term[j], c = sum[j], n = k[j];
            n += uj > c ? 1.0 : 0.0;
            t *= mj * inverse0;
            c += t;
            n += uj > c ? 1.0 : 0.0;
            t *= mj * inverse1;
            c += t;
            n += uj > c ? 1.0 : 0.0;
            t *= mj * inverse2;
            c += t;
            n += uj > c ? 1.0 : 0.0;
            t *= mj * inverse3;
            c += t;
            term[j] = t;
            sum[j] = c;
            k[j] = n;
        }
        std::int64_t left = 0;
        for (unsigned j = 0; j < quarter; ++j)
            left |= u[j] > sum[j] ? -1 : 0;
        if (left == 0)
            break;
    }
    for (unsigned j = 0; j < quarter; ++j)
        out[j] = static_cast<float>(k[j]);
}

/// One chunk; all pointers at its first sample.
OCELLUS_SIMD_CLONES
void noisy_chunk(const noise_settings& s, std::uint32_t index,
                 const std::uint16_t* __restrict mosaic, const std::uint16_t* __restrict pattern,
                 const float* __restrict columns, const float* __restrict column_gains,
                 float* __restrict out) {
    alignas(64) std::uint32_t words[4][half];
    alignas(64) float shot_normal[chunk], read_normal[chunk], mean[chunk], shot[chunk];
    const philox4x32::key key = key_of(s.seed);
    philox_batch(key, index * half, s.row, s.frame, purpose::read_noise, half, words[0], words[1],
                 words[2], words[3]);
    for (unsigned j = 0; j < half; ++j)
        normal_pair(words[0][j], words[1][j], shot_normal[j], read_normal[j]);
    for (unsigned j = 0; j < half; ++j)
        normal_pair(words[2][j], words[3][j], shot_normal[half + j], read_normal[half + j]);

    const float scale = s.electrons_per_count, dark = s.dark, pixels = s.pixels;
    const float prnu_step = s.prnu_step, dsnu_step = s.dsnu_step;
    const float most = s.full_well * pixels;
    const float hopeless = 2.0f * most;  // certainly clipped; keeps the integers small
    for (unsigned i = 0; i < chunk; ++i) {
        const auto gain = static_cast<std::int32_t>(static_cast<std::int16_t>(pattern[i])) >> 8;
        const float signal = static_cast<float>(static_cast<std::int32_t>(mosaic[i])) * scale;
        const float response = 1.0f + (static_cast<float>(gain) * prnu_step + column_gains[i]);
        float m = (signal * response + dark) * pixels;
        m = m > 0.0f ? m : 0.0f;
        mean[i] = m < hopeless ? m : hopeless;
    }
    for (unsigned i = 0; i < chunk; ++i) {
        const float m = mean[i];
        const float z = shot_normal[i];
        const float spread = m - 5.0f / 36.0f;
        const float sigma = __builtin_sqrtf(spread > 0.0f ? spread : 0.0f);
        float e = m + sigma * z + (z * z - 1.0f) * (1.0f / 6.0f) + 0.5f;
        e = e > 0.0f ? e : 0.0f;
        shot[i] = static_cast<float>(static_cast<std::int32_t>(e));
    }
    std::int32_t any_dark = 0;
    for (unsigned i = 0; i < chunk; ++i)
        any_dark |= mean[i] < exact_poisson_below ? -1 : 0;
    if (any_dark) {
        alignas(64) float exact[chunk];
        philox_batch(key, index * quarter, s.row, s.frame, purpose::shot_noise, quarter, words[0],
                     words[1], words[2], words[3]);
        for (unsigned part = 0; part < 4; ++part)
            exact_poisson(mean + part * quarter, words[part], exact + part * quarter);
        for (unsigned i = 0; i < chunk; ++i)
            shot[i] = mean[i] < exact_poisson_below ? exact[i] : shot[i];
    }
    if (s.exact)
        for (unsigned i = 0; i < chunk; ++i)
            if (mean[i] >= exact_poisson_below)
                shot[i] = static_cast<float>(exact_poisson_draw(static_cast<double>(mean[i]), key,
                                                                index * chunk + i, s.row, s.frame));
    const float per_sample = 1.0f / pixels;
    const float sigma = s.read_sigma, offset = s.row_offset;
    for (unsigned i = 0; i < chunk; ++i) {
        const auto dsnu =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(pattern[i]) << 24) >> 24;
        const float e = shot[i] < most ? shot[i] : most;
        out[i] = e * per_sample + sigma * read_normal[i] +
                 (static_cast<float>(dsnu) * dsnu_step + (columns[i] + offset));
    }
}

OCELLUS_SIMD_CLONES
void pattern_chunk(std::uint64_t seed, std::uint32_t row, std::uint32_t index,
                   std::uint16_t* __restrict out) {
    alignas(64) std::uint32_t words[4][half];
    alignas(64) float low[chunk], high[chunk];
    philox_batch(key_of(seed), index * half, row, 0, purpose::pixel_offset, half, words[0],
                 words[1], words[2], words[3]);
    for (unsigned j = 0; j < half; ++j)
        normal_pair(words[0][j], words[1][j], low[j], high[j]);
    for (unsigned j = 0; j < half; ++j)
        normal_pair(words[2][j], words[3][j], low[half + j], high[half + j]);
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

OCELLUS_SIMD_CLONES
void mean_row(const noise_settings& s, const std::uint16_t* __restrict mosaic, std::uint32_t count,
              float* __restrict out) {
    const float scale = s.electrons_per_count, dark = s.dark, most = s.full_well;
    for (std::uint32_t i = 0; i < count; ++i) {
        const float m = static_cast<float>(static_cast<std::int32_t>(mosaic[i])) * scale + dark;
        out[i] = m < most ? m : most;
    }
}

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
            "an expansion of it above 12 e-.")
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
        normal_pair(block[0], block[1], a, b);
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
    normal_pair(block[0], block[1], a, b);
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
    normal_pair(block[0], block[1], a, b);
    return static_cast<float>(sigma) * a;
}

}  // namespace ocellus::models
