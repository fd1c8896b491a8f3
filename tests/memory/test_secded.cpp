// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <set>

#include "core/random.h"
#include "memory/secded.h"
#include "memory/word_faults.h"

using namespace ocellus;
using memory::secded;
using memory::word_faults;

namespace {

std::uint64_t random_word(random_sequence& r) {
    const std::uint64_t high = r.next();
    return high << 32 | r.next();
}

secded::decoded decode_flipped(std::uint64_t data, unsigned a, unsigned b = 72) {
    std::uint8_t check = secded::encode(data);
    for (const unsigned bit : {a, b})
        if (bit < 64)
            data ^= std::uint64_t{1} << bit;
        else if (bit < 72)
            check = static_cast<std::uint8_t>(check ^ 1u << (bit - 64));
    return secded::decode(data, check);
}

}  // namespace

TEST_CASE("the code's columns are the 56 bytes of weight 3 and 8 of weight 5, in balance") {
    std::set<unsigned> seen;
    unsigned weights[9] = {}, per_row[8] = {};
    for (const unsigned c : secded::columns) {
        seen.insert(c);
        ++weights[__builtin_popcount(c)];
        for (unsigned r = 0; r < 8; ++r)
            per_row[r] += c >> r & 1;
    }
    CHECK(seen.size() == 64);
    CHECK(weights[3] == 56);
    CHECK(weights[5] == 8);
    for (const unsigned n : per_row)
        CHECK(n == 26);
}

TEST_CASE("check bits are linear in the data, one column for each bit") {
    // Bit by bit from the columns: another way to the same check bits.
    random_sequence r(5, purpose::test);
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t data = random_word(r);
        unsigned check = secded::inverted;
        for (unsigned b = 0; b < 64; ++b)
            if (data >> b & 1)
                check ^= secded::columns[b];
        REQUIRE(secded::encode(data) == check);
    }
}

TEST_CASE("every single flip is corrected and every double flip is detected") {
    random_sequence r(6, purpose::test);
    for (const std::uint64_t data :
         {std::uint64_t{0}, ~std::uint64_t{0}, random_word(r), random_word(r)}) {
        const auto untouched = decode_flipped(data, 72);
        CHECK(untouched.outcome == secded::verdict::clean);
        CHECK(untouched.data == data);
        for (unsigned a = 0; a < 72; ++a) {
            const auto one = decode_flipped(data, a);
            REQUIRE(one.outcome == secded::verdict::corrected);
            REQUIRE(one.data == data);
            REQUIRE(one.bit == a);
            for (unsigned b = a + 1; b < 72; ++b)
                REQUIRE(decode_flipped(data, a, b).outcome == secded::verdict::uncorrectable);
        }
    }
}

TEST_CASE("a word of dead cells is no valid word") {
    CHECK(secded::decode(0, 0).outcome == secded::verdict::uncorrectable);
    CHECK(secded::decode(~std::uint64_t{0}, 0xff).outcome == secded::verdict::uncorrectable);
}

TEST_CASE("flips go when they are written over, stuck cells stay") {
    word_faults f;
    f.flip(7, {0x10, 0});
    f.flip(9, {0, 0x80});
    f.flip(7, {0x10, 0});
    CHECK(f.words() == 1);
    f.flip(7, {0x101, 0});
    f.stick(8, {0xf, 0}, {0x5, 0});
    CHECK(f.stored(7, 0).data == 0x101);
    CHECK(f.stored(8, 0xff).data == 0xf5);
    CHECK(f.stored(9, 3).check == (secded::encode(3) ^ 0x80));
    f.written(7, {0xff, 0});
    CHECK(f.stored(7, 0).data == 0x100);
    f.written(0, 100);
    CHECK(f.words() == 1);
    CHECK(f.stored(7, 5).data == 5);
    CHECK(f.stored(8, 0).data == 5);
    std::vector<std::uint64_t> met;
    f.each(0, 7, [&](std::uint64_t w) { met.push_back(w); });
    CHECK(met.empty());
    f.each(8, 8, [&](std::uint64_t w) { met.push_back(w); });
    CHECK(met == std::vector<std::uint64_t>{8});
}
