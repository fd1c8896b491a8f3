// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/compiler/layer_list.h"

/// Multiply layers of well-known networks, written from their papers: shapes alone, for timing.
/// Pooling, element-wise operators, resizing and post-processing are left out.
namespace ocellus::dsp {

struct public_network {
    std::string name;
    std::string source;  ///< where the layers are from, and what was approximated
    std::vector<listed_layer> layers;

    std::uint64_t macs() const;
    std::uint64_t weights() const;  ///< without biases
};

/// MobileNet V1 (arXiv 1704.04861) at a width multiplier; `classes` 0: without the classifier.
public_network list_mobilenet_v1(double alpha, unsigned height, unsigned width, unsigned classes);
/// MobileNet V2 1.0 (arXiv 1801.04381).
public_network list_mobilenet_v2(unsigned size);
/// ResNet-18 (arXiv 1512.03385), 224 x 224.
public_network list_resnet18();
/// SqueezeNet 1.0 (arXiv 1602.07360), 224 x 224.
public_network list_squeezenet();
/// ShuffleNet V2 1.5x (arXiv 1807.11164), 224 x 224.
public_network list_shufflenet_v2();
/// RegNetX-200MF or, with squeeze and excitation, RegNetY-200MF (arXiv 2003.13678), 224 x 224.
public_network list_regnet(bool squeeze_excite);
/// MobileViT-XS or -XXS (arXiv 2110.02178), 256 x 256.
public_network list_mobilevit(bool xxs);
/// YOLOv8n and YOLO11n as their maker describes them, 640 x 640, without NMS.
public_network list_yolov8n();
public_network list_yolo11n();
/// EfficientDet-Lite0 (arXiv 1911.09070 with EfficientNet-Lite0), 320 x 320.
public_network list_efficientdet_lite0();
/// NanoDet-Plus-m-1.5x at 416 x 416.
public_network list_nanodet_plus();

}  // namespace ocellus::dsp
