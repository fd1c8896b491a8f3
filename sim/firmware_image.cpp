// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/firmware_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace ocellus::sim {

const firmware_image::symbol* firmware_image::symbol_at(std::uint32_t address) const {
    auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
                                  [](std::uint32_t a, const symbol& s) { return a < s.address; });
    const symbol* label = nullptr;
    for (unsigned looked = 0; after != symbols.begin() && looked < 64; ++looked) {
        --after;
        if (after->function && address - after->address < std::max(after->size, 1u))
            return &*after;
        // Hand-written assembly has labels without a size.
        if (!label || (after->address == label->address && after->function))
            label = &*after;
    }
    if (!label)
        return nullptr;
    const auto in = [&](std::uint32_t a) {
        return std::find_if(segments.begin(), segments.end(), [a](const segment& s) {
            return s.executable && a - s.address < s.memory_size;
        });
    };
    const auto mine = in(address);
    if (mine == segments.end() || in(label->address) != mine)
        return nullptr;
    return label->size == 0 || address - label->address < label->size ? label : nullptr;
}

std::optional<std::uint32_t> firmware_image::address_of(const std::string& symbol_name) const {
    for (const auto& s : symbols)
        if (s.name == symbol_name)
            return s.address;
    return std::nullopt;
}

const firmware_image::line* firmware_image::line_at(std::uint32_t address) const {
    const auto after =
        std::upper_bound(lines.begin(), lines.end(), address,
                         [](std::uint32_t a, const line& l) { return a < l.address; });
    if (after == lines.begin())
        return nullptr;
    const line& l = *(after - 1);
    return l.number ? &l : nullptr;
}

std::string firmware_image::place(std::uint32_t address) const {
    std::string out = fmt::format("0x{:08x}", address);
    if (const symbol* const s = symbol_at(address)) {
        out += " " + s->name;
        if (address != s->address)
            out += fmt::format("+0x{:x}", address - s->address);
    }
    if (const line* const l = line_at(address))
        out += fmt::format(" ({}:{})", std::filesystem::path(files[l->file]).filename().string(),
                           l->number);
    return out;
}

}  // namespace ocellus::sim
