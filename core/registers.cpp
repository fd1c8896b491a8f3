// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/registers.h"

#include <algorithm>
#include <stdexcept>

namespace ocellus {

namespace {

// Words are little-endian on the bus, whatever the machine that simulates.
std::uint32_t word_of(const unsigned char* data) {
    return data[0] | std::uint32_t{data[1]} << 8 | std::uint32_t{data[2]} << 16 |
           std::uint32_t{data[3]} << 24;
}

void put_word(unsigned char* data, std::uint32_t value) {
    for (unsigned b = 0; b < 4; ++b)
        data[b] = static_cast<unsigned char>(value >> (8 * b));
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

const char* name_of(access a) {
    switch (a) {
        case access::read_write:
            return "rw";
        case access::read_only:
            return "ro";
        case access::write_only:
            return "wo";
        case access::write_one_to_clear:
            return "w1c";
    }
    return "";
}

const char* name_of(access_kind k) {
    switch (k) {
        case access_kind::unmapped:
            return "unmapped";
        case access_kind::read_only:
            return "read_only";
        case access_kind::write_only:
            return "write_only";
        case access_kind::bad_size:
            return "bad_size";
        case access_kind::reserved_bits:
            return "reserved_bits";
        case access_kind::reserved_value:
            return "reserved_value";
    }
    return "";
}

register_block::register_block(const register_map& map)
    : map_(map), name_(map.name), states_(map.registers.size()) {
    // The generator checks all of this; a table by hand may be wrong.
    if (map.registers.size() >= none)
        throw std::logic_error("register block " + name_ + ": too many registers");
    by_word_.assign(map.size / 4, none);
    for (std::size_t i = 0; i < states_.size(); ++i) {
        const register_info& info = map.registers[i];
        const std::string where = "register " + name_ + "." + std::string(info.name);
        if (info.offset % 4 != 0 || info.offset / 4 >= by_word_.size())
            throw std::logic_error(where + ": offset is misaligned or outside the window");
        if (by_word_[info.offset / 4] != none)
            throw std::logic_error(where + ": offset is taken");
        by_word_[info.offset / 4] = static_cast<std::uint16_t>(i);
        states_[i].info = &info;
        states_[i].reset = states_[i].value = info.reset;
        for (const auto& f : info.fields)
            states_[i].has_named_values |= !f.values.empty() && f.mode != access::read_only;
    }
}

void register_block::show_counter(unsigned index, const std::uint64_t& counter) {
    on_read(index, [&counter] { return static_cast<std::uint32_t>(counter); });
    const std::string_view low = map_.registers[index].name;
    if (ends_with(low, "_LOW") && index + 1 < states_.size() &&
        ends_with(map_.registers[index + 1].name, "_HIGH"))
        on_read(index + 1, [&counter] { return static_cast<std::uint32_t>(counter >> 32); });
}

void register_block::set_reset(unsigned index, std::uint32_t value) {
    at(index).reset = at(index).value = value;
}

void register_block::reset() {
    for (auto& s : states_)
        s.value = s.reset;
}

unsigned register_block::index_of(std::string_view register_name) const {
    for (std::size_t i = 0; i < states_.size(); ++i)
        if (map_.registers[i].name == register_name)
            return static_cast<unsigned>(i);
    throw std::logic_error("no register " + name_ + "." + std::string(register_name));
}

register_block::state* register_block::find(std::uint64_t offset) {
    const std::uint64_t word = offset / 4;
    if (word >= by_word_.size() || by_word_[word] == none)
        return nullptr;
    return &states_[by_word_[word]];
}

void register_block::tell(const state* s, std::uint64_t offset, std::uint32_t value,
                          access_kind why, bool write) const {
    if (observer_)
        observer_(
            {this, s ? s->info : nullptr, static_cast<std::uint32_t>(offset), value, why, write});
}

/// A written value as it acts: reserved bits are 0, a field that was given a reserved value keeps
/// the one it has.
std::uint32_t register_block::without_reserved(const state& s, std::uint32_t value,
                                               bool observed) const {
    const std::uint32_t reserved = value & ~s.info->field_mask;
    if (reserved) {
        value &= ~reserved;
        if (observed)
            tell(&s, s.info->offset, reserved, access_kind::reserved_bits, true);
    }
    if (!s.has_named_values)
        return value;
    for (const auto& f : s.info->fields) {
        if (f.values.empty() || f.mode == access::read_only)
            continue;
        const std::uint32_t mask = f.mask(), bits = value & mask;
        if (std::any_of(f.values.begin(), f.values.end(),
                        [&](const auto& v) { return v.value == bits >> f.low; }))
            continue;
        value = (value & ~mask) | (s.value & mask);
        if (observed)
            tell(&s, s.info->offset, bits, access_kind::reserved_value, true);
    }
    return value;
}

void register_block::store(state& s, std::uint32_t value) {
    const std::uint32_t mask = s.info->write_mask;
    if (s.info->mode == access::write_one_to_clear)
        s.value &= ~(value & mask);
    else
        s.value = (s.value & ~mask) | (value & mask);
    if (s.written)
        s.written(value);
}

tlm::tlm_response_status register_block::transport(tlm::tlm_command command, std::uint64_t offset,
                                                   unsigned char* data, unsigned length) {
    const bool write = command == tlm::TLM_WRITE_COMMAND;
    state* const s = find(offset);
    const auto refuse = [&](access_kind why, tlm::tlm_response_status status) {
        ++refused_;
        tell(s, offset, write && data && length >= 4 ? word_of(data) : 0, why, write);
        return status;
    };
    if (!s)
        return refuse(access_kind::unmapped, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (offset % 4 != 0 || length != 4)
        return refuse(access_kind::bad_size, tlm::TLM_BURST_ERROR_RESPONSE);
    // A register access acts: it cannot be made without its word.
    if (!data || (!write && command != tlm::TLM_READ_COMMAND)) {
        ++refused_;
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    if (write) {
        if (s->info->mode == access::read_only)
            return refuse(access_kind::read_only, tlm::TLM_COMMAND_ERROR_RESPONSE);
        ++s->writes;
        store(*s, without_reserved(*s, word_of(data), true));
        return tlm::TLM_OK_RESPONSE;
    }
    if (s->info->mode == access::write_only)
        return refuse(access_kind::write_only, tlm::TLM_COMMAND_ERROR_RESPONSE);
    ++s->reads;
    put_word(data, s->read ? s->read() : s->value);
    return tlm::TLM_OK_RESPONSE;
}

void register_block::transport(tlm::tlm_generic_payload& p) {
    if (p.get_byte_enable_ptr()) {
        ++refused_;
        tell(find(p.get_address()), p.get_address(), 0, access_kind::bad_size, p.is_write());
        p.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        return;
    }
    p.set_response_status(
        transport(p.get_command(), p.get_address(), p.get_data_ptr(), p.get_data_length()));
}

bool register_block::peek(std::uint64_t offset, std::uint32_t& value) const {
    const std::uint64_t word = offset / 4;
    if (word >= by_word_.size() || by_word_[word] == none)
        return false;
    const state& s = states_[by_word_[word]];
    if (s.info->mode == access::write_only)
        return false;
    value = s.read && !s.info->read_acts ? s.read() : s.value;
    return true;
}

unsigned register_block::debug_transport(tlm::tlm_generic_payload& p) {
    unsigned char* const data = p.get_data_ptr();
    const std::uint64_t address = p.get_address();
    const unsigned length = p.get_data_length();
    if (!data || p.get_byte_enable_ptr())
        return 0;
    unsigned done = 0;
    if (p.is_read()) {
        for (std::uint32_t value = 0; done < length; ++done) {
            // One look at each register, however many of its bytes are wanted.
            if ((done == 0 || (address + done) % 4 == 0) && !peek(address + done, value))
                break;
            data[done] = static_cast<unsigned char>(value >> (8 * ((address + done) % 4)));
        }
    } else if (p.is_write() && address % 4 == 0 && length % 4 == 0) {
        for (; done < length; done += 4) {
            state* const s = find(address + done);
            if (!s || s->info->mode == access::read_only)
                break;
            store(*s, without_reserved(*s, word_of(data + done), false));
        }
    }
    if (done > 0)
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    return done;
}

}  // namespace ocellus
