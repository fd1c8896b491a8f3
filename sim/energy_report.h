// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/energy.h"
#include "core/events.h"
#include "core/parameter.h"
#include "core/statistics.h"

namespace ocellus::sim {

struct settings;

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
};

/// The energy of the whole chip: by block, cause and frame. Events are counted, and energies are
/// whole attojoules, so that causes sum to blocks, blocks to the total and frames to the run.
class energy_report {
  public:
    energy_report(const settings& s, statistics& stats, event_hub& events);
    energy_report(std::vector<energy_term> terms, event_hub& events);
    /// At the end of the run.
    void finish() { take(sc_core::sc_time_stamp()); }

    const std::vector<energy_term>& terms() const { return terms_; }
    /// Row 0 is what comes before the first frame; row k frame k - 1, until the next one begins.
    std::size_t rows() const { return rows_.size() - 1; }
    double seconds(std::size_t row) const;
    counted_energy energy(std::size_t row, std::size_t term) const;
    /// Until now.
    counted_energy total(const std::string& block = {}) const;

    /// A cause of a row of time each: events, energy (nJ and the aJ that are left), mean power.
    std::string csv() const;
    /// By block: energy, mean power with one standard deviation, and the largest of a frame.
    std::string text() const;

  private:
    void take(const sc_core::sc_time& at);
    std::vector<std::string> blocks() const;
    struct sample {
        sc_core::sc_time start;
        std::vector<std::uint64_t> counts;
    };
    std::uint64_t events(std::size_t row, std::size_t term) const;
    std::vector<energy_term> terms_;
    std::vector<sample> rows_;
};

}  // namespace ocellus::sim
