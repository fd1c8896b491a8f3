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
    // The whole table: rates, bits, and what of it fits a line of 5.434 us with 1 and 2 banks.
    struct row {
        double clock, us10, us12;
        bool one10, one12, two12;
    };
    for (const row& r :
         {row{297e6, 4.31, 17.24, false, false, false},
          row{445.5e6, 2.87, 11.49, true, false, false}, row{594e6, 2.15, 8.62, true, false, true},
          row{891e6, 1.44, 5.75, true, false, true}, row{1188e6, 1.08, 4.31, true, false, true},
          row{2376e6, 0.54, 2.15, true, true, true}}) {
        INFO(r.clock);
        CHECK(std::fabs(counting(10, r.clock) - r.us10) < 0.006);
        CHECK(std::fabs(counting(12, r.clock) - r.us12) < 0.006);
        const auto fits = [&](std::uint64_t bits, std::uint64_t banks) {
            column_adc_parameters q;
            q.bits = bits;
            q.banks = banks;
            q.count_clock = r.clock;
            q.settle_time = 1.5e-6;
            return shortest_line_time(q) <= 5.434e-6;
        };
        CHECK(fits(10, 1) == r.one10);
        CHECK(fits(12, 1) == r.one12);
        CHECK(fits(12, 2) == r.two12);
    }
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

TEST_CASE("what would make a conversion fit is what makes it fit") {
    column_adc_parameters p;
    p.bits = 12;
    p.conversions_per_row = GENERATE(1u, 2u);
    const double line = 5.434e-6;
    REQUIRE(shortest_line_time(p) > line);
    const conversion_remedies fits = remedies_of(p, line);
    const auto fits_with = [line](column_adc_parameters q) {
        return shortest_line_time(q) <= line * (1 + 1e-9);
    };
    auto q = p;
    for (const std::uint64_t banks : {1, 2, 4}) {
        const double rate = fits.clock_of_banks[banks / 2];
        q = p;
        q.banks = banks;
        if (rate == 0) {  // settling alone takes the line
            q.count_clock = 1e15;
            CHECK(!fits_with(q));
            continue;
        }
        q.count_clock = rate;
        CHECK(fits_with(q));
        q.count_clock = rate * 0.999;
        CHECK(!fits_with(q));
    }
    CHECK(shortest_line_time(p) == Approx(fits.line_time));
    q = p;
    if (fits.bits > 0) {
        q.bits = fits.bits;
        CHECK(fits_with(q));
        q.bits = fits.bits + 1;
        CHECK(!fits_with(q));
    }
    q = p;
    if (fits.banks > 0) {
        q.banks = fits.banks;
        CHECK(fits_with(q));
        q.banks /= 2;
        CHECK(!fits_with(q));
    }
}

TEST_CASE("counting on one edge has codes of one width and a clock of twice the rate") {
    column_adc_parameters p;
    p.clock_duty = 0.3;
    CHECK(transfer_of(p, 1).even_width == 0.6f);
    p.count_edges = 1;
    CHECK(transfer_of(p, 1).even_width == 1.0f);
}

TEST_CASE("the energy of a frame is the exact sum over its events") {
    // 4056 x 3040 pixels, one conversion each of 1280 counts.
    const std::uint64_t pixels = 4056ull * 3040, counts = pixels * 1280;
    const readout_energies each = energies_of({});
    counted_energy all(pixels, each.pixel);
    all += counted_energy(pixels, each.conversion);
    all += counted_energy(counts, each.count);
    // (40 + 66 + 1280 x 0.0125) pJ = 122 pJ a pixel: 12330240 of them.
    CHECK(all.nanojoules() == 12330240ull * 122 / 1000);
    CHECK(all.attojoules() == 12330240ull * 122 % 1000 * 1000000);
    CHECK(all.joules() == Approx(12330240 * 122e-12));
    const double per = 12330240 * 1e-12;
    CHECK(all.error() == Approx(0.5 * per * std::sqrt(40.0 * 40 + 66 * 66 + 16 * 16)));
    // Nothing wraps in a million frames, and the order of sums does not matter.
    counted_energy once(counts * 1000000, each.count), twice(counts * 500000, each.count);
    twice += counted_energy(counts * 500000, each.count);
    CHECK(once.nanojoules() == twice.nanojoules());
    CHECK(once.attojoules() == twice.attojoules());
    CHECK(once.joules() == Approx(12330240.0 * 1e6 * 16e-12));
}

TEST_CASE("the photon transfer curve has the published slope") {
    // Deviation over the root of the mean in 16-bit digital numbers, as libcamera's noise model has
    // it: no constant, so read noise, where it is on, has to go into the slope. A binned pixel or
    // PRNU would bend it, so both are off.
    const double read = GENERATE(0.0, 3.0);
    column_adc_parameters p;
    p.bits = 12;
    const adc_transfer t = transfer_of(p, 1.0);
    constexpr unsigned width = 4096, rows = 64;
    noise_settings s;
    s.seed = 5;
    s.read_sigma = static_cast<float>(read);
    double products = 0, squares_of_roots = 0;
    for (const double electrons : {200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0}) {
        const std::vector<std::uint16_t> mosaic(width, 1000);
        s.electrons_per_count = static_cast<float>(electrons / 1000);
        std::vector<float> charge(width);
        std::vector<std::uint16_t> dn(width);
        double sum = 0, squares = 0;
        for (unsigned y = 0; y < rows; ++y) {
            s.row = y;
            noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width, charge.data());
            convert_row(t, charge.data(), width, dn.data());
            for (const std::uint16_t v : dn) {
                const double level = (v - 256.0) * 16;
                sum += level;
                squares += level * level;
            }
        }
        const double n = double{width} * rows, mean = sum / n;
        products += std::sqrt((squares / n - mean * mean) * mean);
        squares_of_roots += mean;
    }
    const double slope = products / squares_of_roots;
    INFO("read noise " << read << ": " << slope);
    CHECK(slope == Approx(2.747).epsilon(0.01));
}
