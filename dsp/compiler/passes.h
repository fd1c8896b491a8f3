// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/compiler/memory_planner.h"
#include "dsp/network/graph.h"
#include "dsp/npu/array_timing.h"

/// A network as the NPU walks it: passes (fused operators), and tiles of each pass whose working
/// set fits the local buffers beside the array.
namespace ocellus::dsp {

/// A contiguous run of bytes of one tensor, walked in burst order. Tensors are walked linearly: the
/// bytes that a tile touches are counted exactly, their stride inside the tensor is not modelled.
struct byte_range {
    bool network_input =
        false;  ///< `offset` counts from the job's input address, not from the SRAM base
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// A block of output rows and output channels.
struct tile {
    std::uint32_t first_row = 0, rows = 0;
    std::uint32_t first_channel = 0, channels = 0;
    std::vector<byte_range> loads;  ///< activations first, then weights and biases
    std::vector<byte_range> stores;
    std::uint64_t activation_bytes = 0, weight_bytes = 0, store_bytes = 0;
    std::uint64_t compute = 0;          ///< array cycles
    std::size_t activation_ranges = 0;  ///< of `loads`
    /// Bus cycles of loads and stores. Streams of a pass follow each other without a gap: partial
    /// beats are carried from one transfer to the next.
    std::uint64_t load_cycles = 0, store_cycles = 0;
    std::uint64_t activation_cycles = 0;  ///< the part of load_cycles before the weights
};

/// How a pass is cut.
struct tiling {
    std::uint64_t rows = 1;         ///< output rows of a tile
    std::uint64_t channels = 1;     ///< output channels of a tile
    bool channels_outer = false;    ///< channel blocks outside, row blocks inside
    bool resident = false;          ///< the inner loop's operand stays in the local buffer
    std::uint64_t working_set = 0;  ///< bytes of local buffer, all copies counted
    bool fits = true;               ///< false: even the smallest tile is larger, it streams through
};

/// Weights that come from the memory outside into SRAM.
struct external_fetch {
    std::uint64_t external_offset = 0, offset = 0, bytes = 0;
};

/// Work and time of one pass.
struct pass {
    std::string name;
    op kind = op::conv2d;
    std::vector<int> layers;  ///< indices; more than one when fused
    std::vector<int> in_shape, out_shape;
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
    /// The loop nest: output rows, pixels of a row, output channels; input channels of one output,
    /// taps.
    std::uint64_t rows = 1, width = 1, channels = 1, in_channels = 1, taps = 1;
    std::uint64_t macs = 0;
    unsigned weight_bits = 8;        ///< of a weight in memory: 8, 4 or 2
    std::uint64_t input_bytes = 0;   ///< activations, each tensor once
    std::uint64_t weight_bytes = 0;  ///< weights and biases, once
    std::uint64_t output_bytes = 0;
    std::uint64_t compute = 0;       ///< array cycles
    std::uint64_t ideal_cycles = 0;  ///< layer_cycles(): every tensor moved once
    tiling cut;
    std::vector<tile> tiles;
    /// Words of the command stream that are fetched for this pass, and the cycles before its first
    /// transfer: the fixed cost of a pass, or the fetch when that takes longer.
    std::uint64_t command_words = 0;
    std::uint64_t control_cycles = 0;
    /// Begun at the start of the pass: the weights of a later one, into a place that is free now.
    std::vector<external_fetch> fetches;
    /// The pass begins when so many fetches of the job have arrived; what it waits for them when
    /// the memories never wait.
    std::uint64_t awaits = 0, await_cycles = 0;
    std::uint64_t moved_bytes = 0;      ///< what the tiles move; input + weights + output at best
    std::uint64_t unloaded_cycles = 0;  ///< schedule of the tiles with a memory that never waits
};

/// Start and end of the pieces of one tile, in cycles from the start of the pass. Activations and
/// weights that are one transfer share its time by their bytes.
struct tile_times {
    std::uint64_t load_start = 0, load_end = 0;        ///< activations
    std::uint64_t weights_start = 0, weights_end = 0;  ///< weights and biases
    std::uint64_t compute_start = 0, compute_end = 0;
    std::uint64_t store_start = 0, store_end = 0;
};

/// What a load brings. Streams with as many buffers as each other are one transfer.
enum class load_part : std::uint8_t { all, activations, weights };

/// Walks the tiles of a pass in the order in which the bus serves them and returns their times.
/// `control` cycles pass before the first transfer.
/// `load(tile, start, part)` and `store(tile, start)` do a transfer that may begin at `start` and
/// return when it ends.
///
/// Each stream (activations, weights, results) has 1 to 3 buffers. A load waits for the tile that
/// used its buffer last to be computed; a tile computes when its loads are done, the array is free
/// and the results that were in its buffer are out. The bus is one and serves in this order: the
/// loads that free buffers allow, then after each tile k its results and the loads that go where
/// tile k was. So one buffer each is load, compute, store in turn, and overlap comes from more.
template <class Load, class Store, class Computed>
std::vector<tile_times> walk(const pass& p, const array_organisation& a, std::uint64_t control,
                             Load&& load, Store&& store, Computed&& computed) {
    std::vector<tile_times> times(p.tiles.size());
    std::uint64_t bus_free = control, array_free = control;
    const auto later = [](std::uint64_t x, std::uint64_t y) { return x > y ? x : y; };
    const std::size_t in = a.buffers, weights = a.buffers_of_weights(),
                      out = a.buffers_of_results();
    const auto fetch = [&](std::size_t i, std::size_t buffers, load_part part) {
        if (i >= times.size())
            return;
        const tile& t = p.tiles[i];
        tile_times& x = times[i];
        const std::uint64_t start =
            i >= buffers ? later(bus_free, times[i - buffers].compute_end) : bus_free;
        if (part != load_part::all &&
            (part == load_part::weights ? t.weight_bytes : t.activation_bytes) == 0)
            return;
        const std::uint64_t end = bus_free = load(t, start, part);
        const std::uint64_t bytes = t.activation_bytes + t.weight_bytes;
        const std::uint64_t middle = part == load_part::activations ? end
                                     : part == load_part::weights || bytes == 0
                                         ? start
                                         : start + (end - start) * t.activation_bytes / bytes;
        if (part != load_part::weights) {
            x.load_start = start;
            x.load_end = middle;
        }
        if (part != load_part::activations) {
            x.weights_start = middle;
            x.weights_end = end;
        }
    };
    const auto fetch_both = [&](std::size_t activations_of, std::size_t weights_of) {
        if (in == weights)
            return fetch(activations_of, in, load_part::all);
        if (activations_of <= weights_of)
            fetch(activations_of, in, load_part::activations);
        fetch(weights_of, weights, load_part::weights);
        if (activations_of > weights_of)
            fetch(activations_of, in, load_part::activations);
    };
    const std::size_t none = times.size();
    for (std::size_t i = 0; i < in || i < weights; ++i)
        fetch_both(i < in ? i : none, i < weights ? i : none);
    for (std::size_t k = 0; k < times.size(); ++k) {
        tile_times& x = times[k];
        x.compute_start = later(later(x.load_end, x.weights_end), array_free);
        if (k >= out)
            x.compute_start = later(x.compute_start, times[k - out].store_end);
        x.compute_end = array_free = x.compute_start + p.tiles[k].compute;
        computed(k, x);
        x.store_start = later(bus_free, x.compute_end);
        x.store_end = bus_free = store(p.tiles[k], x.store_start);
        fetch_both(k + in, k + weights);
    }
    return times;
}

/// The walk with a memory that never waits, behind the pass's control cycles.
std::vector<tile_times> schedule(const pass& p, const array_organisation& a);

/// Sum over the passes of layer_cycles(): every tensor moved once. Cheap: nothing is cut into
/// tiles.
std::uint64_t ideal_cycles(const network& n, const memory_plan& plan, const array_organisation& a);

/// Gives passes with streamed weights their fetches. The first two begin with the job, each later
/// one when the pass that used its place is done; one follows the other.
void plan_fetches(std::vector<pass>& passes, const memory_plan& plan);
/// Works out what passes wait for their fetches and adds it to their unloaded cycles.
void time_fetches(std::vector<pass>& passes, const memory_budget& budget);

/// Layers to passes, in order. An alias (reshape, concatenation or slice in place) makes no pass; a
/// stand-alone relu behind a multiply layer, in place, is part of that pass. Tiles are chosen from
/// a short list of candidates (output rows halved, channel blocks of 1, 2, 4, ... lane groups,
/// either loop outside) by their unloaded cycles, then by their number.
std::vector<pass> make_passes(const network& n, const memory_plan& plan,
                              const array_organisation& a, std::uint64_t local_buffer_bytes);

}  // namespace ocellus::dsp
