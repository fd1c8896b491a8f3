// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <numeric>
#include <systemc>

namespace ocellus {

/// A clock is a frequency that turns cycles into time in one place; there is no sc_clock. The
/// frequency is the exact ratio numerator / denominator in Hz, so that PLL products stay exact.
class clock_domain {
  public:
    explicit clock_domain(std::uint64_t numerator_hz, std::uint64_t denominator = 1)
        : num_(numerator_hz), den_(denominator) {
        const std::uint64_t per_second = units_per_second();
        // The ratio in lowest terms lets nearly all conversions be done by 64-bit arithmetic.
        const auto units = static_cast<unsigned __int128>(den_) * per_second;
        if (num_ == 0 || units >> 64) {
            return;
        }
        const std::uint64_t common = std::gcd(num_, static_cast<std::uint64_t>(units));
        period_cycles_ = num_ / common;
        period_units_ = static_cast<std::uint64_t>(units) / common;
        most_cycles_ = ~std::uint64_t{0} / period_units_;
        most_units_ = (~std::uint64_t{0} - period_units_) / period_cycles_;
    }
    static clock_domain from_hertz(double hz) {
        return clock_domain(static_cast<std::uint64_t>(hz * 1000.0 + 0.5), 1000);
    }
    double hertz() const { return static_cast<double>(num_) / static_cast<double>(den_); }
    /// Time of `cycles` periods, rounded down to the kernel's resolution. Multiply first, then add
    /// to an origin: rows are placed at origin + time_of(row * line_length), never by summing
    /// lines.
    sc_core::sc_time time_of(std::uint64_t cycles) const {
        if (cycles <= most_cycles_)
            return sc_core::sc_time::from_value(cycles * period_units_ / period_cycles_);
        const auto units =
            static_cast<unsigned __int128>(cycles) * den_ * units_per_second() / num_;
        return sc_core::sc_time::from_value(static_cast<std::uint64_t>(units));
    }
    double seconds_of(std::uint64_t cycles) const { return static_cast<double>(cycles) / hertz(); }
    /// Whole cycles that have begun by `t` (the first cycle number whose start is at or after `t`).
    std::uint64_t cycles_until(const sc_core::sc_time& t) const {
        if (t.value() <= most_units_)
            return (t.value() * period_cycles_ + period_units_ - 1) / period_units_;
        const auto scaled = static_cast<unsigned __int128>(t.value()) * num_;
        const auto unit_cycles = static_cast<unsigned __int128>(units_per_second()) * den_;
        return static_cast<std::uint64_t>((scaled + unit_cycles - 1) / unit_cycles);
    }

  private:
    static std::uint64_t units_per_second() {
        static const auto units =
            static_cast<std::uint64_t>(1.0 / sc_core::sc_get_time_resolution().to_seconds() + 0.5);
        return units;
    }
    std::uint64_t num_, den_;
    /// So many kernel units are so many cycles.
    std::uint64_t period_units_ = 1, period_cycles_ = 1;
    /// What 64 bits can convert.
    std::uint64_t most_cycles_ = 0, most_units_ = 0;
};

}  // namespace ocellus
