// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sim/energy_report.h"
#include "tests/sim/program.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;

TEST_CASE("energy of causes sums to blocks, frames and the whole, to the last attojoule") {
    std::uint64_t ones = 0, twos = 0;
    event_hub hub;
    energy_report report({{"a", "ones", {1'000'000'007, 0.5}, [&] { return ones; }},
                          {"a", "twos", {999'999'999'999, 0.1}, [&] { return twos; }},
                          {"b", "twos again", {3, 1}, [&] { return twos; }}},
                         hub);
    ones = 5;
    hub.publish(event_kind::frame_started, 0);
    ones = 1'234'567;
    twos = 89;
    hub.publish(event_kind::frame_started, 1);
    twos = 1000;
    report.finish();
    REQUIRE(report.rows() == 3);
    counted_energy all;
    for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t t = 0; t < 3; ++t)
            all += report.energy(r, t);
    const auto total = report.total();
    CHECK(all.nanojoules() == total.nanojoules());
    CHECK(all.attojoules() == total.attojoules());
    const unsigned __int128 exact = static_cast<unsigned __int128>(1'234'567) * 1'000'000'007 +
                                    static_cast<unsigned __int128>(1000) * 999'999'999'999 + 3000;
    CHECK(total.nanojoules() == static_cast<std::uint64_t>(exact / 1'000'000'000));
    CHECK(total.attojoules() == static_cast<std::uint64_t>(exact % 1'000'000'000));
    counted_energy blocks = report.total("a");
    blocks += report.total("b");
    CHECK(blocks.nanojoules() == total.nanojoules());
    CHECK(blocks.attojoules() == total.attojoules());
    // Squares of independent errors add.
    const double one = 1'234'567 * 1'000'000'007e-18 * 0.5, two = 1000 * 999'999'999'999e-18 * 0.1;
    CHECK(report.total("a").error() == Approx(std::sqrt(one * one + two * two)));
    // A counter that a reset has set back counts from 0.
    ones = 7;
    report.finish();
    CHECK(report.energy(3, 0).attojoules() + 1'000'000'000 * report.energy(3, 0).nanojoules() ==
          7 * 1'000'000'007ull);
}

namespace {

struct energy_run {
    nlohmann::json statistics;
    std::map<std::string, double> blocks;         ///< J, from the table by frame and cause
    std::map<std::string, std::uint64_t> events;  ///< by block.cause
    double value(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
};

energy_run run(const std::vector<std::string>& more) {
    const std::string folder = scratch_folder() + "/out";
    std::vector<std::string> arguments = {
        "run",           std::string(source_folder) + "/configs/small.toml",
        "--timing-only", "--quiet",
        "--out",         folder};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    energy_run e;
    e.statistics = nlohmann::json::parse(file_bytes(folder + "/stats.json")).at("statistics");
    std::istringstream in(file_bytes(folder + "/stats_energy.csv"));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::istringstream cells(line);
        std::vector<std::string> c;
        for (std::string cell; std::getline(cells, cell, ',');)
            c.push_back(cell);
        REQUIRE(c.size() >= 9);
        const std::size_t n = c.size();
        e.blocks[c[3]] += std::stod(c[n - 3]) * 1e-9 + std::stod(c[n - 2]) * 1e-18;
        e.events[c[3] + "." + c[4]] += std::stoull(c[n - 4]);
    }
    return e;
}

}  // namespace

TEST_CASE("the energy of a run is that of its counters, block by block and frame by frame") {
    const auto e = run({"--frames", "3"});
    double sum = 0;
    for (const auto& [block, joules] : e.blocks) {
        CHECK(joules == Approx(e.value("energy." + block)).epsilon(1e-12));
        sum += joules;
    }
    CHECK(e.blocks.size() == 13);
    CHECK(sum == Approx(e.value("energy.total")).epsilon(1e-12));
    CHECK(e.value("energy.total_error") > 0);
    CHECK(e.events.at("pixels.\"read\"") == 3u * 676 * 506);
    CHECK(static_cast<double>(e.events.at("npu.\"multiply-accumulates\"")) == e.value("npu.macs"));
    CHECK(static_cast<double>(e.events.at("sram.\"bytes read\"")) == e.value("sram.bytes_read"));
    // Closed forms: power times time, energy times events.
    const double seconds = e.value("run.simulated_time");
    CHECK(e.blocks.at("static") >= 40e-3 * seconds * (1 - 1e-6));
    CHECK(e.blocks.at("leakage") == Approx((2e-3 + 8 * 0.5e-3) * seconds).epsilon(1e-4));
    CHECK(e.blocks.at("cpu") == Approx(10e-12 * e.value("cpu.instructions")));
    CHECK(e.blocks.at("csi2") == Approx(16e-12 * e.value("csi2.wire_bytes")));
    // What reads out is what the readout says.
    CHECK(e.blocks.at("pixels") + e.blocks.at("adc") + e.blocks.at("die_link") ==
          Approx(e.value("energy.readout")));
}

TEST_CASE("banks in retention leak less, a constant moves its block and no other") {
    const auto base = run({}), sleep = run({"--set", "sram.retention_after=1000"});
    CHECK(sleep.events.at("leakage.\"SRAM banks in retention\"") > 0);
    CHECK(sleep.blocks.at("leakage") < base.blocks.at("leakage"));
    const auto dear = run({"--set", "energy.isp_cycle=120 pJ"});
    for (const auto& [block, joules] : base.blocks)
        CHECK(dear.blocks.at(block) == Approx(joules * (block == "isp" ? 2 : 1)));
}
