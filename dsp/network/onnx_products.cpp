// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"

namespace ocellus::dsp::onnx_detail {

bool onnx_reader::set_window(const onnx::NodeProto& node, layer& l, const value& x,
                             std::vector<int>& out_shape, int channels) {
    const attributes a(node);
    const auto pair = [&](const char* name, int& h, int& w) {
        const auto list = a.integers(name);
        if (list.empty())
            return;
        if (list.size() != 2)
            bad(fmt::format("attribute {} has {} entries, expected 2", name, list.size()));
        for (std::int64_t v : list)
            if (v < 1 || v > 4096)
                bad(fmt::format("attribute {} is {}, expected 1 to 4096", name, v));
        h = static_cast<int>(list[0]);
        w = static_cast<int>(list[1]);
    };
    pair("kernel_shape", l.kernel_h, l.kernel_w);
    pair("strides", l.stride_h, l.stride_w);
    pair("dilations", l.dilation_h, l.dilation_w);
    const std::string automatic = a.text("auto_pad", "NOTSET");
    const int in_h = x.shape[2], in_w = x.shape[3];
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
        int total = 0;
        const bool upper = automatic == "SAME_UPPER";
        int less = same_padding(in_h, l.kernel_h, l.stride_h, l.dilation_h, total);
        l.pad_top = upper ? less : total - less;
        l.pad_bottom = total - l.pad_top;
        less = same_padding(in_w, l.kernel_w, l.stride_w, l.dilation_w, total);
        l.pad_left = upper ? less : total - less;
        l.pad_right = total - l.pad_left;
    } else if (automatic == "NOTSET") {
        const auto pads = a.integers("pads");
        if (!pads.empty()) {
            if (pads.size() != 4)
                bad(fmt::format("attribute pads has {} entries, expected 4", pads.size()));
            for (std::int64_t p : pads)
                if (p < 0 || p > 4096)
                    bad(fmt::format("has a padding of {}, expected 0 to 4096", p));
            l.pad_top = static_cast<int>(pads[0]);
            l.pad_left = static_cast<int>(pads[1]);
            l.pad_bottom = static_cast<int>(pads[2]);
            l.pad_right = static_cast<int>(pads[3]);
        }
    } else if (automatic != "VALID") {
        bad("attribute auto_pad is '" + automatic + "'");
    }
    const bool ceiling = a.integer("ceil_mode", 0) != 0;
    bool added = false;
    const auto extent = [&](int in, int kernel, int stride, int dilation, int before, int& after) {
        const int room = in + before + after - ((kernel - 1) * dilation + 1);
        if (room < 0)
            bad(fmt::format("its kernel of {} does not fit an input of {}", kernel, in));
        if (ceiling && room % stride != 0) {
            // One more window, unless it would start in the padding after the input.
            if ((room / stride + 1) * stride < in + before) {
                after += stride - room % stride;
                added = true;
            }
        }
        return (in + before + after - ((kernel - 1) * dilation + 1)) / stride + 1;
    };
    out_shape = {x.shape[0], channels,
                 extent(in_h, l.kernel_h, l.stride_h, l.dilation_h, l.pad_top, l.pad_bottom),
                 extent(in_w, l.kernel_w, l.stride_w, l.dilation_w, l.pad_left, l.pad_right)};
    return added;
}

value onnx_reader::weights(const onnx::NodeProto& node, int k) {
    value w = input(node, k);
    if (w.what == value::kind::constant_value)
        bad(fmt::format("its weights '{}' are float: the network is not int8, quantize it first",
                        input_name(node, k)));
    require_weights(w, input_name(node, k));
    return w;
}

void onnx_reader::require_weights(const value& w, const std::string& name) const {
    if (w.what != value::kind::constant_view || !activation_type(w.data.type))
        bad(fmt::format("its weights '{}' must be int8 or uint8 constants", name));
    if (w.data.integers.empty())
        bad(fmt::format("its weights '{}' are empty", name));
}

int onnx_reader::add_weights(const value& w, const std::string& name, std::vector<int> shape,
                             std::vector<std::uint8_t> bytes) {
    const int i = add_tensor(name, std::move(shape), *activation_type(w.data.type));
    tensor& t = tensor_at(i);
    t.quant = w.quant;
    t.data = std::move(bytes);
    return i;
}

value onnx_reader::convolution(const onnx::NodeProto& node, const value& input_view, const value& w,
                               const std::string& input_name, const std::string& weight_name) {
    const value x = as_picture(input_view, input_name);
    require_weights(w, weight_name);
    if (w.shape.size() != 4)
        bad(fmt::format("its weights have {} dimensions, expected 4", w.shape.size()));
    if (w.quant.scale.size() > 1 && w.axis != 0)
        bad("its weights must be quantized along their output channels");
    const std::int64_t group = attributes(node).integer("group", 1);
    const int out_c = w.shape[0], in_c = x.shape[1], kh = w.shape[2], kw = w.shape[3];
    if (kh > 4096 || kw > 4096)
        bad(fmt::format("its kernel is {}x{}, expected at most 4096", kh, kw));
    const bool depthwise = group > 1 && group == in_c && w.shape[1] == 1;
    if (group < 1 || in_c % group != 0 || out_c % group != 0)
        bad(fmt::format("has {} groups of {} input and {} output channels", group, in_c, out_c));
    const int group_in = static_cast<int>(in_c / group);
    if (depthwise ? out_c % in_c != 0 : w.shape[1] != group_in)
        bad(fmt::format("its weights [{}] do not fit {} input channels", fmt::join(w.shape, "x"),
                        in_c));
    value v = start(node, depthwise ? op::depthwise_conv2d : op::conv2d, x);
    layer& l = v.draft;
    l.kernel_h = kh;
    l.kernel_w = kw;
    l.depth_multiplier = depthwise ? out_c / in_c : 1;
    set_window(node, l, x, v.shape, out_c);
    if (l.kernel_h != kh || l.kernel_w != kw)
        bad("its kernel_shape differs from its weights");
    // OIHW becomes OHWI, or 1HWO for depthwise.
    const int depth = depthwise ? 1 : group_in;
    std::vector<std::uint8_t> bytes(w.data.integers.size());
    std::size_t from = 0;
    for (int o = 0; o < out_c; ++o)
        for (int i = 0; i < depth; ++i)
            for (int t = 0; t < kh * kw; ++t) {
                const std::size_t to =
                    depthwise ? static_cast<std::size_t>(t * out_c + o)
                              : static_cast<std::size_t>((o * kh * kw + t) * depth + i);
                bytes[to] = static_cast<std::uint8_t>(w.data.integers[from++]);
            }
    std::vector<int> shape =
        depthwise ? std::vector<int>{1, kh, kw, out_c} : std::vector<int>{out_c, kh, kw, depth};
    l.inputs.push_back(add_weights(w, weight_name, std::move(shape), std::move(bytes)));
    return v;
}

value onnx_reader::product(const onnx::NodeProto& node, const value& input_view, const value& w,
                           bool transposed, const std::string& weight_name) {
    require_weights(w, weight_name);
    const value x = input_view.layout == order::channels_first
                        ? in_file_order(input_view, node_name_)
                        : input_view;
    if (w.shape.size() != 2)
        bad(fmt::format("its weights have {} dimensions, expected 2", w.shape.size()));
    const int outputs = w.shape[transposed ? 0 : 1];
    const int depth = w.shape[transposed ? 1 : 0];
    if (w.quant.scale.size() > 1 && w.axis != (transposed ? 0 : 1))
        bad("its weights must be quantized along their output channels");
    if (x.shape.empty() || x.shape.back() != depth)
        bad(fmt::format("its input [{}] does not fit weights [{}]", fmt::join(x.shape, "x"),
                        fmt::join(w.shape, "x")));
    value v = start(node, op::fully_connected, x);
    v.shape.back() = outputs;
    v.layout = order::natural;
    // Inputs that were flattened from a picture lie channels last in memory.
    std::vector<std::size_t> place(static_cast<std::size_t>(depth));
    for (std::size_t k = 0; k < place.size(); ++k) {
        place[k] = k;
        if (x.layout == order::flat_channels) {
            const auto c = static_cast<std::size_t>(x.image[0]);
            const auto pixels = static_cast<std::size_t>(x.image[1] * x.image[2]);
            place[k] = k % pixels * c + k / pixels;
        }
    }
    v.image.clear();
    std::vector<std::uint8_t> bytes(w.data.integers.size());
    for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o)
        for (std::size_t k = 0; k < place.size(); ++k) {
            const std::size_t from =
                transposed ? o * place.size() + k : k * static_cast<std::size_t>(outputs) + o;
            bytes[o * place.size() + place[k]] = static_cast<std::uint8_t>(w.data.integers[from]);
        }
    v.draft.inputs.push_back(add_weights(w, weight_name, {outputs, depth}, std::move(bytes)));
    return v;
}

void onnx_reader::attach_bias(value& pending, const value& bias, const std::string& name) {
    const std::size_t channels = static_cast<std::size_t>(
        pending.layout == order::channels_first ? pending.shape[1] : pending.shape.back());
    const bool is_constant =
        bias.what == value::kind::constant_view || bias.what == value::kind::constant_value;
    if (!is_constant || bias.data.size() != channels)
        bad(fmt::format("its bias '{}' must be {} constants", name, channels));
    bias_entry entry;
    entry.name = name;
    for (std::size_t i = 0; i < channels; ++i) {
        if (bias.what == value::kind::constant_value) {
            if (!bias.data.is_float())
                bad(fmt::format("its bias '{}' must be float or dequantized integers", name));
            entry.scale.push_back(1.0);
            entry.number.push_back(static_cast<double>(bias.data.reals[i]));
        } else {
            const std::size_t k = bias.quant.scale.size() == 1 ? 0 : i;
            if (k >= bias.quant.scale.size())
                bad(fmt::format("its bias '{}' has {} scales", name, bias.quant.scale.size()));
            entry.scale.push_back(static_cast<double>(bias.quant.scale[k]));
            entry.number.push_back(static_cast<double>(bias.data.integers[i]) -
                                   static_cast<double>(bias.quant.zero_point[k]));
        }
        if (!std::isfinite(entry.number.back()))
            bad(fmt::format("its bias '{}' is not finite", name));
    }
    biases_.push_back(std::move(entry));
    pending.draft.inputs.push_back(-1 - static_cast<int>(biases_.size()));
}

void onnx_reader::add_bias(layer& l) {
    if (l.inputs.size() < 3)
        return;
    const bias_entry& b = biases_.at(static_cast<std::size_t>(-2 - l.inputs[2]));
    const tensor& x = tensor_at(l.inputs[0]);
    const tensor& w = tensor_at(l.inputs[1]);
    tensor t;
    t.name = b.name;
    t.shape = {static_cast<int>(b.number.size())};
    t.type = element::int32;
    t.data.resize(b.number.size() * 4);
    for (std::size_t i = 0; i < b.number.size(); ++i) {
        const double scale = static_cast<double>(x.quant.scale.at(0)) *
                             static_cast<double>(w.quant.scale[w.quant.scale.size() == 1 ? 0 : i]);
        t.quant.scale.push_back(static_cast<float>(scale));
        t.quant.zero_point.push_back(0);
        // Quantizers write the product of scales rounded to float: those integers are exact.
        const double ratio = b.scale[i] / scale;
        const double q = std::abs(ratio - 1.0) < 1e-6 ? b.number[i] : b.number[i] * ratio;
        const double bounded = std::isnan(q) ? 0.0 : std::clamp(q, -2147483648.0, 2147483647.0);
        const auto integer = static_cast<std::int32_t>(std::nearbyint(bounded));
        std::memcpy(t.data.data() + 4 * i, &integer, 4);
    }
    n_.tensors.push_back(std::move(t));
    l.inputs[2] = static_cast<int>(n_.tensors.size()) - 1;
}

value onnx_reader::pooling(const onnx::NodeProto& node, const value& input_view, op kind,
                           const std::string& name) {
    const value x = as_picture(input_view, name);
    value v = start(node, kind, x);
    const bool added = set_window(node, v.draft, x, v.shape, x.shape[1]);
    v.draft.count_padding =
        kind == op::average_pool && attributes(node).integer("count_include_pad", 0) != 0;
    if (v.draft.count_padding && added)
        bad("counts its padding in windows that reach beyond it, as ceil_mode makes them: this is "
            "not supported");
    return v;
}

value onnx_reader::global_average(const onnx::NodeProto& node, const value& input_view,
                                  const std::string& name, bool keep) {
    const value x = as_picture(input_view, name);
    value v = start(node, op::mean, x);
    if (keep) {
        v.shape = {x.shape[0], x.shape[1], 1, 1};
    } else {
        v.shape = {x.shape[0], x.shape[1]};
        v.layout = order::natural;
    }
    return v;
}

value onnx_reader::permuted_constant(const value& x, const std::vector<std::int64_t>& perm) {
    value v = x;
    const std::size_t rank = x.shape.size();
    std::vector<std::size_t> stride(rank, 1), step(rank, 1);
    for (std::size_t d = rank; d-- > 1;)
        stride[d - 1] = stride[d] * static_cast<std::size_t>(x.shape[d]);
    for (std::size_t d = 0; d < rank; ++d) {
        const auto from = static_cast<std::size_t>(perm[d]);
        v.shape[d] = x.shape[from];
        step[d] = stride[from];
        if (x.quant.scale.size() > 1 && static_cast<std::size_t>(x.axis) == from)
            v.axis = static_cast<int>(d);
    }
    v.data.shape = v.shape;
    const auto turn = [&](const auto& in, auto& out) {
        std::vector<int> index(rank, 0);
        for (std::size_t i = 0; i < in.size(); ++i) {
            std::size_t at = 0;
            for (std::size_t d = 0; d < rank; ++d)
                at += static_cast<std::size_t>(index[d]) * step[d];
            out[i] = in[at];
            for (std::size_t d = rank; d-- > 0;) {
                if (++index[d] < v.shape[d])
                    break;
                index[d] = 0;
            }
        }
    };
    turn(x.data.integers, v.data.integers);
    turn(x.data.reals, v.data.reals);
    return v;
}

value onnx_reader::reshaped_constant(const value& x, const std::vector<int>& shape) const {
    if (x.quant.scale.size() > 1)
        bad("reshapes a constant with several scales: fold constants when exporting");
    value v = x;
    v.shape = v.data.shape = shape;
    return v;
}

value onnx_reader::integer_bias(const onnx::NodeProto& node, int k, const value& pending) {
    value v = input(node, k);
    if (v.what != value::kind::constant_value || v.data.type != onnx::TensorProto::INT32)
        bad(fmt::format("its bias '{}' must be int32 constants", input_name(node, k)));
    v.what = value::kind::constant_view;
    const tensor& x = tensor_at(pending.draft.inputs[0]);
    const tensor& w = tensor_at(pending.draft.inputs[1]);
    for (float s : w.quant.scale) {
        v.quant.scale.push_back(x.quant.scale.at(0) * s);
        v.quant.zero_point.push_back(0);
    }
    return v;
}

}  // namespace ocellus::dsp::onnx_detail
