// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/compiled_network.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/diagnostics.h"

namespace ocellus::dsp {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "commands lie in memory as they are");

std::uint64_t compiled_network::output_address(std::size_t index) const {
    const auto t = static_cast<std::size_t>(net.outputs.at(index));
    return plan.address(plan.arena_offset + plan.tensor_offsets[t]);
}

std::uint64_t compiled_network::output_bytes(std::size_t index) const {
    return output_tensor(index).bytes();
}

const tensor& compiled_network::output_tensor(std::size_t index) const {
    return net.tensors[static_cast<std::size_t>(net.outputs.at(index))];
}

std::uint64_t compiled_network::macs() const {
    std::uint64_t sum = 0;
    for (const auto& p : passes)
        sum += p.macs;
    return sum;
}

std::uint64_t compiled_network::ideal_cycles() const {
    std::uint64_t sum = 0;
    for (const auto& p : passes)
        sum += p.ideal_cycles;
    return sum;
}

std::uint64_t compiled_network::unloaded_cycles() const {
    std::uint64_t sum = 0;
    for (const auto& p : passes)
        sum += p.unloaded_cycles;
    return sum;
}

void compiled_network::program_memory(
    const std::function<void(std::uint64_t, const std::uint8_t*, std::size_t)>& write) const {
    std::vector<bool> written(net.tensors.size(), false);
    for (const auto& l : net.layers)
        for (int i : l.inputs) {
            if (i < 0)
                continue;
            const auto t = static_cast<std::size_t>(i);
            if (!net.tensors[t].constant() || written[t])
                continue;
            written[t] = true;
            write(plan.address(plan.constant_offset[t]), net.tensors[t].data.data(),
                  net.tensors[t].data.size());
        }
    write(commands_address(), reinterpret_cast<const std::uint8_t*>(commands.data()),
          commands.size() * sizeof commands[0]);
}

std::shared_ptr<const compiled_network> compile(network n, const memory_budget& budget,
                                                const array_organisation& array,
                                                std::uint64_t local_buffer_bytes) {
    auto c = std::make_shared<compiled_network>();
    c->net = std::move(n);
    c->array = array;
    c->local_buffer = local_buffer_bytes;
    c->plan = plan_memory(c->net, budget);
    // How long the stream is does not depend on where things lie, but on which weights are
    // streamed, and that may depend on the room that it takes.
    memory_budget with_commands = budget;
    for (;;) {
        c->passes = make_passes(c->net, c->plan, array, local_buffer_bytes);
        plan_fetches(c->passes, c->plan);
        std::uint64_t words = begin_words + end_words;
        for (std::size_t i = 0; i < c->passes.size(); ++i) {
            pass& p = c->passes[i];
            const std::size_t section = section_words(p);
            const bool last = i + 1 == c->passes.size();
            words += section;
            p.command_words = section + (i == 0 ? begin_words : 0) + (last ? end_words : 0);
            p.control_cycles =
                std::max(array.fixed_cycles, fetch_cycles(section, i == 0, last, array));
            p.unloaded_cycles += p.control_cycles - array.fixed_cycles;
        }
        // Room grows from round to round, so that this ends.
        if (with_commands.command_bytes < words * sizeof(std::uint32_t))
            with_commands.command_bytes = words * sizeof(std::uint32_t);
        else
            break;
        c->plan = plan_memory(c->net, with_commands);
    }
    time_fetches(c->passes, budget);
    c->commands = encode_commands(c->passes);
    return c;
}

std::vector<std::shared_ptr<const compiled_network>> compile_resident(
    std::vector<network> networks, const memory_budget& budget, const array_organisation& array,
    std::uint64_t local_buffer_bytes) {
    // Alone first: how large slots must be, and whether each fits at all.
    memory_budget together = budget;
    for (const network& n : networks) {
        const memory_plan p = plan_memory(n, budget);
        together.least_input_slot = std::max(together.least_input_slot, p.input_slot_bytes);
        together.least_output_slot = std::max(together.least_output_slot, p.output_slot_bytes);
    }
    std::vector<std::shared_ptr<const compiled_network>> list;
    std::uint64_t bottom = 0;
    for (network& n : networks) {
        list.push_back(compile(std::move(n), together, array, local_buffer_bytes));
        const memory_plan& p = list.back()->plan;
        bottom = std::max(bottom, p.stage_offset + 2 * p.stage_bytes);
        together.top_taken = budget.bytes - p.commands_offset;
    }
    // The arena of an earlier network may be larger than what later weights have left.
    const std::uint64_t room = budget.bytes - together.top_taken;
    if (bottom > room) {
        std::string m =
            "the networks fit the SRAM alone, but not together: " + std::to_string(bottom - room) +
            " B are missing\n";
        for (const auto& c : list)
            m += "  " + c->net.name + ": weights and commands " +
                 std::to_string(c->plan.coefficients_bytes + c->plan.commands_bytes) +
                 " B, slots and arena " +
                 std::to_string(c->plan.stage_offset + 2 * c->plan.stage_bytes) + " B\n";
        throw input_error(exit_code::usage, m);
    }
    return list;
}

std::string render(const compiled_network& c) {
    const auto shape = [](const std::vector<int>& s) {
        std::string t;
        for (std::size_t i = 0; i < s.size(); ++i)
            t += (i ? "x" : "") + std::to_string(s[i]);
        return t;
    };
    std::string text =
        "pass             operator            in               out              MAC        bytes   "
        " "
        "compute  ideal    tiled    tile rows x channels, tiles\n";
    char line[256];
    for (const auto& p : c.passes) {
        std::snprintf(
            line, sizeof line,
            "%-16.16s %-19s %-16s %-16s %-10llu %-8llu %-8llu %-8llu %-8llu %llu x %llu, %zu\n",
            p.name.c_str(), name_of(p.kind), shape(p.in_shape).c_str(), shape(p.out_shape).c_str(),
            static_cast<unsigned long long>(p.macs), static_cast<unsigned long long>(p.moved_bytes),
            static_cast<unsigned long long>(p.compute),
            static_cast<unsigned long long>(p.ideal_cycles),
            static_cast<unsigned long long>(p.unloaded_cycles),
            static_cast<unsigned long long>(p.cut.rows),
            static_cast<unsigned long long>(p.cut.channels), p.tiles.size());
        text += line;
    }
    return text;
}

}  // namespace ocellus::dsp
