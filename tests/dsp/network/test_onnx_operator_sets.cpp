// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "made_onnx.h"

using namespace ocellus::dsp;

// Operator sets 10 to 17 moved attributes to inputs and changed defaults: one graph in the form of
// each set is one network.

namespace {

using lists = std::vector<std::int64_t>;

/// An attribute up to `last`, an input after it.
void list_of(onnx_maker& m, onnx::NodeProto* n, const char* attribute, int set, int last,
             const lists& values) {
    if (set <= last)
        onnx_maker::attribute(n, attribute, values);
    else
        n->add_input(m.list(values));
}

std::string graph_of(int set) {
    onnx_maker m(set);
    const auto x = m.quantized_input("x", {1, 4, 4, 6}, 0.5f, 3);
    // Clip: attributes, then inputs.
    auto* clip = m.node("Clip", {x}, {"clip"});
    if (set < 11) {
        onnx_maker::attribute(clip, "min", -2.0f);
        onnx_maker::attribute(clip, "max", 20.0f);
    } else {
        clip->add_input(m.scale(-2.0f));
        clip->add_input(m.scale(20.0f));
    }
    const auto c = m.quantize("clip", 0.5f, 3);
    list_of(m, m.node("Pad", {c}, {"pad"}), "pads", set, 10, {0, 0, 1, 0, 0, 0, 1, 2});
    const auto p = m.quantize("pad", 0.5f, 3);  // [1, 4, 6, 8]
    auto* split = m.node("Split", {p}, {"s0", "s1"});
    onnx_maker::attribute(split, "axis", std::int64_t{1});
    list_of(m, split, "split", set, 12, {1, 3});
    m.quantized_output("s0", 0.5f, 3);
    const auto s = m.quantize("s1", 0.5f, 3);  // [1, 3, 6, 8]
    // Sums: the axes became an input in set 13; means kept the attribute.
    auto* sum = m.node("ReduceSum", {s}, {"sum"});
    list_of(m, sum, "axes", set, 12, {2, 3});
    m.quantized_output("sum", 8.0f, 0);
    onnx_maker::attribute(m.node("ReduceMean", {s}, {"mean"}), "axes", lists{2, 3});
    const auto mean = m.quantize("mean", 0.25f, 0);
    list_of(m, m.node("Squeeze", {mean}, {"flat"}), "axes", set, 12, {2, 3});
    // Softmax: all dimensions from 1 on, then the last one: the same for two.
    m.node("Softmax", {"flat"}, {"soft"});
    m.quantized_output("soft", 1.0f / 256, -128);
    list_of(m, m.node("Unsqueeze", {"flat"}, {"wide"}), "axes", set, 12, {0});
    m.node("LeakyRelu", {"wide"}, {"leaky"});
    m.quantized_output("leaky", 0.25f, 0);
    // Resize: scales second, then third; from the corner, which the later sets must say.
    auto* resize = set < 11 ? m.node("Resize", {s, m.reals({1, 1, 2, 3}, {4})}, {"big"})
                            : m.node("Resize", {s, "", m.reals({1, 1, 2, 3}, {4})}, {"big"});
    if (set >= 11) {
        onnx_maker::attribute(resize, "coordinate_transformation_mode", "asymmetric");
        onnx_maker::attribute(resize, "nearest_mode", "floor");
    }
    m.quantized_output("big", 0.5f, 3);
    m.node("Slice", {s, m.list({1, 2}), m.list({3, 6}), m.list({1, 2}), m.list({1, 2})}, {"cut"});
    m.quantized_output("cut", 0.5f, 3);
    auto* most = m.node("ArgMax", {s}, {"most"});
    onnx_maker::attribute(most, "axis", std::int64_t{1});
    m.output("most");
    auto* top = m.node("TopK", {"flat", m.list({2})}, {"best", "places"});
    onnx_maker::attribute(top, "axis", std::int64_t{-1});
    m.node("QuantizeLinear", {"best", m.scale(0.25f), m.zero(0)}, {"best_q"});
    m.output("best_q");
    m.output("places");
    return m.file();
}

}  // namespace

TEST_CASE("operator sets 10 to 17 are one network in the form of each", "[network]") {
    std::vector<std::vector<std::uint8_t>> expected;
    for (int set : {13, 10, 11, 12, 14, 15, 16, 17}) {
        INFO("operator set " << set);
        const network n = read_network_bytes(graph_of(set), "set.onnx");
        REQUIRE(n.outputs.size() == 9);
        std::vector<std::uint8_t> in(n.input().bytes());
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = static_cast<std::uint8_t>(i * 97 + 5);
        const auto out = run(n, {in});
        if (expected.empty())
            expected = out;
        CHECK(out == expected);
    }
    onnx_maker old(9);
    old.node("Relu", {old.quantized_input("x", {1, 4})}, {"y"});
    old.quantized_output("y");
    CHECK_THROWS_WITH(read_network_bytes(old.file(), "old.onnx"),
                      Catch::Contains("old.onnx: operator set 9, expected 10 or later"));
}
