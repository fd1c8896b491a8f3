// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/control_cpu.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace ocellus::dsp {

namespace {

/// From a block's interrupt output through the interrupt controller to the CPU, with room to spare.
constexpr unsigned settling_deltas = 8;

}  // namespace

void control_cpu_parameters::declare(parameter_registry& r) {
    hart.declare(r);
    const std::uint64_t top = std::numeric_limits<std::uint32_t>::max();
    r.quantity("cpu.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the control CPU.")
        .from(provenance::assumed,
              "assumed: the clock of the signal processor, 262.5 MHz, ISSCC 2021 9.6");
    const auto place = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 0, top)
            .says(sentence)
            .from(provenance::chosen, "memory map of this simulator");
    };
    const auto size = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 1024, 1u << 26, unit::byte)
            .must_be_power_of_two()
            .says(sentence)
            .from(provenance::assumed, "assumed: no public figure");
    };
    const auto wait = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 0, 255, unit::cycles)
            .says(sentence)
            .from(provenance::assumed, "assumed: single-cycle memories beside the core");
    };
    place("cpu.rom_base", rom_base, "Address of the boot ROM, a multiple of 1 KiB.");
    size("cpu.rom_size", rom_size, "Bytes of the boot ROM.");
    wait("cpu.rom_wait", rom_wait, "Wait states of the boot ROM.");
    place("cpu.tcm_base", tcm_base, "Address of the tightly coupled RAM, a multiple of 1 KiB.");
    size("cpu.tcm_size", tcm_size, "Bytes of the tightly coupled RAM.");
    wait("cpu.tcm_wait", tcm_wait, "Wait states of the tightly coupled RAM.");
    r.quantity("cpu.run_ahead", run_ahead, unit::second, 1e-9, 1.0)
        .says("How far the CPU runs ahead when nothing else is pending; changes speed only.")
        .from(provenance::chosen, "speed");
}

control_cpu::control_cpu(sc_core::sc_module_name name, const control_cpu_parameters& parameters,
                         block_context& context)
    : sc_module(name),
      parameters_(parameters),
      clock_(clock_domain::from_hertz(parameters.clock)),
      run_ahead_(parameters.run_ahead, sc_core::SC_SEC),
      hart_(parameters.hart, *this) {
    // clock_domain counts in thousandths of a hertz.
    const auto per_second =
        static_cast<std::uint64_t>(1.0 / sc_core::sc_get_time_resolution().to_seconds() + 0.5);
    period_cycles_ = static_cast<std::uint64_t>(parameters.clock * 1000.0 + 0.5);
    period_units_ = per_second * 1000;
    const std::uint64_t common = std::gcd(period_cycles_, period_units_);
    period_cycles_ /= common;
    period_units_ /= common;
    rom_ = {static_cast<std::uint32_t>(parameters.rom_base),
            std::vector<unsigned char>(parameters.rom_size),
            static_cast<std::uint8_t>(parameters.rom_wait), false};
    tcm_ = {static_cast<std::uint32_t>(parameters.tcm_base),
            std::vector<unsigned char>(parameters.tcm_size),
            static_cast<std::uint8_t>(parameters.tcm_wait), true};
    for (memory_area* a : {&rom_, &tcm_})
        hart_.map_direct({a->base, static_cast<std::uint32_t>(a->bytes.size()), a->bytes.data(),
                          a->writable, a->wait, a->wait, a->wait});
    statistics& stats = context.stats;
    const auto count = [&stats](const char* stat, const char* sentence, const char* symbol,
                                std::function<double()> value) {
        stats.add_computed(stat, std::move(value), sentence, symbol);
    };
    const auto number = [](std::uint64_t v) { return static_cast<double>(v); };
    count("cpu.cycles", "Cycles since reset.", "cycles", [=] { return number(hart_.cycles()); });
    count("cpu.instructions", "Instructions executed.", "1",
          [=] { return number(hart_.instructions()); });
    count("cpu.traps", "Exceptions and interrupts taken.", "1",
          [=] { return number(hart_.traps()); });
    count("cpu.interrupts", "Interrupts taken.", "1", [=] { return number(hart_.interrupts()); });
    stats.add("cpu.idle_cycles", idle_cycles_, "Cycles spent in wfi.", "cycles");
    stats.add("cpu.bus_accesses", bus_accesses_, "Accesses that left ROM and RAM.");
    stats.add("cpu.bus_errors", bus_errors_, "Accesses that were refused and trapped.");

    SC_METHOD(lines_changed);
    sensitive << software_irq_in << timer_irq_in << external_irq_in;
    SC_THREAD(run);
}

bool control_cpu::load_image(std::uint32_t address, const std::vector<unsigned char>& bytes) {
    memory_area* const a = area_of(address, bytes.size());
    if (!a)
        return false;
    std::copy(bytes.begin(), bytes.end(), a->bytes.begin() + (address - a->base));
    hart_.memory_changed(address, static_cast<std::uint32_t>(bytes.size()));
    return true;
}

control_cpu::memory_area* control_cpu::area_of(std::uint32_t address, std::uint64_t length) {
    for (memory_area* a : {&rom_, &tcm_})
        if (address - a->base < a->bytes.size() && a->bytes.size() - (address - a->base) >= length)
            return a;
    return nullptr;
}

bool control_cpu::fetch(std::uint32_t address, std::uint32_t& word, std::uint32_t& wait) {
    return read(address, 4, word, wait);
}

bool control_cpu::load(std::uint32_t address, unsigned size, std::uint32_t& value,
                       std::uint32_t& wait) {
    return read(address, size, value, wait);
}

bool control_cpu::read(std::uint32_t address, unsigned size, std::uint32_t& value,
                       std::uint32_t& wait) {
    unsigned char bytes[4] = {};
    if (memory_area* const a = area_of(address, size)) {
        std::memcpy(bytes, a->bytes.data() + (address - a->base), size);
        wait = a->wait;
    } else if (!bus(tlm::TLM_READ_COMMAND, address, size, bytes, wait)) {
        return false;
    }
    value = bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
            std::uint32_t{bytes[3]} << 24;
    return true;
}

bool control_cpu::store(std::uint32_t address, unsigned size, std::uint32_t value,
                        std::uint32_t& wait) {
    unsigned char bytes[4];
    for (unsigned k = 0; k < 4; ++k)
        bytes[k] = static_cast<unsigned char>(value >> (8 * k));
    if (memory_area* const a = area_of(address, size)) {
        wait = a->wait;
        if (!a->writable)
            return false;
        std::memcpy(a->bytes.data() + (address - a->base), bytes, size);
        return true;
    }
    return bus(tlm::TLM_WRITE_COMMAND, address, size, bytes, wait);
}

/// An access through the socket, at the time at which the hart makes it.
bool control_cpu::bus(tlm::tlm_command command, std::uint32_t address, unsigned size,
                      unsigned char* bytes, std::uint32_t& wait_states) {
    catch_up();
    tlm::tlm_generic_payload p;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(bytes);
    p.set_data_length(size);
    p.set_streaming_width(size);
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    memory_out->b_transport(p, delay);
    const std::uint64_t complete = cycles_at(sc_core::sc_time_stamp() + delay);
    const std::uint64_t begun = hart_.cycles();
    wait_states = complete > begun
                      ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                            complete - begun, std::numeric_limits<std::uint32_t>::max()))
                      : 0;
    ++bus_accesses_;
    bus_errors_ += !p.is_response_ok();
    bus_accessed_ = true;
    hart_.request_stop();
    return p.is_response_ok();
}

std::uint64_t control_cpu::time() {
    return time_source_ ? time_source_(time_of(hart_.cycles())) : 0;
}

/// Lets the processes that are due at the current time run.
void control_cpu::settle() {
    // Lines that change now arrive in a few delta cycles. Not without limit: two CPUs that wait for
    // each other to be done would never be.
    for (unsigned k = 0; k < settling_deltas && sc_core::sc_pending_activity_at_current_time(); ++k)
        wait(sc_core::SC_ZERO_TIME);
}

/// Lets the kernel come to the hart's time and finish what is due there.
void control_cpu::catch_up() {
    const sc_core::sc_time now = sc_core::sc_time_stamp(), target = time_of(hart_.cycles());
    if (target > now)
        wait(target - now);
    settle();
}

// As in clock_domain, by 64-bit arithmetic as far as it reaches.
std::uint64_t control_cpu::cycles_at(const sc_core::sc_time& t) const {
    const std::uint64_t most = (~std::uint64_t{0} - period_units_) / period_cycles_;
    if (t.value() > most)
        return clock_.cycles_until(t);
    return (t.value() * period_cycles_ + period_units_ - 1) / period_units_;
}

sc_core::sc_time control_cpu::time_of(std::uint64_t cycles) const {
    if (cycles > ~std::uint64_t{0} / period_units_)
        return clock_.time_of(cycles);
    return sc_core::sc_time::from_value(cycles * period_units_ / period_cycles_);
}

void control_cpu::run() {
    while (!halted_) {
        settle();
        const sc_core::sc_time now = sc_core::sc_time_stamp();
        const std::uint64_t until =
            cycles_at(now + std::min(sc_core::sc_time_to_pending_activity(), run_ahead_));
        if (until <= hart_.cycles() && time_of(hart_.cycles()) > now) {
            wait(time_of(hart_.cycles()) - now);
            continue;
        }
        const stop_reason reason =
            hart_.run(until > hart_.cycles() ? until - hart_.cycles() : std::uint64_t{1});
        switch (reason) {
            case stop_reason::cycles:
            case stop_reason::instructions:
                break;
            case stop_reason::wfi:
                catch_up();
                sleep();
                break;
            case stop_reason::requested:
                if (bus_accessed_) {
                    bus_accessed_ = false;
                    break;
                }
                [[fallthrough]];
            default:
                catch_up();
                if (!stop_handler_ || !stop_handler_(reason)) {
                    halted_ = true;
                    halt_reason_ = reason;
                }
                break;
        }
    }
}

/// Waits for an interrupt that ends wfi, and lets the hart's cycles pass.
void control_cpu::sleep() {
    while (!hart_.wakes())
        wait(wake_);
    const std::uint64_t now = cycles_at(sc_core::sc_time_stamp());
    if (now > hart_.cycles()) {
        idle_cycles_ += now - hart_.cycles();
        hart_.idle(now - hart_.cycles());
    }
}

void control_cpu::lines_changed() {
    hart_.set_interrupt(interrupt_line::software, software_irq_in.read());
    hart_.set_interrupt(interrupt_line::timer, timer_irq_in.read());
    hart_.set_interrupt(interrupt_line::external, external_irq_in.read());
    wake_.notify();
}

}  // namespace ocellus::dsp
