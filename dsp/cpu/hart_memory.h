// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::dsp {

/// What a hart sees of the world. Every access reports its wait states: cycles beyond those of the
/// instruction itself. A false result is a bus error and becomes a precise access fault.
class hart_memory {
  public:
    virtual ~hart_memory() = default;
    /// One aligned 32-bit word of instructions.
    virtual bool fetch(std::uint32_t address, std::uint32_t& word, std::uint32_t& wait) = 0;
    /// `size` is 1, 2 or 4 and `address` is a multiple of it; the value is zero-extended.
    virtual bool load(std::uint32_t address, unsigned size, std::uint32_t& value,
                      std::uint32_t& wait) = 0;
    virtual bool store(std::uint32_t address, unsigned size, std::uint32_t value,
                       std::uint32_t& wait) = 0;
    /// An interrupt was taken (its number as in mcause) and its handler begins at `cycles`.
    virtual void interrupted(unsigned cause, std::uint64_t cycles) {
        static_cast<void>(cause);
        static_cast<void>(cycles);
    }
    /// The `time` counter.
    virtual std::uint64_t time() { return 0; }
};

/// Memory that a hart may read and write by pointer. The wait states must be those that hart_memory
/// would report for the same bytes: mapping a region directly changes speed and nothing else.
struct direct_region {
    std::uint32_t base = 0, size = 0;  ///< bytes, multiples of 4
    unsigned char* bytes = nullptr;
    bool writable = true;  ///< stores to other regions go to hart_memory
    std::uint8_t fetch_wait = 0, read_wait = 0, write_wait = 0;  ///< cycles
};

}  // namespace ocellus::dsp
