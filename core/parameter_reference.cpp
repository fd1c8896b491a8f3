// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>

#include "core/config.h"
#include "core/text.h"

/// What `ocellus params` and the reference page say of each parameter (declared in core/config.h).
namespace ocellus {

namespace {

constexpr std::size_t page_width = 100;

const char* name_of(provenance basis) {
    switch (basis) {
        case provenance::published:
            return "published";
        case provenance::measured:
            return "measured";
        case provenance::derived:
            return "derived";
        case provenance::assumed:
            return "assumed";
        case provenance::chosen:
            return "chosen";
    }
    return "";
}

std::string table_of(const std::string& name) {
    return name.substr(0, name.find('.'));
}

/// Parameters that fit the glob, those of one table together. A plain table name means its content.
std::vector<const parameter*> selected(const parameter_registry& registry,
                                       const std::string& glob) {
    std::vector<const parameter*> chosen;
    std::vector<std::string> order;
    for (const parameter* p : registry.all()) {
        if (!matches_glob(glob, p->name) && !matches_glob(glob + ".*", p->name))
            continue;
        chosen.push_back(p);
        if (std::find(order.begin(), order.end(), table_of(p->name)) == order.end())
            order.push_back(table_of(p->name));
    }
    std::stable_sort(
        chosen.begin(), chosen.end(), [&order](const parameter* a, const parameter* b) {
            const auto rank = [&order](const parameter* p) {
                return std::find(order.begin(), order.end(), table_of(p->name)) - order.begin();
            };
            return rank(a) < rank(b);
        });
    return chosen;
}

std::string default_of(const parameter& p) {
    const bool quote = p.type == parameter::kind::text || p.type == parameter::kind::path;
    return quote || p.default_text.empty() ? "\"" + p.default_text + "\"" : p.default_text;
}

/// Symbol for people: lines and cycles are shown although they are not written.
std::string range_of(const parameter& p) {
    std::string text = p.range();
    if (!text.empty() && p.dimension != unit::none && !p.has_symbol())
        text += std::string(" ") + base_symbol(p.dimension);
    return text;
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t n = characters(text);
    if (n < width)
        text.append(width - n, ' ');
    return text;
}

std::string markdown(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`' || c == '\\')
            out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

/// "npu.busy down", "h1 to h2: npu.cycles down (with run.frames=4)", "nothing: ..."; or "".
std::string effect_of(const parameter& p) {
    const sensitivity& s = p.effect;
    if (s.effects.empty())
        return s.nothing.empty() ? "" : "nothing: " + s.nothing;
    std::vector<std::string> moved;
    for (const auto& e : s.effects)
        moved.push_back(e.metric + (e.direction > 0 ? " up" : " down"));
    std::string out = join(moved, ", ");
    if (p.type == parameter::kind::choice || p.type == parameter::kind::text)
        out = s.from + " to " + s.to + ": " + out;
    return s.under.empty() ? out : out + " (with " + join(s.under, ", ") + ")";
}

}  // namespace

bool any_parameter_fits(const parameter_registry& registry, const std::string& glob) {
    return !selected(registry, glob).empty();
}

std::string render_parameters(const parameter_registry& registry, const std::string& glob) {
    const auto chosen = selected(registry, glob);
    if (chosen.empty()) {
        const std::string meant = glob.empty() ? "" : registry.suggest(glob);
        return "No parameter fits '" + glob + "'." +
               (meant.empty() ? "" : " Did you mean '" + meant + "'?") + "\n";
    }
    std::size_t name_width = 0, default_width = 0;
    for (const parameter* p : chosen) {
        name_width = std::max(name_width, characters(p->name));
        const std::size_t w = characters(default_of(*p));
        if (w <= 20)
            default_width = std::max(default_width, w);
    }
    name_width = std::min<std::size_t>(name_width, 34);
    const std::string indent(6, ' ');
    std::string out, table;
    for (const parameter* p : chosen) {
        if (out.empty() || table_of(p->name) != table) {
            table = table_of(p->name);
            out += (out.empty() ? "" : "\n") + table + "\n";
        }
        std::string line = "  " + padded(p->name, name_width) + "  " + padded(p->type_name(), 8) +
                           "  " + padded(default_of(*p), default_width);
        const std::string range = range_of(*p);
        if (!range.empty() && characters(line) + 2 + characters(range) <= page_width) {
            out += line + "  " + range + "\n";
        } else {
            out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
            for (const auto& more : wrap(range, page_width - indent.size()))
                out += indent + more + "\n";
        }
        for (const auto& more :
             wrap(p->sentence + " [" + name_of(p->basis) + ": " + p->source + "]",
                  page_width - indent.size()))
            out += indent + more + "\n";
        if (p->effect.declared())
            for (const auto& more : wrap("moves " + effect_of(*p), page_width - indent.size()))
                out += indent + more + "\n";
        if (p->origin != "default")
            out += indent + "now " + p->get() + " (" + p->origin + ")\n";
    }
    return out;
}

std::string render_parameters_json(const parameter_registry& registry, const std::string& glob) {
    std::string out = "{\n  \"schema\": \"ocellus-parameters-1\",\n  \"parameters\": [";
    const char* separator = "\n";
    for (const parameter* p : selected(registry, glob)) {
        out += separator;
        out += "    {\"name\": " + json_string(p->name) +
               ", \"type\": " + json_string(p->type_name()) +
               ", \"unit\": " + json_string(base_symbol(p->dimension));
        if (p->type == parameter::kind::integer || p->type == parameter::kind::real) {
            const bool exact = p->type == parameter::kind::integer && !p->has_symbol();
            out += ", \"minimum\": " + (exact ? p->minimum_text : json_number(p->minimum)) +
                   ", \"maximum\": " + (exact ? p->maximum_text : json_number(p->maximum));
            if (p->power_of_two)
                out += ", \"power_of_two\": true";
        }
        if (p->type == parameter::kind::choice) {
            std::vector<std::string> quoted;
            for (const auto& c : p->choices)
                quoted.push_back(json_string(c));
            out += ", \"choices\": [" + join(quoted, ", ") + "]";
        }
        out += ", \"default\": " + json_string(p->default_text) +
               ", \"value\": " + json_string(p->get()) + ", \"origin\": " + json_string(p->origin) +
               ", \"description\": " + json_string(p->sentence) +
               ", \"provenance\": " + json_string(name_of(p->basis)) +
               ", \"source\": " + json_string(p->source) +
               ", \"moves\": " + json_string(effect_of(*p)) + "}";
        separator = ",\n";
    }
    return out + "\n  ]\n}\n";
}

std::string render_parameters_markdown(const parameter_registry& registry) {
    std::string out =
        "# Parameters\n\n"
        "Made from the declarations in the program; `ocellus params` shows the same. Quantities "
        "are\n"
        "written in quotes with their unit, as in `\"24 MHz\"`; see "
        "[configuration](configuration.md). The last column says which metrics a larger value "
        "moves,\n"
        "and which way; [`ocellus params --check-sensitivity`](sensitivity.md) proves it.\n";
    std::string table;
    bool first = true;
    for (const parameter* p : selected(registry, "")) {
        if (first || table_of(p->name) != table) {
            table = table_of(p->name);
            out += "\n## " + table +
                   "\n\n| parameter | type | default | range | meaning | source | moves |\n"
                   "|---|---|---|---|---|---|---|\n";
            first = false;
        }
        out += "| `" + p->name + "` | " + p->type_name() + " | `" + default_of(*p) + "` | " +
               markdown(range_of(*p)) + " | " + markdown(p->sentence) + " | " + name_of(p->basis) +
               ": " + markdown(p->source) + " | " + markdown(effect_of(*p)) + " |\n";
    }
    return out;
}

}  // namespace ocellus
