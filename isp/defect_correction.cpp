// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/defect_correction.h"

#include <algorithm>

#include "core/simd.h"

namespace ocellus::isp {

namespace {

using word = std::int16_t;

OCELLUS_INLINE word larger(word a, word b) {
    return a > b ? a : b;
}
OCELLUS_INLINE word smaller(word a, word b) {
    return a < b ? a : b;
}
OCELLUS_INLINE word sum(word a, word b) {
    return static_cast<word>(a + b);
}
OCELLUS_INLINE word difference(word a, word b) {
    return static_cast<word>(a - b);
}

}  // namespace

// All in 16 bits: the largest value is hi + threshold + hi, below 3 * 4096.
OCELLUS_INLINE void correct_defects_row_body(const std::int16_t* above, const std::int16_t* here,
                                             const std::int16_t* below, int first, int last,
                                             const defect_settings& s, std::int16_t* out) {
    const word* __restrict n = above;
    const word* __restrict c = here;
    const word* __restrict d = below;
    word* __restrict to = out;
    const auto threshold = static_cast<word>(s.threshold);
    const int share = static_cast<int>(s.share);
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        const word nw = n[i - 1], nn = n[i], ne = n[i + 1], w = c[i - 1], e = c[i + 1];
        const word sw = d[i - 1], ss = d[i], se = d[i + 1], x = c[i];
        const word h1 = larger(nw, se), h2 = larger(nn, ss), h3 = larger(ne, sw), h4 = larger(w, e);
        const word l1 = smaller(nw, se), l2 = smaller(nn, ss), l3 = smaller(ne, sw),
                   l4 = smaller(w, e);
        const word hi = larger(larger(h1, h2), larger(h3, h4));
        const word lo = smaller(smaller(l1, l2), smaller(l3, l4));
        const word up = sum(sum(hi, threshold), static_cast<word>(larger(hi, 0) >> share));
        const word down =
            difference(difference(lo, threshold), static_cast<word>(larger(lo, 0) >> share));
        // Along the pair that differs least; larger minus smaller is the absolute difference.
        const word d4 = difference(h4, l4), d2 = difference(h2, l2), d1 = difference(h1, l1),
                   d3 = difference(h3, l3);
        word least = d4, pair = sum(h4, l4);
        pair = d2 < least ? sum(h2, l2) : pair;
        least = smaller(d2, least);
        pair = d1 < least ? sum(h1, l1) : pair;
        least = smaller(d1, least);
        pair = d3 < least ? sum(h3, l3) : pair;
        const word instead = static_cast<word>((pair + 1) >> 1);
        to[i] = x > up ? instead : x < down ? instead : x;
    }
}

OCELLUS_SIMD_KERNEL(correct_defects_row,
                    (const std::int16_t* above, const std::int16_t* here, const std::int16_t* below,
                     int first, int last, const defect_settings& s, std::int16_t* out),
                    (above, here, below, first, last, s, out))

void correct_listed(const defect_list& list, unsigned y,
                    const std::array<std::array<const std::int16_t*, 2>, 3>& rows, unsigned first,
                    unsigned last, std::int16_t* even, std::int16_t* odd) {
    const auto end = std::lower_bound(list.begin(), list.end(), defect_position{y + 1, 0});
    for (auto it = std::lower_bound(list.begin(), list.end(), defect_position{y, 0}); it != end;
         ++it) {
        const std::size_t parity = it->column & 1u;
        const auto i = static_cast<std::ptrdiff_t>(it->column / 2);
        if (i < static_cast<std::ptrdiff_t>(first) || i >= static_cast<std::ptrdiff_t>(last))
            continue;
        const auto at = [&](std::size_t row, std::ptrdiff_t k) {
            return static_cast<int>(rows[row][parity][i + k]);
        };
        const std::array<int, 8> n = {at(0, -1), at(0, 0),  at(0, 1), at(1, -1),
                                      at(1, 1),  at(2, -1), at(2, 0), at(2, 1)};
        (parity ? odd : even)[i] = static_cast<std::int16_t>(defect_replacement(n));
    }
}

}  // namespace ocellus::isp
