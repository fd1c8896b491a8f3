// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/memory_planner.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/diagnostics.h"
#include "core/random.h"

namespace ocellus::dsp {

namespace {

std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t i = digits.size(); i > 3;) {
        i -= 3;
        digits.insert(i, ",");
    }
    return digits;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width)
        text.insert(0, width - text.size(), ' ');
    return text;
}

/// Tensors that share bytes, with one life time.
struct shared_buffer {
    std::uint64_t bytes = 0;
    int first = 0, last = 0;
    std::uint64_t pressure = 0;  ///< most live bytes of any layer it lives through
    int owner = 0;
};

bool overlap_in_time(const shared_buffer& a, const shared_buffer& b) {
    return a.first <= b.last && b.first <= a.last;
}

/// Puts buffers at the lowest free offset, in the given order. Returns the size of the arena, or
/// stops early with a value above `limit` when it cannot be better.
std::uint64_t place(const std::vector<shared_buffer>& buffers,
                    const std::vector<std::size_t>& order, std::uint64_t limit,
                    std::vector<std::uint64_t>& offsets,
                    std::vector<std::pair<std::uint64_t, std::uint64_t>>& taken) {
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& b = buffers[order[i]];
        taken.clear();
        for (std::size_t j = 0; j < i; ++j) {
            const auto& other = buffers[order[j]];
            if (overlap_in_time(b, other))
                taken.emplace_back(offsets[order[j]], offsets[order[j]] + other.bytes);
        }
        std::sort(taken.begin(), taken.end());
        std::uint64_t at = 0;
        for (const auto& t : taken) {
            if (at + b.bytes <= t.first)
                break;
            at = std::max(at, t.second);
        }
        offsets[order[i]] = at;
        end = std::max(end, at + b.bytes);
        if (end > limit)
            return end;
    }
    return end;
}

class planner {
  public:
    planner(const network& n, const memory_budget& budget) : net_(n) { plan_.budget = budget; }

    memory_plan run() {
        check();
        find_lives();
        share_buffers();
        pack();
        lay_out();
        find_largest();
        if (plan_.used_bytes > plan_.budget.bytes)
            refuse();
        plan_.free_bytes = plan_.budget.bytes - plan_.used_bytes;
        return std::move(plan_);
    }

  private:
    static std::size_t at(int tensor) { return static_cast<std::size_t>(tensor); }
    std::uint64_t aligned(std::uint64_t bytes) const {
        return align_up(bytes, plan_.budget.alignment);
    }

    void check() const {
        if (net_.inputs.size() != 1)
            throw input_error(exit_code::usage, "network " + net_.name + " has " +
                                                    std::to_string(net_.inputs.size()) +
                                                    " inputs; expected exactly one tensor");
        if (net_.outputs.empty())
            throw input_error(exit_code::usage, "network " + net_.name + " has no output");
        if (plan_.budget.alignment == 0 || plan_.budget.input_slots == 0)
            throw input_error(exit_code::usage,
                              "the memory budget needs an alignment and at least one input slot");
    }

    void find_lives() {
        const std::size_t count = net_.tensors.size();
        plan_.first_use.assign(count, -1);
        plan_.last_use.assign(count, -1);
        plan_.in_arena.assign(count, false);
        plan_.shares.resize(count);
        std::iota(plan_.shares.begin(), plan_.shares.end(), 0);
        plan_.tensor_offsets.assign(count, 0);
        plan_.constant_offset.assign(count, 0);
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            const int now = static_cast<int>(l);
            for (int t : net_.layers[l].outputs) {
                plan_.in_arena[at(t)] = true;
                plan_.first_use[at(t)] = plan_.last_use[at(t)] = now;
            }
            for (int t : net_.layers[l].inputs)
                if (t >= 0)
                    plan_.last_use[at(t)] = now;
        }
        for (int t : net_.outputs)
            plan_.last_use[at(t)] = static_cast<int>(net_.layers.size());
    }

    int root(int t) const {
        while (plan_.shares[at(t)] != t)
            t = plan_.shares[at(t)];
        return t;
    }

    /// The last layer that needs any of the tensors that share bytes with `t`.
    int last_of(int t) const {
        const int r = root(t);
        int last = -1;
        for (std::size_t i = 0; i < plan_.shares.size(); ++i)
            if (plan_.in_arena[i] && root(static_cast<int>(i)) == r)
                last = std::max(last, plan_.last_use[i]);
        return last;
    }

    void share_buffers() {
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            const layer& y = net_.layers[l];
            if (y.kind != op::reshape && y.kind != op::add && y.kind != op::relu)
                continue;
            const tensor& out = net_.tensors[at(y.outputs.at(0))];
            for (int t : y.inputs) {
                if (t < 0 || !plan_.in_arena[at(t)] || net_.tensors[at(t)].bytes() != out.bytes())
                    continue;
                // A reshape's bytes are its input's bytes; the others overwrite them, so nobody may
                // need them any more.
                if (y.kind != op::reshape && last_of(t) != static_cast<int>(l))
                    continue;
                plan_.shares[at(y.outputs[0])] = root(t);
                break;
            }
        }
        for (std::size_t i = 0; i < plan_.shares.size(); ++i)
            plan_.shares[i] = root(static_cast<int>(i));
    }

    void pack() {
        std::vector<int> index(net_.tensors.size(), -1);
        for (std::size_t i = 0; i < net_.tensors.size(); ++i) {
            if (!plan_.in_arena[i])
                continue;
            int& slot = index[at(plan_.shares[i])];
            if (slot < 0) {
                slot = static_cast<int>(buffers_.size());
                buffers_.push_back({0, plan_.first_use[i], plan_.last_use[i], 0, plan_.shares[i]});
            }
            shared_buffer& b = buffers_[at(slot)];
            b.bytes = std::max(b.bytes, aligned(net_.tensors[i].bytes()));
            b.first = std::min(b.first, plan_.first_use[i]);
            b.last = std::max(b.last, plan_.last_use[i]);
        }
        for (std::size_t l = 0; l <= net_.layers.size(); ++l) {
            const int now = static_cast<int>(l);
            std::uint64_t live = 0;
            for (const auto& b : buffers_)
                live += b.first <= now && now <= b.last ? b.bytes : 0;
            for (auto& b : buffers_)
                if (b.first <= now && now <= b.last)
                    b.pressure = std::max(b.pressure, live);
            plan_.arena_lower_bound = std::max(plan_.arena_lower_bound, live);
        }
        const std::vector<std::uint64_t> offsets = best_offsets();
        for (std::size_t i = 0; i < net_.tensors.size(); ++i)
            if (plan_.in_arena[i])
                plan_.tensor_offsets[i] = offsets[at(index[at(plan_.shares[i])])];
    }

    std::vector<std::uint64_t> best_offsets() {
        const std::size_t count = buffers_.size();
        std::vector<std::size_t> order(count), best_order;
        std::vector<std::uint64_t> offsets(count), best(count);
        std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
        std::uint64_t best_size = std::numeric_limits<std::uint64_t>::max();
        const auto attempt = [&] {
            const std::uint64_t size = place(buffers_, order, best_size, offsets, taken);
            if (size < best_size || best_order.empty()) {
                best_size = size;
                best = offsets;
                best_order = order;
            }
            return size;
        };
        const auto life = [](const shared_buffer& b) {
            return static_cast<std::uint64_t>(b.last - b.first + 1);
        };
        const auto attempt_sorted = [&](auto key) {
            if (best_size == plan_.arena_lower_bound)
                return;
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return key(buffers_[a]) > key(buffers_[b]);
            });
            attempt();
        };
        using pair = std::pair<std::uint64_t, std::uint64_t>;
        attempt_sorted([](const shared_buffer& b) { return pair(b.bytes, 0); });
        attempt_sorted([](const shared_buffer& b) { return pair(b.pressure, b.bytes); });
        attempt_sorted([&](const shared_buffer& b) { return pair(b.bytes * life(b), b.bytes); });
        attempt_sorted([&](const shared_buffer& b) { return pair(life(b), b.bytes); });

        // Hill climb: swap two places of the best order, keep what is not worse.
        const std::size_t work = std::max<std::size_t>(1, count * count);
        const std::size_t tries = std::min<std::size_t>(4000, 8'000'000 / work);
        random_sequence random(0, purpose::network_weights, 0x706c616e);
        for (std::size_t i = 0; i < tries && count > 1 && best_size > plan_.arena_lower_bound;
             ++i) {
            order = best_order;
            const std::size_t a = random.below(static_cast<std::uint32_t>(count));
            const std::size_t b = random.below(static_cast<std::uint32_t>(count));
            std::swap(order[a], order[b]);
            if (attempt() == best_size)
                best_order = order;
        }
        plan_.arena_bytes = count == 0 ? 0 : best_size;
        return best;
    }

    void lay_out() {
        const memory_budget& b = plan_.budget;
        std::uint64_t cursor = aligned(b.reserved);
        plan_.input_slot_bytes = aligned(net_.input().bytes());
        for (std::uint64_t s = 0; s < b.input_slots; ++s, cursor += plan_.input_slot_bytes)
            plan_.input_slot.push_back(cursor);
        for (int t : net_.outputs) {
            plan_.output_place.push_back(plan_.output_slot_bytes);
            plan_.output_slot_bytes += aligned(net_.tensors[at(t)].bytes());
        }
        for (std::uint64_t s = 0; s < b.output_slots; ++s, cursor += plan_.output_slot_bytes)
            plan_.output_slot.push_back(cursor);
        plan_.arena_offset = cursor;
        cursor += plan_.arena_bytes;

        // Constants in layer order, each once, ending at the top.
        std::uint64_t coefficients = 0;
        std::vector<bool> placed(net_.tensors.size(), false);
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            std::uint64_t of_layer = 0;
            for (int t : net_.layers[l].inputs) {
                if (t < 0 || !net_.tensors[at(t)].constant() || placed[at(t)])
                    continue;
                placed[at(t)] = true;
                plan_.constant_offset[at(t)] = coefficients + of_layer;
                of_layer += aligned(net_.tensors[at(t)].bytes());
            }
            coefficients += of_layer;
            if (of_layer > 0)
                contributors_.push_back({net_.layers[l].name,
                                         std::string("weights and biases of this ") +
                                             name_of(net_.layers[l].kind) + " layer",
                                         of_layer});
        }
        plan_.coefficients_bytes = coefficients;
        const std::uint64_t top = b.bytes / b.alignment * b.alignment;
        plan_.coefficients_offset = top > coefficients ? top - coefficients : 0;
        for (std::size_t t = 0; t < placed.size(); ++t)
            if (placed[t])
                plan_.constant_offset[t] += plan_.coefficients_offset;
        plan_.commands_bytes = aligned(b.command_bytes);
        const std::uint64_t high = coefficients + plan_.commands_bytes;
        plan_.commands_offset = top > high ? top - high : 0;
        plan_.used_bytes = cursor + high + (b.bytes - top);
    }

    void find_largest() {
        // The layer where the arena is fullest tells which activations matter.
        int peak = 0;
        std::uint64_t most = 0;
        for (std::size_t l = 0; l <= net_.layers.size(); ++l) {
            const int now = static_cast<int>(l);
            std::uint64_t live = 0;
            for (const auto& b : buffers_)
                live += b.first <= now && now <= b.last ? b.bytes : 0;
            if (live > most) {
                most = live;
                peak = now;
            }
        }
        const std::string where =
            at(peak) < net_.layers.size() ? "layer " + net_.layers[at(peak)].name : "the end";
        for (const auto& b : buffers_)
            if (b.first <= peak && peak <= b.last)
                contributors_.push_back({net_.tensors[at(b.owner)].name,
                                         "activation alive at the peak, " + where, b.bytes});
        contributors_.push_back({net_.input().name,
                                 std::to_string(plan_.budget.input_slots) + " input slots",
                                 plan_.input_slot_bytes * plan_.budget.input_slots});
        contributors_.push_back({net_.tensors[at(net_.outputs[0])].name,
                                 std::to_string(plan_.budget.output_slots) + " output slots",
                                 plan_.output_slot_bytes * plan_.budget.output_slots});
        std::stable_sort(contributors_.begin(), contributors_.end(),
                         [](const memory_contributor& a, const memory_contributor& b) {
                             return a.bytes > b.bytes;
                         });
        if (contributors_.size() > 10)
            contributors_.resize(10);
        plan_.largest = std::move(contributors_);
    }

    [[noreturn]] void refuse() const {
        const memory_budget& b = plan_.budget;
        const std::uint64_t excess = plan_.used_bytes - b.bytes;
        std::string m = "network " + net_.name + " does not fit the SRAM: it needs " +
                        grouped(plan_.used_bytes) + " B, " + grouped(excess) + " B more than the " +
                        grouped(b.bytes) + " B there are\n" + render(plan_);
        m += "what to try:\n";
        const std::uint64_t spare_slots =
            (b.input_slots - 1) * plan_.input_slot_bytes +
            (b.output_slots > 0 ? b.output_slots - 1 : 0) * plan_.output_slot_bytes;
        if (spare_slots >= excess)
            m += "  - one input slot and one output slot (npu.input_slots = 1, npu.output_slots = "
                 "1) "
                 "free " +
                 grouped(spare_slots) + " B, which is enough\n";
        if (plan_.coefficients_bytes >= plan_.arena_bytes)
            m += "  - a narrower network: weights and biases take " +
                 grouped(plan_.coefficients_bytes) + " B\n";
        if (plan_.arena_bytes + plan_.input_slot_bytes * b.input_slots > excess)
            m += "  - a smaller input: half the height and width quarters activations and input "
                 "slots, " +
                 grouped(plan_.arena_bytes + plan_.input_slot_bytes * b.input_slots) + " B now\n";
        m += "  - a larger SRAM, when the part is yours to change";
        throw input_error(exit_code::usage, m);
    }

    const network& net_;
    memory_plan plan_;
    std::vector<shared_buffer> buffers_;
    std::vector<memory_contributor> contributors_;
};

}  // namespace

memory_plan plan_memory(const network& n, const memory_budget& budget) {
    return planner(n, budget).run();
}

std::string render(const memory_plan& p) {
    std::string t;
    const auto line = [&t](std::uint64_t bytes, const std::string& what) {
        t += padded(grouped(bytes), 14) + " B  " + what + "\n";
    };
    line(p.budget.reserved, "reserved");
    line(p.input_slot_bytes * p.input_slot.size(), std::to_string(p.input_slot.size()) +
                                                       " input slots of " +
                                                       grouped(p.input_slot_bytes) + " B");
    line(p.output_slot_bytes * p.output_slot.size(), std::to_string(p.output_slot.size()) +
                                                         " output slots of " +
                                                         grouped(p.output_slot_bytes) + " B");
    line(p.arena_bytes, "activation arena (lower bound " + grouped(p.arena_lower_bound) + " B)");
    if (p.commands_bytes > 0)
        line(p.commands_bytes, "command stream");
    line(p.coefficients_bytes, "weights and biases");
    line(p.used_bytes, "in all, of " + grouped(p.budget.bytes) + " B");
    t += "largest contributors:\n";
    for (const auto& c : p.largest)
        line(c.bytes, c.name + ": " + c.what);
    return t;
}

}  // namespace ocellus::dsp
