// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <systemc>

#include "core/clock_domain.h"

using namespace ocellus;

namespace {

/// Picoseconds (the kernel's default resolution).
std::uint64_t ps(const sc_core::sc_time& t) {
    return t.value();
}

}  // namespace

TEST_CASE("clock domain: lines of the full-resolution mode fall where arithmetic puts them") {
    REQUIRE(sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS));
    const clock_domain pixel(744000000);
    CHECK(pixel.hertz() == 744e6);
    // 17900 / 744 MHz = 24.0591397849... us
    CHECK(ps(pixel.time_of(17900)) == 24059139);
    // 3040 lines: 54 416 000 / 744e6 s = 73.139784946236... ms; summing lines would lose 2.4 ns.
    CHECK(ps(pixel.time_of(std::uint64_t{17900} * 3040)) == 73139784946u);
    CHECK(ps(pixel.time_of(17900)) * 3040 != 73139784946u);
    // 744e6 cycles are one second, and a day of them one day.
    CHECK(ps(pixel.time_of(744000000)) == 1000000000000u);
    CHECK(ps(pixel.time_of(std::uint64_t{744000000} * 86400)) == 86400000000000000u);
}

TEST_CASE("clock domain: rows are never further than one unit from the exact time") {
    const clock_domain pixel(744000000);
    for (std::uint64_t frame = 0; frame < 100; ++frame) {
        for (std::uint64_t row = 0; row < 4157; row += 13) {
            const std::uint64_t cycles = (frame * 4157 + row) * 17900;
            const auto t = ps(pixel.time_of(cycles));
            // t <= cycles / f < t + 1 ps, in exact integers.
            using wide = unsigned __int128;
            REQUIRE(wide{t} * 744 <= wide{cycles} * 1000000);
            REQUIRE(wide{t + 1} * 744 > wide{cycles} * 1000000);
        }
    }
}

TEST_CASE("clock domain: ratios stay exact") {
    // 24 MHz * 31 / 1, and a third of a hertz.
    const clock_domain pll(24000000u * 31u, 1), third(1, 3);
    CHECK(ps(pll.time_of(17900)) == 24059139);
    CHECK(ps(third.time_of(1)) == 3000000000000u);
    CHECK(third.seconds_of(2) == 6.0);
    const auto npu = clock_domain::from_hertz(262.5e6);
    CHECK(npu.hertz() == 262.5e6);
    CHECK(ps(npu.time_of(262500000)) == 1000000000000u);
    CHECK(ps(npu.time_of(21)) == 80000);
}

TEST_CASE("clock domain: cycles until a time turn back into it") {
    const clock_domain pixel(744000000);
    CHECK(pixel.cycles_until(sc_core::SC_ZERO_TIME) == 0);
    CHECK(pixel.cycles_until(sc_core::sc_time(1, sc_core::SC_PS)) == 1);
    CHECK(pixel.cycles_until(sc_core::sc_time(1, sc_core::SC_SEC)) == 744000000);
    for (std::uint64_t c = 0; c < 100000; c += 37)
        REQUIRE(pixel.cycles_until(pixel.time_of(c)) == c);
}
