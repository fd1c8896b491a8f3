// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// How the picture that the image signal processor writes becomes a network's input. Colour values
/// 0 to 255 take the whole range of the input's integers: q = colour + offset. What they mean to
/// the network is the real range [real_min, real_max].
struct input_mapping {
    int height = 0, width = 0, channels = 0;
    std::int32_t offset = 0;  ///< -128 for int8 inputs, 0 for uint8
    double real_min = 0.0;    ///< what colour value 0 means to the network
    double real_max = 0.0;    ///< what colour value 255 means

    std::uint8_t byte_of(std::uint8_t colour) const {
        return static_cast<std::uint8_t>(static_cast<std::int32_t>(colour) + offset);
    }
    std::uint8_t colour_of(std::uint8_t byte) const {
        return static_cast<std::uint8_t>(static_cast<std::int32_t>(byte) - offset);
    }
};

/// The mapping of the network's first input. `height`, `width` and `channels` are 0 when the input
/// is no picture of 1 or 3 channels.
input_mapping mapping_of(const network& n);

}  // namespace ocellus::dsp
