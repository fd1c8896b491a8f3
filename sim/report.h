// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/image.h"
#include "core/lost_line.h"
#include "core/statistics.h"
#include "dsp/network/graph.h"
#include "sim/frame_log.h"
#include "sim/line_limits.h"
#include "sim/metadata_record.h"

namespace ocellus::sim {

/// What a run comes to, in simulated time; the table and the derived statistics are made from it.
struct run_summary {
    std::string sensor;   ///< "4056x3040, 1x1, RAW10"
    std::string network;  ///< name and input size, or "none"
    struct resident_network {
        std::string name;
        std::uint64_t delivered;
        double inference;  ///< s, sum
    };
    std::vector<resident_network> networks;
    std::uint64_t switches = 0, switch_cycles = 0;
    std::uint64_t frames = 0;
    double frame_period = 0;         ///< s
    double readout = 0;              ///< s, first row to last row of the active array
    double line_time = 0;            ///< s
    std::vector<line_limit> limits;  ///< of the line time
    double readout_energy = 0, readout_energy_error = 0;  ///< J, all frames
    double isp_energy = 0, isp_energy_error = 0;          ///< J, all frames
    double isp_energy_per_pixel = 0;                      ///< J
    /// J, all frames; the stages that did something, most first.
    std::vector<std::pair<std::string, double>> isp_energies;
    double isp = 0;            ///< s, last row's read-out begun to tensor complete, mean
    double inference = 0;      ///< s, mean
    double inference_max = 0;  ///< s
    double latency = 0;        ///< s, first row read to metadata on the wire, mean
    std::uint64_t inference_cycles = 0;
    /// What the hypotheses about the array differ by: shortest and longest, s, and of which.
    double inference_least = 0, inference_most = 0;
    std::string fastest_array, slowest_array;
    double npu_clock = 0;  ///< Hz
    std::uint64_t delivered = 0, dropped = 0, lost_lines = 0, lost_isp_rows = 0;
    std::vector<lost_line> losses;  ///< in order of time
    std::uint64_t bytes_image = 0, bytes_metadata = 0, bytes_total = 0;
    std::uint64_t sram_peak = 0, sram_size = 0;
    std::uint64_t sram_conflicts = 0;  ///< cycles
    double simulated = 0, wall = 0;    ///< s
    bool timing_only = false;
    std::string firmware;  ///< of the control CPU; empty: none
    std::uint64_t instructions = 0, interrupts = 0;
    double cpu_busy = 0;                                      ///< s not spent in wfi
    double interrupt_latency = 0, interrupt_latency_max = 0;  ///< s, line to handler
    double slack() const { return frame_period - inference_max; }
};

/// The short table printed at the end of a run. Everything but wall time depends on the input
/// alone.
std::string render_table(const run_summary& s);

/// lost_lines.csv: every picture line that found a FIFO full.
std::string lost_lines_csv(const std::vector<lost_line>& losses);

/// One line of metadata.jsonl. Boxes are in pixels of the received image. `network`: name of the
/// one that made it, where there are several.
std::string metadata_line(const frame_record& frame, const metadata_record* received,
                          const std::vector<std::string>& labels, unsigned width, unsigned height,
                          const std::string& network = {});

/// Draws the findings into a picture: a frame in the class's colour and its name.
void draw_findings(rgb8_image& picture, const metadata_record& record,
                   const std::vector<std::string>& labels);

}  // namespace ocellus::sim
