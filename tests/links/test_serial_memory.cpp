// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "links/serial_memory.h"

using namespace ocellus::links;

TEST_CASE("serial memory: time of a read is overhead and bits over lanes and clock") {
    // Fast read of common NOR flash (0x0B): 8 + 24 + 8 clocks, then 8 a byte.
    serial_read one;
    one.gap_clocks = 0;
    CHECK(one.overhead_clocks() == 40);
    CHECK(one.seconds(4096) == Approx((40 + 8 * 4096) / 35e6));
    // Quad read (0xEB): 8 clocks of command, 24 bits on four lines, 6 clocks, 2 a byte.
    serial_read four = one;
    four.lanes = 4;
    four.dummy_clocks = 6;
    CHECK(four.overhead_clocks() == 20);
    CHECK(four.seconds(4096) == Approx((20 + 2 * 4096) / 35e6));
    // Each read has its own overhead, the last one too.
    one.burst = 256;
    one.gap_clocks = 2;
    CHECK(one.reads(1000) == 4);
    CHECK(one.seconds(1000) == Approx((4 * 42 + 8000) / 35e6));
    CHECK(one.seconds(1024) == Approx((4 * 42 + 8192) / 35e6));
    CHECK(one.seconds(1025) == Approx((5 * 42 + 8200) / 35e6));
    CHECK(one.seconds(0) == 0);
    // A host sends 4 MB in transfers of 1 MiB: 0.91 s on the wire.
    serial_read host;
    host.command_bits = host.address_bits = host.dummy_clocks = 0;
    host.burst = 1 << 20;
    host.latency = 100e-6;
    CHECK(host.seconds(4'000'000) == Approx(4 * (2 / 35e6 + 100e-6) + 32e6 / 35e6));
}

TEST_CASE("serial link: one transfer at a time, in the order of asking") {
    serial_link link;
    CHECK(link.take(1.0, 0.5) == 1.0);
    CHECK(link.take(1.2, 0.25) == 1.5);
    CHECK(link.take(1.3, 0.25) == 1.75);
    CHECK(link.take(5.0, 1.0) == 5.0);
    CHECK(link.waited() == Approx(0.3 + 0.45));
    CHECK(link.busy() == 2.0);
    CHECK(link.free_at() == 6.0);
}

TEST_CASE("serial image: a failed cell is found in the piece that it belongs to") {
    serial_image image;
    image.write(0, {1, 2, 3, 4});
    image.write(8, {5, 6, 7});
    CHECK(image.size() == 11);
    CHECK(image.at(0)[5] == 0xFF);  // erased
    CHECK(image.damaged(0, 11) == 0);
    REQUIRE(image.damage(9));
    CHECK(image.at(8)[1] == static_cast<std::uint8_t>(~6));
    CHECK(image.damaged(0, 8) == 0);
    CHECK(image.damaged(8, 3) == 1);
    CHECK(image.damaged(0, 11) == 1);
    REQUIRE(image.damage(5));  // between the pieces
    CHECK(image.damaged(0, 11) == 1);
    CHECK_FALSE(image.damage(11));
}
