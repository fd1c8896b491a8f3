// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "core/diagnostics.h"
#include "sim/sensor.h"

namespace ocellus::sim {

/// Why a run ended.
enum class end_reason {
    rest,         ///< nothing is left to happen
    frames,       ///< the frames that were asked for have come to their end
    firmware,     ///< the firmware said so, with a code
    expected,     ///< the UART has shown all that was expected
    unexpected,   ///< it has not
    fault,        ///< the CPU cannot go on: double trap, a fatal trap in the boot ROM
    violation,    ///< --strict: an access against the register map
    time_limit,   ///< --until
    cycle_limit,  ///< --max-cycles
    wall_limit,   ///< --wall-limit
    hang,         ///< nothing but the CPU's own cycles for too long, or rest with frames pending
    killed,       ///< by a debugger or a test bench
};

struct run_end {
    end_reason reason = end_reason::rest;
    int code = 0;         ///< the firmware's own, for end_reason::firmware
    std::string message;  ///< for people; empty when the run went as wanted
    /// What the process returns (docs/exit-codes.md).
    int process_code() const;
};

struct session_limits {
    std::optional<sc_core::sc_time> until;
    std::optional<std::uint64_t> cycles;  ///< of the control CPU
    double wall = 0;                      ///< s; 0: none
    double hang = 0;                      ///< s of simulated time without progress; 0: none
    bool stop_after_frames = true;        ///< when run.frames frames have ended
    std::uint64_t frames = 1;
};

/// Something outside the simulation that wants to be looked after between two steps: a debugger's
/// socket, a test bench's, a terminal.
class outsider {
  public:
    virtual ~outsider() = default;
    /// Serves what has come; waits up to `milliseconds` for it.
    virtual void poll(unsigned milliseconds) = 0;
    /// Simulated time must not go on now.
    virtual bool holds() const { return false; }
    /// No hang and no rest while it is there: it may still do something.
    virtual bool keeps_alive() const { return false; }
    /// The longest step that it can wait for.
    virtual sc_core::sc_time patience() const { return sc_core::sc_max_time(); }
    /// Tells of a run that has ended.
    virtual void ended(const run_end&) {}
};

/// Drives the simulation to its end: steps of simulated time, and between them the limits, the
/// signals and whoever sits outside. How it is cut into steps changes no result.
class session {
  public:
    session(sensor& chip, const session_limits& limits);

    void attach(outsider& o) { outsiders_.push_back(&o); }
    /// Called between two steps, with the frames begun; throws to stop the run.
    void on_progress(std::function<void(std::uint64_t frames)> f) { progress_ = std::move(f); }

    /// Runs. Call once; may throw what on_progress throws.
    run_end run();

    /// Ends the run as soon as the current instant is over. From callbacks of blocks as well.
    void end(run_end e);
    bool ended() const { return end_.has_value(); }
    /// Somebody in simulated time is not done: frames that have come to their end do not end the
    /// run.
    void wait_for(bool busy);

  private:
    void step(const sc_core::sc_time& most);
    bool held() const;
    bool kept_alive() const;
    void poll(unsigned milliseconds);
    void look_at_limits();
    void frames_may_be_done();
    bool frames_are_done() const;
    void look_at_rest();
    std::uint64_t activity() const;
    std::string where() const;

    sensor& chip_;
    session_limits limits_;
    std::vector<outsider*> outsiders_;
    std::function<void(std::uint64_t)> progress_;
    std::function<void(bool at_once)> ask_again_;
    unsigned deltas_ = 0;
    bool in_grace_ = false, busy_ = false;
    std::optional<run_end> end_;
    std::uint64_t events_ = 0, last_activity_ = 0;
    sc_core::sc_time last_progress_;
    double begun_ = 0;
};

}  // namespace ocellus::sim
