// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>

#include "core/block.h"
#include "core/registers.h"
#include "registers/system.h"

namespace ocellus::dsp {

/// Why the CPU was last reset; the values are those of BOOT_REASON.
enum class boot_reason : std::uint32_t { power_on = 0, watchdog = 1, software = 2, debugger = 3 };

/// What a trap that nobody could handle has left in the FATAL registers.
struct fatal_trap {
    std::uint32_t cause = 0, epc = 0, tval = 0;
};

/// Identity, boot and reset of the chip, as firmware sees them.
class system_control : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<system_control> registers_in{"registers_in"};

    /// Written to RESET by firmware that wants to start again, and to KICK of the watchdog.
    static constexpr std::uint32_t key = 0x5AFE;

    explicit system_control(sc_core::sc_module_name name);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

    /// What the host's loader leaves for the boot ROM and the firmware.
    void set_boot_entry(std::uint32_t address);
    void set_boot_info(std::uint32_t address);
    /// Called when RESET was written, in the process that wrote it.
    void on_reset(std::function<void()> f) { reset_ = std::move(f); }
    /// Called when FATAL_CAUSE was written.
    void on_fatal(std::function<void(const fatal_trap&)> f) { fatal_ = std::move(f); }
    /// The CPU was reset. SCRATCH and PRIVACY stay.
    void reset(boot_reason why);

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);

    register_block registers_{registers::system::map};
    std::function<void()> reset_;
    std::function<void(const fatal_trap&)> fatal_;
};

}  // namespace ocellus::dsp
