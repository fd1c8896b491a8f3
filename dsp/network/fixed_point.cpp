// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/fixed_point.h"

#include <cstddef>

namespace ocellus::dsp {
namespace {

constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max();

std::int32_t saturating_shift_left(std::int32_t x, int bits) {
    const std::int64_t wide = static_cast<std::int64_t>(x) * (std::int64_t{1} << bits);
    if (wide > largest)
        return largest;
    if (wide < std::numeric_limits<std::int32_t>::min())
        return std::numeric_limits<std::int32_t>::min();
    return static_cast<std::int32_t>(wide);
}

/// e^x for x in [-1/4, 0), units of 2^-31: fourth-order Taylor expansion around -1/8.
std::int32_t exp_of_quarter(std::int32_t a) {
    constexpr std::int32_t exp_of_minus_eighth = 1895147668;
    constexpr std::int32_t third = 715827883;
    const std::int32_t x = a + (1 << 28);
    const std::int32_t x2 = doubling_high_multiply(x, x);
    const std::int32_t x3 = doubling_high_multiply(x2, x);
    const std::int32_t x4 = doubling_high_multiply(x2, x2);
    const std::int32_t x4_over_4 = rounding_shift_right(x4, 2);
    const std::int32_t tail =
        rounding_shift_right(doubling_high_multiply(x4_over_4 + x3, third) + x2, 1);
    return exp_of_minus_eighth + doubling_high_multiply(exp_of_minus_eighth, x + tail);
}

}  // namespace

double portable_exp(double x) {
    if (x < -700.0)
        return 0.0;
    constexpr double log2_e = 1.4426950408889634;
    constexpr double ln2_high = 6.93147180369123816490e-01;
    constexpr double ln2_low = 1.90821492927058770002e-10;
    const double k = std::floor(x * log2_e + 0.5);
    const double r = (x - k * ln2_high) - k * ln2_low;
    double sum = 1.0;  // Horner form of the Taylor series; |r| <= 0.35
    for (int i = 14; i >= 1; --i)
        sum = 1.0 + r * sum / i;
    return std::ldexp(sum, static_cast<int>(k));
}

std::int32_t fixed_exp_negative(std::int32_t a, int integer_bits) {
    if (a == 0)
        return largest;
    const int fraction_bits = 31 - integer_bits;
    const std::int32_t quarter = 1 << (fraction_bits - 2);
    const std::int32_t modulo = (a & (quarter - 1)) - quarter;
    std::int32_t result = exp_of_quarter(saturating_shift_left(modulo, integer_bits));
    const std::int32_t remainder = static_cast<std::int32_t>(static_cast<std::int64_t>(modulo) - a);
    // e^-(2^i) for i = -2 .. 4, units of 2^-31.
    static constexpr std::int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                               39332535,   720401,     242};
    for (int i = -2; i <= 4; ++i)
        if (integer_bits > i && (remainder & (1 << (fraction_bits + i))) != 0)
            result = doubling_high_multiply(result, factors[i + 2]);
    return result;
}

namespace {
/// 2 / (1 + x) for x in units of 2^-31; the result in units of 2^-29.
std::int32_t newton_reciprocal(std::int32_t x) {
    // Newton-Raphson for 1 / ((1 + x) / 2) in units of 2^-29, from the linear guess 48/17 - 32/17
    // d.
    constexpr std::int32_t guess_constant = 1515870810;
    constexpr std::int32_t guess_slope = -1010580540;
    const std::int64_t sum = static_cast<std::int64_t>(x) + largest;
    const std::int32_t half = static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
    std::int32_t y = guess_constant + doubling_high_multiply(half, guess_slope);
    for (int i = 0; i < 3; ++i) {
        const std::int32_t error = (1 << 29) - doubling_high_multiply(half, y);
        y += saturating_shift_left(doubling_high_multiply(y, error), 2);
    }
    return y;
}
}  // namespace

std::int32_t fixed_reciprocal_one_plus(std::int32_t x) {
    return saturating_shift_left(newton_reciprocal(x), 1);
}

std::int32_t fixed_tanh(std::int32_t x) {
    if (x == 0)
        return 0;
    const std::int32_t magnitude = x > 0 ? -x : x;
    // (1 - e) / (1 + e) with e = e^(-2|x|) is 2 / (1 + e) - 1; the factor two is one integer bit.
    const std::int32_t twice = newton_reciprocal(fixed_exp_negative(magnitude, 5));
    const std::int32_t t = saturating_shift_left(twice - (1 << 29), 2);
    return x > 0 ? t : -t;
}

std::int32_t fixed_logistic(std::int32_t x) {
    if (x == 0)
        return 1 << 30;
    const std::int32_t magnitude = x > 0 ? -x : x;
    const std::int32_t positive = fixed_reciprocal_one_plus(fixed_exp_negative(magnitude, 4));
    return x > 0 ? positive : largest - positive;
}

}  // namespace ocellus::dsp
