// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/word_faults.h"

namespace ocellus::memory {

void word_faults::flip(std::uint64_t word, const cells& mask) {
    if (!mask.any())
        return;
    entry& e = words_[word];
    e.flips.data ^= mask.data;
    e.flips.check ^= mask.check;
    if (!e.faulty())
        words_.erase(word);
}

void word_faults::stick(std::uint64_t word, const cells& mask, const cells& value) {
    if (!mask.any())
        return;
    entry& e = words_[word];
    e.stuck.data |= mask.data;
    e.stuck.check |= mask.check;
    e.value.data = (e.value.data & ~mask.data) | (value.data & mask.data);
    e.value.check =
        static_cast<std::uint8_t>((e.value.check & ~mask.check) | (value.check & mask.check));
}

void word_faults::written(std::uint64_t word, const cells& mask) {
    const auto i = words_.find(word);
    if (i == words_.end())
        return;
    i->second.flips.data &= ~mask.data;
    i->second.flips.check = static_cast<std::uint8_t>(i->second.flips.check & ~mask.check);
    if (!i->second.faulty())
        words_.erase(i);
}

void word_faults::written(std::uint64_t first, std::uint64_t last) {
    each(first, last, [this](std::uint64_t w) { written(w, {~std::uint64_t{0}, 0xff}); });
}

word_faults::cells word_faults::stored(std::uint64_t word, std::uint64_t truth) const {
    cells c{truth, secded::encode(truth)};
    const auto i = words_.find(word);
    if (i == words_.end())
        return c;
    const entry& e = i->second;
    c.data ^= e.flips.data;
    c.check ^= e.flips.check;
    c.data = (c.data & ~e.stuck.data) | (e.value.data & e.stuck.data);
    c.check =
        static_cast<std::uint8_t>((c.check & ~e.stuck.check) | (e.value.check & e.stuck.check));
    return c;
}

}  // namespace ocellus::memory
