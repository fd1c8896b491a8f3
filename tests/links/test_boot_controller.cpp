// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "links/boot_controller.h"

using namespace ocellus::links;

namespace {

using reg = boot_controller;

byte_string payload_of(std::size_t bytes, std::uint8_t first) {
    byte_string out(bytes);
    for (std::size_t i = 0; i < bytes; ++i)
        out[i] = static_cast<std::uint8_t>(first + i * 7 + (i >> 8));
    return out;
}

byte_string image(image_kind kind, std::size_t bytes, std::uint32_t version = 1,
                  std::uint32_t security = 1) {
    image_manifest m;
    m.kind = kind;
    m.version = version;
    m.security_version = security;
    return make_image(m, payload_of(bytes, static_cast<std::uint8_t>(version)),
                      signing_key::test_key());
}

/// A host as the public driver is one: sets the parameters, gives the command, waits for replies by
/// the reply counter every 50 ms, sends 1 MiB at a time.
struct host {
    boot_controller chip;
    double now = 0;
    explicit host(boot_store* flash = nullptr, const boot_parameters& p = {})
        : chip(p, signing_key::test_key().public_half(), flash) {}

    std::uint32_t replies() { return chip.read(reg::reference_status, now) >> 24; }
    boot_reply reply() { return static_cast<boot_reply>(chip.read(reg::command_reply, now)); }
    void parameters(image_kind kind, std::uint32_t size) {
        const auto type = static_cast<std::uint32_t>(kind);
        chip.write(reg::state_transition, type, now);
        chip.write(reg::image_type, type, now);
        chip.write(reg::update_source, 0, now);
        chip.write(reg::division_count, (size - 1) >> 20, now);
        chip.write(reg::file_size, size, now);
    }
    /// The reply to a command, or nothing after five polls.
    std::optional<boot_reply> command(std::uint32_t number) {
        const std::uint32_t before = replies();
        chip.write(reg::command_interrupt, number, now);
        return poll(before, 5);
    }
    std::optional<boot_reply> poll(std::uint32_t before, unsigned most) {
        for (unsigned k = 0; k < most; ++k, now += 0.05)
            if (replies() != before)
                return reply();
        return std::nullopt;
    }
    std::optional<boot_reply> send(const byte_string& file) {
        const std::uint32_t before = replies();
        for (std::size_t at = 0; at < file.size() && chip.read(reg::download_status, now) == 1;
             at += boot_block_bytes)
            now = chip.spi(&file[at], std::min(boot_block_bytes, file.size() - at), now);
        return poll(before, 200);
    }
    /// The whole load; the first reply that is no "ready", or the last one.
    std::optional<boot_reply> load(image_kind kind, const byte_string& file,
                                   std::uint32_t number = 0) {
        parameters(kind, static_cast<std::uint32_t>(file.size()));
        const auto ready = command(number);
        if (ready != boot_reply::transition_ready && ready != boot_reply::update_ready)
            return ready;
        return send(file);
    }
    void boot() {
        REQUIRE(load(image_kind::loader, image(image_kind::loader, 60000)) ==
                boot_reply::transition_done);
        REQUIRE(chip.state() == boot_state::program_empty);
        REQUIRE(load(image_kind::main_firmware, image(image_kind::main_firmware, 1200000,
                                                      0x10203)) == boot_reply::transition_done);
        REQUIRE(chip.state() == boot_state::without_network);
    }
};

}  // namespace

TEST_CASE("boot: loader, main firmware, network, and streaming with it") {
    host h;
    CHECK(h.chip.state() == boot_state::reset);
    h.boot();
    CHECK(h.chip.read(reg::main_firmware_version, h.now) == 0x10203);
    CHECK(h.chip.read(reg::system_state, h.now) == 0);
    CHECK(h.load(image_kind::network, image(image_kind::network, 3000000, 5)) ==
          boot_reply::transition_done);
    CHECK(h.chip.state() == boot_state::with_network);
    CHECK(*h.chip.network() == payload_of(3000000, 5));
    CHECK(h.chip.read(reg::system_state, h.now) == 2);
    h.chip.streaming = true;
    CHECK(h.chip.read(reg::system_state, h.now) == 3);
    CHECK((h.chip.read(reg::reference_status, h.now) >> 16 & 0xff) == 0);
    // and without it again
    h.chip.write(reg::state_transition, 3, h.now);
    CHECK(h.command(0) == boot_reply::transition_done);
    CHECK(h.chip.state() == boot_state::without_network);
    CHECK(h.chip.read(reg::system_state, h.now) == 1);
    h.chip.reset();
    CHECK(h.chip.state() == boot_state::reset);
}

TEST_CASE("boot: a load takes its bits at the SPI clock, then the check") {
    boot_parameters p;
    host h(nullptr, p);
    h.boot();
    const byte_string file = image(image_kind::network, 2200000);
    h.parameters(image_kind::network, static_cast<std::uint32_t>(file.size()));
    REQUIRE(h.command(0) == boot_reply::transition_ready);
    const double begin = h.now;
    const std::uint32_t before = h.replies();
    std::uint32_t sent = 0;
    for (std::size_t at = 0; at < file.size(); at += boot_block_bytes) {
        const std::size_t n = std::min(boot_block_bytes, file.size() - at);
        CHECK(h.chip.read(reg::download_status, h.now) == 1);
        h.now = h.chip.spi(&file[at], n, h.now);
        CHECK(h.chip.received() == (sent += static_cast<std::uint32_t>(n)));
    }
    const auto bytes = static_cast<double>(file.size());
    CHECK(h.now - begin == Approx(bytes * 8 / 35e6).epsilon(1e-12));
    const double done = h.now + bytes / p.hash_rate + p.signature_time;
    h.now = done - 1e-6;
    CHECK(h.replies() == before);
    CHECK(h.chip.state() == boot_state::without_network);
    h.now = done + 1e-6;
    CHECK(h.replies() == before + 1);
    CHECK(h.chip.state() == boot_state::with_network);
}

TEST_CASE("boot: corrupt images give their code and the running network stays") {
    host h;
    h.boot();
    REQUIRE(h.load(image_kind::network, image(image_kind::network, 5000, 5, 2)) ==
            boot_reply::transition_done);
    const auto running = h.chip.network();
    const byte_string good = image(image_kind::network, 1300000, 6, 2);
    const auto damaged = [&](const std::function<void(byte_string&)>& damage) {
        byte_string f = good;
        damage(f);
        return f;
    };
    image_manifest m;
    m.security_version = 2;
    const byte_string stranger = make_image(m, payload_of(1300000, 6), signing_key({7}));
    struct corruption {
        const char* what;
        byte_string file;
        boot_reply reply;
        std::uint32_t bit;
    };
    const std::vector<corruption> all = {
        {"header", damaged([](byte_string& f) { f[1] ^= 1; }), boot_reply::packet_format, 2},
        {"footer", damaged([](byte_string& f) { f[boot_block_bytes - 2] ^= 1; }),
         boot_reply::packet_format, 2},
        {"size", damaged([](byte_string& f) { f[7] ^= 4; }), boot_reply::packet_format, 2},
        {"order", damaged([](byte_string& f) { f[11] = 1; }), boot_reply::packet_format, 2},
        {"body", damaged([](byte_string& f) { f[777777] ^= 64; }), boot_reply::authentication, 2},
        {"hash", damaged([](byte_string& f) { f[boot_block_bytes - 64] ^= 64; }),
         boot_reply::authentication, 2},
        {"truncated", damaged([](byte_string& f) { f.resize(boot_block_bytes + 4000); }),
         boot_reply::packet_format, 2},
        {"unauthenticated", stranger, boot_reply::authentication, 2},
        {"wrong version", image(image_kind::network, 1300000, 6, 1), boot_reply::parameter, 4},
        {"wrong kind", image(image_kind::loader, 1300000, 6, 2), boot_reply::parameter, 4},
    };
    for (const auto& c : all) {
        INFO(c.what);
        const std::uint32_t errors = h.chip.read(reg::reference_status, h.now) >> 16 & 0xff;
        CHECK(h.load(image_kind::network, c.file) == c.reply);
        CHECK((h.chip.read(reg::reference_status, h.now) >> 16 & 0xff) == errors + 1);
        CHECK((h.chip.read(reg::error_status, h.now) & c.bit) != 0);
        CHECK(h.chip.read(reg::download_status, h.now) == 0);
        CHECK(h.chip.network() == running);
        CHECK(h.chip.state() == boot_state::with_network);
    }
    CHECK(h.load(image_kind::network, good) == boot_reply::transition_done);
    CHECK(*h.chip.network() == payload_of(1300000, 6));
}

TEST_CASE("boot: what the host does wrong") {
    host h;
    const byte_string loader = image(image_kind::loader, 60000);
    // not in this state
    CHECK(h.load(image_kind::network, image(image_kind::network, 5000)) == boot_reply::status);
    CHECK(h.load(image_kind::main_firmware, image(image_kind::main_firmware, 5000)) ==
          boot_reply::status);
    CHECK(h.chip.read(reg::error_status, h.now) == 1);
    // sizes and divisions that do not belong together, an unknown command
    h.parameters(image_kind::loader, static_cast<std::uint32_t>(loader.size()));
    h.chip.write(reg::division_count, 1, h.now);
    CHECK(h.command(0) == boot_reply::parameter);
    h.parameters(image_kind::loader, 0);
    h.chip.write(reg::division_count, 0, h.now);
    CHECK(h.command(0) == boot_reply::parameter);
    h.parameters(image_kind::loader, static_cast<std::uint32_t>(loader.size()));
    h.chip.write(reg::image_type, 2, h.now);
    CHECK(h.command(0) == boot_reply::parameter);
    CHECK(h.command(9) == boot_reply::parameter);
    // a transfer nobody waits for
    h.now = h.chip.spi(loader.data(), 400, h.now);
    CHECK(h.chip.ignored_bytes() == 400);
    // transfers of another length
    for (const std::size_t n : {std::size_t{3}, std::size_t{0}, loader.size() + 4}) {
        byte_string bytes = loader;
        bytes.resize(loader.size() + 4);
        h.parameters(image_kind::loader, static_cast<std::uint32_t>(loader.size()));
        REQUIRE(h.command(0) == boot_reply::transition_ready);
        h.now = h.chip.spi(bytes.data(), n, h.now);
        CHECK(h.reply() == boot_reply::packet_format);
    }
    // given up by the host; silence; a command in the middle
    h.parameters(image_kind::loader, static_cast<std::uint32_t>(loader.size()));
    REQUIRE(h.command(0) == boot_reply::transition_ready);
    h.now = h.chip.spi(loader.data(), 4000, h.now);
    h.chip.write(reg::cancel, 1, h.now);
    CHECK(h.reply() == boot_reply::cancelled);
    REQUIRE(h.command(0) == boot_reply::transition_ready);
    h.now = h.chip.spi(loader.data(), 4000, h.now);
    CHECK(h.command(0) == boot_reply::status);
    h.now += 6;
    CHECK(h.reply() == boot_reply::timeout);
    CHECK(h.chip.state() == boot_state::reset);
    h.boot();
}

TEST_CASE("boot: a network in flash is updated while another runs, and loaded from there") {
    boot_flash flash(boot_flash::sector_bytes * 41);
    const auto key = signing_key::test_key().public_half();
    boot_store store(flash, image_kind::network, key);
    host h(&store);
    h.boot();
    const auto from_flash = [&h] {
        h.parameters(image_kind::network, 4);
        h.chip.write(reg::update_source, 1, h.now);
        const std::uint32_t before = h.replies();
        h.chip.write(reg::command_interrupt, 0, h.now);
        return h.poll(before + 1, 5);
    };
    CHECK(from_flash() == boot_reply::internal);  // there is none yet
    h.chip.write(reg::update_target, 1, h.now);
    CHECK(h.load(image_kind::network, image(image_kind::network, 9000, 3, 2), 1) ==
          boot_reply::update_done);
    CHECK_FALSE(h.chip.network());
    CHECK(from_flash() == boot_reply::transition_done);
    CHECK(*h.chip.network() == payload_of(9000, 3));
    // one that is older is refused, on either way in
    CHECK(h.load(image_kind::network, image(image_kind::network, 9000, 4, 1), 1) ==
          boot_reply::parameter);
    CHECK(h.load(image_kind::network, image(image_kind::network, 9000, 4, 1)) ==
          boot_reply::parameter);
    h.chip.reset();
    h.boot();
    CHECK(from_flash() == boot_reply::transition_done);
    h.chip.write(reg::image_type, 2, h.now);
    CHECK(h.command(2) == boot_reply::update_done);
    CHECK(h.chip.network());
    CHECK(from_flash() == boot_reply::internal);
}

namespace {

/// Registers, commands and transfers in any order. The network that runs is always one of two
/// genuine ones.
void fuzz(std::uint64_t steps, std::uint64_t seed) {
    host h;
    h.boot();
    const byte_string files[2] = {image(image_kind::network, 700, 1),
                                  image(image_kind::network, 900, 2)};
    const byte_string payloads[2] = {payload_of(700, 1), payload_of(900, 2)};
    std::uint64_t state = seed, wrong = 0, loads = 0;
    const auto next = [&state] {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state >> 33);
    };
    std::shared_ptr<const byte_string> last;
    for (std::uint64_t n = 0; n < steps; ++n) {
        h.now += 1e-4 * (next() % 100);
        const byte_string& file = files[next() % 2];
        switch (next() % 8) {
            case 0:
                h.chip.write(static_cast<std::uint16_t>(0xD000 + next() % 32), next() % 5, h.now);
                break;
            case 1:
                h.chip.write(reg::command_interrupt, next() % 4, h.now);
                break;
            case 2:
                h.parameters(image_kind::network, static_cast<std::uint32_t>(file.size()));
                h.chip.write(reg::command_interrupt, 0, h.now);
                h.now = h.chip.spi(file.data(), file.size(), h.now);
                break;
            case 3: {
                byte_string bytes = file;
                bytes[next() % bytes.size()] ^= static_cast<std::uint8_t>(next());
                h.now = h.chip.spi(bytes.data(), next() % (bytes.size() + 1), h.now);
                break;
            }
            case 4:
                h.chip.write(reg::cancel, next() % 2, h.now);
                break;
            case 5:
                h.now += next() % 50 == 0 ? 6 : 0;
                break;
            default:
                h.chip.read(static_cast<std::uint16_t>(0xD000 + next() % 128), h.now);
        }
        const auto runs = h.chip.network();
        if (runs && runs != last) {
            ++loads;
            wrong += *runs != payloads[0] && *runs != payloads[1];
        }
        last = runs;
        wrong += h.chip.state() == boot_state::reset || h.chip.state() == boot_state::program_empty;
    }
    CHECK(wrong == 0);
    CHECK(loads > steps / 100);
}

}  // namespace

TEST_CASE("boot: whatever a host sends, only genuine networks run and the sensor stays booted") {
    fuzz(20000, 1);
}

TEST_CASE("boot: a million steps of a host", "[.][million]") {
    fuzz(1000000, 2);
}
