// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

#include "dsp/network/graph.h"

/// Readers of quantized networks. All of them throw input_error: exit_code::usage when the content
/// is not a network that Ocellus can run (with the file, the layer and what was expected), and
/// exit_code::io when the file cannot be read. Float tensors at the very ends of a network (a
/// QUANTIZE that starts it, a DEQUANTIZE that ends it) are peeled off: its inputs and outputs are
/// integers.
namespace ocellus::dsp {

/// A TensorFlow Lite flatbuffer ("TFL3"). Arithmetic: rounding::tflite_ref.
network read_tflite(const std::string& bytes, const std::string& file_name);

/// An ONNX model, QDQ or QOperator. Channels-first tensors and weights become channels-last.
/// Arithmetic: rounding::onnx. The metadata key "labels" (comma separated) gives the class names.
network read_onnx(const std::string& bytes, const std::string& file_name);

/// Either of the two, told apart by content.
network read_network_bytes(const std::string& bytes, const std::string& file_name);

/// Reads the file at `path`, at most 1 GiB.
network read_network(const std::string& path);

/// Class names of a text file, one a line.
std::vector<std::string> read_labels(const std::string& path);

}  // namespace ocellus::dsp
