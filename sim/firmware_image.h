// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ocellus::sim {

/// A program for the control CPU, whatever file it came from.
struct firmware_image {
    struct segment {
        std::uint32_t address = 0;  ///< where the program uses it (p_vaddr)
        std::vector<unsigned char> bytes;
        std::uint32_t memory_size = 0;  ///< bytes; those beyond `bytes` are zero
        bool executable = false, writable = true;
        /// Where the loader puts `bytes` (p_paddr). Where it differs, the program's own start-up
        /// copies them to `address` and clears what follows.
        std::uint32_t load_address = address;

        bool loads_in_place() const { return load_address == address; }
    };
    struct symbol {
        std::uint32_t address = 0, size = 0;
        std::string name;
        bool function = false;
    };
    /// A source line begins at this address.
    struct line {
        std::uint32_t address = 0;
        std::uint32_t file = 0;    ///< index into files
        std::uint32_t number = 0;  ///< 0: the sequence ends here
    };

    std::string name;  ///< of the file, without its folder
    std::uint32_t entry = 0;
    std::vector<segment> segments;
    std::vector<symbol> symbols;     ///< by address
    std::vector<std::string> files;  ///< as the compiler named them
    std::vector<line> lines;         ///< by address

    /// The function that covers `address`, or the nearest label before it in the same segment;
    /// null: none.
    const symbol* symbol_at(std::uint32_t address) const;
    std::optional<std::uint32_t> address_of(const std::string& symbol_name) const;
    /// "main+0x12 (app.c:40)", as much of it as is known.
    std::string place(std::uint32_t address) const;
    const line* line_at(std::uint32_t address) const;
};

/// Memory that a program may be loaded into.
struct memory_area {
    std::string name;
    std::uint64_t base = 0, size = 0;
};

/// Reads an ELF executable for RV32 with libelf, and its line table with libdw. Throws
/// input_error(usage) that names the file and what was expected: not an ELF, another machine or
/// class, not linked, a hard-float or RV32E ABI, headers or segments cut short, segments that
/// overlap or lie outside `areas`, an entry that no segment holds.
firmware_image read_elf(const std::string& path, const std::vector<memory_area>& areas);
/// The same of bytes; `path` is for messages.
firmware_image read_elf_bytes(const std::string& bytes, const std::string& path,
                              const std::vector<memory_area>& areas);

}  // namespace ocellus::sim
