// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "program.h"
#include "tests/test_data.h"

using nlohmann::json;

namespace {

const char* const mobilenet = "builtin:mobilenet_v1_1.0_224";

json parsed(const std::vector<std::string>& arguments) {
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return json::parse(r.out);
}

}  // namespace

TEST_CASE("network profile: rows add up to the totals, in every form") {
    const json j = parsed({"network", "profile", mobilenet, "--json"});
    // 347,858 array cycles, 453,027 + 1 of transfers, 29 passes of 444: 3.1 ms.
    CHECK(j.at("cycles").at("total") == 813761);
    CHECK(j.at("cycles").at("compute") == 347858);
    CHECK(j.at("macs") == 568741376);
    CHECK(j.at("arena_bytes") == 1204224);
    CHECK(j.at("milliseconds").get<double>() == Approx(3.1).epsilon(0.001));
    std::uint64_t sum = 0, bytes = 0;
    for (const json& l : j.at("layers")) {
        const json& c = l.at("cycles");
        std::uint64_t causes = 0;
        for (const char* cause :
             {"compute", "activations", "reread", "weights", "drain", "control"})
            causes += c.at(cause).get<std::uint64_t>();
        CHECK(c.at("total") == causes);
        sum += causes;
        for (const auto& b : l.at("bytes"))
            bytes += b.get<std::uint64_t>();
    }
    CHECK(sum == 813761);
    std::uint64_t total_bytes = 0;
    for (const auto& b : j.at("bytes"))
        total_bytes += b.get<std::uint64_t>();
    CHECK(bytes == total_bytes);

    const auto csv = ocellus_program({"network", "profile", mobilenet, "--csv"});
    CHECK(contains(csv.out, "total,,\"h1\",,,568741376,"));
    CHECK(contains(csv.out, ",813761,347858,"));
    const auto text = ocellus_program({"network", "profile", mobilenet});
    CHECK(contains(text.out, "3.1000 ms"));
    CHECK(contains(text.out, "32 x 72, taps folded"));
}

TEST_CASE("network profile takes SCALE-Sim's layer lists") {
    const std::string folder = scratch_folder();
    write_bytes(folder + "/net.csv",
                "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num "
                "Filter,Strides,Groups,\nconv1,226,226,3,3,3,32,2,\ndw1,114,114,3,3,32,32,1,32,\n");
    const json j = parsed(
        {"network", "profile", folder + "/net.csv", "--json", "--set", "npu.organisation=os48"});
    CHECK(j.at("layers").at(0).at("cycles").at("compute") == 31701);
    CHECK(j.at("layers").at(1).at("cycles").at("compute") == 863520);
    write_bytes(folder + "/bad.csv", "Layer\nconv1,226\n");
    const auto bad = ocellus_program({"network", "profile", folder + "/bad.csv"});
    CHECK(bad.exit_code == 2);
    CHECK(contains(bad.err, "bad.csv:2: 2 columns"));
}

TEST_CASE("network check says what runs where and whether it fits") {
    const json j = parsed({"network", "check", "builtin:parcels", "--json"});
    CHECK(j.at("fits") == true);
    CHECK(j.at("rounding") == "onnx");
    CHECK(contains(j.at("layers").at(0).at("runs_on"), "array: 32 x 72"));
    const auto large = ocellus_program({"network", "check", mobilenet, "--set", "sram.size=4 MiB"});
    CHECK(large.exit_code == 2);
    CHECK(contains(large.out, "not on this chip"));
    const auto imx = ocellus_program({"network", "check", mobilenet, "--rounding", "imx500"});
    CHECK(imx.exit_code == 2);
    CHECK(contains(imx.err, "powers of two"));
    CHECK(ocellus_program({"network", "check", "/nonexistent.tflite"}).exit_code == 7);
    if (!have_test_data())
        return;
    const auto unsupported = ocellus_program(
        {"network", "check", test_data("nets/onnx/migraphx/convinteger_no_bias_test.onnx")});
    CHECK(unsupported.exit_code == 2);
    CHECK(contains(unsupported.err, "ConvInteger"));
}

TEST_CASE("network compare, dump and calibrate") {
    const json j =
        parsed({"network", "compare", mobilenet, "builtin:mobilenet_v1_0.5_224", "--json"});
    CHECK(j.at("a").at("cycles").at("total") == 813761);
    CHECK(j.at("organisations").size() == 9);
    CHECK(j.at("organisations").at(0).at("organisation") == "h1");
    for (const json& row : j.at("organisations"))
        CHECK(row.at("ratio").get<double>() < 1.0);
    const auto dump = ocellus_program({"network", "dump", "builtin:parcels"});
    CHECK(dump.exit_code == 0);
    CHECK(contains(dump.out, "pass 0 "));
    CHECK(contains(dump.out, "load    input + 0 "));
    CHECK(contains(dump.out, "store   0x"));
    const json c = parsed({"network", "calibrate", "--json"});
    CHECK(c.at("figures").size() == 7);
    CHECK(c.at("organisations").size() == 9);
}

TEST_CASE("network: mistakes on the command line") {
    const auto wrong = ocellus_program({"network", "profil", "a.onnx"});
    CHECK(wrong.exit_code == 2);
    CHECK(contains(wrong.err, "did you mean profile?"));
    CHECK(contains(ocellus_program({"network", "compare", "a.onnx"}).err, "needs 2 networks"));
    CHECK(contains(ocellus_program({"network"}).err, "check, profile, dump, compare or calibrate"));
    CHECK(contains(ocellus_program({"network", "profile", mobilenet, "--rounding", "half"}).err,
                   "unknown rounding"));
}
