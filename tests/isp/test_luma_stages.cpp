// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "isp/luma_noise_reduction.h"
#include "isp/sharpening.h"
#include "isp/yuv.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

struct picture {
    unsigned width, height;
    std::vector<std::uint16_t> samples;  // four mirrored columns on both sides
    template <class Value>
    picture(unsigned w, unsigned h, Value&& value)
        : width(w), height(h), samples(std::size_t{w + 8} * h) {
        for (unsigned y = 0; y < h; ++y)
            for (int x = -4; x < static_cast<int>(w) + 4; ++x)
                row(y)[x] = static_cast<std::uint16_t>(value(mirrored(x, w), y));
    }
    std::uint16_t* row(unsigned y) { return samples.data() + std::size_t{width + 8} * y + 4; }
    std::array<const std::uint16_t*, 9> rows(unsigned y) {
        std::array<const std::uint16_t*, 9> r{};
        for (int k = 0; k < 9; ++k)
            r[static_cast<std::size_t>(k)] = row(mirrored(static_cast<int>(y) + k - 4, height));
        return r;
    }
};

picture noise(unsigned w, unsigned h, unsigned low, unsigned span, std::uint64_t seed) {
    std::vector<unsigned> v(std::size_t{w} * h);
    random_sequence random(seed, purpose::test);
    for (auto& x : v)
        x = low + random.below(span);
    return picture(w, h, [&](unsigned x, unsigned y) { return v[std::size_t{y} * w + x]; });
}

double deviation(const std::vector<std::uint16_t>& v) {
    double sum = 0, squares = 0;
    for (double x : v) {
        sum += x;
        squares += x * x;
    }
    const auto n = static_cast<double>(v.size());
    return std::sqrt(squares / n - sum * sum / n / n);
}

}  // namespace

TEST_CASE("sharpening: rows equal the reference") {
    const simd_scope simd = at_every_simd_level();
    for (const auto& s : {sharpening_settings{}, sharpening_settings{255, 0, 4095},
                          sharpening_settings{64, 255, 16}, sharpening_settings{0, 0, 0}}) {
        for (auto p : {noise(71, 14, 0, 256, 1), noise(71, 14, 100, 9, 2)}) {
            std::vector<std::uint16_t> scratch(p.width + 8), out(p.width);
            const auto at = [&](unsigned x, unsigned y) { return p.row(y)[x]; };
            for (unsigned y = 0; y < p.height; ++y) {
                sharpen_row(p.rows(y), 0, static_cast<int>(p.width), s, scratch.data(), out.data());
                for (unsigned x = 0; x < p.width; ++x)
                    REQUIRE(out[x] == sharpened_pixel(at, p.width, p.height, x, y, s));
                if (s.amount == 0)
                    REQUIRE(std::equal(out.begin(), out.end(), p.row(y)));
            }
        }
    }
}

TEST_CASE("sharpening: a step overshoots by amount times what the blur took, no more than limit") {
    picture step(64, 20, [](unsigned x, unsigned) { return x < 32 ? 80u : 160u; });
    std::vector<std::uint16_t> scratch(72), out(64);
    const sharpening_settings s{64, 0, 4095};
    sharpen_row(step.rows(10), 0, 64, s, scratch.data(), out.data());
    // The blur at the last dark column has 70/2 of 256 plus all to the right: (256 - 70) / 2 = 93.
    CHECK(out[31] == std::lround(80 - 80 * 93 / 256.0));
    CHECK(out[32] == std::lround(160 + 80 * 93 / 256.0));
    CHECK(out[20] == 80);
    CHECK(out[45] == 160);
    const sharpening_settings bounded{64, 0, 10 * 16};
    sharpen_row(step.rows(10), 0, 64, bounded, scratch.data(), out.data());
    CHECK(out[31] == 70);
    CHECK(out[32] == 170);
}

TEST_CASE("luma noise reduction: rows equal the reference for every kind of slope") {
    const simd_scope simd = at_every_simd_level();
    for (const int slope : {luma_noise_slope_min, 31, 62, luma_noise_slope_max})
        for (auto p : {noise(67, 14, 0, 256, 3), noise(67, 14, 90, 12, 4),
                       picture(67, 14, [](unsigned x, unsigned y) { return (x + y) % 2 * 255; }),
                       picture(67, 14, [](unsigned x, unsigned) { return x * 4 % 256; })}) {
            std::vector<std::uint16_t> out(p.width);
            const auto at = [&](unsigned x, unsigned y) { return p.row(y)[x]; };
            for (unsigned y = 0; y < p.height; ++y) {
                luma_noise_row(p.rows(y), 0, static_cast<int>(p.width), slope, out.data());
                for (unsigned x = 0; x < p.width; ++x)
                    REQUIRE(out[x] == luma_denoised_pixel(at, p.width, p.height, x, y, slope));
            }
        }
}

TEST_CASE("luma noise reduction: sums stay within 16 bits for all slopes") {
    for (int slope = luma_noise_slope_min; slope <= luma_noise_slope_max; ++slope) {
        int most = 0;
        for (int d = 0; d < 256; ++d)
            most = std::max(most, luma_noise_weight(d, slope) * d);
        REQUIRE(80 * most <= 32767);
    }
}

TEST_CASE("luma noise reduction: flat noise shrinks several times, a strong edge stays") {
    picture p = noise(400, 12, 118, 8, 7);
    std::vector<std::uint16_t> before(p.row(6), p.row(6) + 400), out(400);
    luma_noise_row(p.rows(6), 0, 400, 31, out.data());
    CHECK(deviation(out) < deviation(before) / 4);
    picture step(64, 20, [](unsigned x, unsigned) { return x < 32 ? 80u : 160u; });
    luma_noise_row(step.rows(10), 0, 64, 62, out.data());
    CHECK(std::equal(step.row(10), step.row(10) + 64, out.begin()));
}

TEST_CASE("both YUV matrices stay within one of real arithmetic and keep grey grey") {
    struct weights {
        double r, b;
    };
    random_sequence random(3, purpose::test);
    for (const auto m : {yuv_matrix::bt601, yuv_matrix::bt709}) {
        const auto k = coefficients_of(m);
        const weights w = m == yuv_matrix::bt601 ? weights{0.299, 0.114} : weights{0.2126, 0.0722};
        CHECK(k.yr + k.yg + k.yb == 256);
        CHECK(k.ur + k.ug + k.ub == 0);
        CHECK(k.vr + k.vg + k.vb == 0);
        for (int n = 0; n < 20000; ++n) {
            const int r = static_cast<int>(random.below(256)),
                      g = static_cast<int>(random.below(256)),
                      b = static_cast<int>(random.below(256));
            const double y = w.r * r + (1 - w.r - w.b) * g + w.b * b;
            REQUIRE(std::fabs(luma(k, r, g, b) - y) <= 1.0);
            REQUIRE(std::fabs(chroma_u(k, r, g, b, 0) -
                              std::fmin(255, 128 + (b - y) / (2 - 2 * w.b))) <= 1.3);
            REQUIRE(std::fabs(chroma_v(k, r, g, b, 0) -
                              std::fmin(255, 128 + (r - y) / (2 - 2 * w.r))) <= 1.3);
        }
        for (int v = 0; v < 256; ++v) {
            REQUIRE(luma(k, v, v, v) == v);
            REQUIRE(chroma_u(k, v, v, v, 0) == 128);
        }
    }
}

TEST_CASE("colours follow luma: all three change by as much") {
    const simd_scope simd = at_every_simd_level();
    std::uint8_t planes[6][2] = {{10, 250}, {20, 3}, {30, 128}, {40, 5}, {50, 200}, {60, 7}};
    const std::uint16_t before[] = {100, 100, 50, 50}, after[] = {110, 90, 60, 46};
    follow_luma(before, after, 0, 2,
                {{{planes[0], planes[1]}, {planes[2], planes[3]}, {planes[4], planes[5]}}});
    CHECK(planes[0][0] == 20);   // + 10
    CHECK(planes[0][1] == 255);  // 250 + 10
    CHECK(planes[1][0] == 10);   // - 10
    CHECK(planes[1][1] == 0);    // 3 - 4
    CHECK(planes[5][1] == 3);
}
