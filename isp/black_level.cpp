// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/black_level.h"

#include "core/simd.h"

namespace ocellus::isp {

OCELLUS_SIMD_CLONES
void black_level_row(const std::uint16_t* raw, unsigned count, unsigned bits, int black,
                     std::int16_t* out) {
    const std::uint16_t* __restrict in = raw;
    std::int16_t* __restrict to = out;
    if (bits <= 12) {
        const unsigned left = 12 - bits;
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < count; ++i)
            to[i] = static_cast<std::int16_t>((in[i] << left) - black);
    } else {
        const unsigned right = bits - 12;
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < count; ++i)
            to[i] = static_cast<std::int16_t>((in[i] >> right) - black);
    }
}

}  // namespace ocellus::isp
