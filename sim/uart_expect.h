// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <regex.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ocellus::sim {

/// Waits for texts in a stream of bytes, one after the other. A text between slashes is a regular
/// expression (POSIX, extended) that a line, or the first 4096 bytes that there are of it yet, has
/// to contain. POSIX, because its matcher needs neither a deep stack nor exponential time: text may
/// come within a process of the simulation.
class uart_expect {
  public:
    uart_expect() = default;
    /// Throws input_error(usage) for an empty text or a wrong expression.
    explicit uart_expect(const std::vector<std::string>& texts);

    /// True when this byte completes the last of the texts.
    bool put(char c);
    bool empty() const { return texts_.empty(); }
    bool met() const { return next_ == texts_.size(); }
    /// The text that is waited for.
    const std::string& missing() const { return texts_.at(next_); }

  private:
    static constexpr std::size_t longest_line = 4096;
    bool found() const;
    std::vector<std::string> texts_;
    std::vector<std::shared_ptr<const regex_t>> expressions_;  ///< null: not an expression
    std::size_t next_ = 0;
    std::string seen_, line_;
};

}  // namespace ocellus::sim
