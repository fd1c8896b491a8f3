// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sweep_plan.h"
#include "sim/detection_report.h"
#include "sim/energy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "core/config.h"
#include "core/files.h"
#include "core/random.h"
#include "core/text.h"
#include "core/toml_source.h"
#include "core/units.h"
#include "core/worker_pool.h"
#include "sim/inputs.h"
#include "sim/sensor.h"
#include "sim/settings.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_points = 1000000;

enum class sampling { grid, zip, random, latin_hypercube };

const std::vector<std::string> sampling_names = {"grid", "zip", "random", "latin_hypercube"};

/// Where the values of a knob come from.
enum class spread { list, range, log, random };

/// A knob while it is read.
struct knob_source {
    const parameter* p = nullptr;
    source_position where;
    spread kind = spread::list;
    std::vector<std::string> values;  ///< as text; of a list, or made from the bounds
    double from = 0, to = 0;          ///< base unit
    double step = 0;                  ///< 0: none given
    std::uint64_t points = 0;         ///< 0: none given
    std::uint64_t seed = 1;
};

/// Parameters that name files; what is in the file decides over the result, not where it is.
const char* const file_parameters[] = {"scene.source",   "network.source",        "network.labels",
                                       "network.second", "network.second_labels", "firmware.file"};

bool names_file(const std::string& parameter, const std::string& value) {
    return std::find(std::begin(file_parameters), std::end(file_parameters), parameter) !=
               std::end(file_parameters) &&
           !value.empty() && value != "none" && value.rfind("builtin:", 0) != 0;
}

/// To twelve digits: mathematical functions differ in the last ones from machine to machine, and
/// shards of one sweep may run on several.
double rounded(double value) {
    const std::string text = fmt::format("{:.11e}", value);
    double out = value;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// In a form that every reader of CSV files takes for what it is.
std::string plain_number(double value) {
    const bool integer = value == std::floor(value) && std::fabs(value) <= 0x1p53;
    return integer ? std::to_string(static_cast<std::int64_t>(value)) : shortest(value);
}

/// The text of a setting that gives exactly this value, whatever blanks and quotes it holds.
std::string setting(const std::string& name, const std::string& value) {
    const bool plain = !value.empty() && value.find_first_of("\"'\\\n\t") == std::string::npos &&
                       value.front() != ' ' && value.back() != ' ';
    return name + "=" + (plain || value.empty() ? value : json_string(value));
}

class sweep_reader {
  public:
    explicit sweep_reader(const std::string& file)
        : source_(file, text_of(file)), folder_(fs::path(file).parent_path()) {
        plan_.file = file;
        settings_.declare(registry_);
    }

    sweep_plan read(bool check_statistics) {
        const auto root = source_.parse(problems_);
        if (root)
            read_root(*root);
        if (!problems_.has_errors())
            make_points();
        if (check_statistics)
            check_statistic_names();
        sorted_problems().throw_if_errors();
        make_hash();
        return std::move(plan_);
    }

  private:
    static std::string text_of(const std::string& file) {
        try {
            return read_file(file);
        } catch (const input_error& e) {
            throw input_error(exit_code::usage, std::string("sweep: ") + e.what());
        }
    }

    /// Mistakes of the configuration, then those of the sweep file from top to bottom.
    diagnostics sorted_problems() const {
        auto errors = problems_.errors();
        const auto place = [this](const diagnostic& d) {
            const bool ours = d.where.file == source_.path();
            return std::make_tuple(ours, ours ? d.where.line : 0, ours ? d.where.column : 0);
        };
        std::stable_sort(
            errors.begin(), errors.end(),
            [&](const diagnostic& a, const diagnostic& b) { return place(a) < place(b); });
        diagnostics out;
        for (auto& e : errors)
            out.error(e.where, e.message, e.hint);
        return out;
    }

    source_position at(const toml::node& n) const { return source_.position(n.source()); }

    void wrong_type(const toml::node& n, const std::string& what, const std::string& expected) {
        problems_.error(at(n), what + ": wrong type, " + type_of(n), "expected " + expected);
    }

    void check_keys(const toml::table& t, const std::vector<std::string>& known,
                    const std::string& what) {
        for (auto&& [key, value] : t) {
            const std::string name(key.str());
            if (std::find(known.begin(), known.end(), name) != known.end())
                continue;
            const auto near = nearest_name(name, known);
            problems_.error(source_.position(key.source()), "unknown key '" + name + "'" + what,
                            near.empty() ? "expected one of " + join(known, ", ")
                                         : "did you mean '" + near + "'?");
        }
    }

    std::string string_of(const toml::table& t, const char* key, const std::string& expected) {
        const auto* n = t.get(key);
        if (!n)
            return {};
        const auto* s = n->as_string();
        if (!s || s->get().empty()) {
            wrong_type(*n, key, expected);
            return {};
        }
        return s->get();
    }

    std::optional<std::uint64_t> count_of(const toml::table& t, const char* key, std::int64_t low) {
        const auto* n = t.get(key);
        if (!n)
            return std::nullopt;
        const auto* i = n->as_integer();
        if (!i) {
            wrong_type(*n, key, "an integer");
            return std::nullopt;
        }
        if (i->get() < low || (low > 0 && i->get() > static_cast<std::int64_t>(most_points))) {
            problems_.error(at(*n), fmt::format("{}: {} is out of range", key, i->get()),
                            low > 0 ? fmt::format("expected {} .. {}", low, most_points)
                                    : "expected 0 or more");
            return std::nullopt;
        }
        return static_cast<std::uint64_t>(i->get());
    }

    void read_root(const toml::table& root) {
        check_keys(root,
                   {"config", "frames", "timing_only", "seed", "inject_tensor", "wall_limit",
                    "sampling", "set", "knob", "metrics"},
                   "");
        const auto config = string_of(root, "config", "the path of a configuration in quotes");
        if (!config.empty()) {
            plan_.config = (folder_ / config).string();
            try {
                load_config_file(plan_.config, registry_, problems_);
            } catch (const input_error& e) {
                problems_.error(at(*root.get("config")), std::string("config: ") + e.what());
            }
        }
        read_set(root);
        read_run_options(root);
        read_sampling(root);
        read_knobs(root);
        read_metrics(root);
    }

    void read_set(const toml::table& root) {
        const auto* set = root.get("set");
        if (!set)
            return;
        if (!set->is_table())
            return wrong_type(*set, "set", "a table: write [set] and its keys below");
        assign_table(*set->as_table(), source_, {}, true, registry_, problems_);
    }

    void assign(const char* name, const toml::node& n, const std::string& text) {
        if (is_set_here(name))
            problems_.error(at(n), fmt::format("{} is also in [set]", name), "give it once");
        else
            registry_.assign(name, text, at(n), "sweep file", problems_);
    }

    void read_run_options(const toml::table& root) {
        if (const auto frames = count_of(root, "frames", 1))
            assign("run.frames", *root.get("frames"), std::to_string(*frames));
        if (const auto seed = count_of(root, "seed", 0))
            assign("run.seed", *root.get("seed"), std::to_string(*seed));
        if (const auto* n = root.get("timing_only")) {
            if (const auto* b = n->as_boolean())
                plan_.timing_only = b->get();
            else
                wrong_type(*n, "timing_only", "true or false, without quotes");
        }
        plan_.wall_limit = string_of(root, "wall_limit", "a time in quotes, like \"600 s\"");
        double seconds = 0;
        std::string why;
        if (!plan_.wall_limit.empty() &&
            (!parse_quantity(plan_.wall_limit, unit::second, seconds, why) || !(seconds > 0)))
            problems_.error(at(*root.get("wall_limit")),
                            "wall_limit: '" + plan_.wall_limit + "' is not a time",
                            "expected a time, like \"600 s\"");
        const auto tensor = string_of(root, "inject_tensor", "the path of a file in quotes");
        if (!tensor.empty()) {
            plan_.inject_tensor = (folder_ / tensor).string();
            content_of(plan_.inject_tensor, at(*root.get("inject_tensor")), "inject_tensor");
        }
    }

    void read_sampling(const toml::table& root) {
        const auto* n = root.get("sampling");
        if (!n)
            return;
        const auto* t = n->as_table();
        const toml::node* method = n;
        if (t) {
            check_keys(*t, {"method", "points", "seed"}, " of sampling");
            method = t->get("method");
            if (!method) {
                problems_.error(at(*n), "sampling: the method is missing",
                                "expected method = \"" + join(sampling_names, "\", \"") + "\"");
                return;
            }
        }
        const auto* name = method->as_string();
        if (!name)
            return wrong_type(*method, "sampling", "one of " + join(sampling_names, ", "));
        const auto found = std::find(sampling_names.begin(), sampling_names.end(), name->get());
        if (found == sampling_names.end()) {
            const auto near = nearest_name(name->get(), sampling_names);
            problems_.error(at(*method), "sampling: unknown method '" + name->get() + "'",
                            near.empty() ? "expected one of " + join(sampling_names, ", ")
                                         : "did you mean '" + near + "'?");
            return;
        }
        sampling_ = static_cast<sampling>(found - sampling_names.begin());
        if (!is_drawn()) {
            if (t && (t->get("points") || t->get("seed")))
                problems_.error(at(*n), "sampling: " + name->get() + " takes no points and no seed",
                                "expected sampling = \"" + name->get() + "\"");
            return;
        }
        if (t) {
            if (const auto points = count_of(*t, "points", 1))
                points_ = *points;
            if (const auto seed = count_of(*t, "seed", 0))
                sampling_seed_ = *seed;
        }
        if (!t || !t->get("points"))
            problems_.error(at(*n), "sampling: how many points?",
                            "expected {method = \"" + name->get() + "\", points = 40, seed = 1}");
    }

    bool is_drawn() const {
        return sampling_ == sampling::random || sampling_ == sampling::latin_hypercube;
    }

    /// Whether [set] or an option of the file gives the parameter a value.
    bool is_set_here(const std::string& name) const {
        const auto where = registry_.where(name);
        return where.file == source_.path() && where.line != 0;
    }

    void read_knobs(const toml::table& root) {
        const auto* n = root.get("knob");
        if (!n) {
            source_position nowhere;
            nowhere.file = source_.path();
            problems_.error(nowhere, "there is no knob to turn", "expected at least one [[knob]]");
            return;
        }
        const auto* list = n->as_array();
        if (!list || list->empty())
            return wrong_type(*n, "knob", "tables: write [[knob]] before each one");
        // The fixed settings, before knobs overwrite what they stand for.
        for (const auto* p : registry_.all())
            if (is_set_here(p->name)) {
                fixed_.insert(p->name);
                plan_.settings.push_back(setting(p->name, run_value(*p)));
                if (p->name == "run.frames")
                    plan_.give_frames = true;
            }
        std::set<std::string> seen;
        for (const auto& k : *list) {
            const auto* t = k.as_table();
            if (!t) {
                wrong_type(k, "knob", "a table");
                continue;
            }
            read_knob(*t, seen);
        }
    }

    void read_knob(const toml::table& t, std::set<std::string>& seen) {
        check_keys(t, {"name", "values", "range", "log", "random"}, " of a knob");
        const auto* name_node = t.get("name");
        if (!name_node) {
            problems_.error(at(t), "this knob has no name", "expected name = \"npu.clock\"");
            return;
        }
        const std::string name = string_of(t, "name", "the name of a parameter in quotes");
        if (name.empty())
            return;
        knob_source k;
        k.where = at(*name_node);
        k.p = registry_.find(name);
        if (!k.p) {
            registry_.assign(name, "", k.where, "", problems_);
            return;
        }
        if (!seen.insert(name).second)
            problems_.error(k.where, name + " is a knob twice", "give each knob once");
        if (fixed_.count(name))
            problems_.error(k.where, name + " is a knob, and fixed in this file",
                            "take it out of [set] and of the options");
        const toml::node* how = nullptr;
        int ways = 0;
        const char* const names[] = {"values", "range", "log", "random"};
        for (std::size_t i = 0; i < 4; ++i)
            if (const auto* v = t.get(names[i])) {
                how = v;
                k.kind = static_cast<spread>(i);
                ++ways;
            }
        if (ways != 1) {
            problems_.error(
                k.where,
                ways ? name + ": its values are given more than once" : name + ": which values?",
                "expected one of values = [...], range = {from, to, step}, log = "
                "{from, to, points}, random = {from, to, points, seed}");
            return;
        }
        const auto before = problems_.errors().size();
        if (k.kind == spread::list)
            read_list(k, *how);
        else
            read_bounds(k, *how, names[static_cast<int>(k.kind)]);
        if (problems_.errors().size() == before)
            knobs_.push_back(std::move(k));
    }

    /// One value, checked; its text as the registry shows it.
    std::optional<std::string> value_of(const parameter& p, const toml::node& n) {
        std::string text;
        if (!parameter_text(p, n, text)) {
            problems_.error(at(n), p.name + ": wrong type, " + type_of(n), expected_of(p));
            return std::nullopt;
        }
        return assigned(p, text, at(n));
    }

    std::optional<std::string> assigned(const parameter& p, const std::string& text,
                                        const source_position& where) {
        const auto before = problems_.errors().size();
        registry_.assign(p.name, text, where, "sweep file", problems_);
        if (problems_.errors().size() != before)
            return std::nullopt;
        const std::string value = p.get();
        if (names_file(p.name, value))
            content_of(resolve_path(registry_, p.name, value), where, p.name);
        return value;
    }

    void read_list(knob_source& k, const toml::node& n) {
        const auto* list = n.as_array();
        if (!list || list->empty())
            return wrong_type(n, "values", "a list, like [1, 2, 4]");
        for (const auto& v : *list) {
            const auto text = value_of(*k.p, v);
            if (!text)
                continue;
            if (sampling_ == sampling::grid &&
                std::find(k.values.begin(), k.values.end(), *text) != k.values.end())
                problems_.error(at(v), k.p->name + ": " + *text + " is listed twice",
                                "every point of a grid is simulated once");
            k.values.push_back(*text);
        }
    }

    static bool is_number(const parameter& p) {
        return p.type == parameter::kind::integer || p.type == parameter::kind::real;
    }

    /// A bound of a range: a value of the parameter.
    std::optional<double> bound_of(const parameter& p, const toml::table& t, const char* key) {
        const auto* n = t.get(key);
        if (!n)
            return std::nullopt;
        const auto text = value_of(p, *n);
        double value = 0;
        std::string why;
        if (!text || !parse_quantity(*text, p.dimension, value, why))
            return std::nullopt;
        return value;
    }

    void read_step(knob_source& k, const toml::node& n) {
        std::string text, why;
        if (!parameter_text(*k.p, n, text)) {
            problems_.error(at(n), "step: wrong type, " + std::string(type_of(n)),
                            expected_of(*k.p));
            return;
        }
        if (!parse_quantity(text, k.p->dimension, k.step, why))
            problems_.error(at(n), "step: " + why,
                            "expected a quantity, like \"" + k.p->default_text + "\"");
        else if (!(k.step > 0) ||
                 (k.p->type == parameter::kind::integer && k.step != std::floor(k.step)))
            problems_.error(at(n), "step: " + text + " is no step upwards",
                            k.p->type == parameter::kind::integer ? "expected an integer above 0"
                                                                  : "expected more than 0");
    }

    void read_bounds(knob_source& k, const toml::node& n, const std::string& way) {
        const auto* t = n.as_table();
        if (!t)
            return wrong_type(n, way, "a table, like {from = .., to = ..}");
        if (!is_number(*k.p)) {
            problems_.error(at(n),
                            fmt::format("{}: a {} has no range", k.p->name, k.p->type_name()),
                            "expected values = [...]");
            return;
        }
        std::vector<std::string> keys = {"from", "to"};
        if (k.kind == spread::range)
            keys.emplace_back("step");
        else
            keys.emplace_back("points");
        if (k.kind == spread::random)
            keys.emplace_back("seed");
        const auto before = problems_.errors().size();
        check_keys(*t, keys, " of " + way);
        const auto from = bound_of(*k.p, *t, "from"), to = bound_of(*k.p, *t, "to");
        for (const char* key : {"from", "to"})
            if (!t->get(key))
                problems_.error(at(n), way + ": '" + key + "' is missing",
                                "expected " + way + " = {" + join(keys, ", ") + "}");
        if (const auto* step = t->get("step"); step && k.kind == spread::range)
            read_step(k, *step);
        if (const auto points = count_of(*t, "points", 1))
            k.points = *points;
        if (const auto seed = count_of(*t, "seed", 0))
            k.seed = *seed;
        const char* last = k.kind == spread::range ? "step" : "points";
        if (!is_drawn() && !t->get(last))
            problems_.error(at(n), way + ": '" + last + "' is missing",
                            "expected " + way + " = {" + join(keys, ", ") + "}");
        if (is_drawn() && k.kind == spread::random)
            problems_.error(at(n), "random: the sampling draws the values of every knob",
                            "expected range = {from, to} or log = {from, to}");
        if (problems_.errors().size() != before || !from || !to)
            return;
        k.from = *from;
        k.to = *to;
        if (!(k.from < k.to))
            problems_.error(at(n), way + ": 'from' must be below 'to'");
        else if (k.kind == spread::log && !(k.from > 0))
            problems_.error(at(*t->get("from")), "log: 'from' must be above 0");
        else if (k.kind == spread::log && k.points == 1)
            problems_.error(at(*t->get("points")), "log: both ends are points",
                            "expected 2 or more");
        else
            make_values(k, at(n));
    }

    /// Where the bounds say which values there are, makes the list of them.
    void make_values(knob_source& k, const source_position& where) {
        std::vector<double> numbers;
        if (k.kind == spread::range && k.step > 0) {
            const double steps = std::floor((k.to - k.from) / k.step * (1 + 1e-12) + 1e-9);
            if (steps >= static_cast<double>(most_points)) {
                problems_.error(where, "range: too many values",
                                fmt::format("expected at most {}", most_points));
                return;
            }
            for (double i = 0; i <= steps; ++i)
                numbers.push_back(i == 0 ? k.from : rounded(k.from + i * k.step));
        } else if (k.kind == spread::log && k.points) {
            const double last = static_cast<double>(k.points - 1);
            for (double i = 0; i <= last; ++i)
                numbers.push_back(log_between(k, i / last));
        } else if (k.kind == spread::random) {
            random_sequence r(k.seed, purpose::sweep, 1, static_cast<std::uint32_t>(knobs_.size()));
            for (std::uint64_t i = 0; i < k.points; ++i)
                numbers.push_back(between(k, r.uniform()));
        } else if (k.p->power_of_two) {
            for (double v = std::exp2(std::floor(std::log2(k.from))); v <= k.to; v *= 2)
                if (v >= k.from)
                    numbers.push_back(v);
        }
        std::set<std::string> seen;
        for (double v : numbers) {
            if (k.p->type == parameter::kind::integer)
                v = std::round(v);
            const auto text = assigned(*k.p, format_quantity(v, k.p->dimension), where);
            if (!text)
                return;  // the next ones are no better
            // Neighbours on a logarithmic scale may round to the same integer.
            const bool fresh = seen.insert(*text).second;
            if (fresh || k.kind == spread::random || sampling_ != sampling::grid)
                k.values.push_back(*text);
        }
    }

    static double log_between(const knob_source& k, double u) {
        if (u <= 0)
            return k.from;
        return u >= 1 ? k.to : rounded(k.from * std::pow(k.to / k.from, u));
    }

    /// The value at the share `u` (0 .. 1, without 1) of a range, monotonous in u.
    static double between(const knob_source& k, double u) {
        if (k.p->power_of_two) {
            const double low = std::ceil(std::log2(k.from)), high = std::floor(std::log2(k.to));
            return std::exp2(low + std::floor(u * (high - low + 1)));
        }
        if (k.p->type == parameter::kind::integer)
            return k.from + std::floor(u * (k.to - k.from + 1));
        return std::clamp(rounded(k.from + u * (k.to - k.from)), k.from, k.to);
    }

    /// The value of a knob at the share `u`, as text.
    static std::string drawn(const knob_source& k, double u) {
        if (!k.values.empty()) {
            const auto n = static_cast<double>(k.values.size());
            return k.values[static_cast<std::size_t>(std::min(std::floor(u * n), n - 1))];
        }
        double v = k.kind == spread::log ? log_between(k, u) : between(k, u);
        if (k.p->type == parameter::kind::integer)
            v = std::round(v);
        return format_quantity(v, k.p->dimension);
    }

    void read_metrics(const toml::table& root) {
        const auto* n = root.get("metrics");
        if (!n)
            return;
        const auto* t = n->as_table();
        if (!t)
            return wrong_type(*n, "metrics", "a table: write [metrics] and its keys below");
        check_keys(*t, {"keep", "pareto"}, " of metrics");
        if (const auto* keep = t->get("keep")) {
            const auto* list = keep->as_array();
            if (!list)
                return wrong_type(*keep, "keep", "a list of names, like [\"npu.*\"]");
            for (const auto& glob : *list)
                if (const auto* s = glob.as_string(); s && !s->get().empty()) {
                    plan_.keep.push_back(s->get());
                    metric_places_.emplace_back(s->get(), at(glob));
                } else {
                    wrong_type(glob, "keep", "the name of a statistic in quotes");
                }
        }
        const auto* goals = t->get("pareto");
        if (!goals)
            return;
        const auto* list = goals->as_array();
        if (!list)
            return wrong_type(*goals, "pareto", "a list, like [{metric = \"..\", goal = \"min\"}]");
        for (const auto& g : *list)
            read_goal(g);
    }

    void read_goal(const toml::node& n) {
        const auto* t = n.as_table();
        if (!t)
            return wrong_type(n, "pareto", "tables, like {metric = \"..\", goal = \"min\"}");
        check_keys(*t, {"metric", "goal"}, " of pareto");
        for (const char* key : {"metric", "goal"})
            if (!t->get(key))
                problems_.error(at(n), fmt::format("pareto: '{}' is missing", key),
                                "expected {metric = \"..\", goal = \"min\"}");
        sweep_goal goal;
        goal.metric = string_of(*t, "metric", "the name of a statistic in quotes");
        const auto direction = string_of(*t, "goal", "\"min\" or \"max\"");
        if (!direction.empty() && direction != "min" && direction != "max")
            problems_.error(at(*t->get("goal")), "goal: '" + direction + "' is neither min nor max",
                            "expected \"min\" or \"max\"");
        goal.maximise = direction == "max";
        if (goal.metric.empty())
            return;
        for (const auto& other : plan_.goals)
            if (other.metric == goal.metric)
                problems_.error(at(*t->get("metric")),
                                "pareto: " + goal.metric + " is named twice");
        metric_places_.emplace_back(goal.metric, at(*t->get("metric")));
        plan_.goals.push_back(std::move(goal));
    }

    /// Hash of a file's content; a file that cannot be read is a mistake at `where`.
    std::string content_of(const std::string& path, const source_position& where,
                           const std::string& what) {
        const auto it = contents_.find(path);
        if (it != contents_.end())
            return it->second;
        std::string hash;
        try {
            hash = sha256_file(path);
        } catch (const input_error& e) {
            problems_.error(where, what + ": " + e.what());
        }
        contents_[path] = hash;
        return hash;
    }

    /// The value that a run on the command line takes: files from the working folder.
    std::string run_value(const parameter& p) const {
        const std::string value = p.get();
        return names_file(p.name, value) ? resolve_path(registry_, p.name, value) : value;
    }

    /// Values of all points, as text.
    std::vector<std::vector<std::string>> combinations() {
        std::vector<std::vector<std::string>> out;
        if (sampling_ == sampling::grid) {
            std::uint64_t n = 1;
            for (const auto& k : knobs_) {
                n *= k.values.size();
                if (n > most_points) {
                    problems_.error(k.where, "the grid has too many points",
                                    fmt::format("at most {}; or sampling = {{method = "
                                                "\"latin_hypercube\", points = 100, seed = 1}}",
                                                most_points));
                    return out;
                }
            }
            for (std::uint64_t i = 0; i < n; ++i) {
                std::vector<std::string> values(knobs_.size());
                std::uint64_t rest = i;
                for (std::size_t k = knobs_.size(); k-- > 0;) {
                    values[k] = knobs_[k].values[rest % knobs_[k].values.size()];
                    rest /= knobs_[k].values.size();
                }
                out.push_back(std::move(values));
            }
        } else if (sampling_ == sampling::zip) {
            const auto n = knobs_[0].values.size();
            for (const auto& k : knobs_)
                if (k.values.size() != n)
                    problems_.error(k.where,
                                    fmt::format("{} has {} values, and {} has {}", k.p->name,
                                                k.values.size(), knobs_[0].p->name, n),
                                    "with sampling = \"zip\" all knobs have as many");
            if (problems_.has_errors())
                return out;
            for (std::size_t i = 0; i < n; ++i) {
                out.emplace_back();
                for (const auto& k : knobs_)
                    out.back().push_back(k.values[i]);
            }
        } else {
            out.resize(points_, std::vector<std::string>(knobs_.size()));
            for (std::size_t k = 0; k < knobs_.size(); ++k) {
                random_sequence r(sampling_seed_, purpose::sweep, 0, static_cast<std::uint32_t>(k));
                std::vector<std::uint32_t> stratum(points_);
                std::iota(stratum.begin(), stratum.end(), 0u);
                if (sampling_ == sampling::latin_hypercube)
                    for (auto i = static_cast<std::uint32_t>(points_); i > 1; --i)
                        std::swap(stratum[i - 1], stratum[r.below(i)]);
                for (std::size_t i = 0; i < points_; ++i) {
                    double u = r.uniform();
                    if (sampling_ == sampling::latin_hypercube)
                        u = (stratum[i] + u) / static_cast<double>(points_);
                    out[i][k] = drawn(knobs_[k], u);
                }
            }
        }
        return out;
    }

    void make_points() {
        for (const auto& k : knobs_)
            plan_.knobs.push_back({k.p->name, base_symbol(k.p->dimension), is_number(*k.p)});
        for (const auto& values : combinations()) {
            sweep_point point;
            for (std::size_t k = 0; k < knobs_.size(); ++k) {
                const parameter& p = *knobs_[k].p;
                const auto text = assigned(p, values[k], knobs_[k].where);
                if (!text)
                    return;
                sweep_value v{*text, *text};
                double number = 0;
                std::string why;
                if (p.has_symbol() && is_number(p) &&
                    parse_quantity(*text, p.dimension, number, why))
                    v.plain = plain_number(number);
                point.values.push_back(std::move(v));
                point.settings.push_back(setting(p.name, run_value(p)));
                if (p.name == "run.frames")
                    plan_.give_frames = true;
            }
            point.frames = settings_.run.frames;
            point.id = identity();
            diagnostics combined;
            settings_.check(registry_, combined);
            if (combined.has_errors()) {
                if (!plan_.infeasible_points++)
                    plan_.infeasible = combined.errors().front().message;
            } else if (!feasible_) {
                feasible_ = point;
            }
            plan_.points.push_back(std::move(point));
        }
    }

    /// Hash of what the settings are now.
    std::string identity() {
        std::string all = version_text() + (plan_.timing_only ? "\ntiming only\n" : "\n");
        for (const auto* p : registry_.all()) {
            std::string value = p->get();
            if (names_file(p->name, value))
                value = "sha256:" + content_of(resolve_path(registry_, p->name, value),
                                               registry_.where(p->name), p->name);
            all += p->name + "=" + json_string(value) + "\n";
        }
        if (!plan_.inject_tensor.empty())
            all += "inject_tensor=" + content_of(plan_.inject_tensor, {}, "inject_tensor") + "\n";
        return sha256_hex(all).substr(0, 32);
    }

    void make_hash() {
        std::string all = "wall_limit=" + plan_.wall_limit + "\n";
        for (const auto& k : plan_.knobs)
            all += "knob=" + k.name + "\n";
        for (const auto& k : plan_.keep)
            all += "keep=" + json_string(k) + "\n";
        for (const auto& g : plan_.goals)
            all += "goal=" + json_string(g.metric) + (g.maximise ? "max\n" : "min\n");
        for (const auto& p : plan_.points)
            all += "point=" + p.id + "\n";
        plan_.hash = sha256_hex(all).substr(0, 32);
    }

    /// A sensor that is only built has all statistics; that of a good point where there is one.
    std::vector<std::string> statistic_names() {
        settings defaults;
        parameter_registry declared;
        defaults.declare(declared);
        command_line dry;
        dry.timing_only = true;
        const bool good = feasible_ && !problems_.has_errors();
        if (good) {
            for (std::size_t k = 0; k < knobs_.size(); ++k)
                assigned(*knobs_[k].p, feasible_->values[k].text, knobs_[k].where);
            dry.inject_tensor = plan_.inject_tensor;
        }
        const settings& s = good ? settings_ : defaults;
        worker_pool pool(1);
        const run_inputs in = load_inputs(dry, s, good ? registry_ : declared);
        statistics stats;
        block_context ctx{pool, stats, s.run.seed, true};
        sensor chip("sensor", s, in, ctx, [](std::uint32_t) { return false; });
        const energy_report energy(s, stats, chip);
        const detection_report detections(s, good ? registry_ : declared, in, stats, chip,
                                          plan_.timing_only);
        std::vector<std::string> names;
        for (const auto* e : stats.all())
            names.push_back(e->name);
        return names;
    }

    void check_statistic_names() {
        if (metric_places_.empty())
            return;
        std::vector<std::string> names;
        try {
            names = statistic_names();
        } catch (const input_error&) {
            return;  // the point will fail and say why
        }
        for (const auto& [glob, where] : metric_places_) {
            const bool known = std::any_of(names.begin(), names.end(), [&g = glob](const auto& n) {
                return matches_glob(g, n);
            });
            if (known)
                continue;
            const auto near = nearest_name(glob, names);
            problems_.error(where, "no statistic is called '" + glob + "'",
                            near.empty() ? "stats.json of a run shows them all"
                                         : "did you mean '" + near + "'?");
        }
    }

    toml_source source_;
    fs::path folder_;
    diagnostics problems_;
    settings settings_;
    parameter_registry registry_;
    sweep_plan plan_;
    sampling sampling_ = sampling::grid;
    std::uint64_t points_ = 0, sampling_seed_ = 1;
    std::vector<knob_source> knobs_;
    std::set<std::string> fixed_;
    std::vector<std::pair<std::string, source_position>> metric_places_;
    std::map<std::string, std::string> contents_;  ///< path and hash
    std::optional<sweep_point> feasible_;
};

}  // namespace

bool sweep_plan::keeps(const std::string& statistic) const {
    const auto fits = [&](const std::string& glob) { return matches_glob(glob, statistic); };
    return keep.empty() || std::any_of(keep.begin(), keep.end(), fits) ||
           std::any_of(goals.begin(), goals.end(),
                       [&](const sweep_goal& g) { return g.metric == statistic; });
}

std::vector<std::string> sweep_plan::arguments(const sweep_point& p) const {
    std::vector<std::string> out = {"run"};
    if (!config.empty())
        out.push_back(config);
    // Only numbers are wanted of a run, unless the sweep says otherwise: output.quality needs a
    // picture.
    out.insert(out.end(), {"--quiet", "--set", "output.save_frames=none"});
    for (const auto* list : {&settings, &p.settings})
        for (const auto& s : *list) {
            out.emplace_back("--set");
            out.push_back(s);
        }
    if (give_frames)
        out.insert(out.end(), {"--frames", std::to_string(p.frames)});
    if (timing_only)
        out.emplace_back("--timing-only");
    if (!inject_tensor.empty())
        out.insert(out.end(), {"--inject-tensor", inject_tensor});
    if (!wall_limit.empty())
        out.insert(out.end(), {"--wall-limit", wall_limit});
    return out;
}

sweep_plan read_sweep(const std::string& file, bool statistics_known) {
    return sweep_reader(file).read(statistics_known);
}

}  // namespace ocellus::sim
