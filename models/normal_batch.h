// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <cstring>

#include "core/random.h"

namespace ocellus::models {

// Written without a library call, a branch or a table, so that the loops around these functions
// become vector code; every lane does the same IEEE operations whatever its width.

/// Uniform in (0, 1], finely spaced near 0.
static inline __attribute__((always_inline)) float unit_uniform(std::uint32_t w) {
    const auto high = static_cast<float>(static_cast<std::int32_t>(w >> 16));
    const auto low = static_cast<float>(static_cast<std::int32_t>(w & 0xffffu));
    return (high * 65536.0f + (low + 0.5f)) * 0x1p-32f;
}

/// Natural logarithm of a normal positive number: ln m = 2 artanh((m - 1) / (m + 1)) with m in
/// [sqrt(1/2), sqrt(2)), by its power series.
static inline __attribute__((always_inline)) float natural_log(float x) {
    std::int32_t bits;
    std::memcpy(&bits, &x, 4);
    bits -= 0x3f3504f3;
    const auto exponent = static_cast<float>(bits >> 23);
    const std::int32_t mantissa_bits = (bits & 0x7fffff) + 0x3f3504f3;
    float m;
    std::memcpy(&m, &mantissa_bits, 4);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float t = s * s;
    const float series =
        2.0f + t * (2.0f / 3.0f + t * (2.0f / 5.0f + t * (2.0f / 7.0f + t * (2.0f / 9.0f))));
    return exponent * 0.69314718f + s * series;
}

/// Two independent normal numbers from two words (Box and Muller 1958).
static inline __attribute__((always_inline)) void normal_pair(std::uint32_t radius_word,
                                                              std::uint32_t angle_word, float& a,
                                                              float& b) {
    const float square = -2.0f * natural_log(unit_uniform(radius_word));
    const float radius = __builtin_sqrtf(square > 0.0f ? square : 0.0f);
    // Two bits choose the quadrant, the other thirty the angle within -pi/4 .. pi/4 around its
    // axis.
    const std::uint32_t quadrant = angle_word >> 30;
    const auto fraction = static_cast<std::int32_t>(angle_word << 2);
    const float t = static_cast<float>(fraction) * (1.57079633f * 0x1p-32f);
    const float q = t * t;
    const float sine =
        t * (1.0f + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
    const float cosine =
        1.0f + q * (-1.0f / 2 + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320))));
    const bool swap = quadrant & 1;
    const float c = swap ? sine : cosine;
    const float s = swap ? cosine : sine;
    // Angle of the axis 0, 90, 180, 270 degrees: cos is c, -s, -c, s; sin is s, c, -s, -c.
    const float cos_sign = quadrant == 1 || quadrant == 2 ? -1.0f : 1.0f;
    const float sin_sign = quadrant >= 2 ? -1.0f : 1.0f;
    a = radius * (c * cos_sign);
    b = radius * (s * sin_sign);
}

constexpr unsigned normal_chunk = 256;

/// Two independent normal numbers for each of 256 places: those of the Philox counters
/// (128 x index + j, b, c, why), j = 0 .. 127, places j and 128 + j.
void normal_batch(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
                  purpose why, float* first, float* second);

}  // namespace ocellus::models
