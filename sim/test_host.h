// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ocellus::sim {

/// The host of RISC-V test programs (riscv-tests and riscv-arch-test; riscv-isa-sim's HTIF), which
/// talk to it by two words of 64 bits that the symbols `tohost` and `fromhost` name:
///
///     tohost = code << 1 | 1                  the end, with this code
///     tohost = 1 << 56 | 1 << 48 | character  a character for the console
///     tohost = address                        a call: four words of 64 bits there, number first
///
/// Of calls, write (64) to the console and exit (93) are served; their answer lies in the first
/// word. After a character or a call tohost is cleared and fromhost is 1. A store to the lower half
/// is what counts: a program of 32 bits that prints characters stores the upper half first.
class test_host {
  public:
    static constexpr std::uint32_t bytes = 8;

    struct machine {
        /// False: there is no memory.
        std::function<bool(std::uint32_t address, unsigned char* bytes, std::size_t length)> read;
        std::function<bool(std::uint32_t address, const unsigned char* bytes, std::size_t length)>
            write;
        std::function<void(char)> print;
        std::function<void(std::uint32_t code)> exit;
        /// A sentence about a call that is refused, the first time.
        std::function<void(const std::string&)> refused;
    };
    test_host(machine m, std::uint32_t tohost, std::optional<std::uint32_t> fromhost)
        : machine_(std::move(m)), tohost_(tohost), fromhost_(fromhost) {}

    /// A store to the word at `address`, one of tohost's two, has been made.
    void written(std::uint32_t address);

  private:
    std::uint32_t word(std::uint32_t address) const;
    void put(std::uint32_t address, std::uint32_t value);
    void answer();
    bool call(std::uint32_t at);

    machine machine_;
    std::uint32_t tohost_;
    std::optional<std::uint32_t> fromhost_;
    bool told_ = false;
};

}  // namespace ocellus::sim
