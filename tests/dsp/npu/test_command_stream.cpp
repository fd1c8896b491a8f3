// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/random.h"
#include "dsp/compiler/command_stream.h"
#include "dsp/compiler/compiled_network.h"
#include "dsp/npu/generated_networks.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

std::shared_ptr<const compiled_network> compiled(const std::string& array,
                                                 std::uint64_t buffer = 262144) {
    return compile(generate_mobilenet_v1(), {}, organisation(array), buffer);
}

bool same(const byte_range& a, const byte_range& b) {
    return a.network_input == b.network_input && a.offset == b.offset && a.bytes == b.bytes;
}

/// CRC-16 bit by bit, another way than the table.
std::uint16_t plain_crc(const std::vector<std::uint32_t>& words) {
    unsigned r = 0xffff;
    for (const std::uint32_t w : words)
        for (int bit = 31; bit >= 0; --bit) {
            const unsigned top = (r >> 15 ^ w >> bit) & 1;
            r = (r << 1 & 0xffff) ^ (top ? 0x1021 : 0);
        }
    return static_cast<std::uint16_t>(r);
}

}  // namespace

TEST_CASE("command stream: what is decoded is what was encoded") {
    for (const char* array : {"h1", "h3", "h5_dense", "ws48"})
        for (const std::uint64_t buffer : {std::uint64_t{16384}, std::uint64_t{262144}}) {
            const auto c = compiled(array, buffer);
            const auto passes = decode_commands(c->commands, c->limits(), c->array);
            REQUIRE(passes.size() == c->passes.size());
            for (std::size_t i = 0; i < passes.size(); ++i) {
                const pass &a = passes[i], &b = c->passes[i];
                INFO(array << " pass " << i);
                CHECK(a.kind == b.kind);
                CHECK(a.layers == b.layers);
                CHECK(a.macs == b.macs);
                CHECK(a.moved_bytes == b.moved_bytes);
                REQUIRE(a.tiles.size() == b.tiles.size());
                bool equal = true;
                for (std::size_t k = 0; k < a.tiles.size(); ++k) {
                    const tile &x = a.tiles[k], &y = b.tiles[k];
                    equal &= x.first_row == y.first_row && x.rows == y.rows &&
                             x.first_channel == y.first_channel && x.channels == y.channels &&
                             x.compute == y.compute && x.load_cycles == y.load_cycles &&
                             x.store_cycles == y.store_cycles &&
                             x.activation_cycles == y.activation_cycles &&
                             x.activation_ranges == y.activation_ranges;
                    REQUIRE(x.loads.size() == y.loads.size());
                    REQUIRE(x.stores.size() == y.stores.size());
                    for (std::size_t r = 0; r < x.loads.size(); ++r)
                        equal &= same(x.loads[r], y.loads[r]);
                    for (std::size_t r = 0; r < x.stores.size(); ++r)
                        equal &= same(x.stores[r], y.stores[r]);
                }
                CHECK(equal);
            }
        }
}

TEST_CASE("command stream: the first words are those of the documented encoding") {
    const auto c = compiled("h1");
    const auto& w = c->commands;
    CHECK((w[0] & 0xffff) == 0x0501);
    CHECK(w[0] >> 16 == plain_crc({0, w[0] & 0xffff, w[1], w[2], w[3], w[4]}));
    CHECK(w[1] == command_version);
    CHECK(w[2] == w.size());
    CHECK(w[3] == c->passes.size());
    CHECK(w[4] == section_words(c->passes[0]));
    CHECK((w[5] & 0xffff) == 0x0d02);
    CHECK((w.back() & 0xffff) == 0x0109);
    CHECK(w.back() >> 16 ==
          plain_crc({static_cast<std::uint32_t>(w.size() - 1), std::uint32_t{0x0109}}));
    // It lies in memory below the weights, in bytes of its own.
    const memory_plan& p = c->plan;
    CHECK(p.commands_offset + w.size() * 4 <= p.coefficients_offset);
    CHECK(p.arena_offset + p.arena_bytes <= p.commands_offset);
}

TEST_CASE("command stream: every changed byte is found") {
    const auto c = compile(generate_mobilenet_v1(0.25, 32), {}, organisation("h1"), 262144);
    random_sequence random(3, purpose::test);
    std::vector<std::uint32_t> words = c->commands;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const unsigned shift = 8 * random.below(4);
        const std::uint32_t flip = (1 + random.below(255)) << shift;
        words[i] ^= flip;
        INFO("word " << i << " xor " << flip);
        CHECK_THROWS_AS(decode_commands(words, c->limits(), c->array), command_error);
        words[i] ^= flip;
    }
    // A command at another place is another command.
    std::vector<std::uint32_t> moved = c->commands;
    moved.erase(moved.begin() + begin_words, moved.begin() + begin_words + 13);
    CHECK_THROWS_AS(decode_commands(moved, c->limits(), c->array), command_error);
    for (std::size_t n = 0; n < c->commands.size(); n += 7) {
        const std::vector<std::uint32_t> cut(c->commands.begin(),
                                             c->commands.begin() + static_cast<std::ptrdiff_t>(n));
        CHECK_THROWS_AS(decode_commands(cut, c->limits(), c->array), command_error);
    }
}

TEST_CASE("command stream: well-formed nonsense is refused or harmless") {
    // Checks are made right again, so that the decoder behind them is met.
    const auto c = compile(generate_mobilenet_v1(0.25, 32), {}, organisation("h5_dense"), 262144);
    random_sequence random(4, purpose::test);
    unsigned refused = 0, taken = 0;
    for (int round = 0; round < 3000; ++round) {
        std::vector<std::uint32_t> w = c->commands;
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < w.size(); i += w[i] >> 8 & 0xff)
            starts.push_back(i);
        for (unsigned k = 0; k < 1 + random.below(3); ++k) {
            const std::size_t at = starts[random.below(static_cast<std::uint32_t>(starts.size()))];
            const std::size_t length = w[at] >> 8 & 0xff;
            const std::size_t field = random.below(static_cast<std::uint32_t>(length));
            const std::uint32_t values[] = {
                0u, 1u, ~0u, 0x7fffffffu, 0x80000000u, w[at + field] + 1, random.below(~0u)};
            w[at + field] =
                field == 0 ? ((w[at] & ~0xffu) | random.below(12)) : values[random.below(7)];
            std::vector<std::uint32_t> covered{static_cast<std::uint32_t>(at), w[at] & 0xffff};
            covered.insert(covered.end(), w.begin() + static_cast<std::ptrdiff_t>(at + 1),
                           w.begin() + static_cast<std::ptrdiff_t>(at + length));
            w[at] = (w[at] & 0xffff) | std::uint32_t{plain_crc(covered)} << 16;
        }
        try {
            const auto passes = decode_commands(w, c->limits(), c->array);
            for (const pass& p : passes)
                for (const tile& t : p.tiles) {
                    for (const byte_range& r : t.loads)
                        REQUIRE(r.offset + r.bytes <= c->plan.budget.bytes);
                    for (const byte_range& r : t.stores)
                        REQUIRE(r.offset + r.bytes <= c->plan.budget.bytes);
                    REQUIRE(t.compute < std::uint64_t{1} << 60);
                }
            ++taken;
        } catch (const command_error&) {
            ++refused;
        }
    }
    CHECK(refused > 1000);
    CHECK(taken > 100);
}

TEST_CASE("command stream: the disassembly names every command") {
    const auto c = compiled("h1");
    const std::string text = disassemble(c->commands, 0x20000000);
    for (const char* part : {" BEGIN ", "version 2, ", " PASS ", "conv2d, layers 0..0, ",
                             " LOAD_INPUT ", "input + 0, ", " COMPUTE ", " STORE "}) {
        INFO(part);
        CHECK(text.find(part) != std::string::npos);
    }
    CHECK(text.find("BARRIER") != std::string::npos);
    CHECK(text.substr(text.size() - 4) == "END\n");
}
