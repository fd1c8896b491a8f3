// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "isp/bayer.h"

/// Black level: the first stage brings a raw sample of any width to the 12-bit scale of the chain
/// and takes the pedestal off.
///
///     y = x12 - black      x12 = x << (12 - bits)   for bits <= 12
///                          x12 = x >> (bits - 12)   for bits > 12 (floor)
///
/// x: unsigned, `bits` wide (8 .. 16). black: unsigned 12 bit, on the 12-bit scale; 256 is 64 at 10
/// bit (libcamera's imx500.json: 4096 of 65535). y: signed, 13 bit, not clamped: read noise below
/// black stays symmetric until the demosaic.
namespace ocellus::isp {

OCELLUS_INLINE int black_level(unsigned x, unsigned bits, int black) {
    const unsigned x12 = bits <= 12 ? x << (12 - bits) : x >> (bits - 12);
    return static_cast<int>(x12) - black;
}

/// 2*`half` samples of a row, written as two half rows: the samples of the even and of the odd
/// columns. From here to the packing of output rows every stage works on half rows, so that no lane
/// of a vector ever holds a colour it has no use for. Equal to black_level() of each.
void black_level_row(const std::uint16_t* raw, unsigned half, unsigned bits, int black,
                     std::int16_t* even, std::int16_t* odd);

}  // namespace ocellus::isp
