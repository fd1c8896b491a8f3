// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "models/adc_transfer.h"
#include "models/pixel_noise.h"

using namespace ocellus;
using namespace ocellus::models;

TEST_CASE("digital numbers are the rounded ramp position") {
    column_adc_parameters p;
    p.bits = GENERATE(8u, 10u, 12u, 14u);
    const double gain = GENERATE(1.0, 2.0, 16.0);
    const adc_transfer t = transfer_of(p, gain);
    std::vector<float> electrons;
    for (int i = -200; i < 20000; ++i)
        electrons.push_back(static_cast<float>(i) * 0.6f);
    std::vector<std::uint16_t> dn(electrons.size());
    const std::uint32_t clipped =
        convert_row(t, electrons.data(), static_cast<std::uint32_t>(dn.size()), dn.data());
    const double scale = std::pow(2.0, static_cast<double>(p.bits) - 12.0);
    const double highest = std::pow(2.0, static_cast<double>(p.bits)) - 1;
    std::uint32_t above = 0, wrong = 0;
    for (std::size_t i = 0; i < dn.size(); ++i) {
        const double exact = std::floor(gain * 0.4716 * scale * static_cast<double>(electrons[i]) +
                                        256 * scale + 0.5);
        above += exact > highest;
        const double want = std::clamp(exact, 0.0, highest);
        if (dn[i] != want)
            ++wrong;
    }
    CHECK(wrong <= 4);  // float against double exactly on a step
    CHECK(std::abs(static_cast<double>(clipped) - static_cast<double>(above)) <= 1);
}

TEST_CASE("the range above black is the published 8142 electrons") {
    const adc_transfer t = transfer_of({}, 1.0);
    CHECK((1024 - 64) / static_cast<double>(t.slope) == Approx(8142).epsilon(5e-4));
    CHECK(t.black == 64);
}

TEST_CASE("conversion time follows the single-slope formula") {
    column_adc_parameters p;
    const auto counting = [&](std::uint64_t bits, double clock) {
        p.bits = bits;
        p.count_clock = clock;
        return (conversion_time(p) - p.settle_time) * 1e6;
    };
    CHECK(counting(10, 297e6) == Approx(4.31).margin(0.005));
    CHECK(counting(10, 594e6) == Approx(2.15).margin(0.006));
    CHECK(counting(12, 594e6) == Approx(8.62).margin(0.005));
    CHECK(counting(12, 2376e6) == Approx(2.15).margin(0.006));
    // Lowest rates at the published row time of 5.434 us, 1.5 us settling.
    CHECK(lowest_count_clock(1280, 1.5e-6, 1, 5.434e-6) / 1e6 == Approx(325).margin(1));
    CHECK(lowest_count_clock(1280, 1.5e-6, 2, 5.434e-6) / 1e6 == Approx(137).margin(1));
    CHECK(lowest_count_clock(1280, 1.5e-6, 4, 5.434e-6) / 1e6 == Approx(63).margin(1));
    CHECK(lowest_count_clock(5120, 1.5e-6, 1, 5.434e-6) / 1e6 == Approx(1301).margin(1));
    CHECK(lowest_count_clock(5120, 1.5e-6, 2, 5.434e-6) / 1e6 == Approx(547).margin(1));
    CHECK(lowest_count_clock(1280, 6e-6, 1, 5.434e-6) == 0);
}

TEST_CASE("a conversion that does not fit the line is refused with the rates that would") {
    column_adc_parameters p;
    parameter_registry registry;
    p.declare(registry);
    sensor_timing timing;
    timing.line_time = 5.434e-6;
    diagnostics fits;
    check(p, timing, registry, fits);
    CHECK(!fits.has_errors());
    p.bits = 12;
    diagnostics d;
    check(p, timing, registry, d);
    REQUIRE(d.errors().size() == 1);
    CHECK(d.errors()[0].message.find("12-bit conversion takes 10.120 us") != std::string::npos);
    CHECK(d.errors()[0].hint.find("1302 MHz with 1 bank,") != std::string::npos);
    CHECK(d.errors()[0].hint.find("547 MHz with 2 banks") != std::string::npos);
    p.banks = 2;
    diagnostics two;
    check(p, timing, registry, two);
    CHECK(!two.has_errors());
}

TEST_CASE("the photon transfer curve has the published slope") {
    // Variance over mean in 16-bit digital numbers is the conversion gain: slope 2.747 squared. A
    // binned pixel or PRNU would bend it, so both are off.
    const adc_transfer t = transfer_of({}, 1.0);
    constexpr unsigned width = 4096, rows = 128;
    noise_settings s;
    s.seed = 5;
    s.read_sigma = 3;
    const auto measure = [&](float electrons, double& mean, double& variance) {
        const std::vector<std::uint16_t> mosaic(width, 1000);
        s.electrons_per_count = electrons / 1000;
        std::vector<float> charge(width);
        std::vector<std::uint16_t> dn(width);
        double sum = 0, squares = 0;
        for (unsigned y = 0; y < rows; ++y) {
            s.row = y;
            noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width, charge.data());
            convert_row(t, charge.data(), width, dn.data());
            for (const std::uint16_t v : dn) {
                sum += v * 64.0;
                squares += v * 64.0 * v * 64.0;
            }
        }
        const double n = double{width} * rows;
        mean = sum / n;
        variance = squares / n - mean * mean;
    };
    double mean0, variance0, mean1, variance1;
    measure(200, mean0, variance0);
    measure(7000, mean1, variance1);
    const double slope = std::sqrt((variance1 - variance0) / (mean1 - mean0));
    CHECK(slope == Approx(2.747).epsilon(0.01));
}
