// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <optional>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/semihosting.h"
#include "sim/uart_expect.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

struct machine {
    std::array<std::uint32_t, 32> x{};
    std::array<unsigned char, 4096> memory{};
    std::string printed;
    std::optional<std::uint32_t> code;
    std::uint64_t now = 0;
    semihosting host{{[this](unsigned n) { return x[n]; },
                      [this](unsigned n, std::uint32_t v) { x[n] = v; },
                      [this](std::uint32_t a, unsigned char* b, std::size_t n) {
                          if (a > memory.size() || n > memory.size() - a)
                              return false;
                          std::memcpy(b, &memory[a], n);
                          return true;
                      },
                      [this](std::uint32_t a, const unsigned char* b, std::size_t n) {
                          if (a > memory.size() || n > memory.size() - a)
                              return false;
                          std::memcpy(&memory[a], b, n);
                          return true;
                      },
                      [this](char c) { printed += c; }, [this](std::uint32_t c) { code = c; },
                      [this] { return now; }}};

    void word(std::uint32_t at, std::uint32_t value) { std::memcpy(&memory[at], &value, 4); }
    void text(std::uint32_t at, const char* t) {
        std::strcpy(reinterpret_cast<char*>(&memory[at]), t);
    }
    std::uint32_t call(std::uint32_t operation, std::uint32_t argument) {
        x[10] = operation;
        x[11] = argument;
        host.call();
        return x[10];
    }
};

}  // namespace

TEST_CASE("semihosting: the sequence around an ebreak makes a call of it") {
    machine m;
    m.word(0, 0x01f01013);
    m.word(4, 0x00100073);
    m.word(8, 0x40705013);
    CHECK(m.host.is_call(4));
    m.word(8, 0x00000013);
    CHECK_FALSE(m.host.is_call(4));
    CHECK_FALSE(m.host.is_call(0));  // before it there is nothing
}

TEST_CASE("semihosting: the console, the clock and the end") {
    machine m;
    m.text(100, "hello");
    CHECK(m.call(0x04, 100) == 0);
    m.call(0x03, 101);
    CHECK(m.printed == "helloe");
    // open(":tt", w), write, close
    m.text(200, ":tt");
    m.word(300, 200);
    m.word(304, 4);
    m.word(308, 3);
    const auto handle = m.call(0x01, 300);
    CHECK(handle != ~0u);
    m.word(320, handle);
    m.word(324, 100);
    m.word(328, 5);
    CHECK(m.call(0x05, 320) == 0);
    CHECK(m.printed == "helloehello");
    CHECK(m.call(0x02, 320) == 0);
    // a file of the host
    m.text(200, "x.y");
    CHECK(m.call(0x01, 300) == ~0u);
    CHECK(m.call(0x13, 0) == 2);
    CHECK(m.host.refused() == 1);

    m.now = 1234567890123;
    CHECK(m.call(0x10, 0) == 123456);  // hundredths of a second
    CHECK(m.call(0x11, 0) == 1234);
    CHECK(m.call(0x31, 0) == 1000000000);
    CHECK(m.call(0x30, 400) == 0);
    std::uint64_t elapsed = 0;
    std::memcpy(&elapsed, &m.memory[400], 8);
    CHECK(elapsed == m.now);

    CHECK(m.call(0x99, 0) == ~0u);
    CHECK(m.host.refused() == 2);
    CHECK_FALSE(m.code);
    m.call(0x18, 0x20026);
    CHECK(m.code == 0u);
    m.call(0x18, 0x20023);
    CHECK(m.code == 1u);
    m.word(500, 0x20026);
    m.word(504, 17);
    m.call(0x20, 500);
    CHECK(m.code == 17u);
}

TEST_CASE("semihosting: wild pointers are answered") {
    machine m;
    for (const std::uint32_t operation : {0x01u, 0x03u, 0x04u, 0x05u, 0x06u, 0x08u, 0x20u, 0x30u})
        for (const std::uint32_t argument : {0u, 4094u, 0x7fffffffu, 0xfffffffeu})
            m.call(operation, argument);
    m.memory.fill('a');  // a text without an end
    m.printed.clear();
    m.call(0x04, 0);
    CHECK(m.printed.size() == m.memory.size());
}

TEST_CASE("uart_expect: texts in order, expressions by line") {
    const auto feed = [](uart_expect& e, const std::string& text) {
        bool done = false;
        for (char c : text)
            done |= e.put(c);
        return done;
    };
    uart_expect e({"boot", "/ok [0-9]+/", "done"});
    CHECK_FALSE(feed(e, "done boo"));
    CHECK(e.missing() == "boot");
    CHECK_FALSE(feed(e, "t\nok\nok 12"));
    CHECK(e.missing() == "done");
    CHECK_FALSE(feed(e, "3 don"));
    CHECK(feed(e, "e"));
    CHECK(e.met());
    CHECK_FALSE(feed(e, "done"));
    // Over line ends, and after much else.
    uart_expect over({"a\r\nb"});
    CHECK_FALSE(feed(over, std::string(100000, 'x')));
    CHECK(feed(over, "a\r\nb"));
    CHECK_THROWS_AS(uart_expect({""}), input_error);
    CHECK_THROWS_AS(uart_expect({"/[/"}), input_error);
}
