// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/parameter.h"
#include "core/payload_pool.h"
#include "core/posted_bursts.h"
#include "core/registers.h"
#include "memory/burst_latency.h"
#include "memory/initiator.h"
#include "memory/time_series.h"
#include "registers/interconnect.h"

namespace ocellus::memory {

struct interconnect_parameters {
    double clock = 262.5e6;     ///< Hz
    std::uint64_t latency = 2;  ///< cycles from initiator to target
    std::string shares;         ///< parse_shares()
    void declare(parameter_registry& r);
};

/// Reads "isp: deadline=2000 priority=0, npu_read: weight=2 cap=4096". False, with what is wrong.
bool parse_shares(const std::string& text, std::map<std::string, initiator_share>& out,
                  std::string& why);

/// One target of the interconnect.
struct mapped_region {
    std::string name;
    std::uint64_t base = 0;
    std::uint64_t size = 0;
    transport protocol = transport::blocking;
    std::uint64_t last() const { return base + (size - 1); }
};

/// Routes bursts by address: a full crossbar, so two bursts meet only in a bank of the SRAM. Bursts
/// that meet are served in the order of their calls, a bank at a time, which between initiators
/// that keep asking is a round robin. Targets see addresses that count from 0 at their base.
///
/// A burst that reaches the interconnect in cycle c is at its target in cycle c + latency. With a
/// cap of k bytes in 1024 cycles a burst of n bytes is let in not before those that came before it
/// have been paid for, n x 1024 / k cycles each, so that the mean rate is never above the cap (the
/// generic cell rate algorithm of ITU-T I.371 without tolerance). Answers:
/// ADDRESS_ERROR when nothing is mapped at the first byte, BURST_ERROR when the burst leaves the
/// region.
///
/// Initiators use b_transport or nb_transport, whatever the target speaks. A burst that comes by
/// b_transport for a target with transport::phases goes on as BEGIN_REQ of a payload of the
/// interconnect's own, and the initiator's process waits for BEGIN_RESP, or not if it posts
/// (core/posted_bursts.h). Phases of nb_transport pass with the initiator's payload; END_REQ and
/// END_RESP are a matter of each hop: BEGIN_RESP is taken from the target at once (TLM_COMPLETED)
/// and given to the initiator when it has ended the one before, and BEGIN_REQ waits here until the
/// target has ended the one before. Bursts that are answered with an error here are TLM_COMPLETED.
class interconnect : public sc_core::sc_module {
  public:
    tlm_utils::multi_passthrough_target_socket<interconnect> initiators_in{"initiators_in"};
    tlm_utils::multi_passthrough_initiator_socket<interconnect> targets_out{"targets_out"};
    /// Shares and caps; may stay unbound.
    tlm_utils::simple_target_socket_optional<interconnect> registers_in{"registers_in"};

    SC_HAS_PROCESS(interconnect);
    interconnect(sc_core::sc_module_name name, const interconnect_parameters& p,
                 block_context& ctx);
    ~interconnect() override;

    /// Names the next initiator, in the order in which initiators are bound; returns its number.
    unsigned add_initiator(const std::string& initiator_name);
    /// Of a region's base and size, bytes.
    static constexpr std::uint64_t map_alignment = 4;
    /// Maps the next target, in the order in which targets are bound. Throws input_error when the
    /// region is empty, not aligned or overlaps another.
    void map(const std::string& target_name, std::uint64_t base, std::uint64_t size,
             transport protocol = transport::blocking);

    /// add_initiator() and bind() in one.
    template <class Socket>
    unsigned attach_initiator(const std::string& initiator_name, Socket& socket) {
        const unsigned id = add_initiator(initiator_name);
        socket.bind(initiators_in);
        return id;
    }
    /// map() and bind() in one.
    template <class Socket>
    void attach_target(const std::string& target_name, std::uint64_t base, std::uint64_t size,
                       Socket& socket, transport protocol = transport::blocking) {
        map(target_name, base, size, protocol);
        targets_out.bind(socket);
    }

    /// Called when a burst goes to an address where nothing is mapped.
    void on_unmapped(std::function<void(std::uint64_t address, bool write)> f) {
        unmapped_observer_ = std::move(f);
    }
    /// Called when a burst has been answered with OK.
    void on_burst(std::function<void(unsigned initiator, tlm::tlm_generic_payload& payload)> f) {
        burst_observer_ = std::move(f);
    }
    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }
    /// In order of mapping.
    const std::vector<mapped_region>& memory_map() const { return regions_; }
    /// Cycles that initiator `who` waited because of `whom`.
    std::uint64_t waited(unsigned who, unsigned whom) const {
        return initiators_[who]->waited_for[whom];
    }
    unsigned initiators() const { return static_cast<unsigned>(initiators_.size()); }
    const std::string& initiator_name(unsigned id) const { return initiators_[id]->name; }
    /// Cycles that `who` waited for any other burst, its own included.
    std::uint64_t wait_cycles(unsigned who) const;
    /// Of complete bursts, in units of the kernel's resolution.
    const burst_latency& latency(unsigned who) const { return initiators_[who]->latency; }
    std::uint64_t requests(unsigned who) const { return initiators_[who]->requests; }
    std::uint64_t bytes(unsigned who) const { return initiators_[who]->bytes; }
    /// Bytes of each initiator, by the time of its requests in intervals of the kernel's
    /// resolution, from now on. After the last initiator.
    void keep_series(std::uint64_t interval) { series_.begin(initiators_.size(), interval); }
    const time_series& series() const { return series_; }
    /// Payloads of its own that are on their way.
    std::size_t payloads_in_use() const { return payloads_.in_use(); }

  private:
    void end_of_elaboration() override;
    void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_bw(int target, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay);
    unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
    bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
    void invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last);
    void declare_registers();
    void register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        registers_.transport(payload, delay);
    }
    unsigned register_debug(tlm::tlm_generic_payload& payload) {
        return registers_.transport_debug(payload);
    }
    struct initiator_state;
    struct transit;
    /// Counts a burst and finds its target; -1: it has been answered with an error.
    int route(unsigned initiator, tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    /// When it is at the target, from now.
    sc_core::sc_time arrival(initiator_state& i, const tlm::tlm_generic_payload& payload,
                             const sc_core::sc_time& delay);
    /// A burst has been answered, at the absolute time `at`.
    void account(unsigned initiator, tlm::tlm_generic_payload& payload,
                 const sc_core::sc_time& asked, const sc_core::sc_time& at);
    transit& begin(unsigned initiator, int target, tlm::tlm_generic_payload& payload,
                   const sc_core::sc_time& asked);
    tlm::tlm_sync_enum request(transit& t, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum send(transit& t, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    void by_phases(unsigned initiator, int target, tlm::tlm_generic_payload& payload,
                   sc_core::sc_time& delay, const sc_core::sc_time& asked);
    void answered(transit& t, const sc_core::sc_time& delay);
    void respond(transit& t, const sc_core::sc_time& delay);
    void finish(transit& t);
    void target_free(unsigned target);
    void pass_on();  ///< method
    /// The initiator's cycle, or the later one in which its cap lets `bytes` in.
    std::uint64_t admit(initiator_state& i, std::uint64_t cycle, std::uint64_t bytes);
    /// Index of the region that holds `address`, or -1.
    int find(std::uint64_t address) const;

    struct initiator_state {
        std::string name;
        std::uint16_t track = 0;
        std::array<std::uint64_t, bank_calendar::max_owners> waited_for{};
        initiator_extension extension;
        initiator_share share;
        std::uint64_t requests = 0, bytes = 0, errors = 0, capped_cycles = 0;
        /// Cycle up to which its bursts are paid for, in 1/1024.
        std::uint64_t paid_until = 0;
        burst_latency latency;  ///< in units of the kernel's resolution
        // nb_transport
        transit* responding = nullptr;   ///< BEGIN_RESP sent, END_RESP not received
        std::deque<transit*> responses;  ///< answered, wait for that one
    };
    /// A burst on its way by phases; on its payload.
    struct transit : initiator_extension {
        void free() override { payload = nullptr; }
        tlm::tlm_generic_payload* payload = nullptr;  ///< null: not in use, or destroyed
        initiator_extension* outer = nullptr;         ///< on the payload before
        unsigned initiator = 0, target = 0;
        std::uint64_t address = 0;  ///< on the bus
        sc_core::sc_time asked;     ///< when the initiator asked
        sc_core::sc_time due;       ///< of what waits here: BEGIN_REQ or BEGIN_RESP; or answered
        enum class way : std::uint8_t { blocking, posted, phases } from = way::blocking;
        bool answered = false;
        posted_bursts* posted = nullptr;
        std::unique_ptr<sc_core::sc_event> done;
    };
    struct target_state {
        transit* requesting = nullptr;  ///< BEGIN_REQ sent, END_REQ not received
        std::deque<transit*> waiting;
    };
    interconnect_parameters p_;
    clock_domain clock_;
    statistics& stats_;
    tracer* trace_;
    std::vector<std::unique_ptr<initiator_state>> initiators_;
    std::map<std::string, initiator_share> shares_;
    std::vector<mapped_region> regions_;
    std::vector<target_state> targets_;
    std::vector<std::unique_ptr<transit>> transits_;
    std::vector<transit*> free_transits_;
    payload_pool payloads_;
    sc_core::sc_event pass_on_event_;
    std::uint64_t unmapped_ = 0, crossing_ = 0;
    time_series series_;
    register_block registers_{registers::interconnect::map};
    std::size_t selected_ = 0;
    std::function<void(std::uint64_t, bool)> unmapped_observer_;
    std::function<void(unsigned, tlm::tlm_generic_payload&)> burst_observer_;
};

}  // namespace ocellus::memory
