// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The simulated sensor measured by EMVA 1288: what comes out must be what was set.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "models/characterization.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

worker_pool& pool() {
    static worker_pool p(2);
    return p;
}

/// The parameters that the reference analysis of EMVA 1288 was tried with, at 12 bits.
test_stand reference_stand() {
    test_stand s;
    s.adc.bits = 12;
    s.pixels.noise.dark_current = 5;
    s.pixels.noise.dsnu_row = 0.1;
    s.pixels.noise.prnu_column = 0.0015;
    return s;
}

double measured(const characterization& c, const std::string& name) {
    const figure* f = c.find(name);
    REQUIRE(f != nullptr);
    return f->measured;
}

}  // namespace

TEST_CASE("EMVA 1288 finds the parameters that were set, at three gains") {
    test_stand s = reference_stand();
    const unsigned code = GENERATE(0u, 512u, 960u);
    s.pixels.sensor.analogue_gain_code = code;
    s.seed = 40 + code;
    const double gain = 1024.0 / (1024 - code);
    const characterization c = characterize(s, pool());
    for (const auto& f : c.figures)
        UNSCOPED_INFO(f.name << ": " << (f.set ? *f.set : 0.0) << ", " << f.measured);
    CHECK(measured(c, "system gain K") == Approx(0.4716 * gain).epsilon(0.006));
    CHECK(measured(c, "quantum efficiency") / (100 * 8728 / 9821.0) == Approx(1).epsilon(0.006));
    // Row noise and the dark current of the exposure belong to what EMVA calls dark noise.
    const double read = std::sqrt(1.49 * 1.49 + 2.6 * 2.6 / gain / gain);
    const double dark = std::sqrt(read * read + 0.2 * 0.2 + 5 * 0.016);
    CHECK(measured(c, "temporal dark noise") == Approx(dark).epsilon(0.01));
    CHECK(measured(c, "row noise") == Approx(0.2).epsilon(0.03));
    CHECK(measured(c, "linearity error") < 0.05);
    const double floor = 0.02;  // e- and %, of parts
    CHECK(measured(c, "DSNU1288") ==
          Approx(std::sqrt(0.8 * 0.8 + 0.3 * 0.3 + 0.1 * 0.1)).epsilon(0.02));
    CHECK(measured(c, "DSNU1288 pixel") == Approx(0.8).epsilon(0.02));
    CHECK(measured(c, "DSNU1288 column") == Approx(0.3).epsilon(0.1).margin(floor));
    CHECK(measured(c, "DSNU1288 row") == Approx(0.1).epsilon(0.1).margin(floor));
    CHECK(measured(c, "PRNU1288") ==
          Approx(100 * std::sqrt(0.008 * 0.008 + 0.0015 * 0.0015)).epsilon(0.02));
    CHECK(measured(c, "PRNU1288 pixel") == Approx(0.8).epsilon(0.02));
    CHECK(measured(c, "PRNU1288 column") == Approx(0.15).epsilon(0.1).margin(floor));
    CHECK(measured(c, "PRNU1288 row") < 0.03);
    CHECK(measured(c, "dark current") == Approx(5).epsilon(0.02));
    CHECK(measured(c, "dark current, variance") == Approx(5).epsilon(0.06));
}

TEST_CASE("every figure of the report agrees with what it says was set") {
    test_stand s = reference_stand();
    s.adc.banks = 4;
    s.adc.bank_gain = 0.004;
    s.adc.bank_offset = 2;
    s.adc.column_offset = 1;
    s.adc.column_gain = 0.002;
    s.pixels.noise.temperature = 60;
    s.pixels.sensor.binning = GENERATE(1u, 2u);
    const characterization c = characterize(s, pool());
    for (const auto& f : c.figures) {
        INFO(f.name << ": " << (f.set ? *f.set : 0.0) << ", " << f.measured);
        if (!f.error())
            continue;
        const bool few =
            f.name.find("column") != std::string::npos || f.name.find("row") != std::string::npos;
        CHECK(std::fabs(*f.error()) < (few ? 0.1 : 0.03));
    }
}

TEST_CASE("saturation by EMVA's definition is that of an exact Poisson camera") {
    // A camera of the standard library's making: Poisson, normal, rounding.
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    const double k = 0.4716, clip = 8142;
    std::vector<transfer_point> points;
    constexpr unsigned width = 160, height = 120, levels = 50;
    std::vector<double> gain(width * height);
    for (double& g : gain)
        g = 1 + 0.008 * normal(random);
    const auto image = [&](double electrons) {
        plane<std::uint16_t> out(width, height);
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x) {
                const double mean = electrons * gain[y * width + x];
                const double e =
                    mean > 0 ? static_cast<double>(std::poisson_distribution<long>(mean)(random))
                             : 0.0;
                const double dn = std::floor(k * (e + 3 * normal(random)) + 256.5);
                out.row(y)[x] = static_cast<std::uint16_t>(std::min(4095.0, std::max(0.0, dn)));
            }
        return out;
    };
    const auto dark = compare_pair(image(0), image(0));
    std::vector<double> expected;
    for (unsigned i = 1; i <= levels; ++i) {
        const double electrons = 1.06 * clip * i / levels;
        points.push_back({electrons, compare_pair(image(electrons), image(electrons)), dark});
        expected.push_back(clipped_variance(electrons, 0.008, 3, clip));
        // The closed form is right level by level.
        const double seen = (points.back().light.variance - 1.0 / 12) / k / k;
        INFO(electrons);
        CHECK(seen == Approx(expected.back()).epsilon(0.05).margin(50));
    }
    const photon_transfer independent = evaluate_transfer(points);
    const characterization c = characterize(
        [] {
            test_stand s;
            s.adc.bits = 12;
            return s;
        }(),
        pool());
    CHECK(measured(c, "saturation capacity") == Approx(independent.saturation).epsilon(0.01));
    CHECK(measured(c, "saturation capacity") / clip - 1 == Approx(-0.046).margin(0.01));
    CHECK(measured(c, "dynamic range") ==
          Approx(20 * std::log10(independent.dynamic_range)).margin(0.1));
    CHECK(std::pow(10, measured(c, "dynamic range") / 20) == Approx(2176).epsilon(0.01));
    CHECK(std::pow(10, measured(c, "SNR max") / 20) == Approx(88.10).epsilon(0.01));
}

TEST_CASE("the photon transfer curve at gains 1 to 16, and the step of 10 and 12 bits") {
    for (const unsigned code : {0u, 512u, 768u, 896u, 960u}) {
        test_stand s;
        s.adc.bits = 12;
        s.images = 8;
        s.pixels.sensor.analogue_gain_code = code;
        const double gain = 1024.0 / (1024 - code);
        const characterization c = characterize(s, pool());
        CHECK(measured(c, "system gain K") == Approx(0.4716 * gain).epsilon(0.02));
        CHECK(measured(c, "temporal dark noise") ==
              Approx(std::sqrt(1.49 * 1.49 + 2.6 * 2.6 / gain / gain + 0.04 + 0.05)).epsilon(0.02));
    }
    // Total dark noise, quantisation included, of a scene that dithers: 3.87 against 3.06 e-.
    for (const unsigned bits : {10u, 12u}) {
        test_stand s;
        s.adc.bits = bits;
        s.pixels.noise.row_noise = s.pixels.noise.dsnu = s.pixels.noise.column_offset = 0;
        s.pixels.noise.dark_current = 0;
        test_camera camera(s, pool());
        // Light that is spread over many steps; its shot noise is known and taken off.
        double variance = 0, shot = 0;
        for (unsigned i = 0; i < 8; ++i) {
            const double electrons = 40 + i * 1.06;
            const auto a = camera.capture(electrons, 0.016), b = camera.capture(electrons, 0.016);
            const double k = 0.4716 * (bits == 10 ? 0.25 : 1);
            variance += compare_pair(a, b).variance / k / k / 8;
            shot += electrons / 8;
        }
        CHECK(std::sqrt(variance - shot) == Approx(bits == 10 ? 3.87 : 3.06).epsilon(0.02));
    }
}

TEST_CASE("the set that was measured on an IMX477") {
    test_stand s;
    s.adc.bits = 12;
    const characterization c = characterize(s, pool());
    CHECK(measured(c, "black level") == Approx(256.3).epsilon(0.03));
    CHECK(measured(c, "system gain K") == Approx(0.47).epsilon(0.03));
    CHECK(measured(c, "temporal dark noise") == Approx(3).epsilon(0.03));
    CHECK((4095 - measured(c, "black level")) / measured(c, "system gain K") ==
          Approx(8180).epsilon(0.03));
    // Stops from saturation down to a signal-to-noise ratio of 1.
    CHECK(measured(c, "dynamic range") / (20 * std::log10(2.0)) == Approx(11.15).epsilon(0.03));
    s.pixels.sensor.analogue_gain_code = 960;
    CHECK(measured(characterize(s, pool()), "temporal dark noise") == Approx(1.5).epsilon(0.03));
}

TEST_CASE("a bent ramp and hot pixels show in the figures that name them") {
    test_stand s;
    s.adc.bits = 12;
    s.adc.inl = 20;
    CHECK(measured(characterize(s, pool()), "linearity error") > 0.2);
    s.adc.inl = 0;
    s.pixels.defects.hot = 0.001;
    s.pixels.defects.hot_current = 2000;
    // E[size^2] of an exponential is 2 mean^2.
    const double tail = 0.001 * 2 * std::pow(2000 * 0.016, 2);
    const characterization c = characterize(s, pool());
    CHECK(measured(c, "DSNU1288 pixel") == Approx(std::sqrt(0.64 + tail)).epsilon(0.15));
    s.adc.defect_correction = true;
    s.adc.defect_threshold = 10;
    s.pixels.defects.hot_current = 20000;
    CHECK(measured(characterize(s, pool()), "DSNU1288 pixel") < 1.5);
    s.adc.defect_correction = false;
    CHECK(measured(characterize(s, pool()), "DSNU1288 pixel") > 10);
}

TEST_CASE("the spread of an image is split into pixels, rows and columns") {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    constexpr unsigned width = 300, height = 200;
    std::vector<double> pixel(width * height), row(height), column(width);
    for (double& v : pixel)
        v = 40 * normal(random);
    for (double& v : row)
        v = 15 * normal(random);
    for (double& v : column)
        v = 25 * normal(random);
    image_stack stack(width, height);
    for (unsigned i = 0; i < 16; ++i) {
        plane<std::uint16_t> image(width, height);
        std::vector<double> passing(height);
        for (double& v : passing)
            v = 8 * normal(random);
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x)
                image.row(y)[x] = static_cast<std::uint16_t>(
                    std::lround(2000 + pixel[y * width + x] + row[y] + column[x] + passing[y] +
                                60 * normal(random)));
        stack.add(image);
    }
    const spatial_spread s = stack.spread();
    CHECK(s.pixel == Approx(40).epsilon(0.01));
    CHECK(s.row == Approx(std::sqrt(15 * 15 + 8 * 8 / 16.0)).epsilon(0.12));
    CHECK(s.column == Approx(25).epsilon(0.1));
    CHECK(stack.temporal_variance() == Approx(60 * 60 + 8 * 8).epsilon(0.01));
    CHECK(std::sqrt(stack.row_temporal_variance()) == Approx(8).epsilon(0.03));
    CHECK(stack.mean() == Approx(2000).margin(5));
}

TEST_CASE("images do not depend on threads or bands, with everything switched on") {
    test_stand s = reference_stand();
    s.width = 300;
    s.height = 150;
    s.adc.banks = 2;
    s.adc.inl = 7;
    s.adc.clock_duty = 0.45;
    s.adc.column_gain = 0.01;
    s.adc.column_offset = 3;
    s.adc.cds = false;
    s.adc.black_clamp = s.adc.defect_correction = true;
    s.pixels.noise.prnu_row = 0.002;
    s.pixels.defects.hot = s.pixels.defects.dead = s.pixels.defects.stuck =
        s.pixels.defects.telegraph = 0.01;
    s.pixels.noise.exact_shot = GENERATE(false, true);
    worker_pool none(0), many(5);
    const auto a = test_camera(s, none).capture(300, 0.02);
    const auto b = test_camera(s, many).capture(300, 0.02);
    bool same = true;
    for (unsigned y = 0; y < 150; ++y)
        same = same && std::equal(a.row(y), a.row(y) + 300, b.row(y));
    CHECK(same);
}

TEST_CASE("a camera without structure has no structure") {
    // Correlation of neighbours along rows and columns, in the difference of two images.
    test_stand s;
    s.adc.bits = 12;
    s.pixels.noise.row_noise = 0;
    test_camera camera(s, pool());
    const auto a = camera.capture(500, 0.016), b = camera.capture(500, 0.016);
    const auto d = [&](unsigned x, unsigned y) {
        return static_cast<double>(a.row(y)[x]) - static_cast<double>(b.row(y)[x]);
    };
    double power = 0;
    for (unsigned y = 0; y < 480; ++y)
        for (unsigned x = 0; x < 640; ++x)
            power += d(x, y) * d(x, y);
    for (const unsigned lag : {1u, 2u, 64u, 128u, 256u}) {
        double along = 0, across = 0;
        for (unsigned y = 0; y < 480; ++y)
            for (unsigned x = 0; x < 640; ++x) {
                along += d(x, y) * d((x + lag) % 640, y);
                across += d(x, y) * d(x, (y + lag) % 480);
            }
        const double n = 640 * 480;
        CHECK(std::fabs(along / power) < 4 / std::sqrt(n));
        CHECK(std::fabs(across / power) < 4 / std::sqrt(n));
    }
}

TEST_CASE("a spectrogram has the power of its image at the right frequencies") {
    // Noise of 3, a sine of 5 along rows at 9 waves, and a length with several prime factors.
    constexpr unsigned width = 90, height = 77;
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal;
    std::vector<double> image(width * height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            image[y * width + x] =
                1000 + 3 * normal(random) + 5 * std::sin(2 * 3.14159265358979 * 9 * x / width + y);
    const auto rows = spectrogram(image, width, height, false);
    const auto columns = spectrogram(image, width, height, true);
    REQUIRE(rows.size() == 46);
    REQUIRE(columns.size() == 39);
    // A sine of amplitude a has a^2 n / 4 at its frequency; noise has its variance at each.
    CHECK(rows[9] == Approx(std::sqrt(25 * width / 4.0 + 9)).epsilon(0.02));
    for (std::size_t k = 1; k < rows.size(); ++k)
        if (k != 9)
            CHECK(rows[k] == Approx(3).epsilon(0.35));
    // Parseval: the mean of the power over all frequencies is the variance.
    double mean = 0, variance = 0;
    for (const double v : image)
        mean += v / (width * height);
    for (const double v : image)
        variance += (v - mean) * (v - mean) / (width * height);
    const auto power = [](const std::vector<double>& s, unsigned n) {
        double sum = 0;
        for (std::size_t k = 0; k < s.size(); ++k)
            sum += s[k] * s[k] * (k == 0 || 2 * k == n ? 1 : 2);
        return sum / n;
    };
    CHECK(power(rows, width) == Approx(variance));
    CHECK(power(columns, height) == Approx(variance));
}
