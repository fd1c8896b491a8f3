// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/line_buffers.h"

#include <fmt/format.h>

#include <cstdio>

#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {

int line_buffers(const command_line& command) {
    settings s;
    parameter_registry registry;
    resolve_settings(command, s, registry);
    const auto width = static_cast<unsigned>(s.pixels.sensor.width);
    const auto stages =
        command.published ? isp::infinite_isp_stages() : isp::own_stages(s.isp.settings().stages);
    const bool as_json = command.output_format == command_line::format::json;
    const auto line = [&](const char* name, unsigned rows, double bytes, double blocks,
                          unsigned lines, unsigned clocks) {
        return as_json ? fmt::format(
                             "{{\"stage\": \"{}\", \"rows\": {}, \"bytes\": {:.0f}, "
                             "\"block_rams\": {:.1f}, \"lines\": {}, \"clocks\": {}}}",
                             name, rows, bytes, blocks, lines, clocks)
                       : fmt::format("{:<27} {:>5} {:>9.1f} {:>7.1f} {:>6} {:>7}\n", name, rows,
                                     bytes / 1024, blocks, lines, clocks);
    };
    std::string out = as_json ? "["
                              : fmt::format(
                                    "Rows of {} pixels\n{:<27} {:>5} {:>9} {:>7} {:>6} "
                                    "{:>7}\n",
                                    width, "stage", "rows", "KiB", "36 kbit", "lines", "clocks");
    unsigned rows = 0;
    double bytes = 0, blocks = 0;
    for (const auto& w : stages) {
        const double b = static_cast<double>(isp::line_bits(w, width)) / 8;
        rows += w.stored_rows();
        bytes += b;
        blocks += isp::block_rams(w, width);
        out += (as_json ? "\n  " : "") + line(w.name, w.stored_rows(), b, isp::block_rams(w, width),
                                              w.latency_lines(), w.clocks);
        if (as_json)
            out += ",";
    }
    out += (as_json ? "\n  " : "") + line("total", rows, bytes, blocks, isp::latency_lines(stages),
                                          isp::latency_clocks(stages));
    if (as_json)
        out += "\n]\n";
    if (std::fputs(out.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
