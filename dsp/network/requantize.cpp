// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/requantize.h"

#include <algorithm>

namespace ocellus::dsp {
namespace {

const tensor& tensor_of(const network& n, const std::vector<int>& list, std::size_t i) {
    return n.tensors[static_cast<std::size_t>(list.at(i))];
}

requantizer with_range(const layer& l, const tensor& y) {
    requantizer r;
    r.zero_point = y.quant.zero_point[0];
    r.low = l.clamp_min;
    r.high = l.clamp_max;
    return r;
}

/// Outside matrix products.
requantizer::step plain_step(rounding how) {
    return in_float32(how)                           ? requantizer::step::single_precision
           : how == rounding::tflite_single_rounding ? requantizer::step::once
                                                     : requantizer::step::away_from_zero;
}

}  // namespace

requantizer weight_requantizer(const network& n, const layer& l, std::size_t channel) {
    const tensor& x = tensor_of(n, l.inputs, 0);
    const tensor& w = tensor_of(n, l.inputs, 1);
    const tensor& y = tensor_of(n, l.outputs, 0);
    const float sw = w.quant.scale.size() == 1 ? w.quant.scale[0] : w.quant.scale[channel];
    requantizer r = with_range(l, y);
    const double exact = static_cast<double>(x.quant.scale[0]) * static_cast<double>(sw) /
                         static_cast<double>(y.quant.scale[0]);
    r.fixed = l.multipliers.empty()       ? to_fixed(exact)
              : l.multipliers.size() == 1 ? l.multipliers[0]
                                          : l.multipliers.at(channel);
    r.factor = x.quant.scale[0] * sw / y.quant.scale[0];
    switch (n.arithmetic) {
        case rounding::tflite_ref:
            r.how = requantizer::step::away_from_zero;
            break;
        case rounding::tflite_x86:
            // The x86 build's matrix products shift with halves up, its depthwise kernels do not.
            r.how = l.kind == op::depthwise_conv2d ? requantizer::step::away_from_zero
                                                   : requantizer::step::half_up;
            break;
        case rounding::onnx:
        case rounding::imx500:
            r.how = requantizer::step::single_precision;
            break;
        case rounding::tflite_single_rounding:
            r.how = requantizer::step::once;
            break;
    }
    return r;
}

requantizer scale_requantizer(const network& n, const layer& l, const tensor& from,
                              const tensor& to) {
    requantizer r = with_range(l, to);
    r.fixed =
        to_fixed(static_cast<double>(from.quant.scale[0]) / static_cast<double>(to.quant.scale[0]));
    r.factor = from.quant.scale[0] / to.quant.scale[0];
    r.how = plain_step(n.arithmetic);
    return r;
}

requantizer mean_requantizer(const network& n, const layer& l, std::int64_t count) {
    const tensor& x = tensor_of(n, l.inputs, 0);
    const tensor& y = tensor_of(n, l.outputs, 0);
    requantizer r = with_range(l, y);
    r.factor = x.quant.scale[0] / (y.quant.scale[0] * static_cast<float>(count));
    if (in_float32(n.arithmetic)) {
        r.how = requantizer::step::single_precision;
        return r;
    }
    // The division by the count goes into the multiplier, shifted up first to keep its precision.
    fixed_multiplier m =
        to_fixed(static_cast<double>(x.quant.scale[0]) / static_cast<double>(y.quant.scale[0]));
    int bits = 0;
    while (bits < 32 && (count >> (bits + 1)) != 0)
        ++bits;
    bits = std::min(bits, 31 + m.shift);
    m.mantissa = static_cast<std::int32_t>(static_cast<std::int64_t>(m.mantissa) *
                                           (std::int64_t{1} << bits) / count);
    m.shift -= bits;
    r.fixed = m;
    r.how = plain_step(n.arithmetic);
    return r;
}

averager::averager(const network& n, const layer& l, std::int64_t count)
    : once_(mean_requantizer(n, l, count)),
      scale_(scale_requantizer(n, l, tensor_of(n, l.inputs, 0), tensor_of(n, l.outputs, 0))),
      scale_first_(n.arithmetic == rounding::tflite_x86),
      count_(static_cast<std::int32_t>(count)) {}

std::int32_t averager::operator()(std::int32_t sum) const {
    if (!scale_first_)
        return once_(sum);
    const std::int32_t q = rounding_divide(multiply_twice_rounded(sum, scale_.fixed), count_);
    return std::clamp(wrapping_add(q, scale_.zero_point), scale_.low, scale_.high);
}

addition addition_of(const network& n, const layer& l) {
    const tensor& a = tensor_of(n, l.inputs, 0);
    const tensor& b = tensor_of(n, l.inputs, 1);
    const tensor& y = tensor_of(n, l.outputs, 0);
    addition r;
    r.how = n.arithmetic;
    r.subtract = l.kind == op::sub;
    r.zero_a = a.quant.zero_point[0];
    r.zero_b = b.quant.zero_point[0];
    r.zero_y = y.quant.zero_point[0];
    r.scale_a = a.quant.scale[0];
    r.scale_b = b.quant.scale[0];
    r.scale_y = y.quant.scale[0];
    r.low = l.clamp_min;
    r.high = l.clamp_max;
    const double twice_largest = 2.0 * static_cast<double>(std::max(r.scale_a, r.scale_b));
    r.a = to_fixed(static_cast<double>(r.scale_a) / twice_largest);
    r.b = to_fixed(static_cast<double>(r.scale_b) / twice_largest);
    if (y.type == element::int16)
        r.shift = 15;
    r.sum = to_fixed(twice_largest /
                     (static_cast<double>(1 << r.shift) * static_cast<double>(r.scale_y)));
    return r;
}

product_requantizer product_of(const network& n, const layer& l) {
    const tensor& a = tensor_of(n, l.inputs, 0);
    const tensor& b = tensor_of(n, l.inputs, 1);
    const tensor& y = tensor_of(n, l.outputs, 0);
    product_requantizer r;
    r.requantize = with_range(l, y);
    r.requantize.how = plain_step(n.arithmetic);
    r.real = in_float32(n.arithmetic);
    r.zero_a = a.quant.zero_point[0];
    r.zero_b = b.quant.zero_point[0];
    r.scale_a = a.quant.scale[0];
    r.scale_b = b.quant.scale[0];
    r.scale_y = y.quant.scale[0];
    r.requantize.fixed = l.multipliers.empty() ? to_fixed(static_cast<double>(r.scale_a) *
                                                          static_cast<double>(r.scale_b) /
                                                          static_cast<double>(r.scale_y))
                                               : l.multipliers[0];
    return r;
}

}  // namespace ocellus::dsp
