// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ocellus::sim {

/// A mistake in a line, at one of its words.
struct script_mistake {
    std::size_t at, length;
    std::string message, hint;
};

struct script_word {
    std::string text;
    std::size_t at = 0;  ///< column from 0
    bool quoted = false;
};

/// One line of a script, word by word: blanks separate, # begins a comment, "..." keeps blanks.
/// What is wrong is thrown as script_mistake.
class line_reader {
  public:
    explicit line_reader(const std::string& line) : line_(line) { split(); }

    bool empty() const { return words_.empty(); }
    bool done() const { return next_ == words_.size(); }
    const script_word& take(const char* expected) {
        if (done())
            throw script_mistake{line_.size() ? line_.size() - 1 : 0, 1, "the line ends too early",
                                 fmt::format("expected {}", expected)};
        return words_[next_++];
    }
    bool take_if(const std::string& text) {
        if (done() || words_[next_].quoted || words_[next_].text != text)
            return false;
        ++next_;
        return true;
    }
    const script_word* peek() const { return done() ? nullptr : &words_[next_]; }
    /// What is left of the line, as it stands there.
    std::string rest(const char* expected) {
        const script_word& first = take(expected);
        next_ = words_.size();
        if (first.quoted)
            return first.text;
        std::string out = line_.substr(first.at);
        while (!out.empty() && (out.back() == ' ' || out.back() == '\t' || out.back() == '\r'))
            out.pop_back();
        return out;
    }
    void end() const {
        if (!done())
            throw script_mistake{words_[next_].at, words_[next_].text.size(), "unexpected word",
                                 "expected the end of the line"};
    }

  private:
    void split() {
        std::size_t i = 0;
        while (i < line_.size()) {
            const char c = line_[i];
            if (c == ' ' || c == '\t' || c == '\r') {
                ++i;
                continue;
            }
            if (c == '#')
                return;
            script_word w;
            w.at = i;
            if (c == '"') {
                w.quoted = true;
                for (++i; i < line_.size() && line_[i] != '"'; ++i)
                    w.text += escaped(i);
                if (i == line_.size())
                    throw script_mistake{w.at, line_.size() - w.at, "a text without an end",
                                         "expected \" at its end"};
                ++i;
            } else {
                while (i < line_.size() && line_[i] != ' ' && line_[i] != '\t' && line_[i] != '\r')
                    w.text += line_[i++];
            }
            words_.push_back(std::move(w));
        }
    }
    char escaped(std::size_t& i) const {
        if (line_[i] != '\\' || i + 1 == line_.size())
            return line_[i];
        switch (line_[++i]) {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'x': {
                unsigned value = 0;
                const char* const first = line_.data() + i + 1;
                const char* const last = line_.data() + std::min(i + 3, line_.size());
                const auto r = std::from_chars(first, last, value, 16);
                if (r.ptr != first + 2)
                    throw script_mistake{i - 1, 2, "\\x needs two hexadecimal digits",
                                         "such as \\x1b"};
                i += 2;
                return static_cast<char>(value);
            }
            default:
                return line_[i];
        }
    }
    const std::string& line_;
    std::vector<script_word> words_;
    std::size_t next_ = 0;
};

[[noreturn]] void wrong_word(const script_word& w, const std::string& message,
                             const std::string& hint);
/// A whole number, decimal or 0x hexadecimal.
std::uint64_t number_of(const script_word& w, std::uint64_t most = ~std::uint64_t{0});
/// A time of one or two words, "2ms" or "2 ms"; in s.
double seconds_of(line_reader& r);

}  // namespace ocellus::sim
