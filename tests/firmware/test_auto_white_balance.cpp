// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "../sim/program.h"
#include "core/random.h"
#include "isp/image_quality.h"
#include "models/camera_colour.h"
#include "tests/test_paths.h"

extern "C" {
#include "auto_white_balance.h"
}

using namespace ocellus;

namespace {

using zones = std::vector<auto_white_balance_zone>;

auto_white_balance start() {
    return {274, 4095, 662, 274, 412};
}

bool step(auto_white_balance& a, const zones& z, unsigned cells = 192 * 100) {
    return auto_white_balance_step(&a, z.data(), static_cast<std::uint32_t>(z.size()), cells);
}

/// Steps until the gains stay; how many changed them.
unsigned settle(auto_white_balance& a, const zones& z) {
    unsigned n = 0;
    while (n < 100 && step(a, z))
        ++n;
    return n;
}

/// A zone of surface colour (red, green, blue) under a light with these ratios to green.
auto_white_balance_zone lit(double red, double green, double blue, double light_red,
                            double light_blue) {
    const auto u32 = [](double v) { return static_cast<std::uint32_t>(std::lround(v)); };
    return {100, u32(red * light_red * 30000), u32(green * 30000), u32(blue * light_blue * 30000)};
}

}  // namespace

TEST_CASE(
    "white balance of a grey picture is the inverse of the light, the brightest at the least") {
    for (const double red : {0.3, 0.4139, 0.71, 1.0, 1.6})
        for (const double blue : {0.2, 0.36, 0.6657, 1.3}) {
            INFO(red << ' ' << blue);
            auto_white_balance a = start();
            const zones z(192, lit(1, 1, 1, red, blue));
            CHECK(settle(a, z) <= 8);
            const double most = std::max({1.0, red, blue});
            CHECK(a.green == Approx(274 * most).epsilon(1 / 60.0));
            CHECK(a.red == Approx(std::min(4095.0, 274 * most / red)).epsilon(1 / 60.0));
            CHECK(a.blue == Approx(std::min(4095.0, 274 * most / blue)).epsilon(1 / 60.0));
            CHECK(std::min({a.red, a.green, a.blue}) <= 274 * 61 / 60);
        }
}

TEST_CASE("white balance looks past coloured surfaces") {
    // A third of the zones is grey, two thirds are foliage, skin and sky.
    for (const double red : {0.36, 0.71})
        for (const double blue : {0.36, 0.72}) {
            zones z;
            for (unsigned k = 0; k < 64; ++k) {
                z.push_back(lit(0.5, 0.5, 0.5, red, blue));
                z.push_back(k % 2 ? lit(0.2, 0.45, 0.15, red, blue)
                                  : lit(0.25, 0.4, 0.75, red, blue));
                z.push_back(lit(0.75, 0.4, 0.3, red, blue));
            }
            auto_white_balance a = start();
            settle(a, z);
            CHECK(a.red * red / a.green == Approx(1).epsilon(0.02));
            CHECK(a.blue * blue / a.green == Approx(1).epsilon(0.02));
            // Grey world alone would be off by more.
            double r = 0, g = 0;
            for (const auto& s : z) {
                r += s.red / red;
                g += s.green;
            }
            CHECK(std::abs(r / g - 1) > 0.05);
        }
}

TEST_CASE("white balance leaves the gains alone where there is nothing to see") {
    auto_white_balance a = start();
    CHECK_FALSE(step(a, zones(192, {0, 0, 0, 0})));                  // all saturated
    CHECK_FALSE(step(a, zones(192, {100, 100, 100, 100})));          // dark
    CHECK_FALSE(step(a, zones(192, {5, 20000, 10000, 10000})));      // a twentieth of the cells
    CHECK_FALSE(step(a, zones(192, lit(1, 1, 1, 0.4139, 0.6657))));  // what they are already
    CHECK(a.red == 662);
    CHECK(a.blue == 412);
    CHECK(step(a, zones(192, {20, 20000, 10000, 10000})));
}

TEST_CASE("white balance of the largest picture does not overflow") {
    auto_white_balance a = start();
    // 3 million cells at full scale, all in one zone, and in as many as there are.
    const unsigned cells = 2028 * 1520;
    CHECK(step(a, {{cells, 65280, 65280, 65280}}, cells));
    CHECK((a.red == 274 && a.green == 274 && a.blue == 274));
    a = start();
    CHECK(step(a, zones(192, {cells, 65280, 32640, 65280}), cells));
    CHECK((a.red == 274 && a.green == 548 && a.blue == 274));
}

TEST_CASE("white balance does not wander with noise") {
    random_sequence random(3, purpose::test, 9, 9);
    auto_white_balance a = start();
    for (unsigned frame = 0; frame < 100; ++frame) {
        zones z;
        const double all = 0.97 + 0.06 * random.uniform();
        for (unsigned k = 0; k < 192;
             ++k) {  // each zone is off by up to 4 %, each frame by up to 3 %
            const auto with = [&random](double v) {
                return static_cast<std::uint32_t>(v * (0.96 + 0.08 * random.uniform()));
            };
            z.push_back({100, with(20000 * 0.71), with(20000), with(20000 * 0.36 * all)});
        }
        step(a, z);
        if (frame >= 12) {
            CHECK(a.red == Approx(274 / 0.71).epsilon(0.02));
            CHECK(a.blue == Approx(274 / 0.36).epsilon(0.02));
        }
    }
}

namespace {

/// Frames from the beginning within which exposure and white balance have come to rest, from 16 ms
/// at gain 1 and the gains of 5648 K.
constexpr unsigned settled = 30;

/// Grey of `lux` under Planck's light of `kelvin`, filmed with the default firmware. From frame
/// `settled` on, and for ten frames more, mean luma is within 1/32 of the target or exposure and
/// gain are at their limits, and the gains are within 3 % of the inverse of what a grey surface
/// gives in the channels.
void converge(unsigned lux, unsigned kelvin) {
    models::camera_parameters camera;
    camera.illuminant = models::camera_parameters::light::planckian;
    camera.colour_temperature = kelvin;
    const auto s = models::channel_sensitivity(camera);
    const double most = std::max({s[0], s[1], s[2]});
    std::string script =
        "config " + std::string(source_folder) + "/configs/small.toml\n" +
        "set sensor.width=336\nset sensor.height=252\n"
        "set firmware.auto_exposure=true\nset firmware.auto_white_balance=true\n"
        "set scene.illuminant=planckian\nset scene.colour_temperature=" +
        std::to_string(kelvin) + " K\nset scene.illuminance=" + std::to_string(lux) +
        " lx\nset output.image=none\nscene builtin:uniform\nnetwork none\nframes 50\n";
    const auto expect = [&script](const std::string& what, const char* is, double value) {
        script += "expect " + what + ' ' + is + ' ' + std::to_string(std::lround(value)) + '\n';
    };
    // 10 lx and less need more than the longest exposure of a frame and the highest gain.
    const bool at_limits = lux <= 10;
    for (unsigned frame = settled; frame < settled + 10; ++frame) {
        script += "wait frame " + std::to_string(frame) + " < 900 ms\nrun 10 ms\n";
        const char* const names[] = {"isp.GAIN_R", "isp.GAIN_GR", "isp.GAIN_B"};
        for (unsigned c = 0; c < 3; ++c) {
            expect(names[c], ">=", 274 * most / s[c] * 0.97 - 1);
            expect(names[c], "<=", 274 * most / s[c] * 1.03 + 1);
        }
        expect("isp.STATISTICS_LUMA_MEAN", "<=", 110 * 256 * (1 + 1 / 32.0));
        if (at_limits) {
            expect("pixel_array.EXPOSURE", "==", 1319 - 22);
            expect("pixel_array.ANALOGUE_GAIN", "==", 960);
        } else {
            expect("isp.STATISTICS_LUMA_MEAN", ">=", 110 * 256 * (1 - 1 / 32.0));
        }
    }
    const std::string file = scratch_folder() + "/converge.script";
    write_bytes(file, script + "quit\n");
    const auto result = ocellus_program({"replay", file});
    INFO(lux << " lx, " << kelvin << " K\n" << result.err << result.out);
    CHECK(result.exit_code == 0);
}

void converge_at(unsigned lux) {
    for (const unsigned kelvin : {2800u, 4000u, 5000u, 6500u, 7600u})
        converge(lux, kelvin);
}

}  // namespace

TEST_CASE("exposure and white balance converge at 1 lx") {
    converge_at(1);
}
TEST_CASE("exposure and white balance converge at 10 lx") {
    converge_at(10);
}
TEST_CASE("exposure and white balance converge at 100 lx") {
    converge_at(100);
}
TEST_CASE("exposure and white balance converge at 1,000 lx") {
    converge_at(1000);
}
TEST_CASE("exposure and white balance converge at 10,000 lx") {
    converge_at(10000);
}
TEST_CASE("exposure and white balance converge at 100,000 lx") {
    converge_at(100000);
}

TEST_CASE("the grey of the ColorChecker is grey in the picture under every light") {
    for (const unsigned kelvin : {2800u, 4000u, 5000u, 6500u, 7600u}) {
        const std::string out = scratch_folder();
        const auto result = ocellus_program(
            {"run",       std::string(source_folder) + "/configs/small.toml",
             "--network", "none",
             "--scene",   "builtin:colorchecker",
             "--frames",  "16",
             "--out",     out,
             "--set",     "sensor.width=336",
             "--set",     "sensor.height=252",
             "--set",     "output.image=isp",
             "--set",     "isp.image_format=rgb888",
             "--set",     "firmware.auto_exposure=true",
             "--set",     "firmware.auto_white_balance=true",
             "--set",     "scene.illuminant=planckian",
             "--set",     "scene.colour_temperature=" + std::to_string(kelvin) + " K"});
        INFO(result.err);
        REQUIRE(result.exit_code == 0);
        const std::string picture = file_bytes(out + "/frame_0015.rgb");
        REQUIRE(picture.size() == std::size_t{3} * 336 * 252);
        // The third grey from the left of the lowest row, reflectance 36 %; B G R.
        std::array<double, 3> mean{};
        for (unsigned y = 205; y < 236; ++y)
            for (unsigned x = 126; x < 154; ++x)
                for (unsigned c = 0; c < 3; ++c)
                    mean[c] += isp::linear_of_srgb(
                        static_cast<unsigned char>(picture[3 * (std::size_t{y} * 336 + x) + c]) /
                        255.0);
        INFO(kelvin << " K");
        CHECK(mean[2] / mean[1] == Approx(1).epsilon(0.03));
        CHECK(mean[0] / mean[1] == Approx(1).epsilon(0.03));
    }
}
