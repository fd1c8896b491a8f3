// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// ocellus fidelity and ocellus what-if, by their output.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/program.h"
#include "tests/test_paths.h"

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

/// What a run of one of the three configurations with the picture in the memory left behind.
struct video_run {
    nlohmann::json statistics;
    std::string out, conflicts, lost, traffic, latency, occupancy;
    double value(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
};

video_run run_video(const std::string& variant, bool inference) {
    const std::string folder = scratch_folder() + "/out";
    std::vector<std::string> arguments = {
        "run",
        std::string(source_folder) + "/configs/video-inference" + variant + ".toml",
        "--out",
        folder,
        "--frames",
        "2",
        "--timing-only",
        "--quiet"};
    if (!inference)
        arguments.insert(arguments.end(), {"--network", "none"});
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    video_run v;
    v.out = r.out;
    v.statistics = nlohmann::json::parse(file_bytes(folder + "/stats.json")).at("statistics");
    v.conflicts = file_bytes(folder + "/conflicts.csv");
    v.traffic = file_bytes(folder + "/stats_traffic.csv");
    v.latency = file_bytes(folder + "/stats_latency.csv");
    v.occupancy = file_bytes(folder + "/stats_occupancy.csv");
    if (std::filesystem::exists(folder + "/lost_lines.csv"))
        v.lost = file_bytes(folder + "/lost_lines.csv");
    return v;
}

std::vector<std::vector<std::string>> csv(const std::string& text) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        rows.emplace_back();
        std::istringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');)
            rows.back().push_back(cell);
    }
    return rows;
}

double stalls(const video_run& v) {
    return v.value("interconnect.video_writer.wait_cycles") +
           v.value("interconnect.video_reader.wait_cycles");
}

/// Files by initiator and by time sum to the counters, exactly.
void check_traffic(const video_run& v) {
    std::map<std::string, double> bursts, bytes;
    const auto histogram = csv(v.latency);
    for (std::size_t k = 1; k < histogram.size(); ++k) {
        CHECK(std::stod(histogram[k].at(1)) <= std::stod(histogram[k].at(2)));
        bursts[histogram[k].at(0)] += std::stod(histogram[k].at(3));
    }
    const auto series = csv(v.occupancy);
    double accesses = 0, waits = 0;
    for (std::size_t k = 1; k < series.size(); ++k) {
        REQUIRE(series[k].size() == series[0].size());
        accesses += std::stod(series[k][1]);
        waits += std::stod(series[k][3]);
        for (std::size_t c = 4; c < series[k].size(); ++c)
            bytes[series[0][c]] += std::stod(series[k][c]);
    }
    // 64 intervals a frame; two frames, and what comes after.
    CHECK(series.size() > 128);
    CHECK(accesses == v.value("sram.busy_cycles"));
    CHECK(waits == v.value("sram.wait_cycles"));
    const auto traffic = csv(v.traffic);
    for (std::size_t k = 1; k < traffic.size(); ++k) {
        const auto& row = traffic[k];
        const std::string prefix = "interconnect." + row.at(0);
        INFO(row.at(0));
        CHECK(bursts[row.at(0)] == v.value(prefix + ".requests") - v.value(prefix + ".errors"));
        CHECK(bytes[row.at(0) + "_bytes"] == v.value(prefix + ".bytes"));
        CHECK(std::stod(row.at(4)) == v.value(prefix + ".wait_cycles"));
        for (std::size_t c = 7; c < 10; ++c)
            CHECK(std::stod(row.at(c - 1)) <= std::stod(row.at(c)));
        CHECK(std::stod(row.at(9)) == Approx(1e9 * v.value(prefix + ".latency_max")));
    }
}

}  // namespace

TEST_CASE("4K at 30 fps beside inference: stalls, lines lost in one bank, saved by deadlines") {
    const auto alone = run_video("-one-bank", false), wide_alone = run_video("", false);
    const auto wide = run_video("", true), narrow = run_video("-one-bank", true);
    const auto saved = run_video("-deadline", true);
    // Inference alone changes the picture's stalls, and with two banks no more than them.
    CHECK(wide_alone.value("capture.lines_lost") == 0);
    CHECK(wide.value("capture.lines_lost") == 0);
    CHECK(stalls(wide) > stalls(wide_alone));
    for (const std::string port : {"npu_read", "npu_weight", "npu_write"}) {
        CHECK(wide.value("interconnect.conflict.video_writer." + port) > 0);
        CHECK(wide_alone.value("interconnect.conflict.video_writer." + port) == 0);
    }
    // One bank is enough for the picture, and not for both in turn.
    CHECK(alone.value("capture.lines_lost") == 0);
    CHECK(narrow.value("capture.lines_lost") > 0);
    CHECK(saved.value("capture.lines_lost") == 0);
    CHECK(saved.value("csi2.lines") == 2 * 3040);
    CHECK(saved.value("npu.busy") > narrow.value("npu.busy"));
    // Every lost line with frame, row and culprit; the first in the report.
    CHECK(alone.lost.empty());
    CHECK(saved.lost.empty());
    const auto lost = csv(narrow.lost);
    CHECK(static_cast<double>(lost.size() - 1) == narrow.value("capture.lines_lost"));
    for (std::size_t k = 1; k < lost.size(); ++k) {
        REQUIRE(lost[k].size() == 6);
        CHECK(lost[k][0] == "1");  // the NPU computes frame 0 while frame 1 is read out
        CHECK(lost[k][3] == "capture writer");
        CHECK(lost[k][4].rfind("npu_", 0) == 0);
    }
    CHECK(contains(narrow.out, "first line lost"));
    CHECK(contains(narrow.out, "capture writer full for npu_"));
    // The matrix, requester by requester by bank, sums to all stalls.
    for (const auto* v : {&alone, &wide, &narrow, &saved}) {
        double sum = 0;
        const auto matrix = csv(v->conflicts);
        for (std::size_t k = 1; k < matrix.size(); ++k)
            sum += std::stod(matrix[k].at(3));
        CHECK(sum == v->value("sram.wait_cycles"));
        CHECK(sum > 0);
        check_traffic(*v);
    }
}

TEST_CASE(
    "a ring of lines moves every byte of the picture through the memory, in both fidelities") {
    const auto run = [](const std::string& fidelity, const std::string& lines) {
        const std::string folder = scratch_folder() + "/out";
        const auto r =
            ocellus_program({"run", small, "--network", "none", "--out", folder, "--quiet", "--set",
                             "run.check_protocol=true", "--set", "sram.fidelity=" + fidelity,
                             "--set", "capture.lines=" + lines});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const auto json = nlohmann::json::parse(file_bytes(folder + "/stats.json"));
        std::map<std::string, double> bytes;
        for (const char* who : {"video_writer", "video_reader"})
            bytes[who] = json.at("statistics")
                             .at(std::string("interconnect.") + who + ".bytes")
                             .at("value")
                             .get<double>();
        return std::make_pair(bytes, file_bytes(folder + "/frame_0000.raw10"));
    };
    const auto past = run("loosely_timed", "0");
    const auto loose = run("loosely_timed", "8"), timed = run("approximately_timed", "8");
    CHECK(past.first.at("video_writer") == 0);
    // 506 rows of 676 pixels of 10 bits.
    for (const auto* r : {&loose, &timed})
        for (const char* who : {"video_writer", "video_reader"})
            CHECK(r->first.at(who) == 506 * 676 * 10 / 8);
    CHECK(!past.second.empty());
    CHECK(loose.second == past.second);
    CHECK(timed.second == past.second);
}

TEST_CASE("cells of the ring that are stuck show in the picture, and nowhere else") {
    const auto run = [](const std::vector<std::string>& settings) {
        const std::string folder = scratch_folder() + "/out";
        std::vector<std::string> arguments = {"run",
                                              small,
                                              "--network",
                                              "none",
                                              "--frames",
                                              "1",
                                              "--out",
                                              folder,
                                              "--quiet",
                                              "--set",
                                              "run.check_protocol=true"};
        for (const auto& s : settings)
            arguments.insert(arguments.end(), {"--set", s});
        const auto r = ocellus_program(arguments);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const auto json = nlohmann::json::parse(file_bytes(folder + "/stats.json"));
        std::map<std::string, double> counts;
        for (const char* name : {"capture.wrong_bytes", "capture.refused", "sram.ecc.silent"})
            counts[name] = json.at("statistics").at(name).at("value").get<double>();
        return std::make_pair(counts, file_bytes(folder + "/frame_0000.raw10"));
    };
    // Lines of 845 B, 1024 B apart, from 8 KiB below the end of 8 MiB on. Row 16368 of bank 5 is
    // 32 B from 0x7fe500 on, and row 16376 of bank 5 those 256 x 16 B later: bytes 256 .. 287 of
    // the ring's lines 1 and 5.
    const auto clean = run({"capture.lines=8"});
    CHECK(clean.first.at("capture.wrong_bytes") == 0);
    std::string expected = clean.second;
    REQUIRE(expected.size() == 845 * 506);
    double wrong = 0;
    for (std::size_t line = 0; line < 506; ++line)
        for (std::size_t i = 256; i < 288; ++i) {
            char& byte = expected[line * 845 + i];
            const char before = byte;
            if (line % 8 == 1)
                byte = '\xff';
            if (line % 8 == 5)
                byte = '\0';
            wrong += byte != before;
        }
    REQUIRE(wrong > 1000);
    for (const char* fidelity : {"loosely_timed", "approximately_timed"}) {
        const auto stuck = run({"capture.lines=8", "sram.stuck_rows=5:16368=1, 5:16376=0",
                                std::string("sram.fidelity=") + fidelity});
        CHECK(stuck.first.at("capture.wrong_bytes") == wrong);
        CHECK(stuck.first.at("capture.refused") == 0);
        CHECK(stuck.first.at("sram.ecc.silent") > 0);
        CHECK(stuck.second == expected);
    }
    // The code finds such words; the burst that holds them is answered with an error.
    const auto found =
        run({"capture.lines=8", "sram.stuck_rows=5:16368=1, 5:16376=0", "sram.ecc=secded"});
    CHECK(found.first.at("capture.refused") == 64 + 63);
    CHECK(found.first.at("sram.ecc.silent") == 0);
    // Past the memory nothing of it shows.
    CHECK(run({"capture.lines=0", "sram.stuck_rows=5:16368=1, 5:16376=0"}).second == clean.second);
}

TEST_CASE("fidelity runs both and finds nearly the same inference") {
    const auto r = ocellus_program({"fidelity", small, "--json"});
    REQUIRE(r.exit_code == 0);
    const auto json = nlohmann::json::parse(r.out);
    const auto& busy = json.at("npu.busy");
    const double loose = busy.at("loosely_timed"), timed = busy.at("approximately_timed");
    CHECK(loose > 0);
    CHECK(timed == Approx(loose).epsilon(0.01));
    const auto& latency = json.at("interconnect.npu_read.latency_mean");
    // They are two models: the NPU's bursts meet in another order.
    CHECK(latency.at("loosely_timed") != latency.at("approximately_timed"));
    CHECK(contains(ocellus_program({"fidelity", small}).out, "nothing lost"));
}

TEST_CASE("what-if finds a clock that is enough and one that is not, and both are so") {
    const auto r = ocellus_program({"what-if", small, "--until-fails", "npu.clock"});
    REQUIRE(r.exit_code == 0);
    const auto value = [&](const std::string& after) {
        const auto at = r.out.rfind(after);
        REQUIRE(at != std::string::npos);
        const auto begin = at + after.size();
        return r.out.substr(begin, r.out.find("MHz", begin) + 3 - begin);
    };
    const auto dropped = [](const std::string& clock) {
        const std::string out = scratch_folder() + "/out";
        const auto run = ocellus_program({"run", small, "--timing-only", "--frames", "4", "--set",
                                          "npu.clock=" + clock, "--out", out, "--quiet"});
        REQUIRE(run.exit_code == 0);
        const auto json = nlohmann::json::parse(file_bytes(out + "/stats.json"));
        return json.at("statistics").at("frames.dropped").at("value").get<double>();
    };
    CHECK(dropped(value(" works with ")) == 0);
    CHECK(dropped(value(" and fails with ")) > 0);
}

TEST_CASE("memories that cannot be are refused before anything is simulated") {
    const std::string video = std::string(source_folder) + "/configs/video-inference-deadline.toml";
    const auto refused = [](const std::string& config, const std::vector<std::string>& sets,
                            const std::string& expected) {
        std::vector<std::string> arguments = {"run", config, "--timing-only", "--quiet"};
        for (const auto& s : sets)
            arguments.insert(arguments.end(), {"--set", s});
        const auto r = ocellus_program(arguments);
        INFO(r.err);
        CHECK(r.exit_code == 2);
        CHECK(contains(r.err, expected));
    };
    refused(small, {"sram.banks=0"}, "sram.banks");
    refused(small, {"sram.banks=3"}, "power of two");
    // Bursts of 256 B in accesses of 8 B: 32 cycles.
    refused(video, {"interconnect.shares=video_writer: deadline=31"},
            "no schedule can meet video_writer's deadline of 31 cycles");
    refused(video,
            {"interconnect.shares=video_writer: deadline=3000, video_reader: deadline=3000",
             "sram.clock=100 MHz"},
            "all banks together have 800.000 MB/s");
    refused(small, {"interconnect.shares=npu_read: cap=fast"}, "cap=N (bytes in 1024 cycles)");
    refused(small, {"interconnect.shares=npu: cap=8192"},
            "npu_read, npu_weight, npu_write was expected");
    refused(small, {"interconnect.shares=npu_wieght: cap=8192"}, "npu_weight was expected");
    refused(small, {"interconnect.shares=nobody: cap=8192"}, "one of isp, npu_read, ");
    // One of the two streams alone would do, and 32 cycles can be met.
    CHECK(ocellus_program({"run", video, "--timing-only", "--quiet", "--network", "none", "--set",
                           "interconnect.shares=video_writer: deadline=32"})
              .exit_code == 0);
}

TEST_CASE("what-if names what it can make harder") {
    const auto r = ocellus_program({"what-if", small, "--until-fails", "npu.clck"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "npu.clock, sram.banks or sensor.fps was expected"));
    CHECK(ocellus_program({"what-if", small}).exit_code == 2);
}
