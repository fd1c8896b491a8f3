// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.h"
#include "sim/envelopes.h"
#include "tests/test_paths.h"

using namespace ocellus::sim;

TEST_CASE("dates are those of the Gregorian calendar") {
    std::uint64_t s = 0;
    // date -u -d 2026-01-01 +%s, and so on.
    CHECK((epoch_seconds("1970-01-01T00:00:00Z", s) && s == 0));
    CHECK((epoch_seconds("2026-01-01T00:00:00Z", s) && s == 1'767'225'600));
    CHECK((epoch_seconds("2000-02-29T23:59:59Z", s) && s == 951'868'799));
    CHECK((epoch_seconds("2100-03-01T00:00:00Z", s) && s == 4'107'542'400));
    for (const char* bad :
         {"", "2026-01-01", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
          "2026-01-01T24:00:00Z", "1969-12-31T23:59:59Z", "2026-01-01T00:00:00+",
          "2026-1-01T000:00:00Z", "2026-01-01T00:00:00ZZ", "2026-01- 1T00:00:00Z"})
        CHECK_FALSE(epoch_seconds(bad, s));
}

TEST_CASE("messages to the cloud hold what metadata.jsonl holds") {
    const auto folder = scratch_folder();
    const auto run = ocellus_program(
        {"run", std::string(source_folder) + "/configs/small.toml", "--frames", "3", "--quiet",
         "--set", "host.envelopes=true", "--set", "host.inferences_per_message=2", "--set",
         "host.epoch=2026-01-23T12:30:00Z", "--set", "output.save_frames=none", "--out", "r"},
        folder);
    INFO(run.err);
    REQUIRE(run.exit_code == 0);
    const auto read =
        run_program({"python3", std::string(source_folder) + "/clients/python/ocellus_metadata.py",
                     folder + "/r/envelopes.jsonl", "--kind", "detection"});
    INFO(read.err);
    REQUIRE(read.exit_code == 0);
    std::vector<nlohmann::json> inferences;
    std::istringstream messages(read.out);
    std::size_t message_count = 0;
    for (std::string line; std::getline(messages, line); ++message_count) {
        const auto message = nlohmann::json::parse(line);
        for (const auto& i : message.at("Inferences"))
            inferences.push_back(i);
    }
    CHECK(message_count == 2);
    std::istringstream lines(file_bytes(folder + "/r/metadata.jsonl"));
    std::size_t frame = 0;
    for (std::string line; std::getline(lines, line); ++frame) {
        const auto expected = nlohmann::json::parse(line);
        REQUIRE(frame < inferences.size());
        const auto& objects = inferences[frame]["result"]["objects"];
        const auto& detections = expected["detections"];
        REQUIRE(objects.size() == detections.size());
        const auto start = expected["time_ns"]["frame_start"].get<std::uint64_t>() / 1'000'000;
        CHECK(inferences[frame]["T"] == "20260123123000" + std::to_string(1000 + start).substr(1));
        for (std::size_t i = 0; i < objects.size(); ++i) {
            CHECK(objects[i]["class_id"] == detections[i]["class_id"]);
            CHECK(objects[i]["score"].get<double>() ==
                  Approx(detections[i]["score"].get<double>()).margin(1e-5));
            // Pixels of the 160 x 120 input against pixels of the 676 x 506 picture.
            for (std::size_t k = 0; k < 4; ++k) {
                const double scale = k % 2 == 0 ? 160.0 / 676 : 120.0 / 506;
                CHECK(objects[i]["box"][k].get<double>() ==
                      Approx(detections[i]["box"][k].get<double>() * scale).margin(0.53));
            }
        }
    }
    CHECK(frame == inferences.size());
}

TEST_CASE("a date that is none is a configuration error") {
    const auto run = ocellus_program({"run", "--set", "host.epoch=yesterday"});
    CHECK(run.exit_code == 2);
    CHECK(contains(run.err, "host.epoch = \"yesterday\" is no date and time"));
}
