// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

/// Encoders of RV32IM and Zicsr instructions for tests.
namespace assembler {

using word = std::uint32_t;

constexpr word bits(word v, unsigned high, unsigned low) {
    return (v >> low) & ((high - low == 31) ? ~0u : (1u << (high - low + 1)) - 1u);
}
constexpr word r_format(word opcode, word funct3, word funct7, word rd, word rs1, word rs2) {
    return opcode + (rd << 7) + (funct3 << 12) + (rs1 << 15) + (rs2 << 20) + (funct7 << 25);
}
constexpr word i_format(word opcode, word funct3, word rd, word rs1, int imm) {
    return opcode + (rd << 7) + (funct3 << 12) + (rs1 << 15) + (static_cast<word>(imm) << 20);
}
constexpr word s_format(word funct3, word rs2, word rs1, int imm) {
    const word i = static_cast<word>(imm);
    return 0x23 + (bits(i, 4, 0) << 7) + (funct3 << 12) + (rs1 << 15) + (rs2 << 20) +
           (bits(i, 11, 5) << 25);
}
constexpr word b_format(word funct3, word rs1, word rs2, int imm) {
    const word i = static_cast<word>(imm);
    return 0x63 + (bits(i, 11, 11) << 7) + (bits(i, 4, 1) << 8) + (funct3 << 12) + (rs1 << 15) +
           (rs2 << 20) + (bits(i, 10, 5) << 25) + (bits(i, 12, 12) << 31);
}

constexpr word lui(word rd, word upper) {
    return 0x37 + (rd << 7) + (upper << 12);
}
constexpr word auipc(word rd, word upper) {
    return 0x17 + (rd << 7) + (upper << 12);
}
constexpr word jal(word rd, int imm) {
    const word i = static_cast<word>(imm);
    return 0x6f + (rd << 7) + (bits(i, 19, 12) << 12) + (bits(i, 11, 11) << 20) +
           (bits(i, 10, 1) << 21) + (bits(i, 20, 20) << 31);
}
constexpr word jalr(word rd, word rs1, int imm) {
    return i_format(0x67, 0, rd, rs1, imm);
}
constexpr word addi(word rd, word rs1, int imm) {
    return i_format(0x13, 0, rd, rs1, imm);
}
constexpr word xori(word rd, word rs1, int imm) {
    return i_format(0x13, 4, rd, rs1, imm);
}
constexpr word andi(word rd, word rs1, int imm) {
    return i_format(0x13, 7, rd, rs1, imm);
}
constexpr word slli(word rd, word rs1, word n) {
    return r_format(0x13, 1, 0, rd, rs1, n);
}
constexpr word srli(word rd, word rs1, word n) {
    return r_format(0x13, 5, 0, rd, rs1, n);
}
constexpr word srai(word rd, word rs1, word n) {
    return r_format(0x13, 5, 0x20, rd, rs1, n);
}
constexpr word add(word rd, word rs1, word rs2) {
    return r_format(0x33, 0, 0, rd, rs1, rs2);
}
constexpr word sub(word rd, word rs1, word rs2) {
    return r_format(0x33, 0, 0x20, rd, rs1, rs2);
}
constexpr word xor_(word rd, word rs1, word rs2) {
    return r_format(0x33, 4, 0, rd, rs1, rs2);
}
constexpr word mul(word rd, word rs1, word rs2) {
    return r_format(0x33, 0, 1, rd, rs1, rs2);
}
constexpr word lw(word rd, word rs1, int imm) {
    return i_format(0x03, 2, rd, rs1, imm);
}
constexpr word lb(word rd, word rs1, int imm) {
    return i_format(0x03, 0, rd, rs1, imm);
}
constexpr word lhu(word rd, word rs1, int imm) {
    return i_format(0x03, 5, rd, rs1, imm);
}
constexpr word sw(word rs2, word rs1, int imm) {
    return s_format(2, rs2, rs1, imm);
}
constexpr word sb(word rs2, word rs1, int imm) {
    return s_format(0, rs2, rs1, imm);
}
constexpr word beq(word rs1, word rs2, int imm) {
    return b_format(0, rs1, rs2, imm);
}
constexpr word bne(word rs1, word rs2, int imm) {
    return b_format(1, rs1, rs2, imm);
}
constexpr word blt(word rs1, word rs2, int imm) {
    return b_format(4, rs1, rs2, imm);
}
constexpr word csrrw(word rd, word csr, word rs1) {
    return i_format(0x73, 1, rd, rs1, static_cast<int>(csr));
}
constexpr word csrrs(word rd, word csr, word rs1) {
    return i_format(0x73, 2, rd, rs1, static_cast<int>(csr));
}
constexpr word csrrc(word rd, word csr, word rs1) {
    return i_format(0x73, 3, rd, rs1, static_cast<int>(csr));
}
constexpr word csrrwi(word rd, word csr, word imm) {
    return i_format(0x73, 5, rd, imm, static_cast<int>(csr));
}
constexpr word csrrsi(word rd, word csr, word imm) {
    return i_format(0x73, 6, rd, imm, static_cast<int>(csr));
}
constexpr word nop = 0x13, ecall = 0x73, ebreak = 0x100073, mret = 0x30200073, wfi = 0x10500073;
constexpr word fence = 0x0ff0000f, fence_i = 0x0000100f;

constexpr unsigned mstatus = 0x300, misa = 0x301, mie = 0x304, mtvec = 0x305, mcountinhibit = 0x320,
                   mscratch = 0x340, mepc = 0x341, mcause = 0x342, mtval = 0x343, mip = 0x344,
                   mcycle = 0xb00, minstret = 0xb02, mcycleh = 0xb80, minstreth = 0xb82;

}  // namespace assembler
