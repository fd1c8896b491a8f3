// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dsp/cpu/hart_observer.h"
#include "sim/firmware_image.h"

namespace ocellus::sim {

/// Cycles, instructions and calls by function, and how often each line ran, of firmware that knows
/// nothing of it. The call stack is followed by calls and returns; a return that fits no call of
/// the last ones (longjmp, a task switch) goes back to the nearest frame it fits, or begins anew.
/// An interrupt or exception handler is a root of its own.
class firmware_profile : public dsp::hart_observer {
  public:
    /// `images` in order of precedence; they must outlive the profile.
    explicit firmware_profile(std::vector<const firmware_image*> images);

    void executed(const dsp::executed_run& run) override;
    void trapped(std::uint32_t cause, std::uint32_t epc, std::uint32_t handler,
                 std::uint64_t cycles) override;

    struct function_cost {
        std::string name;
        std::uint64_t calls = 0, instructions = 0;
        std::uint64_t self = 0;       ///< cycles
        std::uint64_t inclusive = 0;  ///< cycles, callees included; recursion counted once
    };
    /// Sorted by self cycles, then name.
    std::vector<function_cost> functions() const;
    /// Cycles of all functions.
    std::uint64_t cycles() const { return cycles_; }

    /// The table for people; `idle`: cycles in wfi.
    std::string text(std::uint64_t idle) const;
    std::string json(std::uint64_t idle) const;
    /// "main;interpret;exp 1234" lines, sorted: what flame graphs are made of.
    std::string folded() const;
    /// LCOV records of the lines that the images know.
    std::string lcov() const;

  private:
    struct node {  // of the tree of call paths
        std::uint32_t function = 0;
        node* parent = nullptr;
        std::map<std::uint32_t, std::unique_ptr<node>> children;
        std::uint64_t calls = 0, self = 0, instructions = 0;
    };
    struct frame {
        node* at = nullptr;
        std::uint32_t return_pc = 0;
        bool trap = false;
    };
    std::uint32_t function_of(std::uint32_t pc);
    node* child(node* parent, std::uint32_t function);
    void enter(std::uint32_t pc, std::uint32_t return_pc, bool trap);
    void leave(std::uint32_t next_pc);
    void move_to(std::uint32_t pc);
    std::uint64_t add_up(const node& n, std::vector<std::uint64_t>& inclusive,
                         std::vector<unsigned>& open) const;

    static constexpr std::size_t deepest = 512;
    std::vector<const firmware_image*> images_;
    std::vector<std::string> names_;  ///< by function number
    std::map<std::string, std::uint32_t> numbers_;
    std::unordered_map<std::uint32_t, std::uint32_t> function_by_pc_;
    node root_;
    std::vector<frame> stack_;
    /// Runs by first address and, where one was cut short, by length.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> runs_;
    std::uint64_t cycles_ = 0;
};

}  // namespace ocellus::sim
