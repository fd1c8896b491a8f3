// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "core/diagnostics.h"
#include "dsp/network/check.h"
#include "dsp/network/executor.h"
#include "dsp/network/requantize.h"

using namespace ocellus::dsp;

// Operators against real arithmetic: every input byte, or every element of small tensors.

namespace {

constexpr rounding all_roundings[] = {rounding::tflite_ref, rounding::tflite_x86, rounding::onnx,
                                      rounding::tflite_single_rounding};

network one_layer(op kind, std::vector<std::vector<int>> in, std::vector<int> out,
                  std::vector<quantization> in_quant, quantization out_quant) {
    network n;
    layer l;
    l.kind = kind;
    for (std::size_t i = 0; i < in.size(); ++i) {
        tensor t;
        t.name = "in" + std::to_string(i);
        t.shape = in[i];
        t.quant = in_quant[i];
        n.tensors.push_back(t);
        n.inputs.push_back(static_cast<int>(i));
    }
    tensor y;
    y.name = "out";
    y.shape = std::move(out);
    y.quant = std::move(out_quant);
    n.tensors.push_back(y);
    l.inputs = n.inputs;
    l.outputs = n.outputs = {static_cast<int>(n.tensors.size()) - 1};
    n.layers = {l};
    return n;
}

std::vector<std::uint8_t> every_byte() {
    std::vector<std::uint8_t> bytes(256);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(i);
    return bytes;
}

std::vector<std::uint8_t> scattered(std::size_t count, unsigned factor) {
    std::vector<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<std::uint8_t>((i + 3) * factor >> 3);
    return bytes;
}

double real_of(const tensor& t, std::uint8_t byte) {
    return static_cast<double>(t.quant.scale[0]) *
           (static_cast<std::int8_t>(byte) - t.quant.zero_point[0]);
}

/// The largest distance, in steps of the output, from what real arithmetic gives.
double error_of(const network& n, const std::vector<std::uint8_t>& out,
                const std::vector<double>& expected) {
    const tensor& y = n.tensors[static_cast<std::size_t>(n.outputs[0])];
    double worst = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double ideal =
            std::clamp(expected[i] / static_cast<double>(y.quant.scale[0]) + y.quant.zero_point[0],
                       -128.0, 127.0);
        worst = std::max(worst, std::abs(static_cast<std::int8_t>(out[i]) - ideal));
    }
    return worst;
}

}  // namespace

TEST_CASE("tanh, leaky relu, hard swish and logistic follow real arithmetic", "[network]") {
    struct function {
        op kind;
        quantization out;
        double steps;  ///< allowed
        std::function<double(double)> real;
    };
    const float slope = 0.1f;
    const function functions[] = {
        {op::tanh, {{1.0f / 128.0f}, {0}}, 0.52, [](double x) { return std::tanh(x); }},
        {op::logistic,
         {{1.0f / 256.0f}, {-128}},
         0.52,
         [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
        {op::leaky_relu,
         {{0.035f}, {-90}},
         0.5,
         [&](double x) { return x < 0.0 ? x * static_cast<double>(slope) : x; }},
        // 16-bit arithmetic: half a step of rounding, and what its two products lose.
        {op::hard_swish,
         {{0.03f}, {-110}},
         0.75,
         [](double x) { return x * std::clamp(x + 3.0, 0.0, 6.0) / 6.0; }},
    };
    for (const function& f : functions)
        for (float scale : {0.0123f, 0.04f, 0.11f})
            for (rounding how : all_roundings) {
                network n = one_layer(f.kind, {{1, 256}}, {1, 256}, {{{scale}, {-17}}}, f.out);
                n.arithmetic = how;
                n.layers[0].alpha = slope;
                check_network(n, "test");
                const auto reference = run(n, {every_byte()}, kernel_set::reference);
                CHECK(run(n, {every_byte()}) == reference);
                std::vector<double> expected;
                for (std::uint8_t b : every_byte())
                    expected.push_back(f.real(real_of(n.input(), b)));
                INFO(name_of(f.kind) << " " << name_of(how) << " scale " << scale);
                // A product rounded to an integer and then halved is off by up to three quarters.
                const bool twice = f.kind == op::leaky_relu &&
                                   (how == rounding::tflite_ref || how == rounding::tflite_x86);
                CHECK(error_of(n, reference.at(0), expected) <= f.steps + (twice ? 0.26 : 0.01));
            }
}

TEST_CASE("sub, mul, maximum and minimum follow real arithmetic, broadcast too", "[network]") {
    const quantization a{{0.02f}, {5}}, b{{0.031f}, {-40}};
    for (op kind : {op::add, op::sub, op::mul, op::maximum, op::minimum})
        for (bool channelwise : {false, true})
            for (rounding how : all_roundings) {
                const bool moves = kind == op::maximum || kind == op::minimum;
                const std::vector<int> small =
                    channelwise ? std::vector<int>{1, 1, 1, 6} : std::vector<int>{1, 4, 5, 6};
                network n = one_layer(kind, {{1, 4, 5, 6}, small}, {1, 4, 5, 6}, {a, moves ? a : b},
                                      moves ? a : quantization{{0.05f}, {3}});
                n.arithmetic = how;
                check_network(n, "test");
                const auto left = scattered(120, 77), right = scattered(channelwise ? 6 : 120, 531);
                const auto out = run(n, {left, right}, kernel_set::reference);
                CHECK(run(n, {left, right}) == out);
                std::vector<double> expected;
                for (std::size_t i = 0; i < 120; ++i) {
                    const double x = real_of(n.tensors[0], left[i]);
                    const double y = real_of(n.tensors[1], right[channelwise ? i % 6 : i]);
                    expected.push_back(kind == op::add       ? x + y
                                       : kind == op::sub     ? x - y
                                       : kind == op::mul     ? x * y
                                       : kind == op::maximum ? std::max(x, y)
                                                             : std::min(x, y));
                }
                INFO(name_of(kind) << " " << name_of(how) << " " << channelwise);
                CHECK(error_of(n, out.at(0), expected) <= 0.51);
            }
}

TEST_CASE("slices and transpositions move elements", "[network]") {
    const quantization q{{0.1f}, {0}};
    const auto bytes = scattered(2 * 3 * 4 * 5, 1009);
    const auto at = [&](int i, int j, int k, int m) {
        return bytes[static_cast<std::size_t>(((i * 3 + j) * 4 + k) * 5 + m)];
    };
    network n = one_layer(op::slice, {{2, 3, 4, 5}}, {1, 2, 2, 2}, {q}, q);
    n.layers[0].begin = {1, 0, 1, 1};
    n.layers[0].steps = {1, 2, 1, 3};
    check_network(n, "test");
    std::vector<std::uint8_t> expected;
    for (int j : {0, 2})
        for (int k : {1, 2})
            for (int m : {1, 4})
                expected.push_back(at(1, j, k, m));
    CHECK(run(n, {bytes}).at(0) == expected);
    n.layers[0].steps = {1, 2, 1, 4};
    CHECK_THROWS_AS(check_network(n, "test"), ocellus::input_error);

    n = one_layer(op::transpose, {{2, 3, 4, 5}}, {5, 2, 4, 3}, {q}, q);
    n.layers[0].axes = {3, 0, 2, 1};
    check_network(n, "test");
    expected.clear();
    for (int m = 0; m < 5; ++m)
        for (int i = 0; i < 2; ++i)
            for (int k = 0; k < 4; ++k)
                for (int j = 0; j < 3; ++j)
                    expected.push_back(at(i, j, k, m));
    CHECK(run(n, {bytes}).at(0) == expected);
    n.layers[0].axes = {3, 0, 2, 2};
    CHECK_THROWS_AS(check_network(n, "test"), ocellus::input_error);
}

TEST_CASE("resizing follows the definition of its coordinates", "[network]") {
    const quantization q{{0.1f}, {0}};
    const int in_h = 5, in_w = 7, channels = 3;
    const auto bytes = scattered(static_cast<std::size_t>(in_h * in_w * channels), 331);
    for (op kind : {op::resize_nearest, op::resize_bilinear})
        for (const auto& [out_h, out_w] : {std::pair{10, 14}, {8, 5}, {5, 7}, {1, 3}})
            for (int mode = 0; mode < 3; ++mode) {
                network n = one_layer(kind, {{1, in_h, in_w, channels}},
                                      {1, out_h, out_w, channels}, {q}, q);
                const bool align = mode == 1, half = mode == 2;
                n.layers[0].align_corners = align;
                n.layers[0].half_pixel_centers = half;
                check_network(n, "test");
                const auto place = [&](int out, int in_size, int out_size) {
                    if (align && out_size > 1)
                        return out * (in_size - 1.0) / (out_size - 1.0);
                    const double scale = static_cast<double>(in_size) / out_size;
                    if (kind == op::resize_nearest)
                        return (out + (half ? 0.5 : 0.0)) * scale;
                    return half ? (out + 0.5) * scale - 0.5 : out * scale;
                };
                const auto at = [&](int y, int x, int c) {
                    return static_cast<double>(static_cast<std::int8_t>(
                        bytes[static_cast<std::size_t>((y * in_w + x) * channels + c)]));
                };
                std::vector<double> expected;
                for (int y = 0; y < out_h; ++y)
                    for (int x = 0; x < out_w; ++x)
                        for (int c = 0; c < channels; ++c) {
                            const double fy = std::clamp(place(y, in_h, out_h), 0.0, in_h - 1.0);
                            const double fx = std::clamp(place(x, in_w, out_w), 0.0, in_w - 1.0);
                            double value = 0.0;
                            if (kind == op::resize_nearest) {
                                // align without a grid (one output) also rounds
                                value = align ? at(static_cast<int>(std::floor(fy + 0.5)),
                                                   static_cast<int>(std::floor(fx + 0.5)), c)
                                              : at(static_cast<int>(fy), static_cast<int>(fx), c);
                            } else {
                                const int y0 = static_cast<int>(fy), x0 = static_cast<int>(fx);
                                const int y1 = std::min(y0 + 1, in_h - 1);
                                const int x1 = std::min(x0 + 1, in_w - 1);
                                const double v = fy - y0, h = fx - x0;
                                value = (1 - v) * ((1 - h) * at(y0, x0, c) + h * at(y0, x1, c)) +
                                        v * ((1 - h) * at(y1, x0, c) + h * at(y1, x1, c));
                            }
                            expected.push_back(value * static_cast<double>(0.1f));
                        }
                INFO(name_of(kind) << " " << out_h << "x" << out_w << " mode " << mode);
                // Bilinear positions have ten fraction bits: a pixel's worth of slope over 1024 x
                // the extent.
                CHECK(error_of(n, run(n, {bytes}).at(0), expected) <=
                      (kind == op::resize_nearest ? 0.0 : 3.0));
            }
}

TEST_CASE("one rounding is the nearest integer, two roundings are off where they must be",
          "[network]") {
    // 2^-1 and 2^-2 of odd numbers: halves go up once; away from zero after the first product.
    const fixed_multiplier half{1 << 30, 0}, quarter{1 << 30, -1};
    CHECK(multiply_once_rounded(3, half) == 2);
    CHECK(multiply_once_rounded(-3, half) == -1);
    CHECK(multiply_once_rounded(5, quarter) == 1);
    CHECK(multiply_twice_rounded(5, quarter) == 2);  // 2.5 -> 3 -> 1.5 -> 2
    std::uint32_t state = 1;
    for (int i = 0; i < 20000; ++i) {
        state = state * 1664525u + 1013904223u;
        const auto x = static_cast<std::int32_t>(state) >> 8;
        state = state * 1664525u + 1013904223u;
        const fixed_multiplier m{static_cast<std::int32_t>((state >> 2) | (1u << 30)),
                                 -static_cast<int>(state % 20)};
        const long double exact =
            std::ldexp(static_cast<long double>(x) * m.mantissa, m.shift - 31);
        CHECK(static_cast<long double>(multiply_once_rounded(x, m)) == std::floor(exact + 0.5L));
    }
}

TEST_CASE("roundings have names", "[network]") {
    for (const char* name :
         {"tflite-ref", "tflite-x86", "onnx", "tflite-single-rounding", "imx500"})
        CHECK(std::string(name_of(rounding_named(name))) == name);
    CHECK_THROWS_AS(rounding_named("tflite"), ocellus::input_error);
}

TEST_CASE("imx500 rounding needs scales that are powers of two", "[network]") {
    network n = one_layer(op::add, {{1, 8}, {1, 8}}, {1, 8}, {{{0.25f}, {0}}, {{0.5f}, {0}}},
                          {{0.125f}, {0}});
    n.arithmetic = rounding::imx500;
    check_arithmetic(n, "test");
    // 0.25 a + 0.5 b in steps of 0.125 is exact.
    const std::vector<std::uint8_t> a = {1, 2, 3, 4, 5, 6, 7, 8}, b = {8, 7, 6, 5, 4, 3, 2, 1};
    std::vector<std::uint8_t> sum;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum.push_back(static_cast<std::uint8_t>(2 * a[i] + 4 * b[i]));
    CHECK(run(n, {a, b}).at(0) == sum);
    n.tensors[1].quant.scale[0] = 0.3f;
    CHECK_THROWS_WITH(check_arithmetic(n, "test"), Catch::Contains("in1"));
}
