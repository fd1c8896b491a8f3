// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Real debuggers and test benches at the real program.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "firmware_program.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;

namespace {

const std::string root = source_folder;
const std::string small = root + "/configs/small.toml";

bool have(const char* program) {
    if (run_program({"sh", "-c", std::string("command -v ") + program}).exit_code == 0)
        return true;
    const char* ci = std::getenv("CI");
    if (ci && std::string(ci) == "true")
        FAIL("no " << program);
    WARN("skipped: no " << program);
    return false;
}

/// Runs the program in the background while `body` talks to it at a Unix socket.
template <class Body>
program_result beside(const std::string& folder, std::vector<std::string> arguments,
                      const std::string& option, Body body) {
    const std::string where = "unix:" + folder + "/socket";
    arguments.insert(arguments.end(), {option, where});
    program_result result;
    std::thread simulation([&] { result = ocellus_program(arguments); });
    for (int k = 0; k < 500 && !fs::exists(folder + "/socket"); ++k)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    body(where, folder + "/socket");
    simulation.join();
    return result;
}

program_result gdb(const std::string& commands, const std::string& folder,
                   const std::string& elf = root + "/firmware/prebuilt/app.elf") {
    write_bytes(folder + "/commands",
                "set pagination off\nset confirm off\nset width 0\n" + commands);
    return run_program(
        {"timeout", "60", "gdb-multiarch", "-q", "-nx", "-batch", "-x", folder + "/commands", elf});
}

}  // namespace

TEST_CASE("a debugger looks at the sensor and changes nothing") {
    if (!have("gdb-multiarch"))
        return;
    const std::string folder = scratch_folder();
    const std::vector<std::string> run = {"run", small, "--frames", "2", "--quiet"};
    auto alone = run;
    alone.insert(alone.end(), {"--out", folder + "/alone"});
    REQUIRE(ocellus_program(alone).exit_code == 0);
    auto watched = run;
    watched.insert(watched.end(), {"--out", folder + "/watched"});
    program_result seen;
    const auto r =
        beside(folder, watched, "--gdb", [&](const std::string&, const std::string& path) {
            seen = gdb("target remote " + path + R"(
info registers pc
break main
continue
info registers mtvec
p/x $misa
stepi
x/1xw 0x40007000
p/x *(unsigned *)0x04000000
p/x *(unsigned short *)0x10004000
watch *(unsigned *)0x4000301c
continue
info registers pc
delete
rwatch *(unsigned *)0x40002008
continue
delete
monitor regs system
monitor stats cpu.instructions
monitor time
monitor nonsense
monitor frame 1
continue
monitor stats frames.*
hbreak postprocess
continue
backtrace 1
delete
detach
)",
                       folder);
        });
    INFO(seen.out << seen.err);
    INFO(r.err);
    CHECK(r.exit_code == 0);
    for (const char* text :
         {"pc             0x0", "Breakpoint 1", "<hal_trap_entry>", "0x40001104",
          "0x40007000:\t0x00000500", "Hardware watchpoint", "read watchpoint",
          "system.CHIP_ID 0x00000500", "cpu.instructions ", " cycles, ", "no command 'nonsense'",
          "frame 1 has started", "frames.delivered 1", "postprocess", "detached"})
        CHECK((contains(seen.out + seen.err, text) ? "" : text) == std::string());
    for (const char* name : {"stats.json", "metadata.jsonl", "registers.json", "frame_0001.raw10",
                             "output_0001_0.bin"})
        CHECK(file_bytes(folder + "/alone/" + name) == file_bytes(folder + "/watched/" + name));
}

TEST_CASE("a debugger comes back, resets and kills") {
    if (!have("gdb-multiarch"))
        return;
    const std::string folder = scratch_folder();
    program_result first, second;
    const auto r = beside(
        folder, {"run", small, "--frames", "3", "--quiet", "--timing-only"}, "--gdb",
        [&](const std::string&, const std::string& path) {
            first =
                gdb("target remote " + path + "\nbreak on_frame\ncontinue\ndisconnect\n", folder);
            second = gdb("target remote " + path +
                             "\nbacktrace 1\ndelete\nmonitor reset\nflushregs\ninfo registers pc\n"
                             "break main\ncontinue\np/x *(unsigned *)0x40007010\nkill\n",
                         folder);
        });
    INFO(first.out << first.err << second.out << second.err << r.err);
    CHECK(contains(first.out, "on_frame"));
    CHECK(contains(second.out, "on_frame"));  // it stood still meanwhile
    CHECK(contains(second.out, "pc             0x0"));
    CHECK(contains(second.out, "$1 = 0x3"));  // BOOT_REASON: a debugger
    CHECK(r.exit_code == 0);
}

TEST_CASE("the Python test bench shows what its page says") {
    if (!have("python3"))
        return;
    const auto r =
        run_program({"timeout", "60", "python3", root + "/examples/test_bench_python/bench.py",
                     program_path, small});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    const auto golden = file_bytes(root + "/examples/test_bench_python/golden.log");
    CHECK(r.out.substr(0, golden.size()) == golden);
}

TEST_CASE("firmware built natively plays the control CPU") {
    if (!have("cc"))
        return;
    const std::string folder = scratch_folder();
    const auto built = run_program(
        {"cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I" + root + "/clients/c",
         "-I" + root + "/firmware/include", "-I" + root + "/firmware/app", "-o", folder + "/native",
         root + "/examples/native_firmware/main.c", root + "/clients/c/ocellus_control.c",
         root + "/firmware/app/postprocess.c", root + "/firmware/app/metadata.c", "-lm"});
    INFO(built.err);
    REQUIRE(built.exit_code == 0);
    program_result native;
    const auto r =
        beside(folder, {"run", small, "--firmware", "none", "--quiet", "--out", folder + "/out"},
               "--control", [&](const std::string& where, const std::string&) {
                   native = run_program({"timeout", "60", folder + "/native", where});
               });
    INFO(native.err << r.err);
    CHECK(native.exit_code == 0);
    CHECK(native.out == file_bytes(root + "/examples/native_firmware/golden.log"));
    CHECK(r.exit_code == 0);
    // The tensor and the outputs are those that the firmware on the CPU makes.
    REQUIRE(ocellus_program({"run", small, "--quiet", "--out", folder + "/cpu"}).exit_code == 0);
    for (const char* name : {"tensor_0000.bin", "output_0000_0.bin", "output_0000_1.bin"})
        CHECK(file_bytes(folder + "/out/" + name) == file_bytes(folder + "/cpu/" + name));
    const auto record = nlohmann::json::parse(file_bytes(folder + "/out/metadata.jsonl"));
    const auto of_cpu = nlohmann::json::parse(file_bytes(folder + "/cpu/metadata.jsonl"));
    CHECK(record["inference"] == "delivered");
    CHECK(record["detections"].size() == 6);
    CHECK(record["detections"] == of_cpu["detections"]);
    CHECK(record["inference_cycles"] == of_cpu["inference_cycles"]);
}

TEST_CASE("a test bench that goes away ends the run, and one that only looks changes nothing") {
    if (!have("python3"))
        return;
    const std::string folder = scratch_folder();
    write_bytes(folder + "/look.py", R"(
import sys
sys.path.insert(0, sys.argv[1])
from ocellus_control import ControlError, Simulation
chip = Simulation.connect(sys.argv[2], deadline=20)
chip.run_until_frame(1, limit='200ms')
assert chip.peek(0x40007000, 4) == bytes([0, 5, 0, 0])
chip.statistics(); chip.interrupts(); chip.tensor()
for i in range(20):
    chip.run_for('700us')
try:
    chip.wait_irq('watchdog', limit='30ms')
    assert False
except ControlError as e:
    assert e.code == 'limit', e
assert chip.statistics('frames.delivered') == {'frames.delivered': 2}
chip.request('quit') if sys.argv[3] == 'quit' else None
)");
    for (const char* how : {"quit", "vanish"}) {
        const std::string out = folder + "/" + how;
        program_result bench;
        fs::remove(folder + "/socket");
        const auto r = beside(folder, {"run", small, "--frames", "2", "--quiet", "--out", out},
                              "--control", [&](const std::string& where, const std::string&) {
                                  bench =
                                      run_program({"timeout", "60", "python3", folder + "/look.py",
                                                   root + "/clients/python", where, how});
                              });
        INFO(bench.err << r.err);
        CHECK(bench.exit_code == 0);
        CHECK(r.exit_code == 0);
    }
    REQUIRE(ocellus_program({"run", small, "--frames", "2", "--quiet", "--out", folder + "/alone"})
                .exit_code == 0);
    for (const char* name : {"metadata.jsonl", "registers.json", "frame_0001.raw10"})
        CHECK(file_bytes(folder + "/alone/" + name) == file_bytes(folder + "/quit/" + name));
}
