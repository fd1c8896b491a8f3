// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dsp/compiler/compiled_network.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// Cycles of each pass of a network on the real interconnect and SRAM, bursts asked for one by one.
struct contention {
    std::vector<std::uint64_t> alone, together;
    double camera_rate = 0;      ///< B/s that the ISP wrote meanwhile
    double background_rate = 0;  ///< B/s of the other traffic, as it was
};

/// Runs two jobs on an NPU, an interconnect and an SRAM of these settings: one alone, one with the
/// camera's stream (the ISP writes the rows of the next input tensor at the pace of the readout, as
/// if frames followed each other without a pause) and with `background` bytes per second that two
/// masters, a reader and a writer, spread over all banks in bursts of 256 B. Deterministic. Call
/// once a process.
contention measure_contention(const settings& s,
                              const std::shared_ptr<const dsp::compiled_network>& network,
                              bool camera, double background);

}  // namespace ocellus::sim
