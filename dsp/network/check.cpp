// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/diagnostics.h"

namespace ocellus::dsp {
namespace {

constexpr std::int64_t largest_tensor = std::int64_t{1} << 28;
constexpr int largest_window = 4096;

/// Names come from files: shorten them and replace what a terminal would interpret.
std::string printable(const std::string& name) {
    std::string out;
    for (char c : name) {
        if (out.size() == 60)
            return out + "...";
        out += c >= ' ' && c < 127 ? c : '?';
    }
    return out;
}

std::string shape_text(const std::vector<int>& shape) {
    return fmt::format("{}", fmt::join(shape, "x"));
}

bool is_activation_type(element e) {
    return e == element::int8 || e == element::uint8;
}

class checker {
  public:
    checker(const network& n, const std::string& file) : n_(n), file_(file) {}

    void run() {
        for (std::size_t i = 0; i < n_.tensors.size(); ++i)
            check_tensor(i);
        std::vector<bool> known(n_.tensors.size(), false);
        for (std::size_t i = 0; i < n_.tensors.size(); ++i)
            known[i] = n_.tensors[i].constant();
        if (n_.inputs.empty() || n_.outputs.empty())
            fail_network(file_, "the network has no input or no output");
        for (int i : n_.inputs) {
            const tensor& t = tensor_at(i, "network input");
            if (t.constant())
                fail_network(file_,
                             fmt::format("network input '{}' is a constant", printable(t.name)));
            require_activation(t, "network input");
            known[static_cast<std::size_t>(i)] = true;
        }
        for (layer_ = 0; layer_ < n_.layers.size(); ++layer_) {
            const layer& l = n_.layers[layer_];
            for (std::size_t k = 0; k < l.inputs.size(); ++k) {
                const bool optional_bias = k == 2 && has_weights(l.kind);
                if (l.inputs[k] == -1 && optional_bias)
                    continue;
                tensor_at(l.inputs[k], "input");
                if (!known[static_cast<std::size_t>(l.inputs[k])])
                    bad("input {} ('{}') is used before any layer has written it", k,
                        printable(input(l, k).name));
            }
            if (l.outputs.size() != 1)
                bad("has {} outputs, expected 1", l.outputs.size());
            tensor_at(l.outputs[0], "output");
            if (known[static_cast<std::size_t>(l.outputs[0])])
                bad("its output '{}' is already written by another layer or is an input or a "
                    "constant",
                    printable(output(l).name));
            check_layer(l);
            known[static_cast<std::size_t>(l.outputs[0])] = true;
        }
        for (int i : n_.outputs) {
            tensor_at(i, "network output");
            if (!known[static_cast<std::size_t>(i)])
                fail_network(file_, fmt::format("network output '{}' is written by no layer",
                                                printable(tensor_at(i, "network output").name)));
        }
    }

  private:
    static bool has_weights(op o) {
        return o == op::conv2d || o == op::depthwise_conv2d || o == op::fully_connected ||
               o == op::transpose_conv2d;
    }

    /// Whether `from`, aligned at the last dimension, repeats to `to`.
    static bool broadcasts(const std::vector<int>& from, const std::vector<int>& to) {
        if (from.size() > to.size())
            return false;
        const std::size_t lead = to.size() - from.size();
        for (std::size_t d = 0; d < from.size(); ++d)
            if (from[d] != 1 && from[d] != to[d + lead])
                return false;
        return true;
    }

    void check_pair(const layer& l) const {
        const tensor& x = input(l, 0);
        const tensor& b = input(l, 1);
        const tensor& y = output(l);
        require_activation(b, "input");
        std::vector<int> shape(y.shape.size(), 1);
        const bool fit = broadcasts(x.shape, y.shape) && broadcasts(b.shape, y.shape);
        if (fit)
            for (const tensor* t : {&x, &b})
                for (std::size_t d = 0; d < t->shape.size(); ++d) {
                    int& extent = shape[y.shape.size() - t->shape.size() + d];
                    extent = std::max(extent, t->shape[d]);
                }
        if (!fit || shape != y.shape)
            bad("combines [{}] and [{}] to [{}], which do not fit", shape_text(x.shape),
                shape_text(b.shape), shape_text(y.shape));
        if (l.kind == op::maximum || l.kind == op::minimum) {
            for (const tensor* t : {&x, &b})
                if (t->type != y.type || t->quant.scale != y.quant.scale ||
                    t->quant.zero_point != y.quant.zero_point)
                    bad("its operands and its output differ in quantization");
            return;
        }
        const float largest = l.kind == op::mul ? x.quant.scale[0] * b.quant.scale[0]
                                                : std::max(x.quant.scale[0], b.quant.scale[0]);
        if (!std::isfinite(largest / y.quant.scale[0]) || largest / y.quant.scale[0] > 1e5f)
            bad("scales {} and {} do not fit output scale {}", x.quant.scale[0], b.quant.scale[0],
                y.quant.scale[0]);
    }

    void require_same_quantization(const layer& l) const {
        const tensor& x = input(l, 0);
        const tensor& y = output(l);
        if (x.type != y.type || x.quant.scale != y.quant.scale ||
            x.quant.zero_point != y.quant.zero_point)
            bad("changes the quantization of what it moves");
    }

    template <typename... Args>
    [[noreturn]] void bad(const char* format, const Args&... args) const {
        fail_network(
            file_, describe_layer(n_, layer_) + ": " + fmt::format(fmt::runtime(format), args...));
    }

    const tensor& tensor_at(int i, const char* what) const {
        if (i < 0 || static_cast<std::size_t>(i) >= n_.tensors.size()) {
            const std::string where =
                layer_ < n_.layers.size() ? describe_layer(n_, layer_) + ": " : std::string();
            fail_network(
                file_, fmt::format("{}{}: tensor index {} is out of range, the file has {} tensors",
                                   where, what, i, n_.tensors.size()));
        }
        return n_.tensors[static_cast<std::size_t>(i)];
    }
    const tensor& input(const layer& l, std::size_t k) const {
        if (k >= l.inputs.size())
            bad("has {} inputs, expected at least {}", l.inputs.size(), k + 1);
        return tensor_at(l.inputs[k], "input");
    }
    const tensor& output(const layer& l) const { return tensor_at(l.outputs[0], "output"); }

    void check_tensor(std::size_t i) const {
        const tensor& t = n_.tensors[i];
        const std::string who = fmt::format("tensor {} ('{}')", i, printable(t.name));
        std::int64_t elements = 1;
        for (int d : t.shape) {
            if (d <= 0)
                fail_network(file_,
                             fmt::format("{} has shape [{}]: dynamic and empty dimensions are not "
                                         "supported, export the network with fixed sizes",
                                         who, shape_text(t.shape)));
            elements *= d;
            if (elements > largest_tensor)
                fail_network(file_, fmt::format("{} has shape [{}]: more than {} elements", who,
                                                shape_text(t.shape), largest_tensor));
        }
        if (t.constant() && t.data.size() != t.bytes())
            fail_network(
                file_, fmt::format("{} holds {} bytes, its shape [{}] of {} needs {}", who,
                                   t.data.size(), shape_text(t.shape), name_of(t.type), t.bytes()));
        if (t.quant.scale.size() != t.quant.zero_point.size())
            fail_network(file_, fmt::format("{} has {} scales and {} zero points", who,
                                            t.quant.scale.size(), t.quant.zero_point.size()));
        for (float s : t.quant.scale)
            if (!(s > 0.0f) || !std::isfinite(s))
                fail_network(file_,
                             fmt::format("{} has scale {}, expected a positive number", who, s));
        for (std::int32_t z : t.quant.zero_point)
            if ((t.type == element::int8 && (z < -128 || z > 127)) ||
                (t.type == element::uint8 && (z < 0 || z > 255)))
                fail_network(file_, fmt::format("{} has zero point {}, outside the range of {}",
                                                who, z, name_of(t.type)));
    }

    void require_activation(const tensor& t, const char* what) const {
        const std::string where =
            layer_ < n_.layers.size() ? describe_layer(n_, layer_) + ": " : std::string();
        if (!is_activation_type(t.type))
            fail_network(file_,
                         fmt::format("{}{} '{}' is {}: the network is not int8, quantize it first",
                                     where, what, printable(t.name), name_of(t.type)));
        if (t.quant.scale.size() != 1)
            fail_network(file_, fmt::format("{}{} '{}' has {}, expected one scale and zero point",
                                            where, what, printable(t.name),
                                            t.quant.empty() ? "no quantization"
                                                            : "one quantization per channel"));
    }

    void require_rank(const tensor& t, std::size_t rank, const char* what) const {
        if (t.shape.size() != rank)
            bad("{} '{}' has shape [{}], expected {} dimensions", what, printable(t.name),
                shape_text(t.shape), rank);
    }
    void require_image(const tensor& t, const char* what) const {
        require_rank(t, 4, what);
        if (t.shape[0] != 1)
            bad("{} '{}' has a batch of {}, expected 1", what, printable(t.name), t.shape[0]);
    }

    void check_weights(const layer& l, std::size_t channels, std::size_t channel_axis) const {
        const tensor& weights = input(l, 1);
        if (!weights.constant())
            bad("its weights '{}' are not a constant", printable(weights.name));
        if (!is_activation_type(weights.type))
            bad("its weights '{}' are {}: the network is not int8, quantize it first",
                printable(weights.name), name_of(weights.type));
        if (weights.quant.scale.size() != 1 && weights.quant.scale.size() != channels)
            bad("its weights have {} scales, expected 1 or one for each of {} channels",
                weights.quant.scale.size(), channels);
        if (static_cast<std::size_t>(weights.shape[channel_axis]) != channels)
            bad("its weights have shape [{}], expected {} output channels",
                shape_text(weights.shape), channels);
        if (l.inputs.size() > 2 && l.inputs[2] != -1) {
            const tensor& bias = input(l, 2);
            if (!bias.constant() || bias.type != element::int32 || bias.elements() != channels)
                bad("its bias '{}' must be {} int32 constants", printable(bias.name), channels);
        }
    }

    void check_scales(const layer& l) const {
        // The combined factor must stay a finite, usable number in single precision.
        const float sx = input(l, 0).quant.scale[0];
        const float sy = output(l).quant.scale[0];
        std::vector<float> factors = {1.0f};
        if (has_weights(l.kind))
            factors = input(l, 1).quant.scale;
        for (float f : factors) {
            const float combined = sx * f / sy;
            if (!std::isfinite(combined) || combined > 1e9f)
                bad("scales {} x {} / {} are not usable", sx, f, sy);
        }
    }

    void check_window(const layer& l) const {
        const tensor& x = input(l, 0);
        const tensor& y = output(l);
        require_image(x, "input");
        require_image(y, "output");
        for (int v : {l.kernel_h, l.kernel_w, l.stride_h, l.stride_w, l.dilation_h, l.dilation_w})
            if (v < 1 || v > largest_window)
                bad("has a kernel, stride or dilation of {}, expected 1 to {}", v, largest_window);
        for (int v : {l.pad_top, l.pad_bottom, l.pad_left, l.pad_right})
            if (v < 0 || v > largest_window)
                bad("has a padding of {}, expected 0 to {}", v, largest_window);
        check_extent(l, "height", x.shape[1], y.shape[1], l.kernel_h, l.stride_h, l.dilation_h,
                     l.pad_top, l.pad_bottom);
        check_extent(l, "width", x.shape[2], y.shape[2], l.kernel_w, l.stride_w, l.dilation_w,
                     l.pad_left, l.pad_right);
    }

    void check_extent(const layer& l, const char* what, int in, int out, int kernel, int stride,
                      int dilation, int before, int after) const {
        const std::int64_t reach = static_cast<std::int64_t>(kernel - 1) * dilation + 1;
        const std::int64_t room = static_cast<std::int64_t>(in) + before + after - reach;
        const std::int64_t expected = room < 0 ? 0 : room / stride + 1;
        if (expected != out)
            bad("its output {} is {}, but input {}, kernel {}, stride {}, dilation {} and padding "
                "{}+{} "
                "give {}",
                what, out, in, kernel, stride, dilation, before, after, expected);
        const bool pool = l.kind == op::average_pool || l.kind == op::max_pool;
        if (pool && dilation > 1 && (before > 0 || after > 0))
            bad("dilates a padded window: this is not supported");
        if (pool && (before >= reach || after >= reach))
            bad("its padding {}+{} is not smaller than its window {}", before, after, reach);
    }

    void require_same_elements(const layer& l) const {
        if (input(l, 0).elements() != output(l).elements())
            bad("its input [{}] and output [{}] differ in size", shape_text(input(l, 0).shape),
                shape_text(output(l).shape));
    }

    void check_layer(const layer& l) const {
        const tensor& x = input(l, 0);
        const tensor& y = output(l);
        require_activation(x, "input");
        if (y.constant())
            bad("its output '{}' is a constant", printable(y.name));
        if (l.kind == op::dequantize) {
            if (y.type != element::float32)
                bad("its output is {}, expected float32", name_of(y.type));
            if (std::find(n_.outputs.begin(), n_.outputs.end(), l.outputs[0]) == n_.outputs.end())
                bad("it returns to float32 inside the network: the network is not int8");
            require_same_elements(l);
            return;
        }
        require_activation(y, "output");
        check_scales(l);
        const std::int32_t low = y.type == element::int8 ? -128 : 0;
        if (l.clamp_min < low || l.clamp_max > low + 255 || l.clamp_min > l.clamp_max)
            bad("its activation range [{}, {}] does not fit {}", l.clamp_min, l.clamp_max,
                name_of(y.type));
        switch (l.kind) {
            case op::conv2d: {
                require_rank(input(l, 1), 4, "weights");
                check_window(l);
                check_weights(l, static_cast<std::size_t>(y.shape[3]), 0);
                const std::vector<int>& w = input(l, 1).shape;
                if (w[1] != l.kernel_h || w[2] != l.kernel_w || x.shape[3] % w[3] != 0 ||
                    y.shape[3] % (x.shape[3] / w[3]) != 0)
                    bad("its weights have shape [{}], expected {}x{}x{}x{} or a whole number of "
                        "groups of them",
                        shape_text(w), y.shape[3], l.kernel_h, l.kernel_w, x.shape[3]);
                break;
            }
            case op::depthwise_conv2d: {
                require_rank(input(l, 1), 4, "weights");
                check_window(l);
                check_weights(l, static_cast<std::size_t>(y.shape[3]), 3);
                const std::vector<int>& w = input(l, 1).shape;
                if (w[0] != 1 || w[1] != l.kernel_h || w[2] != l.kernel_w)
                    bad("its weights have shape [{}], expected 1x{}x{}x{}", shape_text(w),
                        l.kernel_h, l.kernel_w, y.shape[3]);
                if (l.depth_multiplier < 1 ||
                    static_cast<std::int64_t>(x.shape[3]) * l.depth_multiplier != y.shape[3])
                    bad("{} input channels times depth multiplier {} are not {} output channels",
                        x.shape[3], l.depth_multiplier, y.shape[3]);
                break;
            }
            case op::fully_connected: {
                require_rank(input(l, 1), 2, "weights");
                const std::vector<int>& w = input(l, 1).shape;
                const auto depth = static_cast<std::size_t>(w[1]);
                if (x.elements() % depth != 0 ||
                    y.elements() != x.elements() / depth * static_cast<std::size_t>(w[0]))
                    bad("input [{}], weights [{}] and output [{}] do not fit", shape_text(x.shape),
                        shape_text(w), shape_text(y.shape));
                check_weights(l, static_cast<std::size_t>(w[0]), 0);
                break;
            }
            case op::add:
            case op::sub:
            case op::mul:
            case op::maximum:
            case op::minimum:
                check_pair(l);
                break;
            case op::transpose_conv2d: {
                require_image(x, "input");
                require_image(y, "output");
                require_rank(input(l, 1), 4, "weights");
                check_weights(l, static_cast<std::size_t>(y.shape[3]), 0);
                const std::vector<int>& w = input(l, 1).shape;
                if (w[1] != l.kernel_h || w[2] != l.kernel_w || w[3] != x.shape[3])
                    bad("its weights have shape [{}], expected {}x{}x{}x{}", shape_text(w),
                        y.shape[3], l.kernel_h, l.kernel_w, x.shape[3]);
                for (int v : {l.kernel_h, l.kernel_w, l.stride_h, l.stride_w})
                    if (v < 1 || v > largest_window)
                        bad("has a kernel or stride of {}, expected 1 to {}", v, largest_window);
                for (int v : {l.pad_top, l.pad_bottom, l.pad_left, l.pad_right})
                    if (v < 0 || v > largest_window)
                        bad("has a padding of {}, expected 0 to {}", v, largest_window);
                break;
            }
            case op::slice: {
                require_same_quantization(l);
                const std::size_t rank = x.shape.size();
                if (y.shape.size() != rank || l.begin.size() != rank || l.steps.size() != rank)
                    bad("slices [{}] to [{}]", shape_text(x.shape), shape_text(y.shape));
                for (std::size_t d = 0; d < rank; ++d)
                    if (l.begin[d] < 0 || l.steps[d] < 1 ||
                        l.begin[d] + std::int64_t{l.steps[d]} * (y.shape[d] - 1) >= x.shape[d])
                        bad("slices [{}] to [{}], which lies outside", shape_text(x.shape),
                            shape_text(y.shape));
                break;
            }
            case op::transpose: {
                require_same_quantization(l);
                std::vector<int> sorted = l.axes;
                std::sort(sorted.begin(), sorted.end());
                bool fit = sorted.size() == x.shape.size() && y.shape.size() == x.shape.size();
                for (std::size_t d = 0; fit && d < sorted.size(); ++d)
                    fit = sorted[d] == static_cast<int>(d);
                for (std::size_t d = 0; fit && d < sorted.size(); ++d)
                    fit = y.shape[d] == x.shape[static_cast<std::size_t>(l.axes[d])];
                if (!fit)
                    bad("permutes [{}] to [{}] by ({})", shape_text(x.shape), shape_text(y.shape),
                        shape_text(l.axes));
                break;
            }
            case op::resize_nearest:
            case op::resize_bilinear:
                require_image(x, "input");
                require_image(y, "output");
                require_same_quantization(l);
                if (x.shape[3] != y.shape[3])
                    bad("has {} input and {} output channels", x.shape[3], y.shape[3]);
                for (int extent : {x.shape[1], x.shape[2], y.shape[1], y.shape[2]})
                    if (extent > 16384)
                        bad("resizes an extent of {}, expected at most 16384", extent);
                break;
            case op::average_pool:
            case op::max_pool:
                check_window(l);
                if (x.shape[3] != y.shape[3])
                    bad("has {} input and {} output channels", x.shape[3], y.shape[3]);
                break;
            case op::mean: {
                require_image(x, "input");
                if (y.elements() != static_cast<std::size_t>(x.shape[3]))
                    bad("takes the mean over height and width of [{}]: its output [{}] should hold "
                        "{} "
                        "values",
                        shape_text(x.shape), shape_text(y.shape), x.shape[3]);
                break;
            }
            case op::pad: {
                require_image(x, "input");
                require_image(y, "output");
                if (l.paddings.size() != 4)
                    bad("has {} paddings, expected 4", l.paddings.size());
                for (int v : l.paddings)
                    if (v < 0 || v > largest_window)
                        bad("has a padding of {}, expected 0 to {}", v, largest_window);
                if (y.shape[1] != x.shape[1] + l.paddings[0] + l.paddings[1] ||
                    y.shape[2] != x.shape[2] + l.paddings[2] + l.paddings[3] ||
                    y.shape[3] != x.shape[3])
                    bad("pads [{}] by {} to [{}], which does not fit", shape_text(x.shape),
                        fmt::format("{}", fmt::join(l.paddings, ",")), shape_text(y.shape));
                break;
            }
            case op::concat: {
                if (l.axis < 0 || static_cast<std::size_t>(l.axis) >= y.shape.size())
                    bad("concatenates along axis {}, its output has {} dimensions", l.axis,
                        y.shape.size());
                std::int64_t sum = 0;
                for (std::size_t k = 0; k < l.inputs.size(); ++k) {
                    const tensor& part = input(l, k);
                    require_activation(part, "input");
                    if (part.shape.size() != y.shape.size())
                        bad("its inputs differ in the number of dimensions");
                    for (std::size_t d = 0; d < y.shape.size(); ++d)
                        if (d != static_cast<std::size_t>(l.axis) && part.shape[d] != y.shape[d])
                            bad("input [{}] does not fit output [{}]", shape_text(part.shape),
                                shape_text(y.shape));
                    const float ratio = part.quant.scale[0] / y.quant.scale[0];
                    if (!std::isfinite(ratio) || ratio > 1e9f)
                        bad("scales {} / {} are not usable", part.quant.scale[0], y.quant.scale[0]);
                    sum += part.shape[static_cast<std::size_t>(l.axis)];
                }
                if (sum != y.shape[static_cast<std::size_t>(l.axis)])
                    bad("its inputs have {} entries along the axis, its output {}", sum,
                        y.shape[static_cast<std::size_t>(l.axis)]);
                break;
            }
            case op::softmax:
                require_same_elements(l);
                if (x.shape.empty() || x.shape != y.shape)
                    bad("its input [{}] and output [{}] differ", shape_text(x.shape),
                        shape_text(y.shape));
                if (!(l.beta > 0.0f) || l.beta > 1e6f)
                    bad("has beta {}, expected a positive number", l.beta);
                break;
            case op::reshape:
            case op::quantize:
            case op::relu:
            case op::logistic:
            case op::tanh:
            case op::leaky_relu:
            case op::hard_swish:
            case op::dequantize:
                require_same_elements(l);
                break;
        }
        if (l.kind == op::leaky_relu && !(std::abs(l.alpha) <= 1e3f))
            bad("has a slope of {}, expected at most 1000", l.alpha);
        if (l.kind == op::reshape && (x.type != y.type || x.quant.scale != y.quant.scale ||
                                      x.quant.zero_point != y.quant.zero_point))
            bad("changes the quantization of what it reshapes");
    }

    const network& n_;
    const std::string& file_;
    std::size_t layer_ = static_cast<std::size_t>(-1);
};

}  // namespace

void fail_network(const std::string& file, const std::string& message) {
    // Messages quote names from the file: nothing in them may steer a terminal.
    std::string clean = message;
    for (char& c : clean)
        if ((c >= 0 && c < ' ') || c == 127)
            c = '?';
    throw input_error(exit_code::usage, file + ": " + clean);
}

std::string describe_layer(const network& n, std::size_t index) {
    const layer& l = n.layers.at(index);
    return fmt::format("layer {} ({} '{}')", index, name_of(l.kind), printable(l.name));
}

void check_arithmetic(const network& n, const std::string& file) {
    if (n.arithmetic != rounding::imx500)
        return;
    for (const tensor& t : n.tensors) {
        if (t.constant() || t.quant.empty())
            continue;
        int exponent = 0;
        if (std::frexp(t.quant.scale[0], &exponent) != 0.5f)
            fail_network(file, fmt::format("tensor '{}' has scale {}: rounding imx500 needs scales "
                                           "that are powers of two",
                                           printable(t.name), t.quant.scale[0]));
    }
}

void check_network(const network& n, const std::string& file) {
    checker(n, file).run();
}

}  // namespace ocellus::dsp
