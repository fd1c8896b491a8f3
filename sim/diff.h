// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/trace.h"

namespace ocellus::sim {

/// Where two traces part: the first event, in order of time, that one of them has and the other has
/// not, or has with other fields.
struct divergence {
    std::optional<trace_event> expected, actual;  ///< of the first and the second; none: it is over
    std::string time, block, what;  ///< "12.5 us", track, "field checksum: expected 0x1, got 0x2"
    std::vector<std::string> before, after_expected, after_actual;  ///< lines, for context
};

/// Tracks and names are compared by their text. Both traces are read once, block by block.
std::optional<divergence> first_divergence(const trace_reader& a, const trace_reader& b);

/// One value that differs.
struct difference {
    std::string name, a, b;
    std::optional<double> relative;  ///< (b - a) / |a|
};

/// Two run folders, or two traces.
struct comparison {
    std::vector<difference> configuration, inputs, statistics, files;
    std::optional<divergence> events;
    bool events_compared = false;
    bool same() const {
        return configuration.empty() && inputs.empty() && statistics.empty() && files.empty() &&
               !events;
    }
    std::string text(const std::string& a, const std::string& b) const;
    std::string json() const;
};

/// Each of `a` and `b`: a folder that `run --out` wrote (its trace is compared too when both have
/// one), or a trace. Throws input_error(usage) for anything else.
comparison compare_runs(const std::string& a, const std::string& b);

}  // namespace ocellus::sim
