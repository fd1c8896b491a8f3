// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/text.h"
#include "sim/child_processes.h"
#include "sim/diff.h"
#include "sim/recording.h"
#include "sim/regress_suite.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr std::size_t most_lines = 20;  // of a case's differences on the terminal

double seconds_since(steady::time_point begin) {
    return std::chrono::duration<double>(steady::now() - begin).count();
}

std::string quoted(const std::string& word) {
    if (!word.empty() && word.find_first_of(" \t\"'\\$*?;&|<>()[]{}#~`") == std::string::npos)
        return word;
    std::string out = "'";
    for (char c : word)
        out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

std::string command_of(const regress_case& c) {
    std::string out = "ocellus";
    for (const auto& word : c.arguments)
        out += " " + quoted(word);
    return out;
}

class runner {
  public:
    runner(const regress_suite& suite, const command_line& command)
        : suite_(suite), command_(command) {
        for (const auto& c : suite.cases)
            if (command.glob.empty() || matches_glob(command.glob, c.name))
                cases_.push_back(&c);
        if (cases_.empty()) {
            std::vector<std::string> names;
            for (const auto& c : suite.cases)
                names.push_back(c.name);
            const auto near = nearest_name(command.glob, names);
            throw input_error(exit_code::usage,
                              fmt::format("error: no case fits '{}'{}", command.glob,
                                          near.empty() ? "" : "; did you mean " + near + "?"));
        }
        results_.resize(cases_.size());
    }

    int run() {
        run_all();
        for (const auto& rule : suite_.rules)
            for (const auto& text : check_rule(rule, runs_)) {
                case_result r;
                r.name = "monotone " + rule.metric;
                r.message = text;
                results_.push_back(r);
                tell(r);
            }
        const auto failed = static_cast<std::size_t>(std::count_if(
            results_.begin(), results_.end(), [](const auto& r) { return !r.message.empty(); }));
        std::printf("%zu passed, %zu failed\n", results_.size() - failed, failed);
        if (!command_.junit.empty())
            replace_file(command_.junit, junit_xml(suite_.name, results_));
        if (!command_.json_file.empty())
            replace_file(command_.json_file, regress_json(suite_.name, results_));
        if (std::fflush(stdout) != 0)
            throw input_error(exit_code::io, "error: cannot write to standard output");
        return static_cast<int>(failed ? exit_code::mismatch : exit_code::ok);
    }

  private:
    std::string folder(std::size_t i) const { return fmt::format("{}/{}", place_.path(), i); }

    void run_all() {
        child_processes children;
        const std::size_t jobs =
            command_.jobs ? *command_.jobs : std::max(1u, std::thread::hardware_concurrency());
        std::vector<steady::time_point> begun(cases_.size());
        std::vector<bool> done(cases_.size());
        std::vector<int> codes(cases_.size());
        std::size_t next = 0, told = 0;
        while (told < cases_.size()) {
            while (next < cases_.size() && children.running() < jobs) {
                begun[next] = steady::now();
                children.start(next, arguments_of(next), folder(next) + ".err");
                ++next;
            }
            if (const auto end = children.wait(1.0)) {
                results_[end->key].seconds = seconds_since(begun[end->key]);
                codes[end->key] = end->exit_code;
                done[end->key] = true;
            }
            if (children.signal())
                throw input_error(static_cast<exit_code>(128 + children.signal()),
                                  "error: stopped by a signal");
            for (; told < cases_.size() && done[told]; ++told)
                judge(told, codes[told]);
        }
    }

    std::vector<std::string> arguments_of(std::size_t i) const {
        const regress_case& c = *cases_[i];
        std::vector<std::string> a = c.arguments;
        a.insert(a.end(), {"--quiet", "--out", folder(i), "--wall-limit",
                           fmt::format("{:g} s", c.wall_limit)});
        if (!c.trace.empty()) {
            a.insert(a.end(), {"--trace", folder(i) + ".otr"});
            for (const auto& glob : c.trace_tracks)
                a.insert(a.end(), {"--trace-tracks", glob});
        }
        return a;
    }

    run_record record_of(std::size_t i, int code) const {
        run_record r;
        r.exit_code = code;
        if (!fs::exists(folder(i) + "/stats.json"))
            return r;
        const auto stats = nlohmann::json::parse(read_file(folder(i) + "/stats.json"));
        for (const auto& [name, entry] : stats.at("statistics").items())
            r.statistics[name] = entry.at("value").get<double>();
        for (auto& [name, hash] : result_hashes(folder(i)))
            // Compared value by value, or made from the others.
            if (name.rfind("stats", 0) != 0 && name != "config.toml" &&
                fs::path(name).extension() != ".png")
                r.files[name] = hash;
        return r;
    }

    void judge(std::size_t i, int code) {
        const regress_case& c = *cases_[i];
        case_result& result = results_[i];
        result.name = c.name;
        result.command = command_of(c);
        const run_record actual = record_of(i, code);
        const std::string errors = read_file(folder(i) + ".err");
        std::vector<std::string> differ;
        if (actual.statistics.empty() && !fs::exists(folder(i))) {
            // It left nothing: a bad command line, or worse.
            differ.push_back(fmt::format("it ended with exit code {} and no results: {}", code,
                                         errors.substr(0, errors.find('\n'))));
        } else if (!fs::exists(c.golden)) {
            differ.push_back("there is no golden file " + c.golden +
                             (command_.update ? "" : "; --update makes it"));
        } else {
            differ = compare(read_golden(c.golden), actual, c.classes);
        }
        compare_traces(c, folder(i) + ".otr", differ);
        runs_[c.name] = actual;
        // What a script expects is not to be updated away.
        const bool failed_script = c.arguments[0] == "replay" && code != 0;
        if (failed_script) {
            result.message = errors + join(differ, "\n");
        } else if (command_.update && !differ.empty() && !actual.statistics.empty()) {
            for (const auto& d : differ)
                std::printf("  %s\n", d.c_str());
            fs::create_directories(fs::path(c.golden).parent_path());
            replace_file(c.golden, golden_text(actual));
            if (!c.trace.empty())
                replace_file(c.trace, read_file(folder(i) + ".otr"));
            result.updated = true;
        } else {
            result.message = join(differ, "\n");
        }
        tell(result);
        std::error_code ignored;
        fs::remove_all(folder(i), ignored);
    }

    static void compare_traces(const regress_case& c, const std::string& actual,
                               std::vector<std::string>& differ) {
        if (c.trace.empty() || !fs::exists(actual))
            return;
        if (!fs::exists(c.trace)) {
            differ.push_back("there is no golden trace " + c.trace);
            return;
        }
        if (const auto d = first_divergence(trace_reader(c.trace), trace_reader(actual)))
            differ.push_back(
                fmt::format("first diverging event at {} in {}, {}", d->time, d->block, d->what));
    }

    static void tell(const case_result& r) {
        if (r.message.empty()) {
            std::printf("%-8s %-32s %6.2f s\n", r.updated ? "updated" : "ok", r.name.c_str(),
                        r.seconds);
            return;
        }
        std::printf("%-8s %-32s %6.2f s\n", "FAILED", r.name.c_str(), r.seconds);
        std::size_t shown = 0, at = 0;
        while (at <= r.message.size() && shown < most_lines) {
            const auto end = std::min(r.message.find('\n', at), r.message.size());
            std::printf("         %s\n", r.message.substr(at, end - at).c_str());
            at = end + 1;
            ++shown;
        }
        if (at <= r.message.size())
            std::printf("         and %zu more\n",
                        static_cast<std::size_t>(
                            std::count(r.message.begin() + static_cast<std::ptrdiff_t>(at),
                                       r.message.end(), '\n') +
                            1));
        if (!r.command.empty())
            std::printf("         again: %s\n", r.command.c_str());
    }

    const regress_suite& suite_;
    const command_line& command_;
    temporary_place place_;
    std::vector<const regress_case*> cases_;
    std::vector<case_result> results_;
    std::map<std::string, run_record> runs_;
};

}  // namespace

int regress(const command_line& command) {
    const regress_suite suite = read_suite(command.files.at(0));
    return runner(suite, command).run();
}

}  // namespace ocellus::sim
