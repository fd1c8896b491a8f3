// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The sensor comes up from reset through its host: images over SPI, registers over CCI.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host_run.h"
#include "program.h"
#include "sim/cci_script.h"
#include "sim/sensor_control.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

const std::string boot_lines = R"(wait 9 ms
load loader
load main_firmware version 0x10203
load network security 2
until system_state == 2
)";

program_result cold_run(const std::string& out, const std::string& script,
                        const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {
        "run", source("configs/small.toml"), "--cci", script, "--set", "boot.cold=true", "--out",
        out};
    all.insert(all.end(), more.begin(), more.end());
    return ocellus_program(all);
}

}  // namespace

TEST_CASE("boot: the shipped scripts reach streaming with network in both public modes") {
    struct mode {
        const char* name;
        double width, height, rate;
    };
    const auto check = [](const mode& m) {
        const std::string out = scratch_folder() + "/out";
        const auto r = ocellus_program(
            {"run", source("configs/imx500.toml"), "--set", "boot.cold=true", "--cci",
             source(std::string("configs/cci/imx500-boot-") + m.name + ".cci"), "--frames", "2",
             "--timing-only", "--out", out});
        INFO(r.err);
        INFO(r.out);
        REQUIRE(r.exit_code == 0);
        CHECK(1 / statistic(out, "pixel_array.frame_time") == Approx(m.rate).epsilon(1e-5));
        CHECK(statistic(out, "csi2.lines") == 2 * m.height);
        // the image, and of 120x160x3 the lines of the input tensor: 57600 B in lines of 2560
        CHECK(statistic(out, "egress.csi2.pixel_bytes") ==
              2 * m.height * m.width * 5 / 4 + 2 * 23 * 2560);
        CHECK(statistic(out, "csi2.tensor_regions") == 2);
        CHECK(statistic(out, "frames.delivered") == 2);
        CHECK(statistic(out, "npu.jobs") == 2);
        CHECK(statistic(out, "boot.loaded") == 3);
        // 8 bits a byte at 35 MHz
        CHECK(statistic(out, "boot.spi_time") ==
              Approx(8 * statistic(out, "boot.bytes") / 35e6).epsilon(1e-12));
        CHECK(statistic(out, "run.simulated_time") > statistic(out, "boot.spi_time") + 2 / m.rate);
    };
    SECTION("2028x1520") {
        check({"2028x1520", 2028, 1520, 26.6372});
    }
    SECTION("4056x3040") {
        check({"4056x3040", 4056, 3040, 8.8926});
    }
}

TEST_CASE("boot: each corruption gives its code, and the network that is there stays") {
    const std::string folder = scratch_folder();
    const std::string stream = "write mode_select 1\nwait frame 0\n";
    const std::string broken[] = {
        "flip 0 gives 0xFA",            // identifier of the header
        "flip 7 gives 0xFA",            // size of the block
        "flip 11 gives 0xFA",           // number of the block
        "flip_end 1 gives 0xFA",        // identifier of the footer
        "cut 4 gives 0xFA",             // shorter than the block says
        "flip 500 gives 0xFE",          // payload
        "flip 70 gives 0xFE",           // manifest
        "flip_end 64 gives 0xFE",       // hash of the block
        "foreign_key gives 0xFE",       // signed by somebody else
        "as main_firmware gives 0xFC",  // genuine, of another kind
        "security 1 gives 0xFC",        // genuine, older than what has run
        "divisions 7 gives 0xFC",       // registers that do not belong together
        "stop 4 gives 0xFD",            // the host falls silent
    };
    std::string script = boot_lines;
    unsigned errors = 0;
    const auto refuse = [&](const std::string& what, const char* state) {
        script += "load " + what + "\nexpect system_state == " + state +
                  "\nexpect reference_status & 0xff0000 == " + std::to_string(++errors << 16) +
                  "\n";
    };
    for (const auto& b : broken)
        refuse("network " + b, "2");
    refuse("main_firmware gives 0xFF", "2");
    script += stream;
    refuse("network flip 500 gives 0xFE", "3");
    const std::vector<std::string> more = {"--frames", "12", "--set", "output.save_frames=first"};
    const auto r = cold_run(folder + "/broken", script_file(folder, script), more);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/broken", "boot.loaded") == 3);
    const auto good = cold_run(folder + "/good", script_file(folder, boot_lines + stream), more);
    REQUIRE(good.exit_code == 0);
    // and what the network says is what it says in a sensor that was never cold
    const auto warm = ocellus_program(
        {"run", source("configs/small.toml"), "--cci", script_file(folder, "wait 9 ms\n" + stream),
         "--out", folder + "/warm", "--frames", "12", "--set", "output.save_frames=first"});
    REQUIRE(warm.exit_code == 0);
    for (const char* file : {"/output_0000_0.bin", "/output_0000_1.bin", "/frame_0000.raw10"}) {
        const auto bytes = file_bytes(folder + "/warm" + file);
        CHECK(!bytes.empty());
        CHECK(file_bytes(folder + "/broken" + file) == bytes);
        CHECK(file_bytes(folder + "/good" + file) == bytes);
    }
}

TEST_CASE("boot: without a network there is none, and it can be cleared") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, boot_lines + R"(
write state_transition 3
write command_interrupt 0
until command_reply == 1
expect system_state == 0
write mode_select 1
wait frame 0
expect system_state == 1
)");
    const auto r = cold_run(folder + "/out", script);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/out", "npu.jobs") == 0);
    CHECK(statistic(folder + "/out", "csi2.lines") > 0);
}

TEST_CASE("boot: a network goes into flash and comes from there") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, R"(wait 9 ms
load network from_flash gives 0xFF      # nothing has been loaded
load loader
load main_firmware
load network from_flash gives 0xFB      # there is none in it
update network security 3
expect system_state == 0
update network security 2 gives 0xFC
load network security 2 gives 0xFC
load network from_flash
until system_state == 2
write mode_select 1
wait frame 0
expect system_state == 3
)");
    const auto r = cold_run(folder + "/out", script);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/out", "npu.jobs") > 0);
}

TEST_CASE(
    "boot: power that fails in an update leaves a sensor that boots, with the old or new one") {
    const std::string folder = scratch_folder();
    const std::string again =
        "wait 9 ms\nload loader\nload main_firmware\nload network from_flash\n"
        "until system_state == 2\n";
    std::string script = "wait 9 ms\nload loader\nload main_firmware\nupdate network\n";
    // erasing, the image's first bytes and inside it, and the steps of an update that ends
    const unsigned cuts[] = {0, 1000, 2048, 2049, 2050, 3000, 9999};
    for (const unsigned cut : cuts)
        script += "update network version 2 power_cut " + std::to_string(cut) +
                  "\nexpect system_state == 0\nexpect main_firmware_version == 0\n" + again;
    script += "xclr\nexpect system_state == 0\nload network from_flash gives 0xFF\n" + again;
    script += "write mode_select 1\nwait frame 0\nexpect system_state == 3\n";
    const auto r = cold_run(folder + "/out", script_file(folder, script));
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/out", "boot.power_cuts") == std::size(cuts));
    const auto warm = ocellus_program({"run", source("configs/small.toml"), "--cci",
                                       script_file(folder, "wait 9 ms\nwrite mode_select 1\n"),
                                       "--out", folder + "/warm"});
    REQUIRE(warm.exit_code == 0);
    const auto output = file_bytes(folder + "/warm/output_0000_0.bin");
    CHECK(!output.empty());
    CHECK(file_bytes(folder + "/out/output_0000_0.bin") == output);
}

TEST_CASE("boot: a second network comes while the sensor streams") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, boot_lines + R"(
write mode_select 1
wait frame 0
load network number 1 security 2
expect system_state == 3
)");
    const auto r = cold_run(
        folder + "/out", script,
        {"--set", "network.second=builtin:mobilenet_v1_1.0_224", "--set", "firmware.schedule=1",
         "--set", "boot.spi_clock=1 GHz", "--frames", "20", "--timing-only"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/out", "npu.switches") == 1);
    CHECK(statistic(folder + "/out", "frames.delivered") +
              statistic(folder + "/out", "frames.dropped") ==
          20);
}

TEST_CASE("boot: mistakes of load, update and include are told with their place") {
    diagnostics problems;
    parse_cci_script(
        "load netwrk\n"
        "load network flipp 1\n"
        "load network gives 0x100\n"
        "update network from_flash\n"
        "load network file\n"
        "include none.cci\n",
        "a.cci", sensor_control::named_events(), problems);
    REQUIRE(problems.errors().size() == 6);
    const unsigned columns[] = {6, 14, 20, 16, 17, 9};
    for (unsigned i = 0; i < 6; ++i) {
        INFO(problems.errors()[i].message);
        CHECK(problems.errors()[i].where.line == i + 1);
        CHECK(problems.errors()[i].where.column == columns[i]);
    }
    const std::string folder = scratch_folder();
    const std::string self = script_file(folder, "include host.cci\n");
    diagnostics endless;
    parse_cci_script(file_bytes(self), self, sensor_control::named_events(), endless);
    REQUIRE(endless.errors().size() == 1);
    CHECK(contains(endless.errors()[0].message, "too deep"));
}
