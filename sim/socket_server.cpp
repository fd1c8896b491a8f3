// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/socket_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

constexpr int socket_flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr std::size_t read_size = 4096;
constexpr int reads_per_poll = 64;  // then the simulation has its turn again

// The socket interface wants the address of its own base structure.
template <class address>
const sockaddr* base(const address& a) {
    return reinterpret_cast<const sockaddr*>(&a);
}

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un a = {};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof(a.sun_path) - 1);
    return a;
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

socket_address socket_address::parse(const std::string& text) {
    const auto wrong = [&](const std::string& what) -> input_error {
        return {exit_code::usage, "'" + text + "' is no address to wait at: " + what +
                                      " (expected a port such as 3333, 127.0.0.1:3333, or "
                                      "unix:PATH)"};
    };
    socket_address a;
    if (text.compare(0, 5, "unix:") == 0)
        a.path = text.substr(5);
    else if (text.find('/') != std::string::npos)
        a.path = text;
    if (!a.path.empty() || text == "unix:") {
        if (a.path.empty())
            throw wrong("the path is missing");
        if (a.path.size() >= sizeof(sockaddr_un::sun_path))
            throw wrong("the path of a socket has at most " +
                        std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " characters");
        if (a.path.find('\0') != std::string::npos)
            throw wrong("the path contains a zero");
        return a;
    }
    std::string port = text;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string::npos) {
        const std::string host = text.substr(0, colon);
        if (host != "127.0.0.1" && host != "localhost" && !host.empty())
            throw wrong("only this machine is served");
        port = text.substr(colon + 1);
    }
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string::npos || std::stoul(port) > 65535)
        throw wrong("the port is a number from 0 to 65535");
    a.port = static_cast<std::uint16_t>(std::stoul(port));
    return a;
}

socket_server::socket_server(const socket_address& address, byte_protocol& protocol)
    : protocol_(protocol) {
    if (address.path.empty())
        listen_tcp(address.port);
    else
        listen_unix(address.path);
}

socket_server::~socket_server() {
    drop_client();
    ::close(listener_);
    if (!path_.empty())
        ::unlink(path_.c_str());
}

std::string socket_server::where() const {
    return path_.empty() ? "127.0.0.1:" + std::to_string(port_) : path_;
}

void socket_server::fail(const std::string& where, int error, const std::string& hint) {
    if (listener_ >= 0)
        ::close(listener_);
    throw input_error(exit_code::io, "cannot wait at " + where + ": " +
                                         std::generic_category().message(error) + hint);
}

void socket_server::listen_tcp(std::uint16_t port) {
    const std::string name = "127.0.0.1:" + std::to_string(port);
    listener_ = ::socket(AF_INET, socket_flags, 0);
    if (listener_ < 0)
        fail(name, errno, "");
    // A port whose last connections are still being buried may be used again.
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in a = {};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(port);
    if (::bind(listener_, base(a), sizeof(a)) != 0 || ::listen(listener_, 4) != 0) {
        const int error = errno;
        fail(name, error, error == EADDRINUSE ? "; choose another port, or 0 for a free one" : "");
    }
    socklen_t size = sizeof(a);
    if (::getsockname(listener_, reinterpret_cast<sockaddr*>(&a), &size) != 0)
        fail(name, errno, "");
    port_ = ntohs(a.sin_port);
}

void socket_server::listen_unix(const std::string& path) {
    struct stat there = {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode))
            fail(path, EEXIST, "; it is not a socket");
        // A socket that nobody listens at is left over from a process that was killed.
        const int probe = ::socket(AF_UNIX, socket_flags, 0);
        const sockaddr_un a = unix_address(path);
        const bool dead = ::connect(probe, base(a), sizeof(a)) != 0 && errno == ECONNREFUSED;
        ::close(probe);
        if (!dead)
            fail(path, EADDRINUSE, "");
        ::unlink(path.c_str());
    }
    listener_ = ::socket(AF_UNIX, socket_flags, 0);
    if (listener_ < 0)
        fail(path, errno, "");
    const sockaddr_un a = unix_address(path);
    if (::bind(listener_, base(a), sizeof(a)) != 0)
        fail(path, errno, "");
    // For the user alone; nobody can connect before listen().
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener_, 4) != 0) {
        const int error = errno;
        ::unlink(path.c_str());
        fail(path, error, "");
    }
    path_ = path;
}

bool socket_server::poll(std::chrono::milliseconds timeout) {
    protocol_.update();
    bool active = feed();
    active |= send_output();
    pollfd fds[2] = {};
    fds[0].fd = listener_;
    fds[0].events = POLLIN;
    fds[1].fd = client_;  // poll() passes over negative ones
    if (pending_.empty())
        fds[1].events |= POLLIN;
    if (!protocol_.output().empty())
        fds[1].events |= POLLOUT;
    const auto wait = active ? 0 : std::clamp<std::int64_t>(timeout.count(), 0, 1 << 30);
    if (::poll(fds, 2, static_cast<int>(wait)) <= 0)
        return active;
    if (client_ >= 0 && fds[1].revents != 0)
        active |= serve(fds[1].revents);
    if (fds[0].revents != 0)
        active |= accept_clients();
    return active;
}

/// Offers the protocol what has been received. True when it took any of it.
bool socket_server::feed() {
    if (pending_.empty())
        return false;
    const std::size_t taken = protocol_.receive(pending_);
    pending_.erase(0, taken);
    return taken > 0;
}

/// True when anything was sent, or the client is gone.
bool socket_server::send_output() {
    bool active = false;
    while (client_ >= 0 && !protocol_.output().empty()) {
        const std::string& out = protocol_.output();
        const ssize_t n = ::send(client_, out.data(), out.size(), MSG_NOSIGNAL);
        if (n < 0 && would_block(errno))
            return active;
        active = true;
        if (n < 0)
            drop_client();
        else
            protocol_.sent(static_cast<std::size_t>(n));
    }
    if (client_ >= 0 && protocol_.closing()) {
        drop_client();
        active = true;
    }
    return active;
}

bool socket_server::serve(short events) {
    bool active = false;
    if ((events & POLLIN) == 0 && (events & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        drop_client();
        return true;
    }
    for (int i = 0; i < reads_per_poll && client_ >= 0 && pending_.empty(); ++i) {
        char bytes[read_size];
        const ssize_t n = ::recv(client_, bytes, sizeof(bytes), 0);
        if (n < 0 && would_block(errno))
            break;
        active = true;
        if (n <= 0) {
            drop_client();
            break;
        }
        pending_.assign(bytes, static_cast<std::size_t>(n));
        feed();
        send_output();
    }
    active |= send_output();
    return active;
}

bool socket_server::accept_clients() {
    bool active = false;
    for (int i = 0; i < reads_per_poll; ++i) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            break;
        active = true;
        // The one before may have said its last word and gone since we looked.
        char byte = 0;
        if (client_ >= 0 && ::recv(client_, &byte, 1, MSG_PEEK) == 0)
            drop_client();
        if (client_ >= 0) {
            ::close(fd);
            continue;
        }
        client_ = fd;
        if (path_.empty()) {
            // Every packet waits for its answer: holding one back only costs time.
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        }
        pending_.clear();
        protocol_.connect();
    }
    return active;
}

void socket_server::drop_client() {
    if (client_ < 0)
        return;
    ::close(client_);
    client_ = -1;
    pending_.clear();
    protocol_.disconnect();
}

}  // namespace ocellus::sim
