// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/script_words.h"

#include <algorithm>

#include "core/units.h"

namespace ocellus::sim {
namespace {

constexpr double longest_time = 1e6;  // s

}  // namespace

void wrong_word(const script_word& w, const std::string& message, const std::string& hint) {
    throw script_mistake{w.at, std::max<std::size_t>(w.text.size(), 1), message, hint};
}

std::uint64_t number_of(const script_word& w, std::uint64_t most) {
    const bool hex =
        w.text.size() > 2 && w.text[0] == '0' && (w.text[1] == 'x' || w.text[1] == 'X');
    std::uint64_t value = 0;
    const char* const first = w.text.data() + (hex ? 2 : 0);
    const char* const last = w.text.data() + w.text.size();
    const auto r = std::from_chars(first, last, value, hex ? 16 : 10);
    if (first == last || r.ptr != last || r.ec != std::errc() || value > most)
        wrong_word(w, fmt::format("'{}' is no number that fits", w.text),
                   fmt::format("expected 0 to {}, decimal or 0x hexadecimal", most));
    return value;
}

double seconds_of(line_reader& r) {
    script_word w = r.take("a time such as 2 ms");
    if (const script_word* const symbol = r.peek())
        if (!symbol->quoted &&
            (symbol->text == "s" || symbol->text == "ms" || symbol->text == "us" ||
             symbol->text == "ns" || symbol->text == "ps"))
            w.text += " " + r.take("a unit").text;
    double value = 0;
    std::string why;
    if (!parse_quantity(w.text, unit::second, value, why) || !(value >= 0) || value > longest_time)
        wrong_word(w, fmt::format("'{}' is no time", w.text),
                   "expected one such as 2 ms or 33.4us");
    return value;
}
}  // namespace ocellus::sim
