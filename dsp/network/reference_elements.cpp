// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dsp/network/fixed_point.h"
#include "dsp/network/reference_kernels.h"
#include "dsp/network/reference_view.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp::reference {

namespace {

/// Which element of `from` each element of `to` takes when dimensions of one repeat.
std::vector<std::size_t> repeated(const tensor& from, const tensor& to) {
    std::vector<std::size_t> places(to.elements());
    for (std::size_t i = 0; i < places.size(); ++i) {
        std::size_t rest = i, stride = 1, at = 0;
        for (std::size_t d = to.shape.size(), f = from.shape.size(); d-- > 0 && f > 0;) {
            --f;
            const auto index = rest % static_cast<std::size_t>(to.shape[d]);
            rest /= static_cast<std::size_t>(to.shape[d]);
            const auto extent = static_cast<std::size_t>(from.shape[f]);
            at += (extent == 1 ? 0 : index) * stride;
            stride *= extent;
        }
        places[i] = at;
    }
    return places;
}

/// combine(a, b) of each pair of elements.
template <class Combine>
void pairwise(const view& v, const Combine& combine) {
    const tensor& a = v.x();
    const tensor& b = v.w();
    std::vector<std::size_t> at_a, at_b;
    if (a.shape != v.y().shape)
        at_a = repeated(a, v.y());
    if (b.shape != v.y().shape)
        at_b = repeated(b, v.y());
    for (std::size_t i = 0; i < v.y().elements(); ++i)
        v.out[i] = store(combine(load(a.type, v.in[0][at_a.empty() ? i : at_a[i]]),
                                 load(b.type, v.in[1][at_b.empty() ? i : at_b[i]])));
}

}  // namespace

void multiply_elements(const view& v) {
    pairwise(v, product_of(v.n, v.l));
}

/// Operands and result share their quantization.
void extremes(const view& v) {
    const bool largest = v.l.kind == op::maximum;
    pairwise(v, [&](std::int32_t a, std::int32_t b) {
        return std::clamp(largest ? std::max(a, b) : std::min(a, b), v.l.clamp_min, v.l.clamp_max);
    });
}

void add(const view& v) {
    pairwise(v, addition_of(v.n, v.l));
}

namespace {

std::int32_t logistic(const network& n, const layer& l, const tensor& x, const tensor& y,
                      std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    const std::int32_t zero = y.quant.zero_point[0];
    if (fixed_functions(n.arithmetic)) {
        const fixed_multiplier m = to_fixed(static_cast<double>(x.quant.scale[0]) * (1 << 27));
        const double limit = 15.0 * static_cast<double>(1 << 27) /
                             static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
        const auto radius = static_cast<std::int32_t>(std::floor(std::min(limit, 1e9)));
        if (difference <= -radius)
            return l.clamp_min;
        if (difference >= radius)
            return l.clamp_max;
        const std::int32_t p = fixed_logistic(multiply(n.arithmetic, difference, m));
        return std::clamp(rounding_shift_right(p, 23) + zero, l.clamp_min, l.clamp_max);
    }
    const double real = static_cast<double>(x.quant.scale[0]) * difference;
    const double e = portable_exp(real < 0.0 ? real : -real);
    const double p = real < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
    const float scaled = std::min(static_cast<float>(p) / y.quant.scale[0], 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + zero, l.clamp_min, l.clamp_max);
}

std::int32_t tanh_of(const network& n, const layer& l, const tensor& x, const tensor& y,
                     std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    const std::int32_t zero = y.quant.zero_point[0];
    if (fixed_functions(n.arithmetic)) {
        const fixed_multiplier m = to_fixed(static_cast<double>(x.quant.scale[0]) * (1 << 27));
        const double limit = 15.0 * static_cast<double>(1 << 27) /
                             static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
        const auto radius = static_cast<std::int32_t>(std::floor(std::min(limit, 1e9)));
        if (difference <= -radius)
            return l.clamp_min;
        if (difference >= radius)
            return l.clamp_max;
        const std::int32_t t = fixed_tanh(multiply(n.arithmetic, difference, m));
        return std::clamp(rounding_shift_right(t, 24) + zero, l.clamp_min, l.clamp_max);
    }
    const double real = static_cast<double>(x.quant.scale[0]) * difference;
    const double e = portable_exp(real < 0.0 ? 2.0 * real : -2.0 * real);
    const double t = (1.0 - e) / (1.0 + e);
    const float scaled =
        std::clamp(static_cast<float>(real < 0.0 ? -t : t) / y.quant.scale[0], -1000.0f, 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + zero, l.clamp_min, l.clamp_max);
}

/// Quantizes a real number as the mode rounds; the clamp of the layer applies.
std::int32_t quantized(const network& n, const layer& l, const tensor& y, float real) {
    const float scaled = std::clamp(real / y.quant.scale[0], -1000.0f, 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + y.quant.zero_point[0], l.clamp_min, l.clamp_max);
}

std::int32_t leaky_relu(const network& n, const layer& l, const tensor& x, const tensor& y,
                        std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    if (in_float32(n.arithmetic)) {
        const float real = static_cast<float>(difference) * x.quant.scale[0];
        return quantized(n, l, y, real < 0.0f ? real * l.alpha : real);
    }
    const double ratio =
        static_cast<double>(x.quant.scale[0]) / static_cast<double>(y.quant.scale[0]);
    const double slope = difference < 0 ? ratio * static_cast<double>(l.alpha) : ratio;
    const fixed_multiplier m = to_fixed(std::abs(slope));
    const std::int32_t scaled = multiply(n.arithmetic, slope < 0.0 ? -difference : difference, m);
    return std::clamp(wrapping_add(scaled, y.quant.zero_point[0]), l.clamp_min, l.clamp_max);
}

std::int32_t saturate16(std::int64_t x) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(x, -32768, 32767));
}

/// The upper half of 2ab of 16-bit numbers, rounded half up.
std::int32_t doubling_high_multiply16(std::int32_t a, std::int32_t b) {
    return a == -32768 && b == -32768 ? 32767 : (a * b + (1 << 14)) >> 15;
}

std::int32_t narrowed(std::int32_t mantissa) {
    return mantissa >= std::numeric_limits<std::int32_t>::max() - (1 << 15)
               ? 32767
               : (mantissa + (1 << 15)) >> 16;
}

/// TensorFlow Lite's integer kernel: 16-bit arithmetic on inputs of seven more fraction bits.
std::int32_t hard_swish(const network& n, const layer& l, const tensor& x, const tensor& y,
                        std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    if (in_float32(n.arithmetic)) {
        const float real = static_cast<float>(difference) * x.quant.scale[0];
        const float gate = std::clamp(real * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
        return quantized(n, l, y, real * gate);
    }
    const float fine = x.quant.scale[0] / 128.0f;
    const fixed_multiplier out =
        to_fixed(static_cast<double>(fine) / static_cast<double>(y.quant.scale[0]));
    const fixed_multiplier gate =
        to_fixed(static_cast<double>(fine) / static_cast<double>(3.0f / 32768.0f));
    const std::int32_t hires = difference * 128;
    const std::int32_t preshift = doubling_high_multiply16(hires, narrowed(out.mantissa));
    std::int32_t reluish = hires;
    if (gate.shift > 0)
        reluish = saturate16(reluish * (std::int64_t{1} << std::min(gate.shift - 1, 30)));
    reluish = doubling_high_multiply16(reluish, narrowed(gate.mantissa));
    if (gate.shift > 0)
        reluish = saturate16(std::int64_t{reluish} * 2);
    if (gate.shift < 0)
        reluish = rounding_shift_right(reluish, std::min(-gate.shift, 31));
    reluish = (reluish + (1 << 15)) >> 1;
    // This product is cut off, towards zero, not rounded.
    const std::int32_t product = saturate16(reluish * preshift / (1 << 15));
    const std::int32_t shifted = rounding_shift_right(product, std::clamp(-out.shift, 0, 31));
    return std::clamp(shifted + y.quant.zero_point[0], l.clamp_min, l.clamp_max);
}

}  // namespace

void map_bytes(const view& v) {
    const std::vector<std::uint8_t> table = unary_table(v.n, v.l, v.x(), v.y());
    for (std::size_t i = 0; i < v.y().elements(); ++i)
        v.out[i] = table[v.in[0][i]];
}

void dequantize(const view& v) {
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        const float real =
            static_cast<float>(load(v.x().type, v.in[0][i]) - v.x().quant.zero_point[0]) *
            v.x().quant.scale[0];
        std::memcpy(v.out + 4 * i, &real, 4);
    }
}

}  // namespace ocellus::dsp::reference

namespace ocellus::dsp {

using namespace reference;

std::vector<std::uint8_t> unary_table(const network& n, const layer& l, const tensor& x,
                                      const tensor& y) {
    std::vector<std::uint8_t> table(256);
    const bool same = x.type == y.type && x.quant.scale == y.quant.scale &&
                      x.quant.zero_point == y.quant.zero_point;
    const requantizer r = scale_requantizer(n, l, x, y);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::int32_t q = load(x.type, static_cast<std::uint8_t>(i));
        if (l.kind == op::logistic)
            table[i] = store(logistic(n, l, x, y, q));
        else if (l.kind == op::tanh)
            table[i] = store(tanh_of(n, l, x, y, q));
        else if (l.kind == op::leaky_relu)
            table[i] = store(leaky_relu(n, l, x, y, q));
        else if (l.kind == op::hard_swish)
            table[i] = store(hard_swish(n, l, x, y, q));
        else if (same)
            table[i] = store(std::clamp(q, l.clamp_min, l.clamp_max));
        else
            table[i] = store(r(q - x.quant.zero_point[0]));
    }
    return table;
}

}  // namespace ocellus::dsp
