// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "core/diagnostics.h"
#include "core/files.h"
#include "sim/uart_backend.h"
#include "tests/core/temporary_folder.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

void put(uart_backend& u, const std::string& text) {
    for (const char c : text)
        u.put(c);
}
/// What `fd` gives within five seconds, up to `n` bytes, while the backend is polled.
std::string get(uart_backend& u, int fd, std::size_t n) {
    std::string text;
    for (int i = 0; i < 500 && text.size() < n; ++i) {
        u.poll([] { return false; }, [](char) {});
        pollfd p{fd, POLLIN, 0};
        if (::poll(&p, 1, 10) <= 0)
            continue;
        char piece[4096];
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got <= 0)
            break;
        text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
}
std::string typed(uart_backend& u, std::size_t n) {
    std::string text;
    for (int i = 0; i < 500 && text.size() < n; ++i) {
        u.poll([&] { return text.size() < n; }, [&](char c) { text += c; });
        if (text.size() < n)
            ::poll(nullptr, 0, 10);
    }
    return text;
}
int connect_to(const std::string& where) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(static_cast<std::uint16_t>(std::stoul(where.substr(where.rfind(':') + 1))));
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
    return fd;
}
exit_code code_of(const std::string& where) {
    try {
        uart_backend::open(where);
    } catch (const input_error& e) {
        INFO(e.what());
        CHECK(std::string(e.what()).find(where) != std::string::npos);
        return e.code();
    }
    return exit_code::ok;
}

}  // namespace

TEST_CASE("uart backend: words that are no place are refused with a message") {
    for (const char* wrong : {"", "stdot", "file:", "tcp:", "tcp:x", "tcp:65536", "tcp:-1", "pty:1",
                              "tcp:999999999999999999999"})
        CHECK(code_of(wrong) == exit_code::usage);
    CHECK(code_of("file:/no/such/folder/uart.txt") == exit_code::io);
    CHECK(code_of("file:/tmp") == exit_code::io);
    CHECK(code_of("none") == exit_code::ok);
}

TEST_CASE("uart backend: a file appears whole at the end, or not at all") {
    temporary_folder folder;
    const std::string path = (folder.path() / "uart.txt").string();
    {
        const auto u = uart_backend::open("file:" + path);
        put(*u, "half");
    }
    CHECK_FALSE(std::filesystem::exists(path));
    const auto u = uart_backend::open("file:" + path);
    put(*u, std::string("boot\nok\0\xff", 9));
    CHECK_FALSE(std::filesystem::exists(path));
    u->finish();
    CHECK(read_file(path) == std::string("boot\nok\0\xff", 9));
    CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_CASE("uart backend: a pseudo terminal carries bytes both ways, unchanged") {
    const auto u = uart_backend::open("pty");
    CHECK(u->interactive());
    put(*u, "before\n");  // nobody has opened it yet
    const std::string where = u->where();
    const std::string name = where.substr(where.rfind(' ') + 1);
    int fd = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    REQUIRE(fd >= 0);
    CHECK(get(*u, fd, 7) == "before\n");
    REQUIRE(::write(fd, "hi\r\x03", 4) == 4);
    CHECK(typed(*u, 4) == "hi\r\x03");
    ::close(fd);
    // A reader that goes away is no error, and the next one reads on.
    put(*u, "after");
    u->poll([] { return true; }, [](char) {});
    fd = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    REQUIRE(fd >= 0);
    CHECK(get(*u, fd, 5) == "after");
    ::close(fd);
}

TEST_CASE("uart backend: a TCP client reads what came before it, types, leaves and comes back") {
    const auto u = uart_backend::open("tcp:0");
    put(*u, "before");
    u->poll([] { return true; }, [](char) {});
    int fd = connect_to(u->where());
    CHECK(get(*u, fd, 6) == "before");
    REQUIRE(::write(fd, "typed", 5) == 5);
    CHECK(typed(*u, 2) == "ty");  // what finds no room stays with the kernel
    CHECK(typed(*u, 3) == "ped");
    ::close(fd);
    for (int i = 0; i < 5; ++i)
        u->poll([] { return true; }, [](char) {});
    put(*u, "again");
    u->poll([] { return true; }, [](char) {});
    fd = connect_to(u->where());
    CHECK(get(*u, fd, 5) == "again");
    // The port is taken.
    const std::string where = u->where();
    CHECK(code_of("tcp:" + where.substr(where.rfind(':') + 1)) == exit_code::io);
    ::close(fd);
}

TEST_CASE("uart backend: of more than a mebibyte that nobody reads the oldest is given up") {
    const auto u = uart_backend::open("tcp:0");
    put(*u, std::string(1000, 'a'));
    put(*u, std::string(std::size_t{1} << 20, 'b'));
    const int fd = connect_to(u->where());
    CHECK(get(*u, fd, std::size_t{1} << 20) == std::string(std::size_t{1} << 20, 'b'));
    ::close(fd);
}
