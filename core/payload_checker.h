// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <cstdint>
#include <map>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/payload.h"

/// Checkers for tests: put one between an initiator and a target. They pass every call on
/// unchanged, take no time, and note each violation of the contract in core/payload.h. They never
/// stop the simulation: read violations() when it is over.
namespace ocellus {

/// What the checkers have found.
class violation_list {
  public:
    /// In order of time; the first 1000.
    const std::vector<std::string>& violations() const { return list_; }
    /// Transactions seen.
    std::uint64_t transactions() const { return transactions_; }

  protected:
    ~violation_list() = default;
    void violation(const std::string& what);
    /// Attributes that rows, packets and bursts have in common, before the call.
    void check_request(const tlm::tlm_generic_payload& p, const std::string& what);
    std::uint64_t transactions_ = 0;

  private:
    std::vector<std::string> list_;
};

/// Rows of frames in order, constant format within a frame, times that do not go back, a receiver
/// that answers OK and leaves the delay alone.
class row_checker : public sc_core::sc_module, public violation_list {
  public:
    tlm_utils::simple_target_socket<row_checker> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<row_checker> rows_out{"rows_out"};

    explicit row_checker(sc_core::sc_module_name name);
    /// Call at the end: notes a frame that was not completed.
    void finish();
    std::uint64_t complete_frames() const { return complete_; }

  private:
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    void check_row(const tlm::tlm_generic_payload& p, const row_info& r, const std::string& what,
                   const sc_core::sc_time& arrival);
    bool any_ = false;
    row_info last_;  ///< samples not kept
    sc_core::sc_time last_arrival_;
    std::uint64_t complete_ = 0;
};

/// Packets numbered from 0, headers that agree with the payload, long packets only between frame
/// start and frame end of their virtual channel, times that do not go back.
class packet_checker : public sc_core::sc_module, public violation_list {
  public:
    tlm_utils::simple_target_socket<packet_checker> packets_in{"packets_in"};
    tlm_utils::simple_initiator_socket<packet_checker> packets_out{"packets_out"};

    explicit packet_checker(sc_core::sc_module_name name);
    /// Call at the end: notes frames that were not ended.
    void finish();

  private:
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    void check_packet(const tlm::tlm_generic_payload& p, const packet_info& i,
                      const std::string& what);
    std::uint64_t next_ = 0;
    sc_core::sc_time last_arrival_;
    std::map<unsigned, unsigned> open_;  ///< frame number by virtual channel
};

/// One hop of the TLM-2.0 base protocol (IEEE Std 1666-2011, clause 15): each burst goes through
/// BEGIN_REQ, END_REQ, BEGIN_RESP and END_RESP in this order, of which END_REQ and END_RESP may be
/// implied; no BEGIN_REQ before the one before has ended (request exclusion rule), and no
/// BEGIN_RESP likewise; its effective times do not go back; payloads have a memory manager, and a
/// response when they are complete. Calls of b_transport pass unchecked.
class phase_checker : public sc_core::sc_module, public violation_list {
  public:
    tlm_utils::simple_target_socket<phase_checker> bursts_in{"bursts_in"};
    tlm_utils::simple_initiator_socket<phase_checker> bursts_out{"bursts_out"};

    explicit phase_checker(sc_core::sc_module_name name);
    /// Call at the end: notes bursts that were not completed.
    void finish();
    /// Times that each phase was seen, and bursts whose response came with the call of BEGIN_REQ.
    std::uint64_t begin_req() const { return transactions(); }
    std::uint64_t end_req() const { return seen_[0]; }
    std::uint64_t begin_resp() const { return seen_[1]; }
    std::uint64_t end_resp() const { return seen_[2]; }
    std::uint64_t early() const { return early_; }

  private:
    struct burst_state {
        std::string what;
        unsigned phase = 0;  ///< tlm_phase
        sc_core::sc_time last;
        unsigned length = 0;
        tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    };
    using bursts = std::map<const tlm::tlm_generic_payload*, burst_state>;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay);
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
        bursts_out->b_transport(p, delay);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& p) { return bursts_out->transport_dbg(p); }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
        return bursts_out->get_direct_mem_ptr(p, dmi);
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
        bursts_in->invalidate_direct_mem_ptr(first, last);
    }
    /// What a call, or its return, says of a burst.
    void moved(const tlm::tlm_generic_payload& p, unsigned phase, const sc_core::sc_time& delay,
               bool from_initiator);
    void returned(const tlm::tlm_generic_payload& p, tlm::tlm_sync_enum answer, unsigned sent,
                  unsigned phase, const sc_core::sc_time& before, const sc_core::sc_time& delay,
                  bool from_initiator);
    void over(const tlm::tlm_generic_payload& p, bursts::iterator at);
    bursts under_way_;
    const tlm::tlm_generic_payload *requesting_ = nullptr, *responding_ = nullptr;
    std::uint64_t seen_[3] = {}, early_ = 0;
};

/// Bursts of 1 .. 4096 bytes without byte enables, a delay that does not shrink, a response that is
/// always given, data pointer and length left alone. Passes on transport_dbg and DMI as well.
class burst_checker : public sc_core::sc_module, public violation_list {
  public:
    tlm_utils::simple_target_socket<burst_checker> bursts_in{"bursts_in"};
    tlm_utils::simple_initiator_socket<burst_checker> bursts_out{"bursts_out"};

    explicit burst_checker(sc_core::sc_module_name name);

  private:
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& p);
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi);
    void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);
};

}  // namespace ocellus
