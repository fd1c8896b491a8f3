// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include "dsp/network/check.h"
#include "sim/command_line.h"

namespace ocellus::sim {

/// `ocellus network check NET`: before any run, what runs where and what it costs, what is not
/// supported and why, what to do about it. Exit code 0 when the network runs on the chip, 2 when
/// not.
int check_network_file(const command_line& command);

/// The nearest thing to do about what a reader or the checker found. "" when there is nothing to
/// say beyond the finding.
std::string advice_about(const dsp::finding& f);

}  // namespace ocellus::sim
