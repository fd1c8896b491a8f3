// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/network/graph.h"
#include "dsp/npu/array_timing.h"

/// Networks as lists of layer shapes: enough for cycles, nothing to execute.
namespace ocellus::dsp {

/// A convolution or a fully connected layer (1 x 1 on one pixel). Extents in samples, NHWC.
struct listed_layer {
    std::string name;
    std::uint64_t in_height = 1, in_width = 1, in_channels = 1;
    std::uint64_t out_height = 1, out_width = 1, out_channels = 1;
    std::uint64_t kernel_height = 1, kernel_width = 1;
    std::uint64_t groups = 1;  ///< as many as input channels: depthwise

    std::uint64_t taps() const { return kernel_height * kernel_width; }
    std::uint64_t macs() const {
        return out_height * out_width * out_channels * taps() * (in_channels / groups);
    }
    /// Input, output, weights of `weight_bits` and int32 biases, each once.
    std::uint64_t bytes(unsigned weight_bits = 8) const;
    /// Array cycles of the layer.
    std::uint64_t compute(const array_organisation& a) const;
};

/// The multiply layers of a network.
std::vector<listed_layer> layers_of(const network& n);

/// Sum of layer_cycles() over the list, every tensor moved once. `weight_bits` of 4 and 2 widen the
/// array (with_weight_bits) and shrink the weights.
std::uint64_t cycles_of(const std::vector<listed_layer>& layers, const array_organisation& a,
                        unsigned weight_bits = 8);

/// Reads a layer list: a header line, then one layer a line with SCALE-Sim's columns, `name, IFMAP
/// height, IFMAP width, filter height, filter width, channels, filters, stride` and an optional
/// ninth, `groups`. Inputs are padded beforehand, as there: output = (input - filter) / stride + 1.
/// `file` names the text in messages. Throws input_error(usage) with file and line, one line of
/// text for each that is wrong.
std::vector<listed_layer> parse_layer_list(const std::string& text, const std::string& file);

}  // namespace ocellus::dsp
