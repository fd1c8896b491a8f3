// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/requantize_rows.h"

#include <cstdlib>
#include <cstring>
#include <limits>

#include "core/simd.h"

#include "dsp/network/requantize_vectors.h"

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

inline __attribute__((always_inline)) void row_away_from_zero_body(
    const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
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
        const auto mask = static_cast<std::int32_t>((std::uint32_t{1} << right[i]) - 1u);
        const std::int32_t remainder = p & mask;
        const std::int32_t threshold = (mask >> 1) + (p < 0 ? 1 : 0);
        out[i] = finish((p >> right[i]) + (remainder > threshold ? 1 : 0), zero, low, high);
    }
}

inline __attribute__((always_inline)) void row_half_up_body(const row_constants& c,
                                                            const std::int32_t* __restrict in,
                                                            std::size_t columns,
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

inline __attribute__((always_inline)) void row_single_precision_body(
    const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
    std::uint8_t* __restrict out) {
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

inline __attribute__((always_inline)) void row_once_body(const row_constants& c,
                                                         const std::int32_t* __restrict in,
                                                         std::size_t columns,
                                                         std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const std::int32_t* __restrict mantissa = c.mantissa;
    const std::int32_t* __restrict left = c.left;
    const std::int32_t* __restrict right = c.right;
    const std::int32_t zero = c.zero_point, low = c.low, high = c.high;
    constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const std::int32_t shift = 31 - left[i] + right[i];
        const std::int64_t product = static_cast<std::int64_t>(x) * mantissa[i];
        const std::int64_t rounded = (product + (std::int64_t{1} << (shift - 1))) >> shift;
        const std::int64_t above = rounded < least ? least : rounded;
        out[i] = finish(static_cast<std::int32_t>(above > most ? most : above), zero, low, high);
    }
}

#define OCELLUS_ROW(name)                                                                         \
    OCELLUS_SIMD_KERNEL(                                                                          \
        name,                                                                                     \
        (const row_constants& c, const std::int32_t* in, std::size_t columns, std::uint8_t* out), \
        (c, in, columns, out))
OCELLUS_ROW(row_away_from_zero)
OCELLUS_ROW(row_half_up)
OCELLUS_ROW(row_single_precision)
OCELLUS_ROW(row_once)
#undef OCELLUS_ROW

#ifdef OCELLUS_X86_KERNELS

// Blocks of 16 or 8 columns: their constants stay in registers for all rows.

template <requantizer::step How>
OCELLUS_AVX512 void avx512_rows(const requantizer_arrays& r, const std::int32_t* in,
                                std::size_t stride, std::size_t rows, std::size_t first,
                                std::size_t columns, std::uint8_t* out, std::size_t out_stride) {
    const avx512_clamp clamp(r);
    for (std::size_t i = 0; i < columns; i += 16) {
        const avx512_constants<How> c(r, first + i);
        const auto tail =
            static_cast<__mmask16>(columns - i >= 16 ? 0xffffu : (1u << (columns - i)) - 1u);
        for (std::size_t y = 0; y < rows; ++y) {
            const __m512i q = clamp(c(_mm512_loadu_si512(in + y * stride + i)));
            _mm_mask_storeu_epi8(out + y * out_stride + i, tail, _mm512_cvtepi32_epi8(q));
        }
    }
}

template <requantizer::step How>
OCELLUS_AVX2 void avx2_rows(const requantizer_arrays& r, const std::int32_t* in, std::size_t stride,
                            std::size_t rows, std::size_t first, std::size_t columns,
                            std::uint8_t* out, std::size_t out_stride) {
    const avx2_clamp clamp(r);
    const __m256i lowest_bytes =
        _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12,
                         -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    for (std::size_t i = 0; i < columns; i += 8) {
        const avx2_constants<How> c(r, first + i);
        for (std::size_t y = 0; y < rows; ++y) {
            const __m256i q =
                clamp(c(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + y * stride + i))));
            const __m256i gathered = _mm256_shuffle_epi8(q, lowest_bytes);
            const __m128i bytes = _mm_unpacklo_epi32(_mm256_castsi256_si128(gathered),
                                                     _mm256_extracti128_si256(gathered, 1));
            std::uint8_t* to = out + y * out_stride + i;
            if (columns - i >= 8) {
                _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
            } else {
                std::uint8_t block[16];
                _mm_storeu_si128(reinterpret_cast<__m128i*>(block), bytes);
                std::memcpy(to, block, columns - i);
            }
        }
    }
}

#endif

}  // namespace

requantizer_arrays arrays_of(const network& n, const layer& l, kernel_set kernels,
                             std::size_t channels, const std::uint8_t* bias,
                             const std::vector<channel_sum>& sums) {
    requantizer_arrays a;
    a.kernels = kernels;
    // One block more: blocks of a group of channels begin anywhere.
    const std::size_t padded =
        (channels + requantize_block - 1) / requantize_block * requantize_block + requantize_block;
    for (auto* v : {&a.bias, &a.mantissa, &a.left, &a.right, &a.half})
        v->assign(padded, 0);
    a.factor.assign(padded, 0.0f);
    a.bounded = true;
    for (std::size_t c = 0; c < channels; ++c) {
        const requantizer r = weight_requantizer(n, l, c);
        a.how = r.how;
        a.zero_point = r.zero_point;
        a.low = r.low;
        a.high = r.high;
        std::int32_t b = 0;
        if (bias)
            std::memcpy(&b, bias + 4 * c, 4);
        a.bias[c] = static_cast<std::int32_t>(b + sums.at(c).correction);
        a.mantissa[c] = r.fixed.mantissa;
        a.left[c] = r.fixed.shift > 0 ? r.fixed.shift : 0;
        a.right[c] = r.fixed.shift > 0 ? 0 : -r.fixed.shift;
        a.half[c] = a.right[c] > 0 ? std::int32_t{1} << (a.right[c] - 1) : 0;
        a.factor[c] = r.factor;
        const bool zero = r.fixed.mantissa == 0;
        if (zero)
            a.right[c] = 1;  // of nothing, as well as any other
        if (sums[c].reach + std::abs(std::int64_t{b}) >= std::int64_t{1} << 30 || a.right[c] == 0)
            a.bounded = false;
    }
    return a;
}

requantizer_arrays reordered(const requantizer_arrays& r, const std::vector<std::size_t>& order,
                             std::size_t channels) {
    requantizer_arrays a = r;
    const auto pick = [&](const auto& from, auto& to) {
        to.assign(order.size(), 0);
        for (std::size_t i = 0; i < order.size(); ++i)
            if (order[i] < channels)
                to[i] = from[order[i]];
    };
    pick(r.bias, a.bias);
    pick(r.mantissa, a.mantissa);
    pick(r.left, a.left);
    pick(r.right, a.right);
    pick(r.half, a.half);
    pick(r.factor, a.factor);
    return a;
}

namespace {

void plain_rows(const requantizer_arrays& r, const std::int32_t* accumulators, std::size_t stride,
                std::size_t rows, std::size_t first, std::size_t columns, std::uint8_t* out,
                std::size_t out_stride) {
    const row_constants c{r.bias.data() + first,
                          r.mantissa.data() + first,
                          r.left.data() + first,
                          r.right.data() + first,
                          r.factor.data() + first,
                          r.zero_point,
                          r.low,
                          r.high};
    for (std::size_t y = 0; y < rows; ++y) {
        const std::int32_t* in = accumulators + y * stride;
        std::uint8_t* to = out + y * out_stride;
        switch (r.how) {
            case requantizer::step::away_from_zero:
                row_away_from_zero(c, in, columns, to);
                break;
            case requantizer::step::half_up:
                row_half_up(c, in, columns, to);
                break;
            case requantizer::step::single_precision:
                row_single_precision(c, in, columns, to);
                break;
            case requantizer::step::once:
                row_once(c, in, columns, to);
                break;
        }
    }
}

#ifdef OCELLUS_X86_KERNELS
template <requantizer::step How>
void vector_rows(const requantizer_arrays& r, const std::int32_t* accumulators, std::size_t stride,
                 std::size_t rows, std::size_t first, std::size_t columns, std::uint8_t* out,
                 std::size_t out_stride) {
    if (r.kernels == kernel_set::avx512_vnni)
        avx512_rows<How>(r, accumulators, stride, rows, first, columns, out, out_stride);
    else
        avx2_rows<How>(r, accumulators, stride, rows, first, columns, out, out_stride);
}
#endif

}  // namespace

void requantize_rows(const requantizer_arrays& r, const std::int32_t* accumulators,
                     std::size_t stride, std::size_t rows, std::size_t first_channel,
                     std::size_t columns, std::uint8_t* out, std::size_t out_stride) {
    auto run = plain_rows;
#ifdef OCELLUS_X86_KERNELS
    if (vectors_apply(r))
        switch (r.how) {
            case requantizer::step::away_from_zero:
                run = vector_rows<requantizer::step::away_from_zero>;
                break;
            case requantizer::step::half_up:
                run = vector_rows<requantizer::step::half_up>;
                break;
            case requantizer::step::single_precision:
                run = vector_rows<requantizer::step::single_precision>;
                break;
            case requantizer::step::once:
                run = vector_rows<requantizer::step::once>;
                break;
        }
#endif
    run(r, accumulators, stride, rows, first_channel, columns, out, out_stride);
}

}  // namespace ocellus::dsp
