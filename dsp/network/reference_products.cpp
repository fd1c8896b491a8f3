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

/// Writes output element `at` of channel `channel`. Behind a bias of 64 bits, as 16-bit activations
/// have, the multiplier keeps 15 bits; otherwise accumulators have 32, as in the public kernels.
void finish(const view& v, std::int64_t accumulator, std::size_t channel, std::size_t at) {
    bool wide = false;
    if (v.bias()) {
        wide = v.n.tensors[static_cast<std::size_t>(v.l.inputs[2])].type == element::int64;
        if (wide) {
            std::int64_t number;
            std::memcpy(&number, v.bias() + 8 * channel, 8);
            accumulator = static_cast<std::int64_t>(static_cast<std::uint64_t>(accumulator) +
                                                    static_cast<std::uint64_t>(number));
        } else {
            accumulator += load_int32(v.bias(), channel);
        }
    }
    if (v.y().type == element::int32) {
        // The accumulator itself.
        store(element::int32, v.out, at, static_cast<std::int32_t>(accumulator));
        return;
    }
    const requantizer r = weight_requantizer(v.n, v.l, channel);
    // Batched products of 16 bits have no bias, and 64-bit sums all the same.
    wide = wide || (v.x().type == element::int16 && v.l.kind == op::batch_matmul);
    store(v.y().type, v.out, at,
          wide ? r.wide(accumulator) : r(static_cast<std::int32_t>(accumulator)));
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
                            sum += std::int64_t{load(v.x().type, v.in[0], at) - zero} *
                                   (load(v.w().type, v.in[1], weight) - wz);
                        }
                    }
                finish(v, sum, channel, static_cast<std::size_t>((y * out_w + x) * out_c + c));
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
                sum += std::int64_t{load(v.x().type, v.in[0], r * depth + k) - zero} *
                       (load(v.w().type, v.in[1], c * depth + k) - wz);
            finish(v, sum, c, r * outputs + c);
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
                            sum += std::int64_t{load(v.x().type, v.in[0], at) - zero} *
                                   (load(v.w().type, v.in[1], weight) - wz);
                        }
                    }
                finish(v, sum, channel, static_cast<std::size_t>((y * out_w + x) * out_c + c));
            }
}

/// Rows of the last two dimensions; the dimensions before them are batches, those of one repeat.
void batch_matmul(const view& v) {
    const tensor &a = v.x(), &b = v.w(), &y = v.y();
    const std::size_t ra = a.shape.size(), rb = b.shape.size(), ry = y.shape.size();
    const auto rows = static_cast<std::size_t>(y.shape[ry - 2]);
    const auto columns = static_cast<std::size_t>(y.shape[ry - 1]);
    const auto depth = static_cast<std::size_t>(a.shape[ra - (v.l.turn_a ? 2 : 1)]);
    // One element a batch, to find which batch of each operand repeats.
    const auto batches = [](const tensor& t, std::size_t rank) {
        tensor leading;
        leading.shape.assign(t.shape.begin(),
                             t.shape.begin() + static_cast<std::ptrdiff_t>(rank) - 2);
        return leading;
    };
    const tensor ty = batches(y, ry);
    const auto of_a = repeated(batches(a, ra), ty), of_b = repeated(batches(b, rb), ty);
    const std::int32_t za = a.quant.zero_point[0];
    for (std::size_t batch = 0; batch < of_a.size(); ++batch)
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                const std::int32_t zb = weight_zero(b, c);
                std::int64_t sum = 0;
                for (std::size_t k = 0; k < depth; ++k) {
                    const std::size_t left =
                        of_a[batch] * rows * depth + (v.l.turn_a ? k * rows + r : r * depth + k);
                    const std::size_t right = of_b[batch] * depth * columns +
                                              (v.l.turn_b ? c * depth + k : k * columns + c);
                    sum += std::int64_t{load(a.type, v.in[0], left) - za} *
                           (load(b.type, v.in[1], right) - zb);
                }
                finish(v, sum, c, (batch * rows + r) * columns + c);
            }
}

}  // namespace ocellus::dsp::reference
