// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/firmware_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace ocellus::sim {

using dsp::transfer;

firmware_profile::firmware_profile(std::vector<const firmware_image*> images)
    : images_(std::move(images)) {
    names_.push_back("");  // the root
    stack_.push_back({&root_, 0, false});
}

std::uint32_t firmware_profile::function_of(std::uint32_t pc) {
    const auto known = function_by_pc_.find(pc);
    if (known != function_by_pc_.end())
        return known->second;
    std::string name = fmt::format("0x{:08x}", pc & ~0xfffu);
    for (const auto* image : images_)
        if (const auto* s = image->symbol_at(pc)) {
            name = s->name;
            break;
        }
    const auto [entry, added] = numbers_.emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (added)
        names_.push_back(name);
    function_by_pc_.emplace(pc, entry->second);
    return entry->second;
}

firmware_profile::node* firmware_profile::child(node* parent, std::uint32_t function) {
    auto& place = parent->children[function];
    if (!place) {
        place = std::make_unique<node>();
        place->function = function;
        place->parent = parent;
    }
    return place.get();
}

void firmware_profile::enter(std::uint32_t pc, std::uint32_t return_pc, bool trap) {
    // Handlers are roots, so that what they cost does not depend on what they interrupt.
    node* const parent = trap || stack_.size() >= deepest ? &root_ : stack_.back().at;
    node* const n = child(parent, function_of(pc));
    ++n->calls;
    stack_.push_back({n, return_pc, trap});
    if (stack_.size() > 2 * deepest)  // a firmware that only calls
        stack_.erase(stack_.begin() + 1, stack_.begin() + static_cast<std::ptrdiff_t>(deepest));
}

void firmware_profile::leave(std::uint32_t next_pc) {
    for (std::size_t i = stack_.size(); i-- > 1;) {
        if (stack_[i].trap)
            break;  // no return leaves a handler
        if (stack_[i].return_pc == next_pc) {
            stack_.resize(i);
            return;
        }
    }
}

/// Execution is at `pc`: in the function on top, or in another that was jumped to.
void firmware_profile::move_to(std::uint32_t pc) {
    const std::uint32_t f = function_of(pc);
    frame& top = stack_.back();
    if (top.at->function == f && top.at != &root_)
        return;
    if (top.at == &root_) {
        stack_.push_back({child(&root_, f), 0, false});
        return;
    }
    // A tail call: the other function stands in the place of this one.
    node* const parent = top.at->parent ? top.at->parent : &root_;
    node* const n = child(parent, f);
    ++n->calls;
    top.at = n;
}

void firmware_profile::executed(const dsp::executed_run& run) {
    move_to(run.pc);
    node* const n = stack_.back().at;
    n->self += run.cycles;
    n->instructions += run.instructions;
    cycles_ += run.cycles;
    if (run.instructions > 0)
        ++runs_[{run.pc, run.end}];
    switch (run.how) {
        case transfer::call:
            enter(run.next_pc, run.end, false);
            break;
        case transfer::ret:
            leave(run.next_pc);
            break;
        case transfer::trap_return:
            for (std::size_t i = stack_.size(); i-- > 1;)
                if (stack_[i].trap) {
                    stack_.resize(i);
                    break;
                }
            break;
        default:
            break;
    }
}

void firmware_profile::trapped(std::uint32_t, std::uint32_t epc, std::uint32_t handler,
                               std::uint64_t cycles) {
    enter(handler, epc, true);
    stack_.back().at->self += cycles;
    cycles_ += cycles;
}

std::uint64_t firmware_profile::add_up(const node& n, std::vector<std::uint64_t>& inclusive,
                                       std::vector<unsigned>& open) const {
    ++open[n.function];
    std::uint64_t sum = n.self;
    for (const auto& [function, c] : n.children)
        sum += add_up(*c, inclusive, open);
    if (--open[n.function] == 0)
        inclusive[n.function] += sum;
    return sum;
}

std::vector<firmware_profile::function_cost> firmware_profile::functions() const {
    std::vector<function_cost> all(names_.size());
    std::vector<std::uint64_t> inclusive(names_.size());
    std::vector<unsigned> open(names_.size());
    add_up(root_, inclusive, open);
    const auto collect = [&](const auto& self, const node& n) -> void {
        function_cost& f = all[n.function];
        f.calls += n.calls;
        f.instructions += n.instructions;
        f.self += n.self;
        for (const auto& [number, c] : n.children)
            self(self, *c);
    };
    collect(collect, root_);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].name = names_[i];
        all[i].inclusive = inclusive[i];
    }
    all.erase(all.begin());
    std::sort(all.begin(), all.end(), [](const function_cost& a, const function_cost& b) {
        return a.self != b.self ? a.self > b.self : a.name < b.name;
    });
    return all;
}

std::string firmware_profile::text(std::uint64_t idle) const {
    std::string out =
        "       self cycles       %    inclusive        calls  instructions  function\n";
    const double all = static_cast<double>(cycles_ + idle);
    const auto percent = [all](std::uint64_t c) {
        return all > 0 ? 100.0 * static_cast<double>(c) / all : 0.0;
    };
    out += fmt::format("  {:>16} {:>7.3f} {:>12} {:>12} {:>13}  {}\n", idle, percent(idle), idle,
                       "-", "-", "(waiting for interrupts)");
    for (const auto& f : functions())
        out += fmt::format("  {:>16} {:>7.3f} {:>12} {:>12} {:>13}  {}\n", f.self, percent(f.self),
                           f.inclusive, f.calls, f.instructions, f.name);
    return out;
}

std::string firmware_profile::json(std::uint64_t idle) const {
    std::string out = fmt::format(
        "{{\n  \"schema\": \"ocellus-profile-1\",\n  \"cycles\": {},\n  \"idle_cycles\": {},\n  "
        "\"functions\": [",
        cycles_ + idle, idle);
    bool first = true;
    for (const auto& f : functions()) {
        out += fmt::format(
            "{}\n    {{\"name\": {}, \"self_cycles\": {}, \"inclusive_cycles\": {}, \"calls\": {}, "
            "\"instructions\": {}}}",
            first ? "" : ",", json_string(f.name), f.self, f.inclusive, f.calls, f.instructions);
        first = false;
    }
    return out + "\n  ]\n}\n";
}

std::string firmware_profile::folded() const {
    std::vector<std::string> lines;
    const auto walk = [&](const auto& self, const node& n, const std::string& path) -> void {
        if (n.self > 0)
            lines.push_back(fmt::format("{} {}\n", path, n.self));
        for (const auto& [number, c] : n.children)
            self(self, *c, (path.empty() ? "" : path + ";") + names_[c->function]);
    };
    walk(walk, root_, "");
    std::sort(lines.begin(), lines.end());
    std::string out;
    for (const auto& l : lines)
        out += l;
    return out;
}

std::string firmware_profile::lcov() const {
    // How often the instruction at an address ran: differences at the ends of runs, then summed up.
    std::map<std::uint32_t, std::int64_t> steps;
    for (const auto& [range, count] : runs_) {
        steps[range.first] += static_cast<std::int64_t>(count);
        steps[range.second] -= static_cast<std::int64_t>(count);
    }
    std::vector<std::pair<std::uint32_t, std::int64_t>> counts;
    std::int64_t now = 0;
    for (const auto& [address, step] : steps) {
        now += step;
        counts.emplace_back(address, now);
    }
    const auto count_at = [&](std::uint32_t address) -> std::uint64_t {
        const auto after =
            std::upper_bound(counts.begin(), counts.end(), address,
                             [](std::uint32_t a, const auto& c) { return a < c.first; });
        return after == counts.begin() ? 0 : static_cast<std::uint64_t>((after - 1)->second);
    };
    struct source {
        std::map<std::uint32_t, std::uint64_t> lines;
        std::map<std::string, std::pair<std::uint32_t, std::uint64_t>> functions;
    };
    std::map<std::string, source> sources;
    for (const auto* image : images_) {
        for (const auto& l : image->lines)
            if (l.number) {
                auto& hits = sources[image->files[l.file]].lines[l.number];
                hits = std::max(hits, count_at(l.address));
            }
        for (const auto& s : image->symbols)
            if (s.function)
                if (const auto* l = image->line_at(s.address))
                    sources[image->files[l->file]].functions.emplace(
                        s.name, std::make_pair(l->number, count_at(s.address)));
    }
    std::string out = "TN:\n";
    for (const auto& [name, s] : sources) {
        out += "SF:" + name + "\n";
        std::size_t hit = 0;
        for (const auto& [function, where] : s.functions)
            out += fmt::format("FN:{},{}\n", where.first, function);
        for (const auto& [function, where] : s.functions) {
            out += fmt::format("FNDA:{},{}\n", where.second, function);
            hit += where.second > 0;
        }
        out += fmt::format("FNF:{}\nFNH:{}\n", s.functions.size(), hit);
        hit = 0;
        for (const auto& [number, count] : s.lines) {
            out += fmt::format("DA:{},{}\n", number, count);
            hit += count > 0;
        }
        out += fmt::format("LF:{}\nLH:{}\nend_of_record\n", s.lines.size(), hit);
    }
    return out;
}

}  // namespace ocellus::sim
