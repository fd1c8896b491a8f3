// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>

#include "memory/secded.h"

namespace ocellus::memory {

/// The few cells of a memory that do not hold what was written: flips, which go when their cells
/// are written again, and stuck cells, which stay. Words are 8 data bytes, in little-endian order,
/// and 8 check bits; word w is bytes 8 w .. 8 w + 7. Words without faults cost nothing.
class word_faults {
  public:
    static constexpr unsigned word_bytes = 8;

    struct cells {
        std::uint64_t data = 0;
        std::uint8_t check = 0;
        bool any() const { return data != 0 || check != 0; }
    };

    bool empty() const { return words_.empty(); }
    /// Whether there is none among the words `first` to `last`.
    bool empty(std::uint64_t first, std::uint64_t last) const {
        const auto i = words_.lower_bound(first);
        return i == words_.end() || i->first > last;
    }
    std::size_t words() const { return words_.size(); }

    /// Inverts stored cells; flipping a cell twice restores it.
    void flip(std::uint64_t word, const cells& mask);
    /// Cells that always read as in `value`.
    void stick(std::uint64_t word, const cells& mask, const cells& value);
    /// The cells of `word` have been written: `mask` selects which of them.
    void written(std::uint64_t word, const cells& mask);
    /// All cells of the words `first` to `last` have been written.
    void written(std::uint64_t first, std::uint64_t last);
    /// What the cells hold when `truth` was written there, with its check bits.
    cells stored(std::uint64_t word, std::uint64_t truth) const;
    /// Calls f(word) for each faulty word from `first` to `last`, in order; f may change that word.
    template <class Function>
    void each(std::uint64_t first, std::uint64_t last, const Function& f) {
        for (auto i = words_.lower_bound(first); i != words_.end() && i->first <= last;)
            f((i++)->first);
    }

  private:
    struct entry {
        cells flips, stuck, value;
        bool faulty() const { return flips.any() || stuck.any(); }
    };
    std::map<std::uint64_t, entry> words_;
};

}  // namespace ocellus::memory
