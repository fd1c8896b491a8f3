// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/parameter.h"
#include "sim/command_line.h"
#include "sim/recording.h"
#include "sim/script.h"
#include "sim/sensor.h"
#include "sim/session.h"

namespace ocellus::sim {

/// Where a run comes from, when it is not the command line alone: a recording or a script.
struct origin {
    command_line command;  ///< completed
    std::optional<recording> source;
    std::optional<script> play;
    std::unique_ptr<temporary_place> files;  ///< of the recording
    /// The file that a script calls "file:N".
    std::string find_scene(const std::string& name) const;
    /// Of a file of the recording, unpacked.
    std::string path_of(std::size_t file) const;
};

/// Reads the recording or script of --replay and completes the command line by it; without one, the
/// command line as it is. Throws input_error.
origin origin_of(const command_line& command);

/// The script of `o` once more, with the names that the built sensor knows. Throws input_error with
/// every mistake at once.
script script_for(const origin& o, const command_line& given, const sensor& chip);

/// What entered a run, for a recording; exit code and results are still to be added.
recording recording_of(const command_line& command, const parameter_registry& registry,
                       const run_inputs& in, const session_limits& limits,
                       const input_recorder& recorder);

/// Says on standard error how a replay differs from its recording; false: it does.
bool tell_of_replay(const recording& source, const run_inputs& in,
                    const std::map<std::string, std::string>& results, int code);

}  // namespace ocellus::sim
