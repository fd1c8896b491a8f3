// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// A quantized network as Ocellus runs it, whatever file it came from. Layout is NHWC; weights of
/// convolutions are OHWI, of depthwise convolutions 1HW(C*multiplier), of fully connected layers
/// OI.
namespace ocellus::dsp {

enum class element : std::uint8_t { int8, uint8, int16, int32, float32 };
std::size_t size_of(element e);
const char* name_of(element e);

/// real = scale * (q - zero_point). One entry per tensor, or one per output channel (weights).
struct quantization {
    std::vector<float> scale;
    std::vector<std::int32_t> zero_point;
    bool empty() const { return scale.empty(); }
};

struct tensor {
    std::string name;
    std::vector<int> shape;  ///< NHWC; batch is 1
    element type = element::int8;
    quantization quant;
    std::vector<std::uint8_t> data;  ///< constants only; empty for activations
    bool constant() const { return !data.empty(); }
    std::size_t elements() const {
        std::size_t n = 1;
        for (int d : shape)
            n *= static_cast<std::size_t>(d);
        return n;
    }
    std::size_t bytes() const { return elements() * size_of(type); }
};

enum class op : std::uint8_t {
    conv2d,
    depthwise_conv2d,
    fully_connected,
    add,
    average_pool,
    max_pool,
    mean,     ///< over height and width
    reshape,  ///< also flatten and squeeze
    pad,
    softmax,
    quantize,    ///< requantisation between two integer tensors
    dequantize,  ///< to float32, the network's last step at most
    relu,        ///< stand-alone clamp
    concat,
    logistic,
    tanh,
    leaky_relu,  ///< slope `alpha` below zero
    hard_swish,  ///< x relu6(x + 3) / 6
    sub,
    mul,
    maximum,
    minimum,
    transpose_conv2d,
    slice,            ///< `begin` and `steps` per dimension; split and unstack become several
    transpose,        ///< output dimension d is input dimension axes[d]
    resize_nearest,   ///< height and width
    resize_bilinear,  ///< height and width
};
const char* name_of(op o);

/// How accumulators become output integers; the names are those that users select.
enum class rounding : std::uint8_t {
    tflite_ref,  ///< gemmlowp: saturating rounding doubling high multiply, then rounding shift
    tflite_x86,  ///< TensorFlow Lite 2.9 on x86: halves of the shift go up
    onnx,        ///< float32 scale, ties to even
    tflite_single_rounding,  ///< one rounding, halves up (TFLITE_SINGLE_ROUNDING)
    imx500,                  ///< as onnx, and every activation's scale is a power of two
};
/// "tflite-ref", "tflite-x86", "onnx", "tflite-single-rounding", "imx500".
const char* name_of(rounding r);
/// The rounding of that name. Throws input_error(usage) for another one.
rounding rounding_named(const std::string& name);
/// Whether accumulators are scaled in float32, ties to even.
inline bool in_float32(rounding r) {
    return r == rounding::onnx || r == rounding::imx500;
}

/// real = mantissa * 2^(shift - 31), with the mantissa in [2^30, 2^31) or 0.
struct fixed_multiplier {
    std::int32_t mantissa = 0;
    int shift = 0;
};

struct layer {
    op kind = op::conv2d;
    std::string name;
    std::vector<int>
        inputs;  ///< tensor indices: activations first, then weights, then bias (or -1)
    std::vector<int> outputs;
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
    int depth_multiplier = 1;
    /// Fused activation as clamp of the output integers.
    std::int32_t clamp_min = -128, clamp_max = 127;
    float beta = 1.0f;              ///< softmax
    std::vector<int> paddings;      ///< pad: top, bottom, left, right
    int axis = -1;                  ///< concat
    float alpha = 0.0f;             ///< leaky_relu
    std::vector<int> begin, steps;  ///< slice: first index and step of each dimension
    std::vector<int> axes;          ///< transpose
    bool align_corners = false, half_pixel_centers = false;  ///< resize
    /// Multipliers that the source gives itself instead of scales: one, or one per output channel.
    std::vector<fixed_multiplier> multipliers;
};

struct network {
    std::string name;
    std::string source;  ///< file, or "builtin:..."
    rounding arithmetic = rounding::tflite_ref;
    std::vector<tensor> tensors;
    std::vector<layer> layers;         ///< in execution order
    std::vector<int> inputs, outputs;  ///< tensor indices
    std::vector<std::string> labels;   ///< class names, when the file or a labels file has them
    /// Key and value pairs the file carries for its users (ONNX metadata_props).
    std::map<std::string, std::string> metadata;
    const tensor& input() const { return tensors[static_cast<std::size_t>(inputs.at(0))]; }
};

/// Multiply-accumulates of a layer (0 for layers without a multiply array).
std::uint64_t macs_of(const network& n, const layer& l);
/// Bytes of all constants.
std::uint64_t constant_bytes(const network& n);

}  // namespace ocellus::dsp
