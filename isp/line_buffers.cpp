// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/line_buffers.h"

#include <algorithm>

namespace ocellus::isp {

unsigned half_blocks_of_row(unsigned width, unsigned bits) {
    struct organisation {
        unsigned depth, width;
    };
    static constexpr organisation organisations[] = {{16384, 1}, {8192, 2},  {4096, 4},
                                                     {2048, 9},  {1024, 18}, {512, 36}};
    unsigned least = ~0u;
    for (const auto& o : organisations)
        least =
            std::min(least, ((width + o.depth - 1) / o.depth) * ((bits + o.width - 1) / o.width));
    return least;
}

double block_rams(const window_stage& s, unsigned width) {
    return s.stored_rows() * half_blocks_of_row(width, s.bits) / 2.0;
}

std::vector<window_stage> infinite_isp_stages() {
    return {{"black level", 1, 12, 1, 4},
            {"linearisation", 1, 12, 1, 2},
            {"defect correction", 5, 12, 1, 10},
            {"digital gain", 1, 12, 1, 2},
            {"noise reduction: green", 5, 12, 1, 9},
            // The joint bilateral filter looks at the raw samples and at the green guide.
            {"noise reduction: bilateral", 9, 12, 2, 41},
            {"white balance", 1, 12, 1, 3},
            {"demosaic", 5, 12, 1, 9},
            {"colour matrix", 1, 12, 1, 4},
            {"gamma", 1, 12, 1, 2},
            {"RGB to YUV", 1, 8, 1, 9},
            {"sharpening", 9, 8, 1, 15},
            // Eight rows of luma, and four each of U and V that wait for it.
            {"luma noise reduction", 9, 8, 2, 34}};
}

std::vector<window_stage> own_stages(stage_set stages) {
    struct entry {
        stage which;
        window_stage window;
    };
    // Those that keep their clocks when they are bypassed come without a condition.
    const entry all[] = {{stage::linearisation, {"linearisation", 1, 13, 1, 2}},
                         {stage::defect_correction, {"defect correction", 5, 13, 1, 10}},
                         {stage::lens_shading, {"lens shading", 1, 13, 1, 2}},
                         {stage::bayer_noise_reduction, {"Bayer noise reduction", 5, 13, 1, 9}}};
    std::vector<window_stage> out = {{"black level", 1, 13, 1, 4}};
    for (const auto& e : all)
        if (has(stages, e.which))
            out.push_back(e.window);
    out.push_back({"white balance", 1, 13, 1, 3});
    out.push_back({"demosaic", 5, 13, 1, 9});
    out.push_back({"colour matrix", 1, 12, 1, 4});
    out.push_back({"gamma", 1, 8, 1, 2});
    if (has(stages, stage::sharpening))
        out.push_back({"sharpening", 9, 8, 1, 15, 12});
    if (has(stages, stage::luma_noise_reduction))
        out.push_back({"luma noise reduction", 9, 8, 1, 34, 12});
    out.push_back({"RGB to YUV", 1, 8, 1, 9});
    out.push_back({"scaler", 1, 8, 1, 4});
    return out;
}

unsigned latency_lines(const std::vector<window_stage>& stages) {
    unsigned n = 0;
    for (const auto& s : stages)
        n += s.latency_lines();
    return n;
}

unsigned latency_clocks(const std::vector<window_stage>& stages) {
    unsigned n = 0;
    for (const auto& s : stages)
        n += s.clocks;
    return n;
}

}  // namespace ocellus::isp
