// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

#include "core/statistics.h"
#include "memory/interconnect.h"
#include "memory/sram.h"

namespace ocellus::sim {

/// stats_traffic.csv: an initiator a row: requests, bytes, bytes a second of the run's `seconds`,
/// cycles waited, and mean, percentiles and longest latency in ns.
std::string traffic_csv(const memory::interconnect& bus, double seconds);
/// stats_latency.csv: bursts of each initiator by latency, in bins of fixed edges (both inclusive,
/// ns; memory/burst_latency.h); empty bins are left out.
std::string latency_csv(const memory::interconnect& bus);
/// stats_occupancy.csv: an interval a row: its start in s, bank accesses, share of all ports'
/// cycles, cycles waited, and bytes asked for by each initiator.
std::string occupancy_csv(const memory::interconnect& bus, const memory::sram& sram);
/// stats_memory.txt: who moved how much and waited how long, the occupancy of the memory (mean, and
/// the fullest interval), and how full each FIFO became.
std::string traffic_text(const memory::interconnect& bus, const memory::sram& sram,
                         const statistics& stats, double seconds);

}  // namespace ocellus::sim
