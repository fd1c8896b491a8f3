// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "core/diagnostics.h"
#include "core/units.h"

namespace ocellus::sim {
namespace {

namespace po = boost::program_options;

struct verb_info {
    const char* name;
    command_line::verb verb;
    const char* summary;
    const char* usage;
    const char* examples;
};

const verb_info verbs[] = {
    {"run", command_line::verb::run, "simulate frames, from a scene to what the host received",
     "ocellus run [CONFIG.toml] [options]",
     "  ocellus run --out out/first\n"
     "      the built-in conveyor through the default sensor and network\n"
     "  ocellus run configs/imx500.toml --scene photo.jpg --frames 30 --out out/photo\n"
     "      thirty frames of a photograph through the full-resolution mode\n"
     "  ocellus run --network net.tflite --set npu.clock=\"400 MHz\" --timing-only --frames 100\n"
     "      how long another network takes with a faster NPU, without moving a pixel\n"
     "  ocellus run --firmware app.elf --gdb 3333\n"
     "      a program of yours on the control CPU, which waits for `target remote :3333`\n"},
    {"params", command_line::verb::params,
     "list every parameter with unit, range, default and source",
     "ocellus params [GLOB] [--json | --markdown | --check-sensitivity]",
     "  ocellus params 'npu.*'\n"
     "      everything about the CNN processor\n"
     "  ocellus params --json\n"
     "      the whole table for a program\n"
     "  ocellus params --check-sensitivity\n"
     "      prove that every parameter moves the metrics that it says it moves\n"},
    {"describe", command_line::verb::describe,
     "print the memory map, the registers or the modules of the sensor",
     "ocellus describe [CONFIG.toml] --map | --modules | --svd | --header",
     "  ocellus describe --map\n"
     "      addresses of the SRAM and of every register\n"
     "  ocellus describe configs/imx500-2x2.toml --modules\n"
     "      the tree of modules and sockets, as elaborated\n"},
    {"scene", command_line::verb::scene, "render built-in scenes as PNG with their ground truth",
     "ocellus scene --out DIR [--frames N] [--seed S] [--width W --height H]",
     "  ocellus scene --out out/scenes --frames 4 --seed 7\n"
     "      four conveyor pictures and truth.jsonl\n"},
    {"record", command_line::verb::record, "run, and record everything that enters into one file",
     "ocellus record --to FILE.itr [CONFIG.toml] [options of run]",
     "  ocellus record --to run.itr --frames 2\n"
     "      configuration, scene, network, firmware, seed and what a test bench does\n"},
    {"replay", command_line::verb::replay, "run a recording or a script again and compare",
     "ocellus replay FILE.itr|SCRIPT [options]",
     "  ocellus replay run.itr\n"
     "      the same run, from any folder; exit code 1 when a byte of it differs\n"
     "  ocellus replay traces/registers.script\n"
     "      writes, waits and expectations by the names of registers\n"},
    {"trace", command_line::verb::trace,
     "show an output trace, or turn it into a form that a viewer opens",
     "ocellus trace FILE.otr [options]",
     "  ocellus run --frames 2 --trace run.otr && ocellus trace run.otr\n"
     "      tracks, events and how long each was busy\n"
     "  ocellus trace run.otr --perfetto run.pftrace\n"
     "      for ui.perfetto.dev: a flow follows each frame from exposure to packet\n"
     "  ocellus trace run.otr --list --tracks 'npu.*' --from 20ms --to 21ms\n"
     "      what the CNN processor did in a millisecond, event by event\n"},
    {"diff", command_line::verb::diff,
     "compare two runs or two traces: what differs, and the first event that does",
     "ocellus diff EXPECTED ACTUAL [--json]",
     "  ocellus diff out/before out/after\n"
     "      two folders of ocellus run --out: settings, inputs, statistics, files, events\n"
     "  ocellus diff before.otr after.otr\n"
     "      two traces: time, block and field of the first event that differs\n"},
    {"regress", command_line::verb::regress,
     "run the cases of a suite and compare them with golden values",
     "ocellus regress SUITE.toml [options]",
     "  ocellus regress traces/suite.toml -j 2 --junit regress.xml\n"
     "      every case: same or different, and if different, where first\n"
     "  ocellus regress traces/suite.toml --case 'npu-*' --update\n"
     "      shows what differs, then makes it the golden value\n"},
    {"sweep", command_line::verb::sweep,
     "simulate many points of a design space; goes on where it was stopped",
     "ocellus sweep SWEEP.toml --out DIR | --store FILE.sqlite [options]",
     "  ocellus sweep configs/sweeps/npu.toml --out out/npu -j 4\n"
     "      four points at a time; results.csv, pareto.csv, effects.csv and chart.svg in out/npu\n"
     "  ocellus sweep sweep.toml --store shard-$SLURM_ARRAY_TASK_ID.sqlite --shard auto\n"
     "      the part of a job array; ocellus merge puts the parts together\n"},
    {"characterize", command_line::verb::characterize,
     "measure the simulated sensor by EMVA 1288 and compare with its parameters",
     "ocellus characterize [CONFIG.toml] [options]",
     "  ocellus characterize --set adc.bits=12 --set adc.banks=2\n"
     "      gain, noise, saturation, linearity, DSNU, PRNU and dark current: set, measured, "
     "error\n"},
    {"merge", command_line::verb::merge, "put the stores of a sweep's shards together",
     "ocellus merge --out DIR STORE.sqlite ...",
     "  ocellus merge --out out/all shard-*.sqlite\n"
     "      the same files as of a sweep in one piece\n"},
    {"network", command_line::verb::network,
     "check, profile, dump or compare quantized networks, or calibrate their timing",
     "ocellus network check|profile|dump NET, compare NET NET, calibrate [options]",
     "  ocellus network check net.tflite\n"
     "      what runs where and what it costs, what does not run and why, what to do about it\n"
     "  ocellus network profile net.onnx --csv\n"
     "      cycles of each layer by cause, bytes, utilisation, energy and memory\n"
     "  ocellus network profile net.tflite --out out/profile\n"
     "      the same as table, JSON and a page for the browser, and the memory report\n"
     "  ocellus network compare a.tflite b.tflite\n"
     "      both on every organisation of the array: how much faster one is, and how sure that is\n"
     "  ocellus network calibrate\n"
     "      every public run time against every organisation of the array\n"},
    {"fidelity", command_line::verb::fidelity,
     "compare the memory's two fidelities, initiator by initiator",
     "ocellus fidelity [CONFIG] [options]",
     "  ocellus fidelity configs/small.toml\n"
     "      latency and stalls of each initiator, loosely and approximately timed\n"},
    {"what-if", command_line::verb::what_if, "find by bisection where a configuration breaks",
     "ocellus what-if [CONFIG] --until-fails npu.clock|sram.banks|sensor.fps [options]",
     "  ocellus what-if configs/small.toml --until-fails npu.clock\n"
     "      the slowest clock with which no line, row or frame is lost, and what is with a "
     "slower\n"},
    {"doctor", command_line::verb::doctor, "find out why a network that loads sees nothing",
     "ocellus doctor NET --scene FILE [options]",
     "  ocellus doctor net.tflite --scene photo.jpg --out out/doctor\n"
     "      input range, colour order, crop, exposure, calibration, dead channels, SQNR of each\n"
     "      layer; what the network saw and what it would expect, as pictures\n"},
    {"develop", command_line::verb::develop, "send a camera's RAW file through the ISP alone",
     "ocellus develop FILE --out PICTURE.png [options]",
     "  ocellus develop photo.dng --out photo.png --set isp.sharpening=true\n"
     "      a DNG or another RAW file; levels, filters and colours are the file's\n"
     "  ocellus develop frame_0000.raw10 --size 4056x3040 --bits 10 --out frame.png\n"
     "      samples without a header\n"},
    {"quality", command_line::verb::quality,
     "compare the pictures of a run with the ideal scene: PSNR, SSIM, colours, sharpness",
     "ocellus quality RUN_DIR [--json | --csv]",
     "  ocellus run --dump-stages --out out/run && ocellus quality out/run\n"
     "      what every stage of the ISP gains or costs\n"},
    {"line-buffers", command_line::verb::line_buffers,
     "work out the line memory of the ISP's stages, in bits and FPGA blocks, and their latency",
     "ocellus line-buffers [CONFIG.toml] [options]",
     "  ocellus line-buffers configs/imx500.toml --set isp.sharpening=true\n"
     "      rows that are stored, kilobytes, blocks of 36 kbit, lines and clocks\n"
     "  ocellus line-buffers --published --set sensor.width=2048\n"
     "      the same of a published FPGA pipeline (Infinite-ISP)\n"},
};

const verb_info* find_verb(const std::string& name) {
    for (const auto& v : verbs)
        if (name == v.name)
            return &v;
    return nullptr;
}

po::options_description visible_options(command_line::verb verb) {
    po::options_description d("Options", 100, 50);
    auto add = d.add_options();
    switch (verb) {
        case command_line::verb::record:
            add("to", po::value<std::string>()->value_name("FILE"),
                "the input trace to be written");
            [[fallthrough]];
        case command_line::verb::run:
            add("scene", po::value<std::string>()->value_name("FILE"),
                "picture in front of the lens (PNG or JPEG), builtin:parcels or a chart");
            add("network", po::value<std::string>()->value_name("FILE"),
                "quantized network (.tflite or .onnx), builtin:parcels, "
                "builtin:mobilenet_v1_1.0_224 or none");
            add("frames", po::value<std::string>()->value_name("N"),
                "frames to capture (default 1)");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            add("seed", po::value<std::string>()->value_name("S"),
                "seed of all randomness (default 1)");
            add("threads", po::value<std::string>()->value_name("T"),
                "worker threads (default: one per core); never changes a result");
            add("timing-only", "move no pixels and no tensors: times and counts alone");
            add("dump-stages",
                "with --out: what every ISP stage makes of the saved frames, picture and checksum");
            add("inject-tensor", po::value<std::string>()->value_name("FILE"),
                "give the network these bytes instead of what the ISP made");
            add("inject-raw", po::value<std::string>()->value_name("FILE"),
                "every frame is these packed RAW samples, as --out writes them");
            add("out,o", po::value<std::string>()->value_name("DIR"), "write the results there");
            add("force", "replace what DIR contains");
            add("quiet", "no progress");
            add("firmware", po::value<std::string>()->value_name("FILE"),
                "program of the control CPU: an ELF file, builtin:app, or none");
            add("uart", po::value<std::string>()->value_name("WHERE"),
                "stdout, none, file:PATH, pty or tcp:PORT");
            add("uart-expect",
                po::value<std::vector<std::string>>()->composing()->value_name("TEXT"),
                "text, or /regular expression/, that the UART must show before the run ends, "
                "which it then does; repeatable, in order; otherwise exit code 1");
            add("until", po::value<std::string>()->value_name("TIME"),
                "end at this simulated time, such as 33ms; exit code 4");
            add("max-cycles", po::value<std::string>()->value_name("N"),
                "end after so many cycles of the control CPU; exit code 4");
            add("wall-limit", po::value<std::string>()->value_name("TIME"),
                "end after so much wall time, such as 600s; exit code 5");
            add("strict", "a register access against the map ends the run with exit code 3");
            add("gdb", po::value<std::string>()->value_name("WHERE"),
                "wait for a debugger on a TCP port of this machine, or unix:PATH");
            add("gdb-no-wait", "run at once; a debugger may come later");
            add("control", po::value<std::string>()->value_name("WHERE"),
                "be driven by a test bench on a TCP port of this machine, or unix:PATH");
            add("cci", po::value<std::string>()->value_name("FILE"),
                "play what a host does over the camera control interface; it starts the stream");
            add("messages", po::value<std::string>()->value_name("FILE"),
                "write each message to the cloud there as it comes; - is the standard output, and "
                "the table then goes to standard error");
            add("packets", po::value<std::string>()->value_name("FILE"),
                "write every CSI-2 packet with its time there, as pcap; a named pipe gets them as "
                "they come");
            add("mqtt", po::value<std::string>()->value_name("HOST:PORT"),
                "send the messages of host.envelopes to this MQTT broker and answer the cloud");
            add("mqtt-style", po::value<std::string>()->value_name("STYLE"),
                "whose topics: iot-hub (default) or edge-agent");
            add("pace", po::value<std::string>()->value_name("X"),
                "at most X seconds of simulated time in a second, such as 1");
            add("profile", "cycles and calls by function, of the firmware");
            add("coverage", "write coverage.info (LCOV) of the firmware's lines");
            add("trace", po::value<std::string>()->value_name("FILE"),
                "write what happens, event by event (see ocellus trace)");
            add("trace-from", po::value<std::string>()->value_name("TIME"),
                "trace from this simulated time on");
            add("trace-to", po::value<std::string>()->value_name("TIME"), "and until this one");
            add("trace-frames", po::value<std::string>()->value_name("A..B"),
                "of what belongs to a frame, trace these alone");
            add("trace-tracks",
                po::value<std::vector<std::string>>()->composing()->value_name("GLOB"),
                "trace these tracks, such as npu.*; repeatable");
            add("trace-instructions", "trace the control CPU's instructions too");
            break;
        case command_line::verb::params:
            add("json", "as JSON");
            add("markdown", "as the reference page");
            add("check-sensitivity",
                "compare two short runs for each parameter; exit code 1 when one does not do what "
                "it says");
            add("jobs,j", po::value<std::string>()->value_name("N"),
                "runs at a time (default: one per core)");
            break;
        case command_line::verb::describe:
            add("map", "memory map with every register");
            add("modules", "tree of modules, sockets and ports");
            add("svd", "the register map as CMSIS-SVD, for debuggers");
            add("header", "the register map as a C header, for firmware");
            add("cci", "the registers of the camera control interface, for hosts");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            break;
        case command_line::verb::scene:
            add("out,o", po::value<std::string>()->value_name("DIR"), "write the pictures there");
            add("frames", po::value<std::string>()->value_name("N"), "how many (default 1)");
            add("seed", po::value<std::string>()->value_name("S"), "seed (default 1)");
            add("width", po::value<std::string>()->value_name("W"), "pixels (default 1014)");
            add("height", po::value<std::string>()->value_name("H"), "pixels (default 760)");
            add("force", "replace what DIR contains");
            break;
        case command_line::verb::replay:
            add("out,o", po::value<std::string>()->value_name("DIR"), "write the results there");
            add("force", "replace what DIR contains");
            add("quiet", "no progress");
            add("threads", po::value<std::string>()->value_name("T"),
                "worker threads (default: one per core); never changes a result");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            add("trace", po::value<std::string>()->value_name("FILE"),
                "write what happens, event by event");
            add("wall-limit", po::value<std::string>()->value_name("TIME"),
                "end after so much wall time, such as 600s; exit code 5");
            break;
        case command_line::verb::trace:
            add("perfetto", po::value<std::string>()->value_name("OUT"),
                "write a Perfetto trace, with flows and counters");
            add("vcd", po::value<std::string>()->value_name("OUT"),
                "write a value change dump, and a view of GTKWave beside it");
            add("csv", po::value<std::string>()->value_name("OUT"), "write a table");
            add("list", "print the events");
            add("limit", po::value<std::string>()->value_name("N"),
                "how many at most (default 1000)");
            add("from", po::value<std::string>()->value_name("TIME"), "from this time on");
            add("to", po::value<std::string>()->value_name("TIME"), "until this time");
            add("frames", po::value<std::string>()->value_name("A..B"), "of these frames");
            add("tracks", po::value<std::vector<std::string>>()->composing()->value_name("GLOB"),
                "of these tracks; repeatable");
            break;
        case command_line::verb::diff:
            add("json", "as JSON");
            break;
        case command_line::verb::regress:
            add("case", po::value<std::string>()->value_name("GLOB"), "these cases alone");
            add("jobs,j", po::value<std::string>()->value_name("N"),
                "cases at a time (default: one per core)");
            add("junit", po::value<std::string>()->value_name("FILE"), "write JUnit XML");
            add("json", po::value<std::string>()->value_name("FILE"), "write JSON");
            add("update", "show what differs, and make it the golden value");
            break;
        case command_line::verb::sweep:
            add("out,o", po::value<std::string>()->value_name("DIR"),
                "write results.csv, results.json, pareto.csv, chart.svg, effects.csv and the store "
                "there");
            add("store", po::value<std::string>()->value_name("FILE"),
                "keep the store there instead; without --out nothing else is written");
            add("jobs,j", po::value<std::string>()->value_name("N"),
                "points at a time (default: one per core)");
            add("shard", po::value<std::string>()->value_name("I/N"),
                "simulate the I-th of N parts alone, I from 0; auto: of a SLURM or LSF job array");
            add("retry-failed", "simulate failed points again");
            add("quiet", "no progress");
            break;
        case command_line::verb::characterize:
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            add("seed", po::value<std::string>()->value_name("S"),
                "seed of all randomness (default 1)");
            add("threads", po::value<std::string>()->value_name("T"),
                "worker threads (default: one per core); never changes a result");
            add("out,o", po::value<std::string>()->value_name("DIR"),
                "write figures (JSON, CSV), curves (CSV) and plots (SVG) there");
            add("write-frames", po::value<std::string>()->value_name("FORMAT"),
                "with --out: every image that is measured too, as raw16, tiff or dng");
            add("size", po::value<std::string>()->value_name("WxH"),
                "part of the array that is looked at (default 640x480)");
            add("levels", po::value<std::string>()->value_name("N"),
                "levels of light of the photon transfer curve (default 50)");
            add("images", po::value<std::string>()->value_name("N"),
                "images of a stack (default 32)");
            add("force", "replace what DIR contains");
            add("json", "as JSON");
            break;
        case command_line::verb::merge:
            add("out,o", po::value<std::string>()->value_name("DIR"), "write the results there");
            add("force", "replace what DIR contains");
            break;
        case command_line::verb::network:
            add("config", po::value<std::string>()->value_name("FILE"),
                "configuration of the chip");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter, such as npu.organisation=h2; repeatable");
            add("rounding", po::value<std::string>()->value_name("MODE"),
                "tflite-ref, tflite-x86, tflite-single-rounding, onnx or imx500 (default: that of "
                "the file's format)");
            add("json", "as JSON");
            add("csv", "as a table");
            add("html", "profile: as a page of its own, with charts");
            add("weight-bits", po::value<std::string>()->value_name("N"),
                "8, 4 or 2: time and traffic as if weights were so wide");
            add("contention",
                "profile: on the real SRAM and interconnect, with the camera's stream beside it");
            add("background", po::value<std::string>()->value_name("RATE"),
                "with --contention: other traffic beside it, such as \"8 Gb/s\"");
            add("out,o", po::value<std::string>()->value_name("DIR"),
                "profile: write every form and the memory report there");
            add("force", "replace what DIR contains");
            break;
        case command_line::verb::what_if:
            add("until-fails", po::value<std::string>()->value_name("PARAMETER"),
                "what is made harder: npu.clock, sram.banks or sensor.fps");
            [[fallthrough]];
        case command_line::verb::fidelity:
            add("network", po::value<std::string>()->value_name("FILE"),
                "quantized network (.tflite or .onnx), builtin:... or none");
            add("frames", po::value<std::string>()->value_name("N"),
                "frames to capture (default 4)");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            if (verb == command_line::verb::fidelity)
                add("json", "as JSON");
            break;
        case command_line::verb::doctor:
            add("scene", po::value<std::string>()->value_name("FILE"),
                "picture in front of the lens (PNG or JPEG), builtin:parcels or a chart");
            add("config", po::value<std::string>()->value_name("FILE"),
                "configuration of the chip");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            add("seed", po::value<std::string>()->value_name("S"),
                "seed of all randomness (default 1)");
            add("threads", po::value<std::string>()->value_name("T"),
                "worker threads (default: one per core); never changes a result");
            add("json", "as JSON");
            add("out,o", po::value<std::string>()->value_name("DIR"),
                "write report.json, seen.png, expected.png and layers.csv there");
            add("force", "replace what DIR contains");
            break;
        case command_line::verb::develop:
            add("out,o", po::value<std::string>()->value_name("PNG"), "the picture to be written");
            add("size", po::value<std::string>()->value_name("WxH"),
                "size of a file without a header: its samples alone, 16 bits each, little-endian, "
                "or packed as on CSI-2");
            add("bits", po::value<std::string>()->value_name("N"),
                "with --size: bits of a sample, 8 to 16 (default 10)");
            add("order", po::value<std::string>()->value_name("ORDER"),
                "rggb, grbg, gbrg or bggr, whatever the file says");
            add("black", po::value<std::string>()->value_name("N"),
                "with --size: black level, digital number (default: isp.black_level)");
            add("config", po::value<std::string>()->value_name("FILE"),
                "configuration of the chip; its isp.* count");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter, such as isp.demosaic=bilinear; repeatable");
            add("threads", po::value<std::string>()->value_name("T"),
                "worker threads (default: one per core); never changes a result");
            break;
        case command_line::verb::line_buffers:
            add("published", "of the published FPGA pipeline Infinite-ISP, not of this ISP");
            add("set,C",
                po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
                "set one parameter; repeatable");
            add("json", "as JSON");
            break;
        case command_line::verb::quality:
            add("scene", po::value<std::string>()->value_name("FILE"),
                "the picture that was in front of the lens, where it is no built-in one");
            add("json", "as JSON");
            add("csv", "as a table");
            break;
        default:
            break;
    }
    add("help,h", "this text");
    return d;
}

[[noreturn]] void fail(const std::string& message) {
    throw input_error(exit_code::usage, "error: " + message);
}

std::uint64_t number(const po::variables_map& vm, const char* name, std::uint64_t low,
                     std::uint64_t high) {
    const auto text = vm[name].as<std::string>();
    std::uint64_t value = 0;
    bool good = !text.empty() && text.size() <= 20;
    for (char c : text) {
        good = good && c >= '0' && c <= '9';
        if (good) {
            const auto digit = static_cast<std::uint64_t>(c - '0');
            good = value <= (~std::uint64_t{0} - digit) / 10;
            value = value * 10 + digit;
        }
    }
    if (!good || value < low || value > high)
        fail(fmt::format("--{} {}: expected a whole number from {} to {}", name, text, low, high));
    return value;
}

std::string with_hint(const std::string& wrong, const std::vector<std::string>& names,
                      const std::string& prefix) {
    const auto near = nearest_name(wrong, names);
    return near.empty() ? std::string() : fmt::format("; did you mean {}{}?", prefix, near);
}

}  // namespace

std::string help_text(const std::string& topic) {
    std::ostringstream out;
    if (const auto* v = find_verb(topic)) {
        out << "Examples\n"
            << v->examples << "\nUsage\n  " << v->usage << "\n\n"
            << visible_options(v->verb);
        if (v->verb == command_line::verb::run || v->verb == command_line::verb::record)
            out << "\nExit codes: 0 done, 1 an expected text did not come, 2 bad input (nothing "
                   "was\n"
                   "simulated), 3 the firmware failed, 4 limit of simulated time or cycles, 5 "
                   "limit of\n"
                   "wall time, 6 no progress, 7 input or output error, 70 internal error; a "
                   "firmware\n"
                   "that ends the run gives its own code; see docs/exit-codes.md.\n";
        return out.str();
    }
    out << "Ocellus simulates a stacked image sensor that says what it sees: a pixel die on a "
           "logic\n"
           "die with column ADCs, ISP, CNN processor, SRAM and a CSI-2 link.\n\nExamples\n";
    for (const auto& v : verbs)
        out << v.examples;
    out << "\nUsage\n";
    for (const auto& v : verbs)
        out << fmt::format("  {:<9} {}\n", v.name, v.summary);
    out << "\n  ocellus VERB --help   options of a verb\n  ocellus --version     version, "
           "compiler, "
           "libraries\n";
    return out.str();
}

command_line parse_command_line(int argc, const char* const argv[]) {
    command_line result;
    std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        if (words.size() > 1 && find_verb(words[1]))
            result.help_topic = words[1];
        return result;
    }
    if (words[0] == "--version" || words[0] == "version") {
        result.action = command_line::verb::version;
        return result;
    }
    const auto* v = find_verb(words[0]);
    if (!v) {
        std::vector<std::string> names;
        for (const auto& known : verbs)
            names.emplace_back(known.name);
        fail(fmt::format("unknown command '{}'{}\nocellus --help lists the commands", words[0],
                         with_hint(words[0], names, "")));
    }
    words.erase(words.begin());

    auto options = visible_options(v->verb);
    po::options_description all;
    all.add(options);
    all.add_options()("positional", po::value<std::vector<std::string>>());
    po::positional_options_description positional;
    positional.add("positional", -1);
    po::variables_map vm;
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    try {
        po::store(
            po::command_line_parser(words).options(all).positional(positional).style(style).run(),
            vm);
        po::notify(vm);
    } catch (const po::unknown_option& e) {
        std::string wrong = e.get_option_name();
        const auto start = wrong.find_first_not_of('-');
        wrong = start == std::string::npos ? wrong : wrong.substr(start);
        std::vector<std::string> names;
        for (const auto& o : options.options())
            names.push_back(o->long_name());
        fail(fmt::format("unknown option '--{}'{}\nocellus {} --help lists the options", wrong,
                         with_hint(wrong, names, "--"), v->name));
    } catch (const po::error& e) {
        fail(fmt::format("{}\nocellus {} --help lists the options", e.what(), v->name));
    }
    if (vm.count("help")) {
        result.help_topic = v->name;
        return result;
    }
    result.action = v->verb;
    const auto text = [&vm](const char* name) {
        return vm.count(name) ? vm[name].as<std::string>() : std::string();
    };
    if (vm.count("positional")) {
        const auto rest = vm["positional"].as<std::vector<std::string>>();
        const bool takes_one = v->verb != command_line::verb::scene;
        result.files = rest;
        const bool takes_more = v->verb == command_line::verb::diff ||
                                v->verb == command_line::verb::merge ||
                                v->verb == command_line::verb::network;
        if ((rest.size() > 1 && !takes_more) || !takes_one)
            fail(fmt::format("unexpected argument '{}'\nusage: {}", takes_one ? rest[1] : rest[0],
                             v->usage));
        (v->verb == command_line::verb::params ? result.glob : result.config_file) = rest[0];
    }
    const auto has = [&](const char* name) {
        return options.find_nothrow(name, false) != nullptr && vm.count(name) > 0;
    };
    if (v->verb == command_line::verb::regress) {
        if (result.files.empty())
            fail("regress needs a suite\nusage: " + std::string(v->usage));
        result.glob = text("case");
        result.junit = text("junit");
        result.json_file = text("json");
        result.update = has("update");
        if (has("jobs"))
            result.jobs = static_cast<unsigned>(number(vm, "jobs", 1, 1024));
        return result;
    }
    if (v->verb == command_line::verb::diff) {
        if (result.files.size() != 2)
            fail("diff needs two folders or traces\nusage: " + std::string(v->usage));
        if (has("json"))
            result.output_format = command_line::format::json;
        return result;
    }
    if (v->verb == command_line::verb::network) {
        const std::vector<std::string> actions = {"check", "profile", "dump", "compare",
                                                  "calibrate"};
        if (result.files.empty())
            fail("network needs check, profile, dump, compare or calibrate\nusage: " +
                 std::string(v->usage));
        const std::string& action = result.files[0];
        if (std::find(actions.begin(), actions.end(), action) == actions.end())
            fail(fmt::format("network cannot '{}'{}\nusage: {}", action,
                             with_hint(action, actions, ""), v->usage));
        const std::size_t networks = action == "calibrate" ? 0 : action == "compare" ? 2 : 1;
        if (result.files.size() != 1 + networks)
            fail(fmt::format("network {} needs {} network{}\nusage: {}", action, networks,
                             networks == 1 ? "" : "s", v->usage));
        result.config_file = text("config");
        result.rounding = text("rounding");
        if (has("set"))
            result.settings = vm["set"].as<std::vector<std::string>>();
        if (has("json") + has("csv") + has("html") > 1)
            fail("--json, --csv and --html exclude each other");
        result.as_csv = has("csv");
        result.as_html = has("html");
        const bool profiles = action == "profile";
        if (has("csv") && (action == "check" || action == "dump"))
            fail(fmt::format("network {} has no --csv: use --json", action));
        for (const char* name : {"html", "contention", "background", "out", "force"})
            if (has(name) && !profiles)
                fail(fmt::format("--{} is for network profile", name));
        result.out = text("out");
        result.force = has("force");
        result.contention = has("contention");
        if (has("background")) {
            std::string why;
            if (!result.contention)
                fail("--background needs --contention");
            double bits = 0;
            if (!parse_quantity(text("background"), unit::bit_per_second, bits, why) || bits < 0 ||
                bits > 1e15)
                fail(fmt::format("--background {}: expected a rate such as \"8 Gb/s\"",
                                 text("background")));
            result.background = bits / 8;
        }
        if (has("weight-bits")) {
            result.weight_bits = static_cast<unsigned>(number(vm, "weight-bits", 2, 8));
            if (result.weight_bits != 8 && result.weight_bits != 4 && result.weight_bits != 2)
                fail("--weight-bits: expected 8, 4 or 2");
        }
        if (has("json"))
            result.output_format = command_line::format::json;
        return result;
    }
    if (v->verb == command_line::verb::develop) {
        if (result.files.empty())
            fail("develop needs a RAW file\nusage: " + std::string(v->usage));
        result.out = text("out");
        if (result.out.empty())
            fail("develop needs --out PICTURE.png\nusage: " + std::string(v->usage));
        result.config_file = text("config");
        result.raw_size = text("size");
        result.raw_order = text("order");
        for (const char* name : {"bits", "black"})
            if (has(name) && result.raw_size.empty())
                fail(fmt::format("--{} needs --size WIDTHxHEIGHT: other files say it", name));
        if (has("bits"))
            result.raw_bits = static_cast<unsigned>(number(vm, "bits", 8, 16));
        if (has("black"))
            result.raw_black = static_cast<unsigned>(number(vm, "black", 0, 65535));
        if (has("threads"))
            result.threads = static_cast<unsigned>(number(vm, "threads", 1, 1024));
        if (has("set"))
            result.settings = vm["set"].as<std::vector<std::string>>();
        return result;
    }
    if (v->verb == command_line::verb::line_buffers) {
        result.published = has("published");
        if (has("json"))
            result.output_format = command_line::format::json;
        if (has("set"))
            result.settings = vm["set"].as<std::vector<std::string>>();
        return result;
    }
    if (v->verb == command_line::verb::quality) {
        if (result.files.empty())
            fail("quality needs the folder of a run\nusage: " + std::string(v->usage));
        result.scene = text("scene");
        if (has("json") + has("csv") > 1)
            fail("--json and --csv exclude each other");
        result.as_csv = has("csv");
        if (has("json"))
            result.output_format = command_line::format::json;
        return result;
    }
    if (v->verb == command_line::verb::trace) {
        if (result.files.empty())
            fail("trace needs a file\nusage: " + std::string(v->usage));
        result.perfetto = text("perfetto");
        result.vcd = text("vcd");
        result.csv = text("csv");
        result.list = has("list");
        result.trace_from = text("from");
        result.trace_to = text("to");
        result.trace_frames = text("frames");
        if (has("tracks"))
            result.trace_tracks = vm["tracks"].as<std::vector<std::string>>();
        if (has("limit"))
            result.limit = number(vm, "limit", 1, ~std::uint64_t{0});
        return result;
    }
    if (v->verb == command_line::verb::doctor) {
        if (result.files.size() != 1)
            fail("doctor needs a network\nusage: " + std::string(v->usage));
        result.network = result.files[0];
        result.config_file = text("config");
    } else {
        result.network = text("network");
    }
    if (v->verb == command_line::verb::what_if) {
        result.until_fails = text("until-fails");
        if (result.until_fails.empty())
            fail("what-if needs --until-fails\nusage: " + std::string(v->usage));
    }
    result.scene = text("scene");
    result.inject_tensor = text("inject-tensor");
    result.inject_raw = text("inject-raw");
    result.record = text("to");
    if (v->verb == command_line::verb::record && result.record.empty())
        fail("record needs --to FILE\nusage: " + std::string(v->usage));
    if (v->verb == command_line::verb::replay) {
        if (result.files.empty())
            fail("replay needs a file\nusage: " + std::string(v->usage));
        result.replay = result.files[0];
        result.config_file.clear();
    }
    result.out = text("out");
    result.firmware = text("firmware");
    result.uart = text("uart");
    result.until = text("until");
    result.wall_limit = text("wall-limit");
    result.gdb = text("gdb");
    result.control = text("control");
    result.messages = text("messages");
    result.packets = text("packets");
    result.mqtt = text("mqtt");
    if (has("mqtt-style")) {
        const std::string topics = text("mqtt-style");
        if (topics != "iot-hub" && topics != "edge-agent")
            fail(fmt::format("--mqtt-style {}: expected iot-hub or edge-agent", topics));
        if (result.mqtt.empty())
            fail("--mqtt-style needs --mqtt");
        result.mqtt_style =
            topics == "iot-hub" ? links::cloud_style::iot_hub : links::cloud_style::edge_agent;
    }
    if (has("pace")) {
        std::string why;
        if (!parse_quantity(text("pace"), unit::none, result.pace, why) || !(result.pace > 0))
            fail(fmt::format("--pace {}: expected a number above 0, such as 0.5", text("pace")));
    }
    if (v->verb != command_line::verb::describe)
        result.cci = text("cci");
    result.trace = text("trace");
    result.trace_from = text("trace-from");
    result.trace_to = text("trace-to");
    result.trace_frames = text("trace-frames");
    if (has("trace-tracks"))
        result.trace_tracks = vm["trace-tracks"].as<std::vector<std::string>>();
    result.trace_instructions = has("trace-instructions");
    result.store = text("store");
    result.shard = text("shard");
    for (const char* name :
         {"to",         "scene",    "network",      "inject-tensor", "inject-raw", "out",
          "firmware",   "uart",     "until",        "wall-limit",    "gdb",        "control",
          "mqtt",       "messages", "packets",      "mqtt-style",    "pace",       "trace",
          "trace-from", "trace-to", "trace-frames", "store",         "shard"})
        if (vm.count(name) && text(name).empty())
            fail(fmt::format("--{} needs a value", name));
    if (has("set"))
        result.settings = vm["set"].as<std::vector<std::string>>();
    if (has("frames"))
        result.frames = number(vm, "frames", 1, 1000000);
    if (has("seed"))
        result.seed = number(vm, "seed", 0, ~std::uint64_t{0});
    if (has("threads"))
        result.threads = static_cast<unsigned>(number(vm, "threads", 1, 1024));
    if (has("width"))
        result.width = static_cast<unsigned>(number(vm, "width", 8, 16384));
    if (has("height"))
        result.height = static_cast<unsigned>(number(vm, "height", 8, 16384));
    if (has("size")) {
        const std::string size = text("size");
        const auto cross = size.find('x');
        const auto side = [&](const std::string& digits) {
            if (digits.empty() || digits.size() > 4 ||
                digits.find_first_not_of("0123456789") != std::string::npos ||
                std::stoul(digits) < 64 || std::stoul(digits) > 8192)
                fail(fmt::format("--size {}: WIDTHxHEIGHT, 64 .. 8192 each, was expected", size));
            return static_cast<unsigned>(std::stoul(digits));
        };
        result.area_width = side(size.substr(0, cross));
        result.area_height =
            side(cross == std::string::npos ? std::string() : size.substr(cross + 1));
    }
    if (has("levels"))
        result.levels = static_cast<unsigned>(number(vm, "levels", 10, 1000));
    if (has("images"))
        result.images = static_cast<unsigned>(number(vm, "images", 2, 1000));
    if (has("write-frames")) {
        result.write_frames = text("write-frames");
        if (result.write_frames != "raw16" && result.write_frames != "tiff" &&
            result.write_frames != "dng")
            fail(fmt::format("--write-frames {}: raw16, tiff or dng was expected",
                             result.write_frames));
        if (result.out.empty())
            fail("--write-frames needs --out DIR");
    }
    if (has("max-cycles"))
        result.max_cycles = number(vm, "max-cycles", 1, ~std::uint64_t{0});
    if (has("uart-expect"))
        result.uart_expect = vm["uart-expect"].as<std::vector<std::string>>();
    result.strict = has("strict");
    result.gdb_no_wait = has("gdb-no-wait");
    if (result.gdb_no_wait && result.gdb.empty())
        fail("--gdb-no-wait needs --gdb WHERE");
    result.profile = has("profile");
    result.coverage = has("coverage");
    if (result.coverage && result.out.empty())
        fail("--coverage needs --out DIR");
    result.timing_only = has("timing-only");
    if (has("dump-stages")) {
        if (result.out.empty())
            fail("--dump-stages needs --out DIR");
        if (result.timing_only)
            fail("--dump-stages needs pixels: leave --timing-only out");
        result.settings.push_back("output.dump_stages=true");
    }
    result.force = has("force");
    result.quiet = has("quiet");
    result.map = has("map");
    result.modules = has("modules");
    result.svd = has("svd");
    result.header = has("header");
    result.cci_registers = v->verb == command_line::verb::describe && has("cci");
    if (has("json") && has("markdown"))
        fail("--json and --markdown exclude each other");
    if (has("json"))
        result.output_format = command_line::format::json;
    if (has("markdown"))
        result.output_format = command_line::format::markdown;
    if (v->verb == command_line::verb::describe && !result.map && !result.modules && !result.svd &&
        !result.header && !result.cci_registers)
        result.map = result.modules = true;
    if (v->verb == command_line::verb::scene && result.out.empty())
        fail("scene needs --out DIR");
    if (has("jobs"))
        result.jobs = static_cast<unsigned>(number(vm, "jobs", 1, 1024));
    result.check_sensitivity = has("check-sensitivity");
    result.retry_failed = has("retry-failed");
    if (v->verb == command_line::verb::sweep && result.config_file.empty())
        fail(fmt::format("sweep needs a sweep file\nusage: {}", v->usage));
    if (v->verb == command_line::verb::sweep && result.out.empty() && result.store.empty())
        fail("sweep needs --out DIR or --store FILE");
    if (v->verb == command_line::verb::merge && (result.out.empty() || result.files.empty()))
        fail(fmt::format("merge needs stores and --out DIR\nusage: {}", v->usage));
    return result;
}

}  // namespace ocellus::sim
