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
            const std::vector<std::uint8_t> packed = stored_data(net.tensors[t]);
            write(plan.address(plan.constant_offset[t]), packed.data(), packed.size());
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

namespace {

/// What networks need together: the largest slots and arena, and everybody's weights.
struct joint_need {
    std::uint64_t bytes = 0;
    std::vector<memory_plan> plans;
};

/// As if there were room without end.
joint_need need_of(const std::vector<network>& networks, memory_budget budget) {
    budget.bytes = (std::uint64_t{1} << 40) + budget.bytes % budget.alignment;
    budget.top_taken = 0;
    for (int round = 0; round < 2; ++round)  // the second time slots are large enough for all
        for (const network& n : networks) {
            const memory_plan p = plan_memory(n, budget);
            budget.least_input_slot = std::max(budget.least_input_slot, p.input_slot_bytes);
            budget.least_output_slot = std::max(budget.least_output_slot, p.output_slot_bytes);
        }
    joint_need need;
    std::uint64_t bottom = 0;
    for (const network& n : networks) {
        need.plans.push_back(plan_memory(n, budget));
        const memory_plan& p = need.plans.back();
        bottom = std::max(bottom, p.used_bytes - p.coefficients_bytes);
        need.bytes += p.coefficients_bytes;
    }
    need.bytes += bottom;
    return need;
}

[[noreturn]] void refuse_together(const std::vector<network>& networks, const memory_budget& b,
                                  std::uint64_t command_bytes) {
    const joint_need need = need_of(networks, b);
    const std::uint64_t used = need.bytes + command_bytes;
    const std::uint64_t excess = used > b.bytes ? used - b.bytes : 1;
    const auto text = [](std::uint64_t v) {
        std::string t = std::to_string(v);
        for (auto i = static_cast<int>(t.size()) - 3; i > 0; i -= 3)
            t.insert(static_cast<std::size_t>(i), ",");
        return t;
    };
    std::string m = "the networks fit the SRAM alone, but not together: they need " + text(used) +
                    " B, " + text(excess) + " B more than the " + text(b.bytes) + " B there are" +
                    (command_bytes == 0 ? ", and the command streams\n" : "\n");
    for (std::size_t k = 0; k < networks.size(); ++k) {
        const memory_plan& p = need.plans[k];
        m += "  " + networks[k].name + ": weights and biases " + text(p.coefficients_bytes) +
             " B, slots and arena " + text(p.used_bytes - p.coefficients_bytes) +
             " B (the largest of all counts once)\n";
    }
    m += "largest contributors:\n";
    std::vector<memory_contributor> all;
    for (std::size_t k = 0; k < networks.size(); ++k)
        for (memory_contributor c : need.plans[k].largest) {
            c.name.insert(0, networks[k].name + ", ");
            all.push_back(std::move(c));
        }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& x, const auto& y) { return x.bytes > y.bytes; });
    for (std::size_t i = 0; i < all.size() && i < 10; ++i)
        m += "  " + text(all[i].bytes) + " B  " + all[i].name + ": " + all[i].what + "\n";
    m += "what to try:\n";
    const auto tell = [&](const std::string& what, std::uint64_t bytes_then) {
        const std::uint64_t saved = need.bytes > bytes_then ? need.bytes - bytes_then : 0;
        if (saved > 0)
            m += "  - " + what + ": saves " + text(saved) + " B" +
                 (saved >= excess ? ", which is enough\n" : ", which is not enough alone\n");
    };
    memory_budget other = b;
    if (b.weights != weight_home::streamed) {
        other.weights = weight_home::streamed;
        tell("streamed weights (npu.weights = \"streamed\")", need_of(networks, other).bytes);
    }
    other = b;
    other.input_slots = 1;
    other.output_slots = std::min<std::uint64_t>(b.output_slots, 1);
    tell("one input and one output slot (npu.input_slots = 1, npu.output_slots = 1)",
         need_of(networks, other).bytes);
    other = b;
    other.channel_padding = 1;
    if (b.channel_padding > 1)
        tell("no padding of channels (npu.channel_padding = 1)", need_of(networks, other).bytes);
    std::uint64_t weights = 0, most = 0;
    for (const memory_plan& p : need.plans) {
        weights += p.coefficients_bytes;
        most = std::max(most, p.coefficients_bytes);
    }
    tell("weights of 4 bits in all of them", need.bytes - weights / 2);
    tell("half the channels in the one with the most weights, about", need.bytes - most / 4 * 3);
    m += "  - a larger SRAM, when the part is yours to change";
    throw input_error(exit_code::usage, m);
}

}  // namespace

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
    if (need_of(networks, budget).bytes > budget.bytes && budget.weights == weight_home::resident)
        refuse_together(networks, budget, 0);
    std::vector<std::shared_ptr<const compiled_network>> list;
    std::uint64_t bottom = 0;
    for (const network& n : networks) {
        list.push_back(compile(n, together, array, local_buffer_bytes));
        const memory_plan& p = list.back()->plan;
        bottom = std::max(bottom, p.stage_offset + 2 * p.stage_bytes);
        together.top_taken = budget.bytes - p.commands_offset;
    }
    // The arena of an earlier network may be larger than what later weights have left.
    if (bottom > budget.bytes - together.top_taken) {
        std::uint64_t commands = 0;
        for (const auto& c : list)
            commands += c->plan.commands_bytes;
        refuse_together(networks, budget, commands);
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
