// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "core/diagnostics.h"
#include "core/units.h"
#include "program.h"
#include "sim/sweep_plan.h"
#include "sim/sweep_shard.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

sweep_plan plan_of(const std::string& text, bool statistics = false) {
    const auto file = scratch_folder() + "/sweep.toml";
    write_bytes(file, text);
    return read_sweep(file, statistics);
}

std::string mistakes_of(const std::string& text, bool statistics = false) {
    try {
        plan_of(text, statistics);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return "accepted";
}

/// Values of a knob at all points, in the base unit.
std::vector<double> numbers(const sweep_plan& p, std::size_t knob) {
    std::vector<double> out;
    for (const auto& point : p.points)
        out.push_back(std::strtod(point.values[knob].plain.c_str(), nullptr));
    return out;
}

std::string joined(const sweep_plan& p) {
    std::string out;
    for (const auto& point : p.points) {
        for (const auto& v : point.values)
            out += v.plain + " ";
        out += "\n";
    }
    return out;
}

std::string knob(const std::string& name, const std::string& values) {
    return "[[knob]]\nname = \"" + name + "\"\n" + values + "\n";
}

}  // namespace

TEST_CASE("a grid has every combination once, the last knob fastest") {
    const auto p = plan_of(knob("npu.clock", "values = [\"200 MHz\", \"0.4 GHz\"]") +
                           knob("csi2.lanes", "values = [1, 2, 4]") +
                           knob("sensor.exposure", "values = [\"1 ms\", \"250 us\"]"));
    CHECK(joined(p) ==
          "200000000 1 0.001 \n200000000 1 0.00025 \n200000000 2 0.001 \n200000000 2 0.00025 \n"
          "200000000 4 0.001 \n200000000 4 0.00025 \n400000000 1 0.001 \n400000000 1 0.00025 \n"
          "400000000 2 0.001 \n400000000 2 0.00025 \n400000000 4 0.001 \n400000000 4 0.00025 \n");
    CHECK(p.knobs[0].unit == "Hz");
    CHECK(p.points[0].settings ==
          std::vector<std::string>{"npu.clock=200 MHz", "csi2.lanes=1", "sensor.exposure=1 ms"});
    std::set<std::string> ids;
    for (const auto& point : p.points)
        ids.insert(point.id);
    CHECK(ids.size() == 12);
}

TEST_CASE("zip takes the values side by side") {
    const auto p = plan_of("sampling = \"zip\"\n" + knob("adc.bits", "values = [10, 10, 12]") +
                           knob("npu.lanes", "range = {from = 8, to = 24, step = 8}"));
    CHECK(joined(p) == "10 8 \n10 16 \n12 24 \n");
    CHECK(contains(mistakes_of("sampling = \"zip\"\n" + knob("adc.bits", "values = [10]") +
                               knob("npu.lanes", "values = [1, 2]")),
                   "npu.lanes has 2 values, and adc.bits has 1"));
}

TEST_CASE("a range includes its end, and steps do not drift") {
    const auto p = plan_of(knob("lens.transmission", "range = {from = 0.1, to = 0.9, step = 0.1}"));
    CHECK(joined(p) == "0.1 \n0.2 \n0.3 \n0.4 \n0.5 \n0.6 \n0.7 \n0.8 \n0.9 \n");
    const auto q = plan_of(knob("npu.clock",
                                "range = {from = \"200 MHz\", to = \"0.45 GHz\", step = \"100 "
                                "MHz\"}"));
    CHECK(joined(q) == "200000000 \n300000000 \n400000000 \n");
}

TEST_CASE("logarithmic values are a geometric series with exact ends") {
    const auto p =
        plan_of(knob("npu.clock", "log = {from = \"30 MHz\", to = \"1.1 GHz\", points = 9}"));
    const auto v = numbers(p, 0);
    REQUIRE(v.size() == 9);
    CHECK(v.front() == 30e6);
    CHECK(v.back() == 1.1e9);
    for (std::size_t i = 0; i < v.size(); ++i)
        CHECK(v[i] ==
              Approx(30e6 * std::pow(1.1e9 / 30e6, static_cast<double>(i) / 8)).epsilon(1e-11));
    // Powers of two stay what they are; integers that round to the same one are there once.
    CHECK(joined(plan_of(knob("sram.banks", "log = {from = 1, to = 16, points = 5}"))) ==
          "1 \n2 \n4 \n8 \n16 \n");
    CHECK(joined(plan_of(knob("npu.lanes", "log = {from = 1, to = 4, points = 8}"))) ==
          "1 \n2 \n3 \n4 \n");
}

TEST_CASE("a latin hypercube has one point in each stratum of each knob") {
    const std::string text = "sampling = {method = \"latin_hypercube\", points = 40, seed = 3}\n" +
                             knob("npu.clock", "range = {from = \"100 MHz\", to = \"500 MHz\"}") +
                             knob("sensor.exposure", "log = {from = \"10 us\", to = \"100 ms\"}") +
                             knob("npu.fixed_cycles", "range = {from = 0, to = 399}") +
                             knob("csi2.lanes", "values = [1, 2, 4, 2]");
    const auto p = plan_of(text);
    REQUIRE(p.points.size() == 40);
    const auto strata = [](const std::vector<double>& shares) {
        std::set<int> out;
        for (double u : shares)
            out.insert(static_cast<int>(std::floor(u * 40)));
        return out.size();
    };
    auto clock = numbers(p, 0), exposure = numbers(p, 1), cycles = numbers(p, 2);
    for (auto& v : clock)
        v = (v - 100e6) / 400e6;
    for (auto& v : exposure)
        v = std::log(v / 10e-6) / std::log(1e4);
    for (auto& v : cycles)
        v = (v + 0.5) / 400;
    CHECK(strata(clock) == 40);
    CHECK(strata(exposure) == 40);
    CHECK(strata(cycles) == 40);
    const auto lanes = numbers(p, 3);
    CHECK(std::count(lanes.begin(), lanes.end(), 4) == 10);
    CHECK(std::count(lanes.begin(), lanes.end(), 2) == 20);

    CHECK(joined(plan_of(text)) == joined(p));
    CHECK(plan_of(text).hash == p.hash);
    auto other = text;
    other.replace(other.find("seed = 3"), 8, "seed = 4");
    CHECK(plan_of(other).hash != p.hash);
}

TEST_CASE("random points lie in their ranges") {
    const auto p = plan_of("sampling = {method = \"random\", points = 200}\n" +
                           knob("npu.clock", "range = {from = \"100 MHz\", to = \"200 MHz\"}") +
                           knob("sram.banks", "range = {from = 2, to = 32}"));
    double sum = 0;
    for (double v : numbers(p, 0)) {
        CHECK(v >= 100e6);
        CHECK(v <= 200e6);
        sum += v;
    }
    CHECK(sum / 200 == Approx(150e6).epsilon(0.05));
    const auto banks = numbers(p, 1);
    for (int b : {2, 4, 8, 16, 32})
        CHECK(std::count(banks.begin(), banks.end(), b) > 20);
    const auto q = plan_of(knob("npu.lanes", "random = {from = 1, to = 64, points = 5, seed = 2}"));
    CHECK(q.points.size() == 5);
    CHECK(joined(q) !=
          joined(plan_of(knob("npu.lanes", "random = {from = 1, to = 64, points = 5}"))));
}

TEST_CASE("ids follow the resolved settings and the content of files, not their places") {
    const std::string root = source_folder;
    const auto folder = scratch_folder();
    write_bytes(folder + "/net.onnx", file_bytes(root + "/configs/networks/parcels.onnx"));
    write_bytes(folder + "/base.toml", "[npu]\nclock = \"300 MHz\"\n");
    const auto read = [&](const std::string& text) {
        write_bytes(folder + "/sweep.toml", text);
        return read_sweep(folder + "/sweep.toml", false);
    };
    const auto knobs = knob("csi2.lanes", "values = [2, 4]");
    const auto a = read("config = \"base.toml\"\n" + knobs);
    const auto b = read("[set]\nnpu.clock = \"0.3 GHz\"\n" + knobs);
    CHECK(a.points[0].id == b.points[0].id);
    CHECK(a.points[1].id != b.points[0].id);
    CHECK(read("timing_only = true\n" + knobs).points[0].id != read(knobs).points[0].id);

    const auto c = read(knob("network.source", "values = [\"net.onnx\"]"));
    CHECK(c.points[0].settings[0] == "network.source=" + folder + "/net.onnx");
    std::filesystem::copy_file(folder + "/net.onnx", folder + "/same.onnx");
    CHECK(read(knob("network.source", "values = [\"same.onnx\"]")).points[0].id == c.points[0].id);
    write_bytes(folder + "/same.onnx", "another network");
    CHECK(read(knob("network.source", "values = [\"same.onnx\"]")).points[0].id != c.points[0].id);
}

TEST_CASE("points that contradict themselves are counted, not refused") {
    const auto p = plan_of(knob("adc.bits", "values = [10, 11, 12]"));
    CHECK(p.points.size() == 3);
    CHECK(p.infeasible_points == 1);
    CHECK(contains(p.infeasible, "adc.bits = 11"));
}

TEST_CASE("every mistake of a sweep file is shown at once with its place") {
    const auto text = mistakes_of(
        "confg = \"x.toml\"\n"
        "frames = 0\n"
        "sampling = \"grit\"\n"
        "[set]\n"
        "npu.clok = \"400 MHz\"\n"
        "[[knob]]\n"
        "name = \"npu.clock\"\n"
        "values = [\"400 MHz\", 24, \"400 MHz\"]\n"
        "[[knob]]\n"
        "name = \"npu.lane\"\n"
        "values = [1]\n"
        "[[knob]]\n"
        "name = \"output.image\"\n"
        "range = {from = 1, to = 2}\n"
        "[[knob]]\n"
        "name = \"scene.source\"\n"
        "values = [\"nofile.png\"]\n"
        "[[knob]]\n"
        "name = \"npu.bus\"\n"
        "[[knob]]\n"
        "name = \"adc.bits\"\n"
        "range = {from = 8, to = 15, step = 1}\n"
        "[metrics]\n"
        "keep = [\"npu.cycle\"]\n"
        "pareto = [{metric = \"npu.busy\", goal = \"minn\"}]\n",
        true);
    INFO(text);
    for (const char* part :
         {"sweep.toml:1:1: error: unknown key 'confg'", "did you mean 'config'?",
          "sweep.toml:2:10: error: frames: 0 is out of range",
          "sweep.toml:3:12: error: sampling: unknown method 'grit'", "did you mean 'grid'?",
          "sweep.toml:5:5: error: unknown parameter 'npu.clok'", "did you mean 'npu.clock'?",
          "sweep.toml:8:22: error: npu.clock: 24 lacks its unit",
          "    8 | values = [\"400 MHz\", 24, \"400 MHz\"]\n      |                      ^",
          "sweep.toml:8:26: error: npu.clock: 400 MHz is listed twice",
          "sweep.toml:10:8: error: unknown parameter 'npu.lane'",
          "sweep.toml:14:9: error: output.image: a choice has no range",
          "sweep.toml:17:11: error: scene.source: cannot read",
          "sweep.toml:19:8: error: npu.bus: which values?",
          "sweep.toml:22:25: error: adc.bits: 15 is out of range",
          "sweep.toml:24:9: error: no statistic is called 'npu.cycle'",
          "did you mean 'npu.cycles'?", "sweep.toml:25:40: error: goal: 'minn' is neither",
          "13 errors. Nothing was simulated."})
        CHECK(contains(text, part));
    CHECK(text.find(":1:1:") < text.find(":25:40:"));
}

TEST_CASE("sweep files that make no sense are refused") {
    const auto one = knob("npu.lanes", "values = [1]");
    CHECK(contains(mistakes_of("frames = 1\n"), "there is no knob to turn"));
    CHECK(contains(mistakes_of(one + one), "npu.lanes is a knob twice"));
    CHECK(contains(mistakes_of("[set]\nnpu.lanes = 2\n" + one), "npu.lanes is a knob, and fixed"));
    CHECK(contains(mistakes_of("frames = 2\n[set]\nrun.frames = 3\n" + one),
                   "run.frames is also in [set]"));
    CHECK(contains(mistakes_of("sampling = \"latin_hypercube\"\n" + one), "how many points?"));
    CHECK(contains(mistakes_of("sampling = {method = \"grid\", points = 3}\n" + one),
                   "grid takes no points"));
    CHECK(contains(mistakes_of(knob("npu.lanes", "range = {from = 4, to = 1, step = 1}")),
                   "'from' must be below 'to'"));
    CHECK(contains(mistakes_of(knob("npu.lanes", "range = {from = 1, to = 4}")),
                   "'step' is missing"));
    CHECK(contains(mistakes_of(knob("npu.lanes", "range = {from = 1, to = 4, step = 0.5}")),
                   "step: wrong type"));
    CHECK(contains(mistakes_of(knob("sram.banks", "range = {from = 2, to = 4, step = 1}")),
                   "3 is not a power of two"));
    CHECK(contains(mistakes_of(knob("npu.lanes", "values = [1]\nlog = {from = 1, to = 2}")),
                   "its values are given more than once"));
    CHECK(contains(mistakes_of("a = \n"), "TOML syntax"));
    CHECK(contains(mistakes_of(knob("npu.fixed_cycles", "range = {from = 0, to = 2000, step = 1}") +
                               knob("npu.lanes", "range = {from = 1, to = 2000, step = 1}")),
                   "the grid has too many points"));
    CHECK_THROWS_AS(read_sweep("/nowhere/sweep.toml"), input_error);
}

TEST_CASE("shards are named, or found in the environment of a job array") {
    CHECK(shard_of("").count == 1);
    CHECK(shard_of("2/8").index == 2);
    CHECK(shard_of("2/8").count == 8);
    for (const char* bad : {"8/8", "1", "1/0", "-1/4", "a/b", "1/2/3", "/", "auto"})
        CHECK_THROWS_AS(shard_of(bad), input_error);
    setenv("LSB_JOBINDEX", "3", 1);
    setenv("LSB_JOBINDEX_END", "8", 1);
    CHECK(shard_of("auto").index == 2);
    CHECK(shard_of("auto").count == 8);
    setenv("SLURM_ARRAY_TASK_ID", "5", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
    CHECK_THROWS_AS(shard_of("auto"), input_error);
    setenv("SLURM_ARRAY_TASK_MIN", "2", 1);
    CHECK(shard_of("auto").index == 3);
    setenv("SLURM_ARRAY_TASK_ID", "1", 1);
    CHECK_THROWS_AS(shard_of("auto"), input_error);
}
