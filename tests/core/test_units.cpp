// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <clocale>
#include <cmath>

#include "core/random.h"
#include "core/units.h"

using namespace ocellus;

namespace {

double value_of(const std::string& text, unit u) {
    double v = -1;
    std::string why;
    INFO(text);
    const bool good = parse_quantity(text, u, v, why);
    INFO(why);
    REQUIRE(good);
    return v;
}

std::string refusal(const std::string& text, unit u) {
    double v = 42;
    std::string why;
    INFO(text);
    REQUIRE_FALSE(parse_quantity(text, u, v, why));
    CHECK(v == 42);
    return why;
}

const unit all_units[] = {
    unit::none,     unit::hertz, unit::second,  unit::byte,  unit::bit_per_second,
    unit::electron, unit::joule, unit::watt,    unit::lux,   unit::kelvin,
    unit::celsius,  unit::metre, unit::percent, unit::lines, unit::cycles};

}  // namespace

TEST_CASE("quantities read to the nearest double of what is written") {
    CHECK(value_of("262.5 MHz", unit::hertz) == 262.5e6);
    CHECK(value_of("262.5MHz", unit::hertz) == 262.5e6);
    CHECK(value_of("  24 \t MHz ", unit::hertz) == 24e6);
    CHECK(value_of("0.1 GHz", unit::hertz) == 1e8);
    CHECK(value_of("16.52 ms", unit::second) == 16.52e-3);  // not 16.52 * 0.001
    CHECK(value_of("16.52 ms", unit::second) != 16.52 * 0.0009999999999999999);
    CHECK(value_of("5.434 us", unit::second) == 5.434e-6);
    CHECK(value_of("5.434 \u00B5s", unit::second) == 5.434e-6);
    CHECK(value_of("5.434 \u03BCs", unit::second) == 5.434e-6);
    CHECK(value_of("8 MiB", unit::byte) == 8388608.0);
    CHECK(value_of("1.5 KiB", unit::byte) == 1536.0);
    CHECK(value_of("8 MB", unit::byte) == 8e6);
    CHECK(value_of("888 Mb/s", unit::bit_per_second) == 888e6);
    CHECK(value_of("2.1 Gb/s", unit::bit_per_second) == 2.1e9);
    CHECK(value_of("3.2 e-", unit::electron) == 3.2);
    CHECK(value_of("3.2e-", unit::electron) == 3.2);
    CHECK(value_of("32e-1e-", unit::electron) == 3.2);
    CHECK(value_of("1.5e3 kHz", unit::hertz) == 1.5e6);
    CHECK(value_of("5%", unit::percent) == 0.05);
    CHECK(value_of("0.3 %", unit::percent) == 0.003);
    CHECK(value_of("-40 degC", unit::celsius) == -40);
    CHECK(value_of("+.5", unit::none) == 0.5);
    CHECK(value_of("3040", unit::lines) == 3040);
    CHECK(value_of("3040 lines", unit::lines) == 3040);
    CHECK(value_of("17900 cycles", unit::cycles) == 17900);
    CHECK(value_of("1e-9999 s", unit::second) == 0);
    CHECK(value_of("0.0000000000000000000000000000000000000001e40 s", unit::second) == 1);
}

TEST_CASE("what is not a quantity is refused with its reason") {
    CHECK(refusal("24", unit::hertz) == "'24' lacks its unit, one of Hz, kHz, MHz, GHz");
    CHECK(refusal("24 ms", unit::hertz) == "the unit 'ms' is not one of Hz, kHz, MHz, GHz");
    CHECK(refusal("24 mhz", unit::hertz) == "the unit 'mhz' is not one of Hz, kHz, MHz, GHz");
    CHECK(refusal("fast", unit::hertz) == "'fast' is not a number");
    CHECK(refusal("", unit::hertz) == "'' is not a number");
    CHECK(refusal("5 s", unit::none) == "'5 s' has a unit, but a plain number is expected");
    CHECK(refusal("1e999 Hz", unit::hertz) == "'1e999 Hz' is too large");
    CHECK(refusal("1e308 GHz", unit::hertz) == "'1e308 GHz' is too large");
    CHECK(refusal("3 e", unit::electron) == "the unit 'e' is not e-");
    for (const char* text : {"inf", "nan", "0x10", "1 2", "1,5", "--1", ".", "-", "e5"})
        refusal(text, unit::none);
    for (const char* text : {"inf Hz", "nan Hz", "1 MHz MHz", "1,5 MHz", "MHz"})
        refusal(text, unit::hertz);
}

TEST_CASE("quantities are written with a readable prefix") {
    CHECK(format_quantity(262.5e6, unit::hertz) == "262.5 MHz");
    CHECK(format_quantity(24e6, unit::hertz) == "24 MHz");
    CHECK(format_quantity(1e9, unit::hertz) == "1 GHz");
    CHECK(format_quantity(0.5, unit::hertz) == "0.5 Hz");
    CHECK(format_quantity(0, unit::hertz) == "0 Hz");
    CHECK(format_quantity(16.52e-3, unit::second) == "16.52 ms");
    CHECK(format_quantity(0.5e-12, unit::second) == "0.5 ps");
    CHECK(format_quantity(120, unit::second) == "120 s");
    CHECK(format_quantity(8388608, unit::byte) == "8 MiB");
    CHECK(format_quantity(1536, unit::byte) == "1536 B");
    CHECK(format_quantity(12288, unit::byte) == "12 KiB");
    CHECK(format_quantity(8e6, unit::byte) == "8 MB");
    CHECK(format_quantity(100, unit::byte) == "100 B");
    CHECK(format_quantity(0.05, unit::percent) == "5 %");
    CHECK(format_quantity(-40, unit::celsius) == "-40 degC");
    CHECK(format_quantity(3.2, unit::electron) == "3.2 e-");
    CHECK(format_quantity(0.1 + 0.2, unit::none) == "0.30000000000000004");
    CHECK(format_quantity(3040, unit::lines) == "3040 lines");
}

TEST_CASE("every quantity reads back to the same double") {
    random_sequence random(7, purpose::test);
    for (const unit u : all_units) {
        for (int i = 0; i < 3000; ++i) {
            double v = std::ldexp(random.uniform(0.5, 1) + random.uniform() * 0x1p-32,
                                  static_cast<int>(random.below(160)) - 80);
            if (i % 3 == 0)
                v = std::round(v);
            if (i % 2)
                v = -v;
            const std::string text = format_quantity(v, u);
            INFO(text);
            double back = 0;
            std::string why;
            REQUIRE(parse_quantity(text, u, back, why));
            REQUIRE(back == v);
        }
    }
    for (const double v : {5e-324, 2.2250738585072014e-308, 1.7976931348623157e308}) {
        CHECK(value_of(format_quantity(v, unit::hertz), unit::hertz) == v);
        CHECK(value_of(format_quantity(v, unit::none), unit::none) == v);
    }
}

TEST_CASE("symbols are listed") {
    CHECK(std::string(base_symbol(unit::none)).empty());
    CHECK(std::string(base_symbol(unit::second)) == "s");
    CHECK(std::string(base_symbol(unit::byte)) == "B");
    CHECK(std::string(base_symbol(unit::percent)) == "%");
    CHECK(std::string(base_symbol(unit::metre)) == "m");
    CHECK(accepted_symbols(unit::hertz) == "Hz, kHz, MHz, GHz");
    CHECK(accepted_symbols(unit::none).empty());
    for (const unit u : all_units)
        if (u != unit::none)
            CHECK(value_of("1 " + std::string(base_symbol(u)), u) ==
                  (u == unit::percent ? 0.01 : 1.0));
}

TEST_CASE("units do not follow the locale") {
    const char* set = nullptr;
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"})
        if (!set)
            set = std::setlocale(LC_ALL, name);
    if (!set) {
        WARN("skipped: no locale with a decimal comma is installed");
        return;
    }
    CHECK(value_of("262.5 MHz", unit::hertz) == 262.5e6);
    CHECK(format_quantity(262.5e6, unit::hertz) == "262.5 MHz");
    std::setlocale(LC_ALL, "C");
}
