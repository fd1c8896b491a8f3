// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/npu/generated_networks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <sstream>

#include "core/diagnostics.h"
#include "core/random.h"

namespace ocellus::dsp {

namespace {

constexpr float relu6_scale = 6.0f / 255.0f;

class mobilenet_builder {
  public:
    mobilenet_builder(double alpha, int resolution, std::uint64_t seed)
        : alpha_(alpha), resolution_(resolution), seed_(seed) {}

    network run() {
        std::ostringstream name;
        name.imbue(std::locale::classic());
        name.precision(3);
        name << "mobilenet_v1_" << alpha_;
        if (name.str().find('.') == std::string::npos)
            name << ".0";
        name << "_" << resolution_;
        net_.name = name.str();
        net_.source = "builtin:" + net_.name;

        // The picture, -1 .. 1.
        int x = activation("input", {1, resolution_, resolution_, 3}, 1.0f / 127.5f, -1);
        net_.inputs = {x};
        x = convolution("conv1", x, width(32), 3, 2);
        static const struct {
            int channels, stride;
        } blocks[13] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                        {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
        for (int b = 0; b < 13; ++b) {
            const std::string number = std::to_string(b + 1);
            x = depthwise("dw" + number, x, blocks[b].stride);
            x = convolution("pw" + number, x, width(blocks[b].channels), 1, 1);
        }
        x = average("avgpool", x);
        x = scores("fc", x, 1001);
        net_.outputs = {x};
        return std::move(net_);
    }

  private:
    static std::size_t at(int i) { return static_cast<std::size_t>(i); }
    int width(int channels) const {
        return std::max(8, static_cast<int>(std::floor(channels * alpha_ + 0.5)));
    }

    int activation(const std::string& name, std::vector<int> shape, float scale, int zero_point) {
        tensor t;
        t.name = name;
        t.shape = std::move(shape);
        t.type = element::int8;
        t.quant = {{scale}, {zero_point}};
        net_.tensors.push_back(std::move(t));
        return static_cast<int>(net_.tensors.size()) - 1;
    }

    /// Weights of `outputs` filters with `fan_in` values each, then their biases. `deviation` is
    /// the standard deviation of a filter's sum that the scale aims at, `spread` that of one input.
    /// `balanced` filters sum to zero, so that the common brightness of their inputs cancels.
    std::pair<int, int> coefficients(const std::string& name, std::vector<int> shape, int outputs,
                                     int fan_in, bool depthwise, bool balanced, double spread,
                                     double deviation, float input_scale) {
        // Uniform int8 values have a standard deviation of 255 / sqrt(12).
        const double unit = 255.0 / std::sqrt(12.0) * std::sqrt(static_cast<double>(fan_in));
        const auto scale = static_cast<float>(deviation / (unit * spread));
        tensor w;
        w.name = name + "/weights";
        w.shape = std::move(shape);
        w.type = element::int8;
        w.quant.scale.assign(at(outputs), scale);
        w.quant.zero_point.assign(at(outputs), 0);
        w.data.resize(at(outputs) * at(fan_in));
        tensor bias;
        bias.name = name + "/bias";
        bias.shape = {outputs};
        bias.type = element::int32;
        bias.quant.zero_point.assign(at(outputs), 0);
        bias.data.resize(at(outputs) * 4);

        ++layer_;
        std::vector<int> filter(at(fan_in));
        for (int o = 0; o < outputs; ++o) {
            random_sequence random(seed_, purpose::network_weights, layer_,
                                   static_cast<std::uint32_t>(o));
            int sum = 0;
            for (int i = 0; i < fan_in; i += 4) {
                const std::uint32_t bits = random.next();
                for (int k = 0; k < 4 && i + k < fan_in; ++k) {
                    const int v = static_cast<std::int8_t>((bits >> (8 * k)) & 0xffu);
                    sum += filter[at(i + k)] = std::max(v, -127);
                }
            }
            if (balanced) {
                const int mean = static_cast<int>(std::lround(static_cast<double>(sum) / fan_in));
                for (int& v : filter)
                    v = std::clamp(v - mean, -127, 127);
            } else if (sum < 0) {
                // Inputs are not negative: a filter with a negative sum would be dead everywhere.
                for (int& v : filter)
                    v = -v;
            }
            for (int i = 0; i < fan_in; ++i) {
                const std::size_t place =
                    depthwise ? at(i) * at(outputs) + at(o) : at(o) * at(fan_in) + at(i);
                w.data[place] = static_cast<std::uint8_t>(filter[at(i)]);
            }
            const float bias_scale = scale * input_scale;
            bias.quant.scale.push_back(bias_scale);
            const double real = 0.5 * deviation * random.uniform(-1.0, 1.0);
            const auto q =
                static_cast<std::int32_t>(std::lround(real / static_cast<double>(bias_scale)));
            for (int k = 0; k < 4; ++k)
                bias.data[at(o) * 4 + at(k)] =
                    static_cast<std::uint8_t>(static_cast<std::uint32_t>(q) >> (8 * k));
        }
        net_.tensors.push_back(std::move(w));
        net_.tensors.push_back(std::move(bias));
        const int last = static_cast<int>(net_.tensors.size()) - 1;
        return {last - 1, last};
    }

    float scale_of(int t) const { return net_.tensors[at(t)].quant.scale[0]; }

    /// TensorFlow's SAME padding.
    static void pad_same(layer& l, int size, int out) {
        const int total = std::max(0, (out - 1) * l.stride_h + l.kernel_h - size);
        l.pad_top = l.pad_left = total / 2;
        l.pad_bottom = l.pad_right = total - total / 2;
    }

    int convolution(const std::string& name, int x, int channels, int kernel, int stride) {
        const std::vector<int> in = net_.tensors[at(x)].shape;
        const int out = (in[1] + stride - 1) / stride;
        const int fan_in = kernel * kernel * in[3];
        // Spread of one input: of the picture (a contrasty one), or of a rectified activation
        // around its mean (0.58 of the deviation before rectification, which is 1.5).
        const double spread = x == net_.inputs[0] ? 0.25 : 0.87;
        const auto w = coefficients(name, {channels, kernel, kernel, in[3]}, channels, fan_in,
                                    false, true, spread, 1.5, scale_of(x));
        layer l;
        l.kind = op::conv2d;
        l.name = name;
        l.kernel_h = l.kernel_w = kernel;
        l.stride_h = l.stride_w = stride;
        pad_same(l, in[1], out);
        return finish(l, x, w, activation(name, {1, out, out, channels}, relu6_scale, -128));
    }

    int depthwise(const std::string& name, int x, int stride) {
        const std::vector<int> in = net_.tensors[at(x)].shape;
        const int out = (in[1] + stride - 1) / stride;
        const auto w =
            coefficients(name, {1, 3, 3, in[3]}, in[3], 9, true, false, 0.87, 1.5, scale_of(x));
        layer l;
        l.kind = op::depthwise_conv2d;
        l.name = name;
        l.kernel_h = l.kernel_w = 3;
        l.stride_h = l.stride_w = stride;
        pad_same(l, in[1], out);
        return finish(l, x, w, activation(name, {1, out, out, in[3]}, relu6_scale, -128));
    }

    int average(const std::string& name, int x) {
        const std::vector<int> in = net_.tensors[at(x)].shape;
        layer l;
        l.kind = op::average_pool;
        l.name = name;
        l.kernel_h = l.stride_h = in[1];
        l.kernel_w = l.stride_w = in[2];
        l.inputs = {x};
        l.outputs = {activation(name, {1, 1, 1, in[3]}, relu6_scale, -128)};
        net_.layers.push_back(l);
        return l.outputs[0];
    }

    int scores(const std::string& name, int x, int classes) {
        const int fan_in = net_.tensors[at(x)].shape[3];
        // Averages over the picture spread less than single activations.
        const auto w = coefficients(name, {classes, fan_in}, classes, fan_in, false, true, 0.5, 2.0,
                                    scale_of(x));
        layer l;
        l.kind = op::fully_connected;
        l.name = name;
        return finish(l, x, w, activation(name, {1, classes}, 16.0f / 255.0f, 0));
    }

    int finish(layer& l, int x, std::pair<int, int> w, int out) {
        l.inputs = {x, w.first, w.second};
        l.outputs = {out};
        net_.layers.push_back(l);
        return out;
    }

    double alpha_;
    int resolution_;
    std::uint64_t seed_;
    std::uint32_t layer_ = 0;
    network net_;
};

}  // namespace

network generate_mobilenet_v1(double alpha, int resolution, std::uint64_t seed) {
    if (!(alpha > 0.0 && alpha <= 2.0))
        throw input_error(exit_code::usage,
                          "MobileNet V1: alpha is out of range; expected 0 < alpha <= 2");
    if (resolution < 32 || resolution > 1024)
        throw input_error(exit_code::usage, "MobileNet V1: resolution " +
                                                std::to_string(resolution) +
                                                " is out of range; expected 32 .. 1024");
    return mobilenet_builder(alpha, resolution, seed).run();
}

network generate_network(const std::string& name, std::uint64_t seed) {
    const std::string prefix = "builtin:mobilenet_v1_";
    if (name.compare(0, prefix.size(), prefix) == 0) {
        std::istringstream rest(name.substr(prefix.size()));
        rest.imbue(std::locale::classic());
        double alpha = 0;
        char separator = 0;
        int resolution = 0;
        if (rest >> alpha >> separator >> resolution && separator == '_' && rest.peek() == EOF)
            return generate_mobilenet_v1(alpha, resolution, seed);
    }
    throw input_error(exit_code::usage,
                      "unknown built-in network \"" + name +
                          "\"; expected builtin:mobilenet_v1_<alpha>_<resolution>, "
                          "such as builtin:mobilenet_v1_1.0_224");
}

}  // namespace ocellus::dsp
