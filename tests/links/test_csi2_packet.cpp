// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <vector>

#include "core/random.h"
#include "links/csi2_packet.h"

using namespace ocellus;
using namespace ocellus::links;

namespace {

/// The checksum bit by bit, as the register of the CSI-2 specification shifts it.
std::uint16_t slow_crc(const std::vector<std::uint8_t>& bytes) {
    unsigned c = 0xFFFF;
    for (const unsigned b : bytes)
        for (unsigned i = 0; i < 8; ++i) {
            const unsigned feedback = (c ^ (b >> i)) & 1u;
            c >>= 1;
            if (feedback)
                c ^= 0x8408;
        }
    return static_cast<std::uint16_t>(c);
}

/// The code from the list of bits each parity bit covers.
std::uint8_t slow_ecc(std::uint32_t d) {
    static const std::vector<std::vector<unsigned>> covers = {
        {0, 1, 2, 4, 5, 7, 10, 11, 13, 16, 20, 21, 22, 23},
        {0, 1, 3, 4, 6, 8, 10, 12, 14, 17, 20, 21, 22, 23},
        {0, 2, 3, 5, 6, 9, 11, 12, 15, 18, 20, 21, 22},
        {1, 2, 3, 7, 8, 9, 13, 14, 15, 19, 20, 21, 23},
        {4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 22, 23},
        {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23}};
    unsigned ecc = 0;
    for (unsigned p = 0; p < 6; ++p)
        for (const unsigned bit : covers[p])
            ecc ^= ((d >> bit) & 1u) << p;
    return static_cast<std::uint8_t>(ecc);
}

}  // namespace

TEST_CASE("the checksum gives the published examples") {
    const std::vector<std::uint8_t> a = {0xFF, 0x00, 0x00, 0x02, 0xB9, 0xDC, 0xF3, 0x72,
                                         0xBB, 0xD4, 0xB8, 0x5A, 0xC8, 0x75, 0xC2, 0x7C,
                                         0x81, 0xF8, 0x05, 0xDF, 0xFF, 0x00, 0x00, 0x01};
    const std::vector<std::uint8_t> b = {0xFF, 0x00, 0x00, 0x00, 0x1E, 0xF0, 0x1E, 0xC7,
                                         0x4F, 0x82, 0x78, 0xC5, 0x82, 0xE0, 0x8C, 0x70,
                                         0xD2, 0x3C, 0x78, 0xE9, 0xFF, 0x00, 0x00, 0x01};
    CHECK(csi2_crc(a.data(), a.size()) == 0x00F0);
    CHECK(csi2_crc(b.data(), b.size()) == 0xE569);
    CHECK(csi2_crc(nullptr, 0) == 0xFFFF);
}

TEST_CASE("the fast checksum equals the bitwise one for every length") {
    random_sequence r(1, purpose::test);
    std::vector<std::uint8_t> bytes;
    for (unsigned n = 0; n < 300; ++n) {
        REQUIRE(csi2_crc(bytes.data(), bytes.size()) == slow_crc(bytes));
        bytes.push_back(static_cast<std::uint8_t>(r.next()));
    }
    bytes.assign(20000, 0);
    for (auto& b : bytes)
        b = static_cast<std::uint8_t>(r.next());
    for (const std::size_t n : {2560u, 5070u, 19999u, 20000u})
        CHECK(csi2_crc(bytes.data(), n) ==
              slow_crc({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)}));
}

TEST_CASE("the header code gives published packets and the parity lists") {
    // Known short packets of MIPI's display link, which has the same header code.
    CHECK(csi2_ecc(0x001105) == 0x36);
    CHECK(csi2_ecc(0x002905) == 0x1C);
    random_sequence r(2, purpose::test);
    for (int i = 0; i < 10000; ++i) {
        const std::uint32_t d = r.next() & 0xFFFFFF;
        REQUIRE(csi2_ecc(d) == slow_ecc(d));
    }
}

TEST_CASE("every single wrong bit of a header is corrected, no pair is believed") {
    random_sequence r(3, purpose::test);
    for (int i = 0; i < 50; ++i) {
        csi2_header h;
        h.virtual_channel = static_cast<std::uint8_t>(r.below(4));
        h.type = static_cast<csi2_data_type>(r.below(64));
        h.value = static_cast<std::uint16_t>(r.next());
        std::uint8_t sent[4];
        encode_header(h, sent);
        csi2_header got;
        REQUIRE(decode_header(sent, got) == header_check::good);
        for (unsigned bit = 0; bit < 32; ++bit) {
            std::uint8_t bad[4] = {sent[0], sent[1], sent[2], sent[3]};
            bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
            got = {};
            REQUIRE(decode_header(bad, got) == header_check::corrected);
            REQUIRE(got.virtual_channel == h.virtual_channel);
            REQUIRE(got.type == h.type);
            REQUIRE(got.value == h.value);
            for (unsigned other = 0; other < bit; ++other) {
                std::uint8_t worse[4] = {bad[0], bad[1], bad[2], bad[3]};
                worse[other / 8] =
                    static_cast<std::uint8_t>(worse[other / 8] ^ (1u << (other % 8)));
                REQUIRE(decode_header(worse, got) == header_check::uncorrectable);
            }
        }
    }
}

TEST_CASE("RAW rows have the layout of CSI-2 and come back") {
    SECTION("one group by hand") {
        const std::uint16_t p[4] = {0x3FF, 0x001, 0x2AA, 0x155};
        std::uint8_t b[5];
        pack_raw_row(csi2_data_type::raw10, p, 4, b);
        CHECK(b[0] == 0xFF);
        CHECK(b[1] == 0x00);
        CHECK(b[2] == 0xAA);
        CHECK(b[3] == 0x55);
        CHECK(b[4] == (3 | (1 << 2) | (2 << 4) | (1 << 6)));
        const std::uint16_t q[2] = {0xABC, 0x123};
        pack_raw_row(csi2_data_type::raw12, q, 2, b);
        CHECK(b[0] == 0xAB);
        CHECK(b[1] == 0x12);
        CHECK(b[2] == 0x3C);
        // The order of CSI-2, section RAW14: P1[13:6] .. P4[13:6], then P2[1:0] P1[5:0],
        // P3[3:0] P2[5:2], P4[5:0] P3[5:4].
        const std::uint16_t t[4] = {0x3ABC, 0x1234, 0x0FED, 0x2A59};
        std::uint8_t c[7];
        pack_raw_row(csi2_data_type::raw14, t, 4, c);
        for (unsigned i = 0; i < 4; ++i)
            CHECK(c[i] == t[i] >> 6);
        CHECK(c[4] == (((t[1] & 0x03) << 6) | (t[0] & 0x3F)));
        CHECK(c[5] == (((t[2] & 0x0F) << 4) | ((t[1] >> 2) & 0x0F)));
        CHECK(c[6] == (((t[3] & 0x3F) << 2) | ((t[2] >> 4) & 0x03)));
    }
    SECTION("every width, against the bit layout, and nothing written behind the row") {
        random_sequence r(4, purpose::test);
        for (const auto type : {csi2_data_type::raw8, csi2_data_type::raw10, csi2_data_type::raw12,
                                csi2_data_type::raw14}) {
            const unsigned bits = bits_of(type);
            for (unsigned width :
                 {1u, 2u, 3u, 4u, 5u, 31u, 64u, 1023u, 1024u, 1028u, 2028u, 4056u}) {
                std::vector<std::uint16_t> in(width), out(width + 1, 0xEEEE);
                for (auto& v : in)
                    v = static_cast<std::uint16_t>(r.below(1u << bits));
                const unsigned n = raw_row_bytes(type, width);
                std::vector<std::uint8_t> packed(n + 8, 0xEE);
                pack_raw_row(type, in.data(), width, packed.data());
                for (unsigned i = n; i < n + 8; ++i)
                    REQUIRE(packed[i] == 0xEE);
                for (unsigned i = 0; i < width && bits == 10; ++i) {
                    const unsigned g = i / 4 * 5;
                    REQUIRE(in[i] ==
                            ((packed[g + i % 4] << 2) | ((packed[g + 4] >> (2 * (i % 4))) & 3)));
                }
                std::vector<std::uint8_t> exact(packed.begin(), packed.begin() + n);
                unpack_raw_row(type, exact.data(), width, out.data());
                REQUIRE(out.back() == 0xEEEE);
                out.pop_back();
                REQUIRE(in == out);
                REQUIRE(raw_row_pixels(type, n) >= width);
            }
        }
    }
    CHECK(raw_row_bytes(csi2_data_type::raw10, 4056) == 5070);
    CHECK(raw_row_bytes(csi2_data_type::raw14, 4056) == 7098);
    CHECK(raw_type_of(14) == csi2_data_type::raw14);
    CHECK(bits_of(csi2_data_type::raw8) == 8);
    for (const unsigned bits : {7u, 9u, 11u, 13u, 16u})
        CHECK(!raw_type_of(bits));
    CHECK_THROWS_AS(raw_row_bytes(csi2_data_type::rgb888, 4), std::invalid_argument);
}

TEST_CASE("wire time follows from bytes, lanes and rate") {
    // 5070 payload bytes on 2 lanes at 888 Mb/s: 22.838 us, the published mode's figure.
    CHECK(csi2_wire_seconds(5070, 2, 888e6, 0) * 1e6 == Approx(22.838).epsilon(2e-5));
    CHECK(csi2_wire_seconds(2535, 2, 888e6, 0) * 1e6 == Approx(11.419).margin(0.01));
    CHECK(csi2_wire_seconds(5, 4, 1e9, 1e-6) == Approx(2 * 8e-9 + 1e-6));
    // A whole packet with the default overhead stays inside the line time of that mode.
    CHECK(csi2_wire_seconds(5076, 2, 888e6, 380e-9) < 17900 / 744e6);
}
