// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "golden.h"
#include "tests/test_data.h"

using namespace ocellus::dsp;

namespace {

/// Quantizes float inputs and returns float outputs, as the file's ends describe them.
std::vector<float> run_float(const network& n, const std::vector<float>& input) {
    const tensor& x = n.input();
    REQUIRE(x.elements() == input.size());
    const std::int32_t low = x.type == element::int8 ? -128 : 0;
    std::vector<std::uint8_t> bytes;
    for (float real : input) {
        const float q =
            std::nearbyint(real / x.quant.scale[0]) + static_cast<float>(x.quant.zero_point[0]);
        const float bounded =
            std::min(std::max(q, static_cast<float>(low)), static_cast<float>(low + 255));
        bytes.push_back(static_cast<std::uint8_t>(static_cast<std::int32_t>(bounded)));
    }
    const auto outputs = run(n, {bytes});
    const tensor& y = n.tensors[static_cast<std::size_t>(n.outputs[0])];
    std::vector<float> reals;
    for (std::uint8_t byte : outputs.at(0)) {
        const std::int32_t q = y.type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
        reals.push_back(static_cast<float>(q - y.quant.zero_point[0]) * y.quant.scale[0]);
    }
    return reals;
}

std::vector<float> read_floats(const std::string& path) {
    const std::vector<std::uint8_t> bytes = read_bytes(path);
    std::vector<float> reals(bytes.size() / 4);
    std::memcpy(reals.data(), bytes.data(), reals.size() * 4);
    return reals;
}

}  // namespace

TEST_CASE("QDQ twins of the MLPerf Tiny networks equal ONNX Runtime", "[network]") {
    if (!have_test_data())
        return;
    for (const auto& [name, input] : {std::pair{"mlperf_vww_96_int8", "cat"},
                                      {"mlperf_vww_96_int8", "grace_hopper"},
                                      {"mlperf_ic_resnet_quant", "cat"},
                                      {"mlperf_ic_resnet_quant", "grace_hopper"},
                                      {"mlperf_ic_resnet_quant", "parrot"},
                                      {"tflm_person_detect", "person"},
                                      {"tflm_person_detect", "no_person"}}) {
        INFO(name << "/" << input);
        const std::string folder = test_data(std::string("golden/") + name + "/" + input + "/");
        const network n =
            read_network(test_data(std::string("nets/onnx/qdq_converted/") + name + "_qdq.onnx"));
        CHECK(n.arithmetic == rounding::onnx);
        const auto outputs = run(n, {read_bytes(folder + "in.bin")});
        CHECK(difference(outputs.at(0), read_bytes(folder + "out0_ort_literal.bin")) == "equal");
        // Fusing makes the runtime average integers instead of float numbers: one picture differs.
        if (input != std::string("parrot"))
            CHECK(difference(outputs.at(0), read_bytes(folder + "out0_ort_fused.bin")) == "equal");
    }
}

TEST_CASE("a keyword network in both ONNX styles equals ONNX Runtime", "[network]") {
    if (!have_test_data())
        return;
    const std::string folder = test_data("golden/onnx_micro_kws/");
    const std::vector<float> input = read_floats(folder + "in_f32.bin");
    for (const char* style : {"qdq", "qoperator"}) {
        const std::string name = std::string("micro_kws_m_static_") + style;
        const network n = read_network(test_data("nets/onnx/micro_kws/" + name + ".onnx"));
        const std::vector<float> outputs = run_float(n, input);
        for (const char* mode : {"disabled", "all"}) {
            const std::vector<float> golden =
                read_floats(folder + name + ".out_ort_" + mode + ".bin");
            INFO(name << " " << mode);
            CHECK(outputs == golden);
        }
    }
}
