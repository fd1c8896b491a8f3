// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <cstring>

namespace ocellus::models {

/// Natural logarithm of a normal positive number, to a few units in the last place: ln m = 2
/// artanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)), by its power series. Basic arithmetic
/// alone, so that every machine gets the same bits.
inline double portable_log(double x) {
    std::int64_t bits;
    std::memcpy(&bits, &x, 8);
    constexpr std::int64_t root_half = 0x3fe6a09e667f3bcd;
    bits -= root_half;
    const auto exponent = static_cast<double>(bits >> 52);
    const std::int64_t mantissa_bits = (bits & 0xfffffffffffff) + root_half;
    double m;
    std::memcpy(&m, &mantissa_bits, 8);
    const double s = (m - 1.0) / (m + 1.0);
    const double t = s * s;
    double series = 0;
    for (int k = 21; k >= 1; k -= 2)
        series = series * t + 2.0 / k;
    return exponent * 0.693147180559945309 + s * series;
}

/// 2^x for |x| < 1000: a whole power by multiplication, the rest by the power series of exp.
inline double portable_exp2(double x) {
    const auto whole = static_cast<int>(x < 0 ? x - 0.5 : x + 0.5);
    const double part = (x - whole) * 0.693147180559945309;
    double sum = 1, term = 1;
    for (int k = 1; k < 18; ++k) {
        term *= part / k;
        sum += term;
    }
    for (int i = 0; i < whole; ++i)
        sum *= 2;
    for (int i = 0; i > whole; --i)
        sum *= 0.5;
    return sum;
}

}  // namespace ocellus::models
