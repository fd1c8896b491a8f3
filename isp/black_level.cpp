// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/black_level.h"

#include "core/simd.h"

namespace ocellus::isp {

OCELLUS_INLINE void black_level_row_body(const std::uint16_t* raw, unsigned half, unsigned bits,
                                         int black, std::int16_t* even, std::int16_t* odd) {
    const std::uint16_t* __restrict in = raw;
    std::int16_t* __restrict e = even;
    std::int16_t* __restrict o = odd;
    if (bits <= 12) {
        const unsigned left = 12 - bits;
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < half; ++i) {
            e[i] = static_cast<std::int16_t>((in[2 * i] << left) - black);
            o[i] = static_cast<std::int16_t>((in[2 * i + 1] << left) - black);
        }
    } else {
        const unsigned right = bits - 12;
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < half; ++i) {
            e[i] = static_cast<std::int16_t>((in[2 * i] >> right) - black);
            o[i] = static_cast<std::int16_t>((in[2 * i + 1] >> right) - black);
        }
    }
}

OCELLUS_SIMD_KERNEL(black_level_row,
                    (const std::uint16_t* raw, unsigned half, unsigned bits, int black,
                     std::int16_t* even, std::int16_t* odd),
                    (raw, half, bits, black, even, odd))

}  // namespace ocellus::isp
