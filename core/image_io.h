// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/image.h"
#include "core/worker_pool.h"

namespace ocellus {

/// Largest picture that load_image accepts, in pixels.
constexpr std::uint64_t max_image_pixels = 100'000'000;

/// Reads a PNG or JPEG file as 8-bit RGB; core/picture.h reads more. The content decides, not the
/// name.
///
/// PNG: every colour type and bit depth, interlaced or not; 16-bit samples are scaled to 8; alpha
/// is composited on white, in code values. JPEG: baseline and progressive, grey, colour or CMYK
/// (R = (1 - C)(1 - K)). Samples are taken as sRGB: colour profiles, gAMA chunks and EXIF
/// orientation are ignored.
///
/// Throws input_error(exit_code::usage) for a file that is missing, is no picture, is damaged or
/// truncated, or has more than max_image_pixels.
rgb8_image load_image(const std::string& path);

/// The same from bytes in memory; `name` is used in messages.
rgb8_image decode_image(const std::uint8_t* bytes, std::size_t size, const std::string& name);

/// PNG files as bytes. `level` is zlib's, 0 (store) .. 9. The bytes depend on the picture and the
/// level alone: no time stamp, and bands of fixed size are compressed independently, so that they
/// can be made by `pool` (optional; not from inside the pool's own work) without changing the
/// result.
std::string encode_png_rgb8(const rgb8_image& image, int level = 1, worker_pool* pool = nullptr);
std::string encode_png_gray8(const plane<std::uint8_t>& image, int level = 1,
                             worker_pool* pool = nullptr);
std::string encode_png_gray16(const plane<std::uint16_t>& image, int level = 1,
                              worker_pool* pool = nullptr);
/// Three samples a pixel: the plane is three times as wide as the picture.
std::string encode_png_rgb16(const plane<std::uint16_t>& image, int level = 1,
                             worker_pool* pool = nullptr);

/// Takes the next bytes of a file.
using byte_sink = std::function<void(std::string_view part)>;
/// The same bytes piece by piece, without the whole file in memory.
void encode_png_rgb8(const rgb8_image& image, int level, worker_pool* pool, const byte_sink& take);
void encode_png_gray8(const plane<std::uint8_t>& image, int level, worker_pool* pool,
                      const byte_sink& take);
void encode_png_gray16(const plane<std::uint16_t>& image, int level, worker_pool* pool,
                       const byte_sink& take);

}  // namespace ocellus
