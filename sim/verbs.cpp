// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/verbs.h"

#include <cstdio>

#include "core/config.h"
#include "sim/sensitivity.h"
#include "sim/settings.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

int print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

int list_parameters(const command_line& command) {
    parameter_registry registry;
    settings s;
    s.declare(registry);
    std::string text;
    switch (command.output_format) {
        case command_line::format::json:
            text = render_parameters_json(registry, command.glob);
            break;
        case command_line::format::markdown:
            text = render_parameters_markdown(registry);
            break;
        case command_line::format::text:
            text = render_parameters(registry, command.glob);
            break;
    }
    if (command.output_format == command_line::format::text &&
        !any_parameter_fits(registry, command.glob))
        throw input_error(exit_code::usage, text);
    return print(text);
}

}  // namespace

int execute(const command_line& command) {
    switch (command.action) {
        case command_line::verb::help:
            return print(help_text(command.help_topic));
        case command_line::verb::version:
            return print("ocellus " + version_text() + "\ncompiler " + compiler_text() +
                         "\nSystemC " + systemc_text() + "\n");
        case command_line::verb::run:
        case command_line::verb::record:
        case command_line::verb::replay:
            return run(command);
        case command_line::verb::params:
            return command.check_sensitivity ? check_sensitivity(command)
                                             : list_parameters(command);
        case command_line::verb::describe:
            return describe(command);
        case command_line::verb::trace:
            return show_trace(command);
        case command_line::verb::regress:
            return regress(command);
        case command_line::verb::diff:
            return show_difference(command);
        case command_line::verb::scene:
            return render_scenes(command);
        case command_line::verb::sweep:
            return sweep(command);
        case command_line::verb::characterize:
            return characterize(command);
        case command_line::verb::merge:
            return merge_sweeps(command);
        case command_line::verb::network:
            return network_verb(command);
        case command_line::verb::doctor:
            return doctor(command);
        case command_line::verb::develop:
            return develop(command);
        case command_line::verb::line_buffers:
            return line_buffers(command);
        case command_line::verb::quality:
            return quality(command);
        case command_line::verb::fidelity:
            return compare_fidelities(command);
        case command_line::verb::what_if:
            return what_if(command);
    }
    return static_cast<int>(exit_code::internal);
}

}  // namespace ocellus::sim
