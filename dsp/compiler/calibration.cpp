// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/calibration.h"

#include <fmt/printf.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

#include "dsp/compiler/public_networks.h"

namespace ocellus::dsp {

namespace {

/// Square maps, the same size in and out; pooling between them is part of the pass before it.
std::vector<listed_layer> convolutions(
    std::uint64_t kernel,
    const std::vector<std::pair<std::uint64_t, std::uint64_t>>& size_channels) {
    std::vector<listed_layer> list;
    std::uint64_t channels = 3;
    for (const auto& [size, out] : size_channels) {
        listed_layer l;
        l.name = "conv" + std::to_string(list.size() + 1);
        l.in_height = l.in_width = l.out_height = l.out_width = size;
        l.in_channels = channels;
        l.out_channels = channels = out;
        l.kernel_height = l.kernel_width = kernel;
        list.push_back(l);
    }
    return list;
}

bool is_mobilenet(const public_figure& f) {
    return f.name == "MobileNet V1 1.0";
}

double error_of(std::uint64_t cycles, const public_figure& f, double clock) {
    const double error = static_cast<double>(cycles) / (f.milliseconds * 1e-3 * clock) - 1.0;
    return f.bound ? std::max(0.0, error) : error;
}

/// Cycles with another fixed cost: it is paid once a pass, whatever else happens.
std::uint64_t with_fixed(const public_figure& f, const array_organisation& a, std::uint64_t fixed) {
    array_organisation x = a;
    x.fixed_cycles = 0;
    return cycles_of(f.layers, x, f.weight_bits) + f.layers.size() * fixed;
}

/// Worst error of all networks, each in the reading that suits it best.
template <class Error>
double worst_of(const std::vector<public_figure>& figures, const Error& error, std::size_t& best) {
    std::map<std::string, double> of_network;
    double reading = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const double e = std::abs(error(i));
        const auto [at, first] = of_network.emplace(figures[i].name, e);
        if (!first)
            at->second = std::min(at->second, e);
        if (is_mobilenet(figures[i]) && e < reading) {
            reading = e;
            best = i;
        }
    }
    double worst = 0;
    for (const auto& [name, e] : of_network)
        worst = std::max(worst, e);
    return worst;
}

template <class... Numbers>
std::string format(const char* pattern, Numbers... numbers) {
    return fmt::sprintf(pattern, numbers...);
}

std::string cell(std::uint64_t cycles, double error, const public_figure& f, double clock) {
    const double ms = static_cast<double>(cycles) / clock * 1e3;
    if (f.bound && error <= 0)
        return format("%8.3f ms %9s", ms, ms > f.likely_ms ? "likely no" : "holds");
    return format("%8.3f ms %+7.1f %%", ms, 100 * error);
}

}  // namespace

std::vector<public_figure> public_figures() {
    const char* press = "Sony, press release of May 2020";
    const char* logs = "third-party KPI logs of the DSP's run time";
    std::vector<public_figure> list;
    const auto mobilenet = [&](unsigned resolution, unsigned bits) {
        list.push_back({"MobileNet V1 1.0",
                        std::to_string(resolution) + " x " + std::to_string(resolution) + ", " +
                            std::to_string(bits) + "-bit weights",
                        press, 3.1, list_mobilenet_v1(1.0, resolution, resolution, 1001).layers,
                        bits});
    };
    mobilenet(224, 8);
    mobilenet(224, 4);
    mobilenet(192, 8);
    mobilenet(192, 4);
    // The fit takes the two networks that differ in their kernels alone, so that it presumes no
    // reading of MobileNet V1 and no depth.
    const char* reading = "convolutions alone, pooling rides along";
    list.push_back({"CIFAR baseline", reading, logs, 0.080,
                    convolutions(3, {{32, 32}, {16, 32}, {8, 64}}), 8, true});
    list.push_back({"CIFAR deeper", reading, logs, 0.121,
                    convolutions(3, {{32, 32}, {16, 32}, {8, 64}, {8, 64}, {4, 128}}), 8, false});
    list.push_back({"CIFAR baseline_5x5", reading, logs, 0.210,
                    convolutions(5, {{32, 32}, {16, 32}, {8, 64}}), 8, true});
    // A sensor that starts its inference after the readout and keeps its frame rate leaves at most
    // the rest of the period; an overhead of 5.3 ms was fitted on one measured network.
    constexpr double readout_ms = 19.2, overhead_ms = 5.3;
    const auto bound = [&](public_network n, double rate, const char* source, unsigned bits = 8,
                           const char* remark = "") {
        public_figure f;
        f.name = n.name;
        f.reading =
            (bits == 8 ? "8-bit weights" : "4-bit weights") + std::string(remark) + "; " + n.source;
        f.source = source;
        f.milliseconds = 1e3 / rate - readout_ms;
        f.likely_ms = f.milliseconds - overhead_ms;
        f.layers = std::move(n.layers);
        f.weight_bits = bits;
        f.bound = true;
        list.push_back(std::move(f));
    };
    const char* hint = "frame rate in the public network file";
    const char* example = "frame rate of the maker's example";
    bound(list_mobilenet_v2(224), 30, hint);
    bound(list_squeezenet(), 30, hint);
    bound(list_shufflenet_v2(), 30, hint);
    bound(list_regnet(false), 30, hint);
    bound(list_regnet(true), 30, hint);
    bound(list_mobilevit(false), 22, hint);
    bound(list_mobilevit(true), 26, hint);
    bound(list_efficientdet_lite0(), 23, hint);
    bound(list_nanodet_plus(), 23, hint);
    for (const unsigned bits : {8u, 4u}) {
        public_network posenet = list_mobilenet_v1(0.75, 353, 481, 0);
        posenet.name = "PoseNet, MobileNet V1 0.75";
        bound(std::move(posenet), 30, hint, bits,
              ", of which the file (1.66 MB) holds fewer than 8 bits on average");
    }
    bound(list_yolov8n(), 16, example);
    bound(list_yolo11n(), 16, example);
    return list;
}

std::vector<std::string> figures_left_out() {
    return {"deeplabv3plus: which backbone and decoder the file has is not public",
            "higherhrnet_coco: which of its widths the file has is not public",
            "inputtensoronly: no network",
            "nanodet_plus_416_pp, efficientdet_lite0_pp, yolov8n_pp, yolo11n_pp: their "
            "post-processing runs elsewhere and is not costed; their networks are above",
            "YOLO segmentation and oriented boxes (17 and 9 fps): layers not written down here"};
}

calibration calibrate() {
    calibration c;
    c.figures = public_figures();
    for (const std::string& name : organisation_names()) {
        calibration_row row;
        row.array = organisation(name);
        std::vector<std::uint64_t> base;
        for (const public_figure& f : c.figures)
            base.push_back(with_fixed(f, row.array, 0));
        double least = std::numeric_limits<double>::max();
        for (std::uint64_t fixed = 0; fixed <= 20000; ++fixed) {
            double worst = 0;
            for (std::size_t i = 0; i < c.figures.size(); ++i)
                if (c.figures[i].fit)
                    worst = std::max(worst,
                                     std::abs(error_of(base[i] + c.figures[i].layers.size() * fixed,
                                                       c.figures[i], c.clock)));
            if (worst < least) {
                least = worst;
                row.fitted_fixed_cycles = fixed;
            }
        }
        for (std::size_t i = 0; i < c.figures.size(); ++i) {
            const public_figure& f = c.figures[i];
            calibration_entry e;
            e.shipped = cycles_of(f.layers, row.array, f.weight_bits);
            e.shipped_error = error_of(e.shipped, f, c.clock);
            e.fitted = base[i] + f.layers.size() * row.fitted_fixed_cycles;
            e.fitted_error = error_of(e.fitted, f, c.clock);
            row.entries.push_back(e);
        }
        row.worst_shipped = worst_of(
            c.figures, [&](std::size_t i) { return row.entries[i].shipped_error; },
            row.best_reading_shipped);
        for (std::size_t i = 0; i < c.figures.size(); ++i)
            if (c.figures[i].bound && static_cast<double>(row.entries[i].shipped) / c.clock * 1e3 >
                                          c.figures[i].likely_ms)
                ++row.beyond_likely;
        row.worst_fitted = worst_of(
            c.figures, [&](std::size_t i) { return row.entries[i].fitted_error; },
            row.best_reading_fitted);
        c.rows.push_back(std::move(row));
    }
    const auto best = [&](double calibration_row::*worst) {
        const auto at =
            std::min_element(c.rows.begin(), c.rows.end(),
                             [&](const auto& a, const auto& b) { return a.*worst < b.*worst; });
        return static_cast<std::size_t>(at - c.rows.begin());
    };
    c.best_shipped = best(&calibration_row::worst_shipped);
    c.best_fitted = best(&calibration_row::worst_fitted);
    return c;
}

std::string render_text(const calibration& c) {
    std::string text = "Public run times of the DSP against every organisation, at " +
                       format("%.1f MHz", c.clock / 1e6) +
                       "; each tensor moved once, a memory that never waits.\nfitted: only the "
                       "fixed cycles of a pass, on the figures marked *.\n";
    for (std::size_t i = 0; i < c.figures.size(); ++i) {
        const public_figure& f = c.figures[i];
        text +=
            "\n" + f.name + (f.fit ? "*" : "") + ", " + f.reading + ": " +
            (f.bound ? "at most " + format("%.1f ms, likely %.1f ms", f.milliseconds, f.likely_ms)
                     : format("%.3f ms", f.milliseconds)) +
            " (" + f.source + ")\n";
        for (const calibration_row& r : c.rows) {
            const calibration_entry& e = r.entries[i];
            char name[16];
            std::snprintf(name, sizeof name, "  %-9s", r.array.name.c_str());
            text += name + cell(e.shipped, e.shipped_error, f, c.clock) + "   fitted " +
                    cell(e.fitted, e.fitted_error, f, c.clock) + "\n";
        }
    }
    text += "\nno figure, because\n";
    for (const std::string& why : figures_left_out())
        text += "  " + why + "\n";
    text +=
        "\nworst error over all run times and broken bounds, each network in the reading that "
        "suits "
        "best\n(in brackets: of MobileNet V1), and how many bounds hold only without the "
        "overhead\n";
    for (const calibration_row& r : c.rows) {
        char name[16];
        std::snprintf(name, sizeof name, "  %-9s", r.array.name.c_str());
        text += name +
                format("%8.1f %% with %.0f fixed cycles", 100 * r.worst_shipped,
                       static_cast<double>(r.array.fixed_cycles)) +
                " (" + c.figures[r.best_reading_shipped].reading + ")" +
                format("; fitted %.1f %% with %.0f", 100 * r.worst_fitted,
                       static_cast<double>(r.fitted_fixed_cycles)) +
                " (" + c.figures[r.best_reading_fitted].reading + "); " +
                std::to_string(r.beyond_likely) + "\n";
    }
    text += "\nsmallest: " + c.rows[c.best_shipped].array.name + " as shipped, " +
            c.rows[c.best_fitted].array.name + " fitted\n";
    return text;
}

std::string render_csv(const calibration& c) {
    std::string text =
        "network,reading,kind,published_ms,likely_ms,in_fit,organisation,fixed_cycles,cycles,ms,"
        "error_percent,"
        "fitted_fixed_cycles,fitted_cycles,fitted_error_percent\n";
    for (std::size_t i = 0; i < c.figures.size(); ++i) {
        const public_figure& f = c.figures[i];
        for (const calibration_row& r : c.rows) {
            const calibration_entry& e = r.entries[i];
            text += "\"" + f.name + "\",\"" + f.reading + "\"," +
                    (f.bound ? format("bound,%.3f,%.3f,", f.milliseconds, f.likely_ms)
                             : format("time,%.3f,,", f.milliseconds)) +
                    (f.fit ? "yes," : "no,") + r.array.name + "," +
                    std::to_string(r.array.fixed_cycles) + "," + std::to_string(e.shipped) + "," +
                    format("%.6f,%.2f,", static_cast<double>(e.shipped) / c.clock * 1e3,
                           100 * e.shipped_error) +
                    std::to_string(r.fitted_fixed_cycles) + "," + std::to_string(e.fitted) + "," +
                    format("%.2f\n", 100 * e.fitted_error);
        }
    }
    return text;
}

std::string render_json(const calibration& c) {
    std::string text = "{\n  \"clock_hz\": " + format("%.0f", c.clock) + ",\n  \"figures\": [";
    for (std::size_t i = 0; i < c.figures.size(); ++i) {
        const public_figure& f = c.figures[i];
        text +=
            std::string(i ? "," : "") + "\n    {\"network\": \"" + f.name + "\", \"reading\": \"" +
            f.reading + "\", \"kind\": \"" + (f.bound ? "bound" : "time") +
            "\", \"published_ms\": " + format("%.3f", f.milliseconds) +
            (f.bound ? format(", \"likely_ms\": %.3f", f.likely_ms) : "") +
            ", \"in_fit\": " + (f.fit ? "true" : "false") + ", \"source\": \"" + f.source + "\"}";
    }
    text += "\n  ],\n  \"organisations\": [";
    for (std::size_t k = 0; k < c.rows.size(); ++k) {
        const calibration_row& r = c.rows[k];
        text += std::string(k ? "," : "") + "\n    {\"name\": \"" + r.array.name +
                "\", \"fixed_cycles\": " + std::to_string(r.array.fixed_cycles) +
                ", \"fitted_fixed_cycles\": " + std::to_string(r.fitted_fixed_cycles) +
                format(", \"worst_error\": %.5f, \"worst_error_fitted\": %.5f", r.worst_shipped,
                       r.worst_fitted) +
                ", \"bounds_beyond_likely\": " + std::to_string(r.beyond_likely) +
                ", \"cycles\": [";
        for (std::size_t i = 0; i < r.entries.size(); ++i)
            text += (i ? ", " : "") + std::to_string(r.entries[i].shipped);
        text += "], \"fitted_cycles\": [";
        for (std::size_t i = 0; i < r.entries.size(); ++i)
            text += (i ? ", " : "") + std::to_string(r.entries[i].fitted);
        text += "]}";
    }
    text += "\n  ],\n  \"left_out\": [";
    const std::vector<std::string> left_out = figures_left_out();
    for (std::size_t i = 0; i < left_out.size(); ++i)
        text += std::string(i ? "," : "") + "\n    \"" + left_out[i] + "\"";
    return text + "\n  ],\n  \"smallest\": \"" + c.rows[c.best_shipped].array.name +
           "\",\n  \"smallest_fitted\": \"" + c.rows[c.best_fitted].array.name + "\"\n}\n";
}

}  // namespace ocellus::dsp
