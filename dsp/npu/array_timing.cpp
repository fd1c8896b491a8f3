// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/npu/array_timing.h"

#include <algorithm>

#include "core/diagnostics.h"

namespace ocellus::dsp {

namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

std::vector<array_organisation> make_organisations() {
    std::vector<array_organisation> list;
    // h1: a 256-bit word and 32 lanes agree with the public SIMD width of the part; one buffer.
    list.push_back({"h1", 32, 72, tap_mode::folded, depthwise_mode::dot_product, 32, 1, 444, 8});
    // h2: a square array fed by im2col, double buffered; depthwise uses one column of it.
    list.push_back({"h2", 48, 48, tap_mode::folded, depthwise_mode::one_per_lane, 32, 2, 0, 8});
    // h3: the same array with the taps in series and a wider path.
    list.push_back({"h3", 48, 48, tap_mode::serial, depthwise_mode::one_per_lane, 128, 2, 0, 8});
    // h4: h1's array, overlapped and wide, with a slow controller (57 us a pass).
    list.push_back({"h4", 32, 72, tap_mode::folded, depthwise_mode::dot_product, 64, 2, 14858, 8});
    // h5: the plateau of the measured small networks, a third of the array on channels padded to
    // 32, and 1,744 cycles a pass: what calibrate() fits on CIFAR baseline and baseline_5x5.
    // Depthwise at its best and at its worst.
    array_organisation h5{"h5",
                          32,
                          24,
                          tap_mode::folded,
                          depthwise_mode::dot_product,
                          64,
                          2,
                          1744,
                          8,
                          array_flow::plateau,
                          32};
    list.push_back(h5);
    h5.name = "h5_dense";
    h5.depthwise = depthwise_mode::dense;
    list.push_back(h5);
    // bus16: h1's array behind 16 B/cycle, overlapped: bandwidth alone.
    list.push_back({"bus16", 32, 72, tap_mode::folded, depthwise_mode::dot_product, 16, 2, 0, 8});
    // Plain systolic arrays, to compare with other simulators.
    list.push_back({"os48", 48, 48, tap_mode::folded, depthwise_mode::one_per_lane, 64, 2, 0, 8,
                    array_flow::output_stationary, 1});
    list.push_back({"ws48", 48, 48, tap_mode::folded, depthwise_mode::one_per_lane, 64, 2, 0, 8,
                    array_flow::weight_stationary, 1});
    return list;
}

const std::vector<array_organisation>& organisations() {
    static const std::vector<array_organisation> list = make_organisations();
    return list;
}

}  // namespace

std::vector<std::string> organisation_names() {
    std::vector<std::string> names;
    for (const auto& o : organisations())
        names.push_back(o.name);
    return names;
}

std::vector<std::string> hypothesis_names() {
    return {"h1", "h2", "h3", "h4", "h5", "h5_dense"};
}

const array_organisation& organisation(const std::string& name) {
    for (const auto& o : organisations())
        if (o.name == name)
            return o;
    std::string message = "unknown array organisation \"" + name + "\"; expected one of";
    for (const auto& o : organisations())
        message += " " + o.name;
    throw input_error(exit_code::usage, message);
}

array_organisation with_weight_bits(array_organisation a, unsigned bits) {
    if (bits != 8 && bits != 4 && bits != 2)
        throw input_error(exit_code::usage,
                          "weights of " + std::to_string(bits) + " bits; expected 8, 4 or 2");
    if (a.flow == array_flow::dot_product || a.flow == array_flow::plateau)
        a.lanes = a.lanes * a.weight_bits / bits;
    a.weight_bits = bits;
    return a;
}

array_organisation for_weights_of(const array_organisation& a, unsigned bits) {
    return bits < a.weight_bits ? with_weight_bits(a, bits) : a;
}

std::string describe_mapping(op kind, const array_organisation& a) {
    const std::string size = std::to_string(a.lanes) + " x " + std::to_string(a.depth);
    const bool dense = kind == op::conv2d || kind == op::fully_connected ||
                       kind == op::transpose_conv2d || kind == op::batch_matmul;
    if (on_scalar_unit(kind))
        return "scalar unit, " + std::to_string(a.scalar_element_cycles) + " cycles a number, " +
               std::to_string(a.scalar_compare_cycles) + " a comparison";
    if (!dense && kind != op::depthwise_conv2d)
        return "elements on " + std::to_string(a.lanes) + " lanes";
    switch (a.flow) {
        case array_flow::output_stationary:
            return size + " output stationary" + (dense ? "" : ", a channel at a time");
        case array_flow::weight_stationary:
            return size + " weight stationary" + (dense ? "" : ", a channel at a time");
        case array_flow::plateau:
            return std::to_string(a.macs()) + " MAC/cycle, channels padded to " +
                   std::to_string(a.channel_padding) +
                   (dense                                  ? ""
                    : a.depthwise == depthwise_mode::dense ? ", dense groups"
                                                           : ", one input channel");
        case array_flow::dot_product:
            break;
    }
    if (dense)
        return size + (a.taps == tap_mode::folded ? ", taps folded" : ", taps in series");
    return size + (a.depthwise == depthwise_mode::dot_product ? ", taps along the depth"
                                                              : ", one multiplier a lane");
}

namespace {

std::uint64_t systolic_cycles(std::uint64_t pixels, std::uint64_t products, std::uint64_t channels,
                              const array_organisation& a) {
    const std::uint64_t columns = ceil_div(channels, a.lanes);
    if (a.flow == array_flow::output_stationary)
        return ceil_div(pixels, a.depth) * columns * (products + a.depth + a.lanes - 2) - 1;
    return ceil_div(products, a.depth) * columns * (pixels + 2 * a.depth + a.lanes - 2) - 1;
}

std::uint64_t plateau_cycles(const array_work& w, const array_organisation& a) {
    const auto padded = [&](std::uint64_t channels) {
        return ceil_div(channels, a.channel_padding) * a.channel_padding;
    };
    const std::uint64_t in = w.kind != op::depthwise_conv2d         ? padded(w.in_channels)
                             : a.depthwise == depthwise_mode::dense ? a.channel_padding
                                                                    : 1;
    return ceil_div(w.pixels * w.taps * in * padded(w.out_channels), a.macs());
}

}  // namespace

scalar_work scalar_work_of(const network& n, const layer& l) {
    const auto elements = [&](const std::vector<int>& list, std::size_t i) -> std::uint64_t {
        return n.tensors[static_cast<std::size_t>(list.at(i))].elements();
    };
    const auto extent = [&](std::size_t input, std::size_t from_last) -> std::uint64_t {
        const std::vector<int>& s = n.tensors[static_cast<std::size_t>(l.inputs.at(input))].shape;
        return from_last < s.size() ? static_cast<std::uint64_t>(s[s.size() - 1 - from_last]) : 1;
    };
    const auto bits = [](std::uint64_t x) {
        std::uint64_t b = 0;
        for (; x > 0; x >>= 1)
            ++b;
        return b;
    };
    constexpr std::uint64_t numbers_of_an_overlap = 8;
    scalar_work w;
    if (!on_scalar_unit(l.kind))
        return w;
    const std::uint64_t in = elements(l.inputs, 0);
    // Boxes sorted, and each compared with all that are kept, at most.
    const auto suppression = [&](std::uint64_t boxes, std::uint64_t most) {
        w.compares += boxes * bits(boxes) + boxes * std::min(boxes, most);
        w.elements += boxes * std::min(boxes, most) * numbers_of_an_overlap;
    };
    switch (l.kind) {
        case op::softmax:
            w = {in, in, in};
            break;
        case op::arg_max:
        case op::arg_min:
            w = {in, in, 0};
            break;
        case op::top_k:
            w = {in + elements(l.outputs, 0), in * bits(extent(0, 0)), 0};
            break;
        case op::gather:
            w.elements = elements(l.outputs, 0);
            break;
        case op::dynamic_quantize:
            w = {2 * in, 2 * in, 0};
            break;
        case op::detection_postprocess: {
            const std::uint64_t boxes = extent(0, 1), scores = elements(l.inputs, 1);
            w = {4 * boxes + scores, scores, 2 * boxes};
            const auto classes = static_cast<std::uint64_t>(std::max(1, l.detection.classes));
            if (l.detection.regular)
                for (std::uint64_t c = 0; c < classes; ++c)
                    suppression(boxes,
                                static_cast<std::uint64_t>(l.detection.detections_per_class));
            else
                suppression(boxes, static_cast<std::uint64_t>(l.detection.max_detections));
            break;
        }
        case op::non_max_suppression: {
            const std::uint64_t boxes = extent(0, 1), scores = elements(l.inputs, 1);
            w.elements = in + scores;
            for (std::uint64_t column = 0; column < scores / std::max<std::uint64_t>(1, boxes);
                 ++column)
                suppression(boxes, static_cast<std::uint64_t>(l.detection.max_detections));
            if (l.detection.sigma > 0.0f)
                w.functions = scores * static_cast<std::uint64_t>(l.detection.max_detections);
            break;
        }
        default:
            break;
    }
    return w;
}

std::uint64_t compute_cycles(const array_work& w, const array_organisation& a) {
    const std::uint64_t groups = ceil_div(w.out_channels, a.lanes);
    const std::uint64_t elements = w.pixels * w.out_channels;
    switch (w.kind) {
        case op::conv2d:
        case op::fully_connected:
        case op::transpose_conv2d:
        case op::batch_matmul: {
            if (a.flow == array_flow::plateau)
                return plateau_cycles(w, a);
            if (a.flow != array_flow::dot_product)
                return systolic_cycles(w.pixels, w.taps * w.in_channels, w.out_channels, a);
            const std::uint64_t steps = a.taps == tap_mode::folded
                                            ? ceil_div(w.taps * w.in_channels, a.depth)
                                            : w.taps * ceil_div(w.in_channels, a.depth);
            return w.pixels * groups * steps;
        }
        case op::depthwise_conv2d: {
            if (a.flow == array_flow::plateau)
                return plateau_cycles(w, a);
            if (a.flow != array_flow::dot_product)
                return w.out_channels * systolic_cycles(w.pixels, w.taps, 1, a);
            const std::uint64_t steps =
                a.depthwise == depthwise_mode::dot_product ? ceil_div(w.taps, a.depth) : w.taps;
            return w.pixels * groups * steps;
        }
        case op::average_pool:
        case op::max_pool:
        case op::mean:
        case op::reduce_max:
        case op::reduce_min:
        case op::reduce_sum:
            return ceil_div(elements * w.taps, std::max<std::uint64_t>(1, a.macs() / 3));
        case op::softmax:
        case op::arg_max:
        case op::arg_min:
        case op::top_k:
        case op::gather:
        case op::dynamic_quantize:
        case op::detection_postprocess:
        case op::non_max_suppression:
            return w.pixels * a.scalar_element_cycles + w.in_channels * a.scalar_compare_cycles +
                   w.taps * a.function_cycles;
        case op::logistic:
        case op::tanh:
        case op::hard_swish:
        case op::swish:
        case op::div:  // a reciprocal each
            return ceil_div(elements, a.lanes) * a.function_cycles;
        case op::add:
        case op::reshape:
        case op::pad:
        case op::quantize:
        case op::dequantize:
        case op::relu:
        case op::concat:
        case op::leaky_relu:
        case op::sub:
        case op::mul:
        case op::maximum:
        case op::minimum:
        case op::slice:
        case op::transpose:
        case op::resize_nearest:
        case op::prelu:
        case op::compare:
        case op::cast:
        case op::space_to_depth:
        case op::depth_to_space:
        case op::space_to_batch:
        case op::batch_to_space:
            return ceil_div(elements, a.lanes);
        case op::resize_bilinear:
            return ceil_div(elements * 4, a.lanes);  // four products an output
    }
    return ceil_div(elements, a.lanes);
}

std::uint64_t bus_cycles(std::uint64_t bytes, const array_organisation& a) {
    return ceil_div(bytes, a.bus_bytes);
}

std::uint64_t layer_cycles(std::uint64_t compute, std::uint64_t bytes,
                           const array_organisation& a) {
    const std::uint64_t bus = bus_cycles(bytes, a);
    return a.fixed_cycles + (a.buffers > 1 ? std::max(compute, bus) : compute + bus);
}

}  // namespace ocellus::dsp
