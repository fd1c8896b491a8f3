// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <vector>

#include "isp/exposure_statistics.h"
#include "isp/zone_statistics.h"

/// What the ISP writes to memory at the end of a frame; firmware/include/ocellus_statistics.h names
/// the members, docs/isp.md gives their offsets.
namespace ocellus::isp {

constexpr std::uint32_t statistics_magic = 0x54415453;  // "STAT"
constexpr std::uint16_t statistics_version = 1;
constexpr std::uint32_t statistics_header_bytes = 256;
constexpr std::uint32_t statistics_zone_bytes = 80;

constexpr std::uint32_t statistics_record_bytes(unsigned columns, unsigned rows) {
    return statistics_header_bytes + columns * rows * statistics_zone_bytes;
}

/// The record, little-endian.
std::vector<std::uint8_t> statistics_record(std::uint32_t frame, unsigned bits,
                                            const statistics_window& window,
                                            const zone_settings& settings,
                                            const exposure_statistics& exposure,
                                            const zone_statistics& zones);

}  // namespace ocellus::isp
