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

const array_organisation& organisation(const std::string& name) {
    for (const auto& o : organisations())
        if (o.name == name)
            return o;
    std::string message = "unknown array organisation \"" + name + "\"; expected one of";
    for (const auto& o : organisations())
        message += " " + o.name;
    throw input_error(exit_code::usage, message);
}

std::uint64_t compute_cycles(const array_work& w, const array_organisation& a) {
    const std::uint64_t groups = ceil_div(w.out_channels, a.lanes);
    const std::uint64_t elements = w.pixels * w.out_channels;
    switch (w.kind) {
        case op::conv2d:
        case op::fully_connected:
        case op::transpose_conv2d: {
            const std::uint64_t steps = a.taps == tap_mode::folded
                                            ? ceil_div(w.taps * w.in_channels, a.depth)
                                            : w.taps * ceil_div(w.in_channels, a.depth);
            return w.pixels * groups * steps;
        }
        case op::depthwise_conv2d: {
            const std::uint64_t steps =
                a.depthwise == depthwise_mode::dot_product ? ceil_div(w.taps, a.depth) : w.taps;
            return w.pixels * groups * steps;
        }
        case op::average_pool:
        case op::max_pool:
        case op::mean:
            return ceil_div(elements * w.taps, std::max<std::uint64_t>(1, a.macs() / 3));
        case op::softmax:
        case op::logistic:
        case op::tanh:
        case op::hard_swish:
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
