// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/fast_kernels.h"

#include <algorithm>

#include "core/simd.h"
#include "dsp/network/fast_layer.h"

namespace ocellus::dsp {
namespace fast {

const std::uint8_t* bias_of(const network& n, const layer& l) {
    if (l.inputs.size() < 3 || l.inputs[2] < 0)
        return nullptr;
    return tensor_of(n, l.inputs, 2).data.data();
}

std::vector<std::int16_t> centred_weights(const tensor& w, std::size_t channels,
                                          std::size_t channel_stride) {
    std::vector<std::int16_t> out(w.data.size());
    const bool is_signed = w.type == element::int8;
    std::size_t channel = 0;
    for (std::size_t first = 0; first < out.size(); first += channel_stride) {
        const std::int32_t zero =
            w.quant.zero_point.size() == 1 ? w.quant.zero_point[0] : w.quant.zero_point[channel];
        for (std::size_t i = first; i < std::min(first + channel_stride, out.size()); ++i)
            out[i] = static_cast<std::int16_t>(
                (is_signed ? static_cast<std::int8_t>(w.data[i]) : w.data[i]) - zero);
        if (++channel == channels)
            channel = 0;
    }
    return out;
}

bool fits_int8(const std::vector<std::int16_t>& weights) {
    return std::all_of(weights.begin(), weights.end(),
                       [](std::int16_t w) { return w >= -128 && w <= 127; });
}

namespace {

inline __attribute__((always_inline)) void copy_flipped_body(std::uint8_t* __restrict to,
                                                             const std::uint8_t* __restrict from,
                                                             std::size_t count, std::uint8_t flip) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = from[i] ^ flip;
}

inline __attribute__((always_inline)) void widen_body(std::int16_t* __restrict to,
                                                      const std::uint8_t* __restrict from,
                                                      std::size_t count, std::uint8_t flip,
                                                      std::int16_t zero) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<std::int16_t>(
            static_cast<std::int16_t>(static_cast<std::uint8_t>(from[i] ^ flip)) - zero);
}

}  // namespace

OCELLUS_SIMD_KERNEL(copy_flipped,
                    (std::uint8_t * to, const std::uint8_t* from, std::size_t count,
                     std::uint8_t flip),
                    (to, from, count, flip))
OCELLUS_SIMD_KERNEL(widen,
                    (std::int16_t * to, const std::uint8_t* from, std::size_t count,
                     std::uint8_t flip, std::int16_t zero),
                    (to, from, count, flip, zero))

}  // namespace fast

std::unique_ptr<packed_layer> pack_layer(const network& n, const layer& l, kernel_set kernels) {
    using namespace fast;
    if (kernels == kernel_set::reference)
        return nullptr;
    // Fast kernels take and give bytes.
    for (int t : {l.inputs.at(0), l.outputs.at(0)})
        if (t < 0 || (n.tensors[static_cast<std::size_t>(t)].type != element::int8 &&
                      n.tensors[static_cast<std::size_t>(t)].type != element::uint8))
            return nullptr;
    switch (l.kind) {
        case op::conv2d:
        case op::fully_connected:
            return pack_product(n, l, kernels);
        case op::depthwise_conv2d:
            return pack_depthwise(n, l, kernels);
        case op::add:
        case op::sub:
            if (tensor_of(n, l.inputs, 0).shape != tensor_of(n, l.outputs, 0).shape ||
                tensor_of(n, l.inputs, 1).shape != tensor_of(n, l.outputs, 0).shape)
                return nullptr;
            return pack_addition(n, l);
        case op::max_pool:
            return pack_max_pool(n, l);
        case op::relu:
        case op::quantize:
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
        case op::swish:
            return pack_map(n, l);
        default:
            return nullptr;
    }
}

}  // namespace ocellus::dsp
