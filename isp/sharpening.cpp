// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/sharpening.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Vertical half: sums of 255 * 256 + 8 still fit 16 bits.
OCELLUS_INLINE void blur_columns_body(const std::array<const std::uint16_t*, 9>& rows, int first,
                                      int last, std::uint16_t* out) {
    const std::uint16_t* __restrict a = rows[0];
    const std::uint16_t* __restrict b = rows[1];
    const std::uint16_t* __restrict c = rows[2];
    const std::uint16_t* __restrict d = rows[3];
    const std::uint16_t* __restrict e = rows[4];
    const std::uint16_t* __restrict f = rows[5];
    const std::uint16_t* __restrict g = rows[6];
    const std::uint16_t* __restrict h = rows[7];
    const std::uint16_t* __restrict i = rows[8];
    std::uint16_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (int x = first; x < last; ++x) {
        const auto sum =
            static_cast<std::uint16_t>((a[x] + i[x]) + 8 * (b[x] + h[x]) + 28 * (c[x] + g[x]) +
                                       56 * (d[x] + f[x]) + 70 * e[x] + 8);
        to[x - first] = static_cast<std::uint16_t>(sum >> 4);
    }
}

OCELLUS_SIMD_KERNEL(blur_columns,
                    (const std::array<const std::uint16_t*, 9>& rows, int first, int last,
                     std::uint16_t* out),
                    (rows, first, last, out))

OCELLUS_INLINE void sharpen_columns_body(const std::uint16_t* blurred, const std::uint16_t* luma,
                                         int count, const sharpening_settings& s,
                                         std::uint16_t* out) {
    const std::uint16_t* __restrict v = blurred;
    const std::uint16_t* __restrict y = luma;
    std::uint16_t* __restrict to = out;
    const sharpening_settings k = s;
    OCELLUS_INDEPENDENT
    for (int x = 0; x < count; ++x) {
        const int sum = (v[x] + v[x + 8]) + 8 * (v[x + 1] + v[x + 7]) + 28 * (v[x + 2] + v[x + 6]) +
                        56 * (v[x + 3] + v[x + 5]) + 70 * v[x + 4] + 128;
        to[x] = static_cast<std::uint16_t>(sharpened(y[x], sum >> 8, k));
    }
}

OCELLUS_SIMD_KERNEL(sharpen_columns,
                    (const std::uint16_t* blurred, const std::uint16_t* luma, int count,
                     const sharpening_settings& s, std::uint16_t* out),
                    (blurred, luma, count, s, out))

}  // namespace

void sharpen_row(const std::array<const std::uint16_t*, 9>& rows, int first, int last,
                 const sharpening_settings& s, std::uint16_t* scratch, std::uint16_t* out) {
    blur_columns(rows, first - 4, last + 4, scratch);
    sharpen_columns(scratch, rows[4] + first, last - first, s, out + first);
}

}  // namespace ocellus::isp
