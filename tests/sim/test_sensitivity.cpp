// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "program.h"
#include "sim/sensitivity.h"
#include "sim/settings.h"

using namespace ocellus;
using namespace ocellus::sim;

TEST_CASE("every parameter says what it moves, or why nothing") {
    parameter_registry r;
    settings s;
    s.declare(r);
    for (const auto* p : r.all()) {
        INFO(p->name);
        CHECK(p->effect.declared());
        if (p->effect.effects.empty())
            continue;
        // Both values are valid, and differ.
        const auto [from, to] = compared_values(*p);
        std::string why;
        auto* changed = r.find(p->name);
        CHECK(changed->set(from, why));
        const auto first = p->get();
        CHECK(changed->set(to, why));
        CHECK(p->get() != first);
        INFO(why);
        CHECK(changed->set(p->default_text, why));
    }
}

TEST_CASE("compared values are half and twice the default within the range") {
    parameter_registry r;
    std::uint64_t small = 3, zero = 0;
    double clock = 100e6;
    bool flag = true;
    r.integer("a.small", small, 2, 64).moves("m", 1);
    r.integer("a.zero", zero, 0, 64).moves("m", 1);
    r.quantity("a.clock", clock, unit::hertz, 1e6, 150e6).moves("m", 1);
    r.boolean("a.flag", flag).moves("m", 1);
    using pair = std::pair<std::string, std::string>;
    CHECK(compared_values(*r.find("a.small")) == pair("2", "6"));
    CHECK(compared_values(*r.find("a.zero")) == pair());
    CHECK(compared_values(*r.find("a.clock")) == pair("50 MHz", "150 MHz"));
    CHECK(compared_values(*r.find("a.flag")) == pair("false", "true"));
}

TEST_CASE("a metric that moves the other way, or not at all, is found") {
    parameter_registry r;
    std::uint64_t n = 2, q = 2, u = 2;
    r.integer("a.n", n, 1, 4).moves("time", -1).moves("area", +1);
    r.integer("a.q", q, 1, 4).moves_nothing("a name").compare("1", "4");
    r.integer("a.u", u, 1, 4);
    sensitivity_trial t;
    std::string line;
    const auto tried = [&](const char* name, std::map<std::string, double> from,
                           std::map<std::string, double> to) {
        t.p = r.find(name);
        t.from = "1";
        t.to = "4";
        t.runs[0].values = std::move(from);
        t.runs[1].values = std::move(to);
        return judge(t, line);
    };
    CHECK(tried("a.n", {{"time", 2}, {"area", 1}}, {{"time", 1}, {"area", 3}}));
    CHECK(line == "ok      a.n                          1 -> 4: time 2 -> 1; area 1 -> 3");
    CHECK_FALSE(tried("a.n", {{"time", 2}, {"area", 1}}, {{"time", 1}, {"area", 1}}));
    CHECK(contains(line, "area 1 -> 1 (should grow)"));
    CHECK_FALSE(tried("a.n", {{"time", 2}, {"area", 1}}, {{"time", 3}, {"area", 2}}));
    CHECK(contains(line, "time 2 -> 3 (should shrink)"));
    CHECK_FALSE(tried("a.n", {{"time", 2}}, {{"time", 1}}));
    CHECK(contains(line, "area does not exist"));
    CHECK(tried("a.q", {{"time", 2}}, {{"time", 2}}));
    CHECK_FALSE(tried("a.q", {{"time", 2}}, {{"time", 3}}));
    CHECK(contains(line, "moves time"));
    CHECK_FALSE(tried("a.u", {}, {}));
    CHECK(contains(line, "not declared"));
    t.runs[1].failure = "exit code 2: no";
    t.p = r.find("a.n");
    CHECK_FALSE(judge(t, line));
    CHECK(contains(line, "exit code 2: no"));
}

TEST_CASE("files of a run are measured") {
    const auto folder = scratch_folder();
    // Samples 0, 1023, 512, 511 in RAW10.
    write_bytes(folder + "/frame_0000.raw10", std::string("\x00\xff\x80\x7f\xcc", 5));
    write_bytes(folder + "/tensor_0000.bin", std::string("\x01\x02\xff\x03\x04\xfd", 6));
    const auto m = content_measures(folder);
    CHECK(m.at("image.mean") == Approx(2046.0 / 4 / 1023));
    CHECK(m.at("image.deviation") == Approx(0.35355).epsilon(1e-3));
    CHECK(m.at("tensor.red") == 2);
    CHECK(m.at("tensor.green") == 3);
    CHECK(m.at("tensor.blue") == -2);
    CHECK(m.at("tensor.mean") == 1);
}

TEST_CASE("parameters move what they say they move") {
    // All of them, where runs are fast.
    std::vector<std::string> command = {"params", "--check-sensitivity"};
    if (!exceptions_after_simulation)
        command.emplace_back("npu.c*");
    const auto r = ocellus_program(command);
    INFO(r.out << r.err);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, " 0 failed\n"));
    CHECK(contains(r.out, "ok      npu.clock "));
    CHECK(ocellus_program({"params", "nothing.*", "--check-sensitivity"}).exit_code == 2);
}
