// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ocellus::sim {

/// Where the bytes of the sensor's UART go, and where bytes for it come from. Nothing here blocks
/// the simulation, and a reader that goes away is no error.
class uart_backend {
  public:
    virtual ~uart_backend() = default;
    /// "stdout", "none", "file:PATH", "pty" or "tcp:PORT" (of this machine; 0: any that is free).
    /// Throws input_error(usage) for other words, input_error(io) when the place cannot be had.
    static std::unique_ptr<uart_backend> open(const std::string& where);

    virtual void put(char c) = 0;
    /// Lets readers come and go, and hands over what they have typed as long as `room()`.
    virtual void poll(const std::function<bool()>& room, const std::function<void(char)>& typed);
    /// The run has ended well: whatever is to be kept is kept.
    virtual void finish() {}
    /// For people: "UART on /dev/pts/3"; empty: nothing to say.
    virtual std::string where() const { return {}; }
    /// Somebody may type.
    virtual bool interactive() const { return false; }
};

}  // namespace ocellus::sim
