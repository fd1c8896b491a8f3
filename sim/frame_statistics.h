// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

#include "core/events.h"
#include "core/statistics.h"

namespace ocellus::sim {

/// What every count of the run was in each frame: from the start of its readout to that of the
/// next. What came before the first frame is a row of its own, so that columns add up to totals.
class frame_statistics {
  public:
    frame_statistics(const statistics& stats, event_hub& events);
    /// At the end of the run.
    void finish();

    /// RFC 4180: a row a frame ("before" first), a column a count. Peaks are left out.
    std::string csv() const;
    /// {"schema": "ocellus-frame-stats-1", "statistics": [names], "units": [...], "rows":
    /// [{"frame", "start_s", "values"}]}; the row before the first frame has frame null.
    std::string json() const;

  private:
    void take(const sc_core::sc_time& at);
    struct row {
        double start = 0;  ///< s
        std::vector<std::uint64_t> values;
    };
    std::vector<const statistics::entry*> columns() const;
    std::vector<std::uint64_t> change(std::size_t r) const;

    const statistics& stats_;
    std::vector<row> rows_;  ///< values at the start of each; the last is the end
    std::vector<const statistics::entry*> columns_;
};

}  // namespace ocellus::sim
