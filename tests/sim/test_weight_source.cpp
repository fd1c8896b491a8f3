// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/sim/host_run.h"
#include "tests/sim/program.h"
#include "tests/test_paths.h"

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

struct weights_run {
    std::string folder, err;
    double value(const std::string& name) const { return statistic(folder, name); }
    std::string file(const std::string& name) const { return file_bytes(folder + "/" + name); }
};

weights_run run(const std::vector<std::string>& settings, bool timing_only = true) {
    weights_run w;
    w.folder = scratch_folder() + "/out";
    std::vector<std::string> arguments{"run", small, "--quiet", "--out", w.folder};
    if (timing_only)
        arguments.emplace_back("--timing-only");
    for (const auto& s : settings) {
        arguments.emplace_back("--set");
        arguments.push_back(s);
    }
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    w.err = r.err;
    return w;
}

}  // namespace

TEST_CASE("weights over SPI: bytes, time and energy are those of the closed form") {
    for (const double lanes : {1.0, 4.0}) {
        const auto w = run({"npu.weights=streamed", "weights.from=flash",
                            "weights.lanes=" + std::to_string(static_cast<int>(lanes)),
                            "weights.burst=256 B"});
        INFO(lanes << " lanes");
        const double bytes = w.value("weights.bytes"), reads = w.value("weights.reads");
        CHECK(bytes > 100'000);
        CHECK(bytes == w.value("npu.external.read"));
        CHECK(reads >= bytes / 256);
        CHECK(reads <= bytes / 256 + w.value("weights.fetches"));
        const double overhead = 8 + 24 / lanes + 8 + 2;
        const double seconds = (reads * overhead + 8 * bytes / lanes) / 35e6;
        CHECK(w.value("weights.busy_time") == Approx(seconds));
        CHECK(w.value("weights.link_wait") == 0);
        CHECK(w.value("energy.spi") == Approx(bytes * 8 * 16e-12));
        // The NPU has nothing to do but wait for it: all layers follow one another on the link.
        CHECK(w.value("npu.busy") > seconds);
        CHECK(w.value("npu.busy") < 1.05 * seconds + 0.002);
        CHECK(w.value("npu.cycles.streaming") > 0.5 * seconds * 262.5e6);
    }
}

TEST_CASE("weights over SPI: a host sends at once, after its latency") {
    const auto w = run({"npu.weights=streamed", "weights.from=host", "weights.burst=1 MiB",
                        "weights.host_latency=1 ms", "weights.gap=0"});
    const double fetches = w.value("weights.fetches");
    CHECK(w.value("weights.reads") == fetches);
    CHECK(w.value("weights.busy_time") ==
          Approx(fetches * 1e-3 + 8 * w.value("weights.bytes") / 35e6));
}

TEST_CASE("weights over SPI: the network computes with what the flash holds") {
    const auto resident = run({"run.frames=2"}, false);
    const auto flash = run({"run.frames=2", "npu.weights=streamed", "weights.from=flash",
                            "weights.lanes=4", "weights.spi_clock=200 MHz"},
                           false);
    CHECK(flash.value("weights.crc_errors") == 0);
    CHECK(flash.file("output_0001_0.bin") == resident.file("output_0001_0.bin"));
    CHECK(flash.file("output_0001_1.bin") == resident.file("output_0001_1.bin"));
    const auto damaged =
        run({"run.frames=2", "npu.weights=streamed", "weights.from=flash", "weights.lanes=4",
             "weights.spi_clock=200 MHz", "weights.damaged_byte=100"},
            false);
    CHECK(damaged.file("tensor_0001.bin") == flash.file("tensor_0001.bin"));
    CHECK(damaged.file("output_0001_0.bin") != flash.file("output_0001_0.bin"));
    CHECK(damaged.value("weights.crc_errors") == 2);  // one layer in each of two jobs
    CHECK(contains(damaged.err, "2 pieces of weights that came over SPI have a wrong checksum"));
    // The time is the same: nobody looks before it has come.
    CHECK(damaged.value("npu.cycles") == flash.value("npu.cycles"));
}

TEST_CASE("weights over SPI: where they are not wanted they are an error, all at once") {
    const auto r =
        ocellus_program({"run", small, "--timing-only", "--set", "weights.from=flash", "--set",
                         "weights.lanes=3", "--set", "weights.address_bits=30"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "weights.lanes = 3"));
    CHECK(contains(r.err, "weights.address_bits = 30"));
    CHECK(contains(r.err, "npu.weights = resident"));
    CHECK(contains(r.err, "3 errors"));
    const auto far =
        ocellus_program({"run", small, "--timing-only", "--set", "npu.weights=streamed", "--set",
                         "weights.from=flash", "--set", "weights.damaged_byte=400000000"});
    CHECK(far.exit_code == 2);
    CHECK(contains(far.err, "weights.damaged_byte = 400000000, but the image has"));
}

TEST_CASE("weights over SPI: a host that loads another network keeps them waiting, and they it") {
    const std::string boot = R"(wait 9 ms
load loader
load main_firmware version 0x10203
load network
until system_state == 2
write mode_select 1
wait frame 0
)";
    const auto waited = [&](const std::string& then) {
        const std::string folder = scratch_folder();
        const auto r = ocellus_program({"run",      small,
                                        "--cci",    script_file(folder, boot + then),
                                        "--frames", "12",
                                        "--quiet",  "--timing-only",
                                        "--out",    folder + "/out",
                                        "--set",    "boot.cold=true",
                                        "--set",    "boot.spi_clock=1 GHz",
                                        "--set",    "network.second=builtin:mobilenet_v1_1.0_224",
                                        "--set",    "firmware.schedule=0",
                                        "--set",    "npu.weights=streamed",
                                        "--set",    "weights.from=host",
                                        "--set",    "weights.lanes=4",
                                        "--set",    "weights.spi_clock=100 MHz"});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        CHECK(statistic(folder + "/out", "weights.fetches") > 0);
        return statistic(folder + "/out", "weights.link_wait");
    };
    CHECK(waited("expect system_state == 3\n") == 0);
    CHECK(waited("load network number 1\n") > 1e-3);
}
