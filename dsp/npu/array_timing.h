// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/network/graph.h"

/// Closed-form cycles of the multiply array. The internal organisation of the IMX500's 2304
/// multiply-accumulators is not public: the organisations below are hypotheses, each of which
/// explains some of the published run times by another mapping (calibration.h compares them all).
/// The spread between them is the uncertainty of any other network.
namespace ocellus::dsp {

/// How the taps of a convolution use the depth of the array.
enum class tap_mode : std::uint8_t {
    folded,  ///< taps and input channels share the depth (im2col): ceil(taps * channels / depth)
    serial,  ///< one tap after the other: taps * ceil(channels / depth)
};

/// How depthwise convolutions, which have one input channel per output channel, use the depth.
enum class depthwise_mode : std::uint8_t {
    dot_product,   ///< the taps lie along the depth of each lane: ceil(taps / depth) cycles a pixel
    one_per_lane,  ///< one multiplier per lane: taps cycles a pixel
    dense,         ///< plateau only: as a convolution inside each group of padded channels
};

/// How multiply layers walk the array.
enum class array_flow : std::uint8_t {
    dot_product,        ///< lanes of `depth` products, summed in one cycle
    output_stationary,  ///< systolic, `depth` rows of pixels by `lanes` columns of channels
    weight_stationary,  ///< systolic, `depth` rows of weights by `lanes` columns of channels
    plateau,            ///< so many effective multiply-accumulates on padded channels
};

/// One organisation of the array and its path to the SRAM.
struct array_organisation {
    std::string name;
    std::uint64_t lanes = 32;  ///< output channels at a time
    std::uint64_t depth = 72;  ///< products summed per lane and cycle
    tap_mode taps = tap_mode::folded;
    depthwise_mode depthwise = depthwise_mode::dot_product;
    std::uint64_t bus_bytes =
        32;                ///< bytes per cycle between SRAM and array, both directions together
    unsigned buffers = 1;  ///< 1: load, compute, store in turn; 2 and 3: they overlap
    std::uint64_t fixed_cycles = 444;  ///< control cost of every pass
    /// Cycles of an exponential or the like, for each lane or on the scalar unit (no public
    /// figure).
    std::uint64_t function_cycles = 8;
    array_flow flow = array_flow::dot_product;
    /// plateau: channels count in multiples of this.
    std::uint64_t channel_padding = 1;
    /// Buffers of the stream of weights and of the stream of results; 0: as many as `buffers`,
    /// which then is that of activations.
    unsigned weight_buffers = 0, result_buffers = 0;
    /// Bits of a weight as the array takes it: 8, 4 or 2.
    unsigned weight_bits = 8;
    /// The scalar unit beside the array, which post-processing runs on: cycles of reading,
    /// computing and writing one number, and of one decision (no public figure).
    std::uint64_t scalar_element_cycles = 4, scalar_compare_cycles = 2;

    std::uint64_t macs() const { return lanes * depth; }
    unsigned buffers_of_weights() const { return weight_buffers == 0 ? buffers : weight_buffers; }
    unsigned buffers_of_results() const { return result_buffers == 0 ? buffers : result_buffers; }
};

/// "h1", "h2", "h3", "h4", "h5", "h5_dense", "bus16", "os48", "ws48".
std::vector<std::string> organisation_names();
/// Those of them that are hypotheses about the IMX500: "h1" to "h5_dense". Their spread is printed
/// as the uncertainty of a prediction.
std::vector<std::string> hypothesis_names();
/// One of them; throws input_error(usage) for another name.
const array_organisation& organisation(const std::string& name);

/// What the same array does with weights of 4 or 2 bits: the part's public SIMD width doubles with
/// each halving, so do the lanes of dot-product and plateau arrays. 8 changes nothing. Weights take
/// `bits` / 8 of their bytes on the bus.
array_organisation with_weight_bits(array_organisation a, unsigned bits);
/// What a layer whose weights are stored with `bits` makes of the array: as with_weight_bits(), but
/// never wider numbers than the array takes by itself.
array_organisation for_weights_of(const array_organisation& a, unsigned bits);
/// "32 x 72 dot product, folded taps", for reports.
std::string describe_mapping(op kind, const array_organisation& a);

/// What an operator asks of the scalar unit, at most: how many numbers, decisions and exponentials.
/// Suppression of boxes depends on the data; the bound is counted, so that time does not.
struct scalar_work {
    std::uint64_t elements = 0, compares = 0, functions = 0;
};
scalar_work scalar_work_of(const network& n, const layer& l);

/// The shape of a piece of work as the array sees it: a whole layer or one tile of it. Operators on
/// the scalar unit have their numbers as pixels, comparisons as in_channels, exponentials as taps.
struct array_work {
    op kind = op::conv2d;
    std::uint64_t pixels = 1;  ///< output rows * output columns
    std::uint64_t out_channels = 1;
    std::uint64_t in_channels = 1;  ///< of one output (1 for depthwise)
    std::uint64_t taps = 1;         ///< kernel height * width; mean: elements averaged
};

/// Cycles that the array computes. Multiply layers:
///   convolution       pixels * ceil(out_channels / lanes) * ceil(taps * in_channels / depth)
///   folded
///                     pixels * ceil(out_channels / lanes) * taps * ceil(in_channels / depth)
///                     serial
///   fully connected   the same with one pixel and one tap
///   depthwise         pixels * ceil(out_channels / lanes) * (ceil(taps / depth) or taps)
/// Systolic, with H = depth and W = lanes, stall-free, as SCALE-Sim counts them; depthwise is a
/// convolution of one channel, once for each channel:
///   output stationary ceil(pixels / H) * ceil(out / W) * (taps * in + H + W - 2) - 1
///   weight stationary ceil(taps * in / H) * ceil(out / W) * (pixels + 2 H + W - 2) - 1
/// Plateau: ceil(pixels * taps * padded in * padded out / (lanes * depth)); depthwise has one input
/// channel, or `channel_padding` of them when dense.
/// Others: pooling and mean use a third of the array as adders, ceil(pixels * out_channels * taps /
/// (lanes * depth / 3)); element-wise operators and copies make one element per lane and cycle;
/// logistic, tanh, swish and hard swish take function_cycles per element and lane. Operators of
/// on_scalar_unit() take elements * scalar_element_cycles + compares * scalar_compare_cycles +
/// functions * function_cycles. Nothing is free but an alias,
/// which makes no pass at all.
std::uint64_t compute_cycles(const array_work& work, const array_organisation& a);

/// Bus cycles to move `bytes`: ceil(bytes / bus_bytes).
std::uint64_t bus_cycles(std::uint64_t bytes, const array_organisation& a);

/// Cycles of a whole layer that moves each of its tensors once: the sum of compute and bus cycles
/// with one buffer, the larger of the two with more; plus the fixed cycles. Takes all streams to
/// have `buffers` buffers.
std::uint64_t layer_cycles(std::uint64_t compute, std::uint64_t bytes, const array_organisation& a);

}  // namespace ocellus::dsp
