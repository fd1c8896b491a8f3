// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/yuv.h"

#include <cstring>

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Two bytes in the order of memory.
OCELLUS_INLINE void store_pair(std::uint8_t* to, unsigned first, unsigned second) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const auto word = static_cast<std::uint16_t>(first | second << 8);
    std::memcpy(to, &word, 2);
#else
    to[0] = static_cast<std::uint8_t>(first);
    to[1] = static_cast<std::uint8_t>(second);
#endif
}

OCELLUS_INLINE void pack_yuv422_body(const rgb8_half_rows& in, unsigned half,
                                     const yuv_coefficients& coefficients, std::uint8_t* out) {
    const yuv_coefficients k = coefficients;
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    std::uint8_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        const int r = r0[i] + r1[i], g = g0[i] + g1[i], b = b0[i] + b1[i];
        to[4 * i] = static_cast<std::uint8_t>(chroma_u(k, r, g, b, 1));
        to[4 * i + 1] = static_cast<std::uint8_t>(luma(k, r0[i], g0[i], b0[i]));
        to[4 * i + 2] = static_cast<std::uint8_t>(chroma_v(k, r, g, b, 1));
        to[4 * i + 3] = static_cast<std::uint8_t>(luma(k, r1[i], g1[i], b1[i]));
    }
}

OCELLUS_SIMD_KERNEL(pack_yuv422,
                    (const rgb8_half_rows& in, unsigned half, const yuv_coefficients& coefficients,
                     std::uint8_t* out),
                    (in, half, coefficients, out))

OCELLUS_INLINE void pack_yuv420_body(const rgb8_half_rows& above, const rgb8_half_rows& in,
                                     unsigned half, const yuv_coefficients& coefficients,
                                     std::uint8_t* out) {
    const yuv_coefficients k = coefficients;
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    const std::uint8_t* __restrict r2 = above.red[0];
    const std::uint8_t* __restrict r3 = above.red[1];
    const std::uint8_t* __restrict g2 = above.green[0];
    const std::uint8_t* __restrict g3 = above.green[1];
    const std::uint8_t* __restrict b2 = above.blue[0];
    const std::uint8_t* __restrict b3 = above.blue[1];
    std::uint8_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        const int r = r0[i] + r1[i] + r2[i] + r3[i], g = g0[i] + g1[i] + g2[i] + g3[i],
                  b = b0[i] + b1[i] + b2[i] + b3[i];
        to[4 * i] = static_cast<std::uint8_t>(chroma_u(k, r, g, b, 2));
        to[4 * i + 1] = static_cast<std::uint8_t>(luma(k, r0[i], g0[i], b0[i]));
        to[4 * i + 2] = static_cast<std::uint8_t>(chroma_v(k, r, g, b, 2));
        to[4 * i + 3] = static_cast<std::uint8_t>(luma(k, r1[i], g1[i], b1[i]));
    }
}

OCELLUS_SIMD_KERNEL(pack_yuv420,
                    (const rgb8_half_rows& above, const rgb8_half_rows& in, unsigned half,
                     const yuv_coefficients& coefficients, std::uint8_t* out),
                    (above, in, half, coefficients, out))

template <class T>
OCELLUS_INLINE void interleaved_luma(const rgb8_half_rows& in, std::size_t first, std::size_t last,
                                     const yuv_coefficients& k, T* __restrict out) {
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    OCELLUS_INDEPENDENT
    for (std::size_t i = first; i < last; ++i) {
        out[2 * i] = static_cast<T>(luma(k, r0[i], g0[i], b0[i]));
        out[2 * i + 1] = static_cast<T>(luma(k, r1[i], g1[i], b1[i]));
    }
}

OCELLUS_INLINE void narrow_luma_body(const rgb8_half_rows& in, unsigned half,
                                     const yuv_coefficients& coefficients, std::uint8_t* out) {
    const yuv_coefficients k = coefficients;
    interleaved_luma(in, 0, half, k, out);
}

OCELLUS_SIMD_KERNEL(narrow_luma,
                    (const rgb8_half_rows& in, unsigned half, const yuv_coefficients& coefficients,
                     std::uint8_t* out),
                    (in, half, coefficients, out))

OCELLUS_INLINE void wide_luma_body(const rgb8_half_rows& in, unsigned first, unsigned last,
                                   const yuv_coefficients& coefficients, std::uint16_t* out) {
    const yuv_coefficients k = coefficients;
    interleaved_luma(in, first, last, k, out);
}

OCELLUS_SIMD_KERNEL(wide_luma,
                    (const rgb8_half_rows& in, unsigned first, unsigned last,
                     const yuv_coefficients& coefficients, std::uint16_t* out),
                    (in, first, last, coefficients, out))

OCELLUS_INLINE void add_difference_body(const std::uint16_t* before, const std::uint16_t* after,
                                        unsigned first, unsigned last, std::uint8_t* even,
                                        std::uint8_t* odd) {
    const std::uint16_t* __restrict a = before;
    const std::uint16_t* __restrict b = after;
    std::uint8_t* __restrict e = even;
    std::uint8_t* __restrict o = odd;
    OCELLUS_INDEPENDENT
    for (std::size_t i = first; i < last; ++i) {
        e[i] = static_cast<std::uint8_t>(clamped(e[i] + b[2 * i] - a[2 * i], 0, 255));
        o[i] = static_cast<std::uint8_t>(clamped(o[i] + b[2 * i + 1] - a[2 * i + 1], 0, 255));
    }
}

OCELLUS_SIMD_KERNEL(add_difference,
                    (const std::uint16_t* before, const std::uint16_t* after, unsigned first,
                     unsigned last, std::uint8_t* even, std::uint8_t* odd),
                    (before, after, first, last, even, odd))

}  // namespace

void yuv422_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out, yuv_matrix m) {
    pack_yuv422(in, half, coefficients_of(m), out);
}

void luma_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out, yuv_matrix m) {
    narrow_luma(in, half, coefficients_of(m), out);
}

void yuv420_row(const rgb8_half_rows& above, const rgb8_half_rows& in, unsigned half,
                std::uint8_t* out, yuv_matrix m) {
    pack_yuv420(above, in, half, coefficients_of(m), out);
}

void wide_luma_row(const rgb8_half_rows& in, unsigned first, unsigned last, std::uint16_t* out,
                   yuv_matrix m) {
    wide_luma(in, first, last, coefficients_of(m), out);
}

void follow_luma(const std::uint16_t* before, const std::uint16_t* after, unsigned first,
                 unsigned last, const std::array<std::array<std::uint8_t*, 2>, 3>& rgb) {
    for (const auto& channel : rgb)
        add_difference(before, after, first, last, channel[0], channel[1]);
}

OCELLUS_INLINE void rgb888_row_body(const rgb8_half_rows& in, unsigned half, std::uint8_t* out) {
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    std::uint8_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        // Six bytes as three words, because the compiler interleaves three streams but not six.
        store_pair(to + 6 * i, b0[i], g0[i]);
        store_pair(to + 6 * i + 2, r0[i], b1[i]);
        store_pair(to + 6 * i + 4, g1[i], r1[i]);
    }
}

OCELLUS_SIMD_KERNEL(rgb888_row, (const rgb8_half_rows& in, unsigned half, std::uint8_t* out),
                    (in, half, out))

}  // namespace ocellus::isp
