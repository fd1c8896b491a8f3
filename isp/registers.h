// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/registers.h"
#include "isp/parameters.h"
#include "isp/pipeline.h"
#include "registers/isp.h"

/// The ISP as firmware sees it. Reset values are the parameters. All settings are read once per
/// frame, when its first row arrives: writes during a frame act on the next one.
namespace ocellus::isp {

/// What leaves towards the CSI-2 transmitter.
enum class isp_output : std::uint8_t { none = 0, raw = 1, isp = 2 };

constexpr std::uint32_t control_tensor_enable = 1u << 8;
constexpr std::uint32_t control_scaler_bilinear = 1u << 9;

constexpr std::uint32_t status_tensor_done = 1u << 0;
constexpr std::uint32_t status_overflow = 1u << 1;
constexpr std::uint32_t status_config_error = 1u << 2;
constexpr std::uint32_t status_bus_error = 1u << 3;
constexpr std::uint32_t status_statistics_done = 1u << 4;

/// Largest tensor side that the registers take.
constexpr unsigned tensor_side_max = 4096;

/// CONTROL for an output mode with the parameters' format, scale and colour order; no tensor.
std::uint32_t control_value(isp_output output, const isp_parameters& parameters);

/// TENSOR_FORMAT of a format.
std::uint32_t tensor_format_value(const tensor_format& f);

/// Sets the resets that depend on parameters. `status_written` runs after STATUS was written.
void set_up_registers(register_block& block, const isp_parameters& parameters,
                      register_block::on_write_function status_written);

/// The TENSOR_ registers (all but the address), by index, and their values for a format.
std::vector<std::pair<unsigned, std::uint32_t>> tensor_registers(const tensor_format& f);

/// Sets them, as firmware does by writes.
void store_tensor_format(register_block& block, const tensor_format& f);

/// The WINDOW_ registers, as they are written.
area_geometry window_of(const register_block& block);

/// What the registers ask for at the first row of a frame.
struct register_settings {
    isp_output output = isp_output::none;
    frame_request request;  ///< width, height, bits as given to read_settings
    std::uint32_t tensor_address = 0;
    bool valid = true;  ///< false: something was out of range, and the tensor or image is left out
};
register_settings read_settings(const register_block& block, unsigned width, unsigned height,
                                unsigned bits);

}  // namespace ocellus::isp
