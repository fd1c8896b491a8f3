// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/settings.h"

#include "sim/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/diagnostics.h"
#include "memory_map.h"
#include "sim/line_limits.h"

namespace ocellus::sim {

void run_parameters::declare(parameter_registry& r) {
    r.integer("run.frames", frames, 1, 1000000)
        .says("Frames to capture.")
        .from(provenance::chosen, "one frame shows the whole way")
        .moves("frames.delivered", +1)
        .compare("1", "3");
    r.integer("run.seed", seed, 0, 0x7fffffffffffffffu)
        .says("Seed of all randomness: noise and fixed patterns.")
        .from(provenance::chosen, "any number")
        .moves_nothing("another draw of the same noise: nothing grows or shrinks");
    r.boolean("run.check_protocol", check_protocol)
        .says(
            "Watch every transaction between blocks; one that breaks its contract ends the run "
            "with exit code 70. Never changes a result.")
        .from(provenance::chosen, "off: it is for those who change blocks")
        .moves("run.checked_transactions", +1);
    r.quantity("run.hang_time", hang_time, unit::second, 0, 1e6)
        .says(
            "Simulated time without a frame, a tensor, a job or a byte on the UART after which "
            "the run ends with exit code 6; 0: never.")
        .from(provenance::chosen, "longer than what a sensor is expected to wait for")
        .moves_nothing("only when a run without progress is given up")
        .compare("5 s", "10 s");
    r.text("scene.source", scene)
        .says(
            "Picture in front of the lens: a PNG, JPEG, TIFF, OpenEXR or RAW file, a sequence such "
            "as img_%04d.png, builtin:parcels, or builtin: and the name of a chart "
            "(docs/scene.md).")
        .from(provenance::chosen, "a scene of our own that needs no file")
        .moves_nothing("another picture: nothing grows or shrinks with it");
    r.integer("scene.seed", scene_seed, 0, 0x7fffffffffffffffu)
        .says("Seed of the built-in scene's arrangement; each frame is a new one.")
        .from(provenance::chosen, "any number")
        .moves_nothing("another arrangement of the same kind");
    r.integer("scene.first", scene_first, 0, 999999999)
        .says("Number in the name of the file that is frame 0 of a sequence.")
        .from(provenance::chosen, "frame k is file k")
        .moves_nothing("which files of a sequence are read");
    r.choice("scene.transfer", scene_transfer,
             {{"auto", picture_transfer::automatic},
              {"srgb", picture_transfer::srgb},
              {"linear", picture_transfer::linear}})
        .says(
            "What integer samples of a picture mean: sRGB code values or light; auto: sRGB, and "
            "light for RAW files. Floating point is always light.")
        .from(provenance::chosen, "what pictures of integers usually hold")
        .moves_nothing("pictures from files alone, and how bright they are");
    r.real("scene.white", scene_white, 1e-6, 1e9)
        .says("Value of a floating point sample that stands for a diffuse white surface.")
        .from(provenance::chosen, "renderers' pictures have white at 1")
        .moves_nothing("pictures of floating point alone");
    r.quantity("scene.picture_rate", picture_rate, unit::hertz, 0, 1e6)
        .says(
            "Pictures of a sequence a second: each row has the mean of those that its exposure "
            "meets; 0: one a frame, which stands still.")
        .from(provenance::chosen, "frame k is file k")
        .moves_nothing("sequences alone");
    r.real("scene.belt_speed", belt_speed, -100, 100)
        .says(
            "Speed of the belt of builtin:parcels to the right while a frame is exposed, in "
            "picture widths a second.")
        .from(provenance::chosen, "a belt that stops for the picture")
        .moves_nothing("as much light, elsewhere in the picture");
    r.text("network.source", network)
        .says(
            "Quantized network: a .tflite or .onnx file, builtin:parcels, "
            "builtin:mobilenet_v1_1.0_224, or none.")
        .from(provenance::chosen, "a network of our own that needs no file")
        .moves("npu.macs", +1)
        .moves("npu.busy", +1)
        .compare("builtin:parcels", "builtin:mobilenet_v1_1.0_224");
    r.text("network.labels", labels)
        .says("Text file with the network's class names, one a line; empty: those of the network.")
        .from(provenance::chosen, "most network files carry no names")
        .moves_nothing("only the names in metadata.jsonl and in the preview");
    r.text("network.second", second)
        .says(
            "A network that is resident beside the first, as network.source, or none; "
            "firmware.schedule says which frames it gets.")
        .from(provenance::chosen, "one network")
        .moves("npu.switches", +1)
        .compare("none", "builtin:mobilenet_v1_1.0_224")
        .under("run.frames=3");
    r.text("network.second_labels", second_labels)
        .says("Text file with the second network's class names, one a line.")
        .from(provenance::chosen, "most network files carry no names")
        .moves_nothing("only the names in metadata.jsonl and in the preview");
    r.integer("network.upload_frame", upload_frame, 0, 1000000)
        .says(
            "Frame at whose start the host begins to upload the second network while the sensor "
            "streams; 0: it is there before the stream.")
        .from(provenance::chosen, "no update")
        .moves("npu.macs", -1)
        .compare("0", "2")
        .under("network.second=builtin:mobilenet_v1_1.0_224")
        .under("network.upload_rate=1 Gb/s")
        .under("firmware.schedule=1")
        .under("run.frames=4");
    r.boolean("network.upload_on_request", upload_on_request)
        .says("The second network is not there before the stream: a cloud deploys it (run --mqtt).")
        .from(provenance::chosen, "no update")
        .moves("npu.macs", -1)
        .compare("false", "true")
        .under("network.second=builtin:mobilenet_v1_1.0_224")
        .under("firmware.schedule=1")
        .under("run.frames=2");
    r.quantity("network.upload_rate", upload_rate, unit::bit_per_second, 1e3, 1e12)
        .says("Rate of that upload.")
        .from(provenance::published, "the part's SPI target: at most 35 MHz (Linux device tree)")
        .moves("npu.macs", +1)
        .compare("35 Mb/s", "4 Gb/s")
        .under("network.second=builtin:mobilenet_v1_1.0_224")
        .under("network.upload_frame=1")
        .under("run.frames=5");
    r.choice("output.image", image,
             {{"raw", image_output::raw}, {"isp", image_output::isp}, {"none", image_output::none}})
        .says("What leaves by CSI-2 beside metadata: RAW samples, the ISP's picture, or nothing.")
        .from(provenance::published, "the public driver's modes send RAW10")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("none", "raw");
    r.choice("output.save_frames", saved,
             {{"first", saved_frames::first},
              {"last", saved_frames::last},
              {"all", saved_frames::all},
              {"none", saved_frames::none}})
        .says("Frames whose pictures and tensors are written to the output folder.")
        .from(provenance::chosen, "a 12 Mpx PNG takes longer to write than to simulate")
        .moves_nothing("only which files are written")
        .compare("none", "all");
    r.boolean("output.dng", dng)
        .says("Write the saved RAW frames as DNG too, for RAW converters.")
        .from(provenance::chosen, "off: 25 MB a frame at full resolution")
        .moves_nothing("only which files are written");
    r.boolean("output.quality", quality)
        .says(
            "Compare the last saved ISP picture with its ideal scene: statistics quality.*, of "
            "runs "
            "with --out.")
        .from(provenance::chosen, "off: it takes longer than the picture")
        .moves_nothing("only what is measured");
    r.choice("output.detections", detections,
             {{"auto", truth_check::automatic}, {"on", truth_check::on}, {"off", truth_check::off}})
        .says(
            "Compare what the network reported with what the scene shows: statistics detection.*; "
            "auto: where the scene knows it and the network has such classes.")
        .from(provenance::chosen, "auto: it costs nothing beside a frame")
        .moves_nothing("only what is measured");
    r.boolean("output.dump_stages", dump_stages)
        .says("Write what every ISP stage makes of the saved frames: a picture and a checksum.")
        .from(provenance::chosen, "off: 800 MB of memory a frame at full resolution")
        .moves_nothing("only which files are written");
}

void settings::declare(parameter_registry& r) {
    run.declare(r);
    pixels.declare(r);
    adc.declare(r);
    die_link.declare(r);
    isp.declare(r);
    csi2.declare(r);
    cci.declare(r);
    boot.declare(r);
    sram.declare(r);
    interconnect.declare(r);
    dma.declare(r);
    capture.declare(r);
    npu.declare(r);
    weights.declare(r);
    firmware.declare(r);
    cpu.declare(r);
    clint.declare(r);
    uart.declare(r);
    envelopes.declare(r);
    privacy.declare(r);
    energy.declare(r);
}

std::uint64_t settings::capture_bytes() const {
    return capture.ring_bytes(wire_row_bytes(*this));
}

dsp::memory_budget settings::network_budget() const {
    dsp::memory_budget b = npu.budget(memory_map::sram_base, sram.size - capture_bytes());
    weights.limit(b, npu.clock);
    return b;
}

void settings::follow() {
    const bool binned = pixels.sensor.binning == 2;
    const bool digital = pixels.noise.binned == models::pixel_noise_parameters::binning::digital;
    adc.digital_binning = digital;
    adc.set_binning(binned ? 2 : 1);
    if (pixels.sensor.line_length != 0)
        return;
    // The line has to be a whole number of pixel clocks.
    const double rate = models::pixel_rate_of(pixels.sensor.registers()).hertz();
    pixels.sensor.shortest_line = static_cast<std::uint64_t>(
        std::ceil(slowest(line_limits(*this)).seconds * rate * (1 - 1e-12)));
}

namespace {

void check_networks(const settings& s, const parameter_registry& r, diagnostics& problems) {
    const bool two = s.run.second != "none";
    if (two && s.run.network == "none")
        problems.error(r.where("network.second"), "network.second without network.source",
                       "a single network is network.source");
    for (const auto& [later, name] :
         {std::pair(s.run.upload_frame > 0, "network.upload_frame"),
          std::pair(s.run.upload_on_request, "network.upload_on_request")})
        if (!two && later)
            problems.error(r.where(name),
                           std::string(name) + " without network.second: nothing to upload",
                           "name the new network in network.second");
    std::string why;
    if (s.firmware.networks_of_frames(two, s.run.uploads_later(), why).empty())
        problems.error(r.where("firmware.schedule"),
                       "firmware.schedule = \"" + s.firmware.schedule + "\": " + why,
                       "auto, or 1 to 32 digits 0 and 1, such as 001: the networks of successive "
                       "frames, repeated");
    else if (two && s.firmware.schedule != "auto" &&
             s.firmware.schedule.find('1') == std::string::npos)
        problems.warning(r.where("firmware.schedule"),
                         "no frame goes to network.second: firmware.schedule has no 1",
                         "01 takes turns");
}

/// What shares are for initiators that are not there; "npu" for what has several ports.
bool check_names(const std::map<std::string, memory::initiator_share>& shares,
                 const source_position& where, diagnostics& problems) {
    const auto& names = bus_initiators();
    bool good = true;
    for (const auto& [who, share] : shares) {
        if (std::find(names.begin(), names.end(), who) != names.end())
            continue;
        good = false;
        std::vector<std::string> ports;
        for (const auto& name : names)
            if (name.rfind(who + "_", 0) == 0)
                ports.push_back(name);
        if (ports.empty())
            ports.push_back(nearest_name(who, names));
        problems.error(where, fmt::format("interconnect.shares: there is no initiator '{}'", who),
                       ports[0].empty() ? fmt::format("one of {}", fmt::join(names, ", "))
                                        : fmt::format("{} was expected", fmt::join(ports, ", ")));
    }
    return good;
}

/// Deadlines that no arbiter can meet.
void check_deadlines(const settings& s, const parameter_registry& r, diagnostics& problems) {
    std::map<std::string, memory::initiator_share> shares;
    std::string why;
    if (!memory::parse_shares(s.interconnect.shares, shares, why)) {
        problems.error(r.where("interconnect.shares"), "interconnect.shares: " + why);
        return;
    }
    if (!check_names(shares, r.where("interconnect.shares"), problems))
        return;
    if (s.sram.fidelity != memory::memory_fidelity::approximately_timed ||
        s.sram.policy != memory::arbitration::deadline)
        return;
    const auto where = r.where("interconnect.shares");
    double picture = 0;  // B/s of streams with a deadline
    for (const auto& [who, share] : shares) {
        if (share.deadline == 0)
            continue;
        const bool video = who == "video_writer" || who == "video_reader";
        const std::uint64_t bytes = video                       ? s.capture.burst
                                    : who == "dma"              ? s.dma.burst
                                    : who.rfind("npu_", 0) == 0 ? s.npu.burst
                                                                : 1;
        const std::uint64_t accesses = (bytes + s.sram.width - 1) / s.sram.width;
        if (share.deadline < accesses)
            problems.error(
                where,
                fmt::format("no schedule can meet {}'s deadline of {} cycles: its bursts of {} B "
                            "are {} accesses of {} B, one a cycle",
                            who, share.deadline, bytes, accesses, s.sram.width),
                fmt::format("deadline={} at least, shorter bursts, or a wider sram.width",
                            accesses));
        if (video && s.capture.lines > 0)
            picture += static_cast<double>(wire_row_bytes(s)) /
                       (s.pixels.sensor.timing().line_time * rows_per_wire_row(s));
    }
    const double ports = s.sram.ports == memory::bank_ports::one ? 1 : 2;
    const double peak = static_cast<double>(s.sram.banks * s.sram.width) * ports * s.sram.clock;
    if (picture > peak)
        problems.error(
            where,
            fmt::format("no schedule can meet the picture's deadlines: writing and reading it "
                        "takes {:.3f} MB/s and all banks together have {:.3f} MB/s",
                        picture / 1e6, peak / 1e6),
            "more sram.banks, a wider sram.width, a higher sram.clock or a longer line");
}

}  // namespace

const std::vector<std::string>& bus_initiators() {
    static const std::vector<std::string> names = {
        "isp",       "npu_read", "npu_weight", "npu_write", "dma",          "csi2",
        "cpu_fetch", "cpu_data", "external",   "cci",       "video_writer", "video_reader"};
    return names;
}

void settings::check(const parameter_registry& r, diagnostics& problems) const {
    envelopes.check(r, problems);
    models::check(pixels.sensor, r, problems);
    memory::check(sram, r, problems);
    isp.check(static_cast<unsigned>(pixels.sensor.width),
              static_cast<unsigned>(pixels.sensor.height), r, problems);
    weights.check(npu.weights, r, problems);
    if (capture_bytes() > sram.size / 2)
        problems.error(r.where("capture.lines"),
                       fmt::format("capture.lines = {} need {} B and the SRAM has {} B",
                                   capture.lines, capture_bytes(), sram.size),
                       "half of the SRAM at most");
    if (problems.has_errors())
        return;
    check_networks(*this, r, problems);
    check_deadlines(*this, r, problems);
    if (privacy.mode != privacy_mode::full && privacy.mode != privacy_mode::metadata_roi &&
        run.image != image_output::none)
        problems.warning(r.where("output.image"),
                         "output.image sends pictures and privacy.mode keeps them in",
                         "output.image = none, or privacy.mode = full");
    const auto timing = pixels.sensor.timing();
    models::check(adc, timing, r, problems);
    if (!links::raw_type_of(adc.bits) && run.image == image_output::raw)
        problems.error(
            r.where("adc.bits"), fmt::format("adc.bits = {} cannot be sent as RAW", adc.bits),
            "output.image = raw knows RAW8, RAW10, RAW12 and RAW14; or output.image = isp");
    const double link = die_link.row_seconds(pixels.sensor.width, adc.bits);
    if (link > timing.line_time)
        problems.warning(
            r.where("die_link.lane_rate"),
            fmt::format("the die link needs {} for a row and a line lasts {}: it is the bottleneck "
                        "and rows will be lost",
                        format_quantity(link, unit::second),
                        format_quantity(timing.line_time, unit::second)),
            fmt::format("{} lanes of {} at least, {} lanes of {} at least, or a longer line: "
                        "sensor.line_length >= {} cycles, or 0 for what all parts can follow",
                        static_cast<std::uint64_t>(std::ceil(static_cast<double>(die_link.lanes) *
                                                             link / timing.line_time)),
                        format_quantity(die_link.lane_rate, unit::bit_per_second), die_link.lanes,
                        format_quantity(std::ceil(die_link.lane_rate * link / timing.line_time),
                                        unit::bit_per_second),
                        static_cast<std::uint64_t>(std::ceil(link * timing.pixel_rate.hertz()))));
    const double clocks = std::ceil(static_cast<double>(pixels.sensor.width) /
                                    static_cast<double>(isp.pixels_per_clock)) +
                          static_cast<double>(isp.horizontal_blanking);
    // A short excess is held by the input buffer until the blanking.
    const double late = (clocks / isp.clock - timing.line_time) *
                        static_cast<double>(pixels.sensor.height) * isp.clock / clocks;
    if (late >= static_cast<double>(isp.input_rows))
        problems.warning(
            r.where("isp.pixels_per_clock"),
            fmt::format(
                "the ISP needs {:.3f} us for a row of {} pixels ({} clocks of {}) and a new "
                "one comes every {:.3f} us: it falls {:.0f} rows behind in a frame, its "
                "input buffer holds {}, and rows of a picture or tensor will be lost",
                clocks / isp.clock * 1e6, pixels.sensor.width, clocks,
                format_quantity(isp.clock, unit::hertz), timing.line_time * 1e6, late,
                isp.input_rows),
            fmt::format("isp.pixels_per_clock >= {} at this clock, or a longer line",
                        static_cast<std::uint64_t>(std::ceil(
                            static_cast<double>(pixels.sensor.width) /
                            std::max(1.0, timing.line_time * isp.clock -
                                              static_cast<double>(isp.horizontal_blanking))))));
    const auto row = wire_row_bytes(*this);
    if (row == 0)
        return;
    const double wire = links::csi2_wire_seconds(row + 6, static_cast<unsigned>(csi2.lanes),
                                                 csi2.lane_rate, csi2.hs_overhead);
    const double available = timing.line_time * rows_per_wire_row(*this);
    if (wire > available)
        problems.warning(
            r.where("csi2.lane_rate"),
            fmt::format(
                "CSI-2 needs {:.3f} us for a row of {} bytes and a new one comes every {:.3f} "
                "us: image lines will be lost",
                wire * 1e6, row, available * 1e6),
            fmt::format("{} lanes need at least {:.0f} Mb/s each", csi2.lanes,
                        8.0 * (row + 6) / static_cast<double>(csi2.lanes) /
                            std::max(1e-9, available - csi2.hs_overhead) / 1e6));
}

std::string resolve_path(const parameter_registry& r, const std::string& parameter,
                         const std::string& value) {
    const source_position where = r.where(parameter);
    const std::filesystem::path path(value);
    if (where.line == 0 || where.file == "--set" || path.is_absolute())
        return value;
    return (std::filesystem::path(where.file).parent_path() / path).string();
}

void resolve_recorded(const recording& source, const command_line& command, settings& s,
                      parameter_registry& r) {
    diagnostics problems;
    s.declare(r);
    for (const auto& v : source.parameters) {
        source_position where;
        where.file = "recording";
        where.text = v.name + " = " + v.text;
        r.assign(v.name, v.text, where, v.origin, problems);
    }
    apply_settings(command.settings, r, problems);
    if (!problems.has_errors()) {
        s.follow();
        s.check(r, problems);
    }
    problems.throw_if_errors();
}

void resolve_settings(const command_line& command, settings& s, parameter_registry& r) {
    diagnostics problems;
    s.declare(r);
    if (!command.config_file.empty())
        load_config_file(command.config_file, r, problems);
    apply_settings(command.settings, r, problems);
    const auto option = [&](const char* name, const char* flag, const std::string& value) {
        source_position where;
        where.file = flag;
        where.text = fmt::format("{} {}", flag, value);
        where.column = static_cast<unsigned>(std::string(flag).size()) + 2;
        where.length = static_cast<unsigned>(value.size());
        r.assign(name, value, where, "command line", problems);
    };
    if (command.frames)
        option("run.frames", "--frames", std::to_string(*command.frames));
    if (command.seed)
        option("run.seed", "--seed", std::to_string(*command.seed));
    if (!command.scene.empty())
        option("scene.source", "--scene", command.scene);
    if (!command.network.empty())
        option("network.source", "--network", command.network);
    if (!command.firmware.empty())
        option("firmware.file", "--firmware", command.firmware);
    if (!command.uart.empty())
        option("firmware.uart", "--uart", command.uart);
    if (!command.cci.empty())
        option("sensor.standby", "--cci", "true");
    if (!problems.has_errors()) {
        s.follow();
        s.check(r, problems);
    }
    problems.throw_if_errors();
    if (!problems.warnings().empty())
        std::fputs(problems.render().c_str(), stderr);
}

}  // namespace ocellus::sim
