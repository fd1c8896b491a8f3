// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/parameter.h"
#include "sim/command_line.h"

namespace ocellus::sim {

/// Metrics of one run by name, or why there are none.
struct run_metrics {
    std::string failure;  ///< empty: the run ended well
    std::map<std::string, double> values;
};

/// One parameter while it is checked: the metrics with two of its values.
struct sensitivity_trial {
    const parameter* p = nullptr;
    std::string from, to;
    run_metrics runs[2];
};

/// The result as a line; true when all is as declared.
bool judge(const sensitivity_trial& t, std::string& line);

/// The two values of a parameter that are compared: those declared, or half and twice the default
/// within its range. Empty when there are none.
std::pair<std::string, std::string> compared_values(const parameter& p);

/// Measures of what is in a run's output folder beside stats.json: image.mean and image.deviation
/// of the received samples as shares of full scale; tensor.mean, tensor.deviation and tensor.red,
/// tensor.green, tensor.blue of the network's input in its own numbers.
std::map<std::string, double> content_measures(const std::string& folder);

/// `ocellus params --check-sensitivity`: compares two short runs for each declared parameter, one
/// line each; exit code 1 when one does not do what is declared, or declares nothing.
int check_sensitivity(const command_line& command);

}  // namespace ocellus::sim
