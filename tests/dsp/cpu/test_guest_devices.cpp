// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <systemc>
#include <vector>

#include "core/payload.h"
#include "dsp/cpu/simulator_port.h"
#include "dsp/cpu/system_control.h"

using namespace ocellus;
using namespace ocellus::dsp;
using sc_core::sc_time;

namespace {

template <class device>
struct bench {
    struct host_module : sc_core::sc_module {
        tlm_utils::simple_initiator_socket<host_module> out{"out"};
        explicit host_module(sc_core::sc_module_name n) : sc_module(n) {}
    };
    device target{"target"};
    host_module host{"host"};

    bench() { host.out.bind(target.registers_in); }
    void write(unsigned index, std::uint32_t value) {
        sc_time delay;
        REQUIRE(burst(host.out, tlm::TLM_WRITE_COMMAND, target.registers().all()[index].offset,
                      &value, 4, delay) == tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t read(unsigned index) {
        sc_time delay;
        std::uint32_t value = 0;
        REQUIRE(burst(host.out, tlm::TLM_READ_COMMAND, target.registers().all()[index].offset,
                      &value, 4, delay) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    void pass(std::uint64_t ns) {
        sc_core::sc_start(sc_time(static_cast<double>(ns), sc_core::SC_NS));
    }
};

}  // namespace

TEST_CASE("simulator port: regions sum time and cycles by number, unpaired ends count nothing") {
    namespace reg = registers::simulator;
    bench<simulator_port> b;
    std::uint64_t cycles = 0;
    simulator_port::operations o;
    o.progress = [&] { return std::make_pair(cycles, cycles / 2); };
    b.target.serve(o);
    b.write(reg::REGION_END, 5);
    for (unsigned i = 0; i < 3; ++i) {
        b.write(reg::REGION_BEGIN, 7);
        b.pass(100);
        cycles += 40;
        b.write(reg::REGION_BEGIN, 2);  // regions may cross
        b.pass(10);
        cycles += 4;
        b.write(reg::REGION_END, 7);
        b.pass(1);
        b.write(reg::REGION_END, 2);
        b.write(reg::REGION_END, 2);
    }
    const auto& r = b.target.regions();
    REQUIRE(r.size() == 2);
    CHECK(r.at(7).count == 3);
    CHECK(r.at(7).time == sc_time(330, sc_core::SC_NS).value());
    CHECK(r.at(7).cycles == 132);
    CHECK(r.at(7).instructions == 66);
    CHECK(r.at(2).count == 3);
    CHECK(r.at(2).time == sc_time(33, sc_core::SC_NS).value());
    CHECK(r.at(2).cycles == 12);
    // A program that makes up numbers without end does not eat the host's memory.
    for (std::uint32_t n = 0; n < 10000; ++n)
        b.write(reg::REGION_BEGIN, 1000 + n);
    CHECK(b.target.regions().size() == 4096);
}

TEST_CASE("simulator port: operations get their numbers, and reading the low half latches time") {
    namespace reg = registers::simulator;
    bench<simulator_port> b;
    b.write(reg::EXIT, 1);  // nobody serves: nothing happens
    std::vector<std::uint32_t> seen;
    simulator_port::operations o;
    o.exit = [&](std::uint32_t v) { seen.push_back(v); };
    o.dump_statistics = [&](std::uint32_t v) { seen.push_back(v + 100); };
    o.reset_statistics = [&] { seen.push_back(200); };
    o.log = [&](std::uint32_t v) { seen.push_back(v + 300); };
    b.target.serve(o);
    b.write(reg::EXIT, 3);
    b.write(reg::DUMP_STATISTICS, 4);
    b.write(reg::RESET_STATISTICS, 1);
    b.write(reg::LOG, 5);
    CHECK(seen == std::vector<std::uint32_t>{3, 104, 200, 305});
    b.pass(4294967296u - 10);
    b.write(reg::MARKER, 9);
    CHECK(b.read(reg::TIME_LOW) == 0xfffffff6u);
    b.pass(20);
    CHECK(b.read(reg::TIME_HIGH) == 0);  // of when LOW was read
    CHECK(b.read(reg::TIME_LOW) == 10);
    CHECK(b.read(reg::TIME_HIGH) == 1);
    REQUIRE(b.target.marks().size() == 1);
    CHECK(b.target.marks()[0].number == 9);
    CHECK(b.target.marks()[0].at == sc_time(4294967286.0, sc_core::SC_NS));
}

TEST_CASE("system control: only the key resets, and what must survive a reset does") {
    namespace reg = registers::system;
    bench<system_control> b;
    unsigned resets = 0;
    b.target.on_reset([&] { ++resets; });
    fatal_trap fatal;
    b.target.on_fatal([&](const fatal_trap& t) { fatal = t; });
    b.target.set_boot_entry(0x10000080);
    b.target.set_boot_info(0x1003e000);
    CHECK(b.read(reg::CHIP_ID) == 0x500);
    CHECK(b.read(reg::BOOT_ENTRY) == 0x10000080);
    CHECK(b.read(reg::BOOT_REASON) == 0);
    b.write(reg::RESET, 1);
    CHECK(resets == 0);
    b.write(reg::RESET, system_control::key);
    CHECK(resets == 1);
    b.write(reg::FATAL_EPC, 0x1234);
    b.write(reg::FATAL_TVAL, 0x5678);
    b.write(reg::FATAL_CAUSE, 5);
    CHECK(fatal.cause == 5);
    CHECK(fatal.epc == 0x1234);
    CHECK(fatal.tval == 0x5678);
    for (unsigned k = 0; k < 4; ++k)
        b.write(reg::SCRATCH_0 + k, 70 + k);
    b.write(reg::BOOT_ENTRY, 4);
    b.target.reset(boot_reason::watchdog);
    CHECK(b.read(reg::BOOT_REASON) == 1);
    CHECK(b.read(reg::BOOT_ENTRY) == 0x10000080);
    CHECK(b.read(reg::BOOT_INFO) == 0x1003e000);
    for (unsigned k = 0; k < 4; ++k)
        CHECK(b.read(reg::SCRATCH_0 + k) == 70 + k);
}
