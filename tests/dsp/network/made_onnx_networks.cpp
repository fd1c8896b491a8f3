// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <functional>

#include "made_networks.h"
#include "made_onnx.h"

using maker = onnx_maker;

namespace {

using names = std::vector<std::string>;
constexpr int int8 = onnx::TensorProto::INT8;
constexpr int uint8 = onnx::TensorProto::UINT8;
constexpr int real = onnx::TensorProto::FLOAT;

std::vector<std::int64_t> pattern(int count) {
    std::vector<std::int64_t> v;
    for (int i = 0; i < count; ++i)
        v.push_back((i * 37 + 11) % 251 - 125);
    return v;
}

class collection {
  public:
    void add(const std::string& name, const std::function<void(maker&)>& make, int set = 13) {
        maker m(set);
        make(m);
        all.push_back({"onnx/" + name, m.file()});
    }
    /// From one quantized activation to another.
    void plain(const std::string& name, const std::vector<int>& shape,
               const std::function<void(maker&, const std::string&)>& make, int set = 13) {
        add(
            name, [&](maker& m) { make(m, m.quantized_input("x", shape)); }, set);
    }
    void function(const char* kind, const std::vector<int>& shape = {1, 2, 3, 4}) {
        plain(kind, shape, [&](maker& m, const std::string& x) {
            m.node(kind, {x}, {"y"});
            m.quantized_output("y");
        });
    }
    void pair(const char* kind) {
        add(kind, [&](maker& m) {
            const auto a = m.quantized_input("a", {1, 2, 3, 4});
            const auto b = m.quantized_input("b", {1, 2, 1, 1});
            m.node(kind, {a, b}, {"y"});
            m.quantized_output("y");
        });
    }
    /// Results that are no quantized activations.
    void choice(const char* kind, const names& outputs,
                const std::function<void(maker&, onnx::NodeProto*)>& finish) {
        add(kind, [&](maker& m) {
            m.input("x", int8, {2, 5});
            m.node("DequantizeLinear", {"x", m.scale(0.5f), m.zero(0)}, {"x_d"});
            auto* n = m.node(kind, {"x_d"}, outputs);
            finish(m, n);
            for (const std::string& y : outputs)
                m.output(y);
        });
    }
    std::vector<made_network> all;
};

void add_products(collection& c) {
    c.plain("Conv", {1, 3, 5, 4}, [](maker& m, const std::string& x) {
        const auto w = m.weights(pattern(54), {2, 3, 3, 3}, {0.01f, 0.02f});
        auto* n = m.node("Conv", {x, w, m.reals({0.5f, -2.0f}, {2})}, {"y"});
        maker::attribute(n, "kernel_shape", {3, 3});
        maker::attribute(n, "pads", {1, 1, 1, 1});
        maker::attribute(n, "strides", {2, 1});
        m.node("Relu", {"y"}, {"r"});
        m.quantized_output("r");
    });
    c.plain("Conv depthwise", {1, 2, 4, 4}, [](maker& m, const std::string& x) {
        const auto w = m.weights(pattern(36), {4, 1, 3, 3});
        auto* n = m.node("Conv", {x, w}, {"y"});
        maker::attribute(n, "group", std::int64_t{2});
        maker::attribute(n, "auto_pad", "SAME_UPPER");
        m.node("Clip", {"y", m.scale(0.0f), m.scale(6.0f)}, {"r"});
        m.quantized_output("r");
    });
    c.plain("ConvTranspose", {1, 3, 2, 3}, [](maker& m, const std::string& x) {
        const auto w = m.weights(pattern(24), {3, 2, 2, 2});
        auto* n = m.node("ConvTranspose", {x, w}, {"y"});
        maker::attribute(n, "strides", {2, 2});
        m.quantized_output("y");
    });
    c.plain("Gemm", {1, 2, 2, 2}, [](maker& m, const std::string& x) {
        m.node("Flatten", {x}, {"f"});
        auto* n =
            m.node("Gemm", {"f", m.weights(pattern(24), {3, 8}), m.reals({1, 2, 3}, {3})}, {"y"});
        maker::attribute(n, "transB", std::int64_t{1});
        m.quantized_output("y");
    });
    c.plain("MatMul", {2, 4}, [](maker& m, const std::string& x) {
        m.node("MatMul", {x, m.weights(pattern(12), {4, 3})}, {"y"});
        m.node("Add", {"y", m.reals({1, 2, 3}, {3})}, {"z"});
        m.quantized_output("z");
    });
    c.add("MatMul of activations", [](maker& m) {
        const auto a = m.quantized_input("a", {2, 3, 4}), b = m.quantized_input("b", {2, 4, 5});
        m.node("MatMul", {a, b}, {"y"});
        m.quantized_output("y");
    });
    c.add(
        "QLinearConv",
        [](maker& m) {
            m.input("x", uint8, {1, 2, 3, 3});
            const names in = {"x",
                              m.scale(0.5f),
                              m.zero(128, uint8),
                              m.integers(int8, pattern(4), {2, 2, 1, 1}),
                              m.reals({0.1f, 0.2f}, {2}),
                              m.integers(int8, {0, 0}, {2}),
                              m.scale(0.5f),
                              m.zero(3, uint8),
                              m.integers(onnx::TensorProto::INT32, {5, 6}, {2})};
            m.node("QLinearConv", in, {"y"});
            m.output("y");
        },
        10);
    c.add("QLinearMatMul", [](maker& m) {
        m.input("x", int8, {2, 3});
        m.node("QLinearMatMul",
               {"x", m.scale(0.5f), m.zero(1), m.integers(int8, pattern(6), {3, 2}), m.scale(0.1f),
                m.zero(0), m.scale(0.5f), m.zero(0)},
               {"y"});
        m.output("y");
    });
    c.add("QGemm", [](maker& m) {
        m.input("x", int8, {2, 3});
        m.node("QGemm",
               {"x", m.scale(0.5f), m.zero(1), m.integers(int8, pattern(6), {3, 2}), m.scale(0.1f),
                m.zero(0), m.integers(onnx::TensorProto::INT32, {1, 2}, {2}), m.scale(0.5f),
                m.zero(0)},
               {"y"});
        m.output("y");
    });
    c.add("ConvInteger", [](maker& m) {
        m.input("x", uint8, {1, 1, 3, 3});
        m.node("ConvInteger",
               {"x", m.integers(uint8, {1, 2, 3, 4}, {1, 1, 2, 2}), m.zero(1, uint8)}, {"y"});
        m.output("y");
    });
    c.add("MatMulInteger", [](maker& m) {
        m.input("x", int8, {2, 3});
        m.node("MatMulInteger", {"x", m.integers(int8, pattern(6), {3, 2})}, {"y"});
        m.output("y");
    });
}

void add_elements(collection& c) {
    for (const char* kind : {"Add", "Sub", "Mul", "Div", "Max", "Min"})
        c.pair(kind);
    c.add("PRelu", [](maker& m) {
        const auto x = m.quantized_input("x", {1, 2, 3, 4});
        m.node("PRelu", {x, m.weights({3, -5}, {2, 1, 1})}, {"y"});
        m.quantized_output("y");
    });
    for (const char* kind : {"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"})
        c.add(kind, [&](maker& m) {
            const auto a = m.quantized_input("a", {1, 6}), b = m.quantized_input("b", {1, 6});
            m.node(kind, {a, b}, {"y"});
            m.output("y");
        });
    for (const char* kind : {"QLinearAdd", "QLinearMul"})
        c.add(kind, [&](maker& m) {
            m.input("a", int8, {1, 6});
            m.input("b", int8, {1, 6});
            m.node(kind,
                   {"a", m.scale(0.5f), m.zero(1), "b", m.scale(0.25f), m.zero(2), m.scale(0.5f),
                    m.zero(3)},
                   {"y"});
            m.output("y");
        });
    for (const char* kind :
         {"Relu", "Tanh", "Sigmoid", "HardSwish", "LeakyRelu", "GlobalAveragePool"})
        c.function(kind);
    c.function("Softmax", {2, 5});
    for (const char* kind : {"QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax"})
        c.add(kind, [&](maker& m) {
            m.input("x", int8, {1, 6});
            m.node(kind, {"x", m.scale(0.5f), m.zero(1), m.scale(0.25f), m.zero(2)}, {"y"});
            m.output("y");
        });
    c.plain("swish", {1, 6}, [](maker& m, const std::string& x) {
        m.node("Sigmoid", {x}, {"s"});
        m.node("Mul", {x, "s"}, {"y"});
        m.quantized_output("y");
    });
    c.add("QuantizeLinear", [](maker& m) {
        m.input("x", real, {2, 3});
        auto* n = m.node("QuantizeLinear",
                         {"x", m.reals({0.5f, 0.25f}, {2}), m.integers(int8, {1, 2}, {2})}, {"y"});
        maker::attribute(n, "axis", std::int64_t{0});
        m.output("y");
    });
    c.add("DequantizeLinear", [](maker& m) {
        m.input("x", int8, {2, 3});
        m.node("DequantizeLinear", {"x", m.scale(0.5f), m.zero(1)}, {"y"});
        m.output("y");
    });
    c.plain("Cast", {1, 6}, [](maker& m, const std::string& x) {
        m.node("Relu", {x}, {"r"});
        m.node("QuantizeLinear", {"r", m.scale(0.5f), m.zero(0)}, {"q"});
        maker::attribute(m.node("Cast", {"q"}, {"y"}), "to",
                         std::int64_t{onnx::TensorProto::INT32});
        m.output("y");
    });
    c.add("DynamicQuantizeLinear", [](maker& m) {
        m.input("x", real, {2, 3});
        m.node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"});
        for (const char* y : {"y", "s", "z"})
            m.output(y);
    });
}

void add_pools(collection& c) {
    for (const char* kind : {"MaxPool", "AveragePool"})
        c.plain(kind, {1, 2, 5, 4}, [&](maker& m, const std::string& x) {
            auto* n = m.node(kind, {x}, {"y"});
            maker::attribute(n, "kernel_shape", {3, 2});
            maker::attribute(n, "pads", {1, 1, 1, 0});
            maker::attribute(n, "strides", {2, 2});
            m.quantized_output("y");
        });
    c.add("QLinearAveragePool", [](maker& m) {
        m.input("x", int8, {1, 2, 4, 4});
        auto* n = m.node("QLinearAveragePool",
                         {"x", m.scale(0.5f), m.zero(1), m.scale(0.25f), m.zero(2)}, {"y"});
        maker::attribute(n, "kernel_shape", {2, 2});
        m.output("y");
    });
    c.add("QLinearGlobalAveragePool", [](maker& m) {
        m.input("x", int8, {1, 2, 4, 4});
        m.node("QLinearGlobalAveragePool",
               {"x", m.scale(0.5f), m.zero(1), m.scale(0.25f), m.zero(2)}, {"y"});
        m.output("y");
    });
    c.function("GlobalMaxPool");
    for (const char* kind : {"ReduceMean", "ReduceMax", "ReduceMin"})
        c.plain(kind, {1, 2, 3, 4}, [&](maker& m, const std::string& x) {
            auto* n = m.node(kind, {x}, {"y"});
            maker::attribute(n, "axes", {2, 3});
            m.quantized_output("y");
        });
    c.plain("ReduceSum", {2, 3}, [](maker& m, const std::string& x) {
        m.node("ReduceSum", {x, m.list({-1})}, {"y"});
        m.quantized_output("y");
    });
}

void add_moves(collection& c) {
    c.plain("Reshape", {1, 2, 1, 1}, [](maker& m, const std::string& x) {
        m.node("Reshape", {x, m.list({1, -1})}, {"y"});
        m.quantized_output("y");
    });
    c.plain("Squeeze", {1, 2, 1, 1}, [](maker& m, const std::string& x) {
        m.node("Squeeze", {x, m.list({2, 3})}, {"y"});
        m.node("Unsqueeze", {"y", m.list({2})}, {"z"});
        m.quantized_output("z");
    });
    c.plain("Transpose", {1, 2, 3, 4}, [](maker& m, const std::string& x) {
        maker::attribute(m.node("Transpose", {x}, {"t"}), "perm", {0, 2, 3, 1});
        m.node("Relu", {"t"}, {"y"});
        m.quantized_output("y");
    });
    c.plain("Pad", {1, 2, 3, 4}, [](maker& m, const std::string& x) {
        m.node("Pad", {x, m.list({0, 0, 1, 2, 0, 0, 0, 1})}, {"y"});
        m.quantized_output("y");
    });
    c.add("Concat", [](maker& m) {
        const auto a = m.quantized_input("a", {1, 2, 3, 4});
        const auto b = m.quantized_input("b", {1, 1, 3, 4}, 0.25f, 3);
        maker::attribute(m.node("Concat", {a, b}, {"y"}), "axis", std::int64_t{1});
        m.quantized_output("y");
    });
    c.add("QLinearConcat", [](maker& m) {
        m.input("a", int8, {1, 2});
        m.input("b", int8, {1, 3});
        auto* n = m.node("QLinearConcat",
                         {m.scale(0.5f), m.zero(0), "a", m.scale(0.5f), m.zero(1), "b",
                          m.scale(0.25f), m.zero(2)},
                         {"y"});
        maker::attribute(n, "axis", std::int64_t{1});
        m.output("y");
    });
    c.plain("Slice", {1, 4, 3, 4}, [](maker& m, const std::string& x) {
        m.node("Slice", {x, m.list({1, 0}), m.list({4, 2}), m.list({1, -1}), m.list({2, 1})},
               {"y"});
        m.quantized_output("y");
    });
    c.plain("Split", {1, 4, 3, 4}, [](maker& m, const std::string& x) {
        maker::attribute(m.node("Split", {x, m.list({1, 3})}, {"y", "z"}), "axis", std::int64_t{1});
        m.quantized_output("y");
        m.quantized_output("z");
    });
    c.plain("Resize", {1, 2, 3, 4}, [](maker& m, const std::string& x) {
        m.node("Resize", {x, "", m.reals({1, 1, 2, 2}, {4})}, {"y"});
        m.quantized_output("y");
    });
    c.plain("SpaceToDepth", {1, 2, 4, 4}, [](maker& m, const std::string& x) {
        maker::attribute(m.node("SpaceToDepth", {x}, {"y"}), "blocksize", std::int64_t{2});
        m.quantized_output("y");
    });
    c.plain("DepthToSpace", {1, 8, 2, 2}, [](maker& m, const std::string& x) {
        auto* n =
            maker::attribute(m.node("DepthToSpace", {x}, {"y"}), "blocksize", std::int64_t{2});
        maker::attribute(n, "mode", "CRD");
        m.quantized_output("y");
    });
    c.plain("Gather", {2, 4}, [](maker& m, const std::string& x) {
        maker::attribute(m.node("Gather", {x, m.list({3, 0, -1})}, {"y"}), "axis", std::int64_t{1});
        m.quantized_output("y");
    });
    c.plain("Identity", {2, 4}, [](maker& m, const std::string& x) {
        m.node("Identity", {x}, {"i"});
        m.node("Relu", {"i"}, {"y"});
        m.quantized_output("y");
    });
    c.plain("Constant", {2, 4}, [](maker& m, const std::string& x) {
        auto* a = m.node("Constant", {}, {"k"})->add_attribute();
        a->set_name("value");
        a->set_type(onnx::AttributeProto::TENSOR);
        a->mutable_t()->set_data_type(real);
        a->mutable_t()->add_float_data(0.25f);
        m.node("LeakyRelu", {x}, {"y"});
        m.node("QuantizeLinear", {"y", "k"}, {"z"});
        m.output("z");
    });
}

void add_choices(collection& c) {
    for (const char* kind : {"ArgMax", "ArgMin"})
        c.choice(kind, {"y"},
                 [](maker&, onnx::NodeProto* n) { maker::attribute(n, "axis", std::int64_t{1}); });
    c.choice("TopK", {"y", "i"}, [](maker& m, onnx::NodeProto* n) { n->add_input(m.list({2})); });
    c.add("NonMaxSuppression", [](maker& m) {
        m.input("boxes", real, {1, 4, 4});
        m.input("scores", real, {1, 2, 4});
        m.node("NonMaxSuppression", {"boxes", "scores", m.list({3}), m.scale(0.5f), m.scale(0.1f)},
               {"y"});
        m.output("y");
    });
}

}  // namespace

std::vector<made_network> made_onnx_networks() {
    collection c;
    add_products(c);
    add_elements(c);
    add_pools(c);
    add_moves(c);
    add_choices(c);
    return c.all;
}
