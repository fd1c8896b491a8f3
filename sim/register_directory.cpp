// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/register_directory.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ocellus::sim {

std::uint64_t register_directory::address(const std::string& block, const std::string& name) const {
    std::uint64_t found = 0;
    if (!find(block + "." + name, found))
        throw std::logic_error("no register " + block + "." + name);
    return found;
}

bool register_directory::find(const std::string& dotted, std::uint64_t& address) const {
    for (const auto& w : windows_) {
        const std::string prefix = w.block->name() + ".";
        if (dotted.compare(0, prefix.size(), prefix) != 0)
            continue;
        for (const auto& r : w.block->all())
            if (dotted.compare(prefix.size(), std::string::npos, r.name) == 0) {
                address = w.base + r.offset;
                return true;
            }
    }
    return false;
}

std::vector<std::string> register_directory::names() const {
    std::vector<std::string> out;
    for (const auto& w : windows_)
        for (const auto& r : w.block->all())
            out.push_back(fmt::format("{}.{}", w.block->name(), r.name));
    return out;
}

std::string register_directory::name_of(std::uint64_t address) const {
    const window* owner = nullptr;
    for (const auto& w : windows_)
        if (w.base <= address && (!owner || w.base > owner->base))
            owner = &w;
    if (!owner || address - owner->base >= owner->block->map().size)
        return "";
    for (const auto& r : owner->block->all())
        if (owner->base + r.offset == (address & ~std::uint64_t{3}))
            return fmt::format("{}.{}", owner->block->name(), r.name);
    return fmt::format("{}+0x{:x}", owner->block->name(), address - owner->base);
}

}  // namespace ocellus::sim
