// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// An ELF file for RV32, assembled by hand: every field can be wrong.
struct elf_file {
    struct segment {
        std::uint32_t address = 0;
        std::string bytes;
        std::uint32_t memory_size = 0;                         ///< 0: as many as `bytes`
        std::uint32_t flags = 5;                               ///< 4 read, 2 write, 1 execute
        std::uint32_t type = 1;                                ///< PT_LOAD
        std::uint32_t file_size = 0;                           ///< 0: as many as `bytes`
        std::uint32_t offset = 0;                              ///< 0: where they are
        std::optional<std::uint32_t> physical = std::nullopt;  ///< none: the address
    };
    struct symbol {
        std::string name;
        std::uint32_t address = 0, size = 0;
        unsigned type = 2;  ///< 0 label, 1 object, 2 function
    };
    struct row {
        std::uint32_t address = 0, line = 0;  ///< line 0: the sequence ends
        bool statement = true;
    };

    unsigned elf_class = 1, order = 1, type = 2, machine = 243;
    std::uint32_t flags = 1, entry = 0;  // RVC, soft float
    unsigned program_header_size = 32;
    std::vector<segment> segments;
    std::vector<symbol> symbols;
    std::string source = "app.c";
    std::vector<row> rows;  ///< of the line table, addresses rising within a sequence

    /// A program of these instructions at `address`, which is its entry.
    static elf_file program(std::uint32_t address, const std::vector<std::uint32_t>& code) {
        elf_file f;
        std::string bytes;
        for (const std::uint32_t word : code)
            append(bytes, word, 4);
        f.segments = {{address, bytes}};
        f.entry = address;
        return f;
    }

    std::string bytes() const {
        std::string body;  // all that follows the header
        const std::uint32_t headers = header_size + 32 * count(segments);
        std::string program_headers;
        for (const segment& s : segments) {
            const std::uint32_t size = s.file_size ? s.file_size : count(s.bytes);
            const std::uint32_t at = s.offset ? s.offset : headers + count(body);
            for (const std::uint32_t v : {s.type, at, s.address, s.physical.value_or(s.address),
                                          size, s.memory_size ? s.memory_size : size, s.flags, 4u})
                append(program_headers, v, 4);
            body += s.bytes;
        }
        struct section {
            std::string name;
            std::uint32_t type;
            std::string bytes;
            std::uint32_t link = 0, info = 0, entry_size = 0;
        };
        std::vector<section> sections = {{"", 0, ""}};
        std::string strings(1, '\0'), table(16, '\0');
        for (const symbol& s : symbols) {
            for (const std::uint32_t v : {count(strings), s.address, s.size})
                append(table, v, 4);
            append(table, 0x10u | s.type, 1);
            append(table, 0, 1);
            append(table, 0xfff1, 2);  // SHN_ABS
            strings += s.name + '\0';
        }
        sections.push_back({".symtab", 2, table, 2, 1, 16});
        sections.push_back({".strtab", 3, strings});
        if (!rows.empty()) {
            sections.push_back({".debug_abbrev", 1, abbreviations()});
            sections.push_back({".debug_info", 1, unit()});
            sections.push_back({".debug_line", 1, lines()});
        }
        std::string names(1, '\0');
        sections.push_back({".shstrtab", 3, ""});
        std::vector<std::uint32_t> name_at;
        for (const section& s : sections) {
            name_at.push_back(count(names));
            names += s.name + '\0';
        }
        sections.back().bytes = names;
        std::string section_headers;
        for (std::size_t i = 0; i < sections.size(); ++i) {
            const section& s = sections[i];
            for (const std::uint32_t v : {name_at[i], s.type, 0u, 0u, headers + count(body),
                                          count(s.bytes), s.link, s.info, 1u, s.entry_size})
                append(section_headers, v, 4);
            body += s.bytes;
        }
        std::string header = "\177ELF";
        for (const unsigned v : {elf_class, order, 1u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u})
            append(header, v, 1);
        append(header, type, 2);
        append(header, machine, 2);
        for (const std::uint32_t v : {1u, entry, header_size, headers + count(body), flags})
            append(header, v, 4);
        for (const unsigned v : {header_size, program_header_size, count(segments), 40u,
                                 count(sections), count(sections) - 1})
            append(header, v, 2);
        return header + program_headers + body + section_headers;
    }

    static void append(std::string& to, std::uint32_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i)
            to += static_cast<char>(value >> (8 * i));
    }

  private:
    static constexpr std::uint32_t header_size = 52;
    template <class T>
    static std::uint32_t count(const T& container) {
        return static_cast<std::uint32_t>(container.size());
    }
    static std::string with_length(const std::string& text) {
        std::string out;
        append(out, count(text), 4);
        return out + text;
    }
    // One compilation unit with nothing but its line table (DWARF 4).
    static std::string abbreviations() {
        return {1, 0x11, 0, 0x10, 0x17, 0, 0, 0};  // DW_TAG_compile_unit, DW_AT_stmt_list
    }
    static std::string unit() {
        std::string u;
        append(u, 4, 2);  // version
        append(u, 0, 4);  // abbreviations
        append(u, 4, 1);  // bytes of an address
        append(u, 1, 1);  // the unit
        append(u, 0, 4);  // its line table
        return with_length(u);
    }
    std::string lines() const {
        std::string header;
        for (const unsigned v : {1u, 1u, 1u, 0xfbu, 14u, 13u})  // code 13: the first special one
            append(header, v, 1);
        for (const unsigned v : {0u, 1u, 1u, 1u, 1u, 0u, 0u, 0u, 1u, 0u, 0u, 1u})
            append(header, v, 1);
        header += '\0';  // no folders
        header += source + '\0' + std::string(3, '\0') + '\0';
        std::string code;
        std::uint32_t line = 1;
        bool statement = true, begun = false;
        for (const row& r : rows) {
            if (!begun) {
                code += std::string{0, 5, 2};  // DW_LNE_set_address
                append(code, r.address, 4);
                begun = true;
                line = 1;
                statement = true;
            } else {
                code += 9;  // DW_LNS_fixed_advance_pc
                append(code, r.address - before_, 2);
            }
            before_ = r.address;
            if (r.line == 0) {
                code += std::string{0, 1, 1};  // DW_LNE_end_sequence
                begun = false;
                continue;
            }
            if (r.statement != statement)
                code += 6;  // DW_LNS_negate_stmt
            statement = r.statement;
            code += 3;                                                   // DW_LNS_advance_line
            for (auto n = static_cast<std::int32_t>(r.line - line);;) {  // as signed LEB128
                const int low = n & 0x7f;
                n >>= 7;
                const bool last = (n == 0 && !(low & 0x40)) || (n == -1 && (low & 0x40));
                code += static_cast<char>(last ? low : low | 0x80);
                if (last)
                    break;
            }
            line = r.line;
            code += 1;  // DW_LNS_copy
        }
        std::string table;
        append(table, 4, 2);
        return with_length(table + with_length(header) + code);
    }
    mutable std::uint32_t before_ = 0;
};
