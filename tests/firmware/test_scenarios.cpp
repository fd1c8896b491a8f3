// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../sim/program.h"
#include "tests/test_paths.h"

/// The default application on the simulated chip, by what it leaves behind.

namespace {

using nlohmann::json;

struct outcome {
    std::vector<std::string> frames;  // what became of each frame's inference
    json statistics, registers;

    double value(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
    int exposure_writes() const {
        return registers.at("pixel_array").at("registers").at("EXPOSURE").at("writes").get<int>();
    }
};

outcome run(const std::vector<std::string>& settings, int frames) {
    const std::string out = scratch_folder();
    std::vector<std::string> arguments = {
        "run",      std::string(source_folder) + "/configs/small.toml",
        "--frames", std::to_string(frames),
        "--out",    out};
    for (const auto& s : settings) {
        arguments.push_back("--set");
        arguments.push_back(s);
    }
    const auto result = ocellus_program(arguments);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    outcome o;
    std::istringstream lines(file_bytes(out + "/metadata.jsonl"));
    for (std::string line; std::getline(lines, line);) {
        const auto text = json::parse(line).at("inference").get<std::string>();
        o.frames.push_back(text.substr(0, text.find(':')));
    }
    o.statistics = json::parse(file_bytes(out + "/stats.json")).at("statistics");
    o.registers = json::parse(file_bytes(out + "/registers.json")).at("blocks");
    return o;
}

}  // namespace

TEST_CASE("a hung inference is aborted and costs its frame alone") {
    const auto o = run({"npu.hang_job=2", "firmware.inference_timeout=5ms"}, 4);
    CHECK(o.frames == std::vector<std::string>{"delivered", "lost", "delivered", "delivered"});
    CHECK(o.value("frames.lost") == 1);
    CHECK(o.value("watchdog.resets") == 0);
}

TEST_CASE("a late NPU drops frames by the policy, and the stream goes on") {
    const std::string policy = GENERATE("drop_new", "drop_oldest");
    const auto o =
        run({"npu.clock=2MHz", "npu.organisation=h1", "firmware.late_policy=" + policy}, 8);
    REQUIRE(o.frames.size() == 8);
    CHECK(o.frames.front() == "delivered");
    // 46 ms an inference, 16.7 ms a frame: every third frame, and those that wait at the end.
    CHECK(o.value("frames.delivered") == 4);
    CHECK(o.value("frames.dropped") == 4);
    CHECK(o.value("frames.lost") == 0);
    // The newest frame gets its inference only if older ones give way.
    CHECK((o.frames.back() == "delivered") == (policy == "drop_oldest"));
}

TEST_CASE("auto-exposure comes to rest, wherever it begins") {
    const std::string lux = GENERATE("60 lx", "20 klx");
    const std::string still = std::string(source_folder) + "/docs/images/preview.png";
    std::vector<double> ends;
    for (const char* begin : {"120us", "16ms"}) {
        const std::vector<std::string> settings = {
            "firmware.auto_exposure=true", "firmware.exposure_target=20", "scene.source=" + still,
            "scene.illuminance=" + lux, std::string("sensor.exposure=") + begin};
        const auto early = run(settings, 22), late = run(settings, 28);
        CHECK(early.exposure_writes() == late.exposure_writes());
        ends.push_back(late.value("pixel_array.exposure_time"));
    }
    // Each within 1/32 of the target.
    CHECK(ends[1] == Approx(ends[0]).epsilon(0.07));
}
