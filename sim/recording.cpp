// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/recording.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <systemc>

#include "core/block_file.h"
#include "core/files.h"
#include "core/text.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t piece = std::size_t{32} << 20;
constexpr std::size_t most_files = 1000;
constexpr std::uint64_t most_bytes = std::uint64_t{4} << 30;

json description_of(const recording& r) {
    json files = json::array();
    for (const auto& f : r.files)
        files.push_back({{"role", f.role},
                         {"name", f.name},
                         {"bytes", f.bytes.size()},
                         {"sha256", sha256_hex(f.bytes)}});
    return {{"schema", "ocellus-input-1"},
            {"version", version_text()},
            {"files", files},
            {"inputs", r.inputs},
            {"options",
             {{"timing_only", r.timing_only},
              {"strict", r.strict},
              {"profile", r.profile},
              {"coverage", r.coverage},
              {"stop_after_frames", r.stop_after_frames},
              {"uart_expect", r.uart_expect},
              {"until", r.until},
              {"max_cycles", r.max_cycles}}},
            {"exit_code", r.exit_code},
            {"results", r.results}};
}

void describe(recording& r, const json& d, const block_reader& file) {
    if (d.at("schema") != "ocellus-input-1")
        file.fail("damaged: a description of another version");
    r.inputs = d.at("inputs").get<std::map<std::string, std::string>>();
    const auto& o = d.at("options");
    r.timing_only = o.at("timing_only");
    r.strict = o.at("strict");
    r.profile = o.at("profile");
    r.coverage = o.at("coverage");
    r.stop_after_frames = o.at("stop_after_frames");
    r.uart_expect = o.at("uart_expect").get<std::vector<std::string>>();
    r.until = o.at("until");
    r.max_cycles = o.at("max_cycles");
    r.exit_code = d.at("exit_code");
    r.results = d.at("results").get<std::map<std::string, std::string>>();
    std::uint64_t all = 0;
    for (const auto& f : d.at("files")) {
        r.files.push_back({f.at("role"), f.at("name"), {}});
        const std::string& name = r.files.back().name;
        all += f.at("bytes").get<std::uint64_t>();
        if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
            name.find('\0') != std::string::npos)
            file.fail(fmt::format("damaged: a file called {}", json_string(name)));
    }
    if (r.files.size() > most_files || all > most_bytes)
        file.fail(fmt::format("{} files of {} bytes are too much", r.files.size(), all));
}

}  // namespace

void check_place(const std::string& path) {
    const std::string partial = fmt::format("{}.partial.{}", path, getpid());
    output_file(partial, path).close();
    std::remove(partial.c_str());
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        throw input_error(exit_code::io, fmt::format("error: cannot write '{}': a folder", path));
}

void write_recording(const std::string& path, const recording& r) {
    const std::string partial = fmt::format("{}.partial.{}", path, getpid());
    try {
        block_writer w(partial, path, block_file_kind::input_trace, nullptr);
        json values = json::array();
        for (const auto& v : r.parameters)
            values.push_back({{"name", v.name}, {"value", v.text}, {"origin", v.origin}});
        w.add("CONF", values.dump(1));
        for (std::size_t i = 0; i < r.files.size(); ++i) {
            const std::string& bytes = r.files[i].bytes;
            for (std::size_t at = 0; at == 0 || at < bytes.size(); at += piece)
                w.add("FILE", bytes.substr(at, piece), static_cast<std::uint32_t>(i));
        }
        w.add("ACTS", r.script);
        w.add("DESC", description_of(r).dump(1));
        w.close();
    } catch (...) {
        std::remove(partial.c_str());
        throw;
    }
    std::error_code failed;
    fs::rename(partial, path, failed);
    if (failed) {
        std::remove(partial.c_str());
        throw input_error(exit_code::io,
                          fmt::format("error: cannot write '{}': {}", path, failed.message()));
    }
}

recording read_recording(const std::string& path) {
    const block_reader file(path, block_file_kind::input_trace);
    recording r;
    try {
        const json d = json::parse(file.read(file.only("DESC")));
        describe(r, d, file);
        for (const auto& v : json::parse(file.read(file.only("CONF"))))
            r.parameters.push_back({v.at("name"), v.at("value"), v.at("origin")});
        r.script = file.read(file.only("ACTS"));
        for (const auto& b : file.blocks()) {
            if (b.type != "FILE")
                continue;
            if (b.records >= r.files.size())
                file.fail(
                    fmt::format("damaged: a block of file {}, which is not listed", b.records));
            r.files[b.records].bytes += file.read(b);
        }
        for (std::size_t i = 0; i < r.files.size(); ++i)
            if (sha256_hex(r.files[i].bytes) != d.at("files")[i].at("sha256"))
                file.fail(fmt::format("damaged: the content of {} does not fit its SHA-256",
                                      json_string(r.files[i].name)));
    } catch (const json::exception& e) {
        file.fail(fmt::format("damaged: its description ({})", e.what()));
    }
    return r;
}

std::map<std::string, std::string> result_hashes(const std::string& folder) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = fs::relative(entry.path(), folder).string();
        if (entry.is_regular_file() && name != "manifest.json" &&
            entry.path().extension() != ".otr")
            out[name] = sha256_file(entry.path().string());
    }
    return out;
}

temporary_place::temporary_place() {
    std::string pattern = (fs::temp_directory_path() / "ocellus-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
        throw input_error(exit_code::io, "error: cannot make a folder like '" + pattern + "'");
    path_ = pattern;
}

temporary_place::~temporary_place() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void input_recorder::act(const std::string& line) {
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    if (now != at_)
        text_ += fmt::format(
            "at {} ps\n",
            now / std::max<std::uint64_t>(1, sc_core::sc_time(1, sc_core::SC_PS).value()));
    at_ = now;
    const std::string scene = "scene ";
    if (line.rfind(scene, 0) == 0 && line.rfind(scene + "builtin:", 0) != 0) {
        const std::string path = line.substr(scene.size());
        text_ += fmt::format("scene file:{}\n", files_.size());
        files_.push_back({"later", fs::path(path).filename().string(), read_file(path)});
        return;
    }
    text_ += line + "\n";
    ended_ = ended_ || line == "quit";
}

void input_recorder::typed(const std::string& characters) {
    std::string quoted;
    for (const char c : characters)
        quoted += c >= 32 && c < 127 && c != '"' && c != '\\'
                      ? std::string(1, c)
                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    act("uart \"" + quoted + "\"");
}

std::string input_recorder::script() const {
    return ended_ ? text_ : text_ + "finish\n";
}

}  // namespace ocellus::sim
