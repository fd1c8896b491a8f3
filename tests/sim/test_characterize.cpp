// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <libraw/libraw.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "program.h"
#include "tests/test_paths.h"

using nlohmann::json;

TEST_CASE("characterize prints and writes the figures") {
    const std::string out = scratch_folder() + "/out";
    const auto r = ocellus_program({"characterize", "--set", "adc.bits=12", "--set",
                                    "output.image=none", "--out", out, "--json"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(r.out == file_bytes(out + "/characterization.json"));
    const auto j = json::parse(r.out);
    CHECK(j.at("schema") == "ocellus-characterization-1");
    bool found = false;
    for (const auto& f : j.at("figures"))
        if (f.at("name") == "system gain K") {
            found = true;
            CHECK(f.at("set").get<double>() == Approx(0.4716));
            CHECK(std::fabs(f.at("error").get<double>()) < 0.006);
        }
    CHECK(found);
    const auto curve = file_bytes(out + "/photon_transfer.csv");
    CHECK(std::count(curve.begin(), curve.end(), '\n') == 51);
    CHECK(contains(file_bytes(out + "/characterization.csv"), "\"DSNU1288 column\",e-,0.3,"));
    // The same with another number of threads, as a table.
    const auto table =
        ocellus_program({"characterize", "--set", "adc.bits=12", "--set", "output.image=none",
                         "--size", "200x150", "--threads", "1"});
    CHECK(contains(table.out, "temporal dark noise"));
    const auto again =
        ocellus_program({"characterize", "--set", "adc.bits=12", "--set", "output.image=none",
                         "--size", "200x150", "--threads", "7"});
    CHECK(table.out == again.out);
    // What is there already stays.
    CHECK(ocellus_program({"characterize", "--out", out}).exit_code == 2);
    CHECK(ocellus_program({"characterize", "--set", "adc.bits=15"}).exit_code == 2);
}

namespace {

const std::vector<std::string> small_stand = {
    "characterize", "--set", "adc.bits=12", "--set", "output.image=none", "--set", "adc.banks=2",
    "--size",       "96x80", "--levels",    "24",    "--images",          "6"};

std::string frames_in(const std::string& folder, const std::string& format) {
    auto arguments = small_stand;
    for (const char* a : {"--out", folder.c_str(), "--write-frames", format.c_str()})
        arguments.emplace_back(a);
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return folder;
}

}  // namespace

TEST_CASE("a second implementation of EMVA 1288 finds the same figures in the written frames") {
    const std::string script = std::string(source_folder) + "/tools/emva1288.py";
    for (const std::string format : {"raw16", "tiff", "dng"}) {
        const auto folder = frames_in(scratch_folder() + "/" + format, format);
        const auto r = run_program({"python3", script, folder, "--compare"});
        INFO(r.out << r.err);
        CHECK(r.exit_code == 0);
        CHECK(contains(r.out, "21 figures"));
        if (format != "raw16")
            continue;
        // It would see a figure that is 2e-6 off.
        auto j = json::parse(file_bytes(folder + "/characterization.json"));
        for (auto& f : j.at("figures"))
            if (f.at("name") == "DSNU1288 pixel")
                f["measured"] = f.at("measured").get<double>() * 1.000002;
        write_bytes(folder + "/characterization.json", j.dump());
        CHECK(run_program({"python3", script, folder, "--compare"}).exit_code == 1);
    }
}

TEST_CASE("LibRaw opens the frames that are written as DNG") {
    const auto folder = frames_in(scratch_folder() + "/dng", "dng");
    const auto bytes =
        frames_in(scratch_folder() + "/raw16", "raw16") + "/frames/transfer_010_000.raw16";
    const std::string samples = file_bytes(bytes);
    LibRaw raw;
    REQUIRE(raw.open_file((folder + "/frames/transfer_010_000.dng").c_str()) == LIBRAW_SUCCESS);
    REQUIRE(raw.unpack() == LIBRAW_SUCCESS);
    const auto& sizes = raw.imgdata.sizes;
    REQUIRE(sizes.raw_width == 96);
    REQUIRE(sizes.raw_height == 80);
    CHECK(raw.imgdata.color.black + raw.imgdata.color.cblack[0] == 256);
    CHECK(raw.imgdata.color.maximum == 4095);
    CHECK(std::equal(samples.begin(), samples.end(),
                     reinterpret_cast<const char*>(raw.imgdata.rawdata.raw_image)));
}

TEST_CASE("frames are the same bytes with every instruction set") {
    const auto widest = frames_in(scratch_folder() + "/widest", "raw16");
    for (const std::string level : {"plain", "avx2", "avx512"}) {
        const std::string folder = scratch_folder() + "/" + level;
        std::vector<std::string> command = {"env", "OCELLUS_SIMD=" + level, program_path};
        command.insert(command.end(), small_stand.begin(), small_stand.end());
        for (const char* a : {"--out", folder.c_str(), "--write-frames", "raw16"})
            command.emplace_back(a);
        REQUIRE(run_program(command).exit_code == 0);
        CHECK(run_program({"diff", "-r", widest, folder}).exit_code == 0);
    }
}

TEST_CASE("plots are whole pictures, and wrong options are told") {
    const std::string out = scratch_folder() + "/out";
    auto arguments = small_stand;
    arguments.insert(arguments.end(), {"--out", out});
    REQUIRE(ocellus_program(arguments).exit_code == 0);
    for (const char* name : {"photon_transfer", "snr", "linearity", "dark_current", "dsnu", "prnu",
                             "dsnu_spectrum", "prnu_spectrum", "mtf"}) {
        const auto svg = file_bytes(out + "/" + name + ".svg");
        INFO(name);
        CHECK(svg.rfind("<svg xmlns", 0) == 0);
        CHECK(contains(svg, "</svg>\n"));
        CHECK(!contains(svg, "nan"));
        CHECK(!contains(svg, "inf"));
        const bool drawn = contains(svg, "<circle") || contains(svg, "stroke-width=\"1.6\"");
        CHECK(drawn);
    }
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--write-frames", "png"},
                                                  {"--write-frames", "tiff"},
                                                  {"--size", "160"},
                                                  {"--size", "axb"},
                                                  {"--size", "10x10"},
                                                  {"--levels", "3"},
                                                  {"--images", "1"},
                                                  {"--set", "noise.enable=false"}}) {
        auto a = small_stand;
        a.insert(a.end(), wrong.begin(), wrong.end());
        CHECK(ocellus_program(a).exit_code == 2);
    }
}
