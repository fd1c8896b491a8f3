// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <numeric>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/diagnostics.h"
#include "core/payload.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "tests/memory/driver.h"

using namespace ocellus;
using namespace ocellus::memory;
using sc_core::sc_time;

namespace {

constexpr std::uint64_t sram_base = 0x4000000;
constexpr std::uint64_t dma_base = 0x10000000;

sram_parameters sram_250() {
    sram_parameters p;
    p.clock = 250e6;
    p.interleave = 64;
    return p;
}

/// Two drivers and a DMA engine on one interconnect with one SRAM, at 250 MHz.
struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    std::unique_ptr<dma> engine;
    driver a{"a"}, b{"b"};
    sc_core::sc_signal<bool> irq{"irq"};

    explicit test_bench(bool timing_only = false) {
        ctx.timing_only = timing_only;
        interconnect_parameters ip;
        ip.clock = 250e6;
        ram = std::make_unique<sram>("ram", sram_250(), ctx);
        bus = std::make_unique<interconnect>("bus", ip, ctx);
        engine = std::make_unique<dma>("engine", dma_parameters{}, ctx);
        bus->attach_initiator("a", a.memory_out);
        bus->attach_initiator("b", b.memory_out);
        bus->attach_initiator("dma", engine->memory_out);
        bus->attach_target("sram", sram_base, ram->size(), ram->memory_in, ram->protocol());
        bus->attach_target("dma", dma_base, 0x1000, engine->registers_in);
        engine->done_irq(irq);
    }
    void run() { sc_core::sc_start(); }
};

}  // namespace

TEST_CASE("an unloaded burst takes latency plus one cycle per access") {
    test_bench t;
    t.a.body = [&] {
        // 2 cycles of interconnect, n accesses of 32 bytes, 2 (read) or 1 (write) of the SRAM.
        CHECK(t.a.timed(rd, sram_base, nullptr, 256, 1000) == 1000 + 2 + 8 + 2);
        CHECK(t.a.timed(wr, sram_base, nullptr, 4096, 2000) == 2000 + 2 + 128 + 1);
        CHECK(t.a.timed(rd, sram_base + 31, nullptr, 2, 3000) == 3000 + 2 + 2 + 2);
        CHECK(t.a.timed(rd, sram_base + 5, nullptr, 1, 4000) == 4000 + 2 + 1 + 2);
        // A gap before them all is still free.
        CHECK(t.a.timed(rd, sram_base, nullptr, 256, 10) == 10 + 2 + 8 + 2);
    };
    t.run();
    CHECK(t.ram->wait_cycles() == 0);
    CHECK(t.ram->busy_cycles() == 8 + 128 + 2 + 1 + 8);
    CHECK(t.ram->bytes_read() == 256 + 2 + 1 + 256);
    CHECK(t.stats.value("interconnect.a.latency_max") == Approx(131 * 4e-9));
    CHECK(t.stats.value("interconnect.a.requests") == 5);
}

TEST_CASE("two initiators on one bank share it, on different banks they do not meet") {
    test_bench t;
    std::uint64_t end_a = 0, end_b = 0, end_other = 0;
    t.a.body = [&] {
        end_a = t.a.timed(rd, sram_base, nullptr, 64);
        end_other = t.a.timed(rd, sram_base + 64, nullptr, 64);
    };
    t.b.body = [&] { end_b = t.b.timed(rd, sram_base + 16 * 64, nullptr, 64); };
    t.run();
    CHECK(end_a == 2 + 2 + 2);
    CHECK(end_b == 2 + 2 + 2 + 2);
    CHECK(end_other == 2 + 2 + 2);
    CHECK(t.bus->waited(1, 0) == 2);
    CHECK(t.bus->waited(0, 1) == 0);
    CHECK(t.ram->wait_cycles() == 2);
    CHECK(t.stats.value("interconnect.conflict.b.a") == 2);
    CHECK(t.stats.value("interconnect.b.wait_cycles") == 2);
    CHECK(t.stats.value("sram.bank.0.wait_cycles") == 2);
}

TEST_CASE("the conflict matrix sums to all stalls and the ports reach peak bandwidth") {
    test_bench t;
    std::uint64_t end_a = 0, end_b = 0;
    auto stream = [](driver& d, std::uint64_t& end) {
        sc_time delay;
        for (unsigned i = 0; i < 200; ++i)
            burst(d.memory_out, rd, sram_base + 256 * i, nullptr, 256, delay);
        end = delay.value() / 4000;
    };
    t.a.body = [&] { stream(t.a, end_a); };
    t.b.body = [&] { stream(t.b, end_b); };
    t.run();
    // Dependent bursts, a alone: 8 accesses and 4 cycles of latency each.
    CHECK(end_a == 200 * (8 + 4));
    CHECK(end_b > end_a);
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < 3; ++i)
        sum += t.bus->wait_cycles(i);
    CHECK(sum == t.ram->wait_cycles());
    CHECK(sum > 0);
    std::uint64_t banks = 0;
    for (unsigned i = 0; i < 16; ++i)
        banks += static_cast<std::uint64_t>(
            t.stats.value("sram.bank." + std::to_string(i) + ".busy_cycles"));
    CHECK(banks == t.ram->busy_cycles());
    CHECK(banks == 2 * 200 * 8);
}

TEST_CASE("bytes come back by burst, debug access and DMI") {
    test_bench t;
    t.a.body = [&] {
        std::vector<std::uint8_t> out(1000), in(1000);
        std::iota(out.begin(), out.end(), std::uint8_t{3});
        t.a.timed(wr, sram_base + 77, out.data(), 1000);
        t.b.timed(rd, sram_base + 77, in.data(), 1000);
        CHECK(in == out);
        std::vector<std::uint8_t> dbg(1000);
        tlm::tlm_generic_payload p;
        p.set_command(rd);
        p.set_address(sram_base + 77);
        p.set_data_ptr(dbg.data());
        p.set_data_length(1000);
        CHECK(t.a.memory_out->transport_dbg(p) == 1000);
        CHECK(dbg == out);
        tlm::tlm_dmi dmi;
        REQUIRE(t.a.memory_out->get_direct_mem_ptr(p, dmi));
        CHECK(dmi.get_start_address() == sram_base);
        CHECK(dmi.get_end_address() == sram_base + (8u << 20) - 1);
        CHECK(dmi.get_dmi_ptr()[77] == out[0]);
        CHECK(t.ram->data()[77] == out[0]);
    };
    t.run();
}

TEST_CASE("wrong addresses and bursts are refused and change nothing") {
    test_bench t;
    t.a.body = [&] {
        std::vector<std::uint8_t> x(5000, 0xAA);
        sc_time delay(5, sc_core::SC_NS);
        CHECK(burst(t.a.memory_out, rd, 0x1234, x.data(), 4, delay) ==
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(burst(t.a.memory_out, wr, sram_base + (8u << 20) - 2, x.data(), 4, delay) ==
              tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(burst(t.a.memory_out, wr, sram_base, x.data(), 4097, delay) ==
              tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(burst(t.a.memory_out, wr, sram_base, x.data(), 0, delay) ==
              tlm::TLM_BURST_ERROR_RESPONSE);
        std::uint32_t word = 0;
        CHECK(burst(t.a.memory_out, rd, dma_base + 0x800, &word, 4, delay) ==
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(burst(t.a.memory_out, rd, dma_base + 0xC, nullptr, 4, delay) ==
              tlm::TLM_COMMAND_ERROR_RESPONSE);
    };
    t.run();
    CHECK(t.ram->data()[(8u << 20) - 1] == 0);
    CHECK(t.stats.value("interconnect.unmapped") == 1);
    CHECK(t.stats.value("interconnect.crossing") == 1);
    CHECK(t.stats.value("interconnect.a.errors") == 6);
    CHECK(t.stats.value("sram.refused") == 2);
}

TEST_CASE("overlapping regions and impossible banks are mistakes of the configuration") {
    worker_pool pool(0);
    statistics stats;
    block_context ctx{pool, stats};
    interconnect bus("bus", interconnect_parameters{}, ctx);
    bus.map("sram", 0x4000000, 8u << 20);
    bus.map("isp", 0x4800000, 0x1000);
    CHECK_THROWS_AS(bus.map("npu", 0x4800fff, 0x1000), input_error);
    CHECK_THROWS_AS(bus.map("npu", 0x3fff001, 0x1000), input_error);
    CHECK_THROWS_AS(bus.map("npu", 0, 0), input_error);
    CHECK_THROWS_WITH(bus.map("npu", 0x5000002, 0x1000), Catch::Contains("not aligned"));
    CHECK_THROWS_WITH(bus.map("npu", 0x5000000, 0x1001), Catch::Contains("npu at 0x5000000"));
    CHECK(bus.memory_map().size() == 2);
    CHECK(bus.memory_map()[1].last() == 0x4800fff);
    sram_parameters p;
    p.banks = 0;
    CHECK_THROWS_WITH(sram("ram", p, ctx), Catch::Contains("sram.banks is 0"));
    p = {};
    p.interleave = 16;
    CHECK_THROWS_AS(sram("ram", p, ctx), input_error);
}

namespace {

/// Runs one DMA job and returns the cycle in which it was complete.
std::uint64_t run_dma(test_bench& t, std::uint32_t source, std::uint32_t destination,
                      std::uint32_t length, std::uint32_t rows, std::uint32_t source_stride,
                      std::uint32_t destination_stride) {
    std::uint64_t cycle = 0;
    t.a.body = [&, source, destination, length, rows, source_stride, destination_stride] {
        auto& d = t.a;
        d.write_register(dma_base + 0x10, source);
        d.write_register(dma_base + 0x14, destination);
        d.write_register(dma_base + 0x18, length);
        d.write_register(dma_base + 0x1C, rows);
        d.write_register(dma_base + 0x20, source_stride);
        d.write_register(dma_base + 0x24, destination_stride);
        d.write_register(dma_base, dma::control_start);
        CHECK((d.read_register(dma_base + 4) & dma::status_busy) == dma::status_busy);
        d.write_register(dma_base + 0x0C, dma::status_done);
        d.write_register(dma_base, dma::control_start);
        CHECK((d.read_register(dma_base + 4) & dma::status_error) == dma::status_error);
        d.write_register(dma_base + 4, dma::status_error | dma::status_busy);
        CHECK(d.read_register(dma_base) == 0);
        CHECK(d.read_register(dma_base + 4) == dma::status_busy);
        sc_core::wait(t.irq.posedge_event());
        cycle = sc_core::sc_time_stamp().value() / 4000;
        CHECK(d.read_register(dma_base + 4) == dma::status_done);
        d.write_register(dma_base + 4, dma::status_done);
        sc_core::wait(t.irq.negedge_event());
        CHECK(d.read_register(dma_base + 4) == 0);
        CHECK(d.read_register(dma_base + 0x2C) == length * rows);
    };
    t.run();
    return cycle;
}

}  // namespace

TEST_CASE("the DMA engine copies rows with strides and raises its interrupt") {
    test_bench t;
    std::uint8_t* bytes = t.ram->data();
    for (unsigned i = 0; i < 20000; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
    const std::uint64_t cycle = run_dma(t, sram_base + 3, sram_base + 100000, 1000, 5, 1500, 1200);
    for (unsigned y = 0; y < 5; ++y)
        for (unsigned x = 0; x < 1000; ++x)
            REQUIRE(bytes[100000 + y * 1200 + x] == bytes[3 + y * 1500 + x]);
    CHECK(bytes[100000 + 1000] == 0);
    CHECK(cycle > 5 * 1000 / 32);
    CHECK(t.stats.value("dma.bytes") == 5000);
    CHECK(t.stats.value("dma.rejected") == 1);
}

namespace {

void check_dma_time(bool timing_only) {
    test_bench t(timing_only);
    // n bursts of 256 B (8 accesses), source and destination in different banks, so no conflict:
    // a read takes 2 + 8 + 2 cycles and the next one begins at its end; the last write follows with
    // 2 + 8 + 1. The write of START reaches the engine 2 cycles after it was made. 64-byte
    // interleave: bursts occupy banks 0-3, 4-7, ...; the destination is shifted by 8 banks.
    const std::uint64_t cycle = run_dma(t, sram_base, sram_base + 65536 + 512, 4096, 1, 0, 0);
    CHECK(cycle == 2 + 16 * 12 + 11);
    CHECK(t.ram->wait_cycles() == 0);
}

}  // namespace

TEST_CASE("DMA time has a closed form") {
    check_dma_time(false);
}

TEST_CASE("DMA time is the same without data") {
    check_dma_time(true);
}

TEST_CASE("the DMA engine stops at an address nobody answers") {
    test_bench t;
    t.a.body = [&] {
        t.a.write_register(dma_base + 0x10, sram_base);
        t.a.write_register(dma_base + 0x14, sram_base + (8u << 20) - 512);
        t.a.write_register(dma_base + 0x18, 1024);
        t.a.write_register(dma_base, dma::control_start);
        sc_core::wait(t.irq.posedge_event());
        CHECK(t.a.read_register(dma_base + 4) == (dma::status_done | dma::status_error));
        CHECK(t.a.read_register(dma_base + 0x28) == sram_base + (8u << 20));
        CHECK(t.a.read_register(dma_base + 0x2C) == 512);
    };
    t.run();
    CHECK(t.stats.value("dma.errors") == 1);
}

TEST_CASE("a payload that is destroyed on its way leaves the initiator's extension alone") {
    memory::initiator_extension extension;
    {
        tlm::tlm_generic_payload on_its_way;
        on_its_way.set_extension(&extension);
    }
    CHECK(extension.id == memory::initiator_extension::unattributed);
}
