// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// ocellus fidelity and ocellus what-if, by their output.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/sim/program.h"
#include "tests/test_paths.h"

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

}  // namespace

TEST_CASE("fidelity runs both and finds nearly the same inference") {
    const auto r = ocellus_program({"fidelity", small, "--json"});
    REQUIRE(r.exit_code == 0);
    const auto json = nlohmann::json::parse(r.out);
    const auto& busy = json.at("npu.busy");
    const double loose = busy.at("loosely_timed"), timed = busy.at("approximately_timed");
    CHECK(loose > 0);
    CHECK(timed == Approx(loose).epsilon(0.01));
    const auto& latency = json.at("interconnect.npu.latency_mean");
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

TEST_CASE("what-if names what it can make harder") {
    const auto r = ocellus_program({"what-if", small, "--until-fails", "npu.clck"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "npu.clock, sram.banks or sensor.fps was expected"));
    CHECK(ocellus_program({"what-if", small}).exit_code == 2);
}
