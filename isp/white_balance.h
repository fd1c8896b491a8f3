// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "isp/bayer.h"

/// White balance and digital gain, one multiplication per sample.
///
///     y = clamp((x * gain + 128) >> 8, -4096, 4095)
///
/// x: signed 13 bit. gain: unsigned 8.8 fixed, 1 .. 4095 (the gain registers of the IMX500 at
/// 0xD804 have this format and range). Rounding: half up (towards plus infinity). y: signed 13 bit;
/// the clamp at 4095 makes a saturated sample white.
namespace ocellus::isp {

constexpr unsigned gain_one = 256;
constexpr unsigned gain_max = 4095;

OCELLUS_INLINE int white_balance(int x, int gain) {
    return clamped((x * gain + 128) >> 8, signed_min, linear_max);
}

/// 2*`half` samples of a row with alternating gains, written as two half rows: the samples of the
/// even and of the odd columns. From here to the packing of output rows every stage works on half
/// rows, so that no lane of a vector ever holds a colour it has no use for.
void white_balance_row(const std::int16_t* in, unsigned half, int gain_even, int gain_odd,
                       std::int16_t* even, std::int16_t* odd);

}  // namespace ocellus::isp
