// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "core/picture_formats.h"
#include "core/raw_decoder.h"

namespace ocellus::picture_formats {

bool is_raw(const std::uint8_t* bytes, std::size_t size) {
    const auto decoder = std::make_unique<raw_decoder>();
    return decoder->open(bytes, size) == LIBRAW_SUCCESS && decoder->raw.imgdata.idata.raw_count > 0;
}

picture decode_raw(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    const auto decoder = std::make_unique<raw_decoder>();
    LibRaw& raw = decoder->raw;
    const auto check = [&](int result, const char* step) {
        if (const std::string why = decoder->problem(result, step); !why.empty())
            refuse(name, why);
    };
    check(decoder->open(bytes, size), "opened");
    check_size(raw.imgdata.sizes.width, raw.imgdata.sizes.height, name);
    auto& how = raw.imgdata.params;
    how.output_color = 1;  // sRGB primaries
    how.output_bps = 16;
    how.gamm[0] = how.gamm[1] = 1;
    how.no_auto_bright = 1;
    how.use_camera_wb = 1;
    how.user_flip = 0;
    how.user_qual = 3;  // AHD
    check(raw.unpack(), "read");
    check(raw.dcraw_process(), "developed");
    int result = 0;
    const std::unique_ptr<libraw_processed_image_t, void (*)(libraw_processed_image_t*)> image(
        raw.dcraw_make_mem_image(&result), LibRaw::dcraw_clear_mem);
    check(image ? LIBRAW_SUCCESS : result, "developed");
    if (image->bits != 16 || (image->colors != 3 && image->colors != 1))
        refuse(name, fmt::format("the RAW file has {} colours; 1 or 3 are expected",
                                 static_cast<int>(image->colors)));
    check_size(image->width, image->height, name);
    picture p(image->width, image->height, sample_type::u16, sample_coding::linear);
    const std::size_t samples = std::size_t{p.width} * p.height;
    if (image->colors == 3)
        std::memcpy(p.data.get(), image->data, samples * 6);
    else
        for (std::size_t i = 0; i < samples * 3; ++i)
            std::memcpy(p.data.get() + 2 * i, image->data + i / 3 * 2, 2);
    return p;
}

}  // namespace ocellus::picture_formats
