// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/graph.h"

#include "core/diagnostics.h"

namespace ocellus::dsp {

std::size_t size_of(element e) {
    switch (e) {
        case element::int8:
        case element::uint8:
        case element::boolean:
            return 1;
        case element::int16:
            return 2;
        case element::int32:
        case element::float32:
            return 4;
        case element::int64:
            return 8;
    }
    return 1;
}

const char* name_of(element e) {
    switch (e) {
        case element::int8:
            return "int8";
        case element::uint8:
            return "uint8";
        case element::int16:
            return "int16";
        case element::int32:
            return "int32";
        case element::int64:
            return "int64";
        case element::float32:
            return "float32";
        case element::boolean:
            return "boolean";
    }
    return "?";
}

const char* name_of(op o) {
    switch (o) {
        case op::conv2d:
            return "conv2d";
        case op::depthwise_conv2d:
            return "depthwise_conv2d";
        case op::fully_connected:
            return "fully_connected";
        case op::add:
            return "add";
        case op::average_pool:
            return "average_pool";
        case op::max_pool:
            return "max_pool";
        case op::mean:
            return "mean";
        case op::reshape:
            return "reshape";
        case op::pad:
            return "pad";
        case op::softmax:
            return "softmax";
        case op::quantize:
            return "quantize";
        case op::dequantize:
            return "dequantize";
        case op::relu:
            return "relu";
        case op::concat:
            return "concat";
        case op::logistic:
            return "logistic";
        case op::tanh:
            return "tanh";
        case op::leaky_relu:
            return "leaky_relu";
        case op::hard_swish:
            return "hard_swish";
        case op::sub:
            return "sub";
        case op::mul:
            return "mul";
        case op::maximum:
            return "maximum";
        case op::minimum:
            return "minimum";
        case op::transpose_conv2d:
            return "transpose_conv2d";
        case op::slice:
            return "slice";
        case op::transpose:
            return "transpose";
        case op::resize_nearest:
            return "resize_nearest";
        case op::resize_bilinear:
            return "resize_bilinear";
        case op::div:
            return "div";
        case op::prelu:
            return "prelu";
        case op::swish:
            return "swish";
        case op::compare:
            return "compare";
        case op::cast:
            return "cast";
        case op::reduce_max:
            return "reduce_max";
        case op::reduce_min:
            return "reduce_min";
        case op::reduce_sum:
            return "reduce_sum";
        case op::arg_max:
            return "arg_max";
        case op::arg_min:
            return "arg_min";
        case op::top_k:
            return "top_k";
        case op::gather:
            return "gather";
        case op::space_to_depth:
            return "space_to_depth";
        case op::depth_to_space:
            return "depth_to_space";
        case op::space_to_batch:
            return "space_to_batch";
        case op::batch_to_space:
            return "batch_to_space";
        case op::batch_matmul:
            return "batch_matmul";
        case op::dynamic_quantize:
            return "dynamic_quantize";
        case op::detection_postprocess:
            return "detection_postprocess";
        case op::non_max_suppression:
            return "non_max_suppression";
    }
    return "?";
}

bool on_scalar_unit(op o) {
    return o == op::softmax || o == op::arg_max || o == op::arg_min || o == op::top_k ||
           o == op::gather || o == op::dynamic_quantize || o == op::detection_postprocess ||
           o == op::non_max_suppression;
}

namespace {
struct rounding_name {
    rounding value;
    const char* name;
};
constexpr rounding_name rounding_names[] = {
    {rounding::tflite_ref, "tflite-ref"},
    {rounding::tflite_x86, "tflite-x86"},
    {rounding::onnx, "onnx"},
    {rounding::tflite_single_rounding, "tflite-single-rounding"},
    {rounding::imx500, "imx500"},
};
}  // namespace

const char* name_of(rounding r) {
    for (const rounding_name& n : rounding_names)
        if (n.value == r)
            return n.name;
    return "?";
}

rounding rounding_named(const std::string& name) {
    std::string expected;
    for (const rounding_name& n : rounding_names) {
        if (name == n.name)
            return n.value;
        expected += expected.empty() ? n.name : std::string(", ") + n.name;
    }
    throw input_error(exit_code::usage,
                      "unknown rounding \"" + name + "\"; expected one of " + expected);
}

std::uint64_t macs_of(const network& n, const layer& l) {
    const auto at = [&](const std::vector<int>& list, std::size_t i) -> const tensor& {
        return n.tensors[static_cast<std::size_t>(list.at(i))];
    };
    switch (l.kind) {
        case op::conv2d: {
            const tensor& weights = at(l.inputs, 1);
            const auto outputs = static_cast<std::uint64_t>(weights.shape.at(0));
            return at(l.outputs, 0).elements() * (weights.elements() / outputs);
        }
        case op::depthwise_conv2d:
            return at(l.outputs, 0).elements() * static_cast<std::uint64_t>(l.kernel_h) *
                   static_cast<std::uint64_t>(l.kernel_w);
        case op::fully_connected: {
            const tensor& weights = at(l.inputs, 1);
            return at(l.outputs, 0).elements() * static_cast<std::uint64_t>(weights.shape.at(1));
        }
        case op::transpose_conv2d: {
            // Every input meets every tap of every output channel; what falls off the edge counts.
            const tensor& weights = at(l.inputs, 1);
            return at(l.inputs, 0).elements() * static_cast<std::uint64_t>(weights.shape.at(0)) *
                   static_cast<std::uint64_t>(l.kernel_h) * static_cast<std::uint64_t>(l.kernel_w);
        }
        case op::batch_matmul: {
            const tensor& a = at(l.inputs, 0);
            const std::size_t rank = a.shape.size();
            return at(l.outputs, 0).elements() *
                   static_cast<std::uint64_t>(a.shape.at(rank - (l.turn_a ? 2 : 1)));
        }
        default:
            return 0;
    }
}

std::size_t batch_of(const network& n, const layer& l) {
    switch (l.kind) {
        case op::conv2d:
        case op::depthwise_conv2d:
        case op::transpose_conv2d:
        case op::average_pool:
        case op::max_pool:
        case op::resize_nearest:
        case op::resize_bilinear:
            return static_cast<std::size_t>(
                n.tensors[static_cast<std::size_t>(l.outputs[0])].shape[0]);
        default:
            return 1;
    }
}

unsigned weight_bits_of(const network& n, const layer& l) {
    const bool multiplies = l.kind == op::conv2d || l.kind == op::depthwise_conv2d ||
                            l.kind == op::fully_connected || l.kind == op::transpose_conv2d;
    if (!multiplies || l.inputs.size() < 2 || l.inputs[1] < 0)
        return 0;
    const tensor& w = n.tensors[static_cast<std::size_t>(l.inputs[1])];
    return w.constant() ? w.bits : 8;
}

std::vector<std::uint8_t> stored_data(const tensor& t) {
    if (t.bits == 8)
        return t.data;
    std::vector<std::uint8_t> packed(t.stored_bytes(), 0);
    const unsigned mask = (1u << t.bits) - 1;
    for (std::size_t i = 0; i < t.data.size(); ++i) {
        const std::size_t at = i * t.bits;
        packed[at / 8] |= static_cast<std::uint8_t>((t.data[i] & mask) << at % 8);
    }
    return packed;
}

std::uint64_t constant_bytes(const network& n) {
    std::uint64_t total = 0;
    for (const tensor& t : n.tensors)
        total += t.constant() ? t.stored_bytes() : 0;
    return total;
}

}  // namespace ocellus::dsp
