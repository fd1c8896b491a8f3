// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/bank_calendar.h"

namespace ocellus::memory {

enum class arbitration : std::uint8_t {
    round_robin,     ///< in turn, by initiator number
    fixed_priority,  ///< lowest priority number first
    weighted,        ///< shares of each bank in proportion to weights
    deadline,        ///< earliest deadline first; requests without one afterwards
    first_come       ///< oldest burst first
};

/// What an arbiter knows of an initiator. Firmware may change it at any time.
struct initiator_share {
    std::uint32_t priority = 8;  ///< 0 goes first
    std::uint32_t weight = 1;
    std::uint32_t deadline = 0;  ///< cycles from a burst's arrival; 0: it can wait
    std::uint32_t cap = 0;       ///< bytes in 1024 cycles of the interconnect; 0: no cap
};
using share_table = std::array<initiator_share, bank_calendar::max_owners>;

/// A run of accesses that waits for a port of a bank.
struct bank_claim {
    unsigned owner = 0;
    std::uint64_t arrival = 0;  ///< of its burst at the memory
    std::uint64_t deadline = ~std::uint64_t{0};
    std::uint64_t number = 0;  ///< of its burst, in the order of arrival at the memory
    std::uint64_t accesses = 0;
    std::uint32_t burst = 0;
};

/// Who comes next. Equal claims take turns by initiator (with first_come: the lowest initiator goes
/// first), those of one initiator go by number.
class arbitration_policy {
  public:
    virtual ~arbitration_policy() = default;
    /// Index of the winner among n >= 1 claims for `port`.
    virtual unsigned pick(unsigned port, const bank_claim* claims, unsigned n) = 0;
    /// The winner takes `port` for `cycles`.
    virtual void granted(unsigned port, unsigned owner, std::uint64_t cycles) = 0;
};

/// `shares` must outlive the policy, which looks at it for every decision.
std::unique_ptr<arbitration_policy> make_policy(arbitration kind, unsigned ports,
                                                const share_table& shares);

}  // namespace ocellus::memory
