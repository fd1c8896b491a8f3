// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

#include "dsp/network/graph.h"

/// Small graph operations that both readers share.
namespace ocellus::dsp {

/// Removes tensors that no layer, input or output refers to, and renumbers the rest.
void remove_unused_tensors(network& n);

/// Removes layers whose output nobody reads and which is no output of the network.
void remove_dead_layers(network& n);

/// Repeats a constant along broadcast dimensions (aligned at the last one) until it has `shape`;
/// returns false when it cannot, or would have more than 2^24 elements.
bool broadcast_constant(tensor& t, const std::vector<int>& shape);

/// Padding before the first sample when `in` samples give ceil(in / stride), as "same" padding
/// does; `total` receives the sum of both sides.
int same_padding(int in, int kernel, int stride, int dilation, int& total);

/// The range of output integers that real numbers in [low, high] map to.
void clamp_to_real_range(const tensor& output, float low, float high, std::int32_t& clamp_min,
                         std::int32_t& clamp_max);

/// Widths of constant weights, "name=4,other=2", as a file's metadata gives them. Throws
/// network_error for a name that is no int8 constant, or a width that is not 8, 4 or 2.
void set_weight_bits(network& n, const std::string& list, const std::string& file);

/// Lowest and highest integer of an activation type.
std::int32_t lowest_of(element e);
std::int32_t highest_of(element e);

}  // namespace ocellus::dsp
