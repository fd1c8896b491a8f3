// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/parameter.h"

namespace ocellus {

/// Reads a TOML file into the registry. `inherit = "other.toml"` at the top level is read first
/// (relative to the file that names it; cycles are an error). Tables are dotted name prefixes.
/// Every mistake (syntax, unknown key with the nearest name, wrong type, missing or wrong unit, out
/// of range, not one of the choices) is added to `problems` with file:line:col and the source line.
/// Relative paths are taken from the folder of the file that names them, or from the working folder
/// when that file says `relative_to = "working folder"`. Throws input_error(exit_code::usage) when
/// `path` itself cannot be read.
void load_config_file(const std::string& path, parameter_registry& registry, diagnostics& problems);

/// Applies "key=value" texts from the command line (`--set`), later ones win. The value may be a
/// bare word, a number or a quoted string. Problems name "--set" and show the text with a caret.
void apply_settings(const std::vector<std::string>& settings, parameter_registry& registry,
                    diagnostics& problems);

/// The resolved configuration as TOML: every parameter, its value, and a trailing comment with its
/// origin ("default", "command line", or file name and line). Reading the text back gives the same
/// values.
std::string resolved_config(const parameter_registry& registry);

/// The resolved configuration as JSON text: {"name": {"value", "unit", "origin"}}.
std::string resolved_config_json(const parameter_registry& registry);

/// The table that `ocellus params [glob]` prints: name, type, unit, range, default, sentence,
/// source. `glob` knows * and ?; "" means all.
std::string render_parameters(const parameter_registry& registry, const std::string& glob);

/// Whether any parameter fits the glob; otherwise render_parameters() says so in words.
bool any_parameter_fits(const parameter_registry& registry, const std::string& glob);

/// The same as JSON, and as the Markdown reference page (docs/parameters.md).
std::string render_parameters_json(const parameter_registry& registry, const std::string& glob);
std::string render_parameters_markdown(const parameter_registry& registry);

/// The values of a configuration's text by dotted name, as written there. `shown` is for messages.
/// Throws input_error(exit_code::usage) when it is not TOML.
std::map<std::string, std::string> flatten_config(const std::string& text,
                                                  const std::string& shown);

}  // namespace ocellus
