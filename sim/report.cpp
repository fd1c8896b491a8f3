// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace ocellus::sim {
namespace {

std::string time_text(double seconds) {
    const double a = std::fabs(seconds);
    if (a >= 1)
        return fmt::format("{:.3f} s", seconds);
    if (a >= 1e-3 || a == 0)
        return fmt::format("{:.3f} ms", seconds * 1e3);
    return fmt::format("{:.3f} us", seconds * 1e6);
}

std::string energy_text(double joules) {
    if (joules >= 1e-3)
        return fmt::format("{:.3f} mJ", joules * 1e3);
    return fmt::format("{:.3f} uJ", joules * 1e6);
}

std::string bytes_text(double bytes) {
    if (bytes >= 1e6)
        return fmt::format("{:.3f} MB", bytes / 1e6);
    if (bytes >= 1e4)
        return fmt::format("{:.1f} kB", bytes / 1e3);
    return fmt::format("{:.0f} B", bytes);
}

// A 5x7 font of the characters that class names are made of, a byte per row, low five bits.
struct glyph {
    char letter;
    unsigned char rows[7];
};
const glyph font[] = {
    {'a', {0x00, 0x00, 0x0e, 0x01, 0x0f, 0x11, 0x0f}},
    {'b', {0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x1e}},
    {'c', {0x00, 0x00, 0x0e, 0x10, 0x10, 0x11, 0x0e}},
    {'d', {0x01, 0x01, 0x0d, 0x13, 0x11, 0x11, 0x0f}},
    {'e', {0x00, 0x00, 0x0e, 0x11, 0x1f, 0x10, 0x0e}},
    {'f', {0x06, 0x09, 0x08, 0x1c, 0x08, 0x08, 0x08}},
    {'g', {0x00, 0x0f, 0x11, 0x11, 0x0f, 0x01, 0x0e}},
    {'h', {0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x11}},
    {'i', {0x04, 0x00, 0x0c, 0x04, 0x04, 0x04, 0x0e}},
    {'j', {0x02, 0x00, 0x06, 0x02, 0x02, 0x12, 0x0c}},
    {'k', {0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12}},
    {'l', {0x0c, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'m', {0x00, 0x00, 0x1a, 0x15, 0x15, 0x11, 0x11}},
    {'n', {0x00, 0x00, 0x16, 0x19, 0x11, 0x11, 0x11}},
    {'o', {0x00, 0x00, 0x0e, 0x11, 0x11, 0x11, 0x0e}},
    {'p', {0x00, 0x00, 0x1e, 0x11, 0x1e, 0x10, 0x10}},
    {'q', {0x00, 0x00, 0x0d, 0x13, 0x0f, 0x01, 0x01}},
    {'r', {0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10}},
    {'s', {0x00, 0x00, 0x0e, 0x10, 0x0e, 0x01, 0x1e}},
    {'t', {0x08, 0x08, 0x1c, 0x08, 0x08, 0x09, 0x06}},
    {'u', {0x00, 0x00, 0x11, 0x11, 0x11, 0x13, 0x0d}},
    {'v', {0x00, 0x00, 0x11, 0x11, 0x11, 0x0a, 0x04}},
    {'w', {0x00, 0x00, 0x11, 0x11, 0x15, 0x15, 0x0a}},
    {'x', {0x00, 0x00, 0x11, 0x0a, 0x04, 0x0a, 0x11}},
    {'y', {0x00, 0x00, 0x11, 0x11, 0x0f, 0x01, 0x0e}},
    {'z', {0x00, 0x00, 0x1f, 0x02, 0x04, 0x08, 0x1f}},
    {'0', {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}},
    {'1', {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'2', {0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f}},
    {'3', {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e}},
    {'4', {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}},
    {'5', {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
    {'6', {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}},
    {'7', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
    {'8', {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}},
    {'9', {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
    {'%', {0x18, 0x19, 0x02, 0x04, 0x08, 0x13, 0x03}},
    {'.', {0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c}},
    {'-', {0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00}},
};

struct colour {
    std::uint8_t r, g, b;
};
const colour palette[] = {{255, 196, 0},   {0, 200, 255},  {255, 80, 160}, {120, 230, 60},
                          {190, 130, 255}, {255, 140, 60}, {80, 160, 255}, {230, 230, 230}};

void fill(rgb8_image& p, int x0, int y0, int x1, int y1, colour c) {
    x0 = std::max(0, x0);
    y0 = std::max(0, y0);
    x1 = std::min(static_cast<int>(p.width), x1);
    y1 = std::min(static_cast<int>(p.height), y1);
    for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) {
            auto* at = p.row(static_cast<unsigned>(y)) + 3 * x;
            at[0] = c.r;
            at[1] = c.g;
            at[2] = c.b;
        }
}

void write_text(rgb8_image& p, int x, int y, int scale, const std::string& text, colour c) {
    const auto length = static_cast<int>(text.size());
    fill(p, x, y, x + (6 * length + 1) * scale, y + 9 * scale, c);
    const colour ink{16, 16, 16};
    for (int i = 0; i < length; ++i)
        for (const auto& g : font) {
            if (g.letter != text[static_cast<std::size_t>(i)])
                continue;
            for (int row = 0; row < 7; ++row)
                for (int column = 0; column < 5; ++column)
                    if (g.rows[row] >> (4 - column) & 1) {
                        const int px = x + (6 * i + 1 + column) * scale;
                        const int py = y + (1 + row) * scale;
                        fill(p, px, py, px + scale, py + scale, ink);
                    }
        }
}

std::string label_of(const std::vector<std::string>& labels, unsigned id) {
    return id < labels.size() ? labels[id] : fmt::format("class {}", id);
}

}  // namespace

std::string render_table(const run_summary& s) {
    std::string out;
    const auto line = [&](const char* name, const std::string& value,
                          const std::string& note = {}) {
        out += fmt::format("  {:<22} {:>14}{}{}\n", name, value, note.empty() ? "" : "   ", note);
    };
    const auto percent = [](double part, double whole) {
        return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : std::string("-");
    };
    out += fmt::format("{}, network {}{}\n", s.sensor, s.network,
                       s.timing_only ? ", timing only" : "");
    line("frames", fmt::format("{}", s.frames));
    line("frame period", time_text(s.frame_period), fmt::format("{:.4f} fps", 1 / s.frame_period));
    line("readout", time_text(s.readout), percent(s.readout, s.frame_period) + " of the period");
    if (!s.limits.empty()) {
        const auto& last = slowest(s.limits);
        std::string note;
        for (const auto& l : s.limits)
            note += (note.empty() ? "" : ", ") + l.part + " " + time_text(l.seconds);
        const bool lost = last.seconds > s.line_time * (1 + 1e-9);
        line("line", time_text(s.line_time),
             (lost ? "bottleneck: " : "slowest: ") + last.part + " (" +
                 percent(last.seconds, s.line_time) + "); " + note);
    }
    if (s.frames > 0 && s.readout_energy > 0)
        line("readout energy", energy_text(s.readout_energy / static_cast<double>(s.frames)),
             "a frame, +- " + energy_text(s.readout_energy_error / static_cast<double>(s.frames)) +
                 ": pixels, conversions, counts, die link");
    if (s.frames > 0 && s.isp_energy > 0) {
        std::string note = "a frame, +- " +
                           energy_text(s.isp_energy_error / static_cast<double>(s.frames)) +
                           fmt::format("; {:.1f} pJ a pixel:", s.isp_energy_per_pixel * 1e12);
        for (const auto& [stage, joules] : s.isp_energies)
            note += fmt::format("{} {} {}", stage == s.isp_energies.front().first ? "" : ",", stage,
                                percent(joules, s.isp_energy));
        line("ISP energy", energy_text(s.isp_energy / static_cast<double>(s.frames)), note);
    }
    if (s.delivered > 0 || s.dropped > 0) {
        line("ISP after readout", time_text(s.isp), "last row read to tensor in SRAM");
        line("inference", time_text(s.inference),
             fmt::format("{} cycles at {:g} MHz", s.inference_cycles, s.npu_clock / 1e6));
        if (s.inference_most > 0)
            line("inference interval", time_text(s.inference_least),
                 "to " + time_text(s.inference_most) + ", hypotheses " + s.fastest_array + " to " +
                     s.slowest_array + " about the array");
        if (s.networks.size() > 1) {
            for (std::size_t k = 0; k < s.networks.size(); ++k) {
                const auto& n = s.networks[k];
                line(fmt::format("network {}", k).c_str(), fmt::format("{}", n.delivered),
                     fmt::format("inferences of {}, {} each", n.name,
                                 n.delivered
                                     ? time_text(n.inference / static_cast<double>(n.delivered))
                                     : std::string("-")));
            }
            line("network switches", fmt::format("{}", s.switches),
                 fmt::format("{} cycles, {} in all", s.switch_cycles,
                             time_text(static_cast<double>(s.switch_cycles) / s.npu_clock)));
        }
        line("slack", time_text(s.slack()),
             s.slack() < 0 ? "inference is longer than a frame" : "frame period less inference");
        line("pixel to metadata", time_text(s.latency), "first row read to metadata sent");
        line("inferences delivered", fmt::format("{}", s.delivered));
        line("frames dropped", fmt::format("{}", s.dropped), "captured without inference");
    }
    if (!s.firmware.empty())
        line("control CPU busy", time_text(s.cpu_busy),
             fmt::format("{}, {} instructions, {} interrupts", s.firmware, s.instructions,
                         s.interrupts));
    if (s.interrupts > 0)
        line("interrupt latency", time_text(s.interrupt_latency),
             "line to handler, mean; longest " + time_text(s.interrupt_latency_max));
    line("image lines lost", fmt::format("{}", s.lost_lines));
    if (!s.losses.empty()) {
        const lost_line& first = s.losses.front();
        line("first line lost", fmt::format("{}/{}", first.frame, first.row),
             fmt::format("frame/row; {} full for {}{}", first.where, first.culprit,
                         first.cycles ? fmt::format(" ({} cycles)", first.cycles) : ""));
    }
    if (s.lost_isp_rows > 0)
        line("ISP rows lost", fmt::format("{}", s.lost_isp_rows),
             "the ISP was too slow for the rows");
    line("left the chip", bytes_text(static_cast<double>(s.bytes_total)),
         fmt::format("image {}, metadata {}", bytes_text(static_cast<double>(s.bytes_image)),
                     bytes_text(static_cast<double>(s.bytes_metadata))));
    line("SRAM peak", bytes_text(static_cast<double>(s.sram_peak)),
         percent(static_cast<double>(s.sram_peak), static_cast<double>(s.sram_size)) + " of " +
             bytes_text(static_cast<double>(s.sram_size)));
    line("SRAM conflicts", fmt::format("{}", s.sram_conflicts), "cycles waited for a bank");
    line("simulated", time_text(s.simulated));
    line("wall", time_text(s.wall),
         s.frames ? time_text(s.wall / static_cast<double>(s.frames)) + " a frame" : "");
    return out;
}

std::string lost_lines_csv(const std::vector<lost_line>& losses) {
    std::string out = "frame,row,time_ns,where,culprit,cycles\n";
    for (const auto& l : losses)
        out += fmt::format("{},{},{},{},{},{}\n", l.frame, l.row, l.at.value() / 1000, l.where,
                           l.culprit, l.cycles);
    return out;
}

std::string metadata_line(const frame_record& frame, const metadata_record* received,
                          const std::vector<std::string>& labels, unsigned width, unsigned height,
                          const std::string& network) {
    std::string out = fmt::format("{{\"frame\":{},\"inference\":{}", frame.frame,
                                  json_string(received ? "delivered" : name_of(frame.outcome)));
    // With timing only no record comes back; the log knows the outcome.
    if ((received || frame.outcome == frame_outcome::delivered) && !network.empty())
        out += ",\"network\":" + json_string(network);
    if (received) {
        const auto& m = *received;
        out += fmt::format(
            ",\"time_ns\":{{\"frame_start\":{},\"tensor_ready\":{},\"inference_start\":{},"
            "\"inference_end\":{}}},\"inference_cycles\":{}",
            m.frame_start_ns, m.tensor_ready_ns, m.inference_start_ns, m.inference_end_ns,
            m.inference_cycles);
        const bool boxes = m.what == metadata_record::kind::detection;
        if (m.what == metadata_record::kind::none)  // timing only: nothing was looked at
            return out + "}\n";
        out += boxes ? ",\"detections\":[" : ",\"classes\":[";
        bool first = true;
        for (const auto& f : m.findings) {
            out += fmt::format("{}{{\"class\":{},\"class_id\":{},\"score\":{:.5f}",
                               first ? "" : ",", json_string(label_of(labels, f.class_id)),
                               f.class_id, static_cast<double>(f.score));
            if (boxes)
                out += fmt::format(
                    ",\"box\":[{:.1f},{:.1f},{:.1f},{:.1f}]", static_cast<double>(f.left) * width,
                    static_cast<double>(f.top) * height, static_cast<double>(f.right) * width,
                    static_cast<double>(f.bottom) * height);
            out += "}";
            first = false;
        }
        out += "]";
    }
    return out + "}\n";
}

void draw_findings(rgb8_image& picture, const metadata_record& record,
                   const std::vector<std::string>& labels) {
    const int scale = std::max(1, static_cast<int>(picture.width) / 500);
    int line = 0;
    for (const auto& f : record.findings) {
        const colour c = palette[f.class_id % (sizeof palette / sizeof palette[0])];
        const std::string text = fmt::format("{} {:.0f}%", label_of(labels, f.class_id),
                                             static_cast<double>(f.score) * 100);
        if (record.what != metadata_record::kind::detection) {
            write_text(picture, 4 * scale, (4 + 10 * line++) * scale, scale, text, c);
            continue;
        }
        const int x0 = static_cast<int>(f.left * static_cast<float>(picture.width));
        const int y0 = static_cast<int>(f.top * static_cast<float>(picture.height));
        const int x1 = static_cast<int>(f.right * static_cast<float>(picture.width));
        const int y1 = static_cast<int>(f.bottom * static_cast<float>(picture.height));
        fill(picture, x0, y0, x1, y0 + scale, c);
        fill(picture, x0, y1 - scale, x1, y1, c);
        fill(picture, x0, y0, x0 + scale, y1, c);
        fill(picture, x1 - scale, y0, x1, y1, c);
        write_text(picture, x0, std::max(0, y0 - 9 * scale), scale, text, c);
    }
}

}  // namespace ocellus::sim
