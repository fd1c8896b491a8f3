// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "models/column_converters.h"
#include "models/defect_correction.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

double sigma_of(const std::vector<double>& v) {
    double sum = 0, squares = 0;
    for (const double x : v)
        sum += x;
    const double mean = sum / static_cast<double>(v.size());
    for (const double x : v)
        squares += (x - mean) * (x - mean);
    return std::sqrt(squares / static_cast<double>(v.size() - 1));
}

/// Electrons at which each code begins: a slow ramp through the converter.
std::vector<double> transitions(const adc_transfer& t, double step) {
    const auto codes = static_cast<unsigned>(t.highest) + 1;
    std::vector<double> begin(codes, -1);
    std::vector<float> e(1);
    std::uint16_t dn = 0;
    const double slope = static_cast<double>(t.slope);
    for (double v = -static_cast<double>(t.black); v < codes + 2.0; v += step) {
        e[0] = static_cast<float>(v / slope);
        convert_row(t, e.data(), 1, &dn);
        if (begin[dn] < 0)
            begin[dn] = v + static_cast<double>(t.black);
    }
    return begin;
}

}  // namespace

TEST_CASE("an ideal converter has codes of one count each") {
    column_adc_parameters p;
    p.bits = GENERATE(8u, 10u, 12u);
    const adc_transfer t = transfer_of(p, 1.0);
    REQUIRE(t.plain());
    const auto begin = transitions(t, 1.0 / 64);
    for (std::size_t k = 2; k + 1 < begin.size(); ++k) {
        CHECK(begin[k] == Approx(static_cast<double>(k) - 0.5).margin(0.03));  // INL = 0
        CHECK(begin[k + 1] - begin[k] == Approx(1).margin(0.03));              // DNL = 0
    }
}

TEST_CASE("the bow of the ramp is found again as integral non-linearity") {
    column_adc_parameters p;
    p.bits = 10;
    p.inl = 12;  // 3 counts at 10 bits
    const adc_transfer t = transfer_of(p, 1.0);
    const auto begin = transitions(t, 1.0 / 64);
    double most = 0;
    std::size_t at = 0;
    for (std::size_t k = 8; k < begin.size() - 8; ++k) {
        // A code that comes early by d stands for a ramp that is d ahead.
        const double ahead = static_cast<double>(k) - 0.5 - begin[k];
        if (ahead > most) {
            most = ahead;
            at = k;
        }
        const double u = begin[k] / 1024;
        CHECK(ahead == Approx(3 * 4 * u * (1 - u)).margin(0.06));
    }
    CHECK(most == Approx(3).margin(0.05));
    CHECK(at == Approx(512).margin(60));
}

TEST_CASE("a duty cycle makes even and odd codes of different width") {
    column_adc_parameters p;
    p.bits = 9;
    p.clock_duty = 0.4;
    const auto begin = transitions(transfer_of(p, 1.0), 1.0 / 64);
    for (std::size_t k = 2; k + 1 < begin.size(); ++k)
        CHECK(begin[k + 1] - begin[k] == Approx(k % 2 == 0 ? 0.8 : 1.2).margin(0.04));
}

TEST_CASE("conversion counts, time and the shortest line") {
    column_adc_parameters p;
    CHECK(conversion_counts(p) == 1280);
    CHECK(shortest_line_time(p) * 1e6 == Approx(1.5 + 1280 / 594.0));
    for (std::uint64_t bits = 8; bits <= 14; ++bits) {
        p.bits = bits;
        CHECK(conversion_counts(p) == (1u << bits) + (1u << (bits - 2)));
        p.banks = 4;
        CHECK(shortest_line_time(p) == Approx(conversion_time(p) / 4));
        p.banks = 1;
    }
    p.bits = 12;
    p.cds = false;
    CHECK(conversion_counts(p) == 4096);
    p.cds = true;
    p.reset_divider = 16;
    CHECK(conversion_counts(p) == 4096 + 256);
}

TEST_CASE("the published readouts follow from one count clock and one settling time") {
    // 10 bits a pixel, and 9 bits a binned sample (four of which make 11): two equations for two
    // unknowns, so a consistency, not a prediction.
    column_adc_parameters p;
    p.count_clock = 355.2e6;
    p.settle_time = 1.83e-6;
    CHECK(3040 * shortest_line_time(p) == Approx(16.52e-3).epsilon(0.01));
    p.bits = 9;
    CHECK(1520 * shortest_line_time(p) == Approx(5.52e-3).epsilon(0.01));
    // The defaults, which nothing was fitted to, give the binned one.
    CHECK(1520 * shortest_line_time({}) == Approx(5.52e-3).epsilon(0.01));
}

TEST_CASE("banks differ by the stated gain and offset, and one bank by nothing") {
    column_adc_parameters p;
    p.bits = 14;
    p.banks = 4;
    p.bank_gain = 0.02;
    p.bank_offset = 30;
    std::vector<double> gains, offsets;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const column_converters c(p, seed, 8, 1.0);
        for (unsigned b = 0; b < 4; ++b) {
            gains.push_back(static_cast<double>(c.bank(b).slope) / (0.4716 * 4));
            offsets.push_back(static_cast<double>(c.bank(b).offset) / (0.4716 * 4));
        }
    }
    CHECK(sigma_of(gains) == Approx(0.02).epsilon(0.07));
    CHECK(sigma_of(offsets) == Approx(30).epsilon(0.07));
    // Rows take turns.
    const column_converters c(p, 3, 8, 1.0);
    std::uint16_t dn[8][8];
    for (std::uint32_t y = 0; y < 8; ++y) {
        float e[8] = {3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000};
        c.convert(0, y, e, dn[y]);
        const double want = 1024 + static_cast<double>(c.bank(y % 4).offset) +
                            3000 * static_cast<double>(c.bank(y % 4).slope);
        CHECK(dn[y][0] == Approx(want).margin(0.6));
        CHECK(dn[y][0] == dn[y % 4][7]);
    }
    CHECK(dn[0][0] != dn[1][0]);
    p.banks = 1;
    const column_converters one(p, 3, 8, 1.0);
    CHECK(one.bank(0).slope == transfer_of(p, 1.0).slope);
    CHECK(one.bank(0).offset == 0);
}

TEST_CASE("column differences have the stated spread, and each bank its own") {
    column_adc_parameters p;
    p.bits = 14;
    p.banks = 2;
    p.bank_gain = p.bank_offset = 0;
    p.column_gain = 0.01;
    p.column_offset = 20;
    constexpr unsigned width = 4000;
    const column_converters c(p, 8, width, 1.0);
    std::vector<double> dark[2], light[2];
    for (std::uint32_t y = 0; y < 2; ++y) {
        std::vector<float> e(width, 0.0f);
        std::vector<std::uint16_t> dn(width);
        c.convert(0, y, e.data(), dn.data());
        for (const auto v : dn)
            dark[y].push_back((v - 1024) / 1.8864);
        std::fill(e.begin(), e.end(), 6000.0f);
        c.convert(0, y, e.data(), dn.data());
        for (unsigned x = 0; x < width; ++x)
            light[y].push_back((dn[x] - 1024) / 1.8864 - dark[y][x]);
        CHECK(sigma_of(dark[y]) == Approx(20).epsilon(0.05));
        CHECK(sigma_of(light[y]) == Approx(60).epsilon(0.05));
    }
    double cross = 0;
    for (unsigned x = 0; x < width; ++x)
        cross += dark[0][x] * dark[1][x] / 400;
    CHECK(std::fabs(cross / width) < 4 / std::sqrt(double{width}));
}

TEST_CASE("without correlated double sampling the reset noise is kTC") {
    column_adc_parameters p;
    p.bits = 14;
    constexpr unsigned width = 4096;
    std::vector<double> seen;
    for (const bool cds : {true, false}) {
        p.cds = cds;
        const column_converters c(p, 8, width, 1.0);
        std::vector<double> all;
        for (std::uint32_t y = 0; y < 8; ++y) {
            std::vector<float> e(width, 1000.0f);
            std::vector<std::uint16_t> dn(width);
            c.convert(2, y, e.data(), dn.data());
            for (const auto v : dn)
                all.push_back(v / 1.8864);
        }
        seen.push_back(sigma_of(all));
    }
    CHECK(seen[0] < 1e-6);
    // sqrt(kTC)/q of 1.6 fF at 300 K, from the constants.
    const double ktc = std::sqrt(1.380649e-23 * 300 * 1.6e-15) / 1.602176634e-19;
    CHECK(seen[1] == Approx(ktc).epsilon(0.02));
}

TEST_CASE("digital gain keeps black, and clips") {
    column_adc_parameters p;
    p.digital_gain = 2.5;
    const adc_transfer t = transfer_of(p, 1.0);
    std::vector<float> e;
    for (int i = -100; i < 9000; i += 7)
        e.push_back(static_cast<float>(i) + 0.3f);
    std::vector<std::uint16_t> dn(e.size());
    convert_row(t, e.data(), static_cast<std::uint32_t>(e.size()), dn.data());
    for (std::size_t i = 0; i < e.size(); ++i) {
        const double ramp = std::min(1023.0, std::floor(0.1179 * static_cast<double>(e[i]) + 64.5));
        const double want = std::min(1023.0, std::max(0.0, std::floor((ramp - 64) * 2.5 + 64.5)));
        CHECK(dn[i] == want);
    }
}

TEST_CASE("defects are corrected, and nothing else is") {
    constexpr std::uint32_t width = 24, height = 12;
    std::vector<std::vector<std::uint16_t>> rows(height, std::vector<std::uint16_t>(width));
    // Four colours, each with a slope of its own: no sample stands out.
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x)
            rows[y][x] =
                static_cast<std::uint16_t>(100 + 200 * (y % 2) + 300 * (x % 2) + 3 * x + y);
    const auto clean = rows;
    const auto correct = [&](std::uint32_t y) {
        const std::uint16_t* five[5];
        for (int k = 0; k < 5; ++k)
            five[k] = rows[mirrored(std::int64_t{y} + k - 2, height)].data();
        std::vector<std::uint16_t> out(width);
        correct_defects_row(five, width, 16, out.data());
        return out;
    };
    for (std::uint32_t y = 0; y < height; ++y)
        CHECK(correct(y) == clean[y]);
    struct {
        std::uint32_t x, y;
    } const places[] = {{0, 0}, {23, 0}, {7, 5}, {8, 6}, {1, 11}, {22, 11}};
    for (const auto& at : places)
        for (const std::uint16_t bad : {0, 1023}) {
            rows[at.y][at.x] = bad;
            const auto got = correct(at.y);
            CHECK(std::abs(int{got[at.x]} - int{clean[at.y][at.x]}) <= 8);
            rows[at.y][at.x] = clean[at.y][at.x];
        }
}

TEST_CASE("without light and noise every sample is black, exactly") {
    column_adc_parameters p;
    p.bits = GENERATE(8u, 9u, 10u, 11u, 12u, 13u, 14u);
    p.black_level = GENERATE(0u, 16u, 64u, 200u);
    for (const double gain : {1.0, 1024.0 / 46, 2.0}) {
        const adc_transfer t = transfer_of(p, gain);
        const std::vector<float> dark(37, 0.0f);
        std::vector<std::uint16_t> dn(37);
        convert_row(t, dark.data(), 37, dn.data());
        const double black = static_cast<double>(p.black_level << p.bits) / 1024;
        for (const auto v : dn)
            CHECK(v == std::floor(black + 0.5));
    }
}

TEST_CASE("a column line that has not settled takes its part from the signal") {
    column_adc_parameters p;
    const double slope = static_cast<double>(transfer_of(p, 1).slope);
    p.column_constant = 0.25e-6;  // three of them in half of 1.5 us
    CHECK(static_cast<double>(transfer_of(p, 1).slope) / slope ==
          Approx(1 - std::exp(-3.0)).epsilon(1e-6));
    p.cds = false;  // the signal has all of the time
    CHECK(static_cast<double>(transfer_of(p, 1).slope) / slope ==
          Approx(1 - std::exp(-6.0)).epsilon(1e-6));
    p.column_constant = 1e-12;
    CHECK(static_cast<double>(transfer_of(p, 1).slope) == slope);
    // The warning names the time that is enough.
    p.cds = true;
    p.column_constant = 0.2e-6;
    parameter_registry registry;
    p.declare(registry);
    sensor_timing timing;
    timing.line_time = 10e-6;
    diagnostics d;
    check(p, timing, registry, d);
    REQUIRE(d.warnings().size() == 1);
    const double enough = 0.4e-6 * std::log(2048.0);
    CHECK(enough == Approx(3.05e-6).epsilon(0.01));
    CHECK(d.warnings()[0].hint.find("adc.settle_time >= 3.0") != std::string::npos);
    p.settle_time = enough;
    diagnostics none;
    check(p, timing, registry, none);
    CHECK(none.warnings().empty());
}
