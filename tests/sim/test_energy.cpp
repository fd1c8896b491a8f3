// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <systemc>
#include <utility>
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
    const auto last = report.interval_energy(report.intervals() - 1, "a");
    CHECK(last.attojoules() + 1'000'000'000 * last.nanojoules() == 7 * 1'000'000'007ull);
}

TEST_CASE("events that are spread over spans of time add up wherever time is cut") {
    const auto at = [](std::uint64_t v) { return sc_core::sc_time::from_value(v); };
    spread_events s;
    s.add(at(100), at(200), 1000);
    s.add(at(200), at(203), 7);
    s.add(at(250), at(250), 5);
    CHECK(s.until(at(0)) == 0);
    CHECK(s.until(at(100)) == 0);
    CHECK(s.until(at(150)) == 500);
    CHECK(s.until(at(199)) == 990);
    CHECK(s.until(at(201)) == 1002);
    CHECK(s.until(at(249)) == 1007);
    CHECK(s.until(at(250)) == 1012);
    CHECK(s.covered(at(150)).value() == 50);
    CHECK(s.covered(at(240)).value() == 103);
    std::uint64_t sum = 0, before = 0;
    for (std::uint64_t t = 0; t <= 260; t += 13) {
        CHECK(s.until(at(t)) >= before);
        sum += s.until(at(t)) - before;
        before = s.until(at(t));
    }
    CHECK(sum == s.until(at(260)));
}

namespace {

/// Runs a function on a thread of the kernel.
struct stage : sc_core::sc_module {
    SC_HAS_PROCESS(stage);
    stage(sc_core::sc_module_name name, std::function<void()> play)
        : sc_module(name), play_(std::move(play)) {
        SC_THREAD(run);
    }
    void run() { play_(); }
    std::function<void()> play_;
};

}  // namespace

TEST_CASE("power: a constant block has its mean as its peak, a burst that of its interval") {
    // 6.4 us a frame: intervals of 100 ns. A steady block of one event a ns, one that has 5000
    // events in the seventh interval of the second frame, one that is told when it is over.
    event_hub hub;
    std::uint64_t burst = 0;
    const auto now = [] { return sc_core::sc_time_stamp(); };
    spread_events job;
    const sc_core::sc_time frame(6400, sc_core::SC_NS);
    energy_report report({{"steady", "time", {3'000'000, 0}, [&] { return now().value() / 1000; }},
                          {"burst", "events", {1'000'000'000, 0}, [&] { return burst; }},
                          {"job",
                           "cycles",
                           {2'000'000'000, 0},
                           {},
                           [&](const sc_core::sc_time& t) { return job.until(t); }}},
                         hub, [&] { return frame; });
    stage thread("stage", [&] {
        const auto pass = [](double ns) { sc_core::wait(ns, sc_core::SC_NS); };
        pass(1000);
        for (std::uint32_t n = 0; n < 3; ++n) {
            hub.publish(event_kind::frame_started, n);
            pass(650);
            burst += n == 1 ? 5000 : 0;
            pass(5750);
        }
        // From 250 ns before the second frame to 450 ns after its beginning.
        job.add(sc_core::sc_time(7150, sc_core::SC_NS), sc_core::sc_time(7850, sc_core::SC_NS),
                700);
    });
    sc_core::sc_start(sc_core::sc_time(1000 + 3 * 6400 + 100, sc_core::SC_NS));
    report.finish();
    REQUIRE(report.rows() == 4);
    CHECK(report.intervals() == 1 + 3 * 64);
    // 3e-12 J a ns.
    CHECK(report.peak("steady").watts == Approx(3e-3));
    CHECK(report.fullest_frame("steady").watts == Approx(3e-3));
    // 5000 nJ in 100 ns, and in a frame of 6.4 us.
    CHECK(report.peak("burst").watts == Approx(5000 * 1e-9 / 100e-9));
    CHECK(report.peak("burst").start == sc_core::sc_time(1000 + 6400 + 600, sc_core::SC_NS));
    CHECK(report.peak("burst").frame == 1);
    CHECK(report.fullest_frame("burst").watts == Approx(5000 * 1e-9 / 6400e-9));
    // One event a ns, 2 nJ each, though none was seen until it was over.
    CHECK(report.peak("job").watts == Approx(2.0));
    CHECK(report.interval_energy(report.first_interval(2) - 1, "job").nanojoules() == 200);
    CHECK(report.interval_energy(report.first_interval(2) - 3, "job").nanojoules() == 100);
    CHECK(report.interval_energy(report.first_interval(2) + 4, "job").nanojoules() == 100);
    CHECK(report.peak().start == report.peak("burst").start);
    // Blocks sum to all, intervals to frames, frames to the run.
    counted_energy run;
    for (std::size_t r = 0; r < report.rows(); ++r) {
        counted_energy row, causes;
        const std::size_t end =
            r + 1 < report.rows() ? report.first_interval(r + 1) : report.intervals();
        for (std::size_t i = report.first_interval(r); i < end; ++i)
            row += report.interval_energy(i);
        for (std::size_t t = 0; t < 3; ++t)
            causes += report.energy(r, t);
        CHECK(row.nanojoules() == causes.nanojoules());
        CHECK(row.attojoules() == causes.attojoules());
        run += row;
    }
    CHECK(run.nanojoules() == report.total().nanojoules());
    CHECK(run.attojoules() == report.total().attojoules());
}

TEST_CASE("an error is that of a constant, in however many parts its events are counted") {
    event_hub hub;
    const auto byte = event_energy::of(1e-12, 0.5), cycle = event_energy::of(2e-12, 0.5);
    energy_report report({{"bus", "bytes of x", byte, [] { return std::uint64_t{3}; }},
                          {"bus", "bytes of y", byte, [] { return std::uint64_t{4}; }},
                          {"bus", "cycles", cycle, [] { return std::uint64_t{5}; }},
                          {"other", "cycles", cycle, [] { return std::uint64_t{6}; }}},
                         hub);
    report.finish();
    CHECK(report.total("bus").error() == Approx(std::hypot(3.5e-12, 5e-12)));
    CHECK(report.total().error() == Approx(std::sqrt(3.5 * 3.5 + 5 * 5 + 6 * 6) * 1e-12));
    CHECK(report.total().attojoules() == 29'000'000);
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

TEST_CASE("power by interval sums to the frames' energy and changes nothing") {
    const std::string folder = scratch_folder() + "/out";
    const auto r = ocellus_program({"run", std::string(source_folder) + "/configs/small.toml",
                                    "--timing-only", "--frames", "3", "--out", folder});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(contains(r.out, "mean; peak "));
    const auto rows_of = [&](const char* name) {
        std::vector<std::vector<std::string>> rows;
        std::istringstream in(file_bytes(folder + "/" + name));
        for (std::string line; std::getline(in, line);) {
            std::istringstream cells(line);
            rows.emplace_back();
            for (std::string cell; std::getline(cells, cell, ',');)
                rows.back().push_back(cell);
        }
        return rows;
    };
    // By frame and block, in attojoules.
    std::map<std::string, std::map<std::string, std::uint64_t>> by_frame, by_interval;
    for (const auto& c : rows_of("stats_energy.csv")) {
        if (c[0] == "frame")
            continue;
        const std::size_t n = c.size();
        by_frame[c[0]][c[3]] += std::stoull(c[n - 3]) * 1'000'000'000 + std::stoull(c[n - 2]);
    }
    const auto power = rows_of("stats_power.csv");
    std::map<std::string, std::size_t> intervals;
    std::map<std::string, double> peaks;
    for (std::size_t k = 1; k < power.size(); ++k) {
        const auto& c = power[k];
        REQUIRE(c.size() == power[0].size());
        const double seconds = std::stod(c[2]);
        std::uint64_t sum = 0;
        for (std::size_t i = 3; i + 2 < c.size(); ++i) {
            const std::string block = power[0][i].substr(0, power[0][i].size() - 3);
            by_interval[c[0]][block] += std::stoull(c[i]);
            sum += std::stoull(c[i]);
            if (c[0] != "before")
                peaks[block] = std::max(peaks[block],
                                        static_cast<double>(std::stoull(c[i])) * 1e-18 / seconds);
        }
        CHECK(sum == std::stoull(c[c.size() - 2]));
        CHECK(std::stod(c.back()) == Approx(static_cast<double>(sum) * 1e-18 / seconds));
        if (c[0] != "before")
            peaks["total"] = std::max(peaks["total"], static_cast<double>(sum) * 1e-18 / seconds);
        ++intervals[c[0]];
    }
    CHECK(by_frame == by_interval);
    CHECK(intervals["0"] == 64);
    CHECK(intervals["1"] == 64);
    const auto stats = nlohmann::json::parse(file_bytes(folder + "/stats.json")).at("statistics");
    const auto value = [&](const std::string& name) {
        return stats.at(name).at("value").get<double>();
    };
    CHECK(value("energy.power_peak") == Approx(peaks["total"]));
    for (const char* block : {"npu", "adc", "sram", "leakage"}) {
        INFO(block);
        CHECK(value(std::string("energy.power_peak.") + block) == Approx(peaks[block]));
    }
    CHECK(value("energy.power_mean") ==
          Approx(value("energy.total") / value("run.simulated_time")));
    CHECK(value("energy.power_peak") > value("energy.power_frame"));
    CHECK(value("energy.power_frame") > value("energy.power_mean"));
    // The array at work: never more than all its multipliers.
    CHECK(value("energy.power_peak.npu") > 2 * value("energy.npu") / value("run.simulated_time"));
}
