// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "sim/network_report.h"

namespace ocellus::sim {
namespace {

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3; at -= 3)
        digits.insert(at - 3, " ");
    return digits;
}

const char* const style = R"(
:root{--ink:#1b1f24;--soft:#5f6b7a;--line:#d9dee5;--back:#fff;--tile:#f5f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#343b45;--back:#14181d;--tile:#1d232b}}
*{box-sizing:border-box}
body{font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:0 auto;max-width:1280px;padding:24px}
h1{font-size:22px;margin:0 0 2px}h2{font-size:16px;margin:30px 0 8px}
p.sub{color:var(--soft);margin:0 0 18px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px}
.tile{background:var(--tile);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:20px;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:12px}
.key{display:flex;flex-wrap:wrap;gap:6px 18px;margin:6px 0 10px;font-size:12px;color:var(--soft)}
.key i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:5px;vertical-align:-1px}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font:11px system-ui,sans-serif}
svg .soft{fill:var(--soft)}svg .grid{stroke:var(--line)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:12px}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{cursor:pointer;user-select:none;position:sticky;top:0;background:var(--back)}
th[data-way="1"]::after{content:" \25B2"}th[data-way="-1"]::after{content:" \25BC"}
td.l,th.l{text-align:left}tfoot td{font-weight:600;border-top:2px solid var(--line)}
tr.pick{background:var(--tile)}
)";

const char* const script = R"(
document.querySelectorAll('th').forEach((h,i)=>h.addEventListener('click',()=>{
const b=h.closest('table').tBodies[0],w=h.dataset.way==='1'?-1:1;
h.parentNode.querySelectorAll('th').forEach(o=>delete o.dataset.way);h.dataset.way=w;
const v=r=>{const c=r.cells[i];return c.dataset.v===undefined?c.textContent:+c.dataset.v};
[...b.rows].sort((x,y)=>{const p=v(x),q=v(y);return w*(typeof p==='number'?p-q:p.localeCompare(q))})
.forEach(r=>b.append(r))}));
document.querySelectorAll('[data-layer]').forEach(e=>{
const f=on=>document.querySelectorAll('[data-layer="'+e.dataset.layer+'"]').forEach(o=>o.classList.toggle('pick',on));
e.addEventListener('mouseenter',()=>f(true));e.addEventListener('mouseleave',()=>f(false))});
)";

std::string tile(const std::string& value, const std::string& what) {
    return "<div class=\"tile\"><b>" + value + "</b><span>" + what + "</span></div>\n";
}

std::string key_of(const dsp::network_profile& n) {
    std::string out = "<div class=\"key\">";
    for (const cause_info& c : cycle_cause_list())
        if (n.cycles.*c.value > 0)
            out +=
                fmt::format("<span><i style=\"background:{}\"></i>{}: {} ({:.1f} %)</span>",
                            c.colour, c.key, c.says,
                            100.0 * static_cast<double>(n.cycles.*c.value) /
                                static_cast<double>(std::max<std::uint64_t>(1, n.cycles.total())));
    return out + "</div>\n";
}

/// A bar for each layer, its causes side by side.
std::string bars(const dsp::network_profile& n) {
    constexpr double left = 190, right = 90, width = 1220, row = 18, top = 20;
    const double height = top + row * static_cast<double>(n.layers.size()) + 8;
    std::uint64_t most = 1;
    for (const auto& l : n.layers)
        most = std::max(most, l.cycles.total());
    const double scale = (width - left - right) / static_cast<double>(most);
    std::string out = fmt::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Cycles of each layer by "
        "cause\">\n",
        width, height);
    // Round steps of the axis.
    double step = std::pow(10.0, std::floor(std::log10(static_cast<double>(most))));
    if (static_cast<double>(most) / step < 4)
        step /= static_cast<double>(most) / step < 2 ? 5 : 2;
    for (double v = 0; v <= static_cast<double>(most); v += step)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2:.0f}\"/><text "
            "class=\"soft\" x=\"{0:.1f}\" y=\"12\" text-anchor=\"middle\">{3}</text>\n",
            left + v * scale, top - 4, height - 6, grouped(static_cast<std::uint64_t>(v + 0.5)));
    double y = top;
    std::size_t index = 0;
    for (const auto& l : n.layers) {
        out += fmt::format(
            "<g data-layer=\"{}\"><text x=\"{}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>",
            index++, left - 8, y + 12.5, xml_escaped(short_name(l.name, 28)));
        double x = left;
        for (const cause_info& c : cycle_cause_list()) {
            const std::uint64_t cycles = l.cycles.*c.value;
            if (cycles == 0)
                continue;
            const double w = static_cast<double>(cycles) * scale;
            out += fmt::format(
                "<rect x=\"{:.2f}\" y=\"{:.0f}\" width=\"{:.2f}\" height=\"{:.0f}\" "
                "fill=\"{}\"><title>{}: {} {} cycles</title></rect>",
                x, y + 2, w, row - 4, c.colour, xml_escaped(short_name(l.name, 60)), c.key,
                grouped(cycles));
            x += w;
        }
        out += fmt::format("<text class=\"soft\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text></g>\n", x + 6,
                           y + 12.5, grouped(l.cycles.total()));
        y += row;
    }
    return out + "</svg>\n";
}

/// Multiply-accumulates a cycle over multiply-accumulates a byte, both logarithmic.
std::string roofline(const dsp::network_profile& n) {
    constexpr double width = 1220, height = 420, left = 70, right = 30, top = 16, bottom = 46;
    const auto peak = static_cast<double>(n.array.macs());
    const auto bus = static_cast<double>(n.array.bus_bytes);
    double low_x = peak / bus, high_x = peak / bus, low_y = peak;
    for (const auto& l : n.layers)
        if (l.macs > 0) {
            low_x = std::min(low_x, l.intensity);
            high_x = std::max(high_x, l.intensity);
            low_y = std::min(low_y, l.reached);
        }
    const double x0 = std::floor(std::log10(low_x)), x1 = std::ceil(std::log10(high_x) + 0.05);
    const double y0 = std::floor(std::log10(low_y)), y1 = std::ceil(std::log10(peak) + 0.02);
    const auto px = [&](double v) {
        return left + (std::log10(v) - x0) / (x1 - x0) * (width - left - right);
    };
    const auto py = [&](double v) {
        return height - bottom - (std::log10(v) - y0) / (y1 - y0) * (height - top - bottom);
    };
    std::string out =
        fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Roofline\">\n",
                    width, height);
    for (double d = x0; d <= x1; ++d)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/><text "
            "class=\"soft\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4:g}</text>\n",
            px(std::pow(10, d)), top, height - bottom, height - bottom + 16, std::pow(10, d));
    for (double d = y0; d <= y1; ++d)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/><text "
            "class=\"soft\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:g}</text>\n",
            py(std::pow(10, d)), left, width - right, left - 8, py(std::pow(10, d)) + 4,
            std::pow(10, d));
    out += fmt::format(
        "<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"end\">multiply-accumulates a byte "
        "moved</text><text class=\"soft\" transform=\"translate(14 {}) rotate(-90)\" "
        "text-anchor=\"middle\">multiply-accumulates a cycle</text>\n",
        width - right, height - 10, (height - bottom + top) / 2);
    const double knee = peak / bus, first = std::pow(10, x0), last = std::pow(10, x1);
    const double start = std::max(first, std::pow(10, y0) / bus);
    out += fmt::format(
        "<polyline fill=\"none\" stroke=\"#d62728\" stroke-width=\"1.6\" "
        "points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\"/>\n",
        px(start), py(start * bus), px(std::max(start, knee)), py(peak), px(last), py(peak));
    out += fmt::format(
        "<text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">peak {:.0f}, bus "
        "{:.0f} "
        "B a cycle</text>\n",
        px(last) - 4, py(peak) - 6, peak, bus);
    std::uint64_t most = 1;
    for (const auto& l : n.layers)
        most = std::max(most, l.cycles.total());
    std::size_t index = 0;
    for (const auto& l : n.layers) {
        const std::size_t at = index++;
        if (l.macs == 0)
            continue;
        const double share = static_cast<double>(l.cycles.total()) / static_cast<double>(most);
        out += fmt::format(
            "<circle data-layer=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\" "
            "fill-opacity=\"0.65\"><title>{}: {:.1f} MAC/B, {:.1f} of {:.1f} MAC a cycle</title>"
            "</circle>\n",
            at, px(l.intensity), py(l.reached), 3 + 9 * std::sqrt(share),
            l.memory_bound ? "#f2a33a" : "#2f7ed8", xml_escaped(short_name(l.name, 60)),
            l.intensity, l.reached, l.roof);
    }
    return out + "</svg>\n";
}

std::string table(const dsp::network_profile& n) {
    std::string out =
        "<div class=\"scroll\"><table><thead><tr><th>#</th><th class=\"l\">layer</th><th "
        "class=\"l\">operator</th><th class=\"l\">output</th><th>MAC</th><th>util. "
        "%</th><th>cycles</th>";
    std::vector<cause_info> causes;
    for (const cause_info& c : cycle_cause_list())
        if (n.cycles.*c.value > 0) {
            causes.push_back(c);
            out += fmt::format("<th title=\"{}\">{}</th>", c.says, c.key);
        }
    out +=
        "<th>read, act.</th><th>read, weights</th><th>written</th><th>arena</th><th>MAC/B</th>"
        "<th>of roof %</th><th>nJ</th><th class=\"l\">mapping</th></tr></thead><tbody>\n";
    const auto number = [](std::uint64_t v) {
        return fmt::format("<td data-v=\"{}\">{}</td>", v, grouped(v));
    };
    const auto real = [](double v) {
        return fmt::format("<td data-v=\"{0:.6g}\">{0:.1f}</td>", v);
    };
    std::size_t index = 0;
    for (const auto& l : n.layers) {
        out += fmt::format(
            "<tr data-layer=\"{0}\"><td data-v=\"{0}\">{0}</td><td class=\"l\">{1}</td><td "
            "class=\"l\">{2}</td><td class=\"l\">{3}</td>",
            index++, xml_escaped(short_name(l.name, 40)), dsp::name_of(l.kind),
            shape_text(l.out_shape));
        out += number(l.macs) + real(100 * l.utilisation) + number(l.cycles.total());
        for (const cause_info& c : causes)
            out += number(l.cycles.*c.value);
        out += number(l.input_bytes) + number(l.weight_bytes) + number(l.output_bytes) +
               number(l.live_bytes) + real(l.intensity) +
               real(l.roof > 0 ? 100 * l.reached / l.roof : 0) +
               real(static_cast<double>(l.energy.total()) * 1e-9);
        out += "<td class=\"l\">" + xml_escaped(l.mapping) +
               (l.weight_bits ? fmt::format(", {}-bit weights", l.weight_bits) : "") +
               "</td></tr>\n";
    }
    out += "</tbody><tfoot><tr><td></td><td class=\"l\">total</td><td></td><td></td>" +
           number(n.macs) + real(100 * n.utilisation) + number(n.cycles.total());
    for (const cause_info& c : causes)
        out += number(n.cycles.*c.value);
    return out + number(n.input_bytes) + number(n.weight_bytes) + number(n.output_bytes) +
           number(n.arena_bytes) + "<td></td><td></td>" +
           real(static_cast<double>(n.energy.total()) * 1e-9) +
           "<td></td></tr></tfoot></table></div>\n";
}

}  // namespace

std::string profile_html(const dsp::network_profile& n, double clock) {
    const auto ms = [clock](std::uint64_t cycles) {
        return fmt::format("{:.3f} ms", static_cast<double>(cycles) / clock * 1e3);
    };
    const double seconds = static_cast<double>(n.cycles.total()) / clock;
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
        "name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>" +
        xml_escaped(short_name(n.name, 80)) + ", profile</title>\n<style>" + style +
        "</style></head><body>\n";
    out += fmt::format(
        "<h1>{}</h1><p class=\"sub\">on {}, {} multiply-accumulates a cycle at {:.1f} MHz, {} "
        "weights; {}</p>\n<div class=\"tiles\">\n",
        xml_escaped(short_name(n.name, 80)), xml_escaped(n.array.name), n.array.macs(), clock / 1e6,
        widths_text(n),
        n.real_memory ? "SRAM with its banks and other traffic" : "a memory that never waits");
    out += tile(ms(n.cycles.total()), grouped(n.cycles.total()) + " cycles");
    out += tile(ms(n.spread.least) + " &ndash; " + ms(n.spread.most),
                "over the hypotheses about the array: " + xml_escaped(n.spread.fastest) + " to " +
                    xml_escaped(n.spread.slowest));
    out += tile(fmt::format("{:.1f} %", 100 * n.utilisation),
                "of the array, " + grouped(n.macs) + " multiply-accumulates");
    out += tile(grouped(n.input_bytes + n.weight_bytes + n.output_bytes) + " B",
                fmt::format("moved; {} weights", grouped(n.weight_bytes)));
    if (n.arena_bytes > 0)
        out += tile(grouped(n.arena_bytes) + " B",
                    fmt::format("arena, at least {}; weights {}", grouped(n.arena_lower_bound),
                                grouped(n.coefficient_bytes)));
    out += tile(fmt::format("{:.1f} &micro;J", static_cast<double>(n.energy.total()) * 1e-12),
                fmt::format("{:.0f} mW while it runs",
                            seconds > 0 ? n.energy.joules() / seconds * 1e3 : 0));
    out += "</div>\n<h2>Cycles of each layer by cause</h2>\n" + key_of(n) + bars(n);
    out +=
        "<h2>Roofline</h2>\n<div class=\"key\"><span><i style=\"background:#2f7ed8\"></i>computing "
        "takes longer than moving the bytes</span><span><i style=\"background:#f2a33a\"></i>moving "
        "takes longer</span><span>area: share of the cycles</span></div>\n" +
        roofline(n);
    out += "<h2>Layers</h2>\n" + table(n);
    out += fmt::format(
        "<p class=\"sub\">Energy by events: {} aJ a multiply-accumulate, {} aJ a byte read, {} aJ "
        "a "
        "byte written, {} aJ a cycle (npu.mac_energy and its neighbours name source and "
        "uncertainty). How the array of the public part is organised is not public; the interval "
        "is "
        "what the hypotheses about it differ by.</p>\n",
        n.energies.mac, n.energies.read_byte, n.energies.written_byte, n.energies.cycle);
    return out + "<script>" + script + "</script></body></html>\n";
}

}  // namespace ocellus::sim
