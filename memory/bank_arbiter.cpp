// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/bank_arbiter.h"

#include <algorithm>

namespace ocellus::memory {

bank_arbiter::bank_arbiter(const bank_geometry& geometry, bank_ports ports, arbitration kind,
                           const share_table& shares, std::uint64_t longest_grant)
    : geometry_(geometry),
      ports_(ports),
      per_bank_(ports == bank_ports::one ? 1 : 2),
      shares_(shares),
      policy_(make_policy(kind, geometry.banks() * per_bank_, shares)),
      longest_grant_(std::max<std::uint64_t>(1, longest_grant)),
      port_(std::size_t{geometry.banks()} * per_bank_),
      waited_(std::size_t{geometry.banks()} * owners * owners) {}

void bank_arbiter::set_policy(arbitration kind) {
    policy_ = make_policy(kind, geometry_.banks() * per_bank_, shares_);
}

std::uint64_t bank_arbiter::bank_wait_cycles(unsigned bank) const {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < owners * owners; ++i)
        sum += waited_[bank * owners * owners + i];
    return sum;
}

void bank_arbiter::push(std::uint64_t cycle, bool is_decision, std::uint32_t index,
                        std::uint64_t accesses) {
    events_.push({cycle, is_decision, index, accesses, order_++});
}

void bank_arbiter::submit(const request& r) {
    std::uint32_t burst;
    if (unused_.empty()) {
        burst = static_cast<std::uint32_t>(flights_.size());
        flights_.emplace_back();
    } else {
        burst = unused_.back();
        unused_.pop_back();
    }
    const std::uint32_t limit = shares_[r.owner].deadline;
    flights_[burst] = {r, r.address, limit ? r.arrival + limit : never, numbers_++};
    push(r.arrival, false, burst);
}

void bank_arbiter::advance(std::uint64_t cycle) {
    while (!events_.empty() && events_.top().cycle <= cycle) {
        const event e = events_.top();
        events_.pop();
        if (e.is_decision)
            decide(e.index, e.cycle);
        else
            arrive(e.index, e.cycle, e.accesses);
    }
}

/// A burst comes to the bank of its next run, or asks for the rest of one.
void bank_arbiter::arrive(std::uint32_t burst, std::uint64_t cycle, std::uint64_t accesses) {
    const flight& f = flights_[burst];
    const bank_run run = geometry_.run_at(f.address, f.r.last);
    if (accesses == 0) {
        accesses = run.accesses + (f.address == f.r.address ? f.r.before : 0) +
                   (run.next > f.r.last ? f.r.after : 0);
        if (ready_) {
            const std::uint64_t ready = ready_(run.bank, cycle);
            if (ready > cycle)
                return push(ready, false, burst, accesses);
        }
    }
    std::uint32_t p = run.bank * per_bank_;
    if (ports_ == bank_ports::read_and_write)
        p += f.r.write;
    else if (ports_ == bank_ports::two)
        p += std::max(port_[p].free_at, cycle) + port_[p].queued >
             std::max(port_[p + 1].free_at, cycle) + port_[p + 1].queued;
    port_state& port = port_[p];
    port.waiting.push_back({f.r.owner, f.r.arrival, f.deadline, f.number, accesses, burst});
    port.queued += accesses;
    if (port.free_at > cycle)
        charge(run.bank, f.r.owner, port.holder, port.free_at - cycle);
    if (!port.decides) {
        port.decides = true;
        push(std::max(cycle, port.free_at), true, p);
    }
}

void bank_arbiter::decide(std::uint32_t p, std::uint64_t cycle) {
    port_state& port = port_[p];
    const unsigned bank = p / per_bank_;
    const auto n = static_cast<unsigned>(port.waiting.size());
    const unsigned winner = n == 1 ? 0 : policy_->pick(p, port.waiting.data(), n);
    const bank_claim c = port.waiting[winner];
    port.waiting.erase(port.waiting.begin() + winner);
    const std::uint64_t cycles = std::min(c.accesses, longest_grant_), end = cycle + cycles;
    port.queued -= c.accesses;
    policy_->granted(p, c.owner, cycles);
    for (const auto& w : port.waiting)
        charge(bank, w.owner, c.owner, cycles);
    port.free_at = end;
    port.holder = c.owner;
    port.decides = !port.waiting.empty();
    if (port.decides)
        push(end, true, p);
    if (used_)
        used_(bank, cycles, end);

    flight& f = flights_[c.burst];
    if (c.accesses > cycles)
        return push(end, false, c.burst, c.accesses - cycles);
    const bank_run run = geometry_.run_at(f.address, f.r.last);
    if (run.next <= f.r.last) {
        f.address = run.next;
        return push(end, false, c.burst);
    }
    late_[c.owner] += end > f.deadline;
    const std::uint64_t cookie = f.r.cookie;
    unused_.push_back(c.burst);
    if (done_)
        done_(cookie, end);
}

}  // namespace ocellus::memory
