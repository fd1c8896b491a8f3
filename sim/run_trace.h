// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/trace.h"
#include "dsp/cpu/hart_observer.h"
#include "sim/command_line.h"
#include "sim/sensor.h"

namespace ocellus::sim {

/// Runs of instructions of the control CPU as events: those that follow one another without a jump
/// or a trap are one, however the hart was cut into pieces.
class instruction_trace : public dsp::hart_observer {
  public:
    instruction_trace(tracer& t, dsp::control_cpu& cpu);
    void executed(const dsp::executed_run& run) override;
    void trapped(std::uint32_t cause, std::uint32_t epc, std::uint32_t handler,
                 std::uint64_t cycles) override;
    void finish();

  private:
    tracer& trace_;
    dsp::control_cpu& cpu_;
    std::uint16_t track_;
    dsp::executed_run run_;
    std::uint64_t start_ = 0, end_ = 0;  ///< cycles
};

/// The window that --trace-from and so on, or --from and so on, name. Throws input_error(usage).
trace_filter window_of(const command_line& command);
/// Throws input_error(usage) for a glob that fits none of the tracks.
void check_tracks(const std::vector<std::string>& globs, const std::vector<std::string>& tracks);

/// The output trace of a run: made before the sensor, whose blocks tell it what happens; listens to
/// the sensor's events; appears as a file when the run is over.
class run_trace {
  public:
    /// Throws input_error(usage) for options that make no sense, input_error(io) when the file
    /// cannot be made.
    /// A file in the output folder appears together with it.
    run_trace(const command_line& command, worker_pool& pool, output_folder* out);
    ~run_trace();

    tracer* recorder() { return trace_.get(); }
    void attach(sensor& chip, const run_inputs& in, bool timing_only);
    /// What is to watch the hart; null: nothing.
    dsp::hart_observer* observer() { return instructions_.get(); }
    /// Completes the file and gives it its name.
    void finish(const std::string& about);
    /// "12 345 events, 456 kB"
    std::string summary() const;

  private:
    void take(const block_event& e);
    void checksum(trace_type type, std::uint32_t flow, std::uint64_t address, std::size_t bytes,
                  std::uint64_t a);

    std::string path_, partial_;
    std::vector<std::string> command_tracks_;
    std::unique_ptr<tracer> trace_;
    std::unique_ptr<instruction_trace> instructions_;
    sensor* chip_ = nullptr;
    const run_inputs* inputs_ = nullptr;
    bool timing_only_ = false;
    std::uint16_t frames_ = 0, tensors_ = 0;
    std::vector<std::uint16_t> lines_;
};

}  // namespace ocellus::sim
