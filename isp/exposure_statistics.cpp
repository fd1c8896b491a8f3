// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/exposure_statistics.h"

#include <algorithm>
#include <vector>

#include "core/simd.h"
#include "isp/bayer.h"

namespace ocellus::isp {

namespace {

constexpr std::uint32_t weight_red = 54, weight_green_red = 92, weight_green_blue = 91,
                        weight_blue = 19;  // of 256

/// One call's cells: sums stay below 2^32, and counts below 2^16.
constexpr unsigned most_cells = 65535;

struct row_sums {
    std::uint32_t luma = 0, red = 0, green = 0, blue = 0, clipped = 0, dark = 0;
};

struct row_constants {
    std::uint32_t black, full, top;
    std::array<std::uint32_t, 4> gain;
};

OCELLUS_INLINE std::uint32_t linear(std::uint32_t sample, std::uint32_t black, std::uint32_t gain,
                                    std::uint32_t full) {
    const std::uint32_t above = (sample > black ? sample : black) - black;
    const std::uint32_t v = above * gain >> 8;
    return v < full ? v : full;
}

/// The sites of `cells` cells, every other sample of each; writes their luma.
OCELLUS_INLINE void sum_cells_body(const std::uint16_t* r, const std::uint16_t* gr,
                                   const std::uint16_t* gb, const std::uint16_t* b, unsigned cells,
                                   const row_constants& k, std::uint16_t* luma, row_sums& out) {
    const std::uint32_t black = k.black, full = k.full, top = k.top;
    const std::uint32_t gain_r = k.gain[0], gain_gr = k.gain[1], gain_gb = k.gain[2],
                        gain_b = k.gain[3];
    std::uint32_t l_sum = 0, r_sum = 0, g_sum = 0, b_sum = 0, clipped = 0, dark = 0;
    OCELLUS_INDEPENDENT
    for (std::size_t c = 0; c < cells; ++c) {
        const std::uint32_t r0 = r[2 * c], gr0 = gr[2 * c], gb0 = gb[2 * c], b0 = b[2 * c];
        const std::uint32_t red = linear(r0, black, gain_r, full);
        const std::uint32_t green_red = linear(gr0, black, gain_gr, full);
        const std::uint32_t green_blue = linear(gb0, black, gain_gb, full);
        const std::uint32_t blue = linear(b0, black, gain_b, full);
        const std::uint32_t l = (weight_red * red + weight_green_red * green_red +
                                 weight_green_blue * green_blue + weight_blue * blue) >>
                                8;
        luma[c] = static_cast<std::uint16_t>(l);
        l_sum += l;
        r_sum += red;
        g_sum += (green_red + green_blue) / 2;
        b_sum += blue;
        const std::uint32_t rg = r0 > gr0 ? r0 : gr0, gb_max = gb0 > b0 ? gb0 : b0;
        clipped += (rg > gb_max ? rg : gb_max) >= top ? 1u : 0u;
        dark += l * 64 < full ? 1u : 0u;
    }
    out = {l_sum, r_sum, g_sum, b_sum, clipped, dark};
}

OCELLUS_SIMD_KERNEL(sum_cells,
                    (const std::uint16_t* r, const std::uint16_t* gr, const std::uint16_t* gb,
                     const std::uint16_t* b, unsigned cells, const row_constants& k,
                     std::uint16_t* luma, row_sums& out),
                    (r, gr, gb, b, cells, k, luma, out))

/// Cells with luma below each of the thresholds: compares of whole vectors are faster than a
/// division and a table that is incremented cell by cell.
OCELLUS_INLINE void count_below_body(
    const std::uint16_t* luma, unsigned cells,
    const std::array<std::uint32_t, exposure_statistics::bins>& threshold,
    std::array<std::uint32_t, exposure_statistics::bins>& below) {
    for (unsigned t = 1; t < exposure_statistics::bins; ++t) {
        // Thresholds are at most 15/16 of 2^16.
        const auto limit = static_cast<std::uint16_t>(threshold[t]);
        std::uint16_t n = 0;
        for (std::size_t c = 0; c < cells; ++c)
            n = static_cast<std::uint16_t>(n + (luma[c] < limit ? 1 : 0));
        below[t] = n;
    }
}

OCELLUS_SIMD_KERNEL(count_below,
                    (const std::uint16_t* luma, unsigned cells,
                     const std::array<std::uint32_t, exposure_statistics::bins>& threshold,
                     std::array<std::uint32_t, exposure_statistics::bins>& below),
                    (luma, cells, threshold, below))

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
    const row_constants constants{
        black,
        full,
        top,
        {settings.gains[0], settings.gains[1], settings.gains[2], settings.gains[3]}};
    // luma * bins / (full + 1) >= t  <=>  luma >= ceil(t (full + 1) / bins)
    std::array<std::uint32_t, exposure_statistics::bins> threshold{}, below{};
    for (unsigned t = 0; t < threshold.size(); ++t)
        threshold[t] = (t * (full + 1) + exposure_statistics::bins - 1) / exposure_statistics::bins;
    std::vector<std::uint16_t> luma(std::min(cells, most_cells));
    for (unsigned y = y0; y + 1 < y1; y += 2) {
        const std::uint16_t* const row[2] = {rows(y) + x0, rows(y + 1) + x0};
        // The four sites, by colour.
        std::array<const std::uint16_t*, 4> at{};
        for (unsigned dy = 0; dy < 2; ++dy)
            for (unsigned dx = 0; dx < 2; ++dx)
                at[static_cast<std::size_t>(site_of(settings.phase, dy, dx))] = row[dy] + dx;
        for (unsigned first = 0; first < cells; first += most_cells) {
            const unsigned n = std::min(cells - first, most_cells), o = 2 * first;
            row_sums r;
            sum_cells(at[0] + o, at[1] + o, at[2] + o, at[3] + o, n, constants, luma.data(), r);
            s.luma += r.luma;
            s.red += r.red;
            s.green += r.green;
            s.blue += r.blue;
            s.clipped += r.clipped;
            s.dark += r.dark;
            count_below(luma.data(), n, threshold, below);
            for (unsigned t = 0; t < exposure_statistics::bins; ++t)
                s.histogram[t] += (t + 1 < exposure_statistics::bins ? below[t + 1] : n) - below[t];
        }
        s.cells += cells;
    }
    return s;
}

}  // namespace ocellus::isp
