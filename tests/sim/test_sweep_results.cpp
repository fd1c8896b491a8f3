// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/random.h"
#include "core/text.h"
#include "program.h"
#include "sim/sweep_results.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

sweep_result point(std::uint64_t number, const std::string& a, const std::string& b,
                   const std::string& time, const std::string& area) {
    sweep_result r;
    r.number = number;
    r.id = "id" + std::to_string(number);
    r.values = {{a, a}, {b, b}};
    r.done = true;
    r.metrics = {{"area", area}, {"time", time}};
    r.wall_seconds = static_cast<double>(number) + 0.123;
    return r;
}

sweep_results small() {
    sweep_results r;
    r.version = "1";
    r.plan = "p";
    r.planned = 4;
    r.knobs = {{"x", "Hz", true}, {"mode", "", false}};
    r.goals = {{"time", false}, {"area", true}};
    r.metrics = {{"area", "1", "Area, \"net\""}, {"time", "s", "Time"}};
    r.points = {point(0, "1", "a", "10", "1"), point(1, "2", "a", "20", "3"),
                point(2, "1", "b", "14", "1"), point(3, "2", "b", "26", "3")};
    return r;
}

bool dominates(const std::vector<double>& a, const std::vector<double>& b,
               const std::vector<sweep_goal>& goals) {
    bool better = false;
    for (std::size_t g = 0; g < goals.size(); ++g) {
        const double x = goals[g].maximise ? -a[g] : a[g], y = goals[g].maximise ? -b[g] : b[g];
        if (x > y)
            return false;
        better = better || x < y;
    }
    return better;
}

}  // namespace

TEST_CASE("CSV fields are quoted as RFC 4180 says") {
    CHECK(csv_field("plain text") == "plain text");
    CHECK(csv_field("") == "");
    CHECK(csv_field("a,b") == "\"a,b\"");
    CHECK(csv_field("say \"no\"") == "\"say \"\"no\"\"\"");
    CHECK(csv_field("two\nlines") == "\"two\nlines\"");
    CHECK(csv_field("carriage\rreturn") == "\"carriage\rreturn\"");
}

TEST_CASE("results hold a line for each point, failed ones too, and no wall time") {
    auto r = small();
    r.points[1].done = false;
    r.points[1].exit_code = 2;
    r.points[1].message = "error: a, b";
    r.points[1].metrics.clear();
    CHECK(results_csv(r) ==
          "point,x,mode,status,exit_code,message,area,time\r\n"
          "0,1,a,done,0,,1,10\r\n"
          "1,2,a,failed,2,\"error: a, b\",,\r\n"
          "2,1,b,done,0,,1,14\r\n"
          "3,2,b,done,0,,3,26\r\n");
    const auto json = nlohmann::json::parse(results_json(r));
    CHECK(json["schema"] == "ocellus-sweep-1");
    CHECK(json["points"].size() == 4);
    CHECK(json["points"][1]["status"] == "failed");
    CHECK(json["points"][3]["metrics"]["time"] == 26);
    CHECK(json["points"][3]["knobs"]["x"] == 2);
    CHECK(json["points"][3]["knobs"]["mode"] == "b");
    CHECK(json["metrics"]["area"]["description"] == "Area, \"net\"");
    auto later = r;
    for (auto& p : later.points)
        p.wall_seconds *= 7;
    CHECK(results_json(later) == results_json(r));
    CHECK(results_csv(later) == results_csv(r));
}

TEST_CASE("effects are means by value, ranked by how far they lie apart") {
    // time: 17.5 and ... over x: 12, 23 (range 11); over mode: 15, 20 (range 5).
    const auto text = effects_csv(small());
    CHECK(contains(text,
                   "time,x,1,11,1,2,12\r\ntime,x,1,11,2,2,23\r\n"
                   "time,mode,2,5,a,2,15\r\ntime,mode,2,5,b,2,20\r\n"));
    CHECK(contains(text, "area,x,1,2,1,2,1\r\narea,x,1,2,2,2,3\r\narea,mode,2,0,a,2,2\r\n"));
}

TEST_CASE("many values of a knob are grouped for the effects") {
    sweep_results r = small();
    r.points.clear();
    for (unsigned i = 0; i < 80; ++i)
        r.points.push_back(point(i, std::to_string(1000 - i), "a", std::to_string(i), "1"));
    const auto text = effects_csv(r);
    CHECK(contains(text, "time,x,1,70,921 .. 930,10,74.5\r\n"));
    CHECK(contains(text, "time,x,1,70,991 .. 1000,10,4.5\r\n"));
}

TEST_CASE("the Pareto front is what brute force finds") {
    random_sequence random(7, purpose::test);
    for (unsigned round = 0; round < 60; ++round) {
        const std::size_t goals_count = 1 + random.below(4);
        std::vector<sweep_goal> goals;
        for (std::size_t g = 0; g < goals_count; ++g)
            goals.push_back({"m", random.below(2) == 1});
        std::vector<std::vector<double>> rows;
        for (std::uint32_t n = random.below(60); n > 0; --n) {
            rows.emplace_back();
            for (std::size_t g = 0; g < goals_count; ++g)
                rows.back().push_back(random.below(8));  // few values: many are equal
        }
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            bool dominated = false;
            for (const auto& other : rows)
                dominated = dominated || dominates(other, rows[i], goals);
            if (!dominated)
                expected.push_back(i);
        }
        CHECK(pareto_front(rows, goals) == expected);
    }
}

TEST_CASE("the chart has every point's share of the largest") {
    auto r = small();
    const std::string chart = chart_svg(r);
    const auto circles = [](const std::string& svg) {
        std::size_t n = 0;
        for (auto at = svg.find("<circle"); at != std::string::npos;
             at = svg.find("<circle", at + 1))
            ++n;
        return n;
    };
    CHECK(circles(chart) == 4);
    CHECK(chart.find(">time (s)<") != std::string::npos);
    CHECK(chart.find("area (1 = 3)") != std::string::npos);
    r.points[0].metrics["area"] = "";
    CHECK(circles(chart_svg(r)) == 3);
    r.goals.push_back(r.goals.front());
    CHECK(chart_svg(r).find("share of the largest") != std::string::npos);
    r.goals.resize(1);
    CHECK(chart_svg(r).empty());
}

TEST_CASE("the front leaves out points without all metrics") {
    auto r = small();
    CHECK(pareto_csv(r) == "point,x,mode,time,area\r\n0,1,a,10,1\r\n1,2,a,20,3\r\n");
    r.points[0].metrics["area"] = "";
    CHECK(pareto_csv(r) == "point,x,mode,time,area\r\n1,2,a,20,3\r\n2,1,b,14,1\r\n");
}
