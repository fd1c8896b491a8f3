// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "isp/bayer.h"

/// Linearisation: the inverse of the opto-electronic conversion function, straight lines between 33
/// knots, after the black level.
///
///     x <= 0:  y = max(x + k_0, -4096)
///     x > 0:   y = (k_j 128 + (k_j+1 - k_j) (x - 128 j) + 64) >> 7,  j = x >> 7, at most 4095
///
/// x: signed 13 bit. k: unsigned 12 bit, at 0, 128, .. 4096. Rounding: half up. y: signed 13 bit.
/// The curve must not fall. Noise below black keeps its slope of one, so that it stays symmetric.
namespace ocellus::isp {

constexpr unsigned linearisation_knots = 33;
using linearisation_curve = std::array<std::uint16_t, linearisation_knots>;

/// k_j = 128 j, at most 4095: every sample but 4095 itself stays what it is.
constexpr linearisation_curve straight_linearisation() {
    linearisation_curve k{};
    for (unsigned j = 0; j < linearisation_knots; ++j)
        k[j] = static_cast<std::uint16_t>(128 * j < 4095 ? 128 * j : 4095);
    return k;
}

/// Scalar reference.
OCELLUS_INLINE int linearised(const linearisation_curve& k, int x) {
    if (x <= 0)
        return clamped(x + k[0], signed_min, linear_max);
    const auto j = static_cast<std::size_t>(x >> 7);
    const int rise = int{k[j + 1]} - int{k[j]};
    return clamped((k[j] * 128 + rise * (x & 127) + 64) >> 7, signed_min, linear_max);
}

/// A curve prepared for rows.
struct linearisation_table {
    std::array<std::int16_t, 8192> values{};  ///< of x + 4096
};
linearisation_table make_linearisation_table(const linearisation_curve& k);

/// `count` samples in place. Equal to linearised() of each.
void linearise_row(const linearisation_table& table, unsigned count, std::int16_t* samples);

}  // namespace ocellus::isp
