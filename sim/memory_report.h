// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

#include "dsp/compiler/compiled_network.h"

namespace ocellus::sim {

/// The memory report of the public converter, with its keys, from our own memory plan: sizes as
/// text in decimal kilobytes or megabytes. Run-time memory is everything between the reserved bytes
/// and the weights.
std::string memory_report(const dsp::compiled_network& c);

}  // namespace ocellus::sim
