// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/graph.h"

/// A quantized network in single precision: dequantised weights and biases, real activations, no
/// rounding between layers. What quantisation costs is the difference from it.
namespace ocellus::dsp {

/// Real values of an 8- or 16-bit or int32 tensor's bytes (per tensor, or per channel of the last
/// dimension of depthwise weights, the first of others).
std::vector<float> real_values(const tensor& t, const std::uint8_t* bytes, bool last_dimension);

/// One layer on real inputs (null where the layer has none; constants are taken from the network).
/// A fused activation is taken from the clamp and the output's range: an integer clamp inside the
/// type's range is a real limit, and an output whose least integer stands for 0 is cut at 0.
/// Operators that only move values, and those not known here, go through the integer kernels with
/// their inputs rounded; `exact` says so.
std::vector<float> run_in_float(const network& n, const layer& l,
                                const std::vector<const std::vector<float>*>& inputs, bool& exact);

}  // namespace ocellus::dsp
