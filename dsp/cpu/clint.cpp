// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/clint.h"

namespace ocellus::dsp {

namespace {

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
        .from(provenance::assumed, "assumed: a microsecond counter");
}

clint::clint(sc_core::sc_module_name name, const clint_parameters& parameters, block_context&)
    : sc_module(name), clock_(clock_domain::from_hertz(parameters.clock)) {
    registers_in.register_b_transport(this, &clint::transport);
    declare_registers();
    SC_METHOD(update);
    sensitive << update_event_;
}

void clint::declare_registers() {
    const auto now = [this] { return time_at(sc_core::sc_time_stamp()); };
    const auto changed = [this] { update_event_.notify(sc_core::SC_ZERO_TIME); };
    registers_.add(
        {"MSIP",
         0x0,
         access::read_write,
         0,
         "Software interrupt of the hart.",
         {{"PENDING", 0, 1, "The software interrupt is pending."}}},
        [this, changed](std::uint32_t v) {
            software_ = v & 1u;
            changed();
        },
        [this] { return software_ ? 1u : 0u; });
    registers_.add({"MTIMECMP",
                    0x4000,
                    access::read_write,
                    0xffffffffu,
                    "Time of the timer interrupt, lower half: pending while mtime is not below.",
                    {}},
                   [this, changed](std::uint32_t v) {
                       compare_ = with_low(compare_, v);
                       changed();
                   });
    registers_.add({"MTIMECMPH",
                    0x4004,
                    access::read_write,
                    0xffffffffu,
                    "Time of the timer interrupt, upper half.",
                    {}},
                   [this, changed](std::uint32_t v) {
                       compare_ = with_high(compare_, v);
                       changed();
                   });
    registers_.add(
        {"MTIME", 0xbff8, access::read_write, 0, "Time in ticks, lower half.", {}},
        [this, now, changed](std::uint32_t v) {
            offset_ += with_low(now(), v) - now();
            changed();
        },
        [now] { return static_cast<std::uint32_t>(now()); });
    registers_.add(
        {"MTIMEH", 0xbffc, access::read_write, 0, "Time in ticks, upper half.", {}},
        [this, now, changed](std::uint32_t v) {
            offset_ += with_high(now(), v) - now();
            changed();
        },
        [now] { return static_cast<std::uint32_t>(now() >> 32); });
}

/// Whole ticks that have passed at `t`.
std::uint64_t clint::ticks(const sc_core::sc_time& t) const {
    const std::uint64_t begun = clock_.cycles_until(t);
    return begun && clock_.time_of(begun) > t ? begun - 1 : begun;
}

void clint::transport(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
    if (!p.get_data_ptr() || p.get_byte_enable_ptr()) {
        p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    p.set_response_status(registers_.transport(p.get_command(), p.get_address(), p.get_data_ptr(),
                                               p.get_data_length()));
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
