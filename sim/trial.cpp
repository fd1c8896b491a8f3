// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/trial.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/diagnostics.h"
#include "core/files.h"
#include "sim/child_processes.h"
#include "sim/scratch_folder.h"

namespace ocellus::sim {

trial run_trial(const command_line& command, const std::vector<std::string>& settings) {
    const scratch_folder folder("trial");
    std::vector<std::string> arguments = {"run"};
    if (!command.config_file.empty())
        arguments.push_back(command.config_file);
    for (const auto* list : {&command.settings, &settings})
        for (const auto& s : *list) {
            arguments.emplace_back("--set");
            arguments.push_back(s);
        }
    if (!command.network.empty())
        arguments.insert(arguments.end(), {"--network", command.network});
    // Of a single frame nothing can be late.
    arguments.insert(arguments.end(), {"--frames", std::to_string(command.frames.value_or(4))});
    arguments.insert(arguments.end(), {"--timing-only", "--quiet", "--threads", "1", "--out",
                                       (folder.path() / "out").string()});
    const std::string errors = (folder.path() / "stderr").string();
    child_processes children;
    children.start(0, arguments, errors);
    trial t;
    while (children.running() > 0 && !children.signal())
        if (const auto end = children.wait(1))
            t.exit_code = end->exit_code;
    if (children.signal()) {
        children.stop();
        throw input_error(static_cast<exit_code>(128 + children.signal()),
                          "error: stopped by a signal");
    }
    if (t.exit_code != 0) {
        const std::string text = read_file(errors);
        t.message = text.substr(0, text.find('\n'));
        return t;
    }
    const auto json = nlohmann::json::parse(read_file((folder.path() / "out/stats.json").string()));
    for (const auto& [name, s] : json.at("statistics").items())
        if (s.at("value").is_number())
            t.values[name] = s.at("value").get<double>();
    return t;
}

std::string failure_of(const trial& t) {
    if (t.exit_code != 0)
        return fmt::format("exit code {}: {}", t.exit_code, t.message);
    std::string out;
    const auto look = [&](const char* name, const char* what) {
        if (const double n = t.value(name); n > 0)
            out += fmt::format("{}{:.0f} {}", out.empty() ? "" : ", ", n, what);
    };
    look("die_link.rows_lost", "rows lost at the die link");
    look("isp.rows_lost", "rows lost in the ISP");
    look("isp.tensor_rows_lost", "tensor rows lost");
    look("capture.lines_lost", "lines lost at the capture writer");
    look("csi2.lines_lost", "lines lost at CSI-2");
    look("frames.dropped", "frames without a result");
    look("frames.lost", "frames lost");
    return out;
}

}  // namespace ocellus::sim
