// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/events.h"
#include "core/lost_line.h"
#include "dsp/cpu/control_cpu.h"
#include "dsp/cpu/simulator_port.h"
#include "dsp/cpu/system_control.h"
#include "dsp/npu/npu.h"
#include "isp/pipeline.h"
#include "links/cci_target.h"
#include "links/egress_ledger.h"
#include "links/embedded_lines.h"
#include "links/uart.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "models/pixel_array.h"
#include "models/scene.h"
#include "models/sensor_timing.h"
#include "sim/boot_port.h"
#include "sim/conservation.h"
#include "sim/external_port.h"
#include "sim/firmware_image.h"
#include "sim/frame_log.h"
#include "sim/host.h"
#include "sim/inputs.h"
#include "sim/picture_quality.h"
#include "sim/privacy.h"
#include "sim/register_directory.h"
#include "sim/report.h"
#include "sim/row_probe.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// The whole sensor and its host, wired: the only place that knows how the blocks are connected.
///
///     pixel_array -> column_adc -> die_link -> isp -> capture -> probe -> csi2 -> host
///     isp, npu, dma, csi2, cpu, external, video -> interconnect -> sram and every block's
///     registers every block's interrupt -> interrupt_controller -> cpu
class sensor : public sc_core::sc_module {
  public:
    /// `keep(frame)`: whether the frame's picture and tensors are wanted after the run.
    sensor(sc_core::sc_module_name name, const settings& s, const run_inputs& in,
           block_context& ctx, std::function<bool(std::uint32_t frame)> keep);
    ~sensor() override;

    /// Bytes without time, through the bus, ROM and tightly coupled RAM included. Returns how many
    /// could be moved before the first address where nothing is. Registers are read without side
    /// effect and written as by the bus.
    std::size_t debug_read(std::uint32_t address, unsigned char* bytes, std::size_t length);
    std::size_t debug_write(std::uint32_t address, const unsigned char* bytes, std::size_t length);
    /// As debug_read(), by somebody outside the chip: the privacy mode holds, and it is counted.
    std::size_t outside_read(std::uint32_t address, unsigned char* bytes, std::size_t length);
    const privacy_guard& privacy() const { return *privacy_; }
    /// Resets the control CPU with what belongs to it, gives up the NPU's job and loads the
    /// firmware again. Callable between two steps of the simulation and from a block's callback.
    void reset(dsp::boot_reason why);
    /// After the last event: settles the counts. `check`: throws when a connection's contract was
    /// broken (run.check_protocol).
    void finish(bool check);

    /// Every frame that began has come to its end.
    bool finished() const;
    /// Nothing is left to send.
    bool silent() const;
    /// Called whenever silent() may have become true.
    void on_silence(const std::function<void()>& f);
    run_summary summary() const;
    /// Of pixels, conversions, counts and the die link so far.
    counted_energy readout_energy() const;

    /// Picture lines that found a FIFO full, in order of time.
    std::vector<lost_line> lost_lines() const;
    /// Cycles waited in the SRAM as CSV: initiator, for whom, bank, cycles; zeros are left out.
    std::string conflicts_csv() const;
    const frame_log& frames() const { return *log_; }
    /// What the ISP's stages made, by frame (output.dump_stages).
    const std::map<std::uint32_t, std::shared_ptr<isp::frame_work>>& stage_dumps() const;
    /// What statistics quality.* show (output.quality); whoever has the picture sets it.
    void set_quality(const picture_figures& f);
    const host& host_side() const;
    host& host_side();
    const memory::interconnect& bus() const;
    const memory::sram& sram() const;
    memory::interconnect& bus();
    const register_directory& registers() const { return directory_; }
    event_hub& events() { return events_; }
    dsp::control_cpu& cpu();
    const dsp::control_cpu& cpu() const;
    const links::uart& uart() const;
    /// An address in the firmware or the boot ROM, with symbol and source line as far as known.
    std::string place(std::uint32_t pc) const;
    dsp::system_control& system();
    dsp::simulator_port& simulator();
    links::uart& uart();
    external_port& external();
    /// The camera control interface, for whoever is the host.
    links::cci_target& cci();
    /// Pieces of weights that came over SPI and were damaged.
    std::uint64_t damaged_weights() const { return weights_ ? weights_->damaged() : 0; }
    /// What a host loads through.
    boot_port& boot();
    /// The mode of the stream, or of the last one.
    models::mode_registers mode() const;
    /// What the present frame shows of the scene, and what of the picture the network sees.
    models::pixel_array::view picture_view() const;
    isp::area_geometry network_window() const;
    /// Whether set_scene() has put another scene in front of the lens.
    bool scene_replaced() const { return scene_replaced_; }
    /// Lines into the interrupt controller, by name, in order of their numbers from 1.
    static const std::vector<std::string>& interrupt_names();
    bool interrupt_level(unsigned source) const;
    void set_scene(std::shared_ptr<const models::scene> what);
    double frame_time() const;
    /// The host begins to upload the second network (network.upload_on_request); between two steps
    /// of the simulation.
    void upload_second() { upload_.notify(sc_core::SC_ZERO_TIME); }
    /// Share of its bytes that the bus has taken, 0 to 1.
    double uploaded() const;
    /// Number of the network of the NPU's running or last job.
    std::uint32_t job_network() const;
    /// The last complete inference, and its passes.
    const dsp::job_timing& last_job() const;
    const std::vector<dsp::layer_timing>& last_job_layers() const;
    const clock_domain& npu_clock() const;
    /// NPU cycles of the last complete inference.
    std::uint64_t last_job_cycles() const;

  private:
    struct blocks;
    void wire(bool check);
    void map_memory();
    std::uint32_t system_state() const;
    void wire_interrupts();
    void load_firmware();
    void follow_pixels();
    void upload_later();
    void send_regions();
    links::register_bytes embedded_registers(std::uint32_t frame) const;
    std::unique_ptr<boot_port> make_boot_port();
    void check_protocol();
    void check_balances() const;
    std::vector<balance> balances() const;
    const settings& settings_;
    const run_inputs& inputs_;
    block_context& ctx_;
    event_hub events_;
    register_directory directory_;
    links::egress_ledger ledger_;
    std::unique_ptr<blocks> b_;
    std::unique_ptr<privacy_guard> privacy_;
    std::unique_ptr<frame_log> log_;
    std::unique_ptr<boot_port> boot_;
    std::unique_ptr<weight_source> weights_;
    std::shared_ptr<const firmware_image> booted_;  ///< main firmware that a host has loaded
    std::uint32_t networks_there_ = 0;              ///< a bit for each that is in SRAM
    sc_core::sc_event upload_;  ///< the host begins to upload the second network
    std::uint64_t upload_bytes_ = 0, uploaded_bytes_ = 0;
    bool scene_replaced_ = false;
};

}  // namespace ocellus::sim
