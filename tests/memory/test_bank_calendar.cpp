// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "memory/bank_calendar.h"

using ocellus::memory::bank_calendar;

TEST_CASE("a free bank is granted at the requested cycle") {
    bank_calendar c(4);
    CHECK(c.reserve(0, 100, 8) == 100);
    CHECK(c.reserve(1, 100, 8) == 100);
    CHECK(c.reserve(0, 100, 8) == 108);
    CHECK(c.reserve(0, 92, 8) == 92);
    CHECK(c.reserve(0, 92, 1) == 116);
    CHECK(c.reserve(2, 7, 0) == 7);
}

TEST_CASE("a gap is used by a request that fits and skipped by one that does not") {
    bank_calendar c(1);
    CHECK(c.reserve(0, 0, 10) == 0);
    CHECK(c.reserve(0, 15, 10) == 15);
    CHECK(c.reserve(0, 0, 6) == 25);
    CHECK(c.reserve(0, 0, 5) == 10);
    CHECK(c.reserve(0, 0, 1) == 31);
}

TEST_CASE("the wait is charged to the owners in the way and adds up") {
    bank_calendar c(1);
    std::vector<std::uint64_t> waited(bank_calendar::max_owners);
    c.reserve(0, 0, 10, 1);
    c.reserve(0, 12, 8, 2);
    // Five cycles do not fit the gap 10..12: 7 cycles of owner 1, then gap and body of owner 2.
    CHECK(c.reserve(0, 3, 5, 3, waited.data()) == 20);
    CHECK(waited[1] == 7);
    CHECK(waited[2] == 10);
    CHECK(std::accumulate(waited.begin(), waited.end(), std::uint64_t{0}) == 17);
}

TEST_CASE("the calendar agrees with a brute-force table of cycles") {
    constexpr unsigned banks = 3;
    constexpr std::uint64_t length = 60000;
    std::vector<std::vector<char>> taken(banks, std::vector<char>(length, 0));
    bank_calendar c(banks, 100000);
    ocellus::random_sequence r(7, ocellus::purpose::test);
    std::vector<std::uint64_t> waited(bank_calendar::max_owners);
    std::uint64_t wait = 0;
    for (int i = 0; i < 6000; ++i) {
        const unsigned bank = r.below(banks);
        const std::uint64_t earliest =
            std::uint64_t{8} * static_cast<unsigned>(i) / 3 + r.below(500);
        const std::uint64_t cycles = 1 + r.below(9);
        std::uint64_t start = earliest;
        for (std::uint64_t run = 0; run < cycles;)
            if (taken[bank][start + run]) {
                start += run + 1;
                run = 0;
            } else {
                ++run;
            }
        for (std::uint64_t k = 0; k < cycles; ++k)
            taken[bank][start + k] = 1;
        REQUIRE(c.reserve(bank, earliest, cycles, r.below(5), waited.data()) == start);
        wait += start - earliest;
    }
    CHECK(std::accumulate(waited.begin(), waited.end(), std::uint64_t{0}) == wait);
    CHECK(wait > 0);
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
        CHECK(crowded.reserve(bank, earliest, cycles, owner) >= earliest);
        REQUIRE(forgetful.intervals(bank) <= 256);
        REQUIRE(crowded.intervals(bank) <= 16);
    }
}

TEST_CASE("a request before the promised horizon is moved to it") {
    bank_calendar c(1);
    c.forget_before(50);
    CHECK(c.reserve(0, 10, 2) == 50);
    c.forget_before(40);
    CHECK(c.reserve(0, 10, 2) == 52);
}
