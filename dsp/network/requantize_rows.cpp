// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/requantize_rows.h"

#include <cstring>

#include "core/simd.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_X86_KERNELS 1
// GCC 12 warns about the undefined operands inside its own intrinsics (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#endif

namespace ocellus::dsp {
namespace {

struct row_constants {
    const std::int32_t* bias;
    const std::int32_t* mantissa;
    const std::int32_t* left;
    const std::int32_t* right;
    const float* factor;
    std::int32_t zero_point, low, high;
};

inline __attribute__((always_inline)) std::int32_t high_product(std::int32_t x, std::int32_t left,
                                                                std::int32_t mantissa) {
    const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
    const std::int64_t product =
        static_cast<std::int64_t>(shifted) * mantissa + (std::int64_t{1} << 30);
    return static_cast<std::int32_t>(static_cast<std::uint64_t>(product) >> 31);
}

inline __attribute__((always_inline)) std::uint8_t finish(std::int32_t scaled, std::int32_t zero,
                                                          std::int32_t low, std::int32_t high) {
    const auto q = static_cast<std::int32_t>(static_cast<std::uint32_t>(scaled) +
                                             static_cast<std::uint32_t>(zero));
    const std::int32_t above = q < low ? low : q;
    return static_cast<std::uint8_t>(above > high ? high : above);
}

OCELLUS_SIMD_CLONES
void row_away_from_zero(const row_constants& c, const std::int32_t* __restrict in,
                        std::size_t columns, std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const std::int32_t* __restrict mantissa = c.mantissa;
    const std::int32_t* __restrict left = c.left;
    const std::int32_t* __restrict right = c.right;
    const std::int32_t zero = c.zero_point, low = c.low, high = c.high;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const std::int32_t p = high_product(x, left[i], mantissa[i]);
        const auto mask = static_cast<std::int32_t>((std::uint32_t{1} << right[i]) - 1u);
        const std::int32_t remainder = p & mask;
        const std::int32_t threshold = (mask >> 1) + (p < 0 ? 1 : 0);
        out[i] = finish((p >> right[i]) + (remainder > threshold ? 1 : 0), zero, low, high);
    }
}

OCELLUS_SIMD_CLONES
void row_half_up(const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
                 std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const std::int32_t* __restrict mantissa = c.mantissa;
    const std::int32_t* __restrict left = c.left;
    const std::int32_t* __restrict right = c.right;
    const std::int32_t zero = c.zero_point, low = c.low, high = c.high;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const std::int32_t p = high_product(x, left[i], mantissa[i]);
        const std::int32_t before = right[i] == 0 ? 0 : right[i] - 1;
        const std::int32_t half = right[i] == 0 ? 0 : (p >> before) & 1;
        out[i] = finish((p >> right[i]) + half, zero, low, high);
    }
}

OCELLUS_SIMD_CLONES
void row_single_precision(const row_constants& c, const std::int32_t* __restrict in,
                          std::size_t columns, std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const float* __restrict factor = c.factor;
    const std::int32_t zero = c.zero_point;
    const auto least = static_cast<float>(c.low - zero);
    const auto most = static_cast<float>(c.high - zero);
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const float scaled = static_cast<float>(x) * factor[i];
        const float above = scaled < least ? least : scaled;
        const float bounded = above > most ? most : above;
        const float magic = 12582912.0f;
        out[i] =
            static_cast<std::uint8_t>(static_cast<std::int32_t>((bounded + magic) - magic) + zero);
    }
}

#ifdef OCELLUS_X86_KERNELS

// The same steps in 16 lanes. Products of even and odd lanes are 64 bits wide; their bits 31 to 62
// are the result.
template <requantizer::step How>
__attribute__((target("avx512f,avx512bw,avx512vl"))) void avx512_row(const row_constants& c,
                                                                     const std::int32_t* in,
                                                                     std::size_t columns,
                                                                     std::uint8_t* out) {
    const __m512i zero_point = _mm512_set1_epi32(c.zero_point);
    const __m512i low = _mm512_set1_epi32(c.low);
    const __m512i high = _mm512_set1_epi32(c.high);
    const __m512 least = _mm512_set1_ps(static_cast<float>(c.low - c.zero_point));
    const __m512 most = _mm512_set1_ps(static_cast<float>(c.high - c.zero_point));
    const __m512 magic = _mm512_set1_ps(12582912.0f);
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i half = _mm512_set1_epi64(std::int64_t{1} << 30);
    for (std::size_t i = 0; i < columns; i += 16) {
        const __m512i x =
            _mm512_add_epi32(_mm512_loadu_si512(in + i), _mm512_loadu_si512(c.bias + i));
        __m512i q;
        if constexpr (How == requantizer::step::single_precision) {
            const __m512 scaled =
                _mm512_mul_ps(_mm512_cvtepi32_ps(x), _mm512_loadu_ps(c.factor + i));
            const __m512 bounded = _mm512_min_ps(_mm512_max_ps(scaled, least), most);
            const __m512 rounded = _mm512_sub_ps(_mm512_add_ps(bounded, magic), magic);
            q = _mm512_add_epi32(_mm512_cvttps_epi32(rounded), zero_point);
        } else {
            const __m512i shifted = _mm512_sllv_epi32(x, _mm512_loadu_si512(c.left + i));
            const __m512i mantissa = _mm512_loadu_si512(c.mantissa + i);
            const __m512i right = _mm512_loadu_si512(c.right + i);
            const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(shifted, mantissa), half);
            const __m512i odd = _mm512_add_epi64(
                _mm512_mul_epi32(_mm512_srli_epi64(shifted, 32), _mm512_srli_epi64(mantissa, 32)),
                half);
            const __m512i p = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31),
                                                      _mm512_slli_epi64(odd, 1));
            const __m512i whole = _mm512_srav_epi32(p, right);
            const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
            __m512i threshold = _mm512_srli_epi32(mask, 1);
            if constexpr (How == requantizer::step::away_from_zero)
                threshold = _mm512_add_epi32(threshold, _mm512_srli_epi32(p, 31));
            const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(p, mask), threshold);
            const __m512i scaled = _mm512_mask_add_epi32(whole, up, whole, one);
            q = _mm512_min_epi32(_mm512_max_epi32(_mm512_add_epi32(scaled, zero_point), low), high);
        }
        const __m128i bytes = _mm512_cvtepi32_epi8(q);
        if (columns - i >= 16)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
        else
            _mm_mask_storeu_epi8(out + i, static_cast<__mmask16>((1u << (columns - i)) - 1u),
                                 bytes);
    }
}

__attribute__((target("avx2"))) inline __m256i load_eight(const std::int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

template <requantizer::step How>
__attribute__((target("avx2"))) void avx2_row(const row_constants& c, const std::int32_t* in,
                                              std::size_t columns, std::uint8_t* out) {
    const __m256i zero_point = _mm256_set1_epi32(c.zero_point);
    const __m256i low = _mm256_set1_epi32(c.low);
    const __m256i high = _mm256_set1_epi32(c.high);
    const __m256 least = _mm256_set1_ps(static_cast<float>(c.low - c.zero_point));
    const __m256 most = _mm256_set1_ps(static_cast<float>(c.high - c.zero_point));
    const __m256 magic = _mm256_set1_ps(12582912.0f);
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << 30);
    const __m256i lowest_bytes =
        _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12,
                         -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    for (std::size_t i = 0; i < columns; i += 8) {
        const __m256i x = _mm256_add_epi32(load_eight(in + i), load_eight(c.bias + i));
        __m256i q;
        if constexpr (How == requantizer::step::single_precision) {
            const __m256 scaled =
                _mm256_mul_ps(_mm256_cvtepi32_ps(x), _mm256_loadu_ps(c.factor + i));
            const __m256 bounded = _mm256_min_ps(_mm256_max_ps(scaled, least), most);
            const __m256 rounded = _mm256_sub_ps(_mm256_add_ps(bounded, magic), magic);
            q = _mm256_add_epi32(_mm256_cvttps_epi32(rounded), zero_point);
        } else {
            const __m256i shifted = _mm256_sllv_epi32(x, load_eight(c.left + i));
            const __m256i mantissa = load_eight(c.mantissa + i);
            const __m256i right = load_eight(c.right + i);
            const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(shifted, mantissa), half);
            const __m256i odd = _mm256_add_epi64(
                _mm256_mul_epi32(_mm256_srli_epi64(shifted, 32), _mm256_srli_epi64(mantissa, 32)),
                half);
            const __m256i p =
                _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
            const __m256i whole = _mm256_srav_epi32(p, right);
            const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
            __m256i threshold = _mm256_srli_epi32(mask, 1);
            if constexpr (How == requantizer::step::away_from_zero)
                threshold = _mm256_add_epi32(threshold, _mm256_srli_epi32(p, 31));
            const __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(p, mask), threshold);
            const __m256i scaled = _mm256_sub_epi32(whole, up);
            q = _mm256_min_epi32(_mm256_max_epi32(_mm256_add_epi32(scaled, zero_point), low), high);
        }
        const __m256i gathered = _mm256_shuffle_epi8(q, lowest_bytes);
        const __m128i bytes = _mm_unpacklo_epi32(_mm256_castsi256_si128(gathered),
                                                 _mm256_extracti128_si256(gathered, 1));
        std::uint8_t block[16];
        _mm_storeu_si128(reinterpret_cast<__m128i*>(block), bytes);
        if (columns - i >= 8)
            std::memcpy(out + i, block, 8);
        else
            std::memcpy(out + i, block, columns - i);
    }
}

#endif

}  // namespace

requantizer_arrays arrays_of(const network& n, const layer& l, kernel_set kernels,
                             std::size_t channels, const std::uint8_t* bias,
                             const std::vector<std::int64_t>& correction) {
    requantizer_arrays a;
    a.kernels = kernels;
    const std::size_t padded =
        (channels + requantize_block - 1) / requantize_block * requantize_block;
    a.bias.assign(padded, 0);
    a.mantissa.assign(padded, 0);
    a.left.assign(padded, 0);
    a.right.assign(padded, 0);
    a.factor.assign(padded, 0.0f);
    for (std::size_t c = 0; c < channels; ++c) {
        const requantizer r = weight_requantizer(n, l, c);
        a.how = r.how;
        a.zero_point = r.zero_point;
        a.low = r.low;
        a.high = r.high;
        std::int32_t b = 0;
        if (bias)
            std::memcpy(&b, bias + 4 * c, 4);
        a.bias[c] = static_cast<std::int32_t>(b + (correction.empty() ? 0 : correction[c]));
        a.mantissa[c] = r.fixed.mantissa;
        a.left[c] = r.fixed.shift > 0 ? r.fixed.shift : 0;
        a.right[c] = r.fixed.shift > 0 ? 0 : -r.fixed.shift;
        a.factor[c] = r.factor;
    }
    return a;
}

void requantize_rows(const requantizer_arrays& r, const std::int32_t* accumulators,
                     std::size_t stride, std::size_t rows, std::size_t first_channel,
                     std::size_t columns, std::uint8_t* out, std::size_t out_stride) {
    const row_constants c{r.bias.data() + first_channel,
                          r.mantissa.data() + first_channel,
                          r.left.data() + first_channel,
                          r.right.data() + first_channel,
                          r.factor.data() + first_channel,
                          r.zero_point,
                          r.low,
                          r.high};
    using row_function =
        void (*)(const row_constants&, const std::int32_t*, std::size_t, std::uint8_t*);
    row_function row = r.how == requantizer::step::single_precision ? row_single_precision
                       : r.how == requantizer::step::half_up        ? row_half_up
                                                                    : row_away_from_zero;
#ifdef OCELLUS_X86_KERNELS
    const bool wide = r.kernels == kernel_set::avx512_vnni;
    if (wide || r.kernels == kernel_set::avx2) {
        switch (r.how) {
            case requantizer::step::away_from_zero:
                row = wide ? avx512_row<requantizer::step::away_from_zero>
                           : avx2_row<requantizer::step::away_from_zero>;
                break;
            case requantizer::step::half_up:
                row = wide ? avx512_row<requantizer::step::half_up>
                           : avx2_row<requantizer::step::half_up>;
                break;
            case requantizer::step::once:
                break;  // has no fast kernels
            case requantizer::step::single_precision:
                row = wide ? avx512_row<requantizer::step::single_precision>
                           : avx2_row<requantizer::step::single_precision>;
                break;
        }
    }
#endif
    for (std::size_t y = 0; y < rows; ++y)
        row(c, accumulators + y * stride, columns, out + y * out_stride);
}

}  // namespace ocellus::dsp
