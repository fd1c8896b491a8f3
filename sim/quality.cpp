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
#include <vector>

#include "core/config.h"
#include "core/diagnostics.h"
#include "core/files.h"
#include "core/image_io.h"
#include "isp/image_quality.h"
#include "models/slanted_edge.h"
#include "sim/inputs.h"
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
    bool linear = false;
};

/// The stages that were dumped from the demosaic on, else the pictures that the host received.
std::vector<candidate> pictures_of(const std::string& folder, const settings& s) {
    std::vector<candidate> found;
    const std::string list = folder + "/stages.json";
    if (std::filesystem::exists(list)) {
        try {
            const json stages = json::parse(read_input_file(list));
            for (const auto& stage : stages)
                if (stage.at("channels").get<int>() == 3)
                    found.push_back({stage.at("frame").get<std::uint32_t>(),
                                     stage.at("stage").get<std::string>(),
                                     stage.at("file").get<std::string>(),
                                     stage.at("bits").get<int>() > 8});
        } catch (const json::exception& e) {
            fail(fmt::format("{}: no list of stages: {}", list, e.what()));
        }
        return found;
    }
    for (std::uint32_t n = 0; n < s.run.frames; ++n) {
        // The preview is no candidate: findings are drawn into it.
        const std::string frame = fmt::format("frame_{:04}.png", n);
        if (s.run.image == image_output::isp && std::filesystem::exists(folder + "/" + frame))
            found.push_back({n, "picture", frame, false});
    }
    return found;
}

using light = std::vector<double>;  // linear, R G B interleaved

/// Mean of the scene's light over each pixel.
light ideal_light(const models::scene& scene, std::uint32_t frame, const settings& s,
                  unsigned width, unsigned height) {
    const auto array_width = static_cast<unsigned>(s.pixels.sensor.width),
               array_height = static_cast<unsigned>(s.pixels.sensor.height);
    const auto source = scene.frame(frame, array_width, array_height);
    light sums(std::size_t{3} * width * height, 0);
    std::vector<double> counts(std::size_t{width} * height, 0);
    const std::uint64_t w = source->width(), h = source->height();
    source->rows(0, source->height(),
                 [&](unsigned y, const float* red, const float* green, const float* blue) {
                     for (unsigned x = 0; x < w; ++x) {
                         const std::size_t at =
                             y * std::uint64_t{height} / h * width + x * std::uint64_t{width} / w;
                         sums[3 * at] += static_cast<double>(red[x]);
                         sums[3 * at + 1] += static_cast<double>(green[x]);
                         sums[3 * at + 2] += static_cast<double>(blue[x]);
                         counts[at] += 1;
                     }
                 });
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] /= std::max(1.0, counts[i / 3]);
    return sums;
}

rgb8_image coded(const light& v, unsigned width, unsigned height, double gain, bool linear) {
    rgb8_image out(width, height);
    for (std::size_t i = 0; i < v.size(); ++i) {
        const double l = std::clamp(v[i] * gain, 0.0, 1.0);
        out.data[i] =
            static_cast<std::uint8_t>(std::lround(255 * (linear ? l : isp::srgb_of_linear(l))));
    }
    return out;
}

struct figures {
    double exposure = 1, psnr = 0, ssim = 0;
    std::optional<double> snr, mtf50, delta_e, delta_e_max;
};

/// Mean and deviation of one patch of a chart of columns x rows, its middle half.
struct patch {
    std::array<double, 3> mean{}, deviation{};
};
patch measure(const light& v, unsigned width, unsigned height, unsigned column, unsigned columns,
              unsigned row, unsigned rows) {
    const auto part = [](unsigned size, unsigned k, unsigned n, double share) {
        return static_cast<unsigned>(size * (k + share) / n);
    };
    patch p;
    std::array<double, 3> squares{};
    double n = 0;
    for (unsigned y = part(height, row, rows, 0.25); y < part(height, row, rows, 0.75); ++y)
        for (unsigned x = part(width, column, columns, 0.25);
             x < part(width, column, columns, 0.75); ++x, ++n)
            for (std::size_t c = 0; c < 3; ++c) {
                const double l = v[3 * (std::size_t{y} * width + x) + c];
                p.mean[c] += l;
                squares[c] += l * l;
            }
    n = std::max(1.0, n);
    for (std::size_t c = 0; c < 3; ++c) {
        p.mean[c] /= n;
        p.deviation[c] = std::sqrt(std::max(0.0, squares[c] / n - p.mean[c] * p.mean[c]));
    }
    return p;
}

figures compare(const rgb8_image& picture, bool linear, const light& truth,
                const std::string& scene) {
    const unsigned width = picture.width, height = picture.height;
    light seen(truth.size());
    double both = 0, own = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i] = linear ? picture.data[i] / 255.0 : isp::linear_of_srgb(picture.data[i] / 255.0);
        // Saturated places say nothing of the exposure.
        if (picture.data[i] > 250)
            continue;
        both += seen[i] * truth[i];
        own += truth[i] * truth[i];
    }
    figures f;
    f.exposure = own > 0 && both > 0 ? both / own : 1;
    const rgb8_image ideal = coded(truth, width, height, f.exposure, linear);
    f.psnr = isp::psnr(picture, ideal);
    if (width >= 11 && height >= 11)
        f.ssim = isp::ssim(picture, ideal);
    if (scene == "builtin:uniform") {
        const patch p = measure(seen, width, height, 0, 1, 0, 1);
        if (p.deviation[1] > 0)
            f.snr = 20 * std::log10(p.mean[1] / p.deviation[1]);
    }
    if (scene == "builtin:colorchecker") {
        double sum = 0, worst = 0, signal = 0;
        for (unsigned k = 0; k < 24; ++k) {
            patch p = measure(seen, width, height, k % 6, 6, k / 6, 4);
            if (k == 21 && p.deviation[1] > 0)  // the grey nearest to 18 %
                signal = 20 * std::log10(p.mean[1] / p.deviation[1]);
            const patch t = measure(truth, width, height, k % 6, 6, k / 6, 4);
            for (double& m : p.mean)
                m /= f.exposure;
            const double d =
                isp::delta_e_2000(isp::lab_of_linear(p.mean), isp::lab_of_linear(t.mean));
            sum += d;
            worst = std::max(worst, d);
        }
        f.delta_e = sum / 24;
        f.delta_e_max = worst;
        if (signal != 0)
            f.snr = signal;
    }
    if (scene == "builtin:slanted-edge") {
        // The middle of the picture, as high as the edge needs.
        const unsigned w = std::min(width, 160u), h = std::min(height, 160u);
        plane<std::uint16_t> edge(w, h);
        for (unsigned y = 0; y < h; ++y)
            for (unsigned x = 0; x < w; ++x)
                edge.row(y)[x] = static_cast<std::uint16_t>(std::lround(
                    65535 *
                    seen[3 * (std::size_t{y + (height - h) / 2} * width + x + (width - w) / 2) +
                         1]));
        f.mtf50 = models::measure_edge(edge).mtf50;
    }
    return f;
}

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
    light truth;
    std::uint32_t frame = 0;
    unsigned width = 0, height = 0;
    bool first = true;
    for (const auto& p : pictures) {
        const rgb8_image picture = load_image(folder + "/" + p.file);
        if (truth.empty() || p.frame != frame || picture.width != width ||
            picture.height != height) {
            frame = p.frame;
            width = picture.width;
            height = picture.height;
            truth = ideal_light(*scene, frame, s, width, height);
        }
        const figures f = compare(picture, p.linear, truth, scene_name);
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
