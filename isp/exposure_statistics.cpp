// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/exposure_statistics.h"

#include <algorithm>

#include "isp/bayer.h"

namespace ocellus::isp {

namespace {

constexpr std::uint32_t weight_red = 54, weight_green_red = 92, weight_green_blue = 91,
                        weight_blue = 19;  // of 256

/// One site of the cells of a row pair: where it is, and what is done to it.
struct site {
    const std::uint16_t* samples;
    std::uint32_t gain;
};

std::uint32_t linear(std::uint32_t sample, std::uint32_t black, std::uint32_t gain,
                     std::uint32_t full) {
    const std::uint32_t above = sample > black ? sample - black : 0;
    return std::min(above * gain >> 8, full);
}

}  // namespace

void exposure_statistics::operator+=(const exposure_statistics& other) {
    cells += other.cells;
    luma += other.luma;
    red += other.red;
    green += other.green;
    blue += other.blue;
    clipped += other.clipped;
    dark += other.dark;
    for (unsigned b = 0; b < bins; ++b)
        histogram[b] += other.histogram[b];
    full_scale = other.full_scale;
}

exposure_statistics measure_exposure(const std::function<const std::uint16_t*(unsigned y)>& rows,
                                     const statistics_window& window, unsigned bits,
                                     const isp_settings& settings) {
    exposure_statistics s;
    const std::uint32_t top = (1u << bits) - 1;
    const std::uint32_t black = bits >= 12 ? std::uint32_t{settings.black_level} << (bits - 12)
                                           : std::uint32_t{settings.black_level} >> (12 - bits);
    const std::uint32_t full = top > black ? top - black : 1;
    s.full_scale = full;
    const unsigned x0 = (window.x + 1) & ~1u, y0 = (window.y + 1) & ~1u;
    const unsigned x1 = window.x + window.width, y1 = window.y + window.height;
    const unsigned cells = x1 > x0 ? (x1 - x0) / 2 : 0;
    for (unsigned y = y0; y + 1 < y1; y += 2) {
        const std::uint16_t* const row[2] = {rows(y) + x0, rows(y + 1) + x0};
        // The four sites, by colour.
        std::array<site, 4> at{};
        for (unsigned dy = 0; dy < 2; ++dy)
            for (unsigned dx = 0; dx < 2; ++dx) {
                const auto k = static_cast<std::size_t>(site_of(settings.phase, dy, dx));
                at[k] = {row[dy] + dx, settings.gains[k]};
            }
        // Sums of a row fit 32 bits: at most 8192 cells of at most 16 bits.
        std::uint32_t luma_sum = 0, red_sum = 0, green_sum = 0, blue_sum = 0, clipped = 0, dark = 0;
        for (unsigned c = 0; c < cells; ++c) {
            const std::uint32_t raw_red = at[0].samples[2 * c], raw_gr = at[1].samples[2 * c];
            const std::uint32_t raw_gb = at[2].samples[2 * c], raw_blue = at[3].samples[2 * c];
            const std::uint32_t red = linear(raw_red, black, at[0].gain, full);
            const std::uint32_t gr = linear(raw_gr, black, at[1].gain, full);
            const std::uint32_t gb = linear(raw_gb, black, at[2].gain, full);
            const std::uint32_t blue = linear(raw_blue, black, at[3].gain, full);
            const std::uint32_t luma = (weight_red * red + weight_green_red * gr +
                                        weight_green_blue * gb + weight_blue * blue) >>
                                       8;
            luma_sum += luma;
            red_sum += red;
            green_sum += (gr + gb) / 2;
            blue_sum += blue;
            clipped += raw_red >= top || raw_gr >= top || raw_gb >= top || raw_blue >= top;
            dark += luma * 64 < full;
            ++s.histogram[luma * exposure_statistics::bins / (full + 1)];
        }
        s.cells += cells;
        s.luma += luma_sum;
        s.red += red_sum;
        s.green += green_sum;
        s.blue += blue_sum;
        s.clipped += clipped;
        s.dark += dark;
    }
    return s;
}

}  // namespace ocellus::isp
