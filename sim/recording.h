// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/parameter.h"
#include "sim/command_line.h"
#include "sim/inputs.h"

namespace ocellus::sim {

/// Everything that enters a run, and what came out: an input trace (traces/FORMAT.md).
struct recording {
    struct value {
        std::string name, text, origin;
    };
    struct file {
        std::string role;  ///< "config", "scene", "firmware", "network", "labels", "tensor", "raw"
                           ///< or "later": a scene of the script
        std::string name, bytes;
    };
    std::vector<value> parameters;
    std::vector<file> files;
    /// SHA-256 by role of everything that was read, what is built in included.
    std::map<std::string, std::string> inputs;
    bool timing_only = false, strict = false, profile = false, coverage = false;
    bool stop_after_frames = true;
    std::vector<std::string> uart_expect;
    std::string until, script;
    std::uint64_t max_cycles = 0;  ///< 0: none
    int exit_code = 0;
    std::map<std::string, std::string> results;  ///< SHA-256 by name of file
};

/// Throws input_error(io) when no file can be made there: told before a run, not behind it.
void check_place(const std::string& path);
/// Writes it; the file appears whole or not at all. Throws input_error(io).
void write_recording(const std::string& path, const recording& r);
/// Reads it. Throws input_error(usage) for whatever is wrong with the file.
recording read_recording(const std::string& path);

/// SHA-256 of every file of a run's folder that the run alone determines: not the manifest, which
/// tells wall time, and no traces.
std::map<std::string, std::string> result_hashes(const std::string& folder);

/// A folder of our own under the system's for temporary files, gone when this goes.
class temporary_place {
  public:
    temporary_place();
    ~temporary_place();
    temporary_place(const temporary_place&) = delete;
    temporary_place& operator=(const temporary_place&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// What comes into a run while it runs, as a script.
class input_recorder {
  public:
    /// A line of a script at the present time. "scene FILE" takes the file in.
    void act(const std::string& line);
    void typed(const std::string& characters);
    /// The whole script, and the files that it uses.
    std::string script() const;
    const std::vector<recording::file>& files() const { return files_; }

  private:
    std::string text_;
    std::uint64_t at_ = ~std::uint64_t{0};
    bool ended_ = false;
    std::vector<recording::file> files_;
};

}  // namespace ocellus::sim
