// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/parameter.h"
#include "core/worker_pool.h"

namespace ocellus::models {

/// How many pixels and columns do not work, as parts of all, and how badly.
struct defect_parameters {
    double hot = 0, dead = 0, stuck = 0, telegraph = 0;
    double hot_current = 50;         // e-/s at 25 degC, mean
    double telegraph_amplitude = 6;  // e-, mean
    double telegraph_activity = 0.5;
    double columns = 0;

    void declare(parameter_registry& r);
    bool any() const { return hot > 0 || dead > 0 || stuck > 0 || telegraph > 0 || columns > 0; }
};

enum class defect_kind : std::uint8_t {
    hot,         ///< `size` e-/s more dark current, at 25 degC
    dead,        ///< collects no light
    stuck_high,  ///< always the highest number
    stuck_low,   ///< always the lowest number
    telegraph,   ///< a trap of `size` electrons in the source follower
};

struct defect {
    std::uint32_t x = 0;
    defect_kind kind = defect_kind::hot;
    float size = 0;
};

/// The defects of an array: every pixel's own draw decides, from (seed, row, column) alone.
class defect_map {
  public:
    /// `pixels` per sample: 1, or 4 with 2x2 binning, where any of the four may be defective.
    defect_map(const defect_parameters& p, std::uint64_t seed, unsigned width, unsigned height,
               unsigned pixels, worker_pool& pool);
    /// Of one row, by column.
    const std::vector<defect>& row(unsigned y) const { return rows_[y]; }
    /// Columns that read no light at all, ascending.
    const std::vector<std::uint32_t>& columns() const { return columns_; }

  private:
    std::vector<std::vector<defect>> rows_;
    std::vector<std::uint32_t> columns_;
};

/// Signal of a telegraph pixel after correlated double sampling: with the probability `activity`
/// the trap changes between the two samples, and the difference is +amplitude or -amplitude; else
/// 0. (Three peaks: Wang, Rao, Mierop, Theuwissen, "Random telegraph signal in CMOS image sensor
/// pixels", IEDM 2006.)
float telegraph_signal(std::uint64_t seed, std::uint32_t frame, std::uint32_t row, std::uint32_t x,
                       double activity, float amplitude);

}  // namespace ocellus::models
