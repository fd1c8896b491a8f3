// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/memory_planner.h"

#include <algorithm>
#include <cmath>
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
        choose_streamed();
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
        plan_.share_offset.assign(count, 0);
        for (const tensor& t : net_.tensors)
            plan_.padded_bytes.push_back(t.constant() ? t.stored_bytes() : padded_bytes(t));
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

    std::uint64_t padded_bytes(const tensor& t) const {
        const std::uint64_t to = plan_.budget.channel_padding;
        if (t.shape.empty() || t.shape.back() <= 0)
            return t.bytes();
        const auto channels = static_cast<std::uint64_t>(t.shape.back());
        return t.bytes() / channels * align_up(channels, to);
    }
    bool padded(int t) const { return plan_.padded_bytes[at(t)] != net_.tensors[at(t)].bytes(); }

    /// Lets `t` and all that share its bytes be bytes `offset` and on of those that `of` shares,
    /// unless more would have to be alive at once or an output would not be aligned.
    bool share(int t, int of, std::uint64_t offset) {
        const auto shares = plan_.shares;
        const auto offsets = plan_.share_offset;
        const int from = root(t), to = root(of);
        const std::uint64_t place = plan_.share_offset[at(of)] + offset;
        const std::uint64_t before = most_alive();
        for (std::size_t i = 0; i < shares.size(); ++i)
            if (shares[i] == from) {
                plan_.shares[i] = to;
                plan_.share_offset[i] += place;
            }
        bool good = most_alive() <= before;
        for (int o : net_.outputs)
            good &= plan_.share_offset[at(o)] % plan_.budget.alignment == 0;
        if (!good) {
            plan_.shares = shares;
            plan_.share_offset = offsets;
        }
        return good;
    }

    /// Dimensions that are not 1 begin here.
    static std::size_t outermost(const std::vector<int>& shape) {
        std::size_t d = 0;
        while (d + 1 < shape.size() && shape[d] == 1)
            ++d;
        return d;
    }

    bool same_numbers(int a, int b) const {
        const tensor &x = net_.tensors[at(a)], &y = net_.tensors[at(b)];
        return x.type == y.type && x.quant.scale == y.quant.scale &&
               x.quant.zero_point == y.quant.zero_point && !padded(a) && !padded(b);
    }

    void share_concatenation(const layer& y) {
        const int out = y.outputs.at(0);
        const auto& shape = net_.tensors[at(out)].shape;
        const int rank = static_cast<int>(shape.size());
        const int axis = y.axis < 0 ? y.axis + rank : y.axis;
        if (rank == 0 || axis < 0 || at(axis) > outermost(shape))
            return;
        // All inputs or none: each whole, each from bytes of its own.
        std::vector<int> roots;
        for (int t : y.inputs) {
            if (t < 0 || !plan_.in_arena[at(t)] || !same_numbers(t, out) ||
                net_.tensors[at(root(t))].bytes() != net_.tensors[at(t)].bytes() ||
                std::count(roots.begin(), roots.end(), root(t)) > 0)
                return;
            roots.push_back(root(t));
        }
        const auto shares = plan_.shares;
        const auto offsets = plan_.share_offset;
        std::uint64_t offset = 0;
        for (int t : y.inputs) {
            if (!share(t, out, offset)) {
                plan_.shares = shares;
                plan_.share_offset = offsets;
                return;
            }
            offset += net_.tensors[at(t)].bytes();
        }
    }

    void share_slice(const layer& y) {
        const int in = y.inputs.at(0), out = y.outputs.at(0);
        const tensor &x = net_.tensors[at(in)], &z = net_.tensors[at(out)];
        if (!plan_.in_arena[at(in)] || !same_numbers(in, out) || y.begin.size() != x.shape.size() ||
            z.shape.size() != x.shape.size())
            return;
        const std::size_t d = outermost(x.shape);
        std::uint64_t stride = size_of(x.type);
        for (std::size_t i = d + 1; i < x.shape.size(); ++i) {
            if (z.shape[i] != x.shape[i] || y.begin[i] != 0)
                return;
            stride *= static_cast<std::uint64_t>(x.shape[i]);
        }
        if (y.begin[d] < 0 || (y.steps.size() > d && y.steps[d] != 1 && z.shape[d] != 1))
            return;
        share(out, in, stride * static_cast<std::uint64_t>(y.begin[d]));
    }

    void share_buffers() {
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            const layer& y = net_.layers[l];
            if (y.kind == op::concat)
                share_concatenation(y);
            if (y.kind == op::slice)
                share_slice(y);
            if (y.kind != op::reshape && y.kind != op::add && y.kind != op::relu)
                continue;
            const int out = y.outputs.at(0);
            for (int t : y.inputs) {
                if (t < 0 || !plan_.in_arena[at(t)] ||
                    net_.tensors[at(t)].bytes() != net_.tensors[at(out)].bytes() || padded(t) ||
                    padded(out))
                    continue;
                // A reshape's bytes are its input's bytes; the others overwrite them, so nobody may
                // need them any more.
                if (y.kind != op::reshape && last_of(t) != static_cast<int>(l))
                    continue;
                if (share(out, t, 0))
                    break;
            }
        }
    }

    /// Life times and sizes of the bytes that tensors share.
    std::vector<shared_buffer> buffers(std::vector<int>& index) const {
        std::vector<shared_buffer> list;
        index.assign(net_.tensors.size(), -1);
        for (std::size_t i = 0; i < net_.tensors.size(); ++i) {
            if (!plan_.in_arena[i])
                continue;
            int& slot = index[at(plan_.shares[i])];
            if (slot < 0) {
                slot = static_cast<int>(list.size());
                list.push_back({0, plan_.first_use[i], plan_.last_use[i], 0, plan_.shares[i]});
            }
            shared_buffer& b = list[at(slot)];
            b.bytes = std::max(b.bytes, aligned(plan_.share_offset[i] + plan_.padded_bytes[i]));
            b.first = std::min(b.first, plan_.first_use[i]);
            b.last = std::max(b.last, plan_.last_use[i]);
        }
        return list;
    }

    /// Bytes alive while each layer runs, and at the end.
    std::vector<std::uint64_t> alive(const std::vector<shared_buffer>& list) const {
        std::vector<std::uint64_t> bytes(net_.layers.size() + 2, 0);
        for (const auto& b : list) {
            bytes[at(b.first)] += b.bytes;
            bytes[at(b.last) + 1] -= b.bytes;  // wraps, and back
        }
        std::partial_sum(bytes.begin(), bytes.end(), bytes.begin());
        bytes.pop_back();
        return bytes;
    }

    std::uint64_t most_alive() const {
        std::vector<int> index;
        const auto bytes = alive(buffers(index));
        return *std::max_element(bytes.begin(), bytes.end());
    }

    void pack() {
        std::vector<int> index;
        buffers_ = buffers(index);
        const auto bytes = alive(buffers_);
        for (auto& b : buffers_)
            b.pressure = *std::max_element(bytes.begin() + b.first, bytes.begin() + b.last + 1);
        plan_.arena_lower_bound = *std::max_element(bytes.begin(), bytes.end());
        const std::vector<std::uint64_t> offsets = best_offsets();
        for (std::size_t i = 0; i < net_.tensors.size(); ++i)
            if (plan_.in_arena[i])
                plan_.tensor_offsets[i] =
                    offsets[at(index[at(plan_.shares[i])])] + plan_.share_offset[i];
    }

    /// Aligned bytes of the constants that each layer is the first to use.
    std::vector<std::uint64_t> weights_of_layers() const {
        std::vector<std::uint64_t> bytes(net_.layers.size(), 0);
        std::vector<bool> seen(net_.tensors.size(), false);
        for (std::size_t l = 0; l < net_.layers.size(); ++l)
            for (int t : net_.layers[l].inputs)
                if (t >= 0 && net_.tensors[at(t)].constant() && !seen[at(t)]) {
                    seen[at(t)] = true;
                    bytes[l] += aligned(net_.tensors[at(t)].stored_bytes());
                }
        return bytes;
    }

    /// Layers whose constants another layer uses too: those stay.
    std::vector<bool> layers_with_shared_weights() const {
        std::vector<int> user(net_.tensors.size(), -1);
        std::vector<bool> shared(net_.layers.size(), false);
        for (std::size_t l = 0; l < net_.layers.size(); ++l)
            for (int t : net_.layers[l].inputs) {
                if (t < 0 || !net_.tensors[at(t)].constant())
                    continue;
                int& u = user[at(t)];
                if (u >= 0 && u != static_cast<int>(l))
                    shared[l] = shared[at(u)] = true;
                u = static_cast<int>(l);
            }
        return shared;
    }

    /// Bytes below the coefficients, with nothing streamed.
    std::uint64_t bytes_without_weights() const {
        const memory_budget& b = plan_.budget;
        std::uint64_t outputs = 0;
        for (int t : net_.outputs)
            outputs += aligned(net_.tensors[at(t)].bytes());
        return aligned(b.reserved) +
               b.input_slots * aligned(plan_.padded_bytes[at(net_.inputs[0])]) +
               b.output_slots * outputs + plan_.arena_bytes + aligned(b.command_bytes) +
               b.bytes % b.alignment + b.top_taken;
    }

    /// With the largest streamed layer of T bytes two places of T are needed. Of all T the one that
    /// streams the fewest bytes is taken.
    void choose_streamed() {
        plan_.streamed_bytes.assign(net_.layers.size(), 0);
        plan_.external_offset.assign(net_.layers.size(), 0);
        const memory_budget& b = plan_.budget;
        if (b.weights == weight_home::resident)
            return;
        const std::vector<std::uint64_t> bytes = weights_of_layers();
        const std::vector<bool> shared = layers_with_shared_weights();
        std::vector<std::size_t> order;
        std::uint64_t all = 0;
        for (std::size_t l = 0; l < bytes.size(); ++l) {
            all += bytes[l];
            if (bytes[l] > 0 && !shared[l])
                order.push_back(l);
        }
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t x, std::size_t y) { return bytes[x] > bytes[y]; });
        std::vector<std::size_t> chosen;
        if (b.weights == weight_home::streamed) {
            chosen = order;
        } else {
            const std::uint64_t used = bytes_without_weights() + all;
            if (used <= b.bytes)
                return;
            std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
            for (std::size_t first = 0; first < order.size(); ++first) {
                const std::uint64_t need = used - b.bytes + 2 * bytes[order[first]];
                std::vector<std::size_t> some;
                std::uint64_t freed = 0;
                for (std::size_t i = first; i < order.size() && freed < need; ++i) {
                    freed += bytes[order[i]];
                    some.push_back(order[i]);
                }
                if (freed >= need && freed < least) {
                    least = freed;
                    chosen = some;
                }
            }
            // Nothing is enough: everything is streamed, and what is missing then is told.
            if (chosen.empty())
                chosen = order;
        }
        std::sort(chosen.begin(), chosen.end());
        std::uint64_t outside = 0;
        for (const std::size_t l : chosen) {
            plan_.streamed_bytes[l] = bytes[l];
            plan_.external_offset[l] = outside;
            outside += bytes[l];
            plan_.stage_bytes = std::max(plan_.stage_bytes, bytes[l]);
        }
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
        plan_.input_slot_bytes =
            std::max(b.least_input_slot, aligned(plan_.padded_bytes[at(net_.inputs[0])]));
        for (std::uint64_t s = 0; s < b.input_slots; ++s, cursor += plan_.input_slot_bytes)
            plan_.input_slot.push_back(cursor);
        for (int t : net_.outputs) {
            plan_.output_place.push_back(plan_.output_slot_bytes);
            plan_.output_slot_bytes += aligned(net_.tensors[at(t)].bytes());
        }
        plan_.output_slot_bytes = std::max(plan_.output_slot_bytes, b.least_output_slot);
        for (std::uint64_t s = 0; s < b.output_slots; ++s, cursor += plan_.output_slot_bytes)
            plan_.output_slot.push_back(cursor);
        plan_.arena_offset = cursor;
        cursor += plan_.arena_bytes;
        plan_.stage_offset = cursor;
        cursor += 2 * plan_.stage_bytes;

        // Constants in layer order, each once, ending at the top.
        std::uint64_t coefficients = 0;
        std::vector<bool> placed(net_.tensors.size(), false), high_up(net_.tensors.size(), false);
        std::uint64_t turn = 0;
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            std::uint64_t of_layer = 0;
            const bool streamed = plan_.streamed_bytes[l] > 0;
            const std::uint64_t from =
                streamed ? plan_.stage_offset + turn++ % 2 * plan_.stage_bytes : coefficients;
            for (int t : net_.layers[l].inputs) {
                if (t < 0 || !net_.tensors[at(t)].constant() || placed[at(t)])
                    continue;
                placed[at(t)] = true;
                high_up[at(t)] = !streamed;
                plan_.constant_offset[at(t)] = from + of_layer;
                of_layer += aligned(net_.tensors[at(t)].stored_bytes());
            }
            if (streamed)
                continue;
            coefficients += of_layer;
            if (of_layer > 0)
                contributors_.push_back({net_.layers[l].name,
                                         std::string("weights and biases of this ") +
                                             name_of(net_.layers[l].kind) + " layer",
                                         of_layer});
        }
        plan_.coefficients_bytes = coefficients;
        const std::uint64_t top =
            (b.bytes - std::min(b.bytes, b.top_taken)) / b.alignment * b.alignment;
        plan_.coefficients_offset = top > coefficients ? top - coefficients : 0;
        for (std::size_t t = 0; t < placed.size(); ++t)
            if (high_up[t])
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
        if (plan_.stage_bytes > 0)
            contributors_.push_back({"streamed weights", "two places of the largest streamed layer",
                                     2 * plan_.stage_bytes});
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
        // What each remedy would save, of this network.
        struct remedy {
            std::string says;
            std::uint64_t saves;
        };
        std::vector<remedy> remedies;
        const auto replanned = [&](const char* says, auto change) {
            memory_budget other = b;
            other.bytes = (std::uint64_t{1} << 62) + b.bytes % b.alignment;
            change(other);
            const std::uint64_t used = planner(net_, other).run().used_bytes;
            if (used < plan_.used_bytes)
                remedies.push_back({says, plan_.used_bytes - used});
        };
        if (b.weights != weight_home::streamed)
            replanned("streamed weights (npu.weights = \"automatic\" or \"streamed\")",
                      [](memory_budget& x) { x.weights = weight_home::streamed; });
        if (b.channel_padding > 1)
            replanned("no padding of channels (npu.channel_padding = 1)",
                      [](memory_budget& x) { x.channel_padding = 1; });
        if (b.input_slots > 1 || b.output_slots > 1)
            replanned("one input and one output slot (npu.input_slots = 1, npu.output_slots = 1)",
                      [](memory_budget& x) {
                          x.input_slots = 1;
                          x.output_slots = std::min<std::uint64_t>(x.output_slots, 1);
                      });
        if (plan_.coefficients_bytes > 0)
            remedies.push_back({"weights of 4 bits", plan_.coefficients_bytes / 2});
        // Activations and inputs go with the area.
        const std::uint64_t area = plan_.arena_bytes + plan_.input_slot_bytes * b.input_slots;
        const auto& shape = net_.input().shape;
        if (shape.size() == 4 && shape[1] > 1 && shape[2] > 1) {
            const bool enough = area > excess;
            const double scale =
                enough ? std::sqrt(static_cast<double>(area - excess) / static_cast<double>(area))
                       : 0.5;
            const auto side = [&](int d) { return std::max(1, static_cast<int>(d * scale)); };
            const int h = side(shape[1]), w = side(shape[2]);
            const double left = static_cast<double>(h) * w / shape[1] / shape[2];
            remedies.push_back(
                {"an input of " + std::to_string(w) + " x " + std::to_string(h) + " instead of " +
                     std::to_string(shape[2]) + " x " + std::to_string(shape[1]),
                 area - static_cast<std::uint64_t>(static_cast<double>(area) * left)});
        }
        remedies.push_back({"half the channels everywhere, about",
                            plan_.coefficients_bytes / 4 * 3 + plan_.arena_bytes / 2});
        std::stable_sort(remedies.begin(), remedies.end(), [&](const remedy& x, const remedy& y) {
            return (x.saves >= excess) > (y.saves >= excess);
        });
        m += "what to try:\n";
        for (const remedy& r : remedies)
            m += "  - " + r.says + ": saves " + grouped(r.saves) + " B" +
                 (r.saves >= excess ? ", which is enough\n" : ", which is not enough alone\n");
        m += "  - a larger SRAM, when the part is yours to change";
        throw input_error(exit_code::usage, m);
    }

    const network& net_;
    memory_plan plan_;
    std::vector<shared_buffer> buffers_;
    std::vector<memory_contributor> contributors_;
};

}  // namespace

std::uint64_t external_cycles(std::uint64_t bytes, const memory_budget& budget) {
    const std::uint64_t b = budget.external_burst, reads = b ? (bytes + b - 1) / b : 0;
    return static_cast<std::uint64_t>(
        std::ceil(static_cast<double>(bytes) / budget.external_bytes_per_cycle +
                  static_cast<double>(reads) * budget.external_burst_cycles));
}

double external_position(std::uint64_t bytes, const memory_budget& budget) {
    const std::uint64_t reads = budget.external_burst ? bytes / budget.external_burst + 1 : 0;
    return static_cast<double>(bytes) / budget.external_bytes_per_cycle +
           static_cast<double>(reads) * budget.external_burst_cycles;
}

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
    if (p.stage_bytes > 0) {
        std::uint64_t streamed = 0;
        for (const std::uint64_t b : p.streamed_bytes)
            streamed += b;
        line(2 * p.stage_bytes,
             "2 places for streamed weights, " + grouped(streamed) + " B in all come from outside");
    }
    line(p.coefficients_bytes, "weights and biases");
    line(p.used_bytes, "in all, of " + grouped(p.budget.bytes) + " B");
    t += "largest contributors:\n";
    for (const auto& c : p.largest)
        line(c.bytes, c.name + ": " + c.what);
    return t;
}

}  // namespace ocellus::dsp
