// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/scene.h"

namespace ocellus::models {

/// A built-in chart, in linear light:
///
///     uniform         grey of 0.5
///     grey-steps      12 vertical bars, each half as bright as its left neighbour, from 1
///     checkerboard    squares of an eighth of the width, 0.9 and 0.05; dark at the top left
///     slanted-edge    an edge through the centre, 5 degrees off the vertical, 0.05 left, 0.8 right
///     colorchecker    24 patches, 6 x 4, by published reflectances of the ColorChecker
///     flicker-100     0.5 (1 + cos(2 pi f t)) everywhere, f = 100 Hz; flicker-120: 120 Hz
///     moving-edge     0.8 left of an edge that runs to the right, a width in a second; 0.05 right
///
/// Edges cover the pixels they pass through in part, exactly. What changes with time is averaged
/// over the exposure of each row, exactly. Null for an unknown name.
std::shared_ptr<const scene> make_chart(const std::string& name);

/// The names above.
std::vector<std::string> chart_names();

/// Mean of cos(2 pi f t) over t = start .. start + length.
double mean_cosine(double frequency, double start, double length);

}  // namespace ocellus::models
