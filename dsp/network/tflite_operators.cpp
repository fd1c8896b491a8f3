// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <flatbuffers/flexbuffers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"

namespace ocellus::dsp::tflite_detail {

void tflite_reader::set_activation(layer& l, int code) {
    constexpr float unbounded = std::numeric_limits<float>::infinity();
    const tensor& y = tensor_at(l.outputs.at(0));
    switch (code) {
        case no_activation:
            clamp_to_real_range(y, -unbounded, unbounded, l.clamp_min, l.clamp_max);
            return;
        case relu:
            clamp_to_real_range(y, 0.0f, unbounded, l.clamp_min, l.clamp_max);
            return;
        case relu_n1_to_1:
            clamp_to_real_range(y, -1.0f, 1.0f, l.clamp_min, l.clamp_max);
            return;
        case relu6:
            clamp_to_real_range(y, 0.0f, 6.0f, l.clamp_min, l.clamp_max);
            return;
        default:
            bad(fmt::format("fused activation number {} is not supported", code));
    }
}

void tflite_reader::set_padding(layer& l, int padding) {
    const tensor& x = input(l, 0);
    if (padding != 0 && padding != 1)
        bad(fmt::format("padding number {} is not supported", padding));
    if (x.shape.size() != 4)
        bad(fmt::format("its input has {} dimensions, expected 4", x.shape.size()));
    if (padding != 0)
        return;
    for (int v : {l.kernel_h, l.kernel_w, l.stride_h, l.stride_w, l.dilation_h, l.dilation_w})
        if (v < 1)
            bad(fmt::format("has a kernel, stride or dilation of {}", v));
    int total = 0;
    l.pad_top = same_padding(x.shape[1], l.kernel_h, l.stride_h, l.dilation_h, total);
    l.pad_bottom = total - l.pad_top;
    l.pad_left = same_padding(x.shape[2], l.kernel_w, l.stride_w, l.dilation_w, total);
    l.pad_right = total - l.pad_left;
}

void tflite_reader::set_kernel_from_weights(layer& l) {
    const tensor& w = input(l, 1);
    if (w.shape.size() != 4)
        bad(fmt::format("its weights have {} dimensions, expected 4", w.shape.size()));
    l.kernel_h = w.shape[1];
    l.kernel_w = w.shape[2];
}

void tflite_reader::require_channel_axis(const layer& l, int axis) {
    input(l, 1);
    const auto index = static_cast<std::size_t>(l.inputs.at(1));
    const int actual = quantized_dimension_[index];
    if (n_.tensors[index].quant.scale.size() > 1 && actual != axis)
        bad(fmt::format("its weights are quantized along dimension {}, expected {}", actual, axis));
}

bool tflite_reader::read_products(const tfl::layer& source, int kind, layer& l) {
    const tensor& y = tensor_at(l.outputs[0]);
    const tensor& x = input(l, 0);
    switch (kind) {
        case builtin_conv_2d: {
            l.kind = op::conv2d;
            const auto& o = options(source.options_as_conv_2d());
            set_kernel_from_weights(l);
            require_channel_axis(l, 0);
            l.stride_h = o.stride_h();
            l.stride_w = o.stride_w();
            l.dilation_h = o.dilation_h();
            l.dilation_w = o.dilation_w();
            set_padding(l, o.padding());
            set_activation(l, o.activation());
            break;
        }
        case builtin_depthwise_conv_2d: {
            l.kind = op::depthwise_conv2d;
            const auto& o = options(source.options_as_depthwise_conv_2d());
            set_kernel_from_weights(l);
            require_channel_axis(l, 3);
            l.stride_h = o.stride_h();
            l.stride_w = o.stride_w();
            l.dilation_h = o.dilation_h();
            l.dilation_w = o.dilation_w();
            l.depth_multiplier = o.depth_multiplier();
            set_padding(l, o.padding());
            set_activation(l, o.activation());
            break;
        }
        case builtin_fully_connected: {
            l.kind = op::fully_connected;
            const auto& o = options(source.options_as_fully_connected());
            if (o.weights_format() != 0)
                bad("shuffled weights are not supported");
            require_channel_axis(l, 0);
            set_activation(l, o.activation());
            break;
        }
        case builtin_transpose_conv: {
            l.kind = op::transpose_conv2d;
            const auto& o = options(source.options_as_transpose_conv());
            input(l, 2);
            // The format has the output's shape first, then weights, input and bias.
            const int bias = l.inputs.size() > 3 ? l.inputs[3] : -1;
            l.inputs = {l.inputs[2], l.inputs[1], bias};
            set_kernel_from_weights(l);
            require_channel_axis(l, 0);
            l.stride_h = o.stride_h();
            l.stride_w = o.stride_w();
            if (l.stride_h < 1 || l.stride_w < 1)
                bad("has a stride below 1");
            if (y.shape.size() != 4)
                bad(fmt::format("its output has {} dimensions, expected 4", y.shape.size()));
            if (o.padding() == 0) {
                int total = 0;
                l.pad_top = same_padding(y.shape[1], l.kernel_h, l.stride_h, 1, total);
                l.pad_bottom = total - l.pad_top;
                l.pad_left = same_padding(y.shape[2], l.kernel_w, l.stride_w, 1, total);
                l.pad_right = total - l.pad_left;
            }
            set_activation(l, o.activation());
            break;
        }
        case builtin_average_pool_2d:
        case builtin_max_pool_2d: {
            l.kind = kind == builtin_max_pool_2d ? op::max_pool : op::average_pool;
            const auto& o = options(source.options_as_pool_2d());
            l.kernel_h = o.filter_height();
            l.kernel_w = o.filter_width();
            l.stride_h = o.stride_h();
            l.stride_w = o.stride_w();
            set_padding(l, o.padding());
            set_activation(l, o.activation());
            break;
        }
        case builtin_batch_matmul: {
            l.kind = op::batch_matmul;
            const auto& o = options(source.options_as_batch_matmul());
            l.turn_a = o.adj_x();
            l.turn_b = o.adj_y();
            set_activation(l, no_activation);
            break;
        }
        case builtin_mean:
        case builtin_sum:
        case builtin_reduce_max:
        case builtin_reduce_min: {
            l.kind = kind == builtin_mean         ? op::mean
                     : kind == builtin_sum        ? op::reduce_sum
                     : kind == builtin_reduce_max ? op::reduce_max
                                                  : op::reduce_min;
            l.axes = axes_of(l, x);
            if (l.kind == op::mean && l.axes == std::vector<int>{1, 2} && x.shape.size() == 4)
                l.axes.clear();  // the usual one
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        }
        default:
            return false;
    }
    return true;
}

bool tflite_reader::read_elements(const tfl::layer& source, int kind, layer& l) {
    const tensor& y = tensor_at(l.outputs[0]);
    switch (kind) {
        case builtin_add: {
            l.kind = op::add;
            const auto* o = source.options_as_add();
            for (std::size_t k = 0; k < 2; ++k)
                if (input(l, k).constant() && y.shape.size() >= input(l, k).shape.size())
                    broadcast_constant(input(l, k), y.shape);
            set_activation(l, o ? o->activation() : 0);
            break;
        }
        case builtin_div:
            l.kind = op::div;
            set_activation(l, source.options_as_div() ? source.options_as_div()->activation() : 0);
            break;
        case builtin_prelu:
            l.kind = op::prelu;
            set_activation(l, no_activation);
            break;
        case builtin_equal:
        case builtin_not_equal:
        case builtin_less:
        case builtin_less_equal:
        case builtin_greater:
        case builtin_greater_equal:
            l.kind = op::compare;
            l.comparison = kind == builtin_equal        ? comparison_kind::equal
                           : kind == builtin_not_equal  ? comparison_kind::not_equal
                           : kind == builtin_less       ? comparison_kind::less
                           : kind == builtin_less_equal ? comparison_kind::less_equal
                           : kind == builtin_greater    ? comparison_kind::greater
                                                        : comparison_kind::greater_equal;
            break;
        case builtin_cast:
            l.kind = op::cast;
            break;
        case builtin_sub:
        case builtin_mul:
        case builtin_maximum:
        case builtin_minimum: {
            l.kind = kind == builtin_sub       ? op::sub
                     : kind == builtin_mul     ? op::mul
                     : kind == builtin_maximum ? op::maximum
                                               : op::minimum;
            const auto* o = kind == builtin_sub   ? source.options_as_sub()
                            : kind == builtin_mul ? source.options_as_mul()
                                                  : nullptr;
            set_activation(l, o ? o->activation() : 0);
            break;
        }
        case builtin_tanh:
            l.kind = op::tanh;
            set_activation(l, no_activation);
            break;
        case builtin_hard_swish:
            l.kind = op::hard_swish;
            set_activation(l, no_activation);
            break;
        case builtin_leaky_relu:
            l.kind = op::leaky_relu;
            l.alpha = options(source.options_as_leaky_relu()).alpha();
            set_activation(l, no_activation);
            break;
        case builtin_softmax: {
            l.kind = op::softmax;
            l.beta = options(source.options_as_softmax()).beta();
            set_activation(l, no_activation);
            break;
        }
        case builtin_logistic:
            l.kind = op::logistic;
            set_activation(l, no_activation);
            break;
        case builtin_relu:
            l.kind = op::relu;
            set_activation(l, relu);
            break;
        case builtin_relu_n1_to_1:
            l.kind = op::relu;
            set_activation(l, relu_n1_to_1);
            break;
        case builtin_relu6:
            l.kind = op::relu;
            set_activation(l, relu6);
            break;
        case builtin_quantize:
            l.kind = op::quantize;
            set_activation(l, no_activation);
            break;
        case builtin_dequantize:
            l.kind = op::dequantize;
            break;
        default:
            return false;
    }
    return true;
}

std::vector<int> tflite_reader::axes_of(const layer& l, const tensor& x) {
    input(l, 1);
    std::vector<int> axes;
    for (std::int64_t a : integers(l.inputs[1]))
        axes.push_back(static_cast<int>(std::clamp<std::int64_t>(
            a < 0 ? a + static_cast<std::int64_t>(x.shape.size()) : a, -1, 64)));
    std::sort(axes.begin(), axes.end());
    return axes;
}

float tflite_reader::real_constant(int index) {
    const tensor& t = tensor_at(index);
    if (!t.constant() || t.type != element::float32 || t.data.size() != 4)
        bad(fmt::format("'{}' must be one constant float number", t.name));
    float v;
    std::memcpy(&v, t.data.data(), 4);
    return v;
}

bool tflite_reader::read_choices(const tfl::layer& source, int kind, layer& l) {
    const auto one = [&](std::size_t k) {
        input(l, k);
        const std::vector<std::int64_t> list = integers(l.inputs[k]);
        if (list.size() != 1)
            bad(fmt::format("'{}' must be one integer", tensor_at(l.inputs[k]).name));
        return list[0];
    };
    switch (kind) {
        case builtin_custom:
            if (kind_ != "custom operator TFLite_Detection_PostProcess")
                return false;
            read_detection(source, l);
            return true;
        case builtin_arg_max:
        case builtin_arg_min: {
            l.kind = kind == builtin_arg_max ? op::arg_max : op::arg_min;
            const auto rank = static_cast<std::int64_t>(input(l, 0).shape.size());
            const std::int64_t axis = one(1);
            l.axis =
                static_cast<int>(std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, -1, 64));
            l.inputs.resize(1);
            return true;
        }
        case builtin_top_k:
            l.kind = op::top_k;
            if (one(1) < 1)
                bad("keeps nothing");
            l.inputs.resize(1);
            return true;
        case builtin_nms_v4:
        case builtin_nms_v5: {
            const bool soft = kind == builtin_nms_v5;
            l.kind = op::non_max_suppression;
            input(l, soft ? 5 : 4);
            l.detection.max_detections =
                static_cast<int>(std::clamp<std::int64_t>(one(2), 0, std::int64_t{1} << 30));
            l.detection.iou_threshold = real_constant(l.inputs[3]);
            l.detection.score_threshold = real_constant(l.inputs[4]);
            if (soft)
                l.detection.sigma = real_constant(l.inputs[5]);
            l.inputs.resize(2);
            return true;
        }
        default:
            return false;
    }
}

/// Options of the custom operator are a FlexBuffer map.
void tflite_reader::read_detection(const tfl::layer& source, layer& l) {
    l.kind = op::detection_postprocess;
    const auto* bytes = source.custom_options();
    if (!bytes || bytes->size() < 3)
        bad("its options are missing");
    std::vector<std::uint8_t> reuse;
    if (!flexbuffers::VerifyBuffer(bytes->data(), bytes->size(), &reuse))
        bad("its options are damaged");
    const auto root = flexbuffers::GetRoot(bytes->data(), bytes->size());
    if (!root.IsMap())
        bad("its options are no map");
    const auto map = root.AsMap();
    const auto integer = [&](const char* key, int otherwise) {
        const auto v = map[key];
        if (!v.IsNull() && !v.IsNumeric() && !v.IsBool())
            bad(fmt::format("option {} is no number", key));
        return v.IsNull() ? otherwise
                          : static_cast<int>(std::clamp<std::int64_t>(v.AsInt64(), -1, 1 << 30));
    };
    const auto real = [&](const char* key, float otherwise) {
        const auto v = map[key];
        if (!v.IsNull() && !v.IsNumeric())
            bad(fmt::format("option {} is no number", key));
        return v.IsNull() ? otherwise : v.AsFloat();
    };
    detection_settings& d = l.detection;
    d.max_detections = integer("max_detections", 0);
    d.max_classes_per_detection = integer("max_classes_per_detection", 1);
    d.detections_per_class = integer("detections_per_class", 100);
    d.classes = integer("num_classes", 0);
    d.regular = integer("use_regular_nms", 0) != 0;
    d.score_threshold = real("nms_score_threshold", 0.0f);
    d.iou_threshold = real("nms_iou_threshold", 0.5f);
    d.y_scale = real("y_scale", 1.0f);
    d.x_scale = real("x_scale", 1.0f);
    d.h_scale = real("h_scale", 1.0f);
    d.w_scale = real("w_scale", 1.0f);
    if (l.outputs.size() != 4 || l.inputs.size() != 3)
        bad(fmt::format("has {} inputs and {} outputs, expected 3 and 4", l.inputs.size(),
                        l.outputs.size()));
    // Writers may leave the shapes of these outputs open.
    std::int64_t places = d.max_detections;
    if (!d.regular && d.max_classes_per_detection > 0)
        places *= std::min(d.max_classes_per_detection, std::max(1, d.classes));
    if (places < 1 || places > 1 << 16)
        bad(fmt::format("keeps {} detections, expected 1 to {}", places, 1 << 16));
    const int kept = static_cast<int>(places);
    const std::vector<std::vector<int>> shapes = {{1, kept, 4}, {1, kept}, {1, kept}, {1}};
    for (std::size_t i = 0; i < 4; ++i) {
        tensor& t = tensor_at(l.outputs[i]);
        if (t.constant())
            bad("its output is a constant");
        t.shape = shapes[i];
    }
}

}  // namespace ocellus::dsp::tflite_detail
