// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/block_cache.h"

#include <algorithm>

namespace ocellus::dsp {

block_cache::block_cache() {
    ops_.reserve(op_room);
    blocks_.reserve(block_room);
    front_.assign(front_size, &none_);
    none_.next = {&none_, &none_};
}

decoded_block* block_cache::find(std::uint32_t pc) {
    decoded_block*& front = front_[front_index(pc)];
    if (front->pc == pc)
        return front;
    const auto it = by_pc_.find(pc);
    if (it == by_pc_.end())
        return nullptr;
    front = it->second;
    return front;
}

bool block_cache::full() const {
    return ops_.size() + max_block + 1 > op_room || blocks_.size() == block_room;
}

decoded_block* block_cache::add(const decoded_block& header, const micro_op* ops,
                                unsigned op_count) {
    const micro_op* const place = ops_.data() + ops_.size();
    ops_.insert(ops_.end(), ops, ops + op_count);
    blocks_.push_back(header);
    decoded_block* const b = &blocks_.back();
    b->ops = place;
    b->next = {&none_, &none_};
    by_pc_[b->pc] = b;
    front_[front_index(b->pc)] = b;
    const std::uint64_t last = std::uint64_t{b->pc} + (b->end - b->pc) - 1;
    for (std::uint64_t page = b->pc >> page_bits; page <= last >> page_bits; ++page) {
        const auto number = static_cast<std::uint32_t>(page);
        code_page& code = pages_[number];
        code.granules |= granules_of(number, b->pc, last);
        code.blocks.push_back(b);
    }
    return b;
}

bool block_cache::has_code(std::uint32_t address) const {
    return pages_.count(address >> page_bits) != 0;
}

/// Bits of the granules of a page that [first, last] touches.
std::uint32_t block_cache::granules_of(std::uint32_t page_number, std::uint64_t first,
                                       std::uint64_t last) {
    const std::uint64_t base = std::uint64_t{page_number} << page_bits;
    const std::uint64_t from = std::max(first, base) - base;
    const std::uint64_t to = std::min(last, base + (1u << page_bits) - 1) - base;
    const unsigned low = static_cast<unsigned>(from >> granule_bits);
    const unsigned high = static_cast<unsigned>(to >> granule_bits);
    return ((2u << high) - 1u) & ~((1u << low) - 1u);
}

bool block_cache::invalidate_in_page(code_page& page, std::uint32_t page_number,
                                     std::uint64_t first, std::uint64_t last) {
    const std::uint32_t hit = granules_of(page_number, first, last);
    if ((page.granules & hit) == 0)
        return false;
    std::uint32_t rest = 0;
    auto keep = page.blocks.begin();
    for (decoded_block* b : page.blocks) {
        if (b->pc == decoded_block::nowhere)
            continue;  // died through its other page
        const std::uint64_t b_last = std::uint64_t{b->pc} + (b->end - b->pc) - 1;
        const std::uint32_t mine = granules_of(page_number, b->pc, b_last);
        if (mine & hit) {
            by_pc_.erase(b->pc);
            b->pc = decoded_block::nowhere;
        } else {
            rest |= mine;
            *keep++ = b;
        }
    }
    page.blocks.erase(keep, page.blocks.end());
    page.granules = rest;
    return true;
}

bool block_cache::invalidate(std::uint32_t address, std::uint32_t length) {
    if (length == 0 || pages_.empty())
        return false;
    const std::uint64_t last = std::uint64_t{address} + length - 1;
    bool any = false;
    if ((last >> page_bits) - (address >> page_bits) > pages_.size()) {
        // Wider than what is cached. The order of the pages does not matter.
        for (auto& [number, page] : pages_) {
            const std::uint64_t base = std::uint64_t{number} << page_bits;
            if (base <= last && base + (1u << page_bits) > address)
                any |= invalidate_in_page(page, number, address, last);
        }
        return any;
    }
    for (std::uint64_t page = address >> page_bits; page <= last >> page_bits; ++page) {
        const auto it = pages_.find(static_cast<std::uint32_t>(page));
        if (it == pages_.end())
            continue;
        any |= invalidate_in_page(it->second, it->first, address, last);
        if (it->second.blocks.empty())
            pages_.erase(it);
    }
    return any;
}

void block_cache::flush() {
    ops_.clear();
    blocks_.clear();
    by_pc_.clear();
    pages_.clear();
    std::fill(front_.begin(), front_.end(), &none_);
}

}  // namespace ocellus::dsp
