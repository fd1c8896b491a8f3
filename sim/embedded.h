// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>

namespace ocellus::sim {

/// The bytes of configs/networks/parcels.onnx, built into the program.
std::string embedded_network();
/// ELF files of the boot ROM and of the default firmware (firmware/).
std::string embedded_boot_rom();
std::string embedded_application();
/// Made from the SVD files: the merged one, and the C header.
std::string embedded_svd();
std::string embedded_c_header();

}  // namespace ocellus::sim
