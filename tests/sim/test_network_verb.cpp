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
    const std::vector<std::string> h1 = {"--set", "npu.organisation=h1"};
    const auto with_h1 = [&h1](std::vector<std::string> words) {
        words.insert(words.end(), h1.begin(), h1.end());
        return words;
    };
    const json j = parsed(with_h1({"network", "profile", mobilenet, "--json"}));
    // 347,858 array cycles, 453,027 + 1 of transfers, 29 passes of 444: 3.1 ms.
    CHECK(j.at("cycles").at("total") == 813761);
    CHECK(j.at("cycles").at("compute") == 347858);
    CHECK(j.at("macs") == 568741376);
    CHECK(j.at("arena_bytes") == 1204224);
    CHECK(j.at("milliseconds").get<double>() == Approx(3.1).epsilon(0.001));
    std::uint64_t sum = 0, bytes = 0, energy = 0;
    for (const json& l : j.at("layers")) {
        energy += l.at("energy_aj").at("total").get<std::uint64_t>();
        CHECK(l.at("mac_per_cycle").get<double>() <=
              l.at("roof_mac_per_cycle").get<double>() * 1.0001);
        const json& c = l.at("cycles");
        std::uint64_t causes = 0;
        for (const char* cause : {"compute", "activations", "reread", "weights", "drain", "control",
                                  "latency", "conflict"})
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
    // 0.3 pJ a multiply-accumulate, 1 and 3 pJ a byte, 235 pJ a cycle: by hand.
    CHECK(j.at("energy_aj").at("total") == energy);
    CHECK(energy == 568741376ull * 300000 + (5194240ull + 4210112 + 47780) * 1000000 +
                        5044713ull * 3000000 + 813761ull * 235000000);
    CHECK(j.at("milliseconds_interval").at("least").get<double>() < 3.1);
    CHECK(j.at("milliseconds_interval").at("most").get<double>() > 6);

    const auto csv = ocellus_program(with_h1({"network", "profile", mobilenet, "--csv"}));
    CHECK(contains(csv.out, "total,,\"h1\",,,,568741376,"));
    CHECK(contains(csv.out, ",813761,347858,"));
    const auto text = ocellus_program(with_h1({"network", "profile", mobilenet}));
    CHECK(contains(text.out, "3.1000 ms"));
    CHECK(contains(text.out, "32 x 72, taps folded"));
}

TEST_CASE("the default array runs MobileNet V1 in 3.1 ms with 4-bit weights, within 10 %") {
    const json j = parsed({"network", "profile", mobilenet, "--json", "--weight-bits", "4"});
    CHECK(j.at("organisation") == "h5_dense");
    CHECK(j.at("milliseconds").get<double>() == Approx(3.1).epsilon(0.1));
    // Weights take half of their bytes, biases all of theirs; read once where the buffer is large.
    const json once = parsed({"network", "profile", mobilenet, "--json", "--weight-bits", "4",
                              "--set", "npu.local_buffer=8 MiB"});
    CHECK(once.at("bytes").at("weights") == 4210112 / 2 + 47780);
}

TEST_CASE("network profile as a page is one file, and every layer is in it") {
    const std::string folder = scratch_folder() + "/profile";
    const auto r =
        ocellus_program({"network", "profile", "builtin:parcels", "--html", "--out", folder});
    REQUIRE(r.exit_code == 0);
    CHECK(r.out == file_bytes(folder + "/profile.html"));
    CHECK(r.out.rfind("<!DOCTYPE html>", 0) == 0);
    CHECK(contains(r.out, "</html>"));
    for (const char* outside : {"http:", "https:", "src=", "<link", "@import", "url("})
        CHECK_FALSE(contains(r.out, outside));
    const json j = json::parse(file_bytes(folder + "/profile.json"));
    std::size_t rows = 0;
    for (std::size_t at = r.out.find("<tr data-layer"); at != std::string::npos;
         at = r.out.find("<tr data-layer", at + 1))
        ++rows;
    CHECK(rows == j.at("layers").size());
    // The converter's keys (public reports).
    const json m =
        json::parse(file_bytes(folder + "/parcels_MemoryReport.json")).at("Memory Report");
    for (const char* key : {"Name", "Runtime Memory Physical Size", "Model Memory Physical Size",
                            "Reserved Memory", "Memory Usage", "Total Memory Available On Chip",
                            "Memory Utilization", "Fit In Chip", "Input Persistent", "Networks"})
        CHECK(m.contains(key));
    CHECK(m.at("Total Memory Available On Chip") == "8.00MB");
    for (const char* key : {"Hash", "Name", "Input Persistence Cost"})
        CHECK(m.at("Networks").at(0).contains(key));
}

TEST_CASE("the memory report of a 224 x 224 network has the public report's input cost") {
    const std::string folder = scratch_folder() + "/profile";
    REQUIRE(ocellus_program({"network", "profile", mobilenet, "--out", folder}).exit_code == 0);
    const json m = json::parse(file_bytes(folder + "/mobilenet_v1_1.0_224_MemoryReport.json"))
                       .at("Memory Report");
    CHECK(m.at("Networks").at(0).at("Input Persistence Cost") == "151.00KB");
    CHECK(m.at("Reserved Memory") == "1.00KB");
    CHECK(m.at("Model Memory Physical Size") == "4.26MB");
}

TEST_CASE("network profile on the real memory adds latency and conflicts, and nothing else") {
    const std::vector<std::string> words = {"network", "profile", "builtin:mobilenet_v1_0.25_128",
                                            "--json"};
    const auto with = [&words](const std::vector<std::string>& more) {
        std::vector<std::string> all = words;
        all.insert(all.end(), more.begin(), more.end());
        return parsed(all).at("cycles");
    };
    const json ideal = with({}), quiet = with({"--contention"}),
               loud = with({"--contention", "--background", "60 Gb/s"});
    CHECK(ideal.at("latency") == 0);
    CHECK(ideal.at("conflict") == 0);
    CHECK(quiet.at("latency").get<int>() > 0);
    for (const char* same : {"compute", "activations", "reread", "weights", "drain", "control"}) {
        CHECK(quiet.at(same) == ideal.at(same));
        CHECK(loud.at(same) == ideal.at(same));
    }
    // The camera alone hardly disturbs; 7.5 GB/s of others do.
    CHECK(quiet.at("conflict").get<double>() < 0.01 * ideal.at("total").get<double>());
    CHECK(loud.at("conflict").get<int>() > quiet.at("conflict").get<int>());
    CHECK(loud == with({"--contention", "--background", "60 Gb/s"}));
    CHECK(ocellus_program({"network", "profile", mobilenet, "--background", "1 Gb/s"}).exit_code ==
          2);
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

TEST_CASE("network check says what runs where, at what cost, and whether it fits") {
    const json j = parsed({"network", "check", "builtin:parcels", "--json"});
    CHECK(j.at("supported") == true);
    CHECK(j.at("fits") == true);
    CHECK(j.at("rounding") == "onnx");
    CHECK(contains(j.at("layers").at(0).at("runs_on"), "array: 768 MAC/cycle"));
    CHECK(j.at("layers").at(0).at("unit") == "array");
    CHECK(contains(j.at("afterwards"), "control CPU: the firmware decodes boxes"));
    // Every layer has a cost, the same as in the profile.
    const json profile = parsed({"network", "profile", "builtin:parcels", "--json"});
    std::uint64_t sum = 0;
    for (const json& l : j.at("layers")) {
        sum += l.at("cycles").get<std::uint64_t>();
        CHECK_FALSE(l.at("cost").get<std::string>().empty());
        if (l.at("cycles") == 0)
            CHECK((l.at("unit") == "none" || l.at("cost") == "counted there"));
    }
    CHECK(sum == j.at("cycles"));
    CHECK(sum == profile.at("cycles").at("total"));
    // Text and JSON say the same.
    const auto text = ocellus_program({"network", "check", "builtin:parcels"});
    CHECK(text.exit_code == 0);
    REQUIRE_FALSE(j.at("findings").empty());
    for (const json& f : j.at("findings")) {
        CHECK(contains(text.out, f.at("problem").get<std::string>()));
        CHECK(contains(text.out, f.at("advice").get<std::string>()));
    }
    const std::vector<std::string> small = {"network", "check", mobilenet, "--set",
                                            "sram.size=4 MiB"};
    const auto large = ocellus_program(small);
    CHECK(large.exit_code == 2);
    CHECK(contains(large.out, "not on this chip"));
    CHECK(contains(large.out, "largest contributors"));
    auto small_json = small;
    small_json.push_back("--json");
    const auto misfit = ocellus_program(small_json);
    CHECK(misfit.exit_code == 2);
    const json why = json::parse(misfit.out);
    CHECK(why.at("supported") == true);
    CHECK(why.at("fits") == false);
    CHECK(why.at("findings").at(0).at("severity") == "error");
    CHECK(contains(why.at("findings").at(0).at("advice"), "weights of 4 bits"));
    CHECK(ocellus_program({"network", "check", "/nonexistent.tflite"}).exit_code == 2);
    CHECK(contains(ocellus_program({"network", "check", mobilenet, "--csv"}).err, "--json"));
}

TEST_CASE("network check gives advice about networks that do not run") {
    const auto imx = ocellus_program({"network", "check", mobilenet, "--rounding", "imx500"});
    CHECK(imx.exit_code == 2);
    CHECK(contains(imx.err, "powers of two"));
    CHECK(contains(imx.err, "restricts activations to powers of two"));
    if (!have_test_data())
        return;
    const std::string file = test_data("nets/onnx/migraphx/convinteger_no_bias_test.onnx");
    const auto unsupported = ocellus_program({"network", "check", file});
    CHECK(unsupported.exit_code == 2);
    CHECK(contains(unsupported.err, "ConvInteger"));
    CHECK(contains(unsupported.err, "fold constants when exporting"));
    const auto in_json = ocellus_program({"network", "check", file, "--json"});
    CHECK(in_json.exit_code == 2);
    const json j = json::parse(in_json.out);
    CHECK(j.at("supported") == false);
    CHECK(j.at("findings").at(0).at("operator") == "ConvInteger");
    CHECK(j.at("findings").at(0).at("layer") == 0);
    CHECK(contains(j.at("findings").at(0).at("advice"), "fold constants"));
    const auto split =
        ocellus_program({"network", "check", test_data("nets/tflite/coral_split_concat.tflite")});
    CHECK(split.exit_code == 2);
    CHECK(contains(split.out, "has 3 inputs"));
    CHECK(contains(split.out, "join the inputs before the network"));
    // Post-processing is beside the array, not on it.
    const json person =
        parsed({"network", "check", test_data("nets/tflite/tflm_person_detect.tflite"), "--json"});
    const json& softmax = person.at("layers").back();
    CHECK(softmax.at("operator") == "softmax");
    CHECK(softmax.at("unit") == "scalar unit");
    CHECK(softmax.at("runs_on").get<std::string>().rfind("scalar unit", 0) == 0);
}

TEST_CASE("network check takes layer lists") {
    const std::string folder = scratch_folder();
    write_bytes(folder + "/net.csv",
                "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num "
                "Filter,Strides,Groups,\nconv1,226,226,3,3,3,32,2,\ndw1,114,114,3,3,32,32,1,32,\n");
    const json j = parsed({"network", "check", folder + "/net.csv", "--json"});
    CHECK(j.at("layers").size() == 2);
    CHECK(j.at("layers").at(1).at("operator") == "depthwise_conv2d");
    CHECK(contains(j.at("findings").at(0).at("problem"), "timing only"));
    const json p = parsed({"network", "profile", folder + "/net.csv", "--json"});
    CHECK(j.at("cycles") == p.at("cycles").at("total"));
    write_bytes(folder + "/bad.csv", "Layer\nconv1,226\n");
    const auto bad = ocellus_program({"network", "check", folder + "/bad.csv"});
    CHECK(bad.exit_code == 2);
    CHECK(contains(bad.err, "bad.csv:2: 2 columns"));
}

TEST_CASE("network compare, dump and calibrate") {
    const json j =
        parsed({"network", "compare", mobilenet, "builtin:mobilenet_v1_0.5_224", "--json"});
    CHECK(j.at("organisations").size() == 9);
    CHECK(j.at("organisations").at(0).at("organisation") == "h5_dense");
    for (const json& row : j.at("organisations")) {
        if (row.at("organisation") == "h1")
            CHECK(row.at("a_cycles") == 813761);
        CHECK(row.at("ratio").get<double>() < 1.0);
    }
    const auto dump = ocellus_program({"network", "dump", "builtin:parcels"});
    CHECK(dump.exit_code == 0);
    CHECK(contains(dump.out, "PASS             conv2d, layers 0..0, "));
    CHECK(contains(dump.out, "LOAD_INPUT       input + 0, 960 bytes"));
    CHECK(contains(dump.out, "STORE            0x"));
    const json c = parsed({"network", "calibrate", "--json"});
    CHECK(c.at("figures").size() == 20);
    CHECK(c.at("organisations").size() == 9);
    // The default is what it says it is.
    CHECK(c.at("smallest") == "h5_dense");
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
