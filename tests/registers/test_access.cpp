// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Every register of every block: reset value, access mode and the closed map, from the tables, so
// that none is forgotten.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <functional>
#include <set>

#include "core/payload.h"
#include "dsp/cpu/clint.h"
#include "dsp/cpu/interrupt_controller.h"
#include "dsp/cpu/simulator_port.h"
#include "dsp/cpu/system_control.h"
#include "dsp/cpu/watchdog.h"
#include "dsp/npu/npu.h"
#include "isp/isp.h"
#include "links/csi2_transmitter.h"
#include "links/uart.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "models/column_adc.h"
#include "models/pixel_array.h"
#include "registers/all.h"
#include "tests/registers/counters.h"

using namespace ocellus;

namespace {

/// Everything that a block may be connected to, and the bus that reaches its registers.
struct surroundings : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<surroundings> bus{"bus"};
    tlm_utils::simple_initiator_socket_optional<surroundings> source{"source"};
    tlm_utils::simple_target_socket_optional<surroundings> memory{"memory"}, weights{"weights"},
        results{"results"}, sink{"sink"};
    sc_core::sc_signal<bool> line{"line"}, other_line{"other_line"};
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, true};
    explicit surroundings(sc_core::sc_module_name n) : sc_module(n) {
        memory.register_b_transport(this, &surroundings::serve);
        sink.register_b_transport(this, &surroundings::serve);
    }
    void serve(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// One access as it goes over a bus.
using bus_access = std::function<tlm::tlm_response_status(tlm::tlm_command, std::uint64_t offset,
                                                          unsigned char* data, unsigned length)>;

struct tester {
    const register_map& map;
    register_block& block;
    bus_access access_bus;
    std::vector<access_event> events;

    tester(register_block& b, bus_access a) : map(b.map()), block(b), access_bus(std::move(a)) {
        block.observe([this](const access_event& e) { events.push_back(e); });
    }
    tlm::tlm_response_status write(std::uint64_t offset, std::uint32_t v) {
        unsigned char b[4];
        for (unsigned i = 0; i < 4; ++i)
            b[i] = static_cast<unsigned char>(v >> (8 * i));
        return access_bus(tlm::TLM_WRITE_COMMAND, offset, b, 4);
    }
    tlm::tlm_response_status read(std::uint64_t offset, std::uint32_t& v) {
        unsigned char b[4] = {};
        const auto status = access_bus(tlm::TLM_READ_COMMAND, offset, b, 4);
        v = b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
        return status;
    }
    void expect_event(access_fault fault, const register_info* r, bool is_write) {
        REQUIRE(events.size() == 1);
        CHECK(events[0].fault == fault);
        CHECK(events[0].target == r);
        CHECK(events[0].write == is_write);
        CHECK(events[0].block == &block);
        events.clear();
    }

    /// A value that a register takes as it is: some bits of every field, named where values are.
    static std::uint32_t legal(const register_info& r, std::uint32_t pattern) {
        std::uint32_t v = pattern & r.known_bits();
        for (const auto& f : r.fields)
            if (!f.values.empty())
                v = (v & ~f.mask()) | f.values[f.values.size() - 1].value << f.low;
        return v;
    }

    /// `acts`: registers in which a write does something that a read does not give back.
    void check(const std::set<std::string>& acts) {
        std::uint32_t v = 0;
        // Reset values.
        for (const auto& r : map.registers) {
            INFO(map.name << "." << r.name);
            if (r.mode == access::write_only)
                continue;
            CHECK(read(r.offset, v) == tlm::TLM_OK_RESPONSE);
            CHECK((v & r.reset_mask) == (r.reset & r.reset_mask));
            const int i = block.find(r.offset);
            REQUIRE(i >= 0);
            CHECK(block.peek(static_cast<unsigned>(i)) == v);
        }
        // Access modes, and the words, halves and bytes that are none.
        for (unsigned i = 0; i < map.registers.size(); ++i) {
            const register_info& r = map.registers[i];
            INFO(map.name << "." << r.name);
            const std::uint64_t reads = block.reads(i), writes = block.writes(i);
            unsigned char bytes[8] = {};
            for (const auto& [offset, length] :
                 {std::pair<unsigned, unsigned>{0, 1}, {0, 2}, {2, 2}, {1, 4}, {0, 8}}) {
                CHECK(access_bus(tlm::TLM_READ_COMMAND, r.offset + offset, bytes, length) ==
                      tlm::TLM_BURST_ERROR_RESPONSE);
                expect_event(access_fault::bad_size, &r, false);
            }
            if (r.mode == access::read_only) {
                CHECK(write(r.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
                expect_event(access_fault::read_only, &r, true);
            }
            if (r.mode == access::write_only) {
                CHECK(read(r.offset, v) == tlm::TLM_COMMAND_ERROR_RESPONSE);
                expect_event(access_fault::write_only, &r, false);
            }
            CHECK(block.reads(i) == reads);
            CHECK(block.writes(i) == writes);
        }
        // Writes.
        for (unsigned i = 0; i < map.registers.size(); ++i) {
            const register_info& r = map.registers[i];
            INFO(map.name << "." << r.name);
            if (r.mode == access::read_only || acts.count(r.name))
                continue;
            const std::uint64_t writes = block.writes(i);
            const std::uint32_t value = legal(r, 0xa5c396f0u);
            CHECK(write(r.offset, value) == tlm::TLM_OK_RESPONSE);
            CHECK(block.writes(i) == writes + 1);
            CHECK(events.empty());
            if (r.mode == access::read_write) {
                CHECK(read(r.offset, v) == tlm::TLM_OK_RESPONSE);
                CHECK((v & r.writable_bits()) == (value & r.writable_bits()));
            }
            // A bit outside the fields is ignored.
            if (~r.known_bits()) {
                CHECK(write(r.offset, value | ~r.known_bits()) == tlm::TLM_OK_RESPONSE);
                expect_event(access_fault::reserved_bits, &r, true);
                if (r.mode == access::read_write) {
                    CHECK(read(r.offset, v) == tlm::TLM_OK_RESPONSE);
                    CHECK((v & ~r.known_bits()) == 0);
                }
            }
            // So is a value without a name.
            for (const auto& f : r.fields) {
                std::set<std::uint32_t> known;
                for (const auto& n : f.values)
                    known.insert(n.value);
                for (std::uint32_t n = 0; !known.empty() && n >> f.width == 0; ++n) {
                    if (known.count(n) || f.read_only)
                        continue;
                    CHECK(write(r.offset, (value & ~f.mask()) | n << f.low) ==
                          tlm::TLM_OK_RESPONSE);
                    expect_event(access_fault::reserved_value, &r, true);
                    CHECK(read(r.offset, v) == tlm::TLM_OK_RESPONSE);
                    CHECK((v & f.mask()) == (value & f.mask()));
                    break;
                }
            }
        }
        // Everything else is unmapped.
        std::set<std::uint32_t> taken;
        for (const auto& r : map.registers)
            taken.insert(r.offset);
        for (std::uint32_t offset = 0; offset < map.size + 8; offset += 4) {
            if (taken.count(offset))
                continue;
            const bool is_write = offset % 8 != 0;
            if ((is_write ? write(offset, 0) : read(offset, v)) !=
                    tlm::TLM_ADDRESS_ERROR_RESPONSE ||
                events.size() != 1 || events[0].fault != access_fault::unmapped ||
                events[0].offset != offset || events[0].write != is_write)
                FAIL(map.name << ": offset " << offset << " is not refused as unmapped");
            events.clear();
        }
    }
};

/// Over the socket of a model.
template <class Block>
void check_model(surroundings& s, Block& model, const std::set<std::string>& acts) {
    s.bus.bind(model.registers_in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    tester t(model.registers(),
             [&](tlm::tlm_command command, std::uint64_t offset, unsigned char* data, unsigned n) {
                 sc_core::sc_time delay;
                 return burst(s.bus, command, offset, data, n, delay);
             });
    t.check(acts);
}

}  // namespace

TEST_CASE("registers of every block: reset, access and the closed map") {
    for (const auto& b : registers::all_blocks) {
        register_block block(*b.map);
        tester t(block,
                 [&](tlm::tlm_command command, std::uint64_t offset, unsigned char* data,
                     unsigned length) { return block.transport(command, offset, data, length); });
        t.check({});
    }
}

TEST_CASE("registers of the pixel array") {
    surroundings s("s");
    models::pixel_array model("model", {}, nullptr, s.ctx);
    model.rows_out.bind(s.sink);
    model.frame_irq.bind(s.line);
    check_model(s, model, {"CONTROL"});
}

TEST_CASE("registers of the column ADC") {
    surroundings s("s");
    models::column_adc model("model", {}, s.ctx);
    model.rows_out.bind(s.sink);
    s.source.bind(model.rows_in);
    check_model(s, model, {});
}

TEST_CASE("registers of the ISP") {
    surroundings s("s");
    isp::isp model("model", {}, s.ctx);
    model.rows_out.bind(s.sink);
    model.memory_out.bind(s.memory);
    model.tensor_irq.bind(s.line);
    s.source.bind(model.rows_in);
    check_model(s, model, {});
}

TEST_CASE("registers of the NPU") {
    surroundings s("s");
    const dsp::npu_parameters p;
    dsp::npu model("model", p, s.ctx);
    model.read_out.bind(s.memory);
    model.weight_out.bind(s.weights);
    model.write_out.bind(s.results);
    model.done_irq.bind(s.line);
    check_model(s, model, {});
}

TEST_CASE("registers of the DMA engine") {
    surroundings s("s");
    memory::dma model("model", {}, s.ctx);
    model.memory_out.bind(s.memory);
    model.done_irq.bind(s.line);
    check_model(s, model, {"CONTROL"});
}

TEST_CASE("registers of the CSI-2 transmitter") {
    surroundings s("s");
    links::egress_ledger ledger(s.stats);
    links::csi2_transmitter model("model", {}, s.ctx, ledger);
    model.memory_out.bind(s.memory);
    model.packets_out.bind(s.sink);
    model.sent_irq.bind(s.line);
    s.source.bind(model.rows_in);
    check_model(s, model, {"LANES"});
}

TEST_CASE("registers of the SRAM") {
    surroundings s("s");
    memory::sram model("model", {}, s.ctx);
    s.source.bind(model.memory_in);
    check_model(s, model, {});
    // Traffic of the kinds that each counter counts.
    std::vector<unsigned char> data(4096);
    for (unsigned i = 0; i < 5; ++i) {
        sc_core::sc_time delay;
        burst(s.source, tlm::TLM_WRITE_COMMAND, 64 * i, data.data(), 100 + i, delay);
        delay = sc_core::SC_ZERO_TIME;
        burst(s.source, tlm::TLM_READ_COMMAND, 64 * i, data.data(), 1000, delay);
        burst(s.source, tlm::TLM_READ_COMMAND, std::uint64_t{1} << 40, data.data(), 4, delay);
    }
    CHECK(s.stats.value("sram.bytes_read") == 5000);
    CHECK(s.stats.value("sram.wait_cycles") > 0);
    CHECK(s.stats.value("sram.refused") == 5);
    check_counters(model.registers(), s.stats, "sram", {}, 7);
}

TEST_CASE("registers of the interconnect") {
    surroundings s("s");
    memory::interconnect model("model", {}, s.ctx);
    model.attach_initiator("a", s.source);
    model.attach_target("memory", 0, 0x1000, s.memory);
    check_model(s, model, {"SELECT"});
}

TEST_CASE("registers of the core-local interruptor") {
    surroundings s("s");
    dsp::clint model("model", {}, s.ctx);
    model.software_irq.bind(s.line);
    model.timer_irq.bind(s.other_line);
    check_model(s, model, {});
}

TEST_CASE("registers of the interrupt controller") {
    surroundings s("s");
    dsp::interrupt_controller model("model", 8, s.ctx);
    for (auto& source : model.sources_in)
        source.bind(s.other_line);
    model.external_irq.bind(s.line);
    check_model(s, model, {"CLAIM"});
}

TEST_CASE("registers of the serial port") {
    surroundings s("s");
    links::egress_ledger ledger(s.stats);
    links::uart model("model", {}, s.ctx, ledger);
    model.irq.bind(s.line);
    check_model(s, model, {"DATA", "BAUD"});
}

TEST_CASE("registers of the watchdog") {
    surroundings s("s");
    dsp::watchdog model("model", 24e6, s.ctx);
    model.irq.bind(s.line);
    check_model(s, model, {"KICK"});
}

TEST_CASE("registers of the system control") {
    surroundings s("s");
    dsp::system_control model("model");
    check_model(s, model, {"RESET", "FATAL_CAUSE"});
}

TEST_CASE("registers of the simulator port") {
    surroundings s("s");
    dsp::simulator_port model("model");
    check_model(s, model, {});
}
