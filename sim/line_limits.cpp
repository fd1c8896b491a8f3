// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/line_limits.h"

#include <algorithm>

#include "links/csi2_packet.h"

namespace ocellus::sim {

namespace {

std::uint32_t picture_width(const settings& s) {
    const auto& p = s.isp;
    const std::uint64_t array = s.pixels.sensor.width;
    const std::uint64_t source = p.roi_width ? p.roi_width : array - std::min(array, p.roi_x);
    return static_cast<std::uint32_t>(p.picture_width ? p.picture_width : source / p.image_scale) &
           ~1u;
}

}  // namespace

double rows_per_wire_row(const settings& s) {
    if (s.run.image != image_output::isp)
        return 1.0;
    const auto& p = s.isp;
    if (p.picture_height == 0)
        return static_cast<double>(p.image_scale);
    const std::uint64_t source =
        p.roi_height ? p.roi_height
                     : s.pixels.sensor.height - std::min(s.pixels.sensor.height, p.roi_y);
    return static_cast<double>(source) / static_cast<double>(p.picture_height);
}

std::uint32_t wire_row_bytes(const settings& s) {
    const auto width = static_cast<std::uint32_t>(s.pixels.sensor.width);
    switch (s.run.image) {
        case image_output::raw: {
            const auto type = links::raw_type_of(s.adc.bits);
            return type ? links::raw_row_bytes(*type, width) : 0;
        }
        case image_output::isp:
            // Rows of YUV420 have 8 and 16 bits by turns; the transmitter's buffer evens them out.
            return picture_width(s) *
                   (s.isp.image_format == isp::image_format::yuv420
                        ? 12
                        : isp::bits_per_pixel(s.isp.image_format)) /
                   8;
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
        all.push_back({"CSI-2", wire / rows_per_wire_row(s)});
    }
    return all;
}

const line_limit& slowest(const std::vector<line_limit>& limits) {
    return *std::max_element(
        limits.begin(), limits.end(),
        [](const line_limit& a, const line_limit& b) { return a.seconds < b.seconds; });
}

}  // namespace ocellus::sim
