// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::memory {

/// How consecutive interleave units go round the banks.
enum class bank_mapping : std::uint8_t {
    linear,   ///< unit mod banks
    xor_fold  ///< XOR of all groups of log2(banks) bits of the unit number
};

/// Ports of one bank; each takes one access a cycle.
enum class bank_ports : std::uint8_t {
    one,             ///< one port for reads and writes
    read_and_write,  ///< one port for reads and one for writes
    two              ///< two ports for reads and writes
};

/// Accesses of a burst that are made in one go: all in one interleave unit, one a cycle.
struct bank_run {
    unsigned bank = 0;
    std::uint64_t accesses = 0;
    std::uint64_t next = 0;  ///< address of the byte behind the run
};

/// Which bank holds which byte. All sizes are powers of two, interleave >= width.
class bank_geometry {
  public:
    bank_geometry(std::uint64_t banks, std::uint64_t width, std::uint64_t interleave,
                  bank_mapping mapping)
        : banks_(static_cast<unsigned>(banks)),
          width_bits_(log2(width)),
          unit_bits_(log2(interleave)),
          bank_bits_(log2(banks)),
          fold_(mapping == bank_mapping::xor_fold && banks > 1) {}

    unsigned banks() const { return banks_; }
    unsigned bank_of(std::uint64_t address) const {
        std::uint64_t unit = address >> unit_bits_;
        if (!fold_)
            return static_cast<unsigned>(unit) & (banks_ - 1);
        std::uint64_t bank = 0;
        for (; unit; unit >>= bank_bits_)
            bank ^= unit;
        return static_cast<unsigned>(bank) & (banks_ - 1);
    }
    /// The run that begins at `address`, of a burst whose last byte is `last`.
    bank_run run_at(std::uint64_t address, std::uint64_t last) const {
        const std::uint64_t unit_last = address | ((std::uint64_t{1} << unit_bits_) - 1);
        const std::uint64_t run_last = unit_last < last ? unit_last : last;
        return {bank_of(address), (run_last >> width_bits_) - (address >> width_bits_) + 1,
                run_last + 1};
    }
    /// First byte of a row (`width` bytes) of a bank.
    std::uint64_t address_of(unsigned bank, std::uint64_t row) const {
        // The units of a group of `banks` are in different banks, in either mapping.
        const unsigned rows_bits = unit_bits_ - width_bits_;
        std::uint64_t unit = (row >> rows_bits) << bank_bits_;
        unit += bank_of(unit << unit_bits_) ^ bank;
        return (unit << unit_bits_) +
               ((row & ((std::uint64_t{1} << rows_bits) - 1)) << width_bits_);
    }

  private:
    static unsigned log2(std::uint64_t v) { return static_cast<unsigned>(__builtin_ctzll(v)); }
    unsigned banks_, width_bits_, unit_bits_, bank_bits_;
    bool fold_;
};

}  // namespace ocellus::memory
