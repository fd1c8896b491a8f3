// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "core/dng.h"
#include "core/files.h"
#include "models/characterization.h"
#include "sim/plot.h"
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

std::string dark_csv(const models::characterization& c) {
    std::string out = "seconds,celsius,mean_dn,variance_dn2\n";
    for (const auto& p : c.dark)
        out += fmt::format("{},{},{},{}\n", p.seconds, p.temperature, p.dark.mean, p.dark.variance);
    return out;
}

std::string edge_csv(const models::characterization& c) {
    std::string out = "cycles_per_pixel,mtf\n";
    for (std::size_t i = 0; i < c.edge.mtf.size(); ++i)
        out += fmt::format("{},{}\n", static_cast<double>(i) / 100, c.edge.mtf[i]);
    return out;
}

std::string histograms_csv(const models::characterization& c) {
    std::string out = "kind,value,pixels\n";
    const auto add = [&out](const char* kind, const models::histogram& h) {
        for (std::size_t i = 0; i < h.counts.size(); ++i)
            out += fmt::format("{},{},{}\n", kind,
                               h.first + (static_cast<double>(i) + 0.5) * h.step, h.counts[i]);
    };
    add("dark_electrons", c.offsets);
    add("response_percent", c.response);
    return out;
}

std::string spectra_csv(const models::characterization& c) {
    std::string out = "kind,direction,cycles_per_pixel,value\n";
    const auto add = [&out](const char* kind, const std::vector<double>(&lines)[2]) {
        for (const int vertical : {0, 1})
            for (std::size_t k = 0; k < lines[vertical].size(); ++k)
                out += fmt::format(
                    "{},{},{},{}\n", kind, vertical ? "columns" : "rows",
                    0.5 * static_cast<double>(k) / static_cast<double>(lines[vertical].size() - 1),
                    lines[vertical][k]);
    };
    add("dark_electrons", c.offset_spectra);
    add("response_percent", c.response_spectra);
    return out;
}

/// The diagrams that EMVA 1288 asks for, and the slanted edge's.
std::vector<std::pair<std::string, plot>> plots_of(const models::characterization& c,
                                                   const models::test_stand& stand) {
    std::vector<std::pair<std::string, plot>> all;
    const auto& t = c.transfer;
    using points = std::vector<std::pair<double, double>>;
    {
        points measured, line, snr, snr_set, deviation;
        for (const auto& p : c.curve) {
            const double signal = p.light.mean - p.dark.mean;
            const double noise = p.light.variance - p.dark.variance;
            measured.emplace_back(signal, noise);
            if (p.exposure <= t.saturation_exposure) {
                snr.emplace_back(p.exposure, signal / std::sqrt(p.light.variance));
                line.emplace_back(signal, t.gain * signal);
                const double straight = t.responsivity * p.exposure;
                deviation.emplace_back(p.exposure, 100 * (signal - straight) / straight);
            }
        }
        for (double e = 1; e < c.clip; e *= 1.1)
            snr_set.emplace_back(e, e / std::sqrt(c.dark_noise * c.dark_noise + e));
        plot curve{"Photon transfer", "signal less dark, DN", "variance less dark, DN^2"};
        curve.curves = {{"measured", measured, true},
                        {fmt::format("K = {:.4f} DN/e-", t.gain), line, false}};
        curve.marks = {{t.saturation * t.gain, "saturation"}};
        all.emplace_back("photon_transfer.svg", curve);
        plot ratio{"Signal to noise", "electrons", "ratio", true, true};
        ratio.curves = {{"measured", snr, true}, {"of the parameters", snr_set, false}};
        ratio.marks = {{t.saturation, "saturation"}};
        all.emplace_back("snr.svg", ratio);
        plot linearity{"Deviation from proportionality", "electrons", "deviation, %"};
        linearity.curves = {{"measured", deviation, true}};
        all.emplace_back("linearity.svg", linearity);
    }
    {
        plot dark{"Dark signal", "exposure, s", "mean, DN"};
        for (const auto& p : c.dark) {
            const std::string name = fmt::format("{:.0f} degC", p.temperature);
            if (dark.curves.empty() || dark.curves.back().name != name)
                dark.curves.push_back({name, {}, true});
            dark.curves.back().points.emplace_back(p.seconds, p.dark.mean);
        }
        all.emplace_back("dark_current.svg", dark);
    }
    const auto spread = [&all](const char* file, const char* title, const char* x,
                               const models::histogram& h) {
        points seen, normal;
        double n = 0, squares = 0;
        for (std::size_t i = 0; i < h.counts.size(); ++i) {
            const double at = h.first + (static_cast<double>(i) + 0.5) * h.step;
            const auto count = static_cast<double>(h.counts[i]);
            seen.emplace_back(at, count);
            n += count;
            squares += count * at * at;
        }
        const double variance = squares / n;
        for (const auto& [at, count] : seen) {
            const double expected = n * h.step / std::sqrt(2 * 3.14159265358979323846 * variance) *
                                    std::exp(-at * at / (2 * variance));
            if (expected > 0.5)
                normal.emplace_back(at, expected);
        }
        plot p{title, x, "pixels", false, true};
        p.curves = {{"measured", seen, true}, {"normal", normal, false}};
        all.emplace_back(file, p);
    };
    spread("dsnu.svg", "Mean dark image", "electrons about the mean", c.offsets);
    spread("prnu.svg", "Mean light image less the dark one", "% of the mean", c.response);
    const auto spectra = [&all](const char* file, const char* title, const char* y,
                                const std::vector<double>(&lines)[2]) {
        plot p{title, "cycles per pixel", y, false, true};
        p.legend_right = true;
        for (const int vertical : {0, 1}) {
            points seen;
            const auto& line = lines[vertical];
            for (std::size_t k = 1; k < line.size(); ++k)
                seen.emplace_back(
                    0.5 * static_cast<double>(k) / static_cast<double>(line.size() - 1), line[k]);
            p.curves.push_back({vertical ? "along columns" : "along rows", seen, false});
        }
        all.emplace_back(file, p);
    };
    spectra("dsnu_spectrum.svg", "Spectrogram of the mean dark image", "electrons",
            c.offset_spectra);
    spectra("prnu_spectrum.svg", "Spectrogram of the mean light image less the dark one",
            "% of the mean", c.response_spectra);
    {
        plot edge{"Slanted edge", "cycles per pixel", "modulation transfer"};
        points measured, set;
        for (std::size_t i = 0; i < c.edge.mtf.size(); ++i) {
            const double f = static_cast<double>(i) / 100;
            measured.emplace_back(f, c.edge.mtf[i]);
            set.emplace_back(f, models::system_mtf(stand, f));
        }
        edge.curves = {{"measured", measured, true}, {"aperture and lens, set", set, false}};
        edge.legend_right = true;
        edge.marks = {{0.5, "Nyquist"}};
        all.emplace_back("mtf.svg", edge);
    }
    return all;
}

/// Little-endian 16-bit samples, row by row.
std::string raw16(const plane<std::uint16_t>& image) {
    std::string out;
    out.reserve(std::size_t{image.width()} * image.height() * 2);
    for (unsigned y = 0; y < image.height(); ++y)
        for (unsigned x = 0; x < image.width(); ++x) {
            out += static_cast<char>(image.row(y)[x] & 0xff);
            out += static_cast<char>(image.row(y)[x] >> 8);
        }
    return out;
}

}  // namespace

int characterize(const command_line& command) {
    settings s;
    parameter_registry registry;
    resolve_settings(command, s, registry);
    if (!s.pixels.noise.enable) {
        diagnostics problems;
        problems.error(registry.where("noise.enable"),
                       "noise.enable = false leaves nothing to measure a sensor by",
                       "EMVA 1288 finds the gain in the shot noise: leave it on, and set to 0 what "
                       "is not wanted");
        problems.throw_if_errors();
    }
    models::test_stand stand;
    stand.pixels = s.pixels;
    stand.adc = s.adc;
    stand.seed = s.run.seed;
    stand.levels = command.levels;
    stand.images = command.images;
    stand.width =
        static_cast<unsigned>(std::min<std::uint64_t>(command.area_width, s.pixels.sensor.width));
    stand.height =
        static_cast<unsigned>(std::min<std::uint64_t>(command.area_height, s.pixels.sensor.height));
    worker_pool pool(command.threads ? *command.threads
                                     : std::max(1u, std::thread::hardware_concurrency()));
    std::optional<output_folder> out;
    if (!command.out.empty())
        out.emplace(command.out, command.force);
    stand.spectra = out.has_value();
    std::string list = "file,use,level,image,electrons,seconds,celsius,width,height,bits\n";
    const auto write = [&](const models::test_image& i) {
        const std::string name = fmt::format("frames/{}_{:03}_{:03}{}.{}", i.use, i.level, i.image,
                                             std::string_view(i.use) == "dark_current"
                                                 ? fmt::format("_{:g}C", i.temperature)
                                                 : std::string(),
                                             command.write_frames);
        list += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", name, i.use, i.level, i.image,
                            i.electrons, i.seconds, i.temperature, i.samples.width(),
                            i.samples.height(), stand.adc.bits);
        if (command.write_frames == "raw16")
            return out->write(name, raw16(i.samples));
        if (command.write_frames == "tiff")
            return out->write(name, encode_tiff_gray16(i.samples));
        dng_description d;
        d.black = static_cast<std::uint32_t>((stand.adc.black_level << stand.adc.bits) >> 10);
        d.white = (1u << stand.adc.bits) - 1;
        out->write(name, encode_dng(i.samples, d));
    };
    const std::function<void(const models::test_image&)> show =
        command.write_frames.empty() ? std::function<void(const models::test_image&)>()
                                     : std::function<void(const models::test_image&)>(write);
    const models::characterization c = models::characterize(stand, pool, show);
    if (out) {
        if (!command.write_frames.empty())
            out->write("frames.csv", list);
        for (const auto& [name, diagram] : plots_of(c, stand))
            out->write(name, render_svg(diagram));
        out->write("dark_current.csv", dark_csv(c));
        out->write("mtf.csv", edge_csv(c));
        out->write("histograms.csv", histograms_csv(c));
        out->write("spectrograms.csv", spectra_csv(c));
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
