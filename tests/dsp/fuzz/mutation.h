// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"

/// Damages files in ways that keep much of their structure, and in ways that do not. What is done
/// depends on nothing but the sequence.
namespace fuzz {

using ocellus::random_sequence;

/// A number that readers like to get wrong, or a small one.
std::int64_t odd_integer(random_sequence& r);
float odd_real(random_sequence& r);

/// Bytes changed, words set, pieces cut, doubled or moved.
void damage_bytes(std::string& bytes, random_sequence& r);

/// A TensorFlow Lite file with tensors, layers, options and buffers changed; the bytes as they are
/// when they cannot be taken apart.
std::string damage_tflite(const std::string& bytes, random_sequence& r);

/// An ONNX model with fields of any message set, cleared, doubled, exchanged.
std::string damage_onnx(const std::string& bytes, random_sequence& r);

/// A layer list with columns changed, dropped, doubled.
std::string damage_list(const std::string& text, random_sequence& r);

}  // namespace fuzz
