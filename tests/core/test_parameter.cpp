// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/config.h"
#include "core/text.h"
#include "tests/core/example_parameters.h"

using namespace ocellus;

namespace {

struct bench {
    example_parameters p;
    parameter_registry r;
    bench() { p.declare(r); }
    /// "" when the text was accepted.
    std::string set(const std::string& name, const std::string& text) {
        std::string why;
        REQUIRE(r.find(name));
        return r.find(name)->set(text, why) ? "" : why;
    }
};

}  // namespace

TEST_CASE("parameters: declaration gives default, range, type") {
    bench b;
    CHECK(b.r.names().front() == "seed");
    CHECK(b.r.all().size() == 15);
    CHECK(b.r.find("none") == nullptr);
    const parameter& inck = *b.r.find("sensor.inck");
    CHECK(inck.default_text == "24 MHz");
    CHECK(inck.range() == "6 MHz .. 27 MHz");
    CHECK(inck.origin == "default");
    CHECK(inck.source == "IMX500 Linux driver imx500.c");
    CHECK(std::string(inck.type_name()) == "quantity");
    CHECK(b.r.find("sram.size")->default_text == "8 MiB");
    CHECK(b.r.find("sram.size")->range() == "64 KiB .. 1 GiB, power of two");
    CHECK(b.r.find("seed")->range() == "0 .. 18446744073709551615");
    CHECK(b.r.find("sensor.line_length")->default_text == "17900");
    CHECK(b.r.find("output.image")->range() == "raw, isp, none");
    CHECK(b.r.find("sensor.share")->default_text == "5 %");
    CHECK(b.r.where("adc.bits").file == "default");
}

TEST_CASE("parameters: values from text reach the fields") {
    bench b;
    CHECK(b.set("adc.bits", "12").empty());
    CHECK(b.p.bits == 12);
    CHECK(b.set("adc.offset", "-8").empty());
    CHECK(b.p.offset == -8);
    CHECK(b.set("adc.enabled", "false").empty());
    CHECK_FALSE(b.p.enabled);
    CHECK(b.set("sensor.inck", "18000 kHz").empty());
    CHECK(b.p.inck == 18e6);
    CHECK(b.r.find("sensor.inck")->get() == "18 MHz");
    CHECK(b.set("sram.size", "4096 KiB").empty());
    CHECK(b.p.size == 4194304);
    CHECK(b.set("sensor.line_length", "0x24B6").empty());
    CHECK(b.p.line_length == 9398);
    CHECK(b.set("sensor.line_length", "9398 cycles").empty());
    CHECK(b.set("sensor.line_length", "9_399").empty());
    CHECK(b.p.line_length == 9399);
    CHECK(b.set("sensor.gain", "22.26").empty());
    CHECK(b.p.gain == 22.26);
    CHECK(b.set("seed", "18446744073709551615").empty());
    CHECK(b.p.seed == UINT64_MAX);
    CHECK(b.set("output.image", "none").empty());
    CHECK(b.p.image == example_image::none);
    CHECK(b.set("output.title", "a \"b\"").empty());
    CHECK(b.p.title == "a \"b\"");
}

TEST_CASE("parameters: what does not fit is refused, said, and changes nothing") {
    bench b;
    CHECK(b.set("adc.bits", "99") == "99 is out of range; expected 8 .. 14");
    CHECK(b.set("adc.bits", "7") == "7 is out of range; expected 8 .. 14");
    CHECK(b.set("adc.bits", "-1") == "-1 is out of range; expected 8 .. 14");
    CHECK(b.set("adc.bits", "10.5") == "10.5 is not an integer; expected 8 .. 14");
    CHECK(b.set("adc.bits", "ten") == "'ten' is not a number; expected 8 .. 14");
    CHECK(b.set("adc.bits", "99999999999999999999") ==
          "99999999999999999999 is out of range; expected 8 .. 14");
    CHECK(b.set("adc.bits", "10 MHz") ==
          "'10 MHz' has a unit, but a plain number is expected; expected 8 .. 14");
    CHECK(b.p.bits == 10);
    CHECK(b.set("adc.offset", "8") == "8 is out of range; expected -8 .. 7");
    CHECK(b.set("adc.offset", "-9999999999999999999").find("out of range") != std::string::npos);
    CHECK(b.set("adc.enabled", "yes") ==
          "\"yes\" is neither true nor false; expected true or false");
    CHECK(b.set("sensor.gain", "0.99") == "0.99 is out of range; expected 1 .. 22.26");
    CHECK(b.set("sensor.gain", "nan") == "'nan' is not a number; expected 1 .. 22.26");
    CHECK(b.set("sensor.inck", "30 MHz") ==
          "\"30 MHz\" is out of range; expected \"6 MHz\" .. \"27 MHz\"");
    CHECK(b.set("sensor.inck", "24 ms") ==
          "the unit 'ms' is not one of Hz, kHz, MHz, GHz; write it like \"24 MHz\"");
    CHECK(b.set("sram.size", "3 MiB") ==
          "3 MiB is not a power of two; expected \"64 KiB\" .. \"1 GiB\", a power of two");
    CHECK(b.set("sram.size", "100000.5 B").find("is not an integer number of B") !=
          std::string::npos);
    CHECK(b.set("sram.banks", "12") ==
          "12 is not a power of two; expected 1 .. 64, a power of two");
    CHECK(b.set("output.image", "rwa") ==
          "\"rwa\" is not one of raw, isp, none; did you mean \"raw\"?");
    CHECK(b.set("output.image", "jpeg2000") == "\"jpeg2000\" is not one of raw, isp, none");
    CHECK(b.p.inck == 24e6);
    CHECK(b.p.image == example_image::raw);
}

TEST_CASE("parameters: a bare number is told its most likely spelling") {
    bench b;
    // In base units when that is in range ...
    CHECK(b.set("sensor.inck", "24000000") ==
          "24000000 lacks its unit, one of Hz, kHz, MHz, GHz; write \"24 MHz\"");
    CHECK(b.set("sram.size", "8388608") ==
          "8388608 lacks its unit, one of B, kB, KiB, MB, MiB, GB, GiB; write \"8 MiB\"");
    // ... else with the default's prefix ...
    CHECK(b.set("sensor.inck", "24") ==
          "24 lacks its unit, one of Hz, kHz, MHz, GHz; write \"24 MHz\"");
    // ... else with one that fits.
    CHECK(b.set("sensor.inck", "18000") ==
          "18000 lacks its unit, one of Hz, kHz, MHz, GHz; write \"18000 kHz\"");
    CHECK(b.set("sensor.noise", "500") ==
          "500 lacks its unit, one of e-; expected \"0 e-\" .. \"100 e-\"");
}

TEST_CASE("parameters: mistakes of a declaration are found at once") {
    parameter_registry r;
    std::uint64_t a = 1, b = 50;
    double c = 0;
    r.integer("x.a", a, 0, 9);
    CHECK_THROWS_AS(r.integer("x.a", a, 0, 9), std::logic_error);
    CHECK_THROWS_AS(r.integer("x", a, 0, 9), std::logic_error);
    CHECK_THROWS_AS(r.integer("x.a.b", a, 0, 9), std::logic_error);
    CHECK_THROWS_AS(r.integer("", a, 0, 9), std::logic_error);
    CHECK_THROWS_AS(r.integer("x.b", b, 0, 9), std::logic_error);  // default outside the range
    CHECK_THROWS_AS(r.quantity("x.c", c, unit::hertz, 1, 2), std::logic_error);
    CHECK_NOTHROW(r.integer("x.aa", a, 0, 9));
}

TEST_CASE("parameters: suggestions for unknown names") {
    bench b;
    CHECK(b.r.suggest("adc.bit") == "adc.bits");
    CHECK(b.r.suggest("bits") == "adc.bits");
    CHECK(b.r.suggest("sensor.bits") == "adc.bits");  // right name, wrong table
    CHECK(b.r.suggest("npu.clock").empty());
}

TEST_CASE("parameters: the table on the terminal") {
    bench b;
    const std::string all = render_parameters(b.r, "");
    std::size_t at = 0;
    for (const auto& name : b.r.names())
        CHECK(all.find("  " + name + " ") != std::string::npos);
    while (at < all.size()) {
        const auto end = all.find('\n', at);
        CHECK(characters(all.substr(at, end - at)) <= 100);
        CHECK((end == at || all[end - 1] != ' '));
        at = end + 1;
    }
    CHECK(render_parameters(b.r, "adc.*") ==
          "adc\n"
          "  adc.bits     integer   10    8 .. 14\n"
          "      Bits of a sample. [published: IMX500 Linux driver imx500.c]\n"
          "  adc.offset   integer   -3    -8 .. 7\n"
          "      Offset in digital numbers. [assumed: assumed]\n"
          "  adc.enabled  boolean   true  true, false\n"
          "      Whether it runs. [chosen: any]\n");
    CHECK(render_parameters(b.r, "adc") == render_parameters(b.r, "adc.*"));
    CHECK(render_parameters(b.r, "*.bit?").find("adc.bits") != std::string::npos);
    CHECK(render_parameters(b.r, "adc.bist") ==
          "No parameter fits 'adc.bist'. Did you mean 'adc.bits'?\n");
}

TEST_CASE("parameters: as JSON and as the reference page") {
    bench b;
    const auto json = nlohmann::json::parse(render_parameters_json(b.r, ""));
    CHECK(json["schema"] == "ocellus-parameters-1");
    REQUIRE(json["parameters"].size() == 15);
    CHECK(json["parameters"][0]["maximum"].get<std::uint64_t>() == UINT64_MAX);
    CHECK(json["parameters"][4]["name"] == "sensor.inck");
    CHECK(json["parameters"][4]["minimum"] == 6e6);
    CHECK(json["parameters"][4]["unit"] == "Hz");
    CHECK(json["parameters"][4]["default"] == "24 MHz");
    CHECK(json["parameters"][12]["choices"] == nlohmann::json({"raw", "isp", "none"}));
    CHECK(nlohmann::json::parse(render_parameters_json(b.r, "nothing"))["parameters"].empty());

    const std::string page = render_parameters_markdown(b.r);
    CHECK(page.find("\n## adc\n") != std::string::npos);
    CHECK(page.find("| `sensor.inck` | quantity | `24 MHz` | 6 MHz .. 27 MHz | Input clock. | "
                    "published: IMX500 Linux driver imx500.c |  |\n") != std::string::npos);
    CHECK(page.find("| `sensor.line_length` | integer | `17900` | 1 .. 65535 cycles |") !=
          std::string::npos);
}

TEST_CASE("parameters: what they move is shown") {
    parameter_registry r;
    std::uint64_t lanes = 4, cache = 1;
    bool fast = true;
    r.integer("npu.lanes", lanes, 1, 8)
        .says("Lanes.")
        .from(provenance::chosen, "any")
        .moves("npu.cycles", -1)
        .moves("npu.area", +1)
        .under("npu.kind=custom");
    r.choice<std::uint64_t>("npu.cache", cache, {{"small", 0}, {"large", 1}})
        .says("Cache.")
        .from(provenance::chosen, "any")
        .moves("npu.misses", -1)
        .compare("small", "large");
    r.boolean("npu.fast", fast)
        .says("Speed.")
        .from(provenance::chosen, "any")
        .moves_nothing("speed only");
    const std::string text = render_parameters(r, "");
    CHECK(text.find("      moves npu.cycles down, npu.area up (with npu.kind=custom)\n") !=
          std::string::npos);
    CHECK(text.find("      moves small to large: npu.misses down\n") != std::string::npos);
    CHECK(text.find("      moves nothing: speed only\n") != std::string::npos);
    const auto json = nlohmann::json::parse(render_parameters_json(r, ""));
    CHECK(json["parameters"][1]["moves"] == "small to large: npu.misses down");
    CHECK(render_parameters_markdown(r).find("| nothing: speed only |\n") != std::string::npos);
    CHECK(r.find("npu.fast")->effect.declared());
}

TEST_CASE("globs") {
    CHECK(matches_glob("", "anything"));
    CHECK(matches_glob("*", "anything"));
    CHECK(matches_glob("a*c", "abbbc"));
    CHECK(matches_glob("a*b*c", "aXbYbZc"));
    CHECK_FALSE(matches_glob("a*b*c", "aXbYbZ"));
    CHECK(matches_glob("a?c", "abc"));
    CHECK_FALSE(matches_glob("a?c", "ac"));
    CHECK_FALSE(matches_glob("abc", "abcd"));
    CHECK_FALSE(matches_glob("*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));  // and quickly
}
