// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/simulator_port.h"

#include "core/trace.h"

namespace ocellus::dsp {

namespace {

namespace reg = registers::simulator;

constexpr std::size_t most_marks = 100000;
constexpr std::size_t most_regions = 4096;

}  // namespace

simulator_port::simulator_port(sc_core::sc_module_name name) : sc_module(name) {
    registers_in.register_b_transport(this, &simulator_port::transport);
    registers_in.register_transport_dbg(this, &simulator_port::transport_debug);
    registers_.on_write(reg::EXIT, [this](std::uint32_t code) {
        if (operations_.exit)
            operations_.exit(code);
    });
    registers_.on_write(reg::MARKER, [this](std::uint32_t number) {
        if (marks_.size() < most_marks)
            marks_.push_back({number, sc_core::sc_time_stamp()});
        if (trace_)
            trace_->record(spanning(track_, trace_type::marker, sc_core::sc_time_stamp(),
                                    sc_core::SC_ZERO_TIME, trace_event::no_flow, number));
    });
    registers_.on_write(reg::REGION_BEGIN, [this](std::uint32_t number) { begin(number); });
    registers_.on_write(reg::REGION_END, [this](std::uint32_t number) { end(number); });
    registers_.on_write(reg::DUMP_STATISTICS, [this](std::uint32_t number) {
        if (operations_.dump_statistics)
            operations_.dump_statistics(number);
    });
    registers_.on_write(reg::RESET_STATISTICS, [this](std::uint32_t) {
        if (operations_.reset_statistics)
            operations_.reset_statistics();
    });
    registers_.on_write(reg::LOG, [this](std::uint32_t address) {
        if (operations_.log)
            operations_.log(address);
    });
    registers_.on_read(reg::TIME_LOW, [this] {
        const std::uint64_t nanoseconds =
            sc_core::sc_time_stamp().value() / sc_core::sc_time(1, sc_core::SC_NS).value();
        registers_.set(reg::TIME_HIGH, static_cast<std::uint32_t>(nanoseconds >> 32));
        return static_cast<std::uint32_t>(nanoseconds);
    });
}

void simulator_port::set_trace(tracer& t) {
    trace_ = &t;
    track_ = t.track("firmware");
}

void simulator_port::begin(std::uint32_t number) {
    if (regions_.size() >= most_regions && !regions_.count(number))
        return;
    region& r = regions_[number];
    r.open = true;
    r.begun_time = sc_core::sc_time_stamp().value();
    if (operations_.progress)
        std::tie(r.begun_cycles, r.begun_instructions) = operations_.progress();
}

void simulator_port::end(std::uint32_t number) {
    const auto found = regions_.find(number);
    if (found == regions_.end() || !found->second.open)
        return;
    region& r = found->second;
    r.open = false;
    ++r.count;
    r.time += sc_core::sc_time_stamp().value() - r.begun_time;
    if (operations_.progress) {
        const auto [cycles, instructions] = operations_.progress();
        r.cycles += cycles - r.begun_cycles;
        r.instructions += instructions - r.begun_instructions;
        if (trace_)
            trace_->record(ended(track_, trace_type::region,
                                 sc_core::sc_time::from_value(r.begun_time), trace_event::no_flow,
                                 number, instructions - r.begun_instructions));
    }
}

void simulator_port::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned simulator_port::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

}  // namespace ocellus::dsp
