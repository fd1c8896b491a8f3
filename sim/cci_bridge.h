// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>
#include <vector>

#include "core/statistics.h"
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
class cci_bridge : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<cci_bridge> memory_out{"memory_out"};

    struct surroundings {
        std::function<double()> temperature;          ///< degrees Celsius
        std::function<std::uint32_t()> system_state;  ///< register system_state
    };
    cci_bridge(sc_core::sc_module_name name, links::cci_target& target, statistics& stats,
               surroundings around);

    /// Finds the blocks' registers; a name that does not exist is a bug of ours (std::logic_error).
    void connect(const register_directory& directory);

  private:
    void written(const links::cci_register& r, unsigned element, std::uint32_t value);
    std::optional<std::uint32_t> read(const links::cci_register& r);
    void software_reset();
    void set(std::uint32_t address, std::uint32_t value);
    std::uint32_t get(std::uint32_t address);
    std::uint32_t address(const char* name) const;
    void set_window();
    std::uint32_t stored(std::uint16_t index) const;

    links::cci_target& target_;
    surroundings around_;
    const register_directory* directory_ = nullptr;
    /// By position in cci_registers(): address of the block's register, 0 without one, and its
    /// value after reset.
    std::vector<std::uint32_t> addresses_, resets_;
    bool window_written_ = false;
    std::uint64_t bus_errors_ = 0;
};

}  // namespace ocellus::sim
