// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/registers.h"

#include <algorithm>
#include <stdexcept>

namespace ocellus {

const char* name_of(access_fault f) {
    switch (f) {
        case access_fault::unmapped:
            return "unmapped";
        case access_fault::read_only:
            return "write to a read-only register";
        case access_fault::write_only:
            return "read of a write-only register";
        case access_fault::bad_size:
            return "not an aligned 32-bit word";
        case access_fault::reserved_bits:
            return "reserved bits set";
        case access_fault::reserved_value:
            return "reserved value";
    }
    return "";
}

register_block::register_block(const register_map& map)
    : map_(&map), name_(map.name), entries_(map.registers.size()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const register_info& r = map.registers[i];
        const std::size_t word = r.offset / 4;
        if (word >= by_word_.size())
            by_word_.resize(word + 1, -1);
        if (r.offset % 4 != 0 || by_word_[word] >= 0)
            throw std::logic_error("register " + name_ + "." + r.name + ": impossible offset");
        by_word_[word] = static_cast<std::int16_t>(i);
        entries_[i].value = entries_[i].reset = r.reset;
        entries_[i].known = r.known_bits();
        entries_[i].writable = r.writable_bits();
        for (const auto& f : r.fields)
            entries_[i].lists_values |= !f.values.empty() && !f.read_only;
    }
}

void register_block::counter(unsigned index, const std::uint64_t& value) {
    on_read(index, [&value] { return static_cast<std::uint32_t>(value); });
}

void register_block::wide_counter(unsigned index, const std::uint64_t& value) {
    on_read(index, [this, index, &value] {
        set(index, static_cast<std::uint32_t>(value));
        set(index + 1, static_cast<std::uint32_t>(value >> 32));
        return get(index);
    });
    entries_[index].look = [&value] { return static_cast<std::uint32_t>(value); };
    entries_[index + 1].look = [&value] { return static_cast<std::uint32_t>(value >> 32); };
}

void register_block::set_reset(unsigned index, std::uint32_t value) {
    entries_[index].value = entries_[index].reset = value;
}

void register_block::reset() {
    for (auto& e : entries_)
        e.value = e.reset;
}

std::uint64_t register_block::reads() const {
    std::uint64_t sum = 0;
    for (const auto& e : entries_)
        sum += e.reads;
    return sum;
}

std::uint64_t register_block::writes() const {
    std::uint64_t sum = 0;
    for (const auto& e : entries_)
        sum += e.writes;
    return sum;
}

tlm::tlm_response_status register_block::refuse(const register_info* r, std::uint64_t offset,
                                                std::uint32_t value, access_fault fault,
                                                bool write) {
    ++refused_;
    report({this, r, offset, value, fault, write});
    switch (fault) {
        case access_fault::unmapped:
            return tlm::TLM_ADDRESS_ERROR_RESPONSE;
        case access_fault::bad_size:
            return tlm::TLM_BURST_ERROR_RESPONSE;
        default:
            return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
}

/// A written value as it acts: reserved bits are 0, and a field that was given a value that it does
/// not list keeps the one it has.
std::uint32_t register_block::without_reserved(const register_info& r, const entry& e,
                                               std::uint32_t value, bool observed) {
    if (value & ~e.known) {
        if (observed)
            report({this, &r, r.offset, value, access_fault::reserved_bits, true});
        value &= e.known;
    }
    if (!e.lists_values)
        return value;
    for (const auto& f : r.fields) {
        const std::uint32_t part = (value & f.mask()) >> f.low;
        if (f.values.empty() || f.read_only ||
            std::any_of(f.values.begin(), f.values.end(),
                        [part](const register_value& v) { return v.value == part; }))
            continue;
        if (observed)
            report({this, &r, r.offset, value, access_fault::reserved_value, true});
        value = (value & ~f.mask()) | (e.value & f.mask());
    }
    return value;
}

void register_block::store(const register_info& r, entry& e, std::uint32_t value) {
    if (r.mode == access::write_one_to_clear)
        e.value &= ~(value & e.writable);
    else
        e.value = (e.value & ~e.writable) | (value & e.writable);
    if (e.written)
        e.written(value);
}

void register_block::transport(tlm::tlm_generic_payload& p) {
    if (p.get_byte_enable_ptr()) {  // part of a word
        const int i = find(p.get_address());
        refuse(i < 0 ? nullptr : &all()[static_cast<std::size_t>(i)], p.get_address(), 0,
               access_fault::bad_size, p.is_write());
        p.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        return;
    }
    p.set_response_status(
        transport(p.get_command(), p.get_address(), p.get_data_ptr(), p.get_data_length()));
}

tlm::tlm_response_status register_block::transport(tlm::tlm_command command, std::uint64_t offset,
                                                   unsigned char* data, unsigned length) {
    const bool write = command == tlm::TLM_WRITE_COMMAND;
    const int i = find(offset);
    const register_info* const r = i < 0 ? nullptr : &all()[static_cast<std::size_t>(i)];
    if (!r)
        return refuse(nullptr, offset, 0, access_fault::unmapped, write);
    if (offset % 4 != 0 || length != 4)
        return refuse(r, offset, 0, access_fault::bad_size, write);
    // A register access acts: it cannot be made without its word.
    if (!data || (!write && command != tlm::TLM_READ_COMMAND)) {
        ++refused_;
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    entry& e = entries_[static_cast<std::size_t>(i)];

    // Words are little-endian on the bus, whatever the machine that simulates.
    if (!write) {
        if (r->mode == access::write_only)
            return refuse(r, offset, 0, access_fault::write_only, false);
        ++e.reads;
        const std::uint32_t value = e.read ? e.read() : e.value;
        for (unsigned b = 0; b < 4; ++b)
            data[b] = static_cast<unsigned char>(value >> (8 * b));
        return tlm::TLM_OK_RESPONSE;
    }
    std::uint32_t value = 0;
    for (unsigned b = 0; b < 4; ++b)
        value |= std::uint32_t{data[b]} << (8 * b);
    if (r->mode == access::read_only)
        return refuse(r, offset, value, access_fault::read_only, true);
    ++e.writes;
    store(*r, e, without_reserved(*r, e, value, true));
    return tlm::TLM_OK_RESPONSE;
}

void register_block::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    if (delay != sc_core::SC_ZERO_TIME) {
        const int i = find(p.get_address());
        const auto index = static_cast<std::size_t>(i);
        const bool still =
            i >= 0 && (p.is_read() ? !all()[index].read_acts && !entries_[index].timed
                                   : !entries_[index].written);
        if (!still && i >= 0 && entries_[index].ahead) {
            ahead_ = delay;
            transport(p);
            ahead_ = sc_core::SC_ZERO_TIME;
            return;
        }
        if (!still) {
            sc_core::wait(delay);
            delay = sc_core::SC_ZERO_TIME;
        }
    }
    transport(p);
}

std::uint32_t register_block::peek(unsigned index) const {
    const entry& e = entries_[index];
    if (e.look)
        return e.look();
    return e.read && !all()[index].read_acts ? e.read() : e.value;
}

unsigned register_block::transport_debug(tlm::tlm_generic_payload& p) {
    const std::uint64_t first = p.get_address();
    unsigned char* const data = p.get_data_ptr();
    const unsigned length = p.get_data_length();
    if (!data)
        return 0;
    unsigned done = 0;
    if (p.is_write()) {
        for (; first % 4 == 0 && done + 4 <= length; done += 4) {
            const int i = find(first + done);
            if (i < 0 || all()[static_cast<std::size_t>(i)].mode == access::read_only)
                break;
            const register_info& r = all()[static_cast<std::size_t>(i)];
            entry& e = entries_[static_cast<std::size_t>(i)];
            std::uint32_t value = 0;
            for (unsigned b = 0; b < 4; ++b)
                value |= std::uint32_t{data[done + b]} << (8 * b);
            store(r, e, without_reserved(r, e, value, false));
        }
    } else {
        for (; done < length; ++done) {
            const int i = find(first + done);
            if (i < 0)
                break;
            data[done] = static_cast<unsigned char>(peek(static_cast<unsigned>(i)) >>
                                                    (8 * ((first + done) % 4)));
        }
    }
    p.set_response_status(done > 0 ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return done;
}

}  // namespace ocellus
