// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <systemc>

namespace ocellus {

/// A line of a picture that found its FIFO full.
struct lost_line {
    std::uint32_t frame = 0, row = 0;
    sc_core::sc_time at;
    std::string where;         ///< the FIFO
    std::string culprit;       ///< an initiator, or the part that was too slow
    std::uint64_t cycles = 0;  ///< that the FIFO's oldest line waited for an initiator, of the SRAM
};

}  // namespace ocellus
