// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <systemc>

namespace ocellus {

/// A clock is a frequency that turns cycles into time in one place; there is no sc_clock. The
/// frequency is the exact ratio numerator / denominator in Hz, so that PLL products stay exact.
class clock_domain {
  public:
    explicit clock_domain(std::uint64_t numerator_hz, std::uint64_t denominator = 1)
        : num_(numerator_hz), den_(denominator) {}
    static clock_domain from_hertz(double hz) {
        return clock_domain(static_cast<std::uint64_t>(hz * 1000.0 + 0.5), 1000);
    }
    double hertz() const { return static_cast<double>(num_) / static_cast<double>(den_); }
    /// Time of `cycles` periods, rounded down to the kernel's resolution. Multiply first, then add
    /// to an origin: rows are placed at origin + time_of(row * line_length), never by summing
    /// lines.
    sc_core::sc_time time_of(std::uint64_t cycles) const {
        const auto per_second = static_cast<unsigned __int128>(
            1.0 / sc_core::sc_get_time_resolution().to_seconds() + 0.5);
        const auto units = static_cast<unsigned __int128>(cycles) * den_ * per_second / num_;
        return sc_core::sc_time::from_value(static_cast<std::uint64_t>(units));
    }
    double seconds_of(std::uint64_t cycles) const { return static_cast<double>(cycles) / hertz(); }
    /// Whole cycles that have begun by `t` (the first cycle number whose start is at or after `t`).
    std::uint64_t cycles_until(const sc_core::sc_time& t) const {
        const auto per_second = static_cast<unsigned __int128>(
            1.0 / sc_core::sc_get_time_resolution().to_seconds() + 0.5);
        const auto scaled = static_cast<unsigned __int128>(t.value()) * num_;
        const auto unit_cycles = per_second * den_;
        return static_cast<std::uint64_t>((scaled + unit_cycles - 1) / unit_cycles);
    }

  private:
    std::uint64_t num_, den_;
};

}  // namespace ocellus
