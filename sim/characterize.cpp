// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "core/files.h"
#include "models/characterization.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

std::string number(double v) {
    return fmt::format("{:.4g}", v);
}

std::string as_table(const models::characterization& c) {
    std::string out =
        fmt::format("{:<24} {:<6} {:>10} {:>10} {:>9}\n", "", "unit", "set", "measured", "error");
    for (const auto& f : c.figures)
        out += fmt::format("{:<24} {:<6} {:>10} {:>10} {:>9}{}\n", f.name, f.unit,
                           f.set ? number(*f.set) : "-", number(f.measured),
                           f.error() ? fmt::format("{:+.2f} %", 100 * *f.error()) : "-",
                           f.note.empty() ? "" : "  " + f.note);
    return out;
}

std::string as_csv(const models::characterization& c) {
    std::string out = "figure,unit,set,measured,error,note\n";
    for (const auto& f : c.figures)
        out += fmt::format("\"{}\",{},{},{},{},\"{}\"\n", f.name, f.unit,
                           f.set ? fmt::format("{}", *f.set) : "", f.measured,
                           f.error() ? fmt::format("{}", *f.error()) : "", f.note);
    return out;
}

std::string as_json(const models::characterization& c, const models::test_stand& stand) {
    nlohmann::json j;
    j["schema"] = "ocellus-characterization-1";
    j["standard"] = "EMVA 1288 release 4.0 linear";
    j["width"] = stand.width;
    j["height"] = stand.height;
    j["levels"] = stand.levels;
    j["images"] = stand.images;
    j["seed"] = stand.seed;
    for (const auto& f : c.figures) {
        nlohmann::json one = {{"name", f.name}, {"unit", f.unit}, {"measured", f.measured}};
        one["set"] = f.set ? nlohmann::json(*f.set) : nlohmann::json();
        one["error"] = f.error() ? nlohmann::json(*f.error()) : nlohmann::json();
        if (!f.note.empty())
            one["note"] = f.note;
        j["figures"].push_back(one);
    }
    return j.dump(2) + "\n";
}

std::string curve_csv(const models::characterization& c) {
    std::string out = "electrons,mean_dn,variance_dn2,dark_mean_dn,dark_variance_dn2\n";
    for (const auto& p : c.curve)
        out += fmt::format("{},{},{},{},{}\n", p.exposure, p.light.mean, p.light.variance,
                           p.dark.mean, p.dark.variance);
    return out;
}

}  // namespace

int characterize(const command_line& command) {
    settings s;
    parameter_registry registry;
    resolve_settings(command, s, registry);
    models::test_stand stand;
    stand.pixels = s.pixels;
    stand.adc = s.adc;
    stand.seed = s.run.seed;
    stand.width =
        static_cast<unsigned>(std::min<std::uint64_t>(stand.width, s.pixels.sensor.width));
    stand.height =
        static_cast<unsigned>(std::min<std::uint64_t>(stand.height, s.pixels.sensor.height));
    worker_pool pool(command.threads ? *command.threads
                                     : std::max(1u, std::thread::hardware_concurrency()));
    std::optional<output_folder> out;
    if (!command.out.empty())
        out.emplace(command.out, command.force);
    const models::characterization c = models::characterize(stand, pool);
    if (out) {
        out->write("characterization.json", as_json(c, stand));
        out->write("characterization.csv", as_csv(c));
        out->write("photon_transfer.csv", curve_csv(c));
        out->commit();
    }
    const std::string text =
        command.output_format == command_line::format::json ? as_json(c, stand) : as_table(c);
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
