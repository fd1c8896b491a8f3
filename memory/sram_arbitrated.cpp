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

tlm::tlm_sync_enum sram::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) {
        end_response(payload);
        return tlm::TLM_COMPLETED;
    }
    if (phase != tlm::BEGIN_REQ)
        return tlm::TLM_ACCEPTED;  // of another protocol, and of no concern
    if (!accepts(payload, delay))
        return tlm::TLM_COMPLETED;
    if (!arbiter_) {
        reserved(payload, delay);
        return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    flights_[take(payload, delay)].payload = &payload;
    rearm();
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
}

/// Gives a burst that comes `delay` from now to the arbiter; returns its slot.
std::uint32_t sram::take(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
    const auto* const sender = payload.get_extension<initiator_extension>();
    const unsigned owner = sender ? sender->id : initiator_extension::unattributed;
    if (sender) {
        waited_for_[owner] = sender->waited_for;
        if (sender->share)
            shares_[owner] = *sender->share;
    }
    const std::uint64_t address = payload.get_address();
    const std::uint32_t bytes = payload.get_data_length();
    std::uint32_t slot;
    if (free_slots_.empty()) {
        slot = static_cast<std::uint32_t>(flights_.size());
        flights_.emplace_back();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    flight& f = flights_[slot];
    f.latency = payload.is_read() ? p_.read_latency : p_.write_latency;
    f.payload = nullptr;
    f.complete = false;
    const part_words part = parts_of(address, bytes, payload.is_write());
    bank_arbiter::request r;
    r.owner = owner;
    r.write = payload.is_write();
    r.address = address;
    r.last = address + bytes - 1;
    r.arrival = clock_.cycles_until(sc_core::sc_time_stamp() + delay);
    r.before = part.before;
    r.after = part.after;
    r.cookie = slot;
    arbiter_->submit(r);
    move(payload, sc_core::SC_ZERO_TIME);
    return slot;
}

void sram::arbitrated(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (delay > sc_core::SC_ZERO_TIME)
        sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
    const std::uint32_t slot = take(payload, delay);
    rearm();
    auto& completed = flights_[slot].completed;
    if (!completed)
        completed = std::make_unique<sc_core::sc_event>();
    const sc_core::sc_event& done = *completed;
    while (!flights_[slot].complete)
        sc_core::wait(done);
    free_slots_.push_back(slot);
}

/// Everything that is due in this cycle.
void sram::arbitrate() {
    const std::uint64_t now = cycle_now();
    decided_at_ = now;
    armed_for_ = bank_arbiter::never;
    arbiter_->advance(now);
    for (; !responding_ && !responses_.empty(); responses_.pop_front())
        respond(responses_.front());
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
    if (!f.payload) {
        f.complete = true;
        return f.completed->notify(sc_core::SC_ZERO_TIME);
    }
    if (responding_)
        return responses_.push_back(slot);
    respond(slot);
}

void sram::respond(std::uint32_t slot) {
    tlm::tlm_generic_payload& payload = *flights_[slot].payload;
    free_slots_.push_back(slot);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    responding_ = &payload;
    const tlm::tlm_sync_enum answer = memory_in->nb_transport_bw(payload, phase, delay);
    if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
        responding_ = nullptr;
        payload.release();
    }
}

void sram::end_response(tlm::tlm_generic_payload& payload) {
    if (responding_ != &payload)
        return;
    responding_ = nullptr;
    payload.release();
    if (!responses_.empty()) {
        armed_for_ = cycle_now();
        arbitrate_event_.notify(sc_core::SC_ZERO_TIME);
    }
}

}  // namespace ocellus::memory
