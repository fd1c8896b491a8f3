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

enum class element : std::uint8_t { int8, uint8, int16, int32, int64, float32, boolean };
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
    /// Bits of each number of constant weights as the part stores them: 8, 4 or 2. `data` holds a
    /// byte for each in any case.
    unsigned bits = 8;
    bool constant() const { return !data.empty(); }
    std::size_t elements() const {
        std::size_t n = 1;
        for (int d : shape)
            n *= static_cast<std::size_t>(d);
        return n;
    }
    std::size_t bytes() const { return elements() * size_of(type); }
    /// What it takes in the part's memory: narrow weights are packed.
    std::size_t stored_bytes() const { return bits < 8 ? (elements() * bits + 7) / 8 : bytes(); }
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
    div,
    prelu,       ///< second input: the slope, for each channel or element
    swish,       ///< x / (1 + e^-x)
    compare,     ///< booleans, `comparison` of two operands
    cast,        ///< plain numbers to another type, scales play no part
    reduce_max,  ///< over `axes`, as are the next two and mean
    reduce_min,
    reduce_sum,
    arg_max,  ///< along `axis`, the first of equals
    arg_min,
    top_k,           ///< of the last dimension: values, indices
    gather,          ///< second input: constant indices along `axis`
    space_to_depth,  ///< `kernel_h` is the block
    depth_to_space,
    space_to_batch,         ///< blocks of kernel_h x kernel_w, `paddings`
    batch_to_space,         ///< and `paddings` as crops
    batch_matmul,           ///< the last two dimensions; both may be activations
    dynamic_quantize,       ///< float32 to uint8, scale and zero point
    detection_postprocess,  ///< boxes and class scores to detections, `detection`
    non_max_suppression,    ///< `detection`
};
/// Operators that make decisions, one element after the other: on the scalar unit beside the array.
bool on_scalar_unit(op o);
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

enum class comparison_kind : std::uint8_t {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
};

/// What post-processing of detections needs to know.
struct detection_settings {
    int max_detections = 0;
    int max_classes_per_detection = 1;
    int detections_per_class = 100;
    int classes = 0;
    bool regular = false;  ///< class by class; otherwise all classes compete
    float score_threshold = 0.0f, iou_threshold = 0.5f, sigma = 0.0f;
    float y_scale = 1.0f, x_scale = 1.0f, h_scale = 1.0f, w_scale = 1.0f;
    /// non_max_suppression: the ONNX form (batches, classes, indices of three), boxes by centre.
    bool by_class = false, centre = false;
};

/// How ONNX places the samples of a resized picture. TensorFlow Lite has `align_corners` and
/// `half_pixel_centers` of the layer instead.
struct resize_rule {
    enum class coordinates : std::uint8_t { half_pixel, pytorch_half_pixel, asymmetric, corners };
    enum class pick : std::uint8_t { prefer_floor, prefer_ceil, floor, ceil };
    bool onnx = false;
    coordinates where = coordinates::half_pixel;
    pick nearest = pick::prefer_floor;
    float scale_h = 1.0f, scale_w = 1.0f;  ///< output / input, as the file gives it
};

struct layer {
    op kind = op::conv2d;
    std::string name;
    int place = -1;  ///< its place in the file it was read from; -1: it was not read from one
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
    int axis = -1;                  ///< concat, gather, arg_max; scales of (de)quantize
    float alpha = 0.0f;             ///< leaky_relu
    std::vector<int> begin, steps;  ///< slice: first index and step of each dimension
    std::vector<int> axes;          ///< transpose, reductions
    comparison_kind comparison = comparison_kind::equal;
    detection_settings detection;
    bool count_padding = false;                ///< average_pool: padding counts as zeros
    bool turn_a = false, turn_b = false;       ///< batch_matmul: transposed operands
    bool smallest = false;                     ///< top_k
    bool mirror = false, mirror_edge = false;  ///< pad: reflected, with the edge itself repeated
    bool align_corners = false, half_pixel_centers = false;  ///< resize
    resize_rule resize;
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
/// Pictures that a layer with a window or a resizing does one after the other; 1 for others.
std::size_t batch_of(const network& n, const layer& l);
/// Bits of the weights that a layer multiplies with, as the part stores them; 0 for layers
/// without weights.
unsigned weight_bits_of(const network& n, const layer& l);
/// A constant's bytes as they lie in the part's memory: numbers of 4 and 2 bits packed, the first
/// in the lowest bits.
std::vector<std::uint8_t> stored_data(const tensor& t);
/// Bytes of all constants.
std::uint64_t constant_bytes(const network& n);

}  // namespace ocellus::dsp
