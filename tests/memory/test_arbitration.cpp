// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/memory/traffic_mix.h"

using namespace ocellus;
using namespace ocellus::memory;

namespace {

const arbitration policies[] = {arbitration::round_robin, arbitration::fixed_priority,
                                arbitration::weighted, arbitration::deadline,
                                arbitration::first_come};

/// `n` masters that always want bank 0, one access a burst, for `length` cycles.
mix::system saturated(unsigned n, std::size_t bursts, arbitration policy) {
    mix::system s;
    s.banks = 1;
    s.latency = 0;
    s.policy = policy;
    for (unsigned m = 0; m < n; ++m) {
        mix::master x;
        x.outstanding = 2;
        for (std::size_t k = 0; k < bursts; ++k)
            x.ops.push_back({0, 32 * k, 32, false});
        s.masters.push_back(x);
    }
    return s;
}

/// Bursts of each master that have ended by `cycle`.
std::vector<std::uint64_t> served(const mix::outcome& o, std::uint64_t cycle) {
    std::vector<std::uint64_t> out;
    for (const auto& ends : o.ends)
        out.push_back(static_cast<std::uint64_t>(
            std::count_if(ends.begin(), ends.end(), [&](auto e) { return e <= cycle; })));
    return out;
}

}  // namespace

TEST_CASE("burst by burst, the banks agree with a reference that looks at every cycle") {
    for (std::uint32_t i = 0; i < 240; ++i) {
        mix::system s = mix::random_system(i, 300);
        s.policy = policies[i % 5];
        s.longest_grant = i % 3 == 0 ? 2 : bank_arbiter::never;
        const auto expected = mix::by_cycles(s);
        const auto got = mix::by_arbiter(s);
        INFO("mix " << i);
        REQUIRE(std::abs(static_cast<double>(got.stalls) - static_cast<double>(expected.stalls)) <=
                0.03 * static_cast<double>(expected.stalls));
        REQUIRE(got.by_master == expected.by_master);
        REQUIRE(got.ends == expected.ends);
    }
}

TEST_CASE("in the order of time the calendar is banks that give every access to the oldest burst") {
    for (std::uint32_t i = 0; i < 240; ++i) {
        mix::system s = mix::random_system(i, 500);
        s.policy = arbitration::first_come;
        s.longest_grant = 1;
        const auto expected = mix::by_cycles(s);
        const auto got = mix::by_calendar(s);
        INFO("mix " << i);
        REQUIRE(std::abs(static_cast<double>(got.stalls) - static_cast<double>(expected.stalls)) <=
                0.1 * static_cast<double>(expected.stalls));
        REQUIRE(got.by_master == expected.by_master);
        REQUIRE(got.ends == expected.ends);
    }
}

TEST_CASE("what masters that run ahead of time cost the calendar stays what the manual says") {
    // Loosely timed masters call out of order. docs/memory.md has the table of this test.
    double stalls = 0, expected_stalls = 0;
    std::vector<double> off;
    for (std::uint32_t i = 0; i < 240; ++i) {
        mix::system s = mix::random_system(i, 1000);
        s.policy = arbitration::first_come;
        s.longest_grant = 1;
        const auto expected = static_cast<double>(mix::by_cycles(s).stalls);
        const auto got = static_cast<double>(mix::by_calendar(s, 16).stalls);
        stalls += got;
        expected_stalls += expected;
        off.push_back(std::abs(got - expected) / std::max(expected, 100.0));
    }
    std::sort(off.begin(), off.end());
    INFO("stalls " << stalls << " for " << expected_stalls << ", median " << off[120] << ", 90 % "
                   << off[216] << ", worst " << off.back());
    CHECK(std::abs(stalls - expected_stalls) <= 0.05 * expected_stalls);
    CHECK(off[120] <= 0.1);
    CHECK(off.back() > 0);
}

TEST_CASE("a request legal in cycle k is granted in k and not in k - 1") {
    mix::system s;
    s.banks = 1;
    for (const std::uint64_t at : {107u, 108u}) {
        s.masters.assign(2, {});
        s.masters[0].ops = {{100, 0, 256, false}};
        s.masters[1].ops = {{at, 0, 32, false}};
        const auto o = mix::by_arbiter(s);
        // Eight accesses from 100: the bank is free in 108 and not in 107.
        CHECK(o.ends[0][0] == 108);
        CHECK(o.ends[1][0] == 109);
        CHECK(o.stalls == 108 - at);
    }
}

TEST_CASE("round robin gives everybody the same, and nobody waits longer than one turn of all") {
    const auto s = saturated(5, 400, arbitration::round_robin);
    const auto o = mix::by_arbiter(s);
    for (const auto n : served(o, 1000))
        CHECK(n == 200);
    for (std::size_t m = 0; m < 5; ++m)
        for (std::size_t k = 2; k < 400; ++k)
            REQUIRE(o.ends[m][k] - o.ends[m][k - 1] == 5);
}

TEST_CASE("weights divide a busy bank in proportion") {
    auto s = saturated(3, 3000, arbitration::weighted);
    s.shares[0].weight = 1;
    s.shares[1].weight = 2;
    s.shares[2].weight = 5;
    const auto n = served(mix::by_arbiter(s), 1600);
    CHECK(n[0] == Approx(200).margin(2));
    CHECK(n[1] == Approx(400).margin(2));
    CHECK(n[2] == Approx(1000).margin(2));
}

TEST_CASE("a fixed priority goes first and starves the rest, as it says") {
    auto s = saturated(3, 500, arbitration::fixed_priority);
    s.shares[1].priority = 0;
    const auto n = served(mix::by_arbiter(s), 500);
    CHECK(n[1] == 500);
    CHECK(n[0] + n[2] == 0);
}

TEST_CASE("with deadlines that can be met, all are, where a round robin is late") {
    // A stream with 64 B every 40 cycles that must be through in 24, and seven that always want 256
    // B.
    auto s = saturated(8, 400, arbitration::deadline);
    for (unsigned m = 1; m < 8; ++m)
        for (auto& o : s.masters[m].ops)
            o.bytes = 256;
    s.interleave = 256;
    for (std::size_t k = 0; k < 400; ++k)
        s.masters[0].ops[k] = {40 * k, 0, 64, true};
    s.shares[0].deadline = 24;
    const auto late = [&](arbitration policy) {
        s.policy = policy;
        const auto o = mix::by_arbiter(s);
        unsigned n = 0;
        for (std::size_t k = 0; k < 400; ++k)
            n += o.ends[0][k] > 40 * k + 24;
        return n;
    };
    CHECK(late(arbitration::deadline) == 0);
    CHECK(late(arbitration::round_robin) > 100);
}

TEST_CASE("nobody starves but by fixed priority or deadlines, whatever the mix") {
    for (std::uint32_t i = 0; i < 60; ++i) {
        mix::system s = mix::random_system(i, 200);
        s.policy = i % 2 ? arbitration::round_robin : arbitration::weighted;
        std::uint64_t longest = 0;
        unsigned bursts = 0;
        for (const auto& m : s.masters) {
            longest = std::max(longest, m.ops[0].bytes / 32);
            bursts += m.outstanding;
        }
        const auto o = mix::by_arbiter(s);
        for (std::size_t m = 0; m < s.masters.size(); ++m)
            for (std::size_t k = 0; k < 200; ++k) {
                // Each run waits for at most one grant of each burst under way, by weight.
                const std::uint64_t runs = s.masters[m].ops[k].bytes / 64 + 1;
                REQUIRE(o.ends[m][k] - o.starts[m][k] <= (runs * bursts * 4 + 1) * longest);
            }
    }
}

TEST_CASE("burst splitting lets a short request in after one grant") {
    mix::system s;
    s.banks = 1;
    s.masters.assign(2, {});
    s.masters[0].ops = {{0, 0, 256, false}};
    s.masters[1].ops = {{1, 0, 32, false}};
    CHECK(mix::by_arbiter(s).ends[1][0] == 9);
    s.longest_grant = 2;
    const auto o = mix::by_arbiter(s);
    CHECK(o.ends[1][0] == 3);
    CHECK(o.ends[0][0] == 9);
}

TEST_CASE("one stream reaches the peak bandwidth of its port, many streams that of the banks") {
    mix::system s;
    s.banks = 4;
    s.latency = 4;
    for (unsigned m = 0; m < 4; ++m) {
        mix::master x;
        x.outstanding = 2;
        for (std::size_t k = 0; k < 1000; ++k)
            x.ops.push_back({0, (k * 4 + m) % 4096 * 256, 256, false});
        s.masters.push_back(x);
    }
    // Each in a bank of its own, eight accesses a burst, the next one asked for in time.
    const auto o = mix::by_arbiter(s);
    for (const auto& ends : o.ends)
        CHECK(ends.back() == 8 * 1000);
}
