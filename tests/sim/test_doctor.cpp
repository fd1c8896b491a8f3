// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Every diagnosis is made by a network or a configuration that was broken for it, and by no other
// part of a healthy one.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/image_io.h"
#include "dsp/network/check.h"
#include "dsp/network/reader.h"
#include "program.h"
#include "sim/network_doctor.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::sim;
using nlohmann::json;

namespace {

const std::string source = source_folder;

dsp::network parcels() {
    return dsp::read_network(source + "/configs/networks/parcels.onnx");
}

/// What the sensor gave the network of the built-in scene, and the scene itself.
struct sight {
    std::vector<std::uint8_t> tensor;
    rgb8_image expected;
};
const sight& healthy() {
    static const sight s = [] {
        sight made;
        const std::string out = scratch_folder() + "/healthy";
        REQUIRE(ocellus_program({"doctor", "builtin:parcels", "--config",
                                 source + "/configs/small.toml", "--out", out})
                    .exit_code == 0);
        const auto read = [&out](const char* name) {
            const std::string bytes = file_bytes(out + "/" + name);
            return decode_image(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                name);
        };
        made.expected = read("expected.png");
        const rgb8_image seen = read("seen.png");
        const dsp::network n = parcels();
        // The picture of a tensor is the tensor: the map has no loss.
        made.tensor.resize(n.input().bytes());
        for (std::size_t i = 0; i < made.tensor.size(); ++i)
            made.tensor[i] = static_cast<std::uint8_t>(
                seen.data[i] - (n.input().type == dsp::element::int8 ? 128 : 0));
        const rgb8_image back = picture_of_tensor(n, made.tensor);
        REQUIRE(std::equal(seen.row(0), seen.row(0) + made.tensor.size(), back.row(0)));
        return made;
    }();
    return s;
}

std::set<std::string> kinds(const std::vector<finding_of_doctor>& list) {
    std::set<std::string> out;
    for (const auto& f : list)
        out.insert(f.what);
    return out;
}
std::set<std::string> input_kinds(const dsp::network& n) {
    return kinds(judge_input(n, healthy().tensor, healthy().expected, {}));
}
std::vector<finding_of_doctor> layer_findings(const dsp::network& n) {
    return judge_layers(look_at_layers(n, healthy().tensor));
}

std::set<std::string> found_by_program(const std::vector<std::string>& settings,
                                       const std::string& network = "builtin:parcels") {
    std::vector<std::string> words = {"doctor", network, "--config", source + "/configs/small.toml",
                                      "--json"};
    for (const auto& s : settings) {
        words.push_back("--set");
        words.push_back(s);
    }
    const auto r = ocellus_program(words);
    INFO(r.err);
    const json j = json::parse(r.out);
    std::set<std::string> out;
    for (const json& f : j.at("findings"))
        out.insert(f.at("what").get<std::string>());
    CHECK(r.exit_code == (out.empty() ? 0 : 1));
    return out;
}

/// The index of the n-th multiply layer.
std::size_t weighted_layer(const dsp::network& n, std::size_t which) {
    for (std::size_t i = 0; i < n.layers.size(); ++i)
        if (n.layers[i].kind == dsp::op::conv2d && which-- == 0)
            return i;
    FAIL("no such layer");
    return 0;
}

}  // namespace

TEST_CASE("the doctor finds nothing in the built-in network on the built-in scene") {
    const dsp::network n = parcels();
    CHECK(input_kinds(n).empty());
    const auto layers = look_at_layers(n, healthy().tensor);
    CHECK(judge_layers(layers).empty());
    REQUIRE(layers.size() == n.layers.size());
    for (const auto& h : layers) {
        INFO(h.name);
        CHECK(h.sqnr_alone > 15);
        CHECK(h.codes >= 1);
    }
    CHECK(evidence_of(n, healthy().tensor) > 2);
}

TEST_CASE("the doctor finds a wrong scale of the input") {
    dsp::network n = parcels();
    auto& input = n.tensors[static_cast<std::size_t>(n.inputs[0])];
    input.quant.scale[0] /= 16;
    CHECK(input_kinds(n).count("input_range") == 1);
}

namespace {

/// A classifier that knows one thing: class 0 has the logit w . (means of the channels) + b, the
/// other seven have 0. Its input integers mean `low` to `high`.
dsp::network one_thing(float low, float high, const std::array<int, 3>& w, float bias) {
    dsp::network n;
    n.name = "one_thing";
    const auto add = [&n](const char* name, std::vector<int> shape, float scale, int zero) {
        dsp::tensor t;
        t.name = name;
        t.shape = std::move(shape);
        t.quant.scale = {scale};
        t.quant.zero_point = {zero};
        n.tensors.push_back(std::move(t));
        return static_cast<int>(n.tensors.size() - 1);
    };
    const float scale = (high - low) / 255;
    const int zero = static_cast<int>(std::lround(-128 - low / scale));
    const int in = add("in", {1, 32, 32, 3}, scale, zero);
    const int mean = add("mean", {1, 3}, scale, zero);
    const int weights = add("w", {8, 3}, 0.25f, 0);
    const int biases = add("b", {8}, scale * 0.25f, 0);
    const int logits = add("logits", {1, 8}, 0.25f, 0);
    const int scores = add("scores", {1, 8}, 1.0f / 256, -128);
    auto& wt = n.tensors[static_cast<std::size_t>(weights)];
    wt.data.assign(24, 0);
    for (std::size_t c = 0; c < 3; ++c)
        wt.data[c] = static_cast<std::uint8_t>(w[c]);
    auto& bt = n.tensors[static_cast<std::size_t>(biases)];
    bt.type = dsp::element::int32;
    bt.data.assign(32, 0);
    const auto b = static_cast<std::int32_t>(std::lround(bias / (scale * 0.25f)));
    std::memcpy(bt.data.data(), &b, 4);
    const auto layer = [&n](dsp::op kind, const char* name, std::vector<int> inputs, int output) {
        dsp::layer l;
        l.kind = kind;
        l.name = name;
        l.inputs = std::move(inputs);
        l.outputs = {output};
        n.layers.push_back(std::move(l));
    };
    layer(dsp::op::mean, "mean", {in}, mean);
    layer(dsp::op::fully_connected, "knows", {mean, weights, biases}, logits);
    layer(dsp::op::softmax, "softmax", {logits}, scores);
    n.inputs = {in};
    n.outputs = {scores};
    dsp::check_network(n, "one_thing");
    return n;
}

rgb8_image one_colour(int red, int green, int blue) {
    rgb8_image p(32, 32);
    for (std::size_t i = 0; i < 3 * 32 * 32; i += 3) {
        p.data[i] = static_cast<std::uint8_t>(red);
        p.data[i + 1] = static_cast<std::uint8_t>(green);
        p.data[i + 2] = static_cast<std::uint8_t>(blue);
    }
    return p;
}

/// What is found when the sensor gives the network this picture, all of its integers for 0 to 255.
std::set<std::string> found_in(const dsp::network& n, const rgb8_image& p, float low, float high) {
    field_of_view view;
    view.array_aspect = 1;
    return kinds(judge_input(
        n, tensor_of_picture(n, p, static_cast<double>(low), static_cast<double>(high), false), p,
        view));
}

}  // namespace

TEST_CASE("the doctor finds a network that was trained on another range") {
    // It knows dark grey, 0.3 of 0 to 1: its logit there is 8 * 3 * 0.3 - 3 = 4.2, and negative for
    // the -0.4 that -1 to 1 make of it.
    const rgb8_image grey = one_colour(77, 77, 77);
    CHECK(found_in(one_thing(-1, 1, {32, 32, 32}, -3), grey, -1, 1) ==
          std::set<std::string>{"normalisation"});
    // The same with the range that it was trained on.
    CHECK(found_in(one_thing(0, 1, {32, 32, 32}, -3), grey, 0, 1).empty());
}

TEST_CASE("the doctor finds a network that was trained on BGR") {
    const rgb8_image red = one_colour(200, 60, 30);
    CHECK(found_in(one_thing(0, 1, {32, 0, -32}, 0), red, 0, 1).empty());
    CHECK(found_in(one_thing(0, 1, {-32, 0, 32}, 0), red, 0, 1) ==
          std::set<std::string>{"colour_order"});
}

TEST_CASE("the doctor finds a configuration that spoils the input") {
    CHECK(found_by_program({}).empty());
    CHECK(found_by_program({"isp.colour_order=bggr"}).count("colour_order") == 1);
    CHECK(found_by_program({"sensor.exposure=300 us"}).count("too_dark") == 1);
    CHECK(found_by_program({"isp.digital_gain=6.5"}).count("too_bright") == 1);
    // A strip of the array for a network of 4 to 3.
    CHECK(found_by_program({"isp.window_width=676", "isp.window_height=200"}).count("aspect") == 1);
    CHECK(found_by_program({"isp.window_width=160", "isp.window_height=120"}).count("crop") == 1);
}

TEST_CASE("the doctor finds a range that is too narrow, and names the layer") {
    dsp::network n = parcels();
    const std::size_t l = weighted_layer(n, 2);
    n.tensors[static_cast<std::size_t>(n.layers[l].outputs[0])].quant.scale[0] /= 12;
    const auto list = layer_findings(n);
    REQUIRE(!list.empty());
    CHECK(list[0].what == "range_too_narrow");
    CHECK(contains(list[0].layer, n.layers[l].name.substr(0, 20)));
}

TEST_CASE("the doctor finds a range that is too wide, and names the layer") {
    dsp::network n = parcels();
    const std::size_t l = weighted_layer(n, 2);
    n.tensors[static_cast<std::size_t>(n.layers[l].outputs[0])].quant.scale[0] *= 64;
    const auto list = layer_findings(n);
    REQUIRE(!list.empty());
    CHECK(list[0].what == "range_too_wide");
    CHECK(contains(list[0].layer, n.layers[l].name.substr(0, 20)));
}

TEST_CASE("the doctor finds dead channels, and names the layer") {
    dsp::network n = parcels();
    const std::size_t l = weighted_layer(n, 1);
    auto& w = n.tensors[static_cast<std::size_t>(n.layers[l].inputs[1])];
    // Three of four output channels without weights.
    const std::size_t each = w.data.size() / static_cast<std::size_t>(w.shape[0]);
    for (std::size_t o = 0; o < static_cast<std::size_t>(w.shape[0]); ++o)
        if (o % 4 != 0)
            std::fill_n(w.data.begin() + static_cast<std::ptrdiff_t>(o * each), each,
                        std::uint8_t{0});
    const auto list = layer_findings(n);
    REQUIRE(!list.empty());
    CHECK(list[0].what == "dead_channels");
    CHECK(contains(list[0].layer, n.layers[l].name.substr(0, 20)));
}

TEST_CASE("the doctor finds nothing in real networks on their own inputs") {
    if (!have_test_data())
        return;
    const std::pair<const char*, const char*> cases[] = {
        {"nets/tflite/mlperf_ic_resnet_quant.tflite", "golden/mlperf_ic_resnet_quant/cat/in.bin"},
        {"nets/tflite/mlperf_vww_96_int8.tflite", "golden/mlperf_vww_96_int8/cat/in.bin"}};
    for (const auto& [name, in] : cases) {
        if (!std::filesystem::exists(test_data(name)) || !std::filesystem::exists(test_data(in)))
            continue;
        INFO(name);
        const dsp::network n = dsp::read_network(test_data(name));
        const std::string bytes = file_bytes(test_data(in));
        const auto layers = look_at_layers(n, {bytes.begin(), bytes.end()});
        for (const auto& f : judge_layers(layers))
            UNSCOPED_INFO(f.what << " " << f.layer << " " << f.says);
        CHECK(judge_layers(layers).empty());
    }
}

TEST_CASE("doctor: mistakes on the command line") {
    CHECK(ocellus_program({"doctor"}).exit_code == 2);
    CHECK(ocellus_program({"doctor", "none"}).exit_code == 2);
    CHECK(ocellus_program({"doctor", "builtin:parcels", "--frames", "3"}).exit_code == 2);
}
