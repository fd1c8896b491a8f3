// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/parameter.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/text.h"

namespace ocellus {

namespace {

constexpr double exact_integers =
    9007199254740992.0;  // 2^53: doubles hold every integer up to here

bool needs_symbol(unit u) {
    return u != unit::none && u != unit::lines && u != unit::cycles;
}

/// A double in the spelling of a file: "24 MHz"; bare where the bare number is accepted.
std::string value_text(double value, unit u) {
    return needs_symbol(u) ? format_quantity(value, u) : shortest(value);
}

/// An integer in the spelling of a file, exact.
std::string value_text(std::uint64_t value, unit u) {
    if (needs_symbol(u) && static_cast<double>(value) < exact_integers)
        return format_quantity(static_cast<double>(value), u);
    return std::to_string(value) + (needs_symbol(u) ? std::string(" ") + base_symbol(u) : "");
}

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::string expected_range(const parameter& p) {
    const auto spell = [&p](const std::string& s) { return p.has_symbol() ? quoted(s) : s; };
    return "expected " + spell(p.minimum_text) + " .. " + spell(p.maximum_text) +
           (p.power_of_two ? ", a power of two" : "");
}

/// The symbol at the end of "24 MHz".
std::string symbol_in(const std::string& quantity) {
    const auto blank = quantity.rfind(' ');
    return blank == std::string::npos ? "" : quantity.substr(blank + 1);
}

/// What was most likely meant by a bare number: in base units when that is within the range, else
/// in the default's prefix, else in the first prefix that fits.
std::string likely_spelling(const parameter& p, const std::string& number) {
    double base = 0, value = 0;
    std::string why;
    if (!parse_quantity(number, unit::none, base, why))
        return "";
    const auto inside = [&p](double v) { return v >= p.minimum && v <= p.maximum; };
    if (inside(base))
        return format_quantity(base, p.dimension);
    std::vector<std::string> tries{symbol_in(p.default_text)};
    std::string all = accepted_symbols(p.dimension);
    for (std::size_t at = 0; at != std::string::npos;) {
        const auto comma = all.find(", ", at);
        tries.push_back(all.substr(at, comma == std::string::npos ? comma : comma - at));
        at = comma == std::string::npos ? comma : comma + 2;
    }
    for (const auto& symbol : tries)
        if (parse_quantity(number + " " + symbol, p.dimension, value, why) && inside(value))
            return number + " " + symbol;
    return "";
}

/// Reads a number that may need a unit; fills `wrong` and `expected` when it does not fit.
bool read_quantity(const parameter& p, const std::string& text, double& value, std::string& wrong,
                   std::string& expected) {
    if (parse_quantity(text, p.dimension, value, wrong))
        return true;
    double bare = 0;
    std::string why;
    if (needs_symbol(p.dimension) && parse_quantity(text, unit::none, bare, why)) {
        const std::string meant = likely_spelling(p, text);
        wrong = text + " lacks its unit, one of " + accepted_symbols(p.dimension);
        expected = meant.empty() ? expected_range(p) : "write " + quoted(meant);
    } else {
        expected = needs_symbol(p.dimension) ? "write it like " + quoted(p.default_text)
                                             : expected_range(p);
    }
    return false;
}

bool out_of_range(const parameter& p, const std::string& text, std::string& wrong,
                  std::string& expected) {
    wrong = text + " is out of range";
    expected = expected_range(p);
    return false;
}

bool is_power_of_two(std::uint64_t v) {
    return v != 0 && (v & (v - 1)) == 0;
}

/// Reads all of `text` as an integer, decimal or 0x; false when it is none or does not fit.
template <class Integer>
bool read_integer(const std::string& text, Integer& value, bool& too_large) {
    std::string plain;
    for (const char c : text)
        if (c != '_')  // 1_000_000, as in TOML
            plain += c;
    const bool plus = !plain.empty() && plain[0] == '+';
    const bool hex = plain.rfind("0x", 0) == 0;
    const char* first = plain.data() + (hex ? 2 : plus ? 1 : 0);
    const char* last = plain.data() + plain.size();
    if (first == last || (plus && *first == '-'))
        return false;
    const auto r = std::from_chars(first, last, value, hex ? 16 : 10);
    too_large = r.ec == std::errc::result_out_of_range && r.ptr == last;
    return r.ec == std::errc() && r.ptr == last;
}

}  // namespace

std::string parameter::range() const {
    switch (type) {
        case kind::boolean:
            return "true, false";
        case kind::choice:
            return join(choices, ", ");
        case kind::text:
        case kind::path:
            return "";
        case kind::integer:
        case kind::real:
            break;
    }
    return minimum_text + " .. " + maximum_text + (power_of_two ? ", power of two" : "");
}

bool parameter::has_symbol() const {
    return needs_symbol(dimension);
}

const char* parameter::type_name() const {
    switch (type) {
        case kind::boolean:
            return "boolean";
        case kind::integer:
            return "integer";
        case kind::real:
            return dimension == unit::none ? "real" : "quantity";
        case kind::text:
            return "text";
        case kind::choice:
            return "choice";
        case kind::path:
            return "path";
    }
    return "";
}

parameter& parameter_registry::add(const std::string& name, parameter::kind type, unit u) {
    if (name.empty() || by_name_.count(name))
        throw std::logic_error("parameter declared twice or without a name: '" + name + "'");
    // A name is a value or a table of values, never both.
    const auto after = by_name_.lower_bound(name + ".");
    bool clash = after != by_name_.end() && after->first.rfind(name + ".", 0) == 0;
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
        clash = clash || by_name_.count(name.substr(0, dot));
    if (clash)
        throw std::logic_error("parameter '" + name + "' is also a table of parameters");
    list_.push_back(std::make_unique<parameter>());
    parameter& p = *list_.back();
    p.name = name;
    p.type = type;
    p.dimension = u;
    p.origin = "default";
    by_name_[name] = &p;
    return p;
}

parameter_handle parameter_registry::complete(parameter& p) {
    p.default_text = p.get();
    p.set = [&p](const std::string& text, std::string& why) {
        std::string expected;
        if (p.try_set(text, why, expected))
            return true;
        if (!expected.empty())
            why += "; " + expected;
        return false;
    };
    std::string why;
    if (!p.set(p.default_text, why))
        throw std::logic_error("default of parameter '" + p.name + "': " + why);
    return parameter_handle(p);
}

parameter_handle parameter_registry::boolean(const std::string& name, bool& field) {
    parameter& p = add(name, parameter::kind::boolean);
    p.get = [&field] { return std::string(field ? "true" : "false"); };
    p.try_set = [&field](const std::string& text, std::string& wrong, std::string& expected) {
        if (text != "true" && text != "false") {
            wrong = quoted(text) + " is neither true nor false";
            expected = "expected true or false";
            return false;
        }
        field = text == "true";
        return true;
    };
    return complete(p);
}

parameter_handle parameter_registry::integer(const std::string& name, std::uint64_t& field,
                                             std::uint64_t minimum, std::uint64_t maximum, unit u) {
    parameter& p = add(name, parameter::kind::integer, u);
    p.minimum = static_cast<double>(minimum);
    p.maximum = static_cast<double>(maximum);
    p.minimum_text = value_text(minimum, u);
    p.maximum_text = value_text(maximum, u);
    p.get = [&field, u] { return value_text(field, u); };
    p.try_set = [&p, &field, minimum, maximum, u](const std::string& text, std::string& wrong,
                                                  std::string& expected) {
        std::uint64_t value = 0;
        std::int64_t negative = 0;
        bool too_large = false;
        if (needs_symbol(u) || !read_integer(text, value, too_large)) {
            if (too_large || (!needs_symbol(u) && read_integer(text, negative, too_large)) ||
                too_large)
                return out_of_range(p, text, wrong, expected);
            double real = 0;
            if (!read_quantity(p, text, real, wrong, expected))
                return false;
            if (real != std::floor(real)) {
                wrong = text + " is not an integer" +
                        (needs_symbol(u) ? std::string(" number of ") + base_symbol(u) : "");
                expected = expected_range(p);
                return false;
            }
            if (real < 0 || real > exact_integers)
                return out_of_range(p, text, wrong, expected);
            value = static_cast<std::uint64_t>(real);
        }
        if (value < minimum || value > maximum)
            return out_of_range(p, text, wrong, expected);
        if (p.power_of_two && !is_power_of_two(value)) {
            wrong = text + " is not a power of two";
            expected = expected_range(p);
            return false;
        }
        field = value;
        return true;
    };
    return complete(p);
}

parameter_handle parameter_registry::signed_integer(const std::string& name, std::int64_t& field,
                                                    std::int64_t minimum, std::int64_t maximum) {
    parameter& p = add(name, parameter::kind::integer);
    p.minimum = static_cast<double>(minimum);
    p.maximum = static_cast<double>(maximum);
    p.minimum_text = std::to_string(minimum);
    p.maximum_text = std::to_string(maximum);
    p.get = [&field] { return std::to_string(field); };
    p.try_set = [&p, &field, minimum, maximum](const std::string& text, std::string& wrong,
                                               std::string& expected) {
        std::int64_t value = 0;
        bool too_large = false;
        if (!read_integer(text, value, too_large)) {
            if (too_large)
                return out_of_range(p, text, wrong, expected);
            double real = 0;
            if (!read_quantity(p, text, real, wrong, expected))
                return false;
            if (real != std::floor(real) || std::fabs(real) > exact_integers) {
                wrong = text + " is not an integer";
                expected = expected_range(p);
                return false;
            }
            value = static_cast<std::int64_t>(real);
        }
        if (value < minimum || value > maximum)
            return out_of_range(p, text, wrong, expected);
        field = value;
        return true;
    };
    return complete(p);
}

parameter_handle parameter_registry::real(const std::string& name, double& field, double minimum,
                                          double maximum) {
    return quantity(name, field, unit::none, minimum, maximum);
}

parameter_handle parameter_registry::quantity(const std::string& name, double& field, unit u,
                                              double minimum, double maximum) {
    parameter& p = add(name, parameter::kind::real, u);
    p.minimum = minimum;
    p.maximum = maximum;
    p.minimum_text = value_text(minimum, u);
    p.maximum_text = value_text(maximum, u);
    p.get = [&field, u] { return value_text(field, u); };
    p.try_set = [&p, &field, minimum, maximum](const std::string& text, std::string& wrong,
                                               std::string& expected) {
        double value = 0;
        if (!read_quantity(p, text, value, wrong, expected))
            return false;
        if (!(value >= minimum && value <= maximum))
            return out_of_range(p, p.has_symbol() ? quoted(text) : text, wrong, expected);
        field = value;
        return true;
    };
    return complete(p);
}

parameter_handle parameter_registry::text(const std::string& name, std::string& field) {
    parameter& p = add(name, parameter::kind::text);
    p.get = [&field] { return field; };
    p.try_set = [&field](const std::string& text, std::string&, std::string&) {
        field = text;
        return true;
    };
    return complete(p);
}

parameter_handle parameter_registry::path(const std::string& name, std::string& field) {
    const parameter_handle handle = text(name, field);
    by_name_.at(name)->type = parameter::kind::path;
    return handle;
}

parameter_handle parameter_registry::choice_text(const std::string& name,
                                                 std::vector<std::string> names,
                                                 std::function<std::string()> get,
                                                 std::function<void(const std::string&)> set) {
    parameter& p = add(name, parameter::kind::choice);
    p.choices = std::move(names);
    p.get = std::move(get);
    p.try_set = [&p, set = std::move(set)](const std::string& text, std::string& wrong,
                                           std::string& expected) {
        for (const auto& c : p.choices) {
            if (c == text) {
                set(text);
                return true;
            }
        }
        wrong = quoted(text) + " is not one of " + join(p.choices, ", ");
        const std::string nearest = nearest_name(text, p.choices);
        expected = nearest.empty() ? "" : "did you mean " + quoted(nearest) + "?";
        return false;
    };
    return complete(p);
}

parameter* parameter_registry::find(const std::string& name) {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
}

const parameter* parameter_registry::find(const std::string& name) const {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
}

std::vector<const parameter*> parameter_registry::all() const {
    std::vector<const parameter*> result;
    result.reserve(list_.size());
    for (const auto& p : list_)
        result.push_back(p.get());
    return result;
}

std::vector<std::string> parameter_registry::names() const {
    std::vector<std::string> result;
    result.reserve(list_.size());
    for (const auto& p : list_)
        result.push_back(p->name);
    return result;
}

std::string parameter_registry::suggest(const std::string& name) const {
    const std::string nearest = nearest_name(name, names());
    if (!nearest.empty())
        return nearest;
    // The right name in the wrong table.
    const auto last_part = [](const std::string& s) { return s.substr(s.rfind('.') + 1); };
    const std::string part = last_part(name);
    std::string found;
    for (const auto& p : list_) {
        if (last_part(p->name) != part)
            continue;
        if (!found.empty())
            return "";
        found = p->name;
    }
    return found;
}

source_position parameter_registry::where(const std::string& name) const {
    const parameter* p = find(name);
    if (p && p->origin != "default")
        return p->where;
    source_position nowhere;
    nowhere.file = "default";
    return nowhere;
}

void parameter_registry::assign(const std::string& name, const std::string& text,
                                const source_position& where, const std::string& origin,
                                diagnostics& problems) {
    parameter* p = find(name);
    if (!p) {
        const std::string meant = suggest(name);
        problems.error(where, "unknown parameter '" + name + "'",
                       meant.empty() ? "see 'ocellus params'" : "did you mean '" + meant + "'?");
        return;
    }
    std::string wrong, expected;
    if (!p->try_set(text, wrong, expected)) {
        problems.error(where, name + ": " + wrong, expected);
        return;
    }
    p->origin = origin;
    p->where = where;
}

}  // namespace ocellus
