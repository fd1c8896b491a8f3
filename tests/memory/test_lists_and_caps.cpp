// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Lists of DMA descriptors, and bandwidth caps.
#include <catch2/catch.hpp>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "tests/memory/driver.h"

using namespace ocellus;
using namespace ocellus::memory;
using sc_core::sc_time;

namespace {

constexpr std::uint32_t dma_base = 0x40004000, bus_base = 0x40012000, sram_base = 0x4000000;

struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    std::unique_ptr<dma> engine;
    driver a{"a"}, b{"b"};
    sc_core::sc_signal<bool> irq{"irq"};

    explicit test_bench(const std::string& shares = "",
                        memory_fidelity fidelity = memory_fidelity::loosely_timed) {
        sram_parameters p;
        p.clock = 250e6;
        p.fidelity = fidelity;
        interconnect_parameters ip;
        ip.clock = 250e6;
        ip.shares = shares;
        ram = std::make_unique<sram>("ram", p, ctx);
        bus = std::make_unique<interconnect>("bus", ip, ctx);
        engine = std::make_unique<dma>("dma", dma_parameters{}, ctx);
        engine->done_irq.bind(irq);
        bus->attach_initiator("a", a.memory_out);
        bus->attach_initiator("b", b.memory_out);
        bus->attach_initiator("dma", engine->memory_out);
        bus->attach_target("sram", sram_base, ram->size(), ram->memory_in, ram->protocol());
        bus->attach_target("dma", dma_base, 0x1000, engine->registers_in);
        bus->attach_target("interconnect", bus_base, 0x1000, bus->registers_in);
    }
    void put(std::uint32_t at, const std::vector<std::uint32_t>& words) {
        for (std::size_t k = 0; k < words.size(); ++k)
            for (unsigned b8 = 0; b8 < 4; ++b8)
                ram->data()[at - sram_base + 4 * k + b8] =
                    static_cast<std::uint8_t>(words[k] >> 8 * b8);
    }
    /// STATUS after the list that begins at `at`.
    std::uint32_t list(std::uint32_t at) {
        a.write_register(dma_base + 0x30, at);
        a.write_register(dma_base, dma::control_start_list);
        while (!irq.read())
            sc_core::wait(irq.posedge_event());
        const std::uint32_t status = a.read_register(dma_base + 4);
        a.write_register(dma_base + 4, 6);
        sc_core::wait(sc_time(100, sc_core::SC_NS));
        return status;
    }
};

/// Cycles that 200 bursts of 256 B take, each asked for when the one before is complete.
std::uint64_t stream(driver& d) {
    const std::uint64_t begin = sc_core::sc_time_stamp().value();
    sc_time delay;
    for (unsigned k = 0; k < 200; ++k)
        burst(d.memory_out, rd, sram_base + 256 * k, nullptr, 256, delay);
    sc_core::wait(delay);
    return (sc_core::sc_time_stamp().value() - begin) / 4000;
}

}  // namespace

TEST_CASE("a list of descriptors copies each with its strides, and counts") {
    test_bench t;
    std::uint8_t* const bytes = t.ram->data();
    for (unsigned i = 0; i < 8000; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
    const std::uint32_t first = sram_base + 0x10000, second = sram_base + 0x20020;
    t.put(first, {sram_base, sram_base + 0x40000, 100, 3, 300, 128, second, 0});
    t.put(second, {sram_base + 5000, sram_base + 0x50001, 1000, 1, 0, 0, 0, 0});
    bool done = false;
    t.a.body = [&] {
        CHECK(t.list(first) == dma::status_done);
        CHECK(t.a.read_register(dma_base + 0x2c) == 1300);
        CHECK(t.a.read_register(dma_base + 0x34) == 2);
        // The registers of a single copy are untouched and work as before.
        CHECK(t.a.read_register(dma_base + 0x10) == 0);
        done = true;
    };
    sc_core::sc_start();
    REQUIRE(done);
    for (unsigned y = 0; y < 3; ++y)
        for (unsigned x = 0; x < 100; ++x)
            REQUIRE(bytes[0x40000 + 128 * y + x] == bytes[300 * y + x]);
    CHECK(bytes[0x40000 + 100] == 0);
    for (unsigned x = 0; x < 1000; ++x)
        REQUIRE(bytes[0x50001 + x] == bytes[5000 + x]);
    CHECK(t.stats.value("dma.descriptors") == 2);
    CHECK(t.stats.value("dma.jobs") == 1);
}

TEST_CASE("wrong descriptors end a list with their address, a ring ends by STOP") {
    test_bench t;
    const std::uint32_t at = sram_base + 0x10000;
    unsigned checked = 0;
    t.a.body = [&] {
        const auto error = [&](std::uint32_t where, std::uint32_t expected, unsigned complete) {
            CHECK(t.list(where) == (dma::status_done | dma::status_error));
            CHECK(t.a.read_register(dma_base + 0x28) == expected);
            CHECK(t.a.read_register(dma_base + 0x34) == complete);
            ++checked;
        };
        error(at + 4, at + 4, 0);        // not a multiple of 32
        error(0x1000000, 0x1000000, 0);  // nothing is there
        t.put(at, {sram_base, sram_base + 0x40000, 64, 1, 0, 0, at + 32, 0});
        t.put(at + 32, {sram_base, sram_base + 0x40000, 64, 1, 0, 0, 0, 1});
        error(at, at + 32, 1);  // the last word
        t.put(at + 32, {0x1000000, sram_base, 64, 1, 0, 0, at, 0});
        error(at, 0x1000000, 1);  // the memory refuses the copy
        // A ring of two.
        t.put(at + 32, {sram_base, sram_base + 0x40000, 64, 1, 0, 0, at, 0});
        t.a.write_register(dma_base + 0x30, at);
        t.a.write_register(dma_base, dma::control_start_list);
        sc_core::wait(sc_time(20, sc_core::SC_US));
        CHECK_FALSE(t.irq.read());
        const auto before = t.a.read_register(dma_base + 0x34);
        CHECK(before > 10);
        t.a.write_register(dma_base, dma::control_stop);
        sc_core::wait(t.irq.posedge_event());
        CHECK(t.a.read_register(dma_base + 4) == dma::status_done);
        CHECK(t.a.read_register(dma_base + 0x34) <= before + 2);
        ++checked;
    };
    sc_core::sc_start();
    CHECK(checked == 5);
}

namespace {

void check_cap(memory_fidelity fidelity) {
    test_bench t("b: cap=512", fidelity);
    unsigned checked = 0;
    t.b.body = [&] {
        // 512 B in 1024 cycles: 512 cycles a burst of 256 B, and the last one's own 12.
        CHECK(stream(t.b) == 199 * 512 + 12);
        ++checked;
        // Firmware takes the cap away, and sets another.
        t.b.write_register(bus_base + 4, 1);
        CHECK(t.b.read_register(bus_base + 8) == 512);
        CHECK(t.b.read_register(bus_base) == 3);
        t.b.write_register(bus_base + 8, 0);
        CHECK(stream(t.b) == 200 * 12);
        t.b.write_register(bus_base + 4, 77);  // there is no such initiator
        CHECK(t.b.read_register(bus_base + 4) == 1);
        const auto held = t.b.read_register(bus_base + 0x18);
        CHECK(held > 199 * 500);
        t.b.write_register(bus_base + 8, 300);
        // 256 x 1024 / 300 = 873.8 cycles each, without drift.
        const auto took = stream(t.b);
        CHECK(took >= 199 * 873);
        CHECK(took <= 200 * 874);
        ++checked;
    };
    sc_core::sc_start();
    CHECK(checked == 2);
    CHECK(t.stats.value("interconnect.b.capped_cycles") > 199 * 500);
    CHECK(t.stats.value("interconnect.a.capped_cycles") == 0);
    CHECK(t.stats.value("sram.wait_cycles") == 0);
}

}  // namespace

TEST_CASE("a cap holds an initiator to its rate, loosely timed") {
    check_cap(memory_fidelity::loosely_timed);
}

TEST_CASE("a cap holds an initiator to its rate, approximately timed") {
    check_cap(memory_fidelity::approximately_timed);
}

TEST_CASE("a cap of zero bytes is none, and shares are read with it") {
    std::map<std::string, initiator_share> shares;
    std::string why;
    REQUIRE(parse_shares("npu_read: weight=2 cap=8192", shares, why));
    CHECK(shares["npu_read"].cap == 8192);
    CHECK_FALSE(parse_shares("npu_read: cap=fast", shares, why));
    CHECK(why.find("cap=N") != std::string::npos);
}
