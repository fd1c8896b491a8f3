// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cmath>
#include <cstdint>

namespace ocellus {

/// What one event costs, in whole attojoules (1e-18 J), so that the energies of parts add up
/// exactly to that of the whole, and how well that is known.
struct event_energy {
    std::uint64_t attojoules = 0;
    double uncertainty = 0;  ///< relative, one standard deviation

    /// From joules, rounded.
    static event_energy of(double joules, double uncertainty) {
        return {static_cast<std::uint64_t>(joules * 1e18 + 0.5), uncertainty};
    }
};

/// Energy of counted events. Exact: whole nanojoules, and the attojoules that are left.
class counted_energy {
  public:
    counted_energy() = default;
    counted_energy(std::uint64_t events, const event_energy& each) {
        const std::uint64_t rest = each.attojoules % per_nanojoule;
        nanojoules_ = events * (each.attojoules / per_nanojoule) + events / per_nanojoule * rest;
        take(events % per_nanojoule * rest);
        const double error = joules() * each.uncertainty;
        variance_ = error * error;
    }
    /// Errors of different kinds of events are independent: their squares add.
    counted_energy& operator+=(const counted_energy& other) {
        nanojoules_ += other.nanojoules_;
        take(other.attojoules_);
        variance_ += other.variance_;
        return *this;
    }
    std::uint64_t nanojoules() const { return nanojoules_; }
    std::uint64_t attojoules() const { return attojoules_; }  ///< beyond the nanojoules
    double joules() const {
        return static_cast<double>(nanojoules_) * 1e-9 + static_cast<double>(attojoules_) * 1e-18;
    }
    /// One standard deviation, J.
    double error() const { return std::sqrt(variance_); }

  private:
    static constexpr std::uint64_t per_nanojoule = 1'000'000'000;
    void take(std::uint64_t attojoules) {
        attojoules_ += attojoules % per_nanojoule;
        nanojoules_ += attojoules / per_nanojoule + attojoules_ / per_nanojoule;
        attojoules_ %= per_nanojoule;
    }
    std::uint64_t nanojoules_ = 0, attojoules_ = 0;
    double variance_ = 0;
};

}  // namespace ocellus
