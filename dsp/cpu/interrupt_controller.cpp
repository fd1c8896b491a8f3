// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/interrupt_controller.h"

#include <stdexcept>
#include <string>

namespace ocellus::dsp {

interrupt_controller::interrupt_controller(sc_core::sc_module_name name, unsigned sources,
                                           block_context&)
    : sc_module(name), sources_in("sources_in", sources) {
    if (sources == 0 || sources >= interrupt_arbiter::sources)
        throw std::logic_error("interrupt controller: 1 to 31 sources");
    registers_in.register_b_transport(this, &interrupt_controller::transport);
    declare_registers();
    SC_METHOD(update);
    sensitive << changed_;
    for (auto& line : sources_in)
        sensitive << line;
}

void interrupt_controller::declare_registers() {
    const auto changed = [this] { changed_.notify(sc_core::SC_ZERO_TIME); };
    registers_.add({"PENDING",
                    0x00,
                    access::read_only,
                    0,
                    "Sources that ask for service, one bit each, and are not in service.",
                    {}},
                   {}, [this] { return arbiter_.pending(); });
    registers_.add(
        {"ENABLE", 0x04, access::read_write, 0, "Sources that may interrupt.", {}},
        [this, changed](std::uint32_t v) {
            arbiter_.enable(v);
            changed();
        },
        [this] { return arbiter_.enabled(); });
    registers_.add(
        {"THRESHOLD",
         0x08,
         access::read_write,
         0,
         "Only sources of a higher priority interrupt.",
         {{"PRIORITY", 0, 3, "0 lets all pass, 7 none."}}},
        [this, changed](std::uint32_t v) {
            arbiter_.set_threshold(v);
            changed();
        },
        [this] { return arbiter_.threshold(); });
    registers_.add(
        {"CLAIM",
         0x0c,
         access::read_write,
         0,
         "Reading claims the most urgent source (0: none); writing its number completes it.",
         {{"SOURCE", 0, 5, "Number of the source."}}},
        [this, changed](std::uint32_t v) {
            arbiter_.complete(v);
            changed();
        },
        [this, changed] {
            changed();
            return arbiter_.claim();
        });
    for (unsigned s = 1; s <= sources_in.size(); ++s)
        registers_.add(
            {"PRIORITY" + std::to_string(s),
             0x80 + 4 * s,
             access::read_write,
             0,
             "Priority of source " + std::to_string(s) + ".",
             {{"PRIORITY", 0, 3, "0 never interrupts, 7 is the highest."}}},
            [this, s, changed](std::uint32_t v) {
                arbiter_.set_priority(s, v);
                changed();
            },
            [this, s] { return arbiter_.priority(s); });
}

void interrupt_controller::transport(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
    if (!p.get_data_ptr() || p.get_byte_enable_ptr()) {
        p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    p.set_response_status(registers_.transport(p.get_command(), p.get_address(), p.get_data_ptr(),
                                               p.get_data_length()));
}

void interrupt_controller::update() {
    for (unsigned k = 0; k < sources_in.size(); ++k)
        arbiter_.set_level(k + 1, sources_in[k].read());
    external_irq.write(arbiter_.best() != 0);
}

}  // namespace ocellus::dsp
