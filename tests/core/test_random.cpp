// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <Random123/philox.h>

#include <catch2/catch.hpp>

#include "core/random.h"

using namespace ocellus;

TEST_CASE("Philox4x32-10 gives the published known answers") {
    // kat_vectors of Random123 1.x.
    using c = philox4x32::counter;
    CHECK(philox4x32::generate({0, 0, 0, 0}, {0, 0}) ==
          c{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32::generate({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                               {0xffffffff, 0xffffffff}) ==
          c{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32::generate({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                               {0xa4093822, 0x299f31d0}) ==
          c{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox4x32-10 agrees with the Random123 library") {
    r123::Philox4x32 reference;
    random_sequence random(3, purpose::test);
    for (int i = 0; i < 20000; ++i) {
        const philox4x32::counter c{random.next(), random.next(), random.next(), random.next()};
        const philox4x32::key k{random.next(), random.next()};
        const auto expected = reference({{c[0], c[1], c[2], c[3]}}, {{k[0], k[1]}});
        const auto ours = philox4x32::generate(c, k);
        for (unsigned j = 0; j < 4; ++j)
            REQUIRE(ours[j] == expected[j]);
    }
}

TEST_CASE("a random sequence depends on seed, purpose and place alone") {
    random_sequence a(42, purpose::scene, 1, 2), b(42, purpose::scene, 1, 2);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const auto block = philox4x32::generate(
            {i / 4, 1, 2, static_cast<std::uint32_t>(purpose::scene)}, key_of(42));
        const auto x = a.next();
        CHECK(x == block[i % 4]);
        CHECK(x == b.next());
    }
    CHECK(random_sequence(43, purpose::scene, 1, 2).next() !=
          random_sequence(42, purpose::scene, 1, 2).next());
    CHECK(random_sequence(42, purpose::network_weights, 1, 2).next() !=
          random_sequence(42, purpose::scene, 1, 2).next());
    CHECK(key_of(0x123456789ABCDEF0u) == philox4x32::key{0x9ABCDEF0u, 0x12345678u});

    random_sequence c(1, purpose::test);
    double sum = 0;
    unsigned counts[10] = {};
    constexpr int n = 100000;
    for (int i = 0; i < n; ++i) {
        const double u = c.uniform();
        REQUIRE((u >= 0 && u < 1));
        sum += u;
        ++counts[c.below(10)];
    }
    // Standard deviations: 0.2887 / sqrt(n) and sqrt(n * 0.09).
    CHECK(std::abs(sum / n - 0.5) < 5 * 0.2887 / 316.2);
    for (const unsigned k : counts)
        CHECK(std::abs(static_cast<double>(k) - n / 10.0) < 5 * 94.9);
}
