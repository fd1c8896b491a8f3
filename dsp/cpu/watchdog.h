// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/registers.h"
#include "registers/watchdog.h"

namespace ocellus::dsp {

/// Two-stage watchdog on the clock of mtime. LOAD ticks after a kick (or after it was enabled) it
/// expires: the interrupt line rises. LOAD ticks later, without a kick, it expires again: it resets
/// the system when RESET_ENABLE is set, and stands still until the next kick. A LOAD of 0 counts as
/// 1. One event at the next expiry, none while it is off or stands still.
///
/// Ticks are those of mtime: tick n begins at n / clock (rounded down to the kernel's
/// resolution), and an expiry is at the first instant of
/// tick (tick of the kick) + LOAD, so between LOAD - 1 and LOAD periods after the kick.
class watchdog : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<watchdog> registers_in{"registers_in"};
    sc_core::sc_out<bool> irq{"irq"};

    static constexpr std::uint32_t key = 0x5AFE;

    SC_HAS_PROCESS(watchdog);
    /// `clock` in Hz.
    watchdog(sc_core::sc_module_name name, double clock, block_context& context);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }
    /// Called at the second expiry.
    void on_reset(std::function<void()> f) { reset_ = std::move(f); }
    /// Off, nothing pending.
    void reset();

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    std::uint64_t ticks(const sc_core::sc_time& t) const;
    void start();
    void arm(std::uint64_t tick);
    void expire();
    void drive();

    clock_domain clock_;
    register_block registers_{registers::watchdog::map};
    std::function<void()> reset_;
    sc_core::sc_event expiry_, line_;
    std::uint64_t due_ = 0;  ///< tick of the next expiry
    bool counting_ = false;  ///< ENABLE
    bool second_ = false;    ///< the next expiry is the second one
    bool still_ = false;     ///< after the second one
    std::uint64_t expiries_ = 0, resets_ = 0;
};

}  // namespace ocellus::dsp
