// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The whole program driven by a host over the camera control interface.
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

TEST_CASE("cci: the vendor's registers in front of the network act, and a reset takes it back") {
    if (!exceptions_after_simulation) {
        WARN("skipped: refusals are exceptions after a simulation has begun");
        return;
    }
    const std::string script = R"(
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from ocellus_control import Simulation

# The public table, and what the sRGB curve is at the knots of ours: 12 bits to 8.4.
TABLE = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 15, 18, 20, 28, 36, 42, 48, 54, 60, 70, 81, 90, 100, 117, 132, 146, 158, 169, 178,
         186, 193, 199, 205, 209, 214, 222, 228, 233, 238, 243, 247, 251, 255]

def srgb(x):
    return 12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055

def place(j):
    return 8 * j if j < 8 else (64 << (j - 8) // 8) + (j - 8) % 8 * (8 << (j - 8) // 8)

def signed(v):
    return v - (1 << 32) if v >> 31 else v

with Simulation.start(sys.argv[2], sys.argv[3], '--set', 'sensor.standby=true', '--set', 'isp.lens_shading=true') as chip:
    def cci(*words):
        return chip.request('cci', *words)
    before = {n: chip.read(n) for n in ('isp.GAIN_R', 'isp.GAIN_B', 'isp.BLACK_LEVEL', 'isp.STAGES', 'isp.TENSOR_K00', 'isp.TENSOR_K23',
                                        'isp.TENSOR_FORMAT', 'isp.TENSOR_CLAMP_MIN', 'isp.GAMMA_20', 'isp.GAMMA_55',
                                        'column_adc.DIGITAL_GAIN', 'csi2.TENSOR_REGION', 'csi2.TENSOR_TYPES')}
    chip.run_for('1ms')
    cci('write', 'dnn_gain[0]', '0x200', '0x110', '0x120', '0x180')
    assert [chip.read('isp.GAIN_' + c) for c in ('R', 'GR', 'GB', 'B')] == [0x200, 0x110, 0x120, 0x180]
    chip.write('isp.GAIN_B', 0x190)  # what firmware writes is what the host sees
    assert cci('read', 'dnn_gain[0]', '8')['data'] == '0200011001200190'
    cci('write', 'dnn_black_level[0]', '0x100', '0x101', '0x102', '0x104')
    assert chip.read('isp.BLACK_LEVEL') == 0x102  # 257.75
    cci('write', 'digital_gain[0]', '0x200', '0x200', '0x200', '0x200')
    assert chip.read('column_adc.DIGITAL_GAIN') == 0x200
    cci('write', 'dnn_gamma', '0')
    assert chip.read('isp.STAGES') == before['isp.STAGES'] & ~0x100
    cci('write', 'dnn_gamma', '1')
    cci('write', 'dnn_shading', '0')
    assert chip.read('isp.STAGES') == before['isp.STAGES'] & ~8
    cci('write', 'dnn_shading', '0x0f')
    assert chip.read('isp.STAGES') == before['isp.STAGES']
    cci('write', 'norm_clip[0]', '0x007f0180', '0', '0')
    assert [signed(chip.read('isp.TENSOR_CLAMP_' + m)) for m in ('MAX', 'MIN')] == [127, -128]
    cci('write', 'norm_clip[0]', '0x00ff0000')
    assert [signed(chip.read('isp.TENSOR_CLAMP_' + m)) for m in ('MAX', 'MIN')] == [255, 0]
    cci('write', 'yc_matrix[0]', *[str(v) for v in (1024, 0, 0, 0x1800, 0, 1024, 0, 0x1800, 0, 0, 1023, 0x1801)])
    assert chip.read('isp.TENSOR_K22') == 1023 and chip.read('isp.TENSOR_K23') == 0x1801
    assert cci('read', 'yc_matrix[0]', '24')['data'].endswith('03ff1801')
    # Low half of every word first: knots 1 and 0, 3 and 2, ...
    words = TABLE + [0]
    cci('write', 'gamma_green[0]', *[str(words[k ^ 1]) for k in range(44)])
    cci('write', 'metadata_data_type[0]', *['0x12'] * 4)
    assert chip.read('csi2.TENSOR_TYPES') == 0x12121212
    cci('write', 'image_only_mode', '0')
    assert chip.read('csi2.TENSOR_REGION') == 2
    cci('write', 'metadata_lines[0]', '1', '0', '1', '1')
    assert chip.read('csi2.TENSOR_REGION') == 1
    cci('write', 'frame_has_metadata', '0')
    assert chip.read('csi2.TENSOR_REGION') == 0
    cci('write', 'frame_has_metadata', '1')
    assert chip.read('isp.TENSOR_FORMAT') == before['isp.TENSOR_FORMAT']
    cci('write', 'mode_select', '1')
    assert chip.read('isp.TENSOR_FORMAT') == before['isp.TENSOR_FORMAT'] | 0x80
    # Straight lines between the public knots are the curve to a code and a half.
    for j in range(57):
        have, want = chip.read(f'isp.GAMMA_{j:02}') / 16, 255 * srgb(min(1, place(j) / 4095))
        assert abs(have - want) < 1.5 + (2.5 if j < 3 else 0), (j, have, want)
    chip.run_until_event('message_sent')
    assert int(chip.statistics('csi2.tensor_regions')['csi2.tensor_regions']) == 1
    cci('write', 'mode_select', '0')
    chip.run_for('40ms')
    # Another table bends the curve: twice as bright, at most white.
    cci('write', 'gamma_green[0]', *[str(min(255, 2 * words[k ^ 1])) for k in range(44)])
    cci('write', 'mode_select', '1')
    for j in (20, 30, 40):
        have, want = chip.read(f'isp.GAMMA_{j:02}') / 16, min(255, 2 * 255 * srgb(place(j) / 4095))
        assert abs(have - want) < 3, (j, have, want)
    cci('write', 'software_reset', '1')
    for name, value in before.items():
        assert chip.read(name) == value, name
    chip.quit()
print('all is well')
)";
    const auto r = run_program({"timeout", "60", "python3", "-c", script, source("clients/python"),
                                program_path, source("configs/small.toml")});
    INFO(r.err);
    CHECK(contains(r.out, "all is well"));
    CHECK(r.exit_code == 0);
}

TEST_CASE("cci: the tensor region leaves as embedded data where a host asks for that") {
    const std::string folder = scratch_folder();
    const std::string script = script_file(folder, R"(wait 9 ms
write metadata_data_type[0] 0x12 0x12 0x12 0x12
write metadata_lines[0] 1 24 3 1
write image_only_mode 0
write mode_select 1
)");
    REQUIRE(ocellus_program({"run", source("configs/small.toml"), "--cci", script, "--out",
                             folder + "/out", "--packets", folder + "/run.pcap"})
                .exit_code == 0);
    const auto r = run_program(
        {"python3", "-c",
         "import sys\n"
         "sys.dont_write_bytecode = True\n"
         "sys.path.insert(0, sys.argv[1])\n"
         "from ocellus_packets import *\n"
         "for f in frames(packets(open(sys.argv[2], 'rb'))):\n"
         "    if f.channel == 2:\n"
         "        r = f.tensor_region(24, 3)\n"
         "        print(r.input_valid, bytes(b ^ 0x80 for b in r.outputs[0].raw) == "
         "open(sys.argv[3], 'rb').read())\n",
         source("clients/python"), folder + "/run.pcap", folder + "/out/output_0000_0.bin"});
    INFO(r.err);
    CHECK(r.out == "True True\n");
    CHECK(file_bytes(folder + "/out/region_0000.bin").size() == 29 * 2560);
}

TEST_CASE("cci: the shading tables of a host are those of a file of tables") {
    const std::string folder = scratch_folder();
    // Another gain for each site; in the corner twice that.
    const unsigned gains[] = {0x100, 0x120, 0x140, 0x160};  // R, Gr, Gb, B
    std::string tables, red, blue;
    const char* const names[] = {"red", "green_red", "green_blue", "blue"};
    for (unsigned site = 0; site < 4; ++site) {
        tables += std::string("shading ") + names[site];
        for (unsigned node = 0; node < 192; ++node)
            tables += " " + std::to_string(gains[site] << (node == 0));
        tables += "\n";
    }
    for (unsigned node = 0; node < 192; ++node) {
        const auto put = [node](std::string& to, unsigned gain) {
            to += " " + std::to_string(gain << (node == 0));
        };
        put(red, gains[0]);
        put(red, gains[1]);
        put(blue, gains[3]);
        put(blue, gains[2]);
    }
    std::ofstream(folder + "/tables.txt") << tables;
    const std::string script =
        script_file(folder, "wait 9 ms\nwrite shading_red[0]" + red + "\nwrite shading_blue[0]" +
                                blue + "\nwrite mode_select 1\n");
    const auto picture = [&](const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> line = {
            "run",   source("configs/small.toml"), "--network", "none",
            "--set", "output.image=isp",           "--set",     "isp.lens_shading=true",
            "--out", folder + "/" + name};
        line.insert(line.end(), more.begin(), more.end());
        const auto r = ocellus_program(line);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        return file_bytes(folder + "/" + name + "/frame_0000.yuv");
    };
    const auto configured =
        picture("configured", {"--set", "isp.tables=" + folder + "/tables.txt"});
    CHECK((picture("host", {"--cci", script}) == configured));
    CHECK((picture("plain", {}) != configured));
}

TEST_CASE("cci: gains that a host sets are in the picture") {
    const std::string folder = scratch_folder();
    const auto mean = [&](const std::string& name, const std::string& gain) {
        const std::string script =
            script_file(folder, "wait 9 ms\nwrite digital_gain[0] " + gain + " " + gain + " " +
                                    gain + " " + gain + "\nwrite mode_select 1\n");
        const auto r = ocellus_program({"run", source("configs/small.toml"), "--network", "none",
                                        "--scene", "builtin:uniform", "--set", "noise.enable=false",
                                        "--set", "sensor.exposure=4 ms", "--cci", script, "--out",
                                        folder + "/" + name});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const std::string raw = file_bytes(folder + "/" + name + "/frame_0000.raw10");
        double sum = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)  // the upper eight bits of each
            sum += i % 5 == 4 ? 0 : static_cast<std::uint8_t>(raw[i]);
        return sum / (static_cast<double>(raw.size()) * 4 / 5) - 16;  // less the black level
    };
    const double one = mean("one", "0x100");
    CHECK(one > 10);
    CHECK(mean("two", "0x200") == Approx(2 * one).margin(1));
    CHECK(mean("half-more", "0x180") == Approx(1.5 * one).margin(1));
}
