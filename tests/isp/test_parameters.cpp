// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
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

std::string temporary_text(const std::string& content) {
    char path[] = "/tmp/ocellus_tables_XXXXXX";
    const int file = mkstemp(path);
    REQUIRE(file >= 0);
    REQUIRE(write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(file);
    return path;
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
    s = p.settings();
    p.complete(s, 64, 48);
    CHECK(s.stages == (default_stages | bit_of(stage::linearisation) | bit_of(stage::lens_shading) |
                       bit_of(stage::luma_noise_reduction)));
    for (unsigned j = 0; j < linearisation_knots; ++j) {
        const double x = std::min(128.0 * j, 4095.0);
        CHECK(std::abs(s.linearisation[j] - x * x / 4095) <=
              (j + 1 < linearisation_knots ? 0.5 : 1));
    }
    REQUIRE(s.shading);
    CHECK(s.bayer_noise.dark == bayer_noise_settings{}.dark);
    p.bayer_noise_strength = 7.5;
    p.complete(s, 64, 48);
    CHECK(s.bayer_noise.dark == 30);
    CHECK(s.bayer_noise.bright == 240);
    CHECK(s.bayer_noise.rise_dark == 75);
    p.bayer_noise_strength = 16;
    p.complete(s, 64, 48);
    CHECK(s.bayer_noise.rise_dark == 160);
    p.linearisation = false;
    p.bypass_matrix = p.bypass_gamma = p.bypass_black_level = p.bypass_white_balance = true;
    s = p.settings();
    p.complete(s, 64, 48);
    CHECK(s.stages == (bit_of(stage::demosaic) | bit_of(stage::lens_shading) |
                       bit_of(stage::luma_noise_reduction)));
}

TEST_CASE(
    "ISP parameters: regions, sizes and tables that the hardware cannot follow are told at once") {
    isp_parameters p;
    p.roi_x = 3;
    p.roi_width = 400;
    p.picture_width = 2000;  // of the 397 columns from 3
    p.tables = "/nowhere/tables.txt";
    p.roi_y = 300;
    const std::string text = complaints(p);
    CHECK(holds(text, "isp.roi_x = 3 is odd"));
    CHECK(holds(text, "isp.roi_width = 400 reaches beyond the array"));
    CHECK(holds(text, "isp.roi_y = 300 lies outside the array"));
    CHECK(holds(text, "one is 0 and the other is not"));
    CHECK(holds(text, "/nowhere/tables.txt"));
    p = isp_parameters();
    p.roi_width = 40;
    p.picture_width = 322;  // 8 times 40 is 320
    p.picture_height = 1;   // 1/300
    CHECK(holds(complaints(p), "isp.picture_width = 322 of 40 is beyond the scaler"));
    CHECK(holds(complaints(p), "isp.picture_height = 1 of 300 is beyond the scaler"));
    p.picture_width = 320;
    p.picture_height = 2;
    CHECK(complaints(p).empty());
}

TEST_CASE("ISP tables: every mistake of a file has its line and column") {
    const std::string path = temporary_text(
        "# a curve that falls\n"
        "linearisation 0 128 256 384 512 640 768 896 1024 1152 1280 1408 1536 1664 1792 1920 2048\n"
        "  2176 2304 2300 2560 2688 2816 2944 3072 3200 3328 3456 3584 3712 3840 3968 4095\n"
        "defect 5 100\n"
        "defect 12 3.5   # no whole number\n"
        "gama 1 2 3\n"
        "gamma 1 2\n");
    diagnostics problems;
    read_tables(path, 100, 60, problems);
    const std::string text = problems.render();
    CHECK(holds(text, path + ":3:13: error: knot 19 of linearisation falls from 2304 to 2300"));
    CHECK(holds(text, path + ":4:1: error: the defect lies outside the array"));
    CHECK(holds(text, path + ":5:11: error: '3.5'"));
    CHECK(holds(text, path + ":6:1: error: 'gama' is no table"));
    CHECK(holds(text, path + ":7:1: error: gamma has 2 numbers"));
    CHECK(problems.errors().size() == 5);
    std::remove(path.c_str());
}

TEST_CASE("ISP tables: what a file holds replaces the parameters'") {
    std::string content = "gamma";
    for (unsigned j = 0; j < gamma_knots; ++j)
        content += " " + std::to_string(70 * j);
    content += "\nlinearisation\n";
    for (unsigned j = 0; j < linearisation_knots; ++j)
        content += std::to_string(100 * j) + "\n";
    for (const char* site : {"red", "green_red", "green_blue", "blue"}) {
        content += std::string("shading ") + site;
        for (unsigned i = 0; i < shading_nodes; ++i)
            content += " " + std::to_string(300 + i);
        content += "\n";
    }
    content += "\ndefect 7 9\ndefect 2 4\ndefect 7 9\n";
    isp_parameters p;
    p.tables = temporary_text(content);
    p.linearisation = p.lens_shading = true;
    CHECK(complaints(p).empty());
    isp_settings s = p.settings();
    p.complete(s, 400, 300);
    CHECK(s.gamma[56] == 3920);
    CHECK(s.linearisation[32] == 3200);
    REQUIRE(s.shading);
    CHECK((*s.shading)[3][191] == 491);
    REQUIRE(s.known_defects);
    CHECK(*s.known_defects == defect_list{{2, 4}, {7, 9}});
    std::remove(p.tables.c_str());
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
