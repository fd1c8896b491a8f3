// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/stage_dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/image.h"
#include "core/image_io.h"

namespace ocellus::sim {
namespace {

std::string png_of(const isp::stage_picture& p, worker_pool& pool) {
    const unsigned width = p.samples.width() / p.channels, height = p.samples.height();
    const int top = (1 << p.bits) - 1;
    if (p.bits > 8) {
        plane<std::uint16_t> deep(p.samples.width(), height);
        for (unsigned y = 0; y < height; ++y)
            for (unsigned i = 0; i < deep.width(); ++i) {
                const int v = std::clamp<int>(p.samples.row(y)[i], 0, top);
                deep.row(y)[i] = static_cast<std::uint16_t>((v << 4) | (v >> 8));
            }
        return p.channels == 1 ? encode_png_gray16(deep, 1, &pool)
                               : encode_png_rgb16(deep, 1, &pool);
    }
    rgb8_image colour(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned i = 0; i < 3 * width; ++i)
            colour.row(y)[i] =
                static_cast<std::uint8_t>(std::clamp<int>(p.samples.row(y)[i], 0, top));
    return encode_png_rgb8(colour, 1, &pool);
}

}  // namespace

void write_stage_dumps(output_folder& out,
                       const std::map<std::uint32_t, std::shared_ptr<isp::frame_work>>& frames,
                       worker_pool& pool) {
    std::string list;
    for (const auto& [frame, work] : frames) {
        const auto& stages = work->stages();
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const isp::stage_picture& p = stages[i];
            const char* name = isp::stage_names[static_cast<std::size_t>(p.made_by)];
            const std::string file = fmt::format("stages_{:04}/{:02}_{}.png", frame, i, name);
            out.write(file, png_of(p, pool));
            list += fmt::format(
                "{}\n  {{\"frame\": {}, \"stage\": \"{}\", \"file\": \"{}\", \"width\": {}, "
                "\"height\": {}, \"channels\": {}, \"bits\": {}, \"sha256\": \"{}\"}}",
                list.empty() ? "" : ",", frame, name, file, p.samples.width() / p.channels,
                p.samples.height(), p.channels, p.bits, p.checksum());
        }
    }
    out.write("stages.json", "[" + list + "\n]\n");
}

}  // namespace ocellus::sim
