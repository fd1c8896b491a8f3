// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isp/yuv.h"

/// Three scalers on 8-bit colour after the tone curve.
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
/// BILINEAR (network's input or picture): two source rows and columns a pixel, one stored line.
/// Along one axis the centre of target pixel t lies at, in 1/256 of a source pixel,
///
///     P = clamp(floor((((2 t + 1) source - target) 256 + target) / (2 target)), 0, 256 (source -
///     1)) i = P >> 8, f = P - 256 i h = v_i (256 - f) + v_i+1 f                         16 bit out
///     = (h_j (256 - g) + h_j+1 g + 32768) >> 16       rounding half up
///
/// It skips source pixels when it reduces by more than two, and aliases; area does not.
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

enum class scaler_method : std::uint8_t { area, bilinear };

/// What the hardware's counters and accumulators hold: one axis is reduced by at most 256 and
/// enlarged by at most 8.
constexpr unsigned most_reduction = 256, most_enlargement = 8;
constexpr bool can_scale(unsigned source, unsigned target) {
    return source > 0 && target > 0 && source <= std::uint64_t{target} * most_reduction &&
           target <= std::uint64_t{source} * most_enlargement;
}

struct bilinear_place {
    unsigned index = 0, fraction = 0;
};
constexpr bilinear_place place_of(unsigned t, unsigned source, unsigned target) {
    const std::int64_t doubled = (2 * std::int64_t{t} + 1) * source - target;
    std::int64_t p = doubled < 0 ? 0 : (doubled * 256 + target) / (2 * std::int64_t{target});
    const std::int64_t most = 256 * (std::int64_t{source} - 1);
    p = p < most ? p : most;
    return {static_cast<unsigned>(p >> 8), static_cast<unsigned>(p & 255)};
}

/// First and last source pixel that target pixel t needs.
constexpr unsigned first_source(scaler_method m, unsigned t, unsigned source, unsigned target) {
    return m == scaler_method::area ? area_first(t, source, target)
                                    : place_of(t, source, target).index;
}
constexpr unsigned last_source(scaler_method m, unsigned t, unsigned source, unsigned target) {
    if (m == scaler_method::area)
        return area_last(t, source, target);
    const bilinear_place p = place_of(t, source, target);
    return p.fraction ? p.index + 1 : p.index;
}

/// A rectangle of the array and the size it is scaled to. Sizes 1 .. 65535.
struct area_geometry {
    unsigned x = 0, y = 0, width = 0, height = 0;  ///< window, in pixels of the array
    unsigned out_width = 0, out_height = 0;
    scaler_method method = scaler_method::area;

    unsigned first_row(unsigned t) const { return first_source(method, t, height, out_height); }
    unsigned last_row(unsigned t) const { return last_source(method, t, height, out_height); }
    /// Of finished sums.
    std::uint8_t value(std::uint64_t sum) const {
        return method == scaler_method::area ? area_mean(sum, std::uint64_t{width} * height)
                                             : static_cast<std::uint8_t>((sum + 32768) >> 16);
    }
};

/// Weighted sums of one target row, or of the part of it that a band of source rows contributes:
/// out_width values of red, then green, then blue.
struct area_row {
    unsigned row = 0;
    std::vector<std::uint64_t> sums;
};

/// Takes the source rows of a band in order; gives the sums of a target row when it has seen the
/// row's last source row in the band, or when asked to flush. Sums of the bands that share a row
/// add up.
class scaler_accumulator {
  public:
    explicit scaler_accumulator(const area_geometry& geometry);
    /// Starts a new band: forgets what was accumulated.
    void restart(const area_geometry& geometry);
    /// Adds window row `y` (0 .. height-1). `even`, `odd` point at array column 0 and 1 and hold at
    /// least the window's columns. `finished(row)` is called for every target row that ends with
    /// it.
    template <class Finished>
    void add(unsigned y, const rgb8_half_rows& in, Finished&& finished) {
        if (geometry_.method == scaler_method::bilinear) {
            add_bilinear(y, in, finished);
            return;
        }
        const unsigned from = area_first_target(y), to = area_last_target(y);
        for (unsigned t = from; t <= to; ++t) {
            accumulate(t, area_weight(y, t, geometry_.height, geometry_.out_height), in);
            if (y == area_last(t, geometry_.height, geometry_.out_height)) {
                reduce();
                finished(static_cast<const area_row&>(row_));
            }
        }
    }
    /// The target rows begun but not ended.
    template <class Finished>
    void flush(Finished&& finished) {
        if (geometry_.method == scaler_method::bilinear) {
            for (unsigned t = next_target_; seen_ && t < geometry_.out_height; ++t) {
                const bilinear_place p = place_of(t, geometry_.height, geometry_.out_height);
                if (p.index > last_y_)
                    break;
                if (p.index == last_y_ && p.fraction) {
                    weigh(t, 256 - p.fraction, 0);
                    finished(static_cast<const area_row&>(row_));
                }
            }
            seen_ = false;
        }
        if (used_) {
            reduce();
            finished(static_cast<const area_row&>(row_));
        }
    }

  private:
    template <class Finished>
    void add_bilinear(unsigned y, const rgb8_half_rows& in, Finished&& finished) {
        const unsigned source = geometry_.height, target = geometry_.out_height;
        if (!seen_) {
            // Target rows that ended before this band belong to others.
            next_target_ = 0;
            while (next_target_ < target &&
                   last_source(scaler_method::bilinear, next_target_, source, target) < y)
                ++next_target_;
            previous_seen_ = false;
        } else {
            previous_seen_ = last_y_ + 1 == y;
        }
        interpolate(in);
        seen_ = true;
        last_y_ = y;
        for (; next_target_ < target; ++next_target_) {
            const bilinear_place p = place_of(next_target_, source, target);
            const unsigned last = p.fraction ? p.index + 1 : p.index;
            if (last > y)
                break;
            if (last < y)
                continue;
            if (p.fraction == 0)
                weigh(next_target_, 256, 0);
            else
                weigh(next_target_, p.fraction, previous_seen_ ? 256 - p.fraction : 0);
            finished(static_cast<const area_row&>(row_));
        }
    }
    unsigned area_first_target(unsigned y) const {
        return static_cast<unsigned>(std::uint64_t{y} * geometry_.out_height / geometry_.height);
    }
    unsigned area_last_target(unsigned y) const {
        return static_cast<unsigned>(((std::uint64_t{y} + 1) * geometry_.out_height - 1) /
                                     geometry_.height);
    }
    void interpolate(const rgb8_half_rows& in);
    void weigh(unsigned t, unsigned here, unsigned before);
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
    // Bilinear: the last two source rows at the target's columns.
    std::vector<bilinear_place> places_;
    std::vector<std::uint32_t> here_, before_;
    unsigned next_target_ = 0, last_y_ = 0;
    bool seen_ = false, previous_seen_ = false;
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
