// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "memory/bank_calendar.h"

using ocellus::memory::bank_calendar;

TEST_CASE("a free bank is granted at the requested cycle") {
    bank_calendar c(4);
    CHECK(c.reserve(0, 100, 8) == 108);
    CHECK(c.reserve(1, 100, 8) == 108);
    CHECK(c.reserve(0, 100, 8) == 116);
    CHECK(c.reserve(0, 92, 8) == 100);
    CHECK(c.reserve(0, 92, 1) == 117);
    CHECK(c.reserve(2, 7, 0) == 7);
}

TEST_CASE("a request takes the gaps that it finds and moves nobody") {
    bank_calendar c(1);
    CHECK(c.reserve(0, 0, 10) == 10);
    CHECK(c.reserve(0, 15, 10) == 25);
    CHECK(c.end_of(0, 0, 6) == 26);
    CHECK(c.reserve(0, 0, 6) == 26);  // 10 .. 14 and 25
    CHECK(c.reserve(0, 0, 1) == 27);
    CHECK(c.intervals(0) == 1);
}

TEST_CASE("the wait is charged to the owners in the way and adds up") {
    bank_calendar c(1);
    std::vector<std::uint64_t> waited(bank_calendar::max_owners), here = waited;
    c.reserve(0, 0, 10, 1);
    c.reserve(0, 12, 8, 2);
    // Cycles 3 .. 9 are owner 1's, 12 .. 19 owner 2's; it gets 10, 11 and 20 .. 22.
    CHECK(c.reserve(0, 3, 5, 3, waited.data(), here.data()) == 23);
    CHECK(waited[1] == 7);
    CHECK(waited[2] == 8);
    CHECK(here == waited);
    CHECK(std::accumulate(waited.begin(), waited.end(), std::uint64_t{0}) == 23 - 3 - 5);
}

TEST_CASE("the calendar agrees with a brute-force table of cycles") {
    constexpr unsigned banks = 3;
    constexpr std::uint64_t length = 60000;
    constexpr int nobody = -1;
    std::vector<std::vector<int>> taken(banks, std::vector<int>(length, nobody));
    bank_calendar c(banks, 100000);
    ocellus::random_sequence r(7, ocellus::purpose::test);
    std::vector<std::uint64_t> waited(bank_calendar::max_owners), expected = waited;
    std::uint64_t split = 0;
    for (int i = 0; i < 6000; ++i) {
        const unsigned bank = r.below(banks), owner = r.below(5);
        const std::uint64_t earliest =
            std::uint64_t{8} * static_cast<unsigned>(i) / 3 + r.below(500);
        const std::uint64_t cycles = 1 + r.below(9);
        std::uint64_t at = earliest, first = length;
        for (std::uint64_t got = 0; got < cycles; ++at) {
            int& cell = taken[bank][at];
            if (cell == nobody) {
                cell = static_cast<int>(owner);
                first = std::min(first, at);
                ++got;
            } else {
                ++expected[static_cast<std::size_t>(cell)];
            }
        }
        split += at - first != cycles;
        REQUIRE(c.end_of(bank, earliest, cycles) == at);
        REQUIRE(c.reserve(bank, earliest, cycles, owner, waited.data()) == at);
        REQUIRE(waited == expected);
    }
    CHECK(split > 100);
}

TEST_CASE("memory stays bounded and forgetting changes no result") {
    bank_calendar forgetful(2), keeping(2, 100000), crowded(2, 16);
    ocellus::random_sequence r(3, ocellus::purpose::test);
    for (std::uint64_t i = 0; i < 20000; ++i) {
        const std::uint64_t now = 10 * i;
        forgetful.forget_before(now);
        const std::uint64_t earliest = now + r.below(200);
        const unsigned bank = r.below(2), owner = r.below(8);
        const std::uint64_t cycles = 1 + r.below(8);
        REQUIRE(forgetful.reserve(bank, earliest, cycles, owner) ==
                keeping.reserve(bank, earliest, cycles, owner));
        CHECK(crowded.reserve(bank, earliest, cycles, owner) >= earliest + cycles);
        REQUIRE(forgetful.intervals(bank) <= 256);
        REQUIRE(crowded.intervals(bank) <= 16);
    }
}

TEST_CASE("a request before the promised horizon is moved to it") {
    bank_calendar c(1);
    c.forget_before(50);
    CHECK(c.reserve(0, 10, 2) == 52);
    c.forget_before(40);
    CHECK(c.reserve(0, 10, 2) == 54);
}
