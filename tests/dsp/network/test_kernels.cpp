// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include <thread>

#include "core/simd.h"
#include "dsp/network/check.h"
#include "dsp/network/executor.h"
#include "dsp/network/fixed_point.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/requantize.h"

using namespace ocellus::dsp;

namespace {

/// Random one-layer networks.
class layer_maker {
  public:
    /// `odd`: also groups, factors above 1 and sums that wrap.
    explicit layer_maker(unsigned seed, bool odd = true) : odd_(odd), engine_(seed) {}
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
    float real(float low, float high) {
        return std::uniform_real_distribution<float>(low, high)(engine_);
    }

    int activation(network& n, std::vector<int> shape) {
        tensor t;
        t.shape = std::move(shape);
        t.type = pick(0, 1) ? element::int8 : element::uint8;
        t.quant.scale = {real(0.01f, 0.2f)};
        t.quant.zero_point = {pick(lowest_of(t.type), highest_of(t.type))};
        n.tensors.push_back(t);
        return static_cast<int>(n.tensors.size()) - 1;
    }
    int weights(network& n, std::vector<int> shape, int channels) {
        tensor t;
        t.shape = std::move(shape);
        t.type = pick(0, 3) ? element::int8 : element::uint8;
        const int scales = pick(0, 2) ? channels : 1;
        const bool large = odd_ && pick(0, 5) == 0;
        for (int i = 0; i < scales; ++i) {
            // Sometimes factors above 1, and accumulators that no longer fit 32 bits once scaled.
            t.quant.scale.push_back(large ? real(0.5f, 500.0f) : real(0.001f, 0.05f));
            t.quant.zero_point.push_back(
                t.type == element::uint8 ? pick(0, 255) : (pick(0, 3) ? 0 : pick(-128, 127)));
        }
        t.data.resize(t.elements());
        // Extremes often, so that a saturating kernel would show.
        const bool extreme = pick(0, 2) == 0;
        for (std::uint8_t& b : t.data)
            b = static_cast<std::uint8_t>(extreme ? (pick(0, 1) ? 0x80 : 0x7f) : pick(0, 255));
        n.tensors.push_back(t);
        return static_cast<int>(n.tensors.size()) - 1;
    }
    int bias(network& n, int channels) {
        if (pick(0, 3) == 0)
            return -1;
        tensor t;
        t.shape = {channels};
        t.type = element::int32;
        const bool huge = odd_ && pick(0, 7) == 0;
        for (int i = 0; i < channels; ++i) {
            const std::int32_t b = huge ? pick(INT32_MIN, INT32_MAX) : pick(-20000, 20000);
            t.data.resize(t.data.size() + 4);
            std::memcpy(t.data.data() + t.data.size() - 4, &b, 4);
        }
        n.tensors.push_back(t);
        return static_cast<int>(n.tensors.size()) - 1;
    }
    std::vector<std::uint8_t> bytes(std::size_t count) {
        std::vector<std::uint8_t> v(count);
        const bool extreme = pick(0, 3) == 0;
        for (std::uint8_t& b : v)
            b = static_cast<std::uint8_t>(extreme ? (pick(0, 1) ? 0x80 : 0x7f) : pick(0, 255));
        return v;
    }

    network windowed(op kind) {
        network n;
        const int multiplier = kind == op::depthwise_conv2d ? pick(1, 3) : 1;
        const bool pool = kind == op::max_pool || kind == op::average_pool;
        layer l;
        l.kind = kind;
        // 3x3 has kernels of its own; more than four rows need several groups of four.
        const bool three = pick(0, 2) == 0;
        l.kernel_h = three ? 3 : pick(1, 7);
        l.kernel_w = three ? 3 : pick(1, 5);
        l.stride_h = pick(1, 3);
        l.stride_w = pick(1, 3);
        l.dilation_h = pool ? 1 : pick(1, 3);
        l.dilation_w = pool ? 1 : pick(1, 3);
        l.depth_multiplier = multiplier;
        l.pad_top = pick(0, l.kernel_h - 1);
        l.pad_bottom = pick(0, l.kernel_h - 1);
        l.pad_left = pick(0, l.kernel_w - 1);
        l.pad_right = pick(0, l.kernel_w - 1);
        const int in_h = pick(1, 9) + (l.kernel_h - 1) * l.dilation_h;
        const int in_w = pick(1, 9) + (l.kernel_w - 1) * l.dilation_w;
        const int groups = odd_ && kind == op::conv2d && pick(0, 2) == 0 ? pick(2, 5) : 1;
        const int most = kind == op::conv2d ? 40 : pick(0, 1) ? 40 : 140;
        const int in_c = groups > 1 ? groups * pick(1, 20) : pick(1, most);
        const int out_c = groups > 1           ? groups * pick(1, 40)
                          : kind == op::conv2d ? pick(1, 70)
                                               : in_c * multiplier;
        const auto extent = [](int in, int kernel, int stride, int dilation, int pads) {
            return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
        };
        const int x = activation(n, {1, in_h, in_w, in_c});
        l.inputs = {x};
        if (kind == op::conv2d)
            l.inputs.push_back(weights(n, {out_c, l.kernel_h, l.kernel_w, in_c / groups}, out_c));
        if (kind == op::depthwise_conv2d)
            l.inputs.push_back(weights(n, {1, l.kernel_h, l.kernel_w, out_c}, out_c));
        if (!pool)
            l.inputs.push_back(bias(n, out_c));
        const int y = activation(
            n,
            {1, extent(in_h, l.kernel_h, l.stride_h, l.dilation_h, l.pad_top + l.pad_bottom),
             extent(in_w, l.kernel_w, l.stride_w, l.dilation_w, l.pad_left + l.pad_right), out_c});
        return finish(n, l, x, y);
    }

    network fully_connected() {
        network n;
        layer l;
        l.kind = op::fully_connected;
        const int depth = pick(1, 300), outputs = pick(1, 70), rows = pick(0, 3) ? 1 : pick(2, 20);
        const int x = activation(n, {rows, depth});
        l.inputs = {x, weights(n, {outputs, depth}, outputs), bias(n, outputs)};
        const int y = activation(n, {rows, outputs});
        return finish(n, l, x, y);
    }

    network addition(op kind) {
        network n;
        layer l;
        l.kind = kind;
        const std::vector<int> shape = {1, pick(1, 9), pick(1, 9), pick(1, 40)};
        const int a = activation(n, shape);
        const int b = activation(n, shape);
        l.inputs = {a, b};
        const int y = activation(n, shape);
        network out = finish(n, l, a, y);
        out.inputs.push_back(b);
        return out;
    }

    network unary(op kind) {
        network n;
        layer l;
        l.kind = kind;
        const std::vector<int> shape = {1, pick(1, 9), pick(1, 9), pick(1, 40)};
        const int x = activation(n, shape);
        l.inputs = {x};
        const int y = activation(n, shape);
        return finish(n, l, x, y);
    }

  private:
    network finish(network& n, layer& l, int x, int y) {
        l.outputs = {y};
        const element type = n.tensors[static_cast<std::size_t>(y)].type;
        l.clamp_min = lowest_of(type);
        l.clamp_max = highest_of(type);
        if (pick(0, 2) == 0)
            l.clamp_min += pick(0, 100);
        if (pick(0, 2) == 0)
            l.clamp_max -= pick(0, 100);
        n.layers = {l};
        n.inputs = {x};
        n.outputs = {y};
        n.arithmetic = static_cast<rounding>(pick(0, 4));
        if (n.arithmetic == rounding::imx500)
            make_powers_of_two(n);
        return n;
    }
    /// What the mode asks of activations.
    void make_powers_of_two(network& n) {
        for (tensor& t : n.tensors)
            if (!t.constant() && !t.quant.empty()) {
                t.quant.scale = {std::ldexp(1.0f, -pick(3, 7))};
                t.quant.zero_point = {0};
            }
    }
    bool odd_;
    std::mt19937 engine_;
};

network make(layer_maker& m, int kind) {
    switch (kind) {
        case 0:
            return m.windowed(op::conv2d);
        case 1:
            return m.windowed(op::depthwise_conv2d);
        case 2:
            return m.windowed(op::max_pool);
        case 3:
            return m.fully_connected();
        case 4:
            return m.addition(m.pick(0, 2) ? op::add : op::sub);
        case 5:
            return m.unary(op::relu);
        case 6:
            return m.unary(op::quantize);
        case 7:
            return m.windowed(op::average_pool);
        case 8:
            return m.unary(op::tanh);
        case 9:
            return m.unary(m.pick(0, 1) ? op::hard_swish : op::swish);
        default:
            return m.unary(op::logistic);
    }
}

}  // namespace

TEST_CASE("fast kernels equal the reference for random layers", "[network]") {
    // Every set of kernels, the rest of the code compiled for every width, in every mode.
    std::vector<std::pair<kernel_set, ocellus::simd_level>> ways;
    const ocellus::simd_level widest = ocellus::simd_in_use();
    for (kernel_set k : {kernel_set::portable, kernel_set::avx2, kernel_set::avx512_vnni})
        for (auto level :
             {ocellus::simd_level::plain, ocellus::simd_level::avx2, ocellus::simd_level::avx512})
            if (can_run(k) && level <= widest &&
                (k == kernel_set::portable || level != ocellus::simd_level::plain))
                ways.emplace_back(k, level);
    std::map<std::string, int> modes;
    int grouped = 0, compared = 0;
    for (unsigned seed = 0; seed < 2200; ++seed) {
        layer_maker m(seed);
        const network n = make(m, static_cast<int>(seed % 11));
        const layer& l = n.layers[0];
        INFO("seed " << seed << " " << name_of(l.kind) << " " << name_of(n.arithmetic));
        REQUIRE_NOTHROW(check_network(n, "random"));
        std::vector<std::vector<std::uint8_t>> inputs;
        for (int i : n.inputs)
            inputs.push_back(m.bytes(n.tensors[static_cast<std::size_t>(i)].bytes()));
        const auto expected = run(n, inputs, kernel_set::reference);
        for (const auto& [k, level] : ways) {
            ocellus::limit_simd(level);
            INFO(name_of(k) << " at level " << static_cast<int>(level));
            const bool equal = run(n, inputs, k) == expected;
            REQUIRE(equal);
            ++compared;
        }
        ocellus::limit_simd(widest);
        ++modes[name_of(n.arithmetic)];
        if (l.kind == op::conv2d && n.tensors[static_cast<std::size_t>(l.inputs[1])].shape[3] !=
                                        n.tensors[static_cast<std::size_t>(l.inputs[0])].shape[3])
            ++grouped;
    }
    CHECK(compared >= 2200);
    CHECK(modes.size() == 5);
    CHECK(grouped > 40);
}

TEST_CASE("every mode has a fast kernel for products, depthwise and additions", "[network]") {
    for (const rounding r : {rounding::tflite_ref, rounding::tflite_x86, rounding::onnx,
                             rounding::tflite_single_rounding, rounding::imx500})
        for (int kind : {0, 1, 2, 3, 4, 5, 6}) {
            layer_maker m(static_cast<unsigned>(kind) + 77);
            network n = make(m, kind);
            n.arithmetic = r;
            INFO(name_of(n.layers[0].kind) << " " << name_of(r));
            CHECK(pack_layer(n, n.layers[0], kernel_set::portable) != nullptr);
            CHECK(pack_layer(n, n.layers[0], kernel_set::reference) == nullptr);
        }
}

TEST_CASE("products of extreme bytes do not saturate on the way", "[network]") {
    // 255 x 127 twice is 64,770: a byte multiply-add that saturates at 32,767 gives another sum.
    for (const op kind : {op::conv2d, op::depthwise_conv2d}) {
        network n;
        tensor x, w, y;
        x.shape = {1, 3, 3, 64};
        x.type = element::uint8;
        x.quant = {{0.5f}, {0}};
        w.shape =
            kind == op::conv2d ? std::vector<int>{64, 3, 3, 64} : std::vector<int>{1, 3, 3, 64};
        w.quant = {{1.0f}, {0}};
        w.data.assign(w.elements(), 0x7f);
        y.shape = {1, 1, 1, 64};
        y.type = element::uint8;
        const int taps = kind == op::conv2d ? 9 * 64 : 9;
        // The full sum lands on 200.
        const double sum = 255.0 * 127.0 * taps;
        y.quant = {{static_cast<float>(sum * 0.5 / 200.0)}, {0}};
        layer l;
        l.kind = kind;
        l.kernel_h = l.kernel_w = 3;
        l.inputs = {0, 1};
        l.outputs = {2};
        l.clamp_min = 0;
        l.clamp_max = 255;
        n.tensors = {x, w, y};
        n.layers = {l};
        n.inputs = {0};
        n.outputs = {2};
        for (kernel_set k : {kernel_set::reference, kernel_set::portable, kernel_set::avx2,
                             kernel_set::avx512_vnni})
            if (can_run(k)) {
                INFO(name_of(k));
                const auto out = run(n, {std::vector<std::uint8_t>(x.bytes(), 255)}, k);
                CHECK(out.at(0) == std::vector<std::uint8_t>(64, 200));
            }
    }
}

TEST_CASE("threads that share an executor get the bytes of one alone", "[network]") {
    for (unsigned seed : {0u, 1u, 3u}) {
        layer_maker m(seed + 900);
        const network n = make(m, static_cast<int>(seed));
        const auto in = m.bytes(n.input().bytes());
        const auto expected = run(n, {in}, kernel_set::reference).at(0);
        const tensor& y = n.tensors[static_cast<std::size_t>(n.outputs[0])];
        std::vector<std::size_t> offsets(n.tensors.size(), 0);
        offsets[static_cast<std::size_t>(n.outputs[0])] = (in.size() + 63) / 64 * 64;
        const executor shared(n);
        std::vector<int> wrong(4, 0);
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < wrong.size(); ++t)
            threads.emplace_back([&, t] {
                std::vector<std::uint8_t> arena((in.size() + 63) / 64 * 64 + y.bytes());
                for (int i = 0; i < 20; ++i) {
                    std::fill(arena.begin(), arena.end(), static_cast<std::uint8_t>(t));
                    shared.run(in.data(), arena.data(), offsets);
                    if (!std::equal(expected.begin(), expected.end(),
                                    arena.end() - static_cast<std::ptrdiff_t>(y.bytes())))
                        ++wrong[t];
                }
            });
        for (std::thread& t : threads)
            t.join();
        CHECK(wrong == std::vector<int>(4, 0));
    }
}

TEST_CASE("fixed-point products round as documented", "[network]") {
    std::mt19937_64 engine(7);
    for (int i = 0; i < 20000; ++i) {
        const auto x = static_cast<std::int32_t>(engine()) >> (engine() % 24);
        const double real = std::ldexp(0.5 + 0.5 * static_cast<double>(engine() % 1000000) / 1e6,
                                       -static_cast<int>(engine() % 20));
        const fixed_multiplier m = to_fixed(real);
        // Each rounding is off by half a unit at most, the first one before the shift.
        const double exact = static_cast<double>(x) * real;
        REQUIRE(std::abs(multiply_twice_rounded(x, m) - exact) <= 1.0 + std::abs(exact) * 1e-9);
        REQUIRE(std::abs(multiply_half_up(x, m) - exact) <= 1.0 + std::abs(exact) * 1e-9);
    }
    CHECK(rounding_shift_right(-3, 1) == -2);
    CHECK(rounding_shift_right(3, 1) == 2);
    CHECK(rounding_shift_right(-5, 2) == -1);
    const fixed_multiplier half = to_fixed(0.25);
    CHECK(multiply_twice_rounded(-6, half) == -2);
    CHECK(multiply_half_up(-6, half) == -1);
    CHECK(doubling_high_multiply(INT32_MIN, INT32_MIN) == INT32_MAX);
    CHECK(nearest_even(0.5f) == 0);
    CHECK(nearest_even(1.5f) == 2);
    CHECK(nearest_even(-2.5f) == -2);
}

TEST_CASE("exponentials agree with the mathematics library", "[network]") {
    for (double x = 0.0; x > -40.0; x -= 0.037)
        REQUIRE(portable_exp(x) == Approx(std::exp(x)).epsilon(1e-13));
    CHECK(portable_exp(-1000.0) == 0.0);
    for (double x = -0.01; x > -31.9; x -= 0.0371) {
        const auto fixed = static_cast<std::int32_t>(std::lround(x * (1 << 26)));
        REQUIRE(std::abs(fixed_exp_negative(fixed, 5) / 2147483648.0 - std::exp(x)) < 2e-7);
    }
    for (double x = -15.9; x < 15.9; x += 0.0371) {
        const auto fixed = static_cast<std::int32_t>(std::lround(x * (1 << 27)));
        REQUIRE(std::abs(fixed_logistic(fixed) / 2147483648.0 - 1.0 / (1.0 + std::exp(-x))) < 1e-6);
    }
}

TEST_CASE("every operator stays near its real-valued meaning", "[network]") {
    // One rounding to the output's step, and half a step of slack for fixed-point constants.
    for (unsigned seed = 0; seed < 120; ++seed) {
        layer_maker m(seed + 5000, false);
        const network n = m.windowed(seed % 2 ? op::conv2d : op::depthwise_conv2d);
        const layer& l = n.layers[0];
        const tensor& x = n.tensors[static_cast<std::size_t>(l.inputs[0])];
        const tensor& w = n.tensors[static_cast<std::size_t>(l.inputs[1])];
        const tensor& y = n.tensors[static_cast<std::size_t>(l.outputs[0])];
        const auto in = m.bytes(x.bytes());
        const auto out = run(n, {in}).at(0);
        const auto real = [](const tensor& t, std::uint8_t byte, std::size_t channel) {
            const std::size_t k = t.quant.scale.size() == 1 ? 0 : channel;
            const int q = t.type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
            return static_cast<double>(t.quant.scale[k]) * (q - t.quant.zero_point[k]);
        };
        const int depth = l.kind == op::conv2d ? x.shape[3] : 1;
        for (int oy = 0; oy < y.shape[1]; ++oy)
            for (int ox = 0; ox < y.shape[2]; ++ox)
                for (int c = 0; c < y.shape[3]; c += 3) {
                    const auto channel = static_cast<std::size_t>(c);
                    double sum = 0.0;
                    if (l.inputs[2] >= 0) {
                        std::int32_t b;
                        std::memcpy(
                            &b,
                            n.tensors[static_cast<std::size_t>(l.inputs[2])].data.data() + 4 * c,
                            4);
                        sum = b * static_cast<double>(x.quant.scale[0]) *
                              static_cast<double>(
                                  w.quant.scale[w.quant.scale.size() == 1 ? 0 : channel]);
                    }
                    for (int ky = 0; ky < l.kernel_h; ++ky)
                        for (int kx = 0; kx < l.kernel_w; ++kx)
                            for (int k = 0; k < depth; ++k) {
                                const int iy = oy * l.stride_h + ky * l.dilation_h - l.pad_top;
                                const int ix = ox * l.stride_w + kx * l.dilation_w - l.pad_left;
                                if (iy < 0 || ix < 0 || iy >= x.shape[1] || ix >= x.shape[2])
                                    continue;
                                const int ic =
                                    depth == 1 && l.kind != op::conv2d ? c / l.depth_multiplier : k;
                                const std::size_t tap =
                                    static_cast<std::size_t>(ky * l.kernel_w + kx);
                                const std::size_t weight =
                                    l.kind == op::conv2d
                                        ? (channel *
                                               static_cast<std::size_t>(l.kernel_h * l.kernel_w) +
                                           tap) * static_cast<std::size_t>(depth) +
                                              static_cast<std::size_t>(k)
                                        : tap * static_cast<std::size_t>(y.shape[3]) + channel;
                                sum += real(x,
                                            in[static_cast<std::size_t>(
                                                (iy * x.shape[2] + ix) * x.shape[3] + ic)],
                                            0) *
                                       real(w, w.data[weight], channel);
                            }
                    const double q =
                        sum / static_cast<double>(y.quant.scale[0]) + y.quant.zero_point[0];
                    const double expected = std::min(std::max(q, static_cast<double>(l.clamp_min)),
                                                     static_cast<double>(l.clamp_max));
                    const std::uint8_t byte =
                        out[static_cast<std::size_t>((oy * y.shape[2] + ox) * y.shape[3] + c)];
                    const int actual =
                        y.type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
                    REQUIRE(std::abs(actual - expected) <= 1.0);
                }
    }
}
