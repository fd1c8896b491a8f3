// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <systemc>

namespace ocellus {

/// The interrupt outputs of a block, one bit each, and the event its driving method waits for. A
/// change that leaves the levels as they are wakes nobody, which is what most accesses are.
class interrupt_lines {
  public:
    /// The levels may have changed: wakes the driving method `after` from now if they have.
    void update(std::uint32_t levels, const sc_core::sc_time& after = sc_core::SC_ZERO_TIME) {
        if (levels != driven_)
            changed_.notify(after);
    }
    /// In the driving method: it writes these levels to the ports.
    std::uint32_t drive(std::uint32_t levels) { return driven_ = levels; }
    const sc_core::sc_event& changed() const { return changed_; }

  private:
    sc_core::sc_event changed_;
    std::uint32_t driven_ = 0;
};

}  // namespace ocellus
