// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "program.h"

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
    const auto table = ocellus_program(
        {"characterize", "--set", "adc.bits=12", "--set", "output.image=none", "--threads", "1"});
    CHECK(contains(table.out, "temporal dark noise"));
    const auto again = ocellus_program(
        {"characterize", "--set", "adc.bits=12", "--set", "output.image=none", "--threads", "7"});
    CHECK(table.out == again.out);
    // What is there already stays.
    CHECK(ocellus_program({"characterize", "--out", out}).exit_code == 2);
    CHECK(ocellus_program({"characterize", "--set", "adc.bits=15"}).exit_code == 2);
}
