// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/system_control.h"

namespace ocellus::dsp {

namespace reg = registers::system;

system_control::system_control(sc_core::sc_module_name name) : sc_module(name) {
    registers_in.register_b_transport(this, &system_control::transport);
    registers_in.register_transport_dbg(this, &system_control::transport_debug);
    registers_.on_write(reg::RESET, [this](std::uint32_t value) {
        registers_.set(reg::RESET, 0);
        if (value == key && reset_)
            reset_();
    });
    // The cause is written last: with it the report is complete.
    registers_.on_write(reg::FATAL_CAUSE, [this](std::uint32_t cause) {
        if (fatal_)
            fatal_({cause, registers_.get(reg::FATAL_EPC), registers_.get(reg::FATAL_TVAL)});
    });
}

void system_control::set_boot_entry(std::uint32_t address) {
    registers_.set_reset(reg::BOOT_ENTRY, address);
}

void system_control::set_boot_info(std::uint32_t address) {
    registers_.set_reset(reg::BOOT_INFO, address);
}

void system_control::reset(boot_reason why) {
    std::uint32_t scratch[4];
    for (unsigned k = 0; k < 4; ++k)
        scratch[k] = registers_.get(reg::SCRATCH_0 + k);
    const std::uint32_t privacy = registers_.get(reg::PRIVACY);
    registers_.reset();
    registers_.set(reg::PRIVACY, privacy);
    for (unsigned k = 0; k < 4; ++k)
        registers_.set(reg::SCRATCH_0 + k, scratch[k]);
    registers_.set(reg::BOOT_REASON, static_cast<std::uint32_t>(why));
}

void system_control::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned system_control::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

}  // namespace ocellus::dsp
