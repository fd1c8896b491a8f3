// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Row time and frame rate follow from the converters; what is too slow says so.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "program.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string configs = std::string(source_folder) + "/configs/";

struct outcome {
    json statistics;
    std::string table;
    double of(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
};

outcome run(const std::string& config, std::vector<std::string> more = {}) {
    const std::string out = scratch_folder() + "/out";
    std::vector<std::string> arguments = {
        "run", configs + config, "--timing-only",      "--force", "--out",
        out,   "--set",          "network.source=none"};
    for (const auto& m : more) {
        arguments.emplace_back("--set");
        arguments.push_back(m);
    }
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    outcome o;
    o.statistics = json::parse(file_bytes(out + "/stats.json")).at("statistics");
    o.table = r.out;
    fs::remove_all(out);
    return o;
}

}  // namespace

TEST_CASE("the published readouts follow from the converters") {
    const outcome full = run("imx500-full-speed.toml");
    CHECK(full.of("pixel_array.active_readout") == Approx(16.52e-3).epsilon(0.01));
    CHECK(full.of("csi2.lines_lost") == 0);
    CHECK(contains(full.table, "slowest: converters"));
    const outcome binned = run("imx500-2x2-full-speed.toml");
    CHECK(binned.of("pixel_array.active_readout") == Approx(5.52e-3).epsilon(0.01));
    CHECK(binned.of("csi2.lines_lost") == 0);
    // Not a constant: a clock twice as fast takes away half of the counting time, 1.2 us of
    // settling stay. The pixel clock, the ISP and CSI-2 then hold it up unless they are faster.
    const outcome fast = run("imx500-2x2-full-speed.toml", {"adc.count_clock=1056 MHz"});
    const double conversion = 1.2e-6 + 1280 / 1056e6;
    CHECK(fast.of("column_adc.shortest_line_time") == Approx(conversion));
    const outcome slow = run("imx500-2x2-full-speed.toml", {"adc.count_clock=264 MHz"});
    CHECK(slow.of("pixel_array.line_time") == Approx(1.2e-6 + 1280 / 264e6).epsilon(5e-4));
    CHECK(slow.of("pixel_array.frame_time") ==
          Approx(1548 * slow.of("pixel_array.line_time")).epsilon(1e-9));
    const outcome one = run("imx500-2x2-full-speed.toml", {"adc.banks=1"});
    CHECK(one.of("pixel_array.line_time") == Approx(2 * (1.2e-6 + 1280 / 528e6)).epsilon(5e-4));
    const outcome charge =
        run("imx500-2x2-full-speed.toml", {"adc.banks=1", "sensor.binning_domain=charge"});
    CHECK(charge.of("pixel_array.line_time") == Approx(1.2e-6 + 1280 / 528e6).epsilon(5e-4));
}

TEST_CASE("twelve bits on one bank are refused with what would work") {
    const auto r =
        ocellus_program({"run", configs + "imx500-full-speed.toml", "--timing-only", "--set",
                         "sensor.line_length=4548", "--set", "adc.banks=1", "--set",
                         "adc.count_clock=594 MHz", "--set", "adc.settle_time=1.5 us"});
    CHECK(r.exit_code == 2);
    for (const char* part : {"a 12-bit conversion takes 10.120 us", "1302 MHz with 1 bank",
                             "547 MHz with 2 banks", "254 MHz with 4 banks", "adc.bits <= 10",
                             "adc.banks >= 2", "sensor.line_length >= 8471 cycles"}) {
        INFO(r.err);
        CHECK(contains(r.err, part));
    }
}

TEST_CASE("a die link that is too slow is named as the bottleneck") {
    const std::vector<std::string> slow = {"die_link.lanes=10"};  // 48672 bits in 8.11 us
    const outcome follows = run("imx500-full-speed.toml", slow);
    CHECK(contains(follows.table, "slowest: die link"));
    CHECK(follows.of("die_link.rows_lost") == 0);
    CHECK(follows.of("pixel_array.line_time") == Approx(4056 * 12 / (10 * 600e6)).epsilon(5e-4));
    const outcome loses =
        run("imx500-full-speed.toml", {"die_link.lanes=10", "sensor.line_length=4561"});
    CHECK(contains(loses.table, "bottleneck: die link"));
    CHECK(loses.of("die_link.rows_lost") > 0);
    CHECK(loses.of("die_link.row_time") == Approx(4056 * 12 / (10 * 600e6)));
}

TEST_CASE("the energy of a frame is told by event") {
    const outcome o = run("imx500-full-speed.toml");
    const double pixels = 4056.0 * 3040;
    CHECK(o.of("column_adc.pixels") == pixels);
    CHECK(o.of("column_adc.conversions") == pixels);
    CHECK(o.of("column_adc.counts") == pixels * (4096 + 1024));
    CHECK(o.of("column_adc.pixel_energy") == Approx(pixels * 40e-12).epsilon(1e-12));
    const double sum = o.of("column_adc.pixel_energy") + o.of("column_adc.conversion_energy") +
                       o.of("column_adc.count_energy") + o.of("die_link.energy");
    CHECK(o.of("energy.readout") == Approx(sum).epsilon(1e-12));
    CHECK(o.of("energy.readout_per_frame") == Approx(sum).epsilon(1e-12));
    CHECK(contains(o.table, "readout energy"));
    // Four pixels a sample, each converted, or only their sum.
    const outcome digital = run("imx500-2x2-full-speed.toml");
    CHECK(digital.of("column_adc.pixels") == pixels);
    CHECK(digital.of("column_adc.conversions") == pixels);
    const outcome charge = run("imx500-2x2-full-speed.toml", {"sensor.binning_domain=charge"});
    CHECK(charge.of("column_adc.pixels") == pixels);
    CHECK(charge.of("column_adc.conversions") == pixels / 4);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a full frame with all its files fits 200 MB, four without files 220 MiB") {
    const struct {
        std::vector<std::string> more;
        long most_kib;
    } runs[] = {{{"--frames", "1", "--out", scratch_folder() + "/out"}, 200'000'000 / 1024},
                {{"--frames", "4", "--network", "none"}, 220 * 1024}};
    for (const auto& r : runs) {
        std::vector<std::string> line = {"run", configs + "imx500.toml", "--quiet"};
        line.insert(line.end(), r.more.begin(), r.more.end());
        REQUIRE(ocellus_program(line).exit_code == 0);
        rusage used{};
        REQUIRE(getrusage(RUSAGE_CHILDREN, &used) == 0);
        CHECK(used.ru_maxrss <= r.most_kib);  // of the largest child so far
    }
}
#endif

TEST_CASE("samples of 8 and 14 bits leave as RAW8 and RAW14") {
    for (const unsigned bits : {8u, 12u, 14u}) {
        const std::string out = scratch_folder() + "/out";
        const auto r = ocellus_program({"run", configs + "small.toml", "--force", "--out", out,
                                        "--set", "adc.bits=" + std::to_string(bits), "--set",
                                        "adc.count_clock=5 GHz", "--network", "none"});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const auto packed = file_bytes(out + "/frame_0000.raw" + std::to_string(bits));
        CHECK(packed.size() == 676u * 506 * bits / 8);
        fs::remove_all(out);
    }
    const auto r =
        ocellus_program({"run", configs + "small.toml", "--timing-only", "--set", "adc.bits=11"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "RAW8, RAW10, RAW12 and RAW14"));
}
