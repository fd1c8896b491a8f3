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
        insert(b, busy.size(), {earliest, earliest + cycles, owner});
        return earliest;
    }
    auto i = static_cast<std::size_t>(
        std::upper_bound(busy.begin() + static_cast<std::ptrdiff_t>(b.first), busy.end(), earliest,
                         [](std::uint64_t c, const interval& v) { return c < v.end; }) -
        busy.begin());
    std::uint64_t start = earliest;
    for (; i < busy.size() && busy[i].begin < start + cycles; ++i) {
        if (waited_for)
            waited_for[busy[i].owner] += busy[i].end - start;
        if (waited_here)
            waited_here[busy[i].owner] += busy[i].end - start;
        start = busy[i].end;
    }
    insert(b, i, {start, start + cycles, owner});
    return start;
}

std::uint64_t bank_calendar::first_free(unsigned bank, std::uint64_t earliest,
                                        std::uint64_t cycles) const {
    const auto& b = banks_[bank];
    std::uint64_t start = std::max(earliest, horizon_);
    auto i = std::upper_bound(b.busy.begin() + static_cast<std::ptrdiff_t>(b.first), b.busy.end(),
                              start, [](std::uint64_t c, const interval& v) { return c < v.end; });
    for (; i != b.busy.end() && i->begin < start + cycles; ++i)
        start = std::max(start, i->end);
    return start;
}

void bank_calendar::insert(bank_state& b, std::size_t at, interval added) {
    auto& busy = b.busy;
    const bool joins_before =
        at > b.first && busy[at - 1].end == added.begin && busy[at - 1].owner == added.owner;
    const bool joins_after =
        at < busy.size() && added.end == busy[at].begin && busy[at].owner == added.owner;
    if (joins_before && joins_after) {
        busy[at - 1].end = busy[at].end;
        busy.erase(busy.begin() + static_cast<std::ptrdiff_t>(at));
        return;
    }
    if (joins_before) {
        busy[at - 1].end = added.end;
        return;
    }
    if (joins_after) {
        busy[at].begin = added.begin;
        return;
    }
    if (b.first > capacity_) {
        busy.erase(busy.begin(), busy.begin() + static_cast<std::ptrdiff_t>(b.first));
        at -= b.first;
        b.first = 0;
    }
    busy.insert(busy.begin() + static_cast<std::ptrdiff_t>(at), added);
    if (busy.size() - b.first > capacity_) {
        busy[b.first + 1].begin = busy[b.first].begin;
        ++b.first;
    }
}

}  // namespace ocellus::memory
