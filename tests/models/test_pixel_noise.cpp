// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/simd.h"
#include "models/philox_batch.h"
#include "models/pixel_noise.h"
#include "models/poisson_table.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

constexpr unsigned width = 4096;

/// Rows of samples that all expect `mean` electrons.
std::vector<float> draw(noise_settings s, double mean, unsigned rows) {
    const std::vector<std::uint16_t> mosaic(width, 1000);
    s.electrons_per_count = static_cast<float>(mean / 1000.0 / static_cast<double>(s.pixels));
    std::vector<float> out(std::size_t{width} * rows);
    for (unsigned y = 0; y < rows; ++y) {
        s.row = y;
        noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width,
                  out.data() + std::size_t{y} * width);
    }
    return out;
}

noise_settings quiet() {
    noise_settings s;
    s.seed = 2021;
    s.full_well = 20000;
    return s;
}

/// Poisson probabilities 0 .. n by the textbook, in double.
std::vector<double> poisson(double mean, unsigned n) {
    std::vector<double> p(n + 1);
    for (unsigned k = 0; k <= n; ++k)
        p[k] = std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
    return p;
}

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("shot noise has the mean and the variance of Poisson") {
    const double mean = GENERATE(0.1, 1.0, 5.0, 12.0, 23.9, 24.0, 30.0, 100.0, 1000.0, 8000.0);
    const std::vector<float> e = draw(quiet(), mean, 256);
    const double n = static_cast<double>(e.size());
    double sum = 0, squares = 0;
    bool whole = true;
    for (const float v : e) {
        sum += static_cast<double>(v);
        whole = whole && v == std::floor(v) && v >= 0;
    }
    const double average = sum / n;
    for (const float v : e)
        squares += (static_cast<double>(v) - average) * (static_cast<double>(v) - average);
    const double variance = squares / (n - 1);
    INFO("mean " << mean << ": average " << average << ", variance " << variance);
    CHECK(whole);
    CHECK(std::fabs(average - mean) < 3 * std::sqrt(mean / n));
    // Variance of the sample variance: (mu4 - sigma^4) / n with mu4 = mean + 3 mean^2.
    CHECK(std::fabs(variance - mean) < 3 * std::sqrt((mean + 2 * mean * mean) / n));
}

TEST_CASE("shot noise below 24 electrons follows the Poisson distribution exactly") {
    const double mean = GENERATE(0.003, 0.1, 1.0, 4.99, 5.0, 11.9, 12.0, 17.3, 23.99);
    const std::vector<float> e = draw(quiet(), mean, 256);
    std::vector<double> p = poisson(mean, 80);
    std::vector<double> seen(81);
    for (const float v : e)
        ++seen[std::min<std::size_t>(80, static_cast<std::size_t>(v))];
    // Chi-square over the classes that expect at least five samples; the rest is one class.
    double chi = 0, expected_rest = 0, seen_rest = 0;
    int classes = 0;
    const double n = static_cast<double>(e.size());
    for (unsigned k = 0; k <= 80; ++k) {
        if (p[k] * n >= 5) {
            chi += (seen[k] - p[k] * n) * (seen[k] - p[k] * n) / (p[k] * n);
            ++classes;
        } else {
            expected_rest += p[k] * n;
            seen_rest += seen[k];
        }
    }
    if (expected_rest > 1) {
        chi += (seen_rest - expected_rest) * (seen_rest - expected_rest) / expected_rest;
        ++classes;
    }
    const double freedom = classes - 1;
    INFO("mean " << mean << " chi-square " << chi << " of " << freedom);
    CHECK(chi < freedom + 4 * std::sqrt(2 * freedom));
}

TEST_CASE("the tables of Poisson numbers hold the textbook's probabilities") {
    const auto tables = static_cast<unsigned>(poisson_table_below) * poisson_cells;
    for (unsigned cell = 0; cell < tables; ++cell) {
        const double mean = static_cast<double>(cell) / poisson_cells;
        double have[poisson_slots] = {};
        for (unsigned slot = 0; slot < poisson_slots; ++slot) {
            const std::uint32_t entry = poisson_table()[cell * poisson_slots + slot];
            const double kept = (entry >> 6) * 0x1p-24;
            REQUIRE(kept <= 1.0 / poisson_slots);
            have[slot] += kept;
            have[entry & 63] += 1.0 / poisson_slots - kept;
        }
        double worst = 0, average = 0;
        for (unsigned k = 0; k < poisson_slots; ++k) {
            const double p = mean == 0 ? (k == 0 ? 1.0 : 0.0)
                                       : std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
            worst = std::max(worst, std::fabs(have[k] - p));
            average += k * have[k];
        }
        INFO("mean " << mean);
        REQUIRE(worst < 0x1p-24);
        REQUIRE(average == Approx(mean).margin(2e-6));
    }
}

TEST_CASE("every instruction set gives the same bytes") {
    constexpr unsigned n = 1100;
    std::vector<std::uint16_t> mosaic(n), pattern(n);
    for (unsigned x = 0; x < n; ++x)
        mosaic[x] = static_cast<std::uint16_t>((x * x * 37 + x) % 65536);
    noise_settings s;
    s.seed = 5;
    s.frame = 2;
    s.row = 77;
    s.read_sigma = 2.5f;
    s.dsnu_step = 0.02f;
    s.prnu_step = 0.001f;
    s.dark = 0.7f;
    s.exact = GENERATE(false, true);
    s.electrons_per_count = GENERATE(0.0f, 1e-5f, 2e-4f, 6e-4f, 0.1f);
    const simd_level widest = limit_simd(simd_level::avx512);
    std::vector<float> want, got(n);
    for (const simd_level level : {simd_level::plain, simd_level::avx2, simd_level::avx512}) {
        if (limit_simd(level) != level)
            continue;
        fixed_pattern_row(5, 77, n, pattern.data());
        const std::vector<float> columns = column_offsets(5, n, 0.3);
        noisy_row(s, mosaic.data(), pattern.data(), columns.data(), 0, n, got.data());
        if (level == simd_level::plain)
            want = got;
        CHECK(std::memcmp(want.data(), got.data(), n * sizeof(float)) == 0);
    }
    limit_simd(widest);
}

TEST_CASE("shot and read noise together pass a Kolmogorov-Smirnov test") {
    const double mean = GENERATE(1.0, 5.0, 12.0, 30.0, 100.0, 1000.0);
    const double sigma = 3.0;
    noise_settings s = quiet();
    s.read_sigma = static_cast<float>(sigma);
    std::vector<float> e = draw(s, mean, 64);
    std::sort(e.begin(), e.end());
    const auto most = static_cast<unsigned>(mean + 8 * std::sqrt(mean) + 12);
    const std::vector<double> p = poisson(mean, most);
    double distance = 0;
    const double n = static_cast<double>(e.size());
    for (std::size_t i = 0; i < e.size(); i += 64) {
        double cdf = 0;
        const double x = static_cast<double>(e[i]);
        for (unsigned k = 0; k <= most; ++k)
            if (p[k] > 1e-12)
                cdf += p[k] * normal_cdf((x - k) / sigma);
        distance = std::max(distance, std::fabs(cdf - static_cast<double>(i) / n));
    }
    INFO("mean " << mean << " distance " << distance);
    CHECK(distance < 1.63 / std::sqrt(n) + 64 / n);  // 1 % level
}

TEST_CASE("read noise is normal, and follows the published gain law") {
    noise_settings s = quiet();
    s.read_sigma = 2;
    const std::vector<float> e = draw(s, 0.0, 64);
    double sum = 0, squares = 0, fourth = 0;
    for (const float v : e) {
        const double z = static_cast<double>(v) / 2;
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
    }
    const double n = static_cast<double>(e.size());
    CHECK(std::fabs(sum / n) < 3 / std::sqrt(n));
    CHECK(std::fabs(squares / n - 1) < 3 * std::sqrt(2 / n));
    CHECK(std::fabs(fourth / n - 3) < 3 * std::sqrt(96 / n));
    const pixel_noise_parameters p;
    CHECK(read_noise(p, 1) == Approx(3.00).margin(0.005));
    CHECK(read_noise(p, 2) == Approx(1.98).margin(0.005));
    CHECK(read_noise(p, 4) == Approx(1.63).margin(0.01));
    CHECK(read_noise(p, 16) == Approx(1.50).margin(0.005));
}

TEST_CASE("a piece of a row has the bytes of the whole row") {
    std::vector<std::uint16_t> mosaic(1500), pattern(1500);
    std::vector<float> columns = column_offsets(7, 1500, 0.3);
    for (unsigned x = 0; x < 1500; ++x)
        mosaic[x] = static_cast<std::uint16_t>(x * 43);
    fixed_pattern_row(7, 3, 1500, pattern.data());
    noise_settings s;
    s.seed = 7;
    s.row = 3;
    s.frame = 5;
    s.electrons_per_count = 0.05f;
    s.read_sigma = 3;
    s.dsnu_step = 0.02f;
    s.prnu_step = 0.001f;
    s.row_offset = 0.1f;
    std::vector<float> whole(1500), pieces(1500);
    noisy_row(s, mosaic.data(), pattern.data(), columns.data(), 0, 1500, whole.data());
    for (const unsigned step : {1u, 17u, 256u, 700u}) {
        for (unsigned x = 0; x < 1500; x += step) {
            const unsigned count = std::min(step, 1500 - x);
            noisy_row(s, mosaic.data() + x, pattern.data() + x, columns.data() + x, x, count,
                      pieces.data() + x);
        }
        CHECK(std::memcmp(whole.data(), pieces.data(), 1500 * sizeof(float)) == 0);
    }
    s.frame = 6;
    noisy_row(s, mosaic.data(), pattern.data(), columns.data(), 0, 1500, pieces.data());
    CHECK(std::memcmp(whole.data(), pieces.data(), 1500 * sizeof(float)) != 0);
}

TEST_CASE("every sample equals a scalar computation with the library's functions") {
    constexpr unsigned n = 1024;
    std::vector<std::uint16_t> mosaic(n), pattern(n);
    for (unsigned x = 0; x < n; ++x)
        mosaic[x] = static_cast<std::uint16_t>((x * x * 37 + x) % 65536);
    fixed_pattern_row(99, 11, n, pattern.data());
    const std::vector<float> columns = column_offsets(99, n, 0.3);
    noise_settings s;
    s.seed = 99;
    s.frame = 4;
    s.row = 11;
    s.electrons_per_count = 0.004f;
    s.dark = 0.05f;
    s.full_well = 200;
    s.read_sigma = 3;
    s.row_offset = -0.2f;
    s.dsnu_step = 0.8f / 32;
    s.prnu_step = 0.008f / 32;
    s.pixels = GENERATE(1.0f, 4.0f);
    std::vector<float> got(n);
    noisy_row(s, mosaic.data(), pattern.data(), columns.data(), 0, n, got.data());
    unsigned differing = 0;
    for (unsigned x = 0; x < n; ++x) {
        const unsigned chunk = x / 256, inside = x % 256;
        // Of `count` places: blocks of words, then half as many of halves.
        const auto bits = [&](purpose why, unsigned count, unsigned place) {
            const unsigned quarter = count / 4, j = place % quarter;
            const auto block = [&](std::uint32_t at) {
                return philox4x32::generate({chunk * (quarter + quarter / 2) + at, s.row, s.frame,
                                             static_cast<std::uint32_t>(why)},
                                            key_of(s.seed))[place / quarter];
            };
            const std::uint32_t both = block(quarter + j / 2);
            return std::make_pair(block(j), j % 2 ? both >> 16 : both & 0xffff);
        };
        const auto normal = [&](purpose why) {
            const auto [word, direction] = bits(why, 128, inside % 128);
            const double radius = std::sqrt(-2 * std::log(((word >> 1) + 0.5) * 0x1p-31));
            // The quadrant is in the top two bits, the rest is an angle centred on its axis.
            const int fraction = static_cast<int>(direction & 0x3fff);
            const double angle =
                1.5707963267948966 *
                ((direction >> 14) +
                 ((fraction < 0x2000 ? fraction : fraction - 0x4000) + 0.5) * 0x1p-14);
            return radius * (inside < 128 ? std::cos(angle) : std::sin(angle));
        };
        const double z = normal(purpose::shot_noise), read = normal(purpose::read_noise);
        const int gain = static_cast<std::int8_t>(pattern[x] >> 8);
        const int offset = static_cast<std::int8_t>(pattern[x] & 0xff);
        const double pixels = static_cast<double>(s.pixels);
        const double mean = (mosaic[x] * 0.004 * (1 + gain * 0.008 / 32) + 0.05) * pixels;
        double shot = 0;
        if (mean < 24) {
            const auto [w, more] = bits(purpose::dark_shot_noise, 256, inside);
            // The table's part of the mean, then the rest by inversion.
            const auto cell = static_cast<unsigned>(mean * 32);
            const std::uint32_t entry = poisson_table()[cell * 64 + (w >> 26)];
            shot = ((w >> 8) & 0x3ffff) < entry >> 6 ? w >> 26 : entry & 63;
            const double rest = mean - cell / 32.0;
            const double u = (((w & 0xff) << 16 | more) + 0.5) * 0x1p-24;
            double term = std::exp(-rest), sum = term;
            for (unsigned k = 1; u > sum && k < 4; ++k) {
                shot += 1;
                term *= rest / k;
                sum += term;
            }
        } else {
            shot = std::floor(mean + std::sqrt(mean - 5.0 / 36) * z + (z * z - 1) / 6 + 0.5);
            shot = std::max(0.0, shot);
        }
        shot = std::min(shot, 200 * pixels);
        const double want =
            shot / pixels + 3 * read + offset * 0.8 / 32 + static_cast<double>(columns[x]) - 0.2;
        if (std::fabs(want - static_cast<double>(got[x])) > 1e-4)
            ++differing;  // a whole electron, where float and double round to different integers
    }
    CHECK(differing <= 1);
}

TEST_CASE("full well, fixed pattern and offsets have the stated size") {
    noise_settings s = quiet();
    s.full_well = 8150;
    const std::vector<float> full = draw(s, 1e6, 1);
    CHECK(std::all_of(full.begin(), full.end(), [](float v) { return v == 8150; }));

    std::vector<std::uint16_t> pattern(std::size_t{width} * 64);
    double low = 0, high = 0, cross = 0;
    for (unsigned y = 0; y < 64; ++y)
        fixed_pattern_row(3, y, width, pattern.data() + std::size_t{y} * width);
    for (const std::uint16_t v : pattern) {
        const double a = static_cast<std::int8_t>(v & 0xff) / 32.0;
        const double b = static_cast<std::int8_t>(v >> 8) / 32.0;
        low += a * a;
        high += b * b;
        cross += a * b;
    }
    const double n = static_cast<double>(pattern.size());
    CHECK(low / n == Approx(1).margin(0.015));
    CHECK(high / n == Approx(1).margin(0.015));
    CHECK(cross / n == Approx(0).margin(0.01));
    std::vector<std::uint16_t> narrow(300);
    fixed_pattern_row(3, 9, 300, narrow.data());
    CHECK(std::equal(narrow.begin(), narrow.end(), pattern.begin() + 9 * width));

    double rows = 0;
    for (unsigned y = 0; y < 20000; ++y)
        rows += std::pow(static_cast<double>(row_offset(1, 2, y, 0.2)), 2);
    CHECK(std::sqrt(rows / 20000) == Approx(0.2).epsilon(0.03));
    double columns = 0;
    for (const float v : column_offsets(1, 20000, 0.3))
        columns += std::pow(static_cast<double>(v), 2);
    CHECK(std::sqrt(columns / 20000) == Approx(0.3).epsilon(0.03));
}

TEST_CASE("a binned sample has half the noise of a pixel") {
    noise_settings s = quiet();
    s.pixels = 4;
    const std::vector<float> e = draw(s, 4 * 400.0, 64);  // draw() divides by the pixels
    double sum = 0, squares = 0;
    for (const float v : e)
        sum += static_cast<double>(v);
    const double n = static_cast<double>(e.size()), average = sum / n;
    for (const float v : e)
        squares += (static_cast<double>(v) - average) * (static_cast<double>(v) - average);
    CHECK(average == Approx(400).epsilon(1e-3));
    CHECK(squares / n == Approx(100).epsilon(0.02));
}

TEST_CASE("batches of Philox blocks equal the blocks one by one") {
    // One batch crosses the end of the counter's first word.
    for (const std::uint32_t first : {0u, 128u, 0xffffffe0u, 0xfffffff3u}) {
        std::uint32_t w[4][64];
        const philox4x32::key key = key_of(0x0123456789abcdefull);
        philox_batch(key, first, 77, 0xdeadbeefu, purpose::test, 48, w[0], w[1], w[2], w[3]);
        for (std::uint32_t j = 0; j < 48; ++j) {
            const auto block =
                philox4x32::generate({first + j, 77, 0xdeadbeefu, std::uint32_t{1000}}, key);
            for (unsigned i = 0; i < 4; ++i)
                CHECK(w[i][j] == block[i]);
        }
    }
}

TEST_CASE("the distance to exact Poisson and read noise is below 0.001 from 2 electrons up") {
    const double mean = GENERATE(0.5, 2.0, 5.0, 20.0, 24.0, 30.0, 100.0, 2000.0, 8000.0);
    constexpr double sigma = 3;
    noise_settings s = quiet();
    s.read_sigma = static_cast<float>(sigma);
    constexpr unsigned rows = 1024;  // 4.2 million samples
    const std::vector<std::uint16_t> mosaic(width, 1000);
    s.electrons_per_count = static_cast<float>(mean / 1000);
    const double exact_mean = static_cast<double>(s.electrons_per_count) * 1000;
    // Counted in classes a twentieth of the spread wide; the distance is taken at their edges.
    const double spread = std::sqrt(mean + sigma * sigma), step = spread / 20;
    constexpr int half = 150;
    std::vector<double> seen(2 * half + 1);
    std::vector<float> e(width);
    for (unsigned y = 0; y < rows; ++y) {
        s.row = y;
        noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width, e.data());
        for (const float v : e)
            ++seen[static_cast<std::size_t>(std::clamp(
                std::floor((static_cast<double>(v) - mean) / step) + half, 0.0, 2.0 * half))];
    }
    const double n = double{width} * rows;
    const auto first = static_cast<unsigned>(std::max(0.0, mean - 9 * std::sqrt(mean)));
    const auto last = static_cast<unsigned>(mean + 9 * std::sqrt(mean) + 20);
    const std::vector<double> p = poisson(exact_mean, last);
    double distance = 0, below = 0;
    for (int i = 0; i < 2 * half; ++i) {
        below += seen[static_cast<std::size_t>(i)] / n;
        const double x = mean + (i + 1 - half) * step;
        double cdf = 0;
        for (unsigned k = first; k <= last; ++k)
            cdf += p[k] * normal_cdf((x - k) / sigma);
        distance = std::max(distance, std::fabs(cdf - below));
    }
    INFO("mean " << mean << " distance " << distance);
    // Chance alone makes 1.5 / sqrt(n) once in fifty times: what an exact draw is held to.
    CHECK(distance < (mean < 24 ? 1.5 / std::sqrt(n) : 0.001));
}
