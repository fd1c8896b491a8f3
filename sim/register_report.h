// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/registers.h"
#include "sim/register_directory.h"

namespace ocellus::sim {

/// Which registers were read and written, and every kind of access that the map does not allow.
class register_report {
  public:
    /// One kind of mistake: counted, and told with its first occurrence.
    struct mistake {
        std::string target;  ///< "npu.STATUS", "npu+0x123", or an address
        access_fault fault = access_fault::unmapped;
        bool write = false;
        std::uint64_t count = 0;
        std::uint32_t value = 0;  ///< of the first one, when written
        std::string by;           ///< of the first one: a place in the firmware, or an initiator
        std::string line() const;
    };

    explicit register_report(const register_directory& directory) : directory_(directory) {}

    /// Watches every block of the directory. `who()` names the culprit of what happens now;
    /// `noted(m)` is called for each new kind of mistake, before the access is answered.
    void watch(std::function<std::string()> who, std::function<void(const mistake&)> noted);
    /// An access to an address where no block is.
    void unmapped(std::uint64_t address, bool write);

    const std::vector<mistake>& mistakes() const { return mistakes_; }
    /// {"schema": "ocellus-registers-1", "blocks": {...}, "mistakes": [...]}
    std::string json() const;
    /// "registers read 12, written 9 of 234", and a line for each mistake.
    std::string text() const;

  private:
    void note(const std::string& target, access_fault fault, bool write, std::uint32_t value);
    const register_directory& directory_;
    std::function<std::string()> who_;
    std::function<void(const mistake&)> noted_;
    std::vector<mistake> mistakes_;
};

}  // namespace ocellus::sim
