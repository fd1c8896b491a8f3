// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ocellus::sim {

/// A parameter that a sweep varies.
struct sweep_knob {
    std::string name;     ///< dotted, "npu.clock"
    std::string unit;     ///< symbol of the base unit, or empty
    bool number = false;  ///< its values are numbers
};

/// The value of a knob at a point.
struct sweep_value {
    std::string text;   ///< as in a configuration, "400 MHz"
    std::string plain;  ///< number in the base unit, "400000000", or the text itself
};

/// What the Pareto front compares.
struct sweep_goal {
    std::string metric;
    bool maximise = false;
};

/// A statistic that was kept.
struct sweep_metric {
    std::string name, unit, description;
};

/// A point that was simulated.
struct sweep_result {
    std::uint64_t number = 0;         ///< from 0, in the order of the plan
    std::string id;                   ///< hash of settings and inputs
    std::vector<sweep_value> values;  ///< one for each knob
    bool done = false;
    int exit_code = 0;                           ///< of the run; 128 + n when signal n ended it
    std::string message;                         ///< of a failed run
    std::map<std::string, std::string> metrics;  ///< numbers as JSON writes them; "" when undefined
    double wall_seconds = 0;                     ///< never part of a result file
};

/// The finished points of a sweep, by number.
struct sweep_results {
    std::string version, plan;  ///< of the program, and hash of the plan
    std::uint64_t planned = 0;  ///< points of the whole sweep
    std::vector<sweep_knob> knobs;
    std::vector<sweep_goal> goals;
    std::vector<sweep_metric> metrics;  ///< sorted by name
    std::vector<sweep_result> points;
};

/// Indices of the rows that no other row dominates. A row has a number for each goal; a row
/// dominates another that it equals or betters in everything and betters in something.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows,
                                      const std::vector<sweep_goal>& goals);

/// One line a point: point, knobs in base units, status, exit_code, message, metrics.
std::string results_csv(const sweep_results& r);
/// Schema "ocellus-sweep-1", one line a point.
std::string results_json(const sweep_results& r);
/// The points that are on the front, with knobs and goals' metrics.
std::string pareto_csv(const sweep_results& r);
/// The goals' metrics of all points in one diagram: over the first of them the others, each as a
/// share of its own largest magnitude. Empty with fewer than two.
std::string chart_svg(const sweep_results& r);
/// Main effects: the mean of a metric over the points of each value of a knob, how far these means
/// lie apart, and the knob's rank by that. Of the goals' metrics, and of all when there are few.
std::string effects_csv(const sweep_results& r);

}  // namespace ocellus::sim
