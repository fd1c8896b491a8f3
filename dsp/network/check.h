// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Throws input_error(exit_code::usage, "file: message").
[[noreturn]] void fail_network(const std::string& file, const std::string& message);

/// "layer 3 (conv2d 'stem/conv')".
std::string describe_layer(const network& n, std::size_t index);

/// Verifies everything that the operators rely on: indices, shapes, element types, quantization,
/// the order of execution. A network that passes can be executed whatever bytes it was read from.
/// Throws input_error(exit_code::usage) that names the file and the layer.
void check_network(const network& n, const std::string& file);

/// Whether `n.arithmetic` can run the network: rounding::imx500 needs every activation's scale to
/// be a power of two. Throws input_error(exit_code::usage) that names the first tensor which is
/// not.
void check_arithmetic(const network& n, const std::string& file);

}  // namespace ocellus::dsp
