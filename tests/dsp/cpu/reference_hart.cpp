// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "reference_hart.h"

#include <string>
#include <vector>

#include "assembler.h"

namespace {

using word = std::uint32_t;

/// A row of the compressed instruction tables: d, s and t are register fields (three letters mean
/// x8 to x15), i the immediate, whose bits are listed from left to right.
struct compressed_row {
    const char* name;
    std::string pattern;
    std::vector<int> immediate;
    bool is_signed;
};

const std::vector<compressed_row>& compressed_table() {
    static const std::vector<compressed_row> table = {
        {"addi4spn", "000iiiiiiiiddd00", {5, 4, 9, 8, 7, 6, 2, 3}, false},
        {"lw", "010iiisssiiddd00", {5, 4, 3, 2, 6}, false},
        {"sw", "110iiisssiittt00", {5, 4, 3, 2, 6}, false},
        {"addi", "000idddddiiiii01", {5, 4, 3, 2, 1, 0}, true},
        {"jal", "001iiiiiiiiiii01", {11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5}, true},
        {"li", "010idddddiiiii01", {5, 4, 3, 2, 1, 0}, true},
        {"addi16sp", "011i00010iiiii01", {9, 4, 6, 8, 7, 5}, true},
        {"lui", "011idddddiiiii01", {17, 16, 15, 14, 13, 12}, true},
        {"srli", "100000dddiiiii01", {4, 3, 2, 1, 0}, false},
        {"srai", "100001dddiiiii01", {4, 3, 2, 1, 0}, false},
        {"andi", "100i10dddiiiii01", {5, 4, 3, 2, 1, 0}, true},
        {"sub", "100011ddd00ttt01", {}, false},
        {"xor", "100011ddd01ttt01", {}, false},
        {"or", "100011ddd10ttt01", {}, false},
        {"and", "100011ddd11ttt01", {}, false},
        {"j", "101iiiiiiiiiii01", {11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5}, true},
        {"beqz", "110iiisssiiiii01", {8, 4, 3, 7, 6, 2, 1, 5}, true},
        {"bnez", "111iiisssiiiii01", {8, 4, 3, 7, 6, 2, 1, 5}, true},
        {"slli", "0000dddddiiiii10", {4, 3, 2, 1, 0}, false},
        {"lwsp", "010idddddiiiii10", {5, 4, 3, 2, 7, 6}, false},
        {"jr", "1000ddddd0000010", {}, false},
        {"mv", "1000dddddttttt10", {}, false},
        {"ebreak", "1001000000000010", {}, false},
        {"jalr", "1001ddddd0000010", {}, false},
        {"add", "1001dddddttttt10", {}, false},
        {"swsp", "110iiiiiittttt10", {5, 4, 3, 2, 7, 6}, false},
    };
    return table;
}

struct fields {
    word d = 0, s = 0, t = 0;
    int imm = 0;
};

bool match(const compressed_row& row, std::uint16_t c, fields& f) {
    std::string d, s, t;
    int imm = 0, top = -1;
    std::size_t next = 0;
    for (std::size_t k = 0; k < 16; ++k) {
        const bool bit = (c >> (15 - k)) & 1;
        const char digit = bit ? '1' : '0';
        switch (row.pattern[k]) {
            case 'd':
                d += digit;
                break;
            case 's':
                s += digit;
                break;
            case 't':
                t += digit;
                break;
            case 'i': {
                const int place = row.immediate[next++];
                imm += bit ? 1 << place : 0;
                top = place > top ? place : top;
                break;
            }
            default:
                if (row.pattern[k] != digit)
                    return false;
        }
    }
    if (row.is_signed && (imm >> top) & 1)
        imm -= 2 << top;
    const auto number = [](const std::string& field) {
        if (field.empty())
            return 0ul;
        return std::stoul(field, nullptr, 2) + (field.size() == 3 ? 8 : 0);
    };
    f = {static_cast<word>(number(d)), static_cast<word>(number(s)), static_cast<word>(number(t)),
         imm};
    return true;
}

word long_form(const std::string& name, const fields& f) {
    namespace as = assembler;
    if (name == "addi4spn")
        return f.imm == 0 ? 0 : as::addi(f.d, 2, f.imm);
    if (name == "lw")
        return as::lw(f.d, f.s, f.imm);
    if (name == "sw")
        return as::sw(f.t, f.s, f.imm);
    if (name == "addi")
        return as::addi(f.d, f.d, f.imm);
    if (name == "jal")
        return as::jal(1, f.imm);
    if (name == "li")
        return as::addi(f.d, 0, f.imm);
    if (name == "addi16sp")
        return f.imm == 0 ? 0 : as::addi(2, 2, f.imm);
    if (name == "lui")
        return f.imm == 0 ? 0 : as::lui(f.d, static_cast<word>(f.imm) >> 12);
    if (name == "srli")
        return as::srli(f.d, f.d, static_cast<word>(f.imm));
    if (name == "srai")
        return as::srai(f.d, f.d, static_cast<word>(f.imm));
    if (name == "andi")
        return as::andi(f.d, f.d, f.imm);
    if (name == "sub")
        return as::sub(f.d, f.d, f.t);
    if (name == "xor")
        return as::xor_(f.d, f.d, f.t);
    if (name == "or")
        return as::r_format(0x33, 6, 0, f.d, f.d, f.t);
    if (name == "and")
        return as::r_format(0x33, 7, 0, f.d, f.d, f.t);
    if (name == "j")
        return as::jal(0, f.imm);
    if (name == "beqz")
        return as::beq(f.s, 0, f.imm);
    if (name == "bnez")
        return as::bne(f.s, 0, f.imm);
    if (name == "slli")
        return as::slli(f.d, f.d, static_cast<word>(f.imm));
    if (name == "lwsp")
        return f.d == 0 ? 0 : as::lw(f.d, 2, f.imm);
    if (name == "jr")
        return f.d == 0 ? 0 : as::jalr(0, f.d, 0);
    if (name == "mv")
        return as::add(f.d, 0, f.t);
    if (name == "ebreak")
        return as::ebreak;
    if (name == "jalr")
        return as::jalr(1, f.d, 0);
    if (name == "add")
        return as::add(f.d, f.d, f.t);
    return as::sw(f.t, 2, f.imm);  // swsp
}

/// Two's complement number of the `width` lowest bits.
std::int64_t signed_number(std::uint64_t v, unsigned width) {
    const std::uint64_t low = v & ((std::uint64_t{1} << width) - 1);
    const bool negative = (low >> (width - 1)) & 1;
    return static_cast<std::int64_t>(low) - (negative ? std::int64_t{1} << width : 0);
}

/// Long division, bit by bit.
void divide_unsigned(word a, word b, word& quotient, word& rest) {
    std::uint64_t r = 0;
    quotient = 0;
    for (int k = 31; k >= 0; --k) {
        r = 2 * r + ((a >> k) & 1);
        quotient *= 2;
        if (r >= b) {
            r -= b;
            ++quotient;
        }
    }
    rest = static_cast<word>(r);
}

word multiply_divide(unsigned funct3, word a, word b) {
    const __int128 sa = signed_number(a, 32), sb = signed_number(b, 32);
    const __int128 ua = a, ub = b;
    const auto high = [](__int128 v) { return static_cast<word>(v >> 32); };
    switch (funct3) {
        case 0:
            return static_cast<word>(ua * ub);
        case 1:
            return high(sa * sb);
        case 2:
            return high(sa * ub);
        case 3:
            return high(ua * ub);
        default:
            break;
    }
    const bool with_sign = funct3 == 4 || funct3 == 6, wants_rest = funct3 >= 6;
    if (b == 0)
        return wants_rest ? a : 0xffffffffu;
    const bool negative_a = with_sign && sa < 0, negative_b = with_sign && sb < 0;
    word quotient, rest;
    divide_unsigned(negative_a ? 0u - a : a, negative_b ? 0u - b : b, quotient, rest);
    if (wants_rest)
        return negative_a ? 0u - rest : rest;
    return negative_a != negative_b ? 0u - quotient : quotient;
}

word arithmetic(unsigned funct3, bool alternative, word a, word b) {
    const unsigned shift = b % 32;
    switch (funct3) {
        case 0:
            return alternative ? a - b : a + b;
        case 1:
            return a << shift;
        case 2:
            return signed_number(a, 32) < signed_number(b, 32);
        case 3:
            return a < b;
        case 4:
            return a ^ b;
        case 5: {
            word v = a;
            for (unsigned k = 0; k < shift; ++k)
                v = v / 2 + (alternative && (a >> 31) ? 0x80000000u : 0u);
            return v;
        }
        case 6:
            return a | b;
        default:
            return a & b;
    }
}

}  // namespace

std::uint32_t reference_expand(std::uint16_t compressed) {
    fields f;
    for (const compressed_row& row : compressed_table()) {
        if (!match(row, compressed, f))
            continue;
        const std::string name = row.name;
        if ((name == "mv" || name == "add") && f.t == 0)
            continue;
        if (name == "jalr" && f.d == 0)
            continue;
        if (name == "lui" && f.d == 2)
            continue;
        return long_form(name, f);
    }
    return 0;
}

void reference_hart::pass(std::uint64_t n) {
    cycles += n;
    if (!(inhibit & 1))
        mcycle += n;
}

std::uint32_t reference_hart::fetch(std::uint32_t address, std::uint32_t fault_address) {
    std::uint32_t value = 0, wait = 0;
    const bool ok = memory_.fetch(address, value, wait);
    if (!held_ || held_word_ != address)
        pass(wait);
    if (!ok)
        throw trap{1, fault_address};
    held_ = true;
    held_word_ = address;
    return value;
}

bool reference_hart::enter(std::uint32_t cause, std::uint32_t value) {
    const std::uint32_t base = mtvec / 4 * 4;
    const bool interrupt = cause >> 31;
    const std::uint32_t target = interrupt && mtvec % 2 ? base + 4 * (cause & 0x7fffffffu) : base;
    if (!interrupt && fresh_ && fresh_target_ == pc && target == pc)
        return false;
    mepc = pc;
    mcause = cause;
    mtval = value;
    mstatus = 0x1800 + ((mstatus & 8) ? 0x80 : 0);
    pc = target;
    held_ = false;
    pass(costs_.trap_entry);
    ++traps;
    fresh_ = true;
    fresh_target_ = target;
    return true;
}

reference_hart::event reference_hart::step() {
    if (waiting && (mip & mie) == 0)
        return event::waiting;
    waiting = false;
    if (mstatus & 8)
        for (unsigned line : {11u, 3u, 7u})
            if ((mip & mie) >> line & 1) {
                enter(0x80000000u + line, 0);
                return event::trapped;
            }
    try {
        const std::uint32_t start = pc / 4 * 4;
        std::uint32_t instruction;
        unsigned length = 4;
        if (pc == start) {
            instruction = fetch(start, pc);
        } else {
            instruction = fetch(start, pc) >> 16;
            if (instruction % 4 == 3)
                instruction += fetch(start + 4, pc + 2) << 16;
        }
        original_ = instruction;
        if (instruction % 4 != 3) {
            length = 2;
            original_ = instruction & 0xffff;
            instruction = reference_expand(static_cast<std::uint16_t>(original_));
        }
        execute(instruction, length);
        x[0] = 0;
        ++instret;
        fresh_ = false;
        return event::executed;
    } catch (const trap& t) {
        return enter(t.cause, t.value) ? event::trapped : event::looped;
    }
}

void reference_hart::execute(std::uint32_t i, unsigned length) {
    const unsigned opcode = i % 128, rd = i / 128 % 32, funct3 = i >> 12 & 7, rs1 = i >> 15 & 31,
                   rs2 = i >> 20 & 31, funct7 = i >> 25;
    const std::uint32_t a = x[rs1], b = x[rs2];
    const auto i_imm = static_cast<std::uint32_t>(signed_number(i >> 20, 12));
    const trap illegal{2, original_};
    std::uint32_t next = pc + length;
    const auto jump_to = [&](std::uint32_t target) {
        next = target;
        held_ = false;
    };
    const auto retire = [&] {
        if (!(inhibit & 4))
            ++minstret;
    };
    if (opcode == 0x37) {
        x[rd] = i & 0xfffff000u;
        pass(costs_.alu);
    } else if (opcode == 0x17) {
        x[rd] = pc + (i & 0xfffff000u);
        pass(costs_.alu);
    } else if (opcode == 0x6f) {
        const std::uint32_t imm =
            (i >> 31) << 20 | (i >> 12 & 0xff) << 12 | (i >> 20 & 1) << 11 | (i >> 21 & 0x3ff) << 1;
        x[rd] = next;
        jump_to(pc + static_cast<std::uint32_t>(signed_number(imm, 21)));
        pass(costs_.jump);
    } else if (opcode == 0x67 && funct3 == 0) {
        x[rd] = next;
        jump_to((a + i_imm) / 2 * 2);
        pass(costs_.jump);
    } else if (opcode == 0x63 && funct3 != 2 && funct3 != 3) {
        const std::uint32_t imm =
            (i >> 31) << 12 | (i >> 7 & 1) << 11 | (i >> 25 & 0x3f) << 5 | (i >> 8 & 0xf) << 1;
        const bool less = funct3 >= 6 ? a < b : signed_number(a, 32) < signed_number(b, 32);
        const bool yes = (funct3 < 2 ? a == b : less) != (funct3 % 2 == 1);
        if (yes)
            jump_to(pc + static_cast<std::uint32_t>(signed_number(imm, 13)));
        pass(yes ? costs_.branch_taken : costs_.branch_not_taken);
    } else if (opcode == 0x03 && funct3 != 3 && funct3 < 6) {
        const unsigned size = 1u << (funct3 % 4);
        const std::uint32_t address = a + i_imm;
        if (address % size)
            throw trap{4, address};
        std::uint32_t value = 0, wait = 0;
        const bool ok = memory_.load(address, size, value, wait);
        pass(wait);
        if (!ok)
            throw trap{5, address};
        x[rd] = funct3 < 2 ? static_cast<std::uint32_t>(signed_number(value, 8 * size)) : value;
        pass(costs_.load);
    } else if (opcode == 0x23 && funct3 < 3) {
        const unsigned size = 1u << funct3;
        const std::uint32_t address =
            a + static_cast<std::uint32_t>(signed_number(funct7 << 5 | rd, 12));
        if (address % size)
            throw trap{6, address};
        std::uint32_t wait = 0;
        const bool ok = memory_.store(address, size, b, wait);
        pass(wait);
        if (!ok)
            throw trap{7, address};
        pass(costs_.store);
    } else if (opcode == 0x13) {
        if (funct3 == 1 && funct7 != 0)
            throw illegal;
        if (funct3 == 5 && funct7 != 0 && funct7 != 0x20)
            throw illegal;
        x[rd] = arithmetic(funct3, funct3 == 5 && funct7 == 0x20, a, i_imm);
        pass(costs_.alu);
    } else if (opcode == 0x33 && funct7 == 1) {
        x[rd] = multiply_divide(funct3, a, b);
        pass(funct3 == 0 ? costs_.multiply : funct3 < 4 ? costs_.multiply_high : costs_.divide);
    } else if (opcode == 0x33 &&
               (funct7 == 0 || (funct7 == 0x20 && (funct3 == 0 || funct3 == 5)))) {
        x[rd] = arithmetic(funct3, funct7 != 0, a, b);
        pass(costs_.alu);
    } else if (opcode == 0x0f && funct3 < 2) {
        if (funct3 == 1)
            held_ = false;
        pass(costs_.fence);
    } else if (opcode == 0x73) {
        system(i, length);
        return;
    } else {
        throw illegal;
    }
    pc = next;
    retire();
}

bool reference_hart::csr(unsigned n, std::uint32_t& v) const {
    const auto low = [](std::uint64_t q) { return static_cast<std::uint32_t>(q); };
    const auto high = [](std::uint64_t q) { return static_cast<std::uint32_t>(q >> 32); };
    const std::map<unsigned, std::uint32_t> known = {{0x300, mstatus},
                                                     {0x301, 0x40001104},
                                                     {0x304, mie},
                                                     {0x305, mtvec},
                                                     {0x310, 0},
                                                     {0x320, inhibit},
                                                     {0x340, mscratch},
                                                     {0x341, mepc},
                                                     {0x342, mcause},
                                                     {0x343, mtval},
                                                     {0x344, mip},
                                                     {0x7a0, 0},
                                                     {0x7a1, 0},
                                                     {0x7a2, 0},
                                                     {0x7a3, 0},
                                                     {0xb00, low(mcycle)},
                                                     {0xb80, high(mcycle)},
                                                     {0xb02, low(minstret)},
                                                     {0xb82, high(minstret)},
                                                     {0xc00, low(mcycle)},
                                                     {0xc80, high(mcycle)},
                                                     {0xc02, low(minstret)},
                                                     {0xc82, high(minstret)},
                                                     {0xc01, low(memory_.time())},
                                                     {0xc81, high(memory_.time())},
                                                     {0xf11, 0},
                                                     {0xf12, 0},
                                                     {0xf13, 1},
                                                     {0xf14, 0},
                                                     {0xf15, 0}};
    const auto it = known.find(n);
    if (it != known.end()) {
        v = it->second;
        return true;
    }
    v = 0;
    for (unsigned base : {0x320u, 0xb00u, 0xb80u, 0xc00u, 0xc80u})  // hpm 3 .. 31
        if (n >= base + 3 && n <= base + 31)
            return true;
    return false;
}

void reference_hart::write_csr(unsigned n, std::uint32_t v) {
    const std::uint64_t ones = 0xffffffffu;
    switch (n) {
        case 0x300:
            mstatus = 0x1800 + (v & 0x88);
            break;
        case 0x304:
            mie = v & 0x888;
            break;
        case 0x305:
            mtvec = v / 4 * 4 + v % 2;
            break;
        case 0x320:
            inhibit = v & 5;
            break;
        case 0x340:
            mscratch = v;
            break;
        case 0x341:
            mepc = v / 2 * 2;
            break;
        case 0x342:
            mcause = v;
            break;
        case 0x343:
            mtval = v;
            break;
        case 0xb00:
            mcycle = (mcycle & ~ones) + v;
            break;
        case 0xb80:
            mcycle = (mcycle & ones) + (std::uint64_t{v} << 32);
            break;
        case 0xb02:
            minstret = (minstret & ~ones) + v;
            break;
        case 0xb82:
            minstret = (minstret & ones) + (std::uint64_t{v} << 32);
            break;
        default:
            break;
    }
}

void reference_hart::system(std::uint32_t i, unsigned length) {
    const unsigned rd = i / 128 % 32, funct3 = i >> 12 & 7, source = i >> 15 & 31, n = i >> 20;
    const auto retire = [&] {
        if (!(inhibit & 4))
            ++minstret;
    };
    if (i == 0x00000073)
        throw trap{11, 0};
    if (i == 0x00100073)
        throw trap{3, pc};
    if (i == 0x30200073) {
        pass(costs_.trap_return);
        retire();
        pc = mepc;
        mstatus = 0x1880 + ((mstatus & 0x80) ? 8 : 0);
        held_ = false;
        return;
    }
    if (i == 0x10500073) {
        pass(costs_.fence);
        retire();
        pc += length;
        waiting = (mip & mie) == 0;
        return;
    }
    std::uint32_t old = 0;
    if (funct3 == 0 || funct3 == 4 || !csr(n, old))
        throw trap{2, original_};
    const bool writes = funct3 % 4 == 1 || source != 0;
    if (writes && n >= 0xc00)
        throw trap{2, original_};
    const std::uint32_t operand = funct3 >= 4 ? source : x[source];
    // The counters count this instruction first; what it writes is what the next one sees. One that
    // writes half of minstret is not counted in the other half.
    pass(costs_.csr);
    if (!writes || (n != 0xb02 && n != 0xb82))
        retire();
    if (writes)
        write_csr(n, funct3 % 4 == 1 ? operand : funct3 % 4 == 2 ? old | operand : old & ~operand);
    x[rd] = old;
    pc += length;
}
