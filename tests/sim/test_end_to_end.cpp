// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../test_data.h"
#include "core/files.h"
#include "core/image_io.h"
#include "program.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string configs = std::string(source_folder) + "/configs/";
const std::string small = configs + "small.toml";

program_result run_into(const std::string& out, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    arguments.push_back("--out");
    arguments.push_back(out);
    return ocellus_program(arguments);
}

json statistics_of(const std::string& folder) {
    return json::parse(file_bytes(folder + "/stats.json")).at("statistics");
}

double statistic(const json& all, const std::string& name) {
    return all.at(name).at("value").get<double>();
}

std::vector<json> lines_of(const std::string& path) {
    std::vector<json> out;
    std::istringstream in(file_bytes(path));
    for (std::string line; std::getline(in, line);)
        out.push_back(json::parse(line));
    return out;
}

double overlap(const json& a, const json& b) {
    const double w = std::min(a[2].get<double>(), b[2].get<double>()) -
                     std::max(a[0].get<double>(), b[0].get<double>());
    const double h = std::min(a[3].get<double>(), b[3].get<double>()) -
                     std::max(a[1].get<double>(), b[1].get<double>());
    if (w <= 0 || h <= 0)
        return 0;
    const auto area = [](const json& r) {
        return (r[2].get<double>() - r[0].get<double>()) *
               (r[3].get<double>() - r[1].get<double>());
    };
    return w * h / (area(a) + area(b) - w * h);
}

/// Every file of a folder with its bytes, the manifest's wall time taken out.
std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const auto& f : fs::recursive_directory_iterator(folder)) {
        if (!f.is_regular_file())
            continue;
        auto bytes = file_bytes(f.path().string());
        if (f.path().filename() == "manifest.json") {
            auto j = json::parse(bytes);
            j.erase("wall_time_s");
            bytes = j.dump();
        }
        all[fs::relative(f.path(), folder).string()] = bytes;
    }
    return all;
}

std::string small_png(const std::string& folder) {
    ocellus::rgb8_image picture(320, 240);
    for (unsigned y = 0; y < 240; ++y)
        for (unsigned x = 0; x < 320; ++x) {
            picture.row(y)[3 * x] = static_cast<std::uint8_t>(x * 255 / 319);
            picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(y);
            picture.row(y)[3 * x + 2] = 128;
        }
    const std::string path = folder + "/picture.png";
    write_bytes(path, ocellus::encode_png_rgb8(picture));
    return path;
}

}  // namespace

TEST_CASE("a run leaves everything it promises") {
    const std::string out = scratch_folder() + "/out";
    const auto r = run_into(out, {small, "--frames", "2"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    for (const char* name :
         {"frame_0001.png", "frame_0001.raw10", "preview_0001.png", "tensor_0001.png",
          "tensor_0001.bin", "output_0001_0.bin", "metadata.jsonl", "truth.jsonl", "stats.json",
          "config.toml", "manifest.json"})
        CHECK(fs::exists(out + "/" + name));
    CHECK(file_bytes(out + "/frame_0001.raw10").size() == 676u * 506 * 10 / 8);
    const auto s = statistics_of(out);
    CHECK(statistic(s, "host.images") == 2);
    CHECK(statistic(s, "host.compared_images") == 2);
    CHECK(statistic(s, "host.image_mismatches") == 0);
    CHECK(statistic(s, "host.crc_errors") == 0);
    CHECK(statistic(s, "host.metadata_records") == 2);
    CHECK(lines_of(out + "/metadata.jsonl").size() == 2);
    const auto manifest = json::parse(file_bytes(out + "/manifest.json"));
    CHECK(manifest.at("seed") == 1);
    CHECK(manifest.at("inputs").size() == 4);
    for (const char* word : {"frame period", "readout", "inference", "slack", "frames dropped",
                             "left the chip", "SRAM peak", "simulated", "wall"})
        CHECK(contains(r.out, word));
    // The picture that was received is the packed bytes, sample for sample.
    const auto packed = file_bytes(out + "/frame_0001.raw10");
    const auto picture = ocellus::load_image(out + "/frame_0001.png");
    CHECK(picture.width == 676);
    CHECK(picture.height == 506);
}

TEST_CASE("the default scene's parcels are found in the metadata at full resolution") {
    const std::string out = scratch_folder() + "/out";
    const auto r = run_into(out, {configs + "imx500.toml", "--frames", "2"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto found = lines_of(out + "/metadata.jsonl");
    const auto truth = lines_of(out + "/truth.jsonl");
    REQUIRE(found.size() == 2);
    int parcels = 0, hits = 0;
    for (std::size_t n = 0; n < 2; ++n)
        for (const auto& p : truth[n].at("parcels")) {
            if (p.at("visible").get<double>() < 0.5)
                continue;
            ++parcels;
            for (const auto& d : found[n].at("detections"))
                if (d.at("class") == p.at("class") && overlap(d.at("box"), p.at("box")) > 0.5) {
                    ++hits;
                    break;
                }
        }
    CHECK(parcels > 0);
    CHECK(hits == parcels);
    const auto s = statistics_of(out);
    CHECK(statistic(s, "host.image_mismatches") == 0);
    CHECK(statistic(s, "host.compared_images") == 2);
}

TEST_CASE("images, tensors and outputs are those that were recorded") {
    const std::string out = scratch_folder() + "/out";
    const auto r =
        run_into(out, {small, "--frames", "3", "--seed", "7", "--set", "output.save_frames=all"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    // Change them with the pictures' contents only: another draw of noise, another scene.
    const std::pair<const char*, const char*> recorded[] = {
        {"frame_0000.raw10", "1b9ca9ea21362afcb92eabd32cf9e736bf3a2b99a373f76dffb6e6eff4c5619f"},
        {"frame_0001.raw10", "2efdffa3496dbf39e141a88842dcf2d70cca6e885952f0433a16486053fdb9b7"},
        {"frame_0002.raw10", "65350b4403d546060f2c9383b0d049d58ae3cb5fad2dbde387207f30eceb6a1d"},
        {"tensor_0000.bin", "03145a98f46d6d19702f4f4586673710145b1d2e7df467bcc9060d72e8257ca1"},
        {"tensor_0001.bin", "9f1a996c076734359a5718574d063adf536c198fcc18b220a2dbe7eba97505dd"},
        {"tensor_0002.bin", "d6a6fcd85541cda405933fafdabd08f0d3aba001410139334cdd2df79765ae07"},
        {"output_0000_0.bin", "cba52f3aeb0b9f66184ecccd29b2c6b9d9098c12c0102dcb9b52ebf8c0b11a36"},
        {"output_0001_1.bin", "6354ea0d845e346ce9f733435e70e14b63d23373ed6b17bf3b58b6b1e622a4ac"},
        {"output_0002_0.bin", "e15c80388fa4730cb7b23f8e3f2e5b78b3f221859b23c3bb4d9e2922d0b47ea4"},
        {"output_0002_1.bin", "1b2a2ba112433b9e3781202fddac082557b4d6b9ca83c47d76856e2ec9953e76"},
    };
    for (const auto& [name, hash] : recorded) {
        INFO(name);
        CHECK(ocellus::sha256_hex(file_bytes(out + "/" + name)) == hash);
    }
}

TEST_CASE("the public modes have their published rates") {
    const auto full = ocellus_program({"run", configs + "imx500.toml", "--timing-only"});
    CHECK(full.exit_code == 0);
    CHECK(contains(full.out, "9.9986 fps"));
    CHECK(contains(full.out, "73.140 ms"));
    const auto binned = ocellus_program({"run", configs + "imx500-2x2.toml", "--timing-only"});
    CHECK(contains(binned.out, "30.0212 fps"));
    CHECK(contains(binned.out, "19.200 ms"));
    CHECK(contains(binned.out, "33.310 ms"));
    const std::string out = scratch_folder() + "/out";
    CHECK(run_into(out, {configs + "imx500-full-speed.toml", "--timing-only"}).exit_code == 0);
    CHECK(statistic(statistics_of(out), "pixel_array.active_readout") ==
          Approx(16.52e-3).epsilon(0.01));
    CHECK(statistic(statistics_of(out), "csi2.lines_lost") == 0);
}

TEST_CASE("the packaged part has the numbers of the bare die") {
    const auto bare = ocellus_program({"params", "sensor.*"});
    const std::string a = scratch_folder() + "/a", b = scratch_folder() + "/b";
    CHECK(run_into(a, {configs + "imx500.toml", "--timing-only"}).exit_code == 0);
    CHECK(run_into(b, {configs + "imx501.toml", "--timing-only"}).exit_code == 0);
    CHECK(file_bytes(a + "/stats.json") == file_bytes(b + "/stats.json"));
}

TEST_CASE("files do not depend on threads, folder, locale or instruction set of the day") {
    const std::string base = scratch_folder();
    fs::create_directories(base + "/deeper/folder");
    const auto run = [&](const char* threads, const std::string& folder, const std::string& out) {
        const auto r = ocellus_program({"run", small, "--frames", "3", "--seed", "5", "--threads",
                                        threads, "--out", out, "--set", "output.save_frames=all"},
                                       folder);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
    };
    run("1", base, base + "/one");
    run("2", base + "/deeper/folder", "two");
    run("8", base, base + "/eight");
    const auto one = contents(base + "/one");
    CHECK(one.size() > 15);
    CHECK(one == contents(base + "/deeper/folder/two"));
    CHECK(one == contents(base + "/eight"));
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    run("2", base, base + "/german");
    CHECK(one == contents(base + "/german"));
    const auto other = ocellus_program({"run", small, "--frames", "3", "--seed", "6", "--out",
                                        base + "/other", "--set", "output.save_frames=all"});
    CHECK(contents(base + "/other").at("frame_0000.raw10") != one.at("frame_0000.raw10"));
}

TEST_CASE("timing only gives the times of the full run") {
    const std::string base = scratch_folder();
    REQUIRE(run_into(base + "/full", {small, "--frames", "3"}).exit_code == 0);
    REQUIRE(run_into(base + "/timing", {small, "--frames", "3", "--timing-only"}).exit_code == 0);
    const auto full = statistics_of(base + "/full"), timing = statistics_of(base + "/timing");
    for (const char* name :
         {"npu.cycles", "npu.cycles.stall", "npu.memory.read", "npu.memory.write",
          "isp.busy_cycles", "isp.tensor_bytes", "csi2.wire_busy", "egress.total.bytes",
          "frames.delivered", "pixel_array.frame_time"})
        CHECK(statistic(full, name) == statistic(timing, name));
    // What is left is software: with no tensor there is nothing to find in it.
    CHECK(statistic(timing, "cpu.instructions") < statistic(full, "cpu.instructions"));
    CHECK(statistic(timing, "run.latency_max") ==
          Approx(statistic(full, "run.latency_max")).epsilon(0.1));
}

TEST_CASE("every transaction of a run keeps its contract") {
    const std::string base = scratch_folder();
    for (const char* image : {"output.image=raw", "output.image=isp"}) {
        const std::string out = base + "/" + image;
        const auto r = run_into(out, {small, "--frames", "3", "--set", image, "--set",
                                      "csi2.lanes=4", "--set", "run.check_protocol=true"});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const auto s = statistics_of(out);
        CHECK(statistic(s, "run.protocol_violations") == 0);
        // Three frames of 506 rows on four row connections, their packets, and the bursts.
        CHECK(statistic(s, "run.checked_transactions") > 3 * 506 * 5);
    }
    // Watching changes nothing but its own count.
    REQUIRE(
        run_into(base + "/without", {small, "--frames", "3", "--set", "csi2.lanes=4"}).exit_code ==
        0);
    CHECK(file_bytes(base + "/without/metadata.jsonl") ==
          file_bytes(base + "/output.image=raw/metadata.jsonl"));
}

TEST_CASE("thirty frames of a photograph go through the full-resolution mode in one run") {
    const std::string base = scratch_folder();
    const auto r = run_into(base + "/out", {configs + "imx500.toml", "--scene", small_png(base),
                                            "--frames", "30", "--set", "output.save_frames=none"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(lines_of(base + "/out/metadata.jsonl").size() == 30);
    const auto s = statistics_of(base + "/out");
    CHECK(statistic(s, "host.compared_images") == 30);
    CHECK(statistic(s, "host.image_mismatches") == 0);
    CHECK(statistic(s, "host.crc_errors") == 0);
    CHECK(statistic(s, "host.metadata_records") == 30);
    CHECK(statistic(s, "frames.dropped") == 0);
}

TEST_CASE("a photograph can be the scene") {
    const std::string base = scratch_folder();
    const auto picture = small_png(base);
    REQUIRE(run_into(base + "/out", {small, "--scene", picture}).exit_code == 0);
    // The gradient of the picture is in the tensor: red grows to the right, green to the bottom.
    const auto t = ocellus::load_image(base + "/out/tensor_0000.png");
    const auto at = [&](unsigned x, unsigned y, unsigned c) { return int{t.row(y)[3 * x + c]}; };
    CHECK(at(t.width - 20, t.height / 2, 0) > at(20, t.height / 2, 0) + 60);
    CHECK(at(t.width / 2, t.height - 10, 1) > at(t.width / 2, 10, 1) + 60);
}

TEST_CASE("the picture of the ISP can leave instead of raw samples, or nothing") {
    const std::string base = scratch_folder();
    REQUIRE(run_into(base + "/isp", {small, "--set", "output.image=isp", "--set", "csi2.lanes=4"})
                .exit_code == 0);
    auto s = statistics_of(base + "/isp");
    CHECK(statistic(s, "host.image_mismatches") == 0);
    CHECK(statistic(s, "host.compared_images") == 1);
    REQUIRE(run_into(base + "/none", {small, "--set", "output.image=none"}).exit_code == 0);
    s = statistics_of(base + "/none");
    CHECK(statistic(s, "host.images") == 0);
    CHECK(statistic(s, "egress.csi2.pixel_bytes") == 0);
    CHECK(statistic(s, "egress.csi2.metadata_bytes") > 0);
    CHECK(lines_of(base + "/none/metadata.jsonl").at(0).at("detections").size() > 0);
}

TEST_CASE("a link that is too slow loses lines, visibly") {
    const std::string out = scratch_folder() + "/out";
    const auto r = run_into(out, {small, "--timing-only", "--set", "csi2.lane_rate=100 Mb/s"});
    CHECK(r.exit_code == 0);
    CHECK(contains(r.err, "warning"));
    CHECK(statistic(statistics_of(out), "csi2.lines_lost") > 100);
}

TEST_CASE("a die link that is too slow loses rows and with them tensors, visibly") {
    const std::string out = scratch_folder() + "/out";
    const auto r = run_into(out, {small, "--frames", "3", "--set", "die_link.lanes=1", "--set",
                                  "die_link.lane_rate=300 Mb/s"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.err, "the die link needs"));
    const auto s = statistics_of(out);
    CHECK(statistic(s, "die_link.rows_lost") > 300);
    CHECK(lines_of(out + "/metadata.jsonl").size() == 3);
    CHECK(statistic(s, "frames.delivered") + statistic(s, "frames.lost") +
              statistic(s, "frames.dropped") ==
          3);
}

TEST_CASE("inference longer than a frame drops frames by policy") {
    const std::string base = scratch_folder();
    const std::vector<std::string> slow = {
        small,   "--frames",        "10",           "--set", "npu.organisation=h1",
        "--set", "npu.clock=2 MHz", "--timing-only"};
    auto oldest = slow;
    oldest.insert(oldest.end(), {"--set", "firmware.late_policy=drop_oldest"});
    REQUIRE(run_into(base + "/new", slow).exit_code == 0);
    REQUIRE(run_into(base + "/old", oldest).exit_code == 0);
    for (const char* folder : {"/new", "/old"}) {
        const auto s = statistics_of(base + folder);
        CHECK(statistic(s, "frames.dropped") > 0);
        CHECK(statistic(s, "frames.dropped") + statistic(s, "frames.delivered") == 10);
    }
    const auto delivered = [&](const char* folder) {
        std::vector<int> frames;
        for (const auto& l : lines_of(base + folder + "/metadata.jsonl"))
            if (l.at("inference") == "delivered")
                frames.push_back(l.at("frame"));
        return frames;
    };
    CHECK(delivered("/new").at(0) == 0);
    CHECK(delivered("/new").at(1) == 1);   // the second slot was filled while frame 0 ran
    CHECK(delivered("/old").back() == 9);  // the newest frame is always looked at
}

TEST_CASE("an injected tensor gives the golden output bytes") {
    if (!have_test_data())
        return;
    for (const char* input : {"cat", "grace_hopper"}) {
        const std::string out = scratch_folder() + "/out";
        const std::string golden = test_data(std::string("golden/mlperf_vww_96_int8/") + input);
        const auto r =
            run_into(out, {small, "--network", test_data("nets/tflite/mlperf_vww_96_int8.tflite"),
                           "--inject-tensor", golden + "/in.bin"});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        CHECK(file_bytes(out + "/output_0000_0.bin") == file_bytes(golden + "/out0_tflm.bin"));
        CHECK(file_bytes(out + "/tensor_0000.bin") == file_bytes(golden + "/in.bin"));
    }
}

TEST_CASE("every mistake in the configuration is reported at once and nothing is simulated") {
    const std::string base = scratch_folder();
    write_bytes(base + "/bad.toml",
                "[adc]\nbit = 10\n\n[npu]\nclock = \"262.5 mm\"\n\n[sram]\nbanks = 100000\n");
    const auto r = run_into(base + "/out", {base + "/bad.toml"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "bad.toml:2:1"));
    CHECK(contains(r.err, "adc.bits"));
    CHECK(contains(r.err, "bad.toml:5"));
    CHECK(contains(r.err, "Hz"));
    CHECK(contains(r.err, "bad.toml:8"));
    CHECK(contains(r.err, "3 errors"));
    CHECK(r.out.empty());
    CHECK_FALSE(fs::exists(base + "/out"));
    const auto set = ocellus_program({"run", "--set", "adc.bit=10", "--set", "npu.clock=5"});
    CHECK(set.exit_code == 2);
    CHECK(contains(set.err, "adc.bits"));
    CHECK(contains(set.err, "2 errors"));
}

TEST_CASE("a mode that cannot work is refused with what would") {
    const auto r = ocellus_program({"run", configs + "imx500-full-speed.toml", "--set",
                                    "sensor.line_length=4548", "--set", "adc.banks=1"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "adc.count_clock"));
}

TEST_CASE("bad scenes end with a message") {
    const std::string base = scratch_folder();
    auto r = ocellus_program({"run", small, "--scene", base + "/missing.png"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "missing.png"));
    CHECK(contains(r.err, "No such file"));
    const auto good = file_bytes(small_png(base));
    write_bytes(base + "/cut.png", good.substr(0, good.size() / 2));
    r = ocellus_program({"run", small, "--scene", base + "/cut.png"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "cut.png"));
    write_bytes(base + "/text.jpg", "this is not a picture");
    r = ocellus_program({"run", small, "--scene", base + "/text.jpg"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "text.jpg"));
    r = ocellus_program({"run", small, "--scene", base});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "directory"));
}

TEST_CASE("networks that cannot run end with a message") {
    const std::string base = scratch_folder();
    write_bytes(base + "/noise.tflite", "TFL3 no");
    auto r = ocellus_program({"run", small, "--network", base + "/noise.tflite"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "noise.tflite"));
    r = ocellus_program(
        {"run", small, "--network", "builtin:mobilenet_v1_1.0_224", "--set", "sram.size=4 MiB"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "does not fit"));
    r = ocellus_program({"run", small, "--network", "builtin:parcel"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "builtin:parcels"));
}

TEST_CASE("output folders are refused before anything is simulated") {
    const std::string base = scratch_folder();
    fs::create_directory(base + "/full");
    write_bytes(base + "/full/precious.txt", "keep me");
    auto r = run_into(base + "/full", {small, "--timing-only"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "--force"));
    CHECK(file_bytes(base + "/full/precious.txt") == "keep me");
    CHECK(run_into(base + "/full", {small, "--timing-only", "--force"}).exit_code == 0);
    CHECK_FALSE(fs::exists(base + "/full/precious.txt"));
    CHECK(fs::exists(base + "/full/stats.json"));
    r = run_into("/proc/ocellus", {small, "--timing-only"});
    CHECK(r.exit_code == 7);
    CHECK(contains(r.err, "/proc"));
}

TEST_CASE("a full disk leaves nothing half-written") {
    if (!exceptions_after_simulation) {
        WARN("skipped under AddressSanitizer");
        return;
    }
    const std::string base = scratch_folder();
    if (mount("tmpfs", base.c_str(), "tmpfs", 0, "size=256k") != 0) {
        WARN("skipped: cannot mount a small file system here");
        return;
    }
    const auto r = run_into(base + "/out", {small});
    const bool left = !fs::is_empty(base);
    umount(base.c_str());
    CHECK(r.exit_code == 7);
    CHECK(contains(r.err, "No space left"));
    CHECK_FALSE(left);
}

TEST_CASE("a run that is stopped leaves nothing behind") {
    if (!exceptions_after_simulation) {
        WARN("skipped under AddressSanitizer");
        return;
    }
    const std::string base = scratch_folder();
    const auto r =
        run_program({"timeout", "--preserve-status", "-s", "TERM", "1", program_path, "run",
                     configs + "imx500.toml", "--frames", "10000", "--out", base + "/out"});
    CHECK(r.exit_code == 143);
    CHECK(contains(r.err, "stopped"));
    CHECK(fs::is_empty(base));
}

TEST_CASE("describe and params say what there is") {
    const auto map = ocellus_program({"describe", "--map"});
    CHECK(map.exit_code == 0);
    CHECK(contains(map.out, "0x04000000"));
    CHECK(contains(map.out, "INPUT_ADDRESS"));
    const auto modules = ocellus_program({"describe", "--modules"});
    CHECK(modules.exit_code == 0);
    for (const char* name :
         {"pixel_array", "column_adc", "die_link", "isp", "npu", "dma", "csi2", "interconnect",
          "sram", "cpu", "interrupt_controller", "uart", "rows_out"})
        CHECK(contains(modules.out, name));
    const auto params = ocellus_program({"params", "adc.*"});
    CHECK(params.exit_code == 0);
    CHECK(contains(params.out, "adc.bits"));
    CHECK_FALSE(contains(params.out, "npu.clock"));
    const auto all = json::parse(ocellus_program({"params", "--json"}).out);
    CHECK(all.size() > 0);
    CHECK(ocellus_program({"params", "adc.bitz"}).exit_code == 2);
}

TEST_CASE("the parameter reference is the program's own") {
    CHECK(ocellus_program({"params", "--markdown"}).out ==
          file_bytes(std::string(source_folder) + "/docs/parameters.md"));
}
