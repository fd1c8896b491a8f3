// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/decode.h"

namespace ocellus::dsp {

namespace {

constexpr std::uint32_t field(std::uint32_t bits, unsigned low, unsigned width) {
    return (bits >> low) & ((1u << width) - 1u);
}

/// Copies bit `from` to place `to`.
constexpr std::uint32_t place(std::uint32_t bits, unsigned from, unsigned to) {
    return field(bits, from, 1) << to;
}

constexpr std::int32_t sign_extend(std::uint32_t value, unsigned bits) {
    const std::uint32_t sign = 1u << (bits - 1);
    return static_cast<std::int32_t>((value ^ sign) - sign);
}

constexpr std::int32_t as_signed(std::uint32_t value) {
    return static_cast<std::int32_t>(value);
}
constexpr std::uint32_t as_unsigned(std::int32_t value) {
    return static_cast<std::uint32_t>(value);
}

// Encoders of the formats that compressed instructions expand to.
constexpr std::uint32_t r_type(unsigned funct7, unsigned rs2, unsigned rs1, unsigned funct3,
                               unsigned rd, unsigned opcode) {
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
constexpr std::uint32_t i_type(std::int32_t imm, unsigned rs1, unsigned funct3, unsigned rd,
                               unsigned opcode) {
    return as_unsigned(imm) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
constexpr std::uint32_t store_word(std::uint32_t imm, unsigned rs2, unsigned rs1) {
    return field(imm, 5, 7) << 25 | rs2 << 20 | rs1 << 15 | 2u << 12 | field(imm, 0, 5) << 7 |
           0x23u;
}
constexpr std::uint32_t branch(std::uint32_t imm, unsigned rs1, unsigned funct3) {
    return field(imm, 12, 1) << 31 | field(imm, 5, 6) << 25 | rs1 << 15 | funct3 << 12 |
           field(imm, 1, 4) << 8 | field(imm, 11, 1) << 7 | 0x63u;
}
constexpr std::uint32_t jump(std::uint32_t imm, unsigned rd) {
    return field(imm, 20, 1) << 31 | field(imm, 1, 10) << 21 | field(imm, 11, 1) << 20 |
           field(imm, 12, 8) << 12 | rd << 7 | 0x6fu;
}

constexpr unsigned op_imm = 0x13, op = 0x33, load = 0x03, jump_register = 0x67;

std::uint32_t expand_quadrant_0(std::uint32_t c) {
    const unsigned low = 8 + field(c, 2, 3), high = 8 + field(c, 7, 3);
    const std::uint32_t word_offset = field(c, 10, 3) << 3 | place(c, 6, 2) | place(c, 5, 6);
    switch (field(c, 13, 3)) {
        case 0: {  // c.addi4spn
            const std::uint32_t imm =
                field(c, 11, 2) << 4 | field(c, 7, 4) << 6 | place(c, 6, 2) | place(c, 5, 3);
            return imm ? i_type(as_signed(imm), 2, 0, low, op_imm) : 0;
        }
        case 2:  // c.lw
            return i_type(as_signed(word_offset), high, 2, low, load);
        case 6:  // c.sw
            return store_word(word_offset, low, high);
        default:
            return 0;
    }
}

std::uint32_t expand_arithmetic(std::uint32_t c) {
    const unsigned rd = 8 + field(c, 7, 3), rs2 = 8 + field(c, 2, 3);
    const std::uint32_t imm = place(c, 12, 5) | field(c, 2, 5);
    switch (field(c, 10, 2)) {
        case 0:  // c.srli
            return imm < 32 ? r_type(0x00, imm, rd, 5, rd, op_imm) : 0;
        case 1:  // c.srai
            return imm < 32 ? r_type(0x20, imm, rd, 5, rd, op_imm) : 0;
        case 2:  // c.andi
            return i_type(sign_extend(imm, 6), rd, 7, rd, op_imm);
        default:
            break;
    }
    if (field(c, 12, 1))
        return 0;
    switch (field(c, 5, 2)) {
        case 0:
            return r_type(0x20, rs2, rd, 0, rd, op);  // c.sub
        case 1:
            return r_type(0, rs2, rd, 4, rd, op);  // c.xor
        case 2:
            return r_type(0, rs2, rd, 6, rd, op);  // c.or
        default:
            return r_type(0, rs2, rd, 7, rd, op);  // c.and
    }
}

std::uint32_t expand_quadrant_1(std::uint32_t c) {
    const unsigned rd = field(c, 7, 5);
    const std::uint32_t imm = place(c, 12, 5) | field(c, 2, 5);
    const std::uint32_t jump_offset = place(c, 12, 11) | place(c, 11, 4) | field(c, 9, 2) << 8 |
                                      place(c, 8, 10) | place(c, 7, 6) | place(c, 6, 7) |
                                      field(c, 3, 3) << 1 | place(c, 2, 5);
    const std::uint32_t branch_offset = place(c, 12, 8) | field(c, 10, 2) << 3 |
                                        field(c, 5, 2) << 6 | field(c, 3, 2) << 1 | place(c, 2, 5);
    switch (field(c, 13, 3)) {
        case 0:  // c.addi, c.nop
            return i_type(sign_extend(imm, 6), rd, 0, rd, op_imm);
        case 1:  // c.jal
            return jump(as_unsigned(sign_extend(jump_offset, 12)), 1);
        case 2:  // c.li
            return i_type(sign_extend(imm, 6), 0, 0, rd, op_imm);
        case 3:
            if (imm == 0)
                return 0;
            if (rd == 2) {  // c.addi16sp
                const std::uint32_t step = place(c, 12, 9) | field(c, 3, 2) << 7 | place(c, 5, 6) |
                                           place(c, 2, 5) | place(c, 6, 4);
                return i_type(sign_extend(step, 10), 2, 0, 2, op_imm);
            }
            return as_unsigned(sign_extend(imm, 6)) << 12 | rd << 7 | 0x37u;  // c.lui
        case 4:
            return expand_arithmetic(c);
        case 5:  // c.j
            return jump(as_unsigned(sign_extend(jump_offset, 12)), 0);
        default:  // c.beqz, c.bnez
            return branch(as_unsigned(sign_extend(branch_offset, 9)), 8 + field(c, 7, 3),
                          field(c, 13, 1));
    }
}

std::uint32_t expand_quadrant_2(std::uint32_t c) {
    const unsigned rd = field(c, 7, 5), rs2 = field(c, 2, 5);
    switch (field(c, 13, 3)) {
        case 0:  // c.slli
            return field(c, 12, 1) ? 0 : r_type(0, rs2, rd, 1, rd, op_imm);
        case 2: {  // c.lwsp
            const std::uint32_t imm = place(c, 12, 5) | field(c, 4, 3) << 2 | field(c, 2, 2) << 6;
            return rd ? i_type(as_signed(imm), 2, 2, rd, load) : 0;
        }
        case 4:
            if (rs2)  // c.add, c.mv
                return r_type(0, rs2, field(c, 12, 1) ? rd : 0, 0, rd, op);
            if (rd)  // c.jalr, c.jr
                return i_type(0, rd, 0, field(c, 12, 1), jump_register);
            return field(c, 12, 1) ? 0x00100073u : 0;  // c.ebreak
        case 6:                                        // c.swsp
            return store_word(field(c, 9, 4) << 2 | field(c, 7, 2) << 6, rs2, 2);
        default:
            return 0;
    }
}

operation decode_load(unsigned funct3) {
    constexpr operation kinds[8] = {operation::lb,      operation::lh,     operation::lw,
                                    operation::illegal, operation::lbu,    operation::lhu,
                                    operation::illegal, operation::illegal};
    return kinds[funct3];
}

operation decode_store(unsigned funct3) {
    constexpr operation kinds[3] = {operation::sb, operation::sh, operation::sw};
    return funct3 < 3 ? kinds[funct3] : operation::illegal;
}

operation decode_branch(unsigned funct3) {
    constexpr operation kinds[8] = {operation::beq,     operation::bne, operation::illegal,
                                    operation::illegal, operation::blt, operation::bge,
                                    operation::bltu,    operation::bgeu};
    return kinds[funct3];
}

operation decode_immediate(unsigned funct3, unsigned funct7) {
    switch (funct3) {
        case 0:
            return operation::addi;
        case 1:
            return funct7 == 0 ? operation::slli : operation::illegal;
        case 2:
            return operation::slti;
        case 3:
            return operation::sltiu;
        case 4:
            return operation::xori;
        case 5:
            return funct7 == 0      ? operation::srli
                   : funct7 == 0x20 ? operation::srai
                                    : operation::illegal;
        case 6:
            return operation::ori;
        default:
            return operation::andi;
    }
}

operation decode_register(unsigned funct3, unsigned funct7) {
    constexpr operation base[8] = {operation::add,  operation::sll,  operation::slt,
                                   operation::sltu, operation::xor_, operation::srl,
                                   operation::or_,  operation::and_};
    constexpr operation multiply[8] = {operation::mul,   operation::mulh, operation::mulhsu,
                                       operation::mulhu, operation::div,  operation::divu,
                                       operation::rem,   operation::remu};
    if (funct7 == 0)
        return base[funct3];
    if (funct7 == 1)
        return multiply[funct3];
    if (funct7 == 0x20 && funct3 == 0)
        return operation::sub;
    if (funct7 == 0x20 && funct3 == 5)
        return operation::sra;
    return operation::illegal;
}

operation decode_system(std::uint32_t bits) {
    if (field(bits, 12, 2) != 0)
        return operation::csr;
    switch (bits) {
        case 0x00000073u:
            return operation::ecall;
        case 0x00100073u:
            return operation::ebreak;
        case 0x30200073u:
            return operation::mret;
        case 0x10500073u:
            return operation::wfi;
        default:
            return operation::illegal;
    }
}

}  // namespace

std::uint32_t expand(std::uint16_t bits) {
    switch (bits & 3) {
        case 0:
            return expand_quadrant_0(bits);
        case 1:
            return expand_quadrant_1(bits);
        case 2:
            return expand_quadrant_2(bits);
        default:
            return 0;
    }
}

micro_op decode(std::uint32_t bits, std::uint32_t pc) {
    micro_op d;
    std::uint32_t original = bits;
    if (is_compressed(bits)) {
        original &= 0xffffu;
        d.length = 2;
        bits = expand(static_cast<std::uint16_t>(original));
    }
    const unsigned funct3 = field(bits, 12, 3), funct7 = field(bits, 25, 7);
    const auto rd = static_cast<std::uint8_t>(field(bits, 7, 5));
    d.rd = rd ? rd : static_cast<std::uint8_t>(discard_register);
    d.rs1 = static_cast<std::uint8_t>(field(bits, 15, 5));
    d.rs2 = static_cast<std::uint8_t>(field(bits, 20, 5));
    const std::int32_t i_imm = sign_extend(bits >> 20, 12);
    switch (bits & 0x7fu) {
        case 0x37:
            d.kind = operation::constant;
            d.imm = as_signed(bits & 0xfffff000u);
            break;
        case 0x17:
            d.kind = operation::constant;
            d.imm = as_signed(pc + (bits & 0xfffff000u));
            break;
        case 0x6f: {
            const std::uint32_t imm = place(bits, 31, 20) | field(bits, 21, 10) << 1 |
                                      place(bits, 20, 11) | field(bits, 12, 8) << 12;
            d.kind = operation::jal;
            d.imm = as_signed(pc + as_unsigned(sign_extend(imm, 21)));
            break;
        }
        case 0x67:
            d.kind = funct3 == 0 ? operation::jalr : operation::illegal;
            d.imm = i_imm;
            break;
        case 0x63: {
            const std::uint32_t imm = place(bits, 31, 12) | field(bits, 25, 6) << 5 |
                                      field(bits, 8, 4) << 1 | place(bits, 7, 11);
            d.kind = decode_branch(funct3);
            d.imm = as_signed(pc + as_unsigned(sign_extend(imm, 13)));
            break;
        }
        case 0x03:
            d.kind = decode_load(funct3);
            d.imm = i_imm;
            break;
        case 0x23:
            d.kind = decode_store(funct3);
            d.imm = sign_extend(funct7 << 5 | rd, 12);
            break;
        case 0x13:
            d.kind = decode_immediate(funct3, funct7);
            d.imm = funct3 == 1 || funct3 == 5 ? d.rs2 : i_imm;
            break;
        case 0x33:
            d.kind = decode_register(funct3, funct7);
            break;
        case 0x0f:
            d.kind = funct3 == 0   ? operation::fence
                     : funct3 == 1 ? operation::fence_i
                                   : operation::illegal;
            break;
        case 0x73:
            d.kind = decode_system(bits);
            d.imm = as_signed(bits);
            break;
        default:
            break;
    }
    if (d.kind == operation::illegal)
        d.imm = as_signed(original);
    return d;
}

}  // namespace ocellus::dsp
