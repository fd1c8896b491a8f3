// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ocellus::links {

/// How a memory behind a serial bus (SPI) is read: in pieces of at most `burst` bytes, each with a
/// command on one line, an address on all lines, dummy clocks, the data on all lines, and clocks in
/// which the memory is not selected. A host that sends by itself has data and gap alone, and the
/// time until it begins.
struct serial_read {
    double clock = 35e6;         ///< Hz
    unsigned lanes = 1;          ///< data lines, 1 or 4
    std::uint64_t burst = 4096;  ///< bytes of one read
    unsigned command_bits = 8, address_bits = 24, dummy_clocks = 8, gap_clocks = 2;
    double latency = 0;  ///< s before each read

    std::uint64_t reads(std::uint64_t bytes) const { return (bytes + burst - 1) / burst; }
    /// Clocks of a read that are not data.
    std::uint64_t overhead_clocks() const {
        return command_bits + (address_bits + lanes - 1) / lanes + dummy_clocks + gap_clocks;
    }
    double overhead_seconds() const {
        return static_cast<double>(overhead_clocks()) / clock + latency;
    }
    double bits_per_second() const { return clock * lanes; }
    /// From the first clock to the last bit of `bytes` in a row.
    double seconds(std::uint64_t bytes) const {
        return static_cast<double>(reads(bytes)) * overhead_seconds() +
               8 * static_cast<double>(bytes) / bits_per_second();
    }
};

/// A link that serves one transfer at a time, in the order in which they were asked for. Seconds of
/// simulated time.
class serial_link {
  public:
    /// A transfer that may begin at `earliest` and lasts `lasts`; returns when it begins.
    double take(double earliest, double lasts) {
        // What comes next to it may be rounded: less than the kernel's picosecond is no wait.
        const double begin = earliest < free_ - 1e-12 ? free_ : earliest;
        waited_ += begin - earliest;
        busy_ += lasts;
        free_ = begin + lasts;
        return begin;
    }
    double free_at() const { return free_; }
    double waited() const { return waited_; }  ///< by all transfers, for others
    double busy() const { return busy_; }

  private:
    double free_ = 0, waited_ = 0, busy_ = 0;
};

/// Bytes that a serial memory holds, and the pieces that they were written in, each with a checksum
/// (CRC-32) of what was written.
class serial_image {
  public:
    /// Writes a piece; places between pieces stay erased (0xFF).
    void write(std::uint64_t offset, const std::vector<std::uint8_t>& bytes);
    std::uint64_t size() const { return bytes_.size(); }
    const std::uint8_t* at(std::uint64_t offset) const { return bytes_.data() + offset; }
    /// A cell has failed: all bits of this byte are inverted. False when there is no such byte.
    bool damage(std::uint64_t offset);
    /// Pieces that begin in [offset, offset + bytes) and are not what was written.
    std::uint64_t damaged(std::uint64_t offset, std::uint64_t bytes) const;

  private:
    struct piece {
        std::uint64_t offset, bytes;
        std::uint32_t crc;
    };
    std::vector<std::uint8_t> bytes_;
    std::vector<piece> pieces_;
};

}  // namespace ocellus::links
