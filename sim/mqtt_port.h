// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ocellus::sim {

/// A client of an MQTT 5 broker, without TLS, served between two steps of the simulation: no thread
/// of its own. A broker that goes away is tried again; what is published meanwhile waits.
class mqtt_port {
  public:
    using taker = std::function<void(const std::string& topic, const std::string& payload)>;

    /// Connects and subscribes; returns when the broker has confirmed both. `address`: "HOST:PORT",
    /// "HOST" for port 1883. Own messages do not come back. Throws input_error(exit_code::usage)
    /// for an address that is none, input_error(exit_code::io) when the broker cannot be reached or
    /// refuses.
    mqtt_port(const std::string& address, const std::string& client_id,
              const std::vector<std::string>& topics, taker take);
    ~mqtt_port();
    mqtt_port(const mqtt_port&) = delete;
    mqtt_port& operator=(const mqtt_port&) = delete;

    /// Sends at least once (QoS 1).
    void publish(const std::string& topic, const std::string& payload);
    /// Serves the connection; waits up to `milliseconds` for something to do.
    void poll(unsigned milliseconds);
    /// Published messages that the broker has not confirmed.
    std::uint64_t unconfirmed() const;
    /// The address, as it was understood.
    const std::string& where() const;

  private:
    struct state;
    std::unique_ptr<state> s_;
};

}  // namespace ocellus::sim
