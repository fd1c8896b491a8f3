// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"

namespace ocellus::sim {

/// A line of a script: what comes into a running sensor, and what is expected of it.
struct script_command {
    enum class what {
        at,               ///< wait until an absolute time
        run,              ///< let time go on
        wait_irq,         ///< name
        wait_event,       ///< name, count
        wait_frame,       ///< number
        write,            ///< target, number
        read,             ///< target; the value is dropped
        poke,             ///< number: address, text: bytes
        scene,            ///< text
        reset,            ///<
        uart,             ///< text, as typed
        expect_register,  ///< target, mask, relation, number
        expect_value,     ///< name of a statistic, low .. high
        expect_cycles,    ///< of the last inference, low .. high
        expect_uart,      ///< text
        crc,              ///< name: frame, tensor, output, metadata; index; number
        quit,             ///< ends the run
        finish,           ///< lets the run come to its own end
    };
    what kind = what::quit;
    source_position where;
    std::string name, text;
    std::uint64_t number = 0, mask = ~std::uint64_t{0}, count = 1, index = 0;
    double low = 0, high = 0;
    std::uint64_t time = 0;   ///< ps: of at and run
    std::uint64_t limit = 0;  ///< ns of simulated time; 0: none
    std::string relation;
};

/// A script as text (docs/traces.md): settings first, then commands, one a line.
struct script {
    std::string config_file;  ///< as found from the script's folder
    std::vector<std::string> settings;
    /// Option of the command line and its value, in order: frames, seed, network, firmware, scene,
    /// tensor.
    std::vector<std::pair<std::string, std::string>> options;
    bool timing_only = false;
    std::vector<script_command> commands;
};

/// What names a script may use.
struct script_names {
    std::vector<std::string> registers, interrupts, events;
};

/// Reads a script. Every mistake goes to `problems` with its line. Names of files are taken from
/// the script's folder. Registers, lines and events are checked when `names` has any.
script parse_script(const std::string& text, const std::string& path, const script_names& names,
                    diagnostics& problems);

}  // namespace ocellus::sim
