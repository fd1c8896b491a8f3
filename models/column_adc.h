// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>

#include "core/block.h"
#include "core/payload.h"
#include "core/registers.h"
#include "models/adc_transfer.h"
#include "models/plane_store.h"
#include "registers/column_adc.h"

namespace ocellus::models {

/// A converter per column. Every row is forwarded with the conversion time added to its delay; the
/// digital numbers of a frame are made by the worker pool, started at the frame's first row. The
/// slope of the ramp follows the analogue gain that comes with the frame's charge.
class column_adc : public sc_core::sc_module {
  public:
    // Registers: byte offsets.

    tlm_utils::simple_target_socket<column_adc> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<column_adc> rows_out{"rows_out"};
    tlm_utils::simple_target_socket<column_adc> registers_in{"registers_in"};

    column_adc(sc_core::sc_module_name name, const column_adc_parameters& p,
               block_context& context);
    ~column_adc() override;

    const register_block& registers() const { return registers_; }
    register_block& registers() { return registers_; }
    /// Every frame has these samples instead of what the pixels hold: recorded RAW data.
    void inject(std::shared_ptr<const plane<std::uint16_t>> raw);
    /// Of all events so far.
    counted_energy energy() const;
    /// Waits until all frames begun so far are converted.
    void finish();

  private:
    void declare_registers();
    void declare_statistics();
    void take_row(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    void begin_frame(const row_info& r);

    using samples = lazy_plane<std::uint16_t>;
    std::shared_ptr<const samples> injected_;
    column_adc_parameters parameters_;
    std::uint32_t digital_gain_ = 256;  ///< the configured one as DIGITAL_GAIN has it
    block_context& context_;
    std::uint16_t track_ = 0;  ///< of the trace
    register_block registers_{registers::column_adc::map};
    const double conversion_seconds_;
    double shortest_line_;
    const double clock_;
    sc_core::sc_time conversion_;  ///< of a row
    const readout_energies energies_;
    static constexpr unsigned rows_per_band = 32;
    static constexpr unsigned frames_under_way = 2;

    std::shared_ptr<const samples> raw_;              // of the frame that is being read out
    std::deque<std::weak_ptr<const samples>> begun_;  // frames whose conversion may be under way
    std::shared_ptr<plane_store<std::uint16_t>> store_ =
        std::make_shared<plane_store<std::uint16_t>>();
    std::shared_ptr<std::atomic<std::uint64_t>> clipped_ =
        std::make_shared<std::atomic<std::uint64_t>>(0);

    std::uint64_t frames_ = 0, rows_ = 0, foreign_ = 0;
    std::uint64_t pixels_ = 0, conversions_ = 0, counts_ = 0;  ///< events that cost energy
};

}  // namespace ocellus::models
