// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "links/boot_image.h"
#include "links/boot_store.h"

using namespace ocellus::links;

namespace {

byte_string payload_of(std::size_t bytes, std::uint32_t seed = 1) {
    byte_string out(bytes);
    for (auto& b : out) {
        seed = seed * 1664525u + 1013904223u;
        b = static_cast<std::uint8_t>(seed >> 24);
    }
    return out;
}

image_manifest network(std::uint32_t security = 1) {
    image_manifest m;
    m.kind = image_kind::network;
    m.version = 7;
    m.security_version = security;
    return m;
}

struct outcome {
    bool good;
    boot_reply reply;
};

/// What the sensor says of a file that comes in pieces.
outcome load(const byte_string& file, std::size_t piece = 4096, std::uint32_t least = 1,
             image_kind kind = image_kind::network) {
    image_reader r(kind, signing_key::test_key().public_half(), least);
    for (std::size_t at = 0; at < file.size(); at += piece)
        if (!r.put(&file[at], std::min(piece, file.size() - at)))
            return {false, r.reply()};
    return {r.finish(), r.reply()};
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
    std::string out;
    char text[3];
    for (std::size_t i = 0; i < count; ++i) {
        std::snprintf(text, sizeof text, "%02x", bytes[i]);
        out += text;
    }
    return out;
}

}  // namespace

TEST_CASE("boot: signatures are those of RFC 8032") {
    // Section 7.1, test 2
    std::array<std::uint8_t, 32> secret{};
    const std::string text = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    for (std::size_t i = 0; i < 32; ++i)
        secret[i] = static_cast<std::uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
    const signing_key key(secret);
    CHECK(hex(key.public_half().data(), 32) ==
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const auto signature = key.sign({0x72});
    CHECK(hex(signature.data(), 64) ==
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    CHECK(is_signed({0x72}, signature, key.public_half()));
    CHECK_FALSE(is_signed({0x73}, signature, key.public_half()));
}

TEST_CASE("boot: blocks have the public framing") {
    const byte_string payload = payload_of(2500000);
    const byte_string file = make_image(network(), payload, signing_key::test_key());
    std::size_t at = 0;
    for (unsigned k = 0; k < 3; ++k) {
        INFO(k);
        CHECK(std::string(file.begin() + static_cast<std::ptrdiff_t>(at),
                          file.begin() + static_cast<std::ptrdiff_t>(at) + 4) == "9464");
        const std::size_t size =
            file[at + 4] << 24 | file[at + 5] << 16 | file[at + 6] << 8 | file[at + 7];
        // header and body of a full block: 1 048 512 bytes
        if (k < 2)
            CHECK(size == 1048512);
        at += size + 64;
        CHECK(std::string(file.begin() + static_cast<std::ptrdiff_t>(at) - 4,
                          file.begin() + static_cast<std::ptrdiff_t>(at)) == "3695");
        if (k < 2)
            CHECK(at == (k + 1) * std::size_t{1048576});
    }
    CHECK(at == file.size());
    CHECK(file.size() % 4 == 0);
    for (const std::size_t piece :
         {std::size_t{4}, std::size_t{32}, std::size_t{1000000}, file.size()}) {
        image_reader r(image_kind::network, signing_key::test_key().public_half(), 1);
        bool good = true;
        for (std::size_t i = 0; i < file.size() && good; i += piece)
            good = r.put(&file[i], std::min(piece, file.size() - i));
        CHECK(good);
        CHECK(r.finish());
        CHECK(r.manifest().version == 7);
        CHECK(r.payload() == payload);
    }
}

TEST_CASE("boot: each of twelve corruptions gives its reply") {
    const byte_string payload = payload_of(1500000);
    const auto& key = signing_key::test_key();
    const byte_string good = make_image(network(3), payload, key);
    const std::size_t second = boot_block_bytes, last = good.size();
    REQUIRE(load(good, 4096, 3).good);
    struct corruption {
        const char* what;
        boot_reply reply;
        std::function<void(byte_string&)> damage;
    };
    const signing_key stranger({1, 2, 3});
    const std::vector<corruption> all = {
        {"id of a header", boot_reply::packet_format, [](byte_string& f) { f[0] = '8'; }},
        {"id of the second header", boot_reply::packet_format,
         [&](byte_string& f) { f[second + 3] ^= 1; }},
        {"size", boot_reply::packet_format, [](byte_string& f) { f[5] ^= 8; }},
        {"id of a footer", boot_reply::packet_format, [&](byte_string& f) { f[last - 1] = '6'; }},
        {"one bit of a body", boot_reply::authentication,
         [&](byte_string& f) { f[second + 5000] ^= 0x10; }},
        {"one bit of a footer's hash", boot_reply::authentication,
         [&](byte_string& f) { f[second - 64] ^= 0x80; }},
        {"cut in the middle", boot_reply::packet_format,
         [&](byte_string& f) { f.resize(second + 70000); }},
        {"cut by a block", boot_reply::packet_format, [&](byte_string& f) { f.resize(second); }},
        {"blocks in another order", boot_reply::packet_format,
         [&](byte_string& f) {
             byte_string other(f.begin() + static_cast<std::ptrdiff_t>(second), f.end());
             other.insert(other.end(), f.begin(), f.begin() + static_cast<std::ptrdiff_t>(second));
             f = other;
         }},
        {"another's key", boot_reply::authentication,
         [&](byte_string& f) { f = make_image(network(3), payload, stranger); }},
        {"an older security version", boot_reply::parameter,
         [&](byte_string& f) { f = make_image(network(2), payload, key); }},
        {"another kind of image", boot_reply::parameter,
         [&](byte_string& f) {
             image_manifest m = network(3);
             m.kind = image_kind::main_firmware;
             f = make_image(m, payload, key);
         }},
    };
    for (const auto& c : all) {
        INFO(c.what);
        byte_string file = good;
        c.damage(file);
        const auto r = load(file, 4096, 3);
        CHECK_FALSE(r.good);
        CHECK(r.reply == c.reply);
    }
}

TEST_CASE("boot: a network whose hash was recomputed is not genuine") {
    // The body is changed and the footer's hash with it: the signature covers the payload.
    byte_string payload = payload_of(5000);
    const auto& key = signing_key::test_key();
    const byte_string good = make_image(network(), payload, key);
    payload[4000] ^= 1;
    const byte_string other = make_image(network(), payload, signing_key({9}));
    // the other's blocks with the genuine manifest; its footer hash made right again
    byte_string mixed = other;
    std::copy(good.begin() + 32, good.begin() + 32 + 128, mixed.begin() + 32);
    CHECK(load(mixed).reply == boot_reply::authentication);
    CHECK_FALSE(load(mixed).good);
}

namespace {

constexpr std::size_t slot = 2 * boot_flash::sector_bytes;
constexpr std::size_t flash_bytes = boot_flash::sector_bytes + 2 * slot;

}  // namespace

TEST_CASE("boot: power cut at any byte leaves a sensor that boots") {
    const auto& key = signing_key::test_key();
    const byte_string payloads[3] = {payload_of(700, 1), payload_of(900, 2), payload_of(500, 3)};
    byte_string images[3];
    for (unsigned k = 0; k < 3; ++k) {
        image_manifest m = network(k + 1);
        m.version = 10 + k;
        images[k] = make_image(m, payloads[k], key);
    }
    boot_flash clean(flash_bytes);
    {
        boot_store store(clean, image_kind::network, key.public_half());
        CHECK_FALSE(store.boot());
        REQUIRE(store.install(images[0]));
        REQUIRE(store.install(images[1]));
        CHECK(store.boot()->manifest.version == 11);
        CHECK(store.least_security_version() == 2);
    }
    const std::uint64_t before = clean.steps();
    boot_flash whole = clean;
    REQUIRE(boot_store(whole, image_kind::network, key.public_half()).install(images[2]));
    const std::uint64_t steps = whole.steps() - before;
    REQUIRE(steps > 700);
    unsigned old = 0, fresh = 0;
    for (std::uint64_t n = 0; n < steps; ++n) {
        boot_flash flash = clean;
        flash.cut_after(n);
        bool cut = false;
        try {
            boot_store(flash, image_kind::network, key.public_half()).install(images[2]);
        } catch (const power_cut&) {
            cut = true;
        }
        REQUIRE(cut);
        // and once more while it starts after the first cut
        boot_flash again = flash;
        again.cut_after(0);
        try {
            boot_store(again, image_kind::network, key.public_half()).boot();
        } catch (const power_cut&) {
        }
        for (boot_flash* f : {&flash, &again}) {
            f->power_up();
            boot_store store(*f, image_kind::network, key.public_half());
            const auto found = store.boot();
            INFO("step " << n);
            REQUIRE(found);
            const std::uint32_t version = found->manifest.version;
            REQUIRE((version == 11 || version == 12));
            REQUIRE(found->payload == payloads[version - 10]);
            REQUIRE(store.least_security_version() == version - 9);
            old += version == 11;
            fresh += version == 12;
            // it can be updated after that
            if (n % 97 == 0) {
                REQUIRE(store.install(images[2]));
                REQUIRE(store.boot()->manifest.version == 12);
            }
        }
    }
    CHECK(old > 1000);
    CHECK(fresh >= 2);
}

TEST_CASE("boot: what is in flash is checked again, and never older than the counter") {
    const auto& key = signing_key::test_key();
    boot_flash flash(flash_bytes);
    boot_store store(flash, image_kind::network, key.public_half());
    REQUIRE(store.install(make_image(network(1), payload_of(300), key)));
    REQUIRE(store.install(make_image(network(5), payload_of(400), key)));
    CHECK(store.least_security_version() == 5);
    // somebody wipes the newer slot: the older one is genuine, but too old
    flash.erase(boot_flash::sector_bytes + slot, slot);
    CHECK_FALSE(store.boot());
    CHECK_FALSE(store.install(make_image(network(4), payload_of(300), key)));
    REQUIRE(store.install(make_image(network(5), payload_of(300), key)));
    CHECK(store.boot());
    CHECK_FALSE(store.install(payload_of(store.room() + 1)));
    CHECK(store.boot());
    CHECK_FALSE(store.install(payload_of(200)));
    CHECK(store.boot());
}

namespace {

/// Bytes of any kind, most of them an image with something changed.
void fuzz(std::uint64_t files, std::uint64_t seed) {
    const byte_string good = make_image(network(), payload_of(600), signing_key::test_key());
    std::uint64_t state = seed, accepted = 0;
    const auto next = [&state] {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state >> 33);
    };
    for (std::uint64_t n = 0; n < files; ++n) {
        byte_string file = good;
        const std::uint32_t kind = next() % 4;
        const std::uint32_t changes = 1 + next() % 3;
        for (std::uint32_t k = 0; k < changes; ++k)
            file[kind == 0 ? next() % 32 : next() % file.size()] ^=
                static_cast<std::uint8_t>(1u << next() % 8);
        if (kind == 1)
            file.resize(next() % file.size());
        if (kind == 2)
            for (std::uint32_t k = next() % 40; k > 0; --k)
                file.push_back(static_cast<std::uint8_t>(next()));
        if (file == good)
            continue;
        accepted += load(file, 1 + next() % 400).good;
    }
    CHECK(accepted == 0);
}

}  // namespace

TEST_CASE("boot: no damaged image is accepted") {
    fuzz(3000, 1);
}

TEST_CASE("boot: no damaged image of a million is accepted", "[.][million]") {
    fuzz(1000000, 2);
}
