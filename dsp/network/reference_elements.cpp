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

namespace {

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
        store(v.y().type, v.out, i,
              combine(load(a.type, v.in[0], at_a.empty() ? i : at_a[i]),
                      load(b.type, v.in[1], at_b.empty() ? i : at_b[i])));
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

/// The quantized number nearest to `scaled`, as the mode rounds.
std::int32_t nearest(const network& n, const layer& l, std::int32_t zero, float scaled) {
    const float bounded = scaled < -1e6f ? -1e6f : scaled > 1e6f ? 1e6f : scaled;
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(bounded)
                                     : static_cast<std::int32_t>(std::round(bounded));
    return std::clamp(rounded + zero, l.clamp_min, l.clamp_max);
}

int leading_zeros(std::uint32_t x) {
    int n = 0;
    while (n < 32 && ((x >> (31 - n)) & 1) == 0)
        ++n;
    return n;
}

/// TensorFlow Lite's integer quotient: a times a fixed-point reciprocal of b. The signs change
/// sides first, as there. Quotients that a shift of more than 31 bits would leave are 0; the public
/// kernel does not define them.
std::int32_t quotient(std::int32_t a, std::int32_t b, fixed_multiplier m) {
    if (b < 0) {
        a = -a;
        b = -b;
    }
    const int over = leading_zeros(static_cast<std::uint32_t>(b));
    const auto fraction = static_cast<std::int32_t>((static_cast<std::uint32_t>(b) << over) -
                                                    (std::uint32_t{1} << 31));
    const std::int32_t reciprocal = fixed_reciprocal_one_plus(fraction);
    const int headroom =
        leading_zeros(static_cast<std::uint32_t>(a < 0 ? ~a : a)) - 1;  // copies of the sign
    const std::int32_t unscaled =
        doubling_high_multiply(wrapping_shift_left(a, headroom), reciprocal);
    const int shift = m.shift - (31 - over) - headroom;
    const std::int32_t scaled = doubling_high_multiply(unscaled, m.mantissa);
    if (shift < -31)
        return 0;
    return shift > 0 ? wrapping_shift_left(scaled, std::min(shift, 31))
                     : rounding_shift_right(scaled, -shift);
}

}  // namespace

/// A division by zero gives the end of the range on the dividend's side.
void divide(const view& v) {
    const tensor &a = v.x(), &b = v.w(), &y = v.y();
    const double ratio =
        static_cast<double>(a.quant.scale[0]) /
        (static_cast<double>(b.quant.scale[0]) * static_cast<double>(y.quant.scale[0]));
    const fixed_multiplier m = to_fixed(ratio);
    const std::int32_t zero = y.quant.zero_point[0];
    pairwise(v, [&](std::int32_t qa, std::int32_t qb) {
        const std::int32_t left = qa - a.quant.zero_point[0], right = qb - b.quant.zero_point[0];
        if (right == 0)
            return left < 0   ? v.l.clamp_min
                   : left > 0 ? v.l.clamp_max
                              : std::clamp(zero, v.l.clamp_min, v.l.clamp_max);
        if (in_float32(v.n.arithmetic)) {
            const float real = static_cast<float>(left) * a.quant.scale[0] /
                               (static_cast<float>(right) * b.quant.scale[0]);
            return nearest(v.n, v.l, zero, real / y.quant.scale[0]);
        }
        return std::clamp(wrapping_add(quotient(left, right, m), zero), v.l.clamp_min,
                          v.l.clamp_max);
    });
}

void prelu(const view& v) {
    const tensor &x = v.x(), &slope = v.w(), &y = v.y();
    const double ratio =
        static_cast<double>(x.quant.scale[0]) / static_cast<double>(y.quant.scale[0]);
    const fixed_multiplier plain = to_fixed(ratio),
                           sloped = to_fixed(ratio * static_cast<double>(slope.quant.scale[0]));
    const std::int32_t zero = y.quant.zero_point[0];
    pairwise(v, [&](std::int32_t q, std::int32_t s) {
        const std::int32_t left = q - x.quant.zero_point[0], right = s - slope.quant.zero_point[0];
        if (in_float32(v.n.arithmetic)) {
            const float real = static_cast<float>(left) * x.quant.scale[0];
            const float factor = static_cast<float>(right) * slope.quant.scale[0];
            return nearest(v.n, v.l, zero, (real < 0.0f ? real * factor : real) / y.quant.scale[0]);
        }
        const std::int32_t scaled = left >= 0 ? multiply(v.n.arithmetic, left, plain)
                                              : multiply(v.n.arithmetic, left * right, sloped);
        return std::clamp(wrapping_add(scaled, zero), v.l.clamp_min, v.l.clamp_max);
    });
}

/// float32 to integers: one scale, or one for each index of `axis`.
void quantize_real(const view& v) {
    const tensor& y = v.y();
    std::size_t inner = 1;
    for (std::size_t d = y.shape.size(); d-- > 0 && static_cast<int>(d) > v.l.axis;)
        inner *= static_cast<std::size_t>(y.shape[d]);
    for (std::size_t i = 0; i < y.elements(); ++i) {
        const std::size_t k = y.quant.scale.size() == 1 ? 0 : i / inner % y.quant.scale.size();
        const float scaled = real_at(v.x(), v.in[0], i) / y.quant.scale[k];
        store(y.type, v.out, i,
              nearest(v.n, v.l, y.quant.zero_point[k], std::isnan(scaled) ? 0.0f : scaled));
    }
}

/// Requantization where a table of bytes does not do.
void quantize_wide(const view& v) {
    const requantizer r = scale_requantizer(v.n, v.l, v.x(), v.y());
    const bool same = v.x().type == v.y().type && v.x().quant.scale == v.y().quant.scale &&
                      v.x().quant.zero_point == v.y().quant.zero_point;
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        const std::int32_t q = load(v.x().type, v.in[0], i);
        store(
            v.y().type, v.out, i,
            same ? std::clamp(q, v.l.clamp_min, v.l.clamp_max) : r(q - v.x().quant.zero_point[0]));
    }
}

/// ONNX DynamicQuantizeLinear: the range of the input, widened to hold 0, on 0 to 255.
void dynamic_quantize(const view& v) {
    float low = 0.0f, high = 0.0f;
    for (std::size_t i = 0; i < v.x().elements(); ++i) {
        const float real = real_at(v.x(), v.in[0], i);
        low = std::min(low, real);
        high = std::max(high, real);
    }
    float scale = (high - low) / 255.0f;
    if (!(scale > 0.0f) || !std::isfinite(scale))
        scale = 1.0f;
    const auto whole = [](float x) {
        return nearest_even(x < -1e6f ? -1e6f : x > 1e6f ? 1e6f : std::isnan(x) ? 0.0f : x);
    };
    const std::int32_t zero = whole(std::clamp(0.0f - low / scale, 0.0f, 255.0f));
    for (std::size_t i = 0; i < v.x().elements(); ++i)
        v.out[i] = store(std::clamp(whole(real_at(v.x(), v.in[0], i) / scale) + zero, 0, 255));
    store_real(v.outs[1], 0, scale);
    v.outs[2][0] = store(zero);
}

/// Numbers as they are: what does not fit is cut off at the bottom bits, as conversions do in C.
void cast(const view& v) {
    const element from = v.x().type, to = v.y().type;
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        std::int64_t whole = 0;
        float real = 0.0f;
        if (from == element::float32) {
            std::memcpy(&real, v.in[0] + 4 * i, 4);
            const float bounded = std::isnan(real) ? 0.0f : std::clamp(real, -9.0e18f, 9.0e18f);
            whole = static_cast<std::int64_t>(bounded);
        } else {
            if (from == element::int64)
                std::memcpy(&whole, v.in[0] + 8 * i, 8);
            else
                whole = load(from, v.in[0], i);
            real = static_cast<float>(whole);
        }
        if (to == element::float32)
            store_real(v.out, i, real);
        else if (to == element::boolean)
            v.out[i] = (from == element::float32 ? real != 0.0f : whole != 0) ? 1 : 0;
        else
            store_index(to, v.out, i, whole);
    }
}

void compare(const view& v) {
    const tensor &a = v.x(), &b = v.w();
    constexpr int left_shift = 8;
    const fixed_multiplier ma = to_fixed(static_cast<double>(a.quant.scale[0])),
                           mb = to_fixed(static_cast<double>(b.quant.scale[0]));
    const bool real = in_float32(v.n.arithmetic);
    const auto decide = [&](auto left, auto right) {
        switch (v.l.comparison) {
            case comparison_kind::equal:
                return left == right;
            case comparison_kind::not_equal:
                return left != right;
            case comparison_kind::less:
                return left < right;
            case comparison_kind::less_equal:
                return left <= right;
            case comparison_kind::greater:
                return left > right;
            case comparison_kind::greater_equal:
                return left >= right;
        }
        return false;
    };
    pairwise(v, [&](std::int32_t qa, std::int32_t qb) -> std::int32_t {
        const std::int32_t left = qa - a.quant.zero_point[0], right = qb - b.quant.zero_point[0];
        if (real)
            return decide(static_cast<float>(left) * a.quant.scale[0],
                          static_cast<float>(right) * b.quant.scale[0])
                       ? 1
                       : 0;
        return decide(multiply(v.n.arithmetic, left * (1 << left_shift), ma),
                      multiply(v.n.arithmetic, right * (1 << left_shift), mb))
                   ? 1
                   : 0;
    });
}

namespace {

std::int32_t logistic(const network& n, const layer& l, const tensor& x, const tensor& y,
                      std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    const std::int32_t zero = y.quant.zero_point[0];
    if (fixed_functions(n.arithmetic)) {
        const fixed_multiplier m = to_fixed(static_cast<double>(x.quant.scale[0]) * (1 << 27));
        const std::int32_t radius = input_radius(m, 4);
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
        const std::int32_t radius = input_radius(m, 4);
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

std::int32_t swish_of(const network& n, const layer& l, const tensor& x, const tensor& y,
                      std::int32_t q) {
    const double real = static_cast<double>(x.quant.scale[0]) * (q - x.quant.zero_point[0]);
    const double e = portable_exp(real < 0.0 ? real : -real);
    const double gate = real < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
    return quantized(n, l, y, static_cast<float>(real * gate));
}

}  // namespace

void map_bytes(const view& v) {
    const std::vector<std::uint8_t> table = unary_table(v.n, v.l, v.x(), v.y());
    for (std::size_t i = 0; i < v.y().elements(); ++i)
        v.out[i] = table[v.in[0][i]];
}

void dequantize(const view& v) {
    const tensor& x = v.x();
    std::size_t inner = 1;
    for (std::size_t d = x.shape.size(); d-- > 0 && static_cast<int>(d) > v.l.axis;)
        inner *= static_cast<std::size_t>(x.shape[d]);
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        const std::size_t k = x.quant.scale.size() == 1 ? 0 : i / inner % x.quant.scale.size();
        store_real(v.out, i,
                   static_cast<float>(load(x.type, v.in[0], i) - x.quant.zero_point[k]) *
                       x.quant.scale[k]);
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
        else if (l.kind == op::swish)
            table[i] = store(swish_of(n, l, x, y, q));
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
