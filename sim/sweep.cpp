// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/text.h"
#include "sim/child_processes.h"
#include "sim/sweep_plan.h"
#include "sim/sweep_results.h"
#include "sim/sweep_shard.h"
#include "sim/sweep_store.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr const char* store_name = "sweep.sqlite";

double seconds_since(steady::time_point begin) {
    return std::chrono::duration<double>(steady::now() - begin).count();
}

[[noreturn]] void fail(exit_code code, const std::string& message) {
    throw input_error(code, "error: " + message);
}

/// A line on the terminal, rewritten a few times a second; on a file, a line every ten seconds.
class sweep_progress {
  public:
    sweep_progress(bool quiet, std::uint64_t before, std::uint64_t points)
        : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0), before_(before), points_(points) {}
    ~sweep_progress() { clear(); }
    /// `finished`: points of this process; `failed`: of all.
    void show(std::uint64_t finished, std::uint64_t failed) {
        const double now = seconds_since(begin_);
        if (quiet_ || now - last_ < (terminal_ ? 0.2 : 10.0))
            return;
        last_ = now;
        const auto left = points_ - before_ - finished;
        const std::string time =
            finished ? fmt::format(", {:.0f} s left",
                                   now * static_cast<double>(left) / static_cast<double>(finished))
                     : "";
        std::fprintf(stderr, "%s%llu of %llu points, %llu failed%s%s", terminal_ ? "\r" : "",
                     static_cast<unsigned long long>(before_ + finished),
                     static_cast<unsigned long long>(points_),
                     static_cast<unsigned long long>(failed), time.c_str(),
                     terminal_ ? "   " : "\n");
        shown_ = terminal_;
    }
    void clear() {
        if (shown_)
            std::fprintf(stderr, "\r%60s\r", "");
        shown_ = false;
    }

  private:
    bool quiet_, terminal_, shown_ = false;
    std::uint64_t before_, points_;
    double last_ = 0;
    steady::time_point begin_ = steady::now();
};

/// A file that appears whole, in place of a former one.
void write_file(const std::string& path, const std::string& bytes) {
    const std::string partial = path + ".partial";
    output_file f(partial, path);
    f.write(bytes);
    f.close();
    if (std::rename(partial.c_str(), path.c_str()) != 0)
        fail(exit_code::io,
             fmt::format("cannot write '{}': {}", path, std::generic_category().message(errno)));
}

std::vector<std::pair<std::string, std::string>> result_files(const sweep_results& r) {
    std::vector<std::pair<std::string, std::string>> out = {{"results.csv", results_csv(r)},
                                                            {"results.json", results_json(r)},
                                                            {"effects.csv", effects_csv(r)}};
    if (!r.goals.empty())
        out.emplace_back("pareto.csv", pareto_csv(r));
    if (auto chart = chart_svg(r); !chart.empty())
        out.emplace_back("chart.svg", std::move(chart));
    return out;
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        fail(exit_code::io,
             fmt::format("cannot create folder '{}': {}", folder.string(), error.message()));
}

/// The folder of a sweep: new, empty, or that of a sweep, be it that one was killed at its start.
void check_folder(const std::string& folder, const std::string& store) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_directory(folder, error))
        fail(exit_code::usage, fmt::format("output folder '{}' is a file", folder));
    if (fs::is_directory(folder, error) && !fs::exists(store))
        for (const auto& entry : fs::directory_iterator(folder, error))
            if (entry.path().filename().string().rfind(store_name, 0) != 0)
                fail(exit_code::usage,
                     fmt::format("output folder '{}' holds files, but no sweep; name another "
                                 "folder",
                                 folder));
    make_folder(folder);
}

/// The line of a program's standard error that says what was wrong.
std::string message_of(const std::string& text) {
    const auto line = [&text](std::size_t at) {
        const auto begin = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
        return text.substr(begin, text.find('\n', at) - begin);
    };
    const auto at = text.find("error: ");
    if (at != std::string::npos)
        return line(at);
    const auto last = text.find_last_not_of(" \n");
    return last == std::string::npos ? "" : line(last);
}

/// What a finished process left behind, as a result.
sweep_result result_of(const sweep_plan& plan, std::uint64_t number, int code, const fs::path& work,
                       std::vector<sweep_metric>& described) {
    sweep_result r;
    r.number = number;
    r.exit_code = code;
    r.done = code == 0;
    described.clear();
    if (!r.done) {
        std::string text;
        std::error_code error;
        if (fs::exists(work / "stderr", error))
            text = read_file((work / "stderr").string());
        r.message = message_of(text);
        // The folder's name is not part of a result.
        for (std::size_t at; (at = r.message.find(work.string())) != std::string::npos;)
            r.message.replace(at, work.string().size(), "DIR");
        if (r.message.empty())
            r.message = code > 128 ? fmt::format("ended by signal {}", code - 128) : "no message";
        return r;
    }
    const auto json = nlohmann::json::parse(read_file((work / "out/stats.json").string()));
    for (const auto& [name, s] : json.at("statistics").items()) {
        if (!plan.keeps(name))
            continue;
        const auto& v = s.at("value");
        r.metrics[name] = v.is_null()              ? ""
                          : v.is_number_unsigned() ? std::to_string(v.get<std::uint64_t>())
                          : v.is_number_integer()  ? std::to_string(v.get<std::int64_t>())
                                                   : shortest(v.get<double>());
        described.push_back({name, s.at("unit"), s.at("description")});
    }
    return r;
}

/// Simulates the points; returns the signal that ended it early, or 0.
int simulate(const sweep_plan& plan, const std::vector<std::uint64_t>& points, sweep_store& store,
             const fs::path& work, unsigned jobs, sweep_progress& shown, std::uint64_t failed) {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const std::string threads = std::to_string(std::max(1u, cores / jobs));
    std::map<std::uint64_t, steady::time_point> begun;
    std::vector<sweep_metric> described;
    child_processes children;
    std::size_t next = 0;
    std::uint64_t finished = 0;
    const auto folder = [&](std::uint64_t n) { return work / ("point-" + std::to_string(n)); };
    while (!children.signal()) {
        while (children.running() < jobs && next < points.size()) {
            const auto n = points[next++];
            make_folder(folder(n));
            auto arguments = plan.arguments(plan.points[n]);
            arguments.insert(arguments.end(),
                             {"--threads", threads, "--out", (folder(n) / "out").string()});
            begun[n] = steady::now();
            children.start(n, arguments, (folder(n) / "stderr").string());
        }
        if (children.running() == 0)
            return 0;
        if (const auto end = children.wait(0.25)) {
            auto r = result_of(plan, end->key, end->exit_code, folder(end->key), described);
            r.wall_seconds = seconds_since(begun[end->key]);
            store.add(r, described);
            ++finished;
            failed += !r.done;
            std::error_code ignored;
            fs::remove_all(folder(end->key), ignored);
        }
        shown.show(finished, failed);
    }
    children.stop();
    return children.signal();
}

/// Summary on standard output, the first failures on standard error; returns the exit code.
int report(const sweep_results& r, std::uint64_t wanted, const std::string& where) {
    constexpr unsigned shown_failures = 5;
    std::uint64_t failed = 0;
    for (const auto& p : r.points) {
        if (p.done || ++failed > shown_failures)
            continue;
        std::string values;
        for (std::size_t k = 0; k < r.knobs.size(); ++k)
            values += fmt::format("{}{} = {}", k ? ", " : "", r.knobs[k].name, p.values[k].text);
        std::fprintf(stderr, "point %llu (%s) failed with exit code %d: %s\n",
                     static_cast<unsigned long long>(p.number), values.c_str(), p.exit_code,
                     p.message.c_str());
    }
    if (failed > shown_failures)
        std::fprintf(stderr, "... and %llu more\n",
                     static_cast<unsigned long long>(failed - shown_failures));
    const auto missing = wanted - std::min<std::uint64_t>(wanted, r.points.size());
    std::fputs(
        fmt::format("{} points: {} done, {} failed{}\n", r.points.size(), r.points.size() - failed,
                    failed, missing ? fmt::format("; {} of {} are missing", missing, wanted) : "")
            .c_str(),
        stdout);
    std::fputs(fmt::format("  {:<22} {}\n", "results in", where).c_str(), stdout);
    if (std::fflush(stdout) != 0)
        fail(exit_code::io, "cannot write to standard output");
    return static_cast<int>(failed || missing ? exit_code::mismatch : exit_code::ok);
}

}  // namespace

int sweep(const command_line& command) {
    const sweep_plan plan = read_sweep(command.config_file);
    const sweep_shard shard = shard_of(command.shard);
    const std::string file =
        command.store.empty() ? (fs::path(command.out) / store_name).string() : command.store;
    if (!command.out.empty())
        check_folder(command.out, file);
    else if (fs::path(file).has_parent_path())
        make_folder(fs::path(file).parent_path());
    const store_lock lock(file);
    sweep_store store(file, plan);
    const auto again = command.retry_failed ? store.forget_failed() : 0;
    const auto finished = store.finished();

    std::vector<std::uint64_t> todo;
    std::uint64_t wanted = 0;
    for (std::uint64_t n = 0; n < plan.points.size(); ++n)
        if (n % shard.count == shard.index) {
            ++wanted;
            if (!finished.count(n))
                todo.push_back(n);
        }
    if (!command.quiet) {
        if (plan.infeasible_points)
            std::fprintf(stderr,
                         "warning: %llu of %llu points cannot be configured and will fail; the "
                         "first because %s\n",
                         static_cast<unsigned long long>(plan.infeasible_points),
                         static_cast<unsigned long long>(plan.points.size()),
                         plan.infeasible.c_str());
        if (todo.size() < wanted)
            std::fprintf(stderr, "%llu of %llu points are done already\n",
                         static_cast<unsigned long long>(wanted - todo.size()),
                         static_cast<unsigned long long>(wanted));
        if (again)
            std::fprintf(stderr, "%llu failed points are tried again\n",
                         static_cast<unsigned long long>(again));
    }

    // What a killed sweep left behind is of no use.
    const fs::path work = file + ".work";
    std::error_code ignored;
    fs::remove_all(work, ignored);
    std::uint64_t failed = 0;
    if (!finished.empty())
        for (const auto& p : store.read().points)
            failed += !p.done;
    const unsigned jobs = command.jobs.value_or(std::max(1u, std::thread::hardware_concurrency()));
    int signal = 0;
    {
        sweep_progress shown(command.quiet, wanted - todo.size(), wanted);
        signal = simulate(plan, todo, store, work, jobs, shown, failed);
    }
    fs::remove_all(work, ignored);
    if (signal) {
        std::fprintf(stderr,
                     "error: stopped by a signal; what is done is in '%s', and the same command "
                     "goes on from there\n",
                     file.c_str());
        return 128 + signal;
    }
    const auto results = store.read();
    if (!command.out.empty())
        for (const auto& [name, text] : result_files(results))
            write_file((fs::path(command.out) / name).string(), text);
    return report(results, wanted, command.out.empty() ? file : command.out);
}

int merge_sweeps(const command_line& command) {
    output_folder out(command.out, command.force);
    std::optional<sweep_store> merged;
    std::string plan, version, first;
    std::map<std::uint64_t, std::pair<sweep_result, std::string>> seen;
    std::vector<std::string> conflicts;
    for (const auto& file : command.files) {
        const sweep_store store(file);
        const auto r = store.read();
        if (!merged) {
            merged.emplace(out.path_for(store_name), store);
            plan = r.plan;
            first = file;
        } else if (r.plan != plan) {
            fail(exit_code::usage,
                 fmt::format("'{}' and '{}' are not of the same sweep: their plans are {} and {}",
                             first, file, plan, r.plan));
        }
        for (const auto& p : r.points) {
            const auto [it, fresh] = seen.emplace(p.number, std::make_pair(p, file));
            const auto& other = it->second.first;
            if (fresh)
                merged->add(p, r.metrics);
            else if (p.done != other.done || p.exit_code != other.exit_code ||
                     p.metrics != other.metrics)
                conflicts.push_back(fmt::format("point {} ({}): '{}' and '{}' differ", p.number,
                                                p.id, it->second.second, file));
        }
    }
    if (!conflicts.empty())
        fail(exit_code::usage,
             "the stores contradict each other, nothing was merged\n  " + join(conflicts, "\n  "));
    const auto results = merged->read();
    merged.reset();  // all of it is in the one file now
    for (const auto& [name, text] : result_files(results))
        out.write(name, text);
    out.commit();
    return report(results, results.planned, command.out);
}

}  // namespace ocellus::sim
