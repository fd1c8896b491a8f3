// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::dsp {

/// What a decoded instruction does. Everything from `beq` on ends a block.
enum class operation : std::uint8_t {
    constant,  ///< lui and auipc: rd = imm
    addi,
    slti,
    sltiu,
    xori,
    ori,
    andi,
    slli,
    srli,
    srai,
    add,
    sub,
    sll,
    slt,
    sltu,
    xor_,
    srl,
    sra,
    or_,
    and_,
    mul,
    mulh,
    mulhsu,
    mulhu,
    div,
    divu,
    rem,
    remu,
    lb,
    lh,
    lw,
    lbu,
    lhu,
    sb,
    sh,
    sw,
    fence,
    beq,
    bne,
    blt,
    bge,
    bltu,
    bgeu,
    jal,
    jalr,
    csr,  ///< all six; imm holds the instruction bits
    fence_i,
    ecall,
    ebreak,
    mret,
    wfi,
    illegal,  ///< imm holds the instruction bits (16 of them when compressed)
    fall,     ///< no instruction: the block goes on at the next one
};

/// Register number that a discarded result (rd = x0) is written to.
inline constexpr unsigned discard_register = 32;

/// One decoded instruction. `imm` is the immediate, or for jal and branches the absolute target.
/// The times are in cycles from the start of the block it belongs to.
struct micro_op {
    operation kind = operation::illegal;
    std::uint8_t rd = discard_register, rs1 = 0, rs2 = 0;
    std::int32_t imm = 0;
    std::uint16_t offset = 0;  ///< bytes from the start of the block
    std::uint16_t start = 0;   ///< when its fetch begins
    std::uint16_t exec = 0;    ///< when its fetch is complete
    std::uint8_t length = 4;   ///< bytes
};

constexpr bool is_compressed(std::uint32_t bits) {
    return (bits & 3u) != 3u;
}
constexpr bool ends_block(operation kind) {
    return kind >= operation::beq;
}

/// The 32-bit instruction that a 16-bit one of RV32C stands for, or 0 (which is illegal) when it is
/// reserved or belongs to F or D. Hints expand to instructions without effect.
/// The RISC-V Instruction Set Manual, volume I, chapter "C".
std::uint32_t expand(std::uint16_t bits);

/// Decodes the instruction at `pc` (the upper half of `bits` is ignored when it is compressed):
/// RV32IMC, Zicsr, Zifencei, machine mode.
micro_op decode(std::uint32_t bits, std::uint32_t pc);

}  // namespace ocellus::dsp
