// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"
#include "dsp/network/reader.h"

namespace ocellus::dsp::onnx_detail {

network onnx_reader::read() {
    parse();
    const onnx::GraphProto& graph = model_.graph();
    n_.source = file_;
    n_.name = graph.name();
    n_.arithmetic = rounding::onnx;
    read_metadata();
    finding_list found;
    for (const onnx::TensorProto& t : graph.initializer()) {
        value v;
        if (!found.run([&] { v.data = read_constant(t, t.name()); }))
            v.what = value::kind::broken;
        v.shape = v.data.shape;
        values_[t.name()] = std::move(v);
    }
    for (const onnx::ValueInfoProto& input : graph.input())
        if (values_.count(input.name()) == 0 && !found.run([&] { read_input(input); }))
            values_[input.name()].what = value::kind::broken;
    for (const onnx::NodeProto& node : graph.node())
        for (const std::string& name : node.input())
            ++uses_[name];
    for (const onnx::ValueInfoProto& output : graph.output())
        ++uses_[output.name()];
    for (index_ = 0; index_ < graph.node_size(); ++index_) {
        const onnx::NodeProto& node = graph.node(index_);
        const std::size_t before = n_.layers.size();
        if (breaks(node)) {
            found.run([&] { read_broken(node); });
        } else if (!found.run([&] { read_node(node); })) {
            mark_broken(node);
            n_.layers.resize(before);
        }
        for (std::size_t k = before; k < n_.layers.size(); ++k)
            n_.layers[k].place = index_;
    }
    for (const onnx::ValueInfoProto& output : graph.output()) {
        const auto at = values_.find(output.name());
        if (at == values_.end() || at->second.what != value::kind::broken)
            found.run([&] { n_.outputs.push_back(read_output(output.name())); });
    }
    const auto bits = n_.metadata.find("weight_bits");
    if (bits != n_.metadata.end())
        found.run([&] { set_weight_bits(n_, bits->second, file_); });
    if (!found.empty()) {
        // Whatever was read is wanted; what nobody read is an output.
        refused_parts refused;
        for (const layer& l : n_.layers)
            refused.wanted.insert(refused.wanted.end(), l.outputs.begin(), l.outputs.end());
        n_.outputs.clear();
        check_rest(n_, refused, file_, found);
    }
    found.raise(file_);
    if (n_.inputs.size() > static_cast<std::size_t>(graph.input_size()))
        fail_network(file_, "an input is quantized more than once");
    if (n_.layers.empty())
        fail_network(file_, "the network has no layers");
    remove_dead_layers(n_);
    remove_unused_tensors(n_);
    check_network(n_, file_);
    return std::move(n_);
}

void onnx_reader::parse() {
    if (bytes_.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        fail_network(file_, "the ONNX model is larger than 2 GiB");
    const google::protobuf::LogSilencer quiet;
    google::protobuf::io::ArrayInputStream array(bytes_.data(), static_cast<int>(bytes_.size()));
    google::protobuf::io::CodedInputStream stream(&array);
    stream.SetRecursionLimit(64);
    // A message cut between two fields still parses; what is missing shows below.
    if (!model_.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        fail_network(
            file_, fmt::format("the ONNX model is truncated or damaged ({} bytes)", bytes_.size()));
    if (!model_.has_graph() || model_.graph().node_size() == 0)
        fail_network(file_, "not an ONNX model: it has no graph with nodes");
    for (const onnx::OperatorSetIdProto& o : model_.opset_import())
        if (o.domain().empty() || o.domain() == "ai.onnx")
            opset_ = o.version();
    if (opset_ < 10)
        fail_network(file_, fmt::format("operator set {}, expected 10 or later", opset_));
}

void onnx_reader::read_metadata() {
    for (const onnx::StringStringEntryProto& p : model_.metadata_props())
        n_.metadata[p.key()] = p.value();
    const auto labels = n_.metadata.find("labels");
    if (labels == n_.metadata.end() || labels->second.empty())
        return;
    std::size_t from = 0;
    while (true) {
        const std::size_t comma = labels->second.find(',', from);
        std::string name = labels->second.substr(from, comma - from);
        name.erase(0, name.find_first_not_of(' '));
        name.erase(name.find_last_not_of(' ') + 1);
        n_.labels.push_back(name);
        if (comma == std::string::npos)
            return;
        from = comma + 1;
    }
}

void onnx_reader::bad(const std::string& message) const {
    fail_layer(file_, index_, node_kind_, node_name_, message, "node");
}

void onnx_reader::read_input(const onnx::ValueInfoProto& input) {
    const auto& type = input.type().tensor_type();
    const std::string who = "input '" + input.name() + "'" + reader_of(input.name());
    value v;
    for (int i = 0; i < type.shape().dim_size(); ++i) {
        const auto& d = type.shape().dim(i);
        std::int64_t extent = d.has_dim_value() ? d.dim_value() : 0;
        // A batch left open means one picture at a time here.
        if (i == 0 && extent <= 0)
            extent = 1;
        if (extent <= 0)
            fail_network(
                file_, fmt::format("{} has a dynamic or empty dimension {}{}; export the "
                                   "network with fixed sizes",
                                   who, i, d.has_dim_param() ? " ('" + d.dim_param() + "')" : ""));
        if (extent > largest_elements)
            fail_network(file_, fmt::format("{} has an extent of {}, expected at most {}", who,
                                            extent, largest_elements));
        v.shape.push_back(static_cast<int>(extent));
    }
    if (v.shape.empty() || !small(v.shape))
        fail_network(
            file_, fmt::format("{} has no shape, or more than {} elements", who, largest_elements));
    // A picture comes channels first, unless the network itself turns it around.
    const bool picture = v.shape.size() == 4 && !feeds_transpose(input.name());
    v.layout = picture ? order::channels_first : order::natural;
    if (type.elem_type() == onnx::TensorProto::FLOAT) {
        v.what = value::kind::float_input;
    } else if (const auto e = activation_type(type.elem_type())) {
        v.what = value::kind::integers;
        v.tensor_index = add_tensor(input.name(), memory_shape(v), *e);
        n_.inputs.push_back(v.tensor_index);
    } else {
        fail_network(file_, fmt::format("{} has element type {}, expected float, int8 or uint8",
                                        who, type_name(type.elem_type())));
    }
    values_[input.name()] = std::move(v);
}

std::string onnx_reader::reader_of(const std::string& name) const {
    for (int i = 0; i < model_.graph().node_size(); ++i) {
        const onnx::NodeProto& node = model_.graph().node(i);
        for (const std::string& x : node.input())
            if (x == name)
                return fmt::format(" of node {} ({} '{}')", i, node.op_type(), node_name(node));
    }
    return {};
}

std::string onnx_reader::node_name(const onnx::NodeProto& node) {
    return node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
}

std::string onnx_reader::type_name(std::int64_t type) {
    const auto* d = onnx::TensorProto::DataType_descriptor()->FindValueByNumber(
        static_cast<int>(std::clamp<std::int64_t>(type, -1, 1000)));
    std::string text = d ? d->name() : fmt::format("number {}", type);
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

bool onnx_reader::feeds_transpose(std::string name) const {
    for (const onnx::NodeProto& node : model_.graph().node()) {
        if (node.input_size() == 0 || input_name(node, 0) != name || node.output_size() == 0)
            continue;
        if (node.op_type() == "Transpose") {
            const std::vector<std::int64_t> perm = attributes(node).integers("perm");
            return perm == std::vector<std::int64_t>{0, 3, 1, 2};
        }
        if (node.op_type() != "QuantizeLinear" && node.op_type() != "DequantizeLinear" &&
            node.op_type() != "Identity")
            return false;
        name = node.output(0);
    }
    return false;
}

int onnx_reader::read_output(const std::string& name) {
    const auto at = values_.find(name);
    if (at == values_.end())
        fail_network(file_, fmt::format("output '{}' is computed by no node", name));
    const value& v = at->second;
    if (v.what == value::kind::indices)
        return v.tensor_index;
    if (v.what == value::kind::integers || v.what == value::kind::real_view) {
        return v.layout == order::flat_channels ? in_file_order(v, name).tensor_index
                                                : v.tensor_index;
    }
    if (v.what == value::kind::pending)
        fail_network(
            file_, fmt::format("output '{}' of {} '{}' is float: the network is not int8, expected "
                               "QuantizeLinear after its last layer",
                               name, name_of(v.draft.kind), v.draft.name));
    fail_network(file_, fmt::format("output '{}' is not the result of a layer", name));
}

bool onnx_reader::same_order(const value& a, const value& b) {
    return a.layout == b.layout && a.image == b.image && a.shape.size() == b.shape.size();
}

int onnx_reader::addend(const value& b, const value& x, const std::string& name) {
    if (b.what == value::kind::real_view)
        return b.tensor_index;
    if (b.what != value::kind::constant_view || !activation_type(b.data.type) ||
        b.quant.scale.size() != 1)
        bad(fmt::format("its operand '{}' must be an activation or an int8 constant", name));
    value c = b;
    if (x.layout == order::channels_first && x.shape.size() == 4 && c.shape.size() <= 4) {
        c.shape.insert(c.shape.begin(), 4 - c.shape.size(), 1);
        c = permuted_constant(c, {0, 2, 3, 1});
    }
    tensor t;
    t.name = name;
    t.type = *activation_type(c.data.type);
    t.quant = c.quant;
    for (std::int64_t q : c.data.integers)
        t.data.push_back(static_cast<std::uint8_t>(q));
    t.shape = c.shape;
    if (x.layout == order::flat_channels && t.data.size() != 1)
        bad(fmt::format("constant operand [{}] must be one number behind a flattening",
                        fmt::join(b.shape, "x")));
    if (t.data.empty() || !broadcast_constant(t, memory_shape(x)))
        bad(fmt::format("constant operand [{}] does not fit [{}], or is too large there",
                        fmt::join(b.shape, "x"), fmt::join(x.shape, "x")));
    n_.tensors.push_back(std::move(t));
    return static_cast<int>(n_.tensors.size()) - 1;
}

value onnx_reader::pair(const onnx::NodeProto& node, op kind, const value& a, const value& b,
                        const std::string& a_name, const std::string& b_name) {
    const bool first = a.what == value::kind::real_view;
    value x = first ? a : b;
    require_view(x, first ? a_name : b_name);
    if (!first && kind != op::add && kind != op::mul && kind != op::maximum && kind != op::minimum)
        bad(fmt::format("'{}' is a constant first operand: this is not supported", a_name));
    value other = first ? b : a;
    if (other.what == value::kind::real_view && !same_order(x, other)) {
        x = in_file_order(x, node_name_);
        other = in_file_order(other, node_name_);
    }
    value v = start(node, kind, x);
    v.draft.inputs.push_back(addend(other, x, first ? b_name : a_name));
    if (other.what != value::kind::real_view)
        return v;
    // Aligned at the last dimension; those of one repeat.
    std::vector<int> right = other.shape;
    right.insert(right.begin(), x.shape.size() - std::min(x.shape.size(), right.size()), 1);
    v.shape.insert(v.shape.begin(), right.size() - v.shape.size(), 1);
    for (std::size_t d = 0; d < v.shape.size(); ++d) {
        if (v.shape[d] != right[d] && v.shape[d] != 1 && right[d] != 1)
            bad(fmt::format("combines [{}] and [{}], which do not fit", fmt::join(x.shape, "x"),
                            fmt::join(other.shape, "x")));
        v.shape[d] = std::max(v.shape[d], right[d]);
    }
    return v;
}

value onnx_reader::softmax_like(const onnx::NodeProto& node, const value& input_view, op kind) {
    if (kind != op::softmax)
        return start(node, kind, input_view);
    const int rank = static_cast<int>(input_view.shape.size());
    std::int64_t axis = attributes(node).integer("axis", opset_ >= 13 ? -1 : 1);
    axis = axis < 0 ? axis + rank : axis;
    // Along the width of a picture, it must lie last.
    const bool turn = axis == rank - 1 && input_view.layout != order::natural && rank != 2;
    const value x = turn ? in_file_order(input_view, node_name_) : input_view;
    value v = start(node, kind, x);
    // Before operator set 13 all dimensions from the axis on are one.
    const bool last = axis == rank - 1;
    const bool channel = x.layout == order::channels_first && axis == 1 &&
                         (opset_ >= 13 || (x.shape[2] == 1 && x.shape[3] == 1));
    if (!(x.layout == order::channels_first ? channel : last && x.layout == order::natural))
        bad(fmt::format("works along axis {} of [{}], expected its channels", axis,
                        fmt::join(x.shape, "x")));
    return v;
}

/// x times its own sigmoid, when nothing quantizes in between.
bool onnx_reader::swish(const onnx::NodeProto& node) {
    for (int k = 0; k < 2; ++k) {
        const value gate = input(node, k), x = input(node, 1 - k);
        if (gate.what != value::kind::pending || gate.draft.kind != op::logistic ||
            x.what != value::kind::real_view || gate.draft.inputs[0] != x.tensor_index ||
            !std::isinf(gate.low) || !std::isinf(gate.high))
            continue;
        value v = gate;
        v.draft.kind = op::swish;
        v.draft.name = node_name_;
        define(node, std::move(v));
        return true;
    }
    return false;
}

void onnx_reader::clamp(const onnx::NodeProto& node, float low, float high) {
    value& x = input(node, 0);
    if (x.what == value::kind::pending) {
        if (uses_[input_name(node, 0)] != 1)
            bad(fmt::format("'{}' is also used without this clamp", input_name(node, 0)));
        value v = x;
        v.high = std::min(std::max(v.high, low), high);
        v.low = std::max(std::min(v.low, high), low);
        define(node, std::move(v));
        return;
    }
    value v = start(node, op::relu, view(node, 0));
    v.low = low;
    v.high = high;
    define(node, std::move(v));
}

float onnx_reader::real_constant(const onnx::NodeProto& node, int k) {
    const value& v = input(node, k);
    if (v.what == value::kind::constant_value && v.data.is_float() && v.data.reals.size() == 1)
        return v.data.reals[0];
    if (v.what == value::kind::constant_view && v.data.integers.size() == 1)
        return static_cast<float>(v.data.integers[0] - v.quant.zero_point[0]) * v.quant.scale[0];
    bad(fmt::format("'{}' must be one float constant", input_name(node, k)));
}

value onnx_reader::operand(const onnx::NodeProto& node, int k, int axis) {
    return dequantized(input(node, k), read_quantization(node, k + 1, k + 2), axis);
}

void onnx_reader::finish_operator(const onnx::NodeProto& node, value pending, int scale, int zero) {
    value out;
    finish(pending, read_quantization(node, scale, zero), zero_point_type(node, zero),
           node.output(0), out);
    define(node, std::move(out));
}

bool onnx_reader::breaks(const onnx::NodeProto& node) {
    for (const std::string& name : node.input()) {
        const auto at = values_.find(name);
        if (at != values_.end() && at->second.what == value::kind::broken)
            return true;
    }
    return false;
}

void onnx_reader::mark_broken(const onnx::NodeProto& node) {
    for (const std::string& name : node.output())
        if (!name.empty() && values_.count(name) == 0)
            values_[name].what = value::kind::broken;
}

/// What can be said of a node behind a refused one: whether its operator is known at all.
void onnx_reader::read_broken(const onnx::NodeProto& node) {
    mark_broken(node);
    static const std::set<std::string> known = {"Constant",
                                                "Identity",
                                                "Dropout",
                                                "QuantizeLinear",
                                                "DequantizeLinear",
                                                "Conv",
                                                "QLinearConv",
                                                "MatMul",
                                                "Gemm",
                                                "QLinearMatMul",
                                                "QGemm",
                                                "Add",
                                                "QLinearAdd",
                                                "Sub",
                                                "Mul",
                                                "QLinearMul",
                                                "Slice",
                                                "Split",
                                                "Resize",
                                                "Tanh",
                                                "HardSwish",
                                                "LeakyRelu",
                                                "QLinearLeakyRelu",
                                                "Relu",
                                                "Clip",
                                                "MaxPool",
                                                "AveragePool",
                                                "QLinearAveragePool",
                                                "GlobalAveragePool",
                                                "QLinearGlobalAveragePool",
                                                "ReduceMean",
                                                "Reshape",
                                                "Flatten",
                                                "Squeeze",
                                                "Unsqueeze",
                                                "Transpose",
                                                "Pad",
                                                "Softmax",
                                                "QLinearSoftmax",
                                                "Sigmoid",
                                                "QLinearSigmoid",
                                                "Concat",
                                                "QLinearConcat",
                                                "ConvInteger",
                                                "MatMulInteger",
                                                "ArgMax",
                                                "ArgMin",
                                                "TopK",
                                                "Gather",
                                                "DynamicQuantizeLinear",
                                                "NonMaxSuppression",
                                                "SpaceToDepth",
                                                "DepthToSpace",
                                                "Div",
                                                "PRelu",
                                                "Max",
                                                "Min",
                                                "Equal",
                                                "Less",
                                                "Greater",
                                                "LessOrEqual",
                                                "GreaterOrEqual",
                                                "Cast",
                                                "ReduceMax",
                                                "ReduceMin",
                                                "ReduceSum",
                                                "GlobalMaxPool",
                                                "ConvTranspose"};
    node_kind_ = node.op_type();
    node_name_ = node_name(node);
    if (known.count(node.op_type()) == 0)
        bad("this operator is not supported");
}

void onnx_reader::read_node(const onnx::NodeProto& node) {
    node_kind_ = node.op_type();
    node_name_ = node_name(node);
    if (node.output_size() < 1)
        bad("has no output");
    const std::string& kind = node.op_type();
    const attributes a(node);
    if (kind == "Constant") {
        const auto at = a.by_name.find("value");
        if (at == a.by_name.end() || !at->second->has_t())
            bad("holds no tensor");
        value v;
        v.data = read_constant(at->second->t(), node.output(0));
        v.shape = v.data.shape;
        define(node, std::move(v));
    } else if (kind == "Identity" || kind == "Dropout") {
        define(node, input(node, 0));
    } else if (kind == "QuantizeLinear") {
        value& x = input(node, 0);
        const quantization q = read_quantization(node, 1, 2);
        if (x.what == value::kind::constant_value && x.data.is_float()) {
            std::int64_t axis = a.integer("axis", 1);
            axis = axis < 0 ? axis + static_cast<std::int64_t>(x.shape.size()) : axis;
            if (q.scale.size() > 1 &&
                (axis < 0 || axis >= static_cast<std::int64_t>(x.shape.size()) ||
                 q.scale.size() !=
                     static_cast<std::size_t>(x.shape[static_cast<std::size_t>(axis)])))
                bad("its scales do not fit the axis they belong to");
            const int type = has_input(node, 2) ? constant_input(node, 2).type
                                                : static_cast<int>(onnx::TensorProto::UINT8);
            value v;
            v.data = quantized_constant(x.data, q, static_cast<int>(axis), type, x.shape);
            v.shape = x.shape;
            define(node, std::move(v));
            return;
        }
        define(node, quantized(node, x, q, zero_point_type(node, 2)));
    } else if (kind == "DequantizeLinear") {
        if (dequantized_end(node))
            return;
        const value& x = input(node, 0);
        define(
            node,
            dequantized(x, read_quantization(node, 1, 2),
                        static_cast<int>(std::clamp<std::int64_t>(a.integer("axis", 1), -64, 64))));
    } else if (kind == "Conv") {
        value v = convolution(node, view(node, 0), weights(node, 1), input_name(node, 0),
                              input_name(node, 1));
        if (has_input(node, 2))
            attach_bias(v, input(node, 2), input_name(node, 2));
        define(node, std::move(v));
    } else if (kind == "QLinearConv") {
        value v = convolution(node, operand(node, 0), operand(node, 3), input_name(node, 0),
                              input_name(node, 3));
        if (has_input(node, 8))
            attach_bias(v, integer_bias(node, 8, v), input_name(node, 8));
        finish_operator(node, std::move(v), 6, 7);
    } else if (kind == "MatMul") {
        const value& second = input(node, 1);
        define(node,
               second.what == value::kind::real_view
                   ? matrix_product(node, view(node, 0), second, input_name(node, 1))
                   : matrix_product(node, view(node, 0), weights(node, 1), input_name(node, 1)));
    } else if (kind == "Gemm") {
        if (a.real("alpha", 1.0f) != 1.0f || a.real("beta", 1.0f) != 1.0f ||
            a.integer("transA", 0) != 0)
            bad("only Gemm with alpha 1, beta 1 and transA 0 is supported");
        value v = product(node, view(node, 0), weights(node, 1), a.integer("transB", 0) != 0,
                          input_name(node, 1));
        if (has_input(node, 2))
            attach_bias(v, input(node, 2), input_name(node, 2));
        define(node, std::move(v));
    } else if (kind == "QLinearMatMul") {
        value v = matrix_product(node, operand(node, 0), operand(node, 3, 1), input_name(node, 3));
        finish_operator(node, std::move(v), 6, 7);
    } else if (kind == "QGemm") {
        if (a.real("alpha", 1.0f) != 1.0f || a.integer("transA", 0) != 0)
            bad("only QGemm with alpha 1 and transA 0 is supported");
        const bool turned = a.integer("transB", 0) != 0;
        value v = product(node, operand(node, 0), operand(node, 3, turned ? 0 : 1), turned,
                          input_name(node, 3));
        if (has_input(node, 6))
            attach_bias(v, integer_bias(node, 6, v), input_name(node, 6));
        finish_operator(node, std::move(v), 7, 8);
    } else if (kind == "Add") {
        value& left = input(node, 0);
        value& right = input(node, 1);
        const bool first = left.what == value::kind::pending;
        value& waiting = first ? left : right;
        const value& other = first ? right : left;
        if (waiting.what == value::kind::pending && waiting.draft.inputs.size() == 2 &&
            (waiting.draft.kind == op::fully_connected || waiting.draft.kind == op::conv2d ||
             waiting.draft.kind == op::depthwise_conv2d) &&
            (other.what == value::kind::constant_view ||
             other.what == value::kind::constant_value) &&
            std::isinf(waiting.low) && std::isinf(waiting.high)) {
            if (uses_[input_name(node, first ? 0 : 1)] != 1)
                bad("its float operand is also used elsewhere");
            value v = waiting;
            attach_bias(v, other, input_name(node, first ? 1 : 0));
            define(node, std::move(v));
            return;
        }
        define(node, pair(node, op::add, left, right, input_name(node, 0), input_name(node, 1)));
    } else if (kind == "QLinearAdd") {
        finish_operator(node,
                        pair(node, op::add, operand(node, 0), operand(node, 3), input_name(node, 0),
                             input_name(node, 3)),
                        6, 7);
    } else if (kind == "Mul" && swish(node)) {
        return;
    } else if (kind == "Sub" || kind == "Mul") {
        define(node, pair(node, kind == "Sub" ? op::sub : op::mul, input(node, 0), input(node, 1),
                          input_name(node, 0), input_name(node, 1)));
    } else if (kind == "QLinearMul") {
        finish_operator(node,
                        pair(node, op::mul, operand(node, 0), operand(node, 3), input_name(node, 0),
                             input_name(node, 3)),
                        6, 7);
    } else if (kind == "Slice") {
        read_slice(node);
    } else if (kind == "Split") {
        read_split(node);
    } else if (kind == "Resize") {
        read_resize(node);
    } else if (kind == "Tanh") {
        define(node, softmax_like(node, view(node, 0), op::tanh));
    } else if (kind == "HardSwish") {
        define(node, softmax_like(node, view(node, 0), op::hard_swish));
    } else if (kind == "LeakyRelu" || kind == "QLinearLeakyRelu") {
        const bool fused = kind == "QLinearLeakyRelu";
        value v = start(node, op::leaky_relu, fused ? operand(node, 0) : view(node, 0));
        v.draft.alpha = a.real("alpha", 0.01f);
        if (fused)
            finish_operator(node, std::move(v), 3, 4);
        else
            define(node, std::move(v));
    } else if (kind == "Relu") {
        clamp(node, 0.0f, unbounded);
    } else if (kind == "Clip") {
        const float low = has_input(node, 1) ? real_constant(node, 1) : a.real("min", -unbounded);
        const float high = has_input(node, 2) ? real_constant(node, 2) : a.real("max", unbounded);
        clamp(node, low, high);
    } else if (kind == "MaxPool") {
        value& x = input(node, 0);
        if (x.what != value::kind::integers)
            require_view(x, input_name(node, 0));
        define(node,
               finished_like_input(node, pooling(node, x, op::max_pool, input_name(node, 0)), x));
    } else if (kind == "AveragePool") {
        define(node, pooling(node, view(node, 0), op::average_pool, input_name(node, 0)));
    } else if (kind == "QLinearAveragePool") {
        if (a.integer("channels_last", 0) != 0)
            bad("channels_last is not supported");
        finish_operator(
            node, pooling(node, operand(node, 0), op::average_pool, input_name(node, 0)), 3, 4);
    } else if (kind == "GlobalAveragePool") {
        define(node, global_average(node, view(node, 0), input_name(node, 0), true));
    } else if (kind == "QLinearGlobalAveragePool") {
        if (a.integer("channels_last", 0) != 0)
            bad("channels_last is not supported");
        finish_operator(node, global_average(node, operand(node, 0), input_name(node, 0), true), 3,
                        4);
    } else if (kind == "ReduceMean") {
        const value x = view(node, 0);
        value v = reduced(node, op::mean, x);
        if (v.draft.axes == std::vector<int>{1, 2} && x.shape.size() == 4)
            v.draft.axes.clear();  // height and width of a picture, the usual one
        define(node, std::move(v));
    } else if (kind == "Reshape" || kind == "Flatten" || kind == "Squeeze" || kind == "Unsqueeze") {
        const value x = input(node, 0);
        if (x.what == value::kind::pending)
            require_view(x, input_name(node, 0));
        const std::vector<int> shape = target_shape(node, x);
        if (x.what == value::kind::constant_value || x.what == value::kind::constant_view)
            define(node, reshaped_constant(x, shape));
        else
            define(node, reshaped(node, x, shape));
    } else if (kind == "Transpose") {
        const value x = input(node, 0);
        if (x.what == value::kind::pending)
            require_view(x, input_name(node, 0));
        define(node, transposed(node, x));
    } else if (kind == "Pad") {
        define(node, padded(node, view(node, 0)));
    } else if (kind == "Softmax") {
        define(node, softmax_like(node, view(node, 0), op::softmax));
    } else if (kind == "QLinearSoftmax") {
        finish_operator(node, softmax_like(node, operand(node, 0), op::softmax), 3, 4);
    } else if (kind == "Sigmoid") {
        define(node, softmax_like(node, view(node, 0), op::logistic));
    } else if (kind == "QLinearSigmoid") {
        finish_operator(node, softmax_like(node, operand(node, 0), op::logistic), 3, 4);
    } else if (kind == "Concat") {
        std::vector<value> parts;
        for (int k = 0; k < node.input_size(); ++k)
            parts.push_back(view(node, k));
        if (parts.empty())
            bad("has no inputs");
        define(node, concatenation(node, parts));
    } else if (kind == "QLinearConcat") {
        std::vector<value> parts;
        for (int k = 2; k + 2 < node.input_size(); k += 3)
            parts.push_back(operand(node, k));
        if (parts.empty())
            bad("has no inputs");
        for (const value& part : parts)
            require_view(part, "input");
        finish_operator(node, concatenation(node, parts), 0, 1);
    } else if (!read_more(node)) {
        bad("this operator is not supported");
    }
}

}  // namespace ocellus::dsp::onnx_detail

namespace ocellus::dsp {

network read_onnx(const std::string& bytes, const std::string& file_name) {
    return onnx_detail::onnx_reader(bytes, file_name).read();
}

}  // namespace ocellus::dsp
