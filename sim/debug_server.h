// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

#include "core/statistics.h"
#include "sim/cpu_debugger.h"
#include "sim/gdb_protocol.h"
#include "sim/session.h"
#include "sim/socket_server.h"
#include "sim/uart_backend.h"

namespace ocellus::sim {

/// GDB at the control CPU.
class debug_server : public outsider {
  public:
    /// `wait`: the CPU does not begin before a debugger lets it.
    debug_server(const std::string& where, cpu_debugger& target, bool wait);

    void poll(unsigned milliseconds) override;
    bool holds() const override { return target_.holds(); }
    bool keeps_alive() const override { return protocol_.attached() || waits_; }
    sc_core::sc_time patience() const override { return {1, sc_core::SC_MS}; }
    void ended(const run_end& e) override;
    std::string where() const { return transport_.where(); }

  private:
    cpu_debugger& target_;
    gdb_protocol protocol_;
    socket_server transport_;
    bool waits_;
};

/// The `monitor` commands of a debugger.
class monitor_commands {
  public:
    monitor_commands(sensor& chip, const statistics& stats) : chip_(chip), stats_(stats) {}
    void set_debugger(cpu_debugger& d) { debugger_ = &d; }
    std::string operator()(const std::string& command);

  private:
    std::string statistics_text(const std::string& glob) const;
    std::string registers_text(const std::string& block) const;
    std::string run_until_frame(const std::string& number);
    sensor& chip_;
    const statistics& stats_;
    cpu_debugger* debugger_ = nullptr;
};

/// The UART's other end.
class uart_terminal : public outsider {
  public:
    /// `journal` is told what was typed, at the time at which it came in; may be empty.
    uart_terminal(uart_backend& backend, links::uart& device,
                  std::function<void(const std::string&)> journal)
        : backend_(backend), device_(device), journal_(std::move(journal)) {}
    void poll(unsigned milliseconds) override;
    bool keeps_alive() const override { return backend_.interactive(); }
    sc_core::sc_time patience() const override {
        return backend_.interactive() ? sc_core::sc_time(1, sc_core::SC_MS)
                                      : sc_core::sc_max_time();
    }

  private:
    uart_backend& backend_;
    links::uart& device_;
    std::function<void(const std::string&)> journal_;
};

}  // namespace ocellus::sim
