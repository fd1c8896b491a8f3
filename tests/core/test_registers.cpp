// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <stdexcept>

#include "core/registers.h"

using namespace ocellus;

namespace {

struct bench {
    register_block r{"npu"};
    std::vector<std::uint32_t> started, cleared;
    std::uint32_t live = 7;
    bench() {
        r.add({"CONTROL", 0x00, access::read_write, 0x10, "Control.", {{"START", 0, 1, "Start."}}},
              [this](std::uint32_t v) { started.push_back(v); });
        r.add({"STATUS", 0x04, access::write_one_to_clear, 0, "Events.", {}},
              [this](std::uint32_t v) { cleared.push_back(v); });
        r.add({"CYCLES", 0x08, access::read_only, 3, "Cycles.", {}}, {}, [this] { return live; });
        r.add({"DOORBELL", 0x0C, access::write_only, 0, "Doorbell.", {}});
        r.add({"VERSION", 0x10, access::read_only, 0x12345678, "Version.", {}});
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
    CHECK(v == 0x10);
    CHECK(b.write(0x00, 0xA1B2C3D4) == tlm::TLM_OK_RESPONSE);
    CHECK(b.started == std::vector<std::uint32_t>{0xA1B2C3D4});
    CHECK(b.read(0x00, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 0xA1B2C3D4);

    b.r.set_bits("STATUS", 0x5);
    b.r.set_bits("STATUS", 0x2);
    CHECK(b.write(0x04, 0x6) == tlm::TLM_OK_RESPONSE);
    CHECK(b.cleared == std::vector<std::uint32_t>{0x6});
    CHECK(b.r.get("STATUS") == 0x1);

    CHECK(b.read(0x08, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 7);  // the callback's value, not the stored one
    CHECK(b.read(0x10, v) == tlm::TLM_OK_RESPONSE);
    CHECK(v == 0x12345678);

    CHECK(b.write(0x0C, 99) == tlm::TLM_OK_RESPONSE);
    CHECK(b.r.get("DOORBELL") == 99);
    CHECK(b.r.reads() == 4);
    CHECK(b.r.writes() == 3);
    CHECK(b.r.refused() == 0);

    b.r.set("VERSION", 1);
    b.r.reset();
    CHECK(b.r.get("VERSION") == 0x12345678);
    CHECK(b.r.get("CONTROL") == 0x10);
    CHECK(b.r.get("DOORBELL") == 0);
}

TEST_CASE("registers: refused accesses are counted and change nothing") {
    bench b;
    std::uint32_t v = 0;
    CHECK(b.write(0x08, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.write(0x10, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.get("VERSION") == 0x12345678);
    CHECK(b.read(0x0C, v) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(v == 0xEEEEEEEE);
    CHECK(b.read(0x14, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x100000000u, v) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.read(0x02, v) == tlm::TLM_BURST_ERROR_RESPONSE);
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 1) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, bytes, 8) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_WRITE_COMMAND, 0, nullptr, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.transport(tlm::TLM_IGNORE_COMMAND, 0, bytes, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.r.refused() == 10);
    CHECK(b.r.reads() == 0);
    CHECK(b.r.writes() == 0);
    CHECK(b.started.empty());
    CHECK(b.r.get("CONTROL") == 0x10);
}

TEST_CASE("registers: mistakes of a declaration are found at once") {
    register_block r("block");
    r.add({"A", 0, access::read_write, 0, "", {}});
    CHECK_THROWS_AS(r.add({"B", 0, access::read_write, 0, "", {}}), std::logic_error);
    CHECK_THROWS_AS(r.add({"A", 4, access::read_write, 0, "", {}}), std::logic_error);
    CHECK_THROWS_AS(r.add({"C", 6, access::read_write, 0, "", {}}), std::logic_error);
    CHECK_THROWS_AS(r.add({"D", 8, access::read_write, 0, "", {{"F", 30, 4, ""}}}),
                    std::logic_error);
    CHECK_THROWS_AS(r.add({"E", 8, access::read_write, 0, "", {{"F", 0, 4, ""}, {"G", 3, 1, ""}}}),
                    std::logic_error);
    CHECK_THROWS_AS(r.get("missing"), std::logic_error);
    CHECK(r.all().size() == 1);
}
