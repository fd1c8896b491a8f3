// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "models/camera_colour.h"
#include "models/charts.h"
#include "models/parcel_belt.h"
#include "models/parcels.h"
#include "models/scene.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

/// Green light of a chart, row by row.
std::vector<std::vector<float>> green_of(const std::string& name, unsigned width, unsigned height,
                                         const shutter& when = {}) {
    const auto s = make_chart(name);
    REQUIRE(s);
    std::vector<std::vector<float>> out;
    s->frame(0, width, height, when)
        ->rows(0, height, [&](unsigned, const float*, const float* g, const float*) {
            out.emplace_back(g, g + width);
        });
    return out;
}

/// Where a row passes the middle between dark and bright, by the area under it: the light to the
/// left of an edge that falls from `high` to `low`.
double edge_of(const std::vector<float>& row, double high, double low) {
    double sum = 0;
    for (const float v : row)
        sum += (static_cast<double>(v) - low) / (high - low);
    return sum;
}

}  // namespace

TEST_CASE("every chart has a name, and only those") {
    for (const auto& name : chart_names())
        CHECK(make_chart(name));
    CHECK(!make_chart("parcel"));
}

TEST_CASE("a moving edge leans by its speed times the line time, and is blurred by the exposure") {
    constexpr unsigned width = 400, height = 200;
    shutter when;
    when.start = 3.2;
    when.row_time = 24.0591e-6 * 40;
    when.exposure = 0.05;
    const auto rows = green_of("moving-edge", width, height, when);
    const double speed = width;  // px/s
    for (unsigned y = 0; y < height; ++y) {
        // The middle of the exposure is where the edge is on average.
        const double want = (0.2 + y * when.row_time + 0.025) * speed;
        CHECK(edge_of(rows[y], 0.8, 0.05) == Approx(want).margin(1e-3));
        // The blur is a ramp of speed x exposure = 20 px.
        const double from = (0.2 + y * when.row_time) * speed;
        for (unsigned x = 0; x < width; ++x) {
            const double v = static_cast<double>(rows[y][x]);
            if (x + 1 < from)
                CHECK(v == Approx(0.8));
            else if (x > from + 20)
                CHECK(v == Approx(0.05));
            else if (x > from && x + 1 < from + 20)
                CHECK(v == Approx(0.8 - 0.75 * (x + 0.5 - from) / 20).margin(1e-5));
        }
    }
}

TEST_CASE("flicker makes bands of its period over the line time, as deep as the exposure leaves") {
    const double frequency = GENERATE(100.0, 120.0);
    shutter when;
    when.row_time = 5.434e-6;
    when.start = 0.7;
    when.exposure = GENERATE(0.0, 2e-3, 7.3e-3, 10e-3);
    const auto rows = green_of(frequency == 100 ? "flicker-100" : "flicker-120", 8, 3040, when);
    for (unsigned y = 0; y < 3040; ++y) {
        // The mean over the exposure, by the midpoint rule.
        double mean = 0;
        const double start = when.start + y * when.row_time;
        constexpr int steps = 400;
        for (int i = 0; i < steps; ++i)
            mean += 0.5 * (1 + std::cos(2 * 3.14159265358979323846 * frequency *
                                        (start + (i + 0.5) * when.exposure / steps)));
        CHECK(static_cast<double>(rows[y][3]) == Approx(mean / steps).margin(1e-4));
    }
    if (frequency == 100) {
        // 10 ms are 1840 rows; an exposure of a whole period shows nothing.
        for (unsigned y = 0; y + 1840 < 3040; y += 50)
            CHECK(std::fabs(rows[y][0] - rows[y + 1840][0]) < 0.003f);
        if (when.exposure == 10e-3)
            CHECK(std::fabs(rows[0][0] - rows[920][0]) < 1e-5f);
        if (when.exposure == 0)
            CHECK(std::fabs(rows[0][0] - rows[920][0]) > 0.9f);
    }
}

TEST_CASE("a slanted edge is 5 degrees off the vertical, to a fraction of a pixel") {
    const auto rows = green_of("slanted-edge", 300, 200);
    for (unsigned y = 0; y < 200; ++y) {
        const double dark = 300 - edge_of(rows[y], 0.8, 0.05);
        CHECK(dark ==
              Approx(150 + (y + 0.5 - 100) * std::tan(5 * 3.14159265358979 / 180)).margin(1e-4));
    }
}

TEST_CASE("steps, squares and patches are where they should be") {
    const auto steps = green_of("grey-steps", 240, 4);
    for (unsigned i = 0; i < 12; ++i)
        CHECK(static_cast<double>(steps[2][i * 20 + 10]) == Approx(std::pow(0.5, i)));
    const auto squares = green_of("checkerboard", 84, 60);  // of 10.5 pixels
    CHECK(static_cast<double>(squares[0][0]) == Approx(0.05));
    CHECK(static_cast<double>(squares[0][15]) == Approx(0.9));
    CHECK(static_cast<double>(squares[15][15]) == Approx(0.05));
    CHECK(static_cast<double>(squares[0][10]) == Approx((0.05 + 0.9) / 2));
    double mean = 0;
    for (unsigned y = 0; y < 42; ++y)
        for (unsigned x = 0; x < 84; ++x)
            mean += static_cast<double>(squares[y][x]);
    CHECK(mean / (42 * 84) == Approx(0.475));
    // The maker's sRGB values are 243 and 52; the chart is made of another's measured reflectances.
    const auto patches = green_of("colorchecker", 60, 40);
    CHECK(static_cast<double>(patches[35][5]) == Approx(0.8963).epsilon(0.01));   // white
    CHECK(static_cast<double>(patches[35][55]) == Approx(0.0343).epsilon(0.03));  // black
    // Neutrals fall from left to right.
    for (unsigned i = 1; i < 6; ++i)
        CHECK(patches[35][i * 10 + 5] < patches[35][i * 10 - 5]);
}

TEST_CASE("the mosaic of a chart that moves follows the shutter, and a still one is made once") {
    worker_pool pool(2);
    const camera_parameters camera;
    scene_mosaic moving(make_chart("flicker-100"), camera, 64, 64, 1, pool);
    shutter bright, dim;
    bright.exposure = dim.exposure = 1e-4;
    dim.start = 5e-3;
    const auto a = moving.frame(0, bright), b = moving.frame(1, dim);
    CHECK(a->row(0)[1] > 60000);
    CHECK(b->row(0)[1] < 100);
    scene_mosaic still(make_chart("uniform"), camera, 64, 64, 1, pool);
    CHECK(still.frame(0, bright) == still.frame(1, dim));
}

namespace {

/// A picture of light: white up to column `edge`, black from there on.
picture edge_picture(unsigned width, unsigned height, double edge) {
    picture p(width, height, sample_type::real, sample_coding::linear);
    p.peak = 1;
    for (unsigned y = 0; y < height; ++y)
        for (unsigned i = 0; i < 3 * width; ++i) {
            const auto v = static_cast<float>(std::min(std::max(edge - i / 3, 0.0), 1.0));
            std::memcpy(p.row(y) + 4 * i, &v, 4);
        }
    return p;
}

double integral_of_floor(double t) {
    const double whole = std::floor(t);
    return whole * (whole - 1) / 2 + (t - whole) * whole;
}

}  // namespace

TEST_CASE("rows of a sequence with a rate have the mean of the pictures of their exposure") {
    constexpr unsigned width = 256, height = 160;
    constexpr double step = 3, rate = 240;
    const sequence_scene what(
        [](std::uint32_t k) { return edge_picture(width, height, 20 + step * k); }, 60, 1, 1, rate);
    REQUIRE(what.changes_within_frame());
    shutter when;
    when.epoch = 1.5;
    when.start = 1.5 + GENERATE(0.0, 0.033);
    when.row_time = GENERATE(1.0, -1.0) * 1 / (rate * 8);  // 8 rows a picture
    if (when.row_time < 0)
        when.start += -when.row_time * height;
    when.exposure = GENERATE(0.0, 0.7e-3, 10e-3);
    const auto frame = what.frame(0, width, height, when);
    std::vector<std::vector<float>> rows;
    frame->rows(0, height, [&](unsigned, const float*, const float* g, const float*) {
        rows.emplace_back(g, g + width);
    });
    double sy = 0, se = 0, sye = 0, syy = 0;
    for (unsigned y = 0; y < height; ++y) {
        const double from = (when.start - when.epoch + y * when.row_time) * rate;
        const double to = from + when.exposure * rate;
        const double edge = edge_of(rows[y], 1, 0);
        sy += y, se += edge, sye += y * edge, syy += double(y) * y;
        // A row that begins on a picture's first instant may round to either side of it.
        if (when.exposure == 0 && std::fabs(from - std::round(from)) < 1e-6)
            continue;
        const double mean = to > from
                                ? (integral_of_floor(to) - integral_of_floor(from)) / (to - from)
                                : std::floor(from);
        CHECK(edge == Approx(20 + step * mean).margin(1e-3));
    }
    // It leans by its speed times the line time; steps of a picture leave the fit this far off.
    const double slope = (height * sye - sy * se) / (height * syy - sy * sy);
    CHECK(slope == Approx(step * rate * when.row_time).epsilon(0.01));
    // A part of the frame is the frame's part.
    frame->rows(70, 90, [&](unsigned y, const float*, const float* g, const float*) {
        CHECK(std::equal(g, g + width, rows[y].begin()));
    });
}

TEST_CASE("a sequence with a rate starts with its first picture and ends with its last") {
    const sequence_scene what([](std::uint32_t k) { return edge_picture(64, 64, 10 + 10.0 * k); },
                              3, 1, 1, 100);
    shutter when;
    when.exposure = 1e-3;
    const auto edge = [&](double start) {
        when.start = start;
        double e = 0;
        what.frame(0, 64, 64, when)
            ->rows(5, 6, [&](unsigned, const float*, const float* g, const float*) {
                e = edge_of({g, g + 64}, 1, 0);
            });
        return e;
    };
    CHECK(edge(-1) == Approx(10));
    CHECK(edge(0.0095) == Approx(15));  // half a millisecond of either
    CHECK(edge(0.015) == Approx(20));
    CHECK(edge(7) == Approx(30));
}

TEST_CASE("parcels on a belt that runs lean by its speed times the line time") {
    constexpr unsigned width = 512, height = 384;
    const std::uint64_t seed = 5;
    const double speed = GENERATE(2.0, -1.0);  // picture widths a second
    const parcel_belt belt(seed, speed), resting(seed);
    CHECK(belt.changes_within_frame());
    CHECK(!resting.changes_within_frame());
    shutter when;
    when.row_time = 0.2 / height;
    when.exposure = GENERATE(0.0, 0.01);
    const auto frame = belt.frame(3, width, height, when);
    // By blocks of two rows that are one row of the drawing, an arrangement moved by hand.
    const parcel_scene arrangement = make_parcel_scene(seed, 3);
    double all_moved = 0, all_difference = 0;
    for (const unsigned row : {20u, 101u, 191u, 260u, 350u}) {
        const auto lines = [&](const linear_frame& f) {
            std::vector<float> out;
            f.rows(row, row + 1, [&](unsigned, const float*, const float* g, const float*) {
                out.assign(g, g + width);
            });
            return out;
        };
        // The mean of many instants of the exposure, each bilinear between the drawing's rows.
        constexpr unsigned instants = 64;
        std::vector<double> want(width);
        for (unsigned i = 0; i < instants; ++i) {
            const double t = (row - (height - 1) / 2.0) * when.row_time +
                             when.exposure * ((i + 0.5) / instants - 0.5);
            parcel_scene there = arrangement;
            for (auto& p : there.parcels)
                p.frame.x += static_cast<float>(speed * t);
            const auto image =
                std::make_shared<const rgb8_image>(render_parcels(there, width / 2, height / 2));
            const auto light = lines(*resampled_frame(rows_of(image), width, height));
            for (unsigned x = 0; x < width; ++x)
                want[x] += static_cast<double>(light[x]) / instants;
        }
        const auto got = lines(*frame), still = lines(*resting.frame(3, width, height));
        double difference = 0, moved = 0;
        for (unsigned x = 0; x < width; ++x) {
            difference += std::fabs(static_cast<double>(got[x]) - want[x]) / width;
            moved += std::fabs(static_cast<double>(still[x]) - want[x]) / width;
        }
        CHECK(difference < 0.004);
        all_moved += moved;
        all_difference += difference;
    }
    CHECK(all_moved > 0.05);
    CHECK(all_moved > 5 * all_difference);
}
