// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "isp/stages.h"

/// What windows of K x K samples cost in memory and time.
namespace ocellus::isp {

/// A stage with a window: K - 1 rows are stored, the current one is live; its result is (K - 1) / 2
/// lines late.
struct window_stage {
    const char* name = "";
    unsigned rows = 1;     ///< K
    unsigned bits = 12;    ///< of a stored sample
    unsigned planes = 1;   ///< samples stored a pixel, each for K - 1 rows
    unsigned clocks = 0;   ///< of its arithmetic, beyond the lines
    unsigned waiting = 0;  ///< rows that are stored besides, until the window's result is there

    constexpr unsigned stored_rows() const { return (rows - 1) * planes + waiting; }
    unsigned latency_lines() const { return (rows - 1) / 2; }
};

/// Bits of line memory for rows of `width` samples.
constexpr std::uint64_t line_bits(const window_stage& s, unsigned width) {
    return std::uint64_t{s.stored_rows()} * width * s.bits;
}

/// Half blocks of 18 kbit (AMD UltraScale: 16K x 1 .. 2K x 9, 1K x 18; two of them make a 36-kbit
/// block of twice the width, UG573) that one stored row takes, in the organisation that needs
/// least.
unsigned half_blocks_of_row(unsigned width, unsigned bits);

/// Blocks of 36 kbit that the stage's rows take, each row on its own.
double block_rams(const window_stage& s, unsigned width);

/// The blocks of a published FPGA pipeline, in its order (10xEngineers, Infinite-ISP).
std::vector<window_stage> infinite_isp_stages();

/// The stages of this ISP that are not bypassed, in order. Sharpening and luma noise reduction look
/// at nine rows of luma; the three colours of four rows wait for what they make of it.
std::vector<window_stage> own_stages(stage_set stages);

/// Sums over stages that follow each other.
unsigned latency_lines(const std::vector<window_stage>& stages);
unsigned latency_clocks(const std::vector<window_stage>& stages);

}  // namespace ocellus::isp
