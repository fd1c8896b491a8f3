// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/interrupt_lines.h"
#include "core/payload.h"
#include "core/registers.h"
#include "isp/demosaic.h"
#include "isp/exposure_statistics.h"
#include "isp/parameters.h"
#include "isp/registers.h"
#include "isp/stage_work.h"
#include "isp/statistics_record.h"

namespace ocellus::isp {

/// Latency of the pipeline, summed over its stages: lines of (K-1)/2 for a K x K window, and
/// clocks. Stages that are bypassed and can be left out cost nothing.
struct stage_latency {
    const char* name;
    unsigned lines, clocks;
    bool optional;
    stage which;  ///< of the optional ones
};
constexpr stage_latency stage_latencies[] = {
    {"black level", 0, 4, false, stage::black_level},
    {"white balance", 0, 3, false, stage::white_balance},
    {"demosaic", demosaic_lines, 9, false, stage::demosaic},
    {"colour matrix", 0, 4, false, stage::colour_matrix},
    {"gamma", 0, 2, false, stage::gamma},
    {"YUV", 0, 9, false, stage::gamma},
    {"scaler", 0, 4, false, stage::gamma},
    {"linearisation", 0, 2, true, stage::linearisation},
    {"defect correction", defect_lines, 10, true, stage::defect_correction},
    {"lens shading", 0, 2, true, stage::lens_shading},
    {"Bayer noise reduction", bayer_noise_lines, 9, true, stage::bayer_noise_reduction},
    {"sharpening", sharpening_lines, 15, true, stage::sharpening},
    {"luma noise reduction", luma_noise_lines, 34, true, stage::luma_noise_reduction},
};
constexpr unsigned latency_lines(stage_set stages = default_stages) {
    unsigned n = 0;
    for (const auto& s : stage_latencies)
        if (!s.optional || has(stages, s.which))
            n += s.lines;
    return n;
}
constexpr unsigned latency_clocks(stage_set stages = default_stages) {
    unsigned n = 0;
    for (const auto& s : stage_latencies)
        if (!s.optional || has(stages, s.which))
            n += s.clocks;
    return n;
}

/// When rows go through the ISP. All arithmetic is in whole clocks since time zero:
///
///     row clocks = ceil(width / pixels_per_clock) + horizontal_blanking
///     a row begins at the clock edge at or after its arrival, or when the row before it is done
///     picture row y, and what the scaler gets of it, is there latency_clocks after row y + 2 is
///     done;
///         after the last row the pipeline runs two more rows (the mirrored border)
///     scale s: picture row i is there with row i s + s - 1
///     a tensor row takes ceil(its width / pixels_per_clock) clocks more, one row at a time, and is
///     then
///         written in bursts of at most 4096 bytes, each after the one before
///
/// A row that arrives while `input_rows` rows are not done is lost: counted, OVERFLOW set, the
/// picture row it would have completed is not sent. The picture and the tensor are computed as if
/// it had come. A tensor row that is not at the memory port when row + `tensor_rows` is finished is
/// lost as well: not written.
class isp : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<isp> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<isp> rows_out{"rows_out"};
    tlm_utils::simple_initiator_socket<isp> memory_out{"memory_out"};
    tlm_utils::simple_target_socket<isp> registers_in{"registers_in"};
    sc_core::sc_out<bool> tensor_irq{"tensor_irq"};
    /// May stay unbound.
    sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>
        statistics_irq{"statistics_irq"};

    SC_HAS_PROCESS(isp);
    isp(sc_core::sc_module_name name, const isp_parameters& parameters, block_context& ctx);

    /// Of all pixels so far, stage by stage in the order of work_of(), and of all stages.
    counted_energy energy(std::size_t worker) const {
        return energy_of(work_[worker], operation_energy_, line_sample_energy_);
    }
    counted_energy energy() const;

    const register_block& registers() const { return registers_; }
    register_block& registers() { return registers_; }
    /// Gains of the lens shading from the next frame on, in place of the configured ones; null:
    /// those again.
    void set_shading(std::shared_ptr<const shading_grid> grid) { shading_ = std::move(grid); }
    /// Keeps what every stage makes of the frames that `wanted` names, for stage_dumps(). Only
    /// frames whose picture or tensor is computed have stages.
    void keep_stages(std::function<bool(std::uint32_t frame)> wanted) {
        stages_wanted_ = std::move(wanted);
    }
    /// By frame number.
    const std::map<std::uint32_t, std::shared_ptr<frame_work>>& stage_dumps() const {
        return stage_dumps_;
    }
    /// Shorthand for writing the TENSOR_ registers, but for the address.
    void set_tensor_format(const tensor_format& f) { store_tensor_format(registers_, f); }

  private:
    /// A frame on its way through the pipeline.
    struct frame_state {
        std::uint32_t number = 0;
        row_info info;  ///< of its first row, without samples
        register_settings settings;
        std::shared_ptr<frame_work> work;  ///< null: timing only
        unsigned next_image_row = 0, next_tensor_row = 0;
        std::vector<std::uint32_t> lost_rows;
        std::array<stage_work, worker_count> work_per_pixel{};
        std::vector<sc_core::sc_time> exposure_starts;  ///< by row of the array
    };
    struct waiting_tensor_row {
        std::shared_ptr<frame_state> frame;
        unsigned row = 0;
        std::uint64_t ready = 0;  ///< clock
    };

    /// Statistics of a frame, made by workers and waited for when somebody looks.
    struct measurement {
        std::uint32_t frame = 0;
        unsigned last_row = 0;  ///< with it the window is complete
        unsigned bits = 0;
        statistics_window window;
        zone_settings grid;
        bool zones = false, write = false;
        std::uint32_t address = 0;
        exposure_statistics exposure;
        zone_statistics zone;
        work_handle work, zone_work;
        bool made = false;  ///< false: no samples are simulated
    };

    void row_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    void register_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned register_debug(tlm::tlm_generic_payload& p);
    void declare_counters();
    void declare_statistics_registers();
    void begin_frame(const row_info& row);
    void start_work(const row_info& row);
    void take_in(const row_info& row, const sc_core::sc_time& arrival);
    void advance(std::int64_t last_row, std::uint64_t clock);
    void send_image_row(unsigned row, std::uint64_t clock);
    void write_tensor();
    void write_row(const waiting_tensor_row& r);
    std::uint32_t lines() const;
    void lines_changed() { irq_.update(lines(), registers_.ahead()); }
    void drive_irq();
    void begin_statistics(const row_info& row);
    void statistics_measured();
    void write_statistics();
    void finish_statistics(std::shared_ptr<measurement> m);
    const exposure_statistics& statistics();
    const zone_statistics& zones();
    std::uint64_t clocks_of(std::uint64_t pixels) const {
        return (pixels + p_.pixels_per_clock - 1) / p_.pixels_per_clock;
    }

    const isp_parameters p_;
    std::shared_ptr<const shading_grid> shading_;  ///< null: the configured one
    const event_energy operation_energy_, line_sample_energy_;
    block_context& ctx_;
    std::uint16_t tracks_[2] = {};  ///< of the trace: rows, tensor
    clock_domain clock_;
    register_block registers_{registers::isp::map};
    sc_core::sc_event tensor_rows_changed_;
    interrupt_lines irq_;

    std::shared_ptr<frame_state> frame_;
    std::deque<std::uint64_t> in_flight_;  ///< clocks at which the rows in the buffer are done
    std::uint64_t pipeline_free_ = 0;      ///< clock
    std::uint64_t scaler_free_ = 0;        ///< clock
    std::deque<waiting_tensor_row> tensor_rows_;
    std::vector<std::shared_ptr<frame_work>> finished_work_;  ///< storage for reuse
    std::function<bool(std::uint32_t frame)> stages_wanted_;
    std::map<std::uint32_t, std::shared_ptr<frame_work>> stage_dumps_;

    std::shared_ptr<measurement> measuring_, measured_;
    std::deque<std::shared_ptr<measurement>> due_;
    sc_core::sc_event statistics_due_, statistics_to_write_;
    std::deque<std::shared_ptr<measurement>> to_write_;
    sc_core::sc_mutex memory_port_;  ///< one burst at a time
    std::uint64_t measurements_ = 0, statistics_bytes_ = 0;

    std::uint64_t frames_ = 0, rows_in_count_ = 0, rows_out_count_ = 0, rows_lost_ = 0;
    std::uint64_t tensor_row_count_ = 0, tensor_rows_lost_ = 0, tensors_ = 0,
                  tensors_unfinished_ = 0;
    std::uint64_t tensor_bytes_ = 0, busy_cycles_ = 0, peak_rows_ = 0, bus_errors_ = 0,
                  config_errors_ = 0;
    std::array<stage_work, worker_count> work_{};
    std::uint64_t pixels_ = 0;  ///< of the rows that went through the pipeline
    std::uint64_t input_wait_ = 0, scaler_wait_ = 0, memory_wait_ = 0;  ///< clocks
};

}  // namespace ocellus::isp
