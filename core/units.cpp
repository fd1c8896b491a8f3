// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/units.h"

#include <charconv>
#include <cmath>
#include <cstddef>

#include "core/text.h"

namespace ocellus {

namespace {

/// A symbol stands for 10^decimal * 2^binary base units.
struct symbol {
    const char* text;
    int decimal;
    int binary = 0;
};

/// Symbols of a unit, smallest first.
const std::vector<symbol>& symbols_of(unit u) {
    static const std::vector<symbol> table[] = {
        // In the order of `unit`.
        {},                                               // none
        {{"Hz", 0}, {"kHz", 3}, {"MHz", 6}, {"GHz", 9}},  // hertz
        {{"ps", -12}, {"ns", -9}, {"us", -6}, {"ms", -3}, {"s", 0}},
        {{"B", 0}, {"kB", 3}, {"KiB", 0, 10}, {"MB", 6}, {"MiB", 0, 20}, {"GB", 9}, {"GiB", 0, 30}},
        {{"b/s", 0}, {"kb/s", 3}, {"Mb/s", 6}, {"Gb/s", 9}},
        {{"e-", 0}},
        {{"fJ", -15}, {"pJ", -12}, {"nJ", -9}, {"uJ", -6}, {"mJ", -3}, {"J", 0}},
        {{"uW", -6}, {"mW", -3}, {"W", 0}},
        {{"lx", 0}, {"klx", 3}},
        {{"K", 0}},
        {{"degC", 0}},
        {{"nm", -9}, {"um", -6}, {"mm", -3}, {"m", 0}},
        {{"%", -2}},
        {{"lines", 0}},
        {{"cycles", 0}},
    };
    static_assert(sizeof table / sizeof table[0] == static_cast<std::size_t>(unit::cycles) + 1);
    return table[static_cast<std::size_t>(u)];
}

/// A decimal number as its digits and the power of ten of the last one.
struct decimal_number {
    std::string digits;  ///< with a sign, without a point
    int exponent = 0;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Splits "-16.52e3 rest" into the number and where the rest begins; false without a number.
bool read_decimal(const std::string& text, decimal_number& n, std::size_t& end) {
    std::size_t i = 0;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) {
        if (text[i] == '-')
            n.digits = "-";
        ++i;
    }
    bool any = false, point = false;
    for (; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            n.digits += text[i];
            n.exponent -= point;
            any = true;
        } else if (text[i] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        // "3 e-" is three electrons: an exponent needs a digit.
        std::size_t j = i + 1;
        const bool negative = text[j] == '-';
        if (text[j] == '-' || text[j] == '+')
            ++j;
        if (j < text.size() && is_digit(text[j])) {
            int e = 0;
            for (; j < text.size() && is_digit(text[j]); ++j)
                if (e < 100000)
                    e = e * 10 + (text[j] - '0');
            n.exponent += negative ? -e : e;
            i = j;
        }
    }
    end = i;
    return true;
}

/// The double nearest to the decimal number; false when it is too large.
bool to_double(const decimal_number& n, int more, double& value) {
    const std::string text = n.digits + "e" + std::to_string(n.exponent + more);
    const char* last = text.data() + text.size();
    const auto r = std::from_chars(text.data(), last, value);
    if (r.ec == std::errc::result_out_of_range) {
        // Too small is zero, too large is refused; from_chars does not tell which.
        value = 0;
        return n.exponent + more + static_cast<int>(n.digits.size()) < 0;
    }
    return r.ec == std::errc() && std::isfinite(value);
}

/// "5.94" for digits 594, exponent -2. Very large and very small numbers get an exponent.
std::string plain_text(const decimal_number& n) {
    const bool negative = n.digits[0] == '-';
    std::string d = n.digits.substr(negative);
    const int point = static_cast<int>(d.size()) + n.exponent;  // digits before the point
    std::string text;
    if (point > 21 || point < -6) {
        text = d.substr(0, 1) + (d.size() > 1 ? "." + d.substr(1) : "") + "e" +
               std::to_string(point - 1);
    } else if (point <= 0) {
        text = "0." + std::string(static_cast<std::size_t>(-point), '0') + d;
    } else if (n.exponent >= 0) {
        text = d + std::string(static_cast<std::size_t>(n.exponent), '0');
    } else {
        text = d.substr(0, static_cast<std::size_t>(point)) + "." +
               d.substr(static_cast<std::size_t>(point));
    }
    return (negative ? "-" : "") + text;
}

/// The shortest digits of a double.
decimal_number decimal_of(double value) {
    char buffer[40];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
    decimal_number n;
    std::size_t rest = 0;
    read_decimal(std::string(buffer, end), n, rest);
    return n;
}

std::string strip(const std::string& s) {
    const auto first = s.find_first_not_of(" \t");
    if (first == std::string::npos)
        return "";
    return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

}  // namespace

const char* base_symbol(unit u) {
    for (const auto& s : symbols_of(u))
        if ((s.decimal == 0 && s.binary == 0) || u == unit::percent)
            return s.text;
    return "";
}

std::string accepted_symbols(unit u) {
    std::string all;
    for (const auto& s : symbols_of(u))
        all += (all.empty() ? "" : ", ") + std::string(s.text);
    return all;
}

bool parse_quantity(const std::string& text, unit u, double& value, std::string& why) {
    const std::string stripped = strip(text);
    decimal_number n;
    std::size_t end = 0;
    if (!read_decimal(stripped, n, end)) {
        why = "'" + text + "' is not a number";
        return false;
    }
    std::string written = strip(stripped.substr(end));
    if (written.rfind("\u00B5", 0) == 0 || written.rfind("\u03BC", 0) == 0)
        written = "u" + written.substr(2);  // both micro signs
    const bool bare = u == unit::none || u == unit::lines || u == unit::cycles;
    double result = 0;
    bool fits = false;
    if (written.empty()) {
        if (!bare) {
            why = "'" + text + "' lacks its unit, one of " + accepted_symbols(u);
            return false;
        }
        fits = to_double(n, 0, result);
    } else if (u == unit::none) {
        why = "'" + text + "' has a unit, but a plain number is expected";
        return false;
    } else {
        bool known = false;
        for (const auto& s : symbols_of(u)) {
            if (written != s.text)
                continue;
            known = true;
            fits = to_double(n, s.decimal, result);
            result = std::ldexp(result, s.binary);
            fits = fits && std::isfinite(result);
        }
        if (!known) {
            const std::string all = accepted_symbols(u);
            why = "the unit '" + written + "' is not " +
                  (symbols_of(u).size() > 1 ? "one of " + all : all);
            return false;
        }
    }
    if (!fits) {
        why = "'" + text + "' is too large";
        return false;
    }
    value = result;
    return true;
}

std::string format_quantity(double value, unit u) {
    const auto& symbols = symbols_of(u);
    if (!std::isfinite(value) || symbols.empty())
        return shortest(value) + (symbols.empty() ? "" : " " + std::string(base_symbol(u)));
    const std::string base = base_symbol(u);
    if (value == 0)
        return "0 " + base;
    const decimal_number n = decimal_of(value);
    std::string best;
    for (const auto& s : symbols) {
        std::string candidate;
        if (s.binary) {
            const double mantissa = std::ldexp(value, -s.binary);
            if (std::fabs(mantissa) < 1)
                continue;
            candidate = plain_text(decimal_of(mantissa)) + " " + s.text;
        } else {
            decimal_number shifted = n;
            shifted.exponent -= s.decimal;
            double mantissa = 0;
            to_double(shifted, 0, mantissa);
            // The smallest symbol takes what is smaller still.
            if (std::fabs(mantissa) < 1 && &s != &symbols.front())
                continue;
            candidate = plain_text(shifted) + " " + s.text;
        }
        // Larger prefixes win; sizes in bytes have two families, so there the shorter text wins.
        if (u != unit::byte || best.empty() || candidate.size() <= best.size())
            best = candidate;
    }
    return best;
}

}  // namespace ocellus
