// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/dng.h"
#include "core/files.h"
#include "core/image_io.h"
#include "program.h"
#include "tests/test_data.h"
#include "tests/test_paths.h"

using namespace ocellus;

namespace {

constexpr unsigned width = 64, height = 48;

/// A grey surface of 0.18 in the order that `flips` makes of RGGB.
plane<std::uint16_t> grey(unsigned flips, double red, double blue, unsigned black, unsigned white) {
    plane<std::uint16_t> p(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            const unsigned row = (y + (flips >> 1)) % 2, column = (x + flips) % 2;
            const double ratio = row == column ? (row == 0 ? red : blue) : 1;
            p.row(y)[x] =
                static_cast<std::uint16_t>(std::lround(black + 0.18 * ratio * (white - black)));
        }
    return p;
}

bool is_grey(const std::string& file) {
    const rgb8_image picture = load_image(file);
    // sRGB of 0.18.
    bool good = picture.width == width && picture.height == height;
    for (unsigned i = 0; good && i < 3 * width * height; ++i)
        good = std::abs(picture.data[i] - 117.6) < 2;
    return good;
}

std::string bytes16(const plane<std::uint16_t>& p) {
    std::string out;
    for (unsigned y = 0; y < p.height(); ++y)
        for (unsigned x = 0; x < p.width(); ++x) {
            out += static_cast<char>(p.row(y)[x] & 0xff);
            out += static_cast<char>(p.row(y)[x] >> 8);
        }
    return out;
}

}  // namespace

TEST_CASE("develop: levels, order, balance and colours are those of the DNG") {
    const std::string folder = scratch_folder(), file = folder + "/in.dng",
                      picture = folder + "/out.png";
    for (unsigned flips = 0; flips < 4; ++flips)
        for (unsigned bits : {10u, 14u}) {
            dng_description d;
            d.black = 64u << (bits - 10);
            d.white = (1u << bits) - 1;
            d.flips = flips;
            d.neutral = {0.5, 1, 0.8};
            d.raw_from_srgb = {{{{0.35, 0.1, 0.05}}, {{0.1, 0.7, 0.2}}, {{0.05, 0.15, 0.6}}}};
            auto samples = grey(flips, 0.5, 0.8, d.black, d.white);
            write_bytes(file, encode_dng(samples, d));
            const auto r = ocellus_program({"develop", file, "--out", picture});
            INFO(r.err << flips << " " << bits);
            REQUIRE(r.exit_code == 0);
            CHECK(is_grey(picture));
        }
    // Parameters come after the file.
    REQUIRE(ocellus_program({"develop", file, "--out", picture, "--set", "isp.digital_gain=0.5"})
                .exit_code == 0);
    CHECK_FALSE(is_grey(picture));
}

TEST_CASE("develop: samples without a header, wide or packed") {
    const std::string folder = scratch_folder(), file = folder + "/in.raw",
                      picture = folder + "/out.png";
    const auto samples = grey(0, 0.4139, 0.6657, 64, 1023);
    write_bytes(file, bytes16(samples));
    auto r = ocellus_program({"develop", file, "--out", picture, "--size", "64x48"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(is_grey(picture));
    std::string packed;
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; x += 4) {
            unsigned low = 0;
            for (unsigned k = 0; k < 4; ++k) {
                packed += static_cast<char>(samples.row(y)[x + k] >> 2);
                low |= (samples.row(y)[x + k] & 3u) << (2 * k);
            }
            packed += static_cast<char>(low);
        }
    write_bytes(file, packed);
    const std::string wide = file_bytes(picture);
    r = ocellus_program({"develop", file, "--out", picture, "--size", "64x48", "--threads", "3"});
    CHECK(r.exit_code == 0);
    CHECK(file_bytes(picture) == wide);
    REQUIRE(
        ocellus_program({"develop", file, "--out", picture, "--size", "64x48", "--order", "bggr"})
            .exit_code == 0);
    CHECK_FALSE(is_grey(picture));
}

TEST_CASE("develop: what is wrong is said, and no picture is written") {
    const std::string folder = scratch_folder(), file = folder + "/in.raw",
                      picture = folder + "/none.png";
    write_bytes(file, std::string(1000, '\7'));
    const auto refused = [&](const std::vector<std::string>& more, const std::string& why) {
        std::vector<std::string> command = {"develop"};
        command.insert(command.end(), more.begin(), more.end());
        const auto r = ocellus_program(command);
        INFO(r.err);
        CHECK(r.exit_code == 2);
        CHECK(contains(r.err, why));
        CHECK_FALSE(std::filesystem::exists(picture));
    };
    refused({}, "needs a RAW file");
    refused({file}, "needs --out PICTURE.png");
    refused({file, "--out", picture}, "cannot be opened");
    refused({folder + "/nothing.dng", "--out", picture}, "nothing.dng");
    refused({file, "--out", picture, "--bits", "12"}, "--bits needs --size");
    refused({file, "--out", picture, "--size", "64"}, "WIDTHxHEIGHT");
    refused({file, "--out", picture, "--size", "63x48"}, "even sides");
    refused({file, "--out", picture, "--size", "64x48"},
            "1000 bytes, but 64x48 samples have 6144 with 16 bits each, or 3840 packed as RAW10");
    refused({file, "--out", picture, "--size", "20x20", "--bits", "17"}, "from 8 to 16");
    refused({file, "--out", picture, "--size", "25x20"}, "even sides");
    write_bytes(file, std::string(800, '\7'));
    refused({file, "--out", picture, "--size", "20x20"}, "a sample of 1799 does not fit --bits 10");
    refused({file, "--out", picture, "--size", "20x20", "--bits", "12", "--order", "rgbg"},
            "rggb, grbg, gbrg or bggr was expected");
    // Parameters: all mistakes at once.
    const auto r =
        ocellus_program({"develop", file, "--out", picture, "--size", "20x20", "--bits", "12",
                         "--set", "isp.matrix_rg=9", "--set", "isp.demosaick=bilinear"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "isp.matrix_rg"));
    CHECK(contains(r.err, "isp.demosaic"));
}

TEST_CASE("ISP stages: a second implementation in another language gives the same samples") {
    const std::string folder = scratch_folder(),
                      tool = std::string(source_folder) + "/tools/isp_oracle.py";
    for (const char* method : {"malvar", "bilinear"}) {
        const std::string out = folder + "/" + method;
        REQUIRE(
            ocellus_program({"run", std::string(source_folder) + "/configs/small.toml", "--set",
                             "sensor.width=128", "--set", "sensor.height=96", "--set",
                             std::string("isp.demosaic=") + method, "--dump-stages", "--out", out})
                .exit_code == 0);
        const auto same = run_program({"python3", tool, out, "--demosaic", method});
        INFO(same.out << same.err);
        CHECK(same.exit_code == 0);
        CHECK(same.out == "5 stages equal\n");
    }
    const auto other = run_program({"python3", tool, folder + "/bilinear", "--demosaic", "malvar"});
    CHECK(other.exit_code == 1);
    CHECK(other.out.find("demosaic differs") != std::string::npos);
}

TEST_CASE("ISP stages: every instruction set gives the same samples, all stages switched on") {
    const std::string folder = scratch_folder();
    std::string widest;
    for (const std::string level : {"avx512", "avx2", "plain"}) {
        const std::string out = folder + "/" + level;
        std::vector<std::string> command = {"env",
                                            "OCELLUS_SIMD=" + level,
                                            program_path,
                                            "run",
                                            std::string(source_folder) + "/configs/small.toml",
                                            "--dump-stages",
                                            "--quiet",
                                            "--out",
                                            out};
        for (const char* stage : {"linearisation", "defect_correction", "lens_shading",
                                  "bayer_noise_reduction", "sharpening", "luma_noise_reduction"}) {
            command.push_back("--set");
            command.push_back(std::string("isp.") + stage + "=true");
        }
        const auto r = run_program(command);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        const std::string stages = read_file(out + "/stages.json");
        if (widest.empty())
            widest = stages;
        CHECK(contains(stages, "luma_noise_reduction"));
        CHECK(stages == widest);
    }
}

TEST_CASE("line-buffers: the published blocks of 36 kbit, by the program") {
    const auto r =
        ocellus_program({"line-buffers", "--published", "--set", "sensor.width=2048", "--json"});
    REQUIRE(r.exit_code == 0);
    double noise = 0;
    const auto all = nlohmann::json::parse(r.out);
    for (const auto& s : all) {
        const std::string name = s.at("stage");
        const double blocks = s.at("block_rams");
        if (name.rfind("noise reduction", 0) == 0)
            noise += blocks;
        if (name == "defect correction" || name == "demosaic")
            CHECK(blocks == 4);
        if (name == "luma noise reduction")
            CHECK(blocks == 8);
    }
    CHECK(noise == 20);
    CHECK(all.back().at("lines") == 18);
    CHECK(all.back().at("clocks") == 144);
}

TEST_CASE("quality: figures of a run against its scene, stage by stage") {
    const std::string folder = scratch_folder(), out = folder + "/run",
                      small = std::string(source_folder) + "/configs/small.toml";
    const auto measured = [&](const std::string& name, const std::string& setting) {
        const std::string to = folder + "/" + name;
        // The middle of a patch is 112 x 126 pixels.
        const auto made = ocellus_program(
            {"run", small, "--scene", "builtin:colorchecker", "--dump-stages", "--out", to, "--set",
             "sensor.width=1352", "--set", "sensor.height=1012", "--set", setting, "--quiet"});
        INFO(made.err);
        REQUIRE(made.exit_code == 0);
        const auto shown = ocellus_program({"quality", to, "--json"});
        INFO(shown.err);
        REQUIRE(shown.exit_code == 0);
        return nlohmann::json::parse(shown.out);
    };
    const auto good = measured("run", "isp.demosaic=malvar");
    REQUIRE(good.size() == 5);  // black level, white balance, demosaic, colour matrix, gamma
    const auto figure = [](const nlohmann::json& of, std::size_t stage, const char* name) {
        return of[stage].at(name).get<double>();
    };
    const auto cold = measured("cold", "isp.white_balance_red=1.2");
    for (const char* name : {"psnr_db", "ssim", "delta_e_mean"}) {
        CHECK(good[4].at(name).is_number());
        CHECK(good[0].at(name).is_null());  // a mosaic has no colours
    }
    // The matrix is the inverse of the camera: before it colours are pale, after it they are right.
    CHECK(figure(good, 2, "delta_e_mean") > 5);
    CHECK(figure(good, 3, "delta_e_mean") < 0.1);
    // Of the cyan patch' red half the samples lie below black and are cut off.
    CHECK(figure(good, 3, "delta_e_max") < 0.35);
    CHECK(figure(good, 4, "delta_e_mean") < 0.1);
    CHECK(figure(cold, 4, "delta_e_mean") > 10);
    CHECK(figure(cold, 4, "psnr_db") < figure(good, 4, "psnr_db") - 10);
    // Photons: grey of 0.203 of a white at 87 % of 8150 e-, their noise, 3 e- of reading and 0.8 %
    // of the signal from pixel to pixel.
    const double electrons = 0.203 * 0.87 * 8150,
                 variance = electrons + 9 + std::pow(0.008 * electrons, 2);
    CHECK(figure(good, 0, "snr_db") ==
          Approx(20 * std::log10(electrons / std::sqrt(variance))).margin(0.4));
    // A gain changes signal and noise alike. Interpolation takes noise off, the matrix' negative
    // coefficients put more on.
    CHECK(std::fabs(figure(good, 0, "snr_db") - figure(good, 1, "snr_db")) < 0.05);
    CHECK(figure(good, 2, "snr_db") > figure(good, 1, "snr_db") + 0.2);
    CHECK(figure(good, 3, "snr_db") < figure(good, 2, "snr_db") - 1);
    auto r = ocellus_program({"quality", out, "--csv"});
    INFO(r.err << r.out);
    REQUIRE(r.exit_code == 0);
    CHECK(contains(r.out, "frame,stage,width,height,exposure,psnr_db,ssim"));
    r = ocellus_program({"quality", folder});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "it has no config.toml"));
    r = ocellus_program({"quality"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "needs the folder of a run"));
}
