// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

#include "core/statistics.h"

namespace ocellus::sim {

/// Nothing gets lost unseen: two sums of counts that are equal at every instant.
struct balance {
    struct term {
        std::string name;  ///< of a statistic, or a word for what `value` is
        double factor = 1;
        double value = -1;  ///< not negative: this instead of a statistic's
    };
    std::string what;
    std::vector<term> left, right;
};

/// One sentence for each balance that does not hold: "rows: pixel_array.rows (10) is not
/// column_adc.rows (9)". Counts are exact up to 2^53.
std::vector<std::string> violations(const std::vector<balance>& all, const statistics& stats);

}  // namespace ocellus::sim
