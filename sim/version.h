// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

namespace ocellus::sim {

std::string version_text();   ///< "0.1.0"
std::string compiler_text();  ///< "GCC 12.2.0"
std::string systemc_text();   ///< "2.3.4"

}  // namespace ocellus::sim
