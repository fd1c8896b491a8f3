// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <systemc>

#include "core/payload.h"
#include "dsp/cpu/watchdog.h"

using namespace ocellus;
using namespace ocellus::dsp;
using sc_core::sc_time;

namespace {

struct host : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<host> out{"out"};
    explicit host(sc_core::sc_module_name n) : sc_module(n) {}
};

struct bench {
    worker_pool pool{0};
    statistics stats;
    block_context context{pool, stats};
    watchdog dog{"watchdog", 24e6, context};
    host bus{"host"};
    sc_core::sc_signal<bool> irq{"irq"};
    std::vector<sc_time> resets;

    bench() {
        dog.irq.bind(irq);
        bus.out.bind(dog.registers_in);
        dog.on_reset([this] { resets.push_back(sc_core::sc_time_stamp()); });
    }
    void write(unsigned index, std::uint32_t value) {
        sc_time delay;
        REQUIRE(burst(bus.out, tlm::TLM_WRITE_COMMAND, dog.registers().all()[index].offset, &value,
                      4, delay) == tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t read(unsigned index) {
        sc_time delay;
        std::uint32_t value = 0;
        REQUIRE(burst(bus.out, tlm::TLM_READ_COMMAND, dog.registers().all()[index].offset, &value,
                      4, delay) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    /// Runs up to and including an instant.
    void until(const sc_time& t) { sc_core::sc_start(t - sc_core::sc_time_stamp()); }
};

namespace reg = registers::watchdog;
const auto ps = [](std::uint64_t n) { return sc_time::from_value(n); };
/// The first picosecond of a tick at 24 MHz, as the CLINT has it: floor(n 10^12 / 24 10^6).
std::uint64_t tick(std::uint64_t n) {
    return n * 1000000 / 24;
}

}  // namespace

TEST_CASE("watchdog: expiries are on ticks of mtime, to the picosecond, and a kick starts over") {
    bench b;
    b.until(ps(100000));  // in tick 2
    b.write(reg::LOAD, 1000);
    b.write(reg::CONTROL, reg::CONTROL_ENABLE_bits | reg::CONTROL_RESET_ENABLE_bits);
    CHECK(b.read(reg::VALUE) == 1000);
    b.until(ps(tick(502) - 1));
    CHECK(b.read(reg::VALUE) == 501);
    b.until(ps(tick(502)));
    CHECK(b.read(reg::VALUE) == 500);
    b.write(reg::KICK, 0x1234);  // not the key
    CHECK(b.read(reg::VALUE) == 500);
    b.write(reg::KICK, watchdog::key);
    CHECK(b.read(reg::VALUE) == 1000);
    b.until(ps(tick(1502) - 1));
    CHECK(b.read(reg::STATUS) == 0);
    CHECK_FALSE(b.irq.read());
    b.until(ps(tick(1502) + 1));
    CHECK(b.read(reg::STATUS) == reg::STATUS_EXPIRED_bits);
    CHECK(b.irq.read());
    // Acknowledging is not kicking: the second expiry resets.
    b.write(reg::STATUS, reg::STATUS_EXPIRED_bits);
    b.until(ps(tick(1503)));
    CHECK_FALSE(b.irq.read());
    CHECK(b.resets.empty());
    sc_core::sc_start();
    REQUIRE(b.resets.size() == 1);
    CHECK(b.resets[0] == ps(tick(2502)));
    CHECK(b.stats.value("watchdog.expiries") == 2);
    CHECK(b.stats.value("watchdog.resets") == 1);
}

TEST_CASE(
    "watchdog: without RESET_ENABLE it stands still after the second expiry, even at LOAD 0") {
    bench b;
    b.until(ps(0) + sc_time(1, sc_core::SC_US));
    b.write(reg::LOAD, 0);
    b.write(reg::CONTROL, reg::CONTROL_ENABLE_bits);
    sc_core::sc_start();  // ends: no event is left
    CHECK(sc_core::sc_time_stamp() == ps(tick(24 + 2)));
    CHECK(b.resets.empty());
    CHECK(b.irq.read());
    CHECK(b.read(reg::VALUE) == 0);
    CHECK(b.stats.value("watchdog.expiries") == 2);
    b.write(reg::LOAD, 10);
    b.write(reg::KICK, watchdog::key);
    CHECK(b.read(reg::VALUE) == 10);
    sc_core::sc_start();
    CHECK(b.stats.value("watchdog.expiries") == 4);
}

TEST_CASE("watchdog: off means no event") {
    bench b;
    b.until(sc_time(1, sc_core::SC_US));
    b.write(reg::LOAD, 100);
    b.write(reg::CONTROL, reg::CONTROL_ENABLE_bits);
    b.write(reg::CONTROL, 0);
    b.write(reg::KICK, watchdog::key);
    const sc_time before = sc_core::sc_time_stamp();
    sc_core::sc_start();
    CHECK(sc_core::sc_time_stamp() == before);
    CHECK(b.stats.value("watchdog.expiries") == 0);
    b.write(reg::CONTROL, reg::CONTROL_ENABLE_bits);
    b.dog.reset();
    sc_core::sc_start();
    CHECK(b.stats.value("watchdog.expiries") == 0);
    CHECK(b.read(reg::CONTROL) == 0);
}
