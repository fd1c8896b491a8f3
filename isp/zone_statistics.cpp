// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/zone_statistics.h"

#include <algorithm>
#include <array>

#include "core/simd.h"
#include "isp/bayer.h"

namespace ocellus::isp {

namespace {

/// One call's cells: sums of 17-bit numbers stay below 2^32.
constexpr unsigned most_cells = 32767;

struct thresholds {
    std::uint32_t top, clip, dark;  // dark: of the sum of two greens
};

struct cell_sums {
    std::uint32_t red = 0, green_red = 0, green_blue = 0, blue = 0, clipped = 0, counted = 0,
                  counted_red = 0, counted_green_red = 0, counted_green_blue = 0, counted_blue = 0;
};

/// The sites of `cells` cells, every other sample of each.
OCELLUS_INLINE void sum_cells_body(const std::uint16_t* r, const std::uint16_t* gr,
                                   const std::uint16_t* gb, const std::uint16_t* b, unsigned cells,
                                   const thresholds& t, cell_sums& out) {
    const std::uint32_t top = t.top, clip = t.clip, dark = t.dark;
    std::uint32_t sr = 0, sgr = 0, sgb = 0, sb = 0, clipped = 0, n = 0, nr = 0, ngr = 0, ngb = 0,
                  nb = 0;
    OCELLUS_INDEPENDENT
    for (std::size_t c = 0; c < cells; ++c) {
        const std::uint32_t r0 = r[2 * c], gr0 = gr[2 * c], gb0 = gb[2 * c], b0 = b[2 * c];
        const std::uint32_t rg = r0 > gr0 ? r0 : gr0, gbb = gb0 > b0 ? gb0 : b0;
        const std::uint32_t most = rg > gbb ? rg : gbb;
        sr += r0;
        sgr += gr0;
        sgb += gb0;
        sb += b0;
        clipped += most >= top ? 1u : 0u;
        const std::uint32_t counts = (most < clip ? 1u : 0u) & (gr0 + gb0 >= dark ? 1u : 0u);
        const std::uint32_t mask = 0u - counts;
        n += counts;
        nr += r0 & mask;
        ngr += gr0 & mask;
        ngb += gb0 & mask;
        nb += b0 & mask;
    }
    out = {sr, sgr, sgb, sb, clipped, n, nr, ngr, ngb, nb};
}

OCELLUS_SIMD_KERNEL(sum_cells,
                    (const std::uint16_t* r, const std::uint16_t* gr, const std::uint16_t* gb,
                     const std::uint16_t* b, unsigned cells, const thresholds& t, cell_sums& out),
                    (r, gr, gb, b, cells, t, out))

/// Sum of |2 g - a - b| over every other sample of `cells` cells; a and b are its neighbours.
OCELLUS_INLINE void sum_high_pass_body(const std::uint16_t* g, const std::uint16_t* a,
                                       const std::uint16_t* b, unsigned cells, std::uint32_t& out) {
    std::uint32_t sum = 0;
    OCELLUS_INDEPENDENT
    for (std::size_t c = 0; c < cells; ++c) {
        const std::int32_t d = 2 * std::int32_t{g[2 * c]} - a[2 * c] - b[2 * c];
        sum += static_cast<std::uint32_t>(d < 0 ? -d : d);
    }
    out = sum;
}

OCELLUS_SIMD_KERNEL(sum_high_pass,
                    (const std::uint16_t* g, const std::uint16_t* a, const std::uint16_t* b,
                     unsigned cells, std::uint32_t& out),
                    (g, a, b, cells, out))

}  // namespace

void zone::operator+=(const zone& o) {
    cells += o.cells;
    clipped += o.clipped;
    balance_cells += o.balance_cells;
    red += o.red;
    green_red += o.green_red;
    green_blue += o.green_blue;
    blue += o.blue;
    balance_red += o.balance_red;
    balance_green += o.balance_green;
    balance_blue += o.balance_blue;
    focus += o.focus;
}

zone zone_statistics::total() const {
    zone all;
    for (const zone& z : zones)
        all += z;
    return all;
}

std::uint32_t zone_statistics::mean(std::uint64_t sum, std::uint64_t count) const {
    const std::uint64_t below = count * black;
    return sum <= below ? 0
                        : static_cast<std::uint32_t>((sum - below) * 65280u / (count * full_scale));
}

std::uint32_t zone_statistics::focus_mean(const zone& z) const {
    return z.cells == 0 ? 0
                        : static_cast<std::uint32_t>(z.focus * 65280u /
                                                     (std::uint64_t{z.cells} * full_scale));
}

void zone_statistics::operator+=(const zone_statistics& other) {
    for (std::size_t i = 0; i < zones.size(); ++i)
        zones[i] += other.zones[i];
}

zone_statistics measure_zones(const std::function<const std::uint16_t*(unsigned y)>& rows,
                              const statistics_window& window, unsigned bits,
                              const isp_settings& settings, const zone_settings& grid,
                              unsigned first, unsigned last) {
    const auto scaled = [bits](std::uint32_t code) {
        return bits >= 12 ? code << (bits - 12) : code >> (12 - bits);
    };
    zone_statistics s;
    s.columns = grid.columns;
    s.rows = grid.rows;
    const std::uint32_t top = (1u << bits) - 1;
    s.black = scaled(settings.black_level);
    s.full_scale = top > s.black ? top - s.black : 1;
    s.zones.resize(std::size_t{grid.columns} * grid.rows);
    const thresholds t{top, scaled(grid.clip), 2 * scaled(grid.dark)};

    const unsigned x0 = (window.x + 1) & ~1u, y0 = (window.y + 1) & ~1u;
    const unsigned x1 = window.x + window.width, y1 = window.y + window.height;
    const unsigned width = x1 > x0 ? (x1 - x0) / 2 : 0, height = y1 > y0 ? (y1 - y0) / 2 : 0;
    last = std::min(last, height);
    // Green of red rows.
    const unsigned green_row = is_red_row(settings.phase, 0) ? 0 : 1,
                   green_column = colour_parity(settings.phase, green_row) ^ 1u;
    for (unsigned row = 0; row < grid.rows; ++row) {
        const unsigned top_row = std::max(first, row * height / grid.rows),
                       end_row = std::min(last, (row + 1) * height / grid.rows);
        for (unsigned y = top_row; y < end_row; ++y) {
            const std::uint16_t* const line[2] = {rows(y0 + 2 * y) + x0, rows(y0 + 2 * y + 1) + x0};
            std::array<const std::uint16_t*, 4> at{};  // the four sites, by colour
            for (unsigned dy = 0; dy < 2; ++dy)
                for (unsigned dx = 0; dx < 2; ++dx)
                    at[static_cast<std::size_t>(site_of(settings.phase, dy, dx))] = line[dy] + dx;
            const auto green_of = [&](unsigned cell_row) {
                return rows(y0 + 2 * cell_row + green_row) + x0 + green_column;
            };
            const bool inside = y > 0 && y + 1 < height;
            const std::uint16_t* const above = inside ? green_of(y - 1) : nullptr;
            const std::uint16_t* const below = inside ? green_of(y + 1) : nullptr;
            for (unsigned column = 0; column < grid.columns; ++column) {
                zone& z = s.zones[std::size_t{row} * grid.columns + column];
                const unsigned end = (column + 1) * width / grid.columns;
                for (unsigned c = column * width / grid.columns; c < end;) {
                    const unsigned n = std::min(end - c, most_cells), o = 2 * c;
                    cell_sums k;
                    sum_cells(at[0] + o, at[1] + o, at[2] + o, at[3] + o, n, t, k);
                    z.cells += n;
                    z.clipped += k.clipped;
                    z.balance_cells += k.counted;
                    z.red += k.red;
                    z.green_red += k.green_red;
                    z.green_blue += k.green_blue;
                    z.blue += k.blue;
                    z.balance_red += k.counted_red;
                    z.balance_green += std::uint64_t{k.counted_green_red} + k.counted_green_blue;
                    z.balance_blue += k.counted_blue;
                    const unsigned from = std::max(c, 1u), to = std::min(c + n, width - 1);
                    std::uint32_t detail = 0;
                    if (to > from) {
                        const std::uint16_t* g = at[1] + 2 * from;
                        sum_high_pass(g, g - 2, g + 2, to - from, detail);
                        z.focus += detail;
                    }
                    if (above && below) {
                        sum_high_pass(at[1] + o, above + o, below + o, n, detail);
                        z.focus += detail;
                    }
                    c += n;
                }
            }
        }
    }
    return s;
}

}  // namespace ocellus::isp
