// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/control_protocol.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/sim/program.h"
#include "tests/sim/toy_simulation.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

/// A client, its server and the loop around it.
struct conversation {
    toy_simulation chip;
    double wall = 0;
    control_protocol control{chip, [this] { return wall; }};

    conversation() { control.connect(); }

    std::string said() {
        std::string out = control.output();
        control.sent(out.size());
        return out;
    }
    /// Sends a line and lets up to `ns` pass.
    std::string ask(const std::string& line, std::uint64_t ns = 1000000) {
        say(line);
        settle(ns);
        return said();
    }
    void say(const std::string& line) {
        const std::string bytes = line + "\n";
        CHECK(control.receive(bytes) == bytes.size());
    }
    void settle(std::uint64_t ns = 1000000) {
        control.update();
        chip.advance(ns);
        control.update();
    }
};

}  // namespace

TEST_CASE("control: the greeting names the protocol, its version and the time") {
    toy_simulation chip;
    chip.time = 42;
    control_protocol control(chip, [] { return 0.0; });
    CHECK(control.output().empty());
    control.connect();
    CHECK(control.output() == "ocellus-control 1 t=42\n");
    CHECK(control.connected());
    CHECK_FALSE(control.closing());
}

TEST_CASE("control: registers by name and address, with bus time") {
    conversation c;
    c.said();
    CHECK(c.ask("1 read npu.STATUS") == "1 ok t=8 value=0x00000500\n");
    CHECK(c.ask("2 write npu.STATUS 0xdeadbeef") == "2 ok t=16\n");
    CHECK(c.chip.value == 0xdeadbeef);
    CHECK(c.ask("3 read 0x40003004") == "3 ok t=24 value=0xdeadbeef\n");
    CHECK(c.ask("4 write 1073754116 10") == "4 ok t=32\n");
    CHECK(c.chip.value == 10);
    CHECK(c.ask("5 read 0x50000000") == "5 error t=40 bus nothing at this address\n");
    CHECK(c.ask("6 read npu.STATUSS") ==
          "6 error t=40 parameter no register 'npu.STATUSS'; did you mean npu.STATUS?\n");
    CHECK(c.ask("7 write npu.STATUS 0x100000000") ==
          "7 error t=40 parameter the value is '0x100000000', expected a number from 0 to "
          "4294967295\n");
    CHECK(contains(c.ask("8 read 12x"), "8 error t=40 parameter the address is '12x'"));
    CHECK(contains(c.ask("9 read 0x"), "parameter the address is '0x'"));
}

TEST_CASE("control: memory without time") {
    conversation c;
    c.said();
    CHECK(c.ask("1 poke 0x1000 00fF0a20") == "1 ok t=0\n");
    CHECK(c.ask("2 peek 0x1000 5") == std::string("2 ok t=0 bytes=5\n\0\xff\n \0", 22));
    CHECK(c.ask("3 peek 0x1ffe 4") == "3 error t=0 bus nothing at 0x00002000\n");
    CHECK(c.ask("4 poke 0x1fff 0102") == "4 error t=0 bus nothing to be written at 0x00002000\n");
    CHECK(contains(c.ask("5 poke 0x1000 012"), "5 error t=0 parameter the bytes are pairs"));
    CHECK(contains(c.ask("6 poke 0x1000 0g"), "parameter the bytes are pairs"));
    CHECK(contains(c.ask("7 peek 0x1000 1048577"), "parameter the length is '1048577'"));
    CHECK(c.ask("8 peek 0x1000 0") == "8 ok t=0 bytes=0\n");
}

TEST_CASE("control: simulated time passes in runs alone, and to their condition") {
    conversation c;
    c.said();
    c.settle(500);
    CHECK(c.ask("1 status") == "1 ok t=0 busy=0 ended=0\n");
    CHECK(c.ask("2 run_for 1.5us") == "2 ok t=1500\n");
    CHECK(c.ask("3 run_until event tensor_ready") == "3 ok t=4000\n");
    CHECK(c.ask("4 run_until event tensor_ready count=3") == "4 ok t=34000\n");
    CHECK(c.ask("5 run_until frame 5") == "5 ok t=60000\n");  // frames begin at 10, 20, ... us
    CHECK(c.ask("6 run_until frame 2") == "6 ok t=60000\n");  // has begun already
    CHECK(c.ask("7 wait_irq tensor") == "7 ok t=64000\n");
    CHECK(c.ask("8 wait_irq tensor") == "8 ok t=64000\n");  // still high
    CHECK(c.ask("9 irq") == "9 ok t=64000 frame=0 tensor=1\n");
    CHECK(c.ask("10 run_for 1us") == "10 ok t=65000\n");
    CHECK(c.ask("11 irq") == "11 ok t=65000 frame=0 tensor=0\n");
    CHECK(c.ask("12 wait_irq frame limit=3us") ==
          "12 error t=68000 limit the limit of simulated time was reached first\n");
    CHECK(contains(c.ask("13 wait_irq tensr"),
                   "parameter no interrupt 'tensr'; did you mean tensor?"));
    CHECK(contains(c.ask("14 run_until event frame_start"), "did you mean frame_started?"));
    CHECK(contains(c.ask("15 run_until frames 1"), "15 error t=68000 parameter usage: run_until"));
    CHECK(contains(c.ask("16 run_for 5 us"), "16 error t=68000 parameter usage: run_for TIME"));
    for (const std::string wrong : {"0", "-1ns", "x", "nan s", "inf s", "1e99 s", "5 m", "5m"})
        CHECK(contains(c.ask("17 run_for " + wrong), "17 error t=68000 parameter "));
    CHECK(contains(c.ask("18 run_until frame 1 count=2"), "18 error t=68000 parameter usage: "));
}

TEST_CASE("control: what takes no time is answered while a run goes on") {
    conversation c;
    c.said();
    CHECK(c.ask("a run_for 1ms", 1000).empty());
    CHECK(c.ask("b status", 1000) == "b ok t=1000 busy=1 ended=0\n");
    CHECK(c.ask("c peek 0x1000 1", 0) == std::string("c ok t=2000 bytes=1\n\0", 21));
    CHECK(c.ask("d run_for 1ns", 0) == "d error t=2000 busy request a still runs; stop ends it\n");
    CHECK(c.ask("e read npu.STATUS", 0) ==
          "e error t=2000 busy request a still runs; stop ends it\n");
    CHECK(c.ask("f stop") == "a error t=2000 stopped stopped by request f\nf ok t=2000\n");
    CHECK(c.chip.stops == 1);
    CHECK(c.ask("g stop") == "g ok t=2000\n");
    CHECK(c.ask("h run_for 10ns") == "h ok t=2010\n");
}

TEST_CASE("control: a deadline of wall time on every run and access") {
    conversation c;
    c.said();
    c.chip.stuck = true;
    const auto [request, seconds] =
        GENERATE(table<std::string, double>({{"run_for 1ms deadline=500ms", 0.5},
                                             {"run_until frame 0 deadline=2s", 2.0},
                                             {"wait_irq tensor deadline=100us limit=1s", 0.0001},
                                             {"read npu.STATUS deadline=1s", 1.0},
                                             {"write npu.STATUS 1 deadline=1s", 1.0},
                                             {"run_for 1ms", 60.0}}));
    c.say("1 " + request);
    c.wall = seconds * 0.99;
    c.settle();
    CHECK(c.said().empty());
    c.wall = seconds * 1.01;
    c.settle();
    CHECK(c.said() == "1 error t=0 deadline the deadline has passed\n");
    CHECK_FALSE(c.chip.busy());
    c.chip.stuck = false;
    CHECK(c.ask("2 run_for 5ns") == "2 ok t=5\n");
    CHECK(contains(c.ask("3 run_for 5ns deadline=never"), "parameter deadline is 'never'"));
    CHECK(contains(c.ask("4 run_for 5ns deadline=0s"), "parameter deadline is '0s'"));
    CHECK(c.chip.time == 5);
}

TEST_CASE("control: results and their payloads") {
    conversation c;
    c.said();
    CHECK(c.ask("1 frame") == "1 error t=0 none no image has been received yet\n");
    CHECK(c.ask("2 tensor") == "2 error t=0 none no tensor has been made yet\n");
    CHECK(c.ask("3 metadata") == "3 error t=0 none no metadata has been received yet\n");
    c.chip.picture = {7, 4, 2, "raw10", std::string("ab\n\0defghij", 11)};
    c.chip.tensor = {0, 10, 255};
    c.chip.metadata = "{\"frame\":7}\n";
    CHECK(
        c.ask("4 frame") ==
        std::string("4 ok t=0 frame=7 width=4 height=2 format=raw10 bytes=11\nab\n\0defghij", 67));
    CHECK(c.ask("5 tensor") == std::string("5 ok t=0 bytes=3\n\0\n\xff", 20));
    CHECK(c.ask("6 metadata") == "6 ok t=0 bytes=12\n{\"frame\":7}\n");
    CHECK(c.ask("7 stats") == "7 ok t=0 bytes=40\nframes.delivered 0\nnpu.utilisation 0.25\n");
    CHECK(c.ask("8 stats none") == "8 ok t=0 bytes=0\n");
    const std::string help = c.ask("9 help");
    for (const char* verb : {"help", "status", "read ", "write ", "peek ", "poke ", "run_for ",
                             "run_until ", "wait_irq ", "irq\n", "stats ", "frame\n", "tensor\n",
                             "metadata\n", "scene ", "reset\n", "stop\n", "quit\n"})
        CHECK(contains(help, std::string("\n") + verb));
}

TEST_CASE("control: scene, reset, quit") {
    conversation c;
    c.said();
    CHECK(c.ask("1 scene /tmp/a picture  of me=1.png ") == "1 ok t=0\n");
    CHECK(c.chip.scene == "/tmp/a picture  of me=1.png");
    CHECK(c.ask("2 scene missing.png") == "2 error t=0 parameter cannot read missing.png\n");
    CHECK(contains(c.ask("3 scene"), "3 error t=0 parameter usage: scene "));
    CHECK(c.ask("4 reset") == "4 ok t=0\n");
    CHECK(c.chip.resets == 1);
    CHECK(c.ask("5 quit") == "5 ok t=0\n");
    CHECK(c.chip.quits == 1);
    CHECK(c.control.closing());
}

TEST_CASE("control: a run of the program that ends, ends requests") {
    conversation c;
    c.said();
    CHECK(c.ask("1 run_for 1s", 100).empty());
    c.chip.over = true;
    c.settle();
    CHECK(c.said() == "1 error t=100 ended the run has ended\n");
    CHECK(c.ask("2 run_for 1s") == "2 error t=100 ended the run has ended\n");
    CHECK(c.ask("3 read npu.STATUS") == "3 error t=100 ended the run has ended\n");
    CHECK(contains(c.ask("4 stats"), "4 ok t=100 bytes="));
    CHECK(c.ask("5 status") == "5 ok t=100 busy=0 ended=1\n");
}

TEST_CASE("control: a client that vanishes stops what it began, and another begins anew") {
    conversation c;
    c.said();
    CHECK(c.ask("1 run_for 1s", 100).empty());
    c.say("2 status");
    c.control.receive("3 sta");
    c.control.disconnect();
    CHECK(c.chip.stops == 1);
    CHECK_FALSE(c.chip.busy());
    CHECK(c.control.output().empty());
    CHECK_FALSE(c.control.connected());
    c.control.connect();
    CHECK(c.said() == "ocellus-control 1 t=100\n");
    CHECK(c.ask("1 status") == "1 ok t=100 busy=0 ended=0\n");
}

TEST_CASE("control: lines") {
    conversation c;
    c.said();
    CHECK(c.ask("").empty());
    CHECK(c.ask("   ").empty());
    CHECK(c.ask("  1   status  ") == "1 ok t=0 busy=0 ended=0\n");
    CHECK(c.ask("1 status\r") == "1 ok t=0 busy=0 ended=0\n");
    CHECK(c.ask("1") == "1 error t=0 syntax expected: ID VERB arguments, such as: 1 status\n");
    CHECK(c.ask("1 statis") == "1 error t=0 verb unknown verb; did you mean status?\n");
    CHECK(c.ask("1 zzzzzzzz") == "1 error t=0 verb unknown verb; help lists them\n");
    CHECK(c.ask("1 status now") == "1 error t=0 parameter usage: status\n");
    CHECK(c.ask("1 read npu.STATUS limit=1s") ==
          "1 error t=0 parameter usage: read BLOCK.REGISTER|ADDRESS\n");
    CHECK(c.ask("1 sta\ttus") == "- error t=0 syntax control characters\n");
    CHECK(c.ask(std::string("1 sta\0tus", 9)) == "- error t=0 syntax control characters\n");
    CHECK(c.ask(std::string(200, 'i') + " status") ==
          std::string(64, 'i') + " ok t=0 busy=0 ended=0\n");
    std::string many = "1";
    for (int i = 0; i < 65; ++i)
        many += " x";
    CHECK(c.ask(many) == "- error t=0 syntax too many words\n");

    // A line may come in pieces, several at once, and be as long as it may.
    CHECK(c.control.receive("1 sta") == 5);
    CHECK(c.said().empty());
    CHECK(c.ask("tus\n2 status") == "1 ok t=0 busy=0 ended=0\n2 ok t=0 busy=0 ended=0\n");
    const std::string poke = "1 poke 0x1000 ";
    CHECK(c.ask(poke + std::string((control_protocol::longest_line - poke.size()) / 2 * 2, '1')) ==
          "1 error t=0 bus nothing to be written at 0x00002000\n");
    CHECK(c.ask(std::string(control_protocol::longest_line + 1, '1')) ==
          "- error t=0 syntax a line has at most 16384 bytes\n");
    CHECK(c.ask("1 status") == "1 ok t=0 busy=0 ended=0\n");
}

TEST_CASE("control: replies that nobody fetches hold up requests, not memory") {
    conversation c;
    c.chip.picture = {0, 1, 1, "raw10", std::string(1 << 20, 'x')};
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "1 frame\n";
    std::size_t taken = c.control.receive(many);
    CHECK(taken < many.size());
    CHECK(c.control.output().size() < (6u << 20));
    CHECK(c.control.receive(std::string_view(many).substr(taken)) == 0);
    c.said();
    CHECK(c.control.receive(std::string_view(many).substr(taken)) > 0);
}

TEST_CASE("control: whatever comes, the next valid line is answered") {
    std::mt19937 random(1);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const std::vector<std::string> seeds = {
        "1 help",
        "1 status",
        "1 read npu.STATUS",
        "1 read 0x40003004 deadline=1s",
        "1 write npu.STATUS 0xffffffff",
        "1 peek 0x1000 16",
        "1 peek 0x1ff0 4096",
        "1 poke 0x1000 00112233",
        "1 run_for 10ns",
        "1 run_for 33ms deadline=10s",
        "1 run_until frame 3",
        "1 run_until event tensor_ready count=2 limit=1ms",
        "1 run_until event frame_started",
        "1 wait_irq tensor limit=20us",
        "1 irq",
        "1 stats",
        "1 stats npu.*",
        "1 frame",
        "1 tensor",
        "1 metadata",
        "1 scene builtin:parcels",
        "1 scene missing.png",
        "1 reset",
        "1 stop",
        "1 quit",
    };
    conversation c;
    c.chip.picture = {0, 2, 2, "raw10", "12345"};
    c.chip.tensor = {1, 2, 3};
    c.chip.metadata = "{}\n";
    std::size_t answered = 0, refused = 0, quits = 0, longest = 0;
    // Every reply is a whole line, printable, with the time at its place, and its payload.
    const auto check = [&](const std::string& out, const std::string& after) {
        for (std::size_t at = 0; at < out.size();) {
            const std::size_t end = out.find('\n', at);
            const std::string line =
                end == std::string::npos ? std::string() : out.substr(at, end - at);
            const std::size_t ok = line.find(" ok t="), error = line.find(" error t=");
            const bool greeting = line.rfind("ocellus-control 1 t=", 0) == 0;
            if (!greeting && ok == std::string::npos && error == std::string::npos)
                FAIL("not a reply: '" << out.substr(at, 80) << "' to " << after);
            for (const char b : line)
                if (static_cast<unsigned char>(b) < 32)
                    FAIL("a reply with a control character, to " << after);
            refused += error < ok ? 1 : 0;
            const std::size_t bytes = ok < error ? line.rfind(" bytes=") : std::string::npos;
            at = end + 1 + (bytes == std::string::npos ? 0 : std::stoul(line.substr(bytes + 7)));
            if (at > out.size())
                FAIL("a payload is missing, to " << after);
        }
    };
    const auto renew = [&] {
        c.chip.over = false;
        c.control.disconnect();
        c.control.connect();
    };
    for (unsigned round = 0; round < 1000000; ++round) {
        std::string bytes = seeds[below(seeds.size())];
        const std::size_t how = below(8);
        for (std::size_t i = how < 6 ? below(4) : 0; i > 0; --i) {
            const std::size_t at = below(bytes.size() + 1);
            const char b = static_cast<char>(below(4) == 0 ? below(256) : 32 + below(95));
            switch (below(4)) {
                case 0:
                    bytes.insert(at, 1, b);
                    break;
                case 1:
                    bytes.erase(at, 1 + below(4));
                    break;
                case 2:
                    if (at < bytes.size())
                        bytes[at] = b;
                    break;
                default:
                    bytes.insert(at, bytes.substr(below(bytes.size() + 1)));
            }
        }
        if (how == 0 && below(100) == 0)
            bytes = std::string(below(40000), static_cast<char>(below(256)));
        if (how == 1)
            for (std::size_t i = below(40); i > 0; --i)
                bytes += static_cast<char>(below(256));
        if (how != 2)
            bytes += '\n';
        for (std::size_t at = 0; at < bytes.size() && !c.control.closing();)
            at += c.control.receive(std::string_view(bytes).substr(at));
        c.wall += below(50) == 0 ? 100 : 0.01;
        c.settle(below(4) == 0 ? 0 : below(200));
        longest = std::max(longest, c.control.output().size());
        check(c.said(), bytes);
        if (c.control.closing() || c.chip.over) {
            ++quits;
            renew();
        } else if (below(100) == 0) {
            renew();
        }
        if (round % 8 != 0)
            continue;
        // A line that was left open may say quit.
        c.control.receive("\n");
        c.said();
        if (c.control.closing() || c.chip.over)
            renew();
        const std::string status = c.ask("fine status", 0);
        if (!contains(status, "fine ok t="))
            FAIL("no answer in round " << round << " after " << bytes << ": " << status);
        ++answered;
        if (c.control.closing() || c.chip.over)
            renew();
    }
    CHECK(answered == 125000);
    CHECK(refused > 100000);
    CHECK(quits > 1000);
    CHECK(c.chip.runs > 10000);
    CHECK(longest < (1u << 20));
}
