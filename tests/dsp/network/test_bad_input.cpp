// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/diagnostics.h"
#include "dsp/network/check.h"
#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"
#include "made_onnx.h"
#include "made_tflite.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::dsp;
using namespace ocellus::dsp::tflite_detail;

// One wrong thing at a time, in either format: the message names the layer and the tensor; and
// several at once: a line for each.

namespace {

/// What a network_error said, a line for each finding; "accepted" otherwise.
std::string refusal(const std::string& bytes) {
    try {
        read_network_bytes(bytes, "net");
    } catch (const network_error& e) {
        CHECK(e.code() == exit_code::usage);
        CHECK(static_cast<int>(e.code()) == 2);
        const std::string text = e.what();
        CHECK(std::count(text.begin(), text.end(), '\n') + 1 ==
              static_cast<std::ptrdiff_t>(e.findings().size()));
        return text;
    }
    return "accepted";
}

/// Two convolutions, x to y to z, of tensors that `make` returns as {x, y, weights, z}. A cycle
/// has z as the first one's input.
template <class Make>
std::string flat(const Make& make, bool cycle = false) {
    tflite_maker m;
    const std::array<int, 4> t = make(m);
    const auto o = [&] { return tfl::Createconv_2d_options(m.b_, 1, 1, 1, 0).Union(); };
    m.layer(builtin_conv_2d, {cycle ? t[3] : t[0], t[2], -1}, {t[1]}, tfl::builtin_options_conv_2d,
            o());
    m.layer(builtin_conv_2d, {t[1], t[2], -1}, {t[3]}, tfl::builtin_options_conv_2d, o());
    return m.file({t[0]}, {t[3]});
}

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return true;
}

}  // namespace

TEST_CASE("TensorFlow Lite: one fault each, by layer and tensor", "[network]") {
    const std::vector<int> picture = {1, 2, 2, 1};
    CHECK(refusal(flat([&](tflite_maker& m) {
              return std::array{m.activation(picture), m.activation(picture),
                                m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
          })) == "accepted");
    SECTION("a cycle") {
        const auto text = refusal(flat(
            [&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture),
                                  m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
            },
            true));
        has(text,
            "net: layer 0 (conv2d 't1'): input 0 ('t3') is used before any layer has written "
            "it: the graph has a cycle");
    }
    SECTION("a dynamic dimension") {
        const auto text = refusal(flat([&](tflite_maker& m) {
            return std::array{m.activation(picture), m.activation({1, -1, 2, 1}),
                              m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
        }));
        has(text, "net: layer 0 (CONV_2D 't1'): its output 't1' has shape [1x-1x2x1]: dynamic");
        CHECK(text.find('\n') == std::string::npos);  // said once, though two layers meet it
    }
    SECTION("a dimension of zero") {
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation({1, 2, 0, 1}), m.activation(picture),
                                  m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
            })),
            "net: layer 0 (CONV_2D 't1'): its input 't0' has shape [1x2x0x1]: dynamic and empty");
    }
    SECTION("absurd sizes") {
        for (const std::vector<int>& shape :
             {std::vector<int>{1, 2147483647, 2147483647, 2147483647},
              std::vector<int>{65536, 65536, 1, 1}})
            has(refusal(flat([&](tflite_maker& m) {
                    return std::array{m.activation(picture), m.activation(picture),
                                      m.weights({1, 1, 1, 1}, {2}), m.activation(shape)};
                })),
                "net: layer 1 (CONV_2D 't3'): its output 't3' has shape [" +
                    std::to_string(shape[0]) + "x");
        // Weights that claim more than their buffer holds.
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture),
                                  m.weights({1, 16384, 16384, 1}, {2}), m.activation(picture)};
            })),
            "its input 't2' holds 1 bytes, its shape [1x16384x16384x1] of int8 needs 268435456");
    }
    SECTION("no quantization") {
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture),
                                  m.weights({1, 1, 1, 1}, {2}),
                                  m.tensor(picture, tflite_maker::int8)};
            })),
            "net: layer 1 (conv2d 't3'): output 't3' has no quantization");
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture),
                                  m.weights({1, 1, 1, 1}, {2}, {}), m.activation(picture)};
            })),
            "net: layer 0 (conv2d 't1'): its weights 't2' have no quantization");
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture, 0.0f),
                                  m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
            })),
            "net: layer 0 (conv2d 't1'): its output 't1' has scale 0, expected a positive number");
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.activation(picture), m.activation(picture, 0.5f, 300),
                                  m.weights({1, 1, 1, 1}, {2}), m.activation(picture)};
            })),
            "its output 't1' has zero point 300, outside the range of int8");
    }
    SECTION("element types") {
        const std::pair<int, const char*> types[] = {{1, "float16"},   {5, "string"},
                                                     {10, "float64"},  {15, "uint32"},
                                                     {18, "bfloat16"}, {99, "of type number 99"}};
        for (const auto& [code, name] : types)
            has(refusal(flat([&, code = code](tflite_maker& m) {
                    return std::array{m.activation(picture), m.activation(picture),
                                      m.weights({1, 1, 1, 1}, {2}),
                                      m.tensor(picture, static_cast<std::int8_t>(code))};
                })),
                "net: layer 1 (CONV_2D 't3'): its output 't3' is " + std::string(name) +
                    ": expected int8, uint8 or int16");
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{
                    m.activation(picture), m.activation(picture),
                    m.weights({1, 1, 1, 1}, {2, 0, 0, 0}, {{1.0f}, {0}}, tflite_maker::int32),
                    m.activation(picture)};
            })),
            "net: layer 0 (conv2d 't1'): its weights 't2' are int32");
        has(refusal(flat([&](tflite_maker& m) {
                return std::array{m.real(picture), m.real(picture), m.reals({2.0f}, {1, 1, 1, 1}),
                                  m.real(picture)};
            })),
            "net: layer 0 (CONV_2D 't1'): works on float numbers, and is the first such layer");
    }
}

TEST_CASE("TensorFlow Lite: several faults, a line each", "[network]") {
    tflite_maker m;
    const std::vector<int> picture = {1, 2, 2, 1};
    const int x = m.activation(picture), a = m.activation(picture), b = m.activation(picture);
    const int open = m.activation({1, -1, 2, 1}), none = m.tensor(picture, tflite_maker::int8);
    const int half = m.tensor(picture, 1), wrong = m.activation({1, 3, 2, 1});
    m.layer(50, {x}, {a});                // LOG_SOFTMAX
    m.layer(builtin_relu, {a}, {open});   // dynamic
    m.layer(builtin_relu, {open}, {b});   // behind it
    m.layer(builtin_relu, {b}, {none});   // no quantization
    m.layer(builtin_relu, {x}, {half});   // float16
    m.layer(builtin_relu, {x}, {wrong});  // another size
    const std::string text = refusal(m.file({x}, {none, half, wrong}));
    has(text, "layer 0 (LOG_SOFTMAX 't1'): this operator is not supported");
    has(text, "layer 1 (RELU 't3'): its output 't3' has shape [1x-1x2x1]");
    has(text, "layer 3 (relu 't4'): output 't4' has no quantization");
    has(text, "layer 4 (RELU 't5'): its output 't5' is float16");
    has(text, "layer 5 (relu 't6'): its input [1x2x2x1] and output [1x3x2x1] differ in size");
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("ONNX: one fault each, by node and tensor", "[network]") {
    // x -> Conv -> y -> Relu -> z
    const auto made = [](const std::function<void(onnx_maker&)>& change) {
        onnx_maker m;
        const auto x = m.quantized_input("x", {1, 1, 2, 2});
        m.node("Conv", {x, m.weights({2}, {1, 1, 1, 1})}, {"c"});
        const auto y = m.quantize("c");
        m.node("Relu", {y}, {"z"});
        m.quantized_output("z");
        change(m);
        return refusal(m.file());
    };
    const auto shape_of_input = [](onnx_maker& m) {
        return m.model()
            .mutable_graph()
            ->mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape();
    };
    CHECK(made([](onnx_maker&) {}) == "accepted");
    SECTION("a cycle") {
        const auto text = made([](onnx_maker& m) {
            for (auto& n : *m.model().mutable_graph()->mutable_node())
                if (n.op_type() == "Conv")
                    n.set_input(0, "c_qd");
        });
        has(text,
            "net: node 2 (Conv 'c'): input 'c_qd' is computed by node 4 (DequantizeLinear "
            "'c_qd'), which comes later: the graph has a cycle");
    }
    SECTION("an input that nothing makes") {
        has(made([](onnx_maker& m) {
                for (auto& n : *m.model().mutable_graph()->mutable_node())
                    if (n.op_type() == "Conv")
                        n.set_input(0, "nowhere");
            }),
            "(Conv 'c'): input 'nowhere' is no input or constant of the graph, and no node");
    }
    SECTION("a dynamic dimension") {
        has(made(
                [&](onnx_maker& m) { shape_of_input(m)->mutable_dim(2)->set_dim_param("height"); }),
            "net: input 'x' of node 0 (DequantizeLinear 'x_d') has a dynamic or empty dimension 2 "
            "('height')");
    }
    SECTION("a dimension of zero") {
        has(made([&](onnx_maker& m) { shape_of_input(m)->mutable_dim(3)->set_dim_value(0); }),
            "net: input 'x' of node 0 (DequantizeLinear 'x_d') has a dynamic or empty dimension 3");
    }
    SECTION("absurd sizes") {
        has(made([&](onnx_maker& m) {
                shape_of_input(m)->mutable_dim(2)->set_dim_value(std::int64_t{1} << 62);
            }),
            "net: input 'x' of node 0 (DequantizeLinear 'x_d') has an extent of "
            "4611686018427387904");
        has(made([&](onnx_maker& m) {
                shape_of_input(m)->mutable_dim(2)->set_dim_value(1 << 20);
                shape_of_input(m)->mutable_dim(3)->set_dim_value(1 << 20);
            }),
            "net: input 'x' of node 0 (DequantizeLinear 'x_d') has no shape, or more than");
        has(made([&](onnx_maker& m) {
                for (auto& t : *m.model().mutable_graph()->mutable_initializer())
                    if (t.dims_size() == 4)
                        t.set_dims(2, 1 << 20);
            }),
            " of node 1 (DequantizeLinear ");
    }
    SECTION("no quantization") {
        onnx_maker m;
        const auto x = m.quantized_input("x", {1, 1, 2, 2});
        m.node("Conv", {x, m.weights({2}, {1, 1, 1, 1})}, {"c"});
        m.node("MaxPool", {"c"}, {"p"});
        m.quantized_output("p");
        has(refusal(m.file()),
            "net: node 3 (MaxPool 'p'): works on 'c', a float result of conv2d "
            "'c' that no QuantizeLinear follows");
        has(made([](onnx_maker& k) {
                for (auto& t : *k.model().mutable_graph()->mutable_initializer())
                    if (t.float_data_size() == 1)
                        t.set_float_data(0, -1.0f);
            }),
            "has scale -1, expected a positive number");
    }
    SECTION("element types") {
        has(made([&](onnx_maker& m) {
                m.model()
                    .mutable_graph()
                    ->mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->set_elem_type(onnx::TensorProto::FLOAT16);
            }),
            "net: input 'x' of node 0 (DequantizeLinear 'x_d') has element type float16, expected "
            "float, int8 or uint8");
        onnx_maker m;
        m.input("x", onnx::TensorProto::FLOAT, {1, 1, 2, 2});
        m.node("Relu", {"x"}, {"y"});
        m.quantized_output("y");
        has(refusal(m.file()), "net: node 0 (Relu 'y'): works on the float input 'x'");
    }
}

TEST_CASE("ONNX: several faults, a line each", "[network]") {
    onnx_maker m;
    const auto x = m.quantized_input("x", {1, 1, 2, 2});
    m.node("Einsum", {x}, {"e"});
    m.quantize("e");
    m.node("Celu", {"e_qd"}, {"f"});
    m.quantized_output("f");
    // Scales a hundred million times apart: the layer is read, and cannot be computed.
    m.node("Relu", {x}, {"r"});
    m.node("QuantizeLinear", {"r", m.scale(1e-12f), m.zero(0)}, {"s"});
    m.output("s");
    m.node("Relu", {m.quantized_input("late", {1, 0})}, {"l"});
    m.quantized_output("l");
    const std::string text = refusal(m.file());
    has(text, "net: input 'late' of node ");
    has(text, "(Einsum 'e'): this operator is not supported");
    has(text, "(Celu 'f'): this operator is not supported");
    has(text, "(relu 'r'): scales 0.5 x 1 / ");
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("the program refuses a bad network with exit code 2", "[network]") {
    if (!std::filesystem::exists(program_path))
        return;
    const auto folder = std::filesystem::temp_directory_path() / "ocellus_bad_network";
    std::filesystem::create_directories(folder);
    const auto run = [&](const std::string& name, const std::string& bytes) {
        const std::string file = (folder / name).string();
        std::ofstream(file, std::ios::binary) << bytes;
        const int status = std::system(
            (std::string(program_path) + " network check " + file + " > /dev/null 2>&1").c_str());
        return WEXITSTATUS(status);
    };
    CHECK(run("bad.tflite", flat([](tflite_maker& m) {
                  return std::array{m.activation({1, 2, 2, 1}), m.activation({1, -1, 2, 1}),
                                    m.weights({1, 1, 1, 1}, {2}), m.activation({1, 2, 2, 1})};
              })) == 2);
    onnx_maker m;
    m.node("Einsum", {m.quantized_input("x", {1, 4})}, {"e"});
    m.quantized_output("e");
    CHECK(run("bad.onnx", m.file()) == 2);
    std::filesystem::remove_all(folder);
}
