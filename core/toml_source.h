// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/parameter.h"

namespace ocellus {

/// The text of a TOML file, and where in it something is, for messages. Only for code that reads
/// TOML files; others need core/config.h.
class toml_source {
  public:
    /// `path` as the user wrote it.
    toml_source(std::string path, std::string text);
    const std::string& path() const { return path_; }
    /// Of the byte at `offset` of the text.
    source_position position(std::size_t offset) const;
    /// A region that spans lines is underlined to the end of its first line.
    source_position position(const toml::source_region& region) const;
    /// The whole file. Text that is not UTF-8 and mistakes of syntax go to `problems`; then
    /// nothing.
    std::optional<toml::table> parse(diagnostics& problems) const;

  private:
    std::string path_, text_;
    std::vector<std::string> lines_;
};

/// "a table", "an integer", ...
const char* type_of(const toml::node& n);

/// What a file should say for a parameter: "expected an integer, 8 .. 12, without quotes".
std::string expected_of(const parameter& p);

/// The value as parameter_registry::assign() reads it; false when the TOML type is not the
/// parameter's.
bool parameter_text(const parameter& p, const toml::node& value, std::string& text);

/// Assigns every key of a table, and of its tables, to the parameters of these names; mistakes go
/// to `problems`. Keys of the top level that are among `ignored` are skipped. `relative`: paths are
/// relative to the file's folder.
void assign_table(const toml::table& table, const toml_source& source,
                  const std::vector<std::string>& ignored, bool relative,
                  parameter_registry& registry, diagnostics& problems);

}  // namespace ocellus
