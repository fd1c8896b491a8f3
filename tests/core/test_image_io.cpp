// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/image_io.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "tests/test_data.h"

using namespace ocellus;

namespace {

rgb8_image pattern(unsigned width, unsigned height) {
    rgb8_image image(width, height);
    for (unsigned i = 0; i < width * height * 3; ++i)
        image.data[i] = static_cast<std::uint8_t>(i * 37 + i / 100);
    return image;
}

rgb8_image decode(const std::string& bytes) {
    return decode_image(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), "test");
}

/// The message of the error that decoding ends with; "" when there is none.
std::string complaint(const std::string& bytes) {
    try {
        decode(bytes);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string from_hex(const std::string& hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16)));
    return out;
}

// Made by Python's zlib and struct modules from the PNG specification.
const char* const palette_png =
    "89504e470d0a1a0a0000000d4948445200000008000000010103000000d9ce7d0000000006504c5445ff0000"
    "0000ff6ca1fd8e0000000a49444154789c63080500005700563f431f4c0000000049454e44ae426082";
const char* const rgba16_png =
    "89504e470d0a1a0a0000000d4948445200000002000000011006000001d3b5935f0000001649444154789c63"
    "48499936edc489ffff1920a0a1010047e70683bfd029990000000049454e44ae426082";
const char* const huge_png =
    "89504e470d0a1a0a0000000d494844520000ea600000ea6008020000000fb0e2150000000c49444154789c63"
    "60a03d00000064000186643c350000000049454e44ae426082";

}  // namespace

TEST_CASE("an encoded RGB picture reads back, at every level, with and without workers") {
    const rgb8_image image = pattern(700, 1301);
    worker_pool pool(3);
    for (const int level : {0, 1, 6}) {
        const std::string bytes = encode_png_rgb8(image, level);
        CHECK(encode_png_rgb8(image, level, &pool) == bytes);
        const rgb8_image back = decode(bytes);
        REQUIRE(back.width == 700);
        REQUIRE(back.height == 1301);
        CHECK(std::memcmp(back.data.get(), image.data.get(), 700 * 1301 * 3) == 0);
    }
    const rgb8_image dot = pattern(1, 1);
    CHECK(decode(encode_png_rgb8(dot)).data[2] == dot.data[2]);
}

TEST_CASE("grey pictures of 8 and 16 bits are written") {
    plane<std::uint8_t> grey(33, 7);
    plane<std::uint16_t> deep(33, 7);
    for (unsigned y = 0; y < 7; ++y)
        for (unsigned x = 0; x < 33; ++x) {
            grey.row(y)[x] = static_cast<std::uint8_t>(x * 7 + y);
            deep.row(y)[x] = static_cast<std::uint16_t>((x * 7 + y) * 257);
        }
    const rgb8_image a = decode(encode_png_gray8(grey));
    const rgb8_image b = decode(encode_png_gray16(deep));
    REQUIRE(a.width == 33);
    REQUIRE(b.height == 7);
    for (unsigned y = 0; y < 7; ++y)
        for (unsigned x = 0; x < 33; ++x)
            for (unsigned c = 0; c < 3; ++c) {
                CHECK(a.row(y)[3 * x + c] == grey.row(y)[x]);
                CHECK(b.row(y)[3 * x + c] == grey.row(y)[x]);
            }
}

TEST_CASE("colour types made by another encoder") {
    SECTION("palette of 1 bit, 8x1: red and blue") {
        const rgb8_image i = decode(from_hex(palette_png));
        REQUIRE(i.width == 8);
        CHECK(i.row(0)[0] == 255);
        CHECK(i.row(0)[2] == 0);
        CHECK(i.row(0)[3] == 0);
        CHECK(i.row(0)[5] == 255);
    }
    SECTION("16-bit RGBA, interlaced, alpha composited on white") {
        const rgb8_image i = decode(from_hex(rgba16_png));
        REQUIRE(i.width == 2);
        // opaque (100, 150, 200), and black of half opacity
        CHECK(i.row(0)[0] == 100);
        CHECK(i.row(0)[1] == 150);
        CHECK(i.row(0)[2] == 200);
        CHECK(i.row(0)[3] == 127);
    }
}

TEST_CASE("bad pictures are refused with a reason") {
    const std::string good = encode_png_rgb8(pattern(64, 64));
    CHECK(complaint(good).empty());
    CHECK(contains(complaint(""), "empty"));
    CHECK(contains(complaint("hello, I am text"), "not a PNG or JPEG"));
    for (const std::size_t length : {9u, 30u, 40u, 100u})
        CHECK(contains(complaint(good.substr(0, length)), "truncated"));
    CHECK(contains(complaint(good.substr(0, good.size() - 20)), "truncated"));
    CHECK(contains(complaint(good.substr(0, good.size() - 4)), "truncated"));
    std::string flipped = good;
    flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x10);
    CHECK(contains(complaint(flipped), "damaged"));
    std::string no_signature = good;
    no_signature[1] = 'Q';
    CHECK(contains(complaint(no_signature), "not a PNG or JPEG"));
    CHECK(contains(complaint("\xff\xd8\xff"), "JPEG"));
}

TEST_CASE("a picture of an absurd size is refused before memory is taken for it") {
    CHECK(contains(complaint(from_hex(huge_png)), "at most 100 million"));
}

TEST_CASE("missing files and folders are refused by name") {
    try {
        load_image("/no/such/picture.png");
        FAIL("not refused");
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        CHECK(contains(e.what(), "/no/such/picture.png"));
        CHECK(contains(e.what(), "No such file"));
    }
    CHECK_THROWS_AS(load_image("/"), input_error);
}

TEST_CASE("photographs are read, and refused when cut short") {
    if (!have_test_data())
        return;
    const rgb8_image parrot = load_image(test_data("images/parrot.jpg"));
    CHECK(parrot.width > 100);
    const rgb8_image car = load_image(test_data("images_hi/redcar_4272x2848.jpg"));
    CHECK(car.width == 4272);
    CHECK(car.height == 2848);
    CHECK(load_image(test_data("images/mtfpy_slant.png")).width > 10);
    CHECK_THROWS_AS(load_image(test_data("images/cat.bmp")), input_error);
    std::ifstream file(test_data("images/parrot.jpg"), std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    const std::string bytes = all.str();
    CHECK(contains(complaint(bytes.substr(0, bytes.size() / 2)), "truncated"));
    CHECK(contains(complaint(bytes.substr(0, 100)), "JPEG"));
}
