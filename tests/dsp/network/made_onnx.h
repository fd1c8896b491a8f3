// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

/// Makes ONNX models, for tests only.
class onnx_maker {
  public:
    explicit onnx_maker(int operator_set = 13) {
        model_.set_ir_version(7);
        model_.add_opset_import()->set_version(operator_set);
        model_.mutable_graph()->set_name("made");
    }

    std::string input(const std::string& name, int type, const std::vector<int>& shape) {
        describe(model_.mutable_graph()->add_input(), name, type, shape);
        return name;
    }
    void output(const std::string& name) {
        describe(model_.mutable_graph()->add_output(), name, onnx::TensorProto::INT8, {});
    }
    onnx::NodeProto* node(const char* kind, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs) {
        auto* n = model_.mutable_graph()->add_node();
        n->set_op_type(kind);
        n->set_name(outputs.empty() ? kind : outputs[0]);
        for (const std::string& x : inputs)
            n->add_input(x);
        for (const std::string& y : outputs)
            n->add_output(y);
        return n;
    }
    std::string integers(int type, const std::vector<std::int64_t>& values,
                         const std::vector<int>& shape) {
        const std::string name = "c" + std::to_string(++counter_);
        auto* t = constant(name, type, shape);
        for (std::int64_t v : values)
            if (type == onnx::TensorProto::INT64)
                t->add_int64_data(v);
            else
                t->add_int32_data(static_cast<std::int32_t>(v));
        return name;
    }
    /// A list of int64, as axes and shapes are.
    std::string list(const std::vector<std::int64_t>& values) {
        return integers(onnx::TensorProto::INT64, values, {static_cast<int>(values.size())});
    }
    std::string reals(const std::vector<float>& values, const std::vector<int>& shape) {
        const std::string name = "c" + std::to_string(++counter_);
        auto* t = constant(name, onnx::TensorProto::FLOAT, shape);
        for (float v : values)
            t->add_float_data(v);
        return name;
    }
    std::string scale(float s) { return reals({s}, {}); }
    std::string zero(int z, int type = onnx::TensorProto::INT8) { return integers(type, {z}, {}); }

    /// An int8 input with DequantizeLinear behind it; returns the name of the float value.
    std::string quantized_input(const std::string& name, const std::vector<int>& shape,
                                float s = 0.5f, int z = 0, int type = onnx::TensorProto::INT8) {
        input(name, type, shape);
        node("DequantizeLinear", {name, scale(s), zero(z, type)}, {name + "_d"});
        return name + "_d";
    }
    /// QuantizeLinear and DequantizeLinear behind `x`; the integers are x + "_q".
    std::string quantize(const std::string& x, float s = 0.5f, int z = 0,
                         int type = onnx::TensorProto::INT8) {
        node("QuantizeLinear", {x, scale(s), zero(z, type)}, {x + "_q"});
        node("DequantizeLinear", {x + "_q", scale(s), zero(z, type)}, {x + "_qd"});
        return x + "_qd";
    }
    /// Quantizes `x` and makes its integers an output.
    void quantized_output(const std::string& x, float s = 0.5f, int z = 0,
                          int type = onnx::TensorProto::INT8) {
        node("QuantizeLinear", {x, scale(s), zero(z, type)}, {x + "_q"});
        output(x + "_q");
    }
    /// int8 weights behind a DequantizeLinear.
    std::string weights(const std::vector<std::int64_t>& values, const std::vector<int>& shape,
                        const std::vector<float>& scales = {0.5f}, int axis = 0) {
        const std::string w = integers(onnx::TensorProto::INT8, values, shape);
        const bool several = scales.size() > 1;
        auto* n = node("DequantizeLinear",
                       {w, reals(scales, several ? std::vector<int>{static_cast<int>(scales.size())}
                                                 : std::vector<int>{})},
                       {w + "_d"});
        if (several)
            attribute(n, "axis", std::int64_t{axis});
        return w + "_d";
    }
    static onnx::NodeProto* attribute(onnx::NodeProto* n, const char* name, std::int64_t v) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::INT);
        a->set_i(v);
        return n;
    }
    static onnx::NodeProto* attribute(onnx::NodeProto* n, const char* name, float v) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::FLOAT);
        a->set_f(v);
        return n;
    }
    static onnx::NodeProto* attribute(onnx::NodeProto* n, const char* name, const char* v) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::STRING);
        a->set_s(v);
        return n;
    }
    static onnx::NodeProto* attribute(onnx::NodeProto* n, const char* name,
                                      const std::vector<std::int64_t>& v) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::INTS);
        for (std::int64_t i : v)
            a->add_ints(i);
        return n;
    }
    void metadata(const std::string& key, const std::string& text) {
        auto* p = model_.add_metadata_props();
        p->set_key(key);
        p->set_value(text);
    }
    std::string file() const { return model_.SerializeAsString(); }
    onnx::ModelProto& model() { return model_; }

  private:
    static void describe(onnx::ValueInfoProto* info, const std::string& name, int type,
                         const std::vector<int>& shape) {
        info->set_name(name);
        auto* t = info->mutable_type()->mutable_tensor_type();
        t->set_elem_type(type);
        for (int d : shape)
            t->mutable_shape()->add_dim()->set_dim_value(d);
    }
    onnx::TensorProto* constant(const std::string& name, int type, const std::vector<int>& shape) {
        auto* t = model_.mutable_graph()->add_initializer();
        t->set_name(name);
        t->set_data_type(type);
        for (int d : shape)
            t->add_dims(d);
        return t;
    }

    onnx::ModelProto model_;
    int counter_ = 0;
};
