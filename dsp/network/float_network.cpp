// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/float_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dsp/network/reference_kernels.h"

namespace ocellus::dsp {

namespace {

std::int32_t integer_at(const tensor& t, const std::uint8_t* bytes, std::size_t i) {
    switch (t.type) {
        case element::int8:
            return static_cast<std::int8_t>(bytes[i]);
        case element::uint8:
        case element::boolean:
            return bytes[i];
        case element::int64: {
            std::int64_t v = 0;
            std::memcpy(&v, bytes + 8 * i, 8);
            return static_cast<std::int32_t>(
                std::clamp<std::int64_t>(v, -2147483648LL, 2147483647LL));
        }
        case element::int16: {
            std::int16_t v = 0;
            std::memcpy(&v, bytes + 2 * i, 2);
            return v;
        }
        case element::int32: {
            std::int32_t v = 0;
            std::memcpy(&v, bytes + 4 * i, 4);
            return v;
        }
        case element::float32:
            break;
    }
    return 0;
}

std::pair<std::int32_t, std::int32_t> limits_of(element e) {
    switch (e) {
        case element::uint8:
            return {0, 255};
        case element::int16:
            return {-32768, 32767};
        default:
            return {-128, 127};
    }
}

double scale_of(const tensor& t) {
    return t.quant.scale.empty() ? 1.0 : static_cast<double>(t.quant.scale[0]);
}
std::int32_t zero_of(const tensor& t) {
    return t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
}

std::vector<std::uint8_t> quantised(const tensor& t, const std::vector<float>& values) {
    std::vector<std::uint8_t> bytes(t.bytes());
    if (t.type == element::float32) {
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return bytes;
    }
    const auto [low, high] = limits_of(t.type);
    const double scale = scale_of(t);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double q = std::nearbyint(static_cast<double>(values[i]) / scale) + zero_of(t);
        const auto v = static_cast<std::int32_t>(
            std::clamp(q, static_cast<double>(low), static_cast<double>(high)));
        if (t.type == element::int16) {
            const auto w = static_cast<std::int16_t>(v);
            std::memcpy(bytes.data() + 2 * i, &w, 2);
        } else {
            bytes[i] = static_cast<std::uint8_t>(v);
        }
    }
    return bytes;
}

struct extents {
    int height = 1, width = 1, channels = 1;
};

extents of(const tensor& t) {
    extents e;
    if (t.shape.size() == 4) {
        e.height = t.shape[1];
        e.width = t.shape[2];
    }
    if (!t.shape.empty())
        e.channels = t.shape.back();
    return e;
}

std::size_t at(const extents& e, int y, int x) {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(e.width) +
            static_cast<std::size_t>(x)) *
           static_cast<std::size_t>(e.channels);
}

/// Sums over the window of each output position: `body(input pixel offset, tap, accumulators)`.
template <class Body>
void for_windows(const layer& l, const extents& in, const extents& out, const Body& body) {
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
            for (int ky = 0; ky < l.kernel_h; ++ky)
                for (int kx = 0; kx < l.kernel_w; ++kx) {
                    const int iy = y * l.stride_h - l.pad_top + ky * l.dilation_h;
                    const int ix = x * l.stride_w - l.pad_left + kx * l.dilation_w;
                    if (iy < 0 || ix < 0 || iy >= in.height || ix >= in.width)
                        continue;
                    body(at(in, iy, ix), static_cast<std::size_t>(ky * l.kernel_w + kx),
                         at(out, y, x));
                }
}

void start_with_bias(const std::vector<const std::vector<float>*>& inputs, std::size_t channels,
                     std::vector<float>& out) {
    if (inputs.size() > 2 && inputs[2])
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = (*inputs[2])[i % channels];
}

void convolve(const layer& l, const extents& in, const extents& out,
              const std::vector<const std::vector<float>*>& inputs, std::size_t per_group,
              std::vector<float>& result) {
    const std::vector<float>&x = *inputs[0], &w = *inputs[1];
    const auto channels = static_cast<std::size_t>(out.channels);
    const std::size_t groups = static_cast<std::size_t>(in.channels) / per_group;
    const std::size_t each = channels / groups;
    const auto taps = static_cast<std::size_t>(l.kernel_h * l.kernel_w);
    start_with_bias(inputs, channels, result);
    for_windows(l, in, out, [&](std::size_t from, std::size_t tap, std::size_t to) {
        for (std::size_t o = 0; o < channels; ++o) {
            const float* a = x.data() + from + o / each * per_group;
            const float* b = w.data() + (o * taps + tap) * per_group;
            float sum = 0;
            for (std::size_t i = 0; i < per_group; ++i)
                sum += a[i] * b[i];
            result[to + o] += sum;
        }
    });
}

void convolve_depthwise(const layer& l, const extents& in, const extents& out,
                        const std::vector<const std::vector<float>*>& inputs,
                        std::vector<float>& result) {
    const std::vector<float>&x = *inputs[0], &w = *inputs[1];
    const auto channels = static_cast<std::size_t>(out.channels);
    const std::size_t multiplier = channels / static_cast<std::size_t>(in.channels);
    start_with_bias(inputs, channels, result);
    for_windows(l, in, out, [&](std::size_t from, std::size_t tap, std::size_t to) {
        for (std::size_t o = 0; o < channels; ++o)
            result[to + o] += x[from + o / multiplier] * w[tap * channels + o];
    });
}

void pool(const layer& l, const extents& in, const extents& out, const std::vector<float>& x,
          std::vector<float>& result) {
    const bool most = l.kind == op::max_pool;
    const auto channels = static_cast<std::size_t>(out.channels);
    std::vector<float> counts(result.size() / channels, 0);
    if (most)
        std::fill(result.begin(), result.end(), std::numeric_limits<float>::lowest());
    for_windows(l, in, out, [&](std::size_t from, std::size_t, std::size_t to) {
        ++counts[to / channels];
        for (std::size_t c = 0; c < channels; ++c)
            result[to + c] =
                most ? std::max(result[to + c], x[from + c]) : result[to + c] + x[from + c];
    });
    if (!most)
        for (std::size_t i = 0; i < result.size(); ++i)
            result[i] /= std::max(1.0f, counts[i / channels]);
}

float activated(const layer& l, float x) {
    switch (l.kind) {
        case op::logistic:
            return 1.0f / (1.0f + std::exp(-x));
        case op::tanh:
            return std::tanh(x);
        case op::leaky_relu:
            return x < 0 ? x * l.alpha : x;
        case op::hard_swish:
            return x * std::clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
        default:
            return x;  // relu: the limits below
    }
}

float combined(op kind, float a, float b) {
    switch (kind) {
        case op::sub:
            return a - b;
        case op::mul:
            return a * b;
        case op::maximum:
            return std::max(a, b);
        case op::minimum:
            return std::min(a, b);
        default:
            return a + b;
    }
}

/// Through the integer kernels, inputs rounded.
std::vector<float> run_in_integers(const network& n, const layer& l,
                                   const std::vector<const std::vector<float>*>& inputs) {
    std::vector<std::vector<std::uint8_t>> bytes(inputs.size());
    std::vector<const std::uint8_t*> pointers(inputs.size(), nullptr);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (l.inputs[i] < 0)
            continue;
        const tensor& t = n.tensors[static_cast<std::size_t>(l.inputs[i])];
        if (!t.constant() && inputs[i])
            bytes[i] = quantised(t, *inputs[i]);
        pointers[i] = t.constant() ? t.data.data() : bytes[i].data();
    }
    const tensor& t = n.tensors[static_cast<std::size_t>(l.outputs[0])];
    std::vector<std::vector<std::uint8_t>> outputs;
    for (int o : l.outputs)
        outputs.emplace_back(n.tensors[static_cast<std::size_t>(o)].bytes());
    std::vector<std::uint8_t*> places;
    for (auto& o : outputs)
        places.push_back(o.data());
    run_reference(n, l, pointers, places);
    return real_values(t, outputs[0].data(), false);
}

/// What the fused activation and the type leave of the real numbers.
void limit(const layer& l, const tensor& out, std::vector<float>& values) {
    if (out.type == element::float32)
        return;
    const auto [low, high] = limits_of(out.type);
    const double scale = scale_of(out);
    const std::int32_t zero = zero_of(out);
    auto least = -std::numeric_limits<float>::infinity();
    auto most = std::numeric_limits<float>::infinity();
    if (l.clamp_min > low || zero == low)
        least = static_cast<float>(scale * (std::max(l.clamp_min, low) - zero));
    if (l.clamp_max < high)
        most = static_cast<float>(scale * (l.clamp_max - zero));
    // A range that ends at 6 is that of a relu6.
    const double end = scale * (high - zero);
    if (zero == low && std::abs(end - 6.0) < 0.03)
        most = std::min(most, 6.0f);
    for (float& v : values)
        v = std::clamp(v, least, most);
}

}  // namespace

std::vector<float> real_values(const tensor& t, const std::uint8_t* bytes, bool last_dimension) {
    const std::size_t count = t.elements();
    std::vector<float> values(count);
    if (t.type == element::float32) {
        std::memcpy(values.data(), bytes, 4 * count);
        return values;
    }
    const std::size_t scales = std::max<std::size_t>(1, t.quant.scale.size());
    const std::size_t run = last_dimension ? 1 : count / scales;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t k = scales == 1 ? 0 : i / std::max<std::size_t>(1, run) % scales;
        const double scale = t.quant.scale.empty() ? 1.0 : static_cast<double>(t.quant.scale[k]);
        const std::int32_t zero =
            t.quant.zero_point.empty() ? 0 : t.quant.zero_point[k % t.quant.zero_point.size()];
        values[i] = static_cast<float>(scale * (integer_at(t, bytes, i) - zero));
    }
    return values;
}

std::vector<float> run_in_float(const network& n, const layer& l,
                                const std::vector<const std::vector<float>*>& given, bool& exact) {
    const auto tensor_at = [&n](int i) -> const tensor& {
        return n.tensors[static_cast<std::size_t>(i)];
    };
    // Constants in real numbers. A bias without a scale has that of input times weights.
    std::vector<std::vector<float>> constants(l.inputs.size());
    std::vector<const std::vector<float>*> inputs(l.inputs.size(), nullptr);
    for (std::size_t i = 0; i < l.inputs.size(); ++i) {
        if (l.inputs[i] < 0)
            continue;
        const tensor& t = tensor_at(l.inputs[i]);
        if (!t.constant()) {
            inputs[i] = given.at(i);
            continue;
        }
        const bool bias = i == 2 && t.type == element::int32;
        if (bias) {
            const tensor &x = tensor_at(l.inputs[0]), &w = tensor_at(l.inputs[1]);
            constants[i].resize(t.elements());
            for (std::size_t k = 0; k < constants[i].size(); ++k) {
                const double ws =
                    w.quant.scale.empty()
                        ? 1.0
                        : static_cast<double>(w.quant.scale[k % w.quant.scale.size()]);
                constants[i][k] =
                    static_cast<float>(integer_at(t, t.data.data(), k) * scale_of(x) * ws);
            }
        } else {
            constants[i] = real_values(t, t.data.data(), l.kind == op::depthwise_conv2d);
        }
        inputs[i] = &constants[i];
    }
    const tensor& result = tensor_at(l.outputs[0]);
    const extents out = of(result);
    const extents in = of(tensor_at(l.inputs[0]));
    std::vector<float> values(result.elements(), 0.0f);
    exact = l.multipliers.empty();
    switch (l.kind) {
        case op::conv2d: {
            const auto per_group = static_cast<std::size_t>(tensor_at(l.inputs[1]).shape.back());
            convolve(l, in, out, inputs, per_group, values);
            break;
        }
        case op::depthwise_conv2d:
            convolve_depthwise(l, in, out, inputs, values);
            break;
        case op::fully_connected: {
            const tensor& w = tensor_at(l.inputs[1]);
            const auto rows = static_cast<std::size_t>(w.shape[0]);
            const auto columns = static_cast<std::size_t>(w.shape[1]);
            start_with_bias(inputs, rows, values);
            for (std::size_t i = 0; i < values.size(); ++i)
                for (std::size_t k = 0; k < columns; ++k)
                    values[i] +=
                        (*inputs[0])[i / rows * columns + k] * (*inputs[1])[i % rows * columns + k];
            break;
        }
        case op::average_pool:
        case op::max_pool:
            if (l.count_padding) {
                exact = false;
                return run_in_integers(n, l, inputs);
            }
            pool(l, in, out, *inputs[0], values);
            break;
        case op::mean: {
            if (!l.axes.empty() || tensor_at(l.inputs[0]).shape[0] != 1) {
                exact = false;
                return run_in_integers(n, l, inputs);
            }
            const auto channels = static_cast<std::size_t>(in.channels);
            const std::size_t pixels = inputs[0]->size() / channels;
            for (std::size_t i = 0; i < inputs[0]->size(); ++i)
                values[i % channels] += (*inputs[0])[i] / static_cast<float>(pixels);
            break;
        }
        case op::add:
        case op::sub:
        case op::mul:
        case op::maximum:
        case op::minimum:
            if (inputs[0]->size() != values.size() ||
                (inputs[1]->size() != values.size() && inputs[1]->size() != 1 &&
                 inputs[1]->size() != static_cast<std::size_t>(out.channels))) {
                exact = false;
                return run_in_integers(n, l, inputs);
            }
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] = combined(l.kind, (*inputs[0])[i], (*inputs[1])[i % inputs[1]->size()]);
            break;
        case op::reshape:
        case op::quantize:
        case op::dequantize:
        case op::relu:
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] = activated(l, (*inputs[0])[i]);
            break;
        case op::softmax: {
            const auto channels = static_cast<std::size_t>(out.channels);
            for (std::size_t first = 0; first < values.size(); first += channels) {
                const float* x = inputs[0]->data() + first;
                const float most = *std::max_element(x, x + channels);
                float sum = 0;
                for (std::size_t c = 0; c < channels; ++c)
                    sum += values[first + c] = std::exp(l.beta * (x[c] - most));
                for (std::size_t c = 0; c < channels; ++c)
                    values[first + c] /= sum;
            }
            break;
        }
        default:
            exact = false;
            return run_in_integers(n, l, inputs);
    }
    if (l.kind != op::softmax && l.kind != op::logistic && l.kind != op::tanh)
        limit(l, result, values);
    return values;
}

}  // namespace ocellus::dsp
