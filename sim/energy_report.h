// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "core/energy.h"
#include "core/events.h"
#include "core/parameter.h"
#include "core/statistics.h"

namespace ocellus::sim {

struct settings;
class sensor;

/// Energies that belong to no block: docs/energy.md. J, J a cycle, W; errors are relative, one
/// standard deviation.
struct energy_parameters {
    double isp_cycle = 60e-12, isp_error = 0.5;
    double npu_error = 0.35, sram_error = 1;
    double bus_byte = 0.5e-12, bus_error = 1;
    double dma_byte = 0.5e-12, dma_error = 1;
    double instruction = 10e-12, cpu_error = 1;
    double csi2_bit = 2e-12, csi2_error = 0.5;
    double idle_cycle = 5e-12, clock_error = 1;
    double lane_power = 8e-3, analog_power = 40e-3, static_error = 0.5;
    double logic_leakage = 2e-3, sram_leakage = 0.5e-3;  ///< W; W a MiB of active banks
    double retention = 0.2, off = 0.02;                  ///< shares of sram_leakage
    double leakage_error = 1;
    void declare(parameter_registry& r);
};

/// One kind of events of a block, or one power state of a domain (whose events are nanoseconds).
struct energy_term {
    std::string block;
    std::string what;
    event_energy each;
    std::function<std::uint64_t()> events;  ///< since the beginning; may start again from 0
    /// In place of `events` where something is counted when it is over, but happens all the time
    /// until then: how many there had been at a time. Never falls with time.
    std::function<std::uint64_t(const sc_core::sc_time&)> until{};
    std::uint64_t now() const { return until ? until(sc_core::sc_time_stamp()) : events(); }
};

/// Events that are known as amounts evenly spread over spans of time, one span behind the other.
/// Amounts are cut into whole events; whatever the cuts, they add up.
class spread_events {
  public:
    /// Spans come in order and do not overlap; an empty one counts at its end.
    void add(const sc_core::sc_time& begin, const sc_core::sc_time& end, std::uint64_t amount);
    /// Events before a time.
    std::uint64_t until(const sc_core::sc_time& t) const;
    /// Time that the spans cover before a time.
    sc_core::sc_time covered(const sc_core::sc_time& t) const;

  private:
    struct span {
        std::uint64_t begin, end, before, amount, time_before;
    };
    const span* last_begun(std::uint64_t at) const;
    std::vector<span> spans_;
};

/// Power of a block in an interval of time.
struct power_peak {
    double watts = 0;
    sc_core::sc_time start;
    double seconds = 0;
    std::size_t frame = 0;
};

/// The energy of the whole chip: by block, cause, frame and interval of a frame. Events are
/// counted, and energies are whole attojoules, so that causes sum to blocks, blocks to the total,
/// intervals to frames and frames to the run.
class energy_report {
  public:
    /// Intervals of a frame, and the frames that are cut into them.
    static constexpr unsigned intervals_of_frame = 64, frames_with_intervals = 1024;

    energy_report(const settings& s, statistics& stats, sensor& chip);
    /// `frame_time`: of the frame that begins; without it frames are not cut.
    energy_report(std::vector<energy_term> terms, event_hub& events,
                  std::function<sc_core::sc_time()> frame_time = {});
    ~energy_report();
    /// At the end of the run.
    void finish();

    const std::vector<energy_term>& terms() const { return terms_; }
    /// Row 0 is what comes before the first frame; row k frame k - 1, until the next one begins.
    std::size_t rows() const { return frames_.size(); }
    double seconds(std::size_t row) const;
    counted_energy energy(std::size_t row, std::size_t term) const;
    /// Until now.
    counted_energy total(const std::string& block = {}) const;

    /// Each row has one interval at least, one behind the other; the last of a row lasts until the
    /// next row begins.
    std::size_t intervals() const { return samples_.size() - 1; }
    std::size_t first_interval(std::size_t row) const { return frames_[row]; }
    double interval_seconds(std::size_t interval) const;
    /// Of a block, or of all.
    counted_energy interval_energy(std::size_t interval, const std::string& block = {}) const;
    /// The largest power of an interval, and mean power of a frame; not of what comes before the
    /// first frame. After finish().
    power_peak peak(const std::string& block = {}) const;
    power_peak fullest_frame(const std::string& block = {}) const;
    /// Mean of the whole run, W.
    double mean_power() const;

    /// A cause of a row of time each: events, energy (nJ and the aJ that are left), mean power.
    std::string csv() const;
    /// An interval each: energy of each block and of all in aJ, power of all.
    std::string power_csv() const;
    /// By block: energy, mean power with one standard deviation, the largest of an interval and of
    /// a frame.
    std::string text() const;
    /// For the report: mean, peak and fullest frame.
    std::string line() const;

  private:
    class sampler;
    void take(const sc_core::sc_time& at);
    void frame_begins(const sc_core::sc_time& at);
    struct sample {
        sc_core::sc_time start;
        std::vector<std::uint64_t> counts;
    };
    std::uint64_t interval_events(std::size_t interval, std::size_t term) const;
    std::uint64_t events(std::size_t row, std::size_t term) const;
    std::size_t end_interval(std::size_t row) const {
        return row + 1 < frames_.size() ? frames_[row + 1] : intervals();
    }
    std::size_t index_of(const std::string& block) const;
    void find_peaks();

    std::vector<energy_term> terms_;
    std::vector<std::string> blocks_;
    std::vector<counted_energy> cells_;        ///< of each interval, by block; empty until finish()
    std::vector<power_peak> peaks_, fullest_;  ///< of each block and of all, after finish()
    std::vector<sample> samples_;
    std::vector<std::size_t> frames_;  ///< first interval of each row
    std::function<sc_core::sc_time()> frame_time_;
    std::unique_ptr<sampler> sampler_;
};

}  // namespace ocellus::sim
