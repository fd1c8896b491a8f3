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

/// Copies elements: output index (i, j, ...) comes from start + i step[0] + j step[1] + ...
void gather(const view& v, const std::vector<std::size_t>& step, std::size_t start) {
    const std::vector<int>& shape = v.y().shape;
    std::vector<int> index(shape.size(), 0);
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        std::size_t from = start;
        for (std::size_t d = 0; d < shape.size(); ++d)
            from += static_cast<std::size_t>(index[d]) * step[d];
        v.out[i] = v.in[0][from];
        for (std::size_t d = shape.size(); d-- > 0;) {
            if (++index[d] < shape[d])
                break;
            index[d] = 0;
        }
    }
}

/// Elements from one index of each dimension to the next.
std::vector<std::size_t> strides_of(const tensor& t) {
    std::vector<std::size_t> strides(t.shape.size(), 1);
    for (std::size_t d = t.shape.size(); d-- > 1;)
        strides[d - 1] = strides[d] * static_cast<std::size_t>(t.shape[d]);
    return strides;
}

}  // namespace

void slice(const view& v) {
    std::vector<std::size_t> step = strides_of(v.x());
    std::size_t start = 0;
    for (std::size_t d = 0; d < step.size(); ++d) {
        start += static_cast<std::size_t>(v.l.begin[d]) * step[d];
        step[d] *= static_cast<std::size_t>(v.l.steps[d]);
    }
    gather(v, step, start);
}

void transpose(const view& v) {
    const std::vector<std::size_t> strides = strides_of(v.x());
    std::vector<std::size_t> step;
    for (int axis : v.l.axes)
        step.push_back(strides[static_cast<std::size_t>(axis)]);
    gather(v, step, 0);
}

namespace {

int nearest_index(int out, int in_size, int out_size, bool align, bool half) {
    const float scale = align && out_size > 1
                            ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                            : static_cast<float>(in_size) / static_cast<float>(out_size);
    const float real = (static_cast<float>(out) + (half ? 0.5f : 0.0f)) * scale;
    const auto index = static_cast<int>(align ? std::round(real) : std::floor(real));
    return std::clamp(index, 0, in_size - 1);
}

}  // namespace

void resize_nearest(const view& v) {
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], channels = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2];
    const bool align = v.l.align_corners, half = v.l.half_pixel_centers;
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x) {
            const int iy = nearest_index(y, in_h, out_h, align, half);
            const int ix = nearest_index(x, in_w, out_w, align, half);
            std::memcpy(v.out + static_cast<std::size_t>((y * out_w + x) * channels),
                        v.in[0] + static_cast<std::size_t>((iy * in_w + ix) * channels),
                        static_cast<std::size_t>(channels));
        }
}

namespace {

/// Positions in units of 1/1024, as TensorFlow Lite's integer kernel computes them.
struct between {
    std::int64_t position = 0;
    int low = 0, high = 0;
};

between interpolate(int out, int in_size, int out_size, bool align, bool half) {
    const bool corners = align && out_size > 1;
    const std::int32_t extent = corners ? in_size - 1 : in_size;
    const std::int32_t steps = corners ? out_size - 1 : out_size;
    const std::int32_t scale = ((1 << 10) * extent + steps / 2) / steps;
    between b;
    b.position =
        half ? std::int64_t{out} * scale + scale / 2 - (1 << 9) : std::int64_t{out} * scale;
    b.low = std::max(static_cast<int>(b.position / (1 << 10)), 0);
    b.high = std::min(static_cast<int>((b.position + (1 << 10) - 1) / (1 << 10)), in_size - 1);
    b.low = std::min(b.low, in_size - 1);
    return b;
}

}  // namespace

void resize_bilinear(const view& v) {
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], channels = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2];
    const bool align = v.l.align_corners, half = v.l.half_pixel_centers;
    const auto at = [&](int y, int x, int c) {
        return std::int64_t{
            load(v.x().type, v.in[0][static_cast<std::size_t>((y * in_w + x) * channels + c)])};
    };
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x) {
            const between r = interpolate(y, in_h, out_h, align, half);
            const between k = interpolate(x, in_w, out_w, align, half);
            const std::int64_t down = r.position - (1 << 10) * r.low, up = (1 << 10) - down;
            const std::int64_t right = k.position - (1 << 10) * k.low, left = (1 << 10) - right;
            for (int c = 0; c < channels; ++c) {
                const std::int64_t sum =
                    at(r.low, k.low, c) * up * left + at(r.high, k.low, c) * down * left +
                    at(r.low, k.high, c) * up * right + at(r.high, k.high, c) * down * right;
                const std::int64_t nudge = (sum > 0 ? 1 : -1) * (std::int64_t{1} << 19);
                v.out[static_cast<std::size_t>((y * out_w + x) * channels + c)] =
                    store(static_cast<std::int32_t>((sum + nudge) / (1 << 20)));
            }
        }
}

void pad(const view& v) {
    const auto in_row = static_cast<std::size_t>(v.x().shape[2] * v.x().shape[3]);
    const auto out_row = static_cast<std::size_t>(v.y().shape[2] * v.y().shape[3]);
    const auto top = static_cast<std::size_t>(v.l.paddings[0]);
    const auto left = static_cast<std::size_t>(v.l.paddings[2] * v.x().shape[3]);
    std::memset(v.out, static_cast<std::uint8_t>(v.y().quant.zero_point[0]), v.y().elements());
    std::vector<std::uint8_t> table;
    if (v.x().quant.scale != v.y().quant.scale || v.x().quant.zero_point != v.y().quant.zero_point)
        table = unary_table(v.n, v.l, v.x(), v.y());
    for (std::size_t y = 0; y < static_cast<std::size_t>(v.x().shape[1]); ++y)
        for (std::size_t i = 0; i < in_row; ++i) {
            const std::uint8_t q = v.in[0][y * in_row + i];
            v.out[(y + top) * out_row + left + i] = table.empty() ? q : table[q];
        }
}

void concat(const view& v) {
    std::size_t outer = 1;
    std::size_t inner = 1;
    const auto axis = static_cast<std::size_t>(v.l.axis);
    for (std::size_t d = 0; d < v.y().shape.size(); ++d)
        (d < axis ? outer : inner) *= static_cast<std::size_t>(v.y().shape[d]);
    std::size_t at = 0;
    for (std::size_t k = 0; k < v.l.inputs.size(); ++k) {
        const tensor& part = v.n.tensors[static_cast<std::size_t>(v.l.inputs[k])];
        const std::size_t run = part.elements() / outer;
        const std::vector<std::uint8_t> table = unary_table(v.n, v.l, part, v.y());
        for (std::size_t o = 0; o < outer; ++o)
            for (std::size_t i = 0; i < run; ++i)
                v.out[o * inner + at + i] = table[v.in[k][o * run + i]];
        at += run;
    }
}

}  // namespace ocellus::dsp::reference
