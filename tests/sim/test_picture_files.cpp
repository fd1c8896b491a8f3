// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "core/image_io.h"
#include "models/scene.h"
#include "sim/inputs.h"
#include "sim/picture_sequence.h"
#include "tests/core/temporary_folder.h"
#include "tests/sim/program.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

/// A uniform picture of one code value.
void put_grey(const std::string& path, unsigned value) {
    rgb8_image image(64, 48);
    for (unsigned i = 0; i < 64 * 48 * 3; ++i)
        image.data[i] = static_cast<std::uint8_t>(value);
    put_file(path, encode_png_rgb8(image));
}

std::string failure(const std::string& name, std::uint64_t first, std::uint64_t frames) {
    try {
        picture_sequence::of(name, first, frames);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a sequence is the files with its numbers, and a gap is named") {
    const temporary_folder folder;
    const std::string at = folder.path().string() + "/";
    for (const int k : {0, 1, 2, 3, 7})
        put_file(at + "img_000" + std::to_string(k) + ".png", "");
    CHECK(!picture_sequence::of(at + "img_0001.png", 0, 1));
    CHECK(picture_sequence::of(at + "img_%04d.png", 0, 4)->files.size() == 4);
    CHECK(picture_sequence::of(at + "img_%04d.png", 2, 2)->files.front() == at + "img_0002.png");
    CHECK(contains(failure(at + "img_%04d.png", 0, 6), at + "img_0004.png: the file of frame 4"));
    CHECK(contains(failure(at + "img_%04d.png", 0, 0), "goes on to " + at + "img_0007.png"));
    CHECK(contains(failure(at + "img_%04d.png", 8, 1), "img_0008.png"));
    CHECK(contains(failure(at + "img_%d.png", 0, 1), at + "img_0.png: the file of frame 0"));
    CHECK(contains(failure(at + "i%dmg_%04d.png", 0, 1), "more than one number"));
    // A percent sign in the name of a real file is nothing special.
    put_file(at + "100%d.png", "");
    CHECK(!picture_sequence::of(at + "100%d.png", 0, 1));
}

TEST_CASE("frame k of a run is file k, and a damaged file ends the run by name") {
    const std::string at = scratch_folder() + "/";
    const unsigned codes[3] = {90, 150, 210};
    for (unsigned k = 0; k < 3; ++k)
        put_grey(at + "v" + std::to_string(k) + ".png", codes[k]);
    const std::vector<std::string> command = {
        "run",       std::string(source_folder) + "/configs/small.toml",
        "--scene",   at + "v%d.png",
        "--network", "none",
        "--frames",  "3",
        "--set",     "noise.enable=false",
        "--set",     "output.save_frames=all",
        "--out",     at + "out"};
    const auto good = ocellus_program(command);
    INFO(good.err);
    REQUIRE(good.exit_code == 0);
    double green[3] = {};
    for (unsigned k = 0; k < 3; ++k) {
        const std::string raw = file_bytes(at + "out/frame_000" + std::to_string(k) + ".raw10");
        REQUIRE(raw.size() == 676u * 506 * 5 / 4);
        const auto* group = reinterpret_cast<const unsigned char*>(raw.data()) + 253 * 676 / 4 * 5;
        green[k] = (group[1] << 2 | (group[4] >> 2 & 3)) - 64;
    }
    // IEC 61966-2-1
    const auto light = [](double code) { return std::pow((code / 255 + 0.055) / 1.055, 2.4); };
    CHECK(green[1] / green[2] == Approx(light(150) / light(210)).epsilon(0.01));
    CHECK(green[0] / green[2] == Approx(light(90) / light(210)).epsilon(0.01));

    write_bytes(at + "v1.png", file_bytes(at + "v1.png").substr(0, 80));
    const auto bad = ocellus_program(command);
    INFO(bad.err);
    CHECK(bad.exit_code == 2);
    CHECK(contains(bad.err, at + "v1.png"));
    CHECK(contains(bad.err, "truncated"));
    CHECK(contains(bad.err, "Nothing was simulated"));
    std::filesystem::remove(at + "v1.png");
    const auto gap = ocellus_program(command);
    CHECK(gap.exit_code == 2);
    CHECK(contains(gap.err, at + "v1.png: the file of frame 1 is missing"));
}

TEST_CASE("a file that changes during a run ends it by name") {
    const std::string at = scratch_folder() + "/";
    put_grey(at + "w0.png", 90);
    put_grey(at + "w1.png", 150);
    const auto scene = load_scene(at + "w%d.png", {}, 2);
    CHECK(scene->frame(1, 64, 48));
    const auto failure_of = [&] {
        try {
            scene->frame(1, 64, 48);
        } catch (const input_error& e) {
            CHECK(e.code() == exit_code::io);
            return std::string(e.what());
        }
        return std::string();
    };
    put_grey(at + "w1.png", 151);
    CHECK(contains(failure_of(), at + "w1.png: the file has changed during the run"));
    std::filesystem::remove(at + "w1.png");
    CHECK(contains(failure_of(), at + "w1.png"));
    CHECK(scene->frame(0, 64, 48));
}
