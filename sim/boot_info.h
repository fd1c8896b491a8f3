// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "sim/inputs.h"
#include "sim/register_directory.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// Bytes at the top of the tightly coupled RAM that the loader fills and firmware reads.
constexpr std::uint32_t boot_info_room = 8192;

/// What the host's loader leaves for the firmware (firmware/include/ocellus_boot.h): the mode, the
/// ISP's set-up, and where the network's tensors are. `address` is where its first byte will lie.
/// `networks_there`: a bit for each network that is in SRAM already.
/// Throws input_error when it does not fit `boot_info_room`.
std::vector<unsigned char> make_boot_info(const settings& s, const run_inputs& in,
                                          const register_directory& directory,
                                          std::uint32_t address, std::uint32_t networks_there);

}  // namespace ocellus::sim
