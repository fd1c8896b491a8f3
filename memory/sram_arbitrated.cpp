// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The SRAM approximately timed: bursts come at their time, one by one, and the arbiter decides.
#include <algorithm>

#include "core/diagnostics.h"
#include "memory/sram.h"

namespace ocellus::memory {

void sram::begin_arbitration() {
    arbiter_ =
        std::make_unique<bank_arbiter>(geometry_, p_.ports, p_.policy, shares_, p_.longest_grant);
    arbiter_->on_done([this](std::uint64_t cookie, std::uint64_t end) {
        if (cookie != bank_arbiter::never) {
            const auto slot = static_cast<std::uint32_t>(cookie);
            completions_.emplace(end + flights_[slot].latency, slot);
        }
    });
    arbiter_->on_use([this](unsigned bank, std::uint64_t accesses, std::uint64_t end) {
        busy_cycles_ += accesses;
        bank_busy_[bank] += accesses;
        note_occupancy(end - accesses, occupancy_column::accesses, accesses);
        power_.used(bank, end);
    });
    arbiter_->on_power([this](unsigned bank, std::uint64_t cycle) {
        if (!power_.managed() || power_.state(bank, cycle) == bank_state::off)
            return cycle;
        const std::uint64_t ready = power_.ready(bank, cycle);
        wake_cycles_ += ready - cycle;
        return ready;
    });
    arbiter_->on_wait([this](unsigned bank, unsigned who, unsigned whom, std::uint64_t cycles) {
        if (who == initiator_extension::scrubber)
            return;
        wait_cycles_ += cycles;
        bank_wait_[bank] += cycles;
        note_occupancy(decided_at_, occupancy_column::waits, cycles);
        conflicts_of(bank, who)[whom] += cycles;
        if (waited_for_[who])
            waited_for_[who][whom] += cycles;
    });
    SC_METHOD(arbitrate);
    sensitive << arbitrate_event_;
    dont_initialize();
}

void sram::arbitrated(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const sc_core::sc_time asked = sc_core::sc_time_stamp() + delay;
    auto* const sender = payload.get_extension<initiator_extension>();
    auto* const posted = payload.get_extension<posted_bursts>();
    // The caller's extension may be another's before this call returns to it.
    const unsigned owner = sender ? sender->id : initiator_extension::unattributed;
    burst_latency* const latencies = sender ? sender->latency : nullptr;
    if (sender) {
        waited_for_[owner] = sender->waited_for;
        if (sender->share)
            shares_[owner] = *sender->share;
    }
    // Posted bursts may lie ahead: the arbiter keeps them until their time.
    if (!posted && delay > sc_core::SC_ZERO_TIME)
        sc_core::wait(delay);
    while (posted && posted->in_flight >= posted->most)
        sc_core::wait(posted->changed);

    const std::uint64_t address = payload.get_address();
    const std::uint32_t bytes = payload.get_data_length();
    std::uint32_t slot;
    if (free_slots_.empty()) {
        slot = static_cast<std::uint32_t>(flights_.size());
        flights_.emplace_back();
        flights_.back().completed = std::make_unique<sc_core::sc_event>();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    flight& f = flights_[slot];
    f.owner = owner;
    f.posted = posted;
    f.latencies = latencies;
    f.asked = asked;
    f.latency = payload.is_read() ? p_.read_latency : p_.write_latency;
    f.complete = false;
    const part_words part = parts_of(address, bytes, payload.is_write());
    bank_arbiter::request r;
    r.owner = owner;
    r.write = payload.is_write();
    r.address = address;
    r.last = address + bytes - 1;
    r.arrival = clock_.cycles_until(std::max(asked, sc_core::sc_time_stamp()));
    r.before = part.before;
    r.after = part.after;
    r.cookie = slot;
    arbiter_->submit(r);
    move(payload, sc_core::SC_ZERO_TIME);
    rearm();
    if (posted) {
        // As if nothing were in the way.
        delay = std::max(asked, sc_core::sc_time_stamp()) - sc_core::sc_time_stamp();
        ++posted->in_flight;
        if (sender)
            sender->posted = true;
        return;
    }
    delay = sc_core::SC_ZERO_TIME;
    const sc_core::sc_event& completed = *f.completed;
    while (!flights_[slot].complete)
        sc_core::wait(completed);
    free_slots_.push_back(slot);
}

/// Everything that is due in this cycle.
void sram::arbitrate() {
    const std::uint64_t now = cycle_now();
    decided_at_ = now;
    armed_for_ = bank_arbiter::never;
    arbiter_->advance(now);
    while (!completions_.empty() && completions_.top().first <= now) {
        const std::uint32_t slot = completions_.top().second;
        completions_.pop();
        complete(slot);
    }
    rearm();
}

void sram::rearm() {
    std::uint64_t next = arbiter_->next();
    if (!completions_.empty())
        next = std::min(next, completions_.top().first);
    // A notification that is pending for an earlier cycle, or the same, comes first anyway.
    if (next >= armed_for_)
        return;
    armed_for_ = next;
    const sc_core::sc_time at = clock_.time_of(next), now = sc_core::sc_time_stamp();
    arbitrate_event_.notify(at > now ? at - now : sc_core::SC_ZERO_TIME);
}

void sram::complete(std::uint32_t slot) {
    flight& f = flights_[slot];
    f.complete = true;
    if (!f.posted)
        return f.completed->notify(sc_core::SC_ZERO_TIME);
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    --f.posted->in_flight;
    f.posted->last = now;
    f.posted->changed.notify(sc_core::SC_ZERO_TIME);
    const std::uint64_t latency = (now - f.asked).value();
    if (f.latencies)
        f.latencies->add(latency);
    free_slots_.push_back(slot);
}

}  // namespace ocellus::memory
