// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <functional>

#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"
#include "made_onnx.h"
#include "made_tflite.h"
#include "one_layer.h"

using namespace truth;
using namespace ocellus::dsp::tflite_detail;

// Activations of 16 bits with weights of 8; weights of 8, 4 and 2 bits from a file: integers that
// are known otherwise.

namespace {

using numbers = std::vector<std::int64_t>;

/// Sums of products of a layer with weights, per output, computed here: conv of 3 x 3 with padding,
/// the same depthwise, dense, transposed.
struct wide_layer {
    const char* name;
    op kind;
    std::vector<int> in, weights, out;
    std::function<void(layer&)> set;
    std::function<std::int64_t(const numbers& x, const numbers& w, std::size_t out)> sum;
    std::function<std::size_t(std::size_t out)> channel;
};

std::vector<wide_layer> wide_layers() {
    const auto three = [](layer& l) {
        l.kernel_h = l.kernel_w = 3;
        l.pad_top = l.pad_left = l.pad_bottom = l.pad_right = 1;
    };
    // Pictures of 4 x 5 with 3 channels; a sample outside is zero.
    const auto sample = [](const numbers& x, int h, int w, int c) {
        return h < 0 || w < 0 || h >= 4 || w >= 5
                   ? 0
                   : x[static_cast<std::size_t>((h * 5 + w) * 3 + c)];
    };
    const auto last_of = [](int channels) {
        return [=](std::size_t o) { return o % static_cast<std::size_t>(channels); };
    };
    return {
        {"conv2d",
         op::conv2d,
         {1, 4, 5, 3},
         {2, 3, 3, 3},
         {1, 4, 5, 2},
         three,
         [=](const numbers& x, const numbers& w, std::size_t o) {
             const int c = static_cast<int>(o % 2), col = static_cast<int>(o / 2 % 5),
                       row = static_cast<int>(o / 10);
             std::int64_t sum = 0;
             for (int t = 0; t < 27; ++t)
                 sum += sample(x, row + t / 9 - 1, col + t / 3 % 3 - 1, t % 3) *
                        w[static_cast<std::size_t>(c * 27 + t)];
             return sum;
         },
         last_of(2)},
        {"depthwise",
         op::depthwise_conv2d,
         {1, 4, 5, 3},
         {1, 3, 3, 3},
         {1, 4, 5, 3},
         three,
         [=](const numbers& x, const numbers& w, std::size_t o) {
             const int c = static_cast<int>(o % 3), col = static_cast<int>(o / 3 % 5),
                       row = static_cast<int>(o / 15);
             std::int64_t sum = 0;
             for (int t = 0; t < 9; ++t)
                 sum += sample(x, row + t / 3 - 1, col + t % 3 - 1, c) *
                        w[static_cast<std::size_t>(t * 3 + c)];
             return sum;
         },
         last_of(3)},
        {"dense",
         op::fully_connected,
         {2, 30},
         {4, 30},
         {2, 4},
         [](layer&) {},
         [](const numbers& x, const numbers& w, std::size_t o) {
             std::int64_t sum = 0;
             for (std::size_t k = 0; k < 30; ++k)
                 sum += x[o / 4 * 30 + k] * w[o % 4 * 30 + k];
             return sum;
         },
         last_of(4)},
        {"transposed",
         op::transpose_conv2d,
         {1, 4, 5, 3},
         {2, 2, 2, 3},
         {1, 8, 10, 2},
         [](layer& l) { l.kernel_h = l.kernel_w = l.stride_h = l.stride_w = 2; },
         [=](const numbers& x, const numbers& w, std::size_t o) {
             // Stride and kernel agree: each output has one input, and one tap.
             const int c = static_cast<int>(o % 2), col = static_cast<int>(o / 2 % 10),
                       row = static_cast<int>(o / 20);
             std::int64_t sum = 0;
             for (int k = 0; k < 3; ++k)
                 sum += sample(x, row / 2, col / 2, k) *
                        w[static_cast<std::size_t>(((c * 2 + row % 2) * 2 + col % 2) * 3 + k)];
             return sum;
         },
         last_of(2)},
    };
}

std::int64_t half_away(std::int64_t v, int bits) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    return v >= 0 ? (v + half) >> bits : -((-v + half) >> bits);
}
/// A product with 1/2, halves up, then a shift, halves away from zero.
std::int64_t twice(std::int64_t v, int bits) {
    return half_away((v + 1) >> 1, bits - 1);
}
std::int64_t half_up(std::int64_t v, int bits) {
    return (v + (std::int64_t{1} << (bits - 1))) >> bits;
}
std::int64_t saturated(std::int64_t v) {
    return std::clamp<std::int64_t>(v, -32768, 32767);
}

}  // namespace

TEST_CASE("products of 16-bit activations are exact sums, rounded as the bias's width says",
          "[network]") {
    for (const wide_layer& w : wide_layers())
        for (int bias_bits : {0, 32, 64}) {
            INFO(w.name << " bias " << bias_bits);
            std::size_t count = 1;
            for (int d : w.weights)
                count *= static_cast<std::size_t>(d);
            std::size_t inputs = 1;
            for (int d : w.in)
                inputs *= static_cast<std::size_t>(d);
            const numbers x = scattered(inputs, -32768, 32767, 3),
                          weights = scattered(count, -127, 127, 5);
            const std::size_t channels = w.kind == op::fully_connected    ? 4
                                         : w.kind == op::depthwise_conv2d ? 3
                                                                          : 2;
            const numbers bias = scattered(channels, -2000000, 2000000, 9);
            // Input 2^-8, weights 2^-6, output 2^-3: a shift by 11.
            one_layer t(w.kind);
            t.input(w.in, 1.0f / 256, 0, element::int16)
                .constant(w.weights, weights, {{1.0f / 64}, {0}});
            if (bias_bits != 0)
                t.constant({static_cast<int>(channels)}, bias, {},
                           bias_bits == 64 ? element::int64 : element::int32);
            t.output(w.out, 0.125f, 0, element::int16);
            w.set(t.l());
            const auto q = t.run({x}).at(0);
            numbers expected;
            for (std::size_t o = 0; o < q.size(); ++o) {
                const std::int64_t sum =
                    w.sum(x, weights, o) + (bias_bits != 0 ? bias[w.channel(o)] : 0);
                expected.push_back(saturated(bias_bits == 64 ? half_up(sum, 11) : twice(sum, 11)));
            }
            CHECK(q == expected);
            // Any scale: 15 bits of multiplier behind a 64-bit bias, 31 otherwise.
            one_layer s = t;
            s.n.tensors[static_cast<std::size_t>(s.n.outputs[0])].quant.scale[0] = 0.21f;
            const auto r = s.run({x}).at(0);
            std::vector<double> exact;
            for (std::size_t o = 0; o < r.size(); ++o)
                exact.push_back(static_cast<double>(w.sum(x, weights, o) +
                                                    (bias_bits != 0 ? bias[w.channel(o)] : 0)) /
                                16384 / static_cast<double>(0.21f));
            CHECK(worst(r, exact, -32768, 32767) <= (bias_bits == 64 ? 1.01 : 0.51));
        }
}

TEST_CASE("16-bit accumulators hold more than 32 bits", "[network]") {
    // 1200 products of 32767 x 127 are 4,993,690,800, more than 2^32.
    one_layer t(op::fully_connected);
    t.input({1, 1200}, 1.0f / 32768, 0, element::int16)
        .constant({1, 1200}, numbers(1200, 127), {{1.0f / 128}, {0}})
        .constant({1}, {1234567890}, {}, element::int64)
        .output({1, 1}, 2.0f, 0, element::int16);
    const std::int64_t sum = std::int64_t{1200} * 32767 * 127 + 1234567890;
    CHECK(t.run({numbers(1200, 32767)}).at(0) == numbers{half_up(sum, 23)});
}

TEST_CASE("16-bit sums, products, extremes and pools are the rational number's nearest",
          "[network]") {
    const numbers a = scattered(400, -32768, 32767, 2), b = scattered(400, -32768, 32767, 6);
    for (op kind : {op::add, op::sub, op::mul, op::maximum, op::minimum})
        for (rounding how : all_roundings) {
            const bool moves = kind == op::maximum || kind == op::minimum;
            const float sa = 0.003f, sb = moves ? sa : 0.0017f;
            const float sy = moves ? sa : kind == op::mul ? 0.11f : 0.004f;
            one_layer t(kind);
            t.input({400}, sa, 0, element::int16)
                .input({400}, sb, 0, element::int16)
                .output({400}, sy, 0, element::int16);
            const auto q = t.run({a, b}, how).at(0);
            std::vector<double> exact;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const double x = static_cast<double>(sa) * static_cast<double>(a[i]);
                const double y = static_cast<double>(sb) * static_cast<double>(b[i]);
                const double real = kind == op::add       ? x + y
                                    : kind == op::sub     ? x - y
                                    : kind == op::mul     ? x * y
                                    : kind == op::maximum ? std::max(x, y)
                                                          : std::min(x, y);
                exact.push_back(real / static_cast<double>(sy));
            }
            INFO(name_of(kind) << " " << name_of(how));
            // Operands are rounded to 2^-15 of the larger step before they are added; single
            // precision holds 24 bits.
            CHECK(worst(q, exact, -32768, 32767) <= 0.52);
        }
    for (op kind : {op::average_pool, op::max_pool}) {
        one_layer t(kind);
        t.input({1, 4, 4, 3}, 0.01f, 0, element::int16)
            .output({1, 2, 2, 3}, 0.01f, 0, element::int16);
        t.l().kernel_h = t.l().kernel_w = t.l().stride_h = t.l().stride_w = 2;
        const numbers x = scattered(48, -32768, 32767, 4);
        numbers expected;
        for (std::size_t o = 0; o < 12; ++o) {
            const std::size_t row = o / 6 * 2, col = o / 3 % 2 * 2, c = o % 3;
            std::int64_t sum = 0, most = -32768;
            for (std::size_t k = 0; k < 4; ++k) {
                const std::int64_t v = x[((row + k / 2) * 4 + col + k % 2) * 3 + c];
                sum += v;
                most = std::max(most, v);
            }
            expected.push_back(kind == op::max_pool ? most : half_away(sum, 2));
        }
        CHECK(t.run({x}).at(0) == expected);
    }
}

// ---- weights of 4 and 2 bits ------------------------------------------------------------------

namespace {

/// Numbers of `bits` bits, the first in the lowest bits of each byte.
std::vector<std::uint8_t> packed(const numbers& v, unsigned bits) {
    std::vector<std::uint8_t> bytes((v.size() * bits + 7) / 8, 0);
    for (std::size_t i = 0; i < v.size(); ++i)
        bytes[i * bits / 8] = static_cast<std::uint8_t>(
            bytes[i * bits / 8] |
            ((static_cast<unsigned>(v[i]) & ((1u << bits) - 1)) << (i * bits % 8)));
    return bytes;
}

std::vector<std::uint8_t> as_bytes(const numbers& v) {
    return {v.begin(), v.end()};
}

enum class carrier { type, metadata };

/// conv of 3 x 3 over 4 x 5 x 3, then a dense layer, with weights of `bits`.
std::string narrow_tflite(unsigned bits, carrier how, const numbers& conv, const numbers& dense) {
    tflite_maker m;
    const auto weights = [&](const std::vector<int>& shape, const numbers& v,
                             const made_scales& q) {
        const bool typed = how == carrier::type && bits < 8;
        const std::vector<std::uint8_t> bytes = typed ? packed(v, bits) : as_bytes(v);
        const int type = !typed      ? tflite_maker::int8
                         : bits == 4 ? tflite_maker::int4
                                     : tflite_maker::int2;
        return m.tensor(shape, static_cast<std::int8_t>(type), q, &bytes);
    };
    const int x = m.activation({1, 4, 5, 3}, 0.5f, 3), c = m.activation({1, 2, 3, 3}, 8.0f, -5);
    const int w = weights({3, 3, 3, 3}, conv, {{0.5f, 0.25f, 1.0f}, {0, 0, 0}, 0});
    const int f = m.activation({1, 18}, 8.0f, -5), y = m.activation({1, 2}, 64.0f, 0);
    const int d = weights({2, 18}, dense, {{0.5f}, {0}});
    if (how == carrier::metadata && bits < 8)
        m.metadata("weight_bits", "t2=" + std::to_string(bits) + ",t5=" + std::to_string(bits));
    m.layer(builtin_conv_2d, {x, w, -1}, {c}, tfl::builtin_options_conv_2d,
            tfl::Createconv_2d_options(m.b_, 1, 1, 1, 0).Union());
    m.layer(builtin_reshape, {c}, {f});
    m.layer(builtin_fully_connected, {f, d, -1}, {y}, tfl::builtin_options_fully_connected,
            tfl::Createfully_connected_options(m.b_).Union());
    return m.file({x}, {y});
}

}  // namespace

TEST_CASE("weights of 8, 4 and 2 bits from a file give the exact result", "[network]") {
    for (unsigned bits : {8u, 4u, 2u}) {
        const std::int64_t low = -(1 << (bits - 1)), high = (1 << (bits - 1)) - 1;
        const numbers conv = scattered(81, low, high, 3), dense = scattered(36, low, high, 8);
        const numbers x = scattered(60, -128, 127, 4);
        // Scales are powers of two: every rounding is that of a shift.
        const float scales[] = {0.5f, 0.25f, 1.0f};
        numbers middle, expected;
        for (int o = 0; o < 18; ++o) {
            const int c = o % 3, col = o / 3 % 3, row = o / 9;
            std::int64_t sum = 0;
            for (int t = 0; t < 27; ++t)
                sum += (x[static_cast<std::size_t>(((row + t / 9) * 5 + col + t / 3 % 3) * 3 +
                                                   t % 3)] -
                        3) *
                       conv[static_cast<std::size_t>(c * 27 + t)];
            const double real = static_cast<double>(sum) * 0.5 * static_cast<double>(scales[c]) / 8;
            middle.push_back(
                static_cast<std::int64_t>(std::clamp(std::round(real) - 5, -128.0, 127.0)));
        }
        for (std::size_t o = 0; o < 2; ++o) {
            std::int64_t sum = 0;
            for (std::size_t k = 0; k < 18; ++k)
                sum += (middle[k] + 5) * dense[o * 18 + k];
            expected.push_back(static_cast<std::int64_t>(
                std::clamp(std::round(static_cast<double>(sum) / 16), -128.0, 127.0)));
        }
        for (carrier how : {carrier::type, carrier::metadata}) {
            INFO(bits << " bits " << static_cast<int>(how));
            const network n =
                read_network_bytes(narrow_tflite(bits, how, conv, dense), "narrow.tflite");
            for (kernel_set kernels : {kernel_set::reference, best_kernels()}) {
                const auto out = ocellus::dsp::run(n, {as_bytes(x)}, kernels).at(0);
                CHECK(out == as_bytes(expected));
            }
            // 81 and 36 numbers, each of its width, whole bytes a tensor.
            CHECK(constant_bytes(n) == (81 * bits + 7) / 8 + (36 * bits + 7) / 8);
        }
    }
}

TEST_CASE("weights of 4 and 2 bits that do not fit are refused by tensor", "[network]") {
    const numbers conv(81, 1), dense(36, 2);
    const auto refusal = [](const std::string& file) {
        try {
            read_network_bytes(file, "net");
        } catch (const ocellus::input_error& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    CHECK(refusal(narrow_tflite(4, carrier::metadata, conv, dense)) == "accepted");
    CHECK(refusal(narrow_tflite(2, carrier::metadata, conv, dense))
              .find("layer 2 (fully_connected 't4'): its input 't5' is said to hold 2-bit weights, "
                    "and holds 2") != std::string::npos);
}

TEST_CASE("an ONNX model's metadata names weights of 4 and 2 bits", "[network]") {
    for (int bits : {8, 4, 2}) {
        onnx_maker m;
        const auto x = m.quantized_input("x", {2, 4}, 0.5f, 0);
        const auto w = m.weights({1, -1, 0, 1, -2, 0, 1, 1}, {4, 2}, {1.0f});
        m.node("MatMul", {x, w}, {"y"});
        m.quantized_output("y", 0.5f, 0);
        m.metadata("weight_bits", w.substr(0, w.size() - 2) + "_d=" + std::to_string(bits));
        const network n = read_network_bytes(m.file(), "narrow.onnx");
        // Rows 1 2 3 4 and -5 6 7 8 times columns 1 0 -2 1 and -1 1 0 1.
        const std::vector<std::uint8_t> in = {1, 2, 3, 4, 251, 6, 7, 8};
        CHECK(ocellus::dsp::run(n, {in}).at(0) ==
              std::vector<std::uint8_t>{
                  static_cast<std::uint8_t>(1 - 6 + 4), static_cast<std::uint8_t>(-1 + 2 + 4),
                  static_cast<std::uint8_t>(-5 - 14 + 8), static_cast<std::uint8_t>(5 + 6 + 8)});
        CHECK(constant_bytes(n) == static_cast<std::uint64_t>(bits));
    }
}
