// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/defect_correction.h"

#include <cstddef>

#include "core/simd.h"

namespace ocellus::models {
namespace {

inline std::int32_t lesser(std::int32_t a, std::int32_t b) {
    return a < b ? a : b;
}
inline std::int32_t greater(std::int32_t a, std::int32_t b) {
    return a > b ? a : b;
}

/// `count` samples; all pointers two columns left of the first.
OCELLUS_SIMD_CLONES
void correct(const std::uint16_t* __restrict above, const std::uint16_t* __restrict here,
             const std::uint16_t* __restrict below, std::uint32_t count, std::int32_t threshold,
             std::uint16_t* __restrict out) {
    for (std::size_t x = 0; x < count; ++x) {
        const std::int32_t a0 = above[x], a1 = above[x + 2], a2 = above[x + 4];
        const std::int32_t h0 = here[x], v = here[x + 2], h2 = here[x + 4];
        const std::int32_t b0 = below[x], b1 = below[x + 2], b2 = below[x + 4];
        std::int32_t low = lesser(a0, a1), high = greater(a0, a1);
        low = lesser(low, a2);
        high = greater(high, a2);
        low = lesser(low, h0);
        high = greater(high, h0);
        low = lesser(low, h2);
        high = greater(high, h2);
        low = lesser(low, b0);
        high = greater(high, b0);
        low = lesser(low, b1);
        high = greater(high, b1);
        low = lesser(low, b2);
        high = greater(high, b2);
        std::int32_t r = v > high + threshold ? high : v;
        r = v < low - threshold ? low : r;
        out[x] = static_cast<std::uint16_t>(r);
    }
}

}  // namespace

void correct_defects_row(const std::uint16_t* const rows[5], std::uint32_t width,
                         std::uint32_t threshold, std::uint16_t* out) {
    const auto limit = static_cast<std::int32_t>(threshold);
    if (width > 4)
        correct(rows[0], rows[2], rows[4], width - 4, limit, out + 2);
    // The two columns at either end, with their neighbours mirrored.
    std::uint16_t ends[3][6];
    for (unsigned side = 0; side < 2; ++side) {
        const bool right = side == 1;
        for (unsigned k = 0; k < 3; ++k)
            for (std::int64_t i = 0; i < 6; ++i) {
                const std::int64_t x = (right ? std::int64_t{width} - 2 : 0) + i - 2;
                ends[k][i] = rows[2 * k][mirrored(x, width)];
            }
        correct(ends[0], ends[1], ends[2], 2, limit, out + (right ? width - 2 : 0));
    }
}

}  // namespace ocellus::models
