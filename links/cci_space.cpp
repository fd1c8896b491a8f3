// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/cci_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ocellus::links {
namespace {

constexpr std::size_t space = 65536;
constexpr std::uint16_t mode_select = 0x0100, software_reset = 0x0103, hold = 0x0104,
                        command_interrupt = 0x3080;

void put(std::vector<std::uint8_t>& bytes, std::uint16_t index, unsigned count,
         std::uint32_t value) {
    for (unsigned i = 0; i < count; ++i)
        bytes[index + i] = static_cast<std::uint8_t>(value >> (8 * (count - 1 - i)));
}

}  // namespace

cci_space::cci_space(unknown_register policy)
    : policy_(policy), bytes_(space, 0), reset_bytes_(space, 0), owner_(space, nullptr) {
    for (const auto& r : cci_registers()) {
        std::fill_n(owner_.begin() + r.index, r.span(), &r);
        for (unsigned k = 0; k < r.count; ++k)
            put(reset_bytes_, r.index_of(k), r.bytes, r.reset);
    }
    bytes_ = reset_bytes_;
}

void cci_space::reset() {
    bytes_ = reset_bytes_;
    held_.clear();
    hold_ = false;
}

std::uint32_t cci_space::get(const cci_register& r, unsigned element) const {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < r.bytes; ++i)
        value = value << 8 | bytes_[r.index_of(element) + i];
    return value;
}

void cci_space::set(const cci_register& r, unsigned element, std::uint32_t value) {
    put(bytes_, r.index_of(element), r.bytes, value);
}

void cci_space::set_reset(const cci_register& r, std::uint32_t value) {
    for (unsigned k = 0; k < r.count; ++k) {
        put(reset_bytes_, r.index_of(k), r.bytes, value);
        set(r, k, value);
    }
}

bool cci_space::unknown(std::uint16_t index, bool write) {
    ++(write ? unknown_writes : unknown_reads);
    if (policy_ == unknown_register::warn && warning_ && !warned_[index]) {
        warned_[index] = true;
        warning_(fmt::format("CCI: {} of index 0x{:04X}, where no register is known",
                             write ? "write" : "read", index));
    }
    return policy_ != unknown_register::refuse;
}

void cci_space::act(const cci_register& r, unsigned element) {
    ++acted;
    if (written_)
        written_(r, element, get(r, element));
}

bool cci_space::write(std::uint16_t index, std::uint8_t value) {
    const cci_register* const r = owner_[index];
    if (!r) {
        if (!unknown(index, true))
            return false;
        bytes_[index] = value;
        return true;
    }
    if (r->mode == access::read_only) {
        ++read_only_writes;
        return true;
    }
    const unsigned offset = index - r->index;
    bytes_[index] = value;
    if (offset % r->bytes + 1 != r->bytes)
        return true;
    const unsigned element = offset / r->bytes;
    if (r->index == software_reset) {
        if (value & 1u) {
            reset();
            ++acted;
            if (reset_wanted_)
                reset_wanted_();
        } else {
            bytes_[index] = 0;
        }
        return true;
    }
    if (r->index == hold) {
        hold_ = (value & 1u) != 0;
        if (!hold_)
            for (const touched& t : std::exchange(held_, {}))
                act(*t.what, t.element);
        return true;
    }
    if (!hold_ || r->index == mode_select || r->index == command_interrupt) {
        act(*r, element);
        return true;
    }
    // The order is that of the first writes, so that a host that repeats itself cannot grow it.
    if (std::none_of(held_.begin(), held_.end(),
                     [&](const touched& t) { return t.what == r && t.element == element; }))
        held_.push_back({r, element});
    return true;
}

bool cci_space::read(std::uint16_t index, std::uint8_t& value) {
    const cci_register* const r = owner_[index];
    if (!r) {
        value = 0;
        if (!unknown(index, false))
            return false;
    } else if (const unsigned offset = index - r->index; reader_ && offset % r->bytes == 0) {
        if (const auto now = reader_(*r, offset / r->bytes))
            set(*r, offset / r->bytes, *now);
    }
    value = bytes_[index];
    return true;
}

}  // namespace ocellus::links
