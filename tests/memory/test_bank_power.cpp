// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/random.h"
#include "memory/bank_power.h"

using namespace ocellus;
using memory::bank_power;
using memory::bank_state;

TEST_CASE("an idle bank goes into retention after exactly its time and an access wakes it") {
    bank_power p(2, 100, 7, 50);
    CHECK(p.managed());
    CHECK(p.ready(0, 10) == 10);
    p.used(0, 20);
    CHECK(p.state(0, 120) == bank_state::active);
    CHECK(p.ready(0, 120) == 120);
    CHECK(p.state(0, 121) == bank_state::retention);
    CHECK(p.ready(0, 121) == 121 + 7);
    CHECK(p.wakes() == 1);
    // Who comes while it wakes waits for the rest.
    CHECK(p.ready(0, 124) == 128);
    p.used(0, 130);
    CHECK(p.cycles(bank_state::retention, 200) == 1 + 100);
    CHECK(p.cycles(bank_state::active, 200) == 199 + 100);
}

TEST_CASE("firmware's states are kept and their times sum to the whole") {
    bank_power p(3, 0, 4, 60);
    CHECK_FALSE(p.managed());
    p.set(1, bank_state::retention, 100);
    p.set(2, bank_state::off, 40);
    CHECK(p.state(1, 5000) == bank_state::retention);
    CHECK(p.ready(1, 300) == 304);
    p.set(2, bank_state::active, 240);
    CHECK(p.ready(2, 250) == 300);
    CHECK(p.cycles(bank_state::off, 1000) == 200);
    CHECK(p.cycles(bank_state::retention, 1000) == 200);
    CHECK(p.cycles(bank_state::active, 1000) == 3000 - 400);
    CHECK(p.horizon(1000) == 1000);
}

TEST_CASE("times of bank states sum to the whole, whatever happens") {
    bank_power p(4, 50, 3, 20);
    random_sequence r(2, purpose::test);
    std::uint64_t now = 0;
    for (int i = 0; i < 5000; ++i) {
        now += r.below(60);
        const unsigned bank = r.below(4);
        if (r.below(10) == 0)
            p.set(bank, static_cast<bank_state>(r.below(3)), now);
        else if (p.state(bank, now) != bank_state::off)
            p.used(bank, p.ready(bank, now + r.below(100)) + r.below(9));
        const std::uint64_t sum = p.cycles(bank_state::active, now) +
                                  p.cycles(bank_state::retention, now) +
                                  p.cycles(bank_state::off, now);
        REQUIRE(sum == 4 * p.horizon(now));
    }
    CHECK(p.wakes() > 100);
}
