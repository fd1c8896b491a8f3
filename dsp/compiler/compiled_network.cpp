// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/compiled_network.h"

#include <algorithm>
#include <cstdio>
#include <utility>

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
    c->plan = plan_memory(c->net, budget);
    c->array = array;
    c->local_buffer = local_buffer_bytes;
    c->passes = make_passes(c->net, c->plan, array, local_buffer_bytes);
    // How long the stream is does not depend on where things lie, so that the second plan holds.
    memory_budget with_commands = budget;
    with_commands.command_bytes = begin_words * sizeof(std::uint32_t);
    for (std::size_t i = 0; i < c->passes.size(); ++i) {
        pass& p = c->passes[i];
        const bool last = i + 1 == c->passes.size();
        p.command_words = section_words(p) + (i == 0 ? begin_words : 0) + (last ? end_words : 0);
        p.control_cycles =
            std::max(array.fixed_cycles, fetch_cycles(section_words(p), i == 0, last, array));
        p.unloaded_cycles += p.control_cycles - array.fixed_cycles;
        with_commands.command_bytes += section_words(p) * sizeof(std::uint32_t);
    }
    with_commands.command_bytes += end_words * sizeof(std::uint32_t);
    c->plan = plan_memory(c->net, with_commands);
    c->commands = encode_commands(c->passes);
    return c;
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
