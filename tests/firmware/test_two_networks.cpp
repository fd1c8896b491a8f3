// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../sim/program.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "dsp/npu/generated_networks.h"
#include "sim/embedded.h"
#include "tests/test_paths.h"

/// The whole sensor with two resident networks, with an update while it streams, and with an
/// inference that is longer than a frame.

namespace {

using nlohmann::json;
using ocellus::dsp::network;
using bytes = std::vector<std::uint8_t>;

const std::string configs = std::string(source_folder) + "/configs/";

struct outcome {
    std::string folder, table;
    std::vector<json> frames;
    json statistics;
    double value(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
};

program_result start(const std::string& config, int frames,
                     const std::vector<std::string>& settings, const std::string& out,
                     const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments = {
        "run", configs + config, "--frames", std::to_string(frames), "--out", out};
    arguments.insert(arguments.end(), options.begin(), options.end());
    for (const auto& s : settings) {
        arguments.push_back("--set");
        arguments.push_back(s);
    }
    return ocellus_program(arguments);
}

outcome run_sensor(const std::string& config, int frames, std::vector<std::string> settings) {
    outcome o;
    o.folder = scratch_folder() + "/out";
    settings.push_back("output.save_frames=all");
    const auto result = start(config, frames, settings, o.folder);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    o.table = result.out;
    std::istringstream lines(file_bytes(o.folder + "/metadata.jsonl"));
    for (std::string line; std::getline(lines, line);)
        o.frames.push_back(json::parse(line));
    o.statistics = json::parse(file_bytes(o.folder + "/stats.json")).at("statistics");
    return o;
}

bytes file_of(const outcome& o, const std::string& name) {
    const std::string text = file_bytes(o.folder + "/" + name);
    return {text.begin(), text.end()};
}

const network& network_called(const std::string& name) {
    static const network parcels =
        ocellus::dsp::read_network_bytes(ocellus::sim::embedded_network(), "builtin:parcels");
    static const network mobilenet = ocellus::dsp::generate_mobilenet_v1(1.0, 224, 1);
    return name == parcels.name ? parcels : mobilenet;
}

/// What left the chip for a frame is what the network that the metadata names makes of the tensor
/// that was made of this frame.
void check_whole(const outcome& o, std::size_t frame) {
    const network& net = network_called(o.frames[frame].at("network"));
    INFO("frame " << frame << ", " << net.name);
    const bytes tensor = file_of(o, fmt::format("tensor_{:04}.bin", frame));
    REQUIRE(tensor.size() == net.input().bytes());
    const auto truth = ocellus::dsp::run(net, {tensor});
    for (std::size_t i = 0; i < truth.size(); ++i)
        CHECK(file_of(o, fmt::format("output_{:04}_{}.bin", frame, i)) == truth[i]);
}

}  // namespace

TEST_CASE("two networks take turns by the schedule, each frame whole") {
    const auto o = run_sensor("two-networks.toml", 6, {});
    REQUIRE(o.frames.size() == 6);
    for (std::size_t n = 0; n < 6; ++n) {
        CHECK(o.frames[n].at("inference") == "delivered");
        const bool second = n % 3 == 2;
        CHECK((o.frames[n].at("network") == network_called("").name) == second);
        CHECK(o.frames[n].contains(second ? "classes" : "detections"));
        check_whole(o, n);
    }
    CHECK(o.value("npu.switches") == 3);
    CHECK(o.value("npu.cycles.switch") == 3 * 1744);
    CHECK(contains(o.table, "network switches"));
    // Without data the same frames go to the same networks, at the same times.
    const std::string timed = scratch_folder() + "/timing-only";
    REQUIRE(start("two-networks.toml", 6, {}, timed, {"--timing-only"}).exit_code == 0);
    std::istringstream lines(file_bytes(timed + "/metadata.jsonl"));
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line); ++n)
        CHECK(json::parse(line).at("network") == o.frames.at(n).at("network"));
    CHECK(n == 6);
    CHECK(json::parse(file_bytes(timed + "/stats.json")).at("statistics").at("npu.cycles") ==
          o.statistics.at("npu.cycles"));
    const auto dear = run_sensor("two-networks.toml", 6, {"npu.switch_cycles=101744"});
    CHECK(dear.value("npu.cycles") - o.value("npu.cycles") >= 300000);
    CHECK(dear.value("npu.cycles.fixed") == o.value("npu.cycles.fixed") + 300000);
}

TEST_CASE("a network is replaced while the sensor streams and no frame is lost") {
    constexpr int frames = 9;
    const auto o = run_sensor("small.toml", frames,
                              {"network.second=builtin:mobilenet_v1_1.0_224",
                               "network.upload_frame=2", "network.upload_rate=1 Gb/s"});
    REQUIRE(o.frames.size() == frames);
    CHECK(o.value("host.images") == frames);
    CHECK(o.value("frames.delivered") == frames);
    CHECK(o.value("npu.errors") == 0);
    CHECK(o.value("npu.switches") == 1);
    const std::string after = network_called("").name;
    std::size_t first = 0;
    while (first < frames && o.frames[first].at("network") != after)
        ++first;
    // 4.26 MB take 34 ms, two frames and a part; the frame that is being exposed then is the last.
    CHECK(first >= 5);
    REQUIRE(first < frames);
    for (std::size_t n = 0; n < frames; ++n) {
        CHECK((o.frames[n].at("network") == after) == (n >= first));
        check_whole(o, n);
    }
}

TEST_CASE("an inference longer than a frame stays with the frame whose pixels it saw") {
    const std::string policy = GENERATE("drop_new", "drop_oldest");
    const auto slow =
        run_sensor("small.toml", 8,
                   {"npu.clock=2MHz", "npu.organisation=h1", "firmware.late_policy=" + policy});
    const auto fast = run_sensor("small.toml", 8, {});
    CHECK(fast.value("frames.delivered") == 8);
    CHECK(slow.value("host.images") == 8);
    CHECK(slow.value("frames.delivered") == 4);
    CHECK(slow.value("frames.dropped") == 4);
    int delivered = 0;
    for (std::size_t n = 0; n < 8; ++n) {
        CHECK(slow.frames[n].at("frame") == n);
        if (slow.frames[n].at("inference") != "delivered")
            continue;
        ++delivered;
        const auto& t = slow.frames[n].at("time_ns");
        CHECK(t.at("inference_end").get<double>() - t.at("inference_start").get<double>() > 2e7);
        CHECK(t.at("frame_start") == fast.frames[n].at("time_ns").at("frame_start"));
        for (const std::string& name :
             {fmt::format("tensor_{:04}.bin", n), fmt::format("output_{:04}_0.bin", n)})
            CHECK(file_of(slow, name) == file_of(fast, name));
        CHECK(slow.frames[n].at("detections") == fast.frames[n].at("detections"));
    }
    CHECK(delivered == 4);
    // Frames differ, so that a wrong pairing would show.
    CHECK(file_of(fast, "tensor_0000.bin") != file_of(fast, "tensor_0001.bin"));
}

TEST_CASE("networks that do not fit together are refused with what to try") {
    const auto r = start("small.toml", 1,
                         {"network.source=builtin:mobilenet_v1_1.0_224",
                          "network.second=builtin:mobilenet_v1_1.0_224"},
                         scratch_folder() + "/out");
    CHECK(r.exit_code == 2);
    // Twice 4,257,984 B of weights, the arena of 1,204,224 B, slots and what is reserved.
    for (const char* part :
         {"not together", "B more than the 8,388,480 B", "4,257,984", "largest contributors",
          "npu.weights", "npu.input_slots", "4 bits", "Nothing was simulated"})
        CHECK(contains(r.err, part));
}

TEST_CASE("a schedule that says nothing of use is refused") {
    const std::string second = "network.second=builtin:mobilenet_v1_1.0_224";
    const auto fails = [](const std::vector<std::string>& settings, const std::string& why) {
        const auto r = start("small.toml", 1, settings, scratch_folder() + "/out");
        INFO(r.err);
        CHECK(r.exit_code == 2);
        CHECK(contains(r.err, why));
    };
    fails({second, "firmware.schedule=012"}, "'2' is no network");
    fails({"firmware.schedule=01"}, "network.second is none");
    fails({"network.upload_frame=3"}, "nothing to upload");
    fails({second, "network.source=none"}, "without network.source");
    fails({second + "x"}, "did you mean builtin:mobilenet_v1_1.0_224?");
}

TEST_CASE("two networks replay from a recording without their files, and are knobs of a sweep") {
    const std::string folder = scratch_folder();
    const std::string source = file_bytes(configs + "networks/parcels.onnx");
    write_bytes(folder + "/other.onnx", source);
    write_bytes(folder + "/other.txt", "one\ntwo\nthree\nfour\n");
    const auto files = [&](const std::string& name) { return file_bytes(folder + "/" + name); };
    auto r = ocellus_program(
        {"record", "--to", "x.itr", configs + "small.toml", "--frames", "4", "--quiet", "--set",
         "network.second=other.onnx", "--set", "network.second_labels=other.txt", "--set",
         "network.upload_frame=1", "--set", "network.upload_rate=1 Gb/s", "--out", "recorded"},
        folder);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(contains(files("recorded/metadata.jsonl"), "\"network\":\"other\""));
    std::filesystem::remove(folder + "/other.onnx");
    std::filesystem::remove(folder + "/other.txt");
    r = ocellus_program({"replay", "x.itr", "--quiet", "--out", "again"}, folder);
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "as recorded"));
    CHECK(files("again/metadata.jsonl") == files("recorded/metadata.jsonl"));

    // Of a sweep's points, the bytes of the file decide which are alike.
    std::filesystem::create_directories(folder + "/nets");
    write_bytes(folder + "/nets/other.onnx", source);
    write_bytes(folder + "/nets/sweep.toml", "config = \"" + configs +
                                                 "small.toml\"\nframes = 2\ntiming_only = true\n"
                                                 "[[knob]]\nname = \"network.second\"\n"
                                                 "values = [\"none\", \"other.onnx\"]\n"
                                                 "[metrics]\nkeep = [\"npu.switches\"]\n");
    r = ocellus_program({"sweep", "nets/sweep.toml", "--out", "swept"}, folder);
    INFO(r.err);
    CHECK(r.exit_code == 0);
    const std::string table = files("swept/results.csv");
    INFO(table);
    CHECK(contains(table, ",0\r\n"));
    CHECK(contains(table, ",1\r\n"));
}
