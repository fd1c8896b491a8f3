// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/interrupt_lines.h"
#include "core/parameter.h"
#include "core/registers.h"
#include "memory/bank_arbiter.h"
#include "memory/bank_calendar.h"
#include "memory/bank_geometry.h"
#include "memory/bank_power.h"
#include "memory/initiator.h"
#include "memory/soft_errors.h"
#include "memory/time_series.h"
#include "memory/word_faults.h"
#include "registers/sram_control.h"
#include "registers/sram_counters.h"

namespace ocellus::memory {

/// How bursts meet in time; the bytes are the same.
enum class memory_fidelity : std::uint8_t {
    loosely_timed,       ///< a calendar of each bank, in the order of calls; nobody waits
    approximately_timed  ///< burst by burst, as the arbiter decides; initiators wait
};

enum class protection : std::uint8_t { none, secded };

struct sram_parameters {
    std::uint64_t size = 8u << 20;   ///< bytes
    std::uint64_t banks = 16;        ///< power of two
    std::uint64_t width = 32;        ///< bytes of one bank access (one cycle)
    std::uint64_t interleave = 256;  ///< consecutive bytes in one bank
    bank_mapping mapping = bank_mapping::linear;
    bank_ports ports = bank_ports::one;
    double clock = 262.5e6;          ///< Hz
    std::uint64_t read_latency = 2;  ///< cycles from the last access to the last byte
    std::uint64_t write_latency = 1;
    memory_fidelity fidelity = memory_fidelity::loosely_timed;
    arbitration policy = arbitration::round_robin;
    std::uint64_t longest_grant = 4096;  ///< accesses
    protection ecc = protection::none;
    std::uint64_t scrub_interval = 0;     ///< cycles; 0: no scrubbing
    double soft_error_rate = 0;           ///< FIT per Mbit
    std::string soft_errors;              ///< memory/soft_errors.h
    std::string stuck_rows;               ///< memory/soft_errors.h
    std::uint64_t retention_after = 0;    ///< idle cycles; 0: never
    std::uint64_t wake_latency = 4;       ///< cycles, from retention
    std::uint64_t power_up_latency = 64;  ///< cycles, from off
    void declare(parameter_registry& r);
};

/// What no single range can say: an interleave that is no multiple of the width, lists that do not
/// parse, rows that do not exist.
void check(const sram_parameters& p, const parameter_registry& r, diagnostics& problems);

/// Banked on-chip SRAM behind one socket. Addresses count from 0 at its first byte.
///
/// A burst is cut into accesses of `width` aligned bytes, one a cycle, in the order of addresses;
/// `mapping` tells the bank of each interleave unit. Each run of accesses inside one
/// interleave unit reserves its bank in the calendar, the next run not before the end of the one
/// before. So without conflicts a burst of n accesses that is at the memory in cycle c is complete
/// in cycle c + n + latency, and bursts in different banks do not see each other. The latency is a
/// pipeline: it does not occupy the bank. With ECC a write of a part of an 8-byte word reads that
/// word first, one more access.
///
/// Every burst may come by b_transport or, with a memory manager, by nb_transport in the phases of
/// the base protocol. Loosely timed it is answered at once (TLM_COMPLETED) with the time of its
/// completion; approximately timed END_REQ comes back when the arbiter has taken it, which it does
/// at once whatever the annotated time, and BEGIN_RESP when it is complete. The next BEGIN_RESP
/// waits for END_RESP. What is refused is TLM_COMPLETED without taking time.
///
/// Cells that do not hold what was written are kept apart (memory/word_faults.h): the bytes of
/// data() are those that were written, and what a burst with data reads is what the cells and the
/// code make of them. Whoever reads by DMI sees no fault; its bursts without data do.
class sram : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<sram> memory_in{"memory_in"};
    /// The performance counters, and what controls the memory; may stay unbound.
    tlm_utils::simple_target_socket_optional<sram> registers_in{"registers_in"};
    tlm_utils::simple_target_socket_optional<sram> control_in{"control_in"};
    /// May stay unbound.
    sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>
        error_irq{"error_irq"};

    // CONTROL bits
    static constexpr std::uint32_t control_ecc = 1, control_scrub = 2, control_bus_error = 4;
    // STATUS bits
    static constexpr std::uint32_t status_corrected = 1, status_uncorrectable = 2,
                                   status_bank_off = 4;

    SC_HAS_PROCESS(sram);
    sram(sc_core::sc_module_name name, const sram_parameters& p, block_context& ctx);

    /// Largest burst, see the BURSTS contract in core/payload.h.
    static constexpr std::uint32_t max_burst = 4096;

    std::uint64_t size() const { return p_.size; }
    /// How it wants to be asked.
    transport protocol() const { return arbiter_ ? transport::phases : transport::blocking; }
    /// The bytes themselves, as granted by DMI. Pages come into being when first touched.
    std::uint8_t* data() { return bytes_.get(); }
    const std::uint8_t* data() const { return bytes_.get(); }

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }
    register_block& control() { return control_; }
    const register_block& control() const { return control_; }
    std::uint64_t bytes_read() const { return bytes_read_; }
    std::uint64_t bytes_written() const { return bytes_written_; }
    std::uint64_t busy_cycles() const { return busy_cycles_; }
    std::uint64_t wait_cycles() const { return wait_cycles_; }

    /// The bank of an address.
    unsigned bank_of(std::uint64_t address) const { return geometry_.bank_of(address); }
    /// First byte of a row (`width` bytes) of a bank.
    std::uint64_t address_of(unsigned bank, std::uint64_t row) const {
        return geometry_.address_of(bank, row);
    }
    /// Cycles that bursts of one initiator waited in a bank for those of another.
    std::uint64_t waited(unsigned bank, unsigned who, unsigned whom) const {
        return conflicts_[(bank * bank_calendar::max_owners + who) * bank_calendar::max_owners +
                          whom];
    }
    std::uint64_t banks() const { return p_.banks; }
    /// Accesses and cycles waited in each `interval` cycles, from now on.
    enum class occupancy_column : std::uint8_t { accesses, waits, count };
    void keep_occupancy(std::uint64_t interval) {
        occupancy_.begin(static_cast<std::size_t>(occupancy_column::count), interval);
    }
    const time_series& occupancy() const { return occupancy_; }
    const clock_domain& clock() const { return clock_; }
    unsigned ports() const { return static_cast<unsigned>(p_.banks) * ports_per_bank_; }
    /// False: reading some of these bytes gives an error, or not what was written.
    bool intact(std::uint64_t address, std::uint32_t bytes) const;
    /// Flips cells of the word that holds `address`, now.
    void flip(std::uint64_t address, const word_faults::cells& mask);

  private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay);
    /// False: it has been answered with an error.
    bool accepts(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void reserved(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& payload);
    void register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned register_debug(tlm::tlm_generic_payload& payload);
    void control_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned control_debug(tlm::tlm_generic_payload& payload);
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
    void start_of_simulation() override;

    /// The cycle after the last bank access of a burst.
    std::uint64_t reserve(std::uint64_t address, std::uint32_t bytes, bool write,
                          std::uint64_t earliest, unsigned owner, std::uint64_t* waited_for);
    /// Accesses more that a write of a part of a word makes, in its first and its last run.
    struct part_words {
        std::uint64_t before = 0, after = 0;
    };
    part_words parts_of(std::uint64_t address, std::uint32_t bytes, bool write);
    void move(tlm::tlm_generic_payload& payload, const sc_core::sc_time& after);

    // sram_arbitrated.cpp
    void begin_arbitration();
    void arbitrated(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    std::uint32_t take(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void end_response(tlm::tlm_generic_payload& payload);
    void arbitrate();  ///< method
    void rearm();
    void complete(std::uint32_t slot);
    void respond(std::uint32_t slot);
    /// The calendar's row for an access: of the port that is free first.
    unsigned port_of(unsigned bank, bool write, std::uint64_t cycle, std::uint64_t accesses) const;
    std::uint64_t* conflicts_of(unsigned bank, unsigned owner) {
        constexpr unsigned owners = bank_calendar::max_owners;
        return conflicts_.data() + (std::size_t{bank} * owners + owner) * owners;
    }
    bool any_bank_off(std::uint64_t address, std::uint32_t bytes, std::uint64_t cycle) const;
    std::uint64_t cycle_now() const;
    void note_occupancy(std::uint64_t cycle, occupancy_column what, std::uint64_t amount) {
        occupancy_.add(cycle, static_cast<std::size_t>(what), amount);
    }

    // sram_protection.cpp
    void declare_control(std::uint64_t seed);
    void declare_protection_statistics(statistics& s);
    bool ecc() const { return (control_.get(registers::sram_control::CONTROL) & control_ecc) != 0; }
    /// What was written to a word.
    std::uint64_t truth(std::uint64_t word) const;
    /// Bytes that a bank lost hold something again.
    void written_again(std::uint64_t address, std::uint64_t last);
    /// Clears those of the bytes read that a bank has lost.
    void without_lost(std::uint64_t address, std::uint32_t bytes, unsigned char* data) const;
    bool intact() const { return faults_.empty() && lost_.empty(); }
    /// What comes of reading a word: its data, and whether that is as good as the memory knows.
    bool read_word(std::uint64_t word, std::uint64_t& data, const sc_core::sc_time& after);
    /// Bursts that meet faulty cells. False: the burst is to be answered with an error.
    bool read_through(std::uint64_t address, std::uint32_t bytes, unsigned char* data,
                      const sc_core::sc_time& after);
    bool write_through(std::uint64_t address, std::uint32_t bytes, const sc_core::sc_time& after);
    void note(std::uint32_t status, const sc_core::sc_time& after);
    void set_power(std::uint32_t state);
    void inject();     ///< the INJECT register
    void upset_now();  ///< method
    void scrub();      ///< method
    void drive_irq();  ///< method
    std::uint32_t lines() const;

    struct release {
        void operator()(std::uint8_t* p) const { std::free(p); }
    };
    sram_parameters p_;
    clock_domain clock_;
    bank_geometry geometry_;
    unsigned ports_per_bank_;
    bank_calendar calendar_;
    bank_power power_;
    std::unique_ptr<std::uint8_t[], release> bytes_;
    sc_core::sc_time last_now_;
    register_block registers_{registers::sram_counters::map};
    register_block control_{registers::sram_control::map};

    word_faults faults_;
    /// One bit for each byte that a bank has lost by being off; empty: none was.
    std::vector<std::uint8_t> lost_;
    std::vector<upset> planned_;
    std::size_t planned_done_ = 0;
    std::unique_ptr<random_upsets> random_;
    upset next_random_;
    sc_core::sc_event scrub_event_;
    interrupt_lines irq_;

    std::uint64_t reads_ = 0, writes_ = 0;
    std::uint64_t bytes_read_ = 0, bytes_written_ = 0;
    std::uint64_t busy_cycles_ = 0, wait_cycles_ = 0, refused_ = 0;
    std::uint64_t wake_cycles_ = 0, read_modify_writes_ = 0, off_bursts_ = 0;
    std::uint64_t corrected_ = 0, uncorrectable_ = 0, silent_ = 0, scrubbed_ = 0;
    std::uint64_t scrub_reads_ = 0, scrub_row_ = 0, scrub_passes_ = 0;
    std::uint64_t upsets_ = 0, injected_ = 0;
    std::vector<std::uint64_t> bank_busy_, bank_wait_, conflicts_;
    time_series occupancy_;

    /// A burst under way in an arbitrated memory.
    struct flight {
        std::uint64_t latency = 0;                    ///< cycles behind the last access
        tlm::tlm_generic_payload* payload = nullptr;  ///< came by phases; null: b_transport waits
        bool complete = false;
        std::unique_ptr<sc_core::sc_event> completed;
    };
    using completion = std::pair<std::uint64_t, std::uint32_t>;  ///< cycle, slot
    share_table shares_{};
    std::unique_ptr<bank_arbiter> arbiter_;
    std::vector<flight> flights_;
    std::vector<std::uint32_t> free_slots_;
    std::priority_queue<completion, std::vector<completion>, std::greater<completion>> completions_;
    const tlm::tlm_generic_payload* responding_ = nullptr;  ///< waits for its END_RESP
    std::deque<std::uint32_t> responses_;                   ///< complete, wait for that one
    std::array<std::uint64_t*, bank_calendar::max_owners> waited_for_{};
    sc_core::sc_event arbitrate_event_;
    std::uint64_t armed_for_ = bank_arbiter::never, decided_at_ = 0;  ///< cycles
};

}  // namespace ocellus::memory
