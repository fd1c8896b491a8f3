// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace.h"

namespace ocellus::sim {

/// A trace, or a window of it, in memory: tracks with their events by start.
struct trace_view {
    const trace_description* description = nullptr;
    std::vector<std::vector<trace_event>> tracks;
};
trace_view load_view(const trace_reader& trace, const trace_filter& window);

/// Perfetto's protobuf form (perfetto.dev, TracePacket): a track for every track of the trace, with
/// further lanes where its events overlap, a counter track for every field of kind "level", and one
/// flow a frame from its exposure to its last packet.
std::string perfetto_of(const trace_view& v);
/// IEEE 1364 value change dump: for every track of spans `busy` and the value of its first field,
/// for levels their value; time in the trace's own unit.
std::string vcd_of(const trace_view& v);
/// A view for GTKWave that shows all signals of the dump `vcd_name`, grouped by block.
std::string gtkw_of(const trace_view& v, const std::string& vcd_name);
/// RFC 4180, one line an event, in order of time.
std::string csv_of(const trace_view& v);
/// Tracks with the number of their events, the time they were busy, first and last.
std::string summary_of(const trace_view& v);
/// One event a line, in order of time, at most `limit`.
std::string list_of(const trace_view& v, std::size_t limit);
/// "12.345678 us"
std::string time_of(const trace_description& d, std::uint64_t units);

}  // namespace ocellus::sim
