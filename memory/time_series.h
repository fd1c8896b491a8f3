// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ocellus::memory {

/// Amounts by interval of time. Intervals come into being as they are needed, in any order; what
/// comes after the last possible one is added to that, so that every column sums to its total.
class time_series {
  public:
    static constexpr std::size_t most_rows = 1u << 16;

    /// `interval` in the caller's unit of time; 0: nothing is kept.
    void begin(std::size_t columns, std::uint64_t interval) {
        columns_ = columns;
        interval_ = interval;
        from_ = to_ = 0;
    }
    std::uint64_t interval() const { return interval_; }
    void add(std::uint64_t time, std::size_t column, std::uint64_t amount) {
        if (interval_ == 0)
            return;
        if (time - from_ >= to_ - from_)
            seek(time);
        cells_[at_ + column] += amount;
    }
    std::size_t rows() const { return columns_ ? cells_.size() / columns_ : 0; }
    std::uint64_t value(std::size_t row, std::size_t column) const {
        return row < rows() ? cells_[row * columns_ + column] : 0;
    }

  private:
    void seek(std::uint64_t time) {
        std::uint64_t row = time / interval_;
        from_ = row * interval_;
        to_ = from_ + interval_;
        if (row >= most_rows) {
            row = most_rows - 1;
            to_ = ~std::uint64_t{0};
            from_ = row * interval_;
        }
        at_ = row * columns_;
        if (cells_.size() < at_ + columns_)
            cells_.resize(at_ + columns_);
    }
    std::size_t columns_ = 0, at_ = 0;
    std::uint64_t interval_ = 0, from_ = 0, to_ = 0;
    std::vector<std::uint64_t> cells_;
};

}  // namespace ocellus::memory
