// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"

namespace ocellus::dsp::onnx_detail {

value onnx_reader::concatenation(const onnx::NodeProto& node, std::vector<value> parts) {
    const bool alike = std::all_of(parts.begin(), parts.end(), [&](const value& part) {
        return part.layout == parts.front().layout && part.layout != order::flat_channels;
    });
    for (value& part : parts)
        if (!alike)
            part = in_file_order(part, node_name_);
    const value& first = parts.front();
    value v = start(node, op::concat, first);
    v.draft.inputs.clear();
    const int rank = static_cast<int>(first.shape.size());
    std::int64_t axis = attributes(node).integer("axis", 0);
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
        bad(fmt::format("concatenates along axis {}", axis));
    const auto at = static_cast<std::size_t>(axis);
    std::int64_t sum = 0;
    for (const value& part : parts) {
        if (part.shape.size() != first.shape.size())
            bad("its inputs differ in shape");
        v.draft.inputs.push_back(part.tensor_index);
        sum += part.shape[at];
    }
    if (sum > largest_elements)
        bad("its output is too large");
    v.shape[at] = static_cast<int>(sum);
    static constexpr int channels_last_axis[] = {0, 3, 1, 2};
    v.draft.axis =
        first.layout == order::channels_first ? channels_last_axis[at] : static_cast<int>(at);
    return v;
}

value onnx_reader::reshaped(const onnx::NodeProto& node, const value& input_value,
                            const std::vector<int>& shape) {
    if (shape == input_value.shape)
        return input_value;
    const auto picture = [](const value& v) {
        return v.layout == order::channels_first && v.shape.size() == 4;
    };
    const auto same_bytes = [&](const value& v) {
        return !picture(v) || v.shape[1] == 1 || (v.shape[2] == 1 && v.shape[3] == 1);
    };
    const bool flattens =
        picture(input_value) && shape.size() == 2 && shape[0] == input_value.shape[0];
    // What flattened a picture may be undone.
    const bool unfolds = input_value.layout == order::flat_channels && shape.size() == 4 &&
                         shape[0] == input_value.shape[0] &&
                         std::equal(shape.begin() + 1, shape.end(), input_value.image.begin());
    value x = input_value;
    if (!unfolds && (x.layout == order::flat_channels || (!same_bytes(x) && !flattens)))
        x = in_file_order(x, node_name_);
    value v = x;
    v.shape = shape;
    if (unfolds) {
        v.layout = order::channels_first;
        v.image.clear();
    } else if (!same_bytes(x)) {
        v.layout = order::flat_channels;
        v.image = {x.shape[1], x.shape[2], x.shape[3]};
    } else {
        // Four dimensions are a picture again when a picture of one channel or one pixel
        // results.
        const bool trivial =
            shape.size() == 4 && (shape[1] == 1 || (shape[2] == 1 && shape[3] == 1));
        v.layout = trivial ? order::channels_first : order::natural;
    }
    if (x.what == value::kind::float_input)
        return v;
    if (x.what == value::kind::pending)
        bad("reshapes a float result that no QuantizeLinear follows");
    // A layer of its own, unless only the file's view of the same bytes changes.
    if (memory_shape(v) != tensor_at(x.tensor_index).shape) {
        v.tensor_index =
            moved_tensor(x.tensor_index, op::reshape, memory_shape(v), {}, node.output(0));
    }
    return v;
}

std::int64_t onnx_reader::elements_of(const std::vector<int>& shape) {
    std::int64_t n = 1;
    for (int d : shape)
        n *= d;
    return n;
}

std::vector<int> onnx_reader::target_shape(const onnx::NodeProto& node, const value& x) {
    const std::string& kind = node.op_type();
    const attributes a(node);
    const int rank = static_cast<int>(x.shape.size());
    std::vector<int> shape;
    if (kind == "Reshape") {
        const std::vector<std::int64_t> wanted = integer_list(node, 1);
        std::int64_t known = 1;
        int open = -1;
        for (std::size_t d = 0; d < wanted.size(); ++d) {
            std::int64_t extent = wanted[d];
            if (extent == 0 && d < x.shape.size() && a.integer("allowzero", 0) == 0)
                extent = x.shape[d];
            if (extent == -1 && open < 0) {
                open = static_cast<int>(d);
                extent = 1;
            }
            if (extent < 1 || extent > largest_elements || known > largest_elements / extent)
                bad(fmt::format("reshapes to a dimension of {}", wanted[d]));
            known *= extent;
            shape.push_back(static_cast<int>(extent));
        }
        if (open >= 0)
            shape[static_cast<std::size_t>(open)] = static_cast<int>(elements_of(x.shape) / known);
    } else if (kind == "Flatten") {
        std::int64_t axis = a.integer("axis", 1);
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis > rank)
            bad(fmt::format("flattens from axis {}", axis));
        const auto middle = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
        shape = {static_cast<int>(elements_of({x.shape.begin(), middle})),
                 static_cast<int>(elements_of({middle, x.shape.end()}))};
    } else {
        std::vector<std::int64_t> axes =
            has_input(node, 1) ? integer_list(node, 1) : a.integers("axes");
        const bool insert = kind == "Unsqueeze";
        const auto full =
            static_cast<std::int64_t>(rank) + (insert ? static_cast<std::int64_t>(axes.size()) : 0);
        std::set<std::int64_t> chosen;
        for (std::int64_t axis : axes)
            chosen.insert(axis < 0 ? axis + full : axis);
        if (!insert && axes.empty())
            for (int d = 0; d < rank; ++d)
                if (x.shape[static_cast<std::size_t>(d)] == 1)
                    chosen.insert(d);
        std::size_t from = 0;
        for (std::int64_t d = 0; d < full; ++d) {
            const bool hit = chosen.count(d) != 0;
            if (insert && hit) {
                shape.push_back(1);
            } else if (!hit) {
                if (from >= x.shape.size())
                    bad("its axes do not fit its input");
                shape.push_back(x.shape[from++]);
            } else {
                ++from;
            }
        }
    }
    if (shape.empty() || elements_of(shape) != elements_of(x.shape))
        bad(fmt::format("reshapes [{}] to [{}]", fmt::join(x.shape, "x"), fmt::join(shape, "x")));
    return shape;
}

value onnx_reader::transposed(const onnx::NodeProto& node, const value& x) {
    std::vector<std::int64_t> perm = attributes(node).integers("perm");
    if (perm.empty())
        for (std::size_t d = x.shape.size(); d-- > 0;)
            perm.push_back(static_cast<std::int64_t>(d));
    std::vector<std::int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    bool valid = perm.size() == x.shape.size();
    for (std::size_t d = 0; valid && d < sorted.size(); ++d)
        valid = sorted[d] == static_cast<std::int64_t>(d);
    if (!valid)
        bad("its perm is not a permutation of the dimensions");
    if (x.what == value::kind::constant_value || x.what == value::kind::constant_view)
        return permuted_constant(x, perm);
    value v = x;
    for (std::size_t d = 0; d < perm.size(); ++d)
        v.shape[d] = x.shape[static_cast<std::size_t>(perm[d])];
    if (v.shape == x.shape && sorted == perm)
        return v;
    const bool to_first = perm == std::vector<std::int64_t>{0, 3, 1, 2};
    const bool to_last = perm == std::vector<std::int64_t>{0, 2, 3, 1};
    if (to_first && x.layout == order::natural) {
        v.layout = order::channels_first;
        return v;
    }
    if (to_last && x.layout == order::channels_first) {
        v.layout = order::natural;
        return v;
    }
    // Moving dimensions of one around changes nothing.
    std::vector<std::int64_t> order_of_long;
    for (std::int64_t p : perm)
        if (x.shape[static_cast<std::size_t>(p)] != 1)
            order_of_long.push_back(p);
    const bool only_ones = std::is_sorted(order_of_long.begin(), order_of_long.end());
    if (x.what == value::kind::float_input) {
        if (x.layout == order::natural && only_ones)
            return v;
        bad("permutes a float input: quantize it first");
    }
    const value from = x.layout == order::flat_channels ? in_file_order(x, node_name_) : x;
    v.layout = order::natural;
    v.image.clear();
    if (from.layout == order::natural && only_ones) {
        v.tensor_index = moved_tensor(from.tensor_index, op::reshape, v.shape, {}, node.output(0));
        return v;
    }
    std::vector<int> axes;
    for (std::int64_t p : perm)
        axes.push_back(memory_axis(from, static_cast<std::size_t>(p)));
    v.tensor_index =
        moved_tensor(from.tensor_index, op::transpose, v.shape, std::move(axes), node.output(0));
    return v;
}

value onnx_reader::padded(const onnx::NodeProto& node, const value& input_view) {
    const value x = as_picture(input_view, input_name(node, 0));
    const attributes a(node);
    if (a.text("mode", "constant") != "constant")
        bad("pads by '" + a.text("mode", "constant") + "', expected 'constant'");
    const std::vector<std::int64_t> pads =
        has_input(node, 1) ? integer_list(node, 1) : a.integers("pads");
    if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0)
        bad("only padding of height and width is supported");
    for (std::int64_t p : pads)
        if (p < 0 || p > 4096)
            bad(fmt::format("has a padding of {}, expected 0 to 4096", p));
    if (has_input(node, 3))
        bad("names the dimensions it pads: this is not supported");
    float fill = a.real("value", 0.0f);
    if (has_input(node, 2)) {
        const constant& c = constant_input(node, 2);
        fill = c.is_float() && c.reals.size() == 1 ? c.reals[0] : 1.0f;
    }
    if (fill != 0.0f)
        bad("pads with something else than 0");
    value v = start(node, op::pad, x);
    v.draft.paddings = {static_cast<int>(pads[2]), static_cast<int>(pads[6]),
                        static_cast<int>(pads[3]), static_cast<int>(pads[7])};
    v.shape[2] += v.draft.paddings[0] + v.draft.paddings[1];
    v.shape[3] += v.draft.paddings[2] + v.draft.paddings[3];
    return v;
}

value onnx_reader::sliced(const onnx::NodeProto& node, const value& x,
                          const std::vector<int>& begin, const std::vector<int>& steps,
                          const std::vector<int>& shape, int output) {
    value v = start(node, op::slice, x);
    v.draft.name = node.output(output);
    v.shape = shape;
    static constexpr std::size_t channels_last[] = {0, 2, 3, 1};
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::size_t from = x.layout == order::channels_first ? channels_last[d] : d;
        v.draft.begin.push_back(begin[from]);
        v.draft.steps.push_back(steps[from]);
    }
    return finished_like_input(node, v, x, output);
}

std::size_t onnx_reader::axis_of(std::int64_t axis, const value& x) const {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
        bad(fmt::format("works along axis {} of {}", axis, rank));
    return static_cast<std::size_t>(axis);
}

void onnx_reader::read_slice(const onnx::NodeProto& node) {
    const value x = moved(node);
    const std::vector<std::int64_t> starts = integer_list(node, 1), ends = integer_list(node, 2);
    std::vector<std::int64_t> axes, steps(starts.size(), 1);
    for (std::size_t i = 0; i < starts.size(); ++i)
        axes.push_back(static_cast<std::int64_t>(i));
    if (has_input(node, 3))
        axes = integer_list(node, 3);
    if (has_input(node, 4))
        steps = integer_list(node, 4);
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size())
        bad("its starts, ends, axes and steps differ in number");
    std::vector<int> begin(x.shape.size(), 0), step(x.shape.size(), 1), shape = x.shape;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::size_t d = axis_of(axes[i], x);
        const std::int64_t extent = x.shape[d];
        if (steps[i] < 1)
            bad(fmt::format("has a step of {}, expected a positive one", steps[i]));
        const auto bounded = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent);
        };
        const std::int64_t from = bounded(starts[i]), to = bounded(ends[i]);
        if (from >= to)
            bad(fmt::format("takes nothing of dimension {}", d));
        const std::int64_t stride = std::min(steps[i], extent);
        begin[d] = static_cast<int>(from);
        step[d] = static_cast<int>(stride);
        shape[d] = static_cast<int>((to - from + stride - 1) / stride);
    }
    define(node, sliced(node, x, begin, step, shape, 0));
}

void onnx_reader::read_split(const onnx::NodeProto& node) {
    const value x = moved(node);
    const attributes a(node);
    const std::size_t d = axis_of(a.integer("axis", 0), x);
    std::vector<std::int64_t> sizes =
        has_input(node, 1) ? integer_list(node, 1) : a.integers("split");
    if (sizes.empty()) {
        // Parts of one size, the last one with what is left (operator set 18).
        const int part = (x.shape[d] + node.output_size() - 1) / node.output_size();
        for (int k = 0; k < node.output_size(); ++k)
            sizes.push_back(std::min(part, x.shape[d] - k * part));
    }
    std::vector<int> begin(x.shape.size(), 0);
    if (sizes.size() != static_cast<std::size_t>(node.output_size()))
        bad("its outputs do not fit its sizes");
    for (int k = 0; k < node.output_size(); ++k) {
        const std::int64_t size = sizes[static_cast<std::size_t>(k)];
        std::vector<int> shape = x.shape;
        if (size < 1 || size > x.shape[d] - begin[d])
            bad("its sizes do not fit its input");
        shape[d] = static_cast<int>(size);
        if (node.output(k).empty() || values_.count(node.output(k)) != 0)
            bad(fmt::format("computes '{}' a second time", node.output(k)));
        values_[node.output(k)] =
            sliced(node, x, begin, std::vector<int>(shape.size(), 1), shape, k);
        begin[d] += static_cast<int>(size);
    }
    if (begin[d] != x.shape[d])
        bad("its sizes do not fit its input");
}

void onnx_reader::read_resize(const onnx::NodeProto& node) {
    const value x = as_picture(moved(node), input_name(node, 0));
    const attributes a(node);
    for (const char* name : {"antialias", "exclude_outside", "axes"})
        if (a.has(name) && (std::string(name) == "axes" || a.integer(name, 0) != 0))
            bad(fmt::format("attribute {} is not supported", name));
    const std::string policy = a.text("keep_aspect_ratio_policy", "stretch");
    if (policy != "stretch")
        bad("attribute keep_aspect_ratio_policy is '" + policy + "', expected 'stretch'");
    const std::string mode = a.text("mode", "nearest");
    if (mode != "nearest" && mode != "linear")
        bad("resizes by '" + mode + "', expected 'nearest' or 'linear'");
    resize_rule rule;
    rule.onnx = true;
    // Operator set 10 has no attributes for this; its scales are the second input.
    const bool old = opset_ < 11;
    const std::string where =
        old ? "asymmetric" : a.text("coordinate_transformation_mode", "half_pixel");
    using coordinates = resize_rule::coordinates;
    using pick = resize_rule::pick;
    static const std::map<std::string, coordinates> places = {
        {"half_pixel", coordinates::half_pixel},
        {"pytorch_half_pixel", coordinates::pytorch_half_pixel},
        {"asymmetric", coordinates::asymmetric},
        {"align_corners", coordinates::corners}};
    static const std::map<std::string, pick> picks = {{"round_prefer_floor", pick::prefer_floor},
                                                      {"round_prefer_ceil", pick::prefer_ceil},
                                                      {"floor", pick::floor},
                                                      {"ceil", pick::ceil}};
    const auto place = places.find(where);
    if (place == places.end())
        bad("places samples by '" + where +
            "', expected half_pixel, pytorch_half_pixel, asymmetric or align_corners");
    const std::string nearest = old ? "floor" : a.text("nearest_mode", "round_prefer_floor");
    const auto picked = picks.find(nearest);
    if (picked == picks.end())
        bad("picks the nearest sample by '" + nearest +
            "', expected round_prefer_floor, round_prefer_ceil, floor or ceil");
    rule.where = place->second;
    rule.nearest = picked->second;
    std::vector<std::int64_t> sizes;
    std::vector<float> scales;
    if (has_input(node, 3)) {
        sizes = integer_list(node, 3);
        for (std::size_t d = 0; d < sizes.size() && d < 4; ++d)
            scales.push_back(static_cast<float>(sizes[d]) / static_cast<float>(x.shape[d]));
    } else {
        scales = constant_input(node, old ? 1 : 2).reals;
        for (std::size_t d = 0; d < scales.size() && d < 4; ++d)
            sizes.push_back(static_cast<std::int64_t>(
                std::clamp(std::floor(static_cast<float>(x.shape[d]) * scales[d]), 0.0f, 1e6f)));
    }
    if (sizes.size() != 4 || scales.size() != 4)
        bad("its sizes or scales must be four numbers");
    for (float f : scales)
        if (!(f > 0.0f) || !std::isfinite(f))
            bad(fmt::format("has a scale of {}, expected a positive number", f));
    if (sizes[0] != x.shape[0] || sizes[1] != x.shape[1])
        bad("only height and width can be resized");
    for (std::size_t d : {2, 3})
        if (sizes[d] < 1 || sizes[d] > 16384)
            bad(fmt::format("resizes to an extent of {}, expected 1 to 16384", sizes[d]));
    // That set takes the next sample when it makes a picture smaller.
    if (old && (scales[2] < 1.0f || scales[3] < 1.0f))
        rule.nearest = pick::ceil;
    if (old && mode == "nearest" && (scales[2] < 1.0f) != (scales[3] < 1.0f) && scales[2] != 1.0f &&
        scales[3] != 1.0f)
        bad("makes one extent larger and the other smaller: operator set 10 leaves open how");
    rule.scale_h = scales[2];
    rule.scale_w = scales[3];
    value v = start(node, mode == "nearest" ? op::resize_nearest : op::resize_bilinear, x);
    v.draft.resize = rule;
    v.shape[2] = static_cast<int>(sizes[2]);
    v.shape[3] = static_cast<int>(sizes[3]);
    if (mode == "nearest") {
        define(node, finished_like_input(node, v, x));
        return;
    }
    require_view(x, input_name(node, 0));
    define(node, std::move(v));
}

}  // namespace ocellus::dsp::onnx_detail
