// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/config.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "core/files.h"
#include "core/text.h"
#include "core/toml_source.h"

namespace ocellus {

namespace fs = std::filesystem;

namespace {

/// Top-level keys that steer the reading of a file and are not parameters.
constexpr const char* inherit_key = "inherit";
constexpr const char* relative_to_key = "relative_to";
constexpr const char* this_file = "this file";
constexpr const char* working_folder = "working folder";

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
    const toml_source source(path, text);
    if (const auto root = source.parse(problems)) {
        if (const toml::node* parent = root->get(inherit_key))
            load_parent(path, *parent, source.position(parent->source()), chain, registry,
                        problems);
        bool relative = true;
        if (const toml::node* n = root->get(relative_to_key)) {
            const std::string value = n->value<std::string>().value_or("");
            relative = value != working_folder;
            if (relative && value != this_file)
                problems.error(source.position(n->source()),
                               "relative_to: what are paths relative to?",
                               "expected \"this file\" or \"working folder\"");
        }
        assign_table(*root, source, {inherit_key, relative_to_key}, relative, registry, problems);
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
