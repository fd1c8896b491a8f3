// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ocellus::sim {

/// The server's side of a conversation with one client: bytes in, bytes out, no input or output of
/// its own.
class byte_protocol {
  public:
    virtual ~byte_protocol() = default;
    /// A client is there: the conversation begins anew.
    virtual void connect() = 0;
    /// It is gone without goodbye.
    virtual void disconnect() = 0;
    /// Takes bytes of the client and returns how many. The rest is offered again later.
    virtual std::size_t receive(std::string_view bytes) = 0;
    /// Looks whether there is something new to say. Called between two steps of the simulation.
    virtual void update() = 0;
    /// Bytes for the client.
    virtual const std::string& output() const = 0;
    /// The first `count` bytes of output are sent.
    virtual void sent(std::size_t count) = 0;
    /// Nothing more will be said; the connection may be closed.
    virtual bool closing() const = 0;
};

}  // namespace ocellus::sim
