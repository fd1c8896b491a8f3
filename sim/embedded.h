// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

namespace ocellus::sim {

/// The bytes of configs/networks/parcels.onnx, built into the program.
std::string embedded_network();

}  // namespace ocellus::sim
