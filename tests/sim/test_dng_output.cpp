// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstring>

#include "program.h"
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
