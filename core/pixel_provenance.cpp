// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/pixel_provenance.h"

#include <algorithm>
#include <stdexcept>

namespace ocellus {
namespace {

constexpr std::uint64_t word = 4;

constexpr std::uint64_t ones(std::uint64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

std::uint64_t count_of(std::uint64_t bits) {
    return static_cast<std::uint64_t>(__builtin_popcountll(bits));
}

/// Calls `f(index of 64 words, mask)` for words `first` to `end` - 1.
template <class F>
void each_group(std::uint64_t first, std::uint64_t end, F f) {
    while (first < end) {
        const std::uint64_t in = first % 64, n = std::min(64 - in, end - first);
        f(first / 64, ones(n) << in);
        first += n;
    }
}

}  // namespace

void pixel_provenance::add_memory(std::uint64_t base, std::uint64_t size) {
    if (base % word != 0 || size % word != 0)
        throw std::logic_error("pixel_provenance: a memory of whole words is needed");
    memory m;
    m.base = base;
    m.size = size;
    m.bits.resize((size / word + 63) / 64);
    memories_.push_back(std::move(m));
}

std::uint64_t pixel_provenance::derived_bytes(std::uint64_t address, std::uint64_t length) const {
    std::uint64_t bytes = 0;
    for (const memory& m : memories_) {
        const std::uint64_t first = std::max(address, m.base);
        const std::uint64_t end = std::min(address + length, m.base + m.size);
        if (m.words == 0 || first >= end)
            continue;
        const std::uint64_t from = first - m.base, to = end - m.base;
        each_group(from / word, (to + word - 1) / word, [&](std::uint64_t at, std::uint64_t mask) {
            bytes += word * count_of(m.bits[at] & mask);
        });
        const auto at = [&m](std::uint64_t w) { return m.bits[w / 64] >> w % 64 & 1u; };
        if (at(from / word))
            bytes -= from % word;
        if (to % word != 0 && at(to / word))
            bytes -= word - to % word;
    }
    return bytes;
}

bool pixel_provenance::derived(std::uint64_t address, std::uint64_t length) const {
    return derived_bytes(address, length) > 0;
}

void pixel_provenance::mark(std::uint64_t address, std::uint64_t length, bool derives) {
    for (memory& m : memories_) {
        const std::uint64_t first = std::max(address, m.base);
        const std::uint64_t end = std::min(address + length, m.base + m.size);
        if (first >= end || (!derives && m.words == 0))
            continue;
        const std::uint64_t from = first - m.base, to = end - m.base;
        if (derives)
            each_group(from / word, (to + word - 1) / word,
                       [&m](std::uint64_t at, std::uint64_t mask) {
                           m.words += count_of(mask & ~m.bits[at]);
                           m.bits[at] |= mask;
                       });
        else
            each_group((from + word - 1) / word, to / word,
                       [&m](std::uint64_t at, std::uint64_t mask) {
                           m.words -= count_of(mask & m.bits[at]);
                           m.bits[at] &= ~mask;
                       });
    }
}

std::uint64_t pixel_provenance::words(std::uint64_t base) const {
    for (const memory& m : memories_)
        if (m.base == base)
            return m.words;
    return 0;
}

}  // namespace ocellus
