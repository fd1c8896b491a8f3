// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "links/egress_ledger.h"
#include "memory/interconnect.h"
#include "sim/host.h"
#include "sim/inputs.h"
#include "sim/report.h"
#include "sim/row_probe.h"
#include "sim/sequencer.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// The whole sensor and its host, wired: the only place that knows how the blocks are connected.
///
///     pixel_array -> column_adc -> die_link -> isp -> probe -> csi2 -> host
///     isp, npu, dma, csi2, sequencer -> interconnect -> sram and every block's registers
class sensor : public sc_core::sc_module {
  public:
    /// `keep(frame)`: whether the frame's picture and tensors are wanted after the run.
    sensor(sc_core::sc_module_name name, const settings& s, const run_inputs& in,
           block_context& ctx, std::function<bool(std::uint32_t frame)> keep);
    ~sensor() override;

    /// Runs until nothing is left to happen, calling `progress(frames begun)` now and then.
    void simulate(const std::function<void(std::uint64_t)>& progress);

    /// Every frame was delivered or dropped for a reason.
    bool finished() const;
    run_summary summary() const;
    const std::vector<frame_record>& frames() const;
    const host& host_side() const;
    const memory::interconnect& bus() const;
    const register_directory& registers() const;

  private:
    struct blocks;
    void check_protocol();
    const settings& settings_;
    const run_inputs& inputs_;
    block_context& ctx_;
    register_directory directory_;
    links::egress_ledger ledger_;
    std::unique_ptr<blocks> b_;
};

}  // namespace ocellus::sim
