// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <tuple>
#include <vector>

#include "core/random.h"
#include "memory/bank_arbiter.h"
#include "memory/bank_calendar.h"

namespace ocellus::memory::mix {

/// One burst: not before cycle `at`, nor before the burst `outstanding` before it is complete.
struct op {
    std::uint64_t at = 0, address = 0, bytes = 0;
    bool write = false;
};
struct master {
    std::vector<op> ops;
    unsigned outstanding = 1;
};
struct system {
    std::uint64_t banks = 4, width = 32, interleave = 256;
    bank_mapping mapping = bank_mapping::linear;
    bank_ports ports = bank_ports::one;
    arbitration policy = arbitration::round_robin;
    share_table shares{};
    std::uint64_t longest_grant = bank_arbiter::never, latency = 4;
    std::vector<master> masters;
    bank_geometry geometry() const { return {banks, width, interleave, mapping}; }
};
struct outcome {
    std::uint64_t stalls = 0, end = 0;
    std::vector<std::uint64_t> by_master;            ///< stalls
    std::vector<std::vector<std::uint64_t>> ends;    ///< of each burst
    std::vector<std::vector<std::uint64_t>> starts;  ///< when it was asked for
};

/// Cycle by cycle, by what docs/memory.md says and nothing of memory/: every port every cycle.
inline outcome by_cycles(const system& s) {
    struct burst {
        unsigned owner = 0;
        std::size_t index = 0;
        std::uint64_t position = 0, last = 0, asked = 0, ready_at = 0, number = 0;
        std::uint64_t run_left =
            0;  ///< accesses left of the run under way; 0: it asks for a new one
        bool write = false, waiting = false;
    };
    struct port {
        std::uint64_t busy = 0;
        unsigned turn = 31;
        std::uint64_t virtual_now = 0, virtual_next[32] = {};
        std::vector<burst*> queue;
    };
    const unsigned per_bank = s.ports == bank_ports::one ? 1 : 2;
    std::vector<port> ports(s.banks * per_bank);
    std::deque<burst> bursts;
    std::vector<burst*> alive;
    std::vector<std::size_t> next(s.masters.size(), 0);
    outcome out;
    out.by_master.resize(s.masters.size());
    out.ends.resize(s.masters.size());
    out.starts.resize(s.masters.size());
    std::size_t left = 0;
    for (std::size_t m = 0; m < s.masters.size(); ++m) {
        out.ends[m].assign(s.masters[m].ops.size(), ~std::uint64_t{0});
        out.starts[m].resize(s.masters[m].ops.size());
        left += s.masters[m].ops.size();
    }
    std::uint64_t numbers = 0;
    const auto bank_of = [&](std::uint64_t address) {
        std::uint64_t unit = address / s.interleave, bank = unit % s.banks;
        if (s.mapping == bank_mapping::xor_fold && s.banks > 1)
            for (unit /= s.banks; unit > 0; unit /= s.banks)
                bank ^= unit % s.banks;
        return bank;
    };
    for (std::uint64_t cycle = 0; left > 0; ++cycle) {
        for (std::size_t m = 0; m < s.masters.size(); ++m) {
            const auto& ma = s.masters[m];
            while (next[m] < ma.ops.size()) {
                const std::size_t k = next[m];
                if (ma.ops[k].at > cycle ||
                    (k >= ma.outstanding && (out.ends[m][k - ma.outstanding] == ~std::uint64_t{0} ||
                                             out.ends[m][k - ma.outstanding] + s.latency > cycle)))
                    break;
                bursts.push_back({static_cast<unsigned>(m), k, ma.ops[k].address,
                                  ma.ops[k].address + ma.ops[k].bytes - 1, cycle, cycle, numbers++,
                                  0, ma.ops[k].write, false});
                alive.push_back(&bursts.back());
                out.starts[m][k] = cycle;
                ++next[m];
            }
        }
        for (burst* b : alive)
            if (!b->waiting && b->ready_at == cycle) {
                if (b->run_left == 0) {
                    const std::uint64_t unit_end = (b->position / s.interleave + 1) * s.interleave;
                    const std::uint64_t end = std::min(unit_end, b->last + 1);
                    b->run_left = (end - 1) / s.width - b->position / s.width + 1;
                }
                auto p = bank_of(b->position) * per_bank;
                if (s.ports == bank_ports::read_and_write)
                    p += b->write;
                b->waiting = true;
                ports[p].queue.push_back(b);
            }
        for (auto& p : ports) {
            if (p.busy > 0)
                --p.busy;
            if (p.busy == 0 && !p.queue.empty()) {
                const auto rank = [&](const burst* b) -> std::uint64_t {
                    const auto& share = s.shares[b->owner];
                    switch (s.policy) {
                        case arbitration::fixed_priority:
                            return share.priority;
                        case arbitration::weighted:
                            return std::max(p.virtual_now, p.virtual_next[b->owner]);
                        case arbitration::deadline:
                            return share.deadline ? b->asked + share.deadline : ~std::uint64_t{0};
                        case arbitration::first_come:
                            return b->number;
                        case arbitration::round_robin:
                            break;
                    }
                    return 0;
                };
                const auto turn = [&](const burst* b) { return (b->owner + 31 - p.turn) % 32; };
                const auto first = std::min_element(
                    p.queue.begin(), p.queue.end(), [&](const burst* a, const burst* b) {
                        if (rank(a) != rank(b))
                            return rank(a) < rank(b);
                        return turn(a) != turn(b) ? turn(a) < turn(b) : a->number < b->number;
                    });
                burst* b = *first;
                p.queue.erase(first);
                const std::uint64_t n = std::min(b->run_left, s.longest_grant);
                p.turn = b->owner;
                p.virtual_now = std::max(p.virtual_now, p.virtual_next[b->owner]);
                p.virtual_next[b->owner] =
                    p.virtual_now + n * 65536 / std::max(1u, s.shares[b->owner].weight);
                p.busy = n;
                b->waiting = false;
                b->ready_at = cycle + n;
                b->run_left -= n;
                if (b->run_left == 0) {
                    const std::uint64_t unit_end = (b->position / s.interleave + 1) * s.interleave;
                    b->position = unit_end;
                    if (unit_end > b->last) {
                        out.ends[b->owner][b->index] = cycle + n;
                        out.end = std::max(out.end, cycle + n);
                        alive.erase(std::find(alive.begin(), alive.end(), b));
                        --left;
                    }
                }
            }
            for (const burst* b : p.queue) {
                ++out.stalls;
                ++out.by_master[b->owner];
            }
        }
    }
    return out;
}

/// Issues the masters' bursts in the order of time, and of masters. `serve(master, op, cycle)`
/// begins one; complete() tells of its end.
class issuer {
  public:
    explicit issuer(const system& s, std::uint64_t ahead = 1)
        : s_(s), ahead_(ahead), state_(s.masters.size()) {
        out.by_master.resize(s.masters.size());
        out.ends.resize(s.masters.size());
        out.starts.resize(s.masters.size());
        for (std::size_t m = 0; m < s.masters.size(); ++m) {
            const std::size_t n = s.masters[m].ops.size();
            out.ends[m].resize(n);
            out.starts[m].resize(n);
            state_[m].allowed.assign(n, never);
            for (std::size_t k = 0; k < std::min<std::size_t>(n, s.masters[m].outstanding); ++k)
                state_[m].allowed[k] = 0;
            prepare(m);
        }
    }
    static constexpr std::uint64_t never = ~std::uint64_t{0};
    std::uint64_t next() const { return ready_.empty() ? never : ready_.top().cycle; }
    struct issued {
        std::size_t master, index;
        std::uint64_t cycle;
    };
    issued take() {
        const item i = ready_.top();
        ready_.pop();
        out.starts[i.master][i.index] = i.cycle;
        return {i.master, i.index, i.cycle};
    }
    void complete(std::size_t m, std::size_t index, std::uint64_t end) {
        out.ends[m][index] = end;
        out.end = std::max(out.end, end);
        const std::size_t k = index + s_.masters[m].outstanding;
        if (k < state_[m].allowed.size())
            state_[m].allowed[k] = end + s_.latency;
        prepare(m);
    }
    outcome out;

  private:
    struct progress {
        std::vector<std::uint64_t> allowed;  ///< by the bursts before; never: not known yet
        std::size_t next = 0;
        std::uint64_t last = 0;
    };
    void prepare(std::size_t m) {
        progress& p = state_[m];
        for (; p.next < p.allowed.size() && p.allowed[p.next] != never; ++p.next) {
            p.last = std::max({p.last, p.allowed[p.next], s_.masters[m].ops[p.next].at});
            ready_.push({p.last / ahead_, m, p.next, p.last});
        }
    }
    struct item {
        std::uint64_t turn;
        std::size_t master, index;
        std::uint64_t cycle;
        bool operator>(const item& o) const {
            return std::tie(turn, master, index) > std::tie(o.turn, o.master, o.index);
        }
    };
    const system& s_;
    std::uint64_t ahead_;
    std::vector<progress> state_;
    std::priority_queue<item, std::vector<item>, std::greater<>> ready_;
};

inline outcome by_arbiter(const system& s) {
    bank_arbiter arbiter(s.geometry(), s.ports, s.policy, s.shares, s.longest_grant);
    issuer in(s);
    arbiter.on_done([&](std::uint64_t cookie, std::uint64_t end) {
        in.complete(cookie >> 32, cookie & 0xffffffffu, end);
    });
    for (;;) {
        const std::uint64_t at = std::min(in.next(), arbiter.next());
        if (at == issuer::never)
            break;
        while (in.next() == at) {
            const auto i = in.take();
            const op& o = s.masters[i.master].ops[i.index];
            bank_arbiter::request r;
            r.owner = static_cast<unsigned>(i.master);
            r.write = o.write;
            r.address = o.address;
            r.last = o.address + o.bytes - 1;
            r.arrival = i.cycle;
            r.cookie = std::uint64_t{i.master} << 32 | i.index;
            arbiter.submit(r);
        }
        arbiter.advance(at);
    }
    in.out.stalls = arbiter.wait_cycles();
    for (unsigned b = 0; b < s.banks; ++b)
        for (unsigned m = 0; m < s.masters.size(); ++m)
            for (unsigned o = 0; o < s.masters.size(); ++o)
                in.out.by_master[m] += arbiter.waited(b, m, o);
    return in.out;
}

/// `ahead` 1: calls come in the order of time; more: each master in its turn runs on to the next
/// multiple of so many cycles, as loosely timed initiators do.
inline outcome by_calendar(const system& s, std::uint64_t ahead = 1) {
    const bank_geometry geometry = s.geometry();
    const unsigned per_bank = s.ports == bank_ports::one ? 1 : 2;
    bank_calendar calendar(static_cast<unsigned>(s.banks) * per_bank);
    issuer in(s, ahead);
    while (in.next() != issuer::never) {
        const auto i = in.take();
        calendar.forget_before(i.cycle / ahead * ahead);
        const op& o = s.masters[i.master].ops[i.index];
        std::uint64_t cycle = i.cycle;
        const std::uint64_t last = o.address + o.bytes - 1;
        for (std::uint64_t a = o.address; a <= last;) {
            const bank_run run = geometry.run_at(a, last);
            const unsigned port =
                run.bank * per_bank + (s.ports == bank_ports::read_and_write && o.write);
            const std::uint64_t end =
                calendar.reserve(port, cycle, run.accesses, static_cast<unsigned>(i.master));
            in.out.stalls += end - cycle - run.accesses;
            in.out.by_master[i.master] += end - cycle - run.accesses;
            cycle = end;
            a = run.next;
        }
        in.complete(i.master, i.index, cycle);
    }
    return in.out;
}

/// A few masters of different habits on a few banks.
inline system random_system(std::uint32_t number, std::size_t bursts) {
    random_sequence r(number, purpose::test, 77);
    system s;
    s.banks = 1u << r.below(4);
    s.interleave = 64u << r.below(3);
    s.mapping = r.below(2) ? bank_mapping::xor_fold : bank_mapping::linear;
    s.ports = r.below(4) == 0 ? bank_ports::read_and_write : bank_ports::one;
    const unsigned masters = 2 + r.below(5);
    for (unsigned m = 0; m < masters; ++m) {
        master x;
        x.outstanding = 1 + r.below(3);
        const std::uint64_t bytes = 32u << r.below(4);
        const std::uint64_t pace = bytes / 32 * (1 + r.below(2 * masters));
        const unsigned habit = r.below(3);
        const bool writes = r.below(2);
        std::uint64_t at = r.below(100), address = std::uint64_t{r.below(1024)} * 512;
        const std::uint64_t stride = habit == 0 ? bytes : 256u << r.below(5);
        for (std::size_t k = 0; k < bursts; ++k) {
            x.ops.push_back({at, address, bytes, writes});
            at += 1 + r.below(static_cast<std::uint32_t>(2 * pace));
            address = habit == 2 ? std::uint64_t{r.below(8192)} * 32 : address + stride;
        }
        s.masters.push_back(std::move(x));
        s.shares[m] = {r.below(4), 1 + r.below(4), r.below(2) ? 20 + r.below(200) : 0};
    }
    return s;
}

}  // namespace ocellus::memory::mix
