// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dsp/network/fixed_point.h"
#include "dsp/network/reference_kernels.h"
#include "dsp/network/reference_view.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp::reference {

namespace {

std::int32_t weight_zero(const tensor& w, std::size_t channel) {
    return w.quant.zero_point.size() == 1 ? w.quant.zero_point[0] : w.quant.zero_point[channel];
}

std::int32_t finish(const view& v, std::int64_t accumulator, std::size_t channel) {
    if (v.bias())
        accumulator += load_int32(v.bias(), channel);
    return weight_requantizer(v.n, v.l, channel)(static_cast<std::int32_t>(accumulator));
}

}  // namespace

void convolution(const view& v) {
    const layer& l = v.l;
    const bool depthwise = l.kind == op::depthwise_conv2d;
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], in_c = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2], out_c = v.y().shape[3];
    const std::int32_t zero = v.x().quant.zero_point[0];
    const int group_in = depthwise ? 1 : v.w().shape[3];
    const int group_out = depthwise ? 1 : out_c / (in_c / group_in);
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x)
            for (int c = 0; c < out_c; ++c) {
                const auto channel = static_cast<std::size_t>(c);
                const std::int32_t wz = weight_zero(v.w(), channel);
                std::int64_t sum = 0;
                for (int ky = 0; ky < l.kernel_h; ++ky)
                    for (int kx = 0; kx < l.kernel_w; ++kx) {
                        const int iy = y * l.stride_h - l.pad_top + ky * l.dilation_h;
                        const int ix = x * l.stride_w - l.pad_left + kx * l.dilation_w;
                        if (iy < 0 || iy >= in_h || ix < 0 || ix >= in_w)
                            continue;
                        const int first =
                            depthwise ? c / l.depth_multiplier : c / group_out * group_in;
                        const int last = first + group_in;
                        for (int k = first; k < last; ++k) {
                            const auto at = static_cast<std::size_t>((iy * in_w + ix) * in_c + k);
                            const int tap = ky * l.kernel_w + kx;
                            const auto weight = static_cast<std::size_t>(
                                depthwise
                                    ? tap * out_c + c
                                    : (c * l.kernel_h * l.kernel_w + tap) * group_in + k - first);
                            sum += std::int64_t{load(v.x().type, v.in[0][at]) - zero} *
                                   (load(v.w().type, v.in[1][weight]) - wz);
                        }
                    }
                v.out[static_cast<std::size_t>((y * out_w + x) * out_c + c)] =
                    store(finish(v, sum, channel));
            }
}

void fully_connected(const view& v) {
    const auto outputs = static_cast<std::size_t>(v.w().shape[0]);
    const auto depth = static_cast<std::size_t>(v.w().shape[1]);
    const std::size_t rows = v.x().elements() / depth;
    const std::int32_t zero = v.x().quant.zero_point[0];
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < outputs; ++c) {
            const std::int32_t wz = weight_zero(v.w(), c);
            std::int64_t sum = 0;
            for (std::size_t k = 0; k < depth; ++k)
                sum += std::int64_t{load(v.x().type, v.in[0][r * depth + k]) - zero} *
                       (load(v.w().type, v.in[1][c * depth + k]) - wz);
            v.out[r * outputs + c] = store(finish(v, sum, c));
        }
}

/// A gather over the taps that reach an output: input row iy and tap ky meet at iy * stride + ky -
/// pad.
void transpose_convolution(const view& v) {
    const layer& l = v.l;
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], in_c = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2], out_c = v.y().shape[3];
    const std::int32_t zero = v.x().quant.zero_point[0];
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x)
            for (int c = 0; c < out_c; ++c) {
                const auto channel = static_cast<std::size_t>(c);
                const std::int32_t wz = weight_zero(v.w(), channel);
                std::int64_t sum = 0;
                for (int ky = 0; ky < l.kernel_h; ++ky)
                    for (int kx = 0; kx < l.kernel_w; ++kx) {
                        const int down = y + l.pad_top - ky, right = x + l.pad_left - kx;
                        if (down < 0 || right < 0 || down % l.stride_h != 0 ||
                            right % l.stride_w != 0)
                            continue;
                        const int iy = down / l.stride_h, ix = right / l.stride_w;
                        if (iy >= in_h || ix >= in_w)
                            continue;
                        for (int k = 0; k < in_c; ++k) {
                            const auto at = static_cast<std::size_t>((iy * in_w + ix) * in_c + k);
                            const auto weight = static_cast<std::size_t>(
                                ((c * l.kernel_h + ky) * l.kernel_w + kx) * in_c + k);
                            sum += std::int64_t{load(v.x().type, v.in[0][at]) - zero} *
                                   (load(v.w().type, v.in[1][weight]) - wz);
                        }
                    }
                v.out[static_cast<std::size_t>((y * out_w + x) * out_c + c)] =
                    store(finish(v, sum, channel));
            }
}

}  // namespace ocellus::dsp::reference
