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

/// `count` samples of one gain, in place. Equal to white_balance() of each.
void white_balance_row(std::int16_t* samples, unsigned count, int gain);

}  // namespace ocellus::isp
