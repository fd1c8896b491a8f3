// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/parameter.h"
#include "core/picture.h"
#include "dsp/cpu/clint.h"
#include "dsp/cpu/control_cpu.h"
#include "dsp/npu/npu.h"
#include "isp/isp.h"
#include "links/cci_target.h"
#include "links/csi2_transmitter.h"
#include "links/die_link.h"
#include "links/uart.h"
#include "memory/capture.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "models/column_adc.h"
#include "models/pixel_array.h"
#include "sim/boot_port.h"
#include "sim/command_line.h"
#include "sim/energy_report.h"
#include "sim/envelopes.h"
#include "sim/firmware_parameters.h"
#include "sim/privacy.h"
#include "sim/weight_source.h"

namespace ocellus::sim {

/// Names of the initiators of the interconnect, in the order of their numbers.
const std::vector<std::string>& bus_initiators();

/// What leaves the chip beside metadata.
enum class image_output { raw, isp, none };

/// Which frames' pictures and tensors are written to the output folder.
enum class saved_frames { first, last, all, none };

/// Whether a run is compared with what its scene really shows.
enum class truth_check { automatic, on, off };

/// Parameters of a run that belong to no block.
struct run_parameters {
    std::uint64_t frames = 1;
    std::uint64_t seed = 1;
    bool check_protocol = false;
    double hang_time = 10;  ///< s of simulated time
    std::string scene = "builtin:parcels";
    std::uint64_t scene_seed = 12;
    std::uint64_t scene_first = 0;
    picture_transfer scene_transfer = picture_transfer::automatic;
    double scene_white = 1;
    double picture_rate = 0;  ///< Hz; 0: one picture a frame
    double belt_speed = 0;    ///< picture widths a second
    /// How many pictures of a sequence `wanted` frames need; 0: as many as there are.
    std::uint64_t pictures(std::uint64_t wanted) const { return picture_rate > 0 ? 0 : wanted; }
    std::string network = "builtin:parcels";
    std::string labels;
    std::string second = "none";  ///< a network resident beside the first
    std::string second_labels;
    std::uint64_t upload_frame = 0;  ///< 0: both are there before the stream
    bool upload_on_request = false;
    /// The second network is not there before the stream.
    bool uploads_later() const { return upload_frame > 0 || upload_on_request; }
    double upload_rate = 35e6;  ///< bit/s
    image_output image = image_output::raw;
    saved_frames saved = saved_frames::last;
    bool dng = false, quality = false;
    truth_check detections = truth_check::automatic;
    bool dump_stages = false;
    void declare(parameter_registry& r);
};

/// Every parameter of the sensor and of the run, block by block.
struct settings {
    run_parameters run;
    models::pixel_array_parameters pixels;
    models::column_adc_parameters adc;
    links::die_link_parameters die_link;
    isp::isp_parameters isp;
    links::csi2_parameters csi2;
    links::cci_parameters cci;
    cold_boot_parameters boot;
    memory::sram_parameters sram;
    memory::interconnect_parameters interconnect;
    memory::dma_parameters dma;
    memory::capture_parameters capture;
    dsp::npu_parameters npu;
    weight_parameters weights;
    firmware_parameters firmware;
    envelope_parameters envelopes;
    privacy_parameters privacy;
    dsp::control_cpu_parameters cpu;
    dsp::clint_parameters clint;
    links::uart_parameters uart;
    energy_parameters energy;

    void declare(parameter_registry& r);
    /// Bytes at the top of the SRAM that belong to the picture's ring.
    std::uint64_t capture_bytes() const;
    /// The memory that networks may use.
    dsp::memory_budget network_budget() const;
    /// What follows from several blocks' parameters: a sensor.line_length of 0, and what binning
    /// means for the converters. Before check() and before the settings are used.
    void follow();
    /// What no single range can say: rows that cannot be converted or sent within a line, and so
    /// on.
    void check(const parameter_registry& r, diagnostics& problems) const;
};

/// Configuration file, --set and the options of the command line, in this order, into the registry.
/// Throws input_error with every mistake at once, and prints warnings to standard error.
void resolve_settings(const command_line& command, settings& s, parameter_registry& r);

/// The same of a recording: every parameter with its value and origin, then --set.
struct recording;
void resolve_recorded(const recording& source, const command_line& command, settings& s,
                      parameter_registry& r);

/// A file named by a parameter: as given, or relative to the configuration file that names it.
std::string resolve_path(const parameter_registry& r, const std::string& parameter,
                         const std::string& value);

}  // namespace ocellus::sim
