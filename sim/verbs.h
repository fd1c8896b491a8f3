// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include "sim/command_line.h"

namespace ocellus::sim {

/// Does what the command line asks for; returns the exit code. Throws input_error on bad input.
int execute(const command_line& command);

int run(const command_line& command);       ///< sim/run.cpp
int describe(const command_line& command);  ///< sim/describe.cpp
int show_trace(const command_line& command);
int regress(const command_line& command);  ///< sim/regress.cpp
int show_difference(const command_line& command);
int render_scenes(const command_line& command);
int sweep(const command_line& command);  ///< sim/sweep.cpp
int characterize(const command_line& command);
int merge_sweeps(const command_line& command);
int doctor(const command_line& command);
int develop(const command_line& command);             ///< sim/develop.cpp
int line_buffers(const command_line& command);        ///< sim/line_buffers.cpp
int quality(const command_line& command);             ///< sim/quality.cpp
int compare_fidelities(const command_line& command);  ///< sim/fidelity.cpp
int what_if(const command_line& command);             ///< sim/what_if.cpp
int network_verb(const command_line& command);        ///< sim/network_verb.cpp

}  // namespace ocellus::sim
