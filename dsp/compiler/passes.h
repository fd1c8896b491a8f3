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
    std::uint64_t compute = 0;  ///< array cycles
    /// Bus cycles of loads and stores. Streams of a pass follow each other without a gap: partial
    /// beats are carried from one transfer to the next.
    std::uint64_t load_cycles = 0, store_cycles = 0;
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

/// Work and time of one pass.
struct pass {
    std::string name;
    op kind = op::conv2d;
    std::vector<int> layers;  ///< indices; more than one when fused
    std::vector<int> in_shape, out_shape;
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
    std::uint64_t macs = 0;
    std::uint64_t input_bytes = 0;   ///< activations, each tensor once
    std::uint64_t weight_bytes = 0;  ///< weights and biases, once
    std::uint64_t output_bytes = 0;
    std::uint64_t compute = 0;       ///< array cycles
    std::uint64_t ideal_cycles = 0;  ///< layer_cycles(): every tensor moved once
    tiling cut;
    std::vector<tile> tiles;
    std::uint64_t moved_bytes = 0;      ///< what the tiles move; input + weights + output at best
    std::uint64_t unloaded_cycles = 0;  ///< schedule of the tiles with a memory that never waits
};

/// Start and end of the pieces of one tile, in cycles from the start of the pass.
struct tile_times {
    std::uint64_t load_start = 0, load_end = 0;
    std::uint64_t compute_start = 0, compute_end = 0;
    std::uint64_t store_start = 0, store_end = 0;
};

/// Walks the tiles of a pass in the order in which the bus serves them and returns their times.
/// `load(tile, start)` and `store(tile, start)` do a transfer that may begin at `start` and return
/// when it ends. One buffer: load, compute, store, tile by tile. More: the bus does load(0),
/// load(1), store(0), load(2), store(1), ...; a tile computes when its load is done and the array
/// is free; a load waits for the tile that used its buffer last.
template <class Load, class Store, class Computed>
std::vector<tile_times> walk(const pass& p, const array_organisation& a, Load&& load, Store&& store,
                             Computed&& computed) {
    std::vector<tile_times> times(p.tiles.size());
    std::uint64_t bus_free = a.fixed_cycles, array_free = a.fixed_cycles;
    const auto later = [](std::uint64_t x, std::uint64_t y) { return x > y ? x : y; };
    const auto put = [&](std::size_t i) {
        tile_times& x = times[i];
        x.store_start = later(bus_free, x.compute_end);
        x.store_end = bus_free = store(p.tiles[i], x.store_start);
    };
    for (std::size_t i = 0; i < times.size(); ++i) {
        tile_times& x = times[i];
        x.load_start =
            a.buffers > 1 && i >= 2 ? later(bus_free, times[i - 2].compute_end) : bus_free;
        x.load_end = bus_free = load(p.tiles[i], x.load_start);
        x.compute_start = later(x.load_end, array_free);
        x.compute_end = array_free = x.compute_start + p.tiles[i].compute;
        computed(i, x);
        if (a.buffers <= 1)
            put(i);
        else if (i >= 1)
            put(i - 1);
    }
    if (a.buffers > 1 && !times.empty())
        put(times.size() - 1);
    return times;
}

/// The walk with a memory that never waits.
std::vector<tile_times> schedule(const pass& p, const array_organisation& a);

/// Layers to passes, in order. An alias (reshape in place) makes no pass; a stand-alone relu behind
/// a multiply layer, in place, is part of that pass. Tiles are chosen from a short list of
/// candidates (output rows halved, channel blocks of 1, 2, 4, ... lane groups, either loop outside)
/// by their unloaded cycles, then by their number.
std::vector<pass> make_passes(const network& n, const memory_plan& plan,
                              const array_organisation& a, std::uint64_t local_buffer_bytes);

}  // namespace ocellus::dsp
