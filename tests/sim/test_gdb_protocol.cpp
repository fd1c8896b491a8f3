// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Exchanges after the GDB manual, appendix E: Overview, Packets, Stop Reply Packets, General Query
// Packets, Packet Acknowledgment, Memory Map Format.
#include "sim/gdb_protocol.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/sim/toy_machine.h"

using namespace ocellus::sim;
using reason = debug_stop_reason;

namespace {

std::string hex(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
        const unsigned b = static_cast<unsigned char>(c);
        text += "0123456789abcdef"[b / 16];
        text += "0123456789abcdef"[b % 16];
    }
    return text;
}

std::string frame(const std::string& body) {
    unsigned sum = 0;
    for (const char c : body)
        sum += static_cast<unsigned char>(c);
    return "$" + body + "#" + hex(std::string(1, static_cast<char>(sum & 255u)));
}

/// What a client reads: the bodies of the packets in `stream`. Fails on anything that is neither a
/// packet with a right checksum nor, with `signs`, a + or -.
std::vector<std::string> bodies(const std::string& stream, bool signs = false) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < stream.size();) {
        if (signs && (stream[at] == '+' || stream[at] == '-')) {
            ++at;
            continue;
        }
        const std::size_t end = stream.find('#', at);
        if (stream[at] != '$' || end == std::string::npos || end + 3 > stream.size())
            FAIL("not a packet: " << stream.substr(at, 80));
        all.push_back(stream.substr(at + 1, end - at - 1));
        if (stream.substr(at, end + 3 - at) != frame(all.back()))
            FAIL("wrong checksum: " << stream.substr(at, 80));
        if (all.back().size() > gdb_protocol::packet_size)
            FAIL("a packet of " << all.back().size() << " characters");
        at = end + 3;
    }
    return all;
}

struct conversation {
    toy_machine machine;
    gdb_protocol gdb{machine};

    conversation() { gdb.connect(); }

    std::string said() {
        std::string out = gdb.output();
        gdb.sent(out.size());
        return out;
    }
    /// Raw bytes and the raw answer.
    std::string raw(const std::string& bytes) {
        const std::size_t taken = gdb.receive(bytes);
        CHECK(taken == bytes.size());
        return said();
    }
    /// A packet and the body of its only answer, which must be acknowledged properly.
    std::string ask(const std::string& body) {
        const std::string out = raw(frame(body));
        if (out.empty() || out[0] != '+')
            FAIL("no acknowledgment of " << body);
        const auto all = bodies(out.substr(1));
        if (all.size() != 1)
            FAIL(all.size() << " answers to " << body);
        raw("+");
        return all[0];
    }
    /// The stop reply after the simulation has gone on.
    std::string later(unsigned instructions = 1000) {
        machine.advance(instructions);
        gdb.update();
        const auto all = bodies(said());
        return all.size() == 1 ? all[0] : "(" + std::to_string(all.size()) + " answers)";
    }
    std::string text_of_monitor(const std::string& command) {
        std::string text;
        auto all = bodies(raw(frame("qRcmd," + hex(command))).substr(1));
        REQUIRE_FALSE(all.empty());
        REQUIRE(all.back() == "OK");
        all.pop_back();
        for (const auto& packet : all) {
            REQUIRE(packet[0] == 'O');
            for (std::size_t i = 1; i < packet.size(); i += 2)
                text += static_cast<char>(std::stoi(packet.substr(i, 2), nullptr, 16));
        }
        return text;
    }
    std::string whole(const std::string& object, unsigned step) {
        std::string text;
        for (;;) {
            char range[32];
            std::snprintf(range, sizeof(range), "%zx,%x", text.size(), step);
            const std::string part = ask("qXfer:" + object + ":" + range);
            REQUIRE((part[0] == 'l' || part[0] == 'm'));
            REQUIRE(part.size() <= step + 1);
            text += part.substr(1);
            if (part[0] == 'l')
                return text;
        }
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool begins(const std::string& text, const std::string& part) {
    return text.compare(0, part.size(), part) == 0;
}

}  // namespace

TEST_CASE("gdb: frames carry the checksums that GDB itself prints") {
    // From logs of `set debug remote 1`.
    conversation c;
    CHECK(c.raw("$qC#b4") == "+" + frame("QC1"));
    CHECK(c.raw("$Hg0#df") == "+$OK#9a");
    CHECK(c.raw("$vMustReplyEmpty#3a") == "+$#00");
    CHECK(c.raw("$qAttached#8f") == "+$1#31");
    CHECK(c.raw("$qfThreadInfo#bb") == "+$m1#9e");
    CHECK(c.raw("$qsThreadInfo#c8") == "+$l#6c");
    CHECK(c.raw("$qSymbol::#5b") == "+$OK#9a");
    CHECK(c.raw("$QStartNoAckMode#b0") == "+$OK#9a");
    CHECK(c.raw("$vCont?#49") == frame("vCont;c;C;s;S;t"));
}

TEST_CASE("gdb: damaged frames are refused and repeated on request") {
    conversation c;
    CHECK(c.raw("$?#3e") == "-");
    CHECK(c.raw("$?#zz") == "-");
    CHECK(c.raw("$?#3") == "");
    CHECK(c.raw("g") == "-");
    CHECK(c.raw("$?#3F") == c.raw("$?#3f"));
    CHECK(c.raw("noise\x01\xff#00") == "");
    CHECK(c.raw("$m0,4$qC#b4") == "+" + frame("QC1"));  // a new frame drops the old one
    CHECK(c.raw("$qC#b$qC#b4") == "+" + frame("QC1"));

    const std::string reply = c.raw(frame("qC")).substr(1);
    for (int i = 0; i < 3; ++i)
        CHECK(c.raw("-") == reply);
    CHECK(c.raw("-") == "");  // there is an end to it
    c.raw(frame("qC"));
    CHECK(c.raw("+-") == "");

    CHECK(c.ask("QStartNoAckMode") == "OK");
    CHECK(c.raw("$qC#b4") == frame("QC1"));
    CHECK(c.raw("-+") == "");
    CHECK(c.raw("$qC#00") == frame("QC1"));  // nobody could repeat it
    c.gdb.connect();
    CHECK(c.raw("$qC#b4") == "+" + frame("QC1"));  // each conversation begins with signs
}

TEST_CASE("gdb: bytes may arrive one by one") {
    conversation whole, single;
    const std::string bytes = frame("?") + "+" + frame("g") + frame("m10000000,8") + frame("D");
    std::string got;
    for (const char c : bytes)
        got += single.raw(std::string(1, c));
    CHECK(got == whole.raw(bytes));
}

TEST_CASE("gdb: escapes and run lengths are undone") {
    conversation c;
    // "0* " is "0000" in the manual. The written word is 0x00000000, then 0x11111111.
    CHECK(c.ask("P5=0000* ") == "E16");  // six zeros
    c.machine.x[5] = 1;
    CHECK(c.ask("P5=00000* ") == "OK");  // eight
    CHECK(c.machine.x[5] == 0);
    CHECK(c.ask("P5=11*\x1f") == "E16");  // fewer than three
}

TEST_CASE("gdb: registers") {
    conversation c;
    for (unsigned i = 1; i < 32; ++i)
        c.machine.x[i] = 0x01020300u + i;
    std::string all = c.ask("g");
    REQUIRE(all.size() == 33 * 8);
    CHECK(all.substr(0, 8) == "00000000");
    CHECK(all.substr(8, 8) == "01030201");
    CHECK(all.substr(32 * 8) == "00000010");
    CHECK(c.ask("p1f") == "1f030201");
    CHECK(c.ask("p20") == "00000010");
    CHECK(c.ask("p341") == "00180000");  // 65 + 0x300: mstatus
    CHECK(c.ask("p342") == "E16");       // 65 + 0x301 does not exist here
    CHECK(c.ask("p21") == "E16");        // floating point
    CHECK(c.ask("p1041") == "E16");      // 65 + 4096
    CHECK(c.ask("p") == "E16");
    CHECK(c.ask("pg") == "E16");
    CHECK(c.ask("p1x") == "E16");
    CHECK(c.ask("p100000001") == "E16");

    CHECK(c.ask("P1f=78563412") == "OK");
    CHECK(c.machine.x[31] == 0x12345678);
    CHECK(c.ask("P20=10000010") == "OK");
    CHECK(c.machine.pc == 0x10000010);
    CHECK(c.ask("P341=88000000") == "OK");
    CHECK(c.machine.csrs[0x300] == 0x88);
    CHECK(c.ask("Pf55=00000000") == "E01");  // mhartid, 65 + 0xf14, is read-only
    CHECK(c.machine.csrs[0xf14] == 7);
    CHECK(c.ask("P0=01000000") == "OK");
    CHECK(c.machine.x[0] == 0);
    for (const char* wrong : {"P", "P1", "P1=", "P1=123456", "P1=1234567890", "P1=1234567z",
                              "P30=00000000", "P=12345678"})
        CHECK(c.ask(wrong) == "E16");

    all.replace(0, 16, "0000000078563412");
    all.replace(32 * 8, 8, "08000010");
    CHECK(c.ask("G" + all) == "OK");
    CHECK(c.machine.x[1] == 0x12345678);
    CHECK(c.machine.pc == 0x10000008);
    CHECK(c.ask("g") == all);
    CHECK(c.ask("G" + all.substr(2)) == "E16");
    CHECK(c.ask("G" + all + "00") == "E16");
    all[20] = 'x';
    CHECK(c.ask("G" + all) == "E16");
    CHECK(c.ask("G") == "E16");
}

TEST_CASE("gdb: memory") {
    conversation c;
    CHECK(c.ask("m10000000,8") == "b712001013030000");
    CHECK(c.ask("m10000000,1") == "b7");
    CHECK(c.ask("m10001ffe,8") == "0000");  // as much as there is
    CHECK(c.ask("m0,4") == "E0e");
    CHECK(c.ask("mfffffffe,4") == "E0e");
    CHECK(c.ask("m100000000,4") == "E0e");
    CHECK(c.ask("m10000000,ffffffff").size() == gdb_protocol::packet_size);
    for (const char* wrong : {"m", "m10000000", "m10000000,", "m,4", "m10000000,4x", "m10000000,0",
                              "m11111111111111111,4", "m10000000;4"})
        CHECK(c.ask(wrong) == "E16");

    CHECK(c.ask("M10001000,4:78563412") == "OK");
    CHECK(c.machine.get(toy_machine::variable) == 0x12345678);
    CHECK(c.ask("M0,1:00") == "E0e");
    CHECK(c.ask("M10001ffe,4:00000000") == "E0e");
    CHECK(c.ask("Mfffffffe,4:00000000") == "E0e");
    for (const char* wrong : {"M", "M10001000,4", "M10001000,4:", "M10001000,4:123456",
                              "M10001000,2:123g", "M10001000,1:1", "M10001000:00"})
        CHECK(c.ask(wrong) == "E16");

    // Binary, with everything that must be escaped, and Ctrl-C, which must not.
    CHECK(c.ask("X10001000,0:") == "OK");
    CHECK(c.ask("X10001000,5:}\x03}\x04}]}\x0a\x03") == "OK");
    CHECK(c.machine.get(toy_machine::variable) == 0x2a7d2423);
    CHECK(c.machine.memory[0x1004] == 3);
    CHECK(c.ask("X10001000,2:a") == "E16");
    CHECK(c.ask("X10001000,1:}") == "E16");
    CHECK(c.ask("X0,1:a") == "E0e");
    const std::string body = "X10000100,1000:" + std::string(0x1000, '\xff');
    CHECK(c.ask(body) == "OK");
    CHECK(c.machine.memory[0x10ff] == 0xff);
    CHECK(c.ask("X10001000," + std::string(gdb_protocol::packet_size, 'a')) == "E16");  // too long
}

TEST_CASE("gdb: continue, step and stop replies") {
    conversation c;
    const std::string sp_pc = "02:00000000;20:";
    CHECK(c.ask("?") == "T05" + sp_pc + "00000010;thread:1;");
    CHECK(c.raw(frame("s")) == "+");
    CHECK(c.later() == "T05" + sp_pc + "04000010;thread:1;");
    CHECK(c.raw(frame("S05")) == "+");
    CHECK(begins(c.later(), "T05"));
    CHECK(c.machine.pc == toy_machine::loop);
    CHECK(c.raw(frame("s10000010")) == "+");
    CHECK(c.later() == "T05" + sp_pc + "14000010;thread:1;");
    CHECK(c.raw(frame("vCont;s:1;c")) == "+");
    CHECK(has(c.later(), "20:08000010;"));
    CHECK(c.raw(frame("vCont;S05")) == "+");
    CHECK(has(c.later(), "20:0c000010;"));

    for (const char* go : {"c", "C05", "C05;10000008", "c10000008", "vCont;c", "vCont;c:-1",
                           "vCont;c:2;c:1", "vCont;C05:1;s"}) {
        CHECK(c.raw(frame(go)) == "+");
        c.machine.advance(100);
        c.gdb.update();
        CHECK(c.said() == "");
        CHECK(c.machine.running());
        CHECK(c.raw("\x03") == "");
        CHECK(begins(c.later(), "T02"));  // SIGINT
    }
    CHECK(c.raw("\x03") == "");  // too late: it stands still
    CHECK(begins(c.ask("?"), "T02"));
    CHECK(begins(c.ask("vCont;t"), "T02"));

    c.raw(frame("c"));
    CHECK(c.raw(frame("vCont;t")) == "+");
    CHECK(begins(c.later(), "T00"));  // the manual: signal 0 for vCont;t

    for (const char* wrong : {"vCont", "vCont;", "vCont;x", "vCont;c:2", "vCont;c;", "vCont;C",
                              "vCont;c1", "cx", "C", "C05;", "Czz", "s1x", "c100000000", "S100"})
        CHECK(c.ask(wrong) == "E16");
    CHECK_FALSE(c.machine.running());
}

TEST_CASE("gdb: how a run ends") {
    conversation c;
    c.machine.x[10] = 3;
    c.raw(frame("c10000018"));
    CHECK(c.later() == "W03");
    CHECK(c.ask("?") == "W03");
    CHECK(c.raw(frame("c")) == "+" + frame("W03"));  // it does not go on
    CHECK(c.ask("m10000018,4") == "73001000");       // but can be looked at
    c.gdb.disconnect();
    c.gdb.connect();
    CHECK(c.ask("?") == "W03");

    conversation d;
    d.raw(frame("c20000000"));
    d.machine.advance(10);
    d.gdb.update();
    const auto said = bodies(d.said());
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "O" + hex("no instruction here\n"));
    CHECK(begins(said[1], "T0b"));  // SIGSEGV
}

TEST_CASE("gdb: breakpoints and watchpoints") {
    conversation c;
    CHECK(c.ask("Z0,1000000c,4") == "OK");
    CHECK(c.ask("Z0,1000000c,4") == "OK");
    CHECK(c.machine.inserted == 1);
    c.raw(frame("c"));
    std::string stop = c.later();
    CHECK(begins(stop, "T0502:"));  // swbreak is told to those only who know it
    CHECK(has(stop, "20:0c000010;"));
    CHECK(has(c.ask("qSupported:multiprocess+;swbreak+;hwbreak+"), "swbreak+"));
    c.raw(frame("c"));
    stop = c.later();
    CHECK(begins(stop, "T05swbreak:;02:"));
    CHECK(c.machine.x[6] == 2);  // once around
    CHECK(c.ask("z0,1000000c,4") == "OK");
    CHECK(c.ask("z0,1000000c,4") == "OK");
    CHECK(c.machine.inserted == 0);

    CHECK(c.ask("Z1,10000010,4") == "OK");
    c.raw(frame("vCont;c"));
    CHECK(begins(c.later(), "T05hwbreak:;"));
    CHECK(c.ask("z1,10000010,4") == "OK");

    CHECK(c.ask("Z2,10001000,4") == "OK");
    c.raw(frame("c"));
    CHECK(begins(c.later(), "T05watch:10001000;"));
    CHECK(c.machine.pc == toy_machine::store);
    CHECK(c.ask("z2,10001000,4") == "OK");
    CHECK(c.ask("Z3,10001000,1") == "OK");
    c.raw(frame("c"));
    CHECK(begins(c.later(), "T05rwatch:10001000;"));
    CHECK(c.machine.pc == toy_machine::load);
    CHECK(c.ask("z3,10001000,1") == "OK");
    CHECK(c.ask("Z4,10001003,1") == "OK");
    c.raw(frame("c"));
    CHECK(begins(c.later(), "T05awatch:10001003;"));
    CHECK(c.machine.pc == toy_machine::store);

    // The toy has four.
    for (const char* more : {"Z2,10001004,4", "Z2,10001008,4", "Z2,1000100c,4"})
        CHECK(c.ask(more) == "OK");
    CHECK(c.ask("Z2,10001010,4") == "E1c");
    CHECK(c.ask("z2,10001008,4") == "OK");
    CHECK(c.ask("Z2,10001010,4") == "OK");
    c.machine.hardware = false;
    CHECK(c.ask("Z1,10000000,4") == "");
    CHECK(c.ask("Z5,10000000,4") == "");

    for (const char* wrong : {"Z", "Z0", "Z0,", "Z0,10000000", "Z0,10000000,", "Z0,10000000,0",
                              "Z0,10000000,4;X1,00", "z0,100000000,4", "Z0,ffffffff,4", "Zx,0,4"})
        CHECK(c.ask(wrong) == "E16");

    const unsigned room = static_cast<unsigned>(gdb_protocol::point_limit) - c.machine.inserted;
    for (unsigned i = 0; i < room + 10; ++i) {
        char packet[32];
        std::snprintf(packet, sizeof(packet), "Z0,%x,4", i * 4);
        CHECK(c.ask(packet) == (i < room ? "OK" : "E1c"));
    }
    CHECK(c.ask("D") == "OK");
    CHECK(c.machine.inserted == 0);
}

TEST_CASE("gdb: threads and other questions") {
    conversation c;
    for (const char* good : {"Hg0", "Hg1", "Hc-1", "Hc0", "T1", "!", "qSymbol::", "vCtrlC"})
        CHECK(c.ask(good) == "OK");
    for (const char* wrong : {"H", "Hg", "Hg2", "Hgx", "T2", "T", "Tx", "qThreadExtraInfo,9"})
        CHECK(c.ask(wrong) == "E16");
    CHECK(c.ask("qThreadExtraInfo,1") == hex("hart 0"));
    for (const char* unknown : {"", "qTStatus", "qOffsets", "vFile:setfs:0", "QNonStop:1", "A", "b",
                                "jfoo", "qXfer:auxv:read::0,10", "vFlashErase:0,10", "qCRC:0,4"})
        CHECK(c.ask(unknown) == "");
    const std::string features = c.ask("qSupported");
    for (const char* part : {"PacketSize=4000", "qXfer:features:read+", "qXfer:memory-map:read+",
                             "swbreak+", "hwbreak+", "vContSupported+", "QStartNoAckMode+"})
        CHECK(has(features, part));
    c.machine.mapped = false;
    CHECK_FALSE(has(c.ask("qSupported:x;;;=;"), "memory-map"));
    CHECK(c.ask("qXfer:memory-map:read::0,10") == "");
}

TEST_CASE("gdb: the target describes itself") {
    conversation c;
    const std::string xml = c.whole("features:read:target.xml", 0x3ffb);
    CHECK(c.whole("features:read:target.xml", 7) == xml);
    CHECK(has(xml, "<architecture>riscv:rv32</architecture>"));
    CHECK(has(xml, "<feature name=\"org.gnu.gdb.riscv.cpu\">"));
    CHECK(has(xml, "<feature name=\"org.gnu.gdb.riscv.csr\">"));
    CHECK(has(xml, "<reg name=\"zero\" bitsize=\"32\" type=\"int\" regnum=\"0\"/>"));
    CHECK(has(xml, "<reg name=\"t6\" bitsize=\"32\" type=\"int\" regnum=\"31\"/>"));
    CHECK(has(xml, "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\" regnum=\"32\"/>"));
    CHECK(has(xml, "<reg name=\"mstatus\" bitsize=\"32\" type=\"int\" regnum=\"833\"/>"));
    CHECK(has(xml, "<reg name=\"mhartid\" bitsize=\"32\" type=\"int\" regnum=\"3925\"/>"));
    CHECK_FALSE(has(xml, "misa"));  // the toy has none
    for (std::size_t i = 1; i < machine_csrs().size(); ++i)
        CHECK(machine_csrs()[i - 1].number < machine_csrs()[i].number);

    const std::string map = c.whole("memory-map:read:", 50);
    CHECK(has(map, "<memory type=\"rom\" start=\"0x0\" length=\"0x10000000\"/>"));
    CHECK(has(map, "<memory type=\"ram\" start=\"0x10000000\" length=\"0x2000\"/>"));

    char at_end[64];
    std::snprintf(at_end, sizeof(at_end), "qXfer:features:read:target.xml:%zx,10", xml.size());
    CHECK(c.ask(at_end) == "l");
    CHECK(c.ask("qXfer:features:read:target.xml:ffffff,10") == "E16");
    CHECK(c.ask("qXfer:features:read:other.xml:0,10") == "E00");
    CHECK(c.ask("qXfer:memory-map:read:x:0,10") == "E00");
    for (const char* wrong : {"", ":", ":0", ":0,", ":,10", ":0,10x"})
        CHECK(c.ask("qXfer:features:read:target.xml" + std::string(wrong)) == "E16");
}

TEST_CASE("gdb: monitor commands") {
    conversation c;
    CHECK(c.text_of_monitor("stats npu") == "you said stats npu\n");
    CHECK(c.machine.monitored.back() == "stats npu");
    CHECK(c.text_of_monitor("") == "");
    CHECK(c.text_of_monitor("long") == std::string(20000, 'a') + "\n");  // several packets
    CHECK(c.text_of_monitor("wrong") == "no such command\n");
    CHECK(c.ask("qRcmd,6") == "E16");
    CHECK(c.ask("qRcmd,6x") == "E16");
    CHECK(c.ask("qRcmd") == "E16");
}

TEST_CASE("gdb: a packet that comes too early interrupts") {
    conversation c;
    c.raw(frame("c"));
    c.machine.advance(100);
    const std::string two = frame("qC") + frame("?");
    CHECK(c.gdb.receive(two) == frame("qC").size());  // the next one must wait
    CHECK(c.said() == "+");
    CHECK(c.gdb.receive(frame("?")) == 0);
    c.machine.advance(1);
    c.gdb.update();
    auto all = bodies(c.said());
    REQUIRE(all.size() == 2);
    CHECK(begins(all[0], "T02"));
    CHECK(all[1] == "QC1");
    CHECK(begins(c.ask("?"), "T02"));

    // Attaching to a running target: no stop reply that nobody asked for.
    c.ask("D;1");
    CHECK(c.machine.running());
    c.gdb.disconnect();
    c.gdb.connect();
    const unsigned before = c.machine.interrupts;
    c.machine.advance(100);
    c.gdb.update();
    CHECK(c.machine.interrupts == before);  // a connection alone disturbs nobody
    c.raw("+" + frame("qSupported:swbreak+"));
    CHECK(c.machine.interrupts == before + 1);
    CHECK(begins(c.later(), "PacketSize="));
    CHECK(begins(c.ask("?"), "T05"));
}

TEST_CASE("gdb: detach, kill, reset and a debugger that vanishes") {
    conversation c;
    c.ask("Z0,1000000c,4");
    c.ask("Z2,10001000,4");
    CHECK(c.gdb.attached());
    CHECK(c.ask("D") == "OK");
    CHECK_FALSE(c.gdb.attached());
    CHECK(c.machine.inserted == 0);
    CHECK(c.machine.running());
    c.machine.advance(100);
    c.machine.exit(0);
    c.gdb.update();
    CHECK(c.said() == "");
    CHECK(c.ask("?") == "W00");

    conversation gone;
    gone.ask("Z0,1000000c,4");
    gone.gdb.disconnect();
    CHECK(gone.machine.inserted == 0);
    CHECK_FALSE(gone.machine.running());
    gone.gdb.connect();
    gone.raw(frame("c"));
    gone.gdb.disconnect();
    gone.machine.advance(100);
    gone.gdb.update();
    CHECK(gone.machine.running());
    CHECK(gone.said() == "");

    conversation restarted;
    restarted.machine.pc = 0;
    CHECK(restarted.raw(frame("R00")) == "+");
    CHECK(has(restarted.ask("?"), "20:00000010;"));
    restarted.machine.pc = 0;
    CHECK(has(restarted.ask("vRun;firmware.elf"), "20:00000010;"));
    CHECK(restarted.ask("vKill;1") == "OK");
    CHECK_FALSE(restarted.gdb.closing());
    CHECK(restarted.ask("?") == "X09");
    CHECK(begins(restarted.ask("vRun;"), "T05"));
    CHECK(restarted.ask("!") == "OK");
    CHECK(restarted.raw(frame("k")) == "+");
    CHECK_FALSE(restarted.gdb.closing());
    CHECK(restarted.ask("vKill;1") == "OK");
    CHECK(restarted.ask("?") == "X09");
    CHECK(restarted.machine.kills == 1);  // extended: only reset, to be run again
    CHECK(has(restarted.ask("vRun;"), "20:00000010;"));

    conversation killed;
    CHECK(killed.raw(frame("k")) == "+");
    CHECK(killed.gdb.closing());
    CHECK(killed.gdb.receive(frame("?")) == 0);
    CHECK(killed.machine.kills == 1);
}

TEST_CASE("gdb: memory in use is bounded") {
    conversation c;
    // A client that asks and never reads is not listened to for long.
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += frame("m10000000,2000");
    const std::size_t taken = c.gdb.receive(many);
    CHECK(taken < many.size());
    CHECK(c.gdb.output().size() < (1u << 16) + 2 * gdb_protocol::packet_size);
    c.said();
    CHECK(c.gdb.receive(many.substr(taken)) > 0);
    c.said();

    // Neither does a packet without end grow, nor one that its run lengths blow up.
    c.raw("$" + std::string(1u << 20, 'a'));
    CHECK(c.raw("#01") == "-");
    std::string escaped = "X10000000,2000:";
    for (int i = 0; i < 0x2000; ++i)
        escaped += "}\x03";
    CHECK(c.ask(escaped) == "E16");  // what counts is the length before escapes are undone
    std::string blown = "qRcmd,";
    for (int i = 0; i < 4000; ++i)
        blown += "0*~";
    CHECK(c.ask(blown) == "E16");
    CHECK(begins(c.ask("?"), "T05"));
}

TEST_CASE("gdb: whatever comes, the next valid packet is answered") {
    std::mt19937 random(1);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const std::vector<std::string> seeds = {
        "?",
        "!",
        "g",
        "G" + std::string(264, '1'),
        "p20",
        "P341=00000000",
        "P20=08000010",
        "m10000000,40",
        "M10001000,4:00112233",
        "X10001000,4:ab}\x03z",
        "c",
        "s",
        "c10000008",
        "C05;10000008",
        "S05",
        "vCont?",
        "vCont;c",
        "vCont;s:1;c",
        "vCont;t",
        "Z0,1000000c,4",
        "z0,1000000c,4",
        "Z1,10000010,2",
        "Z2,10001000,4",
        "Z4,10001000,1",
        "z2,10001000,4",
        "Hg0",
        "Hc-1",
        "T1",
        "D",
        "D;1",
        "R00",
        "qSupported:swbreak+;hwbreak+;xmlRegisters=i386",
        "qXfer:features:read:target.xml:0,3ffb",
        "qXfer:memory-map:read::0,3ffb",
        "qRcmd,6c6f6e67",
        "qRcmd,68656c70",
        "qAttached",
        "qC",
        "qfThreadInfo",
        "qSymbol::",
        "vKill;1",
        "k",
        "vRun;",
        "vCtrlC",
        "QStartNoAckMode",
        "P5=00000* ",
    };
    toy_machine machine;
    gdb_protocol gdb(machine);
    gdb.connect();
    std::size_t answered = 0, longest = 0, resumed = 0, killed = 0, refused = 0;
    const auto feed = [&](const std::string& bytes) {
        std::string out;
        for (std::size_t at = 0; at < bytes.size();) {
            if (gdb.closing()) {
                ++killed;
                gdb.disconnect();
                gdb.connect();
            }
            at += gdb.receive(std::string_view(bytes).substr(at));
            machine.advance(3);
            gdb.update();
            longest = std::max(longest, gdb.output().size());
            out += gdb.output();
            gdb.sent(gdb.output().size());
        }
        return out;
    };
    for (unsigned round = 0; round < 1000000; ++round) {
        std::string bytes = seeds[below(seeds.size())];
        const std::size_t how = below(8);
        for (std::size_t i = how < 6 ? below(4) : 0; i > 0; --i) {
            const std::size_t at = below(bytes.size() + 1);
            const char c = static_cast<char>(below(4) == 0 ? below(256) : 32 + below(95));
            switch (below(4)) {
                case 0:
                    bytes.insert(at, 1, c);
                    break;
                case 1:
                    bytes.erase(at, 1 + below(4));
                    break;
                case 2:
                    if (at < bytes.size())
                        bytes[at] = c;
                    break;
                default:
                    bytes.insert(at, bytes.substr(below(bytes.size() + 1)));
            }
        }
        bytes = frame(bytes);
        if (how == 0)
            bytes[below(bytes.size())] = static_cast<char>(below(256));
        if (how == 1)
            bytes.resize(below(bytes.size()));
        if (how == 2)
            bytes.insert(below(bytes.size()), 1, '\x03');
        if (how == 3 && below(100) == 0)
            bytes = "$" + std::string(below(40000), static_cast<char>(below(256)));
        resumed += machine.running() ? 1 : 0;
        const std::string reply = feed(bytes);
        bodies(reply, true);
        refused += has(reply, "$E16#") ? 1 : 0;
        if (below(100) == 0) {
            gdb.disconnect();
            gdb.connect();
        }
        if (round % 8 != 0)
            continue;
        const auto all = bodies(feed("$?#3f") + feed(""), true);
        machine.advance(3);
        gdb.update();
        if (all.empty() || all.back().find_first_of("TWX") != 0)
            FAIL("no answer in round " << round << " after " << bytes);
        ++answered;
        if (machine.inserted > gdb_protocol::point_limit)
            FAIL("too many points");
        bodies(feed(frame("R00")), true);
    }
    CHECK(answered == 125000);
    CHECK(resumed > 1000);
    CHECK(killed > 10);
    CHECK(refused > 10000);
    CHECK(longest < (1u << 16) + 3 * gdb_protocol::packet_size);
}
