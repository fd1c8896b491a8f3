// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/graph_edit.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "dsp/network/check.h"

namespace ocellus::dsp {

void remove_unused_tensors(network& n) {
    std::vector<int> renumbered(n.tensors.size(), -1);
    const auto keep = [&](std::vector<int>& list) {
        for (int i : list)
            if (i >= 0)
                renumbered[static_cast<std::size_t>(i)] = 0;
    };
    keep(n.inputs);
    keep(n.outputs);
    for (layer& l : n.layers) {
        keep(l.inputs);
        keep(l.outputs);
    }
    std::vector<tensor> kept;
    for (std::size_t i = 0; i < n.tensors.size(); ++i)
        if (renumbered[i] == 0) {
            renumbered[i] = static_cast<int>(kept.size());
            kept.push_back(std::move(n.tensors[i]));
        }
    n.tensors = std::move(kept);
    const auto apply = [&](std::vector<int>& list) {
        for (int& i : list)
            if (i >= 0)
                i = renumbered[static_cast<std::size_t>(i)];
    };
    apply(n.inputs);
    apply(n.outputs);
    for (layer& l : n.layers) {
        apply(l.inputs);
        apply(l.outputs);
    }
}

void remove_dead_layers(network& n) {
    std::vector<bool> needed(n.tensors.size(), false);
    for (int i : n.outputs)
        needed[static_cast<std::size_t>(i)] = true;
    std::vector<layer> kept;
    for (auto l = n.layers.rbegin(); l != n.layers.rend(); ++l) {
        const bool used = std::any_of(l->outputs.begin(), l->outputs.end(),
                                      [&](int i) { return needed[static_cast<std::size_t>(i)]; });
        if (!used)
            continue;
        for (int i : l->inputs)
            if (i >= 0)
                needed[static_cast<std::size_t>(i)] = true;
        kept.push_back(std::move(*l));
    }
    std::reverse(kept.begin(), kept.end());
    n.layers = std::move(kept);
}

/// A small file must not make us hold much: twice what fits the part's memory.
constexpr std::size_t largest_repetition = std::size_t{1} << 24;

bool broadcast_constant(tensor& t, const std::vector<int>& shape) {
    if (t.shape == shape)
        return true;
    if (t.shape.size() > shape.size() || !t.constant())
        return false;
    const std::size_t lead = shape.size() - t.shape.size();
    std::size_t total = 1;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (shape[d] <= 0 || (d >= lead && t.shape[d - lead] != 1 && t.shape[d - lead] != shape[d]))
            return false;
        total *= static_cast<std::size_t>(shape[d]);
        if (total > largest_repetition)
            return false;
    }
    std::size_t source_elements = 1;
    for (int d : t.shape)
        source_elements *= static_cast<std::size_t>(d);
    const std::size_t bytes = size_of(t.type);
    if (t.data.size() != source_elements * bytes)
        return false;
    std::vector<std::uint8_t> expanded(total * bytes);
    for (std::size_t i = 0; i < total; ++i) {
        std::size_t rest = i;
        std::size_t source = 0;
        std::size_t stride = 1;
        for (std::size_t d = shape.size(); d-- > lead;) {
            const std::size_t index = rest % static_cast<std::size_t>(shape[d]);
            rest /= static_cast<std::size_t>(shape[d]);
            const auto extent = static_cast<std::size_t>(t.shape[d - lead]);
            source += (extent == 1 ? 0 : index) * stride;
            stride *= extent;
        }
        std::memcpy(expanded.data() + i * bytes, t.data.data() + source * bytes, bytes);
    }
    t.data = std::move(expanded);
    t.shape = shape;
    return true;
}

void set_weight_bits(network& n, const std::string& list, const std::string& file) {
    std::size_t from = 0;
    while (from < list.size()) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        const std::string entry = list.substr(from, comma - from);
        from = comma + 1;
        const std::size_t equals = entry.rfind('=');
        const std::string name = entry.substr(0, equals);
        const std::string width = equals == std::string::npos ? "" : entry.substr(equals + 1);
        const auto t = std::find_if(n.tensors.begin(), n.tensors.end(), [&](const tensor& x) {
            return x.name == name && x.constant() && x.type == element::int8;
        });
        if ((width != "8" && width != "4" && width != "2") || t == n.tensors.end())
            fail_network(file, "metadata weight_bits has '" + entry +
                                   "', expected NAME=8, 4 or 2 with the name of an int8 constant");
        t->bits = static_cast<unsigned>(width[0] - '0');
    }
}

int same_padding(int in, int kernel, int stride, int dilation, int& total) {
    const std::int64_t out = (static_cast<std::int64_t>(in) + stride - 1) / stride;
    const std::int64_t reach = static_cast<std::int64_t>(kernel - 1) * dilation + 1;
    const std::int64_t needed = (out - 1) * stride + reach - in;
    total = static_cast<int>(std::clamp<std::int64_t>(needed, 0, std::int64_t{1} << 30));
    return total / 2;
}

std::int32_t lowest_of(element e) {
    return e == element::int8    ? -128
           : e == element::int16 ? -32768
           : e == element::int32 ? std::numeric_limits<std::int32_t>::min()
                                 : 0;
}
std::int32_t highest_of(element e) {
    return e == element::int8    ? 127
           : e == element::int16 ? 32767
           : e == element::int32 ? std::numeric_limits<std::int32_t>::max()
                                 : 255;
}

void clamp_to_real_range(const tensor& output, float low, float high, std::int32_t& clamp_min,
                         std::int32_t& clamp_max) {
    const std::int32_t lowest = lowest_of(output.type);
    const std::int32_t highest = highest_of(output.type);
    clamp_min = lowest;
    clamp_max = highest;
    if (output.quant.empty())
        return;
    const auto to_integer = [&](float real) {
        const float q = std::round(real / output.quant.scale[0]);
        const float bounded = std::isnan(q) ? 0.0f : std::clamp(q, -1e6f, 1e6f);
        return std::clamp(output.quant.zero_point[0] + static_cast<std::int32_t>(bounded), lowest,
                          highest);
    };
    if (std::isfinite(low))
        clamp_min = to_integer(low);
    if (std::isfinite(high))
        clamp_max = std::max(clamp_min, to_integer(high));
}

}  // namespace ocellus::dsp
