// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/network/graph.h"

/// From the two output grids of a detector to boxes: what the firmware does after an inference.
///
/// A network says how its outputs are to be read in its metadata: decoder = "centre-grid", and
/// stride, box, score, scores_output, boxes_output, score_threshold, nms_iou (docs/parcels.md).
namespace ocellus::dsp {

struct detection {
    int class_id = 0;
    float score = 0;                                 ///< 0 .. 1, a multiple of 1/4096
    float left = 0, top = 0, right = 0, bottom = 0;  ///< fractions of the network's input, 0 .. 1
};

struct detection_parameters {
    int stride = 8;                 ///< input pixels per cell of the grid
    std::size_t scores_output = 0;  ///< which output holds the class logits, one channel per class
    std::size_t boxes_output = 1;   ///< which holds the distances left, top, right, bottom in cells
    float score_threshold = 0.4f;   ///< weaker cells are dropped
    float nms_iou = 0.5f;           ///< of two boxes that overlap by more, the better one stays
};

/// Whether the network's metadata names a decoder.
bool has_detection_decoder(const network& net);

/// Reads the parameters from the network's metadata and checks them against the outputs' shapes.
/// Throws input_error(usage) naming what is missing or wrong.
detection_parameters detection_parameters_of(const network& net);

/// `outputs` are the raw bytes of each output tensor (NHWC). Detections come best first; equal ones
/// in the order of the grid. A cell at column i, row j reports its strongest class, with
///     score = round(4096 / (1 + exp(-logit))) / 4096
///     left  = (i + 0.5 - l) * stride / input width, right = (i + 0.5 + r) * stride / input width
/// and likewise top and bottom; negative distances count as 0, edges are cut at the picture.
/// The same on every machine: exp() enters only through a score rounded to 1/4096.
std::vector<detection> decode_detections(const network& net,
                                         const std::vector<std::vector<std::uint8_t>>& outputs,
                                         const detection_parameters& parameters);

}  // namespace ocellus::dsp
