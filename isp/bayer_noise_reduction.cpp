// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/bayer_noise_reduction.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

using word = std::int16_t;

/// bayer_noise_share() in 16 bits: |d| is below 8192 and 2 t at most 4094.
OCELLUS_INLINE word share(word n, word c, word twice) {
    const word d = static_cast<word>(n - c);
    const word size = d < 0 ? static_cast<word>(-d) : d;
    const word rest = static_cast<word>(twice - size);
    const word least = size < rest ? size : rest;
    const word f = least > 0 ? least : word{0};
    return d < 0 ? static_cast<word>(-f) : f;
}

}  // namespace

OCELLUS_INLINE void bayer_noise_row_body(const std::int16_t* above, const std::int16_t* here,
                                         const std::int16_t* below, int first, int last,
                                         const bayer_noise_settings& s, std::int16_t* out) {
    const word* __restrict n = above;
    const word* __restrict m = here;
    const word* __restrict d = below;
    word* __restrict to = out;
    const int dark = s.dark, rise_dark = s.rise_dark, bright = s.bright,
              rise_bright = s.rise_bright;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        const word c = m[i];
        const int x = c > 0 ? c : 0;
        const int a = dark + (x * rise_dark >> 8), b = bright + (x * rise_bright >> 8);
        const int t = a < b ? a : b;
        const auto twice = static_cast<word>(2 * (t < 2047 ? t : 2047));
        // Four shares of at most 2047 twice, and four more: within 16 bits.
        const word cross = static_cast<word>(share(n[i], c, twice) + share(m[i - 1], c, twice) +
                                             share(m[i + 1], c, twice) + share(d[i], c, twice));
        const word corners =
            static_cast<word>(share(n[i - 1], c, twice) + share(n[i + 1], c, twice) +
                              share(d[i - 1], c, twice) + share(d[i + 1], c, twice));
        const word sum = static_cast<word>(2 * cross + corners + 8);
        to[i] = static_cast<word>(c + (sum >> 4));
    }
}

OCELLUS_SIMD_KERNEL(bayer_noise_row,
                    (const std::int16_t* above, const std::int16_t* here, const std::int16_t* below,
                     int first, int last, const bayer_noise_settings& s, std::int16_t* out),
                    (above, here, below, first, last, s, out))

}  // namespace ocellus::isp
