// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "links/cci_registers.h"

namespace ocellus::links {

/// What happens to an access at an index that no register of cci_registers() has.
enum class unknown_register {
    read_back,  ///< a byte that keeps what is written; 0 at first
    warn,       ///< the same, and a warning for each index once
    refuse,     ///< not acknowledged
};

/// The 65536 bytes behind the camera control interface.
///
/// A register acts when its last byte, the least significant one, is written: so hosts may write
/// several bytes in one message or in several. While grouped_parameter_hold is 1, what was written
/// acts when it becomes 0, in order of the first writes and with the last value; mode_select,
/// software_reset and command_interrupt act at once. A register with a reader is sampled when its
/// first byte is read, so that its bytes belong together. Writes to read-only registers are
/// acknowledged and dropped.
class cci_space {
  public:
    using writer = std::function<void(const cci_register&, unsigned element, std::uint32_t value)>;
    /// Without a value: what was written last.
    using reader =
        std::function<std::optional<std::uint32_t>(const cci_register&, unsigned element)>;

    explicit cci_space(unknown_register policy);

    void on_write(writer f) { written_ = std::move(f); }
    void on_read(reader f) { reader_ = std::move(f); }
    void on_reset(std::function<void()> f) { reset_wanted_ = std::move(f); }
    void on_warning(std::function<void(const std::string&)> f) { warning_ = std::move(f); }

    /// One byte; false when it is refused.
    bool write(std::uint16_t index, std::uint8_t value);
    bool read(std::uint16_t index, std::uint8_t& value);
    /// Reset values everywhere; nothing acts.
    void reset();

    /// Values of whole registers, without effect.
    std::uint32_t get(const cci_register& r, unsigned element = 0) const;
    void set(const cci_register& r, unsigned element, std::uint32_t value);
    /// The value that reset() gives to all elements; takes effect at once.
    void set_reset(const cci_register& r, std::uint32_t value);

    std::uint64_t unknown_reads = 0, unknown_writes = 0, read_only_writes = 0, acted = 0;

  private:
    struct touched {
        const cci_register* what;
        unsigned element;
    };
    bool unknown(std::uint16_t index, bool write);
    void act(const cci_register& r, unsigned element);

    unknown_register policy_;
    writer written_;
    reader reader_;
    std::function<void()> reset_wanted_;
    std::function<void(const std::string&)> warning_;
    std::vector<std::uint8_t> bytes_, reset_bytes_;
    std::vector<const cci_register*> owner_;  ///< by index
    std::bitset<65536> warned_;
    std::vector<touched> held_;
    bool hold_ = false;
};

}  // namespace ocellus::links
