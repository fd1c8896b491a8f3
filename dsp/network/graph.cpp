// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/graph.h"

namespace ocellus::dsp {

std::size_t size_of(element e) {
    switch (e) {
        case element::int8:
        case element::uint8:
            return 1;
        case element::int16:
            return 2;
        case element::int32:
        case element::float32:
            return 4;
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
        case element::float32:
            return "float32";
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
    }
    return "?";
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
        default:
            return 0;
    }
}

std::uint64_t constant_bytes(const network& n) {
    std::uint64_t total = 0;
    for (const tensor& t : n.tensors)
        total += t.data.size();
    return total;
}

}  // namespace ocellus::dsp
