// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/socket_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <future>

#include "core/diagnostics.h"
#include "tests/sim/program.h"
#include "tests/sim/toy_machine.h"

using namespace ocellus;
using namespace ocellus::sim;
using namespace std::chrono_literals;

namespace {

struct server {
    toy_machine machine;
    gdb_protocol protocol{machine};
    socket_server transport;

    explicit server(const socket_address& address) : transport(address, protocol) {}

    /// What a simulator does all day.
    void turn() {
        machine.advance(10);
        transport.poll(machine.running() ? 0ms : 1ms);
    }
};

struct client {
    int fd = -1;

    explicit client(const socket_server& to) {
        if (to.port() != 0) {
            sockaddr_in a = {};
            a.sin_family = AF_INET;
            a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            a.sin_port = htons(to.port());
            open(AF_INET, &a, sizeof(a));
        } else {
            sockaddr_un a = {};
            a.sun_family = AF_UNIX;
            to.where().copy(a.sun_path, sizeof(a.sun_path) - 1);
            open(AF_UNIX, &a, sizeof(a));
        }
    }
    ~client() { hang_up(); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void hang_up() {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
    void say(const std::string& bytes) {
        REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    /// Everything until `count` characters have come, the other side has hung up ("(end)") or
    /// nothing comes any more.
    std::string hear(server& s, std::size_t count) {
        std::string text;
        for (int i = 0; i < 2000 && text.size() < count; ++i) {
            s.turn();
            char bytes[4096];
            const ssize_t n = ::recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
            if (n > 0)
                text.append(bytes, static_cast<std::size_t>(n));
            else if (n == 0 || errno == ECONNRESET)
                return text + "(end)";
        }
        return text;
    }

  private:
    template <class address>
    void open(int family, const address* a, std::size_t size) {
        fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(fd >= 0);
        REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(a), static_cast<socklen_t>(size)) ==
                0);
    }
};

exit_code refused(const socket_address& address) {
    try {
        server s(address);
    } catch (const input_error& e) {
        CHECK(contains(e.what(), "cannot wait at "));
        return e.code();
    }
    return exit_code::ok;
}

}  // namespace

TEST_CASE("gdb transport: addresses") {
    CHECK(socket_address::parse("3333").port == 3333);
    CHECK(socket_address::parse("0").port == 0);
    CHECK(socket_address::parse(":1234").port == 1234);
    CHECK(socket_address::parse("127.0.0.1:65535").port == 65535);
    CHECK(socket_address::parse("localhost:1").port == 1);
    CHECK(socket_address::parse("unix:socket").path == "socket");
    CHECK(socket_address::parse("./socket").path == "./socket");
    for (const std::string wrong : {"", "x", "65536", "-1", "3333x", "0.0.0.0:3333", "host:1",
                                    "unix:", "localhost:", "99999999999999999999"})
        CHECK_THROWS_AS(socket_address::parse(wrong), input_error);
    CHECK_THROWS_AS(socket_address::parse("/" + std::string(200, 'a')), input_error);
    CHECK_THROWS_AS(socket_address::parse(std::string("/a\0b", 4)), input_error);
}

TEST_CASE("gdb transport: one debugger at a time, detach and come again") {
    server s(socket_address::parse("0"));
    REQUIRE(s.transport.port() != 0);
    CHECK(s.transport.where() == "127.0.0.1:" + std::to_string(s.transport.port()));
    CHECK_FALSE(s.transport.connected());
    CHECK_FALSE(s.transport.poll(0ms));

    client first(s.transport);
    first.say("$qC#b4");
    CHECK(first.hear(s, 8) == "+$QC1#c5");
    CHECK(s.transport.connected());
    client second(s.transport);
    CHECK(second.hear(s, 1) == "(end)");
    first.say("+$D#44");
    CHECK(first.hear(s, 7) == "+$OK#9a");
    CHECK(s.machine.running());
    first.hang_up();

    client third(s.transport);
    for (int i = 0; i < 10; ++i)
        s.turn();
    CHECK(s.machine.running());  // a connection alone stops nothing
    third.say("$?#3f");
    CHECK(contains(third.hear(s, 40), "+$T0502:"));
    third.say("+$vCont;c#a8");
    CHECK(third.hear(s, 1) == "+");
    third.say("\x03");
    CHECK(contains(third.hear(s, 40), "$T0202:"));
    third.say("+$k#6b");
    CHECK(contains(third.hear(s, 10), "(end)"));
    CHECK(s.machine.kills == 1);
    CHECK_FALSE(s.transport.connected());
}

TEST_CASE("gdb transport: a debugger that vanishes does no harm") {
    server s(socket_address::parse("0"));
    for (int i = 0; i < 20; ++i) {
        client c(s.transport);
        c.say("$Z0,1000000c,4#" + std::string(i % 2 == 0 ? "b5" : "00"));
        for (int j = 0; j < i; ++j)
            c.say("$m10000000,1000#7d$c#63");
        if (i % 3 == 0)
            c.hear(s, 1);
        // With bytes unread the connection is reset instead of closed.
        c.hang_up();
        for (int j = 0; j < 50 && (j < 5 || s.transport.connected()); ++j)
            s.turn();
        CHECK_FALSE(s.transport.connected());
        CHECK(s.machine.inserted == 0);
    }
    client c(s.transport);
    c.say("$qC#b4");
    CHECK(c.hear(s, 8) == "+$QC1#c5");
}

TEST_CASE("gdb transport: a debugger that does not read is not listened to for ever") {
    server s(socket_address::parse(scratch_folder() + "/socket"));  // small buffers
    client c(s.transport);
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    std::string many;
    for (int i = 0; i < 500; ++i)
        many += "$m10000000,2000#7e";
    std::size_t sent = 0;
    int stuck = 0;
    for (int i = 0; i < 100000 && stuck < 50; ++i) {
        const ssize_t n = ::send(c.fd, many.data(), many.size(), flags);
        stuck = n < 0 ? stuck + 1 : 0;
        if (n > 0)
            sent += static_cast<std::size_t>(n);
        s.turn();
        CHECK(s.protocol.output().size() < 200000);
    }
    CHECK(stuck == 50);  // the pipe is full and nobody's memory grows
    CHECK(sent > 0);
}

TEST_CASE("gdb transport: what stands in the way is told") {
    server s(socket_address::parse("0"));
    socket_address taken;
    taken.port = s.transport.port();
    CHECK(refused(taken) == exit_code::io);

    const std::string folder = scratch_folder();
    socket_address unix_socket = socket_address::parse(folder + "/socket");
    {
        server u(unix_socket);
        CHECK(u.transport.port() == 0);
        CHECK(u.transport.where() == folder + "/socket");
        CHECK(refused(unix_socket) == exit_code::io);
        client c(u.transport);
        // The other server asked whether anybody is here.
        c.say("$qC#b4");
        CHECK(c.hear(u, 8) == "+$QC1#c5");
        struct stat there = {};
        REQUIRE(::stat(unix_socket.path.c_str(), &there) == 0);
        CHECK((there.st_mode & 0777u) == 0600u);
    }
    CHECK(::access(unix_socket.path.c_str(), F_OK) != 0);  // cleaned up

    // A socket left over from a process that was killed is replaced.
    const int orphan = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un a = {};
    a.sun_family = AF_UNIX;
    unix_socket.path.copy(a.sun_path, sizeof(a.sun_path) - 1);
    REQUIRE(::bind(orphan, reinterpret_cast<const sockaddr*>(&a), sizeof(a)) == 0);
    ::close(orphan);
    CHECK(refused(unix_socket) == exit_code::ok);

    write_bytes(folder + "/file", "precious");
    CHECK(refused(socket_address::parse(folder + "/file")) == exit_code::io);
    CHECK(file_bytes(folder + "/file") == "precious");
    CHECK(refused(socket_address::parse(folder + "/missing/socket")) == exit_code::io);
}

TEST_CASE("gdb transport: gdb-multiarch debugs through it") {
    if (run_program({"gdb-multiarch", "--version"}).exit_code != 0) {
        WARN("skipped: gdb-multiarch is not installed");
        return;
    }
    const bool tcp = GENERATE(true, false);
    const std::string folder = scratch_folder();
    server s(socket_address::parse(tcp ? "0" : folder + "/socket"));
    const std::string connect = "target remote " + s.transport.where();
    std::vector<std::string> command = {
        "timeout", "-k", "1", "20", "gdb-multiarch", "-nx", "-batch", "-iex", "set confirm off"};
    const std::string script[] = {connect,
                                  // Registers and memory.
                                  "info registers pc", "info registers mstatus", "p/x $mhartid",
                                  "x/4xw 0x10000000", "x/1xw 0x20000000", "p/x $a0 = 0x1234",
                                  "p/x $mepc = 0x10000004", "set var *(int*)0x10001004 = 77",
                                  // Breakpoints and steps.
                                  "break *0x1000000c", "continue", "continue", "p/x $t1", "stepi",
                                  "p/x $pc", "delete", "hbreak *0x10000010", "continue", "delete",
                                  // Watchpoints.
                                  "watch *(int*)0x10001000", "continue", "delete",
                                  "rwatch *(int*)0x10001000", "continue", "delete",
                                  // The rest.
                                  "monitor stats npu", "monitor long", "info threads", "detach",
                                  connect, "info registers pc", "detach",
                                  // Restarting.
                                  "target extended-" + connect.substr(7), "set $pc = 0x10000014",
                                  "break *0x10000010", "run", "p/x $pc", "p/x $t1",
                                  "set $a0 = 0x1234", "detach"};
    for (const std::string& word : script) {
        command.push_back("-ex");
        command.push_back(word);
    }
    auto gdb = std::async(std::launch::async, [&] { return run_program(command, folder); });
    while (gdb.wait_for(0s) != std::future_status::ready)
        s.turn();
    const program_result r = gdb.get();
    INFO(r.out << "\n" << r.err.substr(0, 500));
    INFO("... " << r.err.substr(r.err.size() - std::min<std::size_t>(r.err.size(), 500)));
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "pc             0x10000000\t0x10000000"));
    CHECK(contains(r.out, "mstatus        0x1800"));
    CHECK(contains(r.out, "$1 = 0x7"));
    CHECK(contains(r.out, "0x10000000:\t0x100012b7\t0x00000313\t0x00130313\t0x0062a023"));
    CHECK(contains(r.err, "Cannot access memory at address 0x20000000"));
    CHECK(s.machine.x[10] == 0x1234);
    CHECK(s.machine.csrs[0x341] == 0x10000004);
    CHECK(s.machine.get(toy_machine::variable + 4) == 77);
    CHECK(contains(r.out, "Breakpoint 1, 0x1000000c in ?? ()"));
    CHECK(contains(r.out, "$4 = 0x2"));         // twice around
    CHECK(contains(r.out, "$5 = 0x10000010"));  // after the step
    CHECK(contains(r.out, "Breakpoint 2, 0x10000010 in ?? ()"));
    CHECK(contains(r.out, "Hardware watchpoint 3: *(int*)0x10001000"));
    CHECK(contains(r.out, "Old value = 3\nNew value = 4\n0x10000010"));
    CHECK(contains(r.out, "Hardware read watchpoint 4: *(int*)0x10001000"));
    CHECK(contains(r.out, "Value = 4\n0x10000014"));
    CHECK(contains(r.out + r.err, "you said stats npu"));
    CHECK(contains(r.out + r.err, std::string(20000, 'a')));
    CHECK(contains(r.out, "hart 0"));
    CHECK(contains(r.out, "[Inferior 1 (Remote target) detached]"));
    CHECK(contains(r.out, "$6 = 0x10000010"));
    CHECK(contains(r.out, "$7 = 0x1"));
    CHECK(s.machine.steps >= 4);  // stepi, over two breakpoints, over the watchpoint
    CHECK(s.machine.running());
    CHECK(s.machine.inserted == 0);
}
