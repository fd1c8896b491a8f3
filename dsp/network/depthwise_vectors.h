// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/fast_kernels.h"
#include "dsp/network/requantize_rows.h"

/// Depthwise convolution in vector registers. The samples of a column that lie below one another
/// are interleaved once, two words or four bytes a channel; each output then adds dot products of
/// such groups and the weights of one kernel column, exactly, in 32 bits.
namespace ocellus::dsp::fast {

enum class depthwise_kind : std::uint8_t {
    plain,  ///< vector extensions of the compiler
    words,  ///< AVX2: samples minus zero point as int16, two rows of the kernel at a time
    bytes,  ///< AVX-512 VNNI: unsigned samples and int8 weights, four rows at a time
};
/// `fits`: all weights are signed bytes.
depthwise_kind depthwise_way(kernel_set k, bool fits);
/// Channels of a line are padded to a multiple of this.
std::size_t channels_of(depthwise_kind k);

struct depthwise_weights {
    depthwise_kind kind = depthwise_kind::plain;
    std::size_t kernel_h = 0, kernel_w = 0, groups = 0, channels = 0;
    /// Whether results leave as bytes; otherwise as accumulators.
    bool fused = false;
    /// Blocks of channels, groups of rows, columns of the kernel, vectors.
    std::vector<std::uint8_t> data;
    requantizer_arrays constants;  ///< in the order of the accumulators
    /// Bytes of one interleaved column of a block of channels.
    std::size_t column_bytes() const { return groups * (kind == depthwise_kind::bytes ? 256 : 64); }
};
/// `weights` are w - zero_point, kernel_h x kernel_w x channels.
depthwise_weights pack_depthwise_vectors(depthwise_kind kind,
                                         const std::vector<std::int16_t>& weights,
                                         std::size_t kernel_h, std::size_t kernel_w,
                                         std::size_t channels, const requantizer_arrays& r);

/// One line of outputs.
struct depthwise_line {
    const std::uint8_t* const* lines;  ///< a line of samples for each row of the kernel
    std::size_t pixel_bytes;           ///< from one sample of a line to the next
    std::size_t columns;               ///< samples of a line that are needed
    std::size_t stride, dilation, width;
    std::size_t padded;          ///< channels of a line, and of `accumulators`
    std::uint8_t* scratch;       ///< columns * column_bytes(), aligned to 64
    std::int32_t* accumulators;  ///< width * padded, when not fused
    std::uint8_t* out;           ///< width * channels, when fused
};
void run_depthwise_vectors(const depthwise_weights& w, const depthwise_line& d);

}  // namespace ocellus::dsp::fast
