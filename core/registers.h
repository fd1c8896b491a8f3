// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tlm>
#include <utility>
#include <vector>

namespace ocellus {

enum class access { read_write, read_only, write_only, write_one_to_clear };

struct register_field {
    std::string name;
    unsigned low = 0, width = 32;  ///< bits
    std::string sentence;
};

/// One 32-bit register of a block, described as firmware sees it.
struct register_info {
    std::string name;  ///< "STATUS"
    std::uint32_t offset = 0;
    access mode = access::read_write;
    std::uint32_t reset = 0;
    std::string sentence;
    std::vector<register_field> fields;
};

/// The registers of one block. A register is declared once, with a callback where it acts.
class register_block {
  public:
    using on_write = std::function<void(std::uint32_t value)>;
    using on_read = std::function<std::uint32_t()>;

    explicit register_block(std::string name) : name_(std::move(name)) {}
    const std::string& name() const { return name_; }

    /// Declares a register. `written` runs after a write has been stored (for write_one_to_clear:
    /// after the bits were cleared, with the written mask); `read` replaces the stored value on
    /// reads.
    void add(register_info info, on_write written = {}, on_read read = {});

    void reset();
    std::uint32_t get(const std::string& register_name) const;
    void set(const std::string& register_name, std::uint32_t value);  ///< from the hardware side
    void set_bits(const std::string& register_name, std::uint32_t mask);

    /// A bus access at `offset`. Unmapped: ADDRESS_ERROR; against the access mode: COMMAND_ERROR;
    /// not an aligned word: BURST_ERROR. Refused accesses are counted and change nothing.
    tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t offset,
                                       unsigned char* data, unsigned length);

    const std::vector<register_info>& all() const { return infos_; }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t reads() const { return reads_; }
    std::uint64_t writes() const { return writes_; }

  private:
    std::size_t index_of(const std::string& register_name) const;
    std::string name_;
    std::vector<register_info> infos_;
    std::vector<std::uint32_t> values_;
    std::vector<on_write> written_;
    std::vector<on_read> read_;
    std::map<std::uint64_t, std::size_t> by_offset_;
    std::uint64_t refused_ = 0, reads_ = 0, writes_ = 0;
};

}  // namespace ocellus
