// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/defect_map.h"

#include <algorithm>

#include "core/random.h"
#include "models/philox_batch.h"
#include "models/portable_math.h"

namespace ocellus::models {
namespace {

constexpr unsigned batch = 64;  // Philox blocks, of four pixels each

std::uint64_t threshold(double part) {
    return static_cast<std::uint64_t>(std::clamp(part, 0.0, 1.0) * 0x1p32);
}

/// Exponentially distributed, of mean 1.
double exponential(std::uint64_t seed, std::uint32_t x, std::uint32_t row) {
    const auto w = philox4x32::generate(
        {x, row, 1, static_cast<std::uint32_t>(purpose::defect_map)}, key_of(seed));
    return -portable_log((w[0] + 0.5) * 0x1p-32);
}

}  // namespace

void defect_parameters::declare(parameter_registry& r) {
    const char* none = "no public figure; off, because the published RAW data are corrected";
    r.quantity("defects.hot", hot, unit::percent, 0, 0.1)
        .says("Part of the pixels with a high dark current (0.005 % is a usual tail).")
        .from(provenance::assumed, none)
        .moves("image.deviation", +1)
        .compare("0 %", "5 %")
        .under("scene.illuminance=0 lx")
        .under("defects.hot_current=10000");
    r.real("defects.hot_current", hot_current, 0, 1e6)
        .says(
            "Dark current of a hot pixel beyond that of the others, e-/s at 25 degC, mean of an "
            "exponential distribution.")
        .from(provenance::assumed, "a tail beyond 50 e-/s is usual in back-illuminated pixels")
        .moves("image.mean", +1)
        .compare("1000", "100000")
        .under("defects.hot=5 %")
        .under("scene.illuminance=0 lx");
    r.quantity("defects.dead", dead, unit::percent, 0, 0.1)
        .says("Part of the pixels that collect no light.")
        .from(provenance::assumed, none)
        .moves("image.mean", -1)
        .compare("0 %", "10 %");
    r.quantity("defects.stuck", stuck, unit::percent, 0, 0.1)
        .says("Part of the pixels whose sample is always the highest or the lowest number.")
        .from(provenance::assumed, none)
        .moves("image.deviation", +1)
        .compare("0 %", "10 %")
        .under("scene.illuminance=0 lx");
    r.quantity("defects.columns", columns, unit::percent, 0, 0.1)
        .says("Part of the columns that read no light.")
        .from(provenance::assumed, none)
        .moves("image.mean", -1)
        .compare("0 %", "10 %");
    r.quantity("defects.telegraph", telegraph, unit::percent, 0, 0.1)
        .says("Part of the pixels with random telegraph noise.")
        .from(provenance::assumed, none)
        .moves("image.deviation", +1)
        .compare("0 %", "10 %")
        .under("scene.illuminance=0 lx")
        .under("defects.telegraph_amplitude=100 e-");
    r.quantity("defects.telegraph_amplitude", telegraph_amplitude, unit::electron, 0, 1000)
        .says("Step of a telegraph pixel, mean of an exponential distribution.")
        .from(provenance::assumed, "a few times the read noise")
        .moves("image.deviation", +1)
        .compare("0 e-", "200 e-")
        .under("scene.illuminance=0 lx")
        .under("defects.telegraph=10 %");
    r.quantity("defects.telegraph_activity", telegraph_activity, unit::percent, 0, 1)
        .says("Probability that a telegraph pixel changes between its two samples.")
        .from(provenance::assumed, "between never and always")
        .moves("image.deviation", +1)
        .compare("0 %", "100 %")
        .under("scene.illuminance=0 lx")
        .under("defects.telegraph_amplitude=100 e-")
        .under("defects.telegraph=10 %");
}

defect_map::defect_map(const defect_parameters& p, std::uint64_t seed, unsigned width,
                       unsigned height, unsigned pixels, worker_pool& pool)
    : rows_(height) {
    const double n = pixels;
    const std::uint64_t hot = threshold(p.hot * n);
    const std::uint64_t dead = hot + threshold(p.dead * n);
    const std::uint64_t stuck = dead + threshold(p.stuck * n);
    const std::uint64_t last = stuck + threshold(p.telegraph * n);
    const auto fill = [&](std::size_t first, std::size_t end) {
        alignas(64) std::uint32_t words[4][batch];
        for (auto y = static_cast<std::uint32_t>(first); y < end; ++y)
            for (std::uint32_t x0 = 0; x0 < width; x0 += 4 * batch) {
                philox_batch(key_of(seed), x0 / 4, y, 0, purpose::defect_map, batch, words[0],
                             words[1], words[2], words[3]);
                for (std::uint32_t i = 0; i < 4 * batch && x0 + i < width; ++i) {
                    const std::uint32_t w = words[i & 3][i >> 2];
                    if (w >= last)
                        continue;
                    defect d;
                    d.x = x0 + i;
                    if (w < hot) {
                        d.kind = defect_kind::hot;
                        d.size = static_cast<float>(p.hot_current * exponential(seed, d.x, y));
                    } else if (w < dead) {
                        d.kind = defect_kind::dead;
                    } else if (w < stuck) {
                        d.kind = w & 1 ? defect_kind::stuck_high : defect_kind::stuck_low;
                    } else {
                        d.kind = defect_kind::telegraph;
                        d.size =
                            static_cast<float>(p.telegraph_amplitude * exponential(seed, d.x, y));
                    }
                    rows_[y].push_back(d);
                }
            }
    };
    if (last > 0)
        pool.parallel_for(height, 64, fill);
    const std::uint64_t column = threshold(p.columns);
    for (std::uint32_t x = 0; x < width && column > 0; ++x) {
        const auto w = philox4x32::generate(
            {x, 0, 2, static_cast<std::uint32_t>(purpose::defect_map)}, key_of(seed));
        if (w[0] < column)
            columns_.push_back(x);
    }
}

float telegraph_signal(std::uint64_t seed, std::uint32_t frame, std::uint32_t row, std::uint32_t x,
                       double activity, float amplitude) {
    const auto w = philox4x32::generate(
        {x, row, frame, static_cast<std::uint32_t>(purpose::telegraph)}, key_of(seed));
    const double u = (w[0] + 0.5) * 0x1p-32;
    if (u >= activity)
        return 0;
    return w[1] & 1 ? amplitude : -amplitude;
}

}  // namespace ocellus::models
