// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>

#include "assembler.h"
#include "test_memory.h"

using namespace ocellus::dsp;
using namespace assembler;

namespace {

/// Million instructions per second of a program in direct memory at 0, with data at 0x10000.
double measure(const std::vector<word>& program, std::uint8_t wait) {
    test_memory m;
    m.add(0, 0x1000, true, wait, wait, wait);
    m.add(0x10000, 0x4000, true, wait, wait, wait);
    m.program(0, program);
    hart_parameters p;
    hart h(p, m);
    m.map_into(h);
    h.set_x(2, 0x10000);
    h.set_x(3, 0x12000);
    h.run(1000000);
    double best = 0;
    for (int k = 0; k < 3; ++k) {
        const std::uint64_t before = h.instructions();
        const auto start = std::chrono::steady_clock::now();
        h.run(150000000);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        best = std::max(best, static_cast<double>(h.instructions() - before) / took.count() / 1e6);
    }
    CHECK(m.accesses == 0);
    return best;
}

}  // namespace

TEST_CASE("cpu: speed of the interpreter", "[.speed]") {
    const std::vector<word> arithmetic = {
        addi(5, 5, 1),   slli(6, 5, 3),    add(7, 7, 6),    xor_(8, 7, 5),    srli(9, 8, 2),
        sub(10, 9, 7),   andi(11, 10, 63), add(12, 12, 11), xori(13, 12, 85), mul(14, 13, 5),
        add(15, 15, 14), bne(5, 0, -44),   jal(0, -48)};
    // Copy and checksum with a short loop: 8 instructions, 2 of them memory accesses.
    const std::vector<word> copy = {
        addi(10, 2, 0), addi(11, 3, 0),  addi(12, 2, 1024), lw(5, 10, 0),     sw(5, 11, 0),
        add(6, 6, 5),   addi(10, 10, 4), addi(11, 11, 4),   blt(10, 12, -20), jal(0, -36)};
    // Calls, branches that alternate, loads and stores through the stack.
    const std::vector<word> mixed = {addi(5, 5, 1), andi(6, 5, 3), bne(6, 0, 12), jal(1, 24),
                                     jal(0, -16),   addi(7, 7, 3), jal(1, 12),    jal(0, -28),
                                     nop,           sw(1, 2, 16),  lw(8, 2, 32),  addi(8, 8, 1),
                                     sw(8, 2, 32),  lw(1, 2, 16),  jalr(0, 1, 0)};
    std::printf(
        "arithmetic %.0f MIPS, copy %.0f MIPS, mixed %.0f MIPS; with wait states %.0f MIPS\n",
        measure(arithmetic, 0), measure(copy, 0), measure(mixed, 0), measure(copy, 2));
}
