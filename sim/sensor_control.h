// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/statistics.h"
#include "sim/session.h"
#include "sim/simulation_control.h"

namespace ocellus::sim {

/// What somebody outside does to the sensor, whoever it is: a test bench at a socket, or a script.
/// Conditions are watched in simulated time; time stops at the end of the instant in which one
/// comes true.
class sensor_control : public simulation_control {
  public:
    struct services {
        std::function<std::shared_ptr<const models::scene>(const std::string&)> load_scene;
        std::function<std::string()> last_metadata;
        /// Told of everything that changes the simulation, as a line of a script; may be empty.
        std::function<void(const std::string& line)> journal;
    };
    sensor_control(sensor& chip, session& drive, const ocellus::statistics& stats, services s);

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

    static const std::vector<std::string>& named_events();
    static bool is_event(const std::string& name, event_kind kind);

    /// Nobody acts any more: the CPU may go on.
    void let_go() { chip_.cpu().resume(dsp::control_cpu::holder::actor); }
    /// The run is over: nothing more can be begun.
    void end();

  private:
    void seen(const block_event& e);
    void finish_run(result r);
    void begin_cci(const access_request& r);
    void note(const std::string& line) const {
        if (services_.journal)
            services_.journal(line);
    }

    sensor& chip_;
    session& drive_;
    const ocellus::statistics& stats_;
    services services_;
    bool running_ = false, accessing_ = false, over_ = false;
    run_request run_;
    std::uint64_t left_ = 0, generation_ = 0;
    result result_ = result::reached;
    access_result access_;
};

}  // namespace ocellus::sim
