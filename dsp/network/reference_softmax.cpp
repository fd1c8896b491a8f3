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

void softmax_fixed(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    // Differences carry 5 integer bits, the sum of exponentials 12.
    const element type = v.x().type;
    const double scaled_beta = std::min(
        static_cast<double>(v.l.beta) * static_cast<double>(v.x().quant.scale[0]) * (1 << 26),
        2147483647.0);
    fixed_multiplier m = to_fixed(scaled_beta);
    const std::int32_t least = -input_radius(m, 5);
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    const auto exponential = [&](std::int32_t difference) {
        return fixed_exp_negative(std::min(multiply(v.n.arithmetic, difference, m), 0), 5);
    };
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t difference = load(type, in[i]) - largest;
        if (difference >= least)
            sum = wrapping_add(sum, rounding_shift_right(exponential(difference), 12));
    }
    int leading_zeros = 0;
    while (leading_zeros < 31 && (static_cast<std::uint32_t>(sum) >> (31 - leading_zeros)) == 0)
        ++leading_zeros;
    const int bits_over_unit = 12 - leading_zeros;
    const auto fraction = static_cast<std::int32_t>(
        (static_cast<std::uint32_t>(sum) << leading_zeros) - (std::uint32_t{1} << 31));
    const std::int32_t reciprocal = fixed_reciprocal_one_plus(fraction);
    const std::int32_t low = v.y().type == element::int8 ? -128 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t difference = load(type, in[i]) - largest;
        std::int32_t q = low;
        if (difference >= least) {
            const std::int32_t product =
                doubling_high_multiply(reciprocal, exponential(difference));
            q = low + rounding_shift_right(product, std::clamp(bits_over_unit + 23, 0, 31));
        }
        out[i] = store(std::clamp(q, low, low + 255));
    }
}

/// Single precision with a table of exponentials, as the x86 build of TensorFlow Lite.
void softmax_table(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    const element type = v.x().type;
    float table[256];
    const float scale = -v.x().quant.scale[0] * v.l.beta;
    for (int i = 0; i < 256; ++i)
        table[i] =
            static_cast<float>(portable_exp(static_cast<double>(scale * static_cast<float>(i))));
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    float sum = 0.0f;
    for (std::size_t i = 0; i < count; ++i)
        sum += table[largest - load(type, in[i])];
    const float factor = 1.0f / (sum * v.y().quant.scale[0]);
    const std::int32_t low = v.y().type == element::int8 ? -128 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float probability = table[largest - load(type, in[i])] * factor;
        const float bounded = std::min(probability, 1000.0f);
        const std::int32_t q =
            static_cast<std::int32_t>(std::round(bounded)) + v.y().quant.zero_point[0];
        out[i] = store(std::clamp(q, low, low + 255));
    }
}

void softmax_real(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    const element type = v.x().type;
    const double scale = static_cast<double>(v.x().quant.scale[0]) * static_cast<double>(v.l.beta);
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i)
        sum += portable_exp(scale * (load(type, in[i]) - largest));
    for (std::size_t i = 0; i < count; ++i) {
        const double probability = portable_exp(scale * (load(type, in[i]) - largest)) / sum;
        const float scaled = static_cast<float>(probability) / v.y().quant.scale[0];
        const std::int32_t q = nearest_even(std::min(scaled, 1000.0f)) + v.y().quant.zero_point[0];
        out[i] = store(std::clamp(q, v.l.clamp_min, v.l.clamp_max));
    }
}

}  // namespace

void softmax(const view& v) {
    const auto count = static_cast<std::size_t>(v.x().shape.back());
    for (std::size_t r = 0; r < v.x().elements(); r += count) {
        if (fixed_functions(v.n.arithmetic))
            softmax_fixed(v, v.in[0] + r, v.out + r, count);
        else if (v.n.arithmetic == rounding::tflite_x86)
            softmax_table(v, v.in[0] + r, v.out + r, count);
        else
            softmax_real(v, v.in[0] + r, v.out + r, count);
    }
}

}  // namespace ocellus::dsp::reference
