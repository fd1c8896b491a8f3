// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

/// A statistic of the results in a folder.
double statistic(const std::string& folder, const std::string& name);

/// A file of the source tree.
std::string source(const std::string& name);

/// Writes a script of a host into a folder; returns its name.
std::string script_file(const std::string& folder, const std::string& text);
