// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/uart_expect.h"

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

bool is_expression(const std::string& text) {
    return text.size() >= 3 && text.front() == '/' && text.back() == '/';
}

}  // namespace

uart_expect::uart_expect(const std::vector<std::string>& texts) : texts_(texts) {
    for (const auto& t : texts_) {
        if (t.empty())
            throw input_error(exit_code::usage, "error: --uart-expect needs a text");
        std::regex e;
        if (is_expression(t)) {
            try {
                e.assign(t.substr(1, t.size() - 2));
            } catch (const std::regex_error&) {
                throw input_error(exit_code::usage,
                                  "error: --uart-expect " + t + ": not a regular expression");
            }
        }
        expressions_.push_back(std::move(e));
    }
}

bool uart_expect::found() const {
    const std::string& t = texts_[next_];
    if (is_expression(t))
        return std::regex_search(line_, expressions_[next_]);
    return seen_.size() >= t.size() && seen_.compare(seen_.size() - t.size(), t.size(), t) == 0;
}

bool uart_expect::put(char c) {
    if (met())
        return false;
    if (c == '\n') {
        line_.clear();
    } else if (line_.size() < longest_line && c != '\r') {
        line_ += c;
    }
    seen_ += c;
    if (!found()) {
        if (seen_.size() > 2 * texts_[next_].size() + 64)
            seen_.erase(0, seen_.size() - texts_[next_].size());
        return false;
    }
    ++next_;
    // What belongs to one text does not belong to the next.
    seen_.clear();
    line_.clear();
    return met();
}

}  // namespace ocellus::sim
