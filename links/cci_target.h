// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/parameter.h"
#include "links/cci_space.h"
#include "links/egress_ledger.h"

namespace ocellus::links {

/// Clock of the bus: standard, fast and fast-plus mode of I2C.
enum class cci_speed { standard, fast, fast_plus };
constexpr double hertz_of(cci_speed s) {
    return s == cci_speed::standard ? 100e3 : s == cci_speed::fast ? 400e3 : 1e6;
}

struct cci_parameters {
    cci_speed speed = cci_speed::fast;
    bool slasel = false;
    unknown_register unknown = unknown_register::read_back;
    double stretch = 0;  ///< s
    void declare(parameter_registry& r);
};

/// Bits of a message on the bus: START, repeated START and STOP last one bit time each, a byte nine
/// with its acknowledgement.
///
///     write:                S device index index data... P            29 + 9 n
///     read at an index:     S device index index Sr device data... P  39 + 9 n
///     read where it stands: S device data... P                        11 + 9 n
constexpr std::uint64_t cci_write_bits(std::uint64_t bytes) {
    return 29 + 9 * bytes;
}
constexpr std::uint64_t cci_read_bits(std::uint64_t bytes, bool with_index) {
    return (with_index ? 39 : 11) + 9 * bytes;
}
/// A message whose device does not answer: S device P.
constexpr std::uint64_t cci_unanswered_bits = 11;

/// What a host puts on the bus.
struct cci_message {
    std::uint8_t device = 0x1A;          ///< 7 bits
    bool read = false;                   ///< else write
    std::optional<std::uint16_t> index;  ///< a write has one
    std::vector<std::uint8_t> bytes;     ///< of a write, after the index; may be none
    std::uint32_t length = 0;            ///< of a read: bytes, at least 1
};

enum class cci_answer {
    ok,
    no_device,  ///< the device address was not acknowledged
    refused,    ///< a data byte was not; the host ends the message there
};

/// What came of it. Of a refused read, `bytes` has those before the refused one.
struct cci_reply {
    cci_answer answer = cci_answer::ok;
    std::uint32_t acknowledged = 0;  ///< data bytes
    std::vector<std::uint8_t> bytes;
};

/// Target of the camera control interface (MIPI CCI on I2C) with the host that drives it: 16-bit
/// index, any number of bytes with auto-increment, two device addresses: 0x1A, or 0x10 when the pin
/// SLASEL is high, and 0x36. The index register stays behind the last byte; after 0xFFFF comes 0.
///
/// A message lasts its bits at the bus clock, plus what the target stretches the clock: cci.stretch
/// for each data byte, and what a register's access takes longer than half a bit time. A byte acts
/// when its acknowledgement is over. A read byte leaves the chip and is counted.
///
/// Messages are served one after another; one event for each register that acts and one for the
/// end.
class cci_target : public sc_core::sc_module {
  public:
    using completion = std::function<void(const cci_reply&)>;

    SC_HAS_PROCESS(cci_target);
    cci_target(sc_core::sc_module_name name, const cci_parameters& p, block_context& ctx,
               egress_ledger& ledger);

    cci_space& space() { return space_; }
    const cci_space& space() const { return space_; }
    /// The device answers at this address.
    bool answers(std::uint8_t device) const;
    /// The address that the pin chooses: 0x1A, or 0x10.
    std::uint8_t own_address() const { return answers(0x1A) ? 0x1A : 0x10; }
    /// Held in reset (pin XCLR): no address is acknowledged.
    void hold_in_reset(bool held) { in_reset_ = held; }
    /// Adds to the time of the access that is being made. From callbacks of space().
    void take(const sc_core::sc_time& t) { access_ += t; }

    /// Begins at the present time or when the messages before it are over. Call while the
    /// simulation stands still or from a process; `done` is called in simulated time.
    void submit(cci_message m, completion done);
    bool idle() const { return queue_.empty(); }
    sc_core::sc_time bit_time() const { return bit_; }

  private:
    void serve();  ///< thread
    cci_reply transfer(const cci_message& m);
    void spend(std::uint64_t bits) { due_ += bit_ * static_cast<double>(bits); }
    bool byte(const cci_message& m, std::uint8_t& value);
    void arrive();

    cci_parameters p_;
    egress_ledger& ledger_;
    cci_space space_;
    sc_core::sc_time bit_, stretch_, due_, access_;
    bool in_reset_ = false;
    std::uint16_t index_ = 0;
    std::deque<std::pair<cci_message, completion>> queue_;
    sc_core::sc_event submitted_;
    std::uint64_t messages_ = 0, written_ = 0, read_ = 0, unanswered_ = 0, refused_ = 0;
    double busy_ = 0, stretched_ = 0;
};

}  // namespace ocellus::links
