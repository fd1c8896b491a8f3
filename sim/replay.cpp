// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/replay.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "core/files.h"
#include "sim/inputs.h"
#include "sim/sensor_control.h"

namespace ocellus::sim {
namespace {

/// The names that a script may use are those of the built sensor.
script_names names_of_sensor(const sensor& chip) {
    script_names n;
    n.registers = chip.registers().names();
    n.interrupts = sensor::interrupt_names();
    n.events = sensor_control::named_events();
    return n;
}

script read_script(const std::string& text, const std::string& path, const script_names& names) {
    diagnostics problems;
    script s = parse_script(text, path, names, problems);
    problems.throw_if_errors();
    return s;
}

void unpack(origin& o) {
    o.files = std::make_unique<temporary_place>();
    recording& r = *o.source;
    std::string sequence;  // the name that stands for the files of a scene
    for (const auto& v : r.parameters)
        if (v.name == "scene.source")
            sequence = std::filesystem::path(v.text).filename().string();
    for (std::size_t i = 0; i < r.files.size(); ++i) {
        const auto& f = r.files[i];
        std::filesystem::create_directory(fmt::format("{}/{}", o.files->path(), i));
        const std::string path = o.path_of(i);
        replace_file(path, f.bytes);
        const auto use = [&](const char* parameter) {
            for (auto& v : r.parameters)
                if (v.name == parameter)
                    v.text = path;
        };
        if (f.role == "config")
            o.command.config_file = path;
        if (f.role == "scene" && f.name == sequence)
            use("scene.source");
        if (f.role == "scene" && f.name != sequence) {
            const std::string folder = o.files->path() + "/sequence";
            std::filesystem::create_directories(folder);
            replace_file(folder + "/" + f.name, f.bytes);
            for (auto& v : r.parameters)
                if (v.name == "scene.source")
                    v.text = folder + "/" + sequence;
        }
        if (f.role == "network")
            use("network.source");
        if (f.role == "labels")
            use("network.labels");
        if (f.role == "second network")
            use("network.second");
        if (f.role == "second network labels")
            use("network.second_labels");
        if (f.role == "firmware")
            use("firmware.file");
        if (f.role == "tensor")
            o.command.inject_tensor = path;
        if (f.role == "raw")
            o.command.inject_raw = path;
    }
    o.command.timing_only = r.timing_only;
    o.command.strict = r.strict;
    o.command.profile = r.profile;
    o.command.coverage = r.coverage;
    o.command.uart_expect = r.uart_expect;
    o.command.until = r.until;
    if (r.max_cycles)
        o.command.max_cycles = r.max_cycles;
}

void take_settings(origin& o) {
    const script& s = *o.play;
    command_line& c = o.command;
    c.config_file = s.config_file;
    std::vector<std::string> all = s.settings;
    all.insert(all.end(), c.settings.begin(), c.settings.end());
    c.settings = all;
    c.timing_only = s.timing_only;
    for (const auto& [name, value] : s.options) {
        if (name == "network")
            c.network = value;
        else if (name == "firmware")
            c.firmware = value;
        else if (name == "scene")
            c.scene = value;
        else if (name == "tensor")
            c.inject_tensor = value;
        else
            c.settings.insert(c.settings.begin(), "run." + name + "=" + value);
    }
}

}  // namespace

std::string origin::find_scene(const std::string& name) const {
    const std::string prefix = "file:";
    if (name.rfind(prefix, 0) != 0 || !source)
        return name;
    std::size_t later = std::stoul(name.substr(prefix.size()));
    for (std::size_t i = 0; i < source->files.size(); ++i)
        if (source->files[i].role == "later" && later-- == 0)
            return path_of(i);
    throw input_error(exit_code::usage,
                      "error: the recording has no scene that its script calls " + name);
}
std::string origin::path_of(std::size_t file) const {
    return fmt::format("{}/{}/{}", files->path(), file, source->files[file].name);
}

origin origin_of(const command_line& command) {
    origin o;
    o.command = command;
    if (command.replay.empty())
        return o;
    const std::string bytes = read_input_file(command.replay);
    if (bytes.rfind("\x89OTR", 0) == 0) {
        o.source = read_recording(command.replay);
        unpack(o);
        o.play = read_script(o.source->script, command.replay, {});
    } else {
        o.play = read_script(bytes, command.replay, {});
        take_settings(o);
    }
    return o;
}

script script_for(const origin& o, const command_line& given, const sensor& chip) {
    return read_script(o.source ? o.source->script : read_input_file(given.replay), given.replay,
                       names_of_sensor(chip));
}

recording recording_of(const command_line& command, const parameter_registry& registry,
                       const run_inputs& in, const session_limits& limits,
                       const input_recorder& recorder) {
    recording r;
    for (const auto* p : registry.all())
        r.parameters.push_back({p->name, p->get(), p->origin});
    for (const auto& f : in.files)
        if (!f.sha256.empty())
            r.inputs[f.role] = f.sha256;
    for (const auto& f : in.files)
        if (!f.path.empty()) {
            r.files.push_back({f.role, f.name, read_file(f.path)});
            if (sha256_hex(r.files.back().bytes) != f.sha256)
                throw input_error(exit_code::io,
                                  fmt::format("error: {} changed while it was recorded", f.path));
        }
    for (const auto& f : recorder.files())
        r.files.push_back(f);
    r.timing_only = command.timing_only;
    r.strict = command.strict;
    r.profile = command.profile;
    r.coverage = command.coverage;
    r.stop_after_frames = limits.stop_after_frames;
    r.uart_expect = command.uart_expect;
    r.until = command.until;
    r.max_cycles = command.max_cycles.value_or(0);
    r.script = recorder.script();
    return r;
}

bool tell_of_replay(const recording& source, const run_inputs& in,
                    const std::map<std::string, std::string>& results, int code) {
    bool same = true;
    const auto say = [&same](const std::string& text) {
        same = false;
        std::fprintf(stderr, "differs: %s\n", text.c_str());
    };
    // What is built in may be another of another version.
    for (const auto& f : in.files) {
        const auto known = source.inputs.find(f.role);
        if (known != source.inputs.end() && known->second != f.sha256)
            say(fmt::format("the {} {} is another than the recorded one", f.role, f.name));
    }
    for (const auto& [name, hash] : source.results) {
        const auto found = results.find(name);
        if (found == results.end())
            say(name + " is missing");
        else if (found->second != hash)
            say(fmt::format("{}: expected SHA-256 {}, actual {}", name, hash, found->second));
    }
    for (const auto& [name, hash] : results)
        if (!source.results.count(name))
            say(name + " was not there");
    if (code != source.exit_code)
        say(fmt::format("exit code: expected {}, actual {}", source.exit_code, code));
    if (same)
        std::printf("  %-22s %zu files and the exit code as recorded\n", "replay",
                    source.results.size());
    return same;
}

}  // namespace ocellus::sim
