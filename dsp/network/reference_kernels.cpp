// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/reference_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dsp/network/fixed_point.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp {
namespace {

std::int32_t load(element type, std::uint8_t byte) {
    return type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
}
std::uint8_t store(std::int32_t q) {
    return static_cast<std::uint8_t>(q);
}

/// Whether softmax, logistic and tanh are computed in fixed point.
bool fixed_functions(rounding how) {
    return how == rounding::tflite_ref || how == rounding::tflite_single_rounding;
}

std::int32_t load_int32(const std::uint8_t* bytes, std::size_t i) {
    std::int32_t v;
    std::memcpy(&v, bytes + 4 * i, 4);
    return v;
}

/// What a kernel sees of its layer.
struct view {
    const network& n;
    const layer& l;
    const std::vector<const std::uint8_t*>& in;
    std::uint8_t* out;
    const tensor& x() const { return n.tensors[static_cast<std::size_t>(l.inputs[0])]; }
    const tensor& w() const { return n.tensors[static_cast<std::size_t>(l.inputs[1])]; }
    const tensor& y() const { return n.tensors[static_cast<std::size_t>(l.outputs[0])]; }
    const std::uint8_t* bias() const { return in.size() > 2 ? in[2] : nullptr; }
};

std::int32_t weight_zero(const tensor& w, std::size_t channel) {
    return w.quant.zero_point.size() == 1 ? w.quant.zero_point[0] : w.quant.zero_point[channel];
}

std::int32_t finish(const view& v, std::int64_t accumulator, std::size_t channel) {
    if (v.bias())
        accumulator += load_int32(v.bias(), channel);
    return weight_requantizer(v.n, v.l, channel)(static_cast<std::int32_t>(accumulator));
}

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

/// Which element of `from` each element of `to` takes when dimensions of one repeat.
std::vector<std::size_t> repeated(const tensor& from, const tensor& to) {
    std::vector<std::size_t> places(to.elements());
    for (std::size_t i = 0; i < places.size(); ++i) {
        std::size_t rest = i, stride = 1, at = 0;
        for (std::size_t d = to.shape.size(), f = from.shape.size(); d-- > 0 && f > 0;) {
            --f;
            const auto index = rest % static_cast<std::size_t>(to.shape[d]);
            rest /= static_cast<std::size_t>(to.shape[d]);
            const auto extent = static_cast<std::size_t>(from.shape[f]);
            at += (extent == 1 ? 0 : index) * stride;
            stride *= extent;
        }
        places[i] = at;
    }
    return places;
}

/// combine(a, b) of each pair of elements.
template <class Combine>
void pairwise(const view& v, const Combine& combine) {
    const tensor& a = v.x();
    const tensor& b = v.w();
    std::vector<std::size_t> at_a, at_b;
    if (a.shape != v.y().shape)
        at_a = repeated(a, v.y());
    if (b.shape != v.y().shape)
        at_b = repeated(b, v.y());
    for (std::size_t i = 0; i < v.y().elements(); ++i)
        v.out[i] = store(combine(load(a.type, v.in[0][at_a.empty() ? i : at_a[i]]),
                                 load(b.type, v.in[1][at_b.empty() ? i : at_b[i]])));
}

void multiply_elements(const view& v) {
    pairwise(v, product_of(v.n, v.l));
}

/// Operands and result share their quantization.
void extremes(const view& v) {
    const bool largest = v.l.kind == op::maximum;
    pairwise(v, [&](std::int32_t a, std::int32_t b) {
        return std::clamp(largest ? std::max(a, b) : std::min(a, b), v.l.clamp_min, v.l.clamp_max);
    });
}

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

int nearest_index(int out, int in_size, int out_size, bool align, bool half) {
    const float scale = align && out_size > 1
                            ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                            : static_cast<float>(in_size) / static_cast<float>(out_size);
    const float real = (static_cast<float>(out) + (half ? 0.5f : 0.0f)) * scale;
    const auto index = static_cast<int>(align ? std::round(real) : std::floor(real));
    return std::clamp(index, 0, in_size - 1);
}

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

void add(const view& v) {
    pairwise(v, addition_of(v.n, v.l));
}

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

void softmax_fixed(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    // Differences carry 5 integer bits, the sum of exponentials 12.
    const element type = v.x().type;
    const double scaled_beta = std::min(
        static_cast<double>(v.l.beta) * static_cast<double>(v.x().quant.scale[0]) * (1 << 26),
        2147483647.0);
    fixed_multiplier m = to_fixed(scaled_beta);
    const double radius = 31.0 * static_cast<double>(1 << 26) /
                          static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
    const auto least = -static_cast<std::int32_t>(std::floor(std::min(radius, 1e9)));
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    const auto exponential = [&](std::int32_t difference) {
        return fixed_exp_negative(std::min(multiply(v.n.arithmetic, difference, m), 0), 5);
    };
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t difference = load(type, in[i]) - largest;
        if (difference >= least)
            sum = wrapping_add(sum, rounding_shift_right(exponential(difference), 12));
    }
    int leading_zeros = 0;
    while (leading_zeros < 31 && (static_cast<std::uint32_t>(sum) >> (31 - leading_zeros)) == 0)
        ++leading_zeros;
    const int bits_over_unit = 12 - leading_zeros;
    const auto fraction = static_cast<std::int32_t>(
        (static_cast<std::uint32_t>(sum) << leading_zeros) - (std::uint32_t{1} << 31));
    const std::int32_t reciprocal = fixed_reciprocal_one_plus(fraction);
    const std::int32_t low = v.y().type == element::int8 ? -128 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t difference = load(type, in[i]) - largest;
        std::int32_t q = low;
        if (difference >= least) {
            const std::int32_t product =
                doubling_high_multiply(reciprocal, exponential(difference));
            q = low + rounding_shift_right(product, std::clamp(bits_over_unit + 23, 0, 31));
        }
        out[i] = store(std::clamp(q, low, low + 255));
    }
}

/// Single precision with a table of exponentials, as the x86 build of TensorFlow Lite.
void softmax_table(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    const element type = v.x().type;
    float table[256];
    const float scale = -v.x().quant.scale[0] * v.l.beta;
    for (int i = 0; i < 256; ++i)
        table[i] =
            static_cast<float>(portable_exp(static_cast<double>(scale * static_cast<float>(i))));
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    float sum = 0.0f;
    for (std::size_t i = 0; i < count; ++i)
        sum += table[largest - load(type, in[i])];
    const float factor = 1.0f / (sum * v.y().quant.scale[0]);
    const std::int32_t low = v.y().type == element::int8 ? -128 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float probability = table[largest - load(type, in[i])] * factor;
        const float bounded = std::min(probability, 1000.0f);
        const std::int32_t q =
            static_cast<std::int32_t>(std::round(bounded)) + v.y().quant.zero_point[0];
        out[i] = store(std::clamp(q, low, low + 255));
    }
}

void softmax_real(const view& v, const std::uint8_t* in, std::uint8_t* out, std::size_t count) {
    const element type = v.x().type;
    const double scale = static_cast<double>(v.x().quant.scale[0]) * static_cast<double>(v.l.beta);
    std::int32_t largest = -128;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, load(type, in[i]));
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i)
        sum += portable_exp(scale * (load(type, in[i]) - largest));
    for (std::size_t i = 0; i < count; ++i) {
        const double probability = portable_exp(scale * (load(type, in[i]) - largest)) / sum;
        const float scaled = static_cast<float>(probability) / v.y().quant.scale[0];
        const std::int32_t q = nearest_even(std::min(scaled, 1000.0f)) + v.y().quant.zero_point[0];
        out[i] = store(std::clamp(q, v.l.clamp_min, v.l.clamp_max));
    }
}

void softmax(const view& v) {
    const auto count = static_cast<std::size_t>(v.x().shape.back());
    for (std::size_t r = 0; r < v.x().elements(); r += count) {
        if (fixed_functions(v.n.arithmetic))
            softmax_fixed(v, v.in[0] + r, v.out + r, count);
        else if (v.n.arithmetic == rounding::tflite_x86)
            softmax_table(v, v.in[0] + r, v.out + r, count);
        else
            softmax_real(v, v.in[0] + r, v.out + r, count);
    }
}

std::int32_t logistic(const network& n, const layer& l, const tensor& x, const tensor& y,
                      std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    const std::int32_t zero = y.quant.zero_point[0];
    if (fixed_functions(n.arithmetic)) {
        const fixed_multiplier m = to_fixed(static_cast<double>(x.quant.scale[0]) * (1 << 27));
        const double limit = 15.0 * static_cast<double>(1 << 27) /
                             static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
        const auto radius = static_cast<std::int32_t>(std::floor(std::min(limit, 1e9)));
        if (difference <= -radius)
            return l.clamp_min;
        if (difference >= radius)
            return l.clamp_max;
        const std::int32_t p = fixed_logistic(multiply(n.arithmetic, difference, m));
        return std::clamp(rounding_shift_right(p, 23) + zero, l.clamp_min, l.clamp_max);
    }
    const double real = static_cast<double>(x.quant.scale[0]) * difference;
    const double e = portable_exp(real < 0.0 ? real : -real);
    const double p = real < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
    const float scaled = std::min(static_cast<float>(p) / y.quant.scale[0], 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + zero, l.clamp_min, l.clamp_max);
}

std::int32_t tanh_of(const network& n, const layer& l, const tensor& x, const tensor& y,
                     std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    const std::int32_t zero = y.quant.zero_point[0];
    if (fixed_functions(n.arithmetic)) {
        const fixed_multiplier m = to_fixed(static_cast<double>(x.quant.scale[0]) * (1 << 27));
        const double limit = 15.0 * static_cast<double>(1 << 27) /
                             static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
        const auto radius = static_cast<std::int32_t>(std::floor(std::min(limit, 1e9)));
        if (difference <= -radius)
            return l.clamp_min;
        if (difference >= radius)
            return l.clamp_max;
        const std::int32_t t = fixed_tanh(multiply(n.arithmetic, difference, m));
        return std::clamp(rounding_shift_right(t, 24) + zero, l.clamp_min, l.clamp_max);
    }
    const double real = static_cast<double>(x.quant.scale[0]) * difference;
    const double e = portable_exp(real < 0.0 ? 2.0 * real : -2.0 * real);
    const double t = (1.0 - e) / (1.0 + e);
    const float scaled =
        std::clamp(static_cast<float>(real < 0.0 ? -t : t) / y.quant.scale[0], -1000.0f, 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + zero, l.clamp_min, l.clamp_max);
}

/// Quantizes a real number as the mode rounds; the clamp of the layer applies.
std::int32_t quantized(const network& n, const layer& l, const tensor& y, float real) {
    const float scaled = std::clamp(real / y.quant.scale[0], -1000.0f, 1000.0f);
    const std::int32_t rounded = in_float32(n.arithmetic)
                                     ? nearest_even(scaled)
                                     : static_cast<std::int32_t>(std::round(scaled));
    return std::clamp(rounded + y.quant.zero_point[0], l.clamp_min, l.clamp_max);
}

std::int32_t leaky_relu(const network& n, const layer& l, const tensor& x, const tensor& y,
                        std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    if (in_float32(n.arithmetic)) {
        const float real = static_cast<float>(difference) * x.quant.scale[0];
        return quantized(n, l, y, real < 0.0f ? real * l.alpha : real);
    }
    const double ratio =
        static_cast<double>(x.quant.scale[0]) / static_cast<double>(y.quant.scale[0]);
    const double slope = difference < 0 ? ratio * static_cast<double>(l.alpha) : ratio;
    const fixed_multiplier m = to_fixed(std::abs(slope));
    const std::int32_t scaled = multiply(n.arithmetic, slope < 0.0 ? -difference : difference, m);
    return std::clamp(wrapping_add(scaled, y.quant.zero_point[0]), l.clamp_min, l.clamp_max);
}

std::int32_t saturate16(std::int64_t x) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(x, -32768, 32767));
}
/// The upper half of 2ab of 16-bit numbers, rounded half up.
std::int32_t doubling_high_multiply16(std::int32_t a, std::int32_t b) {
    return a == -32768 && b == -32768 ? 32767 : (a * b + (1 << 14)) >> 15;
}
std::int32_t narrowed(std::int32_t mantissa) {
    return mantissa >= std::numeric_limits<std::int32_t>::max() - (1 << 15)
               ? 32767
               : (mantissa + (1 << 15)) >> 16;
}

/// TensorFlow Lite's integer kernel: 16-bit arithmetic on inputs of seven more fraction bits.
std::int32_t hard_swish(const network& n, const layer& l, const tensor& x, const tensor& y,
                        std::int32_t q) {
    const std::int32_t difference = q - x.quant.zero_point[0];
    if (in_float32(n.arithmetic)) {
        const float real = static_cast<float>(difference) * x.quant.scale[0];
        const float gate = std::clamp(real * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
        return quantized(n, l, y, real * gate);
    }
    const float fine = x.quant.scale[0] / 128.0f;
    const fixed_multiplier out =
        to_fixed(static_cast<double>(fine) / static_cast<double>(y.quant.scale[0]));
    const fixed_multiplier gate =
        to_fixed(static_cast<double>(fine) / static_cast<double>(3.0f / 32768.0f));
    const std::int32_t hires = difference * 128;
    const std::int32_t preshift = doubling_high_multiply16(hires, narrowed(out.mantissa));
    std::int32_t reluish = hires;
    if (gate.shift > 0)
        reluish = saturate16(reluish * (std::int64_t{1} << std::min(gate.shift - 1, 30)));
    reluish = doubling_high_multiply16(reluish, narrowed(gate.mantissa));
    if (gate.shift > 0)
        reluish = saturate16(std::int64_t{reluish} * 2);
    if (gate.shift < 0)
        reluish = rounding_shift_right(reluish, std::min(-gate.shift, 31));
    reluish = (reluish + (1 << 15)) >> 1;
    // This product is cut off, towards zero, not rounded.
    const std::int32_t product = saturate16(reluish * preshift / (1 << 15));
    const std::int32_t shifted = rounding_shift_right(product, std::clamp(-out.shift, 0, 31));
    return std::clamp(shifted + y.quant.zero_point[0], l.clamp_min, l.clamp_max);
}

void map_bytes(const view& v) {
    const std::vector<std::uint8_t> table = unary_table(v.n, v.l, v.x(), v.y());
    for (std::size_t i = 0; i < v.y().elements(); ++i)
        v.out[i] = table[v.in[0][i]];
}

void dequantize(const view& v) {
    for (std::size_t i = 0; i < v.y().elements(); ++i) {
        const float real =
            static_cast<float>(load(v.x().type, v.in[0][i]) - v.x().quant.zero_point[0]) *
            v.x().quant.scale[0];
        std::memcpy(v.out + 4 * i, &real, 4);
    }
}

}  // namespace

std::vector<std::uint8_t> unary_table(const network& n, const layer& l, const tensor& x,
                                      const tensor& y) {
    std::vector<std::uint8_t> table(256);
    const bool same = x.type == y.type && x.quant.scale == y.quant.scale &&
                      x.quant.zero_point == y.quant.zero_point;
    const requantizer r = scale_requantizer(n, l, x, y);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::int32_t q = load(x.type, static_cast<std::uint8_t>(i));
        if (l.kind == op::logistic)
            table[i] = store(logistic(n, l, x, y, q));
        else if (l.kind == op::tanh)
            table[i] = store(tanh_of(n, l, x, y, q));
        else if (l.kind == op::leaky_relu)
            table[i] = store(leaky_relu(n, l, x, y, q));
        else if (l.kind == op::hard_swish)
            table[i] = store(hard_swish(n, l, x, y, q));
        else if (same)
            table[i] = store(std::clamp(q, l.clamp_min, l.clamp_max));
        else
            table[i] = store(r(q - x.quant.zero_point[0]));
    }
    return table;
}

void run_reference(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
                   std::uint8_t* output) {
    const view v{n, l, inputs, output};
    switch (l.kind) {
        case op::conv2d:
        case op::depthwise_conv2d:
            convolution(v);
            return;
        case op::fully_connected:
            fully_connected(v);
            return;
        case op::add:
        case op::sub:
            add(v);
            return;
        case op::mul:
            multiply_elements(v);
            return;
        case op::maximum:
        case op::minimum:
            extremes(v);
            return;
        case op::transpose_conv2d:
            transpose_convolution(v);
            return;
        case op::slice:
            slice(v);
            return;
        case op::transpose:
            transpose(v);
            return;
        case op::resize_nearest:
            resize_nearest(v);
            return;
        case op::resize_bilinear:
            resize_bilinear(v);
            return;
        case op::average_pool:
        case op::max_pool:
            pool(v);
            return;
        case op::mean:
            mean(v);
            return;
        case op::reshape:
            if (output != inputs[0])
                std::memmove(output, inputs[0], v.y().elements());
            return;
        case op::pad:
            pad(v);
            return;
        case op::softmax:
            softmax(v);
            return;
        case op::quantize:
        case op::relu:
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
            map_bytes(v);
            return;
        case op::dequantize:
            dequantize(v);
            return;
        case op::concat:
            concat(v);
            return;
    }
}

}  // namespace ocellus::dsp
