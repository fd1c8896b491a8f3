// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/diagnostics.h"

using namespace ocellus;

TEST_CASE("a diagnostic shows its line, a caret and a hint") {
    diagnostics d;
    d.error({"chip.toml", 12, 8, 2, "bits = 99"}, "adc.bits: 99 is out of range",
            "expected 8 .. 14");
    CHECK(d.render() ==
          "chip.toml:12:8: error: adc.bits: 99 is out of range\n"
          "   12 | bits = 99\n"
          "      |        ^~ expected 8 .. 14\n"
          "1 error. Nothing was simulated.\n");
}

TEST_CASE("diagnostics without a line, without text, and warnings") {
    diagnostics d;
    d.warning({"a.toml", 3, 0, 1, ""}, "odd but allowed");
    CHECK_FALSE(d.has_errors());
    CHECK_NOTHROW(d.throw_if_errors());
    CHECK(d.render() == "a.toml:3: warning: odd but allowed\n");
    d.error({"--set", 0, 3, 2, "x=10"}, "x: 10 is too much");
    d.error({"b.toml", 0, 0, 1, ""}, "is empty", "expected something");
    CHECK(d.render() ==
          "a.toml:3: warning: odd but allowed\n"
          "--set: error: x: 10 is too much\n"
          "      | x=10\n"
          "      |   ^~\n"
          "b.toml: error: is empty\n"
          "    expected something\n"
          "2 errors. Nothing was simulated.\n");
    try {
        d.throw_if_errors();
        FAIL("no exception");
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        CHECK(e.what() == d.render());
    }
}

TEST_CASE("the caret stands right after tabs, beyond ASCII and in lines of any length") {
    diagnostics d;
    d.error({"t", 1, 6, 3, "\tµ = abc"}, "m");
    CHECK(d.render().find("    1 | \tµ = abc\n      | \t    ^~~\n") != std::string::npos);

    d = {};
    std::string line(5000, 'a');
    line[3000] = 'X';
    d.error({"t", 1, 3001, 1, line}, "m");
    const std::string text = d.render();
    CHECK(text.size() < 500);
    const auto first = text.find("| ");
    const auto second = text.find("| ", first + 1);
    CHECK(text.find('X') - first == text.find('^') - second);

    d = {};
    d.error({"t", 1, 900, 50, "short"}, "beyond the end");
    CHECK(d.render().find("      |      ^\n") != std::string::npos);
    d = {};
    d.error({"t", 1, 1, 1, "\x1b[31mred"}, "control characters do not reach the terminal");
    CHECK(d.render().find('\x1b') == std::string::npos);
}

TEST_CASE("nearest_name finds what was meant and nothing else") {
    const std::vector<std::string> names{"adc.bits", "adc.count_clock", "sensor.width",
                                         "sensor.height"};
    CHECK(nearest_name("adc.bit", names) == "adc.bits");
    CHECK(nearest_name("adc.bist", names) == "adc.bits");  // two letters swapped count once
    CHECK(nearest_name("ADC.Bits", names) == "adc.bits");
    CHECK(nearest_name("sensor.heigth", names) == "sensor.height");
    CHECK(nearest_name("adc.cont_clok", names) == "adc.count_clock");
    CHECK(nearest_name("npu.macs", names).empty());
    CHECK(nearest_name("", names).empty());
    CHECK(nearest_name("xy", {"ab"}).empty());
    CHECK(nearest_name("raw", {}).empty());
    // At most a third of the word's length, at least 2.
    CHECK(nearest_name("abcd", {"abxy"}) == "abxy");
    CHECK(nearest_name("abcdefghi", {"abcdefxyz"}) == "abcdefxyz");
    CHECK(nearest_name("abcdefghi", {"abcdewxyz"}).empty());
}
