// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/picture.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/image_io.h"
#include "core/picture_formats.h"

namespace ocellus {

namespace picture_formats {

void refuse(const std::string& name, const std::string& why) {
    throw input_error(exit_code::usage, fmt::format("{}: {}", name, why));
}

void check_size(std::uint64_t width, std::uint64_t height, const std::string& name) {
    if (width == 0 || height == 0)
        refuse(name, fmt::format("the picture has no pixels ({}x{})", width, height));
    if (width > max_image_pixels || height > max_image_pixels || width * height > max_image_pixels)
        refuse(name, fmt::format("the picture has {}x{} pixels, at most {} million are accepted",
                                 width, height, max_image_pixels / 1'000'000));
}

void check_light(float v, std::uint64_t x, std::uint64_t y, const char* channel,
                 const std::string& name) {
    if (v >= 0.0f && v <= 3.4e38f)
        return;
    refuse(name,
           fmt::format("pixel ({}, {}), {}, has the light {}; 0 or more is expected", x, y, channel,
                       std::isnan(v)   ? std::string("NaN")
                       : std::isinf(v) ? std::string(v > 0 ? "infinity" : "-infinity")
                                       : fmt::format("{}", v)));
}

}  // namespace picture_formats

unsigned sample_size(sample_type t) {
    switch (t) {
        case sample_type::u8:
            return 1;
        case sample_type::u16:
        case sample_type::half:
            return 2;
        case sample_type::real:
            break;
    }
    return 4;
}

picture::picture(unsigned w, unsigned h, sample_type t, sample_coding c)
    : width(w), height(h), type(t), coding(c), data(new std::uint8_t[stride() * h]) {}

std::size_t picture::stride() const {
    return std::size_t{width} * 3 * sample_size(type);
}

picture decode_picture(const std::uint8_t* bytes, std::size_t size, const std::string& name,
                       picture_transfer transfer) {
    namespace formats = picture_formats;
    if (size == 0)
        formats::refuse(name,
                        "the file is empty; a PNG, JPEG, TIFF, OpenEXR or RAW picture is expected");
    const auto starts = [&](const char* magic, std::size_t length) {
        return size >= length && std::memcmp(bytes, magic, length) == 0;
    };
    picture p;
    if (starts("\x89PNG\r\n\x1a\n", 8))
        p = formats::decode_png(bytes, size, name, true);
    else if (starts("\xff\xd8\xff", 3))
        p = formats::decode_jpeg(bytes, size, name);
    else if (starts("\x76\x2f\x31\x01", 4))
        p = formats::decode_exr(bytes, size, name);
    else if (starts("II*\0", 4) || starts("MM\0*", 4) || starts("II+\0", 4) || starts("MM\0+", 4))
        p = formats::tiff_of_camera(bytes, size) && formats::is_raw(bytes, size)
                ? formats::decode_raw(bytes, size, name)
                : formats::decode_tiff(bytes, size, name);
    else if (formats::is_raw(bytes, size))
        p = formats::decode_raw(bytes, size, name);
    else
        formats::refuse(name,
                        "this is neither a PNG, JPEG, TIFF or OpenEXR file nor a RAW file that "
                        "LibRaw knows");
    if (p.type == sample_type::u8 || p.type == sample_type::u16) {
        if (transfer == picture_transfer::srgb)
            p.coding = sample_coding::srgb;
        if (transfer == picture_transfer::linear)
            p.coding = sample_coding::linear;
    }
    return p;
}

picture load_picture(const std::string& path, picture_transfer transfer) {
    std::string bytes;
    try {
        bytes = read_file(path);
    } catch (const input_error& e) {
        throw input_error(exit_code::usage, e.what());
    }
    return decode_picture(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), path,
                          transfer);
}

}  // namespace ocellus
