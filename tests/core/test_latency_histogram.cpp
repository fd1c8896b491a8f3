// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/latency_histogram.h"

using namespace ocellus;

TEST_CASE("latency histogram: bins double, extremes and mean") {
    latency_histogram h;
    statistics s;
    h.add_to(s, "x", "Things", "cycles", true);
    CHECK(s.value("x.count") == 0);
    for (const std::uint64_t v : {0u, 1u, 2u, 3u, 4u, 7u, 8u, 1000000u})
        h.add(v);
    CHECK(h.bin(0) == 2);
    CHECK(h.bin(1) == 2);
    CHECK(h.bin(2) == 2);
    CHECK(h.bin(3) == 1);
    CHECK(h.bin(15) == 1);
    CHECK(s.value("x.count") == 8);
    CHECK(s.value("x.min") == 0);
    CHECK(s.value("x.max") == 1000000);
    CHECK(s.value("x.mean") == 1000025.0 / 8);
    CHECK(s.value("x.bin_15") == 1);
    CHECK(s.find("x.bin_03")->sentence == "Things: 8 to 15 cycles.");
    latency_histogram one;
    one.add(5);
    CHECK(one.min() == 5);
}
