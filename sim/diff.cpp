// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/config.h"
#include "core/files.h"
#include "core/text.h"
#include "sim/trace_export.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using table = std::map<std::string, std::string>;

constexpr std::size_t context_before = 10, context_after = 10;

std::string line_of(const trace_description& d, const trace_event& e) {
    return fmt::format(
        "{:>18} {:<20} {:<13} {:<5} {}", time_of(d, e.start), d.track_of(e), d.type_of(e).name,
        e.flow == trace_event::no_flow ? std::string() : std::to_string(e.flow), d.fields_text(e));
}

/// An event as text that does not depend on how a trace numbers its tracks and names.
struct told {
    std::string track, type;
    std::vector<std::pair<std::string, std::string>> fields;

    told(const trace_description& d, const trace_event& e)
        : track(d.track_of(e)), type(d.type_of(e).name) {
        fields.emplace_back("start", time_of(d, e.start));
        fields.emplace_back("duration", time_of(d, e.duration));
        fields.emplace_back("frame",
                            e.flow == trace_event::no_flow ? "none" : std::to_string(e.flow));
        for (const auto& f : d.type_of(e).fields)
            fields.emplace_back(f.name, d.field_text(f, e));
    }
};

bool same_tables(const trace_description& a, const trace_description& b) {
    if (a.tracks != b.tracks || a.names != b.names || a.types.size() != b.types.size() ||
        a.resolution != b.resolution)
        return false;
    for (std::size_t t = 0; t < a.types.size(); ++t)
        if (a.types[t].name != b.types[t].name ||
            a.types[t].fields.size() != b.types[t].fields.size())
            return false;
    return true;
}

bool same_words(const trace_event& x, const trace_event& y) {
    return x.start == y.start && x.duration == y.duration && x.a == y.a && x.b == y.b &&
           x.flow == y.flow && x.track == y.track && x.type == y.type && x.late == y.late;
}

std::string what_differs(const told& x, const told& y) {
    std::string out;
    for (std::size_t i = 0; i < x.fields.size() && i < y.fields.size(); ++i)
        if (x.fields[i] != y.fields[i])
            out += fmt::format("{}{}: expected {}, actual {}", out.empty() ? "" : "; ",
                               x.fields[i].first, x.fields[i].second, y.fields[i].second);
    return out;
}

void describe(divergence& d, const trace_description& a, const trace_description& b) {
    const auto frame = [](const trace_event& e) {
        return e.flow == trace_event::no_flow ? std::string() : fmt::format(", frame {}", e.flow);
    };
    if (d.expected && d.actual) {
        const told x(a, *d.expected), y(b, *d.actual);
        if (x.track == y.track && x.type == y.type) {
            d.time = time_of(a, d.expected->start);
            d.block = x.track;
            d.what = fmt::format("event {}{}: {}", x.type, frame(*d.expected), what_differs(x, y));
            return;
        }
    }
    // One of them is not in the other at this place: the one that comes first.
    const bool missing = d.expected && (!d.actual || d.expected->key() <= d.actual->key());
    const auto& desc = missing ? a : b;
    const trace_event& e = missing ? *d.expected : *d.actual;
    d.time = time_of(desc, e.start);
    d.block = desc.track_of(e);
    d.what =
        fmt::format("event {}{}: {} ({})", desc.type_of(e).name, frame(e),
                    missing ? "expected, but it did not happen" : "not expected, but it happened",
                    desc.fields_text(e));
}

json parse_json(const std::string& path) {
    try {
        return json::parse(read_file(path));
    } catch (const json::exception& e) {
        throw input_error(exit_code::usage, fmt::format("error: {}: {}", path, e.what()));
    }
}

std::vector<difference> differences(const table& a, const table& b) {
    std::vector<difference> out;
    table all = a;
    all.insert(b.begin(), b.end());
    const auto at = [](const table& t, const std::string& key) {
        const auto found = t.find(key);
        return found == t.end() ? std::string("(none)") : found->second;
    };
    for (const auto& [key, ignored] : all) {
        difference d{key, at(a, key), at(b, key), std::nullopt};
        if (d.a == d.b)
            continue;
        char *end_a = nullptr, *end_b = nullptr;
        const double x = std::strtod(d.a.c_str(), &end_a), y = std::strtod(d.b.c_str(), &end_b);
        if (*end_a == 0 && *end_b == 0 && x != 0)
            d.relative = (y - x) / std::fabs(x);
        out.push_back(std::move(d));
    }
    return out;
}

/// What a run left, or what a trace says of its run.
struct record {
    std::string path, trace;  ///< trace: file, or ""
    table configuration, inputs, statistics, files;
};

table inputs_of(const json& list) {
    table out;
    for (const auto& i : list) {
        std::string role = i.at("role");
        while (out.count(role))
            role += "'";
        out[role] = i.at("name").get<std::string>() +
                    (i.contains("sha256") ? " " + i.at("sha256").get<std::string>() : "");
    }
    return out;
}

record of_folder(const std::string& path) {
    record r;
    r.path = path;
    const auto file = [&path](const char* name) { return (fs::path(path) / name).string(); };
    if (!fs::exists(file("stats.json")) || !fs::exists(file("manifest.json")))
        throw input_error(
            exit_code::usage,
            fmt::format("error: {}: not a folder that ocellus run --out wrote (no {})", path,
                        fs::exists(file("stats.json")) ? "manifest.json" : "stats.json"));
    try {
        const json manifest = parse_json(file("manifest.json"));
        r.inputs = inputs_of(manifest.at("inputs"));
        r.inputs["version"] = manifest.at("version").get<std::string>();
        r.configuration = flatten_config(read_file(file("config.toml")), file("config.toml"));
        r.configuration["timing_only"] = manifest.at("timing_only").dump();
        const json stats = parse_json(file("stats.json"));
        for (const auto& [name, value] : stats.at("statistics").items())
            r.statistics[name] = value.at("value").dump();
    } catch (const json::exception& e) {
        throw input_error(exit_code::usage, fmt::format("error: {}: {}", path, e.what()));
    }
    std::vector<fs::path> traces;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file())
            continue;
        if (entry.path().extension() == ".otr") {
            traces.push_back(entry.path());
            continue;
        }
        const std::string name = fs::relative(entry.path(), path).string();
        // Compared above, value by value, or made of wall time.
        const bool told = name.rfind("stats.", 0) == 0 || name == "stats_frames.json";
        if (!told && name != "manifest.json" && name != "config.toml")
            r.files[name] = sha256_file(entry.path().string());
    }
    if (traces.size() == 1)
        r.trace = traces.front().string();
    return r;
}

record of_trace(const std::string& path) {
    record r;
    r.path = r.trace = path;
    const trace_reader trace(path);
    try {
        const json about = json::parse(trace.description().about);
        r.inputs = inputs_of(about.at("inputs"));
        r.inputs["version"] = about.at("version").get<std::string>();
        r.configuration = flatten_config(about.at("configuration").get<std::string>(), path);
        r.configuration["timing_only"] = about.at("timing_only").dump();
    } catch (const json::exception& e) {
        throw input_error(exit_code::usage, fmt::format("error: {}: {}", path, e.what()));
    }
    return r;
}

record open(const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored) ? of_folder(path) : of_trace(path);
}

}  // namespace

std::optional<divergence> first_divergence(const trace_reader& a, const trace_reader& b) {
    const bool numbers_fit = same_tables(a.description(), b.description());
    auto x = a.begin(), y = b.begin();
    std::deque<trace_event> before;
    for (;;) {
        auto p = x.next(), q = y.next();
        if (!p && !q)
            return std::nullopt;
        bool same = p && q && numbers_fit && same_words(*p, *q);
        if (!same && p && q && !numbers_fit) {
            const told t(a.description(), *p), u(b.description(), *q);
            same = t.track == u.track && t.type == u.type && t.fields == u.fields;
        }
        if (same) {
            before.push_back(*p);
            if (before.size() > context_before)
                before.pop_front();
            continue;
        }
        divergence d;
        d.expected = p;
        d.actual = q;
        for (const auto& e : before)
            d.before.push_back(line_of(a.description(), e));
        for (std::size_t i = 0; i < context_after && p; ++i, p = x.next())
            d.after_expected.push_back(line_of(a.description(), *p));
        for (std::size_t i = 0; i < context_after && q; ++i, q = y.next())
            d.after_actual.push_back(line_of(b.description(), *q));
        describe(d, a.description(), b.description());
        return d;
    }
}

comparison compare_runs(const std::string& path_a, const std::string& path_b) {
    const record a = open(path_a), b = open(path_b);
    comparison c;
    c.configuration = differences(a.configuration, b.configuration);
    c.inputs = differences(a.inputs, b.inputs);
    if (!a.statistics.empty() && !b.statistics.empty()) {
        c.statistics = differences(a.statistics, b.statistics);
        c.files = differences(a.files, b.files);
    }
    if (!a.trace.empty() && !b.trace.empty()) {
        c.events_compared = true;
        c.events = first_divergence(trace_reader(a.trace), trace_reader(b.trace));
    }
    return c;
}

std::string comparison::text(const std::string& a, const std::string& b) const {
    if (same())
        return fmt::format("same: {} and {}{}\n", a, b, events_compared ? ", event by event" : "");
    std::string out = fmt::format("expected {}\nactual   {}\n", a, b);
    const auto list = [&out](const char* title, const std::vector<difference>& all) {
        if (all.empty())
            return;
        out += fmt::format("\n{} ({} differ)\n", title, all.size());
        for (const auto& d : all)
            out += fmt::format("  {:<36} {} -> {}{}\n", d.name, d.a, d.b,
                               d.relative ? fmt::format("   {:+.3g} %", *d.relative * 100) : "");
    };
    list("configuration", configuration);
    list("inputs", inputs);
    list("statistics", statistics);
    list("files", files);
    if (events) {
        out += fmt::format("\nfirst diverging event: {} in {}\n  {}\n", events->time, events->block,
                           events->what);
        for (const auto& l : events->before)
            out += "    " + l + "\n";
        for (const auto& l : events->after_expected)
            out += "  - " + l + "\n";
        for (const auto& l : events->after_actual)
            out += "  + " + l + "\n";
    } else if (events_compared) {
        out += "\nevents: the same\n";
    }
    return out;
}

std::string comparison::json() const {
    const auto list = [](const std::vector<difference>& all) {
        std::string out = "[";
        for (std::size_t i = 0; i < all.size(); ++i)
            out += fmt::format(
                "{}\n    {{\"name\": {}, \"expected\": {}, \"actual\": {}{}}}", i ? "," : "",
                json_string(all[i].name), json_string(all[i].a), json_string(all[i].b),
                all[i].relative ? ", \"relative\": " + json_number(*all[i].relative) : "");
        return out + "]";
    };
    const auto lines = [](const std::vector<std::string>& all) {
        std::string out = "[";
        for (std::size_t i = 0; i < all.size(); ++i)
            out += (i ? ", " : "") + json_string(all[i]);
        return out + "]";
    };
    std::string out = fmt::format(
        "{{\n  \"schema\": \"ocellus-diff-1\",\n  \"same\": {},\n  \"configuration\": {},\n  "
        "\"inputs\": {},\n  \"statistics\": {},\n  \"files\": {},\n  \"events_compared\": {}",
        same(), list(configuration), list(inputs), list(statistics), list(files), events_compared);
    if (events)
        out += fmt::format(
            ",\n  \"first_divergence\": {{\"time\": {}, \"block\": {}, \"what\": {},\n    "
            "\"before\": {},\n    \"expected\": {},\n    \"actual\": {}}}",
            json_string(events->time), json_string(events->block), json_string(events->what),
            lines(events->before), lines(events->after_expected), lines(events->after_actual));
    return out + "\n}\n";
}

int show_difference(const command_line& command) {
    const auto c = compare_runs(command.files.at(0), command.files.at(1));
    const std::string text = command.output_format == command_line::format::json
                                 ? c.json()
                                 : c.text(command.files[0], command.files[1]);
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(c.same() ? exit_code::ok : exit_code::mismatch);
}

}  // namespace ocellus::sim
