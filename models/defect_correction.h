// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

namespace ocellus::models {

/// One row of the correction that a sensor does on its RAW data: a sample that lies more than
/// `threshold` above all of its eight neighbours of the same colour becomes the highest of them,
/// one that lies as far below becomes the lowest. `rows` are five rows, the third is corrected
/// (only the first, third and fifth are read); beyond the left and right ends columns are mirrored.
/// `width` is at least 4.
void correct_defects_row(const std::uint16_t* const rows[5], std::uint32_t width,
                         std::uint32_t threshold, std::uint16_t* out);

/// The row or column that stands for one up to two places outside of 0 .. size - 1: the neighbour
/// on the other side. `size` is at least 4.
inline std::uint32_t mirrored(std::int64_t place, std::uint32_t size) {
    if (place < 0)
        return static_cast<std::uint32_t>(place + 4);
    return static_cast<std::uint32_t>(place < std::int64_t{size} ? place : place - 4);
}

}  // namespace ocellus::models
