// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "made_onnx.h"

using namespace ocellus::dsp;

// ONNX operators that move values between orders, resize and average, against their definitions in
// the file's own order (channels first), written here without the reader's layouts.

namespace {

/// Integers in the order of the file's shape.
struct tensor_of_integers {
    std::vector<int> shape;
    std::vector<int> q;
    std::size_t size() const { return q.size(); }
};

std::size_t count(const std::vector<int>& shape) {
    std::size_t n = 1;
    for (int d : shape)
        n *= static_cast<std::size_t>(d);
    return n;
}

tensor_of_integers counted(const std::vector<int>& shape) {
    tensor_of_integers t{shape, {}};
    for (std::size_t i = 0; i < count(shape); ++i)
        t.q.push_back(static_cast<int>(i * 37 % 251) - 125);
    return t;
}

tensor_of_integers permuted(const tensor_of_integers& x, const std::vector<std::int64_t>& perm) {
    tensor_of_integers y;
    for (std::int64_t p : perm)
        y.shape.push_back(x.shape[static_cast<std::size_t>(p)]);
    std::vector<int> index(perm.size(), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        // The place in x of y's index.
        std::vector<int> from(perm.size());
        for (std::size_t d = 0; d < perm.size(); ++d)
            from[static_cast<std::size_t>(perm[d])] = index[d];
        std::size_t at = 0;
        for (std::size_t d = 0; d < from.size(); ++d)
            at = at * static_cast<std::size_t>(x.shape[d]) + static_cast<std::size_t>(from[d]);
        y.q.push_back(x.q[at]);
        for (std::size_t d = perm.size(); d-- > 0;) {
            if (++index[d] < y.shape[d])
                break;
            index[d] = 0;
        }
    }
    return y;
}

/// Bytes in the memory order that a tensor of the network has for this shape of the file.
std::vector<std::uint8_t> to_memory(const tensor_of_integers& t, const std::vector<int>& memory) {
    tensor_of_integers m = t;
    if (memory != t.shape) {
        m = permuted(t, {0, 2, 3, 1});
        REQUIRE(m.shape == memory);
    }
    std::vector<std::uint8_t> bytes;
    for (int q : m.q)
        bytes.push_back(static_cast<std::uint8_t>(q));
    return bytes;
}

std::vector<int> from_memory(const std::vector<std::uint8_t>& bytes, const std::vector<int>& memory,
                             const std::vector<int>& file) {
    tensor_of_integers m{memory, {}};
    for (std::uint8_t b : bytes)
        m.q.push_back(static_cast<std::int8_t>(b));
    if (memory == file)
        return m.q;
    const tensor_of_integers t = permuted(m, {0, 3, 1, 2});
    REQUIRE(t.shape == file);
    return t.q;
}

/// Runs a graph on int8 inputs; the only output, in the file's order.
std::vector<int> run_file(onnx_maker& m, const std::vector<tensor_of_integers>& inputs,
                          const std::vector<int>& out_shape) {
    const network n = read_network_bytes(m.file(), "made.onnx");
    std::vector<std::vector<std::uint8_t>> bytes;
    REQUIRE(n.inputs.size() == inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
        bytes.push_back(
            to_memory(inputs[i], n.tensors[static_cast<std::size_t>(n.inputs[i])].shape));
    REQUIRE(n.outputs.size() == 1);
    const auto& out = n.tensors[static_cast<std::size_t>(n.outputs[0])];
    CHECK(run(n, bytes, kernel_set::reference) == run(n, bytes));
    return from_memory(run(n, bytes).at(0), out.shape, out_shape);
}

}  // namespace

TEST_CASE("ONNX Transpose permutes any dimensions of pictures and of others", "[network]") {
    for (const std::vector<int>& shape : {std::vector<int>{2, 3, 4, 5},
                                          {1, 3, 4, 5},
                                          {1, 3, 1, 5},
                                          {3, 4},
                                          {2, 3, 5},
                                          {2, 3, 1, 4, 2}}) {
        std::vector<std::int64_t> perm(shape.size());
        std::iota(perm.begin(), perm.end(), 0);
        do {
            const tensor_of_integers x = counted(shape), y = permuted(x, perm);
            onnx_maker m;
            const auto in = m.quantized_input("x", shape, 0.5f, 3);
            onnx_maker::attribute(m.node("Transpose", {in}, {"t"}), "perm", perm);
            m.node("LeakyRelu", {"t"}, {"l"});
            onnx_maker::attribute(
                m.model().mutable_graph()->mutable_node(m.model().graph().node_size() - 1), "alpha",
                1.0f);
            m.quantized_output("l", 0.5f, 3);
            CHECK(run_file(m, {x}, y.shape) == y.q);
        } while (shape.size() < 5 && std::next_permutation(perm.begin(), perm.end()));
    }
}

TEST_CASE("an ONNX detection head is reshaped and permuted as its text says", "[network]") {
    // Boxes of three anchors: [1, 2 x 3, 4, 5] to [1, 2, 4, 5, 3] to [1, 40, 3].
    const tensor_of_integers x = counted({1, 6, 4, 5});
    tensor_of_integers y = x;
    y.shape = {1, 2, 3, 4, 5};
    y = permuted(y, {0, 1, 3, 4, 2});
    onnx_maker m;
    const auto in = m.quantized_input("x", x.shape);
    m.node("Reshape", {in, m.list({1, 2, 3, 4, 5})}, {"r"});
    onnx_maker::attribute(m.node("Transpose", {"r"}, {"t"}), "perm", {0, 1, 3, 4, 2});
    m.node("Reshape", {"t", m.list({1, 40, 3})}, {"s"});
    m.node("Relu", {"s"}, {"p"});
    m.quantized_output("p");
    std::vector<int> expected;
    for (int q : y.q)
        expected.push_back(std::max(q, 0));
    CHECK(run_file(m, {x}, {1, 40, 3}) == expected);
}

TEST_CASE("ONNX values change between orders where an operator asks for it", "[network]") {
    const std::vector<int> shape = {1, 3, 2, 4};
    const tensor_of_integers x = counted(shape);
    SECTION("a transposed value is a picture again") {
        // W, C, H as channels, height, width; then a maximum over 1 x 2 windows.
        onnx_maker m;
        const auto in = m.quantized_input("x", shape);
        onnx_maker::attribute(m.node("Transpose", {in}, {"t"}), "perm", {0, 3, 1, 2});
        auto* pool = m.node("MaxPool", {"t"}, {"y"});
        onnx_maker::attribute(pool, "kernel_shape", {1, 2});
        m.quantized_output("y");
        const tensor_of_integers t = permuted(x, {0, 3, 1, 2});  // [1, 4, 3, 2]
        std::vector<int> expected;
        for (std::size_t i = 0; i < t.size(); i += 2)
            expected.push_back(std::max(t.q[i], t.q[i + 1]));
        CHECK(run_file(m, {x}, {1, 4, 3, 1}) == expected);
    }
    SECTION("a flattened picture unfolds, and leaves in the file's order") {
        onnx_maker m;
        const auto in = m.quantized_input("x", shape);
        m.node("Flatten", {in}, {"f"});
        m.node("Reshape", {"f", m.list({1, 3, 2, 4})}, {"p"});
        m.node("Relu", {"p"}, {"r"});
        const auto r = m.quantize("r");
        m.node("Flatten", {r}, {"g"});
        m.node("QuantizeLinear", {"g", m.scale(0.5f), m.zero(0)}, {"out"});
        m.output("out");
        std::vector<int> expected;
        for (int q : x.q)
            expected.push_back(std::max(q, 0));
        CHECK(run_file(m, {x}, {1, 24}) == expected);
    }
    SECTION("rows of a picture as a matrix") {
        // [1, 3, 8] times [8, 2]
        onnx_maker m;
        const auto in = m.quantized_input("x", shape, 0.5f, 0);
        m.node("Reshape", {in, m.list({1, 3, 8})}, {"r"});
        std::vector<std::int64_t> w;
        for (int i = 0; i < 16; ++i)
            w.push_back(i * 5 % 7 - 3);
        m.node("MatMul", {"r", m.weights(w, {8, 2}, {1.0f})}, {"y"});
        m.quantized_output("y", 8.0f, 0);
        std::vector<int> expected;
        for (std::size_t row = 0; row < 3; ++row)
            for (std::size_t c = 0; c < 2; ++c) {
                int sum = 0;
                for (std::size_t k = 0; k < 8; ++k)
                    sum += x.q[row * 8 + k] * static_cast<int>(w[k * 2 + c]);
                // half a unit over 8
                expected.push_back(static_cast<int>(std::nearbyint(sum / 16.0)));
            }
        CHECK(run_file(m, {x}, {1, 3, 2}) == expected);
    }
    SECTION("a sum of a picture and of what repeats over it") {
        const tensor_of_integers b{{2, 1}, {10, -20}};
        onnx_maker m;
        const auto in = m.quantized_input("x", shape, 0.5f, 0);
        const auto other = m.quantized_input("b", b.shape, 0.5f, 0);
        m.node("Add", {in, other}, {"y"});
        m.quantized_output("y", 1.0f, 0);
        std::vector<int> expected;
        for (std::size_t i = 0; i < x.size(); ++i)
            expected.push_back(static_cast<int>(std::nearbyint((x.q[i] + b.q[i / 4 % 2]) / 2.0)));
        CHECK(run_file(m, {x, b}, shape) == expected);
    }
    SECTION("a constant that repeats over rows") {
        onnx_maker m;
        const auto in = m.quantized_input("x", shape, 0.5f, 0);
        m.node("Sub", {in, m.weights({10, -20}, {2, 1})}, {"y"});
        m.quantized_output("y", 1.0f, 0);
        std::vector<int> expected;
        for (std::size_t i = 0; i < x.size(); ++i)
            expected.push_back(
                static_cast<int>(std::nearbyint((x.q[i] - (i / 4 % 2 == 0 ? 10 : -20)) / 2.0)));
        CHECK(run_file(m, {x}, shape) == expected);
    }
    SECTION("a maximum over rows that drops them") {
        onnx_maker m;
        const auto in = m.quantized_input("x", shape);
        auto* n = m.node("ReduceMax", {in}, {"y"});
        onnx_maker::attribute(n, "axes", std::vector<std::int64_t>{2});
        onnx_maker::attribute(n, "keepdims", std::int64_t{0});
        m.node("Relu", {"y"}, {"r"});
        m.quantized_output("r");
        std::vector<int> expected;
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t w = 0; w < 4; ++w)
                expected.push_back(std::max({0, x.q[c * 8 + w], x.q[c * 8 + 4 + w]}));
        CHECK(run_file(m, {x}, {1, 3, 4}) == expected);
    }
    SECTION("weights and constants that are permuted and reshaped") {
        onnx_maker m;
        const auto in = m.quantized_input("x", {3, 4}, 0.5f, 0);
        const auto w = m.weights({1, 2, 3, 4, 5, 6, 7, 8}, {8}, {1.0f});
        m.node("Reshape", {w, m.list({2, 4})}, {"wr"});
        onnx_maker::attribute(m.node("Transpose", {"wr"}, {"wt"}), "perm", {1, 0});
        m.node("MatMul", {in, "wt"}, {"y"});
        m.quantized_output("y", 0.5f, 0);
        const tensor_of_integers k{{3, 4}, {1, 2, 3, 4, -1, -2, -3, -4, 0, 1, 0, 1}};
        CHECK(run_file(m, {k}, {3, 2}) == std::vector<int>{30, 70, -30, -70, 6, 14});
    }
}

namespace {

/// ONNX Resize of one extent: the position of each output sample, in double precision.
double position(int out, int in_size, int out_size, double scale, const std::string& how) {
    if (how == "asymmetric")
        return out / scale;
    if (how == "align_corners")
        return out_size == 1 ? 0.0 : out * (in_size - 1.0) / (out_size - 1.0);
    if (how == "pytorch_half_pixel" && out_size == 1)
        return 0.0;
    return (out + 0.5) / scale - 0.5;
}

int nearest(double x, int in_size, const std::string& how) {
    const double below = std::floor(x), part = x - below;
    const bool tie = std::abs(part - 0.5) < 1e-9;
    double whole = part < 0.5 ? below : below + 1;
    if (tie)
        whole = how == "round_prefer_floor" ? below : below + 1;
    if (how == "floor")
        whole = part > 1 - 1e-9 ? below + 1 : below;
    if (how == "ceil")
        whole = part < 1e-9 ? below : below + 1;
    return static_cast<int>(std::min(std::max(whole, 0.0), in_size - 1.0));
}

std::vector<int> resized(const tensor_of_integers& x, float scale_h, float scale_w,
                         const std::function<void(onnx_maker&, onnx::NodeProto*)>& finish,
                         std::vector<int>& shape, int operator_set = 13) {
    onnx_maker m(operator_set);
    const auto in = m.quantized_input("x", x.shape, 0.0625f, 0);
    const auto scales = m.reals({1, 1, scale_h, scale_w}, {4});
    auto* n = operator_set < 11 ? m.node("Resize", {in, scales}, {"y"})
                                : m.node("Resize", {in, "", scales}, {"y"});
    finish(m, n);
    m.quantized_output("y", 0.0625f, 0);
    shape = {x.shape[0], x.shape[1],
             static_cast<int>(std::floor(static_cast<float>(x.shape[2]) * scale_h)),
             static_cast<int>(std::floor(static_cast<float>(x.shape[3]) * scale_w))};
    return run_file(m, {x}, shape);
}

}  // namespace

TEST_CASE("ONNX Resize follows the definition of its coordinates, whole factors or not",
          "[network]") {
    const tensor_of_integers x = counted({1, 2, 5, 6});
    const auto at = [&](int c, int h, int w) {
        return x.q[static_cast<std::size_t>((c * 5 + h) * 6 + w)];
    };
    for (const char* where : {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"})
        for (const auto& [sh, sw] :
             {std::pair{2.0f, 2.0f}, {1.5f, 2.5f}, {0.5f, 0.5f}, {0.75f, 1.75f}, {0.25f, 3.0f}}) {
            INFO(where << " " << sh << " " << sw);
            std::vector<int> shape;
            const auto set = [&](onnx_maker&, onnx::NodeProto* n) {
                onnx_maker::attribute(n, "coordinate_transformation_mode", where);
            };
            const auto linear = resized(
                x, sh, sw,
                [&](onnx_maker& m, onnx::NodeProto* n) {
                    set(m, n);
                    onnx_maker::attribute(n, "mode", "linear");
                },
                shape);
            double worst = 0.0;
            std::size_t i = 0;
            for (int c = 0; c < 2; ++c)
                for (int h = 0; h < shape[2]; ++h)
                    for (int w = 0; w < shape[3]; ++w) {
                        const double y = std::clamp(
                            position(h, 5, shape[2], static_cast<double>(sh), where), 0.0, 4.0);
                        const double u = std::clamp(
                            position(w, 6, shape[3], static_cast<double>(sw), where), 0.0, 5.0);
                        const int y0 = static_cast<int>(y), y1 = std::min(y0 + 1, 4);
                        const int u0 = static_cast<int>(u), u1 = std::min(u0 + 1, 5);
                        const double dy = y - y0, du = u - u0;
                        const double exact =
                            (1 - dy) * ((1 - du) * at(c, y0, u0) + du * at(c, y0, u1)) +
                            dy * ((1 - du) * at(c, y1, u0) + du * at(c, y1, u1));
                        worst = std::max(worst, std::abs(linear[i++] - exact));
                    }
            CHECK(worst <= 0.5001);
            for (const char* pick : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
                INFO(pick);
                const auto q = resized(
                    x, sh, sw,
                    [&](onnx_maker& m, onnx::NodeProto* n) {
                        set(m, n);
                        onnx_maker::attribute(n, "nearest_mode", pick);
                    },
                    shape);
                std::vector<int> expected;
                for (int c = 0; c < 2; ++c)
                    for (int h = 0; h < shape[2]; ++h)
                        for (int w = 0; w < shape[3]; ++w)
                            expected.push_back(
                                at(c,
                                   nearest(position(h, 5, shape[2], static_cast<double>(sh), where),
                                           5, pick),
                                   nearest(position(w, 6, shape[3], static_cast<double>(sw), where),
                                           6, pick)));
                CHECK(q == expected);
            }
        }
}

TEST_CASE("ONNX Resize equals the examples of the operator's text", "[network]") {
    std::vector<int> shape;
    const auto linear = [](onnx_maker&, onnx::NodeProto* n) {
        onnx_maker::attribute(n, "mode", "linear");
    };
    // resize_upsample_scales_linear, values in sixteenths
    const tensor_of_integers four{{1, 1, 2, 2}, {16, 32, 48, 64}};
    CHECK(resized(four, 2, 2, linear, shape) ==
          std::vector<int>{16, 20, 28, 32, 24, 28, 36, 40, 40, 44, 52, 56, 48, 52, 60, 64});
    // resize_downsample_scales_linear: 2.6666665, 4.3333331
    const tensor_of_integers eight{{1, 1, 2, 4}, {16, 32, 48, 64, 80, 96, 112, 127}};
    CHECK(resized(eight, 0.6f, 0.6f, linear, shape) == std::vector<int>{43, 69});
    // resize_downsample_scales_nearest: 1, 3
    CHECK(resized(
              eight, 0.6f, 0.6f, [](onnx_maker&, onnx::NodeProto*) {}, shape) ==
          std::vector<int>{16, 48});
    // Operator set 10 counts from the corner, and takes the next sample when it makes smaller.
    CHECK(resized(
              eight, 1, 0.6f, [](onnx_maker&, onnx::NodeProto*) {}, shape, 10) ==
          std::vector<int>{16, 48, 80, 112});
    CHECK(resized(
              four, 2, 2, [](onnx_maker&, onnx::NodeProto*) {}, shape, 10) ==
          std::vector<int>{16, 16, 32, 32, 16, 16, 32, 32, 48, 48, 64, 64, 48, 48, 64, 64});
}

TEST_CASE("ONNX averages count their padding when they should", "[network]") {
    const tensor_of_integers x = counted({1, 2, 5, 4});
    for (bool counts : {false, true})
        for (int stride : {1, 2}) {
            onnx_maker m;
            const auto in = m.quantized_input("x", x.shape, 0.5f, 7);
            auto* n = m.node("AveragePool", {in}, {"y"});
            onnx_maker::attribute(n, "kernel_shape", {3, 3});
            onnx_maker::attribute(n, "pads", {1, 1, 1, 1});
            onnx_maker::attribute(n, "strides", {stride, stride});
            onnx_maker::attribute(n, "count_include_pad", std::int64_t{counts});
            m.quantized_output("y", 0.53f, 7);
            const int oh = (5 - 1) / stride + 1, ow = (4 - 1) / stride + 1;
            const auto q = run_file(m, {x}, {1, 2, oh, ow});
            std::size_t i = 0;
            for (int c = 0; c < 2; ++c)
                for (int h = 0; h < oh; ++h)
                    for (int w = 0; w < ow; ++w) {
                        double sum = 0.0;
                        int inside = 0;
                        for (int dy = -1; dy <= 1; ++dy)
                            for (int dx = -1; dx <= 1; ++dx) {
                                const int yy = h * stride + dy, xx = w * stride + dx;
                                if (yy < 0 || xx < 0 || yy >= 5 || xx >= 4)
                                    continue;
                                sum += 0.5 *
                                       (x.q[static_cast<std::size_t>((c * 5 + yy) * 4 + xx)] - 7);
                                ++inside;
                            }
                        const double exact =
                            sum / (counts ? 9 : inside) / static_cast<double>(0.53f) + 7;
                        CHECK(std::abs(q[i++] - exact) <= 0.5001);
                    }
        }
}
