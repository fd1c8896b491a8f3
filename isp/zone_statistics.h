// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "isp/exposure_statistics.h"
#include "isp/settings.h"

namespace ocellus::isp {

/// Most columns and rows of a grid of zones.
constexpr unsigned zone_side_max = 32;

/// How the window is divided, and which cells white balance looks at. Thresholds are codes of the
/// 12-bit scale, black level included.
struct zone_settings {
    unsigned columns = 16, rows = 12;
    std::uint32_t clip = 3840;  ///< a cell with a sample at or above it does not count
    std::uint32_t dark = 0;     ///< nor one whose greens are below it in the mean
};

/// Sums over the 2x2 Bayer cells of one zone: of the samples as they arrive, black level included,
/// before every gain, so that they do not depend on what firmware has set. Nothing is clamped: the
/// mean signal is `sum / cells - black`, and noise below the black level does not lift it.
struct zone {
    std::uint32_t cells = 0;
    std::uint32_t clipped = 0;        ///< cells with a sample at the highest code
    std::uint32_t balance_cells = 0;  ///< cells that white balance counts
    std::uint64_t red = 0, green_red = 0, green_blue = 0, blue = 0;      ///< all cells
    std::uint64_t balance_red = 0, balance_green = 0, balance_blue = 0;  ///< green: of both sites
    std::uint64_t focus = 0;  ///< high-passes of the green of red rows, see measure_zones()

    void operator+=(const zone& other);
};

struct zone_statistics {
    unsigned columns = 0, rows = 0;
    std::uint32_t black = 0;       ///< on the scale of the samples
    std::uint32_t full_scale = 1;  ///< highest code - black
    std::vector<zone> zones;       ///< row by row

    zone total() const;
    /// The signal above black of a sum over `count` samples as a mean on a scale of 255, in 8.8
    /// fixed point, rounded down; 0 without samples or below black.
    std::uint32_t mean(std::uint64_t sum, std::uint64_t count) const;
    /// The focus sum of a zone as a mean over its cells, on the same scale.
    std::uint32_t focus_mean(const zone& z) const;
    /// Adds the sums of other rows of the same window.
    void operator+=(const zone_statistics& other);
};

/// Of the W x H whole cells of the window, cell column c is in zone column i when
/// floor(i W / columns) <= c < floor((i + 1) W / columns), rows likewise: each cell is in one zone.
///
///     counts for white balance : max(R, Gr, Gb, B) < clip and Gr + Gb >= 2 dark
///     focus                    : sum |2 Gr[r, c] - Gr[r, c - 1] - Gr[r, c + 1]|, 0 < c < W - 1
///                              + sum |2 Gr[r, c] - Gr[r - 1, c] - Gr[r + 1, c]|, 0 < r < H - 1
///
/// with the thresholds on the samples' scale, `t << (bits - 12)` or `t >> (12 - bits)`. The
/// high-passes cross the borders of zones; the second one needs two stored rows of Gr. `rows(y)`:
/// `bits`-bit samples of row y. Cell rows `first` up to `last` of the window are measured, and the
/// ones beside read: sums over parts of it add up to those of the whole.
zone_statistics measure_zones(const std::function<const std::uint16_t*(unsigned y)>& rows,
                              const statistics_window& window, unsigned bits,
                              const isp_settings& settings, const zone_settings& zones,
                              unsigned first = 0, unsigned last = ~0u);

}  // namespace ocellus::isp
