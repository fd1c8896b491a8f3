// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/compiler/compiled_network.h"
#include "dsp/compiler/layer_list.h"
#include "dsp/compiler/network_energy.h"
#include "dsp/compiler/time_spread.h"

/// Where the cycles and the energy of a network go: every cycle has one cause, and the causes add
/// up. The memory of profile() never waits; add_memory() adds what a real one did.
namespace ocellus::dsp {

/// Cycles by cause; exactly one holds at a time.
struct cycle_causes {
    std::uint64_t control = 0;      ///< the fixed cost of a pass
    std::uint64_t compute = 0;      ///< the array works
    std::uint64_t activations = 0;  ///< it waits for activations that the layer needs once
    /// It waits for activations that a tile reads again: the halo of its rows, or all of its input
    /// for another block of channels.
    std::uint64_t reread = 0;
    std::uint64_t weights = 0;    ///< it waits for weights and biases
    std::uint64_t streaming = 0;  ///< the pass waits for weights from outside
    std::uint64_t drain = 0;      ///< it waits while results go out
    std::uint64_t latency = 0;    ///< the memory's latency and the NPU's own bank conflicts
    std::uint64_t conflict = 0;   ///< bank conflicts with others
    std::uint64_t total() const {
        return control + compute + activations + reread + weights + streaming + drain + latency +
               conflict;
    }
    void add(const cycle_causes& other);
};

/// One pass.
struct layer_profile {
    std::string name;
    op kind = op::conv2d;
    std::string mapping;  ///< how the array does it
    std::vector<int> in_shape, out_shape;
    std::uint64_t macs = 0;
    unsigned weight_bits = 0;  ///< of a weight as it is stored and computed; 0 without weights
    cycle_causes cycles;
    std::uint64_t input_bytes = 0, weight_bytes = 0, output_bytes = 0;  ///< moved, repeats counted
    std::uint64_t streamed_bytes = 0;  ///< weights from outside, written to SRAM before
    std::uint64_t live_bytes = 0;      ///< of the arena, while the pass runs
    std::uint64_t tiles = 1;
    /// Multiply-accumulates over what the array could do in all of its cycles.
    double utilisation = 0;
    /// Multiply-accumulates per byte moved.
    double intensity = 0;
    /// Multiply-accumulates a cycle: reached, and what the roofline allows, the smaller of the
    /// array's peak and intensity times the width of the bus.
    double reached = 0, roof = 0;
    energy_causes energy;
    /// Whether moving the bytes takes longer than computing.
    bool memory_bound = false;
};

struct network_profile {
    std::string name;
    array_organisation array;
    std::vector<layer_profile> layers;
    std::uint64_t macs = 0;
    cycle_causes cycles;
    std::uint64_t input_bytes = 0, weight_bytes = 0, output_bytes = 0;
    std::uint64_t arena_bytes = 0, arena_lower_bound = 0, coefficient_bytes = 0;
    double utilisation = 0;
    time_spread spread;
    event_energies energies;
    energy_causes energy;
    bool real_memory = false;  ///< add_memory() was called
};

network_profile profile(const compiled_network& c, const event_energies& energies = {});

/// Of shapes alone, each tensor moved once; nothing is known of the arena.
network_profile profile(const std::string& name, const std::vector<listed_layer>& layers,
                        const array_organisation& a, const event_energies& energies = {});

/// What a real memory made of the time: cycles of each pass when the NPU was alone on it, and when
/// others were there too. What the first adds is latency, what the second adds is conflict.
void add_memory(network_profile& n, const std::vector<std::uint64_t>& alone,
                const std::vector<std::uint64_t>& together);

}  // namespace ocellus::dsp
