// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/watchdog.h"

#include <algorithm>

namespace ocellus::dsp {

namespace reg = registers::watchdog;

watchdog::watchdog(sc_core::sc_module_name name, double clock, block_context& context)
    : sc_module(name), clock_(clock_domain::from_hertz(clock)) {
    registers_in.register_b_transport(this, &watchdog::transport);
    registers_in.register_transport_dbg(this, &watchdog::transport_debug);
    registers_.on_write(reg::CONTROL, [this](std::uint32_t value) {
        const bool wanted = value & reg::CONTROL_ENABLE_bits;
        if (wanted != counting_) {
            counting_ = wanted;
            start();
        }
    });
    registers_.on_write(reg::KICK, [this](std::uint32_t value) {
        registers_.set(reg::KICK, 0);
        if (value == key)
            start();
    });
    registers_.on_write(reg::STATUS,
                        [this](std::uint32_t) { line_.notify(sc_core::SC_ZERO_TIME); });
    registers_.on_timed_read(reg::VALUE, [this] {
        const std::uint64_t now = ticks(sc_core::sc_time_stamp());
        return counting_ && !still_ && due_ > now ? static_cast<std::uint32_t>(due_ - now) : 0u;
    });
    context.stats.add("watchdog.expiries", expiries_, "Times the watchdog expired.");
    context.stats.add("watchdog.resets", resets_, "Resets by the watchdog.");
    SC_METHOD(expire);
    sensitive << expiry_;
    dont_initialize();
    SC_METHOD(drive);
    sensitive << line_;
}

/// The tick of mtime at `t`.
std::uint64_t watchdog::ticks(const sc_core::sc_time& t) const {
    const std::uint64_t begun = clock_.cycles_until(t);
    return begun && clock_.time_of(begun) > t ? begun - 1 : begun;
}

/// The count begins.
void watchdog::start() {
    second_ = still_ = false;
    expiry_.cancel();
    if (counting_)
        arm(ticks(sc_core::sc_time_stamp()));
}

/// The next expiry is LOAD ticks after `tick`.
void watchdog::arm(std::uint64_t tick) {
    due_ = tick + std::max(1u, registers_.get(reg::LOAD));
    sc_core::sc_time at = clock_.time_of(due_);
    if (ticks(at) < due_)
        at += sc_core::sc_get_time_resolution();
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    expiry_.notify(at > now ? at - now : sc_core::SC_ZERO_TIME);
}

void watchdog::expire() {
    ++expiries_;
    registers_.set_bits(reg::STATUS, reg::STATUS_EXPIRED_bits);
    line_.notify(sc_core::SC_ZERO_TIME);
    if (!second_) {
        second_ = true;
        arm(due_);
        return;
    }
    still_ = true;
    if (registers_.get(reg::CONTROL) & reg::CONTROL_RESET_ENABLE_bits) {
        ++resets_;
        if (reset_)
            reset_();
    }
}

void watchdog::drive() {
    irq.write((registers_.get(reg::STATUS) & reg::STATUS_EXPIRED_bits) != 0);
}

void watchdog::reset() {
    registers_.reset();
    counting_ = false;
    start();
    line_.notify(sc_core::SC_ZERO_TIME);
}

void watchdog::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned watchdog::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

}  // namespace ocellus::dsp
