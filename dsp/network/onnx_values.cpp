// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"

namespace ocellus::dsp::onnx_detail {

std::vector<std::int64_t> attributes::integers(const char* name) const {
    const auto at = by_name.find(name);
    if (at == by_name.end())
        return {};
    return {at->second->ints().begin(), at->second->ints().end()};
}

template <typename T>
void unpack(const std::string& raw, std::vector<std::int64_t>& out) {
    for (std::size_t i = 0; i + sizeof(T) <= raw.size(); i += sizeof(T)) {
        T v;
        std::memcpy(&v, raw.data() + i, sizeof(T));
        out.push_back(static_cast<std::int64_t>(v));
    }
}

std::vector<int> onnx_reader::small_shape(const google::protobuf::RepeatedField<std::int64_t>& dims,
                                          const std::string& name) const {
    std::vector<int> shape;
    std::int64_t elements = 1;
    for (std::int64_t d : dims) {
        if (d < 0 || d > largest_elements || (d > 0 && elements > largest_elements / d))
            fail_network(file_, fmt::format("constant '{}'{} has a dimension of {}", name,
                                            reader_of(name), d));
        elements *= d;
        shape.push_back(static_cast<int>(d));
    }
    return shape;
}

constant onnx_reader::read_constant(const onnx::TensorProto& t, const std::string& name) const {
    constant c;
    c.type = t.data_type();
    c.shape = small_shape(t.dims(), name);
    if (t.data_location() == onnx::TensorProto::EXTERNAL)
        fail_network(file_,
                     fmt::format("constant '{}'{} is stored in another file; export the model with "
                                 "its weights inside",
                                 name, reader_of(name)));
    const bool raw = t.has_raw_data();
    switch (c.type) {
        case onnx::TensorProto::FLOAT:
            if (raw) {
                c.reals.resize(t.raw_data().size() / 4);
                if (!c.reals.empty())
                    std::memcpy(c.reals.data(), t.raw_data().data(), c.reals.size() * 4);
            } else {
                c.reals.assign(t.float_data().begin(), t.float_data().end());
            }
            break;
        case onnx::TensorProto::INT8:
            raw ? unpack<std::int8_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
            break;
        case onnx::TensorProto::UINT8:
            raw ? unpack<std::uint8_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
            break;
        case onnx::TensorProto::INT32:
            raw ? unpack<std::int32_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
            break;
        case onnx::TensorProto::INT64:
            if (raw)
                unpack<std::int64_t>(t.raw_data(), c.integers);
            else
                c.integers.assign(t.int64_data().begin(), t.int64_data().end());
            break;
        default:
            return c;  // judged when a node uses it
    }
    std::size_t expected = 1;
    for (int d : c.shape)
        expected *= static_cast<std::size_t>(d);
    if (c.size() != expected)
        fail_network(file_, fmt::format("constant '{}'{} holds {} numbers, its shape needs {}",
                                        name, reader_of(name), c.size(), expected));
    return c;
}

void onnx_reader::narrow(const onnx::TensorProto& t, std::vector<std::int64_t>& out) {
    out.assign(t.int32_data().begin(), t.int32_data().end());
}

std::optional<element> onnx_reader::activation_type(int onnx_type) {
    if (onnx_type == onnx::TensorProto::INT8)
        return element::int8;
    if (onnx_type == onnx::TensorProto::UINT8)
        return element::uint8;
    return std::nullopt;
}

bool onnx_reader::small(const std::vector<int>& shape) {
    std::int64_t elements = 1;
    for (int d : shape) {
        if (d < 1 || elements > largest_elements / d)
            return false;
        elements *= d;
    }
    return true;
}

int onnx_reader::add_tensor(const std::string& name, std::vector<int> shape, element type) {
    tensor t;
    t.name = name;
    t.shape = std::move(shape);
    t.type = type;
    n_.tensors.push_back(std::move(t));
    return static_cast<int>(n_.tensors.size()) - 1;
}

value& onnx_reader::input(const onnx::NodeProto& node, int k) {
    if (k >= node.input_size() || node.input(k).empty())
        bad(fmt::format("input {} is missing", k));
    const auto at = values_.find(input_name(node, k));
    if (at == values_.end())
        refuse_unknown(node.input(k));
    return at->second;
}

void onnx_reader::refuse_unknown(const std::string& name) const {
    for (int i = index_; i < model_.graph().node_size(); ++i) {
        const onnx::NodeProto& node = model_.graph().node(i);
        for (const std::string& y : node.output())
            if (y == name)
                bad(
                    fmt::format("input '{}' is computed by node {} ({} '{}'), which comes later: "
                                "the graph has a cycle, or its nodes are out of order",
                                name, i, node.op_type(), node_name(node)));
    }
    bad(fmt::format("input '{}' is no input or constant of the graph, and no node computes it",
                    name));
}

bool onnx_reader::has_input(const onnx::NodeProto& node, int k) {
    return k < node.input_size() && !node.input(k).empty();
}

const constant& onnx_reader::constant_input(const onnx::NodeProto& node, int k) {
    const value& v = input(node, k);
    if (v.what != value::kind::constant_value)
        bad(fmt::format("input '{}' must be a constant", input_name(node, k)));
    return v.data;
}

std::vector<std::int64_t> onnx_reader::integer_list(const onnx::NodeProto& node, int k) {
    const constant& c = constant_input(node, k);
    if (c.is_float() || c.shape.size() > 1 || c.size() > 64)
        bad(fmt::format("input '{}' must be a short list of integers", input_name(node, k)));
    return c.integers;
}

quantization onnx_reader::read_quantization(const onnx::NodeProto& node, int scale, int zero) {
    quantization q;
    const constant& s = constant_input(node, scale);
    if (!s.is_float() || s.shape.size() > 1 || s.reals.empty())
        bad("its scale must be a float number or a list of them");
    q.scale = s.reals;
    q.zero_point.assign(q.scale.size(), 0);
    if (has_input(node, zero)) {
        const constant& z = constant_input(node, zero);
        if (z.is_float() || z.integers.size() != q.scale.size())
            bad("its zero point does not fit its scale");
        for (std::size_t i = 0; i < q.scale.size(); ++i)
            q.zero_point[i] = static_cast<std::int32_t>(
                std::clamp<std::int64_t>(z.integers[i], std::numeric_limits<std::int32_t>::min(),
                                         std::numeric_limits<std::int32_t>::max()));
    }
    for (float f : q.scale)
        if (!(f > 0.0f) || !std::isfinite(f))
            bad(fmt::format("has scale {}, expected a positive number", f));
    return q;
}

element onnx_reader::zero_point_type(const onnx::NodeProto& node, int zero) {
    if (!has_input(node, zero))
        return element::uint8;
    const int type = constant_input(node, zero).type;
    const auto e = activation_type(type);
    if (!e)
        bad(fmt::format("quantizes to element type {}, expected int8 or uint8", type_name(type)));
    return *e;
}

bool onnx_reader::same(const quantization& a, const quantization& b) {
    return a.scale == b.scale && a.zero_point == b.zero_point;
}

void onnx_reader::define(const onnx::NodeProto& node, value v) {
    if (node.output_size() < 1 || node.output(0).empty())
        bad("has no output");
    for (int k = 1; k < node.output_size(); ++k)
        if (!node.output(k).empty())
            bad("has more than one output: this is not supported");
    if (values_.count(node.output(0)) != 0)
        bad(fmt::format("computes '{}' a second time", node.output(0)));
    values_[node.output(0)] = std::move(v);
}

std::vector<int> onnx_reader::memory_shape(const value& v) {
    if (v.layout == order::channels_first && v.shape.size() == 4)
        return {v.shape[0], v.shape[2], v.shape[3], v.shape[1]};
    return v.shape;
}

value onnx_reader::dequantized(const value& x, const quantization& q, int axis) {
    value v = x;
    if (x.what == value::kind::constant_value) {
        v.what = value::kind::constant_view;
        v.quant = q;
        v.axis = axis;
        const int rank = static_cast<int>(x.shape.size());
        if (v.axis < 0)
            v.axis += rank;
        if (q.scale.size() > 1 &&
            (v.axis < 0 || v.axis >= rank ||
             q.scale.size() != static_cast<std::size_t>(x.shape[static_cast<std::size_t>(v.axis)])))
            bad("its scales do not fit the axis they belong to");
        return v;
    }
    if (x.what != value::kind::integers && x.what != value::kind::real_view)
        bad("dequantizes a float value");
    tensor& t = tensor_at(x.tensor_index);
    if (q.scale.size() != 1)
        bad("has one scale per channel on an activation, expected a single one");
    if (t.quant.empty())
        set_quantization(x.tensor_index, q);
    else if (!same(t.quant, q))
        bad(fmt::format("reads '{}' with another scale or zero point than it was written with",
                        t.name));
    v.what = value::kind::real_view;
    return v;
}

void onnx_reader::set_quantization(int index, const quantization& q) {
    tensor_at(index).quant = q;
    for (auto l = n_.layers.rbegin(); l != n_.layers.rend(); ++l)
        if ((l->kind == op::reshape || l->kind == op::transpose) && l->outputs[0] == index &&
            tensor_at(l->inputs[0]).quant.empty()) {
            index = l->inputs[0];
            tensor_at(index).quant = q;
        }
}

constant onnx_reader::quantized_constant(const constant& c, const quantization& q, int axis,
                                         int type, const std::vector<int>& shape) {
    constant out;
    out.shape = shape;
    out.type = type;
    const double low = type == onnx::TensorProto::INT8    ? -128
                       : type == onnx::TensorProto::UINT8 ? 0
                                                          : -2147483648.0;
    const double high = type == onnx::TensorProto::INT8    ? 127
                        : type == onnx::TensorProto::UINT8 ? 255
                                                           : 2147483647.0;
    std::size_t inner = 1;
    for (std::size_t d = static_cast<std::size_t>(std::max(axis, 0)) + 1; d < shape.size(); ++d)
        inner *= static_cast<std::size_t>(shape[d]);
    for (std::size_t i = 0; i < c.reals.size(); ++i) {
        const std::size_t k = q.scale.size() == 1 ? 0 : i / inner % q.scale.size();
        const double scaled = std::nearbyint(static_cast<double>(c.reals[i] / q.scale[k])) +
                              static_cast<double>(q.zero_point[k]);
        out.integers.push_back(
            static_cast<std::int64_t>(std::isnan(scaled) ? 0.0 : std::clamp(scaled, low, high)));
    }
    return out;
}

void onnx_reader::finish(value& pending, const quantization& q, element type,
                         const std::string& name, value& out) {
    layer l = pending.draft;
    if (l.kind == op::fully_connected || l.kind == op::conv2d || l.kind == op::depthwise_conv2d ||
        l.kind == op::transpose_conv2d || l.kind == op::batch_matmul)
        add_bias(l);
    if (q.scale.size() != 1)
        bad("quantizes an activation per channel, expected a single scale");
    out.what = value::kind::integers;
    out.shape = pending.shape;
    out.layout = pending.layout;
    out.image = pending.image;
    if (!small(pending.shape))
        bad(fmt::format("its output [{}] is empty or too large", fmt::join(pending.shape, "x")));
    out.tensor_index = add_tensor(name, memory_shape(pending), type);
    tensor& y = tensor_at(out.tensor_index);
    y.quant = q;
    clamp_to_real_range(y, pending.low, pending.high, l.clamp_min, l.clamp_max);
    if (l.name.empty())
        l.name = name;
    l.outputs = {out.tensor_index};
    n_.layers.push_back(std::move(l));
}

/// The axis in memory that several scales of an activation belong to.
int onnx_reader::scale_axis(const onnx::NodeProto& node, const value& x, const quantization& q) {
    const std::size_t d = axis_of(attributes(node).integer("axis", 1), x);
    if (q.scale.size() != static_cast<std::size_t>(x.shape[d]))
        bad(fmt::format("has {} scales for an extent of {}", q.scale.size(), x.shape[d]));
    return memory_axis(x, d);
}

/// A DequantizeLinear between the graph's input and its output: a layer of its own.
bool onnx_reader::dequantized_end(const onnx::NodeProto& node) {
    const value x = input(node, 0);
    if (x.what != value::kind::integers || !is_output(node.output(0)))
        return false;
    bool from_input = false;
    for (int i : n_.inputs)
        from_input = from_input || i == x.tensor_index;
    if (!from_input)
        return false;
    const quantization q = read_quantization(node, 1, 2);
    if (tensor_at(x.tensor_index).quant.empty())
        tensor_at(x.tensor_index).quant = q;
    else if (!same(tensor_at(x.tensor_index).quant, q))
        bad("reads an input with two scales");
    layer l;
    l.kind = op::dequantize;
    l.inputs = {x.tensor_index};
    if (q.scale.size() > 1)
        l.axis = scale_axis(node, x, q);
    add_layer(std::move(l), node, 0, memory_shape(x), element::float32, x.layout, x.shape);
    return true;
}

value onnx_reader::quantized(const onnx::NodeProto& node, value& x, const quantization& q,
                             element type) {
    value out;
    switch (x.what) {
        case value::kind::float_input: {
            out = x;
            out.what = value::kind::integers;
            if (is_output(node.output(0)) || q.scale.size() > 1) {
                // Nothing else would be left of the network: a layer of its own.
                layer l;
                l.kind = op::quantize;
                l.name = node.name();
                l.inputs = {operand_tensor(x, input_name(node, 0))};
                const int y = add_tensor(node.output(0), memory_shape(x), type);
                tensor_at(y).quant = q;
                l.clamp_min = lowest_of(type);
                l.clamp_max = highest_of(type);
                if (q.scale.size() > 1)
                    l.axis = scale_axis(node, x, q);
                l.outputs = {y};
                out.tensor_index = y;
                n_.layers.push_back(std::move(l));
                return out;
            }
            out.tensor_index = add_tensor(node.output(0), memory_shape(x), type);
            tensor_at(out.tensor_index).quant = q;
            n_.inputs.push_back(out.tensor_index);
            return out;
        }
        case value::kind::pending:
            finish(x, q, type, node.output(0), out);
            return out;
        case value::kind::real_view: {
            const tensor& t = tensor_at(x.tensor_index);
            out = x;
            out.what = value::kind::integers;
            if (t.type == type && same(t.quant, q))
                return out;
            value pending = x;
            pending.what = value::kind::pending;
            pending.draft.kind = op::quantize;
            pending.draft.name = node.name();
            pending.draft.inputs = {x.tensor_index};
            finish(pending, q, type, node.output(0), out);
            return out;
        }
        default:
            bad("quantizes something that is already an integer");
    }
}

value& onnx_reader::view(const onnx::NodeProto& node, int k) {
    value& v = input(node, k);
    require_view(v, input_name(node, k));
    return v;
}

void onnx_reader::require_view(const value& v, const std::string& name) const {
    if (v.what == value::kind::float_input)
        bad(fmt::format(
            "works on the float input '{}', and is the first such layer: the network is not "
            "int8, quantize it first",
            name));
    if (v.what == value::kind::pending)
        bad(fmt::format(
            "works on '{}', a float result of {} '{}' that no QuantizeLinear follows: the "
            "network is not (fully) int8",
            name, name_of(v.draft.kind), v.draft.name));
    if (v.what == value::kind::integers)
        bad(fmt::format("works on the integers '{}', expected DequantizeLinear before it", name));
    if (v.what != value::kind::real_view)
        bad(fmt::format("input '{}' must be an activation", name));
}

value onnx_reader::start(const onnx::NodeProto& node, op kind, const value& x) {
    value v;
    v.what = value::kind::pending;
    v.draft.kind = kind;
    v.draft.name = node_name(node);
    v.draft.inputs = {x.tensor_index};
    v.shape = x.shape;
    v.layout = x.layout;
    v.image = x.image;
    return v;
}

int onnx_reader::moved_tensor(int from, op kind, std::vector<int> shape, std::vector<int> axes,
                              const std::string& name) {
    const element type = tensor_at(from).type;
    const quantization q = tensor_at(from).quant;
    layer l;
    l.kind = kind;
    l.name = name;
    l.axes = std::move(axes);
    l.inputs = {from};
    l.outputs = {add_tensor(name, std::move(shape), type)};
    tensor_at(l.outputs[0]).quant = q;
    l.clamp_min = lowest_of(type);
    l.clamp_max = highest_of(type);
    n_.layers.push_back(l);
    return l.outputs[0];
}

value onnx_reader::in_file_order(const value& x, const std::string& name) {
    if (x.layout == order::natural || (x.layout == order::channels_first && x.shape.size() != 4)) {
        value v = x;
        v.layout = order::natural;
        return v;
    }
    if (x.tensor_index < 0)
        bad(fmt::format("'{}' is a float input: quantize it first", name));
    value v = x;
    v.layout = order::natural;
    v.image.clear();
    std::vector<int> first = x.shape;
    if (x.layout == order::flat_channels) {
        first = {x.shape[0], x.image[0], x.image[1], x.image[2]};
        v.tensor_index = moved_tensor(v.tensor_index, op::reshape,
                                      {first[0], first[2], first[3], first[1]}, {}, name);
    }
    const bool same_bytes = first[1] == 1 || (first[2] == 1 && first[3] == 1);
    v.tensor_index = same_bytes
                         ? moved_tensor(v.tensor_index, op::reshape, first, {}, name)
                         : moved_tensor(v.tensor_index, op::transpose, first, {0, 3, 1, 2}, name);
    if (first != x.shape)
        v.tensor_index = moved_tensor(v.tensor_index, op::reshape, x.shape, {}, name);
    return v;
}

value onnx_reader::as_picture(const value& x, const std::string& name) {
    if (x.shape.size() != 4)
        bad(fmt::format("'{}' has {} dimensions, expected 4 (batch, channels, height, width)", name,
                        x.shape.size()));
    if (x.layout == order::channels_first)
        return x;
    if (x.tensor_index < 0)
        bad(fmt::format("'{}' is not in channels-first order here", name));
    value v = x;
    v.layout = order::channels_first;
    v.tensor_index =
        moved_tensor(x.tensor_index, op::transpose, memory_shape(v), {0, 2, 3, 1}, name);
    return v;
}

value onnx_reader::finished_like_input(const onnx::NodeProto& node, value pending, const value& x,
                                       int output) {
    const quantization q = tensor_at(x.tensor_index).quant;
    const element type = tensor_at(x.tensor_index).type;
    if (q.empty())
        bad("works on integers whose scale is not known");
    value out;
    finish(pending, q, type, node.output(output), out);
    out.what = x.what;
    return out;
}

value onnx_reader::moved(const onnx::NodeProto& node) {
    const value& x = input(node, 0);
    if (x.what != value::kind::integers)
        require_view(x, input_name(node, 0));
    return x.layout == order::flat_channels ? in_file_order(x, node_name_) : x;
}

}  // namespace ocellus::dsp::onnx_detail
