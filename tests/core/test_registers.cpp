// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <stdexcept>

#include "core/registers.h"

using namespace ocellus;

namespace {

enum index : unsigned {
    CONTROL,
    STATUS,
    CYCLES,
    DOORBELL,
    VERSION,
    MODE,
    TAKE,
    COUNT_LOW,
    COUNT_HIGH
};

constexpr register_field control_fields[] = {{"START", 0, 1, access::read_write, "Start."},
                                             {"GO", 4, 2, access::read_write, "Go."}};
constexpr register_field status_fields[] = {{"BUSY", 0, 1, access::read_only, "Busy."},
                                            {"DONE", 1, 1, access::write_one_to_clear, "Done."},
                                            {"ERROR", 2, 1, access::write_one_to_clear, "Error."}};
constexpr enumerated_value speeds[] = {{"SLOW", 0, "Slow."}, {"FAST", 2, "Fast."}};
constexpr register_field mode_fields[] = {{"SPEED", 4, 2, access::read_write, "Speed.", speeds},
                                          {"LEVEL", 8, 8, access::read_write, "Level."}};
constexpr register_info infos[] = {
    {"CONTROL", 0x00, access::read_write, 0x10, ~0u, false, 0x31, 0x31, "C.", control_fields},
    {"STATUS", 0x04, access::write_one_to_clear, 0, ~0u, false, 0x7, 0x6, "S.", status_fields},
    {"CYCLES", 0x08, access::read_only, 3, ~0u, false, ~0u, 0, "Cycles."},
    {"DOORBELL", 0x0C, access::write_only, 0, ~0u, false, ~0u, ~0u, "Doorbell."},
    {"VERSION", 0x10, access::read_only, 0x12345678, ~0u, false, ~0u, 0, "Version."},
    {"MODE", 0x20, access::read_write, 0, ~0u, false, 0xff30, 0xff30, "Mode.", mode_fields},
    {"TAKE", 0x24, access::read_only, 0x55, ~0u, true, ~0u, 0, "Reading acts."},
    {"COUNT_LOW", 0x28, access::read_only, 0, ~0u, false, ~0u, 0, "Counter."},
    {"COUNT_HIGH", 0x2C, access::read_only, 0, ~0u, false, ~0u, 0, "Counter."},
};
constexpr register_map map{"npu", "A block.", 0x40, infos};

struct seen {
    std::string reg;
    std::uint32_t offset, value;
    access_kind why;
    bool write;
    bool operator==(const seen& o) const {
        return reg == o.reg && offset == o.offset && value == o.value && why == o.why &&
               write == o.write;
    }
};

struct bench {
    register_block r{map};
    std::vector<std::uint32_t> started, cleared;
    std::vector<seen> events;
    std::uint32_t live = 7, taken = 0;
    std::uint64_t count = 0x123456789abcull;
    bench() {
        r.on_write(CONTROL, [this](std::uint32_t v) { started.push_back(v); });
        r.on_write(STATUS, [this](std::uint32_t v) { cleared.push_back(v); });
        r.on_read(CYCLES, [this] { return live; });
        r.on_read(TAKE, [this] { return ++taken; });
        r.show_counter(COUNT_LOW, count);
        r.set_observer([this](const access_event& e) {
            CHECK(e.block == &r);
            events.push_back(
                {e.reg ? std::string(e.reg->name) : "", e.offset, e.value, e.why, e.write});
        });
    }
    tlm::tlm_response_status write(std::uint64_t offset, std::uint32_t v) {
        unsigned char b[4];
        for (unsigned i = 0; i < 4; ++i)
            b[i] = static_cast<unsigned char>(v >> (8 * i));
        return r.transport(tlm::TLM_WRITE_COMMAND, offset, b, 4);
    }
    tlm::tlm_response_status read(std::uint64_t offset, std::uint32_t& v) {
        unsigned char b[4] = {0xEE, 0xEE, 0xEE, 0xEE};
        const auto status = r.transport(tlm::TLM_READ_COMMAND, offset, b, 4);
        v = 0;
        for (unsigned i = 0; i < 4; ++i)
            v |= std::uint32_t{b[i]} << (8 * i);
        return status;
    }
    std::uint32_t value(std::uint64_t offset) {
        std::uint32_t v = 0;
        CHECK(read(offset, v) == tlm::TLM_OK_RESPONSE);
        return v;
    }
};

}  // namespace

TEST_CASE("registers: each access mode") {
    bench b;
    CHECK(b.value(0x00) == 0x10);
    CHECK(b.write(0x00, 0x21) == tlm::TLM_OK_RESPONSE);
    CHECK(b.started == std::vector<std::uint32_t>{0x21});
    CHECK(b.value(0x00) == 0x21);

    b.r.set_bits(STATUS, 0x5);
    b.r.set_bits(STATUS, 0x2);
    CHECK(b.write(0x04, 0x5) == tlm::TLM_OK_RESPONSE);  // BUSY is read only: it stays
    CHECK(b.cleared == std::vector<std::uint32_t>{0x5});
    CHECK(b.r.get(STATUS) == 0x3);
    b.r.clear_bits(STATUS, 0x1);
    CHECK(b.value(0x04) == 0x2);

    CHECK(b.value(0x08) == 7);  // the callback's value, not the stored one
    CHECK(b.value(0x10) == 0x12345678);
    CHECK(b.value(0x28) == 0x56789abc);
    CHECK(b.value(0x2C) == 0x1234);

    CHECK(b.write(0x0C, 99) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(DOORBELL) == 99);
    CHECK(b.r.refused() == 0);
    CHECK(b.events.empty());

    b.r.set(VERSION, 1);
    b.r.reset();
    CHECK(b.r.get(VERSION) == 0x12345678);
    CHECK(b.r.get(CONTROL) == 0x10);
    CHECK(b.r.get(DOORBELL) == 0);
    b.r.set_reset(VERSION, 5);
    CHECK(b.value(0x10) == 5);
    b.r.set(VERSION, 1);
    b.r.reset();
    CHECK(b.value(0x10) == 5);
}

TEST_CASE("registers: every access is counted for its register") {
    bench b;
    std::uint32_t v = 0;
    for (int i = 0; i < 3; ++i)
        b.value(0x08);
    b.write(0x00, 1);
    b.write(0x00, 1);
    b.value(0x00);
    b.write(0x08, 1);  // refused
    b.read(0x0C, v);   // refused
    for (unsigned i = 0; i < map.registers.size(); ++i) {
        CHECK(b.r.reads(i) == (i == CYCLES ? 3u : i == CONTROL ? 1u : 0u));
        CHECK(b.r.writes(i) == (i == CONTROL ? 2u : 0u));
    }
}

TEST_CASE("registers: refused accesses are counted, told and change nothing") {
    bench b;
    std::uint32_t v = 0;
    CHECK(b.write(0x08, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.write(0x10, 2) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.get(VERSION) == 0x12345678);
    CHECK(b.read(0x0C, v) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(v == 0xEEEEEEEE);
    CHECK(b.read(0x14, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.write(0x40, 3) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x100000000u, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x02, v) == tlm::TLM_BURST_ERROR_RESPONSE);
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 1) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 8) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, nullptr, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_IGNORE_COMMAND, 0, bytes, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.refused() == 11);
    CHECK(b.started.empty());
    CHECK(b.r.get(CONTROL) == 0x10);
    CHECK(b.events == std::vector<seen>{{"CYCLES", 0x08, 1, access_kind::read_only, true},
                                        {"VERSION", 0x10, 2, access_kind::read_only, true},
                                        {"DOORBELL", 0x0C, 0, access_kind::write_only, false},
                                        {"", 0x14, 0, access_kind::unmapped, false},
                                        {"", 0x40, 3, access_kind::unmapped, true},
                                        {"", 0, 0, access_kind::unmapped, false},
                                        {"CONTROL", 0x02, 0, access_kind::bad_size, false},
                                        {"CONTROL", 0, 0, access_kind::bad_size, true},
                                        {"CONTROL", 0, 0x04030201, access_kind::bad_size, true}});
}

TEST_CASE("registers: reserved bits and values are told and ignored") {
    bench b;
    CHECK(b.write(0x00, 0xA1B2C3F5) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(CONTROL) == 0x31);
    CHECK(b.started == std::vector<std::uint32_t>{0x31});
    CHECK(b.write(0x20, 0x1220) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(MODE) == 0x1220);
    CHECK(b.write(0x20, 0x3412) == tlm::TLM_OK_RESPONSE);  // SPEED 1 has no name
    CHECK(b.r.get(MODE) == 0x3420);
    CHECK(b.write(0x20, 0x5600) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(MODE) == 0x5600);
    b.write(0x0C, 0xffffffff);  // no fields: any value is fine
    CHECK(b.events ==
          std::vector<seen>{{"CONTROL", 0, 0xA1B2C3C4, access_kind::reserved_bits, true},
                            {"MODE", 0x20, 0x2, access_kind::reserved_bits, true},
                            {"MODE", 0x20, 0x10, access_kind::reserved_value, true}});
    CHECK(b.r.refused() == 0);
}

TEST_CASE("registers: a debugger looks without being seen") {
    bench b;
    std::uint32_t v = 0;
    CHECK(b.r.peek(0x08, v));
    CHECK(v == 7);
    CHECK(b.r.peek(0x24, v));
    CHECK(v == 0x55);  // stored, because reading acts
    CHECK(b.taken == 0);
    CHECK(!b.r.peek(0x0C, v));
    CHECK(!b.r.peek(0x14, v));
    CHECK(!b.r.peek(0x100000000u, v));

    unsigned char data[16] = {};
    tlm::tlm_generic_payload p;
    const auto look = [&](tlm::tlm_command command, std::uint64_t offset, unsigned length) {
        p.set_command(command);
        p.set_address(offset);
        p.set_data_ptr(data);
        p.set_data_length(length);
        p.set_streaming_width(length);
        return b.r.debug_transport(p);
    };
    CHECK(look(tlm::TLM_READ_COMMAND, 0x06, 16) == 6);  // up to the write-only register
    CHECK(data[2] == 7);
    CHECK(look(tlm::TLM_READ_COMMAND, 0x11, 2) == 2);
    CHECK(data[0] == 0x56);
    CHECK(data[1] == 0x34);
    CHECK(look(tlm::TLM_READ_COMMAND, 0x14, 4) == 0);
    data[0] = 0x01;
    data[1] = data[2] = data[3] = 0;
    CHECK(look(tlm::TLM_WRITE_COMMAND, 0x00, 4) == 4);
    CHECK(b.r.get(CONTROL) == 1);
    CHECK(b.started == std::vector<std::uint32_t>{1});
    CHECK(look(tlm::TLM_WRITE_COMMAND, 0x08, 4) == 0);
    CHECK(look(tlm::TLM_WRITE_COMMAND, 0x01, 4) == 0);
    CHECK(b.events.empty());
    CHECK(b.r.refused() == 0);
    for (unsigned i = 0; i < map.registers.size(); ++i)
        CHECK(b.r.reads(i) + b.r.writes(i) == 0);
}

TEST_CASE("registers: mistakes of a table are found at once") {
    static constexpr register_info twice[] = {
        {"A", 0, access::read_write, 0, ~0u, false, ~0u, ~0u, ""},
        {"B", 0, access::read_write, 0, ~0u, false, ~0u, ~0u, ""}};
    static constexpr register_info odd[] = {
        {"A", 2, access::read_write, 0, ~0u, false, ~0u, ~0u, ""}};
    static constexpr register_info far[] = {
        {"A", 16, access::read_write, 0, ~0u, false, ~0u, ~0u, ""}};
    static constexpr register_map bad[] = {
        {"bad", "", 16, twice}, {"bad", "", 16, odd}, {"bad", "", 16, far}};
    for (const auto& m : bad)
        CHECK_THROWS_AS(register_block(m), std::logic_error);
    CHECK_THROWS_AS(register_block(map).index_of("missing"), std::logic_error);
    CHECK(register_block(map).index_of("MODE") == MODE);
}
