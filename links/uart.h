// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>
#include <utility>

#include "core/block.h"
#include "core/parameter.h"
#include "core/registers.h"
#include "links/egress_ledger.h"
#include "registers/uart.h"

namespace ocellus::links {

struct uart_parameters {
    std::uint64_t baud = 3000000;  ///< bits per second after reset
    std::uint64_t fifo = 16;       ///< bytes, each way
    void declare(parameter_registry& r);
};

/// Serial port, 8 data bits, no parity, one stop bit: a byte occupies the line for 10 bit times. A
/// byte written while the FIFO is full is lost and counted; one received while its FIFO is full is
/// lost and flagged. One event per byte sent.
class uart : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<uart> registers_in{"registers_in"};
    sc_core::sc_out<bool> irq{"irq"};

    SC_HAS_PROCESS(uart);
    uart(sc_core::sc_module_name name, const uart_parameters& p, block_context& ctx,
         egress_ledger& ledger);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

    /// Called when the last bit of a byte has left.
    void on_sent(std::function<void(char)> f) { sink_ = std::move(f); }
    /// The next byte that is written derives from pixels. `blocked`: it must not leave, and is
    /// dropped instead of sent.
    void mark_next(bool blocked) {
        next_derives_ = true;
        next_blocked_ = blocked;
    }
    /// A byte from outside has arrived. Call between two steps of the simulation.
    void receive(char c);
    /// Whether receive() would find room.
    bool accepts() const { return received_.size() < p_.fifo; }
    bool idle() const { return queue_.empty(); }
    /// Called when the last byte has left.
    void on_idle(std::function<void()> f) { idle_ = std::move(f); }
    std::uint64_t bytes_sent() const { return sent_; }
    /// Empties the FIFOs.
    void reset();

  private:
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    void write(std::uint32_t value);
    std::uint32_t status() const;
    sc_core::sc_time byte_time() const;
    void byte_left();  ///< method
    void drive();      ///< method

    uart_parameters p_;
    egress_ledger& ledger_;
    std::function<void()> idle_;
    tracer* trace_;
    std::uint16_t track_ = 0;
    register_block registers_{registers::uart::map};
    std::function<void(char)> sink_;
    struct outgoing {
        char c = 0;
        bool derives = false;  ///< from pixels
    };
    std::deque<outgoing> queue_;  ///< the byte on the line included
    bool next_derives_ = false, next_blocked_ = false;
    std::deque<char> received_;
    std::uint32_t baud_;
    bool overrun_ = false;
    sc_core::sc_event byte_end_, line_;
    std::uint64_t sent_ = 0, lost_ = 0, blocked_ = 0, received_count_ = 0, overruns_ = 0;
};

}  // namespace ocellus::links
