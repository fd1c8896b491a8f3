// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/white_balance.h"

#include "core/simd.h"

namespace ocellus::isp {

OCELLUS_INLINE void white_balance_row_body(std::int16_t* samples, unsigned count, int gain) {
    std::int16_t* __restrict x = samples;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
        x[i] = static_cast<std::int16_t>(white_balance(x[i], gain));
}

OCELLUS_SIMD_KERNEL(white_balance_row, (std::int16_t * samples, unsigned count, int gain),
                    (samples, count, gain))

}  // namespace ocellus::isp
