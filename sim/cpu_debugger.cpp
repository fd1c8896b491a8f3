// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cpu_debugger.h"

#include <utility>

namespace ocellus::sim {

using dsp::stop_reason;

namespace {

dsp::control_cpu::watchpoint watchpoint_of(const debug_point& p) {
    return {p.address, p.length ? p.length : 1u, p.kind != debug_point_kind::write_watch,
            p.kind != debug_point_kind::read_watch};
}

bool is_breakpoint(const debug_point& p) {
    return p.kind == debug_point_kind::software || p.kind == debug_point_kind::hardware;
}

}  // namespace

cpu_debugger::cpu_debugger(dsp::control_cpu& cpu, surroundings s)
    : cpu_(cpu), around_(std::move(s)) {
    cpu_.core().stop_on_ebreak(true);
    cpu_.set_stop_handler([this](stop_reason why) { return stopped(why); });
}

/// In the CPU's process. False: the CPU rests for good.
bool cpu_debugger::stopped(stop_reason why) {
    debug_stop s;
    switch (why) {
        case stop_reason::ebreak:
            if (around_.ebreak && around_.ebreak())
                return true;
            if (!attached_) {
                cpu_.core().take_ebreak();
                return true;
            }
            s.reason = debug_stop_reason::software_breakpoint;
            at_ebreak_ = true;
            break;
        case stop_reason::breakpoint: {
            const auto kind = kinds_.find(cpu_.core().pc());
            s.reason = kind != kinds_.end() && kind->second == debug_point_kind::hardware
                           ? debug_stop_reason::hardware_breakpoint
                           : debug_stop_reason::software_breakpoint;
            break;
        }
        case stop_reason::instructions:
            s.reason = debug_stop_reason::stepped;
            break;
        case stop_reason::double_trap:
            if (around_.fault)
                around_.fault(why);
            if (!attached_)
                return false;
            s.reason = debug_stop_reason::fault;
            s.note = "double trap: the trap handler traps to itself";
            break;
        default:
            if (cpu_.watch_hit().any) {
                const auto& hit = cpu_.watch_hit();
                s.reason = hit.point.on_read && hit.point.on_write ? debug_stop_reason::access_watch
                           : hit.point.on_write                    ? debug_stop_reason::write_watch
                                                                   : debug_stop_reason::read_watch;
                s.address = hit.point.address;
            } else if (std::exchange(interrupt_asked_, false)) {
                s.reason = debug_stop_reason::interrupted;
            } else {
                s.note = std::exchange(condition_note_, {});
            }
            break;
    }
    stand_still(std::move(s));
    return true;
}

/// Pauses the kernel and waits until the debugger lets the CPU go on.
void cpu_debugger::stand_still(debug_stop s) {
    stop_ = std::move(s);
    state_ = state::still;
    sc_core::sc_pause();
    sc_core::wait(go_on_);
    if (std::exchange(at_ebreak_, false) && !moved_)
        cpu_.core().take_ebreak();
    moved_ = false;
}

void cpu_debugger::go(bool one) {
    if (state_ != state::still)
        return;
    state_ = state::running;
    stop_ = {};
    interrupt_asked_ = false;
    cpu_.limit_instructions(one ? 1 : 0);
    go_on_.notify(sc_core::SC_ZERO_TIME);
}

void cpu_debugger::halt() {
    if (state_ == state::running)
        cpu_.request_stop();
}

void cpu_debugger::interrupt() {
    if (state_ != state::running)
        return;
    interrupt_asked_ = true;
    cpu_.request_stop();
}

void cpu_debugger::ended(int exit_code) {
    if (state_ == state::over)
        return;
    state_ = state::over;
    stop_ = {};
    stop_.reason = debug_stop_reason::exited;
    stop_.exit_code = exit_code;
}

void cpu_debugger::stop_when(std::function<bool()> condition, std::string note) {
    condition_ = std::move(condition);
    condition_note_ = std::move(note);
}

void cpu_debugger::check() {
    if (state_ != state::running || !condition_ || !condition_())
        return;
    condition_ = nullptr;
    cpu_.request_stop();
}

std::size_t cpu_debugger::read_memory(std::uint32_t address, unsigned char* bytes,
                                      std::size_t length) {
    return around_.read(address, bytes, length);
}

bool cpu_debugger::write_memory(std::uint32_t address, const unsigned char* bytes,
                                std::size_t length) {
    return around_.write(address, bytes, length) == length;
}

bool cpu_debugger::insert(const debug_point& point) {
    if (is_breakpoint(point)) {
        kinds_[point.address] = point.kind;
        if (breakpoints_[point.address]++ == 0)
            cpu_.core().add_breakpoint(point.address);
    } else {
        cpu_.add_watchpoint(watchpoint_of(point));
    }
    return true;
}

void cpu_debugger::remove(const debug_point& point) {
    if (!is_breakpoint(point)) {
        cpu_.remove_watchpoint(watchpoint_of(point));
        return;
    }
    const auto found = breakpoints_.find(point.address);
    if (found == breakpoints_.end() || --found->second > 0)
        return;
    breakpoints_.erase(found);
    kinds_.erase(point.address);
    cpu_.core().remove_breakpoint(point.address);
}

void cpu_debugger::reset() {
    if (state_ == state::over)
        return;
    around_.reset();
    stop_ = {};
    if (state_ == state::running)
        halt();
    else
        moved_ = true;
}

void cpu_debugger::kill() {
    state_ = state::over;
    stop_ = {};
    stop_.reason = debug_stop_reason::killed;
    around_.killed();
}

}  // namespace ocellus::sim
