// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <clocale>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/statistics.h"

using namespace ocellus;

TEST_CASE("statistics as JSON, byte for byte") {
    statistics s;
    std::uint64_t rows = 0;
    double busy = 0;
    s.add("npu.busy", busy, "Time spent \"busy\"", "s");
    s.add("adc.rows", rows, "Rows converted");
    s.add_computed(
        "npu.share", [&] { return busy / 0.3; }, "Share of a frame", "1");
    rows = 18446744073709551615u;  // read when asked, not when registered
    busy = 0.1;
    const std::string expected =
        "{\n"
        "  \"schema\": \"ocellus-stats-1\",\n"
        "  \"statistics\": {\n"
        "    \"adc.rows\": {\"value\": 18446744073709551615, \"unit\": \"1\", "
        "\"description\": \"Rows converted\"},\n"
        "    \"npu.busy\": {\"value\": 0.1, \"unit\": \"s\", "
        "\"description\": \"Time spent \\\"busy\\\"\"},\n"
        "    \"npu.share\": {\"value\": 0.33333333333333337, \"unit\": \"1\", "
        "\"description\": \"Share of a frame\"}\n"
        "  }\n"
        "}\n";
    CHECK(s.json() == expected);
    const auto read = nlohmann::json::parse(s.json());
    CHECK(read["statistics"]["npu.share"]["value"].get<double>() == busy / 0.3);

    const char* set = nullptr;
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"})
        if (!set)
            set = std::setlocale(LC_ALL, name);
    if (!set) {
        WARN("locale part skipped: no locale with a decimal comma is installed");
        return;
    }
    CHECK(s.json() == expected);
    std::setlocale(LC_ALL, "C");
}

TEST_CASE("statistics by name, as text, and at the edges") {
    statistics s;
    CHECK(nlohmann::json::parse(s.json())["statistics"].empty());
    std::uint64_t bytes = 1234;
    double time = 2.5;
    s.add("sram.bytes", bytes, "Bytes moved", "B");
    s.add("a.time", time, "Time", "s");
    CHECK(s.value("sram.bytes") == 1234);
    CHECK(s.value("a.time") == 2.5);
    REQUIRE(s.find("sram.bytes"));
    CHECK(s.find("sram.bytes")->integer() == 1234);
    CHECK(s.find("none") == nullptr);
    REQUIRE(s.all().size() == 2);
    CHECK(s.all()[0]->name == "a.time");
    CHECK(s.text() ==
          "a.time       2.5 s  Time\n"
          "sram.bytes  1234 B  Bytes moved\n");
    CHECK_THROWS_AS(s.add("a.time", time, "again", "s"), std::logic_error);
    time = std::numeric_limits<double>::infinity();  // JSON knows no infinity
    CHECK(nlohmann::json::parse(s.json())["statistics"]["a.time"]["value"].is_null());
}

TEST_CASE("statistics since a snapshot are differences, and leave the whole run's alone") {
    statistics s;
    std::uint64_t bytes = 100;
    double time = 2.5;
    s.add("sram.bytes", bytes, "Bytes moved", "B");
    s.add("a.time", time, "Time", "s");
    const auto whole = [&] { return nlohmann::json::parse(s.json())["statistics"]; };
    const auto since = [&](const statistics::snapshot& from) {
        return nlohmann::json::parse(s.json(from))["statistics"];
    };
    const statistics::snapshot start, first = s.take_snapshot();
    CHECK(since(start) == whole());
    CHECK(since(first)["sram.bytes"]["value"] == 0);
    bytes = 130;
    time = 3.5;
    CHECK(since(first)["sram.bytes"]["value"] == 30);
    CHECK(since(first)["a.time"]["value"] == 3.5);  // real ones are the whole run's
    const statistics::snapshot second = s.take_snapshot();
    std::uint64_t late = 7;
    s.add("late", late, "Registered after the snapshot");
    bytes = 131;
    CHECK(since(second)["sram.bytes"]["value"] == 1);
    CHECK(since(second)["late"]["value"] == 7);
    CHECK(since(first)["sram.bytes"]["value"] == 31);
    CHECK(whole()["sram.bytes"]["value"] == 131);
}
