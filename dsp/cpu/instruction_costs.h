// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "core/parameter.h"
#include "dsp/cpu/decode.h"

namespace ocellus::dsp {

/// Cycles of an instruction by class, without the wait states of its fetch and its data.
struct instruction_costs {
    std::uint64_t alu = 1;
    std::uint64_t multiply = 3;
    std::uint64_t multiply_high = 4;
    std::uint64_t divide = 38;
    std::uint64_t load = 2;
    std::uint64_t store = 2;
    std::uint64_t branch_not_taken = 1;
    std::uint64_t branch_taken = 3;
    std::uint64_t jump = 2;
    std::uint64_t csr = 1;
    std::uint64_t fence = 2;
    std::uint64_t trap_return = 4;
    std::uint64_t trap_entry = 4;  ///< instead of the cost of the instruction that trapped

    void declare(parameter_registry& r);
    /// Cost of one operation; of a branch when it is not taken.
    std::uint32_t of(operation kind) const;
};

}  // namespace ocellus::dsp
