// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/config.h"
#include "tests/core/example_parameters.h"
#include "tests/core/temporary_folder.h"

using namespace ocellus;

namespace {

struct bench {
    temporary_folder folder;
    example_parameters p;
    parameter_registry r;
    diagnostics d;
    bench() { p.declare(r); }
    /// All messages for a file of this text.
    std::string load(const std::string& text, const std::string& name = "chip.toml") {
        put_file(name, text);
        load_config_file(name, r, d);
        return d.render();
    }
};

}  // namespace

TEST_CASE("config: values reach the fields, with their origin") {
    bench b;
    CHECK(b.load("seed = 7  # comment\n"
                 "[adc]\n"
                 "bits = 12\n"
                 "enabled = false\n"
                 "offset = -0x0\n"
                 "[sensor]\n"
                 "inck = \"18 MHz\"\n"
                 "line_length = 9_398\n"
                 "gain = 2\n"
                 "exposure = '1/1'\n"
                 "sram.x = 1\n")
              .find("TOML syntax") != std::string::npos);
    b.d = {};
    CHECK(b.load("seed = 7  # comment\r\n"
                 "output = { image = \"isp\", title = \"\\u00e9\" }\r\n"
                 "[adc]\n"
                 "bits = 12\n"
                 "enabled = false\n"
                 "[sensor]\n"
                 "inck = \"18 MHz\"\n"
                 "line_length = 0x24B6\n"
                 "gain = 2\n"
                 "exposure = \"\"\"20 ms\"\"\"\n") == "");
    CHECK(b.p.seed == 7);
    CHECK(b.p.bits == 12);
    CHECK_FALSE(b.p.enabled);
    CHECK(b.p.inck == 18e6);
    CHECK(b.p.line_length == 9398);
    CHECK(b.p.gain == 2);
    CHECK(b.p.exposure == 20e-3);
    CHECK(b.p.image == example_image::isp);
    CHECK(b.p.title == "\u00e9");
    CHECK(b.r.find("adc.bits")->origin == "chip.toml:4");
    CHECK(b.r.find("adc.offset")->origin == "default");
    const source_position where = b.r.where("sensor.inck");
    CHECK(where.file == "chip.toml");
    CHECK(where.line == 7);
    CHECK(where.column == 8);
    CHECK(where.length == 8);
    CHECK(where.text == "inck = \"18 MHz\"");
}

TEST_CASE("config: many mistakes at once, each at its place") {
    bench b;
    CHECK(
        b.load("sed = 1\n"
               "[adc]\n"
               "bit = 12\n"
               "bits = 99\n"
               "enabled = \"true\"\n"
               "offset = 1.5\n"
               "\n"
               "[sensr]\n"
               "gain = 1\n"
               "\n"
               "[sensor]\n"
               "  inck = 24\n"
               "  exposure = \"16 MHz\"\n"
               "  noise = \"200 e-\"\n"
               "  gain = \"2\"\n"
               "  line_length = [1, 2]\n"
               "[output]\n"
               "image = \"jpg\"\n"
               "title = 5\n"
               "[sram]\n"
               "banks = 12\n"
               "size.value = 3\n"
               "[whatever.on.earth]\n") ==
        "chip.toml:1:1: error: unknown parameter 'sed'\n"
        "    1 | sed = 1\n"
        "      | ^~~ did you mean 'seed'?\n"
        "chip.toml:3:1: error: unknown parameter 'adc.bit'\n"
        "    3 | bit = 12\n"
        "      | ^~~ did you mean 'adc.bits'?\n"
        "chip.toml:4:8: error: adc.bits: 99 is out of range\n"
        "    4 | bits = 99\n"
        "      |        ^~ expected 8 .. 14\n"
        "chip.toml:5:11: error: adc.enabled: wrong type, a string\n"
        "    5 | enabled = \"true\"\n"
        "      |           ^~~~~~ expected true or false, without quotes\n"
        "chip.toml:6:10: error: adc.offset: wrong type, a real number\n"
        "    6 | offset = 1.5\n"
        "      |          ^~~ expected an integer, -8 .. 7, without quotes\n"
        "chip.toml:8:2: error: unknown table [sensr]\n"
        "    8 | [sensr]\n"
        "      |  ^~~~~ did you mean [sensor]?\n"
        "chip.toml:12:10: error: sensor.inck: 24 lacks its unit, one of Hz, kHz, MHz, GHz\n"
        "   12 |   inck = 24\n"
        "      |          ^~ write \"24 MHz\"\n"
        "chip.toml:13:14: error: sensor.exposure: the unit 'MHz' is not one of ps, ns, us, ms, s\n"
        "   13 |   exposure = \"16 MHz\"\n"
        "      |              ^~~~~~~~ write it like \"16 ms\"\n"
        "chip.toml:14:11: error: sensor.noise: \"200 e-\" is out of range\n"
        "   14 |   noise = \"200 e-\"\n"
        "      |           ^~~~~~~~ expected \"0 e-\" .. \"100 e-\"\n"
        "chip.toml:15:10: error: sensor.gain: wrong type, a string\n"
        "   15 |   gain = \"2\"\n"
        "      |          ^~~ expected a number, 1 .. 22.26, without quotes\n"
        "chip.toml:16:17: error: sensor.line_length: wrong type, an array\n"
        "   16 |   line_length = [1, 2]\n"
        "      |                 ^~~~~~ expected an integer, 1 .. 65535, without quotes\n"
        "chip.toml:18:9: error: output.image: \"jpg\" is not one of raw, isp, none\n"
        "   18 | image = \"jpg\"\n"
        "      |         ^~~~~\n"
        "chip.toml:19:9: error: output.title: wrong type, an integer\n"
        "   19 | title = 5\n"
        "      |         ^ expected text in quotes\n"
        "chip.toml:21:9: error: sram.banks: 12 is not a power of two\n"
        "   21 | banks = 12\n"
        "      |         ^~ expected 1 .. 64, a power of two\n"
        "chip.toml:22:1: error: sram.size: wrong type, a table\n"
        "   22 | size.value = 3\n"
        "      | ^~~~ expected a quoted number with its unit, like \"8 MiB\"\n"
        "chip.toml:23:2: error: unknown table [whatever]\n"
        "   23 | [whatever.on.earth]\n"
        "      |  ^~~~~~~~ see 'ocellus params'\n"
        "16 errors. Nothing was simulated.\n");
    CHECK(b.p.bits == 10);
    CHECK(b.p.inck == 24e6);
    CHECK_THROWS_AS(b.d.throw_if_errors(), input_error);
}

TEST_CASE("config: a table where a value belongs, and a value where a table belongs") {
    bench b;
    CHECK(b.load("adc = 5\n") ==
          "chip.toml:1:7: error: adc: expected a table, got an integer\n"
          "    1 | adc = 5\n"
          "      |       ^ write [adc] and its keys below\n"
          "1 error. Nothing was simulated.\n");
}

TEST_CASE("config: TOML syntax errors are located") {
    for (const char* text :
         {"[adc]\nbits = \n", "[adc]\nbits = 10 12\n", "[adc]\nbits = 1\nbits = 2\n",
          "[adc]\nx = \"abc\n", "[adc]\nbits\n", "[adc]\n[adc]\n",
          "[adc]\nbits = 99999999999999999999\n", "[adc]\n\x01\x02garbage"}) {
        bench b;
        const std::string message = b.load(text);
        INFO(message);
        CHECK(b.d.errors().size() == 1);
        CHECK(message.find("error: TOML syntax: ") != std::string::npos);
        CHECK((b.d.errors()[0].where.line == 2 || b.d.errors()[0].where.line == 3));
        CHECK(b.d.errors()[0].where.column >= 1);
        CHECK(b.d.errors()[0].where.file == "chip.toml");
    }
    bench b;
    CHECK(b.load("") == "");
    CHECK(b.load("[output]\n\t\"title\" = \"\u00e9\u20ac\" ; x\n").find("chip.toml:2:17: error") ==
          0);
    b.d = {};
    CHECK(b.load("# \u00e9\n[adc]\n\tbits\t= 9 # \u00e9\xff\xfe\n") ==
          "chip.toml:3:14: error: not a TOML file: this is not UTF-8 text\n"
          "    3 | \tbits\t= 9 # \u00e9\xff\xfe\n"
          "      | \t    \t       ^\n"
          "1 error. Nothing was simulated.\n");
    b.d = {};
    CHECK(b.load("[output]\n\t\"title\" = \"\u00e9\u20ac\"\n\timage\t= \"x\" # \u00e9\n") ==
          "chip.toml:3:10: error: output.image: \"x\" is not one of raw, isp, none\n"
          "    3 | \timage\t= \"x\" # \u00e9\n"
          "      | \t     \t  ^~~\n"
          "1 error. Nothing was simulated.\n");
    b.d = {};
    CHECK(b.load("\xEF\xBB\xBF[adc]\nbits = 9") == "");
    CHECK(b.p.bits == 9);
}

TEST_CASE("config: a file that cannot be read is a usage error that names it") {
    bench b;
    std::filesystem::create_directory("folder");
    for (const char* name : {"missing.toml", "folder", "none/at/all.toml"}) {
        try {
            load_config_file(name, b.r, b.d);
            FAIL("no exception");
        } catch (const input_error& e) {
            CHECK(e.code() == exit_code::usage);
            CHECK(std::string(e.what()).find("'" + std::string(name) + "'") != std::string::npos);
        }
    }
    CHECK_THROWS_WITH(load_config_file("missing.toml", b.r, b.d),
                      "configuration: cannot read 'missing.toml': No such file or directory");
}

TEST_CASE("config: inherit reads the other file first, relative to the one that names it") {
    bench b;
    std::filesystem::create_directories("configs/base");
    put_file("configs/base/chip.toml",
             "[adc]\nbits = 12\n[sensor]\ngain = 3\n[scene]\nfile = \"a.png\"\n");
    put_file("configs/part.toml",
             "inherit = \"base/chip.toml\"\n[adc]\nbits = 14\n[output]\ntitle = \"part\"\n");
    load_config_file("configs/part.toml", b.r, b.d);
    CHECK(b.d.render() == "");
    CHECK(b.p.bits == 14);
    CHECK(b.p.gain == 3);
    CHECK(b.p.scene == "configs/base/a.png");  // relative to the file that says it
    CHECK(b.r.find("adc.bits")->origin == "configs/part.toml:3");
    CHECK(b.r.find("sensor.gain")->origin == "configs/base/chip.toml:4");

    put_file("other.toml", "inherit = \"missing.toml\"\n[adc]\nbits = 99\n");
    load_config_file("other.toml", b.r, b.d);
    CHECK(b.d.render() ==
          "other.toml:1:11: error: inherit: cannot read 'missing.toml': No such file or directory\n"
          "    1 | inherit = \"missing.toml\"\n"
          "      |           ^~~~~~~~~~~~~~\n"
          "other.toml:3:8: error: adc.bits: 99 is out of range\n"
          "    3 | bits = 99\n"
          "      |        ^~ expected 8 .. 14\n"
          "2 errors. Nothing was simulated.\n");
    b.d = {};
    put_file("wrong.toml", "inherit = 5\n");
    load_config_file("wrong.toml", b.r, b.d);
    CHECK(b.d.errors().size() == 1);
}

TEST_CASE("config: circles of inheritance are found") {
    bench b;
    std::filesystem::create_directory("sub");
    put_file("a.toml", "inherit = \"sub/b.toml\"\n");
    put_file("sub/b.toml", "inherit = \"../c.toml\"\n");
    put_file("c.toml", "inherit = \"./sub/../sub/b.toml\"\n");
    load_config_file("a.toml", b.r, b.d);
    REQUIRE(b.d.errors().size() == 1);
    CHECK(b.d.errors()[0].message ==
          "inherit: files inherit from each other: sub/b.toml -> sub/../c.toml -> "
          "sub/.././sub/../sub/b.toml");
    CHECK(b.d.errors()[0].where.file == "sub/../c.toml");
    b.d = {};
    put_file("self.toml", "inherit = \"self.toml\"\n");
    load_config_file("self.toml", b.r, b.d);
    REQUIRE(b.d.errors().size() == 1);
    CHECK(b.d.errors()[0].message ==
          "inherit: files inherit from each other: self.toml -> self.toml");
}

TEST_CASE("config: relative paths belong to the file that names them") {
    bench b;
    std::filesystem::create_directories("x/y");
    b.load("[scene]\nfile = \"../p.png\"\n", "x/y/c.toml");
    CHECK(b.p.scene == "x/y/../p.png");
    b.load("[scene]\nfile = \"/p.png\"\n", "x/y/c.toml");
    CHECK(b.p.scene == "/p.png");
    b.load("[scene]\nfile = \"\"\n", "x/y/c.toml");
    CHECK(b.p.scene.empty());
    b.load("[scene]\nfile = \"p.png\"\n", "c.toml");
    CHECK(b.p.scene == "p.png");
    b.load("relative_to = \"working folder\"\n[scene]\nfile = \"q.png\"\n", "x/y/c.toml");
    CHECK(b.p.scene == "q.png");
    b.load("relative_to = \"this file\"\n[scene]\nfile = \"q.png\"\n", "x/y/c.toml");
    CHECK(b.p.scene == "x/y/q.png");
    CHECK(b.d.render() == "");
    b.load("relative_to = \"home\"\n");
    CHECK(b.d.errors().size() == 1);
}

TEST_CASE("config: settings of the command line") {
    bench b;
    apply_settings({"adc.bits=12", "adc.bits = 13 ", "sensor.inck=18 MHz", "output.image='isp'",
                    "output.title=\"a\\tb\"", "scene.file=p.png", "adc.enabled=false",
                    "seed=18446744073709551615", "output.title=x=y"},
                   b.r, b.d);
    CHECK(b.d.render() == "");
    CHECK(b.p.bits == 13);
    CHECK(b.p.inck == 18e6);
    CHECK(b.p.image == example_image::isp);
    CHECK(b.p.title == "x=y");
    CHECK(b.p.scene == "p.png");
    CHECK(b.p.seed == UINT64_MAX);
    CHECK(b.r.find("adc.bits")->origin == "command line");
    CHECK(b.r.where("adc.bits").file == "--set");

    apply_settings({"adc.bits=99", "adc.bit=9", "bits", "=3", "sensor.inck= 24", "output.title=\"x",
                    "output.image=jpg", "seed="},
                   b.r, b.d);
    CHECK(b.d.render() ==
          "--set: error: adc.bits: 99 is out of range\n"
          "      | adc.bits=99\n"
          "      |          ^~ expected 8 .. 14\n"
          "--set: error: unknown parameter 'adc.bit'\n"
          "      | adc.bit=9\n"
          "      | ^~~~~~~ did you mean 'adc.bits'?\n"
          "--set: error: 'bits' is not a setting\n"
          "      | bits\n"
          "      | ^~~~ expected name=value\n"
          "--set: error: '=3' is not a setting\n"
          "      | =3\n"
          "      | ^~ expected name=value\n"
          "--set: error: sensor.inck: 24 lacks its unit, one of Hz, kHz, MHz, GHz\n"
          "      | sensor.inck= 24\n"
          "      |              ^~ write \"24 MHz\"\n"
          "--set: error: output.title: the quote is not closed\n"
          "      | output.title=\"x\n"
          "      |              ^~\n"
          "--set: error: output.image: \"jpg\" is not one of raw, isp, none\n"
          "      | output.image=jpg\n"
          "      |              ^~~\n"
          "--set: error: seed: '' is not a number\n"
          "      | seed=\n"
          "      |      ^ expected 0 .. 18446744073709551615\n"
          "8 errors. Nothing was simulated.\n");
}

TEST_CASE("config: the resolved configuration") {
    bench b;
    b.load("[adc]\nbits = 12\n[scene]\nfile = \"p.png\"\n");
    apply_settings({"sensor.inck=18 MHz"}, b.r, b.d);
    REQUIRE(b.d.render() == "");
    CHECK(resolved_config(b.r) ==
          "# Every parameter of the run, with the origin of its value.\n"
          "relative_to = \"working folder\"\n"
          "\n"
          "seed = 1  # default\n"
          "\n"
          "[adc]\n"
          "bits = 12       # chip.toml:2\n"
          "offset = -3     # default\n"
          "enabled = true  # default\n"
          "\n"
          "[sensor]\n"
          "inck = \"18 MHz\"      # command line\n"
          "line_length = 17900  # default\n"
          "exposure = \"16 ms\"   # default\n"
          "gain = 1.5           # default\n"
          "noise = \"2.2 e-\"     # default\n"
          "share = \"5 %\"        # default\n"
          "\n"
          "[sram]\n"
          "size = \"8 MiB\"  # default\n"
          "banks = 16      # default\n"
          "\n"
          "[output]\n"
          "image = \"raw\"  # default\n"
          "title = \"\"     # default\n"
          "\n"
          "[scene]\n"
          "file = \"p.png\"  # chip.toml:4\n");
    const auto json = nlohmann::json::parse(resolved_config_json(b.r));
    CHECK(json["adc.bits"]["value"] == 12);
    CHECK(json["adc.bits"]["origin"] == "chip.toml:2");
    CHECK(json["sensor.inck"]["value"] == 18e6);
    CHECK(json["sensor.inck"]["unit"] == "Hz");
    CHECK(json["adc.enabled"]["value"] == true);
    CHECK(json["output.image"]["value"] == "raw");
    CHECK(json["sram.size"]["value"] == 8388608);
}

TEST_CASE("config: the resolved configuration reads back to the same values") {
    bench a;
    a.p.title = "quotes \" and \\ and\nlines\tand \x7f and \u00e9";
    a.p.scene = "some where/p.png";
    a.p.seed = UINT64_MAX;
    a.p.gain = 1.0 + 1.0 / 3;
    a.p.exposure = 0.1 / 3;
    a.p.inck = 23999999.999999996;
    a.p.share = 0.1 + 0.2;
    a.p.offset = -8;
    a.p.enabled = false;
    a.p.image = example_image::none;
    const std::string text = resolved_config(a.r);
    std::filesystem::create_directory("out");
    put_file("out/resolved.toml", text);
    example_parameters p;
    parameter_registry r;
    p.declare(r);
    diagnostics d;
    load_config_file("out/resolved.toml", r, d);
    CHECK(d.render() == "");
    CHECK(p.title == a.p.title);
    CHECK(p.scene == a.p.scene);
    CHECK(p.seed == a.p.seed);
    CHECK(p.gain == a.p.gain);
    CHECK(p.exposure == a.p.exposure);
    CHECK(p.inck == a.p.inck);
    CHECK(p.share == a.p.share);
    CHECK(p.offset == a.p.offset);
    CHECK(p.enabled == a.p.enabled);
    CHECK(p.image == a.p.image);
    for (const parameter* q : a.r.all())
        CHECK(r.find(q->name)->get() == q->get());
}
