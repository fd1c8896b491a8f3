// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/diagnostics.h"
#include "sim/trial.h"
#include "sim/verbs.h"

namespace ocellus::sim {

/// `ocellus fidelity`: the same run with both fidelities of the memory, initiator by initiator.
int compare_fidelities(const command_line& command) {
    const trial loose = run_trial(command, {"sram.fidelity=loosely_timed"});
    const trial timed = run_trial(command, {"sram.fidelity=approximately_timed"});
    for (const auto* t : {&loose, &timed})
        if (t->exit_code != 0)
            throw input_error(static_cast<exit_code>(t->exit_code), t->message);
    std::vector<std::string> rows;
    const std::string prefix = "interconnect.", suffix = ".requests";
    for (const auto& [name, value] : loose.values)
        if (value > 0 && name.rfind(prefix, 0) == 0 && name.size() > suffix.size() &&
            name.substr(name.size() - suffix.size()) == suffix)
            rows.push_back(name.substr(0, name.size() - suffix.size()));
    const auto change = [](double a, double b) {
        return a == b ? 0.0 : a == 0 ? 100.0 : 100 * (b / a - 1);
    };
    struct line {
        std::string what;
        double scale;
        const char* unit;
        std::string statistic;
    };
    std::vector<line> lines;
    for (const auto& r : rows) {
        const std::string who = r.substr(prefix.size());
        lines.push_back({who + " mean latency", 1e9, "ns", r + ".latency_mean"});
        lines.push_back({who + " 99 % latency", 1e9, "ns", r + ".latency_p99"});
        lines.push_back({who + " longest latency", 1e9, "ns", r + ".latency_max"});
        lines.push_back({who + " stalls", 1, "cycles", r + ".wait_cycles"});
    }
    lines.push_back({"all stalls", 1, "cycles", "sram.wait_cycles"});
    lines.push_back({"NPU busy", 1e3, "ms", "npu.busy"});
    lines.push_back({"longest frame latency", 1e3, "ms", "run.latency_max"});
    nlohmann::ordered_json json;
    std::string text = fmt::format("{:<28} {:>16} {:>16} {:>10}\n", "", "loosely timed",
                                   "approx. timed", "change");
    for (const auto& l : lines) {
        const double a = loose.value(l.statistic), b = timed.value(l.statistic);
        text += fmt::format("{:<28} {:>16} {:>16} {:>9.2f}%\n", l.what,
                            fmt::format("{:.6g} {}", a * l.scale, l.unit),
                            fmt::format("{:.6g} {}", b * l.scale, l.unit), change(a, b));
        json[l.statistic] = {{"loosely_timed", a}, {"approximately_timed", b}};
    }
    const std::string one = failure_of(loose), other = failure_of(timed);
    text += fmt::format("loosely timed: {}\napproximately timed: {}\n",
                        one.empty() ? "nothing lost" : one, other.empty() ? "nothing lost" : other);
    const std::string out =
        command.output_format == command_line::format::json ? json.dump(2) + "\n" : text;
    if (std::fputs(out.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
