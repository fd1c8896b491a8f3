// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>

#include "memory/soft_errors.h"

using namespace ocellus::memory;

TEST_CASE("lists of upsets are read and sorted, and mistakes are named") {
    std::vector<upset> out;
    std::string why;
    REQUIRE(parse_upsets("2 ms@0x1000:5+64, 1 us@9:0", 8192, out, why));
    REQUIRE(out.size() == 2);
    CHECK(out[0].at == Approx(1e-6));
    CHECK(out[0].word == 1);
    CHECK(out[0].mask.data == 1);
    CHECK(out[1].word == 0x200);
    CHECK(out[1].mask.data == 0x20);
    CHECK(out[1].mask.check == 1);
    CHECK(parse_upsets("  ", 8192, out, why));
    CHECK(out.empty());
    CHECK_FALSE(parse_upsets("2 ms", 8192, out, why));
    CHECK(why == "'2 ms' is not TIME@OFFSET:CELL, such as 2 ms@0x1000:5");
    CHECK_FALSE(parse_upsets("2@0:1", 8192, out, why));
    CHECK(why == "'2@0:1': '2' is no time");
    CHECK_FALSE(parse_upsets("2 s@8192:1", 8192, out, why));
    CHECK(why == "'2 s@8192:1': the offset is not in 0 .. 0x1fff");
    CHECK_FALSE(parse_upsets("2 s@0:72", 8192, out, why));
    CHECK(why == "'2 s@0:72': '72' is no cell of 0 .. 71");
    CHECK_FALSE(parse_upsets("2 s@0:1,", 8192, out, why));
}

TEST_CASE("lists of stuck rows are read, and mistakes are named") {
    std::vector<stuck_row> out;
    std::string why;
    REQUIRE(parse_stuck_rows("3:17=0,0:0x1f=1", 4, 32, out, why));
    REQUIRE(out.size() == 2);
    CHECK(out[0].bank == 3);
    CHECK(out[0].row == 17);
    CHECK_FALSE(out[0].value);
    CHECK(out[1].row == 31);
    CHECK(out[1].value);
    CHECK_FALSE(parse_stuck_rows("4:0=0", 4, 32, out, why));
    CHECK(why == "'4:0=0': banks are 0 .. 3, rows 0 .. 31");
    CHECK_FALSE(parse_stuck_rows("0:32=0", 4, 32, out, why));
    CHECK_FALSE(parse_stuck_rows("0:1=2", 4, 32, out, why));
    CHECK(why == "'0:1=2' is not BANK:ROW=0 or BANK:ROW=1, such as 3:17=0");
}

TEST_CASE("random upsets are a Poisson process of the given rate, uniform over the cells") {
    // 2^20 words of 72 cells are 72 Mbit; 5e16 FIT/Mbit are 5e16 * 72 / 3.6e12 = 1e6 a second.
    random_upsets source(3, 5e16, 1u << 20, 72);
    constexpr int n = 100000;
    double last = 0, squares = 0;
    unsigned check_cells = 0, high_words = 0;
    for (int i = 0; i < n; ++i) {
        const upset u = source.next();
        REQUIRE(u.at >= last);
        REQUIRE(u.word < 1u << 20);
        REQUIRE(__builtin_popcountll(u.mask.data) + __builtin_popcount(u.mask.check) == 1);
        squares += (u.at - last) * (u.at - last) * 1e12;
        last = u.at;
        check_cells += u.mask.check != 0;
        high_words += u.word >= 1u << 19;
    }
    // Five standard deviations; the second moment of an exponential is 2, its variance 20.
    CHECK(last * 1e6 / n == Approx(1).margin(5 / std::sqrt(n)));
    CHECK(squares / n == Approx(2).margin(5 * std::sqrt(20.0 / n)));
    CHECK(check_cells == Approx(n / 9.0).margin(5 * std::sqrt(n * 8 / 81.0)));
    CHECK(high_words == Approx(n / 2.0).margin(5 * std::sqrt(n / 4.0)));
    random_upsets again(3, 5e16, 1u << 20, 72), other(4, 5e16, 1u << 20, 72);
    const upset a = again.next();
    CHECK(a.at != other.next().at);
}
