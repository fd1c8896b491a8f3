// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sweep_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/text.h"
#include "core/units.h"
#include "sim/plot.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t few_metrics = 32;
constexpr std::size_t most_values = 16;  ///< of a knob, before its values are grouped
constexpr std::size_t groups = 8;

constexpr const char* end_of_line = "\r\n";

std::optional<double> number_of(const std::string& text) {
    double value = 0;
    std::string why;
    if (text.empty() || !parse_quantity(text, unit::none, value, why))
        return std::nullopt;
    return value;
}

std::optional<double> metric_of(const sweep_result& p, const std::string& name) {
    const auto it = p.metrics.find(name);
    return it == p.metrics.end() ? std::nullopt : number_of(it->second);
}

/// JSON of a value that is a number where it looks like one.
std::string json_value(const std::string& plain, bool number) {
    if (number)
        return plain.empty() ? "null" : plain;
    return json_string(plain);
}

/// Points that have all metrics of the goals, and which of these are on the front.
std::vector<const sweep_result*> front_of(const sweep_results& r) {
    std::vector<const sweep_result*> candidates;
    std::vector<std::vector<double>> rows;
    for (const auto& p : r.points) {
        std::vector<double> row;
        for (const auto& g : r.goals)
            if (const auto v = metric_of(p, g.metric))
                row.push_back(*v);
        if (!p.done || row.size() != r.goals.size())
            continue;
        candidates.push_back(&p);
        rows.push_back(std::move(row));
    }
    std::vector<const sweep_result*> front;
    if (!r.goals.empty())
        for (const auto i : pareto_front(rows, r.goals))
            front.push_back(candidates[i]);
    return front;
}

/// Points that have the same value of a knob, or values that lie near each other.
struct group {
    std::string label;
    std::vector<const sweep_result*> points;
};

std::vector<group> groups_of(const sweep_results& r, std::size_t knob) {
    std::vector<group> out;  // in order of first appearance
    std::map<std::string, std::size_t> index;
    bool numbers = true;
    for (const auto& p : r.points) {
        const auto& value = p.values[knob].plain;
        numbers = numbers && number_of(value).has_value();
        const auto [it, fresh] = index.emplace(value, out.size());
        if (fresh)
            out.push_back({value, {}});
        out[it->second].points.push_back(&p);
    }
    if (!numbers)
        return out;
    std::stable_sort(out.begin(), out.end(), [](const group& a, const group& b) {
        return *number_of(a.label) < *number_of(b.label);
    });
    if (out.size() <= most_values)
        return out;
    std::vector<group> merged;
    for (std::size_t i = 0; i < groups; ++i) {
        const std::size_t first = i * out.size() / groups, last = (i + 1) * out.size() / groups - 1;
        group g{out[first].label + " .. " + out[last].label, {}};
        for (std::size_t k = first; k <= last; ++k)
            g.points.insert(g.points.end(), out[k].points.begin(), out[k].points.end());
        merged.push_back(std::move(g));
    }
    return merged;
}

struct effect {
    std::string knob;
    std::vector<std::pair<std::string, std::pair<std::size_t, double>>> means;  ///< label, n, mean
    double range = 0;
};

effect effect_of(const sweep_results& r, std::size_t knob, const std::string& metric) {
    effect e;
    e.knob = r.knobs[knob].name;
    double low = INFINITY, high = -INFINITY;
    for (const auto& g : groups_of(r, knob)) {
        double sum = 0;
        std::size_t n = 0;
        for (const auto* p : g.points)
            if (const auto v = p->done ? metric_of(*p, metric) : std::nullopt) {
                sum += *v;
                ++n;
            }
        if (n == 0)
            continue;
        const double mean = sum / static_cast<double>(n);
        e.means.push_back({g.label, {n, mean}});
        low = std::min(low, mean);
        high = std::max(high, mean);
    }
    e.range = e.means.empty() ? 0 : high - low;
    return e;
}

std::vector<std::string> metrics_with_effects(const sweep_results& r) {
    std::vector<std::string> out;
    for (const auto& g : r.goals)
        if (std::find(out.begin(), out.end(), g.metric) == out.end())
            out.push_back(g.metric);
    if (r.metrics.size() <= few_metrics)
        for (const auto& m : r.metrics)
            if (std::find(out.begin(), out.end(), m.name) == out.end())
                out.push_back(m.name);
    return out;
}

}  // namespace

std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows,
                                      const std::vector<sweep_goal>& goals) {
    std::vector<std::vector<double>> costs = rows;
    for (auto& row : costs)
        for (std::size_t g = 0; g < goals.size(); ++g)
            if (goals[g].maximise)
                row[g] = -row[g];
    // Whoever dominates a row comes before it in lexicographic order, so looking back is enough,
    // and only at the front: dominance is transitive.
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
    std::vector<std::size_t> front;
    for (const auto i : order) {
        const bool dominated = std::any_of(front.begin(), front.end(), [&](std::size_t f) {
            bool better = false;
            for (std::size_t g = 0; g < goals.size(); ++g) {
                if (costs[f][g] > costs[i][g])
                    return false;
                better = better || costs[f][g] < costs[i][g];
            }
            return better;
        });
        if (!dominated)
            front.push_back(i);
    }
    std::sort(front.begin(), front.end());
    return front;
}

std::string results_csv(const sweep_results& r) {
    std::string out = "point";
    for (const auto& k : r.knobs)
        out += "," + csv_field(k.name);
    out += ",status,exit_code,message";
    for (const auto& m : r.metrics)
        out += "," + csv_field(m.name);
    out += end_of_line;
    for (const auto& p : r.points) {
        out += std::to_string(p.number);
        for (const auto& v : p.values)
            out += "," + csv_field(v.plain);
        out +=
            fmt::format(",{},{},{}", p.done ? "done" : "failed", p.exit_code, csv_field(p.message));
        for (const auto& m : r.metrics) {
            const auto it = p.metrics.find(m.name);
            out += ",";
            if (it != p.metrics.end())
                out += csv_field(it->second);
        }
        out += end_of_line;
    }
    return out;
}

std::string results_json(const sweep_results& r) {
    std::string out = "{\n  \"schema\": \"ocellus-sweep-1\",\n";
    out += fmt::format("  \"version\": {},\n  \"plan\": {},\n  \"planned\": {},\n",
                       json_string(r.version), json_string(r.plan), r.planned);
    out += "  \"knobs\": [";
    const char* separator = "\n";
    for (const auto& k : r.knobs) {
        out += fmt::format("{}    {{\"name\": {}, \"unit\": {}}}", separator, json_string(k.name),
                           json_string(k.unit));
        separator = ",\n";
    }
    out += "\n  ],\n  \"metrics\": {";
    separator = "\n";
    for (const auto& m : r.metrics) {
        out += fmt::format("{}    {}: {{\"unit\": {}, \"description\": {}}}", separator,
                           json_string(m.name), json_string(m.unit), json_string(m.description));
        separator = ",\n";
    }
    out += "\n  },\n  \"goals\": [";
    separator = "";
    for (const auto& g : r.goals) {
        out += fmt::format("{}{{\"metric\": {}, \"goal\": \"{}\"}}", separator,
                           json_string(g.metric), g.maximise ? "max" : "min");
        separator = ", ";
    }
    out += "],\n  \"pareto\": [";
    separator = "";
    for (const auto* p : front_of(r)) {
        out += separator + std::to_string(p->number);
        separator = ", ";
    }
    out += "],\n  \"points\": [";
    separator = "\n";
    for (const auto& p : r.points) {
        out += fmt::format("{}    {{\"point\": {}, \"id\": {}, \"knobs\": {{", separator, p.number,
                           json_string(p.id));
        for (std::size_t k = 0; k < r.knobs.size(); ++k)
            out += fmt::format("{}{}: {}", k ? ", " : "", json_string(r.knobs[k].name),
                               json_value(p.values[k].plain, r.knobs[k].number));
        out += fmt::format(
            "}}, \"status\": \"{}\", \"exit_code\": {}, \"message\": {}, "
            "\"metrics\": {{",
            p.done ? "done" : "failed", p.exit_code, json_string(p.message));
        const char* comma = "";
        for (const auto& [name, value] : p.metrics) {
            out += fmt::format("{}{}: {}", comma, json_string(name), json_value(value, true));
            comma = ", ";
        }
        out += "}}";
        separator = ",\n";
    }
    return out + "\n  ]\n}\n";
}

std::string pareto_csv(const sweep_results& r) {
    std::string out = "point";
    for (const auto& k : r.knobs)
        out += "," + csv_field(k.name);
    for (const auto& g : r.goals)
        out += "," + csv_field(g.metric);
    out += end_of_line;
    for (const auto* p : front_of(r)) {
        out += std::to_string(p->number);
        for (const auto& v : p->values)
            out += "," + csv_field(v.plain);
        for (const auto& g : r.goals)
            out += "," + csv_field(p->metrics.at(g.metric));
        out += end_of_line;
    }
    return out;
}

std::string chart_svg(const sweep_results& r) {
    if (r.goals.size() < 2)
        return {};
    const std::string& x_name = r.goals.front().metric;
    const auto unit_of = [&r](const std::string& name) {
        for (const auto& m : r.metrics)
            if (m.name == name && !m.unit.empty() && m.unit != "1")
                return " (" + m.unit + ")";
        return std::string();
    };
    plot p;
    p.title = "Sweep: " + std::to_string(r.points.size()) + " points";
    p.x_name = x_name + unit_of(x_name);
    p.y_name = "share of the largest";
    for (std::size_t g = 1; g < r.goals.size(); ++g) {
        plot::series s;
        const std::string& name = r.goals[g].metric;
        double most = 0;
        for (const auto& point : r.points)
            if (const auto v = point.done ? metric_of(point, name) : std::nullopt)
                most = std::max(most, std::fabs(*v));
        for (const auto& point : r.points) {
            const auto x = point.done ? metric_of(point, x_name) : std::nullopt,
                       y = point.done ? metric_of(point, name) : std::nullopt;
            if (x && y)
                s.points.emplace_back(*x, most > 0 ? *y / most : 0.0);
        }
        s.name = fmt::format("{} (1 = {:.6g}{})", name, most, unit_of(name));
        s.dots = true;
        p.curves.push_back(std::move(s));
    }
    if (p.curves.size() == 1)  // it has no legend
        p.y_name = p.curves.front().name;
    return render_svg(p);
}

std::string effects_csv(const sweep_results& r) {
    std::string out = std::string("metric,knob,rank,range,value,points,mean") + end_of_line;
    for (const auto& metric : metrics_with_effects(r)) {
        std::vector<effect> effects;
        for (std::size_t k = 0; k < r.knobs.size(); ++k)
            effects.push_back(effect_of(r, k, metric));
        std::stable_sort(effects.begin(), effects.end(),
                         [](const effect& a, const effect& b) { return a.range > b.range; });
        for (std::size_t rank = 0; rank < effects.size(); ++rank)
            for (const auto& [label, mean] : effects[rank].means)
                out += fmt::format("{},{},{},{},{},{},{}{}", csv_field(metric),
                                   csv_field(effects[rank].knob), rank + 1,
                                   shortest(effects[rank].range), csv_field(label), mean.first,
                                   shortest(mean.second), end_of_line);
    }
    return out;
}

}  // namespace ocellus::sim
