// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/parameter.h"
#include "core/random.h"
#include "isp/black_level.h"
#include "isp/colour_matrix.h"
#include "isp/gamma.h"
#include "isp/parameters.h"
#include "isp/tensor.h"
#include "isp/white_balance.h"
#include "isp/yuv.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

double clip(double v, double low, double high) {
    return std::fmin(std::fmax(v, low), high);
}
double half_up(double v) {
    return std::floor(v + 0.5);
}

/// The sRGB curve, IEC 61966-2-1.
double srgb(double l) {
    return l <= 0.0031308 ? 12.92 * l : 1.055 * std::pow(l, 1 / 2.4) - 0.055;
}

}  // namespace

TEST_CASE("black level: every sample of every width against real arithmetic") {
    const simd_scope simd = at_every_simd_level();
    for (unsigned bits : {8u, 10u, 12u, 14u, 16u}) {
        std::vector<std::uint16_t> raw(std::size_t{1} << bits);
        for (std::size_t i = 0; i < raw.size(); ++i)
            raw[i] = static_cast<std::uint16_t>(i);
        for (int black : {0, 256, 1023}) {
            std::vector<std::int16_t> half[2];
            for (auto& h : half)
                h.resize(raw.size() / 2);
            black_level_row(raw.data(), static_cast<unsigned>(raw.size() / 2), bits, black,
                            half[0].data(), half[1].data());
            bool equal = true;
            for (std::size_t i = 0; i < raw.size(); ++i)
                equal =
                    equal &&
                    half[i % 2][i / 2] ==
                        std::floor(static_cast<double>(i) * std::pow(2.0, 12.0 - bits)) - black &&
                    half[i % 2][i / 2] == black_level(raw[i], bits, black);
            CHECK(equal);
        }
    }
}

TEST_CASE("white balance: all samples at several gains against real arithmetic") {
    const simd_scope simd = at_every_simd_level();
    std::vector<std::int16_t> in;
    for (int x = -4096; x <= 4095; ++x)
        in.push_back(static_cast<std::int16_t>(x));
    for (int gain : {1, 255, 256, 274, 662, 4095}) {
        auto out = in;
        white_balance_row(out.data(), static_cast<unsigned>(out.size()), gain);
        bool equal = true;
        for (std::size_t i = 0; i < in.size(); ++i)
            equal = equal && out[i] == clip(half_up(in[i] * (gain / 256.0)), -4096, 4095);
        CHECK(equal);
    }
    // A saturated 10-bit sample at the default gains is white in every colour.
    const isp_settings s;
    for (auto gain : s.gains)
        CHECK(white_balance(black_level(1023, 10, s.black_level), gain) == 4095);
}

TEST_CASE("colour matrix: random pixels against real arithmetic, grey stays grey") {
    const simd_scope simd = at_every_simd_level();
    random_sequence random(7, purpose::test);
    const unsigned n = 10007;
    std::vector<std::int16_t> r(n), g(n), b(n);
    for (unsigned i = 0; i < n; ++i) {
        r[i] = static_cast<std::int16_t>(random.below(4096));
        g[i] = static_cast<std::int16_t>(random.below(4096));
        b[i] = static_cast<std::int16_t>(random.below(4096));
    }
    matrix_q10 extreme{};
    for (auto& m : extreme)
        m = static_cast<std::int16_t>(static_cast<int>(random.below(8192)) - 4096);
    for (const auto& m : {default_matrix, identity_matrix, extreme}) {
        auto rr = r, gg = g, bb = b;
        colour_matrix_row(m, n, rr.data(), gg.data(), bb.data());
        bool equal = true;
        for (unsigned i = 0; i < n; ++i) {
            const auto row = [&](std::size_t k) {
                return clip(half_up((m[k] / 1024.0) * r[i] + (m[k + 1] / 1024.0) * g[i] +
                                    (m[k + 2] / 1024.0) * b[i]),
                            0, 4095);
            };
            equal = equal && rr[i] == row(0) && gg[i] == row(3) && bb[i] == row(6);
        }
        CHECK(equal);
    }
    for (int v = 0; v < 4096; ++v)
        for (std::size_t k = 0; k < 9; k += 3)
            REQUIRE(colour_matrix(v, v, v, default_matrix[k], default_matrix[k + 1],
                                  default_matrix[k + 2]) == v);
}

TEST_CASE("gamma: knots are the sRGB curve, segments are right, rows equal the reference") {
    const simd_scope simd = at_every_simd_level();
    for (unsigned j = 0; j < gamma_knots; ++j)
        CHECK(srgb_curve[j] ==
              std::fmin(4095, half_up(16 * 255 * srgb(gamma_abscissa(j) / 4095.0))));
    CHECK(gamma_abscissa(0) == 0);
    CHECK(gamma_abscissa(56) == 4096);
    for (unsigned j = 0; j + 1 < gamma_knots; ++j)
        CHECK(gamma_abscissa(j) + gamma_step(j) == gamma_abscissa(j + 1));
    for (unsigned x = 0; x < 4096; ++x) {
        const unsigned j = gamma_segment(x);
        REQUIRE(gamma_abscissa(j) <= x);
        REQUIRE(x < gamma_abscissa(j + 1));
    }
    // Curves: sRGB, straight, falling, wild. One oracle in real numbers.
    random_sequence random(3, purpose::test);
    gamma_curve falling{}, wild{};
    for (unsigned j = 0; j < gamma_knots; ++j) {
        falling[j] = static_cast<std::uint16_t>(4095 - j * 73);
        wild[j] =
            static_cast<std::uint16_t>(random.below(2) ? 4095 - random.below(9) : random.below(9));
    }
    std::vector<std::int16_t> in(4096 + 37);
    for (std::size_t i = 0; i < in.size(); ++i)
        in[i] = static_cast<std::int16_t>(i * 5 % 4096);
    std::vector<std::uint8_t> out(in.size()), looked_up(in.size());
    double worst = 0;
    for (const auto& curve : {srgb_curve, linear_curve(), falling, wild}) {
        const auto table = make_gamma_table(curve);
        const auto count = static_cast<unsigned>(in.size());
        gamma_row(table, in.data(), count, out.data());
        gamma_row_lookup(table, in.data(), count, looked_up.data());
        CHECK(out == looked_up);
        bool equal = true;
        for (std::size_t i = 0; i < in.size(); ++i) {
            const double x = in[i];
            unsigned j = 0;
            while (gamma_abscissa(j + 1) <= x)
                ++j;
            const double along = (x - gamma_abscissa(j)) / gamma_step(j);
            const double y = (curve[j] + (curve[j + 1] - curve[j]) * along) / 16;
            equal = equal && out[i] == std::fmin(255, half_up(y));
            if (curve == srgb_curve)
                worst = std::fmax(worst, std::fabs(y - 255 * srgb(x / 4095)));
        }
        CHECK(equal);
    }
    // The published figure in docs/isp.md: how far the segments are from the curve itself.
    CHECK(worst < 0.21);
    CHECK(gamma_pixel(srgb_curve, 0) == 0);
    CHECK(gamma_pixel(srgb_curve, 4095) == 255);
    for (unsigned x = 0; x < 4096; ++x)
        REQUIRE(std::fabs(gamma_pixel(linear_curve(), x) - x * 255 / 4095.0) <= 0.55);
}

TEST_CASE("YUV: one step from BT.601 in real numbers, grey exact, 4:2:2 order, and back") {
    const simd_scope simd = at_every_simd_level();
    random_sequence random(11, purpose::test);
    const unsigned half = 5003;
    std::vector<std::uint8_t> c[6];
    for (auto& v : c) {
        v.resize(half);
        for (auto& x : v)
            x = static_cast<std::uint8_t>(random.below(256));
    }
    for (auto& v : c)  // corners of the cube and a grey among them
        for (unsigned i = 0; i < 8; ++i)
            v[i] = (i >> (&v - c) / 2 & 1u) != 0 ? 255 : 0;
    rgb8_half_rows in;
    for (std::size_t p = 0; p < 2; ++p) {
        in.red[p] = c[p].data();
        in.green[p] = c[2 + p].data();
        in.blue[p] = c[4 + p].data();
    }
    std::vector<std::uint8_t> yuv(4 * half), rgb(6 * half);
    yuv422_row(in, half, yuv.data());
    rgb888_row(in, half, rgb.data());
    double worst = 0;
    bool order = true;
    for (unsigned i = 0; i < half; ++i) {
        double u = 0, v = 0;
        for (std::size_t p = 0; p < 2; ++p) {
            const double r = in.red[p][i], g = in.green[p][i], b = in.blue[p][i];
            const double y = 0.299 * r + 0.587 * g + 0.114 * b;
            worst = std::fmax(worst, std::fabs(yuv[4 * i + 1 + 2 * p] - y));
            u += (b - y) / 1.772 / 2;
            v += (r - y) / 1.402 / 2;
            order = order && rgb[6 * i + 3 * p] == b && rgb[6 * i + 3 * p + 1] == g &&
                    rgb[6 * i + 3 * p + 2] == r;
        }
        worst = std::fmax(worst, std::fabs(yuv[4 * i] - clip(u + 128, 0, 255)));
        worst = std::fmax(worst, std::fabs(yuv[4 * i + 2] - clip(v + 128, 0, 255)));
    }
    CHECK(order);
    CHECK(worst < 1.0);
    for (int v = 0; v < 256; ++v) {
        REQUIRE(luma(v, v, v) == v);
        REQUIRE(chroma_u(v, v, v) == 128);
        REQUIRE(chroma_v(v, v, v) == 128);
        REQUIRE(chroma_u_of_two(2 * v, 20, 510 - 2 * v) == chroma_u(v, 10, 255 - v));
        REQUIRE(chroma_v_of_two(2 * v, 20, 510 - 2 * v) == chroma_v(v, 10, 255 - v));
    }
}

TEST_CASE("tensor: default maps are exact and invertible, affine maps round to nearest") {
    const auto s8 = make_tensor_format(8, 8, 3, true), u8 = make_tensor_format(8, 8, 3, false);
    for (int v = 0; v < 256; ++v) {
        REQUIRE(tensor_value(s8, v) == v - 128);
        REQUIRE(tensor_value(u8, v) == v);
        REQUIRE(displayed_value(s8, v - 128) == v);
    }
    // (v / 255 - mean) / deviation = scale (q - zero), in real numbers.
    struct network_input {
        double scale;
        int zero;
        double mean, deviation;
    };
    for (const auto& n :
         {network_input{1 / 127.5, -1, 0.5, 0.5}, network_input{0.0078125, 0, 0.5, 0.5},
          network_input{0.0186584, -14, 0.485, 0.229}, network_input{1 / 255.0, -128, 0, 1}}) {
        const auto f =
            make_affine_tensor_format(1, 1, 3, true, false, 1 / (255 * n.deviation * n.scale),
                                      n.zero - n.mean / (n.deviation * n.scale));
        for (int v = 0; v < 256; ++v) {
            const double q = n.zero + (v / 255.0 - n.mean) / n.deviation / n.scale;
            REQUIRE(std::fabs(tensor_value(f, v) - clip(q, -128, 127)) <= 0.505);
        }
    }
    // The format of the IMX500's own registers: ((t * 1024) >> 6, + -2048, >> 4) is t - 128.
    tensor_format f = make_tensor_format(1, 1, 3, true);
    f.multiplier = 16;
    f.shift = 4;
    f.offset = 0;
    f.bias = -2048;
    for (int t = 0; t < 256; ++t)
        REQUIRE(tensor_value(f, t) == t - 128);
}

TEST_CASE("tensor: channel order and luma") {
    const std::uint8_t r[] = {10, 200}, g[] = {20, 100}, b[] = {30, 0};
    std::uint8_t out[6] = {};
    tensor_row(make_tensor_format(2, 1, 3, false), r, g, b, out);
    CHECK(std::vector<int>(out, out + 6) == std::vector<int>{10, 20, 30, 200, 100, 0});
    tensor_row(make_tensor_format(2, 1, 3, false, true), r, g, b, out);
    CHECK(std::vector<int>(out, out + 6) == std::vector<int>{30, 20, 10, 0, 100, 200});
    tensor_row(make_tensor_format(2, 1, 1, true), r, g, b, out);
    // 0.299 R + 0.587 G + 0.114 B
    CHECK(static_cast<int>(static_cast<std::int8_t>(out[0])) == 18 - 128);
    CHECK(static_cast<int>(static_cast<std::int8_t>(out[1])) == 119 - 128);
}

TEST_CASE("ISP parameters become register formats") {
    isp_parameters p;
    const isp_settings s = p.settings(), plain;
    CHECK(s.gains == plain.gains);
    CHECK(s.matrix == default_matrix);
    CHECK(s.gamma == srgb_curve);
    CHECK(s.black_level == 256);
    p.white_balance_red = 15.9;
    p.digital_gain = 15.9;
    p.matrix = {1, 0, 0, 0.3333, 0.3333, 0.3334, 0, 0, 1};
    CHECK(p.settings().gains[0] == gain_max);
    CHECK(p.settings().matrix[3] + p.settings().matrix[4] + p.settings().matrix[5] == 1024);
    parameter_registry r;
    isp_parameters declared;
    declared.declare(r);
    for (const auto* d : r.all()) {
        CHECK(!d->sentence.empty());
        CHECK(!d->source.empty());
        CHECK(d->name.rfind("isp.", 0) == 0);
    }
    diagnostics problems;
    r.assign("isp.image_scale", "3", {}, "command line", problems);
    CHECK(problems.has_errors());
}
