// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <vector>

#include "dsp/compiler/compiled_network.h"
#include "links/csi2_transmitter.h"

namespace ocellus::sim {

/// What the chip says of network `number` in its tensor region: AP parameters, input and outputs,
/// where they lie and how they are sent. Elements of 8 bits are sent unsigned: two's complement is
/// turned to offset binary, since the public format's shift has no sign. Throws
/// input_error(exit_code::usage) for a network that the format cannot describe: outputs that are no
/// integers of 8, 16 or 32 bits, more than 16 of them, axes above 65535, names that do not fit a
/// line.
links::region_request region_of(const dsp::compiled_network& c, unsigned number);

}  // namespace ocellus::sim
