// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/command_line.h"

namespace ocellus::sim {

/// What came of a run in a process of its own.
struct trial {
    int exit_code = 0;
    std::string message;                   ///< first line of its standard error, when it failed
    std::map<std::string, double> values;  ///< its statistics
    double value(const std::string& name) const {
        const auto i = values.find(name);
        return i == values.end() ? 0 : i->second;
    }
};

/// Runs the configuration of `command`, timing only, with further settings ("key=value"). Throws
/// input_error when a signal comes.
trial run_trial(const command_line& command, const std::vector<std::string>& settings);

/// Why a run does not do what it is asked for: lines, rows or frames that were lost, or its
/// message; empty when all frames were delivered whole.
std::string failure_of(const trial& t);

}  // namespace ocellus::sim
