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

std::size_t width_of(const onnx::TensorProto& t) {
    return t.data_type() == onnx::TensorProto::INT64 ? 8
           : t.data_type() == onnx::TensorProto::INT32 || t.data_type() == onnx::TensorProto::FLOAT
               ? 4
               : 1;
}

std::vector<std::uint8_t> bytes_of(const onnx::TensorProto& t) {
    if (t.has_raw_data())
        return {t.raw_data().begin(), t.raw_data().end()};
    std::vector<std::uint8_t> bytes;
    const auto add = [&](const void* from, std::size_t count) {
        const auto* b = static_cast<const std::uint8_t*>(from);
        bytes.insert(bytes.end(), b, b + count);
    };
    for (std::int32_t v : t.int32_data())
        add(&v, width_of(t));
    for (float v : t.float_data())
        add(&v, 4);
    return bytes;
}

/// N,C,H,W to N,H,W,C, or back; other ranks stay.
std::vector<std::uint8_t> permuted(const std::vector<std::uint8_t>& from,
                                   const onnx::TensorProto& like, bool to_last) {
    if (like.dims_size() != 4)
        return from;
    const auto channels = static_cast<std::size_t>(like.dims(1));
    const auto pixels = static_cast<std::size_t>(like.dims(2) * like.dims(3));
    const std::size_t width = width_of(like);
    std::vector<std::uint8_t> to(from.size());
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < pixels; ++p) {
            const std::size_t last = (p * channels + c) * width, first = (c * pixels + p) * width;
            std::memcpy(to.data() + (to_last ? last : first),
                        from.data() + (to_last ? first : last), width);
        }
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
    const auto input = read_tensor(data + "input_0.pb");
    try {
        const network n = read_network_bytes(model.SerializeAsString(), "node.onnx");
        const auto out = run(n, {permuted(bytes_of(input), input, true)});
        REQUIRE(out.size() == static_cast<std::size_t>(graph->output_size()));
        std::string all = "equal";
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto expected = read_tensor(data + "output_" + std::to_string(i) + ".pb");
            const std::string one =
                difference(permuted(out[i], expected, false), bytes_of(expected));
            all = all == "equal" ? one : all;
        }
        return all;
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
    // These golden outputs wrap around: the fifth sum of the first is -236 and stands there as 20.
    // The operator's text says that results saturate, here to -128.
    const std::map<std::string, std::string> wrapping = {
        {"test_qlinearmatmul_2D_int8_float32", "1 bytes differ, by at most 108"},
        {"test_qlinearmatmul_3D_int8_float32", "4 bytes differ, by at most 11"}};
    // Element types and blocks of operator set 21, and graphs of float operators.
    const auto outside = [](const std::string& name) {
        for (const char* part : {"int16", "int4", "blocked", "expanded"})
            if (name.find(part) != std::string::npos)
                return true;
        return false;
    };
    int equal = 0, refused = 0;
    for (const auto& [name, result] : outcomes) {
        INFO(name << ": " << result);
        const auto at = wrapping.find(name);
        CHECK(result == (at != wrapping.end() ? at->second : outside(name) ? "refused" : "equal"));
        equal += result == "equal" ? 1 : 0;
        refused += result == "refused" ? 1 : 0;
    }
    CHECK(equal == 13);
    CHECK(refused == 14);
}
