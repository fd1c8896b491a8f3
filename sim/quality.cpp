// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.h"
#include "core/diagnostics.h"
#include "core/files.h"
#include "core/picture.h"
#include "sim/inputs.h"
#include "sim/picture_quality.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string& message) {
    throw input_error(exit_code::usage, "error: " + message);
}

/// A picture of a run, and how it is coded.
struct candidate {
    std::uint32_t frame = 0;
    std::string name, file;
    bool linear = false, mosaic = false;
};

/// The stages that were dumped, else the pictures that the host received.
std::vector<candidate> pictures_of(const std::string& folder, const settings& s) {
    std::vector<candidate> found;
    const std::string list = folder + "/stages.json";
    if (std::filesystem::exists(list)) {
        try {
            const json stages = json::parse(read_input_file(list));
            for (const auto& stage : stages)
                found.push_back(
                    {stage.at("frame").get<std::uint32_t>(), stage.at("stage").get<std::string>(),
                     stage.at("file").get<std::string>(), stage.at("bits").get<int>() > 8,
                     stage.at("channels").get<int>() == 1});
        } catch (const json::exception& e) {
            fail(fmt::format("{}: no list of stages: {}", list, e.what()));
        }
        return found;
    }
    for (std::uint32_t n = 0; n < s.run.frames; ++n) {
        // The preview is no candidate: findings are drawn into it.
        const std::string frame = fmt::format("frame_{:04}.png", n);
        if (s.run.image == image_output::isp && std::filesystem::exists(folder + "/" + frame))
            found.push_back({n, "picture", frame, false, false});
    }
    return found;
}

/// What a line of the table holds.
struct row {
    std::optional<double> exposure, psnr, ssim, snr, mtf50, delta_e, delta_e_max;
};

/// A scene, and the light of the frame and size that were asked for last.
struct comparison {
    const models::scene& scene;
    std::string name;
    const settings& s;
    light truth;
    std::uint32_t frame;
    unsigned width, height;

    row with(const picture& p, const candidate& c) {
        light codes = codes_of(p);
        if (c.mosaic) {
            // Three equal channels: one of them.
            for (std::size_t i = 0; 3 * i < codes.size(); ++i)
                codes[i] = codes[3 * i];
            row r;
            r.snr = mosaic_snr(codes, p.width, p.height, s.isp.colour_order, name);
            return r;
        }
        if (truth.empty() || c.frame != frame || p.width != width || p.height != height) {
            frame = c.frame;
            width = p.width;
            height = p.height;
            truth = ideal_light(scene, frame, s, width, height);
        }
        const picture_figures f =
            compare_picture(std::move(codes), width, height, c.linear, truth, name);
        return {f.exposure, f.psnr, f.ssim, f.snr, f.mtf50, f.delta_e, f.delta_e_max};
    }
};

std::string text_of(const std::optional<double>& v, int digits, const char* none) {
    return v && std::isfinite(*v) ? fmt::format("{:.{}f}", *v, digits) : std::string(none);
}

}  // namespace

int quality(const command_line& command) {
    const std::string folder = command.files[0];
    const std::string file = folder + "/config.toml";
    if (!std::filesystem::exists(file))
        fail(fmt::format("{}: no folder of ocellus run --out: it has no config.toml", folder));
    settings s;
    parameter_registry registry;
    diagnostics problems;
    s.declare(registry);
    load_config_file(file, registry, problems);
    problems.throw_if_errors();
    s.follow();
    std::string scene_name = command.scene.empty() ? s.run.scene : command.scene;
    if (command.scene.empty() && scene_name.rfind("builtin:", 0) != 0)
        fail(fmt::format("{}: the run looked at '{}': say where it is with --scene FILE", folder,
                         scene_name));
    const auto scene = load_scene(scene_name, s.run, s.run.frames);
    const auto pictures = pictures_of(folder, s);
    if (pictures.empty())
        fail(
            fmt::format("{}: no picture to compare: run with --dump-stages and a network, or with "
                        "--set output.image=isp",
                        folder));
    const bool as_json = command.output_format == command_line::format::json;
    std::string out = as_json          ? "["
                      : command.as_csv ? "frame,stage,width,height,exposure,psnr_db,ssim,snr_db,"
                                         "mtf50,delta_e_mean,delta_e_max\n"
                                       : fmt::format(
                                             "{:>5} {:<22} {:>8} {:>8} {:>7} {:>7} {:>7} "
                                             "{:>8} {:>7}\n",
                                             "frame", "stage", "exposure", "PSNR", "SSIM", "SNR",
                                             "MTF50", "dE mean", "dE max");
    comparison compare{*scene, scene_name, s, {}, 0, 0, 0};
    bool first = true;
    for (const auto& p : pictures) {
        const picture loaded = load_picture(folder + "/" + p.file);
        const unsigned width = loaded.width, height = loaded.height;
        const row f = compare.with(loaded, p);
        const auto field = [&](const std::optional<double>& v, int digits) {
            return text_of(v, digits, as_json ? "null" : command.as_csv ? "" : "-");
        };
        if (as_json)
            out += fmt::format(
                "{}\n  {{\"frame\": {}, \"stage\": {}, \"width\": {}, \"height\": {}, "
                "\"exposure\": {}, \"psnr_db\": {}, \"ssim\": {}, \"snr_db\": {}, \"mtf50\": {}, "
                "\"delta_e_mean\": {}, \"delta_e_max\": {}}}",
                first ? "" : ",", p.frame, json(p.name).dump(), width, height, field(f.exposure, 5),
                field(f.psnr, 3), field(f.ssim, 5), field(f.snr, 3), field(f.mtf50, 4),
                field(f.delta_e, 4), field(f.delta_e_max, 4));
        else if (command.as_csv)
            out += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", p.frame, p.name, width, height,
                               field(f.exposure, 5), field(f.psnr, 3), field(f.ssim, 5),
                               field(f.snr, 3), field(f.mtf50, 4), field(f.delta_e, 4),
                               field(f.delta_e_max, 4));
        else
            out += fmt::format("{:>5} {:<22} {:>8} {:>8} {:>7} {:>7} {:>7} {:>8} {:>7}\n", p.frame,
                               p.name, field(f.exposure, 3), field(f.psnr, 2), field(f.ssim, 4),
                               field(f.snr, 2), field(f.mtf50, 3), field(f.delta_e, 3),
                               field(f.delta_e_max, 3));
        first = false;
    }
    if (as_json)
        out += "\n]\n";
    if (std::fputs(out.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
