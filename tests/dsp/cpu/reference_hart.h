// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "dsp/cpu/hart_memory.h"
#include "dsp/cpu/instruction_costs.h"

/// The 32-bit instruction that a compressed one stands for, or 0: from the tables of the manual as
/// text, bit by bit.
std::uint32_t reference_expand(std::uint16_t compressed);

/// A plain RV32IMC hart for comparison: one instruction at a time, straight from the encoding, all
/// memory through the interface, nothing kept.
class reference_hart {
  public:
    enum class event { executed, trapped, looped, waiting };
    reference_hart(const ocellus::dsp::instruction_costs& costs, ocellus::dsp::hart_memory& memory)
        : costs_(costs), memory_(memory) {}

    event step();
    void set_interrupt(unsigned bit, bool level) {
        mip = level ? mip | 1u << bit : mip & ~(1u << bit);
    }
    /// What a debugger's write to pc does.
    void drop_fetched() { held_ = fresh_ = false; }
    bool csr(unsigned number, std::uint32_t& value) const;

    std::array<std::uint32_t, 32> x{};
    std::uint32_t pc = 0;
    std::uint32_t mstatus = 0x1800, mie = 0, mip = 0, mtvec = 0, mscratch = 0, mepc = 0, mcause = 0,
                  mtval = 0, inhibit = 0;
    std::uint64_t mcycle = 0, minstret = 0;  // as read
    std::uint64_t cycles = 0, instret = 0, traps = 0;
    bool waiting = false;

  private:
    struct trap {
        std::uint32_t cause, value;
    };
    void pass(std::uint64_t cycles);
    std::uint32_t fetch(std::uint32_t address, std::uint32_t fault_address);
    void execute(std::uint32_t instruction, unsigned length);
    void system(std::uint32_t instruction, unsigned length);
    void write_csr(unsigned number, std::uint32_t value);
    bool enter(std::uint32_t cause, std::uint32_t value);

    const ocellus::dsp::instruction_costs costs_;
    ocellus::dsp::hart_memory& memory_;
    bool held_ = false;
    std::uint32_t held_word_ = 0;
    bool fresh_ = false;  // nothing executed since the last trap
    std::uint32_t fresh_target_ = 0;
    std::uint32_t original_ = 0;
};
