// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "dsp/network/check.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "golden.h"
#include "tests/test_data.h"

using namespace ocellus::dsp;

namespace {

/// The fastest kernels, and the reference where the network is small enough.
std::vector<kernel_set> kernels_for(const network& n) {
    std::uint64_t macs = 0;
    for (const layer& l : n.layers)
        macs += macs_of(n, l);
    std::vector<kernel_set> sets = {best_kernels()};
    if (macs < 20'000'000 && best_kernels() != kernel_set::reference)
        sets.push_back(kernel_set::reference);
    return sets;
}

/// Runs one golden input and compares the hash of every layer and the output bytes.
void compare_with_tflm(const std::string& name, const std::string& input) {
    const std::string folder = test_data("golden/" + name + "/" + input + "/");
    const network n = read_network(test_data("nets/tflite/" + name + ".tflite"));
    const nlohmann::json golden = nlohmann::json::parse(read_text(folder + "layers_tflm.json"));
    REQUIRE(n.layers.size() == golden.size());
    for (kernel_set kernels : kernels_for(n)) {
        int differing = 0;
        const auto check = [&](std::size_t i, const std::uint8_t* bytes, std::size_t count) {
            const std::string expected = golden[i].at("sha256_16").get<std::string>();
            if (sha256_16(bytes, count) == expected)
                return;
            if (differing++ == 0)
                FAIL_CHECK(name << "/" << input << ": layer " << i << " "
                                << golden[i].at("op").get<std::string>() << " differs");
        };
        const auto outputs = run(n, {read_bytes(folder + "in.bin")}, kernels, check);
        CHECK(differing == 0);
        CHECK(difference(outputs.at(0), read_bytes(folder + "out0_tflm.bin")) == "equal");
    }
}

void compare_with_tflite29(const std::string& name, const std::string& input) {
    const std::string folder = test_data("golden/" + name + "/" + input + "/");
    network n = read_network(test_data("nets/tflite/" + name + ".tflite"));
    n.arithmetic = rounding::tflite_x86;
    INFO(name << "/" << input);
    const auto outputs = run(n, {read_bytes(folder + "in.bin")});
    CHECK(difference(outputs.at(0), read_bytes(folder + "out0_tflite29.bin")) == "equal");
}

/// The same network in uint8: zero points, weights, clamps and constants 128 higher. Its sums are
/// the same numbers, and so are its results, 128 higher.
network in_uint8(network n) {
    std::vector<bool> changed(n.tensors.size(), false);
    for (std::size_t i = 0; i < n.tensors.size(); ++i) {
        tensor& t = n.tensors[i];
        if (t.type != element::int8)
            continue;
        changed[i] = true;
        t.type = element::uint8;
        for (std::int32_t& z : t.quant.zero_point)
            z += 128;
        for (std::uint8_t& b : t.data)
            b = static_cast<std::uint8_t>(b ^ 0x80);
    }
    for (layer& l : n.layers)
        if (changed[static_cast<std::size_t>(l.outputs[0])]) {
            l.clamp_min += 128;
            l.clamp_max += 128;
        }
    check_network(n, "in uint8");
    return n;
}

/// Every layer of a network in uint8 against the golden network in int8; how many layers until an
/// average has another half to round.
std::size_t equal_layers_in_uint8(const std::string& name, const std::string& input, rounding how,
                                  const char* golden) {
    INFO(name << "/" << input << " " << name_of(how));
    const std::string folder = test_data("golden/" + name + "/" + input + "/");
    network s = read_network(test_data("nets/tflite/" + name + ".tflite"));
    s.arithmetic = how;
    network u = in_uint8(s);
    const auto lowered = [&](int t, std::vector<std::uint8_t> bytes) {
        if (s.tensors[static_cast<std::size_t>(t)].type == element::int8)
            for (std::uint8_t& b : bytes)
                b = static_cast<std::uint8_t>(b ^ 0x80);
        return bytes;
    };
    const std::vector<std::uint8_t> in = read_bytes(folder + "in.bin");
    std::vector<std::vector<std::uint8_t>> layers;
    const auto keep = [&](std::size_t, const std::uint8_t* b, std::size_t count) {
        layers.emplace_back(b, b + count);
    };
    CHECK(difference(run(s, {in}, best_kernels(), keep).at(0), read_bytes(folder + golden)) ==
          "equal");
    std::size_t equal = 0;
    bool ties = false;
    std::vector<std::uint8_t> last = lowered(u.inputs[0], in);
    run(u, {last}, best_kernels(), [&](std::size_t i, const std::uint8_t* b, std::size_t count) {
        const layer& l = u.layers[i];
        const std::vector<std::uint8_t> bytes(b, b + count);
        const bool same = lowered(l.outputs[0], bytes) == layers[i];
        if (!ties && !same) {
            // Averages are those of the integers as they are, halves away from zero: of a sum below
            // zero a half goes down in int8, up in uint8.
            REQUIRE(l.kind == op::average_pool);
            const tensor& x = u.tensors[static_cast<std::size_t>(l.inputs[0])];
            const auto channels = static_cast<std::size_t>(x.shape[3]);
            const std::size_t pixels = x.elements() / channels;
            REQUIRE(count == channels);  // one window over the whole picture
            for (std::size_t c = 0; c < channels; ++c) {
                std::size_t sum = 0;
                for (std::size_t p = 0; p < pixels; ++p)
                    sum += last[p * channels + c];
                CHECK(bytes[c] == (sum + pixels / 2) / pixels);
                const bool half = 2 * (sum % pixels) == pixels;
                CHECK((half || (bytes[c] ^ 0x80) == layers[i][c]));
            }
            ties = true;
        }
        equal += ties ? 0 : 1;
        last = bytes;
    });
    return equal;
}

}  // namespace

TEST_CASE("every layer of the MLPerf Tiny networks equals the reference runtime", "[network]") {
    if (!have_test_data())
        return;
    for (const char* input : {"cat", "grace_hopper"})
        compare_with_tflm("mlperf_vww_96_int8", input);
    for (const char* input : {"cat", "grace_hopper", "parrot"})
        compare_with_tflm("mlperf_ic_resnet_quant", input);
    for (const char* input : {"noise0", "noise1", "noise2"})
        compare_with_tflm("mlperf_kws_ref", input);
}

TEST_CASE("every layer of person_detect and MobileNet V2 equals the reference runtime",
          "[network]") {
    if (!have_test_data())
        return;
    for (const char* input : {"person", "no_person"})
        compare_with_tflm("tflm_person_detect", input);
    for (const char* input : {"cat", "grace_hopper"})
        compare_with_tflm("coral_tf2_mobilenet_v2_1.0_224_ptq", input);
}

TEST_CASE("outputs equal TensorFlow Lite 2.9 on x86 in tflite_x86 arithmetic", "[network]") {
    if (!have_test_data())
        return;
    for (const char* input : {"cat", "grace_hopper"})
        compare_with_tflite29("mlperf_vww_96_int8", input);
    for (const char* input : {"cat", "grace_hopper", "parrot"})
        compare_with_tflite29("mlperf_ic_resnet_quant", input);
    for (const char* input : {"noise0", "noise1", "noise2"})
        compare_with_tflite29("mlperf_kws_ref", input);
    for (const char* input : {"cat", "grace_hopper"})
        compare_with_tflite29("coral_tf2_mobilenet_v2_1.0_224_ptq", input);
}

TEST_CASE("networks in uint8 equal both runtimes layer by layer", "[network]") {
    if (!have_test_data())
        return;
    struct row {
        const char* name;
        std::vector<const char*> inputs;
        std::size_t layers;
        std::size_t whole;  ///< inputs of both modes that meet no other half
    };
    const row rows[] = {
        {"mlperf_vww_96_int8", {"cat", "grace_hopper"}, 31, 4},
        {"coral_tf2_mobilenet_v2_1.0_224_ptq", {"cat", "grace_hopper"}, 68, 4},
        {"tflm_person_detect", {"person", "no_person"}, 31, 2},
        {"mlperf_ic_resnet_quant", {"cat", "grace_hopper", "parrot"}, 16, 2},
        {"mlperf_kws_ref", {"noise0", "noise1", "noise2"}, 13, 6},
    };
    for (const row& r : rows) {
        std::size_t whole = 0;
        for (const char* input : r.inputs) {
            const std::size_t n =
                equal_layers_in_uint8(r.name, input, rounding::tflite_ref, "out0_tflm.bin");
            whole += n == r.layers ? 1 : 0;
            CHECK(n + 4 >= r.layers);  // nothing but the tail behind a pool
            if (std::string(r.name) == "tflm_person_detect")
                continue;  // TensorFlow Lite 2.9 refuses it
            const std::size_t x =
                equal_layers_in_uint8(r.name, input, rounding::tflite_x86, "out0_tflite29.bin");
            whole += x == r.layers ? 1 : 0;
            CHECK(x + 4 >= r.layers);
        }
        INFO(r.name);
        CHECK(whole == r.whole);
    }
}

TEST_CASE("single layers equal the reference runtime", "[network]") {
    if (!have_test_data())
        return;
    int layers = 0;
    for (const auto& [name, count] : {std::pair{"toycar", 10}, std::pair{"vww", 31}})
        for (int i = 0; i < count; ++i) {
            const std::string stem = std::string(name) + "_layer" + std::to_string(i);
            INFO(stem);
            const network n = read_network(test_data("nets/tflite_layers/" + stem + ".tflite"));
            auto golden = read_npz(test_data("golden/layers/" + stem + ".npz"));
            for (kernel_set kernels : kernels_for(n)) {
                const auto outputs = run(n, {golden.at("in0")}, kernels);
                CHECK(difference(outputs.at(0), golden.at("out_tflm")) == "equal");
            }
            ++layers;
        }
    CHECK(layers == 41);
}
