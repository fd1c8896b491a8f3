// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/bank_calendar.h"

#include <algorithm>

namespace ocellus::memory {

bank_calendar::bank_calendar(unsigned banks, std::size_t capacity)
    : banks_(banks), capacity_(capacity < 2 ? 2 : capacity) {
    for (auto& b : banks_)
        b.busy.reserve(2 * capacity_ + 2);
}

std::uint64_t bank_calendar::reserve(unsigned bank, std::uint64_t earliest, std::uint64_t cycles,
                                     unsigned owner, std::uint64_t* waited_for,
                                     std::uint64_t* waited_here) {
    auto& b = banks_[bank];
    auto& busy = b.busy;
    while (b.first < busy.size() && busy[b.first].end <= horizon_)
        ++b.first;
    if (earliest < horizon_)
        earliest = horizon_;
    if (cycles == 0)
        return earliest;

    // The usual case: after everything that is known.
    if (b.first == busy.size() || busy.back().end <= earliest) {
        insert(b, busy.size(), earliest, earliest + cycles, owner);
        return earliest + cycles;
    }
    const std::size_t first = next_at(b, earliest);
    std::size_t i = first;
    std::uint64_t at = earliest, left = cycles;
    pieces_.clear();
    for (;;) {
        for (; i < busy.size() && busy[i].begin <= at; at = busy[i++].end) {
            if (waited_for)
                waited_for[busy[i].owner] += busy[i].end - at;
            if (waited_here)
                waited_here[busy[i].owner] += busy[i].end - at;
        }
        const std::uint64_t free = i < busy.size() ? std::min(left, busy[i].begin - at) : left;
        left -= free;
        if (left == 0 && pieces_.empty()) {
            insert(b, i, at, at + free, owner);
            return at + free;
        }
        pieces_.push_back({at, at + free, owner});
        at += free;
        if (left == 0) {
            insert_split(b, first, i);
            return at;
        }
    }
}

std::size_t bank_calendar::next_at(const bank_state& b, std::uint64_t cycle) {
    return static_cast<std::size_t>(
        std::upper_bound(b.busy.begin() + static_cast<std::ptrdiff_t>(b.first), b.busy.end(), cycle,
                         [](std::uint64_t c, const interval& v) { return c < v.end; }) -
        b.busy.begin());
}

std::uint64_t bank_calendar::end_of(unsigned bank, std::uint64_t earliest,
                                    std::uint64_t cycles) const {
    const auto& b = banks_[bank];
    std::uint64_t at = std::max(earliest, horizon_);
    for (std::size_t i = next_at(b, at); i < b.busy.size(); at = b.busy[i++].end) {
        if (b.busy[i].begin <= at)
            continue;
        const std::uint64_t free = std::min(cycles, b.busy[i].begin - at);
        cycles -= free;
        if (cycles == 0)
            return at + free;
    }
    return at + cycles;
}

void bank_calendar::insert_split(bank_state& b, std::size_t first, std::size_t last) {
    auto& busy = b.busy;
    merged_.clear();
    std::size_t k = 0;
    const auto add = [this](const interval& v) {
        if (!merged_.empty() && merged_.back().end == v.begin && merged_.back().owner == v.owner)
            merged_.back().end = v.end;
        else
            merged_.push_back(v);
    };
    // The neighbours outside may join too.
    if (first > b.first)
        --first;
    if (last < busy.size())
        ++last;
    for (std::size_t i = first; i < last; ++i) {
        for (; k < pieces_.size() && pieces_[k].begin < busy[i].begin; ++k)
            add(pieces_[k]);
        add(busy[i]);
    }
    for (; k < pieces_.size(); ++k)
        add(pieces_[k]);
    const std::size_t replaced = std::min(last - first, merged_.size());
    const auto at =
        std::copy_n(merged_.begin(), replaced, busy.begin() + static_cast<std::ptrdiff_t>(first));
    if (merged_.size() > replaced)
        busy.insert(at, merged_.begin() + static_cast<std::ptrdiff_t>(replaced), merged_.end());
    else
        busy.erase(at, busy.begin() + static_cast<std::ptrdiff_t>(last));
    bound(b);
}

void bank_calendar::insert(bank_state& b, std::size_t at, std::uint64_t begin, std::uint64_t end,
                           unsigned owner) {
    auto& busy = b.busy;
    const bool joins_before =
        at > b.first && busy[at - 1].end == begin && busy[at - 1].owner == owner;
    const bool joins_after = at < busy.size() && end == busy[at].begin && busy[at].owner == owner;
    if (joins_before && joins_after) {
        busy[at - 1].end = busy[at].end;
        busy.erase(busy.begin() + static_cast<std::ptrdiff_t>(at));
        return;
    }
    if (joins_before) {
        busy[at - 1].end = end;
        return;
    }
    if (joins_after) {
        busy[at].begin = begin;
        return;
    }
    if (b.first > capacity_) {
        busy.erase(busy.begin(), busy.begin() + static_cast<std::ptrdiff_t>(b.first));
        at -= b.first;
        b.first = 0;
    }
    busy.insert(busy.begin() + static_cast<std::ptrdiff_t>(at), {begin, end, owner});
    bound(b);
}

void bank_calendar::bound(bank_state& b) {
    while (b.busy.size() - b.first > capacity_) {
        b.busy[b.first + 1].begin = b.busy[b.first].begin;
        ++b.first;
    }
}

}  // namespace ocellus::memory
