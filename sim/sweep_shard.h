// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

namespace ocellus::sim {

/// The part of a sweep that one process simulates: points whose number modulo `count` is `index`.
struct sweep_shard {
    std::uint64_t index = 0, count = 1;
};

/// Reads "i/n" (i from 0), "auto" (the array index that SLURM or LSF gives in the environment) or
/// "" (everything). Throws input_error(exit_code::usage).
sweep_shard shard_of(const std::string& text);

}  // namespace ocellus::sim
