// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/network_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace ocellus::sim {

using nlohmann::ordered_json;

std::string short_name(const std::string& name, std::size_t width) {
    std::string out;
    for (char c : name)
        out += c >= ' ' && c < 127 ? c : '?';
    // The end of a path tells layers apart.
    return out.size() > width ? "~" + out.substr(out.size() - width + 1) : out;
}

std::string shape_text(const std::vector<int>& shape) {
    return fmt::format("{}", fmt::join(shape, "x"));
}

const std::vector<cause_info>& cycle_cause_list() {
    using causes = dsp::cycle_causes;
    static const std::vector<cause_info> list = {
        {"compute", "the array works", "#2f7ed8", &causes::compute},
        {"activations", "waits for activations, first time", "#f2a33a", &causes::activations},
        {"reread", "waits for activations again: halo, or another block of channels", "#d9730d",
         &causes::reread},
        {"weights", "waits for weights and biases", "#8e5bd0", &causes::weights},
        {"streaming", "waits for weights from the memory outside", "#5b4a8a", &causes::streaming},
        {"drain", "waits while results go out", "#3aa876", &causes::drain},
        {"control", "fixed cost of a pass", "#9aa0a6", &causes::control},
        {"latency", "latency of the memory, bank conflicts of its own", "#e78ac3",
         &causes::latency},
        {"conflict", "bank conflicts with others", "#d62728", &causes::conflict},
    };
    return list;
}

namespace {

double milliseconds(std::uint64_t cycles, double clock) {
    return static_cast<double>(cycles) / clock * 1e3;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (char c : short_name(text, 1000))
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

double nanojoules(std::uint64_t attojoules) {
    return static_cast<double>(attojoules) * 1e-9;
}

std::string width_text(const dsp::layer_profile& l, const char* without) {
    return l.weight_bits == 0 ? without : std::to_string(l.weight_bits);
}

ordered_json json_of(const dsp::cycle_causes& c) {
    ordered_json j = {{"total", c.total()}};
    for (const cause_info& cause : cycle_cause_list())
        j[cause.key] = c.*cause.value;
    return j;
}

ordered_json json_of(const dsp::energy_causes& e) {
    return {{"total", e.total()},
            {"macs", e.macs},
            {"reads", e.reads},
            {"writes", e.writes},
            {"cycles", e.cycles}};
}

}  // namespace

std::string time_text_of(const dsp::network_profile& n, double clock) {
    return fmt::format(
        "{:.4f} ms; {:.2f} ({}) .. {:.2f} ms ({}) over the hypotheses about the array",
        milliseconds(n.cycles.total(), clock), milliseconds(n.spread.least, clock),
        n.spread.fastest, milliseconds(n.spread.most, clock), n.spread.slowest);
}

std::string widths_text(const dsp::network_profile& n) {
    std::string text;
    for (const unsigned bits : {8u, 4u, 2u})
        if (std::any_of(n.layers.begin(), n.layers.end(),
                        [&](const auto& l) { return l.weight_bits == bits; }))
            text += fmt::format("{}{}-bit", text.empty() ? "" : " and ", bits);
    return text.empty() ? "no" : text;
}

std::string profile_csv(const dsp::network_profile& n) {
    std::string text = "layer,operator,mapping,weight_bits,input,output,macs,utilisation,cycles";
    for (const cause_info& cause : cycle_cause_list())
        text += fmt::format(",{}", cause.key);
    text +=
        ",input_bytes,weight_bytes,output_bytes,arena_bytes,tiles,mac_per_byte,mac_per_cycle,"
        "roof_mac_per_cycle,bound,energy_aj\n";
    const auto causes = [](const dsp::cycle_causes& c) {
        std::string row = fmt::format("{}", c.total());
        for (const cause_info& cause : cycle_cause_list())
            row += fmt::format(",{}", c.*cause.value);
        return row;
    };
    for (const auto& l : n.layers)
        text += fmt::format(
            "{},{},{},{},{},{},{},{:.6f},{},{},{},{},{},{},{:.4f},{:.3f},{:.3f},{},{}\n",
            quoted(l.name), dsp::name_of(l.kind), quoted(l.mapping), width_text(l, ""),
            shape_text(l.in_shape), shape_text(l.out_shape), l.macs, l.utilisation,
            causes(l.cycles), l.input_bytes, l.weight_bytes, l.output_bytes, l.live_bytes, l.tiles,
            l.intensity, l.reached, l.roof, l.memory_bound ? "memory" : "compute",
            l.energy.total());
    return text + fmt::format("total,,{},,,,{},{:.6f},{},{},{},{},{},,,,,,{}\n",
                              quoted(n.array.name), n.macs, n.utilisation, causes(n.cycles),
                              n.input_bytes, n.weight_bytes, n.output_bytes, n.arena_bytes,
                              n.energy.total());
}

ordered_json profile_json(const dsp::network_profile& n, double clock) {
    ordered_json layers = ordered_json::array();
    for (const auto& l : n.layers)
        layers.push_back(
            {{"name", short_name(l.name, 1000)},
             {"operator", dsp::name_of(l.kind)},
             {"mapping", l.mapping},
             {"weight_bits", l.weight_bits == 0 ? ordered_json() : ordered_json(l.weight_bits)},
             {"input", l.in_shape},
             {"output", l.out_shape},
             {"macs", l.macs},
             {"utilisation", l.utilisation},
             {"cycles", json_of(l.cycles)},
             {"bytes",
              {{"input", l.input_bytes}, {"weights", l.weight_bytes}, {"output", l.output_bytes}}},
             {"arena_bytes", l.live_bytes},
             {"tiles", l.tiles},
             {"mac_per_byte", l.intensity},
             {"mac_per_cycle", l.reached},
             {"roof_mac_per_cycle", l.roof},
             {"bound", l.memory_bound ? "memory" : "compute"},
             {"energy_aj", json_of(l.energy)}});
    return {{"network", n.name},
            {"organisation", n.array.name},
            {"weight_bits", n.array.weight_bits},
            {"clock_hz", clock},
            {"memory", n.real_memory ? "banks, with other traffic" : "never waits"},
            {"macs", n.macs},
            {"utilisation", n.utilisation},
            {"cycles", json_of(n.cycles)},
            {"milliseconds", milliseconds(n.cycles.total(), clock)},
            {"milliseconds_interval",
             {{"least", milliseconds(n.spread.least, clock)},
              {"least_organisation", n.spread.fastest},
              {"most", milliseconds(n.spread.most, clock)},
              {"most_organisation", n.spread.slowest}}},
            {"bytes",
             {{"input", n.input_bytes}, {"weights", n.weight_bytes}, {"output", n.output_bytes}}},
            {"arena_bytes", n.arena_bytes},
            {"arena_lower_bound", n.arena_lower_bound},
            {"coefficient_bytes", n.coefficient_bytes},
            {"energy_aj", json_of(n.energy)},
            {"energy_per_event_aj",
             {{"mac", n.energies.mac},
              {"byte_read", n.energies.read_byte},
              {"byte_written", n.energies.written_byte},
              {"cycle", n.energies.cycle}}},
            {"layers", layers}};
}

std::string profile_text(const dsp::network_profile& n, double clock) {
    std::string text = fmt::format(
        "{} on {} at {:.1f} MHz, {} weights; {}\n\n", n.name, n.array.name, clock / 1e6,
        widths_text(n),
        n.real_memory ? "SRAM with its banks and other traffic"
                      : "a memory that never waits (--contention: the SRAM with its banks)");
    // Columns of causes that do not occur are left out.
    std::vector<cause_info> causes;
    for (const cause_info& cause : cycle_cause_list())
        if (n.cycles.*cause.value > 0)
            causes.push_back(cause);
    text += fmt::format("{:<22} {:<16} {:>4} {:>11} {:>6} {:>9}", "layer", "operator", "bits",
                        "MAC", "util%", "cycles");
    for (const cause_info& cause : causes)
        text += fmt::format(" {:>11}", cause.key);
    text += fmt::format(" {:>10} {:>9} {:>9}  {}\n", "bytes", "arena", "nJ", "mapping");
    const auto row = [&](const std::string& name, const std::string& op, const std::string& bits,
                         std::uint64_t macs, double utilisation, const dsp::cycle_causes& c,
                         std::uint64_t bytes, std::uint64_t arena, std::uint64_t energy,
                         const std::string& mapping) {
        std::string line = fmt::format("{:<22} {:<16} {:>4} {:>11} {:>6.1f} {:>9}", name, op, bits,
                                       macs, 100 * utilisation, c.total());
        for (const cause_info& cause : causes)
            line += fmt::format(" {:>11}", c.*cause.value);
        return line + fmt::format(" {:>10} {:>9} {:>9.1f}  {}\n", bytes, arena, nanojoules(energy),
                                  mapping);
    };
    for (const auto& l : n.layers)
        text += row(short_name(l.name, 22), dsp::name_of(l.kind), width_text(l, "-"), l.macs,
                    l.utilisation, l.cycles, l.input_bytes + l.weight_bytes + l.output_bytes,
                    l.live_bytes, l.energy.total(),
                    l.mapping + (l.memory_bound ? " (memory bound)" : ""));
    text +=
        row("total", "", "", n.macs, n.utilisation, n.cycles,
            n.input_bytes + n.weight_bytes + n.output_bytes, n.arena_bytes, n.energy.total(), "");
    text += "\n" + time_text_of(n, clock) + "\n";
    text += fmt::format(
        "{:.1f} uJ: multiply-accumulates {:.1f}, reads {:.1f}, writes {:.1f}, cycles {:.1f}\n",
        nanojoules(n.energy.total()) / 1e3, nanojoules(n.energy.macs) / 1e3,
        nanojoules(n.energy.reads) / 1e3, nanojoules(n.energy.writes) / 1e3,
        nanojoules(n.energy.cycles) / 1e3);
    if (n.arena_bytes > 0)
        text += fmt::format("arena {} bytes, lower bound {}; weights and biases {} bytes\n",
                            n.arena_bytes, n.arena_lower_bound, n.coefficient_bytes);
    return text;
}

}  // namespace ocellus::sim
