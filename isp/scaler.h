// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isp/yuv.h"

/// Two scalers on 8-bit colour after the tone curve.
///
/// AREA (to the network's input): the exact average over the rectangle that an output pixel covers.
/// Along one axis, `source` pixels become `target` pixels. In units of 1/target of a source pixel,
/// source pixel s is [s target, (s+1) target) and target pixel t is [t source, (t+1) source); the
/// weight of s in t is the length of their intersection, an integer, and the weights of a target
/// pixel add up to `source`. In two dimensions weights multiply:
///
///     sum = sum over y, x of weight_y weight_x v        (64 bit)
///     out = (sum + area / 2) / area, area = source_w source_h      floor: rounding half up
///
/// Everything is integer and exact, so it does not matter how rows are split into bands or in which
/// order partial sums are added. It also enlarges (target > source).
///
/// BOX (image path, 1, 2 or 4): mean of s x s pixels, (sum + s s / 2) >> (2 log2 s).
namespace ocellus::isp {

/// First and last source pixel of target pixel t, and the weight of s in t.
constexpr unsigned area_first(unsigned t, unsigned source, unsigned target) {
    return static_cast<unsigned>(std::uint64_t{t} * source / target);
}
constexpr unsigned area_last(unsigned t, unsigned source, unsigned target) {
    return static_cast<unsigned>(((std::uint64_t{t} + 1) * source - 1) / target);
}
constexpr std::uint32_t area_weight(unsigned s, unsigned t, unsigned source, unsigned target) {
    const std::uint64_t from_s = std::uint64_t{s} * target, to_s = from_s + target;
    const std::uint64_t from_t = std::uint64_t{t} * source, to_t = from_t + source;
    const std::uint64_t from = from_s > from_t ? from_s : from_t, to = to_s < to_t ? to_s : to_t;
    return to > from ? static_cast<std::uint32_t>(to - from) : 0;
}
constexpr std::uint8_t area_mean(std::uint64_t sum, std::uint64_t area) {
    return static_cast<std::uint8_t>((sum + area / 2) / area);
}

/// A rectangle of the array and the size it is scaled to. Sizes 1 .. 65535.
struct area_geometry {
    unsigned x = 0, y = 0, width = 0, height = 0;  ///< window, in pixels of the array
    unsigned out_width = 0, out_height = 0;
};

/// Weighted sums of one target row, or of the part of it that a band of source rows contributes:
/// out_width values of red, then green, then blue.
struct area_row {
    unsigned row = 0;
    std::vector<std::uint64_t> sums;
};

/// Accumulates source rows in order; gives the sums of a target row when it has seen the row's last
/// source row, or when asked to flush.
class area_accumulator {
  public:
    explicit area_accumulator(const area_geometry& geometry);
    /// Starts a new band: forgets what was accumulated.
    void restart(const area_geometry& geometry);
    /// Adds window row `y` (0 .. height-1). `even`, `odd` point at array column 0 and 1 and hold at
    /// least the window's columns. `finished(row)` is called for every target row that ends with
    /// it.
    template <class Finished>
    void add(unsigned y, const rgb8_half_rows& in, Finished&& finished) {
        const unsigned from = area_first_target(y), to = area_last_target(y);
        for (unsigned t = from; t <= to; ++t) {
            accumulate(t, area_weight(y, t, geometry_.height, geometry_.out_height), in);
            if (y == area_last(t, geometry_.height, geometry_.out_height)) {
                reduce();
                finished(static_cast<const area_row&>(row_));
            }
        }
    }
    /// The target row begun but not ended, if there is one.
    template <class Finished>
    void flush(Finished&& finished) {
        if (used_) {
            reduce();
            finished(static_cast<const area_row&>(row_));
        }
    }

  private:
    unsigned area_first_target(unsigned y) const {
        return static_cast<unsigned>(std::uint64_t{y} * geometry_.out_height / geometry_.height);
    }
    unsigned area_last_target(unsigned y) const {
        return static_cast<unsigned>(((std::uint64_t{y} + 1) * geometry_.out_height - 1) /
                                     geometry_.height);
    }
    void accumulate(unsigned t, std::uint32_t weight, const rgb8_half_rows& in);
    void spill();
    void reduce();

    area_geometry geometry_;
    unsigned first_half_ = 0, half_ = 0;  // half-row indices that cover the window
    std::vector<std::uint16_t> whole_;    // rows of full weight, unweighted: red even, red odd, ...
    std::vector<std::uint32_t> weighted_;  // everything else, and what was spilled
    std::vector<std::uint32_t> columns_;   // scratch of reduce(): one channel's columns in order
    unsigned whole_rows_ = 0;
    bool used_ = false;
    area_row row_;
};

/// Adds the pairs e[i] + o[i] to sums[i].
void add_pairs(const std::uint8_t* even, const std::uint8_t* odd, unsigned half,
               std::uint16_t* sums);
/// Means of finished sums. Scale 2: sums of 2 rows of pairs, out pixel k = sums[k]. Scale 4: sums
/// of 4 rows of pairs, out pixel k = sums[2k] + sums[2k+1]. Even and odd output pixels are written
/// apart; `half` counts the output pairs.
void box_means(const std::uint16_t* sums, unsigned scale, unsigned half, std::uint8_t* even,
               std::uint8_t* odd);

}  // namespace ocellus::isp
