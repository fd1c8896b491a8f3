// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dsp/network/fast_kernels.h"
#include "dsp/network/graph.h"

/// What the files of the fast kernels share.
namespace ocellus::dsp::fast {

constexpr std::size_t round_up(std::size_t n, std::size_t step) {
    return (n + step - 1) / step * step;
}

inline const tensor& tensor_of(const network& n, const std::vector<int>& list, std::size_t i) {
    return n.tensors[static_cast<std::size_t>(list.at(i))];
}

/// The bytes of a layer's bias, or null.
const std::uint8_t* bias_of(const network& n, const layer& l);

/// The weights of a layer as w - zero_point, in file order. The channel changes every
/// `channel_stride`.
std::vector<std::int16_t> centred_weights(const tensor& w, std::size_t channels,
                                          std::size_t channel_stride);
/// Whether all of them are signed bytes.
bool fits_int8(const std::vector<std::int16_t>& weights);

/// Activations enter kernels as unsigned numbers: q + 128 for int8.
struct unsigned_input {
    std::uint8_t flip;
    std::int16_t zero;
    explicit unsigned_input(const tensor& x)
        : flip(x.type == element::int8 ? 0x80 : 0),
          zero(static_cast<std::int16_t>(x.quant.zero_point[0] +
                                         (x.type == element::int8 ? 128 : 0))) {}
    /// The largest distance of an activation from the zero point.
    std::int64_t reach() const { return zero > 127 ? zero : 255 - zero; }
};

/// Signed bytes become unsigned by flipping the upper bit.
void copy_flipped(std::uint8_t* to, const std::uint8_t* from, std::size_t count, std::uint8_t flip);
/// Bytes, made unsigned by `flip`, minus `zero`, as int16.
void widen(std::int16_t* to, const std::uint8_t* from, std::size_t count, std::uint8_t flip,
           std::int16_t zero);

std::unique_ptr<packed_layer> pack_product(const network& n, const layer& l, kernel_set kernels);
std::unique_ptr<packed_layer> pack_depthwise(const network& n, const layer& l, kernel_set kernels);
std::unique_ptr<packed_layer> pack_addition(const network& n, const layer& l);
std::unique_ptr<packed_layer> pack_max_pool(const network& n, const layer& l);
std::unique_ptr<packed_layer> pack_map(const network& n, const layer& l);

}  // namespace ocellus::dsp::fast
