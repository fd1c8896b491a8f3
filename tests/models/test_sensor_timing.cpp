// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "models/sensor_timing.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

sensor_parameters full_mode() {
    return {};
}

sensor_parameters binned_mode() {
    sensor_parameters p;
    p.width = 2028;
    p.height = 1520;
    p.binning = 2;
    p.line_length = 9398;
    p.frame_length = 2637;
    return p;
}

}  // namespace

TEST_CASE("public modes have the driver's frame rate and readout to the printed digits") {
    const sensor_timing a = full_mode().timing();
    CHECK(a.pixel_rate.hertz() == 744e6);
    CHECK(fmt::format("{:.4f}", a.frames_per_second) == "9.9986");
    CHECK(fmt::format("{:.3f}", a.frame_time * 1e3) == "100.014");
    CHECK(fmt::format("{:.3f}", a.active_readout * 1e3) == "73.140");
    CHECK(fmt::format("{:.4f}", a.line_time * 1e6) == "24.0591");
    const sensor_timing b = binned_mode().timing();
    CHECK(fmt::format("{:.4f}", b.frames_per_second) == "30.0212");
    CHECK(fmt::format("{:.3f}", b.frame_time * 1e3) == "33.310");
    CHECK(fmt::format("{:.3f}", b.active_readout * 1e3) == "19.200");
    CHECK(fmt::format("{:.4f}", b.line_time * 1e6) == "12.6317");
}

TEST_CASE("table frame lengths and a 27 MHz input clock") {
    const auto rate = [](sensor_parameters p, double inck, std::uint64_t frame_length) {
        p.inck = inck;
        if (frame_length)
            p.frame_length = frame_length;
        return fmt::format("{:.4f}", p.timing().frames_per_second);
    };
    CHECK(rate(full_mode(), 24e6, 4674) == "8.8926");
    CHECK(rate(binned_mode(), 24e6, 2972) == "26.6372");
    CHECK(rate(full_mode(), 27e6, 4674) == "10.0042");
    CHECK(rate(binned_mode(), 27e6, 2972) == "29.9669");
    CHECK(rate(full_mode(), 27e6, 0) == "11.2484");
    CHECK(rate(binned_mode(), 27e6, 0) == "33.7738");
}

TEST_CASE("full speed reads 12.3 Mpx in the published 16.52 ms") {
    sensor_parameters p;
    p.inck = 27e6;
    p.line_length = 4548;
    p.frame_length = 3062;
    CHECK(p.timing().pixel_rate.hertz() == 837e6);
    CHECK(p.timing().active_readout == Approx(16.52e-3).epsilon(0.01));
}

TEST_CASE("analogue gain law") {
    CHECK(analogue_gain(0) == 1.0);
    CHECK(analogue_gain(512) == 2.0);
    CHECK(analogue_gain(960) == 16.0);
    CHECK(analogue_gain(978) == Approx(22.26).epsilon(1e-3));
    CHECK(analogue_gain(2000) == analogue_gain(978));
    for (std::uint32_t code = 0; code <= 978; ++code)
        CHECK(analogue_gain(code) == 1024.0 / (1024.0 - code));
}

TEST_CASE("exposure limits") {
    CHECK(clip_exposure(0, 4157) == 8);
    CHECK(clip_exposure(8, 4157) == 8);
    CHECK(clip_exposure(4135, 4157) == 4135);
    CHECK(clip_exposure(4136, 4157) == 4135);
    CHECK(clip_exposure(1000, 20) == 8);
    sensor_parameters p;
    CHECK(p.registers().exposure == 665);  // 16 ms / 24.0591 us
}

TEST_CASE("sensor parameters are checked together") {
    sensor_parameters p;
    parameter_registry registry;
    p.declare(registry);
    {
        diagnostics d;
        check(p, registry, d);
        CHECK(!d.has_errors());
        CHECK(d.warnings().empty());
    }
    {
        diagnostics d;
        registry.assign("sensor.width", "4055", {}, "command line", d);
        registry.assign("sensor.frame_length", "3040 lines", {}, "command line", d);
        registry.assign("sensor.line_length", "4000 cycles", {}, "command line", d);
        CHECK(!d.has_errors());
        check(p, registry, d);
        CHECK(d.errors().size() == 3);
    }
    {
        sensor_parameters slow;
        slow.exposure = 0.2;
        diagnostics d;
        check(slow, registry, d);
        CHECK(!d.has_errors());
        REQUIRE(d.warnings().size() == 1);
        CHECK(d.warnings()[0].message.find("gets 4135") != std::string::npos);
    }
}
