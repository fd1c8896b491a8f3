// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/parameter.h"
#include "core/registers.h"
#include "memory/bank_calendar.h"
#include "registers/sram_counters.h"

namespace ocellus::memory {

struct sram_parameters {
    std::uint64_t size = 8u << 20;   ///< bytes
    std::uint64_t banks = 16;        ///< power of two
    std::uint64_t width = 32;        ///< bytes of one bank access (one cycle)
    std::uint64_t interleave = 256;  ///< consecutive bytes in one bank
    double clock = 262.5e6;          ///< Hz
    std::uint64_t read_latency = 2;  ///< cycles from the last access to the last byte
    std::uint64_t write_latency = 1;
    void declare(parameter_registry& r);
};

/// Banked on-chip SRAM behind one socket. Addresses count from 0 at its first byte.
///
/// A burst is cut into accesses of `width` aligned bytes, one a cycle, in the order of addresses;
/// bank = (address / interleave) mod banks. Each run of accesses inside one interleave unit
/// reserves its bank in the calendar, the next run not before the end of the one before. So without
/// conflicts a burst of n accesses that is at the memory in cycle c is complete in cycle c + n +
/// latency, and bursts in different banks do not see each other. The latency is a pipeline: it does
/// not occupy the bank.
class sram : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<sram> memory_in{"memory_in"};
    /// The performance counters; may stay unbound.
    tlm_utils::simple_target_socket_optional<sram> registers_in{"registers_in"};

    sram(sc_core::sc_module_name name, const sram_parameters& p, block_context& ctx);

    /// Largest burst, see the BURSTS contract in core/payload.h.
    static constexpr std::uint32_t max_burst = 4096;

    std::uint64_t size() const { return p_.size; }
    /// The bytes themselves, as granted by DMI. Pages come into being when first touched.
    std::uint8_t* data() { return bytes_.get(); }
    const std::uint8_t* data() const { return bytes_.get(); }

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }
    std::uint64_t bytes_read() const { return bytes_read_; }
    std::uint64_t bytes_written() const { return bytes_written_; }
    std::uint64_t busy_cycles() const { return busy_cycles_; }
    std::uint64_t wait_cycles() const { return wait_cycles_; }

  private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& payload);
    void register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned register_debug(tlm::tlm_generic_payload& payload);
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
    /// The cycle after the last bank access of a burst.
    std::uint64_t reserve(std::uint64_t address, std::uint32_t bytes, std::uint64_t earliest,
                          unsigned owner, std::uint64_t* waited_for);

    struct release {
        void operator()(std::uint8_t* p) const { std::free(p); }
    };
    sram_parameters p_;
    clock_domain clock_;
    bank_calendar calendar_;
    std::unique_ptr<std::uint8_t[], release> bytes_;
    sc_core::sc_time last_now_;
    register_block registers_{registers::sram_counters::map};

    std::uint64_t reads_ = 0, writes_ = 0;
    std::uint64_t bytes_read_ = 0, bytes_written_ = 0;
    std::uint64_t busy_cycles_ = 0, wait_cycles_ = 0, refused_ = 0;
    std::vector<std::uint64_t> bank_busy_, bank_wait_;
};

}  // namespace ocellus::memory
