// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/statistics.h"

namespace ocellus {

/// How long something takes: count, extremes, mean, and bins that double. Unit: that of the values.
class latency_histogram {
  public:
    /// Bin 0 holds 0 and 1, bin k holds 2^k to 2^(k+1) - 1, the last one everything above.
    static constexpr unsigned bins = 16;

    void add(std::uint64_t value) {
        unsigned b = 0;
        while (b + 1 < bins && value >> (b + 1))
            ++b;
        ++bins_[b];
        min_ = count_ == 0 || value < min_ ? value : min_;
        max_ = value > max_ ? value : max_;
        ++count_;
        sum_ += value;
    }
    std::uint64_t count() const { return count_; }
    std::uint64_t min() const { return min_; }
    std::uint64_t max() const { return max_; }
    double mean() const {
        return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
    }
    std::uint64_t bin(unsigned b) const { return bins_[b]; }

    /// Statistics name.count, .min, .mean, .max and, if wanted, .bin_00 to .bin_15. `what` goes on
    /// "Interrupts taken", ...
    void add_to(statistics& s, const std::string& name, const std::string& what,
                const std::string& unit, bool with_bins) const;

  private:
    std::uint64_t count_ = 0, min_ = 0, max_ = 0, sum_ = 0;
    std::array<std::uint64_t, bins> bins_{};
};

}  // namespace ocellus
