// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/command_line.h"

using namespace ocellus;
using sim::command_line;

namespace {

command_line parse(std::vector<const char*> words) {
    words.insert(words.begin(), "ocellus");
    return sim::parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string message_of(std::vector<const char*> words) {
    try {
        parse(std::move(words));
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("run takes a configuration and options in any order") {
    const auto c = parse({"run", "--frames", "3", "a.toml", "--set", "npu.clock=1 GHz", "--scene",
                          "p.png", "--set", "adc.bits=12", "--timing-only", "--seed", "9", "--out",
                          "d", "--threads", "4"});
    CHECK(c.action == command_line::verb::run);
    CHECK(c.config_file == "a.toml");
    CHECK(c.frames == 3u);
    CHECK(c.seed == 9u);
    CHECK(c.threads == 4u);
    CHECK(c.timing_only);
    CHECK(c.scene == "p.png");
    CHECK(c.out == "d");
    CHECK(c.settings == std::vector<std::string>{"npu.clock=1 GHz", "adc.bits=12"});
}

TEST_CASE("mistakes on the command line name the nearest valid word") {
    CHECK(contains(message_of({"rum"}), "unknown command 'rum'; did you mean run?"));
    CHECK(contains(message_of({"run", "--frame", "2"}), "did you mean --frames?"));
    CHECK(contains(message_of({"run", "--frames", "0"}), "expected a whole number from 1"));
    CHECK(contains(message_of({"run", "--frames", "-1"}), "expected a whole number"));
    CHECK(contains(message_of({"run", "--frames", "99999999999999999999999"}),
                   "expected a whole number"));
    CHECK(contains(message_of({"run", "a.toml", "b.toml"}), "unexpected argument 'b.toml'"));
    CHECK(contains(message_of({"run", "--frames"}), "frames"));
    CHECK(contains(message_of({"params", "--json", "--markdown"}), "exclude each other"));
    CHECK(contains(message_of({"scene"}), "--out"));
}

TEST_CASE("help shows examples first") {
    CHECK(parse({}).action == command_line::verb::help);
    CHECK(parse({"--help"}).action == command_line::verb::help);
    CHECK(parse({"run", "--help"}).help_topic == "run");
    const auto text = sim::help_text("run");
    REQUIRE(contains(text, "Examples"));
    CHECK(text.find("Examples") < text.find("Options"));
    CHECK(contains(text, "--timing-only"));
    const auto all = sim::help_text("");
    CHECK(all.find("Examples") < all.find("Usage"));
}
