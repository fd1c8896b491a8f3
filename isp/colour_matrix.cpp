// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/colour_matrix.h"

#include "core/simd.h"

namespace ocellus::isp {

OCELLUS_INLINE void colour_matrix_row_body(const matrix_q10& m, unsigned count, std::int16_t* red,
                                           std::int16_t* green, std::int16_t* blue) {
    const int m0 = m[0], m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4], m5 = m[5], m6 = m[6],
              m7 = m[7], m8 = m[8];
    std::int16_t* __restrict rr = red;
    std::int16_t* __restrict gg = green;
    std::int16_t* __restrict bb = blue;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i) {
        const int r = rr[i], g = gg[i], b = bb[i];
        rr[i] = static_cast<std::int16_t>(colour_matrix(r, g, b, m0, m1, m2));
        gg[i] = static_cast<std::int16_t>(colour_matrix(r, g, b, m3, m4, m5));
        bb[i] = static_cast<std::int16_t>(colour_matrix(r, g, b, m6, m7, m8));
    }
}

OCELLUS_SIMD_KERNEL(colour_matrix_row,
                    (const matrix_q10& m, unsigned count, std::int16_t* red, std::int16_t* green,
                     std::int16_t* blue),
                    (m, count, red, green, blue))

}  // namespace ocellus::isp
