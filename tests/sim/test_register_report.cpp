// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Which registers were used, and what firmware did that the map does not allow.
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/register_directory.h"
#include "sim/register_report.h"

using namespace ocellus;
using namespace ocellus::sim;
using nlohmann::json;

namespace {

constexpr register_value speeds[] = {{"SLOW", 0, "Slow."}, {"FAST", 2, "Fast."}};
constexpr register_field mode_fields[] = {{"SPEED", 0, 2, "Speed.", speeds}};
constexpr register_info first_registers[] = {
    {"MODE", 0x00, access::read_write, 0, "Mode.", mode_fields, false},
    {"COUNT", 0x04, access::read_only, 0, "Count.", {}, false},
    {"BELL", 0x08, access::write_only, 0, "Bell.", {}, false}};
constexpr register_info second_registers[] = {
    {"DATA", 0x00, access::read_write, 0, "Data.", {}, false}};
constexpr register_map first_map = {"first", "A block.", 0x1000, first_registers};
constexpr register_map second_map = {"second", "Another.", 0x1000, second_registers};

struct bench {
    register_block first{first_map}, second{second_map};
    register_directory directory;
    std::unique_ptr<register_report> report;
    std::string culprit = "0x10000100 main";
    std::vector<std::string> noted;
    bench() {
        directory.add(0x40000000, first);
        directory.add(0x40001000, second);
        report = std::make_unique<register_report>(directory);
        report->watch([this] { return culprit; },
                      [this](const register_report::mistake& m) { noted.push_back(m.line()); });
    }
    static void write(register_block& b, std::uint64_t offset, unsigned char value) {
        unsigned char data[4] = {value, 0, 0, 0};
        b.transport(tlm::TLM_WRITE_COMMAND, offset, data, 4);
    }
    static void read(register_block& b, std::uint64_t offset, unsigned length = 4) {
        unsigned char data[8] = {};
        b.transport(tlm::TLM_READ_COMMAND, offset, data, length);
    }
};

}  // namespace

TEST_CASE("register report: what was read and written") {
    bench b;
    CHECK(b.report->text().rfind("registers: 0 read, 0 written, of 4\n", 0) == 0);
    for (int i = 0; i < 3; ++i)
        bench::read(b.first, 4);
    bench::write(b.first, 0, 2);
    bench::read(b.first, 0);
    bench::write(b.second, 0, 7);
    CHECK(b.report->mistakes().empty());
    CHECK(b.report->text().rfind("registers: 2 read, 2 written, of 4\n", 0) == 0);
    const auto j = json::parse(b.report->json());
    CHECK(j["schema"] == "ocellus-registers-1");
    CHECK(j["blocks"]["first"]["base"] == "0x40000000");
    const auto& r = j["blocks"]["first"]["registers"];
    CHECK(r["COUNT"] == json{{"reads", 3}, {"writes", 0}});
    CHECK(r["MODE"] == json{{"reads", 1}, {"writes", 1}});
    CHECK(r["BELL"] == json{{"reads", 0}, {"writes", 0}});
    CHECK(j["blocks"]["second"]["registers"]["DATA"] == json{{"reads", 0}, {"writes", 1}});
    CHECK(j["mistakes"].empty());
}

TEST_CASE("register report: mistakes are counted by register and kind, with who made the first") {
    bench b;
    bench::write(b.first, 4, 9);
    b.culprit = "0x10000200 other";
    bench::write(b.first, 4, 10);
    bench::read(b.first, 8);
    bench::read(b.first, 0x44);
    bench::read(b.first, 0, 2);
    bench::write(b.first, 0, 0x42);  // a reserved bit, then the rest of the value is fine
    bench::write(b.first, 0, 1);     // SPEED 1 is not listed
    b.report->unmapped(0x50000000, true);
    b.report->unmapped(0x50000000, true);

    const auto& m = b.report->mistakes();
    REQUIRE(m.size() == 7);
    const struct {
        const char* target;
        access_fault fault;
        bool write;
        std::uint64_t count;
    } expected[] = {{"first.COUNT", access_fault::read_only, true, 2},
                    {"first.BELL", access_fault::write_only, false, 1},
                    {"first+0x44", access_fault::unmapped, false, 1},
                    {"first.MODE", access_fault::bad_size, false, 1},
                    {"first.MODE", access_fault::reserved_bits, true, 1},
                    {"first.MODE", access_fault::reserved_value, true, 1},
                    {"0x50000000", access_fault::unmapped, true, 2}};
    for (std::size_t i = 0; i < m.size(); ++i) {
        INFO(m[i].line());
        CHECK(m[i].target == expected[i].target);
        CHECK(m[i].fault == expected[i].fault);
        CHECK(m[i].write == expected[i].write);
        CHECK(m[i].count == expected[i].count);
        CHECK(m[i].by == (i == 0 ? "0x10000100 main" : "0x10000200 other"));
    }
    CHECK(m[0].value == 9);  // the first one's
    CHECK(m[0].line() ==
          "write to first.COUNT: write to a read-only register (0x9) by 0x10000100 main, 2 times");
    CHECK(b.noted.size() == 7);  // told once each
    CHECK(b.noted[0] ==
          "write to first.COUNT: write to a read-only register (0x9) by 0x10000100 main");
    const auto j = json::parse(b.report->json());
    REQUIRE(j["mistakes"].size() == 7);
    CHECK(j["mistakes"][0]["target"] == "first.COUNT");
    CHECK(j["mistakes"][0]["count"] == 2);
    CHECK(j["mistakes"][0]["by"] == "0x10000100 main");
    CHECK(j["mistakes"][6]["access"] == "write");
    // What was ignored was ignored.
    CHECK(b.first.get(0) == 2);
}

TEST_CASE("register directory: names and addresses") {
    bench b;
    CHECK(b.directory.address("first", "BELL") == 0x40000008);
    CHECK_THROWS_AS(b.directory.address("first", "BULL"), std::logic_error);
    std::uint64_t address = 0;
    CHECK(b.directory.find("second.DATA", address));
    CHECK(address == 0x40001000);
    CHECK_FALSE(b.directory.find("second.DATE", address));
    CHECK_FALSE(b.directory.find("second", address));
    CHECK_FALSE(b.directory.find("", address));
    CHECK(b.directory.name_of(0x40000004) == "first.COUNT");
    CHECK(b.directory.name_of(0x40000044) == "first+0x44");
    CHECK(b.directory.name_of(0x40002000).empty());
    CHECK(b.directory.names() ==
          std::vector<std::string>{"first.MODE", "first.COUNT", "first.BELL", "second.DATA"});
}
