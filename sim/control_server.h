// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/statistics.h"
#include "sim/control_protocol.h"
#include "sim/session.h"
#include "sim/simulation_control.h"
#include "sim/socket_server.h"

namespace ocellus::sim {

/// Drives the sensor for a test bench at a socket. Simulated time stands still unless a request of
/// the test bench lets it go on.
class control_server : public outsider, private simulation_control {
  public:
    struct services {
        std::function<std::shared_ptr<const models::scene>(const std::string&)> load_scene;
        std::function<std::string()> last_metadata;
    };
    control_server(const std::string& where, sensor& chip, session& drive,
                   const ocellus::statistics& stats, services s);

    void poll(unsigned milliseconds) override;
    bool holds() const override { return !busy(); }
    bool keeps_alive() const override { return true; }
    sc_core::sc_time patience() const override { return {1, sc_core::SC_MS}; }
    void ended(const run_end& e) override;
    std::string where() const { return server_.where(); }

  private:
    std::uint64_t now() const override;
    bool find_register(const std::string& name, std::uint32_t& address,
                       std::string& nearest) const override;
    void begin_run(const run_request& r) override;
    void begin_access(const access_request& r) override;
    void stop() override;
    bool busy() const override { return running_ || accessing_; }
    result run_result() const override { return result_; }
    const access_result& last_access() const override { return access_; }
    bool ended() const override { return over_; }
    std::size_t peek(std::uint32_t address, unsigned char* bytes, std::size_t length) override;
    std::size_t poke(std::uint32_t address, const unsigned char* bytes,
                     std::size_t length) override;
    const std::vector<std::string>& event_names() const override;
    const std::vector<std::string>& interrupt_names() const override;
    bool interrupt_pending(const std::string& name) const override;
    std::vector<std::pair<std::string, std::string>> statistics(
        const std::string& glob) const override;
    image last_frame() const override;
    std::vector<unsigned char> last_tensor() const override { return chip_.frames().last_tensor(); }
    std::string last_metadata() const override { return services_.last_metadata(); }
    void set_scene(const std::string& name) override;
    void reset() override;
    void quit() override;

    void seen(const block_event& e);
    void finish_run(result r);

    sensor& chip_;
    session& drive_;
    const ocellus::statistics& stats_;
    services services_;
    control_protocol protocol_;
    socket_server server_;
    bool running_ = false, accessing_ = false, over_ = false, was_connected_ = false;
    run_request run_;
    std::uint64_t left_ = 0, generation_ = 0;
    result result_ = result::reached;
    access_result access_;
};

}  // namespace ocellus::sim
