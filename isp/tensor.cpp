// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/tensor.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "isp/yuv.h"

namespace ocellus::isp {

tensor_format make_tensor_format(unsigned width, unsigned height, unsigned channels, bool is_signed,
                                 bool bgr) {
    tensor_format f;
    f.width = width;
    f.height = height;
    f.channels = channels;
    f.bgr = bgr;
    f.is_signed = is_signed;
    f.offset = is_signed ? -128 : 0;
    f.clamp_min = is_signed ? -128 : 0;
    f.clamp_max = is_signed ? 127 : 255;
    return f;
}

tensor_format make_affine_tensor_format(unsigned width, unsigned height, unsigned channels,
                                        bool is_signed, bool bgr, double gain, double offset) {
    tensor_format f = make_tensor_format(width, height, channels, is_signed, bgr);
    f.shift = 16;
    f.multiplier = static_cast<std::int32_t>(std::floor(gain * 65536 + 0.5));
    const double whole = std::floor(offset + 0.5);
    f.offset = static_cast<std::int32_t>(whole);
    f.bias = static_cast<std::int32_t>(std::floor((offset - whole) * 65536 + 0.5)) + 32768;
    return f;
}

std::uint8_t displayed_value(const tensor_format& f, std::int32_t q) {
    int best = 0;
    std::int64_t least = INT64_MAX;
    for (int v = 0; v < 256; ++v) {
        const std::int64_t d = std::int64_t{tensor_value(f, v)} - q;
        if ((d < 0 ? -d : d) < least) {
            least = d < 0 ? -d : d;
            best = v;
        }
    }
    return static_cast<std::uint8_t>(best);
}

void tensor_row(const tensor_format& f, const std::uint8_t* red, const std::uint8_t* green,
                const std::uint8_t* blue, std::uint8_t* out) {
    std::array<std::uint8_t, 256> map{};
    for (int v = 0; v < 256; ++v)
        map[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(tensor_value(f, v));
    if (f.channels == 1) {
        for (unsigned x = 0; x < f.width; ++x)
            out[x] = map[static_cast<std::size_t>(luma(red[x], green[x], blue[x]))];
        return;
    }
    const std::uint8_t* first = f.bgr ? blue : red;
    const std::uint8_t* third = f.bgr ? red : blue;
    for (unsigned x = 0; x < f.width; ++x) {
        out[3 * x] = map[first[x]];
        out[3 * x + 1] = map[green[x]];
        out[3 * x + 2] = map[third[x]];
    }
}

}  // namespace ocellus::isp
