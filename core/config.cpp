// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "core/files.h"
#include "core/text.h"

namespace ocellus {

namespace fs = std::filesystem;

namespace {

/// Top-level keys that steer the reading of a file and are not parameters.
constexpr const char* inherit_key = "inherit";
constexpr const char* relative_to_key = "relative_to";
constexpr const char* this_file = "this file";
constexpr const char* working_folder = "working folder";

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

/// What a file should say for a parameter: message for the wrong type of value.
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

/// One file while it is read.
class file_reader {
  public:
    file_reader(std::string path, const std::string& text, parameter_registry& registry,
                diagnostics& problems)
        : path_(std::move(path)), lines_(lines_of(text)), registry_(registry), problems_(problems) {
        for (const auto& name : registry.names())
            for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
                tables_.insert(name.substr(0, dot));
    }

    source_position position(std::size_t offset, const std::string& text) const {
        const auto line_start = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
        const std::size_t start = line_start == std::string::npos ? 0 : line_start + 1;
        source_position where;
        where.file = path_;
        where.line = static_cast<unsigned>(
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1);
        where.column = static_cast<unsigned>(characters(text.substr(start, offset - start)) + 1);
        where.text = lines_[where.line - 1];
        return where;
    }

    source_position position(const toml::source_region& region) const {
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

    void read(const toml::table& root) {
        relative_ = true;
        if (const toml::node* n = root.get(relative_to_key)) {
            const std::string value = n->value<std::string>().value_or("");
            if (value == working_folder)
                relative_ = false;
            else if (value != this_file)
                problems_.error(position(n->source()), "relative_to: what are paths relative to?",
                                "expected \"this file\" or \"working folder\"");
        }
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
            if (prefix.empty() && (name == inherit_key || name == relative_to_key))
                continue;
            if (value.is_table() && tables_.count(name))
                walk(*value.as_table(), name + ".");
            else
                items_.push_back({name, position(key.source()), &value});
        }
    }

    void assign(const item& i) {
        const parameter* p = registry_.find(i.name);
        const toml::node& value = *i.value;
        const source_position where = position(value.source());
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
        if (!text_of(*p, value, text)) {
            problems_.error(value.is_table() ? i.key : where,
                            i.name + ": wrong type, " + type_of(value), expected_of(*p));
            return;
        }
        if (p->type == parameter::kind::path && relative_ && !text.empty() &&
            fs::path(text).is_relative())
            text = (fs::path(path_).parent_path() / text).string();
        registry_.assign(i.name, text, where, path_ + ":" + std::to_string(where.line), problems_);
    }

    /// The value as the registry reads it; false when the TOML type is not the parameter's.
    static bool text_of(const parameter& p, const toml::node& value, std::string& text) {
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

    std::string path_;
    std::vector<std::string> lines_;
    parameter_registry& registry_;
    diagnostics& problems_;
    std::set<std::string> tables_;
    std::vector<item> items_;
    bool relative_ = true;
};

/// A file on the way from the one the user named to the last one it inherits from.
struct opened {
    std::string path;
    fs::path canonical;
};

void load(const std::string& path, const std::string& text, std::vector<opened>& chain,
          parameter_registry& registry, diagnostics& problems);

/// Reads what `inherit` names, with errors shown at its place.
void load_parent(const std::string& child, const toml::node& value, const source_position& where,
                 std::vector<opened>& chain, parameter_registry& registry, diagnostics& problems) {
    const auto* name = value.as_string();
    if (!name || name->get().empty()) {
        problems.error(where, "inherit: wrong type, " + std::string(type_of(value)),
                       "expected the path of one file in quotes");
        return;
    }
    const std::string path = (fs::path(child).parent_path() / name->get()).string();
    std::error_code error;
    const fs::path canonical = fs::weakly_canonical(path, error);
    std::string circle;
    for (const auto& o : chain)
        if (!circle.empty() || o.canonical == canonical)
            circle += o.path + " -> ";
    if (!circle.empty()) {
        problems.error(where, "inherit: files inherit from each other: " + circle + path);
        return;
    }
    std::string text;
    try {
        text = read_file(path);
    } catch (const input_error& e) {
        problems.error(where, std::string("inherit: ") + e.what());
        return;
    }
    load(path, text, chain, registry, problems);
}

void load(const std::string& path, const std::string& text, std::vector<opened>& chain,
          parameter_registry& registry, diagnostics& problems) {
    std::error_code error;
    chain.push_back({path, fs::weakly_canonical(path, error)});
    file_reader reader(path, text, registry, problems);
    const std::size_t foreign = first_foreign_byte(text);
    if (foreign != std::string::npos) {
        problems.error(reader.position(foreign, text), "not a TOML file: this is not UTF-8 text");
        chain.pop_back();
        return;
    }
    try {
        const toml::table root = toml::parse(std::string_view(text), std::string_view(path));
        if (const toml::node* parent = root.get(inherit_key))
            load_parent(path, *parent, reader.position(parent->source()), chain, registry,
                        problems);
        reader.read(root);
    } catch (const toml::parse_error& e) {
        problems.error(reader.position(e.source()), "TOML syntax: " + std::string(e.description()));
    }
    chain.pop_back();
}

bool is_bare_key(const std::string& key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string toml_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (u < 0x20 || u == 0x7F) {
            out += "\\u00";
            out += "0123456789ABCDEF"[u >> 4];
            out += "0123456789ABCDEF"[u & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string toml_key(const std::string& dotted) {
    std::string out;
    for (std::size_t at = 0; at <= dotted.size();) {
        const std::size_t end = std::min(dotted.find('.', at), dotted.size());
        const std::string part = dotted.substr(at, end - at);
        out += (at ? "." : "") + (is_bare_key(part) ? part : toml_string(part));
        at = end + 1;
    }
    return out;
}

std::string toml_value(const parameter& p) {
    const std::string text = p.get();
    switch (p.type) {
        case parameter::kind::boolean:
            return text;
        case parameter::kind::integer:
            // TOML integers end at 2^63 - 1.
            if (!p.has_symbol() && text[0] != '-' &&
                (text.size() > 19 || (text.size() == 19 && text > "9223372036854775807")))
                return toml_string(text);
            return p.has_symbol() ? toml_string(text) : text;
        case parameter::kind::real:
            return p.has_symbol() ? toml_string(text) : text;
        case parameter::kind::text:
        case parameter::kind::choice:
        case parameter::kind::path:
            break;
    }
    return toml_string(text);
}

std::string as_comment(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = '?';
    return text;
}

std::string strip(const std::string& s) {
    const auto first = s.find_first_not_of(" \t");
    if (first == std::string::npos)
        return "";
    return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

}  // namespace

void load_config_file(const std::string& path, parameter_registry& registry,
                      diagnostics& problems) {
    std::string text;
    try {
        text = read_file(path);
    } catch (const input_error& e) {
        throw input_error(exit_code::usage, std::string("configuration: ") + e.what());
    }
    std::vector<opened> chain;
    load(path, text, chain, registry, problems);
}

void apply_settings(const std::vector<std::string>& settings, parameter_registry& registry,
                    diagnostics& problems) {
    for (const auto& setting : settings) {
        source_position where;
        where.file = "--set";
        where.text = setting;
        where.column = 1;
        where.length = static_cast<unsigned>(std::max<std::size_t>(characters(setting), 1));
        const auto equals = setting.find('=');
        const std::string name =
            strip(equals == std::string::npos ? setting : setting.substr(0, equals));
        if (equals == std::string::npos || name.empty()) {
            problems.error(where, "'" + setting + "' is not a setting", "expected name=value");
            continue;
        }
        const std::string written = setting.substr(equals + 1);
        std::string value = strip(written);
        if (!registry.find(name)) {
            where.column =
                static_cast<unsigned>(characters(setting.substr(0, setting.find(name)))) + 1;
            where.length = static_cast<unsigned>(characters(name));
            registry.assign(name, value, where, "command line", problems);
            continue;
        }
        const auto blanks = written.find_first_not_of(" \t");
        where.column =
            static_cast<unsigned>(characters(setting.substr(0, equals + 1)) + 1 +
                                  (blanks == std::string::npos ? written.size() : blanks));
        where.length = static_cast<unsigned>(std::max<std::size_t>(characters(value), 1));
        if (!value.empty() && (value[0] == '"' || value[0] == '\'')) {
            if (value.size() < 2 || value.back() != value[0]) {
                problems.error(where, name + ": the quote is not closed");
                continue;
            }
            try {
                const toml::table t = toml::parse("value = " + value + "\n");
                value = t["value"].value<std::string>().value_or("");
            } catch (const toml::parse_error& e) {
                problems.error(where, name + ": " + std::string(e.description()));
                continue;
            }
        }
        registry.assign(name, value, where, "command line", problems);
    }
}

namespace {

/// "chip.toml:4" for "configs/chip.toml:4": where a file lies is not part of a result, so that the
/// echo of a run is the same from any folder.
std::string origin_without_folder(const parameter& p) {
    const auto slash = p.origin.rfind('/');
    return slash == std::string::npos ? p.origin : p.origin.substr(slash + 1);
}

}  // namespace

std::string resolved_config(const parameter_registry& registry) {
    const auto all = registry.all();
    // Values before tables, tables in order of their first parameter.
    std::vector<std::string> order{""};
    std::map<std::string, std::vector<const parameter*>> tables;
    bool relative_paths = false;
    for (const parameter* p : all) {
        const auto dot = p->name.rfind('.');
        const std::string table = dot == std::string::npos ? "" : p->name.substr(0, dot);
        auto& members = tables[table];
        if (members.empty() && !table.empty())
            order.push_back(table);
        members.push_back(p);
        relative_paths = relative_paths || (p->type == parameter::kind::path && !p->get().empty() &&
                                            fs::path(p->get()).is_relative());
    }
    std::string out = "# Every parameter of the run, with the origin of its value.\n";
    if (relative_paths)
        out += std::string(relative_to_key) + " = \"" + working_folder + "\"\n";
    for (const auto& table : order) {
        const auto& members = tables[table];
        if (members.empty())
            continue;
        out += table.empty() ? "\n" : "\n[" + toml_key(table) + "]\n";
        std::vector<std::string> assignments;
        std::size_t width = 0;
        for (const parameter* p : members) {
            assignments.push_back(toml_key(p->name.substr(table.empty() ? 0 : table.size() + 1)) +
                                  " = " + toml_value(*p));
            const std::size_t w = characters(assignments.back());
            if (w <= 44)
                width = std::max(width, w);
        }
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::size_t w = characters(assignments[i]);
            out += assignments[i] + std::string(w < width ? width - w : 0, ' ') + "  # " +
                   as_comment(origin_without_folder(*members[i])) + "\n";
        }
    }
    return out;
}

std::string resolved_config_json(const parameter_registry& registry) {
    std::string out = "{";
    const char* separator = "\n";
    for (const parameter* p : registry.all()) {
        const std::string text = p->get();
        std::string value;
        if (p->type == parameter::kind::boolean) {
            value = text;
        } else if (p->type == parameter::kind::integer && !p->has_symbol()) {
            value = text;
        } else if (p->type == parameter::kind::integer || p->type == parameter::kind::real) {
            double number = 0;
            std::string why;
            parse_quantity(text, p->dimension, number, why);
            value = json_number(number);
        } else {
            value = json_string(text);
        }
        out += separator;
        out += "  " + json_string(p->name) + ": {\"value\": " + value +
               ", \"unit\": " + json_string(base_symbol(p->dimension)) +
               ", \"origin\": " + json_string(origin_without_folder(*p)) + "}";
        separator = ",\n";
    }
    return out + (registry.all().empty() ? "}\n" : "\n}\n");
}

std::map<std::string, std::string> flatten_config(const std::string& text,
                                                  const std::string& shown) {
    std::map<std::string, std::string> out;
    const std::function<void(const toml::table&, const std::string&)> walk =
        [&](const toml::table& t, const std::string& prefix) {
            for (const auto& [key, node] : t) {
                const std::string name = prefix + std::string(key.str());
                if (const auto* const inner = node.as_table())
                    walk(*inner, name + ".");
                else if (const auto* const s = node.as_string())
                    out[name] = s->get();
                else if (const auto* const b = node.as_boolean())
                    out[name] = b->get() ? "true" : "false";
                else if (const auto* const n = node.as_integer())
                    out[name] = std::to_string(n->get());
                else if (const auto* const r = node.as_floating_point())
                    out[name] = shortest(r->get());
            }
        };
    try {
        walk(toml::parse(text, shown), "");
    } catch (const toml::parse_error& e) {
        throw input_error(exit_code::usage,
                          "error: " + shown + ": " + std::string(e.description()));
    }
    return out;
}

}  // namespace ocellus
