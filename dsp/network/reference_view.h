// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "dsp/network/graph.h"

/// What the files of the reference kernels share.
namespace ocellus::dsp::reference {

/// Number `i` of an integer tensor's bytes.
inline std::int32_t load(element type, const std::uint8_t* bytes, std::size_t i) {
    if (type == element::int8)
        return static_cast<std::int8_t>(bytes[i]);
    if (type == element::int16) {
        std::int16_t v;
        std::memcpy(&v, bytes + 2 * i, 2);
        return v;
    }
    if (type == element::int32) {
        std::int32_t v;
        std::memcpy(&v, bytes + 4 * i, 4);
        return v;
    }
    return bytes[i];
}
inline std::int32_t load(element type, std::uint8_t byte) {
    return type == element::int8 ? static_cast<std::int8_t>(byte) : byte;
}
inline std::uint8_t store(std::int32_t q) {
    return static_cast<std::uint8_t>(q);
}
inline void store(element type, std::uint8_t* bytes, std::size_t i, std::int32_t q) {
    if (type == element::int16) {
        const auto v = static_cast<std::int16_t>(q);
        std::memcpy(bytes + 2 * i, &v, 2);
    } else if (type == element::int32) {
        std::memcpy(bytes + 4 * i, &q, 4);
    } else {
        bytes[i] = static_cast<std::uint8_t>(q);
    }
}
inline void store_real(std::uint8_t* bytes, std::size_t i, float v) {
    std::memcpy(bytes + 4 * i, &v, 4);
}
/// The real number that element `i` stands for: as it is, or dequantized.
inline float real_at(const tensor& t, const std::uint8_t* bytes, std::size_t i) {
    if (t.type == element::float32) {
        float v;
        std::memcpy(&v, bytes + 4 * i, 4);
        return v;
    }
    const std::int32_t q = load(t.type, bytes, i);
    if (t.quant.empty())
        return static_cast<float>(q);
    return static_cast<float>(q - t.quant.zero_point[0]) * t.quant.scale[0];
}
/// Indices are int32 or int64.
inline void store_index(element type, std::uint8_t* bytes, std::size_t i, std::int64_t v) {
    if (type == element::int64)
        std::memcpy(bytes + 8 * i, &v, 8);
    else
        store(type, bytes, i, static_cast<std::int32_t>(v));
}

/// Differences of so many steps or more saturate a fixed-point function whose argument, a
/// difference times `m`, has `integer_bits` integer bits (CalculateInputRadius of gemmlowp's
/// users).
inline std::int32_t input_radius(fixed_multiplier m, int integer_bits) {
    const double limit = static_cast<double>((1 << integer_bits) - 1) *
                         static_cast<double>(std::int64_t{1} << (31 - integer_bits)) /
                         static_cast<double>(std::int64_t{1} << std::max(m.shift, 0));
    return static_cast<std::int32_t>(std::floor(std::min(limit, 1e9)));
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
    const std::vector<std::uint8_t*>& outs;
    const tensor& x() const { return n.tensors[static_cast<std::size_t>(l.inputs[0])]; }
    const tensor& w() const { return n.tensors[static_cast<std::size_t>(l.inputs[1])]; }
    const tensor& y() const { return n.tensors[static_cast<std::size_t>(l.outputs[0])]; }
    const tensor& output(std::size_t i) const {
        return n.tensors[static_cast<std::size_t>(l.outputs.at(i))];
    }
    const std::uint8_t* bias() const { return in.size() > 2 ? in[2] : nullptr; }
};

/// Elements from one index of each dimension to the next.
std::vector<std::size_t> strides_of(const tensor& t);
/// Which element of `from` each element of `to` takes when dimensions of one repeat.
std::vector<std::size_t> repeated(const tensor& from, const tensor& to);

void convolution(const view& v);
void batch_matmul(const view& v);
void divide(const view& v);
void prelu(const view& v);
void quantize_real(const view& v);
void quantize_wide(const view& v);
void dynamic_quantize(const view& v);
void cast(const view& v);
void compare(const view& v);
void reduce(const view& v);
void arg_extreme(const view& v);
void top_k(const view& v);
void gather_indices(const view& v);
void space_and_depth(const view& v);
void space_and_batch(const view& v);
void detection_postprocess(const view& v);
void non_max_suppression(const view& v);
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
