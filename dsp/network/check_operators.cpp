// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/diagnostics.h"
#include "dsp/network/check.h"
#include "dsp/network/checker.h"
#include "dsp/network/graph_edit.h"

namespace ocellus::dsp::check_detail {

bool checker::has_weights(op o) {
    return o == op::conv2d || o == op::depthwise_conv2d || o == op::fully_connected ||
           o == op::transpose_conv2d;
}

bool checker::broadcasts(const std::vector<int>& from, const std::vector<int>& to) {
    if (from.size() > to.size())
        return false;
    const std::size_t lead = to.size() - from.size();
    for (std::size_t d = 0; d < from.size(); ++d)
        if (from[d] != 1 && from[d] != to[d + lead])
            return false;
    return true;
}

void checker::check_pair(const layer& l) const {
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
    if (l.kind == op::compare)
        return;
    if (size_of(b.type) != size_of(x.type))
        bad("its operands are {} and {}", name_of(x.type), name_of(b.type));
    if (l.kind == op::div) {
        const float quotient = x.quant.scale[0] / b.quant.scale[0] / y.quant.scale[0];
        if (!std::isfinite(quotient) || quotient > 1e6f)
            bad("scales {} / {} / {} are not usable", x.quant.scale[0], b.quant.scale[0],
                y.quant.scale[0]);
        return;
    }
    const float largest = l.kind == op::mul || l.kind == op::prelu
                              ? x.quant.scale[0] * b.quant.scale[0]
                              : std::max(x.quant.scale[0], b.quant.scale[0]);
    if (!std::isfinite(largest / y.quant.scale[0]) || largest / y.quant.scale[0] > 1e5f)
        bad("scales {} and {} do not fit output scale {}", x.quant.scale[0], b.quant.scale[0],
            y.quant.scale[0]);
}

void checker::require_same_quantization(const layer& l) const {
    const tensor& x = input(l, 0);
    const tensor& y = output(l);
    if (x.type != y.type || x.quant.scale != y.quant.scale ||
        x.quant.zero_point != y.quant.zero_point)
        bad("changes the quantization of what it moves");
}

void checker::require_rank(const tensor& t, std::size_t rank, const char* what) const {
    if (t.shape.size() != rank)
        bad("{} '{}' has shape [{}], expected {} dimensions", what, printable(t.name),
            shape_text(t.shape), rank);
}

void checker::require_image(const tensor& t, const char* what) const {
    require_rank(t, 4, what);
    const std::vector<int>& shape = output(n_.layers[layer_]).shape;
    if (t.shape[0] > 4096 || (shape.size() == 4 && t.shape[0] != shape[0]))
        bad("{} '{}' has a batch of {}", what, printable(t.name), t.shape[0]);
}

void checker::check_weights(const layer& l, std::size_t channels, std::size_t channel_axis) const {
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
        bad("its weights have shape [{}], expected {} output channels", shape_text(weights.shape),
            channels);
    if (l.inputs.size() > 2 && l.inputs[2] != -1) {
        const tensor& bias = input(l, 2);
        const bool wide = input(l, 0).type == element::int16 && bias.type == element::int64;
        if (!bias.constant() || (bias.type != element::int32 && !wide) ||
            bias.elements() != channels)
            bad("its bias '{}' is {} x {}, expected {} int32 constants", printable(bias.name),
                bias.elements(), name_of(bias.type), channels);
    }
}

void checker::check_scales(const layer& l) const {
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

void checker::check_window(const layer& l) const {
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

void checker::check_extent(const layer& l, const char* what, int in, int out, int kernel,
                           int stride, int dilation, int before, int after) const {
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

void checker::require_same_elements(const layer& l) const {
    if (input(l, 0).elements() != output(l).elements())
        bad("its input [{}] and output [{}] differ in size", shape_text(input(l, 0).shape),
            shape_text(output(l).shape));
}

void checker::require_type(const tensor& t, const char* what,
                           std::initializer_list<element> types) const {
    if (std::find(types.begin(), types.end(), t.type) != types.end())
        return;
    std::string expected;
    for (element e : types)
        expected += (expected.empty() ? "" : " or ") + std::string(name_of(e));
    bad("{} '{}' is {}, expected {}", what, printable(t.name), name_of(t.type), expected);
}

/// float32, or integers with a scale.
void checker::require_real(const tensor& t, const char* what) const {
    if (t.type != element::float32)
        require_activation(t, what);
}

bool checker::check_other_types(const layer& l) const {
    const tensor& x = input(l, 0);
    const tensor& y = output(l);
    const std::size_t rank = x.shape.size();
    const auto read_by_scalar_unit_only = [&](int t) {
        for (const layer& k : n_.layers)
            for (int i : k.inputs)
                if (i == t && k.kind != op::detection_postprocess &&
                    k.kind != op::non_max_suppression && k.kind != op::cast &&
                    k.kind != op::quantize)
                    return false;
        return true;
    };
    switch (l.kind) {
        case op::dequantize: {
            if (y.type != element::float32)
                bad("its output is {}, expected float32", name_of(y.type));
            const bool last =
                std::find(n_.outputs.begin(), n_.outputs.end(), l.outputs[0]) != n_.outputs.end();
            if (!last && !read_by_scalar_unit_only(l.outputs[0]))
                bad("it returns to float32 inside the network: the network is not int8");
            require_same_elements(l);
            require_type(x, "input",
                         {element::int8, element::uint8, element::int16, element::int32});
            if (x.quant.scale.size() > 1 &&
                (l.axis < 0 || static_cast<std::size_t>(l.axis) >= rank ||
                 static_cast<std::size_t>(x.shape[static_cast<std::size_t>(l.axis)]) !=
                     x.quant.scale.size()))
                bad("has {} scales, which do not fit its axis", x.quant.scale.size());
            if (x.quant.empty())
                bad("input '{}' has no quantization", printable(x.name));
            return true;
        }
        case op::quantize: {
            if (x.type != element::float32)
                return false;
            require_type(y, "output", {element::int8, element::uint8, element::int16});
            require_same_elements(l);
            if (y.quant.empty())
                bad("output '{}' has no quantization", printable(y.name));
            if (y.quant.scale.size() > 1 &&
                (l.axis < 0 || static_cast<std::size_t>(l.axis) >= y.shape.size() ||
                 static_cast<std::size_t>(y.shape[static_cast<std::size_t>(l.axis)]) !=
                     y.quant.scale.size()))
                bad("has {} scales, which do not fit its axis", y.quant.scale.size());
            return true;
        }
        case op::dynamic_quantize:
            require_type(x, "input", {element::float32});
            require_type(y, "output", {element::uint8});
            require_same_elements(l);
            require_type(tensor_at(l.outputs[1], "output"), "scale", {element::float32});
            require_type(tensor_at(l.outputs[2], "output"), "zero point", {element::uint8});
            return true;
        case op::cast:
            require_same_elements(l);
            return true;
        case op::reshape:
        case op::slice:
        case op::transpose: {
            // Indices, booleans and float results of the scalar unit may be moved.
            if (is_activation_type(x.type) && !x.quant.empty())
                return false;
            if (x.type == element::int16)
                return false;
            if (x.type != y.type)
                bad("changes the type of what it moves");
            if (l.kind != op::reshape)
                return false;
            require_same_elements(l);
            return true;
        }
        case op::compare: {
            require_type(y, "output", {element::boolean});
            require_activation(x, "input");
            check_pair(l);
            return true;
        }
        case op::arg_max:
        case op::arg_min: {
            require_activation(x, "input");
            require_type(y, "output", {element::int32, element::int64});
            if (l.axis < 0 || static_cast<std::size_t>(l.axis) >= rank)
                bad("works along axis {} of {}", l.axis, rank);
            if (y.elements() *
                    static_cast<std::size_t>(x.shape[static_cast<std::size_t>(l.axis)]) !=
                x.elements())
                bad("its input [{}] and output [{}] do not fit", shape_text(x.shape),
                    shape_text(y.shape));
            return true;
        }
        case op::top_k: {
            require_activation(x, "input");
            require_activation(y, "output");
            require_same_quantization(l);
            if (rank == 0 || y.shape.size() != rank || y.shape.back() > x.shape.back() ||
                y.elements() / static_cast<std::size_t>(y.shape.back()) !=
                    x.elements() / static_cast<std::size_t>(x.shape.back()))
                bad("takes [{}] of [{}]", shape_text(y.shape), shape_text(x.shape));
            if (l.outputs.size() > 1) {
                const tensor& index = tensor_at(l.outputs[1], "output");
                require_type(index, "indices", {element::int32, element::int64});
                if (index.elements() != y.elements())
                    bad("has [{}] values and [{}] indices", shape_text(y.shape),
                        shape_text(index.shape));
            }
            return true;
        }
        case op::gather: {
            require_same_quantization(l);
            const tensor& list = input(l, 1);
            require_type(list, "indices", {element::int32, element::int64});
            if (l.axis < 0 || static_cast<std::size_t>(l.axis) >= rank)
                bad("gathers along axis {} of {}", l.axis, rank);
            const auto extent = static_cast<std::size_t>(x.shape[static_cast<std::size_t>(l.axis)]);
            if (y.elements() != x.elements() / extent * list.elements())
                bad("gathers [{}] of [{}] to [{}]", shape_text(list.shape), shape_text(x.shape),
                    shape_text(y.shape));
            return true;
        }
        case op::detection_postprocess:
        case op::non_max_suppression:
            check_detection(l);
            return true;
        default:
            return false;
    }
}

void checker::check_detection(const layer& l) const {
    const tensor &x = input(l, 0), &scores = input(l, 1);
    require_real(x, "boxes");
    require_real(scores, "scores");
    const detection_settings& d = l.detection;
    constexpr int largest = 1 << 16;
    if (d.max_detections < 1 || d.max_detections > largest)
        bad("keeps {} detections, expected 1 to {}", d.max_detections, largest);
    for (float f : {d.iou_threshold, d.score_threshold, d.sigma})
        if (std::isnan(f))
            bad("has a threshold that is not a number");
    const std::uint64_t pairs = scores.elements() * static_cast<std::uint64_t>(d.max_detections);
    if (pairs > std::uint64_t{1} << 27)
        bad("compares {} pairs of boxes, expected at most {}", pairs, 1 << 27);
    if (l.kind == op::non_max_suppression) {
        const std::size_t rank = d.by_class ? 3 : 2;
        if (x.shape.size() != rank || x.shape.back() != 4)
            bad("boxes '{}' have shape [{}], expected {}", printable(x.name), shape_text(x.shape),
                d.by_class ? "batches x boxes x 4" : "boxes x 4");
        const bool fit = d.by_class ? scores.shape.size() == 3 && scores.shape[0] == x.shape[0] &&
                                          scores.shape[2] == x.shape[1]
                                    : scores.elements() == static_cast<std::size_t>(x.shape[0]);
        if (!fit)
            bad("boxes [{}] and scores [{}] do not fit", shape_text(x.shape),
                shape_text(scores.shape));
        require_type(output(l), "indices", {element::int32, element::int64});
        if (d.by_class && output(l).elements() % 3 != 0)
            bad("its output [{}] should have rows of three", shape_text(output(l).shape));
        if (!d.by_class && output(l).elements() > static_cast<std::size_t>(largest))
            bad("its output is too large");
        if (!d.by_class) {
            require_type(tensor_at(l.outputs.back(), "output"), "count",
                         {element::int32, element::int64});
            if (l.outputs.size() == 3) {
                const tensor& s = tensor_at(l.outputs[1], "output");
                require_type(s, "scores", {element::float32});
                if (s.elements() != output(l).elements())
                    bad("its indices and scores differ in number");
            }
        }
        return;
    }
    const tensor& anchors = input(l, 2);
    require_real(anchors, "anchors");
    if (x.shape.size() != 3 || x.shape[0] != 1 || x.shape[2] < 4)
        bad("boxes '{}' have shape [{}], expected 1 x boxes x 4", printable(x.name),
            shape_text(x.shape));
    if (anchors.elements() != static_cast<std::size_t>(x.shape[1]) * 4 ||
        scores.shape.size() != 3 || scores.shape[1] != x.shape[1])
        bad("boxes [{}], scores [{}] and anchors [{}] do not fit", shape_text(x.shape),
            shape_text(scores.shape), shape_text(anchors.shape));
    if (d.classes < 1 || scores.shape[2] < d.classes || scores.shape[2] > d.classes + 1)
        bad("has {} classes and {} scores of each box", d.classes, scores.shape[2]);
    if (d.max_classes_per_detection < 1 || d.detections_per_class < 1)
        bad("keeps {} classes of a box and {} boxes of a class", d.max_classes_per_detection,
            d.detections_per_class);
    for (float f : {d.y_scale, d.x_scale, d.h_scale, d.w_scale})
        if (!(f > 0.0f) || !std::isfinite(f))
            bad("has a box scale of {}, expected a positive number", f);
    const std::size_t places = tensor_at(l.outputs[1], "output").elements();
    for (std::size_t i = 0; i < 4; ++i) {
        const tensor& t = tensor_at(l.outputs[i], "output");
        require_type(t, "output", {element::float32});
        const std::size_t expected = i == 0 ? 4 * places : i == 3 ? 1 : places;
        if (t.elements() != expected)
            bad("its output '{}' has shape [{}], expected {} numbers", printable(t.name),
                shape_text(t.shape), expected);
    }
}

void checker::check_reduction(const layer& l) const {
    const tensor &x = input(l, 0), &y = output(l);
    std::vector<bool> used(x.shape.size(), false);
    std::size_t count = 1;
    for (int a : l.axes) {
        if (a < 0 || static_cast<std::size_t>(a) >= used.size() ||
            used[static_cast<std::size_t>(a)])
            bad("reduces axes ({}) of [{}]", shape_text(l.axes), shape_text(x.shape));
        used[static_cast<std::size_t>(a)] = true;
        count *= static_cast<std::size_t>(x.shape[static_cast<std::size_t>(a)]);
    }
    if (l.axes.empty() || y.elements() * count != x.elements())
        bad("reduces axes ({}) of [{}] to [{}]", shape_text(l.axes), shape_text(x.shape),
            shape_text(y.shape));
    if (count > std::size_t{1} << 22)
        bad("reduces {} numbers to one, expected at most {}", count, std::size_t{1} << 22);
    if (l.kind == op::reduce_max || l.kind == op::reduce_min)
        require_same_quantization(l);
}

void checker::check_matmul(const layer& l) const {
    const tensor &a = input(l, 0), &b = input(l, 1), &y = output(l);
    if (!b.constant() || b.quant.scale.size() == 1)
        require_activation(b, "input");
    const std::size_t ra = a.shape.size(), rb = b.shape.size(), ry = y.shape.size();
    if (ra < 2 || rb < 2 || ry != std::max(ra, rb))
        bad("multiplies [{}] by [{}]", shape_text(a.shape), shape_text(b.shape));
    const int rows = a.shape[ra - (l.turn_a ? 1 : 2)], depth = a.shape[ra - (l.turn_a ? 2 : 1)];
    const int columns = b.shape[rb - (l.turn_b ? 2 : 1)], other = b.shape[rb - (l.turn_b ? 1 : 2)];
    const auto batches = [](const std::vector<int>& s) {
        return std::vector<int>(s.begin(), s.end() - 2);
    };
    if (depth != other || y.shape[ry - 2] != rows || y.shape[ry - 1] != columns ||
        !broadcasts(batches(a.shape), batches(y.shape)) ||
        !broadcasts(batches(b.shape), batches(y.shape)))
        bad("multiplies [{}] by [{}] to [{}], which do not fit", shape_text(a.shape),
            shape_text(b.shape), shape_text(y.shape));
    if (b.quant.scale.size() != 1 && b.quant.scale.size() != static_cast<std::size_t>(columns))
        bad("has {} scales for {} columns", b.quant.scale.size(), columns);
    if (b.quant.empty())
        bad("input '{}' has no quantization", printable(b.name));
    if (l.inputs.size() > 2 && l.inputs[2] != -1) {
        const tensor& bias = input(l, 2);
        if (!bias.constant() || bias.type != element::int32 ||
            bias.elements() != static_cast<std::size_t>(columns))
            bad("its bias '{}' must be {} int32 constants", printable(bias.name), columns);
    }
}

void checker::check_block(const layer& l) const {
    const tensor &x = input(l, 0), &y = output(l);
    require_rank(x, 4, "input");
    require_rank(y, 4, "output");
    require_same_quantization(l);
    const bool space_first = l.kind == op::space_to_depth || l.kind == op::space_to_batch;
    const std::vector<int>& picture = space_first ? x.shape : y.shape;
    const std::vector<int>& parts = space_first ? y.shape : x.shape;
    for (int b : {l.kernel_h, l.kernel_w})
        if (b < 1 || b > 64)
            bad("has a block of {}, expected 1 to 64", b);
    if (l.kind == op::space_to_depth || l.kind == op::depth_to_space) {
        const int b = l.kernel_h;
        if (parts[0] != picture[0] || std::int64_t{parts[1]} * b != picture[1] ||
            std::int64_t{parts[2]} * b != picture[2] ||
            std::int64_t{picture[3]} * b * b != parts[3])
            bad("turns [{}] into [{}] by blocks of {}", shape_text(x.shape), shape_text(y.shape),
                b);
        return;
    }
    if (l.paddings.size() != 4)
        bad("has {} paddings, expected 4", l.paddings.size());
    for (int p : l.paddings)
        if (p < 0 || p > largest_window)
            bad("has a padding of {}, expected 0 to {}", p, largest_window);
    if (std::int64_t{picture[0]} * l.kernel_h * l.kernel_w != parts[0] ||
        std::int64_t{picture[1]} + l.paddings[0] + l.paddings[1] !=
            std::int64_t{parts[1]} * l.kernel_h ||
        std::int64_t{picture[2]} + l.paddings[2] + l.paddings[3] !=
            std::int64_t{parts[2]} * l.kernel_w ||
        picture[3] != parts[3])
        bad("turns [{}] into [{}] by blocks of {}x{}", shape_text(x.shape), shape_text(y.shape),
            l.kernel_h, l.kernel_w);
}

void checker::check_layer(const layer& l) const {
    const tensor& x = input(l, 0);
    const tensor& y = output(l);
    for (int o : l.outputs)
        if (tensor_at(o, "output").constant())
            bad("its output '{}' is a constant", printable(tensor_at(o, "output").name));
    if (check_other_types(l))
        return;
    require_activation(x, "input");
    // ONNX's integer products give their accumulators.
    const bool sums =
        y.type == element::int32 && (has_weights(l.kind) || l.kind == op::batch_matmul);
    if (!sums)
        require_activation(y, "output");
    else if (y.quant.scale.size() != 1)
        bad("output '{}' has no quantization", printable(y.name));
    if (has_weights(l.kind) && input(l, 1).quant.empty())
        bad("its weights '{}' have no quantization", printable(input(l, 1).name));
    check_scales(l);
    if ((x.type == element::int16) != (y.type == element::int16) && l.kind != op::quantize && !sums)
        bad("its input is {} and its output {}", name_of(x.type), name_of(y.type));
    const std::int32_t low = lowest_of(y.type), high = highest_of(y.type);
    if (!sums && (l.clamp_min < low || l.clamp_max > high || l.clamp_min > l.clamp_max))
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
                bad("its weights have shape [{}], expected 1x{}x{}x{}", shape_text(w), l.kernel_h,
                    l.kernel_w, y.shape[3]);
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
        case op::div:
        case op::prelu:
            check_pair(l);
            break;
        case op::batch_matmul:
            check_matmul(l);
            break;
        case op::reduce_max:
        case op::reduce_min:
        case op::reduce_sum:
            check_reduction(l);
            break;
        case op::space_to_depth:
        case op::depth_to_space:
        case op::space_to_batch:
        case op::batch_to_space:
            check_block(l);
            break;
        case op::arg_max:
        case op::arg_min:
        case op::top_k:
        case op::gather:
        case op::cast:
        case op::compare:
        case op::dynamic_quantize:
        case op::detection_postprocess:
        case op::non_max_suppression:
            break;  // in check_other_types()
        case op::transpose_conv2d: {
            require_image(x, "input");
            require_image(y, "output");
            require_rank(input(l, 1), 4, "weights");
            check_weights(l, static_cast<std::size_t>(y.shape[3]), 0);
            const std::vector<int>& w = input(l, 1).shape;
            if (w[1] != l.kernel_h || w[2] != l.kernel_w || w[3] != x.shape[3])
                bad("its weights have shape [{}], expected {}x{}x{}x{}", shape_text(w), y.shape[3],
                    l.kernel_h, l.kernel_w, x.shape[3]);
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
            if (l.kind == op::resize_nearest || !l.resize.onnx)
                require_same_quantization(l);
            if (!(l.resize.scale_h > 0.0f) || !(l.resize.scale_w > 0.0f))
                bad("has scales of {} and {}", l.resize.scale_h, l.resize.scale_w);
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
            if (!l.axes.empty()) {
                check_reduction(l);
                break;
            }
            require_image(x, "input");
            if (y.elements() !=
                static_cast<std::size_t>(x.shape[0]) * static_cast<std::size_t>(x.shape[3]))
                bad("takes the mean over height and width of [{}]: its output [{}] should hold "
                    "{} "
                    "values",
                    shape_text(x.shape), shape_text(y.shape), x.shape[3]);
            break;
        }
        case op::pad: {
            const std::size_t rank = y.shape.size();
            std::vector<int> p = l.paddings;
            if (p.size() == 4 && rank == 4)
                p = {0, 0, p[0], p[1], p[2], p[3], 0, 0};
            if (x.shape.size() != rank || p.size() != 2 * rank)
                bad("has {} paddings for [{}]", l.paddings.size(), shape_text(x.shape));
            for (std::size_t d = 0; d < rank; ++d) {
                for (int v : {p[2 * d], p[2 * d + 1]})
                    if (v < 0 || v > largest_window)
                        bad("has a padding of {}, expected 0 to {}", v, largest_window);
                const int reach = l.mirror ? x.shape[d] - (l.mirror_edge ? 0 : 1) : largest_window;
                if (p[2 * d] > reach || p[2 * d + 1] > reach)
                    bad("mirrors {} and {} of {} numbers", p[2 * d], p[2 * d + 1], x.shape[d]);
                if (std::int64_t{x.shape[d]} + p[2 * d] + p[2 * d + 1] != y.shape[d])
                    bad("pads [{}] by {} to [{}], which does not fit", shape_text(x.shape),
                        fmt::format("{}", fmt::join(l.paddings, ",")), shape_text(y.shape));
            }
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
                if (part.type == element::int16 && part.quant.scale != y.quant.scale)
                    bad("int16 parts of different scales are not supported");
                if (size_of(part.type) != size_of(y.type))
                    bad("its inputs are {} and {}", name_of(part.type), name_of(y.type));
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
        case op::swish:
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

}  // namespace ocellus::dsp::check_detail
