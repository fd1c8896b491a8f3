// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// What an inference found, as the FlatBuffers of the public edge applications: object detection,
/// classification, segmentation and pose (namespace SmartCamera, version 1.0.0, of
/// SonySemiconductorSolutions/aitrios-sdk-edge-app; links/inference_result.fbs). The buffers name
/// no type: reader and writer agree on it beforehand.
namespace ocellus::links {

/// Corners in pixels of the network's input.
struct result_box {
    std::int32_t left = 0, top = 0, right = 0, bottom = 0;
};

struct object_detections {
    struct object {
        std::uint32_t class_id = 0;
        result_box box;
        float score = 0;  ///< 0 .. 1
    };
    struct area {
        std::uint32_t class_id = 0, count = 0;
    };
    std::vector<object> objects;
    std::vector<area> area_counts;  ///< objects of a class inside the configured area; often none
};

struct class_scores {
    struct entry {
        std::uint32_t class_id = 0;
        float score = 0;
    };
    std::vector<entry> classes;
};

struct segmentation {
    std::uint16_t height = 0, width = 0;
    std::vector<std::uint16_t> class_ids;  ///< height x width, row by row
    std::uint16_t num_class_id = 0;
    std::vector<float> scores;  ///< as class_ids, or none
};

struct poses {
    struct key_point {
        float score = 0;
        std::int32_t x = 0, y = 0;
        std::int8_t name = 0;  ///< 0 nose .. 16 right ankle
    };
    struct pose {
        float score = 0;
        std::vector<key_point> points;
    };
    std::vector<pose> list;
};

using inference_result = std::variant<object_detections, class_scores, segmentation, poses>;

/// Which of the four a buffer holds.
enum class result_kind : std::uint8_t { detection, classification, segmentation, pose };
/// "detection", "classification", "segmentation" or "pose"; false for any other name.
bool result_kind_named(const std::string& name, result_kind& kind);

/// The FlatBuffer of a result, byte for byte as the public sample envelopes order it.
std::vector<std::uint8_t> encode_result(const inference_result& result);

/// Reads a buffer as `kind`. Returns false and says why when it is damaged (every offset is checked
/// before anything is read), when a union holds a type that is not known, or when a segmentation's
/// maps do not have height x width elements.
bool decode_result(const std::vector<std::uint8_t>& bytes, result_kind kind,
                   inference_result& result, std::string& why);

}  // namespace ocellus::links
