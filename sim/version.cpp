// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/version.h"

#include <systemc>

namespace ocellus::sim {

std::string version_text() {
    return OCELLUS_VERSION;
}

std::string compiler_text() {
#if defined(__clang__)
    return "Clang " __clang_version__;
#else
    return "GCC " __VERSION__;
#endif
}

std::string systemc_text() {
    return SC_VERSION;
}

}  // namespace ocellus::sim
