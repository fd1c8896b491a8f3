// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

#include "core/picture.h"

// One reader a format, for picture.cpp. `name` is used in messages.
namespace ocellus::picture_formats {

/// Throws input_error(usage): "name: why".
[[noreturn]] void refuse(const std::string& name, const std::string& why);

/// Refuses pictures without pixels or with too many.
void check_size(std::uint64_t width, std::uint64_t height, const std::string& name);

/// Refuses a sample that cannot be light.
void check_light(float v, std::uint64_t x, std::uint64_t y, const char* channel,
                 const std::string& name);

picture decode_png(const std::uint8_t* bytes, std::size_t size, const std::string& name, bool deep);
picture decode_jpeg(const std::uint8_t* bytes, std::size_t size, const std::string& name);
picture decode_tiff(const std::uint8_t* bytes, std::size_t size, const std::string& name);
picture decode_exr(const std::uint8_t* bytes, std::size_t size, const std::string& name);

/// Whether LibRaw knows the file as a camera's.
bool is_raw(const std::uint8_t* bytes, std::size_t size);
picture decode_raw(const std::uint8_t* bytes, std::size_t size, const std::string& name);

/// Whether a TIFF file says that it came out of a camera: it has a maker's name or is a DNG.
bool tiff_of_camera(const std::uint8_t* bytes, std::size_t size);

}  // namespace ocellus::picture_formats
