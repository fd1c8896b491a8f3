// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

extern "C" {
#include "auto_exposure.h"
}

/// The controller against a sensor whose mean luma is light * exposure * gain up to the full scale,
/// where settings written while frame n is read out act on frame n + 2.

namespace {

struct scene_step {
    unsigned from_frame;
    double light;  // mean luma (of 255) of one line at gain 1
};

struct course {
    std::vector<double> luma;
    std::vector<auto_exposure> settings;  // after each frame
    unsigned last_change = 0;             // frame
};

auto_exposure start(std::uint32_t exposure, std::uint32_t gain) {
    auto_exposure a{};
    a.target = 110;
    a.exposure_min = 8;
    a.exposure_max = 1297;
    a.gain_max = 960;
    a.exposure = exposure;
    a.gain = gain;
    return a;
}

double amount(const auto_exposure& a) {
    return a.exposure * 1024.0 / (1024.0 - a.gain);
}

course film(auto_exposure a, const std::vector<scene_step>& scene, unsigned frames) {
    course c;
    std::vector<double> acting(frames + 2, amount(a));
    double light = 0;
    for (unsigned n = 0; n < frames; ++n) {
        for (const auto& s : scene)
            if (s.from_frame == n)
                light = s.light;
        c.luma.push_back(std::min(255.0, light * acting[n]));
        if (auto_exposure_step(&a, n, static_cast<std::uint32_t>(c.luma.back() * 256))) {
            c.last_change = n;
            for (unsigned k = n + 2; k < acting.size(); ++k)
                acting[k] = amount(a);
        }
        c.settings.push_back(a);
    }
    return c;
}

}  // namespace

TEST_CASE("auto-exposure ends within 1/32 of the target, at light = target / brightness") {
    for (const double light : {0.01, 0.03, 0.11, 0.5, 1.7, 4.0, 12.0})
        for (const std::uint32_t exposure : {8u, 100u, 1297u})
            for (const std::uint32_t gain : {0u, 600u, 960u}) {
                const course c = film(start(exposure, gain), {{0, light}}, 60);
                INFO(light << ' ' << exposure << ' ' << gain);
                const auto& end = c.settings.back();
                CHECK(c.luma.back() == Approx(110).epsilon(1.0 / 32 + 0.001));
                CHECK(amount(end) == Approx(110 / light).epsilon(1.0 / 32 + 0.001));
                CHECK(c.last_change <
                      30);  // every third frame; of 4, or of 255 / 110 while all clips
                // Exposure first: more gain than a part of a line only with the longest exposure.
                if (amount(end) < 1297)
                    CHECK(amount(end) < end.exposure + 1.0);
                // No oscillation: unless the picture clips, luma goes towards the target and stays.
                for (std::size_t n = 1; n < c.luma.size(); ++n)
                    CHECK(std::abs(std::log(c.luma[n] / 110)) <=
                          std::max(std::abs(std::log(c.luma[n - 1] / 110)), std::log(1.04)));
            }
}

TEST_CASE("auto-exposure stays at its limits when the scene is out of reach") {
    const course night = film(start(100, 0), {{0, 1e-5}}, 60);
    CHECK(night.settings.back().exposure == 1297);
    CHECK(night.settings.back().gain == 960);
    CHECK(night.last_change < 25);
    const course black = film(start(100, 0), {{0, 0}}, 60);
    CHECK(black.settings.back().exposure == 1297);
    CHECK(black.settings.back().gain == 960);
    const course sun = film(start(1297, 960), {{0, 1000}}, 60);
    CHECK(sun.settings.back().exposure == 8);
    CHECK(sun.settings.back().gain == 0);
    CHECK(sun.last_change < 30);
}

TEST_CASE("auto-exposure follows a step of light without passing the target") {
    const double factor = GENERATE(0.1, 0.5, 2.0);
    const course c = film(start(440, 0), {{0, 0.25}, {20, 0.25 * factor}}, 60);
    CHECK(c.luma[19] == Approx(110).epsilon(0.04));
    CHECK(c.luma.back() == Approx(110).epsilon(0.04));
    for (std::size_t n = 20; n < c.luma.size(); ++n)
        CHECK((factor < 1 ? c.luma[n] < 110 * 1.04 : c.luma[n] > 110 / 1.04));
    // The first frame of the new light is answered at once; it shows two frames later.
    CHECK(c.settings[20].exposure != c.settings[19].exposure);
    CHECK(c.luma[21] == c.luma[20]);
    CHECK(c.luma[22] != c.luma[21]);
}

TEST_CASE("auto-exposure leaves small deviations and old frames alone") {
    auto_exposure a = start(440, 0);
    CHECK_FALSE(auto_exposure_step(&a, 0, 110 * 256 + 110 * 8));  // 1/32
    CHECK_FALSE(auto_exposure_step(&a, 1, 110 * 256 - 110 * 8));
    CHECK(auto_exposure_step(&a, 2, 55 * 256));
    CHECK(a.exposure == 880);
    CHECK_FALSE(auto_exposure_step(&a, 3, 55 * 256));  // made with the old exposure
    CHECK_FALSE(auto_exposure_step(&a, 3, 55 * 256));
    CHECK(a.exposure == 880);
}

TEST_CASE("gain codes are those of the sensor and back") {
    for (std::uint32_t code = 0; code <= 978; ++code)
        CHECK(auto_exposure_code(auto_exposure_gain(code), 978) == code);
    CHECK(auto_exposure_code(0.0f, 978) == 0);
    CHECK(auto_exposure_code(1000.0f, 960) == 960);
}
