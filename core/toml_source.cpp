// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/toml_source.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.h"

namespace ocellus {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        lines.push_back(std::move(line));
        at = end + 1;
    }
    if (!lines.empty() && lines[0].rfind("\xEF\xBB\xBF", 0) == 0)
        lines[0].erase(0, 3);  // byte order mark
    return lines;
}

/// Offset of the first byte that does not belong to UTF-8 text; npos when there is none.
std::size_t first_foreign_byte(const std::string& text) {
    const auto byte = [&text](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned c = byte(i);
        unsigned more = 0, lowest = 0, code = 0;
        if (c < 0x80) {
            ++i;
            continue;
        } else if ((c & 0xE0u) == 0xC0u) {
            more = 1, lowest = 0x80, code = c & 0x1Fu;
        } else if ((c & 0xF0u) == 0xE0u) {
            more = 2, lowest = 0x800, code = c & 0x0Fu;
        } else if ((c & 0xF8u) == 0xF0u) {
            more = 3, lowest = 0x10000, code = c & 0x07u;
        } else {
            return i;
        }
        for (unsigned k = 1; k <= more; ++k) {
            if ((byte(i + k) & 0xC0u) != 0x80u)
                return i;
            code = code << 6 | (byte(i + k) & 0x3Fu);
        }
        if (code < lowest || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return i;
        i += more + 1;
    }
    return std::string::npos;
}

/// The keys of a table, in the order of the file.
class table_reader {
  public:
    table_reader(const toml_source& source, const std::vector<std::string>& ignored, bool relative,
                 parameter_registry& registry, diagnostics& problems)
        : source_(source),
          ignored_(ignored),
          relative_(relative),
          registry_(registry),
          problems_(problems) {
        for (const auto& name : registry.names())
            for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
                tables_.insert(name.substr(0, dot));
    }

    void read(const toml::table& root) {
        walk(root, "");
        // Tables are sorted by name; people read files from top to bottom.
        std::stable_sort(items_.begin(), items_.end(), [](const item& a, const item& b) {
            return std::make_pair(a.key.line, a.key.column) <
                   std::make_pair(b.key.line, b.key.column);
        });
        for (const auto& i : items_)
            assign(i);
    }

  private:
    struct item {
        std::string name;
        source_position key;
        const toml::node* value;
    };

    void walk(const toml::table& table, const std::string& prefix) {
        for (auto&& [key, value] : table) {
            const std::string name = prefix + std::string(key.str());
            if (prefix.empty() &&
                std::find(ignored_.begin(), ignored_.end(), name) != ignored_.end())
                continue;
            if (value.is_table() && tables_.count(name))
                walk(*value.as_table(), name + ".");
            else
                items_.push_back({name, source_.position(key.source()), &value});
        }
    }

    void assign(const item& i) {
        const parameter* p = registry_.find(i.name);
        const toml::node& value = *i.value;
        const source_position where = source_.position(value.source());
        if (!p && value.is_table()) {
            const std::string meant =
                nearest_name(i.name, std::vector<std::string>(tables_.begin(), tables_.end()));
            problems_.error(
                i.key, "unknown table [" + i.name + "]",
                meant.empty() ? "see 'ocellus params'" : "did you mean [" + meant + "]?");
            return;
        }
        if (!p && tables_.count(i.name)) {
            problems_.error(where, i.name + ": expected a table, got " + type_of(value),
                            "write [" + i.name + "] and its keys below");
            return;
        }
        if (!p) {
            registry_.assign(i.name, "", i.key, "", problems_);
            return;
        }
        std::string text;
        if (!parameter_text(*p, value, text)) {
            problems_.error(value.is_table() ? i.key : where,
                            i.name + ": wrong type, " + type_of(value), expected_of(*p));
            return;
        }
        if (p->type == parameter::kind::path && relative_ && !text.empty() &&
            fs::path(text).is_relative())
            text = (fs::path(source_.path()).parent_path() / text).string();
        registry_.assign(i.name, text, where, source_.path() + ":" + std::to_string(where.line),
                         problems_);
    }

    const toml_source& source_;
    const std::vector<std::string>& ignored_;
    bool relative_;
    parameter_registry& registry_;
    diagnostics& problems_;
    std::set<std::string> tables_;
    std::vector<item> items_;
};

}  // namespace

toml_source::toml_source(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), lines_(lines_of(text_)) {}

source_position toml_source::position(std::size_t offset) const {
    const auto line_start = offset == 0 ? std::string::npos : text_.rfind('\n', offset - 1);
    const std::size_t start = line_start == std::string::npos ? 0 : line_start + 1;
    source_position where;
    where.file = path_;
    where.line = static_cast<unsigned>(
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1);
    where.column = static_cast<unsigned>(characters(text_.substr(start, offset - start)) + 1);
    where.text = lines_[where.line - 1];
    return where;
}

source_position toml_source::position(const toml::source_region& region) const {
    source_position where;
    where.file = path_;
    where.line = region.begin.line;
    where.column = region.begin.column;
    if (where.line >= 1 && where.line <= lines_.size())
        where.text = lines_[where.line - 1];
    if (region.end.line == region.begin.line && region.end.column > region.begin.column)
        where.length = region.end.column - region.begin.column;
    else if (region.end.line > region.begin.line)
        where.length = static_cast<unsigned>(characters(where.text));  // to the end of the line
    return where;
}

std::optional<toml::table> toml_source::parse(diagnostics& problems) const {
    const std::size_t foreign = first_foreign_byte(text_);
    if (foreign != std::string::npos) {
        problems.error(position(foreign), "not a TOML file: this is not UTF-8 text");
        return std::nullopt;
    }
    try {
        return toml::parse(std::string_view(text_), std::string_view(path_));
    } catch (const toml::parse_error& e) {
        problems.error(position(e.source()), "TOML syntax: " + std::string(e.description()));
        return std::nullopt;
    }
}

const char* type_of(const toml::node& n) {
    switch (n.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a real number";
        case toml::node_type::boolean:
            return "a boolean";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
        case toml::node_type::none:
            break;
    }
    return "nothing";
}

std::string expected_of(const parameter& p) {
    switch (p.type) {
        case parameter::kind::boolean:
            return "expected true or false, without quotes";
        case parameter::kind::choice: {
            std::vector<std::string> quoted;
            for (const auto& c : p.choices)
                quoted.push_back("\"" + c + "\"");
            return "expected one of " + join(quoted, ", ");
        }
        case parameter::kind::text:
            return "expected text in quotes";
        case parameter::kind::path:
            return "expected a path in quotes";
        case parameter::kind::integer:
        case parameter::kind::real:
            break;
    }
    if (p.has_symbol())
        return "expected a quoted number with its unit, like \"" + p.default_text + "\"";
    const bool integer = p.type == parameter::kind::integer;
    return std::string("expected ") + (integer ? "an integer" : "a number") + ", " + p.range() +
           ", without quotes";
}

bool parameter_text(const parameter& p, const toml::node& value, std::string& text) {
    if (const auto* s = value.as_string()) {
        text = s->get();
        if (p.type == parameter::kind::boolean)
            return false;
        if (p.type != parameter::kind::integer && p.type != parameter::kind::real)
            return true;
        if (p.dimension != unit::none)
            return true;
        // TOML integers end at 2^63 - 1; larger ones are written in quotes.
        std::uint64_t large = 0;
        const auto r = std::from_chars(text.data(), text.data() + text.size(), large);
        return p.type == parameter::kind::integer && r.ec == std::errc() &&
               r.ptr == text.data() + text.size() && large > std::uint64_t{INT64_MAX};
    }
    if (const auto* b = value.as_boolean()) {
        text = b->get() ? "true" : "false";
        return p.type == parameter::kind::boolean;
    }
    if (const auto* i = value.as_integer()) {
        text = std::to_string(i->get());
        return p.type == parameter::kind::integer || p.type == parameter::kind::real;
    }
    if (const auto* f = value.as_floating_point()) {
        text = shortest(f->get());
        return p.type == parameter::kind::real ||
               (p.type == parameter::kind::integer && p.has_symbol());
    }
    return false;
}

void assign_table(const toml::table& table, const toml_source& source,
                  const std::vector<std::string>& ignored, bool relative,
                  parameter_registry& registry, diagnostics& problems) {
    table_reader(source, ignored, relative, registry, problems).read(table);
}

}  // namespace ocellus
