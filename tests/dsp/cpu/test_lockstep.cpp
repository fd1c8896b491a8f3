// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <sstream>

#include "random_program.h"

using namespace ocellus::dsp;

namespace {

const unsigned compared_csrs[] = {0x300, 0x304, 0x305, 0x320, 0x340, 0x341, 0x342,
                                  0x343, 0x344, 0xb00, 0xb02, 0xb80, 0xb82};

/// Empty when both machines are in the same state.
std::string difference(const hart& h, const reference_hart& r) {
    std::ostringstream out;
    out << std::hex;
    if (h.pc() != r.pc)
        out << " pc " << h.pc() << " not " << r.pc;
    for (unsigned i = 0; i < 32; ++i)
        if (h.x(i) != r.x[i])
            out << " x" << std::dec << i << std::hex << " " << h.x(i) << " not " << r.x[i];
    for (unsigned n : compared_csrs) {
        std::uint32_t a = 0, b = 0;
        h.read_csr(n, a);
        r.csr(n, b);
        if (a != b)
            out << " csr " << n << " " << a << " not " << b;
    }
    out << std::dec;
    if (h.cycles() != r.cycles)
        out << " cycles " << h.cycles() << " not " << r.cycles;
    if (h.instructions() != r.instret)
        out << " instructions " << h.instructions() << " not " << r.instret;
    if (h.traps() != r.traps)
        out << " traps " << h.traps() << " not " << r.traps;
    return out.str();
}

std::string difference(const test_memory& a, const test_memory& b) {
    auto other = b.areas.begin();
    for (const auto& area : a.areas) {
        if (area.bytes != other->bytes)
            return "memory at " + std::to_string(area.base);
        ++other;
    }
    return "";
}

instruction_costs uneven_costs() {
    instruction_costs c;
    c.alu = 1, c.multiply = 3, c.multiply_high = 5, c.divide = 33, c.load = 2, c.store = 4;
    c.branch_not_taken = 6, c.branch_taken = 7, c.jump = 8, c.csr = 9, c.fence = 10;
    c.trap_return = 11, c.trap_entry = 12;
    return c;
}

/// A hart and its memory, and the lines that the program's stores to the device drive.
struct machine {
    test_memory memory;
    hart_parameters parameters;
    std::unique_ptr<hart> core;
    unsigned stops = 0;
    machine(std::uint32_t seed, bool cache, bool direct, bool slow_code) {
        parameters.costs = uneven_costs();
        parameters.reset_pc = random_program::entry();
        parameters.block_cache = cache;
        parameters.direct_memory = direct;
        random_program(seed).build(memory, slow_code);
        core = std::make_unique<hart>(parameters, memory);
        memory.map_into(*core);
    }
};

struct reference_machine {
    test_memory memory;
    std::unique_ptr<reference_hart> core;
    reference_machine(std::uint32_t seed, bool slow_code) {
        random_program(seed).build(memory, slow_code);
        core = std::make_unique<reference_hart>(uneven_costs(), memory);
        core->pc = random_program::entry();
    }
};

/// Makes the address of the device likely: x15 at times, as a debugger would.
void disturb(random_program& dice, machine& m, reference_machine& r) {
    const unsigned what = dice.below(8);
    const std::uint32_t value = dice.next();
    if (what == 0) {
        const bool level = value & 1;
        m.core->set_interrupt(interrupt_line::software, level);
        r.core->set_interrupt(3, level);
    } else if (what == 1) {
        const bool level = value & 1;
        m.core->set_interrupt(interrupt_line::external, level);
        r.core->set_interrupt(11, level);
    } else if (what == 2) {
        const bool level = value & 1;
        m.core->set_interrupt(interrupt_line::timer, level);
        r.core->set_interrupt(7, level);
    }
}

void restart(machine& m, reference_machine& r) {
    m.core->set_pc(random_program::entry());
    r.core->pc = random_program::entry();
    r.core->waiting = false;
    r.core->drop_fetched();
}

}  // namespace

TEST_CASE("cpu: random programs, one instruction at a time, equal the reference machine") {
    const bool cache = GENERATE(true, false);
    const bool direct = GENERATE(true, false);
    const bool slow_code = GENERATE(false, true);
    std::uint64_t executed = 0, trapped = 0, loops = 0, waits = 0;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        machine m(seed, cache, direct, slow_code);
        reference_machine r(seed, slow_code);
        random_program dice(seed + 1000);
        for (unsigned n = 0; n < 2500; ++n) {
            const auto event = r.core->step();
            const auto reason = m.core->step();
            const std::string d = difference(*m.core, *r.core);
            INFO("seed " << seed << " step " << n << d);
            REQUIRE(d.empty());
            switch (event) {
                case reference_hart::event::executed:
                    ++executed;
                    REQUIRE(reason == stop_reason::instructions);
                    break;
                case reference_hart::event::trapped:
                    ++trapped;
                    REQUIRE(reason == stop_reason::instructions);
                    break;
                case reference_hart::event::looped:
                    ++loops;
                    REQUIRE(reason == stop_reason::double_trap);
                    restart(m, r);
                    break;
                case reference_hart::event::waiting:
                    ++waits;
                    REQUIRE(reason == stop_reason::wfi);
                    restart(m, r);
                    break;
            }
            disturb(dice, m, r);
        }
        REQUIRE(difference(m.memory, r.memory).empty());
    }
    CHECK(executed > 15000);
    CHECK(trapped > 500);
    CHECK(waits > 0);
}

TEST_CASE("cpu: any split of a run and any speed switch gives the same state and cycles") {
    const bool cache = GENERATE(true, false);
    const bool direct = GENERATE(true, false);
    const bool slow_code = GENERATE(false, true);
    std::uint64_t instructions = 0;
    for (std::uint32_t seed = 100; seed < 130; ++seed) {
        machine m(seed, cache, direct, slow_code);
        reference_machine r(seed, slow_code);
        // Stores to the device drive a line in the middle of a run, and stop some runs.
        m.memory.on_device_store = [&m](std::uint32_t v) {
            m.core->set_interrupt(interrupt_line::external, v & 1);
            if (v & 2)
                m.core->request_stop();
        };
        r.memory.on_device_store = [&r](std::uint32_t v) { r.core->set_interrupt(11, v & 1); };
        random_program dice(seed + 2000);
        for (unsigned n = 0; n < 150; ++n) {
            if (dice.below(3) == 0) {
                m.core->set_x(15, random_program::device + 0x100);
                r.core->x[15] = random_program::device + 0x100;
            }
            const std::uint64_t budget = 1 + dice.below(dice.below(2) ? 30 : 1500);
            const std::uint64_t end = m.core->cycles() + budget;
            std::uint64_t limit = dice.below(4) ? hart::unlimited : 1 + dice.below(40);
            const std::uint64_t limit_end =
                limit == hart::unlimited ? limit : m.core->instructions() + m.core->traps() + limit;
            stop_reason reason;
            do {  // a requested stop is no event of the reference
                const std::uint64_t now = m.core->cycles();
                const std::uint64_t events = m.core->instructions() + m.core->traps();
                reason = m.core->run(end > now ? end - now : 0,
                                     limit == hart::unlimited ? limit : limit_end - events);
            } while (reason == stop_reason::requested);
            auto event = reference_hart::event::executed;
            while (r.core->cycles < end && r.core->instret + r.core->traps < limit_end) {
                event = r.core->step();
                if (event == reference_hart::event::waiting ||
                    event == reference_hart::event::looped)
                    break;
            }
            const std::string d = difference(*m.core, *r.core) + difference(m.memory, r.memory);
            INFO("seed " << seed << " run " << n << " reason " << static_cast<int>(reason) << d);
            REQUIRE(d.empty());
            REQUIRE((reason == stop_reason::wfi) == (event == reference_hart::event::waiting));
            REQUIRE((reason == stop_reason::double_trap) ==
                    (event == reference_hart::event::looped));
            if (reason == stop_reason::wfi || reason == stop_reason::double_trap)
                restart(m, r);
            disturb(dice, m, r);
            if (dice.below(6) == 0) {  // somebody else writes into the code
                const std::uint32_t at = random_program::code + dice.below(0x7fe) * 2;
                const std::uint32_t v = dice.random_instruction();
                m.memory.put(at, v, 2);
                r.memory.put(at, v, 2);
                m.core->memory_changed(at, 2);
            }
            if (dice.below(40) == 0) {
                m.core->unmap_direct();
                if (dice.below(2))
                    m.memory.map_into(*m.core);
            }
        }
        instructions += m.core->instructions();
    }
    CHECK(instructions > 100000);
}
