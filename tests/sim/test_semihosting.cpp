// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/semihosting.h"
#include "sim/test_host.h"
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
                      [this] { return now; },
                      [this](const std::string& what) { refusals.push_back(what); }, "app.elf"}};
    std::vector<std::string> refusals;

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

// What picolibc does before it ends a program: SYS_EXIT_EXTENDED is used only where the file of
// features has bit 0 of its first byte.
TEST_CASE("semihosting: the extensions are in the file that names them") {
    machine m;
    const char* const name = ":semihosting-features";
    m.text(200, name);
    m.word(300, 200);
    m.word(304, 0);
    m.word(308, static_cast<std::uint32_t>(std::strlen(name)));
    const auto handle = m.call(0x01, 300);
    REQUIRE(handle != ~0u);
    m.word(320, handle);
    CHECK(m.call(0x0c, 320) == 5);
    CHECK(m.call(0x09, 320) == 0);
    m.word(324, 600);
    m.word(328, 4);
    CHECK(m.call(0x06, 320) == 0);
    CHECK(std::memcmp(&m.memory[600], "SHFB", 4) == 0);
    m.word(328, 3);
    CHECK(m.call(0x06, 320) == 2);  // one byte is left
    CHECK(m.memory[600] == 3);
    CHECK(m.call(0x06, 320) == 3);
    m.word(324, 4);
    CHECK(m.call(0x0a, 320) == 0);
    m.word(324, 600);
    m.word(328, 1);
    m.memory[600] = 0;
    CHECK(m.call(0x06, 320) == 0);
    CHECK(m.memory[600] == 3);
    m.word(304, 4);  // to write
    CHECK(m.call(0x01, 300) == ~0u);
    CHECK(m.refusals.size() == 1);
}

TEST_CASE("semihosting: standard error, the command line and the heap") {
    machine m;
    m.text(200, ":tt");
    m.word(300, 200);
    m.word(308, 3);
    m.word(304, 0);
    const auto in = m.call(0x01, 300);
    m.word(304, 4);
    const auto out = m.call(0x01, 300);
    m.word(304, 8);
    const auto err = m.call(0x01, 300);
    CHECK(in != out);
    CHECK(out != err);
    CHECK(in != err);
    m.text(100, "oops");
    m.word(320, err);
    m.word(324, 100);
    m.word(328, 4);
    CHECK(m.call(0x05, 320) == 0);
    CHECK(m.printed == "oops");
    m.word(320, in);
    CHECK(m.call(0x06, 320) == 4);  // nothing comes in
    CHECK(m.call(0x05, 320) == 4);  // nothing goes out there
    m.word(340, 400);
    m.word(344, 8);
    CHECK(m.call(0x15, 340) == 0);
    CHECK(std::string(reinterpret_cast<const char*>(&m.memory[400])) == "app.elf");
    std::uint32_t length = 0;
    std::memcpy(&length, &m.memory[344], 4);
    CHECK(length == 7);
    m.word(344, 7);
    CHECK(m.call(0x15, 340) == ~0u);  // no room for the zero
    std::memset(&m.memory[400], 0xff, 20);
    m.word(340, 400);
    CHECK(m.call(0x16, 340) == 0);
    CHECK(std::count(&m.memory[400], &m.memory[420], 0) == 16);
}

TEST_CASE("semihosting: each kind of refusal is told once") {
    machine m;
    for (int i = 0; i < 3; ++i) {
        m.call(0x0e, 0);
        m.call(0x12, 0);
        m.call(0x77, 0);
    }
    CHECK(m.host.refused() == 9);
    REQUIRE(m.refusals.size() == 3);
    CHECK(contains(m.refusals[0], "SYS_REMOVE"));
    CHECK(contains(m.refusals[1], "SYS_SYSTEM"));
    CHECK(contains(m.refusals[2], "0x77"));
}

namespace {

constexpr std::uint32_t tohost = 1024, fromhost = 1088;

struct tested_machine : machine {
    test_host tests{{host_read(), host_write(), [this](char c) { printed += c; },
                     [this](std::uint32_t c) { code = c; },
                     [this](const std::string& what) { refusals.push_back(what); }},
                    tohost,
                    fromhost};
    std::function<bool(std::uint32_t, unsigned char*, std::size_t)> host_read() {
        return [this](std::uint32_t a, unsigned char* b, std::size_t n) {
            if (a > memory.size() || n > memory.size() - a)
                return false;
            std::memcpy(b, &memory[a], n);
            return true;
        };
    }
    std::function<bool(std::uint32_t, const unsigned char*, std::size_t)> host_write() {
        return [this](std::uint32_t a, const unsigned char* b, std::size_t n) {
            if (a > memory.size() || n > memory.size() - a)
                return false;
            std::memcpy(&memory[a], b, n);
            return true;
        };
    }
    std::uint32_t at(std::uint32_t a) const {
        std::uint32_t v = 0;
        std::memcpy(&v, &memory[a], 4);
        return v;
    }
    void store(std::uint32_t a, std::uint32_t value) {
        word(a, value);
        tests.written(a);
    }
};

}  // namespace

TEST_CASE("tohost: the end, characters and calls") {
    tested_machine m;
    // A test that fails in its fifth part, as the public programs end.
    m.store(tohost, 5u << 1 | 1u);
    CHECK(m.code == 5u);
    m.store(tohost + 4, 0);
    m.store(tohost, 0);

    m.code.reset();
    m.store(tohost + 4, 0x01010000);
    CHECK(m.printed.empty());
    m.store(tohost, 'A');  // odd, and no end
    CHECK(m.printed == "A");
    CHECK(m.at(tohost) == 0);
    CHECK(m.at(tohost + 4) == 0);
    CHECK(m.at(fromhost) == 1);
    m.store(tohost + 4, 0x01010000);
    m.store(tohost, 'B');
    CHECK(m.printed == "AB");
    CHECK_FALSE(m.code);

    m.text(600, "text");
    for (const auto& [i, value] :
         {std::pair(0u, 64u), std::pair(2u, 1u), std::pair(4u, 600u), std::pair(6u, 4u)})
        m.word(2048 + 4 * i, value);
    m.word(fromhost, 0);
    m.store(tohost, 2048);
    m.store(tohost + 4, 0);
    CHECK(m.printed == "ABtext");
    CHECK(m.at(2048) == 4);
    CHECK(m.at(tohost) == 0);
    CHECK(m.at(fromhost) == 1);

    m.word(2048, 57);  // close
    m.store(tohost, 2048);
    m.word(2048, 57);
    m.word(2052, 0);
    m.store(tohost, 2048);
    CHECK(m.at(2048) == ~37u);  // -38, ENOSYS
    CHECK(m.refusals.size() == 1);
    m.word(2048, 93);
    m.word(2052, 0);
    m.word(2056, 3);
    m.store(tohost, 2048);
    CHECK(m.code == 3u);
    // Addresses of nothing.
    for (const std::uint32_t wild : {4090u, 0x80000000u, 0xfffffffeu, 0x10u})
        m.store(tohost, wild);
}

TEST_CASE("semihosting: wild pointers are answered") {
    machine m;
    for (const std::uint32_t operation :
         {0x01u, 0x03u, 0x04u, 0x05u, 0x06u, 0x08u, 0x0au, 0x0cu, 0x15u, 0x16u, 0x20u, 0x30u})
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
    // An expression that a backtracking matcher takes for ever over, and a byte of zero.
    uart_expect hard({"/((((x*)*)*)*)*y/", "/[^a]c/"});
    CHECK_FALSE(feed(hard, std::string(10000, 'x') + '\n'));
    CHECK_FALSE(feed(hard, "xy\n"));
    CHECK(hard.missing() == "/[^a]c/");
    CHECK(feed(hard, std::string("ab\0c", 4)));
    CHECK_THROWS_AS(uart_expect({"/" + std::string(2000, '(') + "/"}), input_error);
    CHECK_THROWS_AS(uart_expect({""}), input_error);
    CHECK_THROWS_AS(uart_expect({"/[/"}), input_error);
}
