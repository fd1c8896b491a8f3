// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/line_limits.h"

#include <algorithm>

#include "links/csi2_packet.h"

namespace ocellus::sim {

std::uint32_t wire_row_bytes(const settings& s) {
    const auto width = static_cast<std::uint32_t>(s.pixels.sensor.width);
    switch (s.run.image) {
        case image_output::raw: {
            const auto type = links::raw_type_of(s.adc.bits);
            return type ? links::raw_row_bytes(*type, width) : 0;
        }
        case image_output::isp:
            return (width / static_cast<std::uint32_t>(s.isp.image_scale) & ~1u) *
                   (s.isp.image_format == isp::image_format::yuv422 ? 2 : 3);
        case image_output::none:
            return 0;
    }
    return 0;
}

std::vector<line_limit> line_limits(const settings& s) {
    const auto& mode = s.pixels.sensor;
    const double pixel_rate = models::pixel_rate_of(mode.registers()).hertz();
    std::vector<line_limit> all = {{"pixel clock", static_cast<double>(mode.width) / pixel_rate},
                                   {"converters", models::shortest_line_time(s.adc)},
                                   {"die link", s.die_link.row_seconds(mode.width, s.adc.bits)}};
    const auto isp_clocks = (mode.width + s.isp.pixels_per_clock - 1) / s.isp.pixels_per_clock;
    all.push_back(
        {"ISP", static_cast<double>(isp_clocks + s.isp.horizontal_blanking) / s.isp.clock});
    if (const auto bytes = wire_row_bytes(s)) {
        const double wire = links::csi2_wire_seconds(bytes + 6, static_cast<unsigned>(s.csi2.lanes),
                                                     s.csi2.lane_rate, s.csi2.hs_overhead);
        const double rows =
            s.run.image == image_output::isp ? static_cast<double>(s.isp.image_scale) : 1.0;
        all.push_back({"CSI-2", wire / rows});
    }
    return all;
}

const line_limit& slowest(const std::vector<line_limit>& limits) {
    return *std::max_element(
        limits.begin(), limits.end(),
        [](const line_limit& a, const line_limit& b) { return a.seconds < b.seconds; });
}

}  // namespace ocellus::sim
