// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <string>

#include "isp/isp.h"
#include "isp/line_buffers.h"

using namespace ocellus::isp;

namespace {

double blocks_of(const std::string& name, unsigned width) {
    double sum = 0;
    for (const auto& s : infinite_isp_stages())
        if (std::string(s.name).rfind(name, 0) == 0)
            sum += block_rams(s, width);
    return sum;
}

}  // namespace

TEST_CASE("line buffers: the block RAMs of a published pipeline, rows of 2048") {
    // Infinite-ISP_Hardware, resource table of the KV260: DPC 4, BNR 20, demosaic 4, 2DNR 8, blocks
    // of 36 kbit; no line memory in black level, white balance, matrix, colour conversion.
    CHECK(blocks_of("defect correction", 2048) == 4);
    CHECK(blocks_of("noise reduction", 2048) == 20);
    CHECK(blocks_of("demosaic", 2048) == 4);
    CHECK(blocks_of("luma noise reduction", 2048) == 8);
    for (const char* name : {"black level", "white balance", "colour matrix", "RGB to YUV"})
        CHECK(blocks_of(name, 2048) == 0);
    // Rows twice as long as a block is deep take two of them.
    CHECK(blocks_of("demosaic", 4056) > 4);
}

TEST_CASE("line buffers: lines and clocks of that pipeline") {
    CHECK(latency_lines(infinite_isp_stages()) == 18);
    CHECK(latency_clocks(infinite_isp_stages()) == 144);
}

TEST_CASE(
    "line buffers: the calculator's lines and clocks are those of the timing, for every choice") {
    for (stage_set s = 0; s <= every_stage; s += 2) {
        REQUIRE(latency_lines(own_stages(s)) == ocellus::isp::latency_lines(s));
        REQUIRE(latency_clocks(own_stages(s)) == ocellus::isp::latency_clocks(s));
    }
    // Nine rows of luma less the live one, and four rows of three colours.
    const auto all = own_stages(every_stage);
    unsigned rows = 0;
    for (const auto& s : all)
        rows += s.stored_rows();
    CHECK(rows == 3 * 4 + 2 * (8 + 12));
}

TEST_CASE("line buffers: bits of K - 1 rows") {
    const window_stage five{"", 5, 12, 1, 0}, nine{"", 9, 8, 3, 0};
    CHECK(line_bits(five, 4056) == 4ull * 4056 * 12);
    CHECK(line_bits(nine, 4056) == 24ull * 4056 * 8);
    CHECK(five.latency_lines() == 2);
    CHECK(nine.latency_lines() == 4);
    CHECK(half_blocks_of_row(2048, 9) == 1);
    CHECK(half_blocks_of_row(2049, 9) == 2);
    CHECK(half_blocks_of_row(2048, 10) == 2);
    CHECK(half_blocks_of_row(512, 36) == 1);
    CHECK(half_blocks_of_row(16384, 1) == 1);
}
