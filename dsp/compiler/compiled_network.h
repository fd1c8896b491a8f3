// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dsp/compiler/command_stream.h"
#include "dsp/compiler/memory_planner.h"
#include "dsp/compiler/passes.h"
#include "dsp/network/graph.h"
#include "dsp/npu/array_timing.h"

namespace ocellus::dsp {

/// A network made ready for one NPU: where its bytes lie and in which tiles it is walked.
struct compiled_network {
    network net;
    memory_plan plan;
    array_organisation array;
    std::uint64_t local_buffer = 0;  ///< bytes
    std::vector<pass> passes;
    std::vector<std::uint32_t> commands;  ///< see command_stream.h

    std::size_t input_slots() const { return plan.input_slot.size(); }
    std::uint64_t input_address(std::size_t slot) const {
        return plan.address(plan.input_slot.at(slot));
    }
    std::uint64_t input_bytes() const { return net.input().bytes(); }

    std::size_t outputs() const { return net.outputs.size(); }
    /// Where a job leaves output `index` (in the arena, until the next job overwrites it).
    std::uint64_t output_address(std::size_t index) const;
    std::uint64_t output_bytes(std::size_t index) const;
    const tensor& output_tensor(std::size_t index) const;
    /// Where a copy of output `index` belongs in output slot `slot`.
    std::uint64_t output_slot_address(std::size_t slot, std::size_t index) const {
        return plan.address(plan.output_slot.at(slot) + plan.output_place.at(index));
    }
    std::uint64_t commands_address() const { return plan.address(plan.commands_offset); }
    /// What the commands may touch.
    command_limits limits() const { return {plan.budget.bytes, input_bytes(), net.layers.size()}; }
    std::uint64_t arena_address() const { return plan.address(plan.arena_offset); }

    std::uint64_t macs() const;
    /// Sum over passes of layer_cycles(): every tensor moved once.
    std::uint64_t ideal_cycles() const;
    /// Sum over passes of the tiles' schedule with a memory that never waits.
    std::uint64_t unloaded_cycles() const;

    /// Hands every constant with its bus address to `write`, in layer order, then the command
    /// stream: what the host uploads before the first job.
    void program_memory(const std::function<void(std::uint64_t address, const std::uint8_t* data,
                                                 std::size_t length)>& write) const;
};

/// Plans memory and cuts the network into passes and tiles. Throws input_error(usage) when it does
/// not fit (see plan_memory).
std::shared_ptr<const compiled_network> compile(network n, const memory_budget& budget,
                                                const array_organisation& array,
                                                std::uint64_t local_buffer_bytes);

/// Per pass: shapes, MACs, bytes, cycles by cause, mapping and tiles, as text for people.
std::string render(const compiled_network& c);

}  // namespace ocellus::dsp
