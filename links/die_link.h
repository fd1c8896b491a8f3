// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/energy.h"
#include "core/lost_line.h"
#include "core/parameter.h"
#include "core/payload.h"

namespace ocellus::links {

struct die_link_parameters {
    std::uint64_t lanes = 32;
    double lane_rate = 600e6;                           ///< bit/s
    double latency = 50e-9;                             ///< s
    std::uint64_t fifo_rows = 2;                        ///< rows held, the one in transfer included
    double bit_energy = 1e-12, bit_energy_error = 0.5;  ///< J, relative
    void declare(parameter_registry& r);
    /// Seconds to move one row.
    double row_seconds(std::uint64_t width, std::uint64_t bits) const {
        return static_cast<double>(width * bits) / (static_cast<double>(lanes) * lane_rate);
    }
};

/// The connections between the pixel die and the logic die. A row that is complete at t and finds
/// the link free arrives at t + bits / (lanes x rate) + latency; rows are moved one after another.
/// A row that finds `fifo_rows` rows not yet moved is lost: the pixel array does not wait. The
/// samples are not touched: the same shared rows go on.
///
/// No process and no event: each row's time follows from the rows before it.
class die_link : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<die_link> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<die_link> rows_out{"rows_out"};

    die_link(sc_core::sc_module_name name, const die_link_parameters& p, block_context& ctx);

    std::uint64_t rows() const { return rows_; }
    std::uint64_t rows_lost() const { return rows_lost_; }
    const std::vector<lost_line>& losses() const { return losses_; }
    /// Of all bits moved so far.
    counted_energy energy() const { return {bits_, bit_energy_}; }

  private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

    die_link_parameters p_;
    event_energy bit_energy_;
    double row_time_ = 0;  ///< s, of the last row
    tracer* trace_;
    std::uint16_t track_ = 0;
    sc_core::sc_time latency_, free_at_;
    std::deque<sc_core::sc_time> moved_at_;  ///< of the rows held, in order

    std::uint64_t rows_ = 0, rows_lost_ = 0, frames_damaged_ = 0, bits_ = 0, fifo_peak_ = 0;
    std::uint64_t busy_time_ = 0;  ///< in units of the kernel's resolution
    std::vector<lost_line> losses_;
    std::uint64_t damaged_frame_ = UINT64_MAX;
};

}  // namespace ocellus::links
