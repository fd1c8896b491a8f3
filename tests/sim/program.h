// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

/// What a run of the program left behind.
struct program_result {
    int exit_code = -1;  ///< 128 + n when it died of signal n
    std::string out, err;
};

/// AddressSanitizer loses track of the main stack when SystemC's threads have run: an exception
/// thrown after a simulation then gives false reports (google/sanitizers issue 189).
#if defined(__SANITIZE_ADDRESS__)
constexpr bool exceptions_after_simulation = false;
#else
constexpr bool exceptions_after_simulation = true;
#endif

/// Runs build/.../bin/ocellus with these arguments. `folder`: working folder, empty for the current
/// one.
program_result ocellus_program(const std::vector<std::string>& arguments,
                               const std::string& folder = {});

/// Any program, found on the PATH.
program_result run_program(const std::vector<std::string>& command, const std::string& folder = {});

/// A fresh folder that is removed at the end of the process.
std::string scratch_folder();

std::string file_bytes(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);
bool contains(const std::string& text, const std::string& part);
