// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "core/block_file.h"
#include "core/diagnostics.h"
#include "temporary_folder.h"

using namespace ocellus;

namespace {

constexpr auto kind = block_file_kind::output_trace;

std::string small_file(worker_pool* pool = nullptr) {
    temporary_folder folder;
    const std::string path = folder.path().string() + "/x.otr";
    block_writer w(path, path, kind, pool);
    w.add("AAAA", "first block, first block, first block", 3, 10, 20);
    w.add("BBBB", "");
    w.add("AAAA", std::string(100, 'z'), 1, 30, 30);
    w.close();
    std::string bytes = read_file(path);
    CHECK(w.stored_bytes() == bytes.size());
    return bytes;
}

/// Opens and reads everything; returns what is wrong with it.
std::string trouble(const std::string& bytes, block_file_kind wanted = kind) {
    try {
        const auto r = block_reader::from_bytes(bytes, "x.otr", wanted);
        for (const auto& b : r.blocks())
            r.read(b);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("CRC-32 is the one of the catalogue") {
    CHECK(crc32_of("123456789") == 0xcbf43926u);  // CRC-32/ISO-HDLC, check value
}

TEST_CASE("blocks come back in order, with and without a pool") {
    const std::string bytes = small_file();
    worker_pool pool(2);
    CHECK(small_file(&pool) == bytes);
    const auto r = block_reader::from_bytes(bytes, "x.otr", kind);
    REQUIRE(r.blocks().size() == 3);
    CHECK(r.read(r.blocks()[0]) == "first block, first block, first block");
    CHECK(r.blocks()[0].records == 3);
    CHECK(r.blocks()[0].first == 10);
    CHECK(r.blocks()[0].last == 20);
    CHECK(r.read(r.only("BBBB")).empty());
    CHECK(r.read(r.blocks()[2]) == std::string(100, 'z'));
    CHECK_THROWS_AS(r.only("AAAA"), input_error);
    CHECK_THROWS_AS(r.only("CCCC"), input_error);
}

TEST_CASE("a file cut short at any byte is refused") {
    const std::string bytes = small_file();
    REQUIRE(trouble(bytes).empty());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        INFO(n);
        const std::string why = trouble(bytes.substr(0, n));
        CHECK(contains(why, "error: x.otr: "));
        if (n >= 32)
            CHECK(contains(why, "cut short"));
    }
    CHECK(contains(trouble(""), "not a trace"));
    CHECK(contains(trouble("hello, this is no trace at all"), "not a trace"));
    CHECK(contains(trouble(bytes + " "), "cut short"));
}

TEST_CASE("a file with any bit turned is refused") {
    const std::string bytes = small_file();
    for (std::size_t n = 0; n < bytes.size(); ++n)
        for (unsigned bit = 0; bit < 8; ++bit) {
            INFO(n << "." << bit);
            std::string bad = bytes;
            bad[n] = static_cast<char>(bad[n] ^ (1 << bit));
            CHECK_FALSE(trouble(bad).empty());
        }
}

TEST_CASE("other versions and kinds are named") {
    std::string bytes = small_file();
    CHECK(contains(trouble(bytes, block_file_kind::input_trace),
                   "an output trace, expected an input trace"));
    bytes[8] = 2;
    CHECK(contains(trouble(bytes), "version 2 of the format; this program reads version 1"));
    CHECK_THROWS_AS(block_reader("/nowhere/x.otr", kind), input_error);
    CHECK_THROWS_AS(block_reader("/", kind), input_error);
}

// The checksums are made right again, so that what lies behind them is met.
TEST_CASE("a million malformed files are refused, or read as something") {
    const std::string good = small_file();
    std::minstd_rand random(1);
    const auto below = [&random](std::size_t n) { return random() % n; };
    const auto seal = [](std::string& b, std::size_t first, std::size_t bytes) {
        std::string crc;
        put_number(crc, crc32_of(std::string_view(b).substr(first, bytes)));
        b.replace(first + bytes, 4, crc);
    };
    const char* const full = std::getenv("OCELLUS_FUZZ");
    const unsigned rounds = full ? static_cast<unsigned>(std::atoi(full)) : 20000;
    unsigned refused = 0;
    for (unsigned i = 0; i < rounds; ++i) {
        std::string bad = good;
        const std::size_t index = bad.size() - 24 - 3 * 40;
        for (std::size_t k = below(3) + 1; k > 0; --k)
            bad[below(bad.size())] = static_cast<char>(random());
        // A block's header and content, the index and the trailer.
        seal(bad, 32, 28);
        const auto stored = get_number<std::uint32_t>(bad, 32 + 8);
        if (stored < index - 64) {
            std::string crc;
            put_number(crc, crc32_of(std::string_view(bad).substr(64, stored)));
            bad.replace(32 + 24, 4, crc);
            seal(bad, 32, 28);
        }
        std::string crc;
        put_number(crc, crc32_of(std::string_view(bad).substr(index, 3 * 40)));
        bad.replace(bad.size() - 20, 4, crc);
        seal(bad, bad.size() - 24, 20);
        seal(bad, 0, 28);
        refused += !trouble(bad).empty();
    }
    CHECK(refused > rounds / 4);
}
