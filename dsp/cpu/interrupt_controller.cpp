// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/interrupt_controller.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ocellus::dsp {

namespace reg = registers::interrupt_controller;

interrupt_controller::interrupt_controller(sc_core::sc_module_name name, unsigned sources,
                                           block_context& context)
    : sc_module(name), sources_in("sources_in", sources), latencies_(sources) {
    if (sources == 0 || sources > max_sources)
        throw std::logic_error("interrupt controller: too many sources for its registers");
    registers_in.register_b_transport(this, &interrupt_controller::transport);
    registers_in.register_transport_dbg(this, &interrupt_controller::transport_debug);
    declare_registers();
    for (unsigned k = 0; k < sources; ++k)
        latencies_[k].histogram.add_to(
            context.stats, "interrupt_controller.latency." + std::to_string(k + 1),
            "Rise of source " + std::to_string(k + 1) + " to its claim", "ns", false);
    SC_METHOD(update);
    sensitive << irq_.changed();
    for (auto& line : sources_in)
        sensitive << line;
}

void interrupt_controller::declare_registers() {
    const auto changed = [this] { lines_changed(); };
    registers_.on_read(reg::PENDING, [this] { return arbiter_.pending(); });
    registers_.on_write(reg::ENABLE, [this, changed](std::uint32_t v) {
        arbiter_.enable(v);
        changed();
    });
    registers_.on_read(reg::ENABLE, [this] { return arbiter_.enabled(); });
    registers_.on_write(reg::THRESHOLD, [this, changed](std::uint32_t v) {
        arbiter_.set_threshold(v);
        changed();
    });
    registers_.on_write(reg::CLAIM, [this, changed](std::uint32_t v) {
        arbiter_.complete(v);
        changed();
    });
    registers_.on_read(reg::CLAIM, [this, changed] {
        const unsigned source = arbiter_.claim();
        changed();
        if (source > 0 && std::exchange(latencies_[source - 1].waits, false))
            latencies_[source - 1].histogram.add(
                (registers_.now() - latencies_[source - 1].risen).value() /
                sc_core::sc_time(1, sc_core::SC_NS).value());
        return source;
    });
    for (unsigned s = 1; s <= sources_in.size(); ++s) {
        registers_.on_write(reg::PRIORITY1 + s - 1, [this, s, changed](std::uint32_t v) {
            arbiter_.set_priority(s, v);
            changed();
        });
        registers_.on_read(reg::PRIORITY1 + s - 1, [this, s] { return arbiter_.priority(s); });
        registers_.acts_ahead(reg::PRIORITY1 + s - 1);
    }
    for (const unsigned r : {reg::ENABLE, reg::THRESHOLD, reg::CLAIM})
        registers_.acts_ahead(r);
}

void interrupt_controller::reset() {
    arbiter_ = {};
    registers_.reset();
    lines_changed();
}

void interrupt_controller::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned interrupt_controller::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

void interrupt_controller::update() {
    for (unsigned k = 0; k < sources_in.size(); ++k) {
        const bool level = sources_in[k].read();
        source_latency& l = latencies_[k];
        if (level && !l.high) {
            l.waits = true;
            l.risen = sc_core::sc_time_stamp();
        }
        l.high = level;
        arbiter_.set_level(k + 1, level);
    }
    external_irq.write(irq_.drive(arbiter_.best() != 0) != 0);
}

}  // namespace ocellus::dsp
