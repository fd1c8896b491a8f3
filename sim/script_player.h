// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sim/script.h"
#include "sim/sensor_control.h"

namespace ocellus::sim {

/// Does what a script says to the sensor, in simulated time, and looks whether what it expects is
/// so. An expectation that fails does not stop it; a wait whose limit passes does.
class script_player : public outsider {
  public:
    struct surroundings {
        /// Bytes for the UART's receiver.
        std::function<void(char)> type;
        /// What the UART has sent until now.
        std::function<const std::string&()> heard;
        /// Bytes of an output tensor of the last inference; empty: there is none.
        std::function<std::vector<unsigned char>(std::size_t index)> output;
        /// Cycles of the last inference.
        std::function<std::uint64_t()> job_cycles;
        std::function<bool()> uart_has_room;
    };
    script_player(const script& s, sensor& chip, session& drive, const statistics& stats,
                  sensor_control::services services, surroundings around);

    void poll(unsigned milliseconds) override;
    bool holds() const override { return !over_ && !target_.busy(); }
    bool keeps_alive() const override { return !over_; }
    void ended(const run_end& e) override;

    /// Messages of what was not as expected, each "file:line: ...".
    const std::vector<std::string>& failures() const { return failures_; }
    std::size_t expectations() const { return expectations_; }

  private:
    void begin(const script_command& c);
    void complete();
    void fail(const script_command& c, const std::string& what);
    void check(const script_command& c, bool good, const std::string& expected,
               const std::string& actual);
    void checksum(const script_command& c);
    void over();
    std::uint32_t address(const script_command& c) const;

    const script& script_;
    sensor_control target_;
    const statistics& stats_;
    surroundings around_;
    std::size_t next_ = 0;
    const script_command* under_way_ = nullptr;
    std::string typed_;  ///< waits for room in the UART
    bool over_ = false;
    std::size_t expectations_ = 0;
    std::vector<std::string> failures_;
};

}  // namespace ocellus::sim
