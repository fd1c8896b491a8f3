// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "dsp/network/graph.h"
#include "sim/metadata_record.h"

namespace ocellus::sim {

/// Turns a network's output tensors into findings, as the firmware will: detections when the
/// network names a decoder in its metadata, else the best classes of its first output, best first.
/// `outputs` are the raw bytes of each output tensor. At most `capacity` findings. The same bytes
/// on every machine: no function of the C library whose last bit may differ is used.
metadata_record interpret(const dsp::network& network,
                          const std::vector<std::vector<std::uint8_t>>& outputs, unsigned capacity);

/// Whether the network's last layer gives scores 0 .. 1, which need no softmax.
bool ends_in_probabilities(const dsp::network& network);

/// Whether the network's outputs are detections.
bool is_detector(const dsp::network& network);

}  // namespace ocellus::sim
