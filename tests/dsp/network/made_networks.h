// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

/// A small network that a reader must accept.
struct made_network {
    std::string name;
    std::string bytes;
};

/// Networks of one operator each, every operator that the TensorFlow Lite reader has, and a chain.
std::vector<made_network> made_tflite_networks();
/// The same in ONNX, QDQ and QOperator.
std::vector<made_network> made_onnx_networks();
