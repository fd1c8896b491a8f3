// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/units.h"

namespace ocellus {

/// Statistics are plain numbers in the block that counts them, registered by reference with a
/// stable dotted name, a sentence and a unit. Reading them costs nothing until the run is over.
class statistics {
  public:
    struct entry {
        std::string name;
        std::string sentence;
        std::string unit;  ///< symbol: "B", "s", "cycles", "1" for counts
        bool integral = true;
        std::function<std::uint64_t()> integer;
        std::function<double()> real;
    };

    void add(const std::string& name, const std::uint64_t& value, const std::string& sentence,
             const std::string& unit = "1");
    void add(const std::string& name, const double& value, const std::string& sentence,
             const std::string& unit);
    void add_computed(const std::string& name, std::function<double()> value,
                      const std::string& sentence, const std::string& unit);

    /// The clock of everything whose name begins with `prefix`: cycles there are told in seconds
    /// too.
    void set_clock(const std::string& prefix, double hertz) { clocks_[prefix] = hertz; }
    /// Of a statistic in cycles; 0: none is known.
    double clock_of(const entry& e) const;
    /// A largest value until now, not a sum: of a part of the run it says nothing.
    static bool is_peak(const entry& e);

    /// Sorted by name.
    std::vector<const entry*> all() const;
    const entry* find(const std::string& name) const;
    /// Value by name as double; 0 and an assertion failure of ours when there is none.
    double value(const std::string& name) const;

    /// {"schema": "ocellus-stats-1", "statistics": {name: {"value", "unit", "description"}}}, and
    /// for cycles "clock" (Hz) and "seconds".
    /// Locale-independent, shortest exact doubles, keys sorted: same values, same bytes.
    std::string json() const;
    std::string text() const;
    /// RFC 4180: name, value, unit, clock, seconds, description.
    std::string csv() const;

    /// Integral values by name, to measure from.
    using snapshot = std::map<std::string, std::uint64_t>;
    snapshot take_snapshot() const;
    /// As json(), with integral values counted from a snapshot; real ones and peaks are those of
    /// the whole run.
    std::string json(const snapshot& since) const;

  private:
    std::vector<entry> list_;
    std::map<std::string, double> clocks_;
};

}  // namespace ocellus
