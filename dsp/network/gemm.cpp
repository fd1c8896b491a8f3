// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/gemm.h"

#include <cstring>

#include "core/simd.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_X86_KERNELS 1
#include <immintrin.h>
#endif

namespace ocellus::dsp {
namespace {

inline __attribute__((always_inline)) void portable_row_body(const std::int16_t* __restrict a,
                                                             const std::int16_t* __restrict w,
                                                             std::size_t steps,
                                                             std::int32_t* __restrict out) {
    std::uint32_t sum[gemm_block] = {};
    for (std::size_t k = 0; k < steps; ++k)
        for (std::size_t j = 0; j < gemm_block; ++j)
            sum[j] += static_cast<std::uint32_t>(a[2 * k] * w[(k * gemm_block + j) * 2] +
                                                 a[2 * k + 1] * w[(k * gemm_block + j) * 2 + 1]);
    for (std::size_t j = 0; j < gemm_block; ++j)
        out[j] = static_cast<std::int32_t>(sum[j]);
}

OCELLUS_SIMD_KERNEL(portable_row,
                    (const std::int16_t* a, const std::int16_t* w, std::size_t steps,
                     std::int32_t* out),
                    (a, w, steps, out))

void portable_gemm(const gemm_weights& w, const std::uint8_t* a, std::size_t row_bytes,
                   std::size_t rows, std::int32_t* out, std::size_t stride) {
    for (std::size_t b = 0; b < w.blocks; ++b)
        for (std::size_t r = 0; r < rows; ++r)
            portable_row(reinterpret_cast<const std::int16_t*>(a + r * row_bytes),
                         w.words.data() + b * w.steps * 2 * gemm_block, w.steps,
                         out + r * stride + b * gemm_block);
}

#ifdef OCELLUS_X86_KERNELS

inline __attribute__((always_inline)) std::int32_t load_four_bytes(const std::uint8_t* p) {
    std::int32_t v;
    std::memcpy(&v, p, 4);
    return v;
}

// Two int16 products are added into 32 bits at a time: |a| and |w| are at most 255, so nothing
// saturates.
template <int Rows>
__attribute__((target("avx2"))) void avx2_rows(const gemm_weights& w, const std::uint8_t* a,
                                               std::size_t row_bytes, std::int32_t* out,
                                               std::size_t stride) {
    for (std::size_t b = 0; b < w.blocks; ++b) {
        const std::int16_t* weights = w.words.data() + b * w.steps * 2 * gemm_block;
        __m256i low[Rows], high[Rows];
#pragma GCC unroll 12
        for (int r = 0; r < Rows; ++r)
            low[r] = high[r] = _mm256_setzero_si256();
        for (std::size_t k = 0; k < w.steps; ++k) {
            const __m256i w0 =
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + k * 32));
            const __m256i w1 =
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + k * 32 + 16));
#pragma GCC unroll 12
            for (int r = 0; r < Rows; ++r) {
                const __m256i x = _mm256_set1_epi32(
                    load_four_bytes(a + static_cast<std::size_t>(r) * row_bytes + k * 4));
                low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(x, w0));
                high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(x, w1));
            }
        }
#pragma GCC unroll 12
        for (int r = 0; r < Rows; ++r) {
            std::int32_t* to = out + static_cast<std::size_t>(r) * stride + b * gemm_block;
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), low[r]);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), high[r]);
        }
    }
}

void avx2_gemm(const gemm_weights& w, const std::uint8_t* a, std::size_t row_bytes,
               std::size_t rows, std::int32_t* out, std::size_t stride) {
    for (; rows >= 6; rows -= 6, a += 6 * row_bytes, out += 6 * stride)
        avx2_rows<6>(w, a, row_bytes, out, stride);
    for (; rows >= 3; rows -= 3, a += 3 * row_bytes, out += 3 * stride)
        avx2_rows<3>(w, a, row_bytes, out, stride);
    for (; rows >= 1; --rows, a += row_bytes, out += stride)
        avx2_rows<1>(w, a, row_bytes, out, stride);
}

// Four products of an unsigned and a signed byte, or two of words, are added into 32 bits at a
// time; these forms of the instructions do not saturate.
template <bool Bytes, int Rows, int Blocks>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void vnni_rows(
    const gemm_weights& w, std::size_t block, const std::uint8_t* a, std::size_t row_bytes,
    std::int32_t* out, std::size_t stride) {
    const std::size_t block_bytes = w.steps * 4 * gemm_block;
    const auto* all = Bytes ? static_cast<const void*>(w.bytes.data()) : w.words.data();
    const auto* weights = static_cast<const std::uint8_t*>(all) + block * block_bytes;
    __m512i sum[Rows][Blocks];
#pragma GCC unroll 12
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b)
            sum[r][b] = _mm512_setzero_si512();
    for (std::size_t k = 0; k < w.steps; ++k) {
        __m512i v[Blocks];
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b)
            v[b] = _mm512_loadu_si512(weights + static_cast<std::size_t>(b) * block_bytes + k * 64);
#pragma GCC unroll 12
        for (int r = 0; r < Rows; ++r) {
            const __m512i x = _mm512_set1_epi32(
                load_four_bytes(a + static_cast<std::size_t>(r) * row_bytes + k * 4));
#pragma GCC unroll 2
            for (int b = 0; b < Blocks; ++b)
                sum[r][b] = Bytes ? _mm512_dpbusd_epi32(sum[r][b], x, v[b])
                                  : _mm512_dpwssd_epi32(sum[r][b], x, v[b]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b)
            _mm512_storeu_si512(out + static_cast<std::size_t>(r) * stride +
                                    (block + static_cast<std::size_t>(b)) * gemm_block,
                                sum[r][b]);
}

template <bool Bytes, int Rows>
void vnni_all_blocks(const gemm_weights& w, const std::uint8_t* a, std::size_t row_bytes,
                     std::int32_t* out, std::size_t stride) {
    std::size_t b = 0;
    for (; b + 2 <= w.blocks; b += 2)
        vnni_rows<Bytes, Rows, 2>(w, b, a, row_bytes, out, stride);
    if (b < w.blocks)
        vnni_rows<Bytes, Rows, 1>(w, b, a, row_bytes, out, stride);
}

template <bool Bytes>
void vnni_gemm(const gemm_weights& w, const std::uint8_t* a, std::size_t row_bytes,
               std::size_t rows, std::int32_t* out, std::size_t stride) {
    for (; rows >= 12; rows -= 12, a += 12 * row_bytes, out += 12 * stride)
        vnni_all_blocks<Bytes, 12>(w, a, row_bytes, out, stride);
    for (; rows >= 4; rows -= 4, a += 4 * row_bytes, out += 4 * stride)
        vnni_all_blocks<Bytes, 4>(w, a, row_bytes, out, stride);
    for (; rows >= 1; --rows, a += row_bytes, out += stride)
        vnni_all_blocks<Bytes, 1>(w, a, row_bytes, out, stride);
}

#endif

}  // namespace

bool can_run(kernel_set k) {
    switch (k) {
        case kernel_set::reference:
        case kernel_set::portable:
            return true;
#ifdef OCELLUS_X86_KERNELS
        case kernel_set::avx2:
            return __builtin_cpu_supports("avx2");
        case kernel_set::avx512_vnni:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#endif
        default:
            return false;
    }
}

kernel_set best_kernels() {
    const simd_level level = simd_in_use();
    if (level == simd_level::avx512 && can_run(kernel_set::avx512_vnni))
        return kernel_set::avx512_vnni;
    if (level != simd_level::plain && can_run(kernel_set::avx2))
        return kernel_set::avx2;
    return kernel_set::portable;
}

const char* name_of(kernel_set k) {
    switch (k) {
        case kernel_set::reference:
            return "reference";
        case kernel_set::portable:
            return "portable";
        case kernel_set::avx2:
            return "avx2";
        case kernel_set::avx512_vnni:
            return "avx512_vnni";
    }
    return "?";
}

gemm_shape gemm_shape_of(kernel_set k, bool fits) {
    if (k == kernel_set::avx512_vnni)
        return fits ? gemm_shape{true, 4, 12} : gemm_shape{false, 2, 12};
    return {false, 2, 6};
}

gemm_weights pack_gemm_weights(kernel_set k, const gemm_shape& shape,
                               const std::vector<std::int16_t>& weights, std::size_t outputs,
                               std::size_t depth) {
    gemm_weights w;
    w.kernels = k;
    w.in_bytes = shape.bytes;
    w.outputs = outputs;
    w.depth = depth;
    w.steps = (depth + shape.depth_step - 1) / shape.depth_step;
    w.blocks = (outputs + gemm_block - 1) / gemm_block;
    const std::size_t total = w.blocks * gemm_block * w.steps * shape.depth_step;
    if (shape.bytes)
        w.bytes.assign(total, 0);
    else
        w.words.assign(total, 0);
    for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t d = 0; d < depth; ++d) {
            const std::size_t at =
                ((o / gemm_block * w.steps + d / shape.depth_step) * gemm_block + o % gemm_block) *
                    shape.depth_step +
                d % shape.depth_step;
            if (shape.bytes)
                w.bytes[at] = static_cast<std::int8_t>(weights[o * depth + d]);
            else
                w.words[at] = weights[o * depth + d];
        }
    return w;
}

void gemm(const gemm_weights& w, const std::uint8_t* activations, std::size_t row_bytes,
          std::size_t rows, std::int32_t* accumulators, std::size_t stride) {
#ifdef OCELLUS_X86_KERNELS
    if (w.kernels == kernel_set::avx512_vnni) {
        if (w.in_bytes)
            vnni_gemm<true>(w, activations, row_bytes, rows, accumulators, stride);
        else
            vnni_gemm<false>(w, activations, row_bytes, rows, accumulators, stride);
        return;
    }
    if (w.kernels == kernel_set::avx2) {
        avx2_gemm(w, activations, row_bytes, rows, accumulators, stride);
        return;
    }
#endif
    portable_gemm(w, activations, row_bytes, rows, accumulators, stride);
}

}  // namespace ocellus::dsp
