// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/files.h"
#include "core/image_io.h"
#include "sim/inputs.h"
#include "sim/network_doctor.h"
#include "sim/network_report.h"
#include "sim/sensor.h"
#include "sim/session.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

using nlohmann::ordered_json;

/// An ideal camera's picture of the scene: light averaged over the pixels of the network's input,
/// white at 1, in sRGB.
rgb8_image ideal_picture(const models::scene& scene, const settings& s, unsigned width,
                         unsigned height) {
    const auto array_width = static_cast<unsigned>(s.pixels.sensor.width);
    const auto array_height = static_cast<unsigned>(s.pixels.sensor.height);
    const auto light = scene.frame(0, array_width, array_height);
    std::vector<double> sums(std::size_t{3} * width * height, 0), counts(width * height, 0);
    light->rows(0, light->height(),
                [&](unsigned y, const float* red, const float* green, const float* blue) {
                    const std::size_t to = std::size_t{y} * height / light->height() * width;
                    for (unsigned x = 0; x < light->width(); ++x) {
                        const std::size_t at = to + std::size_t{x} * width / light->width();
                        sums[3 * at] += static_cast<double>(red[x]);
                        sums[3 * at + 1] += static_cast<double>(green[x]);
                        sums[3 * at + 2] += static_cast<double>(blue[x]);
                        counts[at] += 1;
                    }
                });
    rgb8_image out(width, height);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const double v = std::clamp(sums[i] / std::max(1.0, counts[i / 3]), 0.0, 1.0);
        unsigned low = 0, high = 255;
        while (low < high) {
            const unsigned middle = (low + high) / 2;
            if (models::srgb_to_linear(middle) < v)
                low = middle + 1;
            else
                high = middle;
        }
        out.data[i] = static_cast<std::uint8_t>(low);
    }
    return out;
}

field_of_view view_of(const settings& s) {
    const auto width = static_cast<double>(s.pixels.sensor.width),
               height = static_cast<double>(s.pixels.sensor.height);
    field_of_view v;
    v.array_aspect = width / height;
    if (s.isp.window_width > 0)
        v.width = std::min(1.0, static_cast<double>(s.isp.window_width) / width);
    if (s.isp.window_height > 0)
        v.height = std::min(1.0, static_cast<double>(s.isp.window_height) / height);
    return v;
}

std::string layers_csv(const std::vector<layer_health>& layers) {
    std::string out =
        "layer,operator,sqnr_alone_db,sqnr_db,clipped,codes,channels,dead_channels,real\n";
    for (const auto& h : layers) {
        std::string name = short_name(h.name, 1000);
        std::replace(name.begin(), name.end(), '"', '\'');
        out += fmt::format("\"{}\",{},{:.2f},{:.2f},{:.5f},{},{},{},{}\n", name,
                           dsp::name_of(h.kind), h.sqnr_alone, h.sqnr, h.clipped, h.codes,
                           h.channels, h.dead, h.exact ? "yes" : "through integers");
    }
    return out;
}

}  // namespace

int doctor(const command_line& given) {
    command_line command = given;
    command.config_file = given.config_file;
    if (!command.frames)
        command.frames = 1;
    parameter_registry registry;
    settings s;
    resolve_settings(command, s, registry);
    worker_pool pool(command.threads ? *command.threads
                                     : std::max(1u, std::thread::hardware_concurrency()));
    const run_inputs in = load_inputs(command, s, registry);
    if (!in.network)
        throw input_error(exit_code::usage, "error: doctor needs a network, not none");
    if (!in.scene)
        throw input_error(exit_code::usage, "error: doctor needs a scene");
    const dsp::network& n = in.network->net;

    std::vector<std::uint8_t> seen;
    {
        statistics stats;
        block_context ctx{pool, stats, s.run.seed, false};
        sensor chip("sensor", s, in, ctx, [](std::uint32_t) { return true; });
        session_limits limits;
        limits.frames = s.run.frames;
        limits.hang = s.run.hang_time;
        session drive(chip, limits);
        drive.run();
        chip.finish(false);
        if (!chip.frames().frames().empty())
            seen = chip.frames().frames().front().tensor;
    }
    std::vector<finding_of_doctor> findings;
    std::vector<layer_health> layers;
    rgb8_image expected = ideal_picture(*in.scene, s, static_cast<unsigned>(n.input().shape[2]),
                                        static_cast<unsigned>(n.input().shape[1]));
    if (seen.size() != n.input().bytes()) {
        findings.push_back({"no_tensor", "", "no input tensor was complete in the first frame",
                            "look at the lost rows of ocellus run, and at the firmware"});
    } else {
        findings = judge_input(n, seen, expected, view_of(s));
        layers = look_at_layers(n, seen);
        for (auto& f : judge_layers(layers))
            findings.push_back(std::move(f));
    }

    const double evidence = seen.empty() ? 0 : evidence_of(n, seen);
    ordered_json report = {{"network", short_name(n.name, 200)},
                           {"scene", s.run.scene},
                           {"evidence", evidence},
                           {"findings", ordered_json::array()},
                           {"layers", ordered_json::array()}};
    std::string text = fmt::format("{} looking at {}: it answers with {:.2f} ({})\n\n",
                                   short_name(n.name, 80), short_name(s.run.scene, 80), evidence,
                                   "detections: sum of their scores; classes: the best score");
    for (const auto& f : findings) {
        text += fmt::format("{}{}{}: {}\n    {}\n", f.what, f.layer.empty() ? "" : " in ", f.layer,
                            f.says, f.advice);
        report["findings"].push_back(
            {{"what", f.what}, {"layer", f.layer}, {"says", f.says}, {"advice", f.advice}});
    }
    if (findings.empty())
        text += "nothing found: input and layers look healthy\n";
    text += fmt::format("\n{:<40} {:>12} {:>12} {:>9} {:>6} {:>10}\n", "layer", "SQNR alone",
                        "SQNR up to", "clipped", "codes", "dead");
    const auto db = [](double v) {
        return v >= 999 ? std::string("-") : fmt::format("{:.1f} dB", v);
    };
    for (const auto& h : layers) {
        text += fmt::format("{:<40} {:>12} {:>12} {:>7.2f} % {:>6} {:>10}\n",
                            short_name(h.name, 40), db(h.sqnr_alone), db(h.sqnr), 100 * h.clipped,
                            h.codes, fmt::format("{} of {}", h.dead, h.channels));
        report["layers"].push_back({{"name", short_name(h.name, 1000)},
                                    {"operator", dsp::name_of(h.kind)},
                                    {"sqnr_alone_db", h.sqnr_alone},
                                    {"sqnr_db", h.sqnr},
                                    {"clipped", h.clipped},
                                    {"codes", h.codes},
                                    {"channels", h.channels},
                                    {"dead_channels", h.dead}});
    }
    if (!command.out.empty()) {
        output_folder out(command.out, command.force);
        out.write("report.json", report.dump(2) + "\n");
        out.write("layers.csv", layers_csv(layers));
        if (!seen.empty())
            out.write("seen.png", encode_png_rgb8(picture_of_tensor(n, seen), 6));
        out.write("expected.png", encode_png_rgb8(expected, 6));
        out.commit();
    }
    if (command.output_format == command_line::format::json)
        text = report.dump(2) + "\n";
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(findings.empty() ? exit_code::ok : exit_code::mismatch);
}

}  // namespace ocellus::sim
