// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/uart.h"

#include <utility>
#include "core/trace.h"

namespace ocellus::links {

namespace {

namespace reg = registers::uart;

constexpr std::uint32_t slowest = 300, fastest = 10000000;  // bits per second
constexpr unsigned bits_per_byte = 10;                      // start, eight, stop

}  // namespace

void uart_parameters::declare(parameter_registry& r) {
    r.integer("uart.baud", baud, slowest, fastest)
        .says("Bits per second of the UART after reset.")
        .from(provenance::chosen, "a rate that USB serial adapters reach")
        .moves("cpu.bus_accesses", -1)
        .compare("9600", "3000000");
    r.integer("uart.fifo", fifo, 1, 4096, unit::byte)
        .says("Bytes that the UART's FIFOs hold, each way.")
        .from(provenance::assumed, "assumed: as the common 16550")
        .moves("cpu.bus_accesses", -1)
        .compare("1 B", "64 B");
}

uart::uart(sc_core::sc_module_name name, const uart_parameters& p, block_context& ctx,
           egress_ledger& ledger)
    : sc_module(name),
      p_(p),
      ledger_(ledger),
      trace_(ctx.trace),
      baud_(static_cast<std::uint32_t>(p.baud)) {
    if (trace_)
        track_ = trace_->track("uart");
    registers_in.register_b_transport(this, &uart::transport);
    registers_in.register_transport_dbg(this, &uart::transport_debug);
    const auto changed = [this](std::uint32_t) { line_.notify(sc_core::SC_ZERO_TIME); };
    registers_.set_reset(reg::BAUD, baud_);
    registers_.on_write(reg::DATA, [this](std::uint32_t value) { write(value); });
    registers_.on_read(reg::DATA, [this] {
        overrun_ = false;
        if (received_.empty())
            return 0u;
        const auto c = static_cast<unsigned char>(received_.front());
        received_.pop_front();
        line_.notify(sc_core::SC_ZERO_TIME);
        return std::uint32_t{c};
    });
    registers_.on_read(reg::STATUS, [this] { return status(); });
    registers_.on_write(reg::IRQ_ENABLE, changed);
    registers_.on_write(reg::BAUD, [this](std::uint32_t value) {
        if (value >= slowest && value <= fastest)
            baud_ = value;
        registers_.set(reg::BAUD, baud_);
    });
    registers_.counter(reg::COUNTER_SENT, sent_);
    registers_.counter(reg::COUNTER_LOST, lost_);
    SC_METHOD(byte_left);
    sensitive << byte_end_;
    dont_initialize();
    SC_METHOD(drive);
    sensitive << line_;
    statistics& s = ctx.stats;
    s.add("uart.sent", sent_, "Bytes sent by the UART.", "B");
    s.add("uart.lost", lost_, "Bytes written to the UART while its FIFO was full.", "B");
    s.add("uart.blocked", blocked_,
          "Bytes that derive from pixels and were dropped (privacy.policy = block).", "B");
    s.add("uart.received", received_count_, "Bytes received by the UART.", "B");
    s.add("uart.overruns", overruns_, "Bytes received while the FIFO was full, and lost.", "B");
}

sc_core::sc_time uart::byte_time() const {
    return sc_core::sc_time(static_cast<double>(bits_per_byte) / baud_, sc_core::SC_SEC);
}

void uart::write(std::uint32_t value) {
    const bool derives = std::exchange(next_derives_, false);
    if (std::exchange(next_blocked_, false)) {
        ++blocked_;
        return;
    }
    if (queue_.size() >= p_.fifo) {
        ++lost_;
        return;
    }
    queue_.push_back({static_cast<char>(value & 0xffu), derives});
    if (queue_.size() == 1)
        byte_end_.notify(byte_time());
    line_.notify(sc_core::SC_ZERO_TIME);
}

void uart::byte_left() {
    const auto [c, derives] = queue_.front();
    queue_.pop_front();
    ++sent_;
    ledger_.count(egress_port::uart, 0, derives ? egress_kind::pixels : egress_kind::metadata, 1);
    if (!queue_.empty())
        byte_end_.notify(byte_time());
    line_.notify(sc_core::SC_ZERO_TIME);
    if (trace_)
        trace_->record(spanning(track_, trace_type::uart, sc_core::sc_time_stamp(),
                                sc_core::SC_ZERO_TIME, trace_event::no_flow,
                                static_cast<unsigned char>(c)));
    if (sink_)
        sink_(c);
    if (idle() && idle_)
        idle_();
}

void uart::receive(char c) {
    if (!accepts()) {
        ++overruns_;
        overrun_ = true;
    } else {
        received_.push_back(c);
        ++received_count_;
    }
    line_.notify(sc_core::SC_ZERO_TIME);
}

std::uint32_t uart::status() const {
    return (queue_.size() < p_.fifo ? reg::STATUS_TX_READY_bits : 0u) |
           (queue_.empty() ? reg::STATUS_TX_EMPTY_bits : 0u) |
           (received_.empty() ? 0u : reg::STATUS_RX_VALID_bits) |
           (overrun_ ? reg::STATUS_RX_OVERRUN_bits : 0u);
}

void uart::drive() {
    irq.write((status() & registers_.get(reg::IRQ_ENABLE)) != 0);
}

void uart::reset() {
    registers_.reset();
    baud_ = registers_.get(reg::BAUD);
    queue_.clear();
    next_derives_ = next_blocked_ = false;
    received_.clear();
    overrun_ = false;
    byte_end_.cancel();
    line_.notify(sc_core::SC_ZERO_TIME);
}

void uart::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned uart::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

}  // namespace ocellus::links
