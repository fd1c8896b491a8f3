// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <stdexcept>

#include "core/registers.h"

using namespace ocellus;

namespace {

enum index : unsigned { CONTROL, STATUS, CYCLES, DOORBELL, VERSION, TOTAL_LOW, TOTAL_HIGH };
constexpr register_value modes[] = {{"OFF", 0, "Off."}, {"ON", 2, "On."}};
constexpr register_field control_fields[] = {{"START", 0, 1, "Start.", {}},
                                             {"MODE", 4, 2, "Mode.", modes}};
constexpr register_info table[] = {
    {"CONTROL", 0x00, access::read_write, 0x20, "Control.", control_fields, false},
    {"STATUS", 0x04, access::write_one_to_clear, 0, "Events.", {}, false},
    {"CYCLES", 0x08, access::read_only, 3, "Cycles.", {}, false},
    {"DOORBELL", 0x0C, access::write_only, 0, "Doorbell.", {}, false},
    {"VERSION", 0x14, access::read_only, 0x12345678, "Version.", {}, false},
    {"TOTAL_LOW", 0x18, access::read_only, 0, "Total, lower half.", {}, true},
    {"TOTAL_HIGH", 0x1C, access::read_only, 0, "Total, upper half.", {}, false},
};
constexpr register_map map_of_block = {"npu", "A block.", 0x1000, table};

struct bench {
    register_block r{map_of_block};
    std::vector<std::uint32_t> started, cleared;
    std::vector<access_event> events;
    std::uint32_t live = 7;
    std::uint64_t total = 0;
    bench() {
        r.on_write(CONTROL, [this](std::uint32_t v) { started.push_back(v); });
        r.on_write(STATUS, [this](std::uint32_t v) { cleared.push_back(v); });
        r.on_read(CYCLES, [this] { return live; });
        r.wide_counter(TOTAL_LOW, total);
        r.observe([this](const access_event& e) { events.push_back(e); });
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
};

}  // namespace

TEST_CASE("registers: each access mode") {
    bench b;
    std::uint32_t v = 0;
    CHECK(b.read(0x00, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 0x20);
    CHECK(b.write(0x00, 0x21) == tlm::TLM_OK_RESPONSE);
    CHECK(b.started == std::vector<std::uint32_t>{0x21});
    CHECK(b.read(0x00, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 0x21);

    b.r.set_bits(STATUS, 0x5);
    b.r.set_bits(STATUS, 0x2);
    CHECK(b.write(0x04, 0x6) == tlm::TLM_OK_RESPONSE);
    CHECK(b.cleared == std::vector<std::uint32_t>{0x6});
    CHECK(b.r.get(STATUS) == 0x1);

    CHECK(b.read(0x08, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 7);  // the callback's value, not the stored one
    CHECK(b.read(0x14, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 0x12345678);

    CHECK(b.write(0x0C, 99) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(DOORBELL) == 99);
    CHECK(b.r.reads() == 4);
    CHECK(b.r.writes() == 3);
    CHECK(b.r.reads(CONTROL) == 2);
    CHECK(b.r.writes(CONTROL) == 1);
    CHECK(b.r.reads(STATUS) == 0);
    CHECK(b.r.writes(STATUS) == 1);
    CHECK(b.r.refused() == 0);
    CHECK(b.events.empty());

    b.r.set(VERSION, 1);
    b.r.set_reset(CYCLES, 5);
    b.r.reset();
    CHECK(b.r.get(VERSION) == 0x12345678);
    CHECK(b.r.get(CONTROL) == 0x20);
    CHECK(b.r.get(DOORBELL) == 0);
    CHECK(b.r.get(CYCLES) == 5);
}

TEST_CASE("registers: refused accesses are counted and change nothing") {
    bench b;
    std::uint32_t v = 0;
    CHECK(b.write(0x08, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.write(0x14, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.get(VERSION) == 0x12345678);
    CHECK(b.read(0x0C, v) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(v == 0xEEEEEEEE);
    CHECK(b.read(0x10, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x20, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x100000000u, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x02, v) == tlm::TLM_BURST_ERROR_RESPONSE);
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 1) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 8) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.events.size() == 9);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, nullptr, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_IGNORE_COMMAND, 0, bytes, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.refused() == 11);
    CHECK(b.r.reads() == 0);
    CHECK(b.r.writes() == 0);
    CHECK(b.started.empty());
    CHECK(b.r.get(CONTROL) == 0x20);

    CHECK(b.events[0].fault == access_fault::read_only);
    CHECK(std::string(b.events[0].target->name) == "CYCLES");
    CHECK(b.events[0].write);
    CHECK(b.events[0].value == 1);
    CHECK(b.events[2].fault == access_fault::write_only);
    CHECK_FALSE(b.events[2].write);
    CHECK(b.events[3].fault == access_fault::unmapped);
    CHECK(b.events[3].target == nullptr);
    CHECK(b.events[3].offset == 0x10);
    CHECK(b.events[6].fault == access_fault::bad_size);
}

TEST_CASE("registers: reserved bits and values are told and ignored") {
    bench b;
    CHECK(b.write(0x00, 0xFFFFFFE1) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get(CONTROL) == 0x21);
    CHECK(b.started == std::vector<std::uint32_t>{0x21});
    REQUIRE(b.events.size() == 1);
    CHECK(b.events[0].fault == access_fault::reserved_bits);
    CHECK(b.events[0].value == 0xFFFFFFE1);
    CHECK(b.write(0x00, 0x30) == tlm::TLM_OK_RESPONSE);  // MODE = 3 is not listed
    CHECK(b.r.get(CONTROL) == 0x20);                     // so it keeps its 2, but START is taken
    CHECK(b.started == std::vector<std::uint32_t>{0x21, 0x20});
    REQUIRE(b.events.size() == 2);
    CHECK(b.events[1].fault == access_fault::reserved_value);
    CHECK(b.events[1].value == 0x30);
    CHECK(b.r.refused() == 0);
    CHECK(b.r.writes(CONTROL) == 2);
}

TEST_CASE("registers: a write leaves read-only fields alone") {
    static constexpr register_field fields[] = {{"BUSY", 0, 1, "Busy.", {}, true},
                                                {"DONE", 1, 1, "Done.", {}},
                                                {"LEVEL", 4, 4, "Level.", modes, true}};
    static constexpr register_info infos[] = {
        {"STATUS", 0, access::write_one_to_clear, 0, "", fields, false},
        {"MODE", 4, access::read_write, 0, "", fields, false},
        {"INFO", 8, access::read_only, 0, "", fields, false}};
    static constexpr register_map m = {"x", "", 16, infos};
    CHECK(infos[0].known_bits() == 0xF3);
    CHECK(infos[0].writable_bits() == 0x02);
    CHECK(infos[2].writable_bits() == 0);
    register_block r(m);
    unsigned events = 0;
    r.observe([&](const access_event&) { ++events; });
    const auto write = [&](std::uint64_t offset, unsigned char low) {
        unsigned char b[4] = {low, 0, 0, 0};
        return r.transport(tlm::TLM_WRITE_COMMAND, offset, b, 4);
    };
    r.set(0, 0x53);
    CHECK(write(0, 0xF3) == tlm::TLM_OK_RESPONSE);
    CHECK(r.get(0) == 0x51);
    r.set(1, 0x51);
    CHECK(write(4, 0x32) == tlm::TLM_OK_RESPONSE);
    CHECK(r.get(1) == 0x53);
    CHECK(events == 0);  // nor is it a mistake to write back what was read
}

TEST_CASE("registers: a wide counter is read as one number") {
    bench b;
    std::uint32_t low = 0, high = 0;
    b.total = 0xFFFFFFFFu;
    CHECK(b.read(0x18, low) == tlm::TLM_OK_RESPONSE);
    b.total += 1;  // between the two reads
    CHECK(b.read(0x1C, high) == tlm::TLM_OK_RESPONSE);
    CHECK(low == 0xFFFFFFFFu);
    CHECK(high == 0);
    CHECK(b.read(0x18, low) == tlm::TLM_OK_RESPONSE);
    CHECK(b.read(0x1C, high) == tlm::TLM_OK_RESPONSE);
    CHECK(low == 0);
    CHECK(high == 1);
}

TEST_CASE("registers: a debugger looks without touching") {
    bench b;
    b.total = 0x500000001u;
    CHECK(b.r.peek(CYCLES) == 7);
    CHECK(b.r.peek(TOTAL_LOW) == 1);
    CHECK(b.r.peek(TOTAL_HIGH) == 5);
    std::uint32_t high = 0;
    CHECK(b.read(0x1C, high) == tlm::TLM_OK_RESPONSE);
    CHECK(high == 0);  // the look held nothing
    unsigned char bytes[16] = {};
    tlm::tlm_generic_payload p;
    p.set_command(tlm::TLM_READ_COMMAND);
    p.set_address(0x06);
    p.set_data_ptr(bytes);
    p.set_data_length(16);
    b.r.set(STATUS, 0xAABBCCDD);
    CHECK(b.r.transport_debug(p) == 10);  // up to the hole at 0x10
    CHECK(bytes[0] == 0xBB);
    CHECK(bytes[1] == 0xAA);
    CHECK(bytes[2] == 7);
    CHECK(b.r.reads() == 1);  // that of high
    CHECK(b.events.empty());
    const unsigned char word[4] = {0x21, 0, 0, 0};
    std::copy(word, word + 4, bytes);
    p.set_command(tlm::TLM_WRITE_COMMAND);
    p.set_address(0);
    p.set_data_length(4);
    CHECK(b.r.transport_debug(p) == 4);
    CHECK(b.started == std::vector<std::uint32_t>{0x21});
    // Neither counted nor told, whatever is written where.
    bytes[3] = 0x80;
    CHECK(b.r.transport_debug(p) == 4);
    CHECK(b.r.get(CONTROL) == 0x21);
    for (const std::uint64_t refused : {0x08, 0x10, 0x01}) {
        p.set_address(refused);
        CHECK(b.r.transport_debug(p) == 0);
    }
    CHECK(b.r.writes() == 0);
    CHECK(b.r.refused() == 0);
    CHECK(b.events.empty());
}

TEST_CASE("registers: an impossible table is found at once") {
    static constexpr register_info twice[] = {
        {"A", 0, access::read_write, 0, "", {}, false},
        {"B", 0, access::read_write, 0, "", {}, false},
    };
    static constexpr register_info crooked[] = {{"A", 6, access::read_write, 0, "", {}, false}};
    static constexpr register_map first = {"x", "", 16, twice}, second = {"y", "", 16, crooked};
    CHECK_THROWS_AS(register_block(first), std::logic_error);
    CHECK_THROWS_AS(register_block(second), std::logic_error);
}
