// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Where weights and biases live.
enum class weight_home : std::uint8_t {
    resident,   ///< in SRAM, all of them
    streamed,   ///< outside; each layer's come in while the layers before it run
    automatic,  ///< in SRAM what fits, the others streamed
};

/// The memory that a network may use.
struct memory_budget {
    std::uint64_t base_address = 0;  ///< bus address of the first byte
    std::uint64_t bytes =
        8388480;  ///< usable bytes: 8 MiB less 128 B (the part's converter report)
    std::uint64_t reserved = 1024;  ///< kept free at the bottom (the same report)
    std::uint64_t alignment = 64;   ///< of every tensor; a power of two
    std::uint64_t input_slots = 2;  ///< copies of the input tensor: one is filled while one is read
    std::uint64_t output_slots =
        2;  ///< copies of the output tensors: one is sent while one is made
    std::uint64_t command_bytes = 0;  ///< of the command stream
    weight_home weights = weight_home::resident;
    /// What the memory outside gives in an NPU cycle.
    double external_bytes_per_cycle = 400e6 / 262.5e6;
    /// Bytes that one read of it brings at most (0: any number), and the cycles before its first.
    std::uint64_t external_burst = 0;
    double external_burst_cycles = 0;
    /// Activations take room for channels in multiples of this.
    std::uint64_t channel_padding = 1;
    /// Networks that are resident together: bytes at the top that others have, and the sizes that
    /// slots have at least.
    std::uint64_t top_taken = 0, least_input_slot = 0, least_output_slot = 0;
};

/// Cycles to bring `bytes` from outside.
std::uint64_t external_cycles(std::uint64_t bytes, const memory_budget& budget);
/// Cycles until what is behind the first `bytes` begins to come.
double external_position(std::uint64_t bytes, const memory_budget& budget);

/// One line of the list of largest contributors.
struct memory_contributor {
    std::string name;
    std::string what;  ///< "weights of layer conv1 (conv2d)", "activation", "2 input slots"
    std::uint64_t bytes = 0;
};

/// Where everything lies. From the bottom: reserved, input slots, output slots, activation arena;
/// then free space; the command stream, then weights and biases in layer order at the top. Offsets
/// count from the budget's base.
struct memory_plan {
    memory_budget budget;

    std::vector<std::uint64_t> input_slot;  ///< offset of each input slot
    std::uint64_t input_slot_bytes = 0;
    std::vector<std::uint64_t> output_slot;  ///< offset of each output slot
    std::uint64_t output_slot_bytes = 0;
    std::vector<std::uint64_t> output_place;  ///< per network output: offset inside an output slot

    std::uint64_t arena_offset = 0;
    std::uint64_t arena_bytes = 0;
    /// The most bytes that are alive at once: no plan of these tensors can be smaller.
    std::uint64_t arena_lower_bound = 0;
    /// The command stream, below the weights. Placed by place_commands().
    std::uint64_t commands_offset = 0, commands_bytes = 0;
    std::uint64_t coefficients_offset = 0;
    std::uint64_t coefficients_bytes = 0;

    /// Per tensor: bytes from the arena's start; 0 and unused for constants and the network's
    /// input.
    std::vector<std::size_t> tensor_offsets;
    /// Per tensor: true when it lies in the arena.
    std::vector<bool> in_arena;
    /// Per tensor: first and last layer during which its bytes must stay (inclusive). Outputs live
    /// until layers.size(). Meaningful for tensors in the arena.
    std::vector<int> first_use, last_use;
    /// Per tensor: the tensor whose bytes it shares (in-place and aliases), or itself.
    std::vector<int> shares;
    /// Per tensor: where in the bytes it shares it begins.
    std::vector<std::uint64_t> share_offset;
    /// Per tensor: bytes that it takes, padded channels included.
    std::vector<std::uint64_t> padded_bytes;
    /// Per layer: bytes of weights that are streamed in for it, 0 when they are resident, and where
    /// they lie outside.
    std::vector<std::uint64_t> streamed_bytes, external_offset;
    /// Two places of `stage_bytes` that streamed layers use in turn.
    std::uint64_t stage_offset = 0, stage_bytes = 0;
    /// Per tensor: offset of a constant from the budget's base; 0 for others.
    std::vector<std::uint64_t> constant_offset;

    std::uint64_t used_bytes = 0;  ///< everything, the reserved bytes included
    std::uint64_t free_bytes = 0;
    std::vector<memory_contributor> largest;  ///< at most ten, largest first

    std::uint64_t address(std::uint64_t offset) const { return budget.base_address + offset; }
};

/// Plans the memory of a network. Activations go to one arena by their life times. A reshape shares
/// its input's bytes; add and relu work in place when their input dies there; a concatenation along
/// the outermost dimension that is not 1 has its inputs made in their places, and a slice along
/// it is a part of its input's bytes (same scales, any channel padding absent), unless that would
/// raise the lower bound. The rest is packed by several fixed orders (size, size times life, layer
/// pressure), then by a seeded hill climb until the lower bound is met or the tries are used up.
/// The same network gives the same plan on every machine.
///
/// Throws input_error(usage) when it does not fit, with the bytes missing, the largest contributors
/// and what to try; and when the network does not have exactly one input.
memory_plan plan_memory(const network& n, const memory_budget& budget);

/// The plan as a table for people.
std::string render(const memory_plan& plan);

}  // namespace ocellus::dsp
