// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/network_profile.h"

#include <algorithm>
#include <utility>

namespace ocellus::dsp {

namespace {

struct span {
    std::uint64_t from = 0, to = 0;
};

std::uint64_t overlap(const span& a, const span& b) {
    const std::uint64_t from = std::max(a.from, b.from), to = std::min(a.to, b.to);
    return to > from ? to - from : 0;
}

/// Where the array's idle time of a pass goes. Loads bring activations first, then weights; what
/// the bus is busy with while the array waits is the cause.
cycle_causes causes_of(const pass& p, const array_organisation& a) {
    cycle_causes c;
    c.control = p.control_cycles;
    c.streaming = p.await_cycles;
    const std::vector<tile_times> times = schedule(p, a);
    // Activations read in all, and how many of them are repeats: a share of each wait.
    std::uint64_t moved = 0;
    for (const tile& t : p.tiles)
        moved += t.activation_bytes;
    std::uint64_t waited = 0;
    const auto wait = [&](const span& idle) {
        std::uint64_t rest = idle.to - idle.from;
        for (std::size_t i = 0; i < times.size() && rest > 0; ++i) {
            const tile_times& x = times[i];
            const std::uint64_t in = overlap(idle, {x.load_start, x.load_end});
            const std::uint64_t weights = overlap(idle, {x.weights_start, x.weights_end});
            const std::uint64_t out = overlap(idle, {x.store_start, x.store_end});
            waited += in;
            c.weights += weights;
            c.drain += out;
            rest -= in + weights + out;
        }
        // The bus rests only while it waits for a result.
        c.drain += rest;
    };
    std::uint64_t free = p.control_cycles;
    for (const tile_times& x : times) {
        wait({free, x.compute_start});
        c.compute += x.compute_end - x.compute_start;
        free = x.compute_end;
    }
    if (!times.empty())
        wait({free, std::max(free, times.back().store_end)});
    const std::uint64_t repeats = moved > p.input_bytes ? moved - p.input_bytes : 0;
    c.reread = moved == 0 ? 0 : waited * repeats / moved;
    c.activations = waited - c.reread;
    return c;
}

/// The array as the layer's weights widen it.
array_organisation array_of(const layer_profile& l, const array_organisation& a) {
    return l.weight_bits == 0 ? a : for_weights_of(a, l.weight_bits);
}

void finish(layer_profile& l, const array_organisation& a, const event_energies& energies) {
    const std::uint64_t bytes = l.input_bytes + l.weight_bytes + l.output_bytes;
    const auto cycles = static_cast<double>(l.cycles.total());
    const auto peak = static_cast<double>(array_of(l, a).macs());
    l.reached = cycles > 0 ? static_cast<double>(l.macs) / cycles : 0;
    l.utilisation = l.reached / peak;
    l.intensity = bytes > 0 ? static_cast<double>(l.macs) / static_cast<double>(bytes) : 0;
    l.roof = std::min(peak, l.intensity * static_cast<double>(a.bus_bytes));
    l.memory_bound = bus_cycles(bytes, a) > l.cycles.compute;
    l.energy = energies.of_events(l.macs, l.input_bytes + l.weight_bytes,
                                  l.output_bytes + l.streamed_bytes, l.cycles.total());
}

void add_totals(network_profile& n) {
    n.macs = n.input_bytes = n.weight_bytes = n.output_bytes = 0;
    n.cycles = {};
    n.energy = {};
    double possible = 0;
    for (const layer_profile& l : n.layers) {
        possible += static_cast<double>(l.cycles.total() * array_of(l, n.array).macs());
        n.macs += l.macs;
        n.cycles.add(l.cycles);
        n.input_bytes += l.input_bytes;
        n.weight_bytes += l.weight_bytes;
        n.output_bytes += l.output_bytes;
        n.energy.add(l.energy);
    }
    n.utilisation = possible > 0 ? static_cast<double>(n.macs) / possible : 0;
    n.spread.hold(n.cycles.total(), n.array.name);
}

/// Bytes of the arena that are alive while layer `index` runs.
std::uint64_t live_bytes(const compiled_network& c, int index) {
    std::vector<std::uint64_t> bytes(c.net.tensors.size(), 0);
    for (std::size_t t = 0; t < bytes.size(); ++t) {
        if (!c.plan.in_arena[t] || c.plan.first_use[t] > index || c.plan.last_use[t] < index)
            continue;
        std::uint64_t& b = bytes[static_cast<std::size_t>(c.plan.shares[t])];
        b = std::max(b, c.plan.share_offset[t] + c.plan.padded_bytes[t]);
    }
    std::uint64_t sum = 0;
    for (std::uint64_t b : bytes)
        sum += b;
    return sum;
}

}  // namespace

void cycle_causes::add(const cycle_causes& other) {
    control += other.control;
    compute += other.compute;
    activations += other.activations;
    reread += other.reread;
    weights += other.weights;
    streaming += other.streaming;
    drain += other.drain;
    latency += other.latency;
    conflict += other.conflict;
}

network_profile profile(const compiled_network& c, const event_energies& energies) {
    network_profile n;
    n.energies = energies;
    n.spread = spread_of(c, c.array.weight_bits);
    n.name = c.net.name;
    n.array = c.array;
    n.arena_bytes = c.plan.arena_bytes;
    n.arena_lower_bound = c.plan.arena_lower_bound;
    n.coefficient_bytes = c.plan.coefficients_bytes;
    for (const pass& p : c.passes) {
        layer_profile l;
        l.name = p.name;
        l.kind = p.kind;
        const auto front = static_cast<std::size_t>(p.layers.front());
        l.weight_bits = std::min(weight_bits_of(c.net, c.net.layers[front]), c.array.weight_bits);
        l.mapping = describe_mapping(p.kind, array_of(l, c.array));
        l.in_shape = p.in_shape;
        l.out_shape = p.out_shape;
        l.macs = p.macs;
        l.cycles = causes_of(p, c.array);
        l.tiles = p.tiles.size();
        for (const tile& t : p.tiles) {
            l.input_bytes += t.activation_bytes;
            l.weight_bytes += t.weight_bytes;
            l.output_bytes += t.store_bytes;
        }
        for (const int x : p.layers)
            l.streamed_bytes += c.plan.streamed_bytes[static_cast<std::size_t>(x)];
        l.live_bytes = live_bytes(c, p.layers.front());
        finish(l, c.array, energies);
        n.layers.push_back(std::move(l));
    }
    add_totals(n);
    return n;
}

network_profile profile(const std::string& name, const std::vector<listed_layer>& layers,
                        const array_organisation& a, const event_energies& energies) {
    network_profile n;
    n.energies = energies;
    n.spread = spread_of(layers, a.weight_bits);
    n.name = name;
    n.array = a;
    const auto extent = [](std::uint64_t v) { return static_cast<int>(v); };
    for (const listed_layer& x : layers) {
        layer_profile l;
        l.name = x.name;
        l.kind = x.groups > 1 && x.groups == x.in_channels ? op::depthwise_conv2d : op::conv2d;
        l.mapping = describe_mapping(l.kind, a);
        l.in_shape = {1, extent(x.in_height), extent(x.in_width), extent(x.in_channels)};
        l.out_shape = {1, extent(x.out_height), extent(x.out_width), extent(x.out_channels)};
        l.macs = x.macs();
        l.weight_bits = a.weight_bits;
        l.input_bytes = x.in_height * x.in_width * x.in_channels;
        l.output_bytes = x.out_height * x.out_width * x.out_channels;
        const std::uint64_t bytes = x.bytes(a.weight_bits);
        l.weight_bytes = bytes - l.input_bytes - l.output_bytes;
        // What the bus does beyond the array's time is shared out by bytes.
        const std::uint64_t compute = x.compute(a);
        const std::uint64_t cycles = layer_cycles(compute, bytes, a);
        const std::uint64_t exposed = cycles - compute - a.fixed_cycles;
        l.cycles.control = a.fixed_cycles;
        l.cycles.compute = compute;
        l.cycles.weights = exposed * l.weight_bytes / bytes;
        l.cycles.drain = exposed * l.output_bytes / bytes;
        l.cycles.activations = exposed - l.cycles.weights - l.cycles.drain;
        finish(l, a, energies);
        n.layers.push_back(std::move(l));
    }
    add_totals(n);
    return n;
}

void add_memory(network_profile& n, const std::vector<std::uint64_t>& alone,
                const std::vector<std::uint64_t>& together) {
    for (std::size_t i = 0; i < n.layers.size(); ++i) {
        layer_profile& l = n.layers[i];
        // Others may also shift a pass to where its own bursts meet less often.
        const std::uint64_t least = std::min(alone.at(i), together.at(i));
        l.cycles.latency = 0;
        l.cycles.conflict = 0;
        l.cycles.latency = least - std::min(least, l.cycles.total());
        l.cycles.conflict = together[i] - least;
        finish(l, n.array, n.energies);
    }
    n.real_memory = true;
    add_totals(n);
}

}  // namespace ocellus::dsp
