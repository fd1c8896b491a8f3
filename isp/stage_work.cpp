// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/stage_work.h"

#include "isp/line_buffers.h"

namespace ocellus::isp {

namespace {

/// Terms in the order of the formulas in the stages' headers.
std::uint64_t operations_of(stage which, const isp_settings& s) {
    switch (which) {
        case stage::black_level:
            return 1;
        case stage::linearisation:
            return 3;  // a line between knots: difference, product, sum
        case stage::defect_correction:
            return 14 + 6 + 8 + 3 + 2;  // extremes of 8; two limits; 4 gradients; least; mean
        case stage::lens_shading:
            return 9 + 2;  // bilinear: three lines of difference, product, sum; product, rounding
        case stage::bayer_noise_reduction:
            return 7 + 8 * 5 + 8 + 2;  // threshold; f of 8 neighbours; their sum; rounding, sum
        case stage::white_balance:
            return 4;  // product, rounding, two limits
        case stage::demosaic:
            // Taps of the two missing colours, the mean over the four sites of a cell, each a
            // product and a sum; rounding and limits.
            return s.demosaic == demosaic_method::malvar     ? 20 * 2 + 8
                   : s.demosaic == demosaic_method::bilinear ? 6 + 2
                                                             : 0;
        case stage::colour_matrix:
            return 3 * (3 + 3 + 2);
        case stage::gamma:
            return 3 * 3;
        case stage::sharpening:
            return 6 + 2 * 18 + 12 + 9;  // luma; two blurs of 9; core, amount, limit; R, G, B
        case stage::luma_noise_reduction:
            return 6 + 80 * 7 + 16 + 9;  // luma; 80 neighbours; a division of 16 steps; R, G, B
    }
    return 0;
}

}  // namespace

std::array<stage_work, worker_count> work_of(const isp_settings& s, bool yuv, bool scaled) {
    std::array<stage_work, worker_count> out{};
    for (std::size_t i = 0; i < stage_count; ++i)
        if (s.does(static_cast<stage>(i)))
            out[i].operations = operations_of(static_cast<stage>(i), s);
    const auto rows = [&out, &s](stage which, const window_stage& w) {
        if (s.does(which))
            out[static_cast<std::size_t>(which)].line_samples = w.stored_rows();
    };
    rows(stage::defect_correction, {"", 5});
    rows(stage::bayer_noise_reduction, {"", 5});
    rows(stage::demosaic, {"", 5});
    rows(stage::sharpening, {"", 9, 8, 1, 0, 12});
    rows(stage::luma_noise_reduction, {"", 9, 8, 1, 0, 12});
    if (yuv)
        out[worker_yuv].operations = 6 + 6 + 2;  // Y of each, U and V of every second; their sums
    if (scaled)
        out[worker_scaler].operations = 3 * 2;  // product and sum of each colour
    return out;
}

counted_energy energy_of(const stage_work& w, const event_energy& operation,
                         const event_energy& line_sample) {
    counted_energy e(w.operations, operation);
    e += counted_energy(w.line_samples, line_sample);
    return e;
}

}  // namespace ocellus::isp
