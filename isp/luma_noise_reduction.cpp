// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/luma_noise_reduction.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

using word = std::uint16_t;

constexpr int chunk = 512;  // columns at a time: nine rows of them stay in the first-level cache

/// Adds one neighbour's weight, and its weighted luma modulo 2^16: only the difference to the
/// centre's, a signed 16-bit number, is wanted in the end.
OCELLUS_INLINE void weigh(word n, word c, word slope, word& sum, word& weights) {
    const word high = n > c ? n : c, low = n < c ? n : c;
    const word lost =
        static_cast<word>(static_cast<word>(static_cast<word>(high - low) * slope) >> 4);
    const word least = lost < 31 ? lost : word{31};
    const word w = static_cast<word>(31 - least);
    weights = static_cast<word>(weights + w);
    sum = static_cast<word>(sum + w * n);
}

OCELLUS_INLINE void add_row_body(const word* neighbours, const word* centres, int count, int slope_,
                                 word* sums, word* weights) {
    const word* __restrict n = neighbours;
    const word* __restrict c = centres;
    word* __restrict s = sums;
    word* __restrict w = weights;
    const auto slope = static_cast<word>(slope_);
    OCELLUS_INDEPENDENT
    for (int x = 0; x < count; ++x) {
        word sum = s[x], weight = w[x];
        weigh(n[x - 4], c[x], slope, sum, weight);
        weigh(n[x - 3], c[x], slope, sum, weight);
        weigh(n[x - 2], c[x], slope, sum, weight);
        weigh(n[x - 1], c[x], slope, sum, weight);
        weigh(n[x], c[x], slope, sum, weight);
        weigh(n[x + 1], c[x], slope, sum, weight);
        weigh(n[x + 2], c[x], slope, sum, weight);
        weigh(n[x + 3], c[x], slope, sum, weight);
        weigh(n[x + 4], c[x], slope, sum, weight);
        s[x] = sum;
        w[x] = weight;
    }
}

OCELLUS_SIMD_KERNEL(add_row,
                    (const word* neighbours, const word* centres, int count, int slope_, word* sums,
                     word* weights),
                    (neighbours, centres, count, slope_, sums, weights))

/// Quotients of numbers below 2^17 by numbers below 2^13 that are no integers are further from one
/// than single precision errs, so that its division rounds down to the same.
OCELLUS_INLINE void divide_body(const word* sums, const word* weights, const word* centres,
                                int count, word* out) {
    const word* __restrict s = sums;
    const word* __restrict w = weights;
    const word* __restrict c = centres;
    word* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (int x = 0; x < count; ++x) {
        const auto sum = static_cast<std::int16_t>(static_cast<word>(s[x] - c[x] * w[x]));
        const int twice = 2 * sum + w[x], by = 2 * w[x];
        const float quotient = static_cast<float>(twice) / static_cast<float>(by);
        // Adding 512 makes it positive: conversion then rounds down.
        to[x] = static_cast<word>(c[x] + static_cast<int>(quotient + 512.0f) - 512);
    }
}

OCELLUS_SIMD_KERNEL(divide,
                    (const word* sums, const word* weights, const word* centres, int count,
                     word* out),
                    (sums, weights, centres, count, out))

}  // namespace

void luma_noise_row(const std::array<const std::uint16_t*, 9>& rows, int first, int last, int slope,
                    std::uint16_t* out) {
    alignas(64) std::array<word, chunk> sums, weights;
    for (int x = first; x < last; x += chunk) {
        const int count = last - x < chunk ? last - x : chunk;
        sums.fill(0);
        weights.fill(0);
        for (const word* row : rows)
            add_row(row + x, rows[4] + x, count, slope, sums.data(), weights.data());
        divide(sums.data(), weights.data(), rows[4] + x, count, out + x);
    }
}

}  // namespace ocellus::isp
