// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/raw_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/image_io.h"
#include "core/raw_decoder.h"

namespace ocellus {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw input_error(exit_code::usage, fmt::format("error: {}: {}", path, why));
}

std::string bytes_of(const std::string& path) {
    try {
        return read_file(path);
    } catch (const input_error& e) {
        throw input_error(exit_code::usage, e.what());
    }
}

unsigned order_of(LibRaw& raw, const std::string& path) {
    static const char* const orders[] = {"RGGB", "GRBG", "GBRG", "BGGR"};
    std::string cell;
    for (int i = 0; i < 4; ++i)
        cell += raw.imgdata.idata.cdesc[raw.COLOR(i / 2, i % 2)];
    for (unsigned k = 0; k < 4; ++k)
        if (cell == orders[k])
            return k;
    refuse(path, fmt::format("its colour filters are '{}'; a 2x2 Bayer pattern is expected", cell));
}

}  // namespace

raw_mosaic load_raw_mosaic(const std::string& path) {
    const std::string bytes = bytes_of(path);
    const auto decoder = std::make_unique<raw_decoder>();
    LibRaw& raw = decoder->raw;
    const auto check = [&](int result, const char* step) {
        if (const std::string why = decoder->problem(result, step); !why.empty())
            refuse(path, why);
    };
    check(decoder->open(bytes.data(), bytes.size()), "opened");
    const auto& sizes = raw.imgdata.sizes;
    if (std::uint64_t{sizes.raw_width} * sizes.raw_height > max_image_pixels)
        refuse(path, fmt::format("{}x{} are more than {} pixels", sizes.raw_width, sizes.raw_height,
                                 max_image_pixels));
    // Fuji's arrays are larger than 2x2: they have their own filter codes below 1000.
    if (raw.imgdata.idata.filters < 1000)
        refuse(path, "it has no 2x2 Bayer pattern");
    check(raw.unpack(), "read");
    const auto& data = raw.imgdata.rawdata;
    if (!data.raw_image)
        refuse(path, "it holds no mosaic: it has been demosaiced already");
    raw_mosaic out;
    const unsigned width = sizes.width & ~1u, height = sizes.height & ~1u;
    if (width < 4 || height < 4 || sizes.left_margin + width > sizes.raw_width ||
        sizes.top_margin + height > sizes.raw_height)
        refuse(path, fmt::format("its mosaic is {}x{}; at least 4x4 are expected", width, height));
    out.samples = plane<std::uint16_t>(width, height);
    for (unsigned y = 0; y < height; ++y)
        std::memcpy(out.samples.row(y),
                    data.raw_image + std::size_t{sizes.raw_pitch / 2u} * (y + sizes.top_margin) +
                        sizes.left_margin,
                    std::size_t{width} * 2);
    out.order = order_of(raw, path);
    const auto& colour = raw.imgdata.color;
    double black = colour.black;
    for (unsigned i = 0; i < 4; ++i)
        black += colour.cblack[i] / 4.0;
    if (const unsigned cells = colour.cblack[4] * colour.cblack[5]; cells > 0)
        for (unsigned i = 0; i < cells; ++i)
            black += static_cast<double>(colour.cblack[6 + i]) / cells;
    out.black = static_cast<std::uint32_t>(std::lround(black));
    out.white = colour.maximum;
    if (out.white <= out.black || out.white > 65535)
        refuse(path, fmt::format("black is {} and white {}", out.black, out.white));
    const auto usable = [](const float(&m)[4]) { return m[0] > 0 && m[1] > 0 && m[2] > 0; };
    const auto& gains = usable(colour.cam_mul) ? colour.cam_mul : colour.pre_mul;
    if (usable(gains))
        out.balance = {static_cast<double>(gains[0] / gains[1]),
                       static_cast<double>(gains[2] / gains[1])};
    for (std::size_t i = 0; i < 3; ++i) {
        const double sum =
            static_cast<double>(colour.rgb_cam[i][0] + colour.rgb_cam[i][1] + colour.rgb_cam[i][2]);
        if (!(sum > 0.01))
            continue;
        for (std::size_t c = 0; c < 3; ++c)
            out.srgb_from_camera[3 * i + c] = static_cast<double>(colour.rgb_cam[i][c]) / sum;
    }
    return out;
}

}  // namespace ocellus
