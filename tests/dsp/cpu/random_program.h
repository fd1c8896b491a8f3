// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "assembler.h"
#include "reference_hart.h"
#include "test_memory.h"

/// Random instruction streams that go on for ever: whatever goes wrong traps to a handler in ROM,
/// which restores the base registers and returns into the code.
class random_program {
  public:
    static constexpr std::uint32_t code = 0x0, code_size = 0x1000;
    static constexpr std::uint32_t handler = 0x10000, data = 0x2000, slow = 0x8000;
    static constexpr std::uint32_t device = 0xffff0000u;

    explicit random_program(std::uint32_t seed) : state_(seed * 2654435761u + 12345u) {}

    std::uint32_t next() {  // xorshift: enough for a test, the same everywhere
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_;
    }
    std::uint32_t below(std::uint32_t n) { return next() % n; }

    /// Areas of different speed, some of them behind the bus, and the program.
    void build(test_memory& m, bool slow_code = false) {
        m.add(code, code_size, !slow_code, 1, 1, 2);
        m.add(data, 0x1000, true, 0, 0, 0);
        m.add(0x3000, 0x410, true, 2, 3, 0);  // not whole pages
        m.add(slow, 0x1000, false, 4, 5, 6);  // never direct
        m.add(handler, 0x400, true, 0, 1, 0, false);
        m.device = device;
        write_handler(m);
        for (std::uint32_t at = code; at < code + code_size;)
            at += write_random(m, at);
        for (std::uint32_t at = slow; at + 4 < slow + 0x1000;)
            at += write_random(m, at);
    }
    /// Instructions that take a machine out of reset into the program.
    static std::uint32_t entry() { return handler + 0x200; }

    std::uint32_t random_instruction() {
        using namespace assembler;
        const std::uint32_t rd = destination(), rs1 = below(32), rs2 = below(32);
        const int imm = static_cast<int>(below(4096)) - 2048;
        switch (below(24)) {
            case 0:
                return lui(rd, below(1u << 20));
            case 1:
                return auipc(rd, below(4) ? 0 : below(1u << 20));
            case 2:
            case 3: {
                const unsigned f = below(8);
                return f == 1 || f == 5
                           ? r_format(0x13, f, f == 5 && below(2) ? 0x20 : 0, rd, rs1, rs2)
                           : i_format(0x13, f, rd, rs1, imm);
            }
            case 4:
            case 5:
                return r_format(0x33, below(8), 0, rd, rs1, rs2);
            case 6:
                return r_format(0x33, below(2) * 5, 0x20, rd, rs1, rs2);
            case 7:
            case 8:
                return r_format(0x33, below(8), 1, rd, rs1, rs2);
            case 9:
            case 10:
            case 11: {
                const unsigned sizes[5] = {0, 1, 2, 4, 5};
                return i_format(0x03, sizes[below(5)], rd, base(), offset());
            }
            case 12:
            case 13:
            case 14:
                return s_format(below(3), rs2, base(), offset());
            case 15:
            case 16: {
                const unsigned conditions[6] = {0, 1, 4, 5, 6, 7};
                return b_format(conditions[below(6)], rs1, rs2,
                                static_cast<int>(below(128)) * 2 - 100);
            }
            case 17:
                return jal(below(2) ? 0 : rd, static_cast<int>(below(256)) * 2 - 200);
            case 18:
                return below(4) ? jalr(rd, 8, static_cast<int>(below(1024))) : fence;
            case 19:
                return system();
            case 20:
                return (below(8) ? 0x13u : below(4) ? next() | 3u : fence_i);
            default: {  // two compressed ones
                return compressed() | compressed() << 16;
            }
        }
    }

  private:
    std::uint32_t write_random(test_memory& m, std::uint32_t at) {
        if (below(8) == 0) {
            m.put(at, compressed(), 2);
            return 2;
        }
        const std::uint32_t word = random_instruction();
        if (m.at(at, 4)) {
            m.put(at, word);
            return 4;
        }
        m.put(at, compressed(), 2);
        return 2;
    }
    /// Base registers are seldom overwritten: x2, x8, x9 and x15.
    std::uint32_t destination() {
        const std::uint32_t rd = below(32);
        const bool is_base = rd == 2 || rd == 8 || rd == 9 || rd == 15;
        return is_base && below(16) ? 3 : rd;
    }
    std::uint32_t base() {
        const std::uint32_t bases[5] = {2, 8, 9, 15, 2};
        return below(40) ? bases[below(5)] : below(32);
    }
    int offset() { return static_cast<int>(below(4) ? below(256) * 4 : below(1100)) - 40; }
    std::uint32_t compressed() {
        for (;;) {
            const std::uint32_t c = next() & 0xffffu;
            if ((c & 3) == 3)
                continue;
            if (reference_expand(static_cast<std::uint16_t>(c)) == 0 && below(30))
                continue;
            const std::uint32_t rd = c >> 7 & 31;  // mostly: not a base register
            if ((c & 3) != 0 && (rd == 2 || rd == 8 || rd == 9 || rd == 15) && below(8))
                continue;
            return c;
        }
    }
    std::uint32_t system() {
        using namespace assembler;
        const std::uint32_t all[] = {0x300, 0x301, 0x304, 0x305, 0x310, 0x320, 0x323, 0x340, 0x341,
                                     0x342, 0x343, 0x344, 0x7a0, 0x7a1, 0xb00, 0xb02, 0xb03, 0xb80,
                                     0xb82, 0xb9f, 0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82, 0xf11,
                                     0xf12, 0xf14, 0xf15, 0x306, 0x180, 0x3a0, 0xc03, 0x7a4};
        switch (below(12)) {
            case 0:
                return ecall;
            case 1:
                return ebreak;
            case 2:
                return mret;
            case 3:
                return wfi;
            case 4:
                return next() | 0x73u;
            default: {
                std::uint32_t number = all[below(sizeof all / sizeof *all)];
                const unsigned functions[6] = {1, 2, 3, 5, 6, 7};
                unsigned f = functions[below(6)], source = below(32);
                if (number == mtvec && below(8))  // rather keep the handler
                    f = 2, source = 0;
                return i_format(0x73, f, destination(), source, static_cast<int>(number));
            }
        }
    }
    void write_handler(test_memory& m) {
        using namespace assembler;
        const auto li = [](std::uint32_t rd, std::uint32_t v) {
            return std::vector<word>{
                lui(rd, (v + 0x800) >> 12),
                addi(rd, rd, static_cast<int>(v & 0xfff) - ((v & 0x800) ? 0x1000 : 0))};
        };
        std::vector<word> common;
        const auto append = [&common](const std::vector<word>& w) {
            common.insert(common.end(), w.begin(), w.end());
        };
        append(li(2, data + 0x400));
        append(li(8, code + 0x300));
        append(li(9, slow + 0x200));
        append(li(15, 0x3000));
        append(li(5, handler + 1));
        append({csrrw(0, mtvec, 5), csrrs(5, mepc, 0), addi(5, 5, 4), andi(5, 5, 0x7fe)});
        append({csrrw(0, mepc, 5), csrrsi(0, mie, 8), lui(5, 1), srli(5, 5, 1), csrrs(0, mie, 5)});
        append({csrrsi(0, mstatus, 8), csrrw(0, mscratch, 2), add(5, 0, 0)});
        // Vectored: exceptions at +0, software +12, external +44, all to the common code at 0x80.
        for (std::uint32_t k = 0; k < 16; ++k)
            m.put(handler + 4 * k, jal(0, static_cast<int>(0x80 - 4 * k)));
        common.push_back(mret);
        m.program(handler + 0x80, common);
        m.program(handler + 0x200, {auipc(5, 0), addi(5, 5, -0x180), csrrw(0, mtvec, 5),
                                    jal(0, static_cast<int>(0x80 - 0x20c))});
    }
    std::uint32_t state_;
};
