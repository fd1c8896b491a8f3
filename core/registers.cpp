// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/registers.h"

#include <stdexcept>

namespace ocellus {

void register_block::add(register_info info, on_write written, on_read read) {
    const std::string where = "register " + name_ + "." + info.name;
    if (info.offset % 4 != 0)
        throw std::logic_error(where + ": offset is not a multiple of 4");
    if (by_offset_.count(info.offset))
        throw std::logic_error(where + ": offset is taken");
    for (const auto& other : infos_)
        if (other.name == info.name)
            throw std::logic_error(where + ": declared twice");
    std::uint32_t taken = 0;
    for (const auto& f : info.fields) {
        if (f.width == 0 || f.low + f.width > 32)
            throw std::logic_error(where + ": field " + f.name + " does not fit 32 bits");
        const std::uint32_t mask = (f.width == 32 ? ~0u : (1u << f.width) - 1u) << f.low;
        if (taken & mask)
            throw std::logic_error(where + ": field " + f.name + " overlaps another");
        taken |= mask;
    }
    by_offset_[info.offset] = infos_.size();
    values_.push_back(info.reset);
    infos_.push_back(std::move(info));
    written_.push_back(std::move(written));
    read_.push_back(std::move(read));
}

void register_block::reset() {
    for (std::size_t i = 0; i < infos_.size(); ++i)
        values_[i] = infos_[i].reset;
}

std::size_t register_block::index_of(const std::string& register_name) const {
    for (std::size_t i = 0; i < infos_.size(); ++i)
        if (infos_[i].name == register_name)
            return i;
    throw std::logic_error("no register " + name_ + "." + register_name);
}

std::uint32_t register_block::get(const std::string& register_name) const {
    return values_[index_of(register_name)];
}

void register_block::set(const std::string& register_name, std::uint32_t value) {
    values_[index_of(register_name)] = value;
}

void register_block::set_bits(const std::string& register_name, std::uint32_t mask) {
    values_[index_of(register_name)] |= mask;
}

tlm::tlm_response_status register_block::transport(tlm::tlm_command command, std::uint64_t offset,
                                                   unsigned char* data, unsigned length) {
    const auto refuse = [this](tlm::tlm_response_status status) {
        ++refused_;
        return status;
    };
    const auto it = by_offset_.find(offset & ~std::uint64_t{3});
    if (it == by_offset_.end())
        return refuse(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (offset % 4 != 0 || length != 4)
        return refuse(tlm::TLM_BURST_ERROR_RESPONSE);
    // A register access acts: it cannot be made without its word.
    if (!data || (command != tlm::TLM_READ_COMMAND && command != tlm::TLM_WRITE_COMMAND))
        return refuse(tlm::TLM_COMMAND_ERROR_RESPONSE);
    const std::size_t i = it->second;
    const access mode = infos_[i].mode;

    // Words are little-endian on the bus, whatever the machine that simulates.
    if (command == tlm::TLM_READ_COMMAND) {
        if (mode == access::write_only)
            return refuse(tlm::TLM_COMMAND_ERROR_RESPONSE);
        ++reads_;
        const std::uint32_t value = read_[i] ? read_[i]() : values_[i];
        for (unsigned b = 0; b < 4; ++b)
            data[b] = static_cast<unsigned char>(value >> (8 * b));
        return tlm::TLM_OK_RESPONSE;
    }
    if (mode == access::read_only)
        return refuse(tlm::TLM_COMMAND_ERROR_RESPONSE);
    ++writes_;
    std::uint32_t value = 0;
    for (unsigned b = 0; b < 4; ++b)
        value |= std::uint32_t{data[b]} << (8 * b);
    if (mode == access::write_one_to_clear)
        values_[i] &= ~value;
    else
        values_[i] = value;
    if (written_[i])
        written_[i](value);
    return tlm::TLM_OK_RESPONSE;
}

}  // namespace ocellus
