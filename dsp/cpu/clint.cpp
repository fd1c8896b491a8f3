// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/clint.h"

namespace ocellus::dsp {

namespace {

namespace reg = registers::clint;

std::uint64_t with_low(std::uint64_t v, std::uint32_t low) {
    return (v >> 32 << 32) | low;
}
std::uint64_t with_high(std::uint64_t v, std::uint32_t high) {
    return (std::uint64_t{high} << 32) | (v & 0xffffffffu);
}

}  // namespace

void clint_parameters::declare(parameter_registry& r) {
    r.quantity("clint.clock", clock, unit::hertz, 1e3, 1e9)
        .says("Frequency of mtime.")
        .from(provenance::derived, "the clock input of the public part, 24 MHz")
        .moves_nothing("the rate at which firmware sees time pass");
}

clint::clint(sc_core::sc_module_name name, const clint_parameters& parameters, block_context&)
    : sc_module(name), clock_(clock_domain::from_hertz(parameters.clock)) {
    registers_in.register_b_transport(this, &clint::transport);
    registers_in.register_transport_dbg(this, &clint::transport_debug);
    declare_registers();
    SC_METHOD(update);
    sensitive << update_event_;
}

void clint::declare_registers() {
    const auto now = [this] { return time_at(sc_core::sc_time_stamp()); };
    const auto changed = [this] { update_event_.notify(sc_core::SC_ZERO_TIME); };
    registers_.on_write(reg::MSIP, [this, changed](std::uint32_t v) {
        software_ = v & 1u;
        changed();
    });
    registers_.on_write(reg::MTIMECMP, [this, changed](std::uint32_t v) {
        compare_ = with_low(compare_, v);
        changed();
    });
    registers_.on_write(reg::MTIMECMPH, [this, changed](std::uint32_t v) {
        compare_ = with_high(compare_, v);
        changed();
    });
    registers_.on_write(reg::MTIME, [this, now, changed](std::uint32_t v) {
        offset_ += with_low(now(), v) - now();
        changed();
    });
    registers_.on_timed_read(reg::MTIME, [now] { return static_cast<std::uint32_t>(now()); });
    registers_.on_write(reg::MTIMEH, [this, now, changed](std::uint32_t v) {
        offset_ += with_high(now(), v) - now();
        changed();
    });
    registers_.on_timed_read(reg::MTIMEH,
                             [now] { return static_cast<std::uint32_t>(now() >> 32); });
}

void clint::reset() {
    registers_.reset();
    software_ = false;
    compare_ = ~std::uint64_t{0};
    update_event_.notify(sc_core::SC_ZERO_TIME);
}

/// Whole ticks that have passed at `t`.
std::uint64_t clint::ticks(const sc_core::sc_time& t) const {
    const std::uint64_t begun = clock_.cycles_until(t);
    return begun && clock_.time_of(begun) > t ? begun - 1 : begun;
}

void clint::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned clint::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

/// Drives the lines and arms itself for the tick at which the timer interrupt will be due.
void clint::update() {
    software_irq.write(software_);
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const std::uint64_t time = time_at(now);
    const bool due = time >= compare_;
    timer_irq.write(due);
    if (due)
        return;
    const std::uint64_t tick = ticks(now) + (compare_ - time);
    // Beyond what the kernel can represent it never comes.
    if (tick < ticks(now) || clock_.seconds_of(tick) > 0.5 * sc_core::sc_max_time().to_seconds())
        return;
    sc_core::sc_time at = clock_.time_of(tick);
    if (ticks(at) < tick)
        at += sc_core::sc_get_time_resolution();
    update_event_.cancel();
    update_event_.notify(at - now);
}

}  // namespace ocellus::dsp
