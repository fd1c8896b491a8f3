// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/fast_kernels.h"

/// Exact integer matrix products for convolutions: rows of activations times packed weights.
namespace ocellus::dsp {

/// Output channels are packed in blocks of this many.
constexpr std::size_t gemm_block = 16;

/// How a set of kernels wants its operands.
struct gemm_shape {
    bool bytes = false;  ///< activations as unsigned bytes and weights as int8; else both int16
    std::size_t depth_step = 2;  ///< depth is padded to a multiple of this
    std::size_t rows = 6;        ///< rows of activations a call takes at most
};
/// `fits`: all weights are signed bytes.
gemm_shape gemm_shape_of(kernel_set k, bool fits);

/// Weights (outputs x depth, real values of w - zero) in blocks of 16 outputs; within a block, for
/// each step of the depth, 16 outputs times depth_step values.
struct gemm_weights {
    kernel_set kernels = kernel_set::portable;
    bool in_bytes = false;
    std::size_t outputs = 0, depth = 0;
    std::size_t steps = 0, blocks = 0;
    std::vector<std::int16_t> words;
    std::vector<std::int8_t> bytes;
};
gemm_weights pack_gemm_weights(kernel_set k, const gemm_shape& shape,
                               const std::vector<std::int16_t>& weights, std::size_t outputs,
                               std::size_t depth);

/// accumulators[r * stride + o] = sum over k of activations[r][k] * weights[o][k], for `rows` rows
/// (at most gemm_shape.rows) and all blocks; `stride` is at least blocks * 16. `activations` holds
/// rows of `row_bytes` bytes, aligned to 4.
void gemm(const gemm_weights& w, const std::uint8_t* activations, std::size_t row_bytes,
          std::size_t rows, std::int32_t* accumulators, std::size_t stride);

}  // namespace ocellus::dsp
