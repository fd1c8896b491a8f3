// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

namespace ocellus {

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011). A keyed bijection of a 128-bit counter: random numbers come from (seed, frame, row,
/// column, purpose), never from a stream, so results do not depend on threads, order or region.
struct philox4x32 {
    using counter = std::array<std::uint32_t, 4>;
    using key = std::array<std::uint32_t, 2>;

    static constexpr counter generate(counter c, key k) {
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0];
            const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c[2];
            c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
                 static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1],
                 static_cast<std::uint32_t>(p0)};
            k[0] += 0x9E3779B9u;
            k[1] += 0xBB67AE85u;
        }
        return c;
    }
};

/// What a random number is for: the last word of the counter.
enum class purpose : std::uint32_t {
    shot_noise = 1,
    read_noise = 2,
    row_noise = 3,
    column_offset = 4,
    pixel_offset = 5,
    pixel_gain = 6,
    defect_map = 7,
    scene = 8,
    network_weights = 9,
    sweep = 10,
    converter = 11,
    exact_shot_noise = 12,
    telegraph = 13,
    dark_shot_noise = 14,
    pixel_response = 15,
    soft_error = 32,
    link_errors = 33,
    test = 1000,
};

/// The key of a seed.
constexpr philox4x32::key key_of(std::uint64_t seed) {
    return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

/// A small sequential generator on top of Philox for scene layout and weights (not for pixels).
class random_sequence {
  public:
    random_sequence(std::uint64_t seed, purpose why, std::uint32_t a = 0, std::uint32_t b = 0)
        : key_(key_of(seed)), why_(why), a_(a), b_(b) {}
    std::uint32_t next() {
        if (used_ == 4) {
            block_ =
                philox4x32::generate({index_++, a_, b_, static_cast<std::uint32_t>(why_)}, key_);
            used_ = 0;
        }
        return block_[used_++];
    }
    /// Uniform in [0, 1), 32 bits.
    double uniform() { return next() * 0x1p-32; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform in 0 .. n-1 (n > 0), by multiply-shift.
    std::uint32_t below(std::uint32_t n) {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * n) >> 32);
    }

  private:
    philox4x32::key key_;
    purpose why_;
    std::uint32_t a_, b_, index_ = 0;
    philox4x32::counter block_{};
    unsigned used_ = 4;
};

}  // namespace ocellus
