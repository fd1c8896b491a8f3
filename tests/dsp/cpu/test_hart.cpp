// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <memory>

#include "assembler.h"
#include "test_memory.h"

using namespace ocellus::dsp;
using namespace assembler;

namespace {

/// RAM at 0 (no wait states), ROM at 0x8000, a device; the handler at 0x400 is a wfi.
struct bench {
    test_memory memory;
    hart_parameters parameters;
    std::unique_ptr<hart> core;
    explicit bench(const std::vector<word>& program, bool direct = true) {
        memory.add(0, 0x2000, true);
        memory.add(0x8000, 0x400, true, 0, 0, 0, false);
        memory.program(0, program);
        memory.program(0x400, {wfi, wfi, wfi});
        parameters.direct_memory = direct;
        core = std::make_unique<hart>(parameters, memory);
        memory.map_into(*core);
        core->write_csr(mtvec, 0x400);
    }
    std::uint32_t csr(unsigned n) {
        std::uint32_t v = 0xdeadbeef;
        REQUIRE(core->read_csr(n, v));
        return v;
    }
    /// Runs one instruction with two operands; its result.
    std::uint32_t result(word instruction, std::uint32_t a, std::uint32_t b) {
        memory.put(0x1000, instruction);
        core->memory_changed(0x1000, 4);
        core->set_pc(0x1000);
        core->set_x(10, a);
        core->set_x(11, b);
        REQUIRE(core->step() == stop_reason::instructions);
        REQUIRE(core->pc() == 0x1004);
        return core->x(12);
    }
    void expect_trap(std::uint32_t cause, std::uint32_t value, std::uint32_t pc) {
        CHECK(core->step() == stop_reason::instructions);
        CHECK(core->pc() == 0x400);
        CHECK(csr(mcause) == cause);
        CHECK(csr(mtval) == value);
        CHECK(csr(mepc) == pc);
    }
};

}  // namespace

TEST_CASE("cpu: multiplication and division at their corners") {
    bench t({});
    const std::uint32_t lowest = 0x80000000u, minus_one = 0xffffffffu;
    const auto m = [&](unsigned funct3, std::uint32_t a, std::uint32_t b) {
        return t.result(r_format(0x33, funct3, 1, 12, 10, 11), a, b);
    };
    CHECK(m(0, 0x12345678, 0x9abcdef0) == 0x242d2080);
    CHECK(m(1, lowest, lowest) == 0x40000000);
    CHECK(m(1, minus_one, minus_one) == 0);
    CHECK(m(1, lowest, 1) == minus_one);
    CHECK(m(2, minus_one, minus_one) == minus_one);  // -1 times 4294967295
    CHECK(m(2, lowest, minus_one) == 0x80000000);
    CHECK(m(2, 1, minus_one) == 0);
    CHECK(m(3, minus_one, minus_one) == 0xfffffffe);
    CHECK(m(4, 7, 0) == minus_one);
    CHECK(m(4, lowest, minus_one) == lowest);
    CHECK(m(4, static_cast<std::uint32_t>(-7), 2) == static_cast<std::uint32_t>(-3));
    CHECK(m(5, 7, 0) == minus_one);
    CHECK(m(5, lowest, minus_one) == 0);
    CHECK(m(6, 7, 0) == 7);
    CHECK(m(6, lowest, minus_one) == 0);
    CHECK(m(6, static_cast<std::uint32_t>(-7), 2) == minus_one);
    CHECK(m(6, 7, static_cast<std::uint32_t>(-2)) == 1);
    CHECK(m(7, 7, 0) == 7);
    CHECK(m(7, lowest, minus_one) == lowest);
}

TEST_CASE("cpu: arithmetic, comparisons and shifts") {
    bench t({});
    const auto o = [&](unsigned funct3, unsigned funct7, std::uint32_t a, std::uint32_t b) {
        return t.result(r_format(0x33, funct3, funct7, 12, 10, 11), a, b);
    };
    CHECK(o(0, 0, 0xffffffff, 1) == 0);
    CHECK(o(0, 0x20, 0, 1) == 0xffffffff);
    CHECK(o(1, 0, 1, 63) == 0x80000000);  // five bits of the shift count
    CHECK(o(5, 0, 0x80000000, 32 + 31) == 1);
    CHECK(o(5, 0x20, 0x80000000, 31) == 0xffffffff);
    CHECK(o(2, 0, 0x80000000, 0) == 1);
    CHECK(o(3, 0, 0x80000000, 0) == 0);
    CHECK(t.result(i_format(0x13, 3, 12, 10, -1), 0xfffffffe, 0) == 1);  // sltiu with 0xffffffff
    CHECK(t.result(i_format(0x13, 2, 12, 10, -1), 0xfffffffe, 0) == 1);
    CHECK(t.result(xori(12, 10, -1), 0x0f0f0f0f, 0) == 0xf0f0f0f0);
    CHECK(t.result(lui(12, 0xfffff), 0, 0) == 0xfffff000);
    CHECK(t.result(auipc(12, 1), 0, 0) == 0x2000);
    CHECK(t.result(addi(0, 10, 5), 1, 0) == 0x2000);  // x0 stays, x12 as before
    CHECK(t.core->x(0) == 0);
}

TEST_CASE("cpu: loads and stores of every size") {
    const bool direct = GENERATE(true, false);
    bench t({lui(5, 1), lb(6, 5, 1), i_format(3, 4, 7, 5, 1), i_format(3, 1, 8, 5, 2), lhu(9, 5, 2),
             lw(10, 5, 0), sb(10, 5, 9), s_format(1, 10, 5, 14), sw(10, 5, 16), jalr(5, 5, 1)},
            direct);
    t.memory.put(0x1000, 0x8180f1a2);
    t.core->run(hart::unlimited, 10);
    CHECK(t.core->x(6) == 0xfffffff1);
    CHECK(t.core->x(7) == 0xf1);
    CHECK(t.core->x(8) == 0xffff8180);
    CHECK(t.core->x(9) == 0x8180);
    CHECK(t.core->x(10) == 0x8180f1a2);
    CHECK(t.memory.get(0x1008) == 0x0000a200);
    CHECK(t.memory.get(0x100c) == 0xf1a20000);
    CHECK(t.memory.get(0x1010) == 0x8180f1a2);
    CHECK(t.core->x(5) == 40);  // the link replaces the base after its use
    CHECK(t.core->pc() == 0x1000);
}

TEST_CASE("cpu: exceptions are precise, with cause and value") {
    const bool direct = GENERATE(true, false);
    const word lw_odd = lw(6, 5, 2), store_odd = s_format(1, 6, 5, 1);
    bench t({lui(5, 1), lw_odd, store_odd, lw(6, 4, 0), sw(6, 4, 4), sw(6, 3, 0), ecall, ebreak,
             0xffffffff, 0x00009002 /* c.ebreak */, csrrw(1, 0xc00, 2), csrrs(1, 0x7ff, 0),
             mret + 0x80},
            direct);
    t.core->set_x(4, 0x100000);  // nothing there
    t.core->set_x(3, 0x8010);    // ROM
    t.core->set_x(6, 77);
    t.core->step();
    t.expect_trap(4, 0x1002, 4);
    CHECK(t.core->x(6) == 77);
    t.core->set_pc(8);
    t.expect_trap(6, 0x1001, 8);
    t.core->set_pc(12);
    t.expect_trap(5, 0x100000, 12);
    CHECK(t.core->x(6) == 77);
    t.core->set_pc(16);
    t.expect_trap(7, 0x100004, 16);
    t.core->set_pc(20);
    t.expect_trap(7, 0x8010, 20);
    t.core->set_pc(24);
    t.expect_trap(11, 0, 24);
    t.core->set_pc(28);
    t.expect_trap(3, 28, 28);
    t.core->set_pc(32);
    t.expect_trap(2, 0xffffffff, 32);
    t.core->set_pc(36);
    t.expect_trap(3, 36, 36);
    t.core->set_pc(38);
    t.expect_trap(2, 0, 38);  // the all-zero half word
    t.core->set_pc(40);
    t.expect_trap(2, csrrw(1, 0xc00, 2), 40);
    t.core->set_pc(44);
    t.expect_trap(2, csrrs(1, 0x7ff, 0), 44);
    t.core->set_pc(48);
    t.expect_trap(2, mret + 0x80, 48);
    t.core->set_pc(0x200000);
    t.expect_trap(1, 0x200000, 0x200000);
    // A 32-bit instruction whose second half is not there: mtval tells which half.
    t.memory.put(0x1ffe, 0x0003, 2);
    t.core->memory_changed(0x1ffe, 2);
    t.core->set_pc(0x1ffe);
    t.expect_trap(1, 0x2000, 0x1ffe);
    CHECK(t.core->traps() == 15);
    CHECK(t.core->instructions() == 1);  // what traps does not retire
}

TEST_CASE("cpu: mstatus over a trap and its return") {
    bench t({csrrsi(0, mstatus, 8), ecall});
    t.memory.program(
        0x400, {csrrs(5, mstatus, 0), csrrs(6, mepc, 0), addi(6, 6, 4), csrrw(0, mepc, 6), mret});
    t.core->run(hart::unlimited, 2);
    CHECK(t.csr(mstatus) == 0x1880);
    t.core->run(hart::unlimited, 5);
    CHECK(t.core->x(5) == 0x1880);
    CHECK(t.core->pc() == 8);
    CHECK(t.csr(mstatus) == 0x1888);
}

TEST_CASE("cpu: WARL fields of the CSRs") {
    bench t({});
    const auto write_all = [&](unsigned n) {
        CHECK(t.core->write_csr(n, 0xffffffff));
        return t.csr(n);
    };
    CHECK(write_all(mstatus) == 0x1888);
    CHECK(write_all(misa) == 0x40001104);
    CHECK(write_all(mie) == 0x888);
    CHECK(write_all(mip) == 0);
    CHECK(write_all(mtvec) == 0xfffffffd);
    CHECK(write_all(mepc) == 0xfffffffe);
    CHECK(write_all(mscratch) == 0xffffffff);
    CHECK(write_all(mcause) == 0xffffffff);
    CHECK(write_all(mtval) == 0xffffffff);
    CHECK(write_all(mcountinhibit) == 5);
    CHECK(write_all(0x310) == 0);
    CHECK(write_all(0xb1f) == 0);
    CHECK(write_all(0x33f) == 0);
    CHECK(t.csr(0xf14) == 0);
    unsigned there = 0;
    std::uint32_t v = 0;
    for (unsigned n = 0; n < 4096; ++n) {
        there += t.core->read_csr(n, v);
        if (n >= 0xc00)
            CHECK_FALSE(t.core->write_csr(n, 0));
    }
    // Set-up, inhibit, 29 events, traps, 4 of triggers, 2 times 31 machine counters, 2 times
    // 32 read-only ones, 5 of identity.
    CHECK(there == 5 + 1 + 29 + 5 + 4 + 62 + 64 + 5);
    for (unsigned n :
         {0x180u, 0x302u, 0x303u, 0x306u, 0x30au, 0x3a0u, 0x3b0u, 0x747u, 0x7b0u, 0xb01u})
        CHECK_FALSE(t.core->read_csr(n, v));
}

TEST_CASE("cpu: a write to half of minstret is not counted in the other half") {
    bench t({addi(5, 0, -1), csrrw(0, minstret, 5), csrrw(0, minstreth, 5), nop,
             csrrs(6, minstret, 0), csrrs(7, minstreth, 0)});
    t.core->run(hart::unlimited, 6);
    CHECK(t.core->x(6) == 0);  // nop alone was counted, and it carried
    CHECK(t.core->x(7) == 0);
}

TEST_CASE("cpu: counters count, stop, and are what was written to them") {
    bench t({csrrs(5, minstret, 0),
             csrrs(6, minstret, 0),
             csrrs(7, mcycle, 0),
             csrrs(8, mcycle, 0),
             addi(9, 0, 100),
             csrrw(0, minstret, 9),
             csrrs(10, minstret, 0),
             csrrw(0, mcycle, 9),
             csrrs(11, mcycle, 0),
             csrrwi(0, mcountinhibit, 5),
             csrrs(12, mcycle, 0),
             csrrs(13, mcycle, 0),
             csrrs(14, minstret, 0),
             csrrs(15, minstret, 0),
             csrrwi(0, mcountinhibit, 0),
             csrrs(16, mcycle, 0),
             csrrs(17, 0xc00, 0),
             csrrs(18, 0xc01, 0),
             csrrs(19, 0xc81, 0),
             addi(20, 0, -1),
             csrrw(0, mcycle, 20),
             nop,
             csrrs(21, mcycleh, 0),
             csrrs(22, mcycle, 0)});
    t.memory.now = 0x123456789abcdef0;
    t.core->run(hart::unlimited, 24);
    CHECK(t.core->x(5) == 0);
    CHECK(t.core->x(6) == 1);
    CHECK(t.core->x(8) == t.core->x(7) + 1);
    CHECK(t.core->x(10) == 100);
    CHECK(t.core->x(11) == 100);
    CHECK(t.core->x(12) == 102);
    CHECK(t.core->x(13) == 102);
    CHECK(t.core->x(14) == t.core->x(15));
    CHECK(t.core->x(16) == 102);
    CHECK(t.core->x(17) == 103);
    CHECK(t.core->x(18) == 0x9abcdef0);
    CHECK(t.core->x(19) == 0x12345678);
    CHECK(t.core->x(21) == 1);  // carried
    CHECK(t.core->x(22) == 1);
    CHECK(t.core->instructions() == 24);
}

TEST_CASE("cpu: interrupts by priority, direct and vectored") {
    const bool vectored = GENERATE(false, true);
    bench t({nop, nop, nop, nop});
    t.core->write_csr(mtvec, vectored ? 0x401 : 0x400);
    t.core->write_csr(mie, 0x888);
    const std::pair<interrupt_line, unsigned> order[] = {
        {interrupt_line::external, 11}, {interrupt_line::software, 3}, {interrupt_line::timer, 7}};
    for (const auto& o : order)
        t.core->set_interrupt(o.first, true);
    CHECK(t.csr(mip) == 0x888);
    t.core->step();
    CHECK(t.core->pc() == 4);  // mstatus.MIE is off
    for (const auto& o : order) {
        t.core->set_pc(4);
        t.core->write_csr(mstatus, 8);
        t.core->step();
        CHECK(t.core->pc() == (vectored ? 0x400 + 4 * o.second : 0x400));
        CHECK(t.csr(mcause) == 0x80000000u + o.second);
        CHECK(t.csr(mepc) == 4);
        CHECK(t.csr(mtval) == 0);
        CHECK(t.csr(mstatus) == 0x1880);
        t.core->set_interrupt(o.first, false);
    }
    CHECK(t.core->interrupts() == 3);
    // Exceptions go to the base in both modes.
    t.core->set_pc(0x300000);
    t.core->step();
    CHECK(t.core->pc() == 0x400);
}

TEST_CASE("cpu: an interrupt that a store raises is taken at the next instruction") {
    const bool cache = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x1000, true);
    memory.program(0, {lui(5, 0xffff0), csrrsi(0, mie, 8), csrrsi(0, mstatus, 8), nop, sw(5, 5, 0),
                       addi(6, 6, 1), addi(6, 6, 1), addi(6, 6, 1), jal(0, -12)});
    hart_parameters p;
    p.block_cache = cache;
    hart h(p, memory);
    memory.map_into(h);
    h.write_csr(mtvec, 0x400);
    memory.put(0x400, wfi);
    memory.put(0x404, jal(0, -4));
    h.write_csr(mie, 8);
    memory.on_device_store = [&](std::uint32_t) {
        CHECK(h.pc() == 16);
        CHECK(h.cycles() == 4);
        h.set_interrupt(interrupt_line::software, true);
    };
    CHECK(h.run(1000) == stop_reason::cycles);
    CHECK(h.x(6) == 0);
    std::uint32_t v = 0;
    h.read_csr(mepc, v);
    CHECK(v == 20);
    CHECK(h.interrupts() == 1);
}

TEST_CASE("cpu: wfi waits for an enabled interrupt, also a masked one") {
    bench t({csrrsi(0, mie, 8), wfi, addi(5, 5, 1), wfi, addi(5, 5, 1)});
    CHECK(t.core->run(1000) == stop_reason::wfi);
    CHECK(t.core->waiting());
    const std::uint64_t then = t.core->cycles();
    CHECK(t.core->run(1000) == stop_reason::wfi);
    CHECK(t.core->cycles() == then);
    t.core->set_interrupt(interrupt_line::timer, true);  // not enabled in mie
    CHECK(t.core->run(1000) == stop_reason::wfi);
    t.core->set_interrupt(interrupt_line::software, true);
    t.core->idle(500);
    t.core->run(hart::unlimited, 3);  // goes on without a trap, and the next wfi does not wait
    CHECK(t.core->x(5) == 2);
    CHECK(t.core->traps() == 0);
    CHECK(t.csr(mcycle) == then + 500 + 2 * t.parameters.costs.alu + t.parameters.costs.fence);
}

TEST_CASE("cpu: the handler that traps to itself stops the run with the first cause kept") {
    bench t({nop, ecall});
    t.core->write_csr(mtvec, 0x300000);  // nothing there
    CHECK(t.core->run(100000) == stop_reason::double_trap);
    CHECK(t.core->pc() == 0x300000);
    CHECK(t.csr(mcause) == 11);
    CHECK(t.csr(mepc) == 4);
    CHECK(t.core->run(100000) == stop_reason::double_trap);
}

TEST_CASE("cpu: breakpoints, also inside a decoded block, and steps") {
    bench t({addi(5, 5, 1), addi(5, 5, 1), addi(5, 5, 1), addi(5, 5, 1), jal(0, -16)});
    CHECK(t.core->run(100) == stop_reason::cycles);
    const std::uint32_t before = t.core->x(5);
    t.core->add_breakpoint(8);
    CHECK(t.core->run(1000) == stop_reason::breakpoint);
    CHECK(t.core->pc() == 8);
    CHECK(t.core->x(5) <= before + 4);
    const std::uint32_t at = t.core->x(5);
    CHECK(t.core->run(1000) == stop_reason::breakpoint);  // once around
    CHECK(t.core->x(5) == at + 4);
    CHECK(t.core->step() == stop_reason::instructions);
    CHECK(t.core->pc() == 12);
    // A run that ends by its limit at a breakpoint reports it at the next run.
    CHECK(t.core->run(hart::unlimited, 4) == stop_reason::instructions);
    CHECK(t.core->pc() == 8);
    CHECK(t.core->run(1000) == stop_reason::breakpoint);
    t.core->remove_breakpoint(8);
    CHECK(t.core->run(1000) == stop_reason::cycles);
}

TEST_CASE("cpu: ebreak stops for a debugger when it wants") {
    bench t({nop, ebreak, nop});
    t.core->stop_on_ebreak(true);
    CHECK(t.core->run(100) == stop_reason::ebreak);
    CHECK(t.core->pc() == 4);
    CHECK(t.core->traps() == 0);
    CHECK(t.core->instructions() == 1);
    t.core->take_ebreak();
    CHECK(t.core->pc() == 0x400);
    CHECK(t.csr(mcause) == 3);
}

TEST_CASE("cpu: changed code is executed at once, and foreign changes after fence.i") {
    const bool cache = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x1000, true);
    // Overwrites the second next instruction of its own block.
    memory.program(0, {lw(5, 0, 0x100), sw(5, 0, 12), nop, addi(6, 0, 1), jal(0, 0)});
    memory.put(0x100, addi(6, 0, 2));
    hart_parameters p;
    p.block_cache = cache;
    hart h(p, memory);
    memory.map_into(h);
    h.run(hart::unlimited, 5);
    CHECK(h.x(6) == 2);
    memory.put(12, addi(6, 0, 3));  // without telling the hart
    memory.put(0x200, fence_i);
    memory.put(0x204, jalr(0, 0, 8));
    h.set_pc(0x200);
    h.run(hart::unlimited, 4);
    CHECK(h.x(6) == 3);
    memory.put(12, addi(6, 0, 4));
    h.memory_changed(12, 4);
    h.set_pc(8);
    h.run(hart::unlimited, 2);
    CHECK(h.x(6) == 4);
}

TEST_CASE("cpu: cycles by hand: costs, wait states, one fetch for two compressed instructions") {
    const bool cache = GENERATE(true, false);
    const bool direct = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x1000, true, 3, 5, 7);
    const word pair = 0x00010001;  // c.nop, c.nop
    // The branch at 14 is not taken, the jump at 18 goes back to the half word at 2.
    memory.program(0, {pair, pair, sw(5, 0, 0x100)});
    memory.put(12, lw(6, 0, 0x100));
    memory.put(16, 0x0001, 2);
    memory.put(18, jal(0, -16));
    hart_parameters p;
    p.block_cache = cache;
    p.direct_memory = direct;
    hart h(p, memory);
    memory.map_into(h);
    const std::uint64_t first =
        3 + 1 + 1 + 3 + 1 + 1 + (3 + 2 + 7) + (3 + 2 + 5) + (3 + 1) + (3 + 2);
    h.run(hart::unlimited, 8);
    CHECK(h.pc() == 2);
    CHECK(h.cycles() == first);
    h.run(hart::unlimited, 7);  // without the first c.nop; its word is fetched again
    CHECK(h.cycles() == 2 * first - 1);
}

TEST_CASE(
    "cpu: a run ends at the first boundary after its budget, whatever waits and branches cost") {
    const bool cache = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x400, true, 1, 0, 0);
    memory.add(0x1000, 0x400, true, 0, 9, 11);
    memory.program(
        0, {lw(5, 2, 0), sw(5, 2, 4), lw(6, 2, 8), sw(6, 2, 12), lw(5, 2, 0), bne(2, 0, -20)});
    hart_parameters p;
    p.costs.branch_taken = 40;
    p.block_cache = cache;
    // When the instructions of one turn end.
    const std::uint64_t load = 1 + 2 + 9, store = 1 + 2 + 11, turn = 3 * load + 2 * store + 1 + 40;
    const std::uint64_t ends[6] = {
        load, load + store, 2 * load + store, 2 * (load + store), 3 * load + 2 * store, turn};
    for (std::uint64_t budget = 1; budget <= 4 * turn; ++budget) {
        hart h(p, memory);
        memory.map_into(h);
        h.set_x(2, 0x1000);
        h.run(10 * turn);  // decoded and chained
        REQUIRE(h.cycles() == 10 * turn);
        h.run(budget);
        std::uint64_t expected = (budget / turn) * turn, k = 0;
        if (expected < budget) {
            while (expected + ends[k] < budget)
                ++k;
            expected += ends[k];
        }
        REQUIRE(h.cycles() - 10 * turn == expected);
    }
}

TEST_CASE("cpu: a page that is written by pointer and then executed loses its fast stores") {
    const bool cache = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x1000, true);
    // Writes into the page of 0x800, calls it, changes it, calls it again.
    memory.program(0, {lui(2, 1), addi(2, 2, -0x800), sw(5, 2, 0x80), sw(6, 2, 0), sw(7, 2, 4),
                       jalr(1, 2, 0), sw(8, 2, 0), jalr(1, 2, 0)});
    hart_parameters p;
    p.block_cache = cache;
    hart h(p, memory);
    memory.map_into(h);
    h.set_x(6, addi(10, 10, 1));
    h.set_x(7, jalr(0, 1, 0));
    h.set_x(8, addi(10, 10, 16));
    h.run(hart::unlimited, 12);
    CHECK(h.pc() == 32);
    CHECK(h.x(10) == 17);
}

TEST_CASE("cpu: a store to the word that is being executed acts in every mode") {
    const bool direct = GENERATE(true, false);
    const bool cache = GENERATE(true, false);
    test_memory memory;
    memory.add(0, 0x1000, true, 5, 0, 0);
    memory.put(0, 0xc118, 2);  // c.sw a4, 0(a0)
    memory.put(2, 0x0785, 2);  // c.addi a5, 1
    memory.put(4, 0x0001, 2);
    hart_parameters p;
    p.direct_memory = direct;
    p.block_cache = cache;
    hart h(p, memory);
    memory.map_into(h);
    h.set_x(14, 0x0789c118);  // its upper half: c.addi a5, 2
    h.run(hart::unlimited, 2);
    CHECK(h.x(15) == 2);
    CHECK(h.pc() == 4);
    CHECK(h.cycles() == 5 + p.costs.store + p.costs.alu);
}
