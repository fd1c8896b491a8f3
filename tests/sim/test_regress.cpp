// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/regress_suite.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using namespace ocellus;
using sim::metric_class;
using sim::run_record;

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

sim::regress_suite suite_of(const std::string& text) {
    const std::string path = scratch_folder() + "/suite.toml";
    write_bytes(path, text);
    return sim::read_suite(path);
}

std::string trouble(const std::string& text) {
    try {
        suite_of(text);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("golden values are read as they are written") {
    run_record r;
    r.exit_code = 3;
    r.statistics = {{"a.count", 12345678901234}, {"b.time", 0.1}, {"c \"odd\"", -2.5e-300}};
    r.files = {{"x.bin", std::string(64, 'a')}};
    const std::string path = scratch_folder() + "/g.json";
    write_bytes(path, sim::golden_text(r));
    const auto read = sim::read_golden(path);
    CHECK(read.exit_code == 3);
    CHECK(read.statistics == r.statistics);
    CHECK(read.files == r.files);
    for (const char* bad :
         {"", "[]", "{\"schema\": \"other\"}", "{\"schema\": \"ocellus-golden-1\"}"}) {
        write_bytes(path, bad);
        CHECK_THROWS_AS(sim::read_golden(path), input_error);
    }
}

TEST_CASE("metrics are compared by their class") {
    run_record golden, actual;
    golden.statistics = {{"cycles", 100}, {"energy.npu", 10.0}, {"gone", 1}, {"noise", 5}};
    actual.statistics = {{"cycles", 101}, {"energy.npu", 10.1}, {"noise", 6}, {"new", 1}};
    golden.files = {{"a.bin", "1"}, {"b.bin", "2"}, {"c.log", "3"}};
    actual.files = {{"a.bin", "1"}, {"b.bin", "4"}, {"d.bin", "5"}};
    const std::vector<metric_class> classes = {{metric_class::kind::ignore, "noise", 0},
                                               {metric_class::kind::ignore, "*.log", 0},
                                               {metric_class::kind::band, "energy.*", 0.01}};
    auto d = sim::compare(golden, actual, classes);
    REQUIRE(d.size() == 4);
    CHECK(d[0] == "cycles: expected 100, actual 101 (+1 %)");
    CHECK(d[1] == "gone: expected, but there is none");
    CHECK(contains(d[2], "b.bin: other bytes"));
    CHECK(d[3] == "d.bin: a file that was not expected");
    actual.statistics["energy.npu"] = 10.11;  // just outside
    CHECK(sim::compare(golden, actual, classes).size() == 5);
    actual.exit_code = 4;
    CHECK(sim::compare(golden, actual, classes)[0] == "exit code: expected 0, actual 4");
    CHECK(sim::compare(golden, golden, {}).empty());
}

TEST_CASE("monotone rules look at neighbours") {
    std::map<std::string, run_record> runs;
    runs["a"].statistics["m"] = 1;
    runs["b"].statistics["m"] = 2;
    runs["c"].statistics["m"] = 2;
    runs["d"].statistics["m"] = 1.5;
    runs["e"].statistics["other"] = 0;
    CHECK(sim::check_rule({"m", {"a", "b", "c"}, true}, runs).empty());
    CHECK(sim::check_rule({"m", {"c", "d", "a"}, false}, runs).empty());
    CHECK(sim::check_rule({"m", {"a", "none", "b"}, true}, runs).empty());
    const auto wrong = sim::check_rule({"m", {"a", "c", "d"}, true}, runs);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0] == "m should be rising: 2 in c, 1.5 in d");
    CHECK(sim::check_rule({"m", {"a", "e"}, true}, runs).size() == 1);
}

TEST_CASE("JUnit XML escapes what it must") {
    const std::string xml = sim::junit_xml(
        "s<1>",
        {{"a", "cmd 'x' & y", "1 < 2\n\"quoted\"\x01", 0.25, false}, {"b", "cmd", "", 0.5, false}});
    CHECK(contains(xml, "<testsuite name=\"s&lt;1&gt;\" tests=\"2\" failures=\"1\""));
    CHECK(contains(xml, "time=\"0.750\""));
    CHECK(contains(xml, "message=\"1 &lt; 2\""));
    CHECK(contains(xml, "&quot;quoted&quot; "));
    CHECK(contains(xml, "cmd 'x' &amp; y"));
    CHECK(contains(xml, "name=\"b\" time=\"0.500\"/>"));
}

TEST_CASE("mistakes of a suite are told all at once") {
    const auto t = trouble(
        "[[case]]\nnmae = \"x\"\nconfig = 3\n"
        "[[case]]\nname = \"a b\"\nreplay = \"x\"\nframes = \"2\"\n"
        "[[case]]\nname = \"c\"\nband = { m = -1 }\nwall_limit = \"soon\"\n"
        "[[monotone]]\nmetric = \"npu.busy\"\ncases = [\"c\", \"d\"]\ndirection = \"up\"\n");
    for (const char* part :
         {"suite.toml:2:1: error: unknown key 'nmae'", "did you mean name?", "'name' is missing",
          "suite.toml:3:10:", "a name of letters", "'frames' and 'replay' exclude each other",
          "a band is a share", "wall_limit is no time", "there is no case 'd'",
          "unknown direction 'up'", "errors. Nothing was simulated."})
        CHECK(contains(t, part));
    CHECK(contains(trouble(""), "no [[case]]"));
    CHECK(contains(trouble("[[case]\n"), "suite.toml:1:"));
    CHECK(contains(trouble("case = 1\n"), "expected [[case]]"));
    CHECK_THROWS_AS(sim::read_suite("/nowhere/suite.toml"), input_error);
}

TEST_CASE("a suite says same or different, shows, updates and reports") {
    const std::string folder = scratch_folder(), suite = folder + "/s.toml";
    write_bytes(suite, "[[case]]\nname = \"one\"\nconfig = \"" + small +
                           "\"\ntiming_only = true\ntrace = \"one.otr\"\ntrace_tracks = "
                           "[\"npu.*\"]\n[[case]]\nname = \"two\"\nreplay = \"two.script\"\n");
    write_bytes(folder + "/two.script",
                "config " + small + "\ntiming-only\nwait frame 0\nexpect npu.jobs in 0\n");
    const auto regress = [&](std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"regress", suite, "-j", "2"});
        return ocellus_program(more);
    };
    auto r = regress();
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "there is no golden file"));
    r = regress({"--update"});
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "updated  one"));
    r = regress({"--junit", folder + "/r.xml", "--json", folder + "/r.json"});
    INFO(r.out);
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "2 passed, 0 failed"));
    CHECK(contains(file_bytes(folder + "/r.xml"), "tests=\"2\" failures=\"0\""));
    CHECK(nlohmann::json::parse(file_bytes(folder + "/r.json")).at("results").size() == 2);
    // Another clock: which statistics, and where first.
    auto text = file_bytes(suite);
    write_bytes(suite, text.insert(text.find("timing_only"), "set = [\"npu.clock=200 MHz\"]\n"));
    const auto golden = file_bytes(folder + "/goldens/one.json");
    r = regress({"--case", "one"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "energy.npu: expected"));
    CHECK(contains(r.out,
                   "again: ocellus run " + small + " --timing-only --set 'npu.clock=200 MHz'"));
    CHECK(file_bytes(folder + "/goldens/one.json") == golden);
    r = regress({"--case", "one", "--update"});
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "energy.npu: expected"));
    CHECK(contains(r.out, "first diverging event at"));
    CHECK(file_bytes(folder + "/goldens/one.json") != golden);
    CHECK(regress().exit_code == 0);
    // What a script expects stays expected.
    write_bytes(folder + "/two.script",
                "config " + small + "\ntiming-only\nwait frame 0\nexpect npu.jobs in 1\n");
    r = regress({"--update", "--case", "two"});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "two.script:4: expected npu.jobs in 1, is 0"));
    CHECK(regress({"--case", "tow"}).exit_code == 2);
    CHECK(ocellus_program({"regress"}).exit_code == 2);
}
