// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "core/config.h"
#include "core/dng.h"
#include "core/files.h"
#include "core/image_io.h"
#include "core/text.h"
#include "core/units.h"
#include "sim/cci_script.h"
#include "sim/detection_report.h"
#include "sim/energy_report.h"
#include "sim/frame_statistics.h"
#include "sim/guest.h"
#include "sim/inputs.h"
#include "sim/memory_traffic.h"
#include "sim/packet_file.h"
#include "sim/preview.h"
#include "sim/recording.h"
#include "sim/replay.h"
#include "sim/report.h"
#include "sim/run_trace.h"
#include "sim/script.h"
#include "sim/sensor.h"
#include "sim/sensor_control.h"
#include "sim/session.h"
#include "sim/settings.h"
#include "sim/stage_dump.h"
#include "sim/verbs.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point begin) {
    return std::chrono::duration<double>(steady::now() - begin).count();
}

volatile std::sig_atomic_t signal_received = 0;

extern "C" void note_signal(int number) {
    signal_received = number;
}

/// Ends the run between two steps, so that nothing half-written stays behind.
void stop_when_asked() {
    if (signal_received)
        throw input_error(static_cast<exit_code>(128 + signal_received),
                          "error: stopped by a signal; nothing was written");
}

/// A line on the terminal, rewritten a few times a second; on a file, a line every ten seconds.
class progress {
  public:
    explicit progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}
    ~progress() { clear(); }
    void show(std::uint64_t frame, std::uint64_t frames) {
        if (quiet_ || frame == 0)
            return;
        const double now = seconds_since(begin_);
        if (now - last_ < (terminal_ ? 0.2 : 10.0))
            return;
        last_ = now;
        const double left = now * static_cast<double>(frames - frame) / static_cast<double>(frame);
        std::fprintf(stderr, "%sframe %llu of %llu, %.0f s left%s", terminal_ ? "\r" : "",
                     static_cast<unsigned long long>(frame),
                     static_cast<unsigned long long>(frames), left, terminal_ ? "   " : "\n");
        shown_ = terminal_;
    }
    void clear() {
        if (shown_)
            std::fprintf(stderr, "\r%40s\r", "");
        shown_ = false;
    }

  private:
    bool quiet_, terminal_, shown_ = false;
    double last_ = 0;
    steady::time_point begin_ = steady::now();
};

bool is_saved(saved_frames which, std::uint32_t frame, std::uint64_t frames) {
    switch (which) {
        case saved_frames::first:
            return frame == 0;
        case saved_frames::last:
            return frame + 1 == frames;
        case saved_frames::all:
            return true;
        case saved_frames::none:
            return false;
    }
    return false;
}

/// Writes a large file piece by piece: `make(take)` gives the pieces to `take(bytes)`.
template <class maker>
void write_in_pieces(output_folder& out, const std::string& name, const maker& make) {
    output_file file(out.path_for(name), out.final_path(name));
    make([&file](std::string_view part) { file.write(part); });
    file.close();
}

/// The packed bytes of an image, as they came over the wire, without checksums.
void write_packed(output_folder& out, const std::string& name, const links::csi2_frame& f) {
    write_in_pieces(out, name, [&f](const byte_sink& take) {
        for (const auto& l : f.image)
            take({reinterpret_cast<const char*>(l.payload()), l.payload_bytes});
    });
}

/// Levels and colours of RAW frames that were read out with `flips`.
dng_description dng_of(const settings& s, unsigned bits, unsigned flips) {
    dng_description d;
    d.black = static_cast<std::uint32_t>((s.adc.black_level << bits) >> 10);
    d.white = (1u << bits) - 1;
    d.flips = flips;
    d.raw_from_srgb = models::raw_from_srgb(s.pixels.camera);
    for (unsigned i = 0; i < 3; ++i)
        d.neutral[i] = d.raw_from_srgb[i][0] + d.raw_from_srgb[i][1] + d.raw_from_srgb[i][2];
    return d;
}

/// Returns the figures of an ISP picture, when they are wanted.
std::optional<picture_figures> write_image(output_folder& out, const host::received_image& received,
                                           const settings& s, const run_inputs& in,
                                           const metadata_record* record, worker_pool& pool) {
    std::optional<picture_figures> figures;
    const auto& image = *received.image;
    const std::string name = fmt::format("_{:04}", received.frame);
    rgb8_image preview;
    if (image.raw) {
        write_in_pieces(out, "frame" + name + ".png", [&](const byte_sink& take) {
            encode_png_gray16(image.raw->all(), 1, &pool, take);
        });
        const unsigned bits = links::bits_of(image.type);
        write_packed(out, fmt::format("frame{}.raw{}", name, bits), *received.packets);
        if (s.run.dng)
            out.write("frame" + name + ".dng",
                      encode_dng(image.raw->all(), dng_of(s, bits, received.flips)));
        preview = preview_of(image, received.flips, s.isp, image.width > 1200 ? 4 : 1, pool);
    } else {
        preview = preview_of(image, received.flips, s.isp, 1, pool);
        if (s.run.quality && in.scene)
            figures = compare_picture(
                codes_of(preview), preview.width, preview.height, false,
                ideal_light(*in.scene, received.frame, s, image.width, image.height), s.run.scene);
        write_in_pieces(out, "frame" + name + ".png",
                        [&](const byte_sink& take) { encode_png_rgb8(preview, 1, &pool, take); });
        write_packed(out,
                     fmt::format("frame{}.{}", name,
                                 image.type == links::csi2_data_type::rgb888 ? "rgb" : "yuv"),
                     *received.packets);
    }
    if (record)
        draw_findings(preview, *record, in.labels_of(record->network));
    out.write("preview" + name + ".png", encode_png_rgb8(preview, 6, &pool));
    return figures;
}

void write_tensors(output_folder& out, const frame_record& f,
                   const dsp::compiled_network& network) {
    if (f.tensor.empty())
        return;
    const auto bytes = [](const std::vector<std::uint8_t>& v) {
        return std::string_view(reinterpret_cast<const char*>(v.data()), v.size());
    };
    out.write(fmt::format("tensor_{:04}.bin", f.frame), bytes(f.tensor));
    for (std::size_t i = 0; i < f.outputs.size(); ++i)
        out.write(fmt::format("output_{:04}_{}.bin", f.frame, i), bytes(f.outputs[i]));
    if (!takes_pictures(network.net))
        return;
    const auto& t = network.net.input();
    const auto height = static_cast<unsigned>(t.shape[1]),
               width = static_cast<unsigned>(t.shape[2]);
    const auto channels = static_cast<unsigned>(t.shape[3]);
    const std::uint8_t flip =
        t.type == dsp::element::int8 ? 0x80 : 0;  // two's complement to offset
    rgb8_image picture(width, height);
    for (std::size_t i = 0; i < std::size_t{width} * height; ++i)
        for (unsigned c = 0; c < 3; ++c)
            picture.data[3 * i + c] =
                static_cast<std::uint8_t>(f.tensor[channels * i + (channels == 3 ? c : 0)] ^ flip);
    out.write(fmt::format("tensor_{:04}.png", f.frame), encode_png_rgb8(picture, 6));
}

std::string truth_lines(const settings& s) {
    std::string out;
    for (std::uint32_t n = 0; n < s.run.frames; ++n)
        out += truth_line(models::make_parcel_scene(s.run.scene_seed, n), n,
                          static_cast<unsigned>(s.pixels.sensor.width),
                          static_cast<unsigned>(s.pixels.sensor.height));
    return out;
}

std::string inputs_json(const run_inputs& in) {
    std::string out = "[";
    for (std::size_t i = 0; i < in.files.size(); ++i) {
        const auto& f = in.files[i];
        out += fmt::format("{}\n    {{\"role\": {}, \"name\": {}", i ? "," : "",
                           json_string(f.role), json_string(f.name));
        if (!f.sha256.empty())
            out += fmt::format(", \"bytes\": {}, \"sha256\": \"{}\"", f.bytes, f.sha256);
        out += "}";
    }
    return out + "\n  ]";
}

std::string manifest(const settings& s, const run_inputs& in, bool timing_only, double wall) {
    std::string out = "{\n  \"schema\": \"ocellus-manifest-1\",\n";
    out += "  \"version\": " + json_string(version_text()) + ",\n";
    out += "  \"compiler\": " + json_string(compiler_text()) + ",\n";
    out += "  \"systemc\": " + json_string(systemc_text()) + ",\n";
    out += fmt::format("  \"seed\": {},\n  \"frames\": {},\n  \"timing_only\": {},\n", s.run.seed,
                       s.run.frames, timing_only);
    out += "  \"inputs\": " + inputs_json(in) + ",\n";
    out += fmt::format("  \"wall_time_s\": {}\n}}\n", json_number(wall));
    return out;
}

/// The resolved configuration, files by name alone: where they lie is not part of a result.
std::string configuration_text(settings& s, const parameter_registry& registry) {
    const std::string scene = s.run.scene, network = s.run.network, labels = s.run.labels;
    const std::string second = s.run.second, second_labels = s.run.second_labels;
    const std::string firmware = s.firmware.file;
    for (std::string* name : {&s.run.scene, &s.run.network, &s.run.labels, &s.run.second,
                              &s.run.second_labels, &s.firmware.file})
        if (name->rfind("builtin:", 0) != 0)
            *name = std::filesystem::path(*name).filename().string();
    std::string text = resolved_config(registry);
    s.run.scene = scene;
    s.run.network = network;
    s.run.labels = labels;
    s.run.second = second;
    s.run.second_labels = second_labels;
    s.firmware.file = firmware;
    return text;
}

/// Members of a trace's description: nothing of this machine, so that the same run has the same
/// bytes.
std::string about_run(settings& s, const parameter_registry& registry, const run_inputs& in,
                      bool timing_only) {
    return fmt::format(
        "\"version\": {}, \"timing_only\": {}, \"inputs\": {}, \"configuration\": {}",
        json_string(version_text()), timing_only, inputs_json(in),
        json_string(configuration_text(s, registry)));
}

std::string envelopes(const settings& s, const run_inputs& in,
                      const std::map<std::uint32_t, metadata_record>& received) {
    std::vector<metadata_record> records;
    for (const auto& [frame, record] : received)
        records.push_back(record);
    return envelope_lines(
        s.envelopes, records, [&in](std::uint32_t number) { return in.input_size_of(number); },
        s.run.image != image_output::none);
}

void write_results(output_folder& out, settings& s, const parameter_registry& registry,
                   const run_inputs& in, sensor& chip, const statistics& stats,
                   const frame_statistics& frames, const energy_report& energy,
                   const detection_report& detections, const guest_outputs& guest, bool timing_only,
                   worker_pool& pool, steady::time_point begin) {
    const auto& records = chip.host_side().metadata();
    const auto find = [&](std::uint32_t frame) {
        const auto it = records.find(frame);
        return it == records.end() ? nullptr : &it->second;
    };
    for (const auto& received : chip.host_side().images()) {
        stop_when_asked();
        if (!received.image)
            continue;
        if (const auto f = write_image(out, received, s, in, find(received.frame), pool))
            chip.set_quality(*f);
    }
    std::string lines;
    const unsigned width = chip.mode().width, height = chip.mode().height;
    for (const auto& f : chip.frames().frames()) {
        if (f.network < in.networks.size())
            write_tensors(out, f, *in.networks[f.network]);
        const metadata_record* const record = find(f.frame);
        const std::uint32_t number = record ? record->network : f.network;
        lines += metadata_line(f, record, in.labels_of(number), width, height,
                               in.networks.size() > 1 && number < in.networks.size()
                                   ? in.networks[number]->net.name
                                   : "");
    }
    for (const auto& [frame, region] : chip.host_side().regions())
        out.write(fmt::format("region_{:04}.bin", frame),
                  {reinterpret_cast<const char*>(region.data()), region.size()});
    if (s.run.dump_stages)
        write_stage_dumps(out, chip.stage_dumps(), pool);
    out.write("metadata.jsonl", lines);
    if (s.envelopes.written)
        out.write("envelopes.jsonl", envelopes(s, in, records));
    if (in.scene_is_parcels && !timing_only)
        out.write("truth.jsonl", truth_lines(s));
    if (detections.active())
        out.write("stats_detection.csv", detections.csv());
    out.write("stats.json", stats.json());
    out.write("stats.csv", stats.csv());
    out.write("stats.txt", stats.text());
    out.write("conflicts.csv", chip.conflicts_csv());
    const double simulated = sc_core::sc_time_stamp().to_seconds();
    out.write("stats_traffic.csv", traffic_csv(chip.bus(), simulated));
    out.write("stats_latency.csv", latency_csv(chip.bus()));
    out.write("stats_occupancy.csv", occupancy_csv(chip.bus(), chip.sram()));
    out.write("stats_energy.csv", energy.csv());
    out.write("stats_energy.txt", energy.text());
    out.write("stats_power.csv", energy.power_csv());
    out.write("stats_memory.txt", traffic_text(chip.bus(), chip.sram(), stats, simulated));
    if (const auto lost = chip.lost_lines(); !lost.empty())
        out.write("lost_lines.csv", lost_lines_csv(lost));
    out.write("stats_frames.csv", frames.csv());
    out.write("stats_frames.json", frames.json());
    for (const auto& [name, text] : guest.files)
        out.write(name, text);
    out.write("config.toml", configuration_text(s, registry));
    out.write("manifest.json", manifest(s, in, timing_only, seconds_since(begin)));
    out.commit();
}

/// What a host does over CCI; throws input_error with every mistake of the file.
std::vector<cci_command> host_script(const std::string& file) {
    if (file.empty())
        return {};
    diagnostics problems;
    auto commands =
        parse_cci_script(read_file(file), file, sensor_control::named_events(), problems);
    problems.throw_if_errors();
    if (commands.empty())
        throw input_error(
            exit_code::usage,
            fmt::format("error: {}: there is no command in it\nNothing was simulated.", file));
    return commands;
}

session_limits limits_of(const command_line& command, const settings& s) {
    session_limits l;
    const auto seconds = [](const std::string& text, const char* option) {
        double value = 0;
        std::string why;
        if (!parse_quantity(text, unit::second, value, why) || !(value > 0))
            throw input_error(
                exit_code::usage,
                fmt::format("error: {} {}: expected a time such as 33ms or 1.5 s", option, text));
        return value;
    };
    if (!command.until.empty())
        l.until = sc_core::sc_time(seconds(command.until, "--until"), sc_core::SC_SEC);
    if (!command.wall_limit.empty())
        l.wall = seconds(command.wall_limit, "--wall-limit");
    l.cycles = command.max_cycles;
    l.hang = s.run.hang_time;
    l.frames = s.run.frames;
    // Firmware of others says itself when it is done, unless frames were asked for.
    l.stop_after_frames =
        command.control.empty() && (s.firmware.is_default() || command.frames.has_value());
    return l;
}

}  // namespace

int run(const command_line& given) {
    const auto begin = steady::now();
    const origin from = origin_of(given);
    const command_line& command = from.command;
    if (!command.record.empty() && !command.gdb.empty())
        throw input_error(exit_code::usage,
                          "error: what a debugger does is not recorded; leave --gdb out");
    if (!command.record.empty() && !command.mqtt.empty())
        throw input_error(exit_code::usage,
                          "error: what a cloud does is not recorded; leave --mqtt out");
    if (!command.record.empty() && !command.cci.empty())
        throw input_error(exit_code::usage,
                          "error: what a host does over CCI is not recorded; leave --cci out");
    if (!command.record.empty())
        check_place(command.record);
    parameter_registry registry;
    settings s;
    if (from.source)
        resolve_recorded(*from.source, command, s, registry);
    else
        resolve_settings(command, s, registry);
    worker_pool pool(command.threads ? *command.threads
                                     : std::max(1u, std::thread::hardware_concurrency()));
    const std::vector<cci_command> cci = host_script(command.cci);
    const run_inputs in = load_inputs(command, s, registry);
    session_limits limits = limits_of(command, s);
    if (from.source)
        limits.stop_after_frames = from.source->stop_after_frames;
    // A recording and its replay are compared file by file, also where nobody wants the files.
    std::optional<temporary_place> unseen;
    std::string folder = command.out;
    if (folder.empty() && (from.source || !command.record.empty())) {
        unseen.emplace();
        folder = unseen->path() + "/out";
    }
    std::optional<output_folder> out;
    if (!folder.empty())
        out.emplace(folder, command.force);
    input_recorder recorder;
    run_extras extras;
    extras.recorder = command.record.empty() ? nullptr : &recorder;
    extras.cci = cci;
    extras.console_to_stdout = from.source.has_value();
    extras.find_scene = [&from](const std::string& name) { return from.find_scene(name); };

    statistics stats;
    block_context ctx{pool, stats, s.run.seed, command.timing_only};
    std::optional<packet_file> packets;
    if (!command.packets.empty()) {
        if (command.timing_only)
            throw input_error(exit_code::usage,
                              "error: --timing-only packets have no bytes; leave --packets out");
        packets.emplace(command.packets);
    }
    run_trace trace(command, pool, out ? &*out : nullptr);
    ctx.trace = trace.recorder();
    const bool keep = out.has_value();
    sensor chip("sensor", s, in, ctx, [&s, keep](std::uint32_t frame) {
        return keep && is_saved(s.run.saved, frame, s.run.frames);
    });
    if (packets)
        chip.host_side().on_packet(
            [&packets](const packet_info& p, const sc_core::sc_time& at) { packets->take(p, at); });
    std::optional<script> play;
    if (from.play) {
        play = script_for(from, given, chip);
        extras.play = &*play;
        if (!from.source)
            limits.stop_after_frames = false;
    }
    session drive(chip, limits);
    frame_statistics by_frame(stats, chip.events());
    energy_report energy(s, stats, chip);
    detection_report detections(s, registry, in, stats, chip, command.timing_only);
    trace.attach(chip, in, command.timing_only);
    guest services(chip, drive, in, s, command, stats, trace, extras, pool);
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
    run_end end;
    {
        progress shown(command.quiet);
        drive.on_progress([&](std::uint64_t frame) {
            stop_when_asked();
            shown.show(frame, s.run.frames);
        });
        try {
            end = drive.run();
        } catch (const sc_core::sc_report&) {
            // The kernel kept the text alone of what a worker threw, say of a scene's bad file.
            if (const auto error = pool.first_error())
                std::rethrow_exception(error);
            throw;
        }
    }
    by_frame.finish();
    energy.finish();
    chip.finish(s.run.check_protocol);
    detections.finish(chip.host_side().metadata());
    if (end.reason == end_reason::hang)
        throw input_error(exit_code::hang, "error: " + end.message);
    const guest_outputs guest_results = services.finish(end);
    if (packets)
        packets->finish();
    trace.finish(about_run(s, registry, in, command.timing_only));
    if (out)
        write_results(*out, s, registry, in, chip, stats, by_frame, energy, detections,
                      guest_results, command.timing_only, pool, begin);

    auto summary = chip.summary();
    summary.wall = seconds_since(begin);
    std::FILE* const table = command.messages == "-" ? stderr : stdout;
    std::fputs(render_table(summary).c_str(), table);
    if (!command.timing_only && in.network)
        for (const auto& [frame, record] : chip.host_side().metadata()) {
            if (frame + 1 != s.run.frames)
                continue;
            std::string seen;
            for (const auto& f : record.findings) {
                const auto labels = in.labels_of(record.network);
                seen +=
                    fmt::format("{}{} {:.0f} %", seen.empty() ? "" : ", ",
                                f.class_id < labels.size() ? labels[f.class_id]
                                                           : fmt::format("class {}", f.class_id),
                                static_cast<double>(f.score) * 100);
            }
            std::fprintf(table, "  %-22s %s\n", "last frame shows",
                         seen.empty() ? "nothing" : seen.c_str());
        }
    std::fprintf(table, "  %-22s %s\n", "power", energy.line().c_str());
    for (const auto& [name, text] : detections.lines())
        std::fprintf(table, "  %-22s %s\n", name.c_str(), text.c_str());
    std::fputs(guest_results.text.c_str(), table);
    if (trace.recorder())
        std::fprintf(table, "  %-22s %s   %s\n", "trace in", command.trace.c_str(),
                     trace.summary().c_str());
    if (packets)
        std::fprintf(table, "  %-22s %s   %llu\n", "packets in", command.packets.c_str(),
                     static_cast<unsigned long long>(packets->packets()));
    if (!command.out.empty())
        std::fprintf(table, "  %-22s %s\n", "results in", command.out.c_str());
    int code = end.process_code();
    if (!command.record.empty()) {
        recording r = recording_of(command, registry, in, limits, recorder);
        r.exit_code = code;
        r.results = result_hashes(folder);
        write_recording(command.record, r);
        std::fprintf(table, "  %-22s %s\n", "recorded in", command.record.c_str());
    }
    if (from.source) {
        const bool same = tell_of_replay(*from.source, in, result_hashes(folder), code);
        code = static_cast<int>(same ? exit_code::ok : exit_code::mismatch);
    }
    for (const auto& f : services.failures())
        std::fprintf(stderr, "%s\n", f.c_str());
    if (const auto damaged = chip.damaged_weights())
        std::fprintf(stderr,
                     "warning: %llu pieces of weights that came over SPI have a wrong checksum\n",
                     static_cast<unsigned long long>(damaged));
    for (const auto& w : services.cloud_warnings())
        std::fprintf(stderr, "warning: %s\n", w.c_str());
    if ((play && !from.source) || !cci.empty()) {
        std::fprintf(
            table, "  %-22s %zu of %zu expectations met\n", "script",
            services.expectations() - std::min(services.expectations(), services.failures().size()),
            services.expectations());
        if (!services.failures().empty())
            code = static_cast<int>(exit_code::mismatch);
    }
    const privacy_guard& privacy = chip.privacy();
    for (const auto& f : privacy.findings([&chip](std::uint32_t pc) { return chip.place(pc); }))
        std::fprintf(stderr, "%s: %s\n", privacy.fails() ? "error" : "warning", f.c_str());
    if (privacy.fails() && code == 0)
        code = static_cast<int>(exit_code::privacy);
    if (std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    if (!end.message.empty())
        std::fprintf(stderr, "%s%s\n", end.process_code() ? "error: " : "", end.message.c_str());
    return code;
}

}  // namespace ocellus::sim
