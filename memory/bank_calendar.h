// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ocellus::memory {

/// Who has which memory bank when, in cycles. A request gets the first run of free cycles that
/// starts at or after its earliest cycle and is long enough; a run is never split. Loosely timed
/// initiators run slightly out of order: a request that comes later but asks for an earlier cycle
/// may use a gap that earlier requests left. Requests for the same cycles are served in the order
/// of their calls.
///
/// Memory is bounded: intervals that end before forget_before() are dropped, and when a bank holds
/// more than `capacity` intervals the oldest gap is closed (nobody can use it any more).
class bank_calendar {
  public:
    /// Owners are numbered 0 .. max_owners - 1.
    static constexpr unsigned max_owners = 32;

    explicit bank_calendar(unsigned banks, std::size_t capacity = 256);

    /// Reserves `cycles` consecutive cycles of `bank` and returns the first of them. When
    /// `waited_for` is given (max_owners counters), the cycles between `earliest` and the result
    /// are added to the owners of the intervals that stood in the way; the additions sum to the
    /// whole wait. `waited_here`, as many counters, gets the same.
    std::uint64_t reserve(unsigned bank, std::uint64_t earliest, std::uint64_t cycles,
                          unsigned owner = 0, std::uint64_t* waited_for = nullptr,
                          std::uint64_t* waited_here = nullptr);

    /// What reserve() would return, without reserving.
    std::uint64_t first_free(unsigned bank, std::uint64_t earliest, std::uint64_t cycles) const;

    /// A promise that no later request asks for a cycle before `cycle`. Never goes back.
    void forget_before(std::uint64_t cycle) { horizon_ = cycle > horizon_ ? cycle : horizon_; }

    unsigned banks() const { return static_cast<unsigned>(banks_.size()); }
    /// Intervals held now, for tests of the memory bound.
    std::size_t intervals(unsigned bank) const {
        return banks_[bank].busy.size() - banks_[bank].first;
    }

  private:
    struct interval {
        std::uint64_t begin, end;
        unsigned owner;
    };
    /// Sorted, disjoint intervals; the live ones start at `first`.
    struct bank_state {
        std::vector<interval> busy;
        std::size_t first = 0;
    };
    void insert(bank_state& b, std::size_t at, interval added);

    std::vector<bank_state> banks_;
    std::size_t capacity_;
    std::uint64_t horizon_ = 0;
};

}  // namespace ocellus::memory
