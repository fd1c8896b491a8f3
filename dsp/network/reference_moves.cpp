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

std::vector<std::size_t> strides_of(const tensor& t) {
    std::vector<std::size_t> strides(t.shape.size(), 1);
    for (std::size_t d = t.shape.size(); d-- > 1;)
        strides[d - 1] = strides[d] * static_cast<std::size_t>(t.shape[d]);
    return strides;
}

namespace {

/// Copies elements: output index (i, j, ...) comes from start + i step[0] + j step[1] + ...
void gather(const view& v, const std::vector<std::size_t>& step, std::size_t start) {
    const std::vector<int>& shape = v.y().shape;
    const std::size_t size = size_of(v.y().type);
    std::vector<int> index(shape.size(), 0);
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        std::size_t from = start;
        for (std::size_t d = 0; d < shape.size(); ++d)
            from += static_cast<std::size_t>(index[d]) * step[d];
        std::memcpy(v.out + i * size, v.in[0] + from * size, size);
        for (std::size_t d = shape.size(); d-- > 0;) {
            if (++index[d] < shape[d])
                break;
            index[d] = 0;
        }
    }
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

namespace {

/// Where sample `out` of a resized extent lies in the input, as ONNX defines it, in float32.
float onnx_position(int out, int in_size, int out_size, float scale, resize_rule::coordinates how) {
    const auto x = static_cast<float>(out);
    switch (how) {
        case resize_rule::coordinates::half_pixel:
            return (x + 0.5f) / scale - 0.5f;
        case resize_rule::coordinates::pytorch_half_pixel:
            return out_size > 1 ? (x + 0.5f) / scale - 0.5f : 0.0f;
        case resize_rule::coordinates::asymmetric:
            return x / scale;
        case resize_rule::coordinates::corners:
            break;
    }
    return out_size == 1 ? 0.0f
                         : x * static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1);
}

int onnx_nearest(float x, int in_size, resize_rule::pick how) {
    float whole = std::round(x);
    if (how == resize_rule::pick::floor ||
        (how == resize_rule::pick::prefer_floor && x == std::floor(x) + 0.5f))
        whole = std::floor(x);
    if (how == resize_rule::pick::ceil)
        whole = std::ceil(x);
    return static_cast<int>(std::clamp(whole, 0.0f, static_cast<float>(in_size - 1)));
}

}  // namespace

void resize_nearest(const view& v) {
    const int in_h = v.x().shape[1], in_w = v.x().shape[2], channels = v.x().shape[3];
    const int out_h = v.y().shape[1], out_w = v.y().shape[2];
    const bool align = v.l.align_corners, half = v.l.half_pixel_centers;
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x) {
            const resize_rule& rule = v.l.resize;
            const int iy =
                rule.onnx ? onnx_nearest(onnx_position(y, in_h, out_h, rule.scale_h, rule.where),
                                         in_h, rule.nearest)
                          : nearest_index(y, in_h, out_h, align, half);
            const int ix =
                rule.onnx ? onnx_nearest(onnx_position(x, in_w, out_w, rule.scale_w, rule.where),
                                         in_w, rule.nearest)
                          : nearest_index(x, in_w, out_w, align, half);
            const std::size_t size = size_of(v.y().type);
            std::memcpy(v.out + static_cast<std::size_t>((y * out_w + x) * channels) * size,
                        v.in[0] + static_cast<std::size_t>((iy * in_w + ix) * channels) * size,
                        static_cast<std::size_t>(channels) * size);
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

namespace {

/// The two samples around a position, and their weights.
struct neighbours {
    int low = 0, high = 0;
    float to_low = 0.0f, to_high = 0.0f;  ///< distances
};

neighbours around(float position, int in_size) {
    const float x = std::clamp(position, 0.0f, static_cast<float>(in_size - 1));
    neighbours n;
    n.low = std::min(static_cast<int>(x), in_size - 1);
    n.high = std::min(n.low + 1, in_size - 1);
    n.to_low = std::abs(x - static_cast<float>(n.low));
    n.to_high = std::abs(x - static_cast<float>(n.high));
    if (n.low == n.high)
        n.to_low = n.to_high = 0.5f;
    return n;
}

/// ONNX: float samples, float weights, quantized at the end.
void resize_real(const view& v) {
    const tensor &from = v.x(), &to = v.y();
    const int in_h = from.shape[1], in_w = from.shape[2], channels = from.shape[3];
    const int out_h = to.shape[1], out_w = to.shape[2];
    const resize_rule& rule = v.l.resize;
    for (int y = 0; y < out_h; ++y)
        for (int x = 0; x < out_w; ++x) {
            const neighbours r =
                around(onnx_position(y, in_h, out_h, rule.scale_h, rule.where), in_h);
            const neighbours k =
                around(onnx_position(x, in_w, out_w, rule.scale_w, rule.where), in_w);
            for (int c = 0; c < channels; ++c) {
                const auto at = [&](int row, int column) {
                    return real_at(from, v.in[0],
                                   static_cast<std::size_t>((row * in_w + column) * channels + c));
                };
                const float real = k.to_high * r.to_high * at(r.low, k.low) +
                                   k.to_low * r.to_high * at(r.low, k.high) +
                                   k.to_high * r.to_low * at(r.high, k.low) +
                                   k.to_low * r.to_low * at(r.high, k.high);
                const float scaled = std::clamp(real / to.quant.scale[0], -1e6f, 1e6f);
                const std::int32_t q = in_float32(v.n.arithmetic)
                                           ? nearest_even(scaled)
                                           : static_cast<std::int32_t>(std::round(scaled));
                store(to.type, v.out, static_cast<std::size_t>((y * out_w + x) * channels + c),
                      std::clamp(q + to.quant.zero_point[0], v.l.clamp_min, v.l.clamp_max));
            }
        }
}

}  // namespace

void resize_bilinear(const view& v) {
    if (v.l.resize.onnx) {
        resize_real(v);
        return;
    }
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

/// Any number of dimensions: constant, or mirrored at the edges.
void pad(const view& v) {
    const tensor &x = v.x(), &y = v.y();
    const bool same = x.quant.scale == y.quant.scale && x.quant.zero_point == y.quant.zero_point;
    const std::size_t rank = y.shape.size();
    // Height and width only have four paddings, all dimensions two each.
    std::vector<int> before(rank, 0);
    if (v.l.paddings.size() == 4 && rank == 4) {
        before[1] = v.l.paddings[0];
        before[2] = v.l.paddings[2];
    } else {
        for (std::size_t d = 0; d < rank; ++d)
            before[d] = v.l.paddings[2 * d];
    }
    const std::vector<std::size_t> strides = strides_of(x);
    const requantizer r = scale_requantizer(v.n, v.l, x, y);
    std::vector<int> index(rank, 0);
    for (std::size_t i = 0; i < y.elements(); ++i) {
        std::size_t from = 0;
        bool inside = true;
        for (std::size_t d = 0; d < rank; ++d) {
            int at = index[d] - before[d];
            const int extent = x.shape[d];
            if (v.l.mirror && at < 0)
                at = v.l.mirror_edge ? -1 - at : -at;
            if (v.l.mirror && at >= extent)
                at = v.l.mirror_edge ? 2 * extent - 1 - at : 2 * extent - 2 - at;
            inside = inside && at >= 0 && at < extent;
            from += inside ? static_cast<std::size_t>(at) * strides[d] : 0;
        }
        std::int32_t q = y.quant.zero_point[0];
        if (inside) {
            q = load(x.type, v.in[0], from);
            if (!same)
                q = r(q - x.quant.zero_point[0]);
        }
        store(y.type, v.out, i, q);
        for (std::size_t d = rank; d-- > 0;) {
            if (++index[d] < y.shape[d])
                break;
            index[d] = 0;
        }
    }
}

void concat(const view& v) {
    std::size_t outer = 1;
    std::size_t inner = 1;
    const auto axis = static_cast<std::size_t>(v.l.axis);
    const tensor& y = v.y();
    for (std::size_t d = 0; d < y.shape.size(); ++d)
        (d < axis ? outer : inner) *= static_cast<std::size_t>(y.shape[d]);
    std::size_t at = 0;
    for (std::size_t k = 0; k < v.l.inputs.size(); ++k) {
        const tensor& part = v.n.tensors[static_cast<std::size_t>(v.l.inputs[k])];
        const std::size_t run = part.elements() / outer;
        const std::size_t size = size_of(y.type);
        const bool bytes = size == 1;
        std::vector<std::uint8_t> table;
        if (bytes)
            table = unary_table(v.n, v.l, part, y);
        for (std::size_t o = 0; o < outer; ++o) {
            if (!bytes)  // same quantization
                std::memcpy(v.out + (o * inner + at) * size, v.in[k] + o * run * size, run * size);
            for (std::size_t i = 0; bytes && i < run; ++i)
                v.out[o * inner + at + i] = table[v.in[k][o * run + i]];
        }
        at += run;
    }
}

/// Blocks of a picture become channels, or the other way round.
void space_and_depth(const view& v) {
    const bool to_depth = v.l.kind == op::space_to_depth;
    // The finer picture has the pixels, the deeper one the channels.
    const tensor& fine = to_depth ? v.x() : v.y();
    const std::size_t size = size_of(v.y().type);
    const auto block = static_cast<std::size_t>(v.l.kernel_h);
    const auto batches = static_cast<std::size_t>(fine.shape[0]),
               height = static_cast<std::size_t>(fine.shape[1]),
               width = static_cast<std::size_t>(fine.shape[2]),
               channels = static_cast<std::size_t>(fine.shape[3]);
    // ONNX DepthToSpace in mode CRD has the block inside the channel.
    const bool block_inside = v.l.axis == 1;
    for (std::size_t b = 0; b < batches; ++b)
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                for (std::size_t c = 0; c < channels; ++c) {
                    const std::size_t part = y % block * block + x % block;
                    const std::size_t depth =
                        block_inside ? c * block * block + part : part * channels + c;
                    const std::size_t a = ((b * height + y) * width + x) * channels + c;
                    const std::size_t d =
                        ((b * (height / block) + y / block) * (width / block) + x / block) *
                            (channels * block * block) +
                        depth;
                    std::memcpy(v.out + (to_depth ? d : a) * size,
                                v.in[0] + (to_depth ? a : d) * size, size);
                }
}

/// Pixels of a block to pictures of a batch (padded first), or back (cropped after).
void space_and_batch(const view& v) {
    const bool to_batch = v.l.kind == op::space_to_batch;
    const tensor& picture = to_batch ? v.x() : v.y();
    const tensor& parts = to_batch ? v.y() : v.x();
    const std::size_t size = size_of(v.y().type);
    const std::int32_t zero = v.y().quant.zero_point[0];
    const int batch = picture.shape[0], rows = parts.shape[1], columns = parts.shape[2];
    const auto channels = static_cast<std::size_t>(picture.shape[3]);
    for (int p = 0; p < parts.shape[0]; ++p) {
        const int block = p / batch;
        const int first_y = block / v.l.kernel_w, first_x = block % v.l.kernel_w;
        for (int r = 0; r < rows; ++r)
            for (int k = 0; k < columns; ++k) {
                const int y = r * v.l.kernel_h + first_y - v.l.paddings[0];
                const int x = k * v.l.kernel_w + first_x - v.l.paddings[2];
                const bool inside =
                    y >= 0 && y < picture.shape[1] && x >= 0 && x < picture.shape[2];
                const std::size_t at_part =
                    static_cast<std::size_t>((p * rows + r) * columns + k) * channels;
                const std::size_t at_picture =
                    inside ? static_cast<std::size_t>(
                                 ((p % batch) * picture.shape[1] + y) * picture.shape[2] + x) *
                                 channels
                           : 0;
                if (!to_batch && inside)
                    std::memcpy(v.out + at_picture * size, v.in[0] + at_part * size,
                                channels * size);
                for (std::size_t c = 0; to_batch && c < channels; ++c)
                    if (inside)
                        std::memcpy(v.out + (at_part + c) * size, v.in[0] + (at_picture + c) * size,
                                    size);
                    else
                        store(v.y().type, v.out, at_part + c, zero);
            }
    }
}

/// Indices below zero count from the end; what lies outside takes the nearest.
void gather_indices(const view& v) {
    const tensor &x = v.x(), &list = v.w();
    const auto axis = static_cast<std::size_t>(v.l.axis);
    std::size_t outer = 1, inner = size_of(x.type);
    for (std::size_t d = 0; d < x.shape.size(); ++d)
        if (d != axis)
            (d < axis ? outer : inner) *= static_cast<std::size_t>(x.shape[d]);
    const std::int64_t extent = x.shape[axis];
    const std::size_t count = list.elements();
    for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t i = 0; i < count; ++i) {
            std::int64_t at = 0;
            if (list.type == element::int64)
                std::memcpy(&at, v.in[1] + 8 * i, 8);
            else
                at = load(list.type, v.in[1], i);
            at = std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent - 1);
            std::memcpy(
                v.out + (o * count + i) * inner,
                v.in[0] +
                    (o * static_cast<std::size_t>(extent) + static_cast<std::size_t>(at)) * inner,
                inner);
        }
}

}  // namespace ocellus::dsp::reference
