// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace ocellus {

/// Exit codes of the program, documented in docs/exit-codes.md.
enum class exit_code : int {
    ok = 0,
    mismatch = 1,    ///< a golden comparison differs
    usage = 2,       ///< bad command line, configuration, scene or network; nothing was simulated
    firmware = 3,    ///< firmware reported failure
    sim_limit = 4,   ///< simulated-time or cycle limit
    wall_limit = 5,  ///< wall-clock limit
    hang = 6,        ///< no progress
    io = 7,          ///< input or output error: unwritable folder, full disk
    privacy = 8,     ///< something left the chip that privacy.mode keeps in
    internal = 70,   ///< a bug of ours
};

/// A place in an input text. `line` and `column` count from 1; 0 means "no line".
struct source_position {
    std::string file;  ///< path as the user wrote it, or "--set" for the command line
    unsigned line = 0;
    unsigned column = 0;
    unsigned length = 1;  ///< characters to underline
    std::string text;     ///< the whole source line, without its end of line; may be empty
};

/// One message. Rendered as
///     file:line:col: error: message
///      12 | bits = 99
///         |        ^~ hint
struct diagnostic {
    source_position where;
    std::string message;
    std::string hint;  ///< what was expected, or the nearest valid name; may be empty
};

/// Collects every mistake of an input so that all are reported at once.
class diagnostics {
  public:
    void error(source_position where, std::string message, std::string hint = {});
    void warning(source_position where, std::string message, std::string hint = {});
    bool has_errors() const { return !errors_.empty(); }
    const std::vector<diagnostic>& errors() const { return errors_; }
    const std::vector<diagnostic>& warnings() const { return warnings_; }
    /// All messages, each with its source line and caret, and a closing line "N errors. Nothing was
    /// simulated." when there are errors.
    std::string render() const;
    /// Throws input_error(exit_code::usage, render()) when there are errors.
    void throw_if_errors() const;

  private:
    std::vector<diagnostic> errors_;
    std::vector<diagnostic> warnings_;
};

/// A mistake of the user's or of a file, with the exit code it causes. main() prints what() and
/// exits.
class input_error : public std::runtime_error {
  public:
    input_error(exit_code code, const std::string& message)
        : std::runtime_error(message), code_(code) {}
    exit_code code() const { return code_; }

  private:
    exit_code code_;
};

/// The candidate nearest to `word` by edit distance, or "" when none is near enough (a third of the
/// word's length, at least 2).
std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace ocellus
