// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/layer_list.h"

#include <sstream>

#include "core/diagnostics.h"

namespace ocellus::dsp {

std::uint64_t listed_layer::bytes(unsigned weight_bits) const {
    const std::uint64_t weights = out_channels * taps() * (in_channels / groups);
    return in_height * in_width * in_channels + out_height * out_width * out_channels +
           (weights * weight_bits + 7) / 8 + 4 * out_channels;
}

std::uint64_t listed_layer::compute(const array_organisation& a) const {
    array_work w;
    w.kind = groups > 1 && groups == in_channels ? op::depthwise_conv2d : op::conv2d;
    w.pixels = out_height * out_width;
    w.taps = taps();
    w.out_channels = out_channels;
    w.in_channels = in_channels / groups;
    if (w.kind == op::conv2d && groups > 1) {
        // One group after the other.
        w.out_channels = out_channels / groups;
        return groups * compute_cycles(w, a);
    }
    return compute_cycles(w, a);
}

std::vector<listed_layer> layers_of(const network& n) {
    std::vector<listed_layer> list;
    const auto at = [&](int t) -> const tensor& { return n.tensors[static_cast<std::size_t>(t)]; };
    const auto extent = [](int v) { return static_cast<std::uint64_t>(v); };
    for (const layer& l : n.layers) {
        if (macs_of(n, l) == 0)
            continue;
        listed_layer x;
        x.name = l.name;
        const tensor &in = at(l.inputs[0]), &weights = at(l.inputs[1]), &out = at(l.outputs[0]);
        if (l.kind == op::fully_connected) {
            x.in_channels = extent(weights.shape[1]);
            x.out_channels = extent(weights.shape[0]);
            x.in_height = x.out_height = out.elements() / x.out_channels;
        } else {
            x.in_height = extent(in.shape[1]);
            x.in_width = extent(in.shape[2]);
            x.in_channels = extent(in.shape[3]);
            x.out_height = extent(out.shape[1]);
            x.out_width = extent(out.shape[2]);
            x.out_channels = extent(out.shape[3]);
            x.kernel_height = extent(l.kernel_h);
            x.kernel_width = extent(l.kernel_w);
            x.groups = l.kind == op::depthwise_conv2d ? x.in_channels
                                                      : x.in_channels / extent(weights.shape[3]);
        }
        list.push_back(std::move(x));
    }
    return list;
}

std::uint64_t cycles_of(const std::vector<listed_layer>& layers, const array_organisation& a,
                        unsigned weight_bits) {
    const array_organisation wide = with_weight_bits(a, weight_bits);
    std::uint64_t cycles = 0;
    for (const listed_layer& l : layers)
        cycles += layer_cycles(l.compute(wide), l.bytes(weight_bits), wide);
    return cycles;
}

namespace {

/// The columns of one line, without blanks around them; the format's lines end in a comma.
std::vector<std::string> columns_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) {
        const auto first = field.find_first_not_of(" \t\r");
        const auto last = field.find_last_not_of(" \t\r");
        fields.push_back(first == std::string::npos ? "" : field.substr(first, last - first + 1));
    }
    while (!fields.empty() && fields.back().empty())
        fields.pop_back();
    return fields;
}

/// One layer; throws std::string, what is wrong with it.
listed_layer layer_of(const std::vector<std::string>& fields) {
    if (fields.size() != 8 && fields.size() != 9)
        throw std::to_string(fields.size()) +
            " columns, expected name, IFMAP height, IFMAP width, filter height, filter width, "
            "channels, filters, stride and perhaps groups";
    std::uint64_t v[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const std::string& f = fields[i];
        if (f.empty() || f.size() > 6 || f.find_first_not_of("0123456789") != std::string::npos)
            throw "'" + f + "' is no whole number from 1 to 999999";
        v[i - 1] = std::stoull(f);
        if (v[i - 1] == 0)
            throw std::string("a column is 0, expected 1 or more");
    }
    listed_layer l;
    l.name = fields[0];
    l.in_height = v[0];
    l.in_width = v[1];
    l.kernel_height = v[2];
    l.kernel_width = v[3];
    l.in_channels = v[4];
    l.out_channels = v[5];
    l.groups = v[7];
    if (l.kernel_height > l.in_height || l.kernel_width > l.in_width)
        throw std::string("its filter is larger than its input");
    if (l.in_channels % l.groups != 0 || l.out_channels % l.groups != 0)
        throw std::string("its channels are no multiples of its groups");
    l.out_height = (l.in_height - l.kernel_height) / v[6] + 1;
    l.out_width = (l.in_width - l.kernel_width) / v[6] + 1;
    return l;
}

}  // namespace

std::vector<listed_layer> parse_layer_list(const std::string& text, const std::string& file) {
    std::vector<listed_layer> list;
    std::string wrong;
    std::istringstream in(text);
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        const std::vector<std::string> fields = columns_of(line);
        if (++number == 1 || fields.empty())
            continue;
        try {
            list.push_back(layer_of(fields));
        } catch (const std::string& problem) {
            wrong +=
                (wrong.empty() ? "" : "\n") + file + ":" + std::to_string(number) + ": " + problem;
        }
    }
    if (!wrong.empty())
        throw input_error(exit_code::usage, wrong);
    if (list.empty())
        throw input_error(exit_code::usage, file + ": no layers");
    return list;
}

}  // namespace ocellus::dsp
