// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

namespace ocellus {

/// Which words of the chip's memories hold bytes that derive from pixels: one bit a 32-bit word.
/// Addresses outside the memories hold nothing.
class pixel_provenance {
  public:
    /// A memory: `base` and `size` in bytes, multiples of 4.
    void add_memory(std::uint64_t base, std::uint64_t size);

    /// Whether any of `length` bytes derives from pixels.
    bool derived(std::uint64_t address, std::uint64_t length) const;
    /// Bytes of the range that lie in words with bytes that derive from pixels.
    std::uint64_t derived_bytes(std::uint64_t address, std::uint64_t length) const;
    /// The range was written. With bytes that derive from pixels: every word touched does. With
    /// others: the words that are covered whole do not any more.
    void mark(std::uint64_t address, std::uint64_t length, bool derives);
    /// Words that derive from pixels in the memory at `base`.
    std::uint64_t words(std::uint64_t base) const;

  private:
    struct memory {
        std::uint64_t base = 0, size = 0, words = 0;
        std::vector<std::uint64_t> bits;
    };
    std::vector<memory> memories_;
};

}  // namespace ocellus
