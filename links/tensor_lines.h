// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// The tensor region that follows the image of a frame on CSI-2: one KPI line, the input tensor's
/// lines, the output tensors' lines, one PQ line; every line of `line_bytes` (2560 in the public
/// driver). Layout and rules as the public host software applies them: raspberrypi/linux
/// drivers/media/i2c/imx500.c, raspberrypi/libcamera imx500_tensor_parser. All integers are
/// little-endian.
namespace ocellus::links {

/// Bytes of a line in the public driver, and of the header in front of each tensor block.
constexpr std::size_t tensor_line_bytes = 2560;
constexpr std::size_t dnn_header_bytes = 12;

/// One axis of a tensor.
struct tensor_axis {
    std::uint8_t id = 0;                   ///< ordinal
    std::uint16_t size = 0;                ///< elements
    std::uint8_t serialization_index = 0;  ///< place in memory, 0 varies fastest
    std::uint8_t padding = 0;              ///< elements that follow each row of the axis
};

/// What the host is told of one tensor: value = (raw - shift) x scale.
struct tensor_description {
    std::uint8_t id = 0;
    std::string name;
    std::vector<tensor_axis> axes;
    std::uint8_t bits = 8;  ///< of an element: 8, 16 or 32; input tensors have 8
    std::uint16_t shift = 0;
    float scale = 0;
    bool is_unsigned = false;  ///< format 1; else 0, signed
};

/// AP parameters of one network.
struct network_description {
    std::uint16_t id = 0;
    std::string name;
    std::string type;  ///< the name that is shown to people
    std::vector<tensor_description> inputs, outputs;
};

/// The FlatBuffer of links/ap_parameters.fbs.
std::vector<std::uint8_t> encode_ap_parameters(const std::vector<network_description>& networks);
/// Returns false and says why when the bytes are damaged.
bool decode_ap_parameters(const std::vector<std::uint8_t>& bytes,
                          std::vector<network_description>& networks, std::string& why);

/// First 12 bytes of the first line of a tensor block.
struct dnn_header {
    bool valid = false;      ///< the frame carries this tensor
    std::uint8_t frame = 0;  ///< frame count modulo 256
    std::uint16_t line_bytes = tensor_line_bytes;
    std::uint16_t ap_bytes = 0;
    std::uint16_t network = 0;
    bool output = false;  ///< tensor type: 0 input, 1 output
};

/// Padded geometry of a planar input tensor: width to 32 bytes, height to 2 rows.
constexpr std::size_t padded_width(std::size_t width) {
    return (width + 31) / 32 * 32;
}
constexpr std::size_t padded_height(std::size_t height) {
    return (height + 1) / 2 * 2;
}
/// 1 + ceil(padded width x padded height x channels / line_bytes).
std::size_t input_tensor_lines(std::size_t width, std::size_t height, std::size_t channels,
                               std::size_t line_bytes = tensor_line_bytes);
/// 1 + sum over tensors of ceil(bytes / line_bytes).
std::size_t output_tensor_lines(const std::vector<std::size_t>& tensor_bytes,
                                std::size_t line_bytes = tensor_line_bytes);

/// A line of the region; short lines are filled with zeros to the line length.
using region_line = std::vector<std::uint8_t>;

/// The KPI line: word 9 is `dnn_us` and word 10 `dsp_us`, run times in microseconds; other words
/// are zero (their meaning is not public).
region_line kpi_line(std::uint32_t dnn_us, std::uint32_t dsp_us,
                     std::size_t line_bytes = tensor_line_bytes);

/// The lines of one tensor block. The first holds header and AP parameters, each tensor begins on a
/// new line. A block that is not valid has the same number of lines, with zeros behind the header.
/// Throws input_error (usage) when header and AP parameters do not fit one line: the tensor body
/// begins on the second line whatever their size.
std::vector<region_line> tensor_block(const dnn_header& header,
                                      const std::vector<std::uint8_t>& ap_parameters,
                                      const std::vector<std::vector<std::uint8_t>>& tensors);

}  // namespace ocellus::links
