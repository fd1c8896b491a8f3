// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/registers.h"

namespace ocellus::sim {

/// Where every register of the sensor is, by block and name.
class register_directory {
  public:
    struct window {
        std::uint64_t base;
        register_block* block;
    };
    void add(std::uint64_t base, register_block& block) { windows_.push_back({base, &block}); }
    const std::vector<window>& windows() const { return windows_; }
    /// Bus address; a name that does not exist is a bug of ours (std::logic_error).
    std::uint64_t address(const std::string& block, const std::string& name) const;
    /// Finds "npu.STATUS"; false when there is none.
    bool find(const std::string& dotted, std::uint64_t& address) const;
    /// "block.REGISTER" of every register.
    std::vector<std::string> names() const;
    /// "npu.STATUS" of a bus address, or "npu+0x123", or "" outside every window.
    std::string name_of(std::uint64_t address) const;

  private:
    std::vector<window> windows_;
};

}  // namespace ocellus::sim
