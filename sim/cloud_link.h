// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/worker_pool.h"
#include "sim/cloud_agent.h"
#include "sim/inference_messages.h"
#include "sim/inputs.h"
#include "sim/mqtt_port.h"
#include "sim/sensor.h"
#include "sim/session.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// Connects the sensor's host with a cloud at an MQTT broker: inferences go there as they arrive,
/// and what the cloud asks for is done between two steps of the simulation. Which step that is
/// depends on the machine's clock: only a run in which the cloud asks for nothing that changes the
/// sensor has the results of one without it.
class cloud_link : public outsider, private cloud_device {
  public:
    /// Throws what mqtt_port throws.
    cloud_link(const std::string& where, links::cloud_style style, sensor& chip,
               const run_inputs& in, const settings& s, worker_pool& pool);

    void poll(unsigned milliseconds) override;
    sc_core::sc_time patience() const override { return {1, sc_core::SC_MS}; }
    /// Sends what is left and waits, a few seconds at most, until the broker has it.
    void ended(const run_end& e) override;
    std::string where() const { return port_->where(); }
    /// For the end of a run's table.
    std::string summary() const;
    /// What went wrong, for people, a line each.
    std::vector<std::string> warnings() const;

  private:
    void access(links::cci_message m, std::function<void(const links::cci_reply&)> done) override;
    void reboot() override;
    bool may_show_pictures() const override;
    std::optional<picture> last_picture() override;
    std::optional<package> deployable() const override;
    void deploy() override { chip_.upload_second(); }
    double deployed() const override { return chip_.uploaded(); }
    std::string report() const override;

    void tell_inferences(bool all);
    /// What the run read in this role; null: nothing.
    const input_file* file_of(const std::string& role) const;

    sensor& chip_;
    const run_inputs& in_;
    const settings& settings_;
    worker_pool& pool_;
    inference_messages messages_;
    cloud_agent agent_;
    std::unique_ptr<mqtt_port> port_;
    std::uint64_t lost_ = 0;
};

/// Lets simulated time go on no faster than wall time, times a factor.
class pacer : public outsider {
  public:
    explicit pacer(double factor) : factor_(factor) {}
    void poll(unsigned milliseconds) override;
    bool holds() const override;
    sc_core::sc_time patience() const override { return {1, sc_core::SC_MS}; }

  private:
    double factor_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace ocellus::sim
