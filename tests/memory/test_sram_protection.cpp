// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <set>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/diagnostics.h"
#include "core/random.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "tests/memory/driver.h"

using namespace ocellus;
using namespace ocellus::memory;
using sc_core::sc_time;

namespace {

namespace reg = registers::sram_control;

constexpr std::uint64_t control_base = 0x40010000;

std::uint64_t offset_of(unsigned index) {
    return control_base + registers::sram_control::map.registers[index].offset;
}

/// One driver and an SRAM of 64 KiB in 4 banks at 250 MHz (4 ns), with its control registers.
struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    driver cpu{"cpu"};
    sc_core::sc_signal<bool> irq{"irq"};

    static sram_parameters parameters() {
        sram_parameters p;
        p.size = 64 << 10;
        p.banks = 4;
        p.clock = 250e6;
        p.interleave = 64;
        p.ecc = protection::secded;
        return p;
    }
    explicit test_bench(const sram_parameters& p = parameters()) {
        interconnect_parameters ip;
        ip.clock = 250e6;
        ram = std::make_unique<sram>("ram", p, ctx);
        bus = std::make_unique<interconnect>("bus", ip, ctx);
        bus->attach_initiator("cpu", cpu.memory_out);
        bus->attach_target("sram", 0, ram->size(), ram->memory_in, ram->protocol());
        bus->attach_target("control", control_base, 0x1000, ram->control_in);
        ram->error_irq(irq);
        random_sequence r(1, purpose::test);
        for (std::uint64_t i = 0; i < p.size; ++i)
            ram->data()[i] = static_cast<std::uint8_t>(r.next());
    }
    std::uint32_t get(unsigned index) { return cpu.read_register(offset_of(index)); }
    void set(unsigned index, std::uint32_t v) { cpu.write_register(offset_of(index), v); }
    /// By the registers, as firmware would.
    void inject(std::uint64_t word, unsigned a, unsigned b = 72) {
        word_faults::cells c;
        for (const unsigned bit : {a, b})
            if (bit < 64)
                c.data ^= std::uint64_t{1} << bit;
            else if (bit < 72)
                c.check = static_cast<std::uint8_t>(c.check ^ 1u << (bit - 64));
        set(reg::INJECT_ADDRESS, static_cast<std::uint32_t>(8 * word));
        set(reg::INJECT_DATA_LOW, static_cast<std::uint32_t>(c.data));
        set(reg::INJECT_DATA_HIGH, static_cast<std::uint32_t>(c.data >> 32));
        set(reg::INJECT_CHECK, c.check);
        set(reg::INJECT, 1);
    }
    bool read(std::uint64_t address, std::vector<std::uint8_t>& into) {
        sc_time delay;
        return burst(cpu.memory_out, rd, address, into.data(),
                     static_cast<std::uint32_t>(into.size()), delay) == tlm::TLM_OK_RESPONSE;
    }
    bool write(std::uint64_t address, std::vector<std::uint8_t> bytes) {
        sc_time delay;
        return burst(cpu.memory_out, wr, address, bytes.data(),
                     static_cast<std::uint32_t>(bytes.size()), delay) == tlm::TLM_OK_RESPONSE;
    }
    double stat(const std::string& name) const { return stats.value(name); }
    void run(const std::function<void()>& body) {
        cpu.body = [this, body] {
            body();
            sc_core::sc_stop();
        };
        sc_core::sc_start();
    }
};

/// `n` different words of the memory, and two different cells for each.
struct victim {
    std::uint64_t word;
    unsigned a, b;
};
std::vector<victim> victims(std::size_t n, std::uint64_t words) {
    random_sequence r(9, purpose::test);
    std::vector<victim> out;
    std::set<std::uint64_t> used;
    while (out.size() < n) {
        const std::uint64_t w = r.below(static_cast<std::uint32_t>(words));
        const unsigned a = r.below(72), b = (a + 1 + r.below(71)) % 72;
        if (used.insert(w).second)
            out.push_back({w, a, b});
    }
    return out;
}

}  // namespace

TEST_CASE("a thousand injected single errors are corrected and counted, none is silent") {
    test_bench t;
    const std::vector<std::uint8_t> truth(t.ram->data(), t.ram->data() + t.ram->size());
    t.run([&] {
        for (const auto& v : victims(1000, t.ram->size() / 8))
            t.inject(v.word, v.a);
        for (std::uint64_t at = 0; at < truth.size(); at += 256) {
            std::vector<std::uint8_t> in(256);
            REQUIRE(t.read(at, in));
            REQUIRE(std::memcmp(in.data(), truth.data() + at, 256) == 0);
        }
        CHECK(t.get(reg::COUNTER_CORRECTED) == 1000);
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 0);
        CHECK(t.get(reg::STATUS) == sram::status_corrected);
    });
    CHECK(t.stat("sram.ecc.corrected") == 1000);
    CHECK(t.stat("sram.ecc.silent") == 0);
    CHECK(t.stat("sram.injected") == 1000);
    CHECK(t.stat("sram.faulty_words") == 1000);
}

TEST_CASE("a thousand double errors are detected and reported to firmware, none is silent") {
    test_bench t;
    t.run([&] {
        t.set(reg::IRQ_ENABLE, sram::status_uncorrectable);
        unsigned interrupts = 0;
        for (const auto& v : victims(1000, t.ram->size() / 8)) {
            t.inject(v.word, v.a, v.b);
            std::vector<std::uint8_t> in(8);
            REQUIRE_FALSE(t.read(8 * v.word, in));
            sc_core::wait(200, sc_core::SC_NS);
            interrupts += t.irq.read();
            REQUIRE(t.get(reg::ERROR_ADDRESS) == 8 * v.word);
            REQUIRE(t.get(reg::ERROR_SYNDROME) != 0);
            t.set(reg::STATUS, sram::status_uncorrectable);
            sc_core::wait(200, sc_core::SC_NS);
            REQUIRE_FALSE(t.irq.read());
        }
        CHECK(interrupts == 1000);
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 1000);
        CHECK(t.get(reg::COUNTER_CORRECTED) == 0);
    });
    CHECK(t.stat("sram.ecc.silent") == 0);
    CHECK(t.stat("interconnect.cpu.errors") == 1000);
}

TEST_CASE("firmware may switch the bus error off and the correction too") {
    test_bench t;
    t.run([&] {
        const std::uint8_t was = t.ram->data()[80];
        t.inject(10, 0, 1);
        std::vector<std::uint8_t> in(8);
        t.set(reg::CONTROL, sram::control_ecc);
        CHECK(t.read(80, in));
        CHECK(in[0] == (was ^ 3));
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 1);
        t.set(reg::CONTROL, 0);
        CHECK(t.read(80, in));
        CHECK(in[0] == (was ^ 3));
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 1);
    });
    CHECK(t.stat("sram.ecc.silent") == 1);
}

TEST_CASE("writing a whole word removes its flips, writing a part corrects or refuses") {
    test_bench t;
    t.run([&] {
        std::vector<std::uint8_t> in(8), truth(t.ram->data() + 800, t.ram->data() + 808);
        t.inject(100, 3, 17);
        CHECK(t.write(800, {1, 2, 3, 4, 5, 6, 7, 8}));
        CHECK(t.read(800, in));
        CHECK(in == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8});
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 0);

        t.inject(100, 60);
        CHECK(t.write(801, {9}));
        CHECK(t.get(reg::COUNTER_CORRECTED) == 1);
        CHECK(t.read(800, in));
        CHECK(in == std::vector<std::uint8_t>{1, 9, 3, 4, 5, 6, 7, 8});
        CHECK(t.get(reg::COUNTER_CORRECTED) == 1);

        t.inject(100, 40, 41);
        CHECK_FALSE(t.write(800, {7, 7}));
        CHECK_FALSE(t.read(800, in));
        CHECK(t.ram->data()[800] == 1);
    });
    CHECK(t.stat("sram.faulty_words") == 1);
}

TEST_CASE(
    "the time of a write that covers words is the same with protection, a part costs a read") {
    test_bench t;
    t.run([&] {
        CHECK(t.cpu.timed(wr, 0, nullptr, 256, 1000) == 1000 + 2 + 8 + 1);
        CHECK(t.cpu.timed(wr, 3, nullptr, 1, 2000) == 2000 + 2 + 1 + 1 + 1);
        CHECK(t.cpu.timed(wr, 4, nullptr, 8, 3000) == 3000 + 2 + 1 + 2 + 1);
        CHECK(t.cpu.timed(wr, 4, nullptr, 4, 4000) == 4000 + 2 + 1 + 1 + 1);
        CHECK(t.cpu.timed(wr, 0, nullptr, 5, 5000) == 5000 + 2 + 1 + 1 + 1);
        CHECK(t.cpu.timed(rd, 3, nullptr, 1, 6000) == 6000 + 2 + 1 + 2);
    });
    CHECK(t.stat("sram.read_modify_writes") == 5);
}

TEST_CASE("scrubbing keeps single errors from becoming double ones") {
    auto p = test_bench::parameters();
    p.scrub_interval = 10;
    test_bench t(p);
    const std::uint64_t rows = p.size / p.width;
    t.run([&] {
        const auto pass = [&] {
            sc_core::wait(4.0 * 10 * static_cast<double>(rows), sc_core::SC_NS);
        };
        const auto chosen = victims(200, p.size / 8);
        for (const auto& v : chosen)
            t.inject(v.word, v.a);
        pass();
        CHECK(t.get(reg::SCRUB_PASSES) >= 1);
        CHECK(t.get(reg::COUNTER_SCRUBBED) == 200);
        // The second flip of each word finds the first one gone.
        for (const auto& v : chosen)
            t.inject(v.word, v.b);
        pass();
        CHECK(t.get(reg::COUNTER_SCRUBBED) == 400);
        CHECK(t.get(reg::COUNTER_UNCORRECTABLE) == 0);
        CHECK(t.stat("sram.faulty_words") == 0);
        // Without it both are there.
        t.set(reg::CONTROL, sram::control_ecc | sram::control_bus_error);
        for (const auto& v : chosen) {
            t.inject(v.word, v.a);
            t.inject(v.word, v.b);
        }
        const auto reads = t.stat("sram.scrub.reads");
        pass();
        CHECK(t.stat("sram.scrub.reads") == reads);
        std::vector<std::uint8_t> in(8);
        for (const auto& v : chosen)
            CHECK_FALSE(t.read(8 * v.word, in));
    });
    CHECK(t.stat("sram.ecc.uncorrectable") == 200);
    CHECK(t.stat("sram.ecc.silent") == 0);
}

TEST_CASE("a burst waits for the scrubber and is told so") {
    auto p = test_bench::parameters();
    p.scrub_interval = 100;
    test_bench t(p);
    t.run([&] {
        // Bank 0 is busy in cycles 100 and 101, so the scrubber, due in 100, reads row 0 in 102.
        CHECK(t.cpu.timed(rd, 0, nullptr, 64, 98) == 98 + 2 + 2 + 2);
        sc_core::wait(400, sc_core::SC_NS);
        sc_core::wait(sc_core::SC_ZERO_TIME);
        CHECK(t.stat("sram.scrub.reads") == 1);
        CHECK(t.cpu.timed(rd, 256, nullptr, 32) == 100 + 2 + 1 + 1 + 2);
    });
    CHECK(t.stat("sram.wait_cycles") == 1);
    CHECK(t.stat("interconnect.conflict.cpu.scrubber") == 1);
}

TEST_CASE("upsets come at their times and stuck rows are seen") {
    auto p = test_bench::parameters();
    p.soft_errors = "1 us@80:0, 2 us@88:1+2";
    p.stuck_rows = "3:0=0, 2:1=1";
    test_bench t(p);
    t.run([&] {
        std::vector<std::uint8_t> in(8), row(32);
        sc_core::wait(990, sc_core::SC_NS);
        CHECK(t.read(80, in));
        CHECK(t.get(reg::COUNTER_CORRECTED) == 0);
        sc_core::wait(20, sc_core::SC_NS);
        CHECK(t.read(80, in));
        CHECK(t.get(reg::COUNTER_CORRECTED) == 1);
        CHECK(t.get(reg::CORRECTED_ADDRESS) == 80);
        CHECK(t.get(reg::CORRECTED_CELL) == 0);
        CHECK(t.read(88, in));
        sc_core::wait(1, sc_core::SC_US);
        CHECK_FALSE(t.read(88, in));
        // Bank 3 row 0 begins at byte 192, bank 2 row 1 at 128 + 32.
        CHECK_FALSE(t.read(192, row));
        CHECK_FALSE(t.read(160, row));
        CHECK(t.read(128, row));
        CHECK(t.write(192, std::vector<std::uint8_t>(32, 0x5a)));
        CHECK_FALSE(t.read(192, row));
        t.set(reg::CONTROL, 0);
        CHECK(t.read(192, row));
        CHECK(row == std::vector<std::uint8_t>(32, 0));
        CHECK(t.read(160, row));
        CHECK(row == std::vector<std::uint8_t>(32, 0xff));
    });
    CHECK(t.stat("sram.upsets") == 2);
}

TEST_CASE("random upsets do not depend on what else happens") {
    auto p = test_bench::parameters();
    p.soft_error_rate = 1e19;
    test_bench t(p);
    t.run([&] {
        sc_core::wait(100, sc_core::SC_US);
        const auto first = t.stat("sram.upsets");
        for (int i = 0; i < 100; ++i)
            t.cpu.timed(rd, static_cast<std::uint64_t>(i) * 8, nullptr, 8);
        sc_core::wait(100, sc_core::SC_US);
        random_upsets again(1, 1e19, p.size / 8, 72);
        double expected = 0, early = 0;
        for (upset u = again.next(); u.at <= 200e-6; u = again.next()) {
            ++expected;
            early += u.at <= 100e-6;
        }
        CHECK(first == early);
        CHECK(t.stat("sram.upsets") == expected);
        CHECK(expected > 50);
    });
}

TEST_CASE("a bank in retention wakes, a bank that is off refuses and forgets") {
    test_bench t;
    t.run([&] {
        const std::uint8_t kept = t.ram->data()[64], other = t.ram->data()[0];
        t.set(reg::POWER_BANK, 1);
        t.set(reg::POWER_STATE, 1);
        CHECK(t.get(reg::POWER_STATE) == 1);
        // Four cycles of sram.wake_latency.
        std::vector<std::uint8_t> in(1);
        CHECK(t.cpu.timed(rd, 64, in.data(), 1, 1000) == 1000 + 2 + 4 + 1 + 2);
        CHECK(in[0] == kept);
        sc_core::wait(10, sc_core::SC_US);
        CHECK(t.get(reg::POWER_STATE) == 0);
        CHECK(t.get(reg::COUNTER_WAKES) == 1);
        t.set(reg::POWER_STATE, 2);
        CHECK_FALSE(t.read(64, in));
        CHECK_FALSE(t.write(64, {1}));
        CHECK(t.read(0, in));
        CHECK(in[0] == other);
        CHECK(t.get(reg::STATUS) == sram::status_bank_off);
        t.set(reg::POWER_STATE, 0);
        sc_core::wait(10, sc_core::SC_US);
        CHECK(t.read(64, in));
        CHECK(in[0] == 0);
        CHECK(t.write(64, {1, 2}));
        std::vector<std::uint8_t> more(3);
        CHECK(t.read(64, more));
        CHECK(more == std::vector<std::uint8_t>{1, 2, 0});
        // Bank and state that do not exist change nothing.
        t.set(reg::POWER_BANK, 4);
        t.set(reg::POWER_STATE, 2);
        CHECK(t.get(reg::POWER_STATE) == 0);
    });
    CHECK(t.stat("sram.power.refused") == 2);
    CHECK(t.stat("sram.wake_cycles") == 4);
}

TEST_CASE("XOR mapping visits every bank once in each round and spreads strides") {
    auto p = test_bench::parameters();
    p.mapping = bank_mapping::xor_fold;
    test_bench t(p);
    const std::uint64_t units = p.size / p.interleave;
    for (std::uint64_t u = 0; u < units; u += p.banks) {
        unsigned seen = 0;
        for (unsigned k = 0; k < p.banks; ++k)
            seen |= 1u << t.ram->bank_of((u + k) * p.interleave);
        REQUIRE(seen == 0xf);
    }
    // A stride of banks x interleave stays in bank 0 with linear mapping.
    std::set<unsigned> met;
    for (std::uint64_t u = 0; u < 4; ++u)
        met.insert(t.ram->bank_of(u * p.banks * p.interleave));
    CHECK(met.size() == 4);
    // Rows of a bank are where address_of says, each once.
    std::set<std::uint64_t> rows;
    for (unsigned b = 0; b < p.banks; ++b)
        for (std::uint64_t row = 0; row < p.size / p.banks / p.width; ++row) {
            const std::uint64_t a = t.ram->address_of(b, row);
            REQUIRE(t.ram->bank_of(a) == b);
            rows.insert(a);
        }
    CHECK(rows.size() == p.size / p.width);
}

namespace {

/// Wait cycles of two reads and two writes of 64 bytes each to one bank at once.
double waits_with(bank_ports ports) {
    auto p = test_bench::parameters();
    p.ports = ports;
    test_bench t(p);
    t.run([&] {
        for (int i = 0; i < 2; ++i) {
            t.cpu.timed(rd, 0, nullptr, 64);
            t.cpu.timed(wr, 256, nullptr, 64);
        }
    });
    return t.stat("sram.wait_cycles");
}

}  // namespace

TEST_CASE("one port serves two reads and two writes one after the other") {
    CHECK(waits_with(bank_ports::one) == 2 + 4 + 6);
}
TEST_CASE("a read and a write port serve each kind one after the other") {
    CHECK(waits_with(bank_ports::read_and_write) == 2 + 2);
}
TEST_CASE("two ports serve two bursts at a time") {
    CHECK(waits_with(bank_ports::two) == 0 + 0 + 2 + 2);
}

TEST_CASE("impossible memories are named before anything is simulated") {
    sram_parameters p;
    parameter_registry r;
    p.declare(r);
    diagnostics d;
    check(p, r, d);
    CHECK_FALSE(d.has_errors());
    p.interleave = 16;
    p.stuck_rows = "99:0=0";
    p.soft_errors = "now";
    p.size = (8u << 20) + 8;
    check(p, r, d);
    REQUIRE(d.errors().size() == 4);
    CHECK(d.errors()[0].message == "sram.interleave (16 B) is less than sram.width (32 B)");
    CHECK(d.errors()[2].message ==
          "sram.soft_errors: 'now' is not TIME@OFFSET:CELL, such as 2 ms@0x1000:5");
    CHECK(d.errors()[3].message.rfind("sram.stuck_rows: '99:0=0': banks are 0 .. 15", 0) == 0);
    diagnostics zero;
    r.assign("sram.banks", "0", {}, "test", zero);
    CHECK(zero.has_errors());
}
