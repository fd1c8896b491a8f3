// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/parameter.h"
#include "core/registers.h"
#include "registers/clint.h"

namespace ocellus::dsp {

struct clint_parameters {
    double clock = 1e6;  ///< Hz, of mtime

    void declare(parameter_registry& r);
};

/// Core-local interruptor: the software interrupt and the timer of one hart, in the register layout
/// that RISC-V software expects (MSIP 0x0, MTIMECMP 0x4000, MTIME 0xbff8).
class clint : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<clint> registers_in{"registers_in"};
    sc_core::sc_out<bool> software_irq{"software_irq"};
    sc_core::sc_out<bool> timer_irq{"timer_irq"};

    SC_HAS_PROCESS(clint);
    clint(sc_core::sc_module_name name, const clint_parameters& parameters, block_context& context);

    /// mtime at a simulated time.
    std::uint64_t time_at(const sc_core::sc_time& t) const { return offset_ + ticks(t); }
    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time&) { registers_.transport(p); }
    unsigned transport_debug(tlm::tlm_generic_payload& p) { return registers_.debug_transport(p); }
    void declare_registers();
    std::uint64_t ticks(const sc_core::sc_time& t) const;
    void update();

    clock_domain clock_;
    register_block registers_{registers::clint::map};
    std::uint64_t offset_ = 0, compare_ = ~std::uint64_t{0};
    bool software_ = false;
    sc_core::sc_event update_event_;
};

}  // namespace ocellus::dsp
