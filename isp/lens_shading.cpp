// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/lens_shading.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Samples between two nodes.
OCELLUS_INLINE void shade_body(unsigned left, unsigned right, const std::uint16_t* fraction,
                               unsigned count, std::int16_t* samples) {
    const std::uint16_t* __restrict f = fraction;
    std::int16_t* __restrict x = samples;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned fx = f[i];
        const int gain = static_cast<int>((left * (256 - fx) + right * fx + 32768) >> 16);
        x[i] = static_cast<std::int16_t>(shaded(x[i], gain));
    }
}

OCELLUS_SIMD_KERNEL(shade,
                    (unsigned left, unsigned right, const std::uint16_t* fraction, unsigned count,
                     std::int16_t* samples),
                    (left, right, fraction, count, samples))

unsigned vertical(const std::array<std::uint16_t, shading_nodes>& grid, const shading_place& p,
                  unsigned column) {
    const std::size_t at = std::size_t{p.node} * shading_columns + column;
    return grid[at] * (256 - p.fraction) + grid[at + shading_columns] * p.fraction;
}

}  // namespace

shading_grid flat_shading() {
    shading_grid g;
    for (auto& site : g)
        site.fill(shading_one);
    return g;
}

shading_grid radial_shading(double corner, unsigned width, unsigned height) {
    shading_grid g;
    const double cx = (width - 1.0) / 2, cy = (height - 1.0) / 2;
    for (unsigned r = 0; r < shading_rows; ++r)
        for (unsigned c = 0; c < shading_columns; ++c) {
            const double x = (c * (width - 1.0)) / (shading_columns - 1) - cx;
            const double y = (r * (height - 1.0)) / (shading_rows - 1) - cy;
            const double gain = 1 + (corner - 1) * (x * x + y * y) / (cx * cx + cy * cy);
            const int q = static_cast<int>(gain * shading_one + 0.5);
            for (auto& site : g)
                site[r * shading_columns + c] =
                    static_cast<std::uint16_t>(clamped(q, 0, shading_max));
        }
    return g;
}

unsigned shading_gain(const std::array<std::uint16_t, shading_nodes>& grid, unsigned x, unsigned y,
                      unsigned width, unsigned height) {
    const shading_place h = place_on_grid(x, width, shading_columns);
    const shading_place v = place_on_grid(y, height, shading_rows);
    return (vertical(grid, v, h.node) * (256 - h.fraction) +
            vertical(grid, v, h.node + 1) * h.fraction + 32768) >>
           16;
}

shading_columns_table make_shading_columns(unsigned width) {
    shading_columns_table t;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        const unsigned half = width / 2;
        t.fractions[parity].resize(half);
        t.starts[parity].fill(half);
        for (unsigned i = half; i-- > 0;) {
            const auto p =
                place_on_grid(2 * i + static_cast<unsigned>(parity), width, shading_columns);
            t.fractions[parity][i] = static_cast<std::uint16_t>(p.fraction);
            for (unsigned j = 0; j <= p.node; ++j)
                t.starts[parity][j] = i;
        }
    }
    return t;
}

void shading_row(const std::array<std::uint16_t, shading_nodes>& grid,
                 const shading_columns_table& columns, unsigned parity, unsigned y, unsigned height,
                 unsigned first, unsigned last, std::int16_t* samples) {
    const shading_place v = place_on_grid(y, height, shading_rows);
    const auto& starts = columns.starts[parity];
    const std::uint16_t* fraction = columns.fractions[parity].data();
    for (unsigned j = 0; j + 1 < shading_columns; ++j) {
        const unsigned from = starts[j] > first ? starts[j] : first;
        const unsigned to = starts[j + 1] < last ? starts[j + 1] : last;
        if (from < to)
            shade(vertical(grid, v, j), vertical(grid, v, j + 1), fraction + from, to - from,
                  samples + from);
    }
}

}  // namespace ocellus::isp
