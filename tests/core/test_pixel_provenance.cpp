// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <stdexcept>
#include <vector>

#include "core/pixel_provenance.h"

using ocellus::pixel_provenance;

TEST_CASE("what derives from pixels is known word by word") {
    pixel_provenance map;
    map.add_memory(0x1000, 64);
    CHECK_FALSE(map.derived(0x1000, 64));
    map.mark(0x1006, 1, true);
    CHECK(map.derived(0x1004, 1));  // the same word
    CHECK(map.derived_bytes(0x1000, 64) == 4);
    CHECK(map.derived_bytes(0x1005, 2) == 2);
    CHECK_FALSE(map.derived(0x1000, 4));
    CHECK_FALSE(map.derived(0x1008, 56));
    map.mark(0x1004, 3, false);  // not all of the word: something of it is left
    CHECK(map.derived(0x1004, 4));
    map.mark(0x1004, 4, false);
    CHECK_FALSE(map.derived(0x1000, 64));
    CHECK(map.words(0x1000) == 0);
}

TEST_CASE("addresses outside every memory hold nothing") {
    pixel_provenance map;
    map.add_memory(0x1000, 64);
    map.add_memory(0x8000, 64);
    map.mark(0x0ff0, 32, true);
    CHECK(map.derived_bytes(0, 0x10000) == 16);
    map.mark(0x9000, 64, true);
    CHECK_FALSE(map.derived(0x9000, 64));
    CHECK_THROWS_AS(map.add_memory(0x20001, 64), std::logic_error);
}

// Against one flag a byte.
TEST_CASE("ranges of any place and length are marked as a list of words is") {
    constexpr std::uint64_t base = 0x400, size = 4096;
    pixel_provenance map;
    map.add_memory(base, size);
    std::vector<bool> words(size / 4);
    std::mt19937 random(7);
    for (int k = 0; k < 4000; ++k) {
        const std::uint64_t first = random() % size, length = 1 + random() % (size - first);
        const std::uint64_t n = k % 3 ? std::min<std::uint64_t>(length, 40) : length;
        const bool derives = random() % 2;
        map.mark(base + first, n, derives);
        for (std::uint64_t w = 0; w < words.size(); ++w) {
            const bool touched = 4 * w + 4 > first && 4 * w < first + n;
            const bool covered = 4 * w >= first && 4 * w + 4 <= first + n;
            if (derives ? touched : covered)
                words[w] = derives;
        }
        std::uint64_t bytes = 0;
        const std::uint64_t from = random() % size, asked = 1 + random() % (size - from);
        for (std::uint64_t b = from; b < from + asked; ++b)
            bytes += words[b / 4];
        REQUIRE(map.derived_bytes(base + from, asked) == bytes);
        REQUIRE(map.words(base) ==
                static_cast<std::uint64_t>(std::count(words.begin(), words.end(), true)));
    }
}
