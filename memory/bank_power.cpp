// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/bank_power.h"

#include <algorithm>

namespace ocellus::memory {
namespace {

constexpr std::size_t index(bank_state s) {
    return static_cast<std::size_t>(s);
}

}  // namespace

bank_power::bank_power(unsigned banks, std::uint64_t retention_after, std::uint64_t wake_latency,
                       std::uint64_t power_up_latency)
    : banks_(banks),
      retention_after_(retention_after),
      wake_latency_(wake_latency),
      power_up_latency_(power_up_latency),
      managed_(retention_after > 0) {}

std::uint64_t bank_power::sleeps_at(const bank& b) const {
    return retention_after_ == 0 ? ~std::uint64_t{0}
                                 : std::max(b.last_end, b.ready_at) + retention_after_;
}

bool bank_power::settle(bank& b, std::uint64_t cycle) const {
    if (cycle <= b.since)
        return false;
    bool slept = false;
    if (b.state == bank_state::active) {
        const std::uint64_t at = std::max(sleeps_at(b), b.since);
        if (at < cycle) {
            b.spent[index(bank_state::active)] += at - b.since;
            b.since = at;
            b.state = bank_state::retention;
            slept = true;
        }
    }
    b.spent[index(b.state)] += cycle - b.since;
    b.since = cycle;
    return slept;
}

std::uint64_t bank_power::ready(unsigned which, std::uint64_t cycle) {
    bank& b = banks_[which];
    if (b.state == bank_state::active && cycle <= sleeps_at(b))
        return std::max(cycle, b.ready_at);
    settle(b, cycle);
    if (b.state == bank_state::retention) {
        ++wakes_;
        b.state = bank_state::active;
        b.ready_at = std::max(cycle, b.since) + wake_latency_;
    }
    return std::max(cycle, b.ready_at);
}

void bank_power::used(unsigned which, std::uint64_t end) {
    bank& b = banks_[which];
    b.last_end = std::max(b.last_end, end);
}

void bank_power::set(unsigned which, bank_state to, std::uint64_t cycle) {
    managed_ = true;
    bank& b = banks_[which];
    settle(b, cycle);
    if (to == b.state)
        return;
    if (to == bank_state::active) {
        b.ready_at = std::max(cycle, b.since) +
                     (b.state == bank_state::off ? power_up_latency_ : wake_latency_);
        wakes_ += b.state == bank_state::retention;
    }
    b.state = to;
}

bank_state bank_power::state(unsigned which, std::uint64_t cycle) const {
    const bank& b = banks_[which];
    return b.state == bank_state::active && cycle > sleeps_at(b) ? bank_state::retention : b.state;
}

std::uint64_t bank_power::horizon(std::uint64_t now) const {
    for (const bank& b : banks_)
        now = std::max(now, b.since);
    return now;
}

std::uint64_t bank_power::cycles(bank_state in, std::uint64_t now) const {
    now = horizon(now);
    std::uint64_t sum = 0;
    for (bank b : banks_) {
        settle(b, now);
        sum += b.spent[index(in)];
    }
    return sum;
}

}  // namespace ocellus::memory
