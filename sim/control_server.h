// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

#include "sim/control_protocol.h"
#include "sim/sensor_control.h"
#include "sim/socket_server.h"

namespace ocellus::sim {

/// Drives the sensor for a test bench at a socket. Simulated time stands still unless a request of
/// the test bench lets it go on.
class control_server : public outsider {
  public:
    control_server(const std::string& where, sensor& chip, session& drive,
                   const ocellus::statistics& stats, sensor_control::services s);

    void poll(unsigned milliseconds) override;
    bool holds() const override { return !target_.busy(); }
    bool keeps_alive() const override { return true; }
    sc_core::sc_time patience() const override { return {1, sc_core::SC_MS}; }
    void ended(const run_end& e) override;
    std::string where() const { return server_.where(); }

  private:
    sensor_control target_;
    control_protocol protocol_;
    socket_server server_;
    bool was_connected_ = false;
};

}  // namespace ocellus::sim
