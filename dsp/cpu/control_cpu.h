// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/latency_histogram.h"
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
    bool decoupled = true;                                   ///< speed only

    void declare(parameter_registry& r);
};

/// The control CPU: a hart with boot ROM and tightly coupled RAM of its own; all else is reached
/// through `fetch_out` and `data_out`. It runs ahead of the kernel until the kernel's next pending
/// activity, not further than to the end of one instruction. The kernel catches up before every
/// access that leaves ROM and RAM, and what the access causes is taken in before the CPU goes on.
class control_cpu : public sc_core::sc_module, private hart_memory {
  public:
    using memory_socket = tlm_utils::simple_initiator_socket<control_cpu>;
    memory_socket fetch_out{"fetch_out"};  ///< instructions outside ROM and RAM
    memory_socket data_out{"data_out"};
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

    /// A range of ROM or RAM that stores must not change: the code of a loaded program. A store
    /// there is an access fault.
    void protect(std::uint32_t first, std::uint32_t last);
    void clear_protection();
    /// Bytes of ROM and RAM without time; returns how many lie there. Writing changes protected
    /// ranges too.
    std::size_t debug_read(std::uint32_t address, unsigned char* bytes, std::size_t length);
    std::size_t debug_write(std::uint32_t address, const unsigned char* bytes, std::size_t length);

    /// A watchpoint: the hart stops before an instruction that accesses one of these bytes, and the
    /// stop handler is called with stop_reason::requested and watch_hit().any set. The instruction
    /// is made when the hart goes on. In ROM, RAM and on the bus.
    struct watchpoint {
        std::uint32_t address = 0, length = 1;
        bool on_read = false, on_write = true;
        friend bool operator==(const watchpoint& a, const watchpoint& b) {
            return a.address == b.address && a.length == b.length && a.on_read == b.on_read &&
                   a.on_write == b.on_write;
        }
    };
    struct watch_stop {
        watchpoint point;
        std::uint32_t address = 0;
        bool write = false, any = false;
    };
    void add_watchpoint(const watchpoint& w);
    void remove_watchpoint(const watchpoint& w);
    const watch_stop& watch_hit() const { return watch_hit_; }
    /// Calls `written` with the address of the word after every store to these words, wherever they
    /// lie.
    void hook_store(std::uint32_t address, std::uint32_t length,
                    std::function<void(std::uint32_t)> written);

    /// Follows what derives from pixels: a load from a word of `map` that does makes the hart
    /// follow it (hart::set_provenance). `derived_store` is called before a store of such a value
    /// through the socket, with its address and that of the instruction.
    void follow_pixels(pixel_provenance& map,
                       std::function<void(std::uint32_t address, std::uint32_t pc)> derived_store);

    /// Resets the hart before its next instruction; `at_reset` is called then, in its process, to
    /// load memories again. Wakes it from wfi.
    void request_reset(std::function<void()> at_reset);
    /// Keeps the hart from going on past the present time, where somebody outside looks and acts:
    /// it would otherwise run ahead of them. It goes on when all who hold it have let go.
    /// `reset`: its reset line, so that the time held counts as idle; its program begins with
    /// request_reset().
    enum class holder : unsigned { actor = 1, pace = 2, end = 4, reset = 8 };
    void hold(holder who) { held_ |= static_cast<unsigned>(who); }
    void resume(holder who);
    /// Called when the hart begins to wait for an interrupt, at that time.
    void on_sleep(std::function<void()> f) { sleep_observer_ = std::move(f); }
    /// It executes nothing: it waits for an interrupt, or was stopped for good.
    bool rests() const { return halted_ || (hart_.waiting() && !hart_.wakes()); }
    /// Stops the hart for good before its next instruction.
    void request_halt();
    /// Stops it before its next instruction and calls the stop handler with stop_reason::requested.
    void request_stop();

    /// From now on the stop handler is called with stop_reason::instructions after so many
    /// instructions (a trap counts as one); 0: never.
    void limit_instructions(std::uint64_t count) { instruction_limit_ = count; }

    /// The last store that protection refused.
    struct refused_store {
        std::uint32_t pc = 0, address = 0, sp = 0;
        bool any = false;
    };
    const refused_store& last_refused_store() const { return refused_store_; }

    /// Cycles from a line's rise to its handler.
    const latency_histogram& latency(interrupt_line line) const {
        return latencies_[static_cast<std::size_t>(line)].histogram;
    }
    hart& core() { return hart_; }
    const hart& core() const { return hart_; }
    const clock_domain& clock() const { return clock_; }
    bool halted() const { return halted_; }
    std::uint64_t idle_cycles() const { return idle_cycles_; }
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
    void interrupted(unsigned cause, std::uint64_t cycles) override;

    memory_area* area_of(std::uint32_t address, std::uint64_t length);
    bool is_protected(std::uint32_t address) const;
    void map_memories();
    bool watched(std::uint32_t address, unsigned size, bool write);
    void act_on_requests();
    void reset_now();
    bool read(memory_socket& through, std::uint32_t address, unsigned size, std::uint32_t& value,
              std::uint32_t& wait);
    bool bus(memory_socket& through, tlm::tlm_command command, std::uint32_t address, unsigned size,
             unsigned char* bytes, std::uint32_t& wait);
    void settle();
    void catch_up();
    void run();
    void stop(stop_reason why);
    void sleep();
    void idle_until_now();
    void lines_changed();
    void line_changed(interrupt_line line, bool level);

    const control_cpu_parameters parameters_;
    clock_domain clock_;
    sc_core::sc_time run_ahead_;
    memory_area rom_, tcm_;
    tlm::tlm_generic_payload payload_;
    hart hart_;
    std::function<std::uint64_t(const sc_core::sc_time&)> time_source_;
    std::function<bool(stop_reason)> stop_handler_;
    sc_core::sc_event wake_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> protected_;  // first, last; sorted
    refused_store refused_store_;
    std::vector<watchpoint> watchpoints_;
    watch_stop watch_hit_;
    std::uint64_t watch_passed_ = ~std::uint64_t{0};  // instruction that has stopped already
    std::uint32_t hooked_ = 0, hooked_last_ = 0;
    std::function<void(std::uint32_t)> hook_;
    std::function<void()> at_reset_, sleep_observer_;
    pixel_provenance* provenance_ = nullptr;
    std::function<void(std::uint32_t, std::uint32_t)> derived_store_;
    bool bus_accessed_ = false, halted_ = false;
    unsigned held_ = 0;  // a bit for each holder
    sc_core::sc_event resumed_;
    bool in_handler_ = false, reset_requested_ = false, halt_requested_ = false,
         stop_wanted_ = false;
    std::uint64_t protection_faults_ = 0, resets_ = 0, instruction_limit_ = 0;
    stop_reason halt_reason_ = stop_reason::requested;
    /// From the rise of a line to the first instruction of its handler, by line.
    struct line_latency {
        bool high = false, waits = false;
        std::uint64_t risen = 0;  ///< cycle
        latency_histogram histogram;
    };
    std::array<line_latency, 16> latencies_;  // by number of the line
    std::uint64_t bus_accesses_ = 0, bus_errors_ = 0, idle_cycles_ = 0;
    tracer* trace_;
    std::uint16_t track_ = 0;
};

}  // namespace ocellus::dsp
