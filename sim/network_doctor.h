// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/image.h"
#include "dsp/network/graph.h"

/// Why a network that loads sees nothing: what `ocellus doctor` looks at, without a simulation.
namespace ocellus::sim {

/// A layer on one input, in integers and in single precision.
struct layer_health {
    std::string name;
    dsp::op kind = dsp::op::conv2d;
    /// Signal to quantisation noise in dB, the layer alone on the integers before it, and of all
    /// layers up to it; 999 when there is no noise.
    double sqnr_alone = 999, sqnr = 999;
    double clipped = 0;      ///< share of the outputs whose real value is beyond the output's range
    std::size_t values = 0;  ///< of the output
    unsigned codes = 0;      ///< different integers in the output
    unsigned channels = 0;   ///< of the output
    unsigned dead = 0;       ///< channels that have one value at all of 256 positions or more
    bool weighted = false;   ///< a multiply layer
    bool exact = true;       ///< the real values are not from the integer kernels
};

/// Runs the network on the bytes of its first input.
std::vector<layer_health> look_at_layers(const dsp::network& n,
                                         const std::vector<std::uint8_t>& input);

struct finding_of_doctor {
    std::string what;    ///< "colour_order", "input_range", "dead_channels", ...
    std::string layer;   ///< empty: the input
    std::string says;    ///< what was seen, with numbers
    std::string advice;  ///< what to try
};

/// Range, codes, dead channels and noise of the layers, first cause first.
std::vector<finding_of_doctor> judge_layers(const std::vector<layer_health>& layers);

/// What the network's outputs say: of a detector the sum of the scores found, of others the best
/// score.
double evidence_of(const dsp::network& n, const std::vector<std::uint8_t>& input);

/// A picture of the network's size as the bytes of its input, colours 0 to 255 standing for reals
/// from `black` to `white`; of 1 channel: luma.
std::vector<std::uint8_t> tensor_of_picture(const dsp::network& n, const rgb8_image& picture,
                                            double black, double white, bool bgr);
/// The picture of an input tensor, its whole integer range as 0 to 255.
rgb8_image picture_of_tensor(const dsp::network& n, const std::vector<std::uint8_t>& input);

/// What the sensor did to the scene. Shares of the pixel array.
struct field_of_view {
    double width = 1, height = 1;   ///< of the window that the network sees
    double array_aspect = 4.0 / 3;  ///< width over height of the array
};

/// Range, colour order, exposure, crop and aspect of the input: `seen` as the network saw it,
/// `expected` the scene through an ideal camera with the whole field of view.
std::vector<finding_of_doctor> judge_input(const dsp::network& n,
                                           const std::vector<std::uint8_t>& seen,
                                           const rgb8_image& expected, const field_of_view& view);

}  // namespace ocellus::sim
