// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/embedded_lines.h"

namespace ocellus::links {
namespace {

constexpr std::uint8_t line_start = 0x0A, line_end = 0x07, index_high = 0xAA, index_low = 0xA5,
                       value_tag = 0x5A, low_bits = 0x55;

/// Whether the byte at `place` of a line holds pixels' low bits.
bool holds_low_bits(std::size_t place, unsigned bits) {
    switch (bits) {
        case 10:
            return place % 5 == 4;
        case 12:
            return place % 3 == 2;
        case 14:
            return place % 7 >= 4;
        default:
            return false;
    }
}

}  // namespace

std::vector<std::uint8_t> embedded_line(const register_bytes& registers, unsigned bits,
                                        std::uint32_t line_bytes) {
    std::vector<std::uint8_t> line;
    const auto put = [&](std::vector<std::uint8_t>& to, std::uint8_t byte) {
        while (holds_low_bits(to.size(), bits))
            to.push_back(low_bits);
        to.push_back(byte);
    };
    put(line, line_start);
    unsigned next = 0x10000;  // index that a value would have without a tag
    for (const auto& [index, value] : registers) {
        std::vector<std::uint8_t> longer = line;
        if (next >> 8 != unsigned{index} >> 8) {
            put(longer, index_high);
            put(longer, static_cast<std::uint8_t>(index >> 8));
        }
        if (next != index) {
            put(longer, index_low);
            put(longer, static_cast<std::uint8_t>(index));
        }
        put(longer, value_tag);
        put(longer, value);
        // The two bytes of the end, and what may lie between them.
        if (longer.size() + 5 > line_bytes)
            break;
        line = std::move(longer);
        next = index + 1u;
    }
    while (line.size() < line_bytes)
        put(line, line_end);
    line.resize(line_bytes);
    return line;
}

}  // namespace ocellus::links
