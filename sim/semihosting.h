// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ocellus::sim {

/// RISC-V semihosting (the RISC-V Semihosting specification, operations of Arm's): a program asks
/// its debugger, here the simulation, for a service by
///
///     slli x0, x0, 0x1f ; ebreak ; srai x0, x0, 7
///
/// with the operation in a0 and its argument in a1. The console and the end of the program are
/// served; files of the host are not, since a simulated sensor has none. Time is simulated time.
class semihosting {
  public:
    struct machine {
        std::function<std::uint32_t(unsigned)> x;
        std::function<void(unsigned, std::uint32_t)> set_x;
        /// False: there is no memory.
        std::function<bool(std::uint32_t address, unsigned char* bytes, std::size_t length)> read;
        std::function<bool(std::uint32_t address, const unsigned char* bytes, std::size_t length)>
            write;
        std::function<void(char)> print;
        std::function<void(std::uint32_t code)> exit;
        /// Simulated time in ns.
        std::function<std::uint64_t()> now;
    };
    explicit semihosting(machine m) : machine_(std::move(m)) {}

    /// Whether the ebreak at `pc` is a call.
    bool is_call(std::uint32_t pc) const;
    /// Serves it. The caller moves pc on.
    void call();
    std::uint64_t calls() const { return calls_; }
    std::uint64_t refused() const { return refused_; }

  private:
    std::optional<std::uint32_t> word(std::uint32_t address) const;
    std::uint32_t serve(std::uint32_t operation, std::uint32_t argument);
    std::uint32_t open(std::uint32_t argument);
    std::uint32_t write_console(std::uint32_t argument);
    void exit_with(std::uint32_t reason, std::uint32_t code);

    machine machine_;
    std::uint64_t calls_ = 0, refused_ = 0;
    std::uint32_t error_ = 0;
};

}  // namespace ocellus::sim
