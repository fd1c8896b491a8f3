// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "isp/bayer.h"

/// Tone curve, 12 bit to 8 bit, piecewise linear between 57 knots.
///
/// Knot abscissae x_j: 0, 8, .. 56, then eight equal steps per octave: 64, 72, .. 120, 128, 144, ..
/// 2048, 2304, .. 3840, 4096. The step is 8 below 128 and doubles with every octave, so a
/// leading-one detector finds the segment. Knot values k_j: unsigned 8.4 fixed (4095 is the
/// largest).
///
///     y = min(255, (k_j step + (k_j+1 - k_j) (x - x_j) + 8 step) / (16 step))      floor
///
/// One rounding, half up. The IMX500 has tables of 43 knots whose abscissae are not public.
namespace ocellus::isp {

constexpr unsigned gamma_knots = 57;
using gamma_curve = std::array<std::uint16_t, gamma_knots>;

constexpr unsigned gamma_step(unsigned j) {
    return j < 8 ? 8u : 8u << ((j - 8) / 8);
}
constexpr unsigned gamma_abscissa(unsigned j) {
    return j < 8 ? 8 * j : (64u << ((j - 8) / 8)) + ((j - 8) % 8) * gamma_step(j);
}
/// The segment that holds x (0 .. 4095).
unsigned gamma_segment(unsigned x);

/// round(16 * 255 * sRGB(x_j / 4095)), IEC 61966-2-1, at most 4095. Integers, so that no machine's
/// mathematical library has a say in them.
constexpr gamma_curve srgb_curve = {
    0,    103,  203,  281,  346,  401,  451,  495,  537,  575,  611,  645,  677,  707,  736,
    764,  791,  843,  890,  936,  978,  1019, 1058, 1096, 1132, 1200, 1264, 1324, 1381, 1436,
    1488, 1538, 1586, 1677, 1762, 1842, 1919, 1991, 2061, 2128, 2192, 2313, 2427, 2534, 2636,
    2733, 2826, 2915, 3001, 3163, 3315, 3458, 3594, 3724, 3847, 3966, 4080};
/// k_j = x_j * 4080 / 4095, rounded: a straight line to 8 bits.
gamma_curve linear_curve();

/// Scalar reference: one sample through the curve.
unsigned gamma_pixel(const gamma_curve& curve, unsigned x);

/// A curve prepared for rows.
struct gamma_table {
    std::array<std::uint8_t, 4096> values{};  ///< gamma_pixel() of every x
    /// By segment, for vectors: k_j + 8, and 2 (k_j+1 - k_j).
    alignas(64) std::array<std::int16_t, 64> base{}, rise{};
    std::uint8_t operator[](std::size_t x) const { return values[x]; }
};
gamma_table make_gamma_table(const gamma_curve& curve);

/// `count` samples, 0 .. 4095 each. Equal to gamma_pixel() of each. With AVX-512 it finds segments
/// in registers; else it looks values up.
void gamma_row(const gamma_table& table, const std::int16_t* in, unsigned count, std::uint8_t* out);
/// The same by look-up on any machine.
void gamma_row_lookup(const gamma_table& table, const std::int16_t* in, unsigned count,
                      std::uint8_t* out);

}  // namespace ocellus::isp
