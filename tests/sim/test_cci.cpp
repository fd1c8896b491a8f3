// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The whole program driven by a host over the camera control interface.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "sim/cci_script.h"
#include "sim/sensor_control.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

double statistic(const std::string& folder, const std::string& name) {
    const auto all = nlohmann::json::parse(file_bytes(folder + "/stats.json"));
    return all.at("statistics").at(name).at("value").get<double>();
}

std::string source(const std::string& name) {
    return std::string(source_folder) + "/" + name;
}

std::string script_file(const std::string& folder, const std::string& text) {
    const std::string name = folder + "/host.cci";
    std::ofstream(name) << text;
    return name;
}

struct public_mode {
    const char* script;
    double width, height, line_length, frame_length, exposure, rate;
};

/// imx500_modes.csv: register table of raspberrypi/linux drivers/media/i2c/imx500.c at 24 MHz.
constexpr double pixel_rate = 744e6;
constexpr public_mode full = {"imx500-4056x3040.cci", 4056, 3040, 17900, 4674, 4652, 8.8926};
constexpr public_mode binned = {"imx500-2028x1520.cci", 2028, 1520, 9398, 2972, 2950, 26.6372};

void check_mode(const public_mode& m, bool from_the_other) {
    const std::string out = scratch_folder() + "/out";
    std::vector<std::string> arguments = {"run",
                                          source("configs/imx500.toml"),
                                          "--cci",
                                          source(std::string("configs/cci/") + m.script),
                                          "--frames",
                                          "2",
                                          "--timing-only",
                                          "--out",
                                          out};
    if (from_the_other)  // a configuration in which nothing is right yet
        for (const char* setting :
             {"sensor.line_length=20000", "sensor.frame_length=5000", "sensor.pll_mult=100",
              "sensor.analogue_gain_code=512", "sensor.exposure=1ms"})
            arguments.insert(arguments.end(), {"--set", setting});
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(contains(r.out, "8 of 8 expectations met"));
    const double line = m.line_length / pixel_rate;
    CHECK(statistic(out, "pixel_array.line_time") == Approx(line).epsilon(1e-12));
    CHECK(statistic(out, "pixel_array.frame_time") == Approx(line * m.frame_length).epsilon(1e-12));
    CHECK(1 / statistic(out, "pixel_array.frame_time") == Approx(m.rate).epsilon(1e-5));
    CHECK(statistic(out, "pixel_array.exposure_time") == Approx(line * m.exposure).epsilon(1e-12));
    CHECK(statistic(out, "pixel_array.active_readout") == Approx(line * m.height).epsilon(1e-12));
    CHECK(statistic(out, "csi2.lines") == 2 * m.height);
    CHECK(statistic(out, "csi2.lines_lost") == 0);
    CHECK(statistic(out, "frames.delivered") == 2);
    // RAW10 packs four pixels into five bytes
    CHECK(statistic(out, "egress.csi2.pixel_bytes") == 2 * m.height * m.width * 5 / 4);
    CHECK(statistic(out, "cci.refused") == 0);
    CHECK(statistic(out, "cci.unknown_writes") == 0);
    CHECK(statistic(out, "egress.cci.bytes") == statistic(out, "cci.bytes_read"));
}

}  // namespace

TEST_CASE("cci: the public table of 4056x3040 starts streaming as it says") {
    check_mode(full, false);
}

TEST_CASE("cci: the public table of 2028x1520 starts streaming as it says") {
    check_mode(binned, false);
}

TEST_CASE("cci: the public tables set everything they should") {
    check_mode(binned, true);
}

TEST_CASE("cci: a mode set by a host gives the picture of the same mode in the configuration") {
    const std::string folder = scratch_folder();
    // a binned window of a larger array, 1267 lines of exposure, gain 2
    const std::string script = script_file(folder, R"(wait 9 ms
write binning_mode 1
write binning_type 0x22
write x_addr_start 128 64 639 447
write x_output_size 256 192
write coarse_integration_time 1267
write analog_gain_code_global 512
write mode_select 1
)");
    const auto run = [&](const std::string& out, std::vector<std::string> more) {
        std::vector<std::string> all = {"run",
                                        "--network",
                                        "none",
                                        "--out",
                                        folder + "/" + out,
                                        "--set",
                                        "sensor.line_length=9398",
                                        "--set",
                                        "sensor.frame_length=2972"};
        all.insert(all.end(), more.begin(), more.end());
        const auto r = ocellus_program(all);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        return file_bytes(folder + "/" + out + "/frame_0000.raw10");
    };
    const auto by_host =
        run("host", {"--cci", script, "--set", "sensor.width=1024", "--set", "sensor.height=800"});
    const auto configured =
        run("configuration",
            {"--set", "sensor.width=256", "--set", "sensor.height=192", "--set", "sensor.binning=2",
             "--set", "sensor.crop_left=64", "--set", "sensor.crop_top=32", "--set",
             "sensor.array_width=512", "--set", "sensor.array_height=400", "--set",
             "sensor.analogue_gain_code=512", "--set", "sensor.exposure=16.00439 ms"});
    CHECK(by_host.size() == 256 * 192 * 5 / 4);
    CHECK(by_host == configured);
}

TEST_CASE("cci: a host stops the stream, changes its size and starts it again") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, R"(
wait 1 ms
expect mode_select == 0
expect frame_count == 255
write mode_select 1
wait frame 0 within 1 s
write mode_select 0
wait event stream_stopped within 1 s
expect frame_count == 0
write x_addr_end 511
write x_output_size 512
write test_pattern_mode 1
write test_data_red 100 200 300 400
write mode_select 1
wait frame 1
expect system_state == 1
)");
    const std::string out = folder + "/out";
    const auto r =
        ocellus_program({"run", source("configs/small.toml"), "--network", "none", "--frames", "2",
                         "--set", "output.save_frames=all", "--cci", script, "--out", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto first = file_bytes(out + "/frame_0000.raw10"),
               second = file_bytes(out + "/frame_0001.raw10");
    CHECK(second.size() * 676 == first.size() * 512);
    // RAW10: the first four samples are R, Gr, R, Gr; their upper eight bits come first
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(second.at(i)); };
    CHECK((byte(0) << 2 | (byte(4) & 3)) == Approx(100).margin(2));
    CHECK((byte(1) << 2 | (byte(4) >> 2 & 3)) == Approx(200).margin(2));
}

TEST_CASE("cci: what a host sees when a mode is impossible") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, R"(
wait 1 ms
write frame_length_lines 100
write mode_select 1
expect mode_select == 0
write frame_length_lines 1500
write binning_mode 1
write binning_type 0x44
write mode_select 1
expect mode_select == 0
write binning_mode 0
write mode_select 1
expect mode_select == 1
wait frame 0
)");
    const auto r = ocellus_program({"run", source("configs/small.toml"), "--network", "none",
                                    "--timing-only", "--cci", script, "--out", folder + "/out"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(statistic(folder + "/out", "pixel_array.mode_errors") == 2);
}

TEST_CASE("cci: what does not come true is told with its line, and the exit code is 1") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, R"(expect chip_id == 0x0501
device 0x21
write mode_select 1
device 0x36
refused write 0x0107 1
until mode_select == 1 every 2 ms within 20 ms
)");
    const auto r = ocellus_program({"run", source("configs/small.toml"), "--network", "none",
                                    "--timing-only", "--cci", script});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "host.cci:1: expected chip_id == 1281, is 1280 (0x500)"));
    CHECK(contains(r.err, "host.cci:3: nobody answers at device address 0x21"));
    CHECK(contains(r.err, "host.cci:5: 0x0107 was acknowledged"));
    CHECK(contains(r.err, "host.cci:6: mode_select == 1 did not come within 20 ms"));
}

TEST_CASE("cci: every mistake of a script is told with line and column") {
    diagnostics problems;
    const auto good = parse_cci_script(
        "device 0x36 # comment\nwrite16 0x0340 0x1242\n"
        "expect temp_sensor_output & 0x7f < 80\nquit\n",
        "a.cci", sensor_control::named_events(), problems);
    CHECK_FALSE(problems.has_errors());
    REQUIRE(good.size() == 4);
    CHECK(good[1].data == std::vector<std::uint8_t>{0x12, 0x42});
    CHECK(good[2].mask == 0x7f);
    const std::string text =
        "wrote 0x0100 1\n"            // 1
        "write mode_selekt 1\n"       // 2
        "write mode_select 256\n"     // 3
        "write mode_select\n"         // 4
        "expect chip_id = 1\n"        // 5
        "write16 mode_select 1\n"     // 6
        "wait event frame_startet\n"  // 7
        "wait soon\n"                 // 8
        "refused wait 1 ms\n"         // 9
        "device 0x80\n"               // 10
        "write 0x10000 1\n"           // 11
        "read gamma_red[44]\n"        // 12
        "quit now\n";                 // 13
    parse_cci_script(text, "b.cci", sensor_control::named_events(), problems);
    REQUIRE(problems.errors().size() == 13);
    const unsigned columns[] = {1, 7, 19, 17, 16, 9, 12, 6, 9, 8, 7, 6, 6};
    for (unsigned i = 0; i < 13; ++i) {
        INFO(problems.errors()[i].message);
        CHECK(problems.errors()[i].where.line == i + 1);
        CHECK(problems.errors()[i].where.column == columns[i]);
        CHECK(problems.errors()[i].where.file == "b.cci");
    }
    CHECK(contains(problems.errors()[1].hint, "mode_select"));
    const std::string folder = scratch_folder();
    const auto r = ocellus_program({"run", "--cci", script_file(folder, text)});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "host.cci:13:6: error:"));
    CHECK(contains(r.err, "13 errors"));
    CHECK(ocellus_program({"run", "--cci", folder + "/none.cci"}).exit_code != 0);
}

TEST_CASE("cci: a test bench talks over CCI through the control socket") {
    if (!exceptions_after_simulation) {
        WARN("skipped: refusals are exceptions after a simulation has begun");
        return;
    }
    if (run_program({"sh", "-c", "command -v python3"}).exit_code != 0) {
        WARN("skipped: no python3");
        return;
    }
    const std::string script = R"(
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from ocellus_control import ControlError, Simulation

def refused(*words, **options):
    try:
        chip.request('cci', *words, **options)
    except ControlError as e:
        return e.code + ' ' + str(e)
    raise AssertionError(words)

with Simulation.start(sys.argv[2], sys.argv[3], '--network', 'none', '--timing-only',
                      '--set', 'sensor.standby=true', '--set', 'cci.unknown=refuse') as chip:
    assert chip.request('cci', 'read', 'chip_id')['data'] == '0500'
    assert chip.time_ns == 142500, chip.time_ns  # 39 + 18 bits at 400 kHz
    assert chip.request('cci', 'read', '0x0016', '1', device='0x36')['data'] == '05'
    assert 'not acknowledged' in refused('read', 'chip_id', device='0x20')
    assert 'byte 0 was not acknowledged' in refused('write', '0x0107', '1')
    assert 'did you mean mode_select' in refused('write', 'mode_selekt', '1')
    assert refused('write', 'mode_select', '256').startswith('parameter')
    chip.run_for('1ms')
    chip.request('cci', 'write', 'coarse_integration_time', '100')
    assert chip.read('pixel_array.EXPOSURE') == 100
    chip.write('pixel_array.EXPOSURE', 200)
    assert chip.request('cci', 'read', 'coarse_integration_time')['data'] == '00c8'
    assert chip.request('cci', 'read', 'system_state')['data'] == '00'
    chip.request('cci', 'write', 'mode_select', '1')
    chip.run_until_frame(0)
    assert chip.request('cci', 'read', 'system_state')['data'] == '01'
    chip.quit()
print('all is well')
)";
    const auto r = run_program({"timeout", "60", "python3", "-c", script, source("clients/python"),
                                program_path, source("configs/small.toml")});
    INFO(r.err);
    CHECK(contains(r.out, "all is well"));
    CHECK(r.exit_code == 0);
}
