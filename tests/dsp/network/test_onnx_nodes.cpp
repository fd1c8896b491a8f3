// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <map>

#include "core/diagnostics.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "golden.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::dsp;

// ONNX conformance nodes. Their scales and weights are inputs; a network has them as constants, so
// all inputs but the first become initializers.

namespace {

onnx::TensorProto read_tensor(const std::string& path) {
    onnx::TensorProto t;
    REQUIRE(t.ParseFromString(read_text(path)));
    return t;
}

std::vector<std::uint8_t> bytes_of(const onnx::TensorProto& t) {
    if (t.has_raw_data())
        return {t.raw_data().begin(), t.raw_data().end()};
    std::vector<std::uint8_t> bytes;
    for (std::int32_t v : t.int32_data())
        bytes.push_back(static_cast<std::uint8_t>(v));
    return bytes;
}

/// N,C,H,W to N,H,W,C, or back; other ranks stay.
std::vector<std::uint8_t> permuted(const std::vector<std::uint8_t>& from,
                                   const onnx::TensorProto& like, bool to_last) {
    if (like.dims_size() != 4)
        return from;
    const auto channels = static_cast<std::size_t>(like.dims(1));
    const auto pixels = static_cast<std::size_t>(like.dims(2) * like.dims(3));
    std::vector<std::uint8_t> to(from.size());
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < pixels; ++p)
            (to_last ? to[p * channels + c] : to[c * pixels + p]) =
                to_last ? from[c * pixels + p] : from[p * channels + c];
    return to;
}

/// "equal", how outputs differ, or the reader's refusal.
std::string outcome(const std::string& folder) {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(read_text(folder + "/model.onnx")));
    auto* graph = model.mutable_graph();
    const std::string data = folder + "/test_data_set_0/";
    for (int i = 1; i < graph->input_size(); ++i) {
        onnx::TensorProto t = read_tensor(data + "input_" + std::to_string(i) + ".pb");
        t.set_name(graph->input(i).name());
        *graph->add_initializer() = t;
    }
    const auto input = read_tensor(data + "input_0.pb"), output = read_tensor(data + "output_0.pb");
    try {
        const network n = read_network_bytes(model.SerializeAsString(), "node.onnx");
        const auto out = run(n, {permuted(bytes_of(input), input, true)}).at(0);
        return difference(permuted(out, output, false), bytes_of(output));
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        CHECK(std::string(e.what()).rfind("node.onnx: ", 0) == 0);
        return "refused";
    }
}

}  // namespace

TEST_CASE("ONNX conformance nodes give the expected integers or are refused by name", "[network]") {
    if (!have_test_data())
        return;
    std::map<std::string, std::string> outcomes;
    for (const auto& entry : std::filesystem::directory_iterator(test_data("nets/onnx/node")))
        outcomes[entry.path().filename().string()] = outcome(entry.path().string());
    CHECK(outcomes.size() == 29);
    // This golden output wraps around: the fifth sum is -236 and stands there as 20. The operator's
    // text says that results saturate, here to -128.
    const std::string wrapping = "test_qlinearmatmul_2D_int8_float32";
    CHECK(outcomes[wrapping] == "1 bytes differ, by at most 108");
    int equal = 0;
    for (const auto& [name, result] : outcomes) {
        INFO(name << ": " << result);
        if (name != wrapping)
            CHECK((result == "equal" || result == "refused"));
        equal += result == "equal" ? 1 : 0;
    }
    CHECK(outcomes["test_qlinearconv"] == "equal");
    CHECK(outcomes["test_qlinearmatmul_2D_uint8_float32"] == "equal");
    CHECK(equal == 2);
}
