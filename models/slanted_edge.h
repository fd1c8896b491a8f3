// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"

namespace ocellus::models {

/// Modulation transfer across an edge that runs a few degrees off the vertical.
struct edge_response {
    double angle = 0;         ///< degrees off the vertical; positive: x grows downwards
    double mtf50 = 0;         ///< cycles per pixel at which it has fallen to a half; 0: never
    std::vector<double> mtf;  ///< at 0, 0.01 .. 1 cycles per pixel
    double at(double frequency) const;  ///< interpolated
};

/// The method of ISO 12233: the edge is located row by row and fitted with a line, samples are
/// sorted by their distance from it into bins of a quarter pixel, and the transform of the
/// derivative is corrected for bins and difference. `image` should hold one edge, at least 40
/// pixels wide and high enough for the edge to cross two pixels.
edge_response measure_edge(const plane<std::uint16_t>& image);

}  // namespace ocellus::models
