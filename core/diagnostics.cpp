// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/diagnostics.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/text.h"

namespace ocellus {

namespace {

/// The part of a source line that is shown, and the line below it up to the caret.
struct excerpt {
    std::string line;
    std::string blanks;  ///< as wide as what stands before the caret; tabs are kept
    unsigned length;     ///< of the underline
};

constexpr std::size_t widest_line = 160;  ///< characters shown of an over-long line

excerpt excerpt_of(const source_position& where) {
    // Cut into characters; what a terminal would act on is not shown as it is.
    std::vector<std::string> chars;
    for (const char c : where.text) {
        const auto u = static_cast<unsigned char>(c);
        if ((u & 0xC0u) == 0x80u && !chars.empty())
            chars.back() += c;
        else if ((u < 0x20 && c != '\t') || u == 0x7F)
            chars.emplace_back("?");
        else
            chars.emplace_back(1, c);
    }
    std::size_t caret = where.column ? where.column - 1 : 0;
    caret = std::min(caret, chars.size());
    std::size_t first = 0, last = chars.size();
    if (last > widest_line) {
        first = caret > widest_line / 2 ? caret - widest_line / 2 : 0;
        first = std::min(first, last - widest_line);
        last = first + widest_line;
    }
    excerpt e;
    if (first > 0) {
        e.line = "...";
        e.blanks = "   ";
    }
    for (std::size_t i = first; i < last; ++i)
        e.line += chars[i];
    for (std::size_t i = first; i < caret; ++i)
        e.blanks += chars[i] == "\t" ? "\t" : " ";
    if (last < chars.size())
        e.line += "...";
    const std::size_t room = last > caret ? last - caret : 1;
    e.length = static_cast<unsigned>(
        std::clamp<std::size_t>(where.length, 1, std::max<std::size_t>(room, 1)));
    return e;
}

std::string render_one(const diagnostic& d, const char* severity) {
    std::string out = d.where.file;
    if (d.where.line) {
        out += ":" + std::to_string(d.where.line);
        if (d.where.column)
            out += ":" + std::to_string(d.where.column);
    }
    if (!out.empty())
        out += ": ";
    out += std::string(severity) + ": " + d.message + "\n";
    if (d.where.text.empty()) {
        if (!d.hint.empty())
            out += "    " + d.hint + "\n";
        return out;
    }
    const excerpt e = excerpt_of(d.where);
    std::string number = d.where.line ? std::to_string(d.where.line) : "";
    if (number.size() < 4)
        number.insert(0, 4 - number.size(), ' ');
    out += " " + number + " | " + e.line + "\n";
    out += " " + std::string(number.size(), ' ') + " | " + e.blanks + "^" +
           std::string(e.length - 1, '~');
    if (!d.hint.empty())
        out += " " + d.hint;
    return out + "\n";
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

std::string lower(std::string s) {
    for (char& c : s)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return s;
}

}  // namespace

void diagnostics::error(source_position where, std::string message, std::string hint) {
    errors_.push_back({std::move(where), std::move(message), std::move(hint)});
}

void diagnostics::warning(source_position where, std::string message, std::string hint) {
    warnings_.push_back({std::move(where), std::move(message), std::move(hint)});
}

std::string diagnostics::render() const {
    std::string out;
    for (const auto& d : warnings_)
        out += render_one(d, "warning");
    for (const auto& d : errors_)
        out += render_one(d, "error");
    if (has_errors())
        out += std::to_string(errors_.size()) + (errors_.size() == 1 ? " error" : " errors") +
               ". Nothing was simulated.\n";
    return out;
}

void diagnostics::throw_if_errors() const {
    if (has_errors())
        throw input_error(exit_code::usage, render());
}

std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates) {
    if (word.empty())
        return "";
    const std::string plain = lower(word);
    std::size_t best = std::max<std::size_t>(word.size() / 3, 2) + 1;
    std::string nearest;
    for (const auto& c : candidates) {
        const std::size_t difference = edit_distance(plain, lower(c));
        // Replacing every character is no likeness ("xy" for "ab").
        if (difference < best && difference < std::max(word.size(), c.size())) {
            best = difference;
            nearest = c;
        }
    }
    return nearest;
}

}  // namespace ocellus
