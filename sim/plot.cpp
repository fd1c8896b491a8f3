// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace ocellus::sim {
namespace {

constexpr double left = 84, right = 608, top = 46, bottom = 376;
const char* const colours[] = {"#1668a8", "#d1493f", "#3b8f4a", "#8a5cb0"};

/// A number as short as it can be told.
std::string label(double v) {
    if (v == 0)
        return "0";
    const double a = std::fabs(v);
    return a >= 1e6 || a < 1e-4 ? fmt::format("{:.0e}", v) : fmt::format("{:.10g}", v);
}

/// One axis: what it spans, where its ticks are, and where a value lies on the page.
class axis {
  public:
    axis(double low, double high, bool logarithmic, double from, double to)
        : log_(logarithmic), from_(from), to_(to) {
        if (log_) {
            low_ = std::floor(std::log10(low) + 1e-9);
            high_ = std::ceil(std::log10(high) - 1e-9);
            if (high_ <= low_)
                high_ = low_ + 1;
            const int step = high_ - low_ > 8 ? 2 : 1;
            for (int e = static_cast<int>(low_); e <= static_cast<int>(high_); e += step)
                ticks_.push_back(std::pow(10, e));
            return;
        }
        if (high <= low)
            high = low + (low == 0 ? 1 : std::fabs(low));
        const double rough = (high - low) / 6, power = std::pow(10, std::floor(std::log10(rough)));
        const double step = power * (rough / power > 5   ? 10
                                     : rough / power > 2 ? 5
                                     : rough / power > 1 ? 2
                                                         : 1);
        low_ = std::floor(low / step + 1e-9) * step;
        high_ = std::ceil(high / step - 1e-9) * step;
        const auto count = static_cast<int>(std::lround((high_ - low_) / step));
        for (int i = 0; i <= count; ++i)
            ticks_.push_back(low_ + i * step);
    }
    double place(double v) const {
        const double u = ((log_ ? std::log10(v) : v) - low_) / (high_ - low_);
        return from_ + (to_ - from_) * u;
    }
    const std::vector<double>& ticks() const { return ticks_; }

  private:
    bool log_;
    double low_ = 0, high_ = 1, from_, to_;
    std::vector<double> ticks_;
};

}  // namespace

std::string render_svg(const plot& p) {
    const auto shown = [&p](const std::pair<double, double>& v) {
        return std::isfinite(v.first) && std::isfinite(v.second) && (!p.x_log || v.first > 0) &&
               (!p.y_log || v.second > 0);
    };
    double x0 = HUGE_VAL, x1 = -HUGE_VAL, y0 = HUGE_VAL, y1 = -HUGE_VAL;
    for (const auto& c : p.curves)
        for (const auto& v : c.points) {
            if (!shown(v))
                continue;
            x0 = std::min(x0, v.first);
            x1 = std::max(x1, v.first);
            y0 = std::min(y0, v.second);
            y1 = std::max(y1, v.second);
        }
    if (x0 > x1)
        x0 = y0 = p.x_log || p.y_log ? 1 : 0, x1 = y1 = 10;
    const axis x(x0, x1, p.x_log, left, right), y(y0, y1, p.y_log, bottom, top);
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 430\" width=\"640\" "
        "height=\"430\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"640\" height=\"430\" fill=\"white\"/>\n"
        "<text x=\"{}\" y=\"24\" font-size=\"15\">{}</text>\n",
        left, xml_escaped(p.title));
    for (const double t : x.ticks())
        out += fmt::format(
            "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" "
            "text-anchor=\"middle\">{4}</text>\n",
            x.place(t), top, bottom, bottom + 18, label(t));
    for (const double t : y.ticks())
        out += fmt::format(
            "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" "
            "text-anchor=\"end\">{5}</text>\n",
            left, y.place(t), right, left - 8, y.place(t) + 4, label(t));
    out += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" "
        "stroke=\"#444\"/>\n",
        left, top, right - left, bottom - top);
    out += fmt::format("<text x=\"{:.0f}\" y=\"418\" text-anchor=\"middle\">{}</text>\n",
                       (left + right) / 2, xml_escaped(p.x_name));
    out += fmt::format(
        "<text transform=\"translate(20 {:.0f}) rotate(-90)\" "
        "text-anchor=\"middle\">{}</text>\n",
        (top + bottom) / 2, xml_escaped(p.y_name));
    for (const auto& [at, name] : p.marks) {
        const double place = x.place(at);
        if (place < left || place > right)
            continue;
        out += fmt::format(
            "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#888\" stroke-dasharray=\"5 4\"/>"
            "<text x=\"{3:.1f}\" y=\"{4}\" text-anchor=\"{5}\" fill=\"#555\">{6}</text>\n",
            place, top, bottom, place + (place > 400 ? -5 : 5), bottom - 8,
            place > 400 ? "end" : "start", xml_escaped(name));
    }
    std::size_t n = 0;
    const double key = p.legend_right ? right - 170 : left + 12;
    for (const auto& c : p.curves) {
        const char* colour = colours[n % (sizeof colours / sizeof colours[0])];
        if (c.dots) {
            for (const auto& v : c.points)
                if (shown(v))
                    out +=
                        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n",
                                    x.place(v.first), y.place(v.second), colour);
        } else {
            std::string path;
            for (const auto& v : c.points)
                if (shown(v))
                    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                                        x.place(v.first), y.place(v.second));
            out +=
                fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>\n",
                            path, colour);
        }
        if (p.curves.size() > 1)
            out += fmt::format(
                "<rect x=\"{0}\" y=\"{1}\" width=\"14\" height=\"4\" fill=\"{2}\"/>"
                "<text x=\"{3}\" y=\"{4}\">{5}</text>\n",
                key, top + 13 + 17 * static_cast<double>(n), colour, key + 20,
                top + 19 + 17 * static_cast<double>(n), xml_escaped(c.name));
        ++n;
    }
    return out + "</svg>\n";
}

}  // namespace ocellus::sim
