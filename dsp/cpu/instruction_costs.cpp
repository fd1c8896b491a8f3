// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/instruction_costs.h"

namespace ocellus::dsp {

void instruction_costs::declare(parameter_registry& r) {
    const char* const source =
        "assumed: a two-stage core as described in the Ibex documentation, "
        "Pipeline Details (3-cycle multiplier)";
    const auto cost = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 1, 64, unit::cycles)
            .says(sentence)
            .from(provenance::assumed, source)
            .moves("cpu.cycles", +1)
            .compare("1 cycles", "32 cycles");
    };
    cost("cpu.cost.alu", alu, "Cycles of an arithmetic or logic instruction.");
    cost("cpu.cost.multiply", multiply, "Cycles of mul.");
    cost("cpu.cost.multiply_high", multiply_high, "Cycles of mulh, mulhsu and mulhu.");
    cost("cpu.cost.divide", divide, "Cycles of a division or remainder.");
    cost("cpu.cost.load", load, "Cycles of a load from memory without wait states.");
    cost("cpu.cost.store", store, "Cycles of a store to memory without wait states.");
    cost("cpu.cost.branch_not_taken", branch_not_taken, "Cycles of a branch that is not taken.");
    cost("cpu.cost.branch_taken", branch_taken, "Cycles of a branch that is taken.");
    cost("cpu.cost.jump", jump, "Cycles of jal and jalr.");
    cost("cpu.cost.csr", csr, "Cycles of a CSR instruction.");
    cost("cpu.cost.fence", fence, "Cycles of fence, fence.i and wfi.");
    cost("cpu.cost.trap_return", trap_return, "Cycles of mret.");
    cost("cpu.cost.trap_entry", trap_entry, "Cycles to enter a trap or an interrupt.");
}

std::uint32_t instruction_costs::of(operation kind) const {
    std::uint64_t cycles = alu;
    switch (kind) {
        case operation::mul:
            cycles = multiply;
            break;
        case operation::mulh:
        case operation::mulhsu:
        case operation::mulhu:
            cycles = multiply_high;
            break;
        case operation::div:
        case operation::divu:
        case operation::rem:
        case operation::remu:
            cycles = divide;
            break;
        case operation::lb:
        case operation::lh:
        case operation::lw:
        case operation::lbu:
        case operation::lhu:
            cycles = load;
            break;
        case operation::sb:
        case operation::sh:
        case operation::sw:
            cycles = store;
            break;
        case operation::beq:
        case operation::bne:
        case operation::blt:
        case operation::bge:
        case operation::bltu:
        case operation::bgeu:
            cycles = branch_not_taken;
            break;
        case operation::jal:
        case operation::jalr:
            cycles = jump;
            break;
        case operation::csr:
            cycles = csr;
            break;
        case operation::fence:
        case operation::fence_i:
        case operation::wfi:
            cycles = fence;
            break;
        case operation::mret:
            cycles = trap_return;
            break;
        case operation::fall:
        case operation::illegal:
        case operation::ecall:
        case operation::ebreak:
            cycles = 0;
            break;
        default:
            break;
    }
    return static_cast<std::uint32_t>(cycles);
}

}  // namespace ocellus::dsp
