// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "assembler.h"
#include "dsp/cpu/decode.h"
#include "reference_hart.h"

using namespace ocellus::dsp;

TEST_CASE("cpu: all 65,536 compressed encodings expand as the manual's tables say") {
    unsigned legal = 0, different = 0;
    for (unsigned c = 0; c < 65536; ++c) {
        if ((c & 3) == 3)
            continue;
        const std::uint32_t mine = expand(static_cast<std::uint16_t>(c));
        const std::uint32_t expected = reference_expand(static_cast<std::uint16_t>(c));
        legal += expected != 0;
        if (mine != expected && different++ < 5)
            FAIL_CHECK("0x" << std::hex << c << " expands to 0x" << mine << ", not 0x" << expected);
    }
    CHECK(different == 0);
    CHECK(legal > 25000);
    for (unsigned c = 3; c < 65536; c += 4)
        REQUIRE(expand(static_cast<std::uint16_t>(c)) == 0);
    CHECK(expand(0x0000) == 0);                           // all zero is illegal by definition
    CHECK(expand(0x0001) == assembler::nop);              // c.nop
    CHECK(expand(0x4501) == assembler::addi(10, 0, 0));   // c.li a0, 0
    CHECK(expand(0x8082) == assembler::jalr(0, 1, 0));    // ret
    CHECK(expand(0x1141) == assembler::addi(2, 2, -16));  // c.addi sp, -16
    CHECK(expand(0xc606) == assembler::sw(1, 2, 12));     // c.swsp ra, 12
    CHECK(expand(0x9002) == assembler::ebreak);
}

TEST_CASE("cpu: decoding keeps what a trap has to tell") {
    CHECK(decode(0xffff0000u, 0).kind == operation::illegal);
    CHECK(decode(0xffff0000u, 0).imm == 0);  // 16 bits of it
    CHECK(decode(0xffff0000u, 0).length == 2);
    CHECK(decode(0xffffffffu, 0).kind == operation::illegal);
    CHECK(decode(0xffffffffu, 0).imm == -1);
    CHECK(decode(assembler::jal(1, -4), 0x100).imm == 0xfc);
    CHECK(decode(assembler::beq(1, 2, 0x40), 0xfffffff0u).imm == 0x30);
    CHECK(decode(assembler::auipc(1, 0x10), 0x104).imm == 0x10104);
    CHECK(decode(assembler::nop, 0).rd == discard_register);
}
