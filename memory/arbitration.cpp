// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/arbitration.h"

#include <algorithm>
#include <tuple>

namespace ocellus::memory {
namespace {

constexpr unsigned owners = bank_calendar::max_owners;

/// Turns by initiator number; the base of all, which breaks ties.
class round_robin : public arbitration_policy {
  public:
    explicit round_robin(unsigned ports) : last_(ports, owners - 1) {}
    unsigned pick(unsigned port, const bank_claim* claims, unsigned n) override {
        return first_of(port, claims, n, [](const bank_claim&) { return 0u; });
    }
    void granted(unsigned port, unsigned owner, std::uint64_t) override { last_[port] = owner; }

  protected:
    /// The claim with the least rank, then the one whose turn comes first.
    template <class Rank>
    unsigned first_of(unsigned port, const bank_claim* claims, unsigned n, const Rank& rank) const {
        const auto key = [&](const bank_claim& c) {
            return std::make_tuple(rank(c), (c.owner + owners - last_[port] - 1) % owners,
                                   c.number);
        };
        unsigned best = 0;
        auto least = key(claims[0]);
        for (unsigned i = 1; i < n; ++i) {
            const auto k = key(claims[i]);
            if (k < least) {
                least = k;
                best = i;
            }
        }
        return best;
    }

  private:
    std::vector<unsigned> last_;
};

class fixed_priority : public round_robin {
  public:
    fixed_priority(unsigned ports, const share_table& shares)
        : round_robin(ports), shares_(shares) {}
    unsigned pick(unsigned port, const bank_claim* claims, unsigned n) override {
        return first_of(port, claims, n,
                        [this](const bank_claim& c) { return shares_[c.owner].priority; });
    }

  private:
    const share_table& shares_;
};

/// Start-time fair queueing (Goyal, Vin, Cheng: "Start-time fair queueing", SIGCOMM 1996): the
/// smallest start tag goes first; a grant of n cycles moves its owner's next tag by n / weight.
class weighted : public round_robin {
  public:
    weighted(unsigned ports, const share_table& shares)
        : round_robin(ports), shares_(shares), states_(ports) {}
    unsigned pick(unsigned port, const bank_claim* claims, unsigned n) override {
        const state& s = states_[port];
        return first_of(port, claims, n,
                        [&s](const bank_claim& c) { return std::max(s.now, s.next[c.owner]); });
    }
    void granted(unsigned port, unsigned owner, std::uint64_t cycles) override {
        state& s = states_[port];
        s.now = std::max(s.now, s.next[owner]);
        const std::uint64_t weight = std::max<std::uint32_t>(1, shares_[owner].weight);
        s.next[owner] = s.now + (cycles << fraction_bits) / weight;
        round_robin::granted(port, owner, cycles);
    }

  private:
    static constexpr unsigned fraction_bits = 16;
    struct state {
        std::uint64_t now = 0;
        std::array<std::uint64_t, owners> next{};
    };
    const share_table& shares_;
    std::vector<state> states_;
};

class deadline_first : public round_robin {
  public:
    explicit deadline_first(unsigned ports) : round_robin(ports) {}
    unsigned pick(unsigned port, const bank_claim* claims, unsigned n) override {
        return first_of(port, claims, n, [](const bank_claim& c) { return c.deadline; });
    }
};

/// By age (Abts, Weisser: "Age-based packet arbitration in large-radix k-ary n-cubes", SC 2007);
/// with one access a grant, what comes later never delays a burst.
class first_come : public arbitration_policy {
  public:
    unsigned pick(unsigned, const bank_claim* claims, unsigned n) override {
        const auto older = [](const bank_claim& a, const bank_claim& b) {
            return std::tie(a.arrival, a.owner, a.number) < std::tie(b.arrival, b.owner, b.number);
        };
        return static_cast<unsigned>(std::min_element(claims, claims + n, older) - claims);
    }
    void granted(unsigned, unsigned, std::uint64_t) override {}
};

}  // namespace

std::unique_ptr<arbitration_policy> make_policy(arbitration kind, unsigned ports,
                                                const share_table& shares) {
    switch (kind) {
        case arbitration::round_robin:
            return std::make_unique<round_robin>(ports);
        case arbitration::fixed_priority:
            return std::make_unique<fixed_priority>(ports, shares);
        case arbitration::weighted:
            return std::make_unique<weighted>(ports, shares);
        case arbitration::deadline:
            return std::make_unique<deadline_first>(ports);
        case arbitration::first_come:
            return std::make_unique<first_come>();
    }
    return nullptr;
}

}  // namespace ocellus::memory
