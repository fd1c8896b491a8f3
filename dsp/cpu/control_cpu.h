// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/parameter.h"
#include "dsp/cpu/hart.h"

namespace ocellus::dsp {

struct control_cpu_parameters {
    hart_parameters hart;
    double clock = 262.5e6;                                  ///< Hz
    std::uint64_t rom_base = 0, rom_size = 32768;            ///< bytes
    std::uint64_t tcm_base = 0x10000000, tcm_size = 262144;  ///< bytes
    std::uint64_t rom_wait = 0, tcm_wait = 0;                ///< cycles of an access
    double run_ahead = 1e-3;                                 ///< s, when nothing else is pending

    void declare(parameter_registry& r);
};

/// The control CPU: a hart with boot ROM and tightly coupled RAM of its own; all else is reached
/// through `memory_out`. It runs ahead of the kernel until the kernel's next pending activity, not
/// further than to the end of one instruction. The kernel catches up before every access that
/// leaves ROM and RAM, and what the access causes is taken in before the CPU goes on.
class control_cpu : public sc_core::sc_module, private hart_memory {
  public:
    tlm_utils::simple_initiator_socket<control_cpu> memory_out{"memory_out"};
    sc_core::sc_in<bool> software_irq_in{"software_irq_in"};
    sc_core::sc_in<bool> timer_irq_in{"timer_irq_in"};
    sc_core::sc_in<bool> external_irq_in{"external_irq_in"};

    SC_HAS_PROCESS(control_cpu);
    control_cpu(sc_core::sc_module_name name, const control_cpu_parameters& parameters,
                block_context& context);

    /// Copies bytes of a program into ROM or RAM; false when they do not fit into one of them.
    bool load_image(std::uint32_t address, const std::vector<unsigned char>& bytes);
    /// What the `time` CSR reads, as a function of simulated time.
    void set_time_source(std::function<std::uint64_t(const sc_core::sc_time&)> source) {
        time_source_ = std::move(source);
    }
    /// Called in the CPU's process when the hart stops for another reason than time or wfi: returns
    /// false to halt for good. Without it a stop halts.
    void set_stop_handler(std::function<bool(stop_reason)> handler) {
        stop_handler_ = std::move(handler);
    }

    hart& core() { return hart_; }
    const clock_domain& clock() const { return clock_; }
    bool halted() const { return halted_; }
    stop_reason halt_reason() const { return halt_reason_; }

  private:
    struct memory_area {
        std::uint32_t base = 0;
        std::vector<unsigned char> bytes;
        std::uint8_t wait = 0;
        bool writable = true;
    };

    bool fetch(std::uint32_t address, std::uint32_t& word, std::uint32_t& wait) override;
    bool load(std::uint32_t address, unsigned size, std::uint32_t& value,
              std::uint32_t& wait) override;
    bool store(std::uint32_t address, unsigned size, std::uint32_t value,
               std::uint32_t& wait) override;
    std::uint64_t time() override;

    memory_area* area_of(std::uint32_t address, std::uint64_t length);
    bool read(std::uint32_t address, unsigned size, std::uint32_t& value, std::uint32_t& wait);
    bool bus(tlm::tlm_command command, std::uint32_t address, unsigned size, unsigned char* bytes,
             std::uint32_t& wait);
    void settle();
    void catch_up();
    std::uint64_t cycles_at(const sc_core::sc_time& t) const;
    sc_core::sc_time time_of(std::uint64_t cycles) const;
    void run();
    void sleep();
    void lines_changed();

    const control_cpu_parameters parameters_;
    clock_domain clock_;
    std::uint64_t period_units_ = 1, period_cycles_ = 1;  // so many kernel units are so many cycles
    sc_core::sc_time run_ahead_;
    memory_area rom_, tcm_;
    hart hart_;
    std::function<std::uint64_t(const sc_core::sc_time&)> time_source_;
    std::function<bool(stop_reason)> stop_handler_;
    sc_core::sc_event wake_;
    bool bus_accessed_ = false, halted_ = false;
    stop_reason halt_reason_ = stop_reason::requested;
    std::uint64_t bus_accesses_ = 0, bus_errors_ = 0, idle_cycles_ = 0;
};

}  // namespace ocellus::dsp
