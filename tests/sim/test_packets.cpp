// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "links/csi2_packet.h"
#include "links/tensor_lines.h"
#include "program.h"
#include "tests/test_paths.h"

using json = nlohmann::json;

namespace {

const std::string configs = std::string(source_folder) + "/configs/";

struct outcome {
    std::string folder;
    program_result run, decoded;
    json statistics;
    std::vector<json> frames;
    double value(const std::string& name) const {
        return statistics.at(name).at("value").get<double>();
    }
    std::string file(const std::string& name) const { return file_bytes(folder + "/out/" + name); }
    std::string read(const std::string& name) const {
        return file_bytes(folder + "/decoded/" + name);
    }
};

/// A run of the small sensor, and what the reference decoder in Python makes of its packets.
outcome decoded(int frames, std::vector<std::string> settings) {
    outcome o;
    o.folder = scratch_folder();
    std::vector<std::string> line = {"run",
                                     configs + "small.toml",
                                     "--frames",
                                     std::to_string(frames),
                                     "--quiet",
                                     "--out",
                                     o.folder + "/out",
                                     "--packets",
                                     o.folder + "/run.pcap",
                                     "--set",
                                     "output.save_frames=all"};
    for (const auto& s : settings)
        line.insert(line.end(), {"--set", s});
    o.run = ocellus_program(line);
    INFO(o.run.err);
    REQUIRE((o.run.exit_code == 0 || o.run.exit_code == 8));
    o.decoded =
        run_program({"python3", std::string(source_folder) + "/clients/python/ocellus_packets.py",
                     o.folder + "/run.pcap", "--out", o.folder + "/decoded"});
    o.statistics = json::parse(o.file("stats.json")).at("statistics");
    std::istringstream lines(o.file("metadata.jsonl"));
    for (std::string text; std::getline(lines, text);)
        o.frames.push_back(json::parse(text));
    return o;
}

/// The four numbers of the decoder's last line.
std::vector<int> counts(const outcome& o) {
    INFO(o.decoded.out << o.decoded.err);
    const auto last = o.decoded.out.rfind('\n', o.decoded.out.size() - 2);
    std::vector<int> n(4);
    REQUIRE(std::sscanf(o.decoded.out.c_str() + (last == std::string::npos ? 0 : last + 1),
                        "%d packets, %d headers corrected, %d dropped, %d lines", &n[0], &n[1],
                        &n[2], &n[3]) == 4);
    return n;
}

std::string unsigned_of(std::string bytes) {
    for (char& c : bytes)
        c = static_cast<char>(c ^ 0x80);
    return bytes;
}

/// 160 x 120 x 3, interleaved, as channel, row, column in rows of 160 (a multiple of 32).
std::string planar(const std::string& tensor) {
    std::string out(tensor.size(), 0);
    for (std::size_t i = 0; i < tensor.size(); ++i)
        out[i % 3 * tensor.size() / 3 + i / 3] = tensor[i];
    return out;
}

}  // namespace

TEST_CASE("a decoder of its own gets the simulator's pictures and tensors out of the packets") {
    const auto o = decoded(3, {"csi2.tensor_region=all"});
    CHECK(o.decoded.exit_code == 0);
    CHECK(counts(o) == std::vector<int>{static_cast<int>(o.value("csi2.packets")), 0, 0, 0});
    for (int n = 0; n < 3; ++n) {
        const std::string name = fmt::format("frame_{:04}", n);
        // RAW10 of 676 x 506: 845 bytes a row, and as 16-bit PGM.
        const std::string packed = o.file(name + ".raw10"), pgm = o.read(name + ".pgm");
        const std::size_t header = pgm.size() - 676 * 506 * 2;
        REQUIRE(packed.size() == 845 * 506);
        std::size_t wrong = 0;
        std::vector<std::uint16_t> row(676);
        for (std::size_t y = 0; y < 506; ++y) {
            ocellus::links::unpack_raw_row(
                ocellus::links::csi2_data_type::raw10,
                reinterpret_cast<const std::uint8_t*>(packed.data()) + 845 * y, 676, row.data());
            for (std::size_t x = 0; x < 676; ++x) {
                const std::size_t at = header + 2 * (676 * y + x);
                wrong += row[x] != (static_cast<std::uint8_t>(pgm[at]) << 8 |
                                    static_cast<std::uint8_t>(pgm[at + 1]));
            }
        }
        CHECK(wrong == 0);
        CHECK(o.read(name + "_input.bin") ==
              planar(unsigned_of(o.file(fmt::format("tensor_{:04}.bin", n)))));
        for (int k = 0; k < 2; ++k)
            CHECK(o.read(fmt::format("{}_output_{}.bin", name, k)) ==
                  unsigned_of(o.file(fmt::format("output_{:04}_{}.bin", n, k))));
        // The public rules of line counts, and the KPI words.
        const std::string region = o.file(fmt::format("region_{:04}.bin", n));
        CHECK(region.size() == 2560 * (2 + (1 + (160 * 120 * 3 + 2559) / 2560) + (1 + 1 + 1)));
        const auto word = [&region](std::size_t i) {
            std::uint32_t v = 0;
            for (unsigned b = 0; b < 4; ++b)
                v |= std::uint32_t{static_cast<std::uint8_t>(region[4 * i + b])} << 8 * b;
            return v;
        };
        const auto& t = o.frames.at(static_cast<std::size_t>(n)).at("time_ns");
        const double end = t.at("inference_end").get<double>();
        CHECK(word(9) == std::lround((end - t.at("inference_start").get<double>()) / 1000));
        CHECK(word(10) == std::lround((end - t.at("tensor_ready").get<double>()) / 1000));
    }
    CHECK(o.value("csi2.tensor_regions") == 3);
    CHECK(o.value("host.images") == 3);
}

TEST_CASE("outputs alone leave no line of the input, and timing does not need bytes") {
    const auto o = decoded(2, {"csi2.tensor_region=outputs"});
    CHECK(o.decoded.exit_code == 0);
    CHECK(o.file("region_0001.bin").size() == 2560 * (2 + 3));
    CHECK(o.read("frame_0001_output_1.bin") == unsigned_of(o.file("output_0001_1.bin")));
    const std::string timed = scratch_folder() + "/out";
    REQUIRE(ocellus_program({"run", configs + "small.toml", "--frames", "2", "--timing-only",
                             "--set", "csi2.tensor_region=outputs", "--out", timed})
                .exit_code == 0);
    const json s = json::parse(file_bytes(timed + "/stats.json")).at("statistics");
    for (const char* name : {"csi2.packets", "csi2.wire_bytes", "csi2.wire_busy",
                             "csi2.tensor_regions", "interconnect.csi2.requests"})
        CHECK(s.at(name) == o.statistics.at(name));
}

TEST_CASE("wrong bits on request are corrected, dropped and counted alike on both sides") {
    const auto corrected = decoded(2, {"csi2.header_error_rate=0.05"});
    CHECK(corrected.decoded.exit_code == 0);
    CHECK(corrected.value("csi2.packets_spoiled") > 20);
    CHECK(corrected.value("host.ecc_corrected") == corrected.value("csi2.packets_spoiled"));
    CHECK(corrected.value("host.ecc_failed") == 0);
    // The decoder counts what its code can see: a wrong bit in the two unused ones is none.
    CHECK(std::abs(counts(corrected)[1] - corrected.value("host.ecc_corrected")) <= 5);
    CHECK(corrected.value("host.images") == 2);

    const auto lost = decoded(2, {"csi2.header_loss_rate=0.02"});
    CHECK(lost.decoded.exit_code == 1);
    CHECK(lost.value("host.ecc_failed") > 5);
    CHECK(lost.value("host.incomplete_images") > 0);

    const auto wrong = decoded(2, {"csi2.payload_error_rate=0.02"});
    CHECK(wrong.decoded.exit_code == 1);
    CHECK(wrong.value("host.crc_errors") == wrong.value("csi2.packets_spoiled"));
    CHECK(counts(wrong)[3] == wrong.value("csi2.packets_spoiled"));
    CHECK(wrong.value("csi2.packets_spoiled") > 5);
}

TEST_CASE("an input that the next frame has overwritten is sent as not valid") {
    // A region takes 22 ms on this wire and a frame 17 ms: each waits longer than the one before.
    const auto o =
        decoded(16, {"csi2.tensor_region=all", "network.source=builtin:mobilenet_v1_1.0_224",
                     "csi2.lanes=1", "csi2.lane_rate=80 Mb/s", "csi2.hs_overhead=100 us",
                     "output.image=none"});
    CHECK(o.decoded.exit_code == 0);
    const auto script = run_program(
        {"python3", "-c",
         "import sys\n"
         "sys.path.insert(0, sys.argv[1])\n"
         "from ocellus_packets import *\n"
         "for f in frames(packets(open(sys.argv[2], 'rb'))):\n"
         "    if f.region:\n"
         "        r = f.tensor_region()\n"
         "        print(f.number - 1, r.frame, int(r.input_valid), r.input.raw.hex() if "
         "r.input_valid else '')\n",
         std::string(source_folder) + "/clients/python", o.folder + "/run.pcap"});
    INFO(script.err);
    REQUIRE(script.exit_code == 0);
    std::istringstream lines(script.out);
    int valid = 0, all = 0;
    for (std::string text; std::getline(lines, text); ++all) {
        std::istringstream words(text);
        int number = 0, frame = 0, there = 0;
        std::string hex;
        words >> number >> frame >> there >> hex;
        CHECK(number == frame);
        valid += there;
        if (!there)
            continue;
        std::string expected;
        for (const char c : planar(unsigned_of(o.file(fmt::format("tensor_{:04}.bin", frame)))))
            expected += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
        CHECK((hex == expected));
    }
    CHECK(all == o.value("csi2.tensor_regions"));
    CHECK(all + o.value("csi2.tensor_regions_dropped") == 16);
    CHECK(valid > 0);
    CHECK(valid < all);
}

TEST_CASE("the input tensor stays in where only metadata may leave") {
    const auto fails =
        decoded(1, {"csi2.tensor_region=all", "privacy.mode=metadata_only", "output.image=none"});
    CHECK(fails.run.exit_code == 8);
    CHECK(contains(fails.run.err, "CSI-2"));
    const auto blocked = decoded(1, {"csi2.tensor_region=all", "privacy.mode=metadata_only",
                                     "output.image=none", "privacy.policy=block"});
    CHECK(blocked.run.exit_code == 0);
    CHECK(blocked.value("csi2.metadata_blocked") == (160 * 120 * 3 + 2559) / 2560);
    const auto kept = decoded(
        1, {"csi2.tensor_region=outputs", "privacy.mode=metadata_only", "output.image=none"});
    CHECK(kept.run.exit_code == 0);
    CHECK(kept.value("egress.csi2.pixel_bytes") == 0);
}

TEST_CASE("embedded lines tell with what each frame was exposed, in every RAW format") {
    // Exposure acts two frames after it is written, the frame length three.
    const std::string folder = scratch_folder();
    write_bytes(
        folder + "/host.cci",
        "wait 9 ms\nwrite coarse_integration_time 500\nwrite mode_select 1\nwait frame 1\n"
        "wait 100 us\nwrite coarse_integration_time 300\nwrite analog_gain_code_global 512\n"
        "write frame_length_lines 1500\n");
    for (const unsigned bits : {8u, 10u, 12u, 14u}) {
        const std::string packets = folder + fmt::format("/{}.pcap", bits);
        const auto r = ocellus_program({"run",
                                        configs + "small.toml",
                                        "--network",
                                        "none",
                                        "--frames",
                                        "6",
                                        "--quiet",
                                        "--cci",
                                        folder + "/host.cci",
                                        "--packets",
                                        packets,
                                        "--set",
                                        "csi2.embedded_lines=2",
                                        "--set",
                                        fmt::format("adc.bits={}", bits),
                                        "--set",
                                        "adc.banks=4",
                                        "--set",
                                        "noise.temperature=-5 degC",
                                        "--out",
                                        folder + fmt::format("/out{}", bits)});
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const auto read =
            run_program({"python3", "-c",
                         "import sys\n"
                         "sys.dont_write_bytecode = True\n"
                         "sys.path.insert(0, sys.argv[1])\n"
                         "from ocellus_packets import *\n"
                         "for f in frames(packets(open(sys.argv[2], 'rb'))):\n"
                         "    r = f.registers()\n"
                         "    v = lambda i: r[i] << 8 | r[i + 1]\n"
                         "    print(r[5], r[0x13A] - 256, v(0x202), v(0x204), v(0x340), v(0x342), "
                         "len(f.embedded_lines), len(f.lines), f.wrong_lines)\n",
                         std::string(source_folder) + "/clients/python", packets});
        INFO(read.err);
        const json stats = json::parse(file_bytes(folder + fmt::format("/out{}/stats.json", bits)))
                               .at("statistics");
        CHECK(stats.at("host.incomplete_images").at("value") == 0);
        CHECK(stats.at("host.image_mismatches").at("value") == 0);
        CHECK(stats.at("egress.csi2.metadata_bytes").at("value").get<double>() > 0);
        std::istringstream lines(read.out);
        unsigned n = 0;
        for (std::string text; std::getline(lines, text); ++n) {
            std::istringstream words(text);
            int count = 0, degrees = 0, exposure = 0, gain = 0, frame = 0, line = 0, embedded = 0,
                rows = 0, wrong = 0;
            words >> count >> degrees >> exposure >> gain >> frame >> line >> embedded >> rows >>
                wrong;
            INFO(bits << " bits, frame " << n << ": " << text);
            CHECK(count == static_cast<int>(n));
            CHECK(degrees == -5);
            CHECK(exposure == (n < 3 ? 500 : 300));
            CHECK(gain == (n < 3 ? 0 : 512));
            CHECK((frame == 1500) == (n >= 4));
            CHECK(embedded == 2);
            CHECK(rows == 506);
            CHECK(wrong == 0);
        }
        CHECK(n == 6);
    }
}

TEST_CASE("packets go into a named pipe, and mistakes are told") {
    const std::string folder = scratch_folder(), pipe = folder + "/pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    auto reader = std::async(std::launch::async, [&pipe] {
        return run_program(
            {"python3", std::string(source_folder) + "/clients/python/ocellus_packets.py", pipe});
    });
    CHECK(
        ocellus_program({"run", configs + "small.toml", "--quiet", "--packets", pipe}).exit_code ==
        0);
    const auto read = reader.get();
    CHECK(read.exit_code == 0);
    CHECK(contains(read.out, "506 lines of RAW10"));

    auto r = ocellus_program(
        {"run", configs + "small.toml", "--packets", folder + "/no/such/folder.pcap"});
    CHECK(r.exit_code == 7);
    CHECK(contains(r.err, "folder.pcap"));
    r = ocellus_program(
        {"run", configs + "small.toml", "--timing-only", "--packets", folder + "/a.pcap"});
    CHECK(r.exit_code == 2);
    r = ocellus_program({"run", configs + "small.toml", "--set", "csi2.tensor_region=all", "--set",
                         "csi2.tensor_vc=1"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "csi2.tensor_vc"));
}
