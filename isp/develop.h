// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/image.h"
#include "core/worker_pool.h"
#include "isp/parameters.h"
#include "isp/settings.h"

/// A picture from a raw frame on the host's side, with the ISP's own stages.
namespace ocellus::isp {

/// Develops a raw frame of `bits` per sample to 8-bit RGB.
///
/// reduce 1: the whole chain, size of the frame. reduce 2, 4: every 2x2 cell, or the mean of every
/// 2x2 cells, becomes one pixel (no demosaic; means rounded half up), size width/reduce x
/// height/reduce. `pool`: spreads the rows over its threads; null: the caller's thread alone. Same
/// bytes either way.
rgb8_image develop(const plane<std::uint16_t>& raw, unsigned bits, const isp_settings& settings,
                   unsigned reduce, worker_pool* pool = nullptr);
inline rgb8_image develop(const plane<std::uint16_t>& raw, unsigned bits,
                          const isp_parameters& parameters, unsigned reduce,
                          worker_pool* pool = nullptr) {
    return develop(raw, bits, parameters.settings(), reduce, pool);
}

/// `width` pixels (even) of U Y V Y bytes back to interleaved R G B, full range of the matrix,
/// coefficients in 1/65536, rounded half up, clamped; both pixels of a pair share their U and V.
/// The same of a row of YUV420's luma and the U Y V Y row below it; `in` is the luma of the row.
void rgb_from_yuv420(const std::uint8_t* luma, const std::uint8_t* colour, unsigned width,
                     std::uint8_t* out, yuv_matrix m = yuv_matrix::bt601);
void rgb_from_yuv422(const std::uint8_t* in, unsigned width, std::uint8_t* out,
                     yuv_matrix m = yuv_matrix::bt601);

}  // namespace ocellus::isp
