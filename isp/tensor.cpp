// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/tensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

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

void tensor_row(const tensor_format& f, const std::array<const std::uint8_t*, 4>& in,
                std::uint8_t* out, yuv_matrix yuv) {
    const std::size_t pixel = f.planar ? 1 : f.channels,
                      channel = f.planar ? f.plane_row_bytes() : 1;
    if (f.planar)
        for (std::size_t c = 0; c < f.channels; ++c)
            std::fill(out + c * channel + f.width, out + (c + 1) * channel, std::uint8_t{0});
    std::array<std::uint8_t, 256> map{};
    if (!f.affine)
        for (int v = 0; v < 256; ++v)
            map[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(tensor_value(f, v));
    if (f.order == tensor_order::bayer) {
        for (std::size_t c = 0; c < 4; ++c)
            for (std::size_t x = 0; x < f.width; ++x)
                out[x * pixel + c * channel] = map[in[c][x]];
        return;
    }
    const std::uint8_t *red = in[0], *green = in[1], *blue = in[2];
    if (f.channels == 1 && !f.affine) {
        for (unsigned x = 0; x < f.width; ++x)
            out[x] = map[static_cast<std::size_t>(luma(red[x], green[x], blue[x]))];
        return;
    }
    const yuv_coefficients k = coefficients_of(yuv);
    for (std::size_t x = 0; x < f.width; ++x) {
        int v[3] = {red[x], green[x], blue[x]};
        if (f.order == tensor_order::yuv444) {
            const int r = v[0], g = v[1], b = v[2];
            v[0] = luma(k, r, g, b);
            v[1] = chroma_u(k, r, g, b, 0);
            v[2] = chroma_v(k, r, g, b, 0);
        } else if (f.bgr) {
            std::swap(v[0], v[2]);
        }
        for (std::size_t c = 0; c < f.channels; ++c)
            out[x * pixel + c * channel] =
                f.affine ? static_cast<std::uint8_t>(affine_value(f, c, v[0], v[1], v[2]))
                         : map[static_cast<std::size_t>(v[c])];
    }
}

}  // namespace ocellus::isp
