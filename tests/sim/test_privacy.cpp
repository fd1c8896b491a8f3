// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// What leaves the chip and what it derives from: honest and leaking programs on the real sensor.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "firmware_program.h"
#include "sim/privacy.h"
#include "tests/dsp/network/made_onnx.h"
#include "tests/test_paths.h"

using nlohmann::json;
using ocellus::sim::picture_correlation;

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";
constexpr int leaked = 16;  // bytes, of leaks.c

std::string leaking_firmware(const std::string& folder, int mode) {
    return build_firmware(folder, "leak" + std::to_string(mode),
                          std::string(source_folder) + "/tests/firmware_programs/leaks.c",
                          "MODE=" + std::to_string(mode));
}

program_result run(const std::string& folder, std::vector<std::string> more) {
    std::vector<std::string> all = {
        "run", small, "--quiet", "--set", "output.image=none", "--out", folder + "/out", "--force"};
    all.insert(all.end(), more.begin(), more.end());
    return ocellus_program(all);
}

double statistic(const std::string& folder, const std::string& name) {
    return json::parse(file_bytes(folder + "/out/stats.json"))
        .at("statistics")
        .at(name)
        .at("value")
        .get<double>();
}

}  // namespace

TEST_CASE("default firmware keeps the promise of metadata only for 300 frames") {
    const std::string folder = scratch_folder();
    const auto r =
        run(folder, {"--frames", "300", "--timing-only", "--set", "privacy.mode=metadata_only"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(statistic(folder, "egress.total.pixel_bytes") == 0);
    CHECK(statistic(folder, "egress.total.metadata_bytes") > 0);
    CHECK(statistic(folder, "frames.delivered") > 290);
    CHECK(statistic(folder, "privacy.violations") == 0);
    // Bytes of 300 RAW10 frames of 676 x 506 over what left.
    CHECK(statistic(folder, "egress.reduction_ratio") ==
          Approx(300.0 * 676 * 506 * 10 / 8 / statistic(folder, "egress.total.metadata_bytes")));
}

TEST_CASE("firmware that computes with pixels and sends none of them is let through") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto r =
        run(folder, {"--firmware", leaking_firmware(folder, 0), "--set",
                     "privacy.mode=metadata_only", "--uart", "file:" + folder + "/uart"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(file_bytes(folder + "/uart") == std::string(leaked, 'x'));
    CHECK(statistic(folder, "egress.uart.pixel_bytes") == 0);
    CHECK(statistic(folder, "egress.uart.metadata_bytes") == leaked);
}

TEST_CASE("firmware that lets pixels out is caught, whichever way it takes") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    struct way {
        int mode;
        const char *port, *statistic, *named;
    };
    const way ways[] = {{1, "the UART", "egress.uart.pixel_bytes", "leak"},
                        {2, "the UART", "egress.uart.pixel_bytes", "leak"},
                        {3, "the UART", "egress.uart.pixel_bytes", "leak"},
                        {4, "CSI-2", "egress.csi2.pixel_bytes", ""},
                        {5, "semihosting", "egress.debug.pixel_bytes", ""},
                        {6, "CSI-2", "egress.csi2.pixel_bytes", ""}};
    for (const way& w : ways) {
        INFO(w.mode);
        const auto elf = leaking_firmware(folder, w.mode);
        // Everything may leave: it is counted, and nobody minds.
        auto r = run(folder, {"--firmware", elf, "--uart", "file:" + folder + "/free"});
        INFO(r.err);
        CHECK(r.exit_code == 0);
        CHECK(statistic(folder, w.statistic) == leaked);
        // It fails the run, and is named with its place.
        r = run(folder, {"--firmware", elf, "--set", "privacy.mode=metadata_only", "--uart",
                         "file:" + folder + "/seen"});
        CHECK(r.exit_code == 8);
        CHECK(contains(r.err, "error: privacy.mode = metadata_only: 16 bytes"));
        CHECK(contains(r.err, w.port));
        CHECK(contains(r.err, w.named));
        CHECK(file_bytes(folder + "/seen") == file_bytes(folder + "/free"));
        // It is kept in.
        r = run(folder, {"--firmware", elf, "--set", "privacy.mode=metadata_only", "--set",
                         "privacy.policy=block", "--uart", "file:" + folder + "/blocked"});
        CHECK(r.exit_code == 0);
        CHECK(contains(r.err, "warning: privacy.mode = metadata_only: 16 bytes"));
        CHECK(statistic(folder, "egress.total.pixel_bytes") == 0);
        CHECK(statistic(folder, "privacy.blocked_bytes") == leaked);
        // The UART sends nothing; whoever looks into memory sees zeros.
        CHECK(file_bytes(folder + "/blocked").find_first_not_of('\0') == std::string::npos);
    }
}

// Locked by the firmware itself, which then tries to loosen it.
TEST_CASE("a locked privacy mode cannot be loosened") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto r = run(folder, {"--firmware", leaking_firmware(folder, 7)});
    INFO(r.err);
    CHECK(r.exit_code == 8);
    CHECK(contains(r.err, "metadata_only"));
}

TEST_CASE("to follow pixels costs no cycle and depends on no speed switch") {
    if (!have_cross_compiler())
        return;
    const std::string folder = scratch_folder();
    const auto elf = leaking_firmware(folder, 3);
    std::string first;
    for (const char* how : {"cpu.block_cache=true", "cpu.block_cache=false", "cpu.decoupled=false",
                            "cpu.direct_memory=false", "cpu.run_ahead=100 ns"}) {
        const auto r = run(folder, {"--firmware", elf, "--set", how});
        INFO(how << r.err);
        REQUIRE(r.exit_code == 0);
        const auto stats = file_bytes(folder + "/out/stats.json");
        if (first.empty())
            first = stats;
        CHECK((stats == first));
    }
}

TEST_CASE("a network that hands on its input is called a picture") {
    const std::string folder = scratch_folder();
    onnx_maker m;
    const auto x = m.quantized_input("x", {1, 3, 48, 64}, 0.02f, 0);
    onnx_maker::attribute(m.node("MaxPool", {x}, {"y"}), "kernel_shape", {1, 1});
    m.quantized_output("y", 0.02f, 0);
    write_bytes(folder + "/identity.onnx", m.file());
    auto r = run(folder,
                 {"--network", folder + "/identity.onnx", "--set", "privacy.mode=metadata_only"});
    INFO(r.err);
    CHECK(r.exit_code == 8);
    CHECK(contains(r.err, "is a picture of its input"));
    CHECK(statistic(folder, "privacy.exit_bits") == 3 * 48 * 64 * 8);
    // A network that says what it sees is none, and its size is an upper bound that one can set.
    r = run(folder, {"--set", "privacy.mode=metadata_only"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    r = run(folder, {"--set", "privacy.mode=metadata_only", "--set", "privacy.exit_bits=1000"});
    CHECK(r.exit_code == 8);
    CHECK(contains(r.err, "privacy.exit_bits allows 1000"));
}

TEST_CASE("pictures go out by the mode: none, a budget a frame, all") {
    const std::string folder = scratch_folder();
    const auto picture = [&](const char* mode, std::vector<std::string> more = {}) {
        std::vector<std::string> all = {"run",
                                        small,
                                        "--quiet",
                                        "--timing-only",
                                        "--out",
                                        folder + "/out",
                                        "--force",
                                        "--set",
                                        std::string("privacy.mode=") + mode,
                                        "--set",
                                        "privacy.policy=block"};
        all.insert(all.end(), more.begin(), more.end());
        const auto r = ocellus_program(all);
        INFO(r.err);
        CHECK(r.exit_code == 0);
        return statistic(folder, "egress.csi2.pixel_bytes");
    };
    const double row = 676 * 10 / 8;  // bytes
    CHECK(picture("full") == 506 * row);
    CHECK(picture("metadata_only") == 0);
    CHECK(statistic(folder, "csi2.lines_blocked") == 506);
    CHECK(picture("metadata_roi", {"--set", "privacy.roi_bytes=8450 B"}) == 10 * row);
    CHECK(picture("metadata_tensor") == std::floor(120.0 * 160 * 3 / row) * row);
}

TEST_CASE("an output is compared with the input's brightness") {
    std::vector<std::uint8_t> in(16 * 16 * 3), same(16 * 16), inverse(16 * 16), flat(16 * 16, 9),
        coarse(8 * 8), moved(16 * 16);
    for (unsigned y = 0; y < 16; ++y)
        for (unsigned x = 0; x < 16; ++x) {
            const unsigned v = 10 + 3 * x + 7 * ((x * y) % 5) + y;
            for (unsigned c = 0; c < 3; ++c)
                in[(y * 16 + x) * 3 + c] = static_cast<std::uint8_t>(v + c - 1);
            same[y * 16 + x] = static_cast<std::uint8_t>(v);
            inverse[y * 16 + x] = static_cast<std::uint8_t>(200 - v);
            moved[y * 16 + x] = static_cast<std::uint8_t>(static_cast<int>(v) - 128);
        }
    for (unsigned y = 0; y < 8; ++y)
        for (unsigned x = 0; x < 8; ++x)
            coarse[y * 8 + x] = static_cast<std::uint8_t>(
                (same[32 * y + 2 * x] + same[32 * y + 2 * x + 1] + same[32 * y + 16 + 2 * x] +
                 same[32 * y + 16 + 2 * x + 1]) /
                4);
    const auto r = [&](const std::vector<std::uint8_t>& out, unsigned size, bool is_signed) {
        return picture_correlation(in.data(), 16, 16, 3, false, out.data(), size, size, 1, 0,
                                   is_signed);
    };
    CHECK(r(same, 16, false) == Approx(1));
    CHECK(r(inverse, 16, false) == Approx(-1));
    CHECK(r(moved, 16, true) == Approx(1));
    CHECK(r(flat, 16, false) == 0);
    CHECK(r(coarse, 8, false) > 0.999);
}
