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

void checker::run() {
    finding_list found;
    std::vector<bool> sound(n_.tensors.size(), true);
    const std::vector<bool> used = used_tensors();
    if (refused_)
        for (int i : refused_->said)
            sound.at(static_cast<std::size_t>(i)) = false;
    for (std::size_t i = 0; i < n_.tensors.size(); ++i)
        if (used[i] && sound[i])
            sound[i] = found.run([&] { check_tensor(i); });
    std::vector<bool> known(n_.tensors.size(), false);
    for (std::size_t i = 0; i < n_.tensors.size(); ++i)
        known[i] = n_.tensors[i].constant();
    if (refused_)
        for (int i : refused_->missing)
            known.at(static_cast<std::size_t>(i)) = true;
    if (!refused_ && (n_.inputs.empty() || n_.outputs.empty()))
        found.run([&] { fail_network(file_, "the network has no input or no output"); });
    for (int i : n_.inputs)
        found.run([&] {
            const tensor& t = tensor_at(i, "network input");
            known[static_cast<std::size_t>(i)] = true;
            if (!sound[static_cast<std::size_t>(i)])
                return;  // what is wrong with it has been said
            if (t.constant())
                fail_network(file_,
                             fmt::format("network input '{}' is a constant", printable(t.name)));
            const bool real = t.type == element::float32 && t.quant.empty() && feeds_real(i);
            const bool leaves = t.quant.scale.size() > 1 && only_dequantized(i);
            if (!real && !leaves)
                require_activation(t, "network input");
        });
    for (layer_ = 0; layer_ < n_.layers.size(); ++layer_) {
        const layer& l = n_.layers[layer_];
        bool usable = true;  // what is wrong with a tensor has been said
        for (const std::vector<int>* list : {&l.inputs, &l.outputs})
            for (int t : *list)
                usable = usable && (t < 0 || static_cast<std::size_t>(t) >= sound.size() ||
                                    sound[static_cast<std::size_t>(t)]);
        if (usable)
            found.run([&] { check_places(l, known); });
        for (int t : l.outputs)
            if (t >= 0 && static_cast<std::size_t>(t) < known.size())
                known[static_cast<std::size_t>(t)] = true;
    }
    for (int i : n_.outputs)
        found.run([&] {
            const tensor& t = tensor_at(i, "network output");
            if (!known[static_cast<std::size_t>(i)])
                fail_network(file_, fmt::format("network output '{}' is written by no layer",
                                                printable(t.name)));
        });
    found.raise(file_);
}

/// Whether float numbers may enter the network here: nothing but operators that quantize them, or
/// post-processing, reads them.
bool checker::feeds_real(int tensor) const {
    for (const layer& l : n_.layers)
        for (int i : l.inputs)
            if (i == tensor && l.kind != op::quantize && l.kind != op::dynamic_quantize &&
                l.kind != op::detection_postprocess && l.kind != op::non_max_suppression)
                return false;
    return true;
}

/// Whether an input with a scale for each channel only becomes float numbers.
bool checker::only_dequantized(int tensor) const {
    for (const layer& l : n_.layers)
        for (int i : l.inputs)
            if (i == tensor && l.kind != op::dequantize)
                return false;
    return true;
}

/// The order of execution, then the operator's own rules.
void checker::check_places(const layer& l, const std::vector<bool>& known) const {
    for (std::size_t k = 0; k < l.inputs.size(); ++k) {
        const bool optional_bias = k == 2 && has_weights(l.kind);
        if (l.inputs[k] == -1 && optional_bias)
            continue;
        tensor_at(l.inputs[k], "input");
        if (!known[static_cast<std::size_t>(l.inputs[k])])
            bad("input {} ('{}') is used before any layer has written it: the graph has a cycle, "
                "or its layers are out of order",
                k, printable(input(l, k).name));
    }
    std::size_t least = 1, most = 1;
    if (l.kind == op::top_k)
        most = 2;
    else if (l.kind == op::non_max_suppression)
        least = l.detection.by_class ? 1 : 2, most = l.detection.by_class ? 1 : 3;
    else if (l.kind == op::dynamic_quantize)
        least = most = 3;
    else if (l.kind == op::detection_postprocess)
        least = most = 4;
    if (l.outputs.size() < least || l.outputs.size() > most)
        bad("has {} outputs, expected {}", l.outputs.size(), least);
    for (std::size_t i = 0; i < l.outputs.size(); ++i) {
        const tensor& t = tensor_at(l.outputs[i], "output");
        if (known[static_cast<std::size_t>(l.outputs[i])])
            bad("its output '{}' is already written by another layer or is an input or a "
                "constant",
                printable(t.name));
        for (std::size_t k = 0; k < i; ++k)
            if (l.outputs[k] == l.outputs[i])
                bad("writes '{}' twice", printable(t.name));
    }
    check_layer(l);
}

const tensor& checker::tensor_at(int i, const char* what) const {
    if (i < 0 || static_cast<std::size_t>(i) >= n_.tensors.size()) {
        const std::string where =
            layer_ < n_.layers.size() ? describe_layer(n_, layer_) + ": " : std::string();
        fail_network(file_,
                     fmt::format("{}{}: tensor index {} is out of range, the file has {} tensors",
                                 where, what, i, n_.tensors.size()));
    }
    return n_.tensors[static_cast<std::size_t>(i)];
}

const tensor& checker::input(const layer& l, std::size_t k) const {
    if (k >= l.inputs.size())
        bad("has {} inputs, expected at least {}", l.inputs.size(), k + 1);
    return tensor_at(l.inputs[k], "input");
}

std::vector<bool> checker::used_tensors() const {
    std::vector<bool> used(n_.tensors.size(), false);
    const auto mark = [&](const std::vector<int>& list) {
        for (int i : list)
            if (i >= 0 && static_cast<std::size_t>(i) < used.size())
                used[static_cast<std::size_t>(i)] = true;
    };
    mark(n_.inputs);
    mark(n_.outputs);
    for (const layer& l : n_.layers) {
        mark(l.inputs);
        mark(l.outputs);
    }
    return used;
}

void checker::bad_tensor(std::size_t i, const std::string& problem) const {
    const std::string name = printable(n_.tensors[i].name);
    for (const char* role : {"output", "input"})
        for (std::size_t k = 0; k < n_.layers.size(); ++k) {
            const layer& l = n_.layers[k];
            const std::vector<int>& list = role[0] == 'o' ? l.outputs : l.inputs;
            if (std::find(list.begin(), list.end(), static_cast<int>(i)) != list.end())
                fail_layer(file_, place_of(k), name_of(l.kind), l.name,
                           fmt::format("its {} '{}' {}", role, name, problem));
        }
    fail_network(file_, fmt::format("tensor {} ('{}') {}", i, name, problem));
}

void checker::check_tensor(std::size_t i) const {
    const tensor& t = n_.tensors[i];
    std::int64_t elements = 1;
    for (int d : t.shape) {
        if (d <= 0)
            bad_tensor(i, fmt::format("has shape [{}]: dynamic and empty dimensions are not "
                                      "supported, export the network with fixed sizes",
                                      shape_text(t.shape)));
        elements *= d;
        if (elements > largest_tensor)
            bad_tensor(i, fmt::format("has shape [{}]: more than {} elements", shape_text(t.shape),
                                      largest_tensor));
    }
    if (t.bits != 8)
        for (std::uint8_t b : t.data)
            if (const auto q = static_cast<std::int8_t>(b);
                q < -(1 << (t.bits - 1)) || q >= 1 << (t.bits - 1))
                bad_tensor(i, fmt::format("is said to hold {}-bit weights, and holds {}", t.bits,
                                          static_cast<int>(q)));
    if (t.constant() && t.data.size() != t.bytes())
        bad_tensor(i, fmt::format("holds {} bytes, its shape [{}] of {} needs {}", t.data.size(),
                                  shape_text(t.shape), name_of(t.type), t.bytes()));
    if (t.quant.scale.size() != t.quant.zero_point.size())
        bad_tensor(i, fmt::format("has {} scales and {} zero points", t.quant.scale.size(),
                                  t.quant.zero_point.size()));
    for (float s : t.quant.scale)
        if (!(s > 0.0f) || !std::isfinite(s))
            bad_tensor(i, fmt::format("has scale {}, expected a positive number", s));
    for (std::int32_t z : t.quant.zero_point)
        if ((t.type == element::int8 && (z < -128 || z > 127)) ||
            (t.type == element::uint8 && (z < 0 || z > 255)) || z < -65536 || z > 65536)
            bad_tensor(
                i, fmt::format("has zero point {}, outside the range of {}", z, name_of(t.type)));
}

void checker::require_activation(const tensor& t, const char* what) const {
    const bool in_layer = layer_ < n_.layers.size();
    const auto fail = [&](const std::string& message) {
        if (in_layer)
            bad("{}", message);
        fail_network(file_, message);
    };
    const bool wide =
        t.type == element::int16 && (!in_layer || takes_int16(n_.layers[layer_].kind));
    if (!is_activation_type(t.type) && !wide)
        fail(fmt::format("{} '{}' is {}: the network is not int8, quantize it first", what,
                         printable(t.name), name_of(t.type)));
    if (t.quant.scale.size() != 1)
        fail(fmt::format("{} '{}' has {}, expected one scale and zero point", what,
                         printable(t.name),
                         t.quant.empty() ? "no quantization" : "one quantization per channel"));
    if (t.type == element::int16 && t.quant.zero_point[0] != 0)
        fail(fmt::format("{} '{}' has zero point {}, expected 0 for int16", what, printable(t.name),
                         t.quant.zero_point[0]));
}

/// Operators with kernels for 16-bit activations.
bool checker::takes_int16(op kind) {
    switch (kind) {
        case op::conv2d:
        case op::depthwise_conv2d:
        case op::transpose_conv2d:
        case op::fully_connected:
        case op::batch_matmul:
        case op::add:
        case op::sub:
        case op::mul:
        case op::maximum:
        case op::minimum:
        case op::average_pool:
        case op::max_pool:
        case op::reshape:
        case op::pad:
        case op::concat:
        case op::slice:
        case op::transpose:
        case op::relu:
        case op::quantize:
        case op::dequantize:
        case op::resize_nearest:
        case op::space_to_depth:
        case op::depth_to_space:
        case op::space_to_batch:
        case op::batch_to_space:
        case op::gather:
        case op::reduce_max:
        case op::reduce_min:
        case op::arg_max:
        case op::arg_min:
        case op::top_k:
        case op::cast:
            return true;
        default:
            return false;
    }
}

}  // namespace ocellus::dsp::check_detail

namespace ocellus::dsp {

using namespace check_detail;

namespace {

/// Messages quote names from the file: nothing in them may steer a terminal.
std::string clean(std::string text) {
    for (char& c : text)
        if ((c >= 0 && c < ' ') || c == 127)
            c = '?';
    return text;
}

std::string lines_of(const std::string& file, const std::vector<finding>& all) {
    std::string text;
    for (const finding& f : all)
        text += (text.empty() ? "" : "\n") + file + ": " + f.line();
    return text;
}

}  // namespace

std::string finding::line() const {
    return problem + (advice.empty() ? "" : "; " + advice);
}

network_error::network_error(const std::string& file, std::vector<finding> all)
    : input_error(exit_code::usage, lines_of(file, all)), findings_(std::move(all)) {}

void fail_network(const std::string& file, const std::string& message) {
    finding f;
    f.problem = clean(message);
    throw network_error(file, {f});
}

void fail_layer(const std::string& file, int layer, const std::string& kind,
                const std::string& tensor, const std::string& message, const char* word) {
    finding f;
    f.layer = layer;
    f.kind = clean(kind);
    f.tensor = clean(printable(tensor));
    f.problem =
        clean(fmt::format("{} {} ({} '{}'): {}", word, layer, printable(kind), f.tensor, message));
    throw network_error(file, {f});
}

std::string describe_layer(const network& n, std::size_t index) {
    const layer& l = n.layers.at(index);
    return fmt::format("layer {} ({} '{}')", l.place >= 0 ? l.place : static_cast<int>(index),
                       name_of(l.kind), printable(l.name));
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

void check_rest(network n, const refused_parts& refused, const std::string& file,
                finding_list& found) {
    const std::vector<int> outputs = n.outputs;
    n.outputs.insert(n.outputs.end(), refused.wanted.begin(), refused.wanted.end());
    remove_dead_layers(n);
    n.outputs = outputs;
    found.run([&] { checker(n, file, &refused).run(); });
}

}  // namespace ocellus::dsp
