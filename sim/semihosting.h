// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace ocellus::sim {

/// RISC-V semihosting (the RISC-V Semihosting specification, operations of Arm's): a program asks
/// its debugger, here the simulation, for a service by
///
///     slli x0, x0, 0x1f ; ebreak ; srai x0, x0, 7
///
/// with the operation in a0 and its argument in a1. The console, the file that names the extensions
/// and the end of the program are served, which is what C libraries start and stop with; files of
/// the host are not, since a simulated sensor has none. Time is simulated time.
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
        /// A sentence about an operation that is refused, once for each kind.
        std::function<void(const std::string&)> refused;
        /// What SYS_GET_CMDLINE answers.
        std::string command_line;
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
    bool put_word(std::uint32_t address, std::uint32_t value);
    std::string text(std::uint32_t address, std::uint32_t length) const;
    std::uint32_t refuse(std::uint32_t operation, std::uint32_t error, const std::string& what);
    std::uint32_t serve(std::uint32_t operation, std::uint32_t argument);
    std::uint32_t open(std::uint32_t argument);
    std::uint32_t write_console(std::uint32_t argument);
    std::uint32_t read(std::uint32_t argument);
    std::uint32_t seek(std::uint32_t argument);
    std::uint32_t command_line(std::uint32_t argument);
    std::uint32_t heap_info(std::uint32_t argument);
    void exit_with(std::uint32_t reason, std::uint32_t code);

    machine machine_;
    std::uint64_t calls_ = 0, refused_ = 0;
    std::uint32_t error_ = 0;
    std::uint32_t features_position_ = 0;
    std::set<std::uint32_t> told_;  ///< operations whose refusal has been named
};

}  // namespace ocellus::sim
