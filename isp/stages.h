// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "isp/bayer.h"

/// The stages by name, in the order in which a sample meets them.
namespace ocellus::isp {

enum class stage : std::uint8_t {
    black_level,
    linearisation,
    defect_correction,
    lens_shading,
    bayer_noise_reduction,
    white_balance,
    demosaic,
    colour_matrix,
    gamma,
    sharpening,
    luma_noise_reduction,
};
constexpr std::size_t stage_count = 11;
constexpr std::array<const char*, stage_count> stage_names = {
    "black_level",  "linearisation",         "defect_correction",
    "lens_shading", "bayer_noise_reduction", "white_balance",
    "demosaic",     "colour_matrix",         "gamma",
    "sharpening",   "luma_noise_reduction"};

/// A set of stages: bit n is stage n. Those that are not in it are bypassed.
using stage_set = std::uint32_t;
constexpr stage_set bit_of(stage s) {
    return stage_set{1} << static_cast<unsigned>(s);
}
constexpr bool has(stage_set set, stage s) {
    return (set & bit_of(s)) != 0;
}
constexpr stage_set every_stage = (stage_set{1} << stage_count) - 1;

/// Without being asked for more: no tables of a lens or a curve, no correction of defects beyond
/// the pixel die's own, no noise reduction, no sharpening.
constexpr stage_set default_stages = bit_of(stage::black_level) | bit_of(stage::white_balance) |
                                     bit_of(stage::demosaic) | bit_of(stage::colour_matrix) |
                                     bit_of(stage::gamma);

}  // namespace ocellus::isp
