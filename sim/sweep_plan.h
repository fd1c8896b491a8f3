// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/sweep_results.h"

namespace ocellus::sim {

/// A point that a sweep is to simulate.
struct sweep_point {
    std::string id;                     ///< hash of resolved settings and of the files they name
    std::vector<sweep_value> values;    ///< one for each knob
    std::vector<std::string> settings;  ///< of `ocellus run --set`, one for each knob
    std::uint64_t frames = 1;
};

/// A sweep file, read and checked. Points are numbered from 0 in the order of the list.
struct sweep_plan {
    std::string file;                   ///< as the user wrote it
    std::string config;                 ///< configuration file of every point, or empty
    std::vector<std::string> settings;  ///< "key=value" of every point
    std::string inject_tensor, wall_limit;
    bool timing_only = false;
    bool give_frames = false;  ///< whether the runs are told how many frames they are to capture
    std::vector<sweep_knob> knobs;
    std::vector<sweep_point> points;
    std::vector<std::string> keep;  ///< globs of the statistics to keep; empty: all
    std::vector<sweep_goal> goals;
    std::string hash;        ///< of everything that decides over the results
    std::string infeasible;  ///< why the first of the points below cannot be configured
    std::uint64_t infeasible_points = 0;  ///< whose values are good alone, but not together

    /// Whether a statistic is among those to keep.
    bool keeps(const std::string& statistic) const;
    /// Arguments of the program for one point, without the output folder.
    std::vector<std::string> arguments(const sweep_point& p) const;
};

/// Reads a sweep file. Throws input_error(exit_code::usage) with every mistake at once.
/// `statistics_known`: also check the names of statistics, which elaborates a sensor: once in a
/// process.
sweep_plan read_sweep(const std::string& file, bool statistics_known = true);

}  // namespace ocellus::sim
