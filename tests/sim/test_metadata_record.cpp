// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "sim/metadata_record.h"

using namespace ocellus::sim;

TEST_CASE("a metadata record survives its encoding") {
    metadata_record m;
    m.what = metadata_record::kind::detection;
    m.frame = 0x01020304;
    m.frame_start_ns = 123456789012345;
    m.tensor_ready_ns = 2;
    m.inference_start_ns = 3;
    m.inference_end_ns = 4;
    m.inference_cycles = 813750;
    m.findings.push_back({2, 0.75f, 0.1f, 0.2f, 0.3f, 0.4f});
    m.findings.push_back({1, 1.0f, 0.0f, 0.0f, 1.0f, 1.0f});
    const auto bytes = encode(m, 16);
    REQUIRE(bytes.size() == 64 + 20 * 16);
    CHECK(bytes[8] == 4);  // little-endian
    metadata_record back;
    std::string why;
    REQUIRE(decode(bytes, back, why));
    CHECK(back.frame == m.frame);
    CHECK(back.frame_start_ns == m.frame_start_ns);
    CHECK(back.inference_cycles == m.inference_cycles);
    REQUIRE(back.findings.size() == 2);
    CHECK(back.findings[0].class_id == 2);
    CHECK(back.findings[0].score == Approx(0.75).margin(1e-5));
    CHECK(back.findings[0].bottom == Approx(0.4).margin(1e-5));
    CHECK(back.findings[1].right == 1.0f);
}

TEST_CASE("the size of a record does not tell what was seen") {
    metadata_record none, many;
    many.findings.resize(40);
    CHECK(encode(none, 16).size() == encode(many, 16).size());
}

TEST_CASE("a damaged record is refused") {
    const auto good = encode(metadata_record(), 4);
    metadata_record out;
    std::string why;
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] ^= 0x10;
        CHECK_FALSE(decode(bad, out, why));
    }
    for (std::size_t n = 0; n < good.size(); n += 7)
        CHECK_FALSE(
            decode(std::vector<std::uint8_t>(good.begin(), good.begin() + static_cast<long>(n)),
                   out, why));
}
