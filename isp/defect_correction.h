// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/bayer.h"

/// Defect correction in a 5x5 window: the eight nearest samples of the same colour, two columns and
/// two rows apart.
///
///     hi, lo = largest and smallest of the eight
///     bright: c > hi + threshold + (max(hi, 0) >> share)
///     dark:   c < lo - threshold - (max(lo, 0) >> share)
///     listed: the sample is in the list of known defects
///     y = c when none of these holds, else (a + b + 1) >> 1 of the opposite pair with the smallest
///         |a - b|: left and right, above and below, falling diagonal, rising diagonal (the first
///         of equals)
///
/// Samples: signed 13 bit, after black level and linearisation. threshold: 0 .. 4095, share: 0 ..
/// 15, both on the 12-bit scale. Rounding: half up. The share follows the noise and the texture of
/// bright places, where a difference means less. Borders are mirrored. Four stored lines, latency
/// two lines. Replacing along the least gradient keeps lines and edges that a median would cut.
namespace ocellus::isp {

constexpr unsigned defect_lines = 2;

struct defect_settings {
    bool dynamic = true;  ///< look for defects; else only the list
    int threshold = 64;   ///< 12-bit scale
    unsigned share = 2;   ///< shift: 2 is a quarter
};

/// Known defects, sorted by row and column.
struct defect_position {
    std::uint32_t row = 0, column = 0;
    friend bool operator<(const defect_position& a, const defect_position& b) {
        return a.row != b.row ? a.row < b.row : a.column < b.column;
    }
    friend bool operator==(const defect_position& a, const defect_position& b) {
        return a.row == b.row && a.column == b.column;
    }
};
using defect_list = std::vector<defect_position>;

/// n: the eight neighbours, row by row from the upper left.
OCELLUS_INLINE int defect_replacement(const std::array<int, 8>& n) {
    const int a[4] = {n[3], n[1], n[0], n[2]}, b[4] = {n[4], n[6], n[7], n[5]};
    int best = 0, least = 1 << 16;
    for (int k = 0; k < 4; ++k) {
        const int d = a[k] < b[k] ? b[k] - a[k] : a[k] - b[k];
        if (d < least) {
            least = d;
            best = (a[k] + b[k] + 1) >> 1;
        }
    }
    return best;
}

/// Scalar reference.
OCELLUS_INLINE int corrected_defect(int c, const std::array<int, 8>& n, const defect_settings& s) {
    int hi = n[0], lo = n[0];
    for (int v : n) {
        hi = v > hi ? v : hi;
        lo = v < lo ? v : lo;
    }
    const int above = hi + s.threshold + ((hi > 0 ? hi : 0) >> s.share);
    const int below = lo - s.threshold - ((lo > 0 ? lo : 0) >> s.share);
    return s.dynamic && (c > above || c < below) ? defect_replacement(n) : c;
}

/// Half rows of one column parity of the rows y-2, y and y+2, mirrored by the caller (index -1 and
/// `last` must be readable). Half-row indices [first, last). Equal to corrected_defect() of each.
/// Only the dynamic part.
void correct_defects_row(const std::int16_t* above, const std::int16_t* here,
                         const std::int16_t* below, int first, int last, const defect_settings& s,
                         std::int16_t* out);

/// Replaces the listed samples of row `y` in the half rows `even`, `odd`.
void correct_listed(const defect_list& list, unsigned y,
                    const std::array<std::array<const std::int16_t*, 2>, 3>& rows, unsigned first,
                    unsigned last, std::int16_t* even, std::int16_t* odd);

}  // namespace ocellus::isp
