// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
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
        case builtin_mean: {
            l.kind = op::mean;
            input(l, 1);
            std::vector<std::int64_t> axes = integers(l.inputs[1]);
            for (std::int64_t& a : axes)
                a = a < 0 ? a + static_cast<std::int64_t>(x.shape.size()) : a;
            std::sort(axes.begin(), axes.end());
            if (axes != std::vector<std::int64_t>{1, 2} || x.shape.size() != 4)
                bad("only the mean over height and width of a 4-dimensional tensor is "
                    "supported");
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

}  // namespace ocellus::dsp::tflite_detail
