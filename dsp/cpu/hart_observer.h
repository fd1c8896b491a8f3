// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::dsp {

/// How a run of instructions was left.
enum class transfer : std::uint8_t {
    none,         ///< the next instruction follows
    branch,       ///< a conditional branch that was taken
    jump,         ///< jal or jalr that is neither a call nor a return
    call,         ///< jal or jalr that links to ra or t0
    ret,          ///< jalr to ra or t0 without a link
    trap_return,  ///< mret
};

/// Instructions that were executed once, one after the other, and the last of which may jump.
struct executed_run {
    std::uint32_t pc = 0, end = 0;   ///< addresses pc to end - 1
    std::uint32_t instructions = 0;  ///< 0: the first one trapped
    std::uint64_t cycles = 0;        ///< wait states included, trap entry not
    std::uint32_t next_pc = 0;
    transfer how = transfer::none;
};

/// Sees every instruction that a hart executes, without changing anything. Idle cycles are not
/// told.
class hart_observer {
  public:
    virtual ~hart_observer() = default;
    virtual void executed(const executed_run& run) = 0;
    /// An exception or interrupt was taken, after what executed() told. `cycles`: of its entry.
    virtual void trapped(std::uint32_t cause, std::uint32_t epc, std::uint32_t handler,
                         std::uint64_t cycles) = 0;
};

}  // namespace ocellus::dsp
