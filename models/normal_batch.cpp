// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/normal_batch.h"

#include <cstring>

#include "core/simd.h"
#include "models/philox_batch.h"

namespace ocellus::models {
namespace {

// Written without a library call, a branch or a table, so that the loops around these functions
// become vector code; every lane does the same IEEE operations whatever its width.
#define OCELLUS_INLINE static inline __attribute__((always_inline))

constexpr unsigned pairs = normal_chunk / 2;

/// Natural logarithm of a normal positive number x = m 2^k, m in [sqrt(1/2), sqrt(2)):
/// k ln 2 + (m - 1) P(m - 1), where P interpolates ln(1 + y) / y at seven Chebyshev nodes,
/// to 1.3e-6 of it.
OCELLUS_INLINE float natural_log(float x) {
    std::int32_t bits;
    std::memcpy(&bits, &x, 4);
    bits -= 0x3f3504f3;
    const auto exponent = static_cast<float>(bits >> 23);
    const std::int32_t mantissa_bits = (bits & 0x7fffff) + 0x3f3504f3;
    float m;
    std::memcpy(&m, &mantissa_bits, 4);
    const float y = m - 1.0f, q = y * y;
    // In pairs: short chains of operations.
    const float low = (1.00000103f - 0.500008797f * y) + q * (0.333135375f - 0.249201961f * y);
    const float high = (0.205257582f - 0.185755179f * y) + q * 0.116588884f;
    return exponent * 0.69314718f + y * (low + (q * q) * high);
}

/// sqrt(-2 ln u), u uniform in (0, 1] and finely spaced near 0.
OCELLUS_INLINE float radius_of(std::uint32_t word) {
    const auto high = static_cast<float>(static_cast<std::int32_t>(word >> 1));
    const float square = -2.0f * natural_log((high + 0.5f) * 0x1p-31f);
    return __builtin_sqrtf(square > 0.0f ? square : 0.0f);
}

OCELLUS_INLINE float with_sign(float x, std::uint32_t sign) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, 4);
    bits ^= sign & 0x80000000u;
    std::memcpy(&x, &bits, 4);
    return x;
}

/// Radius times cosine and sine of a direction: two bits choose the quadrant, the other fourteen
/// the angle within -pi/4 .. pi/4 around its axis.
OCELLUS_INLINE void turn(float radius, std::uint16_t direction, float& first, float& second) {
    const std::uint32_t d = direction;
    const std::int32_t fraction = static_cast<std::int32_t>(d << 18) >> 16;  // 4 x 14 bits, signed
    const float t = static_cast<float>(fraction + 2) * (1.57079633f * 0x1p-16f);
    const float q = t * t;
    const float sine =
        t * (1.0f + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
    const float cosine =
        1.0f + q * (-1.0f / 2 + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320))));
    const bool swap = (d & 0x4000u) != 0;
    const float c = swap ? sine : cosine;
    const float s = swap ? cosine : sine;
    // Quadrants 0 to 3: the cosine is c, -s, -c, s; the sine is s, c, -s, -c.
    first = with_sign(radius * c, (d << 16) ^ (d << 17));
    second = with_sign(radius * s, d << 16);
}

OCELLUS_INLINE void radii_body(const std::uint32_t* __restrict words, float* __restrict out) {
    for (unsigned i = 0; i < pairs; ++i)
        out[i] = radius_of(words[i]);
}

OCELLUS_SIMD_KERNEL(radii, (const std::uint32_t* __restrict words, float* __restrict out),
                    (words, out))

OCELLUS_INLINE void turns_body(const float* __restrict radius,
                               const std::uint16_t* __restrict directions, float* __restrict first,
                               float* __restrict second) {
    for (unsigned i = 0; i < pairs; ++i)
        turn(radius[i], directions[i], first[i], second[i]);
}

OCELLUS_SIMD_KERNEL(turns,
                    (const float* __restrict radius, const std::uint16_t* __restrict directions,
                     float* __restrict first, float* __restrict second),
                    (radius, directions, first, second))

}  // namespace

void draw_bits(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
               purpose why, unsigned count, std::uint32_t* words, std::uint16_t* halves) {
    const unsigned quarter = count / 4, eighth = count / 8;
    const std::uint32_t block = index * (quarter + eighth);
    philox_batch(key, block, b, c, why, quarter, words, words + quarter, words + 2 * quarter,
                 words + 3 * quarter);
    constexpr unsigned most = normal_chunk / 2;
    alignas(64) std::uint32_t both[most];
    philox_batch(key, block + quarter, b, c, why, eighth, both, both + eighth, both + 2 * eighth,
                 both + 3 * eighth);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    std::memcpy(halves, both, count * sizeof *halves);
#else
    for (unsigned i = 0; i < count / 2; ++i) {
        halves[2 * i] = static_cast<std::uint16_t>(both[i]);
        halves[2 * i + 1] = static_cast<std::uint16_t>(both[i] >> 16);
    }
#endif
}

void normal_batch(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
                  purpose why, float* out) {
    alignas(64) std::uint32_t words[pairs];
    alignas(64) std::uint16_t halves[pairs];
    draw_bits(key, index, b, c, why, pairs, words, halves);
    // Two loops: together their chains of operations are longer than processors look ahead.
    alignas(64) float radius[pairs];
    radii(words, radius);
    turns(radius, halves, out, out + pairs);
}

void normal_pair(std::uint32_t radius, std::uint16_t direction, float& first, float& second) {
    turn(radius_of(radius), direction, first, second);
}

}  // namespace ocellus::models
