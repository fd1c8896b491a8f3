// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/diagnostics.h"

namespace ocellus::sim {

/// A line of a .cci script: what a host does at the camera control interface and what it expects.
struct cci_command {
    enum class what {
        device,      ///< number: device address of what follows
        write,       ///< index, data; refused: it expects no acknowledgement
        read,        ///< index, bytes; the value is dropped; refused as above
        expect,      ///< index, bytes, mask, relation, number
        until,       ///< the same, read every `interval` until it holds
        wait,        ///< time
        wait_frame,  ///< number
        wait_event,  ///< name, count
        quit,        ///< ends the run
    };
    what kind = what::quit;
    source_position where;
    std::string name;  ///< of the register as written, or of the event
    std::uint16_t index = 0;
    unsigned bytes = 1;
    std::vector<std::uint8_t> data;
    bool refused = false;
    std::string relation;
    std::uint64_t number = 0, mask = ~std::uint64_t{0}, count = 1;
    std::uint64_t time = 0, interval = 0;  ///< ps
    std::uint64_t limit = 0;               ///< ps of simulated time
};

/// Reads a .cci script (docs/cci.md). Every mistake goes to `problems` with its line and column.
/// `events`: names that `wait event` knows.
std::vector<cci_command> parse_cci_script(const std::string& text, const std::string& path,
                                          const std::vector<std::string>& events,
                                          diagnostics& problems);

/// Whether `x relation y`, of "==", "!=", "<", "<=", ">", ">=".
bool holds_relation(const std::string& relation, std::uint64_t x, std::uint64_t y);

}  // namespace ocellus::sim
