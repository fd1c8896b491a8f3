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

/// Averages divide the plain sum of the integers (input and output share their quantization in
/// TensorFlow Lite), halves away from zero.
std::int32_t average(const view& v, std::int32_t sum, std::int32_t count) {
    const tensor& x = v.x();
    const tensor& y = v.y();
    const std::int32_t mean = rounding_divide(sum, count);
    if (x.quant.scale == y.quant.scale && x.quant.zero_point == y.quant.zero_point)
        return std::clamp(mean, v.l.clamp_min, v.l.clamp_max);
    return scale_requantizer(v.n, v.l, x, y)(mean - x.quant.zero_point[0]);
}

/// The ONNX operators one by one: float32 samples, added in order, divided, quantized.
std::int32_t real_average(const view& v, float sum, std::int32_t count) {
    const tensor& y = v.y();
    const float scaled = sum / static_cast<float>(count) / y.quant.scale[0];
    const std::int32_t zero = y.quant.zero_point[0];
    const float bounded = std::clamp(scaled, static_cast<float>(v.l.clamp_min - zero),
                                     static_cast<float>(v.l.clamp_max - zero));
    return nearest_even(bounded) + zero;
}

}  // namespace

void pool(const view& v) {
    const layer& l = v.l;
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], channels = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2];
    const bool same =
        v.x().quant.scale == v.y().quant.scale && v.x().quant.zero_point == v.y().quant.zero_point;
    const std::int32_t zero = v.x().quant.zero_point[0];
    const float scale = v.x().quant.scale[0];
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x)
            for (int c = 0; c < channels; ++c) {
                std::int32_t sum = 0;
                std::int32_t count = 0;
                float real_sum = 0.0f;
                std::int32_t largest = -128;
                for (int ky = 0; ky < l.kernel_h; ++ky)
                    for (int kx = 0; kx < l.kernel_w; ++kx) {
                        const int iy = y * l.stride_h - l.pad_top + ky * l.dilation_h;
                        const int ix = x * l.stride_w - l.pad_left + kx * l.dilation_w;
                        if (iy < 0 || iy >= in_h || ix < 0 || ix >= in_w)
                            continue;
                        const std::int32_t q = load(
                            v.x().type,
                            v.in[0][static_cast<std::size_t>((iy * in_w + ix) * channels + c)]);
                        sum += q;
                        real_sum += static_cast<float>(q - zero) * scale;
                        ++count;
                        largest = std::max(largest, q);
                    }
                std::int32_t q = 0;
                if (l.kind == op::average_pool && in_float32(v.n.arithmetic))
                    q = real_average(v, real_sum, count);
                else if (l.kind == op::average_pool)
                    q = average(v, sum, count);
                else if (same)
                    q = std::clamp(largest, l.clamp_min, l.clamp_max);
                else
                    q = scale_requantizer(v.n, l, v.x(),
                                          v.y())(largest - v.x().quant.zero_point[0]);
                v.out[static_cast<std::size_t>((y * out_w + x) * channels + c)] = store(q);
            }
}

void mean(const view& v) {
    const std::size_t channels = static_cast<std::size_t>(v.x().shape[3]);
    const std::size_t count = v.x().elements() / channels;
    const requantizer r = mean_requantizer(v.n, v.l, static_cast<std::int64_t>(count));
    const requantizer scale = scale_requantizer(v.n, v.l, v.x(), v.y());
    const std::int32_t zero = v.x().quant.zero_point[0];
    for (std::size_t c = 0; c < channels; ++c) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += load(v.x().type, v.in[0][i * channels + c]) - zero;
        const auto total = static_cast<std::int32_t>(sum);
        if (v.n.arithmetic == rounding::tflite_x86) {
            // Scaled first, divided after.
            const std::int32_t q = rounding_divide(multiply_twice_rounded(total, scale.fixed),
                                                   static_cast<std::int32_t>(count));
            v.out[c] = store(std::clamp(wrapping_add(q, scale.zero_point), scale.low, scale.high));
        } else {
            v.out[c] = store(r(total));
        }
    }
}

}  // namespace ocellus::dsp::reference
