// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "dsp/cpu/decode.h"

namespace ocellus::dsp {

/// A run of instructions that is entered at its first one only. The last op ends the block.
struct decoded_block {
    /// No pc equals it: instruction addresses are even.
    static constexpr std::uint32_t nowhere = 1;

    std::uint32_t pc = nowhere;     ///< `nowhere` once the memory under it has changed
    std::uint32_t end = 0;          ///< address after the last instruction
    std::uint32_t count = 0;        ///< instructions
    std::uint32_t cost = 0;         ///< cycles without wait states of data; branches not taken
    std::int32_t taken_extra = 0;   ///< additional cycles when the final branch is taken
    std::uint32_t held_credit = 0;  ///< cycles saved when the word of its first half was held
    std::uint64_t bound = 0;        ///< no execution of it costs more; huge when not to be chained
    const micro_op* ops = nullptr;
    /// Last successors: [0] of the taken branch or jump, [1] of falling through. Never null.
    std::array<decoded_block*, 2> next{};
};

/// Decoded blocks by address. A block stays readable until flush(), also after its invalidation.
class block_cache {
  public:
    static constexpr unsigned max_block = 64;    ///< instructions in a block
    static constexpr unsigned page_bits = 10;    ///< grain of "has code" towards the data path
    static constexpr unsigned granule_bits = 6;  ///< grain of invalidation

    block_cache();
    /// The block that starts at `pc`, or null.
    decoded_block* find(std::uint32_t pc);
    /// True when there is no room for another block: flush first.
    bool full() const;
    /// Adds a block; `ops` has `count` instructions and possibly a final `fall`.
    decoded_block* add(const decoded_block& header, const micro_op* ops, unsigned op_count);
    /// True when the page of `address` holds bytes of a live block.
    bool has_code(std::uint32_t address) const;
    /// Invalidates the blocks that may contain one of `length` bytes from `address`; true if any.
    bool invalidate(std::uint32_t address, std::uint32_t length);
    void flush();
    /// The block that nothing starts at.
    decoded_block* none() { return &none_; }

  private:
    struct code_page {
        std::uint32_t granules = 0;  ///< one bit each
        std::vector<decoded_block*> blocks;
    };
    static constexpr std::size_t op_room = 1u << 17, block_room = 1u << 14, front_size = 1u << 12;
    static std::size_t front_index(std::uint32_t pc) {
        return ((pc >> 1) ^ (pc >> 13)) & (front_size - 1);
    }
    bool invalidate_in_page(code_page& page, std::uint32_t page_number, std::uint64_t first,
                            std::uint64_t last);
    static std::uint32_t granules_of(std::uint32_t page_number, std::uint64_t first,
                                     std::uint64_t last);

    decoded_block none_;
    std::vector<micro_op> ops_;          // never grows beyond its reserve: pointers stay
    std::vector<decoded_block> blocks_;  // likewise
    std::vector<decoded_block*> front_;
    std::unordered_map<std::uint32_t, decoded_block*> by_pc_;
    std::unordered_map<std::uint32_t, code_page> pages_;
};

}  // namespace ocellus::dsp
