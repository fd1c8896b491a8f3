// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/regress_suite.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/text.h"
#include "core/toml_source.h"
#include "core/units.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class suite_reader {
  public:
    suite_reader(const std::string& path, const std::string& text)
        : source_(path, text), folder_(fs::path(path).parent_path()) {}

    regress_suite run() {
        const auto root = source_.parse(problems_);
        if (root)
            read(*root);
        problems_.throw_if_errors();
        return std::move(suite_);
    }

  private:
    void wrong(const toml::node& n, const std::string& message, const std::string& hint) {
        problems_.error(source_.position(n.source()), message, hint);
    }

    void check_keys(const toml::table& t, const std::vector<std::string>& known) {
        for (const auto& [key, node] : t) {
            const std::string name(key.str());
            if (std::find(known.begin(), known.end(), name) != known.end())
                continue;
            const auto near = nearest_name(name, known);
            problems_.error(source_.position(key.source()), fmt::format("unknown key '{}'", name),
                            near.empty() ? "expected " + join(known, ", ")
                                         : fmt::format("did you mean {}?", near));
        }
    }

    std::string text(const toml::table& t, const char* key, bool needed = false) {
        const toml::node* const n = t.get(key);
        if (!n) {
            if (needed)
                problems_.error(source_.position(t.source()), fmt::format("'{}' is missing", key),
                                "");
            return {};
        }
        if (const auto* const s = n->as_string())
            return s->get();
        wrong(*n, fmt::format("'{}' is {}", key, type_of(*n)), "expected a text");
        return {};
    }

    std::vector<std::string> texts(const toml::table& t, const char* key) {
        std::vector<std::string> out;
        const toml::node* const n = t.get(key);
        if (!n)
            return out;
        const auto* const a = n->as_array();
        if (!a) {
            wrong(*n, fmt::format("'{}' is {}", key, type_of(*n)), "expected a list of texts");
            return out;
        }
        for (const auto& e : *a) {
            if (const auto* const s = e.as_string())
                out.push_back(s->get());
            else
                wrong(e, fmt::format("an element is {}", type_of(e)), "expected a text");
        }
        return out;
    }

    std::string file(const std::string& name) const {
        if (name.empty() || name == "none" || name.rfind("builtin:", 0) == 0 ||
            fs::path(name).is_absolute())
            return name;
        return (folder_ / name).lexically_normal().string();
    }

    void read(const toml::table& root) {
        check_keys(root, {"name", "case", "monotone"});
        suite_.name = text(root, "name");
        if (suite_.name.empty())
            suite_.name = fs::path(source_.path()).stem().string();
        for_each_table(root, "case", [this](const toml::table& t) { read_case(t); });
        for_each_table(root, "monotone", [this](const toml::table& t) { read_rule(t); });
        if (suite_.cases.empty() && !problems_.has_errors())
            problems_.error(source_.position(root.source()), "no [[case]]", "");
    }

    template <class F>
    void for_each_table(const toml::table& root, const char* key, F f) {
        const toml::node* const n = root.get(key);
        if (!n)
            return;
        const auto* const a = n->as_array();
        if (!a)
            return wrong(*n, fmt::format("'{}' is {}", key, type_of(*n)),
                         fmt::format("expected [[{}]]", key));
        for (const auto& e : *a) {
            if (const auto* const t = e.as_table())
                f(*t);
            else
                wrong(e, fmt::format("an element of '{}' is {}", key, type_of(e)),
                      fmt::format("expected [[{}]]", key));
        }
    }

    void read_case(const toml::table& t) {
        check_keys(t, {"name", "config", "replay", "set", "options", "frames", "seed",
                       "timing_only", "scene", "network", "firmware", "golden", "trace",
                       "trace_tracks", "exact", "band", "ignore", "wall_limit"});
        regress_case c;
        c.name = text(t, "name", true);
        if (c.name.find_first_not_of(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                "_-.") != std::string::npos)
            wrong(*t.get("name"), "a name of letters, digits, - _ and . is expected", "");
        if (!names_.insert(c.name).second && !c.name.empty())
            wrong(*t.get("name"), fmt::format("a second case '{}'", c.name), "");
        const std::string replay = text(t, "replay"), config = text(t, "config");
        if (!replay.empty()) {
            for (const char* key :
                 {"config", "frames", "seed", "timing_only", "scene", "network", "firmware"})
                if (const toml::node* const n = t.get(key))
                    wrong(*n, fmt::format("'{}' and 'replay' exclude each other", key),
                          "a recording or script has its own");
            c.arguments = {"replay", file(replay)};
        } else {
            c.arguments = {"run"};
            if (!config.empty())
                c.arguments.push_back(file(config));
        }
        for (const char* key : {"scene", "network", "firmware"})
            if (t.get(key))
                add(c, std::string("--") + key, file(text(t, key)));
        for (const char* key : {"frames", "seed"})
            if (const toml::node* const n = t.get(key)) {
                if (n->is_integer())
                    add(c, std::string("--") + key, std::to_string(n->as_integer()->get()));
                else
                    wrong(*n, fmt::format("'{}' is {}", key, type_of(*n)), "expected an integer");
            }
        if (const toml::node* const n = t.get("timing_only")) {
            if (!n->is_boolean())
                wrong(*n, "timing_only is " + std::string(type_of(*n)), "expected true or false");
            else if (n->as_boolean()->get())
                c.arguments.emplace_back("--timing-only");
        }
        for (const auto& s : texts(t, "set"))
            add(c, "--set", s);
        for (const auto& o : texts(t, "options"))
            c.arguments.push_back(o);
        c.golden = text(t, "golden");
        c.golden = file(c.golden.empty() ? "goldens/" + c.name + ".json" : c.golden);
        c.trace = file(text(t, "trace"));
        c.trace_tracks = texts(t, "trace_tracks");
        read_classes(t, c);
        const std::string limit = text(t, "wall_limit");
        std::string why;
        if (!limit.empty() &&
            (!parse_quantity(limit, unit::second, c.wall_limit, why) || !(c.wall_limit > 0)))
            wrong(*t.get("wall_limit"), "wall_limit is no time", "expected one such as 60 s");
        suite_.cases.push_back(std::move(c));
    }

    static void add(regress_case& c, const std::string& option, const std::string& value) {
        c.arguments.push_back(option);
        c.arguments.push_back(value);
    }

    void read_classes(const toml::table& t, regress_case& c) {
        for (const auto& g : texts(t, "ignore"))
            c.classes.push_back({metric_class::kind::ignore, g, 0});
        for (const auto& g : texts(t, "exact"))
            c.classes.push_back({metric_class::kind::exact, g, 0});
        const toml::node* const n = t.get("band");
        if (!n)
            return;
        const auto* const bands = n->as_table();
        if (!bands)
            return wrong(*n, fmt::format("'band' is {}", type_of(*n)),
                         "expected { \"energy.*\" = 0.01 }");
        for (const auto& [key, node] : *bands) {
            const auto value = node.value<double>();
            if (!value || !(*value >= 0))
                wrong(node, "a band is a share of the golden value", "such as 0.01");
            else
                c.classes.push_back({metric_class::kind::band, std::string(key.str()), *value});
        }
    }

    void read_rule(const toml::table& t) {
        check_keys(t, {"metric", "cases", "direction"});
        monotone_rule r;
        r.metric = text(t, "metric", true);
        r.cases = texts(t, "cases");
        const std::string direction = text(t, "direction", true);
        if (direction != "rising" && direction != "falling" && t.get("direction"))
            wrong(*t.get("direction"), fmt::format("unknown direction '{}'", direction),
                  "expected rising or falling");
        r.rising = direction == "rising";
        if (r.cases.size() < 2)
            problems_.error(source_.position(t.source()), "a rule needs two cases or more", "");
        for (const auto& name : r.cases)
            if (!names_.count(name)) {
                const auto near =
                    nearest_name(name, std::vector<std::string>(names_.begin(), names_.end()));
                wrong(*t.get("cases"), fmt::format("there is no case '{}'", name),
                      near.empty() ? "" : fmt::format("did you mean {}?", near));
            }
        suite_.rules.push_back(std::move(r));
    }

    toml_source source_;
    fs::path folder_;
    diagnostics problems_;
    regress_suite suite_;
    std::set<std::string> names_;
};

const metric_class& class_of(const std::string& name, const std::vector<metric_class>& classes) {
    static const metric_class exact;
    for (const auto& c : classes)
        if (matches_glob(c.glob, name))
            return c;
    return exact;
}

std::string difference_text(const std::string& name, double expected, double actual) {
    std::string out =
        fmt::format("{}: expected {}, actual {}", name, shortest(expected), shortest(actual));
    if (expected != 0)
        out += fmt::format(" ({:+.3g} %)", (actual - expected) / std::fabs(expected) * 100);
    return out;
}

std::string xml(const std::string& text) {
    std::string out;
    for (const char c : text)
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\n':
                out += "&#10;";
                break;
            default:
                // XML 1.0 has no other control characters.
                out += static_cast<unsigned char>(c) < 32 && c != '\t' ? ' ' : c;
        }
    return out;
}

}  // namespace

regress_suite read_suite(const std::string& path) {
    try {
        return suite_reader(path, read_file(path)).run();
    } catch (const input_error& e) {
        if (e.code() != exit_code::io)
            throw;
        throw input_error(exit_code::usage, std::string("error: ") + e.what());
    }
}

std::string golden_text(const run_record& r) {
    std::string out = fmt::format(
        "{{\n  \"schema\": \"ocellus-golden-1\",\n  \"exit_code\": {},\n  \"files\": {{",
        r.exit_code);
    bool first = true;
    for (const auto& [name, hash] : r.files) {
        out += fmt::format("{}\n    {}: \"{}\"", first ? "" : ",", json_string(name), hash);
        first = false;
    }
    out += "\n  },\n  \"statistics\": {";
    first = true;
    for (const auto& [name, value] : r.statistics) {
        out +=
            fmt::format("{}\n    {}: {}", first ? "" : ",", json_string(name), json_number(value));
        first = false;
    }
    return out + "\n  }\n}\n";
}

run_record read_golden(const std::string& path) {
    run_record r;
    try {
        const json j = json::parse(read_file(path));
        if (j.at("schema") != "ocellus-golden-1")
            throw input_error(exit_code::usage,
                              fmt::format("error: {}: not a golden file of this version", path));
        r.exit_code = j.at("exit_code");
        r.statistics = j.at("statistics").get<std::map<std::string, double>>();
        r.files = j.at("files").get<std::map<std::string, std::string>>();
    } catch (const json::exception& e) {
        throw input_error(exit_code::usage, fmt::format("error: {}: {}", path, e.what()));
    }
    return r;
}

std::vector<std::string> compare(const run_record& golden, const run_record& actual,
                                 const std::vector<metric_class>& classes) {
    std::vector<std::string> out;
    if (golden.exit_code != actual.exit_code)
        out.push_back(
            fmt::format("exit code: expected {}, actual {}", golden.exit_code, actual.exit_code));
    for (const auto& [name, expected] : golden.statistics) {
        const metric_class& c = class_of(name, classes);
        if (c.how == metric_class::kind::ignore)
            continue;
        const auto found = actual.statistics.find(name);
        if (found == actual.statistics.end()) {
            out.push_back(name + ": expected, but there is none");
            continue;
        }
        const double value = found->second;
        const bool good = c.how == metric_class::kind::exact
                              ? value == expected
                              : std::fabs(value - expected) <= c.relative * std::fabs(expected);
        if (!good)
            out.push_back(difference_text(name, expected, value));
    }
    for (const auto& [name, hash] : golden.files) {
        if (class_of(name, classes).how == metric_class::kind::ignore)
            continue;
        const auto found = actual.files.find(name);
        if (found == actual.files.end())
            out.push_back(name + ": expected, but there is no such file");
        else if (found->second != hash)
            out.push_back(fmt::format("{}: other bytes (SHA-256 {}..., expected {}...)", name,
                                      found->second.substr(0, 12), hash.substr(0, 12)));
    }
    for (const auto& [name, hash] : actual.files)
        if (!golden.files.count(name) && class_of(name, classes).how != metric_class::kind::ignore)
            out.push_back(name + ": a file that was not expected");
    return out;
}

std::vector<std::string> check_rule(const monotone_rule& rule,
                                    const std::map<std::string, run_record>& runs) {
    std::vector<std::string> out;
    const std::string* before = nullptr;
    double last = 0;
    for (const auto& name : rule.cases) {
        const auto run = runs.find(name);
        if (run == runs.end())
            continue;
        const auto value = run->second.statistics.find(rule.metric);
        if (value == run->second.statistics.end()) {
            out.push_back(fmt::format("{}: {} has no such metric", rule.metric, name));
            continue;
        }
        if (before && (rule.rising ? value->second < last : value->second > last))
            out.push_back(fmt::format("{} should be {}: {} in {}, {} in {}", rule.metric,
                                      rule.rising ? "rising" : "falling", shortest(last), *before,
                                      shortest(value->second), name));
        before = &name;
        last = value->second;
    }
    return out;
}

std::string junit_xml(const std::string& suite, const std::vector<case_result>& results) {
    double seconds = 0;
    std::size_t failures = 0;
    for (const auto& r : results) {
        seconds += r.seconds;
        failures += !r.message.empty();
    }
    std::string out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" "
        "failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"{:.3f}\">\n",
        xml(suite), results.size(), failures, seconds);
    for (const auto& r : results) {
        out += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml(suite),
                           xml(r.name), r.seconds);
        if (r.message.empty()) {
            out += "/>\n";
            continue;
        }
        out += fmt::format(">\n    <failure message=\"{}\">{}</failure>\n  </testcase>\n",
                           xml(r.message.substr(0, r.message.find('\n'))),
                           xml(r.message + "\n" + r.command));
    }
    return out + "</testsuite>\n";
}

std::string regress_json(const std::string& suite, const std::vector<case_result>& results) {
    std::string out = fmt::format("{{\n  \"schema\": \"ocellus-regress-1\",\n  \"suite\": {},\n",
                                  json_string(suite));
    std::size_t failed = 0;
    for (const auto& r : results)
        failed += !r.message.empty();
    out += fmt::format("  \"cases\": {},\n  \"failed\": {},\n  \"results\": [", results.size(),
                       failed);
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& r = results[i];
        out += fmt::format(
            "{}\n    {{\"name\": {}, \"passed\": {}, \"updated\": {}, \"seconds\": {:.3f}, "
            "\"command\": {}, \"message\": {}}}",
            i ? "," : "", json_string(r.name), r.message.empty(), r.updated, r.seconds,
            json_string(r.command), json_string(r.message));
    }
    return out + "\n  ]\n}\n";
}

}  // namespace ocellus::sim
