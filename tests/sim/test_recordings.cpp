// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Input traces and scripts: what enters a run, and whether it enters again.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "core/diagnostics.h"
#include "firmware_program.h"
#include "sim/recording.h"
#include "sim/script.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using namespace ocellus;
using ocellus::sim::script;
using ocellus::sim::script_names;

namespace {

const std::string root = source_folder;
const std::string small = root + "/configs/small.toml";

/// The program under the name of another verb: `ocellus run ...` becomes `ocellus record --to X
/// ...`.
std::string recording_program(const std::string& folder, const std::string& to) {
    const std::string path = folder + "/recording_ocellus";
    write_bytes(path, "#!/bin/sh\nshift\nexec '" + std::string(program_path) + "' record --to '" +
                          to + "' \"$@\"\n");
    chmod(path.c_str(), 0755);
    return path;
}

/// Replays somewhere else, alone with the file.
program_result replay_elsewhere(const std::string& file, std::vector<std::string> more = {}) {
    const std::string other = scratch_folder() + "/a rather longer path than the one before";
    fs::create_directories(other);
    fs::copy(file, other + "/x.itr");
    std::vector<std::string> all = {"replay", "x.itr", "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return ocellus_program(all, other);
}

script parse(const std::string& text, std::string& trouble) {
    diagnostics problems;
    const script_names names{{"npu.STATUS", "npu.CONTROL", "isp.STATUS"},
                             {"npu", "tensor"},
                             {"job_ended", "tensor_ready"}};
    auto s = sim::parse_script(text, "dir/x.script", names, problems);
    trouble = problems.has_errors() ? problems.render() : "";
    return s;
}

}  // namespace

TEST_CASE("a recording replays byte for byte, from another folder, with other threads") {
    const std::string folder = scratch_folder(), file = folder + "/x.itr", out = folder + "/out";
    auto r = ocellus_program({"record", "--to", file, small, "--frames", "2", "--quiet", "--out",
                              out, "--set", "output.save_frames=all", "--seed", "5"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    // What a recorded run leaves is what a plain one leaves.
    r = ocellus_program({"run", small, "--frames", "2", "--quiet", "--out", folder + "/plain",
                         "--set", "output.save_frames=all", "--seed", "5"});
    CHECK(sim::result_hashes(folder + "/plain") == sim::result_hashes(out));
    CHECK(sim::result_hashes(out).size() >= 15);
    r = replay_elsewhere(file, {"--threads", "1"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "as recorded"));
    // A knob that is turned shows.
    r = replay_elsewhere(file, {"--set", "noise.read_pixel=2 e-"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "differs: frame_0000.raw10"));
    // Another version's built-in network would be told of.
    auto other = sim::read_recording(file);
    CHECK(other.inputs.count("network") == 1);
    CHECK(other.inputs.count("firmware") == 1);
    other.inputs["network"] = std::string(64, '0');
    sim::write_recording(folder + "/other.itr", other);
    r = replay_elsewhere(folder + "/other.itr");
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "the network builtin:parcels is another than the recorded one"));
    // A written recording is the same recording.
    sim::write_recording(folder + "/again.itr", sim::read_recording(file));
    CHECK(file_bytes(folder + "/again.itr") == file_bytes(file));
}

TEST_CASE("a recording of one's own files needs them no more") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    const auto elf = stock_firmware(folder, 0);
    fs::copy(root + "/configs/networks/parcels.onnx", folder + "/net.onnx");
    write_bytes(folder + "/labels.txt", "one\ntwo\nthree\nfour\nfive\n");
    auto r = ocellus_program({"record", "--to", file, small, "--quiet", "--firmware", elf,
                              "--network", folder + "/net.onnx", "--timing-only"});
    INFO(r.err);
    REQUIRE(r.exit_code == 37);
    fs::remove(elf);
    fs::remove(folder + "/net.onnx");
    r = replay_elsewhere(file);
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "stock 20"));
}

TEST_CASE("what a test bench does enters again without it") {
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    auto r = run_program({"python3", root + "/examples/test_bench_python/bench.py",
                          recording_program(folder, file), small});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto recorded = sim::read_recording(file);
    CHECK(contains(recorded.script, "write 0x"));
    CHECK(contains(recorded.script, "at "));
    for (const char* threads : {"1", "2"}) {
        r = replay_elsewhere(file, {"--threads", threads});
        INFO(r.err);
        CHECK(r.exit_code == 0);
    }
    // With decoupled accesses or without: speed alone.
    r = replay_elsewhere(file, {"--set", "cpu.decoupled=false"});
    CHECK(contains(r.err, "differs: config.toml"));
    CHECK_FALSE(contains(r.err, "stats.json"));
    CHECK_FALSE(contains(r.err, "raw10"));
}

TEST_CASE("firmware built natively enters again without it") {
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    auto r = run_program(
        {"cc", "-o", folder + "/native", "-I" + root + "/clients/c",
         "-I" + root + "/firmware/include", "-I" + root + "/firmware/app",
         root + "/examples/native_firmware/main.c", root + "/clients/c/ocellus_control.c",
         root + "/firmware/app/postprocess.c", root + "/firmware/app/metadata.c", "-lm"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const std::string socket = "unix:" + folder + "/socket";
    program_result recorded;
    std::thread simulation([&] {
        recorded = ocellus_program(
            {"record", "--to", file, small, "--firmware", "none", "--quiet", "--control", socket});
    });
    for (int k = 0; k < 500 && !fs::exists(folder + "/socket"); ++k)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    r = run_program({folder + "/native", socket});
    simulation.join();
    INFO(r.err << recorded.err);
    CHECK(r.exit_code == 0);
    REQUIRE(recorded.exit_code == 0);
    r = replay_elsewhere(file);
    INFO(r.err);
    CHECK(r.exit_code == 0);
}

TEST_CASE("what is typed into the UART enters again at its time") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    const auto elf = faulty_firmware(folder, 12);
    // A terminal that types when the simulation has gone on for a while.
    const std::string terminal = folder + "/terminal.py";
    write_bytes(terminal,
                "import re, socket, subprocess, sys, time\n"
                "p = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)\n"
                "port = int(re.search(r':(\\d+)', p.stderr.readline()).group(1))\n"
                "s = socket.create_connection(('127.0.0.1', port))\n"
                "for text in (b'ab', b'c \\x01', b'q'):\n"
                "    time.sleep(0.05)\n"
                "    s.sendall(text)\n"
                "p.wait()\n"
                "sys.stderr.write(p.stderr.read())\n"
                "sys.exit(p.returncode)\n");
    auto r = run_program({"python3", terminal, program_path, "record", "--to", file, small,
                          "--firmware", elf, "--network", "none", "--timing-only", "--uart",
                          "tcp:0", "--set", "run.hang_time=0 s", "--wall-limit", "60 s"});
    INFO(r.err);
    REQUIRE(r.exit_code == 21);
    CHECK(contains(sim::read_recording(file).script, "uart \""));
    for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--threads", "1"}}) {
        r = replay_elsewhere(file, more);
        INFO(r.err);
        CHECK(r.exit_code == 0);
        CHECK(contains(r.out, "ABC \x01Q"));
    }
    // And by a script.
    write_bytes(folder + "/x.script", "config " + small + "\nfirmware " + elf +
                                          "\nnetwork none\ntiming-only\nrun 1 ms\nuart \"xyz\"\n"
                                          "run 2 ms\nexpect uart \"XYZ\"\nuart \"q\"\nfinish\n");
    r = ocellus_program({"replay", folder + "/x.script", "--quiet"});
    INFO(r.err);
    CHECK(r.exit_code == 21);
    CHECK(contains(r.out, "1 of 1 expectations met"));
}

TEST_CASE("recorded RAW frames go in where the pixels' would") {
    const std::string folder = scratch_folder();
    auto r = ocellus_program({"run", small, "--quiet", "--out", folder + "/a"});
    REQUIRE(r.exit_code == 0);
    r = ocellus_program({"run", small, "--quiet", "--out", folder + "/b", "--inject-raw",
                         folder + "/a/frame_0000.raw10", "--seed", "99"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    for (const char* name :
         {"/frame_0000.raw10", "/tensor_0000.bin", "/output_0000_0.bin", "/metadata.jsonl"})
        CHECK(file_bytes(folder + "/b" + name) == file_bytes(folder + "/a" + name));
    r = ocellus_program({"record", "--to", folder + "/x.itr", small, "--quiet", "--inject-raw",
                         folder + "/a/frame_0000.raw10"});
    REQUIRE(r.exit_code == 0);
    CHECK(replay_elsewhere(folder + "/x.itr").exit_code == 0);
    write_bytes(folder + "/short.raw10", "abc");
    r = ocellus_program({"run", small, "--inject-raw", folder + "/short.raw10"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "676x506 of packed RAW10 have 427570"));
}

// One byte of a recorded RAW frame is another: its row is known.
TEST_CASE("a turned byte of a recorded input leads to its frame, block and row") {
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    REQUIRE(ocellus_program({"run", small, "--quiet", "--out", folder + "/a"}).exit_code == 0);
    REQUIRE(ocellus_program({"record", "--to", file, small, "--quiet", "--inject-raw",
                             folder + "/a/frame_0000.raw10"})
                .exit_code == 0);
    const auto good = sim::read_recording(file);
    constexpr std::size_t row_bytes = 845, row = 123;
    auto bad = good;
    for (auto& f : bad.files)
        if (f.role == "raw")
            f.bytes[row * row_bytes + 77] = static_cast<char>(f.bytes[row * row_bytes + 77] ^ 0x10);
    sim::write_recording(folder + "/bad.itr", bad);
    auto r = ocellus_program({"replay", file, "--quiet", "--trace", folder + "/good.otr"});
    CHECK(r.exit_code == 0);
    r = ocellus_program({"replay", folder + "/bad.itr", "--quiet", "--trace", folder + "/bad.otr"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "differs: frame_0000.raw10"));
    r = ocellus_program({"diff", folder + "/good.otr", folder + "/bad.otr"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "raw                                  frame_0000.raw10 "));
    CHECK(contains(r.out, " in csi2\n  event image_line, frame 0: checksum: expected 0x"));
    // The event itself: the row that holds the byte.
    CHECK(contains(r.out, "row=123 "));
    const auto first = r.out.find("\n  - ");
    REQUIRE(first != std::string::npos);
    CHECK(contains(r.out.substr(first, r.out.find('\n', first + 1) - first), "row=123 "));
}

TEST_CASE("damaged recordings are refused, whatever is damaged") {
    const std::string folder = scratch_folder(), file = folder + "/x.itr";
    REQUIRE(ocellus_program(
                {"record", "--to", file, small, "--timing-only", "--network", "none", "--quiet"})
                .exit_code == 0);
    const std::string good = file_bytes(file);
    const auto refused = [&](const std::string& bytes) {
        write_bytes(folder + "/bad.itr", bytes);
        try {
            sim::read_recording(folder + "/bad.itr");
        } catch (const input_error& e) {
            return e.code() == exit_code::usage && contains(e.what(), "bad.itr: ");
        }
        return false;
    };
    for (std::size_t n = 0; n < good.size(); n += 1 + n / 50) {
        CHECK(refused(good.substr(0, n)));
        std::string turned = good;
        turned[n] = static_cast<char>(turned[n] ^ 4);
        CHECK(refused(turned));
    }
    auto r = sim::read_recording(file);
    r.files[0].name = "../escape";
    sim::write_recording(file, r);
    CHECK(refused(file_bytes(file)));
    CHECK(ocellus_program({"replay", file}).exit_code == 2);
    CHECK(ocellus_program({"replay", folder + "/none.itr"}).exit_code == 2);
    CHECK(ocellus_program({"record", small}).exit_code == 2);
    CHECK(
        ocellus_program({"record", "--to", folder + "/no/x.itr", small, "--timing-only", "--quiet"})
            .exit_code == 7);
}

TEST_CASE("a script's words are read, or refused all at once with their places") {
    std::string trouble;
    const auto s = parse(
        "# settings\n"
        "config a.toml\n"
        "set npu.clock = 400 MHz\n"
        "frames 3\n"
        "write npu.control 0x1\n"
        "wait irq npu_done < 2 ms\n"
        "wait event job_ended x 2 < 1s\n"
        "expect npu.STATUS & 1 == 1\n"
        "expect cycles npu.job in 18200..18400\n"
        "expect npu.jobs in 3\n"
        "expect uart \"a b\\n\"\n"
        "crc output 1 0xdeadbeef\n"
        "frame pictures/a b.png\n"
        "at 1.5 ms\n"
        "poke 0x10000000 00ff\n"
        "uart \"x\\x1b\"\n",
        trouble);
    CHECK(trouble.empty());
    CHECK(s.config_file == "dir/a.toml");
    CHECK(s.settings == std::vector<std::string>{"npu.clock = 400 MHz"});
    REQUIRE(s.commands.size() == 12);
    CHECK(s.commands[0].name == "npu.CONTROL");
    CHECK(s.commands[0].number == 1);
    CHECK(s.commands[1].name == "npu");
    CHECK(s.commands[1].limit == 2000000);
    CHECK(s.commands[2].count == 2);
    CHECK(s.commands[3].mask == 1);
    CHECK(s.commands[4].low == 18200);
    CHECK(s.commands[5].high == 3);
    CHECK(s.commands[6].text == "a b\n");
    CHECK(s.commands[7].index == 1);
    CHECK(s.commands[8].text == "dir/pictures/a b.png");
    CHECK(s.commands[9].time == 1500000000);
    CHECK(s.commands[10].text == std::string("\0\xff", 2));
    CHECK(s.commands[11].text == "x\x1b");

    parse(
        "wirte npu.CONTROL 1\n"
        "write npu.STATSU 1\n"
        "write npu.CONTROL 0x1ffffffff\n"
        "wait irq gpu\n"
        "expect npu.STATUS ~ 1\n"
        "expect cycles npu.job in 9..1\n"
        "crc picture 1\n"
        "run soon\n"
        "uart \"no end\n"
        "reset now\n"
        "frames 2\n",
        trouble);
    for (const char* part :
         {"dir/x.script:1:1: error: unknown command 'wirte'", "did you mean write?",
          "dir/x.script:2:7: error: there is no register 'npu.STATSU'", "did you mean npu.STATUS?",
          "x.script:3:19:", "there is no interrupt 'gpu'",
          "x.script:5:19:", "the range ends before it begins", "no checksum of 'picture'",
          "'soon' is no time", "a text without an end", "x.script:10:7: error: unexpected word",
          "'frames' comes too late", "11 errors"})
        CHECK(contains(trouble, part));
}

TEST_CASE("a script drives the sensor and says what is not as expected") {
    const std::string folder = scratch_folder(), file = folder + "/x.script";
    const std::string head = "config " + small + "\nframes 2\n";
    const auto play = [&](const std::string& text) {
        write_bytes(file, head + text);
        return ocellus_program({"replay", file, "--quiet"});
    };
    auto r = play(
        "wait frame 0 < 100 ms\n"
        "expect pixel_array.FRAME_COUNT == 1\n"
        "write pixel_array.EXPOSURE 777\n"
        "expect pixel_array.EXPOSURE == 777\n"
        "wait irq npu_done < 40 ms\n"
        "expect npu.STATUS & 0x1 >= 0\n"
        "expect cycles npu.job in 1..10000000\n"
        "expect uart \"ocellus\"\n"
        "wait event message_sent < 20 ms\n"
        "expect frames.delivered in 1\n"
        "finish\n");
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "9 of 9 expectations met"));
    r = play(
        "wait frame 0\n"
        "expect pixel_array.FRAME_COUNT == 2\n"
        "expect npu.jobs in 5..6\n"
        "crc tensor 0x0\n"
        "expect npu.jbos in 5..6\n"
        "wait irq npu < 1 us\n"
        "expect npu.jobs in 0\n");
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "x.script:4: expected pixel_array.FRAME_COUNT == 2, is 1 (0x1)"));
    CHECK(contains(r.err, "x.script:5: expected npu.jobs in 5..6, is 0"));
    CHECK(contains(r.err, "x.script:6: there is no tensor yet"));
    CHECK(contains(r.err, "x.script:7: there is no statistic 'npu.jbos'; did you mean npu.jobs?"));
    CHECK(contains(r.err, "x.script:8: interrupt npu did not come within 0.001 ms"));
    CHECK_FALSE(contains(r.err, "x.script:9"));  // what follows a missed wait is not done
    r = play("write npu.ERROR_CODE 1\n");
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "npu.ERROR_CODE: read-only"));
    r = play("write npu.ERROR_COED 1\nwait irq npo\n");
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "2 errors"));
    r = play("wait event stream_stopped < 1s\nwait event frame_started < 1 s\n");
    CHECK(r.exit_code == 1);
}
