// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/statistics.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

#include "core/text.h"

namespace ocellus {

namespace {

std::string value_text(const statistics::entry& e) {
    return e.integral ? std::to_string(e.integer()) : json_number(e.real());
}

void refuse_twice(const statistics& s, const std::string& name) {
    if (name.empty() || s.find(name))
        throw std::logic_error("statistic registered twice or without a name: '" + name + "'");
}

}  // namespace

void statistics::add(const std::string& name, const std::uint64_t& value,
                     const std::string& sentence, const std::string& unit) {
    refuse_twice(*this, name);
    entry e;
    e.name = name;
    e.sentence = sentence;
    e.unit = unit;
    e.integral = true;
    e.integer = [&value] { return value; };
    e.real = [&value] { return static_cast<double>(value); };
    list_.push_back(std::move(e));
}

void statistics::add(const std::string& name, const double& value, const std::string& sentence,
                     const std::string& unit) {
    add_computed(
        name, [&value] { return value; }, sentence, unit);
}

void statistics::add_computed(const std::string& name, std::function<double()> value,
                              const std::string& sentence, const std::string& unit) {
    refuse_twice(*this, name);
    entry e;
    e.name = name;
    e.sentence = sentence;
    e.unit = unit;
    e.integral = false;
    e.real = std::move(value);
    e.integer = [real = e.real] { return static_cast<std::uint64_t>(real()); };
    list_.push_back(std::move(e));
}

std::vector<const statistics::entry*> statistics::all() const {
    std::vector<const entry*> sorted;
    sorted.reserve(list_.size());
    for (const auto& e : list_)
        sorted.push_back(&e);
    std::sort(sorted.begin(), sorted.end(),
              [](const entry* a, const entry* b) { return a->name < b->name; });
    return sorted;
}

const statistics::entry* statistics::find(const std::string& name) const {
    for (const auto& e : list_)
        if (e.name == name)
            return &e;
    return nullptr;
}

double statistics::value(const std::string& name) const {
    const entry* e = find(name);
    assert(e && "no statistic of this name");
    return e ? e->real() : 0.0;
}

namespace {

std::string clock_json(const statistics& s, const statistics::entry& e) {
    const double hertz = s.clock_of(e);
    return hertz > 0 ? ", \"clock\": " + json_number(hertz) +
                           ", \"seconds\": " + json_number(e.real() / hertz)
                     : std::string();
}

std::string value_since(const statistics::entry& e, const statistics::snapshot& since) {
    const auto base = since.find(e.name);
    return base == since.end() || !e.integral || statistics::is_peak(e)
               ? value_text(e)
               : std::to_string(e.integer() - base->second);
}

}  // namespace

std::string statistics::json() const {
    return json({});
}

statistics::snapshot statistics::take_snapshot() const {
    snapshot s;
    for (const entry& e : list_)
        if (e.integral)
            s[e.name] = e.integer();
    return s;
}

std::string statistics::json(const snapshot& since) const {
    std::string out = "{\n  \"schema\": \"ocellus-stats-1\",\n  \"statistics\": {";
    const char* separator = "\n";
    for (const entry* e : all()) {
        out += separator;
        out += "    " + json_string(e->name) + ": {\"value\": " + value_since(*e, since) +
               ", \"unit\": " + json_string(e->unit) + clock_json(*this, *e) +
               ", \"description\": " + json_string(e->sentence) + "}";
        separator = ",\n";
    }
    return out + (list_.empty() ? "}\n}\n" : "\n  }\n}\n");
}

double statistics::clock_of(const entry& e) const {
    if (e.unit != "cycles")
        return 0;
    double found = 0;
    std::size_t longest = 0;
    for (const auto& [prefix, hertz] : clocks_)
        if (prefix.size() > longest && e.name.rfind(prefix, 0) == 0) {
            found = hertz;
            longest = prefix.size();
        }
    return found;
}

bool statistics::is_peak(const entry& e) {
    const auto ends = [&e](const std::string& end) {
        return e.name.size() >= end.size() &&
               e.name.compare(e.name.size() - end.size(), end.size(), end) == 0;
    };
    return ends("peak") || ends("_max") || ends(".max") || ends(".longest");
}

std::string statistics::csv() const {
    std::string out = "name,value,unit,clock_hz,seconds,description\r\n";
    for (const entry* e : all()) {
        const double hertz = clock_of(*e);
        out += e->name + "," + value_text(*e) + "," + e->unit + ",";
        out += hertz > 0 ? json_number(hertz) + "," + json_number(e->real() / hertz) : ",";
        std::string sentence;
        for (const char c : e->sentence)
            sentence += c == '"' ? std::string("\"\"") : std::string(1, c);
        out += ",\"" + sentence + "\"\r\n";
    }
    return out;
}

std::string statistics::text() const {
    std::size_t name_width = 0, value_width = 0, unit_width = 0;
    const auto sorted = all();
    for (const entry* e : sorted) {
        name_width = std::max(name_width, e->name.size());
        value_width = std::max(value_width, value_text(*e).size());
        unit_width = std::max(unit_width, characters(e->unit));
    }
    std::string out;
    for (const entry* e : sorted) {
        const std::string value = value_text(*e);
        out += e->name + std::string(name_width - e->name.size(), ' ') + "  " +
               std::string(value_width - value.size(), ' ') + value + " " + e->unit +
               std::string(unit_width - characters(e->unit), ' ') + "  " + e->sentence + "\n";
    }
    return out;
}

}  // namespace ocellus
