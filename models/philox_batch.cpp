// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/philox_batch.h"

#include "core/simd.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_PHILOX_X86
// GCC 12 takes the deliberately undefined operand of some intrinsics for a mistake of the caller's.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif

namespace ocellus::models {
namespace {

constexpr std::uint32_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u;
constexpr std::uint32_t weyl0 = 0x9E3779B9u, weyl1 = 0xBB67AE85u;

struct job {
    philox4x32::key key;
    std::uint32_t first, b, c, d;
    unsigned count;
    std::uint32_t *w0, *w1, *w2, *w3;
};

void portable(const job& q) {
    for (unsigned j = 0; j < q.count; ++j) {
        const auto block = philox4x32::generate({q.first + j, q.b, q.c, q.d}, q.key);
        q.w0[j] = block[0];
        q.w1[j] = block[1];
        q.w2[j] = block[2];
        q.w3[j] = block[3];
    }
}

#ifdef OCELLUS_PHILOX_X86

// Every 64-bit lane holds one counter word in its low half; the upper half may hold anything, since
// the multiplication does not look at it. Several vectors run side by side to hide its latency.

/// `vectors` of eight blocks from q.first + j on.
template <unsigned vectors>
__attribute__((target("avx512f"))) inline void wide_part(const job& q, unsigned j) {
    const __m512i m0 = _mm512_set1_epi64(multiplier0), m1 = _mm512_set1_epi64(multiplier1);
    const __m512i steps = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i c0[vectors], c1[vectors], c2[vectors], c3[vectors];
#pragma GCC unroll 4
    for (unsigned v = 0; v < vectors; ++v) {
        // A 32-bit addition: the counter wraps in its own word.
        c0[v] = _mm512_add_epi32(
            _mm512_set1_epi64(static_cast<long long>(std::uint64_t{q.first + j + 8 * v})), steps);
        c1[v] = _mm512_set1_epi64(q.b);
        c2[v] = _mm512_set1_epi64(q.c);
        c3[v] = _mm512_set1_epi64(q.d);
    }
    std::uint32_t k0 = q.key[0], k1 = q.key[1];
    for (int round = 0; round < 10; ++round) {
        const __m512i key0 = _mm512_set1_epi64(k0), key1 = _mm512_set1_epi64(k1);
#pragma GCC unroll 4
        for (unsigned v = 0; v < vectors; ++v) {
            const __m512i p0 = _mm512_mul_epu32(c0[v], m0);
            const __m512i p1 = _mm512_mul_epu32(c2[v], m1);
            c0[v] = _mm512_ternarylogic_epi64(_mm512_shuffle_epi32(p1, _MM_PERM_DDBB), c1[v], key0,
                                              0x96);
            c2[v] = _mm512_ternarylogic_epi64(_mm512_shuffle_epi32(p0, _MM_PERM_DDBB), c3[v], key1,
                                              0x96);
            c1[v] = p1;
            c3[v] = p0;
        }
        k0 += weyl0;
        k1 += weyl1;
    }
#pragma GCC unroll 4
    for (unsigned v = 0; v < vectors; ++v) {
        const unsigned at = j + 8 * v;
        const auto put = [at](std::uint32_t * w, __m256i x) __attribute__((target("avx512f"))) {
            _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(w + at)), x);
        };
        put(q.w0, _mm512_cvtepi64_epi32(c0[v]));
        put(q.w1, _mm512_cvtepi64_epi32(c1[v]));
        put(q.w2, _mm512_cvtepi64_epi32(c2[v]));
        put(q.w3, _mm512_cvtepi64_epi32(c3[v]));
    }
}

__attribute__((target("avx512f"))) void wide(const job& q) {
    unsigned j = 0;
    for (; j + 32 <= q.count; j += 32)
        wide_part<4>(q, j);
    for (; j < q.count; j += 16)
        wide_part<2>(q, j);
}

__attribute__((target("avx2"))) void narrow(const job& q) {
    const __m256i m0 = _mm256_set1_epi64x(multiplier0), m1 = _mm256_set1_epi64x(multiplier1);
    const __m256i steps = _mm256_set_epi64x(3, 2, 1, 0);
    const __m256i even = _mm256_set_epi32(0, 0, 0, 0, 6, 4, 2, 0);
    for (unsigned j = 0; j < q.count; j += 8) {
        __m256i c0[2], c1[2], c2[2], c3[2];
#pragma GCC unroll 2
        for (unsigned v = 0; v < 2; ++v) {
            c0[v] = _mm256_add_epi32(
                _mm256_set1_epi64x(static_cast<long long>(std::uint64_t{q.first + j + 4 * v})),
                steps);
            c1[v] = _mm256_set1_epi64x(q.b);
            c2[v] = _mm256_set1_epi64x(q.c);
            c3[v] = _mm256_set1_epi64x(q.d);
        }
        std::uint32_t k0 = q.key[0], k1 = q.key[1];
        for (int round = 0; round < 10; ++round) {
            const __m256i key0 = _mm256_set1_epi64x(k0), key1 = _mm256_set1_epi64x(k1);
#pragma GCC unroll 2
            for (unsigned v = 0; v < 2; ++v) {
                const __m256i p0 = _mm256_mul_epu32(c0[v], m0);
                const __m256i p1 = _mm256_mul_epu32(c2[v], m1);
                c0[v] = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(c1[v], key0));
                c2[v] = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(c3[v], key1));
                c1[v] = p1;
                c3[v] = p0;
            }
            k0 += weyl0;
            k1 += weyl1;
        }
#pragma GCC unroll 2
        for (unsigned v = 0; v < 2; ++v) {
            const unsigned at = j + 4 * v;
            const auto put =
                [ at, even ](std::uint32_t * w, __m256i x) __attribute__((target("avx2"))) {
                const __m256i packed = _mm256_permutevar8x32_epi32(x, even);
                _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(w + at)),
                                 _mm256_castsi256_si128(packed));
            };
            put(q.w0, c0[v]);
            put(q.w1, c1[v]);
            put(q.w2, c2[v]);
            put(q.w3, c3[v]);
        }
    }
}

#pragma GCC diagnostic pop
#endif

}  // namespace

void philox_batch(const philox4x32::key& key, std::uint32_t first, std::uint32_t b, std::uint32_t c,
                  purpose why, unsigned count, std::uint32_t* w0, std::uint32_t* w1,
                  std::uint32_t* w2, std::uint32_t* w3) {
    const job q{key, first, b, c, static_cast<std::uint32_t>(why), count, w0, w1, w2, w3};
#ifdef OCELLUS_PHILOX_X86
    if (simd_in_use() == simd_level::avx512)
        return wide(q);
    if (simd_in_use() == simd_level::avx2)
        return narrow(q);
#endif
    portable(q);
}

}  // namespace ocellus::models
