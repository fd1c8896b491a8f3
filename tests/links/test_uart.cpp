// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <systemc>

#include "core/payload.h"
#include "links/uart.h"

using namespace ocellus;
using namespace ocellus::links;
using sc_core::sc_time;

namespace {

namespace reg = registers::uart;

struct host : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<host> out{"out"};
    explicit host(sc_core::sc_module_name n) : sc_module(n) {}
};

struct bench {
    worker_pool pool{0};
    statistics stats;
    block_context context{pool, stats};
    egress_ledger ledger{stats};
    uart device{"uart", uart_parameters{}, context, ledger};
    host bus{"host"};
    sc_core::sc_signal<bool> irq{"irq"};
    std::string sent;
    std::vector<sc_time> times;

    bench() {
        device.irq.bind(irq);
        bus.out.bind(device.registers_in);
        device.on_sent([this](char c) {
            sent += c;
            times.push_back(sc_core::sc_time_stamp());
        });
        settle();
    }
    void write(unsigned index, std::uint32_t value) {
        sc_time delay;
        REQUIRE(burst(bus.out, tlm::TLM_WRITE_COMMAND, device.registers().all()[index].offset,
                      &value, 4, delay) == tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t read(unsigned index) {
        sc_time delay;
        std::uint32_t value = 0;
        REQUIRE(burst(bus.out, tlm::TLM_READ_COMMAND, device.registers().all()[index].offset,
                      &value, 4, delay) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    void settle() { sc_core::sc_start(sc_time(1, sc_core::SC_NS)); }
};

}  // namespace

TEST_CASE("uart: a byte takes ten bit times and counts when its last bit has left") {
    bench b;
    b.write(reg::BAUD, 1000000);
    const sc_time begin = sc_core::sc_time_stamp();
    for (const char c : std::string("abc"))
        b.write(reg::DATA, static_cast<unsigned char>(c));
    CHECK(b.read(reg::STATUS) == reg::STATUS_TX_READY_bits);
    sc_core::sc_start(sc_time(10, sc_core::SC_US) - sc_time(1, sc_core::SC_PS));
    CHECK(b.sent.empty());
    CHECK(b.ledger.bytes(egress_port::uart) == 0);
    sc_core::sc_start();
    CHECK(b.sent == "abc");
    REQUIRE(b.times.size() == 3);
    for (unsigned i = 0; i < 3; ++i)
        CHECK(b.times[i] - begin == sc_time(10.0 * (i + 1), sc_core::SC_US));
    CHECK(b.device.idle());
    CHECK((b.read(reg::STATUS) & reg::STATUS_TX_EMPTY_bits) != 0);
    CHECK(b.ledger.bytes(egress_port::uart) == 3);
    CHECK(b.ledger.bytes(egress_port::uart, egress_kind::metadata) == 3);
    CHECK(b.stats.value("uart.sent") == 3);
}

TEST_CASE("uart: the seventeenth byte is lost and counted") {
    bench b;
    for (unsigned i = 0; i < 17; ++i)
        b.write(reg::DATA, 'a' + i);
    CHECK((b.read(reg::STATUS) & reg::STATUS_TX_READY_bits) == 0);
    sc_core::sc_start();
    CHECK(b.sent == "abcdefghijklmnop");
    CHECK(b.stats.value("uart.lost") == 1);
    CHECK(b.read(reg::COUNTER_SENT) == 16);
    CHECK(b.read(reg::COUNTER_LOST) == 1);
}

TEST_CASE("uart: what is received waits in order, and a byte too many is flagged and lost") {
    bench b;
    b.write(reg::IRQ_ENABLE, reg::IRQ_ENABLE_RX_VALID_bits);
    b.settle();
    CHECK_FALSE(b.irq.read());
    CHECK(b.read(reg::DATA) == 0);
    for (unsigned i = 0; i < 17; ++i)
        b.device.receive(static_cast<char>(0xf0 + i));
    b.settle();
    CHECK(b.irq.read());
    CHECK((b.read(reg::STATUS) & reg::STATUS_RX_OVERRUN_bits) != 0);
    for (unsigned i = 0; i < 16; ++i)
        CHECK(b.read(reg::DATA) == ((0xf0 + i) & 0xff));
    CHECK((b.read(reg::STATUS) & (reg::STATUS_RX_VALID_bits | reg::STATUS_RX_OVERRUN_bits)) == 0);
    b.settle();
    CHECK_FALSE(b.irq.read());
    CHECK(b.stats.value("uart.overruns") == 1);
    CHECK(b.stats.value("uart.received") == 16);
}

TEST_CASE("uart: the transmit interrupt and rates out of range") {
    bench b;
    b.write(reg::IRQ_ENABLE, reg::IRQ_ENABLE_TX_EMPTY_bits);
    b.settle();
    CHECK(b.irq.read());
    b.write(reg::DATA, 'x');
    b.settle();
    CHECK_FALSE(b.irq.read());
    sc_core::sc_start();
    CHECK(b.irq.read());
    for (const std::uint32_t wrong : {0u, 299u, 10000001u, ~0u}) {
        b.write(reg::BAUD, wrong);
        CHECK(b.read(reg::BAUD) == 3000000);
    }
    b.write(reg::DATA, 'y');
    b.device.reset();
    sc_core::sc_start();
    CHECK(b.sent == "x");
}
