// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "firmware_program.h"
#include "sim/firmware_profile.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;
using dsp::executed_run;
using dsp::transfer;
using nlohmann::json;

namespace {

/// main at 0x100, middle at 0x200, leaf at 0x300, handler at 0x400; a line each.
firmware_image image() {
    firmware_image i;
    i.segments.push_back({0, std::vector<unsigned char>(0x1000), 0x1000, true, false});
    i.symbols = {{0x100, 0x100, "main", true},
                 {0x200, 0x100, "middle", true},
                 {0x300, 0x100, "leaf", true},
                 {0x400, 0x100, "handler", true}};
    i.files = {"a.c"};
    i.lines = {{0x100, 0, 10}, {0x104, 0, 11}, {0x200, 0, 20}, {0x208, 0, 21},
               {0x300, 0, 30}, {0x400, 0, 40}, {0x500, 0, 0}};
    return i;
}

const firmware_profile::function_cost& of(const std::vector<firmware_profile::function_cost>& all,
                                          const std::string& name) {
    for (const auto& f : all)
        if (f.name == name)
            return f;
    FAIL("no function " << name);
    return all.front();
}

}  // namespace

TEST_CASE("profile: calls, returns, tail calls, recursion and handlers add up") {
    const auto i = image();
    firmware_profile p({&i});
    // main calls middle, which jumps to leaf (a tail call), which returns to main.
    p.executed({0x100, 0x104, 1, 2, 0x200, transfer::call});
    p.executed({0x200, 0x208, 2, 3, 0x300, transfer::jump});
    p.executed({0x300, 0x304, 1, 10, 0x104, transfer::ret});
    // An interrupt in main.
    p.trapped(0x8000000b, 0x104, 0x400, 4);
    p.executed({0x400, 0x408, 2, 6, 0x104, transfer::trap_return});
    // main calls leaf twice in recursion.
    p.executed({0x104, 0x108, 1, 2, 0x300, transfer::call});
    p.executed({0x300, 0x308, 2, 20, 0x300, transfer::call});
    p.executed({0x300, 0x304, 1, 10, 0x308, transfer::ret});
    p.executed({0x308, 0x30c, 1, 5, 0x108, transfer::ret});
    p.executed({0x108, 0x10c, 1, 1, 0x10c, transfer::none});
    const auto all = p.functions();
    CHECK(all.front().name == "leaf");  // most self cycles first
    CHECK(of(all, "main").self == 2 + 2 + 1);
    CHECK(of(all, "middle").self == 3);
    CHECK(of(all, "leaf").self == 10 + 20 + 10 + 5);
    CHECK(of(all, "handler").self == 4 + 6);
    CHECK(of(all, "middle").calls == 1);
    CHECK(of(all, "leaf").calls == 3);
    CHECK(of(all, "handler").calls == 1);
    CHECK(of(all, "leaf").instructions == 5);
    // Inclusive: the handler is nobody's callee, recursion counts once.
    CHECK(of(all, "main").inclusive == 5 + 3 + 45);
    CHECK(of(all, "leaf").inclusive == 45);
    CHECK(p.cycles() == 5 + 3 + 45 + 10);
    // The tail call stands in the place of middle; its caller of the first leaf is main.
    CHECK(p.folded() == "handler 10\nmain 5\nmain;leaf 35\nmain;leaf;leaf 10\nmain;middle 3\n");
    std::uint64_t folded = 0;
    std::istringstream lines(p.folded());
    for (std::string l; std::getline(lines, l);)
        folded += std::stoull(l.substr(l.rfind(' ')));
    CHECK(folded == p.cycles());
}

TEST_CASE("profile: a return past several frames unwinds them, one to nowhere does not") {
    const auto i = image();
    firmware_profile p({&i});
    p.executed({0x100, 0x104, 1, 1, 0x200, transfer::call});
    p.executed({0x200, 0x204, 1, 1, 0x300, transfer::call});
    p.executed({0x300, 0x304, 1, 1, 0x104, transfer::ret});  // longjmp to main
    p.executed({0x104, 0x108, 1, 7, 0x200, transfer::call});
    p.executed({0x200, 0x204, 1, 1, 0x900, transfer::ret});
    CHECK(of(p.functions(), "main").self == 8);
    CHECK(p.cycles() == 11);
}

TEST_CASE("profile: lines count as often as their instructions ran") {
    const auto i = image();
    firmware_profile p({&i});
    for (int k = 0; k < 3; ++k)
        p.executed({0x100, 0x108, 2, 2, 0x100, transfer::branch});
    p.executed({0x200, 0x204, 1, 1, 0x204, transfer::none});  // cut short before line 21
    const auto text = p.lcov();
    for (const char* line :
         {"SF:a.c", "DA:10,3", "DA:11,3", "DA:20,1", "DA:21,0", "DA:30,0", "FN:10,main",
          "FNDA:3,main", "FNDA:0,leaf", "LF:6", "LH:3", "FNF:4", "FNH:2", "end_of_record"})
        CHECK(contains(text, std::string(line) + "\n"));
}

TEST_CASE("profile: cycles of functions and of waiting are those of the CPU") {
    const std::string out = scratch_folder() + "/out";
    const auto r = ocellus_program({"run", std::string(source_folder) + "/configs/small.toml",
                                    "--frames", "2", "--profile", "--coverage", "--out", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto profile = json::parse(file_bytes(out + "/profile.json"));
    const auto stats = json::parse(file_bytes(out + "/stats.json")).at("statistics");
    std::uint64_t self = 0, instructions = 0;
    for (const auto& f : profile.at("functions")) {
        self += f.at("self_cycles").get<std::uint64_t>();
        instructions += f.at("instructions").get<std::uint64_t>();
    }
    CHECK(self + profile.at("idle_cycles").get<std::uint64_t>() ==
          stats.at("cpu.cycles").at("value").get<std::uint64_t>());
    CHECK(instructions == stats.at("cpu.instructions").at("value").get<std::uint64_t>());
    // The interrupt entry is called once an interrupt.
    for (const auto& f : profile.at("functions"))
        if (f.at("name") == "hal_trap_entry")
            CHECK(f.at("calls") == stats.at("cpu.interrupts").at("value"));
    const auto lcov = file_bytes(out + "/coverage.info");
    CHECK(contains(lcov, "SF:firmware/app/main.c"));
    CHECK_FALSE(contains(lcov, "SF:/"));
    if (run_program({"sh", "-c", "command -v lcov"}).exit_code == 0) {
        const auto summary = run_program({"lcov", "--summary", out + "/coverage.info"});
        INFO(summary.err);
        CHECK(summary.exit_code == 0);
    }
}
