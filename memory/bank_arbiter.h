// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "memory/arbitration.h"
#include "memory/bank_geometry.h"

namespace ocellus::memory {

/// Banks that are granted run by run, in cycles. A burst makes its runs one after the other, the
/// next not before the end of the one before; a run waits at its bank's port until the policy
/// chooses it, and has the port for all its accesses, or for `longest_grant` of them, after which
/// it asks again. A port is never idle while a run waits for it.
///
/// The caller drives it: submit() what arrives, in any order as long as nothing arrives before the
/// cycle last advanced to; advance(c) decides everything up to and including cycle c.
class bank_arbiter {
  public:
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    struct request {
        unsigned owner = 0;
        bool write = false;
        std::uint64_t address = 0;
        std::uint64_t last = 0;     ///< address of the last byte
        std::uint64_t arrival = 0;  ///< cycle
        std::uint64_t before = 0;   ///< accesses more in the first run
        std::uint64_t after = 0;    ///< accesses more in the last run
        std::uint64_t cookie = 0;   ///< the caller's
    };
    /// `end`: the cycle after the burst's last access, which may lie ahead.
    using done_function = std::function<void(std::uint64_t cookie, std::uint64_t end)>;
    /// The first cycle from `cycle` on in which a bank can be accessed.
    using ready_function = std::function<std::uint64_t(unsigned bank, std::uint64_t cycle)>;
    /// A run of `accesses` ends with the cycle before `end`.
    using used_function =
        std::function<void(unsigned bank, std::uint64_t accesses, std::uint64_t end)>;

    /// `who` waits `cycles` cycles for `whom`.
    using wait_function =
        std::function<void(unsigned bank, unsigned who, unsigned whom, std::uint64_t cycles)>;

    bank_arbiter(const bank_geometry& geometry, bank_ports ports, arbitration kind,
                 const share_table& shares, std::uint64_t longest_grant = never);

    void set_policy(arbitration kind);
    void on_done(done_function f) { done_ = std::move(f); }
    void on_power(ready_function f) { ready_ = std::move(f); }
    void on_wait(wait_function f) { waits_ = std::move(f); }
    void on_use(used_function f) { used_ = std::move(f); }

    void submit(const request& r);
    /// The cycle in which the next decision is due; never: nothing is under way.
    std::uint64_t next() const { return events_.empty() ? never : events_.top().cycle; }
    void advance(std::uint64_t cycle);

    /// Cycles that runs of `who` waited in `bank` for runs of `whom`.
    std::uint64_t waited(unsigned bank, unsigned who, unsigned whom) const {
        return waited_[(bank * owners + who) * owners + whom];
    }
    std::uint64_t wait_cycles() const { return wait_cycles_; }
    std::uint64_t bank_wait_cycles(unsigned bank) const;
    /// Grants that ended after their burst's deadline.
    std::uint64_t late(unsigned owner) const { return late_[owner]; }

  private:
    static constexpr unsigned owners = bank_calendar::max_owners;
    struct flight {
        request r;
        std::uint64_t address = 0;  ///< of the run under way
        std::uint64_t deadline = never;
        std::uint64_t number = 0;
    };
    struct port_state {
        std::uint64_t free_at = 0, queued = 0;
        unsigned holder = 0;
        bool decides = false;  ///< a decision is in the queue
        std::vector<bank_claim> waiting;
    };
    struct event {
        std::uint64_t cycle;
        std::uint32_t is_decision;  ///< after all arrivals of the cycle
        std::uint32_t index;        ///< of the burst, or the port
        std::uint64_t accesses;     ///< left of a run that asks again; 0: a new run
        std::uint64_t order;
        bool operator<(const event& o) const {
            // The queue has the greatest on top.
            if (cycle != o.cycle)
                return cycle > o.cycle;
            if (is_decision != o.is_decision)
                return is_decision > o.is_decision;
            return order > o.order;
        }
    };
    void push(std::uint64_t cycle, bool is_decision, std::uint32_t index,
              std::uint64_t accesses = 0);
    void arrive(std::uint32_t burst, std::uint64_t cycle, std::uint64_t accesses);
    void decide(std::uint32_t port, std::uint64_t cycle);
    void charge(unsigned bank, unsigned who, unsigned whom, std::uint64_t cycles) {
        waited_[(bank * owners + who) * owners + whom] += cycles;
        wait_cycles_ += cycles;
        if (waits_)
            waits_(bank, who, whom, cycles);
    }

    bank_geometry geometry_;
    bank_ports ports_;
    unsigned per_bank_;
    const share_table& shares_;
    std::unique_ptr<arbitration_policy> policy_;
    std::uint64_t longest_grant_;
    done_function done_;
    ready_function ready_;
    used_function used_;
    wait_function waits_;
    std::vector<flight> flights_;
    std::vector<std::uint32_t> unused_;
    std::vector<port_state> port_;
    std::priority_queue<event> events_;
    std::uint64_t order_ = 0, numbers_ = 0, wait_cycles_ = 0;
    std::vector<std::uint64_t> waited_;
    std::array<std::uint64_t, owners> late_{};
};

}  // namespace ocellus::memory
