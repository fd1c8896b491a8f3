// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/watchdog.h"

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
    registers_.on_read(reg::VALUE, [this] {
        const sc_core::sc_time now = sc_core::sc_time_stamp();
        return counting_ && due_ > now ? static_cast<std::uint32_t>(clock_.cycles_until(due_ - now))
                                       : 0u;
    });
    context.stats.add("watchdog.expiries", expiries_, "Times the watchdog expired.");
    context.stats.add("watchdog.resets", resets_, "Resets by the watchdog.");
    SC_METHOD(expire);
    sensitive << expiry_;
    dont_initialize();
    SC_METHOD(drive);
    sensitive << line_;
}

/// The count begins.
void watchdog::start() {
    second_ = false;
    expiry_.cancel();
    if (!counting_)
        return;
    const sc_core::sc_time length = clock_.time_of(registers_.get(reg::LOAD));
    due_ = sc_core::sc_time_stamp() + length;
    expiry_.notify(length);
}

void watchdog::expire() {
    ++expiries_;
    if (second_ && (registers_.get(reg::CONTROL) & reg::CONTROL_RESET_ENABLE_bits)) {
        ++resets_;
        if (reset_)
            reset_();
        return;
    }
    registers_.set_bits(reg::STATUS, reg::STATUS_EXPIRED_bits);
    line_.notify(sc_core::SC_ZERO_TIME);
    start();
    second_ = true;
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

void watchdog::transport(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
    registers_.transport(p);
}

unsigned watchdog::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

}  // namespace ocellus::dsp
