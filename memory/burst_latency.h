// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace ocellus::memory {

/// Times from request to completion of one initiator's bursts: sum, longest, and bins of fixed
/// edges, eight to a factor of two, so that a percentile is at most an eighth too long. Unit: that
/// of the values.
class burst_latency {
  public:
    static constexpr unsigned steps_bits = 3, steps = 1u << steps_bits;
    static constexpr unsigned bins = (64 - steps_bits + 1) * steps;

    /// Values below 8 have a bin each; above, value >> k has four significant bits.
    static unsigned bin_of(std::uint64_t value) {
        if (value < steps)
            return static_cast<unsigned>(value);
        const unsigned shift = 63u - static_cast<unsigned>(__builtin_clzll(value)) - steps_bits;
        return (shift << steps_bits) + static_cast<unsigned>(value >> shift);
    }
    /// The smallest value of a bin.
    static std::uint64_t lower(unsigned bin) {
        if (bin < 2 * steps)
            return bin;
        const unsigned shift = (bin >> steps_bits) - 1;
        return std::uint64_t{bin - (shift << steps_bits)} << shift;
    }
    /// The largest value of a bin.
    static std::uint64_t upper(unsigned bin) {
        return bin + 1 < bins ? lower(bin + 1) - 1 : ~std::uint64_t{0};
    }

    void add(std::uint64_t value) {
        ++bins_[bin_of(value)];
        ++count_;
        total_ += value;
        longest_ = std::max(longest_, value);
    }
    std::uint64_t count() const { return count_; }
    std::uint64_t total() const { return total_; }
    std::uint64_t longest() const { return longest_; }
    std::uint64_t in_bin(unsigned bin) const { return bins_[bin]; }
    /// At least `share` (0 to 1) of all values are not above it: the upper edge of a bin, or the
    /// longest. 0 without values.
    std::uint64_t percentile(double share) const {
        const double wanted = share * static_cast<double>(count_);
        std::uint64_t seen = 0;
        for (unsigned b = 0; b < bins && count_ > 0; ++b) {
            seen += bins_[b];
            if (seen > 0 && static_cast<double>(seen) >= wanted)
                return std::min(upper(b), longest_);
        }
        return longest_;
    }

  private:
    std::uint64_t count_ = 0, total_ = 0, longest_ = 0;
    std::array<std::uint64_t, bins> bins_{};
};

}  // namespace ocellus::memory
