// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// MobileNet V1 (Howard et al., arXiv 1704.04861) as an int8 network with seeded random weights:
/// conv1, 13 depthwise and 13 pointwise convolutions (all with ReLU6), average pooling and a fully
/// connected layer with 1001 raw scores; 29 layers. It classifies nothing: it is for timing work,
/// with activations that neither saturate nor die, so that results depend on the picture.
///
/// Weights are symmetric per output channel, from Philox(seed). `alpha` scales the channels,
/// `resolution` is the input's height and width. At 1.0 and 224: 568,741,376 multiply-accumulates,
/// 4,210,112 B of weights. Throws input_error(usage) for alpha outside (0, 2] or a resolution
/// outside 32 .. 1024.
network generate_mobilenet_v1(double alpha = 1.0, int resolution = 224, std::uint64_t seed = 1);

/// The network that a name "builtin:mobilenet_v1_<alpha>_<resolution>" asks for. Throws
/// input_error(usage) for any other name.
network generate_network(const std::string& name, std::uint64_t seed = 1);

}  // namespace ocellus::dsp
