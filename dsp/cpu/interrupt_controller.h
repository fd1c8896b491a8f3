// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/interrupt_lines.h"
#include "core/latency_histogram.h"
#include "core/registers.h"
#include "dsp/cpu/interrupt_arbiter.h"
#include "registers/interrupt_controller.h"

namespace ocellus::dsp {

/// Collects the interrupt lines of the blocks into the external interrupt of one hart.
class interrupt_controller : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<interrupt_controller> registers_in{"registers_in"};
    sc_core::sc_vector<sc_core::sc_in<bool>> sources_in;  ///< [0] is source 1
    sc_core::sc_out<bool> external_irq{"external_irq"};

    SC_HAS_PROCESS(interrupt_controller);
    /// As many as the register map has priorities for.
    static constexpr unsigned max_sources = registers::interrupt_controller::PRIORITY10 -
                                            registers::interrupt_controller::PRIORITY1 + 1;
    /// `sources`: 1 to max_sources lines.
    interrupt_controller(sc_core::sc_module_name name, unsigned sources, block_context& context);

    const register_block& registers() const { return registers_; }
    register_block& registers() { return registers_; }
    void reset();

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    void declare_registers();
    void lines_changed() { irq_.update(arbiter_.best() != 0, registers_.ahead()); }
    void update();

    interrupt_arbiter arbiter_;
    /// From the rise of a source to its claim, in ns.
    struct source_latency {
        bool high = false, waits = false;
        sc_core::sc_time risen;
        latency_histogram histogram;
    };
    std::vector<source_latency> latencies_;  // [0] is source 1
    register_block registers_{registers::interrupt_controller::map};
    interrupt_lines irq_;
};

}  // namespace ocellus::dsp
