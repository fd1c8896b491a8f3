// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/statistics.h"
#include "program.h"
#include "sim/conservation.h"
#include "tests/test_paths.h"

using namespace ocellus;
using nlohmann::json;

namespace {

std::vector<std::vector<std::string>> table_of(const std::string& csv) {
    std::vector<std::vector<std::string>> out;
    std::istringstream in(csv);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        out.emplace_back();
        std::istringstream words(line);
        for (std::string w; std::getline(words, w, ',');)
            out.back().push_back(w);
    }
    return out;
}

}  // namespace

TEST_CASE("a balance that does not hold is named with its counts") {
    statistics stats;
    std::uint64_t in = 10, out = 7, lost = 3;
    stats.add("in", in, "");
    stats.add("out", out, "");
    stats.add("lost", lost, "");
    const std::vector<sim::balance> books = {
        {"rows", {{"in"}}, {{"out"}, {"lost"}}},
        {"twice", {{"in", 2}}, {{"twenty", 1, 20}}},
    };
    CHECK(sim::violations(books, stats).empty());
    out = 8;
    const auto wrong = sim::violations(books, stats);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0] == "rows: in (10) is not out (8) + lost (3)");
    in = 11;
    CHECK(sim::violations(books, stats).size() == 1);
    CHECK(sim::violations(books, stats)[0] == "twice: 2 * in (11) is not twenty (20)");
}

TEST_CASE("cycles are told with their clock and in seconds") {
    statistics stats;
    std::uint64_t cycles = 500, other = 7, longest = 3;
    stats.add("npu.cycles", cycles, "With \"quotes\", and a comma.", "cycles");
    stats.add("foreign.cycles", other, "No clock.", "cycles");
    stats.add("npu.fifo_peak", longest, "Most.");
    stats.set_clock("npu.", 250e6);
    const auto j = json::parse(stats.json()).at("statistics");
    CHECK(j.at("npu.cycles").at("clock") == 250e6);
    CHECK(j.at("npu.cycles").at("seconds") == 2e-6);
    CHECK_FALSE(j.at("foreign.cycles").contains("clock"));
    CHECK(
        contains(stats.csv(),
                 "npu.cycles,500,cycles,2.5e+08,2e-06,\"With \"\"quotes\"\", and a comma.\"\r\n"));
    CHECK(contains(stats.csv(), "foreign.cycles,7,cycles,,,\"No clock.\"\r\n"));
    // Since a snapshot, a peak stays what it is.
    const auto since = stats.take_snapshot();
    cycles = 600;
    longest = 5;
    const auto part = json::parse(stats.json(since)).at("statistics");
    CHECK(part.at("npu.cycles").at("value") == 100);
    CHECK(part.at("npu.fifo_peak").at("value") == 5);
}

TEST_CASE("counts of the frames add up to those of the run") {
    const std::string folder = scratch_folder();
    const auto r =
        ocellus_program({"run", std::string(source_folder) + "/configs/small.toml", "--frames", "4",
                         "--timing-only", "--quiet", "--out", folder + "/out"});
    REQUIRE(r.exit_code == 0);
    const auto stats = json::parse(file_bytes(folder + "/out/stats.json")).at("statistics");
    const auto frames = table_of(file_bytes(folder + "/out/stats_frames.csv"));
    REQUIRE(frames.size() == 6);  // names, before, four frames
    CHECK(frames[1][0] == "before");
    CHECK(frames[5][0] == "3");
    for (std::size_t c = 2; c < frames[0].size(); ++c) {
        std::uint64_t sum = 0;
        for (std::size_t row = 1; row < frames.size(); ++row)
            sum += std::stoull(frames[row][c]);
        INFO(frames[0][c]);
        CHECK(sum == stats.at(frames[0][c]).at("value").get<std::uint64_t>());
    }
    const auto column = [&](const std::string& name) {
        for (std::size_t c = 0; c < frames[0].size(); ++c)
            if (frames[0][c] == name)
                return c;
        return std::size_t{0};
    };
    for (std::size_t row = 2; row < frames.size(); ++row)
        CHECK(frames[row][column("pixel_array.rows")] == "506");
    CHECK(frames[1][column("pixel_array.rows")] == "0");
    const auto j = json::parse(file_bytes(folder + "/out/stats_frames.json"));
    CHECK(j.at("schema") == "ocellus-frame-stats-1");
    CHECK(j.at("rows").size() == 5);
    CHECK(j.at("statistics").size() == frames[0].size() - 2);
    CHECK(j.at("rows")[2].at("values").size() == j.at("units").size());
    // The three forms tell the same.
    const auto csv = table_of(file_bytes(folder + "/out/stats.csv"));
    CHECK(csv.size() == stats.size() + 1);
    CHECK(contains(file_bytes(folder + "/out/stats.txt"), "npu.jobs"));
    // The schema that is shipped.
    const auto schema =
        json::parse(file_bytes(std::string(source_folder) + "/docs/schemas/stats-1.json"));
    const auto& entry = schema.at("properties").at("statistics").at("additionalProperties");
    for (const auto& [name, value] : stats.items()) {
        INFO(name);
        for (const auto& needed : entry.at("required"))
            CHECK(value.contains(needed.get<std::string>()));
        for (const auto& [key, ignored] : value.items())
            CHECK(entry.at("properties").contains(key));
        CHECK_FALSE(value.at("description").get<std::string>().empty());
        CHECK_FALSE(value.at("unit").get<std::string>().empty());
    }
}
