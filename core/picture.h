// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ocellus {

/// How a sample of a picture is held.
enum class sample_type : std::uint8_t { u8, u16, half, real };

/// What a sample of a picture says: an sRGB code value, or light in proportion.
enum class sample_coding : std::uint8_t { srgb, linear };

/// What a file's integer samples say. `automatic`: sRGB code values, RAW files linear.
/// Floating point samples are always linear.
enum class picture_transfer { automatic, srgb, linear };

/// A picture as it was read, at the depth of its file: red, green and blue interleaved, rows
/// without padding. Integers reach 1.0 at their highest value.
struct picture {
    unsigned width = 0, height = 0;
    sample_type type = sample_type::u8;
    sample_coding coding = sample_coding::srgb;
    float peak = 1.0f;  ///< largest sample of half and real; 1 for integers
    std::unique_ptr<std::uint8_t[]> data;

    picture() = default;
    picture(unsigned w, unsigned h, sample_type t, sample_coding c);
    /// Bytes of one row.
    std::size_t stride() const;
    std::uint8_t* row(unsigned y) { return data.get() + stride() * y; }
    const std::uint8_t* row(unsigned y) const { return data.get() + stride() * y; }
};

/// Bytes of a sample.
unsigned sample_size(sample_type t);

/// Reads PNG, JPEG, TIFF, OpenEXR and, by LibRaw, DNG and other RAW files. The content decides, not
/// the name.
///
/// PNG: 8 and 16 bits; smaller depths, grey, palettes and alpha (composited on white in code
/// values) become 8- or 16-bit RGB. JPEG: 8 bits, grey, colour and CMYK (ink on white: R = 1 - C
/// times 1 - K, so also for TIFF). TIFF: 8, 16 and 32 bits of integers or 16, 32 and 64 bits of
/// floating point, strips or tiles, grey, RGB, palette, CMYK, alpha as for PNG (floating point and
/// associated alpha: over black). OpenEXR: half, float and integer channels R G B or Y, of the
/// first part's data window; alpha is taken as premultiplied, over black. RAW: demosaiced by AHD
/// with the camera's white balance to linear sRGB, 1.0 at saturation.
///
/// Throws input_error(exit_code::usage), naming file and pixel where there is one, for a file that
/// is empty, damaged, truncated or of another kind, for a picture without pixels or more than
/// max_image_pixels, and for light that is negative, infinite or not a number.
picture decode_picture(const std::uint8_t* bytes, std::size_t size, const std::string& name,
                       picture_transfer transfer = picture_transfer::automatic);
picture load_picture(const std::string& path,
                     picture_transfer transfer = picture_transfer::automatic);

}  // namespace ocellus
