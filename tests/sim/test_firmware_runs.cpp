// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// How runs of firmware end, and what they leave: real programs on the control CPU of the real
// sensor.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "firmware_program.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

program_result run_firmware(const std::string& elf, std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"run",       small,  "--firmware", elf,
                                    "--network", "none", "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return ocellus_program(all);
}

}  // namespace

TEST_CASE("the prebuilt firmware is what the sources make") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder(), root = source_folder;
    const auto r = run_program({"bash", root + "/firmware/build.sh", "--out", folder});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    for (const char* name : {"/boot_rom.elf", "/app.elf"})
        CHECK(file_bytes(folder + name) == file_bytes(root + "/firmware/prebuilt" + name));
}

TEST_CASE("the minimal example shows what its page says") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder(), root = source_folder;
    const auto source = file_bytes(root + "/examples/firmware/minimal/main.c");
    CHECK(std::count(source.begin(), source.end(), '\n') < 60);
    const auto elf = build_firmware(folder, "minimal", root + "/examples/firmware/minimal/main.c");
    const auto r = run_firmware(elf, {"--uart", "file:" + folder + "/uart"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    auto text = file_bytes(folder + "/uart");
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    CHECK(text == file_bytes(root + "/examples/firmware/minimal/golden.log"));
}

TEST_CASE("firmware ends the run with its own code") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    auto r = run_firmware(faulty_firmware(folder, 0));
    CHECK(r.exit_code == 42);
    CHECK(contains(r.err, "code 42"));
    r = run_firmware(faulty_firmware(folder, 6));
    CHECK(r.exit_code == 7);
    CHECK(contains(r.out, "hello from semihosting\n"));
    CHECK(contains(r.err, "semihosting"));
    r = run_firmware(faulty_firmware(folder, 7));
    CHECK(r.exit_code == 5);
    CHECK(contains(r.err, "tohost"));
}

// It never sleeps, and says itself nothing of an end: the time of another frame is left to it.
TEST_CASE(
    "firmware that is always busy ends with its frames, at the same cycle whatever the speed") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto elf = build_firmware(folder, "busy",
                                    std::string(source_folder) + "/tests/firmware_programs/busy.c");
    std::string first;
    const std::vector<std::vector<std::string>> variants = {{},
                                                            {"--set", "cpu.run_ahead=100 ns"},
                                                            {"--set", "cpu.run_ahead=1 s"},
                                                            {"--set", "cpu.decoupled=false"},
                                                            {"--set", "cpu.block_cache=false"},
                                                            {"--uart", "pty"}};
    for (const auto& v : variants) {
        std::vector<std::string> more = {"--frames",      "2",      "--timing-only", "--out",
                                         folder + "/out", "--force"};
        more.insert(more.end(), v.begin(), v.end());
        const auto r = run_firmware(elf, more);
        INFO(r.err << (v.empty() ? "" : v.back()));
        REQUIRE(r.exit_code == 0);
        const auto stats = file_bytes(folder + "/out/stats.json");
        if (first.empty())
            first = stats;
        CHECK((stats == first));
    }
    const auto time = json::parse(first).at("statistics").at("run.simulated_time").at("value");
    CHECK(time.get<double>() > 0.0390);  // the last line of the second frame leaves at 39.05 ms
    CHECK(time.get<double>() < 0.0390 + 2 * 0.0167);
}

TEST_CASE("firmware works through DMA lists, meets their errors and caps a bandwidth") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto elf = build_firmware(
        folder, "lists", std::string(source_folder) + "/tests/firmware_programs/lists.c");
    for (const char* fidelity : {"loosely_timed", "approximately_timed"}) {
        const auto r = run_firmware(elf, {"--set", std::string("sram.fidelity=") + fidelity});
        INFO(fidelity << r.err);
        CHECK(r.exit_code == 42);
    }
}

TEST_CASE("firmware sees the lines that the picture loses on its way through the SRAM") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto elf = build_firmware(
        folder, "capture", std::string(source_folder) + "/tests/firmware_programs/capture.c");
    const auto seen_by = [&](const std::vector<std::string>& settings) {
        std::vector<std::string> more = {"--uart", "file:" + folder + "/uart", "--out",
                                         folder + "/out", "--force"};
        for (const auto& s : settings) {
            more.emplace_back("--set");
            more.push_back(s);
        }
        const auto r = run_firmware(elf, more);
        INFO(r.err << r.out);
        REQUIRE(r.exit_code == 0);
        auto text = "\n" + file_bytes(folder + "/uart");
        text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
        const auto told = [&text](const std::string& what) {
            const auto at = text.find("\n" + what + " ");
            return at == std::string::npos ? -1 : std::stol(text.substr(at + what.size() + 2));
        };
        std::map<std::string, long> seen;
        for (const char* what :
             {"enabled", "interrupts", "first frame", "first line", "later frame", "later line",
              "lines", "lost", "fifo", "peak", "peak after", "level"})
            seen[what] = told(what);
        return seen;
    };
    const auto value = [&](const std::string& name) {
        return json::parse(file_bytes(folder + "/out/stats.json"))
            .at("statistics")
            .at(name)
            .at("value")
            .get<long>();
    };
    // One burst of 16 B under way over a slow bus: a row takes longer to write than to read out.
    auto seen = seen_by({"capture.lines=16 lines", "capture.burst=16 B", "capture.outstanding=1",
                         "interconnect.latency=256 cycles"});
    CHECK(seen["enabled"] == 1);
    CHECK(seen["lost"] > 10);
    CHECK(seen["lost"] == value("capture.lines_lost"));
    CHECK(seen["lines"] == value("capture.lines"));
    CHECK(seen["lines"] + seen["lost"] == 2 * 506);
    CHECK(seen["fifo"] == 2);
    CHECK(seen["peak"] == 2);
    CHECK(seen["peak"] == value("capture.fifo_peak"));
    CHECK(seen["peak after"] == 0);
    CHECK(seen["level"] == 0);
    // The first and the last of lost_lines.csv: frame, row, ...
    std::istringstream in(file_bytes(folder + "/out/lost_lines.csv"));
    std::vector<std::pair<long, long>> lost;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto comma = line.find(',');
        lost.emplace_back(std::stol(line), std::stol(line.substr(comma + 1)));
    }
    REQUIRE(static_cast<long>(lost.size()) == seen["lost"]);
    CHECK(lost.front() == std::pair(seen["first frame"], seen["first line"]));
    CHECK(lost.back() == std::pair(seen["later frame"], seen["later line"]));
    CHECK(seen["interrupts"] == seen["lost"]);  // a row apart, and each is served within one
    // Wide enough, nothing is lost and nobody is called.
    seen = seen_by({"capture.lines=16 lines"});
    CHECK(seen["lost"] == 0);
    CHECK(seen["interrupts"] == 0);
    CHECK(seen["lines"] == 2 * 506);
    CHECK(seen["peak"] >= 1);
    // Past the memory the block is not there to lose anything.
    seen = seen_by({});
    CHECK(seen["enabled"] == 0);
    CHECK(seen["lines"] == 0);
}

// Its start-up copies initialised data from where the ELF loads it, and its exit() asks for the
// extensions first.
TEST_CASE("a program with the C library's own start-up runs") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    auto r = run_firmware(stock_firmware(folder, 0));
    INFO(r.err);
    CHECK(r.exit_code == 37);
    CHECK(contains(r.out, "stock 20\n"));
    CHECK(contains(r.out, "standard error\n"));
    CHECK_FALSE(contains(r.err, "refused"));
    r = run_firmware(stock_firmware(folder, 1));
    INFO(r.err);
    CHECK(r.exit_code == 37);
    CHECK(contains(r.err, "SYS_OPEN (0x01) refused: there is no file 'picture.raw'"));
    CHECK(contains(r.err, "SYS_REMOVE (0x0e) refused"));
    CHECK(contains(r.err, "sys_semihost"));
    r = run_firmware(stock_firmware(folder, 2));
    INFO(r.err);
    CHECK(r.exit_code == 9);
    CHECK(contains(r.out, "by tohost\n"));
}

TEST_CASE("firmware and network share the SRAM or are refused") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    auto run = [&](const std::string& ram) {
        return ocellus_program({"run", small, "--firmware", stock_firmware(folder, 0, ram),
                                "--quiet", "--timing-only"});
    };
    auto r = run("0x04000400");
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "overlaps what the network"));
    const auto at = r.err.find("; 0x");
    REQUIRE(at != std::string::npos);
    r = run(r.err.substr(at + 2, 10));
    INFO(r.err);
    CHECK(r.exit_code == 37);
}

TEST_CASE("firmware that cannot go on is told apart, with its place") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    auto r = run_firmware(faulty_firmware(folder, 1));  // below the stack there is nothing
    CHECK(r.exit_code == 3);
    CHECK(contains(r.err, "double trap"));
    CHECK(contains(r.err, "deep"));
    r = run_firmware(faulty_firmware(folder, 2));
    CHECK(r.exit_code == 3);
    CHECK(contains(r.err, "the stack has run into the code"));
    r = run_firmware(faulty_firmware(folder, 4));
    CHECK(r.exit_code == 3);
    CHECK(contains(r.err, "cause 5"));
    CHECK(contains(r.err, "main"));
    CHECK(contains(r.err, "0x60000000"));
    CHECK(contains(r.err, "unmapped"));
}

TEST_CASE("limits end a run with their codes, exactly") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto loop = faulty_firmware(folder, 3);
    auto r = run_firmware(loop, {"--until", "3ms", "--out", folder + "/until"});
    CHECK(r.exit_code == 4);
    CHECK(contains(r.err, "3 ms"));
    CHECK(contains(r.err, "main"));
    r = run_firmware(loop, {"--max-cycles", "100000", "--out", folder + "/cycles"});
    CHECK(r.exit_code == 4);
    const auto cycles = json::parse(file_bytes(folder + "/cycles/stats.json"))
                            .at("statistics")
                            .at("cpu.cycles")
                            .at("value")
                            .get<std::uint64_t>();
    // The CPU stops at the first boundary at or after the limit; a jump takes two cycles.
    CHECK(cycles >= 100000);
    CHECK(cycles <= 100002);
    r = run_firmware(loop, {"--set", "run.hang_time=20 ms"});
    CHECK(r.exit_code == 6);
    CHECK(contains(r.err, "no progress"));
    r = run_firmware(loop, {"--set", "run.hang_time=0 s", "--wall-limit", "200ms"});
    CHECK(r.exit_code == 5);
    // A CPU that waits for what never comes is at rest, before any limit.
    r = run_firmware(faulty_firmware(folder, 10), {"--until", "1 s"});
    CHECK(r.exit_code == 0);
}

TEST_CASE("the UART is waited for") {
    const std::vector<std::string> base = {"run", small, "--timing-only", "--quiet"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), base.begin(), base.end());
        return ocellus_program(more);
    };
    auto r = with({"--uart", "stdout", "--uart-expect", "ocellus", "--uart-expect", "/firm.*1/"});
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "  frames                              0"));  // it ended there
    r = with({"--uart-expect", "never said"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "did not show 'never said'"));
    r = with({"--uart-expect", "/(/"});
    CHECK(r.exit_code == 2);
    r = with({"--uart", "stdot"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "did you mean stdout?"));
}

TEST_CASE("an access against the register map is named, and fatal when strict") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto elf = faulty_firmware(folder, 5);
    auto r = run_firmware(elf, {"--out", folder + "/out"});
    CHECK(r.exit_code == 3);  // the store trapped
    CHECK(contains(r.err, "csi2.LINES_LOST"));
    CHECK(contains(r.err, "read-only"));
    CHECK(contains(r.err, "main"));
    const auto report = json::parse(file_bytes(folder + "/out/registers.json"));
    CHECK(report.at("mistakes").size() == 1);
    CHECK(report.at("mistakes")[0].at("target") == "csi2.LINES_LOST");
    CHECK(report.at("blocks").at("csi2").at("registers").at("LINES_LOST").at("reads") == 1);
    r = run_firmware(elf, {"--strict"});
    CHECK(r.exit_code == 3);
    CHECK(contains(r.err, "--strict"));
    // The default firmware makes no mistake.
    r = ocellus_program({"run", small, "--frames", "3", "--strict", "--quiet"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK_FALSE(contains(r.out, "mistake"));
}

TEST_CASE("the watchdog resets a firmware that hangs, and tells it") {
    if (!have_cross_compiler())
        return;
    const auto r = run_firmware(faulty_firmware(scratch_folder(), 8));
    INFO(r.err);
    CHECK(r.exit_code == 11);
    CHECK(contains(r.out, "bark"));
    CHECK(contains(r.out, "back after 123"));
}

TEST_CASE("guest operations leave regions, a log and statistics") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto r = run_firmware(faulty_firmware(folder, 9), {"--out", folder + "/out"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(contains(r.out, "region 3"));
    CHECK(contains(r.out, "1 times"));
    CHECK(contains(file_bytes(folder + "/out/firmware.log"), "a line for the log"));
    CHECK(contains(file_bytes(folder + "/out/markers.txt"), " 77\n"));
    const auto dump = json::parse(file_bytes(folder + "/out/stats_dump_0000_9.json"));
    // Between reset and dump: the read of STATUS, and the write that dumps.
    CHECK(dump.at("statistics").at("cpu.bus_accesses").at("value").get<int>() <= 2);
    const auto whole = json::parse(file_bytes(folder + "/out/stats.json"));
    CHECK(whole.at("statistics").at("cpu.bus_accesses").at("value").get<int>() > 5);
}

TEST_CASE("firmware reads simulated time") {
    if (!have_cross_compiler())
        return;
    const auto elf = faulty_firmware(scratch_folder(), 11);
    const auto a = run_firmware(elf), b = run_firmware(elf, {"--profile"});
    CHECK(a.exit_code == 0);
    CHECK(a.out.substr(0, a.out.find('\n')) == b.out.substr(0, b.out.find('\n')));
    // 1000 iterations of four or five instructions at 262.5 MHz.
    const int ns = std::stoi(a.out);
    CHECK(ns > 1000 * 4 / 0.2625 / 2);
    CHECK(ns < 1000 * 30 / 0.2625);
}

TEST_CASE("a hung NPU costs its frame and no more") {
    const std::string out = scratch_folder() + "/out";
    const auto r = ocellus_program({"run", small, "--frames", "5", "--timing-only", "--quiet",
                                    "--set", "npu.hang_job=2", "--set",
                                    "firmware.inference_timeout=5 ms", "--out", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto s = json::parse(file_bytes(out + "/stats.json")).at("statistics");
    CHECK(s.at("frames.lost").at("value") == 1);
    CHECK(s.at("frames.delivered").at("value") == 4);
    CHECK(s.at("npu.errors").at("value") == 1);
    // Without a timeout nobody gets on.
    const auto stuck = ocellus_program({"run", small, "--frames", "3", "--timing-only", "--quiet",
                                        "--set", "npu.hang_job=1", "--set", "run.hang_time=3 s"});
    CHECK(stuck.exit_code == 6);
}

TEST_CASE("every switch that buys speed leaves cycles, statistics and bytes alone") {
    const std::string base = scratch_folder();
    int number = 0;
    const auto files = [&](const std::vector<std::string>& switches) {
        const std::string out = base + "/" + std::to_string(number++);
        std::vector<std::string> all = {
            "run",   small, "--frames", "3", "--quiet", "--set", "output.save_frames=all",
            "--out", out};
        all.insert(all.end(), switches.begin(), switches.end());
        const auto r = ocellus_program(all);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        std::map<std::string, std::string> content;
        for (const auto& f : fs::directory_iterator(out)) {
            const auto name = f.path().filename().string();
            // The manifest has the wall time, the configuration the switches; the profile is extra.
            if (name != "manifest.json" && name != "config.toml" && name.rfind("profile", 0) != 0 &&
                name != "coverage.info")
                content[name] = file_bytes(f.path().string());
        }
        return content;
    };
    const auto plain = files({});
    CHECK(plain.count("stats.json") == 1);
    CHECK(plain.size() > 15);
    const std::vector<std::vector<std::string>> matrix = {
        {"--set", "cpu.block_cache=false"},
        {"--set", "cpu.direct_memory=false"},
        {"--set", "cpu.decoupled=false"},
        {"--set", "cpu.run_ahead=1 us"},
        {"--set", "cpu.run_ahead=50 ns", "--set", "cpu.decoupled=false"},
        {"--set", "cpu.block_cache=false", "--set", "cpu.decoupled=false", "--set",
         "cpu.direct_memory=false", "--threads", "1"},
        {"--profile", "--coverage"},
        {"--profile", "--set", "cpu.block_cache=false"},
        {"--threads", "8", "--strict"},
    };
    for (const auto& switches : matrix) {
        std::string text;
        for (const auto& w : switches)
            text += w + " ";
        INFO(text);
        const bool same = files(switches) == plain;
        CHECK(same);
    }
}
