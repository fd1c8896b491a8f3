// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/compiler/compiled_network.h"
#include "dsp/compiler/layer_list.h"

/// How far the hypotheses about the array differ about a network: the uncertainty of its time.
namespace ocellus::dsp {

struct time_spread {
    std::uint64_t least = 0, most = 0;  ///< cycles
    std::string fastest, slowest;       ///< organisations (hypothesis_names)
    /// Widens it to a time of `organisation`, as tiles or on a real memory, if that is a
    /// hypothesis.
    void hold(std::uint64_t cycles, const std::string& organisation);
};

/// Over all hypotheses, every tensor moved once, weights of `weight_bits`. Cheap: nothing is
/// compiled again.
time_spread spread_of(const compiled_network& c, unsigned weight_bits = 8);
time_spread spread_of(const std::vector<listed_layer>& layers, unsigned weight_bits = 8);

}  // namespace ocellus::dsp
