// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <map>
#include <systemc>
#include <tuple>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/registers.h"
#include "registers/simulator.h"

namespace ocellus {
class tracer;
}

namespace ocellus::dsp {

/// Operations that firmware asks of the simulation and that no silicon has. They take the time of a
/// register access and change nothing that firmware can see.
class simulator_port : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<simulator_port> registers_in{"registers_in"};

    /// What happened between REGION_BEGIN and REGION_END of one number, summed.
    struct region {
        std::uint64_t count = 0;
        std::uint64_t time = 0;    ///< in units of the kernel's resolution
        std::uint64_t cycles = 0;  ///< of the CPU
        std::uint64_t instructions = 0;
        bool open = false;
        std::uint64_t begun_time = 0, begun_cycles = 0, begun_instructions = 0;
    };
    struct mark {
        std::uint32_t number = 0;
        sc_core::sc_time at;
    };
    /// What the simulation does; each may be empty. Called in the process that writes.
    struct operations {
        std::function<void(std::uint32_t code)> exit;
        std::function<void(std::uint32_t number)> dump_statistics;
        std::function<void()> reset_statistics;
        std::function<void(std::uint32_t address)> log;
        /// Cycles and instructions of the CPU until now.
        std::function<std::pair<std::uint64_t, std::uint64_t>()> progress;
    };

    explicit simulator_port(sc_core::sc_module_name name);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }
    void serve(operations o) { operations_ = std::move(o); }
    /// Marks and regions go to the trace as well.
    void set_trace(tracer& t);
    /// By number.
    const std::map<std::uint32_t, region>& regions() const { return regions_; }
    /// The first 100 000.
    const std::vector<mark>& marks() const { return marks_; }

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    void begin(std::uint32_t number);
    void end(std::uint32_t number);

    register_block registers_{registers::simulator::map};
    operations operations_;
    tracer* trace_ = nullptr;
    std::uint16_t track_ = 0;
    std::map<std::uint32_t, region> regions_;
    std::vector<mark> marks_;
};

}  // namespace ocellus::dsp
