// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/graph.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp {

/// The requantizers of all output channels of a layer, in arrays that vector code can read. The
/// arrays are padded to a multiple of `block` channels.
struct requantizer_arrays {
    requantizer::step how = requantizer::step::away_from_zero;
    std::vector<std::int32_t> bias, mantissa, left, right;
    std::vector<float> factor;
    std::int32_t zero_point = 0, low = 0, high = 0;
};

/// `bias` may be null. `correction[c]` is added to the bias of channel c.
requantizer_arrays arrays_of(const network& n, const layer& l, std::size_t channels, std::size_t block,
                             const std::uint8_t* bias, const std::vector<std::int64_t>& correction);

/// Requantizes `rows` x `columns` accumulators (row stride `stride`, channels from `first_channel`)
/// into bytes at `out` with row stride `out_stride`. Equal to requantizer::operator() on
/// accumulator + bias.
void requantize_rows(const requantizer_arrays& r, const std::int32_t* accumulators, std::size_t stride,
                     std::size_t rows, std::size_t first_channel, std::size_t columns, std::uint8_t* out,
                     std::size_t out_stride);

}  // namespace ocellus::dsp
