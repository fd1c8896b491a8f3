// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/soft_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/random.h"
#include "core/units.h"

namespace ocellus::memory {
namespace {

std::string trimmed(const std::string& s) {
    const auto first = s.find_first_not_of(" \t");
    return first == std::string::npos ? std::string()
                                      : s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> out;
    for (std::size_t begin = 0;;) {
        const auto end = text.find(at, begin);
        out.push_back(trimmed(text.substr(begin, end - begin)));
        if (end == std::string::npos)
            return out;
        begin = end + 1;
    }
}

/// Decimal, or hexadecimal behind 0x.
bool parse_number(const std::string& text, std::uint64_t& out) {
    const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char* const end = text.data() + text.size();
    const auto r = std::from_chars(text.data() + (hex ? 2 : 0), end, out, hex ? 16 : 10);
    return r.ec == std::errc() && r.ptr == end;
}

}  // namespace

bool parse_upsets(const std::string& text, std::uint64_t size, std::vector<upset>& out,
                  std::string& why) {
    out.clear();
    if (trimmed(text).empty())
        return true;
    for (const auto& item : split(text, ',')) {
        const auto at = item.find('@'), colon = item.find(':');
        upset u;
        std::uint64_t address = 0;
        std::string wrong;
        if (at == std::string::npos || colon == std::string::npos || colon < at) {
            why = fmt::format("'{}' is not TIME@OFFSET:CELL, such as 2 ms@0x1000:5", item);
            return false;
        }
        if (!parse_quantity(trimmed(item.substr(0, at)), unit::second, u.at, wrong) || u.at < 0) {
            why = fmt::format("'{}': '{}' is no time", item, trimmed(item.substr(0, at)));
            return false;
        }
        if (!parse_number(trimmed(item.substr(at + 1, colon - at - 1)), address) ||
            address >= size) {
            why = fmt::format("'{}': the offset is not in 0 .. {:#x}", item, size - 1);
            return false;
        }
        u.word = address / word_faults::word_bytes;
        for (const auto& cell : split(item.substr(colon + 1), '+')) {
            std::uint64_t bit = 0;
            if (!parse_number(cell, bit) || bit >= secded::data_bits + secded::check_bits) {
                why = fmt::format("'{}': '{}' is no cell of 0 .. 71", item, cell);
                return false;
            }
            if (bit < secded::data_bits)
                u.mask.data ^= std::uint64_t{1} << bit;
            else
                u.mask.check =
                    static_cast<std::uint8_t>(u.mask.check ^ 1u << (bit - secded::data_bits));
        }
        out.push_back(u);
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const upset& a, const upset& b) { return a.at < b.at; });
    return true;
}

bool parse_stuck_rows(const std::string& text, std::uint64_t banks, std::uint64_t rows,
                      std::vector<stuck_row>& out, std::string& why) {
    out.clear();
    if (trimmed(text).empty())
        return true;
    for (const auto& item : split(text, ',')) {
        const auto colon = item.find(':'), equals = item.find('=');
        std::uint64_t bank = 0, row = 0, value = 0;
        if (colon == std::string::npos || equals == std::string::npos || equals < colon ||
            !parse_number(trimmed(item.substr(0, colon)), bank) ||
            !parse_number(trimmed(item.substr(colon + 1, equals - colon - 1)), row) ||
            !parse_number(trimmed(item.substr(equals + 1)), value) || value > 1) {
            why = fmt::format("'{}' is not BANK:ROW=0 or BANK:ROW=1, such as 3:17=0", item);
            return false;
        }
        if (bank >= banks || row >= rows) {
            why = fmt::format("'{}': banks are 0 .. {}, rows 0 .. {}", item, banks - 1, rows - 1);
            return false;
        }
        out.push_back({static_cast<unsigned>(bank), row, value != 0});
    }
    return true;
}

random_upsets::random_upsets(std::uint64_t seed, double rate, std::uint64_t words,
                             unsigned cells_per_word)
    : seed_(seed), words_(words), cells_per_word_(cells_per_word) {
    const double megabits = static_cast<double>(words) * cells_per_word / 1048576.0;
    mean_ = 1e9 * 3600 / (rate * megabits);
}

upset random_upsets::next() {
    const auto r = philox4x32::generate(
        {number_++, 0, 0, static_cast<std::uint32_t>(purpose::soft_error)}, key_of(seed_));
    // In (0, 1]: the logarithm is finite.
    now_ -= mean_ * std::log((r[0] + 1.0) * 0x1p-32);
    upset u;
    u.at = now_;
    u.word = static_cast<std::uint64_t>(
        (static_cast<unsigned __int128>(std::uint64_t{r[1]} << 32 | r[2]) * words_) >> 64);
    const auto cell = static_cast<unsigned>((std::uint64_t{r[3]} * cells_per_word_) >> 32);
    if (cell < secded::data_bits)
        u.mask.data = std::uint64_t{1} << cell;
    else
        u.mask.check = static_cast<std::uint8_t>(1u << (cell - secded::data_bits));
    return u;
}

}  // namespace ocellus::memory
