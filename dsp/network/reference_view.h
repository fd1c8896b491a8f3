// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "dsp/network/graph.h"

/// What the files of the reference kernels share.
namespace ocellus::dsp::reference {

inline std::int32_t load(element type, std::uint8_t byte) {
    return type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
}
inline std::uint8_t store(std::int32_t q) {
    return static_cast<std::uint8_t>(q);
}

/// Whether softmax, logistic and tanh are computed in fixed point.
inline bool fixed_functions(rounding how) {
    return how == rounding::tflite_ref || how == rounding::tflite_single_rounding;
}

inline std::int32_t load_int32(const std::uint8_t* bytes, std::size_t i) {
    std::int32_t v;
    std::memcpy(&v, bytes + 4 * i, 4);
    return v;
}

/// What a kernel sees of its layer.
struct view {
    const network& n;
    const layer& l;
    const std::vector<const std::uint8_t*>& in;
    std::uint8_t* out;  ///< the first output
    const tensor& x() const { return n.tensors[static_cast<std::size_t>(l.inputs[0])]; }
    const tensor& w() const { return n.tensors[static_cast<std::size_t>(l.inputs[1])]; }
    const tensor& y() const { return n.tensors[static_cast<std::size_t>(l.outputs[0])]; }
    const std::uint8_t* bias() const { return in.size() > 2 ? in[2] : nullptr; }
};

void convolution(const view& v);
void fully_connected(const view& v);
void transpose_convolution(const view& v);
void multiply_elements(const view& v);
void extremes(const view& v);
void add(const view& v);
void map_bytes(const view& v);
void dequantize(const view& v);
void slice(const view& v);
void transpose(const view& v);
void resize_nearest(const view& v);
void resize_bilinear(const view& v);
void pad(const view& v);
void concat(const view& v);
void pool(const view& v);
void mean(const view& v);
void softmax(const view& v);

}  // namespace ocellus::dsp::reference
