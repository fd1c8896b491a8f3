// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/registers.h"

namespace ocellus::links {

/// A register of the camera control interface (CCI) as a host sees it: at a 16-bit index, most
/// significant byte first. `count` equal ones may follow each other.
struct cci_register {
    std::uint16_t index;   ///< of the first byte of the first element
    std::uint8_t bytes;    ///< of an element: 1, 2 or 4
    std::uint16_t count;   ///< elements
    access mode;           ///< read_write or read_only
    std::uint32_t reset;   ///< of every element
    const char* name;      ///< "frame_length_lines"; MIPI CCS names where there is one
    const char* acts;      ///< the block's register that it is, "pixel_array.FRAME_LENGTH"; or ""
    const char* sentence;  ///< what it means
    const char* source;    ///< where its address and meaning are published

    /// Bytes of all elements.
    constexpr unsigned span() const { return unsigned{bytes} * count; }
    constexpr std::uint16_t index_of(unsigned element) const {
        return static_cast<std::uint16_t>(index + element * bytes);
    }
};

/// Register 0x013A and the same byte of embedded data: degrees Celsius, signed, limited to -20
/// .. 80.
std::uint8_t temperature_byte(double celsius);

/// Every register that Ocellus knows, in order of index: the one description from which decoding,
/// names in scripts and docs/cci-registers.md are made. Indices and meanings are those of public
/// sources, named in each entry; what a register without `acts` does is stored and read back.
const std::vector<cci_register>& cci_registers();

/// The register that holds the byte at `index`, or null.
const cci_register* cci_register_at(std::uint16_t index);
/// By name, with element ("gamma_red[3]") where there are several; null when there is none.
const cci_register* cci_register_named(const std::string& name, unsigned& element);
/// Names of all registers.
std::vector<std::string> cci_register_names();

/// docs/cci-registers.md.
std::string cci_register_reference();

}  // namespace ocellus::links
