// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"

namespace ocellus::dsp::tflite_detail {

int tflite_reader::add_tensor(const tensor& like, std::vector<int> shape) {
    tensor t;
    t.name = like.name + "/part";
    t.shape = std::move(shape);
    t.type = like.type;
    t.quant = like.quant;
    n_.tensors.push_back(std::move(t));
    return static_cast<int>(n_.tensors.size()) - 1;
}

void tflite_reader::add_reshape(int from, int to) {
    layer l;
    l.kind = op::reshape;
    l.name = name_;
    l.inputs = {from};
    l.outputs = {to};
    set_activation(l, no_activation);
    n_.layers.push_back(std::move(l));
}

int tflite_reader::reshaped(int from, std::vector<int> shape) {
    const tensor like = tensor_at(from);
    const int to = add_tensor(like, std::move(shape));
    add_reshape(from, to);
    return to;
}

void tflite_reader::add_slice(int x, std::vector<int> begin, std::vector<int> steps,
                              std::vector<int> size, int y) {
    layer l;
    l.kind = op::slice;
    l.name = name_;
    l.inputs = {x};
    l.begin = std::move(begin);
    l.steps = std::move(steps);
    const bool direct = tensor_at(y).shape == size;
    const tensor like = tensor_at(y);
    l.outputs = {direct ? y : add_tensor(like, std::move(size))};
    set_activation(l, no_activation);
    const int made = l.outputs[0];
    n_.layers.push_back(std::move(l));
    if (!direct)
        add_reshape(made, y);
}

void tflite_reader::read_parts(const tfl::layer& source, const layer& l, int kind) {
    const std::size_t place = kind == builtin_split ? 1 : 0;
    input(l, place);
    const int x = l.inputs[place];
    const std::vector<int> shape = tensor_at(x).shape;
    std::int64_t axis = 0;
    if (kind == builtin_unpack) {
        axis = options(source.options_as_unpack()).axis();
    } else {
        const std::size_t axis_place = kind == builtin_split ? 0 : 2;
        input(l, axis_place);
        const std::vector<std::int64_t> list = integers(l.inputs[axis_place]);
        if (list.size() != 1)
            bad("its axis must be one integer");
        axis = list[0];
    }
    axis = axis < 0 ? axis + static_cast<std::int64_t>(shape.size()) : axis;
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size()))
        bad(fmt::format("splits along axis {}", axis));
    const auto at = static_cast<std::size_t>(axis);
    int first = 0;
    for (int y : l.outputs) {
        std::vector<int> begin(shape.size(), 0), size = shape;
        begin[at] = first;
        const std::vector<int>& part = tensor_at(y).shape;
        size[at] = kind == builtin_unpack ? 1 : at < part.size() ? part[at] : 0;
        first += size[at];
        if (size[at] < 1 || first > shape[at])
            bad("its outputs do not fit its input");
        add_slice(x, std::move(begin), std::vector<int>(shape.size(), 1), std::move(size), y);
    }
}

void tflite_reader::read_slice(const tfl::layer& source, const layer& l, int kind) {
    const std::vector<int> shape = tensor_at(l.inputs.at(0)).shape;
    const auto list = [&](std::size_t k) {
        input(l, k);
        std::vector<std::int64_t> v = integers(l.inputs[k]);
        if (v.size() != shape.size())
            bad(fmt::format("slices {} dimensions of {}", v.size(), shape.size()));
        return v;
    };
    std::vector<int> begin, steps, size;
    const std::vector<std::int64_t> first = list(1), last = list(2);
    std::vector<std::int64_t> step(shape.size(), 1);
    int begin_mask = 0, end_mask = 0, shrink = 0;
    if (kind == builtin_strided_slice) {
        step = list(3);
        const auto& o = options(source.options_as_strided_slice());
        if (o.ellipsis_mask() != 0 || o.new_axis_mask() != 0)
            bad("ellipsis and new axes are not supported");
        begin_mask = o.begin_mask();
        end_mask = o.end_mask();
        shrink = o.shrink_axis_mask();
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::int64_t extent = shape[d];
        const auto bit = [&](int mask) { return d < 31 && ((mask >> d) & 1) != 0; };
        std::int64_t from = first[d], to = last[d];
        if (kind == builtin_slice) {
            to = to < 0 ? extent : from + std::min(to, extent);
        } else {
            if (step[d] < 1)
                bad(fmt::format("has a step of {}, expected a positive one", step[d]));
            from = bit(begin_mask) ? 0 : from < 0 ? from + extent : from;
            to = bit(end_mask) ? extent : to < 0 ? to + extent : to;
            if (bit(shrink))
                to = from + 1;
        }
        to = std::min(to, extent);
        if (from < 0 || from >= to)
            bad(fmt::format("takes nothing of dimension {}", d));
        begin.push_back(static_cast<int>(from));
        steps.push_back(static_cast<int>(std::min<std::int64_t>(step[d], extent)));
        size.push_back(static_cast<int>((to - from + step[d] - 1) / step[d]));
    }
    add_slice(l.inputs[0], std::move(begin), std::move(steps), std::move(size), l.outputs[0]);
}

bool tflite_reader::read_moves(const tfl::layer& source, int kind, layer& l) {
    const tensor& y = tensor_at(l.outputs[0]);
    switch (kind) {
        case builtin_resize_nearest: {
            l.kind = op::resize_nearest;
            const auto* o = source.options_as_resize_nearest();
            l.align_corners = o && o->align_corners();
            l.half_pixel_centers = o && o->half_pixel_centers();
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        }
        case builtin_resize_bilinear: {
            l.kind = op::resize_bilinear;
            const auto* o = source.options_as_resize_bilinear();
            l.align_corners = o && o->align_corners();
            l.half_pixel_centers = o && o->half_pixel_centers();
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        }
        case builtin_transpose: {
            l.kind = op::transpose;
            input(l, 1);
            for (std::int64_t a : integers(l.inputs[1]))
                l.axes.push_back(static_cast<int>(std::clamp<std::int64_t>(a, -1, 64)));
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        }
        case builtin_slice:
        case builtin_strided_slice:
            read_slice(source, l, kind);
            l.outputs.clear();  // has added its layers itself
            break;
        case builtin_pack: {
            l.kind = op::concat;
            const auto& o = options(source.options_as_pack());
            l.axis = o.axis() < 0 ? o.axis() + static_cast<int>(y.shape.size()) : o.axis();
            if (l.axis < 0 || static_cast<std::size_t>(l.axis) >= y.shape.size())
                bad(fmt::format("stacks along axis {}", o.axis()));
            // Each part with a dimension of one, then a concatenation along it.
            const std::size_t rank = y.shape.size();
            for (int& part : l.inputs) {
                std::vector<int> shape = tensor_at(part).shape;
                if (shape.size() + 1 != rank)
                    bad("its inputs and its output do not fit");
                shape.insert(shape.begin() + l.axis, 1);
                part = reshaped(part, std::move(shape));
            }
            set_activation(l, no_activation);
            break;
        }
        case builtin_pad: {
            l.kind = op::pad;
            input(l, 1);
            const std::vector<std::int64_t> p = integers(l.inputs[1]);
            if (p.size() != 8 || p[0] != 0 || p[1] != 0 || p[6] != 0 || p[7] != 0)
                bad("only padding of height and width of a 4-dimensional tensor is supported");
            for (std::size_t k = 2; k < 6; ++k) {
                if (p[k] < 0 || p[k] > 1 << 20)
                    bad(fmt::format("has a padding of {}", p[k]));
                l.paddings.push_back(static_cast<int>(p[k]));
            }
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        }
        case builtin_reshape:
        case builtin_squeeze:
        case builtin_expand_dims:
            l.kind = op::reshape;
            l.inputs.resize(1);
            set_activation(l, no_activation);
            break;
        case builtin_concatenation: {
            l.kind = op::concat;
            const auto& o = options(source.options_as_concatenation());
            l.axis = o.axis() < 0 ? o.axis() + static_cast<int>(y.shape.size()) : o.axis();
            set_activation(l, o.activation());
            break;
        }
        default:
            return false;
    }
    return true;
}

}  // namespace ocellus::dsp::tflite_detail
