// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/energy.h"
#include "isp/settings.h"

/// What every stage does for a pixel, counted from its formula, and what that costs.
namespace ocellus::isp {

/// The stages of stages.h in their order, and behind them the conversion to YUV and the scaler.
constexpr std::size_t worker_count = stage_count + 2;
constexpr std::size_t worker_yuv = stage_count, worker_scaler = stage_count + 1;
constexpr const char* worker_name(std::size_t w) {
    return w < stage_count ? stage_names[w] : w == worker_yuv ? "yuv" : "scaler";
}

/// For one pixel of the array: operations (a multiplication, an addition, a comparison each; a
/// shift by a constant is a wire), and samples of line memory that are read and written again.
struct stage_work {
    std::uint64_t operations = 0, line_samples = 0;
};

/// Of all stages for a frame with these settings; those that are off do nothing. `yuv`: the picture
/// leaves as YUV; `scaled`: there is a tensor or a smaller picture.
std::array<stage_work, worker_count> work_of(const isp_settings& s, bool yuv, bool scaled);

/// Energy of counted work. Errors of the two parts are independent; within a part they are common
/// to all stages.
counted_energy energy_of(const stage_work& w, const event_energy& operation,
                         const event_energy& line_sample);

}  // namespace ocellus::isp
