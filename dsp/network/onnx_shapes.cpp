// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dsp/network/graph_edit.h"
#include "dsp/network/onnx_graph.h"

namespace ocellus::dsp::onnx_detail {

value onnx_reader::concatenation(const onnx::NodeProto& node, const std::vector<value>& parts) {
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
        if (part.shape.size() != first.shape.size() || part.layout != first.layout ||
            part.layout == order::flat_channels)
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

value onnx_reader::reshaped(const onnx::NodeProto& node, const value& x,
                            const std::vector<int>& shape) {
    value v = x;
    v.shape = shape;
    const bool picture = x.layout == order::channels_first && x.shape.size() == 4;
    const bool same_bytes = !picture || x.shape[1] == 1 || (x.shape[2] == 1 && x.shape[3] == 1);
    if (shape == x.shape)
        return v;
    if (x.layout == order::flat_channels)
        bad("reshapes a flattened picture: this is not supported");
    if (!same_bytes) {
        if (shape.size() != 2 || shape[0] != x.shape[0])
            bad(fmt::format("reshapes a picture [{}] to [{}]: only flattening is supported",
                            fmt::join(x.shape, "x"), fmt::join(shape, "x")));
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
        const tensor from = tensor_at(x.tensor_index);
        const int to = add_tensor(node.output(0), memory_shape(v), from.type);
        tensor_at(to).quant = from.quant;
        layer l;
        l.kind = op::reshape;
        l.name = node.name();
        l.inputs = {x.tensor_index};
        l.outputs = {to};
        l.clamp_min = lowest_of(from.type);
        l.clamp_max = highest_of(from.type);
        n_.layers.push_back(std::move(l));
        v.tensor_index = to;
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
    if (x.layout == order::natural && std::is_sorted(order_of_long.begin(), order_of_long.end()))
        return v;
    bad(fmt::format(
        "permutes [{}] by ({}): only changes between channels first and last are supported",
        fmt::join(x.shape, "x"), fmt::join(perm, ",")));
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
    if (sizes.empty())
        for (int k = 0; k < node.output_size(); ++k)
            sizes.push_back(x.shape[d] / node.output_size());
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
    const std::string coordinates = a.text("coordinate_transformation_mode", "half_pixel");
    const std::string nearest = a.text("nearest_mode", "round_prefer_floor");
    const bool plain = (coordinates == "asymmetric" && nearest == "floor") ||
                       (coordinates == "half_pixel" && nearest == "round_prefer_floor");
    if (a.text("mode", "nearest") != "nearest" || !plain)
        bad("only nearest resizing, asymmetric with floor or half_pixel with "
            "round_prefer_floor, is supported");
    std::vector<std::int64_t> factors;
    if (has_input(node, 3)) {
        const std::vector<std::int64_t> sizes = integer_list(node, 3);
        for (std::size_t d = 0; d < sizes.size() && d < 4; ++d)
            factors.push_back(sizes[d] % x.shape[d] == 0 ? sizes[d] / x.shape[d] : 0);
    } else {
        const constant& scales = constant_input(node, 2);
        for (float f : scales.reals)
            factors.push_back(
                f >= 1.0f && f <= 8.0f && f == std::floor(f) ? static_cast<std::int64_t>(f) : 0);
    }
    if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1 || factors[2] < 1 ||
        factors[2] > 8 || factors[3] < 1 || factors[3] > 8)
        bad("only height and width can be enlarged, by whole factors from 1 to 8");
    value v = start(node, op::resize_nearest, x);
    v.shape[2] = static_cast<int>(x.shape[2] * factors[2]);
    v.shape[3] = static_cast<int>(x.shape[3] * factors[3]);
    define(node, finished_like_input(node, v, x));
}

}  // namespace ocellus::dsp::onnx_detail
