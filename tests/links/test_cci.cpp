// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <systemc>

#include "links/cci_registers.h"
#include "links/cci_target.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::links;
using sc_core::sc_time;

namespace {

struct act {
    std::string name;
    unsigned element;
    std::uint32_t value;
    sc_time when;
};

struct bench {
    worker_pool pool{0};
    statistics stats;
    block_context context{pool, stats};
    egress_ledger ledger{stats};
    cci_target target;
    std::vector<act> acts;

    explicit bench(const cci_parameters& p = {}) : target("cci", p, context, ledger) {
        target.space().on_write([this](const cci_register& r, unsigned element, std::uint32_t v) {
            acts.push_back({r.name, element, v, sc_core::sc_time_stamp()});
        });
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
    }
    /// The reply, and how long it took.
    std::pair<cci_reply, sc_time> send(cci_message m) {
        cci_reply reply;
        sc_time end;
        const sc_time begin = sc_core::sc_time_stamp();
        target.submit(std::move(m), [&](const cci_reply& r) {
            reply = r;
            end = sc_core::sc_time_stamp();
        });
        sc_core::sc_start();
        return {reply, end - begin};
    }
    cci_reply write(std::uint16_t index, std::vector<std::uint8_t> bytes) {
        cci_message m;
        m.index = index;
        m.bytes = std::move(bytes);
        return send(m).first;
    }
    std::vector<std::uint8_t> read(std::uint16_t index, std::uint32_t length) {
        cci_message m;
        m.read = true;
        m.index = index;
        m.length = length;
        return send(m).first.bytes;
    }
};

using bytes = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("cci: registers are in order, apart, and named once") {
    std::set<std::string> names;
    int end = 0;
    for (const auto& r : cci_registers()) {
        INFO(r.name);
        CHECK(r.index >= end);
        end = r.index + static_cast<int>(r.span());
        CHECK(end <= 0x10000);
        CHECK((r.bytes == 1 || r.bytes == 2 || r.bytes == 4));
        CHECK(r.count >= 1);
        CHECK(names.insert(r.name).second);
        if (r.bytes < 4)
            CHECK(r.reset < 1u << (8 * r.bytes));
        unsigned element = 7;
        CHECK(cci_register_named(r.count == 1 ? r.name : std::string(r.name) + "[0]", element) ==
              &r);
        CHECK(element == 0);
        CHECK(cci_register_at(r.index) == &r);
        CHECK(cci_register_at(static_cast<std::uint16_t>(end - 1)) == &r);
    }
    unsigned element = 0;
    CHECK(cci_register_named("gamma_red[43]", element));
    CHECK(element == 43);
    for (const char* wrong : {"gamma_red[44]", "gamma_red", "gamma_red[]", "gamma_red[x]", "", "["})
        CHECK_FALSE(cci_register_named(wrong, element));
    CHECK_FALSE(cci_register_at(0x0004));
    CHECK_FALSE(cci_register_at(0xFFFF));
}

TEST_CASE("cci: the reference page is the one that the table makes") {
    std::ifstream page(std::string(source_folder) + "/docs/cci-registers.md");
    std::stringstream text;
    text << page.rdbuf();
    CHECK(text.str() == cci_register_reference());
}

namespace {

void check_times(cci_speed clock) {
    cci_parameters p;
    p.speed = clock;
    bench b(p);
    const sc_time bit(1 / hertz_of(clock), sc_core::SC_SEC);
    for (const std::uint32_t n : {1u, 2u, 4u, 33u}) {
        cci_message m;
        m.index = 0x0340;
        m.bytes.assign(n, 0x12);
        // START, address and two index bytes and data with an acknowledgement each, STOP
        CHECK(b.send(m).second == bit * static_cast<double>(1 + 3 * 9 + 9 * n + 1));
        cci_message r;
        r.read = true;
        r.index = 0x0340;
        r.length = n;
        // and a repeated START with the address again
        CHECK(b.send(r).second == bit * static_cast<double>(1 + 3 * 9 + 1 + 9 + 9 * n + 1));
        r.index.reset();
        CHECK(b.send(r).second == bit * static_cast<double>(1 + 9 + 9 * n + 1));
    }
    cci_message nobody;
    nobody.device = 0x20;
    nobody.index = 0x0100;
    nobody.bytes = {1, 2, 3};
    const auto [reply, time] = b.send(nobody);
    CHECK(reply.answer == cci_answer::no_device);
    CHECK(time == bit * 11.0);
    CHECK(b.stats.value("cci.unanswered") == 1);
    CHECK(b.stats.value("cci.messages") == 13);
    CHECK(b.stats.value("cci.stretched") == 0);
    CHECK(b.stats.value("cci.busy") == Approx(sc_core::sc_time_stamp().to_seconds()));
}

}  // namespace

TEST_CASE("cci: a message lasts its bits at 100 kHz") {
    check_times(cci_speed::standard);
}

TEST_CASE("cci: a message lasts its bits at 400 kHz") {
    check_times(cci_speed::fast);
}

TEST_CASE("cci: a message lasts its bits at 1 MHz") {
    check_times(cci_speed::fast_plus);
}

TEST_CASE("cci: 16-bit index, 8, 16 and 32 bits, auto-increment across registers") {
    bench b;
    CHECK(b.read(0x0016, 2) == bytes{0x05, 0x00});
    b.write(0x0340, {0x12, 0x42, 0x45, 0xEC});
    REQUIRE(b.acts.size() == 2);
    CHECK(b.acts[0].name == "frame_length_lines");
    CHECK(b.acts[0].value == 4674);
    CHECK(b.acts[1].name == "line_length_pck");
    CHECK(b.acts[1].value == 17900);
    // the second acts when its last byte has been acknowledged: two bytes later
    CHECK(b.acts[1].when - b.acts[0].when == b.target.bit_time() * 18.0);
    b.write(0x0820, {0x07, 0xCE, 0x00, 0x00});
    CHECK(b.acts.back().value == 0x07CE0000);
    // byte by byte, as the public tables do: it acts with the last
    b.acts.clear();
    b.write(0x0202, {0x12});
    CHECK(b.acts.empty());
    b.write(0x0203, {0x2C});
    REQUIRE(b.acts.size() == 1);
    CHECK(b.acts[0].value == 4652);
    CHECK(b.read(0x0340, 4) == bytes{0x12, 0x42, 0x45, 0xEC});
    // where the last message has ended
    cci_message m;
    m.read = true;
    m.length = 2;
    CHECK(b.send(m).first.bytes == bytes{0x00, 0x00});
    // an array's element
    b.acts.clear();
    b.write(0xD850 + 2 * 5, {0x01, 0x02});
    REQUIRE(b.acts.size() == 1);
    CHECK(b.acts[0].name == "gamma_red");
    CHECK(b.acts[0].element == 5);
    // the index wraps
    b.write(0xFFFF, {0xAA, 0xBB});
    CHECK(b.read(0xFFFF, 1) == bytes{0xAA});
    CHECK(b.stats.value("cci.read_only_writes") == 1);  // 0x0000 is
    CHECK(b.ledger.bytes(egress_port::cci) == b.stats.value("cci.bytes_read"));
    CHECK(b.ledger.bytes(egress_port::cci, egress_kind::metadata) ==
          b.stats.value("cci.bytes_read"));
}

namespace {

void check_addresses(bool slasel) {
    cci_parameters p;
    p.slasel = slasel;
    bench b(p);
    for (unsigned device = 0; device < 128; ++device) {
        cci_message m;
        m.device = static_cast<std::uint8_t>(device);
        m.read = true;
        m.index = 0x0016;
        m.length = 2;
        const bool ours = device == (p.slasel ? 0x10u : 0x1Au) || device == 0x36;
        const auto reply = b.send(m).first;
        INFO(device);
        CHECK((reply.answer == cci_answer::ok) == ours);
        CHECK(reply.bytes == (ours ? bytes{0x05, 0x00} : bytes{}));
    }
    b.target.hold_in_reset(true);
    cci_message m;
    m.device = 0x36;
    m.index = 0x0100;
    m.bytes = {1};
    CHECK(b.send(m).first.answer == cci_answer::no_device);
    CHECK(b.acts.empty());
}

}  // namespace

TEST_CASE("cci: both device addresses and reset") {
    check_addresses(false);
}

TEST_CASE("cci: both device addresses with SLASEL high") {
    check_addresses(true);
}

TEST_CASE("cci: what the target stretches adds to a message") {
    cci_parameters p;
    p.stretch = 3e-6;
    bench b(p);
    cci_message m;
    m.index = 0x0340;
    m.bytes = {1, 2, 3, 4};
    CHECK(b.send(m).second == b.target.bit_time() * (29.0 + 36.0) + sc_time(12, sc_core::SC_US));
    // An access of 5 us hides behind half a bit of 2.5 us.
    b.target.space().on_write([&](const cci_register&, unsigned, std::uint32_t) {
        b.target.take(sc_time(5, sc_core::SC_US));
    });
    CHECK(b.send(m).second == b.target.bit_time() * (29.0 + 36.0) + sc_time(12, sc_core::SC_US) +
                                  (sc_time(5, sc_core::SC_US) - b.target.bit_time() / 2) * 2.0);
    CHECK(b.stats.value("cci.stretched") == Approx(12e-6 + 12e-6 + 2 * 3.75e-6));
}

namespace {

void check_unknown(unknown_register policy) {
    cci_parameters p;
    p.unknown = policy;
    bench b(p);
    std::vector<std::string> warnings;
    b.target.space().on_warning([&](const std::string& w) { warnings.push_back(w); });
    // 0x0106 is known, 0x0107 is not
    const cci_reply reply = b.write(0x0106, {0x01, 0x55, 0x66});
    const bool refuses = p.unknown == unknown_register::refuse;
    CHECK((reply.answer == cci_answer::refused) == refuses);
    CHECK(reply.acknowledged == (refuses ? 1u : 3u));
    CHECK(b.read(0x0107, 2) == (refuses ? bytes{} : bytes{0x55, 0x66}));
    CHECK(b.read(0x0107, 1) == (refuses ? bytes{} : bytes{0x55}));
    CHECK(b.read(0x0106, 1) == bytes{0x01});
    CHECK(warnings.size() == (p.unknown == unknown_register::warn ? 2u : 0u));
    CHECK(b.stats.value("cci.unknown_writes") == (refuses ? 1 : 2));
    CHECK(b.stats.value("cci.unknown_reads") == (refuses ? 2 : 3));
    CHECK(b.stats.value("cci.refused") == (refuses ? 3 : 0));
}

}  // namespace

TEST_CASE("cci: unknown registers keep what is written") {
    check_unknown(unknown_register::read_back);
}

TEST_CASE("cci: unknown registers keep what is written and warn once") {
    check_unknown(unknown_register::warn);
}

TEST_CASE("cci: unknown registers are refused") {
    check_unknown(unknown_register::refuse);
}

TEST_CASE("cci: read-only registers, hold and reset") {
    bench b;
    CHECK(b.write(0x0016, {0x12, 0x34}).answer == cci_answer::ok);
    CHECK(b.read(0x0016, 2) == bytes{0x05, 0x00});
    CHECK(b.stats.value("cci.read_only_writes") == 2);
    b.write(0x0104, {1});
    b.write(0x0340, {0x10, 0x00});
    b.write(0x0202, {0x00, 0x40});
    b.write(0x0340, {0x11, 0x00});
    CHECK(b.acts.empty());
    CHECK(b.read(0x0340, 2) == bytes{0x11, 0x00});
    b.write(0x0100, {1});  // is not held
    REQUIRE(b.acts.size() == 1);
    b.write(0x0104, {0});
    REQUIRE(b.acts.size() == 3);
    CHECK(b.acts[1].name == "frame_length_lines");
    CHECK(b.acts[1].value == 0x1100);
    CHECK(b.acts[2].name == "coarse_integration_time");
    unsigned resets = 0;
    b.target.space().on_reset([&] { ++resets; });
    b.write(0x0103, {1});
    CHECK(resets == 1);
    CHECK(b.read(0x0103, 1) == bytes{0});
    CHECK(b.read(0x0340, 2) == bytes{0x12, 0x42});
    CHECK(b.read(0x0100, 1) == bytes{0});
}

TEST_CASE("cci: a live register is sampled once for its bytes") {
    bench b;
    std::uint32_t value = 0x01FF;
    b.target.space().on_read([&](const cci_register& r, unsigned) -> std::optional<std::uint32_t> {
        if (std::string(r.name) != "temp_sensor_output" &&
            std::string(r.name) != "reference_status")
            return std::nullopt;
        return value++;
    });
    CHECK(b.read(0xD010, 4) == bytes{0, 0, 0x01, 0xFF});
    CHECK(b.read(0xD010, 4) == bytes{0, 0, 0x02, 0x00});
    CHECK(b.read(0x0340, 2) == bytes{0x12, 0x42});
}

namespace {

/// Messages of any kind; what was written to ordinary registers and unknown bytes is what is read
/// back, checked against a plain array.
void fuzz(std::uint64_t messages, std::uint64_t seed) {
    cci_parameters p;
    p.speed = cci_speed::fast_plus;
    bench b(p);
    std::vector<std::uint8_t> mirror(65536, 0);
    for (const auto& r : cci_registers())
        for (unsigned k = 0; k < r.count; ++k)
            for (unsigned i = 0; i < r.bytes; ++i)
                mirror[r.index_of(k) + i] =
                    static_cast<std::uint8_t>(r.reset >> (8 * (r.bytes - 1 - i)));
    const std::vector<std::uint8_t> fresh = mirror;
    std::uint64_t state = seed;
    const auto next = [&state] {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state >> 33);
    };
    std::uint16_t at = 0;
    std::uint64_t wrong = 0, answered = 0;
    for (std::uint64_t n = 0; n < messages; ++n) {
        cci_message m;
        m.device =
            static_cast<std::uint8_t>(next() % 8 ? (next() % 2 ? 0x1A : 0x36) : next() % 256);
        m.read = next() % 2;
        const std::uint32_t kind = next() % 4;
        const auto& r = cci_registers()[next() % cci_registers().size()];
        if (!m.read || next() % 4)
            m.index = static_cast<std::uint16_t>(kind == 0   ? next()
                                                 : kind == 1 ? 0x100 + next() % 8
                                                             : r.index + next() % 4);
        m.length = next() % 9;
        m.bytes.resize(next() % 9);
        for (auto& byte : m.bytes)
            byte = static_cast<std::uint8_t>(next() % 3 ? next() : next() % 2);
        const cci_message sent = m;
        const cci_reply reply = b.send(std::move(m)).first;
        const bool ours = sent.device == 0x1A || sent.device == 0x36;
        wrong += (reply.answer == cci_answer::ok) != ours;
        if (!ours)
            continue;
        ++answered;
        if (sent.index)
            at = *sent.index;
        if (sent.read) {
            for (const std::uint8_t got : reply.bytes)
                wrong += got != mirror[at++];
            wrong += reply.bytes.size() != std::max(1u, sent.length);
            continue;
        }
        for (const std::uint8_t byte : sent.bytes) {
            const cci_register* const to = cci_register_at(at);
            if (at == 0x0103)
                mirror = byte & 1 ? fresh : mirror;
            else if (!to || to->mode != access::read_only)
                mirror[at] = byte;
            ++at;
        }
    }
    CHECK(wrong == 0);
    CHECK(answered > messages / 2);
    CHECK(b.acts.size() > messages / 10);
}

}  // namespace

TEST_CASE("cci: any messages leave the registers as a plain array would be") {
    fuzz(20000, 1);
}

TEST_CASE("cci: a million messages leave the registers as a plain array would be", "[.][million]") {
    fuzz(1000000, 2);
}
