// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/config.h"
#include "core/files.h"
#include "dsp/compiler/calibration.h"
#include "dsp/compiler/network_profile.h"
#include "sim/inputs.h"
#include "sim/memory_contention.h"
#include "sim/memory_report.h"
#include "sim/network_check.h"
#include "sim/network_report.h"
#include "sim/network_target.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

int print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

dsp::network_profile profile_of(const network_target& t, const std::string& name,
                                const std::string& rounding) {
    if (is_layer_list(name))
        return dsp::profile(fs::path(name).stem().string(),
                            dsp::parse_layer_list(read_input_file(name), name), t.array,
                            t.s.npu.energies());
    return dsp::profile(*compile_for(t, open_network(name, rounding)), t.s.npu.energies());
}

// ---- profile --------------------------------------------------------------------------------

int show_profile(const command_line& command) {
    const network_target t = target_of(command);
    const std::string& name = command.files.at(1);
    std::shared_ptr<const dsp::compiled_network> c;
    dsp::network_profile n;
    if (is_layer_list(name)) {
        if (command.contention || !command.out.empty())
            throw input_error(exit_code::usage,
                              "error: --contention and --out need a network, not a list of layers");
        n = profile_of(t, name, command.rounding);
    } else {
        c = compile_for(t, open_network(name, command.rounding));
        n = dsp::profile(*c, t.s.npu.energies());
    }
    if (command.contention) {
        const contention m = measure_contention(t.s, c, true, command.background);
        dsp::add_memory(n, m.alone, m.together);
        std::fprintf(stderr, "%s\n",
                     fmt::format("camera stream {:.1f} MB/s, background {:.1f} MB/s",
                                 m.camera_rate / 1e6, m.background_rate / 1e6)
                         .c_str());
    }
    const double clock = t.s.npu.clock;
    if (!command.out.empty()) {
        output_folder out(command.out, command.force);
        out.write("profile.txt", profile_text(n, clock));
        out.write("profile.csv", profile_csv(n));
        out.write("profile.json", profile_json(n, clock).dump(2) + "\n");
        out.write("profile.html", profile_html(n, clock));
        std::string file = n.name;
        for (char& x : file)
            if (!std::isalnum(static_cast<unsigned char>(x)) && x != '.' && x != '-')
                x = '_';
        out.write(file + "_MemoryReport.json", memory_report(*c));
        out.commit();
    }
    if (command.output_format == command_line::format::json)
        return print(profile_json(n, clock).dump(2) + "\n");
    if (command.as_html)
        return print(profile_html(n, clock));
    return print(command.as_csv ? profile_csv(n) : profile_text(n, clock));
}

// ---- compare --------------------------------------------------------------------------------

/// Both networks on every shipped organisation: the spread is the uncertainty.
int compare(const command_line& command) {
    network_target t = target_of(command);
    const std::string &a = command.files.at(1), &b = command.files.at(2);
    ordered_json rows = ordered_json::array();
    std::string text, csv = "organisation,a_cycles,b_cycles,a_ms,b_ms,ratio\n";
    std::vector<std::string> names = dsp::organisation_names();
    // The configured one first.
    names.erase(std::remove(names.begin(), names.end(), t.array.name), names.end());
    names.insert(names.begin(), t.array.name);
    const dsp::array_organisation configured = t.array;
    std::optional<dsp::network_profile> first_a, first_b;
    std::string table;
    for (const std::string& name : names) {
        t.array = name == configured.name
                      ? configured
                      : dsp::with_weight_bits(dsp::organisation(name), command.weight_bits);
        const dsp::network_profile x = profile_of(t, a, command.rounding);
        const dsp::network_profile y = profile_of(t, b, command.rounding);
        const auto ms = [&](const dsp::network_profile& n) {
            return static_cast<double>(n.cycles.total()) / t.s.npu.clock * 1e3;
        };
        const double ratio = ms(y) / ms(x);
        table += fmt::format("{:<10} {:>12} {:>12} {:>10.4f} {:>10.4f} {:>8.3f}\n", name,
                             x.cycles.total(), y.cycles.total(), ms(x), ms(y), ratio);
        csv += fmt::format("{},{},{},{:.6f},{:.6f},{:.5f}\n", name, x.cycles.total(),
                           y.cycles.total(), ms(x), ms(y), ratio);
        rows.push_back({{"organisation", name},
                        {"a_cycles", x.cycles.total()},
                        {"b_cycles", y.cycles.total()},
                        {"a_ms", ms(x)},
                        {"b_ms", ms(y)},
                        {"ratio", ratio}});
        if (!first_a) {
            first_a = x;
            first_b = y;
        }
    }
    if (command.as_csv)
        return print(csv);
    if (command.output_format == command_line::format::json) {
        const ordered_json j = {{"a", profile_json(*first_a, t.s.npu.clock)},
                                {"b", profile_json(*first_b, t.s.npu.clock)},
                                {"organisations", rows}};
        return print(j.dump(2) + "\n");
    }
    text = fmt::format("a {}\nb {}\n\n{:<22} {:>14} {:>14} {:>8}\n", a, b, "", "a", "b", "b / a");
    const auto line = [&](const char* what, std::uint64_t x, std::uint64_t y) {
        text += fmt::format(
            "{:<22} {:>14} {:>14} {:>8}\n", what, x, y,
            x == 0 ? std::string("-")
                   : fmt::format("{:.3f}", static_cast<double>(y) / static_cast<double>(x)));
    };
    const auto &x = *first_a, &y = *first_b;
    line("layers", x.layers.size(), y.layers.size());
    line("multiply-accumulates", x.macs, y.macs);
    line("arena bytes", x.arena_bytes, y.arena_bytes);
    line("weights and biases", x.coefficient_bytes, y.coefficient_bytes);
    line("bytes moved", x.input_bytes + x.weight_bytes + x.output_bytes,
         y.input_bytes + y.weight_bytes + y.output_bytes);
    line("cycles", x.cycles.total(), y.cycles.total());
    line("  compute", x.cycles.compute, y.cycles.compute);
    line("  activations", x.cycles.activations, y.cycles.activations);
    line("  reread", x.cycles.reread, y.cycles.reread);
    line("  weights", x.cycles.weights, y.cycles.weights);
    line("  streaming", x.cycles.streaming, y.cycles.streaming);
    line("  drain", x.cycles.drain, y.cycles.drain);
    line("  control", x.cycles.control, y.cycles.control);
    text += fmt::format("\n{:<10} {:>12} {:>12} {:>10} {:>10} {:>8}\n", "array", "a cycles",
                        "b cycles", "a ms", "b ms", "b / a");
    return print(text + table);
}

// ---- dump -----------------------------------------------------------------------------------

/// The command stream behind the memory plan, decoded from its words.
int dump(const command_line& command) {
    const network_target t = target_of(command);
    const auto c = compile_for(t, open_network(command.files.at(1), command.rounding));
    const auto passes = dsp::decode_commands(c->commands, c->limits(), c->array);
    if (command.output_format != command_line::format::json) {
        std::string text =
            dsp::render(c->plan) + fmt::format("\ncommand stream at 0x{:08x}, {} bytes\npasses:\n",
                                               c->commands_address(), c->commands.size() * 4);
        for (std::size_t i = 0; i < c->passes.size(); ++i) {
            const dsp::pass& p = c->passes[i];
            text +=
                fmt::format("  {:>3} {} {} [{}] -> [{}], {} tiles of {} rows x {} channels{}\n", i,
                            dsp::name_of(p.kind), short_name(p.name, 60), shape_text(p.in_shape),
                            shape_text(p.out_shape), p.tiles.size(), p.cut.rows, p.cut.channels,
                            p.cut.channels_outer ? ", channels outside" : "");
        }
        return print(text + "\n" + dsp::disassemble(c->commands, c->plan.budget.base_address));
    }
    const auto ranges = [&c](const auto* first, const auto* last) {
        ordered_json list = ordered_json::array();
        for (; first != last; ++first)
            list.push_back(
                {{"from", first->network_input ? "input" : "memory"},
                 {"address", first->network_input ? first->offset : c->plan.address(first->offset)},
                 {"bytes", first->bytes}});
        return list;
    };
    ordered_json list = ordered_json::array();
    for (std::size_t i = 0; i < passes.size(); ++i) {
        const dsp::pass& p = passes[i];
        ordered_json tiles = ordered_json::array();
        for (const dsp::tile& x : p.tiles) {
            const auto* loads = x.loads.data();
            tiles.push_back(
                {{"rows", {x.first_row, x.rows}},
                 {"channels", {x.first_channel, x.channels}},
                 {"activations", ranges(loads, loads + x.activation_ranges)},
                 {"weights", ranges(loads + x.activation_ranges, loads + x.loads.size())},
                 {"compute_cycles", x.compute},
                 {"results", ranges(x.stores.data(), x.stores.data() + x.stores.size())}});
        }
        list.push_back({{"pass", i},
                        {"name", short_name(c->passes[i].name, 1000)},
                        {"operator", dsp::name_of(p.kind)},
                        {"layers", p.layers},
                        {"macs", p.macs},
                        {"tiles", tiles}});
    }
    const ordered_json j = {{"network", c->net.name},
                            {"address", c->commands_address()},
                            {"bytes", c->commands.size() * 4},
                            {"words", c->commands},
                            {"passes", list}};
    return print(j.dump(2) + "\n");
}

int calibrate(const command_line& command) {
    const dsp::calibration c = dsp::calibrate();
    if (command.output_format == command_line::format::json)
        return print(dsp::render_json(c));
    return print(command.as_csv ? dsp::render_csv(c) : dsp::render_text(c));
}

}  // namespace

int network_verb(const command_line& command) {
    const std::string& action = command.files.at(0);
    if (action == "check")
        return check_network_file(command);
    if (action == "profile")
        return show_profile(command);
    if (action == "compare")
        return compare(command);
    if (action == "dump")
        return dump(command);
    return calibrate(command);
}

}  // namespace ocellus::sim
