// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "core/image_io.h"
#include "program.h"
#include "tests/core/temporary_folder.h"
#include "tests/test_paths.h"

TEST_CASE("a run writes the received samples as DNG when it is asked") {
    const std::string out = scratch_folder() + "/out";
    const auto r = ocellus_program({"run", std::string(source_folder) + "/configs/small.toml",
                                    "--set", "output.dng=true", "--network", "none", "--out", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const std::string dng = file_bytes(out + "/frame_0000.dng");
    const std::string packed = file_bytes(out + "/frame_0000.raw10");
    REQUIRE(dng.size() > 676u * 506 * 2);
    // The samples are the end of the file; the wire has four of them in five bytes.
    const std::string samples = dng.substr(dng.size() - 676u * 506 * 2);
    bool same = true;
    for (std::size_t i = 0; i < 676u * 506; ++i) {
        std::uint16_t v;
        std::memcpy(&v, samples.data() + 2 * i, 2);
        const auto* group = reinterpret_cast<const unsigned char*>(packed.data()) + i / 4 * 5;
        same = same && v == (group[i % 4] << 2 | (group[4] >> (2 * (i % 4)) & 3));
    }
    CHECK(same);
}

namespace {

/// The four colours of tag CFAPattern, one byte each, in a little-endian file of one directory.
std::string cfa_pattern(const std::string& dng) {
    for (std::size_t i = 8; i + 12 < 2048; ++i)
        if (!dng.compare(i, 8, std::string("\x8e\x82\x01\x00\x04\x00\x00\x00", 8)))
            return dng.substr(i + 8, 4);
    return {};
}

std::array<double, 3> mean_colour(const std::string& png) {
    const ocellus::rgb8_image image = ocellus::decode_image(
        reinterpret_cast<const std::uint8_t*>(png.data()), png.size(), "preview");
    const std::size_t samples = std::size_t{image.width} * image.height * 3;
    std::array<double, 3> mean{};
    for (std::size_t i = 0; i < samples; ++i)
        mean[i % 3] += image.data[i] * 3.0 / static_cast<double>(samples);
    return mean;
}

}  // namespace

TEST_CASE("a flip that is written during a run turns the colours of its frames' files") {
    const std::string at = scratch_folder() + "/";
    put_file(at + "flip.script", "config " + std::string(source_folder) +
                                     "/configs/small.toml\n"
                                     "set scene.source=builtin:uniform\n"
                                     "set output.dng=true\n"
                                     "set output.save_frames=all\n"
                                     "network none\n"
                                     "frames 4\n"
                                     "wait frame 0 < 100 ms\n"
                                     "run 1 ms\n"
                                     "write pixel_array.ORIENTATION 1\n"
                                     "wait frame 1 < 100 ms\n"
                                     "run 1 ms\n"
                                     "write pixel_array.ORIENTATION 2\n"
                                     "finish\n");
    const auto r = ocellus_program({"replay", at + "flip.script", "--out", at + "out"});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const std::string orders[4] = {
        {"\0\1\1\2", 4}, {"\0\1\1\2", 4}, {"\1\0\2\1", 4}, {"\1\2\0\1", 4}};
    const auto first = mean_colour(file_bytes(at + "out/preview_0000.png"));
    for (unsigned n = 0; n < 4; ++n) {
        INFO("frame " << n);
        const std::string name = "_000" + std::to_string(n);
        CHECK(cfa_pattern(file_bytes(at + "out/frame" + name + ".dng")) == orders[n]);
        const auto mean = mean_colour(file_bytes(at + "out/preview" + name + ".png"));
        for (unsigned c = 0; c < 3; ++c)
            CHECK(mean[c] == Approx(first[c]).margin(1));
    }
}
