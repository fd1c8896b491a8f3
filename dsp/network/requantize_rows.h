// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/fast_kernels.h"
#include "dsp/network/graph.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp {

/// Vector code reads accumulators and constants in blocks of this many channels: arrays of
/// constants are padded to it, and up to 15 accumulators behind the last one are read (and
/// ignored).
constexpr std::size_t requantize_block = 16;

/// The requantizers of all output channels of a layer, in arrays that vector code can read.
struct requantizer_arrays {
    kernel_set kernels = kernel_set::portable;
    requantizer::step how = requantizer::step::away_from_zero;
    std::vector<std::int32_t> bias, mantissa, left, right;
    std::vector<std::int32_t> half;  ///< 2^(right - 1), or 0
    std::vector<float> factor;
    std::int32_t zero_point = 0, low = 0, high = 0;
    /// Every factor is below 1/2, and no sum of products and bias reaches 2^30 whatever the
    /// activations: nothing wraps or saturates, and shorter vector code gives the same integers.
    bool bounded = false;
};

/// What the weights of one output channel add up to.
struct channel_sum {
    std::int64_t correction = 0;  ///< added to the bias
    std::int64_t reach = 0;       ///< the largest magnitude of the sum of products
};

/// `bias` may be null.
requantizer_arrays arrays_of(const network& n, const layer& l, kernel_set kernels,
                             std::size_t channels, const std::uint8_t* bias,
                             const std::vector<channel_sum>& sums);

/// The same with entry i being that of channel order[i]; channels that do not exist become zeros.
requantizer_arrays reordered(const requantizer_arrays& r, const std::vector<std::size_t>& order,
                             std::size_t channels);

/// Requantizes `rows` x `columns` accumulators (row stride `stride`, channels from `first_channel`)
/// into bytes at `out` with row stride `out_stride`. Equal to requantizer::operator() on
/// accumulator + bias.
void requantize_rows(const requantizer_arrays& r, const std::int32_t* accumulators,
                     std::size_t stride, std::size_t rows, std::size_t first_channel,
                     std::size_t columns, std::uint8_t* out, std::size_t out_stride);

}  // namespace ocellus::dsp
