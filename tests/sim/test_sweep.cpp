// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Sweeps of the real program.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/sweep_store.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using namespace ocellus::sim;

namespace {

const std::string source = source_folder;

/// Twelve points of the small sensor.
std::string twelve_points(const std::string& folder) {
    const auto file = folder + "/sweep.toml";
    write_bytes(file, "config = \"" + source +
                          "/configs/small.toml\"\n"
                          "timing_only = true\n"
                          "[set]\nnpu.organisation = \"custom\"\n"
                          "[[knob]]\nname = \"npu.lanes\"\nvalues = [16, 32, 64]\n"
                          "[[knob]]\nname = \"npu.bus\"\nvalues = [\"16 B\", \"32 B\"]\n"
                          "[[knob]]\nname = \"sram.banks\"\nvalues = [4, 16]\n"
                          "[metrics]\nkeep = [\"npu.*\", \"sram.wait_cycles\"]\n"
                          "pareto = [{metric = \"npu.busy\", goal = \"min\"},\n"
                          "          {metric = \"npu.utilisation\", goal = \"max\"}]\n");
    return file;
}

const char* const files[] = {"results.csv", "results.json", "pareto.csv", "effects.csv",
                             "chart.svg"};

void check_same(const std::string& a, const std::string& b) {
    for (const char* name : files) {
        INFO(name);
        CHECK(file_bytes(a + "/" + name) == file_bytes(b + "/" + name));
    }
}

/// Starts the program and leaves it alone.
pid_t start(const std::vector<std::string>& arguments) {
    std::vector<char*> argv = {const_cast<char*>(program_path)};
    for (const auto& a : arguments)
        argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
            _exit(126);
        execv(argv[0], argv.data());
        _exit(127);
    }
    return child;
}

int ended(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void wait_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("a sweep has the results of single runs") {
    const auto folder = scratch_folder();
    const auto r = ocellus_program({"sweep", twelve_points(folder), "--out", folder + "/out"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "12 points: 12 done, 0 failed"));
    const auto csv = file_bytes(folder + "/out/results.csv");
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 13);
    CHECK(csv.rfind("point,npu.lanes,npu.bus,sram.banks,status,exit_code,message,npu.busy,", 0) ==
          0);
    const auto one =
        ocellus_program({"run", source + "/configs/small.toml", "--timing-only", "--set",
                         "npu.organisation=custom", "--set", "npu.lanes=64", "--set",
                         "npu.bus=16 B", "--set", "sram.banks=4", "--out", folder + "/one"});
    REQUIRE(one.exit_code == 0);
    const auto stats = file_bytes(folder + "/one/stats.json");
    const auto at = stats.find("\"npu.busy\": {\"value\": ") + 22;
    CHECK(contains(csv, "\n8,64,16,4,done,0,," + stats.substr(at, stats.find(',', at) - at) + ","));
    // Nothing but the results stays.
    std::set<std::string> left;
    for (const auto& f : fs::directory_iterator(folder + "/out"))
        left.insert(f.path().filename().string());
    CHECK(left == std::set<std::string>{"results.csv", "results.json", "pareto.csv", "effects.csv",
                                        "chart.svg", "sweep.sqlite"});
}

TEST_CASE("a killed sweep goes on where it was, and repeats nothing") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    REQUIRE(ocellus_program({"sweep", file, "--out", folder + "/whole"}).exit_code == 0);
    const std::vector<std::string> command = {"sweep", file, "--out", folder + "/killed",
                                              "-j",    "1"};
    std::map<std::uint64_t, double> known;  // wall times: never the same twice
    const auto look = [&] {
        if (!fs::exists(folder + "/killed/sweep.sqlite"))
            return;
        std::optional<sweep_store> store;
        try {
            store.emplace(folder + "/killed/sweep.sqlite");
        } catch (const ocellus::input_error&) {
            return;  // killed before there was anything in it
        }
        std::map<std::uint64_t, double> now;
        for (const auto& p : store->read().points)
            now[p.number] = p.wall_seconds;
        for (const auto& [number, wall] : known) {
            INFO(number);
            REQUIRE(now.count(number));
            CHECK(now[number] == wall);
        }
        known = now;
    };
    for (int ms : {10, 60, 95, 130, 80}) {
        const pid_t child = start(command);
        wait_ms(ms);
        kill(child, SIGKILL);
        ended(child);
        look();
    }
    CHECK(ocellus_program(command).exit_code == 0);
    look();
    CHECK(known.size() == 12);
    check_same(folder + "/whole", folder + "/killed");
    CHECK(!fs::exists(folder + "/killed/sweep.sqlite.work"));
}

TEST_CASE("merged shards are the sweep in one piece, byte for byte") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    REQUIRE(ocellus_program({"sweep", file, "--out", folder + "/whole", "-j", "3"}).exit_code == 0);
    std::vector<std::string> merge = {"merge", "--out", folder + "/merged"};
    for (int i = 0; i < 4; ++i) {
        const auto store = folder + "/shard" + std::to_string(i) + ".sqlite";
        const auto r =
            ocellus_program({"sweep", file, "--store", store, "--shard", std::to_string(i) + "/4"});
        CHECK(r.exit_code == 0);
        CHECK(contains(r.out, "3 points: 3 done"));
        merge.push_back(store);
    }
    const auto r = ocellus_program(merge);
    INFO(r.err);
    CHECK(r.exit_code == 0);
    check_same(folder + "/whole", folder + "/merged");
    // The merged store is one like any other.
    CHECK(contains(ocellus_program({"sweep", file, "--out", folder + "/merged"}).err,
                   "12 of 12 points are done already"));

    SECTION("a missing shard is said") {
        merge.pop_back();
        merge.emplace_back("--force");
        const auto partial = ocellus_program(merge);
        CHECK(partial.exit_code == 1);
        CHECK(contains(partial.out, "3 of 12 are missing"));
    }
    SECTION("contradictions are named, and nothing is merged") {
        const auto before = file_bytes(folder + "/merged/results.csv");
        fs::copy_file(folder + "/shard1.sqlite", folder + "/other.sqlite");
        {
            // The same points with other values.
            sweep_store original(folder + "/shard1.sqlite");
            sweep_store changed(folder + "/changed.sqlite", original);
            auto results = original.read();
            results.points[1].metrics["npu.cycles"] = "1";
            for (const auto& p : results.points)
                changed.add(p, results.metrics);
        }
        merge.push_back(folder + "/other.sqlite");
        merge.push_back(folder + "/changed.sqlite");
        merge.emplace_back("--force");
        const auto conflict = ocellus_program(merge);
        CHECK(conflict.exit_code == 2);
        CHECK(contains(conflict.err, "point 5 ("));
        CHECK(contains(conflict.err, "shard1.sqlite' and '" + folder + "/changed.sqlite' differ"));
        CHECK(!contains(conflict.err, "other.sqlite"));
        CHECK(file_bytes(folder + "/merged/results.csv") == before);
    }
}

TEST_CASE("a failing point is recorded and does not stop the rest") {
    const auto folder = scratch_folder();
    write_bytes(folder + "/sweep.toml", "config = \"" + source +
                                            "/configs/small.toml\"\ntiming_only = true\n"
                                            "[[knob]]\nname = \"adc.bits\"\nvalues = [10, 11, 12]\n"
                                            "[metrics]\nkeep = [\"npu.cycles\"]\n");
    const std::vector<std::string> command = {"sweep", folder + "/sweep.toml", "--out",
                                              folder + "/out"};
    const auto r = ocellus_program(command);
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "3 points: 2 done, 1 failed"));
    CHECK(contains(r.err, "1 of 3 points cannot be configured"));
    CHECK(contains(r.err, "point 1 (adc.bits = 11) failed with exit code 2: "));
    const auto csv = file_bytes(folder + "/out/results.csv");
    CHECK(contains(csv, "\n0,10,done,0,,"));
    CHECK(contains(csv, "\n1,11,failed,2,--set: error: adc.bits = 11 cannot be sent as RAW,"));
    CHECK(contains(csv, "\n2,12,done,0,,"));
    CHECK(ocellus_program(command).exit_code == 1);
    auto again = command;
    again.emplace_back("--retry-failed");
    CHECK(contains(ocellus_program(again).err, "1 failed points are tried again"));
    CHECK(file_bytes(folder + "/out/results.csv") == csv);
}

TEST_CASE("a store of another sweep, another writer and foreign files are refused") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    REQUIRE(ocellus_program({"sweep", file, "--store", folder + "/s.sqlite", "--shard", "0/12"})
                .exit_code == 0);
    auto text = file_bytes(file);
    text.replace(text.find("64]"), 3, "65]");
    write_bytes(folder + "/other.toml", text);
    const auto other =
        ocellus_program({"sweep", folder + "/other.toml", "--store", folder + "/s.sqlite"});
    CHECK(other.exit_code == 2);
    CHECK(contains(other.err, "belongs to another sweep"));

    {
        const store_lock lock(folder + "/s.sqlite");
        const auto second = ocellus_program({"sweep", file, "--store", folder + "/s.sqlite"});
        CHECK(second.exit_code == 2);
        CHECK(contains(second.err, "another sweep (process " + std::to_string(getpid()) + ")"));
    }
    write_bytes(folder + "/foreign.sqlite", std::string(5000, 'x'));
    const auto foreign = ocellus_program({"sweep", file, "--store", folder + "/foreign.sqlite"});
    CHECK(foreign.exit_code == 2);
    CHECK(contains(foreign.err, "is not a store of a sweep"));
    CHECK(
        ocellus_program({"merge", "--out", folder + "/m", folder + "/nothing.sqlite"}).exit_code ==
        2);
    const auto full = ocellus_program({"sweep", file, "--out", folder});
    CHECK(full.exit_code == 2);
    CHECK(contains(full.err, "holds files, but no sweep"));
}

TEST_CASE("a signal stops a sweep, which can go on later") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    const std::vector<std::string> command = {"sweep", file, "--out", folder + "/out", "-j", "1"};
    for (const int signal : {SIGINT, SIGTERM}) {
        const pid_t child = start(command);
        wait_ms(70);
        kill(child, signal);
        const int code = ended(child);
        CHECK((code == 128 + signal || code == 0));  // 0: it was faster
        CHECK(!fs::exists(folder + "/out/sweep.sqlite.work"));
    }
    CHECK(ocellus_program(command).exit_code == 0);
    REQUIRE(ocellus_program({"sweep", file, "--out", folder + "/whole"}).exit_code == 0);
    check_same(folder + "/whole", folder + "/out");
}

TEST_CASE("a sweep that was killed before it had a store begins anew") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    fs::create_directory(folder + "/out");
    write_bytes(folder + "/out/sweep.sqlite.lock", "1");
    CHECK(ocellus_program({"sweep", file, "--out", folder + "/out"}).exit_code == 0);
    write_bytes(folder + "/empty.sqlite", "");
    CHECK(ocellus_program({"sweep", file, "--store", folder + "/empty.sqlite"}).exit_code == 0);
}

TEST_CASE("points that a signal ends with the whole job are no results") {
    const auto folder = scratch_folder();
    const auto file = twelve_points(folder);
    const std::vector<std::string> command = {"sweep", file, "--out", folder + "/out", "-j", "2"};
    const pid_t child = start(command);
    // The children first, as a scheduler may do it.
    for (int tries = 0; tries < 200; ++tries) {
        const auto id = std::to_string(child);
        std::ifstream children("/proc/" + id + "/task/" + id + "/children");
        pid_t pid = 0;
        children >> pid;
        if (pid > 0 && kill(pid, SIGTERM) == 0)
            break;
        wait_ms(1);
    }
    kill(child, SIGTERM);
    const int code = ended(child);
    CHECK((code == 143 || code == 0));
    const auto r = ocellus_program(command);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "12 done, 0 failed"));
}

TEST_CASE("the sweep of the documentation works") {
    const auto folder = scratch_folder();
    const auto r =
        ocellus_program({"sweep", source + "/configs/sweeps/npu.toml", "--out", folder + "/npu"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    const auto page = file_bytes(source + "/docs/sweeps.md");
    const auto example = file_bytes(source + "/configs/sweeps/npu.toml");
    CHECK(contains(page, example.substr(example.find("config ="))));
}

TEST_CASE("the script that compares whole, killed and sharded sweeps agrees") {
    const auto r = run_program({"env", "OCELLUS=" + std::string(program_path), "bash",
                                source + "/tools/check-sweep.sh", "12", "2"});
    INFO(r.out << r.err);
    CHECK(r.exit_code == 0);
}

TEST_CASE(
    "sweep: quality of the picture and energy stand beside each other, as quality shows them") {
    const std::string folder = scratch_folder(), out = folder + "/sweep", run = folder + "/run";
    REQUIRE(ocellus_program({"sweep", source + "/configs/sweeps/isp-quality.toml", "--out", out})
                .exit_code == 0);
    std::ifstream lines(out + "/results.csv");
    std::string line;
    std::vector<std::map<std::string, std::string>> rows;
    std::vector<std::string> names;
    while (std::getline(lines, line)) {
        std::vector<std::string> cells(1);
        for (const char c : line)
            if (c == ',')
                cells.emplace_back();
            else
                cells.back() += c;
        if (names.empty()) {
            names = cells;
            continue;
        }
        REQUIRE(cells.size() == names.size());
        rows.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i)
            rows.back()[names[i]] = cells[i];
    }
    REQUIRE(rows.size() == 4);
    for (auto& r : rows) {
        INFO(r["point"]);
        CHECK(r["status"] == "done");
        CHECK(std::stod(r["quality.psnr"]) > 20);
        CHECK(std::stod(r["quality.delta_e"]) < 5);
        CHECK(std::stod(r["quality.snr"]) > 10);
        CHECK(r["quality.mtf50"].empty());  // of another chart
    }
    // Noise reduction costs energy and gives signal to noise.
    const auto value = [&rows](const char* demosaic, const char* reduced, const char* metric) {
        for (auto& r : rows)
            if (r["isp.demosaic"] == demosaic && r["isp.luma_noise_reduction"] == reduced)
                return std::stod(r[metric]);
        return -1.0;
    };
    const double cost = value("malvar", "true", "isp.energy_per_pixel") -
                        value("malvar", "false", "isp.energy_per_pixel");
    CHECK(cost == Approx(591 * 0.15e-12 + 20 * 4e-12));
    CHECK(value("malvar", "true", "quality.snr") > value("malvar", "false", "quality.snr") + 1);

    REQUIRE(ocellus_program({"run", source + "/configs/small.toml", "--scene",
                             "builtin:colorchecker", "--set", "output.image=isp", "--out", run})
                .exit_code == 0);
    const auto shown = ocellus_program({"quality", run, "--csv"});
    REQUIRE(shown.exit_code == 0);
    const std::string figures = shown.out.substr(shown.out.find('\n') + 1);
    std::vector<std::string> cells(1);
    for (const char c : figures)
        if (c == ',')
            cells.emplace_back();
        else
            cells.back() += c;
    REQUIRE(cells.size() > 9);
    CHECK(std::stod(cells[5]) == Approx(value("malvar", "false", "quality.psnr")).margin(1e-3));
    CHECK(std::stod(cells[6]) == Approx(value("malvar", "false", "quality.ssim")).margin(1e-5));
    CHECK(std::stod(cells[9]) == Approx(value("malvar", "false", "quality.delta_e")).margin(1e-4));
}
