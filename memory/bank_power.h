// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace ocellus::memory {

enum class bank_state : std::uint8_t {
    active,     ///< can be accessed
    retention,  ///< keeps its contents at a lower voltage; an access wakes it
    off,        ///< has lost its contents; an access is refused
};

/// Power state of each bank, and for how many cycles it was in each. A bank that has not been
/// accessed for `retention_after` cycles is in retention from then on (0: never by itself).
class bank_power {
  public:
    static constexpr unsigned states = 3;

    /// Latencies in cycles: from retention, and from off, to the first access.
    bank_power(unsigned banks, std::uint64_t retention_after, std::uint64_t wake_latency,
               std::uint64_t power_up_latency);

    /// False as long as every bank is active for ever, so that nobody need ask.
    bool managed() const { return managed_; }
    /// The first cycle from `cycle` on in which `bank` can be accessed; wakes it from retention.
    /// Not to be called for a bank that is off.
    std::uint64_t ready(unsigned bank, std::uint64_t cycle);
    /// An access of `bank` ends with the cycle before `end`.
    void used(unsigned bank, std::uint64_t end);
    /// Changes the state at `cycle`. Active from off: the bank is ready power_up_latency later.
    void set(unsigned bank, bank_state to, std::uint64_t cycle);
    bank_state state(unsigned bank, std::uint64_t cycle) const;
    /// Times a bank was woken from retention.
    const std::uint64_t& wakes() const { return wakes_; }
    /// Sum over all banks of the cycles in one state, until horizon(now); all states together are
    /// banks x horizon(now).
    std::uint64_t cycles(bank_state in, std::uint64_t now) const;
    /// `now`, or the latest cycle that a request ahead of it has brought a bank to.
    std::uint64_t horizon(std::uint64_t now) const;

  private:
    struct bank {
        bank_state state = bank_state::active;
        std::uint64_t since = 0;     ///< the time before is in `spent`
        std::uint64_t last_end = 0;  ///< of its last access
        std::uint64_t ready_at = 0;
        std::array<std::uint64_t, states> spent{};
    };
    /// Cycle in which an active bank goes into retention by itself.
    std::uint64_t sleeps_at(const bank& b) const;
    /// Brings `spent` up to `cycle`; true when the bank has gone into retention by itself.
    bool settle(bank& b, std::uint64_t cycle) const;

    std::vector<bank> banks_;
    std::uint64_t retention_after_, wake_latency_, power_up_latency_, wakes_ = 0;
    bool managed_;
};

}  // namespace ocellus::memory
