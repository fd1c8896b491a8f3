// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/image_io.h"
#include "program.h"
#include "tests/test_paths.h"

using nlohmann::json;

namespace {

program_result run(const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> command = {
        "run",    std::string(source_folder) + "/configs/small.toml",
        "--out",  out,
        "--set",  "isp.defect_correction=true",
        "--set",  "isp.lens_shading=true",
        "--set",  "isp.luma_noise_reduction=true",
        "--quiet"};
    command.insert(command.end(), more.begin(), more.end());
    return ocellus_program(command);
}

}  // namespace

TEST_CASE("dump-stages: a picture and a checksum of every stage, whatever the threads") {
    const std::string folder = scratch_folder(), one = folder + "/one", four = folder + "/four",
                      plain = folder + "/plain";
    REQUIRE(run(one, {"--dump-stages", "--threads", "1"}).exit_code == 0);
    REQUIRE(run(four, {"--dump-stages", "--threads", "4"}).exit_code == 0);
    REQUIRE(run(plain, {}).exit_code == 0);
    const std::string list = file_bytes(one + "/stages.json");
    CHECK(list == file_bytes(four + "/stages.json"));
    // Looking changes nothing.
    CHECK(file_bytes(one + "/tensor_0000.bin") == file_bytes(plain + "/tensor_0000.bin"));
    CHECK(file_bytes(one + "/stats.json") == file_bytes(plain + "/stats.json"));
    CHECK_FALSE(std::filesystem::exists(plain + "/stages.json"));

    const json stages = json::parse(list);
    const std::vector<std::string> names = {
        "black_level", "defect_correction", "lens_shading", "white_balance",
        "demosaic",    "colour_matrix",     "gamma",        "luma_noise_reduction"};
    REQUIRE(stages.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        CHECK(stages[i]["stage"] == names[i]);
        CHECK(stages[i]["frame"] == 0);
        CHECK(stages[i]["channels"] == (i < 4 ? 1 : 3));
        CHECK(file_bytes(one + "/" + stages[i]["file"].get<std::string>()).substr(1, 3) == "PNG");
        for (std::size_t k = 0; k < i; ++k)
            CHECK(stages[k]["sha256"] != stages[i]["sha256"]);
    }
}

TEST_CASE("dump-stages: refused where there is nothing to dump or no place for it") {
    const std::string small = std::string(source_folder) + "/configs/small.toml";
    auto r = ocellus_program({"run", small, "--dump-stages"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "--dump-stages needs --out DIR"));
    r = ocellus_program({"run", small, "--dump-stages", "--timing-only", "--out", "/nowhere"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "leave --timing-only out"));
}

TEST_CASE("every output format has the same bytes however time is modelled") {
    const std::string small = std::string(source_folder) + "/configs/small.toml";
    for (const std::string format : {"raw", "yuv422", "yuv420", "rgb888"}) {
        std::vector<std::string> pictures, tensors;
        for (const char* fidelity : {"loosely_timed", "approximately_timed"}) {
            const std::string out = scratch_folder();
            std::vector<std::string> command = {
                "run",   small,
                "--out", out,
                "--set", "output.image=" + std::string(format == "raw" ? "raw" : "isp"),
                "--set", std::string("sram.fidelity=") + fidelity};
            if (format != "raw")
                command.insert(command.end(), {"--set", "isp.image_format=" + format});
            const auto r = ocellus_program(command);
            INFO(format << ' ' << fidelity << ' ' << r.err);
            REQUIRE(r.exit_code == 0);
            const std::string end = format == "raw" ? "raw10" : format == "rgb888" ? "rgb" : "yuv";
            pictures.push_back(file_bytes(out + "/frame_0000." + end));
            tensors.push_back(file_bytes(out + "/tensor_0000.bin"));
            CHECK(pictures.back().size() > 676 * 506);
        }
        INFO(format);
        CHECK(pictures[0] == pictures[1]);
        CHECK(tensors[0] == tensors[1]);
    }
}
