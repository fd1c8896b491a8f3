// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "core/statistics.h"
#include "isp/lens_shading.h"
#include "links/cci_target.h"
#include "sim/register_directory.h"

namespace ocellus::sim {

/// Between the camera control interface and the blocks: a CCI register that acts is a block's
/// register, the one that firmware uses, and is read and written over the bus like by firmware.
/// Which one it is stands in the description of the CCI registers; here is what the two mean by
/// different numbers:
///
///     mode_select            1 streaming    STANDBY 0
///     csi_lane_mode          lanes - 1      LANES
///     frame_count            modulo 255     FRAME_COUNT
///     binning_mode, _type    1 and 0x22     BINNING 2, in pixel array and converters
///     dnn_window_*           array pixels   WINDOW_*, pixels of the image
///     digital_gain           four colours   DIGITAL_GAIN, their mean
///     dnn_black_level        four colours   BLACK_LEVEL, their mean
///     dnn_gamma, _shading    0x01, 0x0F     a bit of STAGES each
///     norm_clip              9-bit pair     TENSOR_CLAMP_MAX, _MIN
///     shading_red, _blue     12 x 16 pairs  the ISP's grid, when a stream starts
///     gamma_green            43 knots       GAMMA_00 .. 56, when a stream starts
///     yc_matrix              12 numbers     TENSOR_K00 .. K23; in use when a stream starts
///     metadata_lines, image_only_mode, frame_has_metadata      TENSOR_REGION
class cci_bridge : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<cci_bridge> memory_out{"memory_out"};

    struct surroundings {
        std::function<double()> temperature;          ///< degrees Celsius
        std::function<std::uint32_t()> system_state;  ///< register system_state
        /// Gains of the lens shading; null: the configured ones.
        std::function<void(std::shared_ptr<const isp::shading_grid>)> set_shading;
        /// Registers of the boot controller.
        std::function<bool(std::uint16_t index)> is_boot;
        std::function<void(std::uint16_t index, std::uint32_t value)> boot_write;
        std::function<std::uint32_t(std::uint16_t index)> boot_read;
    };
    cci_bridge(sc_core::sc_module_name name, links::cci_target& target, statistics& stats,
               surroundings around);

    /// Finds the blocks' registers; a name that does not exist is a bug of ours (std::logic_error).
    void connect(const register_directory& directory);
    /// Reset values everywhere, and no stream.
    void power_down();

  private:
    void written(const links::cci_register& r, unsigned element, std::uint32_t value);
    std::optional<std::uint32_t> read(const links::cci_register& r, unsigned element);
    void software_reset();
    void set(std::uint32_t address, std::uint32_t value);
    std::uint32_t get(std::uint32_t address);
    std::uint32_t address(const char* name) const;
    void set_window();
    void set_gamma();
    void set_region();
    void set_shading();
    void set_stage(std::uint32_t bit, bool on);
    std::uint32_t mean_of(const links::cci_register& r) const;
    std::uint32_t stored(std::uint16_t index, unsigned element) const;
    std::uint32_t stored(std::uint16_t index) const;

    links::cci_target& target_;
    surroundings around_;
    const register_directory* directory_ = nullptr;
    /// By position in cci_registers(): address of the block's register, 0 without one, and its
    /// value after reset.
    std::vector<std::uint32_t> addresses_, resets_;
    /// What else hosts can change: value after reset by address.
    std::map<std::uint32_t, std::uint32_t> others_;
    bool window_written_ = false, gamma_written_ = false, matrix_written_ = false,
         shading_written_ = false;
    std::uint64_t bus_errors_ = 0;
};

}  // namespace ocellus::sim
