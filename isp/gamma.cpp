// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/gamma.h"

#include "core/simd.h"

// Under the conditions of OCELLUS_SIMD_KERNEL, but for clang.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OCELLUS_GAMMA_AVX512
#include <immintrin.h>
#endif

namespace ocellus::isp {

unsigned gamma_segment(unsigned x) {
    if (x < 64)
        return x / 8;
    unsigned octave = 0;
    while (x >= 128u << octave)
        ++octave;
    return 8 + 8 * octave + (x - (64u << octave)) / (8u << octave);
}

gamma_curve linear_curve() {
    gamma_curve curve{};
    for (unsigned j = 0; j < gamma_knots; ++j) {
        const unsigned k = (gamma_abscissa(j) * 4080 + 2047) / 4095;
        curve[j] = static_cast<std::uint16_t>(k < 4095 ? k : 4095);
    }
    return curve;
}

unsigned gamma_pixel(const gamma_curve& curve, unsigned x) {
    const unsigned j = gamma_segment(x);
    const int step = static_cast<int>(gamma_step(j));
    const int k0 = curve[j], k1 = curve[j + 1];
    const int along = static_cast<int>(x - gamma_abscissa(j));
    const int y = (k0 * step + (k1 - k0) * along + 8 * step) / (16 * step);
    return static_cast<unsigned>(y < 255 ? y : 255);
}

gamma_table make_gamma_table(const gamma_curve& curve) {
    gamma_table table{};
    for (unsigned x = 0; x < table.values.size(); ++x)
        table.values[x] = static_cast<std::uint8_t>(gamma_pixel(curve, x));
    for (unsigned j = 0; j + 1 < gamma_knots; ++j) {
        table.base[j] = static_cast<std::int16_t>(curve[j] + 8);
        table.rise[j] = static_cast<std::int16_t>(2 * (curve[j + 1] - curve[j]));
    }
    return table;
}

void gamma_row_lookup(const gamma_table& table, const std::int16_t* in, unsigned count,
                      std::uint8_t* out) {
    // A table of 4 KiB stays in the first-level cache.
    const std::uint8_t* __restrict t = table.values.data();
    const std::int16_t* __restrict x = in;
    std::uint8_t* __restrict y = out;
    for (std::size_t i = 0; i < count; ++i)
        y[i] = t[static_cast<std::uint16_t>(x[i]) & 4095u];
}

#ifdef OCELLUS_GAMMA_AVX512

namespace {

/// 32 samples at a time. The compiler does not find permutations as look-ups by itself.
///
/// With step = 2^s, (k step + d f + 8 step) / (16 step) = ((k + 8) + floor(d f / 2^s)) >> 4,
/// because floors nest; and floor(d f / 2^s) is the high half of the 16-bit product (2 d) (f << (15
/// - s)).
__attribute__((target("avx512f,avx512bw"))) void gamma_row_avx512(const gamma_table& table,
                                                                  const std::int16_t* in,
                                                                  unsigned count,
                                                                  std::uint8_t* out) {
    const __m512i base_low = _mm512_load_si512(table.base.data());
    const __m512i base_high = _mm512_load_si512(table.base.data() + 32);
    const __m512i rise_low = _mm512_load_si512(table.rise.data());
    const __m512i rise_high = _mm512_load_si512(table.rise.data() + 32);
    const __m512i one = _mm512_set1_epi16(1), three = _mm512_set1_epi16(3);
    const __m512i fifteen = _mm512_set1_epi16(15), white = _mm512_set1_epi16(255);
    unsigned i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m512i x = _mm512_loadu_si512(in + i);
        __m512i s = three;
        for (const short octave : {128, 256, 512, 1024, 2048})
            s = _mm512_mask_add_epi16(s, _mm512_cmpge_epi16_mask(x, _mm512_set1_epi16(octave)), s,
                                      one);
        const __m512i steps = _mm512_srlv_epi16(x, s);
        const __m512i segment =
            _mm512_add_epi16(steps, _mm512_slli_epi16(_mm512_sub_epi16(s, three), 3));
        const __m512i base = _mm512_permutex2var_epi16(base_low, segment, base_high);
        const __m512i rise = _mm512_permutex2var_epi16(rise_low, segment, rise_high);
        const __m512i along = _mm512_sub_epi16(x, _mm512_sllv_epi16(steps, s));
        const __m512i fraction = _mm512_sllv_epi16(along, _mm512_sub_epi16(fifteen, s));
        const __m512i y =
            _mm512_srli_epi16(_mm512_add_epi16(base, _mm512_mulhi_epi16(rise, fraction)), 4);
        // The form with a mask, because the plain one makes GCC 12 warn about itself.
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                            _mm512_maskz_cvtepi16_epi8(~__mmask32{0}, _mm512_min_epi16(y, white)));
    }
    gamma_row_lookup(table, in + i, count - i, out + i);
}

}  // namespace

void gamma_row(const gamma_table& table, const std::int16_t* in, unsigned count,
               std::uint8_t* out) {
    if (simd_in_use() == simd_level::avx512)
        gamma_row_avx512(table, in, count, out);
    else
        gamma_row_lookup(table, in, count, out);
}

#else

void gamma_row(const gamma_table& table, const std::int16_t* in, unsigned count,
               std::uint8_t* out) {
    gamma_row_lookup(table, in, count, out);
}

#endif

}  // namespace ocellus::isp
