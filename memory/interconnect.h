// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <array>
#include <cstdint>
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
#include "memory/initiator.h"
#include "memory/time_series.h"

namespace ocellus::memory {

struct interconnect_parameters {
    double clock = 262.5e6;     ///< Hz
    std::uint64_t latency = 2;  ///< cycles from initiator to target
    std::string shares;         ///< parse_shares()
    void declare(parameter_registry& r);
};

/// Reads "isp: deadline=2000 priority=0, npu: weight=2". False, with what is wrong.
bool parse_shares(const std::string& text, std::map<std::string, initiator_share>& out,
                  std::string& why);

/// One target of the interconnect.
struct mapped_region {
    std::string name;
    std::uint64_t base = 0;
    std::uint64_t size = 0;
    std::uint64_t last() const { return base + (size - 1); }
};

/// Routes bursts by address: a full crossbar, so two bursts meet only in a bank of the SRAM. Bursts
/// that meet are served in the order of their calls, a bank at a time, which between initiators
/// that keep asking is a round robin. Targets see addresses that count from 0 at their base.
///
/// A burst that reaches the interconnect in cycle c is at its target in cycle c + latency. Answers:
/// ADDRESS_ERROR when nothing is mapped at the first byte, BURST_ERROR when the burst leaves the
/// region.
class interconnect : public sc_core::sc_module {
  public:
    tlm_utils::multi_passthrough_target_socket<interconnect> initiators_in{"initiators_in"};
    tlm_utils::multi_passthrough_initiator_socket<interconnect> targets_out{"targets_out"};

    interconnect(sc_core::sc_module_name name, const interconnect_parameters& p,
                 block_context& ctx);

    /// Names the next initiator, in the order in which initiators are bound; returns its number.
    unsigned add_initiator(const std::string& initiator_name);
    /// Maps the next target, in the order in which targets are bound. Throws input_error when the
    /// region is empty or overlaps another.
    void map(const std::string& target_name, std::uint64_t base, std::uint64_t size);

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
                       Socket& socket) {
        map(target_name, base, size);
        targets_out.bind(socket);
    }

    /// Called when a burst goes to an address where nothing is mapped.
    void on_unmapped(std::function<void(std::uint64_t address, bool write)> f) {
        unmapped_observer_ = std::move(f);
    }
    /// Called after every burst that was answered with OK.
    void on_burst(std::function<void(unsigned initiator, tlm::tlm_generic_payload& payload)> f) {
        burst_observer_ = std::move(f);
    }
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

  private:
    void end_of_elaboration() override;
    void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
    bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
    void invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last);
    /// Index of the region that holds `address`, or -1.
    int find(std::uint64_t address) const;

    struct initiator_state {
        std::string name;
        std::uint16_t track = 0;
        std::array<std::uint64_t, bank_calendar::max_owners> waited_for{};
        initiator_extension extension;
        initiator_share share;
        std::uint64_t requests = 0, bytes = 0, errors = 0;
        burst_latency latency;  ///< in units of the kernel's resolution
    };
    interconnect_parameters p_;
    clock_domain clock_;
    statistics& stats_;
    tracer* trace_;
    std::vector<std::unique_ptr<initiator_state>> initiators_;
    std::map<std::string, initiator_share> shares_;
    std::vector<mapped_region> regions_;
    std::uint64_t unmapped_ = 0, crossing_ = 0;
    time_series series_;
    std::function<void(std::uint64_t, bool)> unmapped_observer_;
    std::function<void(unsigned, tlm::tlm_generic_payload&)> burst_observer_;
};

}  // namespace ocellus::memory
