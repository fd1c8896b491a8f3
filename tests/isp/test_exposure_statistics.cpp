// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "core/image.h"
#include "core/random.h"
#include "isp/exposure_statistics.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

isp_settings neutral(bayer_phase phase = bayer_phase::rggb, std::uint16_t black = 0) {
    isp_settings s;
    s.phase = phase;
    s.black_level = black;
    s.gains = {256, 256, 256, 256};
    return s;
}

exposure_statistics measure(const plane<std::uint16_t>& raw, const statistics_window& w,
                            unsigned bits, const isp_settings& s) {
    return measure_exposure([&raw](unsigned y) { return raw.row(y); }, w, bits, s);
}

plane<std::uint16_t> uniform(unsigned width, unsigned height, std::uint16_t value) {
    plane<std::uint16_t> raw(width, height);
    for (unsigned y = 0; y < height; ++y)
        std::fill(raw.row(y), raw.row(y) + width, value);
    return raw;
}

/// The formulas of the header, cell by cell and with a division, from the samples' coordinates.
exposure_statistics scalar(const plane<std::uint16_t>& raw, const statistics_window& w,
                           unsigned bits, const isp_settings& s) {
    exposure_statistics r;
    const std::uint64_t top = (1u << bits) - 1;
    const std::uint64_t black = (std::uint64_t{s.black_level} << bits) >> 12;
    const std::uint64_t full = top - black;
    r.full_scale = static_cast<std::uint32_t>(full);
    for (unsigned y = 0; y < raw.height(); y += 2)
        for (unsigned x = 0; x < raw.width(); x += 2) {
            if (x < w.x || y < w.y || x + 2 > w.x + w.width || y + 2 > w.y + w.height)
                continue;
            std::uint64_t v[4] = {};
            bool clipped = false;
            for (unsigned dy = 0; dy < 2; ++dy)
                for (unsigned dx = 0; dx < 2; ++dx) {
                    const std::uint64_t sample = raw.row(y + dy)[x + dx];
                    const auto site = static_cast<std::size_t>(site_of(s.phase, dy, dx));
                    clipped = clipped || sample == top;
                    const std::uint64_t above = sample < black ? 0 : sample - black;
                    v[site] = std::min(above * s.gains[site] / 256, full);
                }
            const std::uint64_t luma = (54 * v[0] + 92 * v[1] + 91 * v[2] + 19 * v[3]) / 256;
            ++r.cells;
            r.luma += luma;
            r.red += v[0];
            r.green += (v[1] + v[2]) / 2;
            r.blue += v[3];
            r.clipped += clipped;
            r.dark += luma * 64 < full;
            ++r.histogram[luma * 16 / (full + 1)];
        }
    return r;
}

void same(const exposure_statistics& a, const exposure_statistics& b) {
    CHECK(a.cells == b.cells);
    CHECK(a.luma == b.luma);
    CHECK(a.red == b.red);
    CHECK(a.green == b.green);
    CHECK(a.blue == b.blue);
    CHECK(a.clipped == b.clipped);
    CHECK(a.dark == b.dark);
    CHECK(a.histogram == b.histogram);
    CHECK(a.full_scale == b.full_scale);
}

}  // namespace

TEST_CASE("exposure statistics of a uniform field are the field") {
    const auto raw = uniform(134, 20, 300);
    const auto s = measure(raw, {0, 0, 134, 20}, 10, neutral());
    CHECK(s.cells == 67 * 10);
    CHECK(s.luma == 670u * 300);  // the weights add up to 1
    CHECK(s.red == 670u * 300);
    CHECK(s.green == 670u * 300);
    CHECK(s.blue == 670u * 300);
    CHECK(s.clipped == 0);
    CHECK(s.dark == 0);
    CHECK(s.histogram[300 * 16 / 1024] == 670);
    CHECK(s.mean(s.luma) == 300 * 255 * 256 / 1023);
}

TEST_CASE("exposure statistics at both ends: black is dark, white is clipped") {
    const auto dark =
        measure(uniform(64, 8, 64), {0, 0, 64, 8}, 10, neutral(bayer_phase::rggb, 256));
    CHECK(dark.luma == 0);
    CHECK(dark.dark == 128);
    CHECK(dark.histogram[0] == 128);
    const auto white =
        measure(uniform(64, 8, 1023), {0, 0, 64, 8}, 10, neutral(bayer_phase::rggb, 256));
    CHECK(white.clipped == 128);
    CHECK(white.histogram[15] == 128);
    CHECK(white.mean(white.luma) == 255 * 256);
    // One clipped sample of four makes a clipped cell.
    auto spot = uniform(64, 8, 200);
    spot.row(5)[9] = 1023;
    CHECK(measure(spot, {0, 0, 64, 8}, 10, neutral()).clipped == 1);
}

TEST_CASE("exposure statistics of a ramp fill all bins alike") {
    plane<std::uint16_t> raw(2048, 2);
    for (unsigned y = 0; y < 2; ++y)
        for (unsigned x = 0; x < 2048; ++x)
            raw.row(y)[x] = static_cast<std::uint16_t>(x / 2);
    const auto s = measure(raw, {0, 0, 2048, 2}, 10, neutral());
    for (const std::uint64_t n : s.histogram)
        CHECK(n == 64);
    CHECK(s.luma == 1023u * 1024 / 2);
    CHECK(s.dark == 16);  // luma 0 to 15: 16 * 64 is not below 1023
    CHECK(s.clipped == 1);
}

TEST_CASE("exposure statistics keep to whole cells of the window") {
    const auto raw = uniform(40, 30, 100);
    CHECK(measure(raw, {1, 1, 39, 29}, 10, neutral()).cells == 19 * 14);
    CHECK(measure(raw, {2, 4, 5, 7}, 10, neutral()).cells == 2 * 3);
    const auto none = measure(raw, {1, 1, 2, 2}, 10, neutral());
    CHECK(none.cells == 0);
    CHECK(none.mean(none.luma) == 0);
}

TEST_CASE("exposure statistics equal the scalar formulas") {
    const simd_scope simd = at_every_simd_level();
    for (const unsigned bits : {8u, 10u, 12u, 16u})
        for (unsigned phase = 0; phase < 4; ++phase) {
            random_sequence random(5, purpose::test, bits, phase);
            plane<std::uint16_t> raw(330, 22);
            for (unsigned y = 0; y < 22; ++y)
                for (unsigned x = 0; x < 330; ++x)
                    // A slope, so that dark and clipped cells both come in numbers.
                    raw.row(y)[x] = static_cast<std::uint16_t>(std::min<std::uint64_t>(
                        (1u << bits) - 1, random.below(1 + (std::uint64_t{x} << bits) / 250)));
            isp_settings s = neutral(static_cast<bayer_phase>(phase), 256);
            s.gains = {662, 274, 300, 412};
            INFO("bits " << bits << ", phase " << phase);
            same(measure(raw, {0, 0, 330, 22}, bits, s), scalar(raw, {0, 0, 330, 22}, bits, s));
            same(measure(raw, {3, 5, 201, 11}, bits, s), scalar(raw, {3, 5, 201, 11}, bits, s));
        }
}

TEST_CASE("exposure statistics do not change with the direction of readout") {
    random_sequence random(11, purpose::test, 1, 2);
    constexpr unsigned width = 130, height = 26;
    plane<std::uint16_t> raw(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            raw.row(y)[x] =
                static_cast<std::uint16_t>(std::min<std::uint64_t>(1023, random.below(1 + 9 * x)));
    for (unsigned phase = 0; phase < 4; ++phase)
        for (unsigned flips = 0; flips < 4; ++flips) {
            INFO("phase " << phase << ", flips " << flips);
            plane<std::uint16_t> turned(width, height);
            for (unsigned y = 0; y < height; ++y)
                for (unsigned x = 0; x < width; ++x)
                    turned.row(y)[x] =
                        raw.row(flips & 2 ? height - 1 - y : y)[flips & 1 ? width - 1 - x : x];
            isp_settings s = neutral(static_cast<bayer_phase>(phase), 256);
            s.gains = {662, 274, 300, 412};
            isp_settings after = s;
            // The order of colours that the flipped readout has, by which cell holds red.
            const unsigned red_x = (phase & 1) ^ (flips & 1), red_y = (phase >> 1) ^ (flips >> 1);
            after.phase = static_cast<bayer_phase>(red_x | red_y << 1);
            // A vertical flip exchanges the greens of red rows and of blue rows with nothing: each
            // keeps the colour of its row, and so its gain.
            same(measure(turned, {0, 0, width, height}, 10, after),
                 measure(raw, {0, 0, width, height}, 10, s));
            // A window in the picture is its mirror image in the flipped picture.
            const unsigned left = 10, top = 4, w = 60, h = 12;
            same(measure(turned,
                         {flips & 1 ? width - left - w : left, flips & 2 ? height - top - h : top,
                          w, h},
                         10, after),
                 measure(raw, {left, top, w, h}, 10, s));
        }
}
