// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

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
