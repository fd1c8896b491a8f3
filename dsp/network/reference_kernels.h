// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Executes one layer of a checked network in plain scalar code, exactly as n.arithmetic says. This
/// is the definition of every operator; faster kernels are tested against it.
/// `inputs` holds the bytes of each input of the layer, constants included (null for a missing
/// bias); `outputs` receive the bytes of its outputs. reshape, relu, quantize, logistic and add may
/// work in place.
void run_reference(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
                   const std::vector<std::uint8_t*>& outputs);

/// The output integer for each input byte (index: the byte as unsigned) of a layer that maps
/// integers one by one: relu, quantize, logistic, tanh, leaky_relu, hard_swish, swish, and one part
/// of concat.
std::vector<std::uint8_t> unary_table(const network& n, const layer& l, const tensor& x,
                                      const tensor& y);

}  // namespace ocellus::dsp
