// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/white_balance.h"

#include "core/simd.h"

namespace ocellus::isp {

OCELLUS_SIMD_CLONES
void white_balance_row(const std::int16_t* in, unsigned half, int gain_even, int gain_odd,
                       std::int16_t* even, std::int16_t* odd) {
    const std::int16_t* __restrict x = in;
    std::int16_t* __restrict e = even;
    std::int16_t* __restrict o = odd;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        e[i] = static_cast<std::int16_t>(white_balance(x[2 * i], gain_even));
        o[i] = static_cast<std::int16_t>(white_balance(x[2 * i + 1], gain_odd));
    }
}

}  // namespace ocellus::isp
