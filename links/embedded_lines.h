// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

/// Embedded data lines in front of an image: register values of the frame in the tagged form of
/// SMIA and MIPI CCS, as public hosts read them (libcamera, md_parser_smia).
///
///     0x0A                     begins a line
///     0xAA hi, 0xA5 lo         the index of the next value
///     0x5A value               a register's byte; the index goes up by one
///     0x07 0x07                ends the line; 0x07 fills it
///
/// Bytes are packed like pixels that carry eight bits each: behind every fourth (RAW10), second
/// (RAW12) or fourth (RAW14: three) come the bytes of the low bits, 0x55.
namespace ocellus::links {

/// Registers by index, in rising order, with their bytes.
using register_bytes = std::vector<std::pair<std::uint16_t, std::uint8_t>>;

/// A line of `line_bytes` for pixels of `bits` (8, 10, 12 or 14; others are taken as 8). Registers
/// that do not fit are left out, whole.
std::vector<std::uint8_t> embedded_line(const register_bytes& registers, unsigned bits,
                                        std::uint32_t line_bytes);

}  // namespace ocellus::links
