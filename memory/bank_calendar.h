// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ocellus::memory {

/// Who has which memory bank when, in cycles. A request gets the first free cycles at or after its
/// earliest one, split where others have theirs: no bank is idle while a request waits for it, and
/// no request moves one that was made before. When the requests of bursts come in the order of
/// their arrival, that is a bank whose arbiter grants every cycle to the oldest burst (memory/
/// arbitration.h: first_come, one access a grant). Loosely timed initiators run slightly out of
/// order: a request that comes later but asks for an earlier cycle gets what earlier requests left.
///
/// Memory is bounded: intervals that end before forget_before() are dropped, and when a bank holds
/// more than `capacity` intervals the oldest gap is closed (nobody can use it any more).
class bank_calendar {
  public:
    /// Owners are numbered 0 .. max_owners - 1.
    static constexpr unsigned max_owners = 32;

    explicit bank_calendar(unsigned banks, std::size_t capacity = 256);

    /// Reserves `cycles` cycles of `bank` and returns the cycle after the last of them. When
    /// `waited_for` is given (max_owners counters), the cycles from `earliest` on that others have
    /// are added to their owners; the additions sum to the whole wait, which is the result less
    /// `earliest` and `cycles`. `waited_here`, as many counters, gets the same.
    std::uint64_t reserve(unsigned bank, std::uint64_t earliest, std::uint64_t cycles,
                          unsigned owner = 0, std::uint64_t* waited_for = nullptr,
                          std::uint64_t* waited_here = nullptr);

    /// What reserve() would return, without reserving.
    std::uint64_t end_of(unsigned bank, std::uint64_t earliest, std::uint64_t cycles) const;

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
    /// The first interval that ends after `cycle`.
    static std::size_t next_at(const bank_state& b, std::uint64_t cycle);
    void insert(bank_state& b, std::size_t at, std::uint64_t begin, std::uint64_t end,
                unsigned owner);
    /// Puts the pieces of a split request among the intervals from `first` to before `last`.
    void insert_split(bank_state& b, std::size_t first, std::size_t last);
    /// Closes the oldest gaps of a bank with more than `capacity` intervals.
    void bound(bank_state& b);

    std::vector<bank_state> banks_;
    std::vector<interval> pieces_, merged_;  ///< of the request under way
    std::size_t capacity_;
    std::uint64_t horizon_ = 0;
};

}  // namespace ocellus::memory
