// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "dsp/network/graph.h"

/// The fixed-point arithmetic of quantized networks. Products that exceed 32 bits wrap, as they do
/// in the runtimes whose results are reproduced; nothing here is undefined for any input.
namespace ocellus::dsp {

/// The nearest 31-bit mantissa; values below 2^-32 become 0.
inline fixed_multiplier to_fixed(double real) {
    if (!(real > 0.0))
        return {};
    fixed_multiplier m;
    const double fraction = std::frexp(real, &m.shift);
    std::int64_t q = static_cast<std::int64_t>(std::round(fraction * 2147483648.0));
    if (q == std::int64_t{1} << 31) {
        q /= 2;
        ++m.shift;
    }
    if (m.shift < -31)
        return {};
    if (m.shift > 30) {  // larger than any accumulator can use
        m.shift = 30;
        q = std::numeric_limits<std::int32_t>::max();
    }
    m.mantissa = static_cast<std::int32_t>(q);
    return m;
}

inline std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}
inline std::int32_t wrapping_shift_left(std::int32_t a, int bits) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << bits);
}

/// The upper half of 2ab, rounded half up; -2^31 times -2^31 saturates.
inline std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) {
    if (a == b && a == std::numeric_limits<std::int32_t>::min())
        return std::numeric_limits<std::int32_t>::max();
    const std::int64_t product = static_cast<std::int64_t>(a) * b;
    return static_cast<std::int32_t>((product + (std::int64_t{1} << 30)) >> 31);
}

/// x / 2^bits rounded to nearest, halves away from zero; bits in [0, 31].
inline std::int32_t rounding_shift_right(std::int32_t x, int bits) {
    const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
    const std::uint32_t remainder = static_cast<std::uint32_t>(x) & mask;
    const std::uint32_t threshold = (mask >> 1) + (x < 0 ? 1u : 0u);
    return (x >> bits) + (remainder > threshold ? 1 : 0);
}

/// x * m with two roundings: the high multiply with halves up, then the right shift with halves
/// away from zero.
inline std::int32_t multiply_twice_rounded(std::int32_t x, fixed_multiplier m) {
    const int left = m.shift > 0 ? m.shift : 0;
    const int right = m.shift > 0 ? 0 : -m.shift;
    return rounding_shift_right(doubling_high_multiply(wrapping_shift_left(x, left), m.mantissa),
                                right);
}

/// x * m with two roundings, both with halves up.
inline std::int32_t multiply_half_up(std::int32_t x, fixed_multiplier m) {
    const int left = m.shift > 0 ? m.shift : 0;
    const int right = m.shift > 0 ? 0 : -m.shift;
    const std::int32_t product = doubling_high_multiply(wrapping_shift_left(x, left), m.mantissa);
    return right == 0 ? product : (product >> right) + ((product >> (right - 1)) & 1);
}

/// x * m with one rounding, halves up; saturates to 32 bits.
inline std::int32_t multiply_once_rounded(std::int32_t x, fixed_multiplier m) {
    const int shift = 31 - m.shift;  // 1 to 62
    const std::int64_t product = static_cast<std::int64_t>(x) * m.mantissa;
    const std::int64_t rounded = (product + (std::int64_t{1} << (shift - 1))) >> shift;
    return static_cast<std::int32_t>(rounded < std::numeric_limits<std::int32_t>::min()
                                         ? std::numeric_limits<std::int32_t>::min()
                                     : rounded > std::numeric_limits<std::int32_t>::max()
                                         ? std::numeric_limits<std::int32_t>::max()
                                         : rounded);
}

/// x * m as the fixed-point mode `how` rounds it outside matrix products.
inline std::int32_t multiply(rounding how, std::int32_t x, fixed_multiplier m) {
    return how == rounding::tflite_single_rounding ? multiply_once_rounded(x, m)
                                                   : multiply_twice_rounded(x, m);
}

/// a / b rounded to nearest, halves away from zero; b positive.
inline std::int32_t rounding_divide(std::int32_t a, std::int32_t b) {
    return a > 0 ? (a + b / 2) / b : (a - b / 2) / b;
}

/// To the nearest integer, ties to even, whatever the instruction set; |x| below 2^22.
inline std::int32_t nearest_even(float x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: one unit in the last place is 1
    return static_cast<std::int32_t>((x + magic) - magic);
}

/// e^x for x <= 0 with a relative error below 2^-48, the same on every machine (the mathematics
/// library picks variants by processor).
double portable_exp(double x);

/// e^x for x <= 0, with x in units of 2^-26 (5 integer bits) and the result in units of 2^-31.
std::int32_t fixed_exp_negative(std::int32_t x, int integer_bits);
/// 1 / (1 + x) for x in [0, 1), both in units of 2^-31.
std::int32_t fixed_reciprocal_one_plus(std::int32_t x);
/// tanh(x) for x in units of 2^-27 (4 integer bits); the result in units of 2^-31.
std::int32_t fixed_tanh(std::int32_t x);
/// 1 / (1 + e^-x) for x in units of 2^-27 (4 integer bits); the result in units of 2^-31.
std::int32_t fixed_logistic(std::int32_t x);

}  // namespace ocellus::dsp
