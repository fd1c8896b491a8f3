// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/uart_expect.h"

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t longest_expression = 1024;

bool is_expression(const std::string& text) {
    return text.size() >= 3 && text.front() == '/' && text.back() == '/';
}

std::shared_ptr<const regex_t> compile(const std::string& text) {
    if (text.size() > longest_expression)
        throw input_error(exit_code::usage, "error: --uart-expect: an expression of more than " +
                                                std::to_string(longest_expression) + " bytes");
    auto e = std::make_unique<regex_t>();
    const int wrong =
        regcomp(e.get(), text.substr(1, text.size() - 2).c_str(), REG_EXTENDED | REG_NOSUB);
    if (wrong) {
        char why[128];
        regerror(wrong, e.get(), why, sizeof why);
        throw input_error(
            exit_code::usage,
            "error: --uart-expect " + text + ": not an extended regular expression (" + why + ")");
    }
    return {e.release(), [](regex_t* compiled) {
                regfree(compiled);
                delete compiled;
            }};
}

}  // namespace

uart_expect::uart_expect(const std::vector<std::string>& texts) : texts_(texts) {
    for (const auto& t : texts_) {
        if (t.empty())
            throw input_error(exit_code::usage, "error: --uart-expect needs a text");
        expressions_.push_back(is_expression(t) ? compile(t) : nullptr);
    }
}

bool uart_expect::found() const {
    const std::string& t = texts_[next_];
    if (const auto& e = expressions_[next_]) {
        regmatch_t whole{};
        whole.rm_eo = static_cast<regoff_t>(line_.size());
        return regexec(e.get(), line_.data(), 1, &whole, REG_STARTEND) == 0;
    }
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
