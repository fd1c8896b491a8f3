// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "dsp/network/requantize_rows.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_X86_KERNELS 1
// GCC 12 warns about the undefined operands inside its own intrinsics (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#define OCELLUS_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define OCELLUS_AVX2 __attribute__((target("avx2")))
#define OCELLUS_AVX512_INLINE OCELLUS_AVX512 __attribute__((always_inline))
#define OCELLUS_AVX2_INLINE OCELLUS_AVX2 __attribute__((always_inline))

/// Requantization of accumulators in vector registers.
///
/// With bounded accumulators x (|x| below 2^30) and a factor m 2^-(31 + right), right at least 1,
/// floors nest: floor((floor(a / 2^i) + h) / 2^j) = floor((a + h 2^i) / 2^(i + j)). Hence
/// - two roundings: p = (2 x m + 2^31) >> 32, then (p + 2^(right - 1)) >> right, where halves of a
///   negative p go down when ties leave zero (one less before the shift);
/// - one rounding: the same with p = (2 x m) >> 32.
/// Products of even and of odd lanes are 64 bits wide and hold p in their upper halves.
namespace ocellus::dsp {

/// Whether the vector code below gives the layer's integers. Float32 has no bounds to respect.
inline bool vectors_apply(const requantizer_arrays& r) {
    return (r.kernels == kernel_set::avx512_vnni || r.kernels == kernel_set::avx2) &&
           (r.bounded || r.how == requantizer::step::single_precision);
}

/// The integer before zero point and clamp; float32 includes the clamp, on which nothing hangs.
template <requantizer::step How>
struct avx512_constants {
    __m512i bias, mantissa, right, half;
    __m512 factor, least, most;

    OCELLUS_AVX512_INLINE avx512_constants(const requantizer_arrays& r, std::size_t at) {
        bias = _mm512_loadu_si512(r.bias.data() + at);
        if constexpr (How == requantizer::step::single_precision) {
            factor = _mm512_loadu_ps(r.factor.data() + at);
            least = _mm512_set1_ps(static_cast<float>(r.low - r.zero_point));
            most = _mm512_set1_ps(static_cast<float>(r.high - r.zero_point));
        } else {
            mantissa = _mm512_loadu_si512(r.mantissa.data() + at);
            right = _mm512_loadu_si512(r.right.data() + at);
            half = _mm512_loadu_si512(r.half.data() + at);
        }
    }

    OCELLUS_AVX512_INLINE __m512i operator()(__m512i accumulator) const {
        __m512i x = _mm512_add_epi32(accumulator, bias);
        if constexpr (How == requantizer::step::single_precision) {
            const __m512 magic = _mm512_set1_ps(12582912.0f);
            const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(x), factor);
            const __m512 bounded = _mm512_min_ps(_mm512_max_ps(scaled, least), most);
            return _mm512_cvttps_epi32(_mm512_sub_ps(_mm512_add_ps(bounded, magic), magic));
        } else {
            x = _mm512_add_epi32(x, x);
            __m512i even = _mm512_mul_epi32(x, mantissa);
            __m512i odd =
                _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(mantissa, 32));
            if constexpr (How != requantizer::step::once) {
                const __m512i first = _mm512_set1_epi64(std::int64_t{1} << 31);
                even = _mm512_add_epi64(even, first);
                odd = _mm512_add_epi64(odd, first);
            }
            const __m512i p = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
            __m512i t = _mm512_add_epi32(p, half);
            if constexpr (How == requantizer::step::away_from_zero)
                t = _mm512_sub_epi32(t, _mm512_srli_epi32(p, 31));
            return _mm512_srav_epi32(t, right);
        }
    }
};

struct avx512_clamp {
    __m512i zero_point, low, high;
    OCELLUS_AVX512_INLINE explicit avx512_clamp(const requantizer_arrays& r) {
        zero_point = _mm512_set1_epi32(r.zero_point);
        low = _mm512_set1_epi32(r.low);
        high = _mm512_set1_epi32(r.high);
    }
    OCELLUS_AVX512_INLINE __m512i operator()(__m512i q) const {
        return _mm512_min_epi32(_mm512_max_epi32(_mm512_add_epi32(q, zero_point), low), high);
    }
};

template <requantizer::step How>
struct avx2_constants {
    __m256i bias, mantissa, right, half;
    __m256 factor, least, most;

    OCELLUS_AVX2_INLINE static __m256i load(const std::int32_t* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    OCELLUS_AVX2_INLINE avx2_constants(const requantizer_arrays& r, std::size_t at) {
        bias = load(r.bias.data() + at);
        if constexpr (How == requantizer::step::single_precision) {
            factor = _mm256_loadu_ps(r.factor.data() + at);
            least = _mm256_set1_ps(static_cast<float>(r.low - r.zero_point));
            most = _mm256_set1_ps(static_cast<float>(r.high - r.zero_point));
        } else {
            mantissa = load(r.mantissa.data() + at);
            right = load(r.right.data() + at);
            half = load(r.half.data() + at);
        }
    }

    OCELLUS_AVX2_INLINE __m256i operator()(__m256i accumulator) const {
        __m256i x = _mm256_add_epi32(accumulator, bias);
        if constexpr (How == requantizer::step::single_precision) {
            const __m256 magic = _mm256_set1_ps(12582912.0f);
            const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(x), factor);
            const __m256 bounded = _mm256_min_ps(_mm256_max_ps(scaled, least), most);
            return _mm256_cvttps_epi32(_mm256_sub_ps(_mm256_add_ps(bounded, magic), magic));
        } else {
            x = _mm256_add_epi32(x, x);
            __m256i even = _mm256_mul_epi32(x, mantissa);
            __m256i odd =
                _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(mantissa, 32));
            if constexpr (How != requantizer::step::once) {
                const __m256i first = _mm256_set1_epi64x(std::int64_t{1} << 31);
                even = _mm256_add_epi64(even, first);
                odd = _mm256_add_epi64(odd, first);
            }
            const __m256i p = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
            __m256i t = _mm256_add_epi32(p, half);
            if constexpr (How == requantizer::step::away_from_zero)
                t = _mm256_sub_epi32(t, _mm256_srli_epi32(p, 31));
            return _mm256_srav_epi32(t, right);
        }
    }
};

struct avx2_clamp {
    __m256i zero_point, low, high;
    OCELLUS_AVX2_INLINE explicit avx2_clamp(const requantizer_arrays& r) {
        zero_point = _mm256_set1_epi32(r.zero_point);
        low = _mm256_set1_epi32(r.low);
        high = _mm256_set1_epi32(r.high);
    }
    OCELLUS_AVX2_INLINE __m256i operator()(__m256i q) const {
        return _mm256_min_epi32(_mm256_max_epi32(_mm256_add_epi32(q, zero_point), low), high);
    }
};

}  // namespace ocellus::dsp

#endif
