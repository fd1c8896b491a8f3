// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"

// Operators whose results are not quantized activations, or that change the shape of blocks:
// integer products, reductions, searches, post-processing.
namespace ocellus::dsp::onnx_detail {

bool onnx_reader::is_output(const std::string& name) const {
    for (const onnx::ValueInfoProto& o : model_.graph().output())
        if (o.name() == name)
            return true;
    return false;
}

int onnx_reader::memory_axis(const value& x, std::size_t axis) const {
    static constexpr int channels_last_axis[] = {0, 3, 1, 2};
    if (x.layout == order::flat_channels)
        bad("works on a flattened picture: this is not supported");
    return x.layout == order::channels_first && x.shape.size() == 4 ? channels_last_axis[axis]
                                                                    : static_cast<int>(axis);
}

void onnx_reader::add_layer(layer l, const onnx::NodeProto& node, int output,
                            const std::vector<int>& shape, element type, order layout,
                            const std::vector<int>& file_shape) {
    if (!small(shape) || !small(file_shape))
        bad(fmt::format("its output [{}] is empty or too large", fmt::join(file_shape, "x")));
    value v;
    v.what = value::kind::indices;
    v.shape = file_shape;
    v.layout = layout;
    if (output < node.output_size() && !node.output(output).empty()) {
        if (values_.count(node.output(output)) != 0)
            bad(fmt::format("computes '{}' a second time", node.output(output)));
        v.tensor_index = add_tensor(node.output(output), shape, type);
        values_[node.output(output)] = v;
    } else {
        v.tensor_index = add_tensor(node.op_type() + "/unused", shape, type);
    }
    if (output == 0) {
        l.name = node_name_;
        l.outputs = {v.tensor_index};
        n_.layers.push_back(std::move(l));
    } else {
        n_.layers.back().outputs.push_back(v.tensor_index);
    }
}

int onnx_reader::operand_tensor(const value& v, const std::string& name) {
    if (v.what == value::kind::float_input) {
        // Its numbers come in as they are.
        for (std::size_t i = 0; i < n_.tensors.size(); ++i)
            if (n_.tensors[i].name == name && n_.tensors[i].type == element::float32)
                return static_cast<int>(i);
        const int i = add_tensor(name, memory_shape(v), element::float32);
        n_.inputs.push_back(i);
        return i;
    }
    if (v.what == value::kind::constant_value && v.data.is_float()) {
        const int i = add_tensor(name, v.shape, element::float32);
        tensor_at(i).data.resize(v.data.reals.size() * 4);
        std::copy_n(reinterpret_cast<const std::uint8_t*>(v.data.reals.data()),
                    v.data.reals.size() * 4, tensor_at(i).data.begin());
        return i;
    }
    if (v.what == value::kind::real_view || v.what == value::kind::integers ||
        v.what == value::kind::indices)
        return v.tensor_index;
    if (v.what == value::kind::constant_view && activation_type(v.data.type)) {
        const int i = add_tensor(name, v.shape, *activation_type(v.data.type));
        tensor_at(i).quant = v.quant;
        for (std::int64_t q : v.data.integers)
            tensor_at(i).data.push_back(static_cast<std::uint8_t>(q));
        return i;
    }
    require_view(v, name);
    return v.tensor_index;
}

namespace {
quantization plain_numbers(std::int32_t zero) {
    return {{1.0f}, {zero}};
}
}  // namespace

/// ConvInteger, MatMulInteger: accumulators as they are.
bool onnx_reader::read_integer_product(const onnx::NodeProto& node) {
    const bool convolves = node.op_type() == "ConvInteger";
    if (!convolves && node.op_type() != "MatMulInteger")
        return false;
    const auto zero_of = [&](int k) {
        quantization q = plain_numbers(0);
        if (has_input(node, k)) {
            const constant& z = constant_input(node, k);
            if (z.is_float() || z.integers.empty())
                bad("its zero point must be integers");
            q.scale.assign(z.integers.size(), 1.0f);
            q.zero_point.clear();
            for (std::int64_t i : z.integers)
                q.zero_point.push_back(
                    static_cast<std::int32_t>(std::clamp<std::int64_t>(i, -255, 255)));
        }
        return q;
    };
    const value& first = input(node, 0);
    const value x = dequantized(first, zero_of(2), 0);
    const value& second = input(node, 1);
    const value w = dequantized(second, zero_of(3), convolves ? 0 : 1);
    value v = convolves ? convolution(node, x, w, input_name(node, 0), input_name(node, 1))
                        : matrix_product(node, x, w, input_name(node, 1));
    value out;
    finish(v, plain_numbers(0), element::int32, node.output(0), out);
    out.what = value::kind::indices;
    define(node, std::move(out));
    return true;
}

/// Both operands of any rank; constant matrices are dense layers.
value onnx_reader::matrix_product(const onnx::NodeProto& node, const value& left_operand,
                                  const value& right_operand, const std::string& b_name) {
    value a = left_operand, b = right_operand;
    const bool constant_b = b.what == value::kind::constant_view;
    if (constant_b && b.shape.size() == 2 && a.shape.size() >= 2)
        return product(node, a, b, false, b_name);
    require_view(a, input_name(node, 0));
    a = in_file_order(a, node_name_);
    if (!constant_b) {
        require_view(b, b_name);
        b = in_file_order(b, node_name_);
    }
    value v = start(node, op::batch_matmul, a);
    // Vectors become matrices of one row, or one column.
    std::vector<int> left = a.shape, right = b.shape;
    if (left.empty() || right.empty())
        bad("multiplies a single number");
    const bool row = left.size() == 1, column = right.size() == 1;
    if (row)
        left.insert(left.begin(), 1);
    if (column)
        right.push_back(1);
    const auto reshaped_to = [&](int from, const std::vector<int>& shape) {
        return moved_tensor(from, op::reshape, shape, {}, node_name_);
    };
    if (row)
        v.draft.inputs[0] = reshaped_to(a.tensor_index, left);
    int index = operand_tensor(b, b_name);
    if (column && constant_b)
        tensor_at(index).shape = right;
    else if (column)
        index = reshaped_to(index, right);
    v.draft.inputs.push_back(index);
    if (left.back() != right[right.size() - 2])
        bad(fmt::format("multiplies [{}] by [{}]", fmt::join(a.shape, "x"),
                        fmt::join(b.shape, "x")));
    const quantization& q = tensor_at(index).quant;
    if (q.scale.size() > 1 && q.scale.size() != static_cast<std::size_t>(right.back()))
        bad("its second operand must be quantized along its columns");
    std::vector<int> shape(std::max(left.size(), right.size()), 1);
    for (std::size_t d = 0; d + 2 < shape.size(); ++d)
        for (const std::vector<int>* s : {&left, &right}) {
            const std::size_t lead = shape.size() - s->size();
            if (d >= lead)
                shape[d] = std::max(shape[d], (*s)[d - lead]);
        }
    shape[shape.size() - 2] = left[left.size() - 2];
    shape.back() = right.back();
    v.shape = shape;
    return v;
}

value onnx_reader::reduced(const onnx::NodeProto& node, op kind, const value& x) {
    std::vector<std::int64_t> list =
        has_input(node, 1) ? integer_list(node, 1) : attributes(node).integers("axes");
    if (list.empty() && attributes(node).integer("noop_with_empty_axes", 0) != 0)
        bad("reduces nothing, as noop_with_empty_axes says: leave it out");
    if (list.empty())
        for (std::size_t d = 0; d < x.shape.size(); ++d)
            list.push_back(static_cast<std::int64_t>(d));
    value v = start(node, kind, x);
    const bool keep = attributes(node).integer("keepdims", 1) != 0;
    std::vector<bool> gone(x.shape.size(), false);
    for (std::int64_t a : list) {
        const std::size_t d = axis_of(a, x);
        gone[d] = true;
        v.draft.axes.push_back(memory_axis(x, d));
        v.shape[d] = 1;
    }
    std::sort(v.draft.axes.begin(), v.draft.axes.end());
    if (!keep) {
        v.shape.clear();
        bool order_kept = x.layout == order::natural;
        std::size_t left = 0;
        for (std::size_t d = 0; d < gone.size(); ++d)
            if (!gone[d]) {
                v.shape.push_back(x.shape[d]);
                left += x.shape[d] != 1 ? 1 : 0;
            }
        // A picture that keeps one dimension is the same bytes in either order.
        order_kept = order_kept || left <= 1;
        // So it is without its channels.
        order_kept = order_kept || (gone.size() == 4 && gone[1]);
        if (!order_kept)
            return reduced(node, kind, in_file_order(x, node_name_));
        if (v.shape.empty())
            v.shape = {1};
        v.layout = order::natural;
    }
    return v;
}

bool onnx_reader::read_choice(const onnx::NodeProto& node) {
    const std::string& kind = node.op_type();
    const attributes a(node);
    if (kind == "ArgMax" || kind == "ArgMin") {
        value x = moved(node);
        const bool keep = a.integer("keepdims", 1) != 0;
        // Without channels, the rest of a picture is in the same order.
        if (!keep && axis_of(a.integer("axis", 0), x) != 1)
            x = in_file_order(x, node_name_);
        if (a.integer("select_last_index", 0) != 0)
            bad("takes the last of equals: this is not supported");
        layer l;
        l.kind = kind == "ArgMax" ? op::arg_max : op::arg_min;
        l.inputs = {x.tensor_index};
        const std::size_t d = axis_of(a.integer("axis", 0), x);
        l.axis = memory_axis(x, d);
        std::vector<int> file = x.shape, memory = memory_shape(x);
        order layout = x.layout;
        if (keep) {
            file[d] = 1;
            memory[static_cast<std::size_t>(l.axis)] = 1;
        } else {
            file.erase(file.begin() + static_cast<std::ptrdiff_t>(d));
            memory.erase(memory.begin() + l.axis);
            layout = order::natural;
            if (file.empty())
                file = memory = {1};
        }
        add_layer(std::move(l), node, 0, memory, element::int64, layout, file);
        return true;
    }
    if (kind == "TopK") {
        value x = moved(node);
        const std::size_t d = axis_of(a.integer("axis", -1), x);
        if (d + 1 == x.shape.size())
            x = in_file_order(x, node_name_);
        const std::vector<std::int64_t> k = integer_list(node, 1);
        if (memory_axis(x, d) != static_cast<int>(x.shape.size()) - 1)
            bad("searches along another dimension than the last in memory: this is not supported");
        if (k.size() != 1 || k[0] < 1 || k[0] > x.shape[d])
            bad("keeps more than there is");
        value v = start(node, op::top_k, x);
        v.draft.smallest = a.integer("largest", 1) == 0;
        v.shape[d] = static_cast<int>(k[0]);
        const value values = finished_like_input(node, v, x);
        values_[node.output(0)] = values;
        if (node.output_size() > 1 && !node.output(1).empty())
            add_layer({}, node, 1, memory_shape(values), element::int64, x.layout, v.shape);
        return true;
    }
    if (kind == "Gather") {
        value x = moved(node);
        const std::size_t d = axis_of(a.integer("axis", 0), x);
        const constant& list = constant_input(node, 1);
        if (list.is_float() || list.shape.size() > 1 || list.integers.empty())
            bad("its indices must be a constant list of integers");
        if (list.shape.empty())
            x = in_file_order(x, node_name_);
        const int index = add_tensor(input_name(node, 1), {static_cast<int>(list.integers.size())},
                                     element::int64);
        for (std::int64_t i : list.integers) {
            if (i < -x.shape[d] || i >= x.shape[d])
                bad(fmt::format("takes index {} of {}", i, x.shape[d]));
            const auto* b = reinterpret_cast<const std::uint8_t*>(&i);
            tensor_at(index).data.insert(tensor_at(index).data.end(), b, b + 8);
        }
        value v = start(node, op::gather, x);
        v.draft.inputs.push_back(index);
        v.draft.axis = memory_axis(x, d);
        v.shape[d] = static_cast<int>(list.integers.size());
        if (list.shape.empty()) {
            v.shape.erase(v.shape.begin() + static_cast<std::ptrdiff_t>(d));
            if (v.shape.empty())
                v.shape = {1};
        }
        define(node, finished_like_input(node, v, x));
        return true;
    }
    if (kind == "DynamicQuantizeLinear") {
        const value& x = input(node, 0);
        if (x.what != value::kind::float_input)
            bad("measures a result inside the network: only inputs can be quantized this way");
        layer l;
        l.kind = op::dynamic_quantize;
        l.inputs = {operand_tensor(x, input_name(node, 0))};
        const value source = x;
        add_layer(std::move(l), node, 0, memory_shape(source), element::uint8, source.layout,
                  source.shape);
        add_layer({}, node, 1, {1}, element::float32, order::natural, {1});
        add_layer({}, node, 2, {1}, element::uint8, order::natural, {1});
        return true;
    }
    if (kind == "NonMaxSuppression") {
        layer l;
        l.kind = op::non_max_suppression;
        const value boxes = input(node, 0), scores = input(node, 1);
        if (boxes.shape.size() != 3 || scores.shape.size() != 3)
            bad("expects boxes and scores of 3 dimensions");
        l.inputs = {operand_tensor(boxes, input_name(node, 0)),
                    operand_tensor(scores, input_name(node, 1))};
        const auto number = [&](int k, float otherwise) {
            if (!has_input(node, k))
                return otherwise;
            const constant& c = constant_input(node, k);
            if (c.size() != 1)
                bad(fmt::format("'{}' must be one number", input_name(node, k)));
            return c.is_float() ? c.reals[0] : static_cast<float>(c.integers[0]);
        };
        detection_settings& d = l.detection;
        d.by_class = true;
        d.centre = a.integer("center_point_box", 0) != 0;
        const float most = number(2, 0.0f);
        if (!(most >= 1.0f && most <= 65536.0f))
            bad(fmt::format("keeps {} boxes of a class, expected 1 to 65536", most));
        d.max_detections = std::min(static_cast<int>(most), boxes.shape[1]);
        d.iou_threshold = number(3, 0.0f);
        // Without a threshold every score counts.
        d.score_threshold = number(4, -std::numeric_limits<float>::infinity());
        const std::int64_t rows =
            std::int64_t{d.max_detections} * scores.shape[0] * scores.shape[1];
        if (rows > 1 << 20)
            bad(fmt::format("keeps {} boxes, expected at most {}", rows, 1 << 20));
        add_layer(std::move(l), node, 0, {static_cast<int>(rows), 3}, element::int64,
                  order::natural, {static_cast<int>(rows), 3});
        return true;
    }
    return false;
}

bool onnx_reader::read_block(const onnx::NodeProto& node) {
    const bool to_depth = node.op_type() == "SpaceToDepth";
    if (!to_depth && node.op_type() != "DepthToSpace")
        return false;
    const value x = as_picture(moved(node), input_name(node, 0));
    const attributes a(node);
    const std::int64_t b = a.integer("blocksize", 0);
    const std::int64_t extent = x.shape[to_depth ? 2 : 1];
    if (b < 1 || b > 64 ||
        (to_depth ? extent % b != 0 || x.shape[3] % b != 0 : extent % (b * b) != 0))
        bad(fmt::format("has blocks of {} on [{}]", b, fmt::join(x.shape, "x")));
    const int block = static_cast<int>(b);
    value v = start(node, to_depth ? op::space_to_depth : op::depth_to_space, x);
    v.draft.kernel_h = v.draft.kernel_w = block;
    v.draft.axis = !to_depth && a.text("mode", "DCR") == "CRD" ? 1 : -1;
    v.shape = to_depth ? std::vector<int>{x.shape[0], x.shape[1] * block * block,
                                          x.shape[2] / block, x.shape[3] / block}
                       : std::vector<int>{x.shape[0], x.shape[1] / (block * block),
                                          x.shape[2] * block, x.shape[3] * block};
    define(node, finished_like_input(node, v, x));
    return true;
}

bool onnx_reader::read_more(const onnx::NodeProto& node) {
    const std::string& kind = node.op_type();
    const attributes a(node);
    if (read_integer_product(node) || read_choice(node) || read_block(node))
        return true;
    if (kind == "Div" || kind == "PRelu" || kind == "Max" || kind == "Min") {
        const op what = kind == "Div"     ? op::div
                        : kind == "PRelu" ? op::prelu
                        : kind == "Max"   ? op::maximum
                                          : op::minimum;
        if (node.input_size() != 2)
            bad(fmt::format("has {} inputs, expected 2", node.input_size()));
        const value& left = view(node, 0);
        define(node,
               pair(node, what, left, input(node, 1), input_name(node, 0), input_name(node, 1)));
    } else if (kind == "Equal" || kind == "Less" || kind == "Greater" || kind == "LessOrEqual" ||
               kind == "GreaterOrEqual") {
        value v = pair(node, op::compare, view(node, 0), input(node, 1), input_name(node, 0),
                       input_name(node, 1));
        layer l = v.draft;
        l.comparison = kind == "Equal"         ? comparison_kind::equal
                       : kind == "Less"        ? comparison_kind::less
                       : kind == "Greater"     ? comparison_kind::greater
                       : kind == "LessOrEqual" ? comparison_kind::less_equal
                                               : comparison_kind::greater_equal;
        add_layer(std::move(l), node, 0, memory_shape(v), element::boolean, v.layout, v.shape);
    } else if (kind == "Cast") {
        const value x = input(node, 0);
        if (x.what != value::kind::indices && x.what != value::kind::integers)
            bad("casts something else than integers");
        layer l;
        l.kind = op::cast;
        l.inputs = {x.tensor_index};
        element to = element::float32;
        switch (a.integer("to", 0)) {
            case onnx::TensorProto::FLOAT:
                break;
            case onnx::TensorProto::INT32:
                to = element::int32;
                break;
            case onnx::TensorProto::INT64:
                to = element::int64;
                break;
            case onnx::TensorProto::BOOL:
                to = element::boolean;
                break;
            default:
                bad(fmt::format("casts to type {}, expected float, int32, int64 or bool",
                                type_name(a.integer("to", 0))));
        }
        add_layer(std::move(l), node, 0, memory_shape(x), to, x.layout, x.shape);
    } else if (kind == "ReduceMax" || kind == "ReduceMin") {
        const value x = moved(node);
        define(
            node,
            finished_like_input(
                node, reduced(node, kind == "ReduceMax" ? op::reduce_max : op::reduce_min, x), x));
    } else if (kind == "ReduceSum") {
        define(node, reduced(node, op::reduce_sum, view(node, 0)));
    } else if (kind == "GlobalMaxPool") {
        const value x = as_picture(moved(node), input_name(node, 0));
        value v = start(node, op::reduce_max, x);
        v.draft.axes = {1, 2};
        v.shape[2] = v.shape[3] = 1;
        define(node, finished_like_input(node, v, x));
    } else if (kind == "ConvTranspose") {
        value v = transposed_convolution(node, view(node, 0), weights(node, 1));
        if (has_input(node, 2))
            attach_bias(v, input(node, 2), input_name(node, 2));
        define(node, std::move(v));
    } else {
        return false;
    }
    return true;
}

/// Weights lie input channel first: I,O,H,W becomes O,H,W,I.
value onnx_reader::transposed_convolution(const onnx::NodeProto& node, const value& input_view,
                                          const value& w) {
    const value x = as_picture(input_view, input_name(node, 0));
    const attributes a(node);
    if (w.shape.size() != 4 || w.shape[0] != x.shape[1] || a.integer("group", 1) != 1)
        bad(fmt::format("weights [{}] do not fit {} input channels in one group",
                        fmt::join(w.shape, "x"), x.shape[1]));
    if (w.quant.scale.size() > 1 && w.axis != 1)
        bad("its weights must be quantized along their output channels");
    const auto pair_of = [&](const char* name, std::int64_t otherwise, std::int64_t most) {
        std::vector<std::int64_t> list = a.integers(name);
        if (list.empty())
            list = {otherwise, otherwise};
        for (std::int64_t v : list)
            if (list.size() != 2 || v < 0 || v > most)
                bad(fmt::format("attribute {} is not supported", name));
        return list;
    };
    for (std::int64_t d : pair_of("dilations", 1, 4096))
        if (d != 1)
            bad("dilates its kernel: this is not supported");
    value v = start(node, op::transpose_conv2d, x);
    layer& l = v.draft;
    const auto stride = pair_of("strides", 1, 4096), extra = pair_of("output_padding", 0, 4096);
    l.kernel_h = w.shape[2];
    l.kernel_w = w.shape[3];
    if (stride[0] < 1 || stride[1] < 1 || l.kernel_h > 4096 || l.kernel_w > 4096)
        bad("has a stride or kernel outside 1 to 4096");
    l.stride_h = static_cast<int>(stride[0]);
    l.stride_w = static_cast<int>(stride[1]);
    if (a.text("auto_pad", "NOTSET") != "NOTSET" || !a.integers("output_shape").empty())
        bad("only explicit padding is supported");
    std::vector<std::int64_t> pads = a.integers("pads");
    if (pads.empty())
        pads = {0, 0, 0, 0};
    for (std::int64_t p : pads)
        if (pads.size() != 4 || p < 0 || p > 4096)
            bad("attribute pads is not supported");
    l.pad_top = static_cast<int>(pads[0]);
    l.pad_left = static_cast<int>(pads[1]);
    l.pad_bottom = static_cast<int>(pads[2]);
    l.pad_right = static_cast<int>(pads[3]);
    const auto extent = [&](int in, int s, int kernel, std::int64_t more, std::int64_t cut) {
        const std::int64_t out = std::int64_t{in - 1} * s + kernel + more - cut;
        if (out < 1 || out > largest_elements)
            bad("its output is empty or too large");
        return static_cast<int>(out);
    };
    v.shape = {x.shape[0], w.shape[1],
               extent(x.shape[2], l.stride_h, l.kernel_h, extra[0], pads[0] + pads[2]),
               extent(x.shape[3], l.stride_w, l.kernel_w, extra[1], pads[1] + pads[3])};
    const int in_c = w.shape[0], out_c = w.shape[1], taps = l.kernel_h * l.kernel_w;
    std::vector<std::uint8_t> bytes(w.data.integers.size());
    std::size_t from = 0;
    for (int i = 0; i < in_c; ++i)
        for (int o = 0; o < out_c; ++o)
            for (int t = 0; t < taps; ++t)
                bytes[static_cast<std::size_t>((o * taps + t) * in_c + i)] =
                    static_cast<std::uint8_t>(w.data.integers[from++]);
    l.inputs.push_back(add_weights(w, input_name(node, 1), {out_c, l.kernel_h, l.kernel_w, in_c},
                                   std::move(bytes)));
    return v;
}

}  // namespace ocellus::dsp::onnx_detail
