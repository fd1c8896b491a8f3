// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/byte_protocol.h"

namespace ocellus::sim {

/// Where to wait for a client, a debugger or a test bench: a TCP port of this machine, or the path
/// of a Unix socket.
struct socket_address {
    std::string path;        ///< empty: TCP
    std::uint16_t port = 0;  ///< of 127.0.0.1; 0: any that is free

    /// "3333", "127.0.0.1:3333", "localhost:3333", "unix:PATH", or a path with a slash in it.
    /// Throws input_error(exit_code::usage).
    static socket_address parse(const std::string& text);
};

/// Carries the bytes of a protocol over a socket, one client at a time; others are turned away at
/// once. Never blocks but in poll(), and a client that vanishes is no error.
class socket_server {
  public:
    /// Listens. Throws input_error(exit_code::io) when the address cannot be had. The protocol must
    /// outlive the transport.
    socket_server(const socket_address& address, byte_protocol& protocol);
    ~socket_server();
    socket_server(const socket_server&) = delete;
    socket_server& operator=(const socket_server&) = delete;

    /// Lets clients come and go, hands their bytes to the protocol and sends its output. Waits up
    /// to `timeout` for something to do; zero, between two steps of the simulation, does not wait.
    /// True when anything happened.
    bool poll(std::chrono::milliseconds timeout);

    bool connected() const { return client_ >= 0; }
    std::uint16_t port() const { return port_; }  ///< 0 for a Unix socket
    /// What to type after `target remote`: "127.0.0.1:3333" or the path.
    std::string where() const;

  private:
    void listen_tcp(std::uint16_t port);
    void listen_unix(const std::string& path);
    [[noreturn]] void fail(const std::string& where, int error, const std::string& hint);
    bool feed();
    bool send_output();
    bool serve(short events);
    bool accept_clients();
    void drop_client();

    byte_protocol& protocol_;
    int listener_ = -1, client_ = -1;
    std::uint16_t port_ = 0;
    std::string path_;     // of the socket file that is ours to remove
    std::string pending_;  // received, but not yet taken by the protocol
};

}  // namespace ocellus::sim
