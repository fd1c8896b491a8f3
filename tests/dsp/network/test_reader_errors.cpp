// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "core/diagnostics.h"
#include "core/random.h"
#include "dsp/network/check.h"
#include "dsp/network/executor.h"
#include "dsp/network/input_mapping.h"
#include "dsp/network/reader.h"
#include "golden.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

/// The message of the input_error that reading `bytes` must throw.
std::string refusal(const std::string& bytes, const std::string& name = "net.bin") {
    try {
        read_network_bytes(bytes, name);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return "accepted";
}

/// Reads damaged bytes: either a network that passes every check, or an input_error.
void read_damaged(const std::string& bytes, int& accepted, int& refused) {
    try {
        read_network_bytes(bytes, "damaged");
        ++accepted;
    } catch (const input_error&) {
        ++refused;
    }
}

std::vector<std::string> small_networks() {
    return {test_data("nets/tflite_layers/vww_layer0.tflite"),
            test_data("nets/tflite_layers/vww_layer30.tflite"),
            test_data("nets/tflite/tflm_hello_world_int8.tflite"),
            test_data("nets/onnx/migraphx/qlinearconv_pad_1_test.onnx"),
            test_data("nets/onnx/micro_kws/micro_kws_m_static_qdq.onnx"),
            test_data("nets/onnx/micro_kws/micro_kws_m_static_qoperator.onnx")};
}

network one_layer() {
    network n;
    tensor t;
    t.name = "picture";
    t.shape = {1, 2, 2, 1};
    t.quant = {{0.5f}, {0}};
    n.tensors = {t, t};
    n.tensors[1].name = "result";
    layer l;
    l.kind = op::relu;
    l.name = "act";
    l.inputs = {0};
    l.outputs = {1};
    n.layers = {l};
    n.inputs = {0};
    n.outputs = {1};
    return n;
}

std::string check_refusal(const network& n) {
    try {
        check_network(n, "net");
    } catch (const input_error& e) {
        return e.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("files that are no networks are refused", "[network]") {
    CHECK(refusal("").find("empty") != std::string::npos);
    CHECK(refusal("\x89PNG\r\n\x1a\n and more").find("not a network") != std::string::npos);
    CHECK(refusal("{\"json\": 1}").find("net.bin: not a network") == 0);
    CHECK(refusal(std::string("\0\0\0\0TFL3", 8)).find("damaged") != std::string::npos);
    CHECK(refusal(std::string("\x08\x07\xff\xff\xff", 5)).find("ONNX") != std::string::npos);
    CHECK_THROWS_AS(read_network("/nonexistent/net.tflite"), input_error);
    try {
        read_network("/nonexistent/net.tflite");
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::io);
    }
}

TEST_CASE("an unsupported operator is named with its layer", "[network]") {
    if (!have_test_data())
        return;
    const std::string file = test_data("nets/tflite/coral_split_concat.tflite");
    // The number of SPLIT, 49, becomes that of LOG_SOFTMAX.
    std::string bytes = read_text(file);
    std::replace(bytes.begin(), bytes.end(), '\x31', '\x32');
    const std::string message = refusal(bytes, file);
    CHECK(message.find(file) == 0);
    CHECK(message.find("layer 1 (LOG_SOFTMAX") != std::string::npos);
    CHECK(message.find("not supported") != std::string::npos);
    const std::string onnx =
        test_data("nets/onnx/node/test_dynamicquantizelinear_expanded/model.onnx");
    CHECK(refusal(read_text(onnx), onnx).find("node ") != std::string::npos);
}

TEST_CASE("truncated networks are refused", "[network]") {
    if (!have_test_data())
        return;
    for (const std::string& file : small_networks()) {
        INFO(file);
        const std::string bytes = read_text(file);
        int accepted = 0;
        int refused = 0;
        const std::size_t step = std::max<std::size_t>(1, bytes.size() / 200);
        for (std::size_t n = 0; n < bytes.size(); n += step)
            read_damaged(bytes.substr(0, n), accepted, refused);
        CHECK(refused > 0);
        // A cut may fall behind everything that matters; most must not.
        CHECK(accepted * 10 < refused);
    }
}

TEST_CASE("damaged networks are refused or remain executable", "[network]") {
    if (!have_test_data())
        return;
    int accepted = 0;
    int refused = 0;
    for (const std::string& file : small_networks()) {
        INFO(file);
        const std::string good = read_text(file);
        random_sequence random(3, purpose::test);
        for (int i = 0; i < 150; ++i) {
            std::string bytes = good;
            const std::uint32_t flips = 1 + random.below(4);
            for (std::uint32_t k = 0; k < flips; ++k)
                bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
                    static_cast<char>(random.below(256));
            read_damaged(bytes, accepted, refused);
            try {
                const network n = read_network_bytes(bytes, "damaged");
                std::uint64_t work = 0;
                for (const layer& l : n.layers)
                    work += macs_of(n, l);
                std::size_t size = 0;
                for (const tensor& t : n.tensors)
                    size += t.bytes();
                if (work > 10'000'000 || size > 10'000'000)
                    continue;
                std::vector<std::vector<std::uint8_t>> inputs;
                for (int t : n.inputs)
                    inputs.emplace_back(n.tensors[static_cast<std::size_t>(t)].bytes(),
                                        std::uint8_t{0x80});
                const bool equal = run(n, inputs, kernel_set::reference) == run(n, inputs);
                CHECK(equal);
            } catch (const input_error&) {
            }
        }
    }
    CHECK(accepted > 0);
    CHECK(refused > 0);
}

TEST_CASE("graphs that cannot be executed are refused with the layer's name", "[network]") {
    CHECK(check_refusal(one_layer()) == "accepted");
    network n = one_layer();
    n.layers[0].inputs = {7};
    CHECK(check_refusal(n).find("layer 0 (relu 'act'): input: tensor index 7 is out of range") !=
          std::string::npos);
    n = one_layer();
    n.tensors[1].shape = {1, 2, 0, 1};
    CHECK(check_refusal(n).find("dynamic and empty dimensions") != std::string::npos);
    n = one_layer();
    n.tensors[0].type = n.tensors[1].type = element::float32;
    CHECK(check_refusal(n).find("not int8") != std::string::npos);
    n = one_layer();
    n.tensors[1].quant = {};
    CHECK(check_refusal(n).find("no quantization") != std::string::npos);
    n = one_layer();
    n.tensors[1].quant.scale[0] = 0.0f;
    CHECK(check_refusal(n).find("scale") != std::string::npos);
    n = one_layer();
    n.tensors[1].shape = {1, 2, 3, 1};
    CHECK(check_refusal(n).find("differ in size") != std::string::npos);
    n = one_layer();
    n.outputs = {};
    CHECK(check_refusal(n).find("no output") != std::string::npos);
    n = one_layer();
    n.layers.push_back(n.layers[0]);
    CHECK(check_refusal(n).find("already written") != std::string::npos);
}

TEST_CASE("colour values take the whole range of the input's integers", "[network]") {
    network n = one_layer();
    n.tensors[0].shape = {1, 96, 80, 3};
    n.tensors[0].quant = {{1.0f / 127.5f}, {-1}};
    input_mapping m = mapping_of(n);
    CHECK(m.height == 96);
    CHECK(m.width == 80);
    CHECK(m.channels == 3);
    CHECK(m.byte_of(0) == 0x80);
    CHECK(m.byte_of(255) == 0x7f);
    CHECK(m.colour_of(m.byte_of(17)) == 17);
    CHECK(m.real_min == Approx(-127.0 / 127.5));
    CHECK(m.real_max == Approx(128.0 / 127.5));
    n.tensors[0].type = element::uint8;
    n.tensors[0].quant = {{1.0f / 255.0f}, {0}};
    m = mapping_of(n);
    CHECK(m.byte_of(200) == 200);
    CHECK(m.real_min == 0.0);
    CHECK(m.real_max == Approx(1.0));
}
