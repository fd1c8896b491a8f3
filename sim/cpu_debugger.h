// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <systemc>
#include <vector>

#include "dsp/cpu/control_cpu.h"
#include "sim/gdb_protocol.h"

namespace ocellus::sim {

/// The control CPU as a debugger's target. While it stands still, simulated time does: the CPU's
/// process pauses the kernel and waits, and the loop that drives the simulation serves the debugger
/// until it goes on. A debugger that only looks changes no result.
class cpu_debugger : public debug_target {
  public:
    /// Everything that the debugger reaches beyond the CPU.
    struct surroundings {
        /// Bytes by bus address without time, ROM and RAM included; how many could be moved.
        std::function<std::size_t(std::uint32_t, unsigned char*, std::size_t)> read;
        std::function<std::size_t(std::uint32_t, const unsigned char*, std::size_t)> write;
        std::function<std::vector<debug_memory_region>()> memory_map;
        /// The user's `monitor` commands; throws input_error for those that do not exist.
        std::function<std::string(const std::string&)> monitor;
        std::function<void()> reset;
        std::function<void()> killed;
        /// An ebreak was reached: true when somebody else has taken it as a call, and it is over.
        std::function<bool()> ebreak;
        /// The CPU cannot go on.
        std::function<void(dsp::stop_reason)> fault;
    };

    cpu_debugger(dsp::control_cpu& cpu, surroundings s);

    /// Stops before the first instruction, or, later, before the next one.
    void halt();
    /// Whether the CPU stands still for the debugger: simulated time must not go on.
    bool holds() const { return state_ == state::still; }
    /// Whether a debugger is there: without one an ebreak traps and a double trap ends the CPU.
    void set_attached(bool on) { attached_ = on; }
    /// The run has ended: what the debugger is told.
    void ended(int exit_code);
    /// Stops as soon as `condition` holds; looked at by the loop, see check().
    void stop_when(std::function<bool()> condition, std::string note);
    /// Between two steps of the simulation, and when events happen: makes the CPU stop if the
    /// condition of stop_when has come true.
    void check();

    std::uint32_t read_x(unsigned number) override { return cpu_.core().x(number); }
    void write_x(unsigned number, std::uint32_t value) override {
        cpu_.core().set_x(number, value);
    }
    std::uint32_t read_pc() override { return cpu_.core().pc(); }
    void write_pc(std::uint32_t value) override {
        moved_ = true;
        cpu_.core().set_pc(value);
    }
    bool read_csr(unsigned number, std::uint32_t& value) override {
        return cpu_.core().read_csr(number, value);
    }
    bool write_csr(unsigned number, std::uint32_t value) override {
        return cpu_.core().write_csr(number, value);
    }
    std::size_t read_memory(std::uint32_t address, unsigned char* bytes,
                            std::size_t length) override;
    bool write_memory(std::uint32_t address, const unsigned char* bytes,
                      std::size_t length) override;
    std::vector<debug_memory_region> memory_map() override { return around_.memory_map(); }
    void step() override { go(true); }
    void resume() override { go(false); }
    void interrupt() override;
    bool running() const override { return state_ == state::running; }
    debug_stop last_stop() const override { return stop_; }
    bool insert(const debug_point& point) override;
    void remove(const debug_point& point) override;
    void reset() override;
    void kill() override;
    std::string monitor(const std::string& command) override { return around_.monitor(command); }

  private:
    enum class state { running, still, over };
    bool stopped(dsp::stop_reason why);
    void stand_still(debug_stop s);
    void go(bool one);

    dsp::control_cpu& cpu_;
    surroundings around_;
    state state_ = state::running;
    debug_stop stop_;
    sc_core::sc_event go_on_;
    bool interrupt_asked_ = false, at_ebreak_ = false, moved_ = false, attached_ = false;
    std::map<std::uint32_t, unsigned> breakpoints_;  ///< points at an address
    std::map<std::uint32_t, debug_point_kind> kinds_;
    std::function<bool()> condition_;
    std::string condition_note_;
};

}  // namespace ocellus::sim
