// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "golden.h"
#include "tests/test_data.h"

using namespace ocellus::dsp;

// Cases of another project's unit tests: shapes, multipliers and shifts as integers, weights, input
// and the output its reference gave.

namespace {

struct kernel_case {
    nlohmann::json json;
    int config(const char* name, int otherwise = 0) const {
        const auto& c = json.at("config");
        return c.contains(name) ? c.at(name).get<int>() : otherwise;
    }
    bool has(const char* array) const { return json.at("arrays").contains(array); }
    std::vector<std::int32_t> numbers(const char* array) const {
        return json.at("arrays").at(array).at("data").get<std::vector<std::int32_t>>();
    }
    std::vector<std::uint8_t> bytes(const char* array) const {
        std::vector<std::uint8_t> out;
        for (std::int32_t v : numbers(array))
            out.push_back(static_cast<std::uint8_t>(v));
        return out;
    }
};

int add_tensor(network& n, std::vector<int> shape, std::int32_t zero, float scale = 1.0f) {
    tensor t;
    t.name = "t" + std::to_string(n.tensors.size());
    t.shape = std::move(shape);
    t.quant = {{scale}, {zero}};
    n.tensors.push_back(std::move(t));
    return static_cast<int>(n.tensors.size()) - 1;
}

/// Padding after the last sample that makes `out` windows fit.
int padding_after(int in, int out, int kernel, int stride, int dilation, int before) {
    return std::max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in - before);
}

/// A network of the case's one layer, for one entry of its batch.
network network_of(const kernel_case& c, op kind) {
    network n;
    layer l;
    l.kind = kind;
    l.clamp_min = c.config("OUT_ACTIVATION_MIN", -128);
    l.clamp_max = c.config("OUT_ACTIVATION_MAX", 127);
    const bool dense = kind == op::fully_connected;
    const int in_c = c.config("IN_CH"), out_c = c.config("OUT_CH");
    const int kh = c.config("FILTER_Y", 1), kw = c.config("FILTER_X", 1);
    const int depth = c.config("ACCUMULATION_DEPTH");
    const bool pool = kind == op::average_pool || kind == op::max_pool;
    const std::vector<int> in_shape =
        dense ? std::vector<int>{1, depth}
              : std::vector<int>{1, c.config("INPUT_H"), c.config("INPUT_W"), in_c};
    const std::vector<int> out_shape =
        dense ? std::vector<int>{1, out_c}
              : std::vector<int>{1, c.config("OUTPUT_H"), c.config("OUTPUT_W"), out_c};
    l.inputs = {add_tensor(n, in_shape, -c.config("INPUT_OFFSET"))};
    const int y = add_tensor(n, out_shape, c.config("OUTPUT_OFFSET"));
    n.inputs = {l.inputs[0]};
    n.outputs = l.outputs = {y};
    if (!dense) {
        l.kernel_h = kh;
        l.kernel_w = kw;
        l.stride_h = c.config("STRIDE_Y", 1);
        l.stride_w = c.config("STRIDE_X", 1);
        l.dilation_h = c.config("DILATION_Y", 1);
        l.dilation_w = c.config("DILATION_X", 1);
        l.pad_top = c.config("PAD_Y");
        l.pad_left = c.config("PAD_X");
        if (kind != op::transpose_conv2d) {
            l.pad_bottom =
                padding_after(in_shape[1], out_shape[1], kh, l.stride_h, l.dilation_h, l.pad_top);
            l.pad_right =
                padding_after(in_shape[2], out_shape[2], kw, l.stride_w, l.dilation_w, l.pad_left);
        }
    }
    if (!pool) {
        l.depth_multiplier = c.config("CH_MULT", 1);
        const int group = c.config("FILTER_CH", in_c);
        const int w =
            add_tensor(n,
                       dense                          ? std::vector<int>{out_c, depth}
                       : kind == op::depthwise_conv2d ? std::vector<int>{1, kh, kw, out_c}
                                                      : std::vector<int>{out_c, kh, kw, group},
                       0);
        n.tensors[static_cast<std::size_t>(w)].data = c.bytes("weights");
        l.inputs.push_back(w);
        if (c.has("biases")) {
            const int b = add_tensor(n, {out_c}, 0);
            tensor& t = n.tensors[static_cast<std::size_t>(b)];
            t.type = element::int32;
            const std::vector<std::int32_t> bias = c.numbers("biases");
            t.data.resize(bias.size() * 4);
            std::memcpy(t.data.data(), bias.data(), t.data.size());
            l.inputs.push_back(b);
        }
        if (dense) {
            l.multipliers = {{c.config("OUTPUT_MULTIPLIER"), c.config("OUTPUT_SHIFT")}};
        } else {
            const auto mantissa = c.numbers("output_mult"), shift = c.numbers("output_shift");
            for (std::size_t i = 0; i < mantissa.size(); ++i)
                l.multipliers.push_back({mantissa[i], shift[i]});
        }
    }
    n.layers = {l};
    return n;
}

op kind_of(const std::string& name) {
    const auto starts = [&](const char* text) { return name.rfind(text, 0) == 0; };
    return starts("avgpooling")        ? op::average_pool
           : starts("maxpooling")      ? op::max_pool
           : starts("depthwise")       ? op::depthwise_conv2d
           : starts("fully_connected") ? op::fully_connected
           : starts("transpose_conv")  ? op::transpose_conv2d
                                       : op::conv2d;
}

/// Differences over the batch of a layer with weights or a window.
std::string compare(const kernel_case& c, op kind, kernel_set kernels) {
    const network n = network_of(c, kind);
    const std::vector<std::uint8_t> input = c.bytes("input"), expected = c.bytes("output_ref");
    const auto size = static_cast<std::ptrdiff_t>(n.input().elements());
    std::vector<std::uint8_t> actual;
    for (auto at = input.begin(); at != input.end(); at += size) {
        const auto part = run(n, {{at, at + size}}, kernels).at(0);
        actual.insert(actual.end(), part.begin(), part.end());
    }
    return difference(actual, expected);
}

}  // namespace

TEST_CASE("kernel cases with integer multipliers equal their golden outputs", "[network]") {
    if (!have_test_data())
        return;
    int cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(test_data("nets/kernels_cmsisnn"))) {
        const std::string name = entry.path().stem().string();
        if (name == "add" || name == "mul" || name == "softmax")
            continue;
        INFO(name);
        const kernel_case c{nlohmann::json::parse(read_text(entry.path().string()))};
        for (kernel_set kernels : {kernel_set::reference, kernel_set::portable, best_kernels()})
            CHECK(compare(c, kind_of(name), kernels) == "equal");
        ++cases;
    }
    CHECK(cases == 46);
}

TEST_CASE("kernel cases of element-wise operators equal their golden outputs", "[network]") {
    if (!have_test_data())
        return;
    const auto load = [](const char* name) {
        return kernel_case{nlohmann::json::parse(
            read_text(test_data(std::string("nets/kernels_cmsisnn/") + name + ".json")))};
    };
    for (const char* name : {"add", "mul"}) {
        INFO(name);
        const kernel_case c = load(name);
        const bool product = std::string(name) == "mul";
        network n;
        layer l;
        l.kind = product ? op::mul : op::add;
        const std::vector<int> shape = {1, c.config("DST_SIZE")};
        // The addition's multipliers, 1/2 and 2^-20, are those of scales 1, 1 and 2.
        l.inputs = {add_tensor(n, shape, -c.config("INPUT1_OFFSET")),
                    add_tensor(n, shape, -c.config("INPUT2_OFFSET"))};
        l.outputs = {add_tensor(n, shape, c.config("OUTPUT_OFFSET"), 2.0f)};
        if (product)
            l.multipliers = {{c.config("OUTPUT_MULT"), c.config("OUTPUT_SHIFT")}};
        n.inputs = l.inputs;
        n.outputs = l.outputs;
        n.layers = {l};
        for (kernel_set kernels : {kernel_set::reference, best_kernels()})
            CHECK(difference(run(n, {c.bytes("input1"), c.bytes("input2")}, kernels).at(0),
                             c.bytes("output_ref")) == "equal");
    }
    const kernel_case c = load("softmax");
    network n;
    layer l;
    l.kind = op::softmax;
    const std::vector<int> shape = {c.config("NUM_ROWS"), c.config("ROW_SIZE")};
    // mantissa 2^(shift - 31) = scale 2^26
    const float scale = std::ldexp(static_cast<float>(c.config("INPUT_MULT")),
                                   c.config("INPUT_LEFT_SHIFT") - 31 - 26);
    l.inputs = n.inputs = {add_tensor(n, shape, 0, scale)};
    l.outputs = n.outputs = {add_tensor(n, shape, -128, 1.0f / 256.0f)};
    n.layers = {l};
    CHECK(difference(run(n, {c.bytes("input")}).at(0), c.bytes("output_ref")) == "equal");
}

TEST_CASE("a network that concatenates, splits and concatenates moves channels", "[network]") {
    if (!have_test_data())
        return;
    const network n = read_network(test_data("nets/tflite/coral_split_concat.tflite"));
    REQUIRE(n.inputs.size() == 3);
    // Three inputs of 3, 1 and 2 channels are six channels; outputs take 0, 2, 4, 1 and (3, 5).
    std::vector<std::vector<std::uint8_t>> inputs;
    const auto value = [](int pixel, int channel) {
        return static_cast<std::uint8_t>(pixel * 37 + channel * 101);
    };
    const std::vector<std::vector<int>> held = {{0, 1, 2}, {3}, {4, 5}};
    const std::vector<std::vector<int>> wanted = {{0}, {2}, {4}, {1}, {3, 5}};
    const auto picture = [&](const std::vector<int>& channels) {
        std::vector<std::uint8_t> bytes;
        for (int pixel = 0; pixel < 64; ++pixel)
            for (int c : channels)
                bytes.push_back(value(pixel, c));
        return bytes;
    };
    for (const auto& channels : held)
        inputs.push_back(picture(channels));
    const auto outputs = run(n, inputs);
    REQUIRE(outputs.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        CHECK(outputs[i] == picture(wanted[i]));
}
