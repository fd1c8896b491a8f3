// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ocellus::sim {

/// A diagram as a self-contained SVG: curves and points over two axes, a legend when there is more
/// than one. The bytes depend on the data alone.
struct plot {
    struct series {
        std::string name;
        std::vector<std::pair<double, double>> points;
        bool dots = false;  ///< else a line
    };
    std::string title, x_name, y_name;
    bool x_log = false, y_log = false;  ///< points that are not positive are left out
    bool legend_right = false;
    std::vector<series> curves{};
    std::vector<std::pair<double, std::string>> marks{};  ///< vertical lines with a name
};

std::string render_svg(const plot& p);

}  // namespace ocellus::sim
