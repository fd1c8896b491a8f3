// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sensitivity.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <tuple>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/text.h"
#include "core/units.h"
#include "sim/child_processes.h"
#include "sim/scratch_folder.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;

/// The sensor of both runs: that of configs/small.toml.
const char* const small_sensor[] = {"sensor.width=676", "sensor.height=506",
                                    "sensor.line_length=9398", "sensor.frame_length=1319"};

struct moments {
    double sum = 0, squares = 0;
    std::uint64_t count = 0;
    void add(double v) {
        sum += v;
        squares += v * v;
        ++count;
    }
    double mean() const { return count ? sum / static_cast<double>(count) : 0; }
    double deviation() const {
        const double m = mean();
        return count ? std::sqrt(std::max(0.0, squares / static_cast<double>(count) - m * m)) : 0;
    }
};

/// Samples of packed RAW10 or RAW12 rows that fill whole groups of bytes.
moments samples_of(const std::string& bytes, unsigned bits) {
    moments out;
    const std::size_t samples = bits == 10 ? 4 : 2, group = samples + 1;
    const unsigned low_bits = bits - 8;
    const double full = (1u << bits) - 1;
    for (std::size_t at = 0; at + group <= bytes.size(); at += group) {
        const unsigned low = static_cast<unsigned char>(bytes[at + samples]);
        for (std::size_t i = 0; i < samples; ++i) {
            const unsigned high = static_cast<unsigned char>(bytes[at + i]);
            out.add(((high << low_bits) | (low >> (low_bits * i) & ((1u << low_bits) - 1))) / full);
        }
    }
    return out;
}

bool needs_pixels(const sensitivity& s) {
    return std::any_of(s.effects.begin(), s.effects.end(), [](const sensitivity::effect& e) {
        return e.metric.rfind("image.", 0) == 0 || e.metric.rfind("tensor.", 0) == 0;
    });
}

std::vector<std::string> arguments(const sensitivity_trial& t, int which, const fs::path& folder) {
    std::vector<std::string> out = {"run"};
    const auto set = [&out](const std::string& setting) {
        out.emplace_back("--set");
        out.push_back(setting);
    };
    for (const char* s : small_sensor)
        set(s);
    for (const auto& s : t.p->effect.under)
        set(s);
    set(t.p->name + "=" + (which ? t.to : t.from));
    if (!needs_pixels(t.p->effect))
        out.emplace_back("--timing-only");
    out.insert(out.end(), {"--quiet", "--threads", "1", "--out", (folder / "out").string()});
    return out;
}

run_metrics metrics_of(int code, const fs::path& folder) {
    run_metrics r;
    if (code != 0) {
        const auto text = read_file((folder / "stderr").string());
        r.failure = fmt::format("exit code {}: {}", code, text.substr(0, text.find('\n')));
        return r;
    }
    const auto json = nlohmann::json::parse(read_file((folder / "out/stats.json").string()));
    for (const auto& [name, s] : json.at("statistics").items())
        if (s.at("value").is_number())
            r.values[name] = s.at("value").get<double>();
    for (const auto& [name, value] : content_measures((folder / "out").string()))
        r.values[name] = value;
    return r;
}

/// Runs everything; returns the signal that ended it early, or 0.
int run_trials(std::vector<sensitivity_trial>& trials, unsigned jobs) {
    const scratch_folder folder("sensitivity");
    std::vector<std::size_t> todo;  // two runs for each
    for (std::size_t i = 0; i < trials.size(); ++i)
        if (!trials[i].to.empty()) {
            todo.push_back(2 * i);
            todo.push_back(2 * i + 1);
        }
    child_processes children;
    std::size_t next = 0;
    while (!children.signal()) {
        while (children.running() < jobs && next < todo.size()) {
            const auto n = todo[next++];
            const auto where = folder.path() / std::to_string(n);
            fs::create_directory(where);
            children.start(n, arguments(trials[n / 2], n % 2, where), (where / "stderr").string());
        }
        if (children.running() == 0)
            return 0;
        if (const auto end = children.wait(1)) {
            const auto where = folder.path() / std::to_string(end->key);
            trials[end->key / 2].runs[end->key % 2] = metrics_of(end->exit_code, where);
            std::error_code ignored;
            fs::remove_all(where, ignored);
        }
    }
    children.stop();
    return children.signal();
}

}  // namespace

bool judge(const sensitivity_trial& t, std::string& line) {
    const auto& s = t.p->effect;
    const auto start = [&](const char* verdict) {
        return fmt::format("{:<7} {:<28} ", verdict, t.p->name);
    };
    if (!s.declared()) {
        line = start("failed") + "not declared";
        return false;
    }
    if (s.effects.empty() && t.from.empty()) {
        line = start("none") + s.nothing;
        return true;
    }
    const std::string values = fmt::format("{} -> {}: ", t.from, t.to);
    if (t.from.empty() && t.to.empty()) {
        line = start("failed") + "no two values to compare";
        return false;
    }
    for (const auto& r : t.runs)
        if (!r.failure.empty()) {
            line = start("failed") + values + r.failure;
            return false;
        }
    if (s.effects.empty()) {
        // What is said to move nothing must not move anything.
        std::string different;
        for (const auto& [name, value] : t.runs[0].values) {
            const auto other = t.runs[1].values.find(name);
            if (other == t.runs[1].values.end() || other->second != value)
                different += (different.empty() ? "" : ", ") + name;
        }
        line = different.empty() ? start("none") + values +
                                       fmt::format("all {} statistics are equal; {}",
                                                   t.runs[0].values.size(), s.nothing)
                                 : start("failed") + values + "moves " + different;
        return different.empty();
    }
    bool good = true;
    std::string moved;
    for (const auto& e : s.effects) {
        const auto a = t.runs[0].values.find(e.metric), b = t.runs[1].values.find(e.metric);
        moved += moved.empty() ? "" : "; ";
        if (a == t.runs[0].values.end() || b == t.runs[1].values.end()) {
            moved += e.metric + " does not exist";
            good = false;
            continue;
        }
        const bool right = e.direction > 0 ? b->second > a->second : b->second < a->second;
        moved += fmt::format("{} {:.6g} -> {:.6g}{}", e.metric, a->second, b->second,
                             right             ? ""
                             : e.direction > 0 ? " (should grow)"
                                               : " (should shrink)");
        good = good && right;
    }
    line = start(good ? "ok" : "failed") + values + moved;
    return good;
}

std::pair<std::string, std::string> compared_values(const parameter& p) {
    if (!p.effect.from.empty() || !p.effect.to.empty() || p.effect.effects.empty())
        return {p.effect.from, p.effect.to};
    if (p.type == parameter::kind::boolean)
        return {"false", "true"};
    double value = 0;
    std::string why;
    const bool number = p.type == parameter::kind::integer || p.type == parameter::kind::real;
    if (!number || !parse_quantity(p.default_text, p.dimension, value, why) || !(value > 0))
        return {};
    double low = std::max(value / 2, p.minimum), high = std::min(value * 2, p.maximum);
    if (p.type == parameter::kind::integer) {
        low = std::max(std::floor(low), p.minimum);
        high = std::floor(high);
    }
    return {format_quantity(low, p.dimension), format_quantity(high, p.dimension)};
}

std::map<std::string, double> content_measures(const std::string& folder) {
    std::map<std::string, double> out;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        const auto extension = entry.path().extension();
        if (extension == ".raw10" || extension == ".raw12") {
            const auto m =
                samples_of(read_file(entry.path().string()), extension == ".raw10" ? 10 : 12);
            out["image.mean"] = m.mean();
            out["image.deviation"] = m.deviation();
        } else if (name.rfind("tensor_", 0) == 0 && extension == ".bin") {
            const auto bytes = read_file(entry.path().string());
            moments all, colour[3];
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                const double v = static_cast<signed char>(bytes[i]);
                all.add(v);
                colour[i % 3].add(v);
            }
            out["tensor.mean"] = all.mean();
            out["tensor.deviation"] = all.deviation();
            out["tensor.red"] = colour[0].mean();
            out["tensor.green"] = colour[1].mean();
            out["tensor.blue"] = colour[2].mean();
        }
    }
    return out;
}

int check_sensitivity(const command_line& command) {
    parameter_registry registry;
    settings s;
    s.declare(registry);
    std::vector<sensitivity_trial> trials;
    for (const auto* p : registry.all()) {
        if (!matches_glob(command.glob, p->name) && !matches_glob(command.glob + ".*", p->name))
            continue;
        sensitivity_trial t;
        t.p = p;
        std::tie(t.from, t.to) = compared_values(*p);
        trials.push_back(std::move(t));
    }
    if (trials.empty())
        throw input_error(exit_code::usage, fmt::format("error: no parameter fits '{}'; see "
                                                        "'ocellus params'",
                                                        command.glob));
    const int signal = run_trials(
        trials, command.jobs.value_or(std::max(1u, std::thread::hardware_concurrency())));
    if (signal) {
        std::fputs("error: stopped by a signal\n", stderr);
        return 128 + signal;
    }
    std::uint64_t failed = 0, none = 0;
    for (const auto& t : trials) {
        std::string line;
        if (!judge(t, line))
            ++failed;
        else if (t.p->effect.effects.empty())
            ++none;
        std::fputs((line + "\n").c_str(), stdout);
    }
    std::fputs(fmt::format("{} parameters: {} move what they say, {} move nothing, {} failed\n",
                           trials.size(), trials.size() - none - failed, none, failed)
                   .c_str(),
               stdout);
    if (std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(failed ? exit_code::mismatch : exit_code::ok);
}

}  // namespace ocellus::sim
