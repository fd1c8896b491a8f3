// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/demosaic.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Rows as seen from the sites of one parity: `own` holds the columns of that parity, `side` the
/// others, shifted so that side[i] is left of own[i] and side[i + 1] right of it.
struct site_rows {
    std::array<const std::int16_t*, 5> own, side;
};

OCELLUS_INLINE std::int16_t sixteenth(int sum) {
    return static_cast<std::int16_t>(clamped((sum + 8) >> 4, 0, linear_max));
}
OCELLUS_INLINE std::int16_t unchanged(int c) {
    return static_cast<std::int16_t>(clamped(c, 0, linear_max));
}

OCELLUS_INLINE void at_colour_sites_body(const site_rows& rows, int first, int last,
                                         std::int16_t* colour, std::int16_t* green,
                                         std::int16_t* opposite) {
    const std::int16_t* __restrict nn = rows.own[0];
    const std::int16_t* __restrict n = rows.own[1];
    const std::int16_t* __restrict c = rows.own[2];
    const std::int16_t* __restrict s = rows.own[3];
    const std::int16_t* __restrict ss = rows.own[4];
    const std::int16_t* __restrict nd = rows.side[1];
    const std::int16_t* __restrict d = rows.side[2];
    const std::int16_t* __restrict sd = rows.side[3];
    std::int16_t* __restrict to_colour = colour;
    std::int16_t* __restrict to_green = green;
    std::int16_t* __restrict to_opposite = opposite;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        // Sums of four 13-bit samples fit 16 bits: twice the lanes.
        const auto far = static_cast<std::int16_t>(nn[i] + ss[i] + c[i - 1] + c[i + 1]);
        const auto near = static_cast<std::int16_t>(n[i] + s[i] + d[i] + d[i + 1]);
        const auto diagonal = static_cast<std::int16_t>(nd[i] + nd[i + 1] + sd[i] + sd[i + 1]);
        to_colour[i] = unchanged(c[i]);
        to_green[i] = sixteenth(8 * c[i] + 4 * near - 2 * far);
        to_opposite[i] = sixteenth(12 * c[i] + 4 * diagonal - 3 * far);
    }
}

OCELLUS_SIMD_KERNEL(at_colour_sites,
                    (const site_rows& rows, int first, int last, std::int16_t* colour,
                     std::int16_t* green, std::int16_t* opposite),
                    (rows, first, last, colour, green, opposite))

OCELLUS_INLINE void at_green_sites_body(const site_rows& rows, int first, int last,
                                        std::int16_t* green, std::int16_t* beside,
                                        std::int16_t* above) {
    const std::int16_t* __restrict nn = rows.own[0];
    const std::int16_t* __restrict n = rows.own[1];
    const std::int16_t* __restrict c = rows.own[2];
    const std::int16_t* __restrict s = rows.own[3];
    const std::int16_t* __restrict ss = rows.own[4];
    const std::int16_t* __restrict nd = rows.side[1];
    const std::int16_t* __restrict d = rows.side[2];
    const std::int16_t* __restrict sd = rows.side[3];
    std::int16_t* __restrict to_green = green;
    std::int16_t* __restrict to_beside = beside;
    std::int16_t* __restrict to_above = above;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        const auto wwee = static_cast<std::int16_t>(c[i - 1] + c[i + 1]);
        const auto nnss = static_cast<std::int16_t>(nn[i] + ss[i]);
        const auto we = static_cast<std::int16_t>(d[i] + d[i + 1]);
        const auto ns = static_cast<std::int16_t>(n[i] + s[i]);
        const auto diagonal = static_cast<std::int16_t>(nd[i] + nd[i + 1] + sd[i] + sd[i + 1]);
        const int common = 10 * c[i] - 2 * diagonal;
        to_green[i] = unchanged(c[i]);
        to_beside[i] = sixteenth(common + 8 * we - 2 * wwee + nnss);
        to_above[i] = sixteenth(common + 8 * ns - 2 * nnss + wwee);
    }
}

OCELLUS_SIMD_KERNEL(at_green_sites,
                    (const site_rows& rows, int first, int last, std::int16_t* green,
                     std::int16_t* beside, std::int16_t* above),
                    (rows, first, last, green, beside, above))

OCELLUS_INLINE void bilinear_at_colour_body(const site_rows& rows, int first, int last,
                                            std::int16_t* colour, std::int16_t* green,
                                            std::int16_t* opposite) {
    const std::int16_t* __restrict n = rows.own[1];
    const std::int16_t* __restrict c = rows.own[2];
    const std::int16_t* __restrict s = rows.own[3];
    const std::int16_t* __restrict nd = rows.side[1];
    const std::int16_t* __restrict d = rows.side[2];
    const std::int16_t* __restrict sd = rows.side[3];
    std::int16_t* __restrict to_colour = colour;
    std::int16_t* __restrict to_green = green;
    std::int16_t* __restrict to_opposite = opposite;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        to_colour[i] = unchanged(c[i]);
        to_green[i] = unchanged((n[i] + s[i] + d[i] + d[i + 1] + 2) >> 2);
        to_opposite[i] = unchanged((nd[i] + nd[i + 1] + sd[i] + sd[i + 1] + 2) >> 2);
    }
}

OCELLUS_SIMD_KERNEL(bilinear_at_colour,
                    (const site_rows& rows, int first, int last, std::int16_t* colour,
                     std::int16_t* green, std::int16_t* opposite),
                    (rows, first, last, colour, green, opposite))

OCELLUS_INLINE void bilinear_at_green_body(const site_rows& rows, int first, int last,
                                           std::int16_t* green, std::int16_t* beside,
                                           std::int16_t* above) {
    const std::int16_t* __restrict n = rows.own[1];
    const std::int16_t* __restrict c = rows.own[2];
    const std::int16_t* __restrict s = rows.own[3];
    const std::int16_t* __restrict d = rows.side[2];
    std::int16_t* __restrict to_green = green;
    std::int16_t* __restrict to_beside = beside;
    std::int16_t* __restrict to_above = above;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i) {
        to_green[i] = unchanged(c[i]);
        to_beside[i] = unchanged((d[i] + d[i + 1] + 1) >> 1);
        to_above[i] = unchanged((n[i] + s[i] + 1) >> 1);
    }
}

OCELLUS_SIMD_KERNEL(bilinear_at_green,
                    (const site_rows& rows, int first, int last, std::int16_t* green,
                     std::int16_t* beside, std::int16_t* above),
                    (rows, first, last, green, beside, above))

OCELLUS_INLINE void spread_body(const std::int16_t* in, int first, int last, std::int16_t* red,
                                std::int16_t* green, std::int16_t* blue) {
    const std::int16_t* __restrict x = in;
    std::int16_t* __restrict r = red;
    std::int16_t* __restrict g = green;
    std::int16_t* __restrict b = blue;
    OCELLUS_INDEPENDENT
    for (int i = first; i < last; ++i)
        r[i] = g[i] = b[i] = unchanged(x[i]);
}

OCELLUS_SIMD_KERNEL(spread,
                    (const std::int16_t* in, int first, int last, std::int16_t* red,
                     std::int16_t* green, std::int16_t* blue),
                    (in, first, last, red, green, blue))

site_rows seen_from(const std::array<half_rows, 5>& rows, unsigned parity) {
    site_rows r{};
    for (std::size_t k = 0; k < rows.size(); ++k) {
        r.own[k] = parity == 0 ? rows[k].even : rows[k].odd;
        r.side[k] = parity == 0 ? rows[k].odd - 1 : rows[k].even;
    }
    return r;
}

}  // namespace

void demosaic_row(const std::array<half_rows, 5>& rows, bayer_phase phase, unsigned y,
                  unsigned first, unsigned last, const rgb_half_rows& out) {
    const unsigned p = colour_parity(phase, y), g = p ^ 1u;
    const auto& colour = is_red_row(phase, y) ? out.red : out.blue;
    const auto& opposite = is_red_row(phase, y) ? out.blue : out.red;
    const auto from = static_cast<int>(first), to = static_cast<int>(last);
    at_colour_sites(seen_from(rows, p), from, to, colour[p], out.green[p], opposite[p]);
    at_green_sites(seen_from(rows, g), from, to, out.green[g], colour[g], opposite[g]);
}

void bilinear_demosaic_row(const std::array<half_rows, 5>& rows, bayer_phase phase, unsigned y,
                           unsigned first, unsigned last, const rgb_half_rows& out) {
    const unsigned p = colour_parity(phase, y), g = p ^ 1u;
    const auto& colour = is_red_row(phase, y) ? out.red : out.blue;
    const auto& opposite = is_red_row(phase, y) ? out.blue : out.red;
    const auto from = static_cast<int>(first), to = static_cast<int>(last);
    bilinear_at_colour(seen_from(rows, p), from, to, colour[p], out.green[p], opposite[p]);
    bilinear_at_green(seen_from(rows, g), from, to, out.green[g], colour[g], opposite[g]);
}

void bypass_demosaic_row(const half_rows& row, unsigned first, unsigned last,
                         const rgb_half_rows& out) {
    for (std::size_t p = 0; p < 2; ++p)
        spread(p == 0 ? row.even : row.odd, static_cast<int>(first), static_cast<int>(last),
               out.red[p], out.green[p], out.blue[p]);
}

}  // namespace ocellus::isp
