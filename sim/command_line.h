// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "links/cloud_topics.h"

namespace ocellus::sim {

/// What the user asked for. Mistakes are input_error(exit_code::usage) with the nearest valid name.
struct command_line {
    enum class verb {
        help,
        version,
        run,
        params,
        describe,
        scene,
        trace,
        diff,
        record,
        replay,
        regress,
        sweep,
        merge,
        network,
        doctor,
        characterize,
        develop,
        quality,
        line_buffers,
        fidelity,
        what_if
    };
    verb action = verb::help;
    std::string help_topic;  ///< verb whose help is wanted, or empty

    // run
    bool published = false;     ///< line-buffers: of a published pipeline
    std::string config_file;    ///< empty: the defaults
    std::string scene;          ///< picture or "builtin:..."; empty: from the configuration
    std::string network;        ///< file or "builtin:..."; empty: from the configuration
    std::string inject_tensor;  ///< raw bytes of the network's input
    std::string inject_raw;     ///< packed RAW samples of every frame
    std::optional<std::uint64_t> frames;
    std::optional<std::uint64_t> seed;
    std::optional<unsigned> threads;
    std::vector<std::string> settings;  ///< "key=value"
    bool timing_only = false;
    std::string out;
    bool force = false;
    bool quiet = false;
    // run: firmware
    std::string firmware;  ///< ELF file or "builtin:app" or "none"; empty: from the configuration
    std::string uart;      ///< where the UART goes; empty: from the configuration
    std::vector<std::string> uart_expect;  ///< texts that must appear, in this order
    std::string until;                     ///< simulated time, "33ms"
    std::optional<std::uint64_t> max_cycles;
    std::string wall_limit;  ///< "600s"
    bool strict = false;     ///< a register access against the map ends the run
    std::string gdb;         ///< where to wait for a debugger; empty: not
    bool gdb_no_wait = false;
    std::string cci;       ///< script of a host at the camera control interface; empty: none
    std::string control;   ///< where to wait for a test bench; empty: not
    std::string messages;  ///< file, pipe or "-" for the messages to the cloud; empty: none
    std::string packets;   ///< file or pipe for the CSI-2 packets; empty: none
    std::string mqtt;      ///< broker of the cloud, HOST:PORT; empty: none
    links::cloud_style mqtt_style = links::cloud_style::iot_hub;
    double pace = 0;  ///< most simulated seconds in a second of wall time; 0: as fast as it goes
    bool profile = false, coverage = false;
    std::string trace;  ///< file for the output trace; empty: none
    std::string trace_from, trace_to, trace_frames;
    std::vector<std::string> trace_tracks;
    bool trace_instructions = false;

    // params
    std::string glob;
    enum class format { text, json, markdown };
    format output_format = format::text;
    bool check_sensitivity = false;  ///< prove what the parameters say they move

    // describe
    bool map = false, modules = false, svd = false, header = false;
    bool cci_registers = false;

    // record, replay
    std::string record;  ///< input trace to be written; empty: none
    std::string replay;  ///< input trace or script that the run comes from; empty: none

    // trace, diff
    std::vector<std::string> files;  ///< also the stores to merge
    std::string perfetto, vcd, csv;
    bool list = false;
    std::uint64_t limit = 1000;

    // regress (glob: names of cases)
    std::string junit, json_file;
    bool update = false;

    // sweep (config_file is the sweep file) and merge
    std::string store;             ///< SQLite file; empty: in the output folder
    std::string shard;             ///< "i/n" or "auto"; empty: everything
    std::optional<unsigned> jobs;  ///< processes at a time
    bool retry_failed = false;     ///< simulate failed points again

    // network (files: what to do, then the networks)
    std::string rounding;  ///< name of an arithmetic; empty: that of the file
    bool as_csv = false, as_html = false;
    unsigned weight_bits = 8;
    bool contention = false;  ///< profile on the real memory
    double background = 0;    ///< B/s of other traffic

    // what-if
    std::string until_fails;  ///< "npu.clock", "sram.banks", "sensor.fps"

    // characterize
    std::string write_frames;  ///< "raw16", "tiff", "dng"; empty: none
    unsigned area_width = 640, area_height = 480, levels = 50, images = 32;

    // develop
    std::string raw_size;   ///< "WIDTHxHEIGHT" of a file without a header; empty: it has one
    std::string raw_order;  ///< "rggb", ..; empty: from the file, or rggb
    std::optional<unsigned> raw_bits, raw_black;

    // scene
    unsigned width = 1014, height = 760;
};

command_line parse_command_line(int argc, const char* const argv[]);

/// The text of `ocellus --help` or `ocellus VERB --help`: examples first.
std::string help_text(const std::string& topic);

}  // namespace ocellus::sim
