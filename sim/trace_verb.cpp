// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "core/files.h"
#include "sim/run_trace.h"
#include "sim/trace_export.h"
#include "sim/verbs.h"

namespace ocellus::sim {

int show_trace(const command_line& command) {
    const trace_reader trace(command.files.at(0));
    const trace_filter window = window_of(command);
    check_tracks(window.tracks, trace.description().tracks);
    const trace_view view = load_view(trace, window);
    bool written = false;
    const auto write = [&](const std::string& path, const std::string& bytes) {
        replace_file(path, bytes);
        std::printf("%s\n", path.c_str());
        written = true;
    };
    if (!command.perfetto.empty())
        write(command.perfetto, perfetto_of(view));
    if (!command.vcd.empty()) {
        write(command.vcd, vcd_of(view));
        namespace fs = std::filesystem;
        const fs::path path(command.vcd);
        fs::path beside = path;
        write(beside.replace_extension(".gtkw").string(), gtkw_of(view, path.filename().string()));
    }
    if (!command.csv.empty())
        write(command.csv, csv_of(view));
    std::string text;
    if (command.list)
        text = list_of(view, command.limit);
    else if (!written)
        text = summary_of(view);
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
