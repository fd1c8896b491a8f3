// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/depthwise_vectors.h"

#include <algorithm>
#include <cstring>

#include "dsp/network/requantize_vectors.h"

namespace ocellus::dsp::fast {

depthwise_kind depthwise_way(kernel_set k, bool fits) {
#ifdef OCELLUS_X86_KERNELS
    if (k == kernel_set::avx512_vnni && fits)
        return depthwise_kind::bytes;
    if (k == kernel_set::avx512_vnni || k == kernel_set::avx2)
        return depthwise_kind::words;
#endif
    static_cast<void>(k);
    static_cast<void>(fits);
    return depthwise_kind::plain;
}

std::size_t channels_of(depthwise_kind k) {
    return k == depthwise_kind::bytes ? 32 : k == depthwise_kind::words ? 16 : 8;
}

namespace {

/// Channels of the block that begins at `first`.
std::size_t block_at(depthwise_kind k, std::size_t first, std::size_t padded) {
    return k == depthwise_kind::bytes && padded - first >= 64 ? 64 : channels_of(k);
}

}  // namespace

depthwise_weights pack_depthwise_vectors(depthwise_kind kind,
                                         const std::vector<std::int16_t>& weights,
                                         std::size_t kernel_h, std::size_t kernel_w,
                                         std::size_t channels, const requantizer_arrays& r) {
    depthwise_weights w;
    w.kind = kind;
    w.kernel_h = kernel_h;
    w.kernel_w = kernel_w;
    w.channels = channels;
    const bool bytes = kind == depthwise_kind::bytes;
    const std::size_t rows = bytes ? 4 : 2;     // of the kernel in a group
    const std::size_t vectors = bytes ? 4 : 2;  // accumulators of a block
    const std::size_t sample = bytes ? 1 : 2;
    w.groups = (kernel_h + rows - 1) / rows;
    const std::size_t step = channels_of(kind);
    const std::size_t padded = (channels + step - 1) / step * step;
    std::vector<std::size_t> order;
    for (std::size_t first = 0, block; first < padded; first += block) {
        block = block_at(kind, first, padded);
        // Interleaving keeps to 16 bytes: vector j holds four channels of each 16 bytes of samples.
        const auto channel = [&](std::size_t j, std::size_t lane) {
            return first + lane / 4 * (16 / sample) + 4 * j + lane % 4;
        };
        for (std::size_t j = 0; j < vectors; ++j)
            for (std::size_t lane = 0; lane < block / vectors; ++lane)
                order.push_back(channel(j, lane));
        for (std::size_t g = 0; g < w.groups; ++g)
            for (std::size_t kx = 0; kx < kernel_w; ++kx)
                for (std::size_t j = 0; j < vectors; ++j)
                    for (std::size_t lane = 0; lane < block / vectors; ++lane)
                        for (std::size_t row = 0; row < rows; ++row) {
                            const std::size_t ky = g * rows + row, c = channel(j, lane);
                            const std::int16_t value =
                                ky < kernel_h && c < channels
                                    ? weights[(ky * kernel_w + kx) * channels + c]
                                    : std::int16_t{0};
                            std::uint8_t raw[2];
                            std::memcpy(raw, &value, 2);
                            w.data.insert(w.data.end(), raw, raw + sample);
                        }
    }
    w.constants = reordered(r, order, channels);
#ifdef OCELLUS_X86_KERNELS
    w.fused = vectors_apply(r);
#endif
    return w;
}

#ifdef OCELLUS_X86_KERNELS
namespace {

using step = requantizer::step;

/// 64 channels of unsigned bytes.
struct wide_bytes {
    using vector = __m512i;
    template <step How>
    using constants = avx512_constants<How>;
    static constexpr std::size_t channels = 64, bytes = 64, lanes = 16;
    static constexpr int vectors = 4, rows = 4;
    OCELLUS_AVX512_INLINE static __m512i load(const void* p) { return _mm512_loadu_si512(p); }
    OCELLUS_AVX512_INLINE static void store(void* p, __m512i v) { _mm512_storeu_si512(p, v); }
    OCELLUS_AVX512_INLINE static __m512i zero() { return _mm512_setzero_si512(); }
    OCELLUS_AVX512_INLINE static __m512i dot(__m512i sum, __m512i x, __m512i w) {
        return _mm512_dpbusd_epi32(sum, x, w);
    }
    OCELLUS_AVX512_INLINE static void interleave(const std::uint8_t* const* at, std::uint8_t* to) {
        const __m512i r0 = load(at[0]), r1 = load(at[1]), r2 = load(at[2]), r3 = load(at[3]);
        const __m512i a = _mm512_unpacklo_epi8(r0, r1), b = _mm512_unpackhi_epi8(r0, r1);
        const __m512i c = _mm512_unpacklo_epi8(r2, r3), d = _mm512_unpackhi_epi8(r2, r3);
        store(to, _mm512_unpacklo_epi16(a, c));
        store(to + 64, _mm512_unpackhi_epi16(a, c));
        store(to + 128, _mm512_unpacklo_epi16(b, d));
        store(to + 192, _mm512_unpackhi_epi16(b, d));
    }
    /// Zero point and clamp on words: both saturate where the clamp would.
    __m512i zero_point, low, high;
    bool unsigned_bytes;
    OCELLUS_AVX512_INLINE explicit wide_bytes(const requantizer_arrays& r)
        : zero_point(_mm512_set1_epi16(static_cast<short>(r.zero_point))),
          low(_mm512_set1_epi16(static_cast<short>(r.low))),
          high(_mm512_set1_epi16(static_cast<short>(r.high))),
          unsigned_bytes(r.low >= 0) {}
    OCELLUS_AVX512_INLINE __m512i clamped(__m512i a, __m512i b) const {
        const __m512i q = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero_point);
        return _mm512_min_epi16(_mm512_max_epi16(q, low), high);
    }
    OCELLUS_AVX512_INLINE void finish(const __m512i* q, std::uint8_t* out,
                                      std::size_t count) const {
        const __m512i a = clamped(q[0], q[1]), b = clamped(q[2], q[3]);
        const __m512i v = unsigned_bytes ? _mm512_packus_epi16(a, b) : _mm512_packs_epi16(a, b);
        if (count >= 64)
            _mm512_storeu_si512(out, v);
        else
            _mm512_mask_storeu_epi8(out, (std::uint64_t{1} << count) - 1, v);
    }
};

/// 32 channels of unsigned bytes.
struct narrow_bytes {
    using vector = __m256i;
    template <step How>
    using constants = avx2_constants<How>;
    static constexpr std::size_t channels = 32, bytes = 32, lanes = 8;
    static constexpr int vectors = 4, rows = 4;
    OCELLUS_AVX512_INLINE static __m256i load(const void* p) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(p));
    }
    OCELLUS_AVX512_INLINE static void store(void* p, __m256i v) {
        _mm256_storeu_si256(static_cast<__m256i*>(p), v);
    }
    OCELLUS_AVX512_INLINE static __m256i zero() { return _mm256_setzero_si256(); }
    OCELLUS_AVX512_INLINE static __m256i dot(__m256i sum, __m256i x, __m256i w) {
        return _mm256_dpbusd_epi32(sum, x, w);
    }
    OCELLUS_AVX512_INLINE static void interleave(const std::uint8_t* const* at, std::uint8_t* to) {
        const __m256i r0 = load(at[0]), r1 = load(at[1]), r2 = load(at[2]), r3 = load(at[3]);
        const __m256i a = _mm256_unpacklo_epi8(r0, r1), b = _mm256_unpackhi_epi8(r0, r1);
        const __m256i c = _mm256_unpacklo_epi8(r2, r3), d = _mm256_unpackhi_epi8(r2, r3);
        store(to, _mm256_unpacklo_epi16(a, c));
        store(to + 32, _mm256_unpackhi_epi16(a, c));
        store(to + 64, _mm256_unpacklo_epi16(b, d));
        store(to + 96, _mm256_unpackhi_epi16(b, d));
    }
    __m256i zero_point, low, high;
    bool unsigned_bytes;
    OCELLUS_AVX512_INLINE explicit narrow_bytes(const requantizer_arrays& r)
        : zero_point(_mm256_set1_epi16(static_cast<short>(r.zero_point))),
          low(_mm256_set1_epi16(static_cast<short>(r.low))),
          high(_mm256_set1_epi16(static_cast<short>(r.high))),
          unsigned_bytes(r.low >= 0) {}
    OCELLUS_AVX512_INLINE __m256i clamped(__m256i a, __m256i b) const {
        const __m256i q = _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero_point);
        return _mm256_min_epi16(_mm256_max_epi16(q, low), high);
    }
    OCELLUS_AVX512_INLINE void finish(const __m256i* q, std::uint8_t* out,
                                      std::size_t count) const {
        const __m256i a = clamped(q[0], q[1]), b = clamped(q[2], q[3]);
        const __m256i v = unsigned_bytes ? _mm256_packus_epi16(a, b) : _mm256_packs_epi16(a, b);
        const auto mask = count >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << count) - 1;
        _mm256_mask_storeu_epi8(out, mask, v);
    }
};

/// 16 channels of words.
struct word_samples {
    using vector = __m256i;
    template <step How>
    using constants = avx2_constants<How>;
    static constexpr std::size_t channels = 16, bytes = 32, lanes = 8;
    static constexpr int vectors = 2, rows = 2;
    OCELLUS_AVX2_INLINE static __m256i load(const void* p) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(p));
    }
    OCELLUS_AVX2_INLINE static void store(void* p, __m256i v) {
        _mm256_storeu_si256(static_cast<__m256i*>(p), v);
    }
    OCELLUS_AVX2_INLINE static __m256i zero() { return _mm256_setzero_si256(); }
    OCELLUS_AVX2_INLINE static __m256i dot(__m256i sum, __m256i x, __m256i w) {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
    }
    OCELLUS_AVX2_INLINE static void interleave(const std::uint8_t* const* at, std::uint8_t* to) {
        const __m256i r0 = load(at[0]), r1 = load(at[1]);
        store(to, _mm256_unpacklo_epi16(r0, r1));
        store(to + 32, _mm256_unpackhi_epi16(r0, r1));
    }
    __m256i zero_point, low, high;
    bool unsigned_bytes;
    OCELLUS_AVX2_INLINE explicit word_samples(const requantizer_arrays& r)
        : zero_point(_mm256_set1_epi16(static_cast<short>(r.zero_point))),
          low(_mm256_set1_epi16(static_cast<short>(r.low))),
          high(_mm256_set1_epi16(static_cast<short>(r.high))),
          unsigned_bytes(r.low >= 0) {}
    OCELLUS_AVX2_INLINE void finish(const __m256i* q, std::uint8_t* out, std::size_t count) const {
        const __m256i w = _mm256_adds_epi16(_mm256_packs_epi32(q[0], q[1]), zero_point);
        const __m256i c = _mm256_min_epi16(_mm256_max_epi16(w, low), high);
        const __m128i a = _mm256_castsi256_si128(c), b = _mm256_extracti128_si256(c, 1);
        const __m128i v = unsigned_bytes ? _mm_packus_epi16(a, b) : _mm_packs_epi16(a, b);
        if (count >= 16) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v);
            return;
        }
        std::uint8_t block[16];
        _mm_storeu_si128(reinterpret_cast<__m128i*>(block), v);
        std::memcpy(out, block, count);
    }
};

/// Where a block of channels begins.
struct block_place {
    std::size_t channel, weights;
};

template <class V>
std::size_t sample_bytes() {
    return V::bytes / V::channels;
}

#define OCELLUS_DEPTHWISE(name, attributes)                                                      \
    /* Groups or Columns of 0: as many as the weights say. */                                    \
    template <class V, bool Fused, step How, int Groups, int Columns>                            \
    attributes void name(const depthwise_weights& w, const depthwise_line& d, block_place at) {  \
        const std::size_t groups = Groups ? Groups : w.groups;                                   \
        const std::size_t columns = Columns ? Columns : w.kernel_w;                              \
        const std::size_t column = groups * V::vectors * V::bytes;                               \
        for (std::size_t g = 0; g < groups; ++g) {                                               \
            const std::uint8_t* rows[V::rows];                                                   \
            for (std::size_t r = 0; r < V::rows; ++r)                                            \
                rows[r] = d.lines[std::min(g * V::rows + r, w.kernel_h - 1)] +                   \
                          at.channel * sample_bytes<V>();                                        \
            std::uint8_t* to = d.scratch + g * V::vectors * V::bytes;                            \
            for (std::size_t x = 0; x < d.columns; ++x, to += column) {                          \
                V::interleave(rows, to);                                                         \
                for (auto& row : rows)                                                           \
                    row += d.pixel_bytes;                                                        \
            }                                                                                    \
        }                                                                                        \
        const V finisher(w.constants);                                                           \
        const std::uint8_t* const weights = w.data.data() + at.weights;                          \
        const std::size_t count = std::min(V::channels, w.channels - at.channel);                \
        for (std::size_t x = 0; x < d.width; ++x) {                                              \
            const std::uint8_t* samples = d.scratch + x * d.stride * column;                     \
            typename V::vector sum[V::vectors];                                                  \
            for (auto& s : sum)                                                                  \
                s = V::zero();                                                                   \
            _Pragma("GCC unroll 4") for (std::size_t g = 0; g < groups; ++g)                     \
                _Pragma("GCC unroll 4") for (std::size_t kx = 0; kx < columns; ++kx) _Pragma(    \
                    "GCC unroll 4") for (std::size_t j = 0; j < V::vectors; ++j) sum[j] =        \
                    V::dot(sum[j],                                                               \
                           V::load(samples + kx * d.dilation * column +                          \
                                   (g * V::vectors + j) * V::bytes),                             \
                           V::load(weights + ((g * columns + kx) * V::vectors + j) * V::bytes)); \
            if constexpr (Fused) {                                                               \
                _Pragma("GCC unroll 4") for (std::size_t j = 0; j < V::vectors; ++j) {           \
                    const typename V::template constants<How> c(w.constants,                     \
                                                                at.channel + j * V::lanes);      \
                    sum[j] = c(sum[j]);                                                          \
                }                                                                                \
                finisher.finish(sum, d.out + x * w.channels + at.channel, count);                \
            } else {                                                                             \
                std::int32_t* to = d.accumulators + x * d.padded + at.channel;                   \
                for (std::size_t j = 0; j < V::vectors; ++j) {                                   \
                    std::int32_t lanes[V::lanes];                                                \
                    V::store(lanes, sum[j]);                                                     \
                    for (std::size_t k = 0; k < V::lanes; k += 4)                                \
                        std::memcpy(to + k * V::vectors + 4 * j, lanes + k, 16);                 \
                }                                                                                \
            }                                                                                    \
        }                                                                                        \
    }
OCELLUS_DEPTHWISE(bytes_block, OCELLUS_AVX512)
OCELLUS_DEPTHWISE(words_block, OCELLUS_AVX2)
#undef OCELLUS_DEPTHWISE

template <bool Fused, step How>
void run_blocks(const depthwise_weights& w, const depthwise_line& d) {
    const bool three = w.kernel_h == 3 && w.kernel_w == 3;
    block_place at{0, 0};
    while (at.channel < d.padded) {
        const std::size_t block = block_at(w.kind, at.channel, d.padded);
        if (w.kind == depthwise_kind::words)
            (three ? words_block<word_samples, Fused, How, 2, 3>
                   : words_block<word_samples, Fused, How, 0, 0>)(w, d, at);
        else if (block == 64)
            (three ? bytes_block<wide_bytes, Fused, How, 1, 3>
                   : bytes_block<wide_bytes, Fused, How, 0, 0>)(w, d, at);
        else
            (three ? bytes_block<narrow_bytes, Fused, How, 1, 3>
                   : bytes_block<narrow_bytes, Fused, How, 0, 0>)(w, d, at);
        at.channel += block;
        // Four rows of a byte, or two of a word: four bytes a channel.
        at.weights += w.groups * w.kernel_w * block * 4;
    }
}

}  // namespace

void run_depthwise_vectors(const depthwise_weights& w, const depthwise_line& d) {
    if (!w.fused)
        return run_blocks<false, step::away_from_zero>(w, d);
    switch (w.constants.how) {
        case step::away_from_zero:
            return run_blocks<true, step::away_from_zero>(w, d);
        case step::half_up:
            return run_blocks<true, step::half_up>(w, d);
        case step::single_precision:
            return run_blocks<true, step::single_precision>(w, d);
        case step::once:
            return run_blocks<true, step::once>(w, d);
    }
}

#else

void run_depthwise_vectors(const depthwise_weights&, const depthwise_line&) {}

#endif

}  // namespace ocellus::dsp::fast
