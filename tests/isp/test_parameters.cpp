// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "core/config.h"
#include "isp/isp.h"
#include "isp/parameters.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

std::string complaints(const isp_parameters& p, unsigned width = 400, unsigned height = 300) {
    isp_parameters declared;
    parameter_registry r;
    declared.declare(r);
    diagnostics problems;
    p.check(width, height, r, problems);
    return problems.has_errors() ? problems.render() : std::string();
}
bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("ISP parameters: what the words cannot hold is told all at once") {
    isp_parameters p;
    CHECK(complaints(p).empty());
    p.white_balance_red = 15;  // times 274/256
    p.matrix[4] = 3.9;  // 3.9 fits; the row's other entries round to sums that do not move it
    p.matrix[8] = 4.2;
    p.window_x = 400;
    p.window_y = 200;
    p.window_height = 101;
    const std::string text = complaints(p);
    CHECK(holds(text, "isp.white_balance_red"));
    CHECK_FALSE(holds(text, "row g"));
    CHECK(holds(text, "row b of the colour matrix"));
    CHECK(holds(text, "isp.window_x = 400 lies outside the array"));
    CHECK(holds(text, "at most 100, or 0"));
    // The last ones that fit.
    p = isp_parameters();
    p.white_balance_red = 14.94;
    p.window_x = 398;
    p.window_width = 2;
    p.window_y = 200;
    p.window_height = 100;
    CHECK(complaints(p).empty());
}

TEST_CASE("ISP parameters: a stage runs when its parameter says so, and only then") {
    isp_parameters p;
    isp_settings s = p.settings();
    p.complete(s, 64, 48);
    CHECK(s.stages == default_stages);
    CHECK(!s.shading);
    p.linearisation = p.lens_shading = p.luma_noise_reduction = true;
    p.linearisation_exponent = 2;
    p.lens_shading_corner = 3;
    p.complete(s, 64, 48);
    CHECK(s.stages == (default_stages | bit_of(stage::linearisation) | bit_of(stage::lens_shading) |
                       bit_of(stage::luma_noise_reduction)));
    for (unsigned j = 0; j < linearisation_knots; ++j) {
        const double x = std::min(128.0 * j, 4095.0);
        CHECK(std::abs(s.linearisation[j] - x * x / 4095) <=
              (j + 1 < linearisation_knots ? 0.5 : 1));
    }
    REQUIRE(s.shading);
    p.linearisation = false;
    p.complete(s, 64, 48);
    CHECK_FALSE(s.does(stage::linearisation));
}

TEST_CASE("ISP latency: K x K windows wait for (K - 1) / 2 lines, bypassed stages for none") {
    CHECK(latency_lines() == 2);  // Malvar's 5x5
    CHECK(latency_clocks() == 35);
    const auto with = [](stage s) { return default_stages | bit_of(s); };
    CHECK(latency_lines(with(stage::defect_correction)) == 4);      // 5x5
    CHECK(latency_lines(with(stage::bayer_noise_reduction)) == 4);  // 5x5
    CHECK(latency_lines(with(stage::sharpening)) == 6);             // 9x9
    CHECK(latency_lines(with(stage::luma_noise_reduction)) == 6);   // 9x9
    CHECK(latency_lines(with(stage::lens_shading)) == 2);
    CHECK(latency_lines(every_stage) == 2 + 2 + 2 + 4 + 4);
    CHECK(latency_clocks(every_stage) > latency_clocks());
}
