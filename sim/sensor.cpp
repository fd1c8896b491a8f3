// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/payload_checker.h"
#include "dsp/npu/npu.h"
#include "isp/isp.h"
#include "links/csi2_transmitter.h"
#include "links/die_link.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "models/column_adc.h"
#include "models/pixel_array.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t metadata_record_slots = 2;

/// How the ISP fills the network's input: the whole range of 8-bit colour onto the whole range of
/// the quantized input. A network whose input is no picture gets its bytes injected; the ISP then
/// writes a row of as many bytes, so that the time is that of a tensor of this size.
isp::tensor_format tensor_of(const dsp::network& n) {
    const auto& t = n.input();
    if (takes_pictures(n))
        return isp::make_tensor_format(
            static_cast<unsigned>(t.shape[2]), static_cast<unsigned>(t.shape[1]),
            static_cast<unsigned>(t.shape[3]), t.type == dsp::element::int8);
    const auto bytes = static_cast<unsigned>(t.bytes());
    const unsigned width = std::min(bytes, 512u);
    return isp::make_tensor_format(width, bytes / width, 1, true);
}

/// What the firmware's boot code would have in its tables: the mode and the ISP's set-up.
boot_settings boot_of(const settings& s, const run_inputs& in, const register_directory& directory,
                      const std::function<bool(std::uint32_t)>& keep) {
    boot_settings boot;
    const auto mode = s.pixels.sensor.registers();
    const auto write = [&](const char* block, std::string_view name, std::uint64_t value) {
        boot.writes.emplace_back(directory.address(block, std::string(name)),
                                 static_cast<std::uint32_t>(value));
    };
    write("pixel_array", "FRAME_LENGTH", mode.frame_length);
    write("pixel_array", "LINE_LENGTH", mode.line_length);
    write("pixel_array", "EXPOSURE", mode.exposure);
    write("pixel_array", "ANALOGUE_GAIN", mode.gain_code);
    const auto output = s.run.image == image_output::raw   ? isp::isp_output::raw
                        : s.run.image == image_output::isp ? isp::isp_output::isp
                                                           : isp::isp_output::none;
    boot.isp_control = isp::control_value(output, s.isp);
    boot.isp_tensor_enable = isp::control_tensor_enable;
    boot.frames = static_cast<std::uint32_t>(s.run.frames);
    boot.network = in.network != nullptr;
    if (in.network) {
        for (std::size_t i = 0; i < in.network->input_slots(); ++i)
            boot.input_slots.push_back(in.network->input_address(i));
        // The kibibyte that the plan keeps free at the bottom of the SRAM holds the records.
        const auto outputs = std::min(in.network->plan.output_slot.size(), metadata_record_slots);
        for (std::size_t i = 0; i < outputs; ++i)
            boot.metadata_buffers.push_back(
                sram_base + i * record_bytes(static_cast<unsigned>(s.sequencer.max_findings)));
        boot.injected_tensor = in.injected_tensor;
        const auto f = tensor_of(in.network->net);
        for (const auto& [index, value] : isp::tensor_registers(f))
            write("isp", registers::isp::map.registers[index].name, value);
    }
    boot.keep = keep;
    return boot;
}

}  // namespace

struct sensor::blocks {
    blocks(const settings& s, const run_inputs& in, block_context& ctx,
           links::egress_ledger& ledger, const std::function<bool(std::uint32_t)>& keep)
        : pixel_array("pixel_array", s.pixels, in.scene, ctx),
          column_adc("column_adc", s.adc, ctx),
          die_link("die_link", s.die_link, ctx),
          isp("isp", s.isp, ctx),
          csi2("csi2", s.csi2, ctx, ledger),
          sram("sram", s.sram, ctx),
          bus("interconnect", s.interconnect, ctx),
          dma("dma", s.dma, ctx),
          npu("npu", s.npu, ctx),
          receiver("host", static_cast<unsigned>(s.csi2.image_vc),
                   static_cast<unsigned>(s.csi2.metadata_vc), keep, ctx),
          probe("scoreboard", [this](const row_info& row) { receiver.expect(row); }) {}

    models::pixel_array pixel_array;
    models::column_adc column_adc;
    links::die_link die_link;
    isp::isp isp;
    links::csi2_transmitter csi2;
    memory::sram sram;
    memory::interconnect bus;
    memory::dma dma;
    dsp::npu npu;
    host receiver;
    row_probe probe;
    std::unique_ptr<sequencer> control;
    sc_core::sc_signal<bool> frame_irq{"frame_irq"}, tensor_irq{"tensor_irq"}, npu_irq{"npu_irq"},
        dma_irq{"dma_irq"}, sent_irq{"sent_irq"};
    double simulated_time = 0, latency_max = 0;

    // With run.check_protocol, a checker sits on every connection.
    std::vector<std::unique_ptr<row_checker>> row_checkers;
    std::vector<std::unique_ptr<packet_checker>> packet_checkers;
    std::vector<std::unique_ptr<burst_checker>> burst_checkers;
    std::uint64_t checked = 0, violations = 0;

    template <class From, class To>
    void connect_rows(bool check, const char* name, From& from, To& to) {
        if (!check)
            return from.bind(to);
        row_checkers.push_back(std::make_unique<row_checker>(name));
        from.bind(row_checkers.back()->rows_in);
        row_checkers.back()->rows_out.bind(to);
    }
    template <class From>
    void connect_bursts(bool check, const std::string& name, From& from) {
        if (!check) {
            bus.attach_initiator(name, from);
            return;
        }
        burst_checkers.push_back(std::make_unique<burst_checker>((name + "_checker").c_str()));
        from.bind(burst_checkers.back()->bursts_in);
        bus.attach_initiator(name, burst_checkers.back()->bursts_out);
    }
};

sensor::sensor(sc_core::sc_module_name name, const settings& s, const run_inputs& in,
               block_context& ctx, std::function<bool(std::uint32_t)> keep)
    : sc_module(name), settings_(s), inputs_(in), ctx_(ctx), ledger_(ctx.stats) {
    b_ = std::make_unique<blocks>(s, in, ctx, ledger_, keep);
    auto& b = *b_;

    // Rows.
    const bool check = s.run.check_protocol;
    b.connect_rows(check, "charge_checker", b.pixel_array.rows_out, b.column_adc.rows_in);
    b.connect_rows(check, "conversion_checker", b.column_adc.rows_out, b.die_link.rows_in);
    b.connect_rows(check, "die_link_checker", b.die_link.rows_out, b.isp.rows_in);
    b.connect_rows(check, "image_checker", b.isp.rows_out, b.probe.rows_in);
    b.probe.rows_out.bind(b.csi2.rows_in);
    if (check) {
        b.packet_checkers.push_back(std::make_unique<packet_checker>("packet_checker"));
        b.csi2.packets_out.bind(b.packet_checkers.back()->packets_in);
        b.packet_checkers.back()->packets_out.bind(b.receiver.packets_in);
    } else {
        b.csi2.packets_out.bind(b.receiver.packets_in);
    }

    // Memory map.
    b.bus.attach_target("sram", sram_base, s.sram.size, b.sram.memory_in);
    std::uint64_t base = register_base;
    const auto add = [&](auto& block) {
        b.bus.attach_target(block.registers().name(), base, register_window, block.registers_in);
        directory_.add(base, block.registers());
        base += register_window;
    };
    add(b.pixel_array);
    add(b.column_adc);
    add(b.isp);
    add(b.npu);
    add(b.dma);
    add(b.csi2);

    // Software, in place of the control CPU.
    if (in.network)
        b.npu.load(in.network);
    b.control = std::make_unique<sequencer>("sequencer", s.sequencer, directory_,
                                            boot_of(s, in, directory_, keep), in.network, ctx);

    // Initiators.
    b.connect_bursts(check, "isp", b.isp.memory_out);
    b.connect_bursts(check, "npu", b.npu.memory_out);
    b.connect_bursts(check, "dma", b.dma.memory_out);
    b.connect_bursts(check, "csi2", b.csi2.memory_out);
    b.connect_bursts(check, "sequencer", b.control->memory_out);

    // Interrupts.
    b.pixel_array.frame_irq.bind(b.frame_irq);
    b.isp.tensor_irq.bind(b.tensor_irq);
    b.npu.done_irq.bind(b.npu_irq);
    b.dma.done_irq.bind(b.dma_irq);
    b.csi2.sent_irq.bind(b.sent_irq);
    b.control->frame_irq.bind(b.frame_irq);
    b.control->tensor_irq.bind(b.tensor_irq);
    b.control->npu_irq.bind(b.npu_irq);
    b.control->dma_irq.bind(b.dma_irq);
    b.control->sent_irq.bind(b.sent_irq);

    ctx.stats.add("run.simulated_time", b.simulated_time, "Simulated time from reset to rest.",
                  "s");
    ctx.stats.add("run.checked_transactions", b.checked,
                  "Transactions watched by protocol checkers (run.check_protocol).");
    ctx.stats.add("run.protocol_violations", b.violations,
                  "Transactions that broke the contract of their connection.");
    ctx.stats.add("run.latency_max", b.latency_max,
                  "Longest time from the start of a frame's readout to its metadata on the wire.",
                  "s");

    // The host's upload, before the stream and without time.
    if (in.network)
        in.network->program_memory(
            [&b](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
                std::copy(data, data + length, b.sram.data() + (address - sram_base));
            });
}

sensor::~sensor() = default;

void sensor::simulate(const std::function<void(std::uint64_t)>& progress) {
    const sc_core::sc_time slice(settings_.pixels.sensor.timing().frame_time, sc_core::SC_SEC);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    while (sc_core::sc_pending_activity()) {
        sc_core::sc_start(std::min(slice, sc_core::sc_time_to_pending_activity() + slice),
                          sc_core::SC_EXIT_ON_STARVATION);
        progress(b_->control->frames().size());
    }
    b_->control->settle();
    b_->receiver.finish();
    check_protocol();
    b_->simulated_time = sc_core::sc_time_stamp().to_seconds();
    for (const auto& f : b_->control->frames())
        if (f.outcome == frame_outcome::delivered)
            b_->latency_max = std::max(b_->latency_max, (f.metadata_sent - f.start).to_seconds());
}

void sensor::check_protocol() {
    std::string first;
    const auto settle = [&](const auto& checker) {
        b_->checked += checker.transactions();
        b_->violations += checker.violations().size();
        if (first.empty() && !checker.violations().empty())
            first = checker.violations().front();
    };
    for (auto& c : b_->row_checkers) {
        c->finish();
        settle(*c);
    }
    for (auto& c : b_->packet_checkers) {
        c->finish();
        settle(*c);
    }
    for (const auto& c : b_->burst_checkers)
        settle(*c);
    if (b_->violations > 0)
        throw std::runtime_error(fmt::format("{} transactions broke their contract; the first: {}",
                                             b_->violations, first));
}

bool sensor::finished() const {
    return b_->control->finished();
}

const std::vector<frame_record>& sensor::frames() const {
    return b_->control->frames();
}

const host& sensor::host_side() const {
    return b_->receiver;
}

const memory::interconnect& sensor::bus() const {
    return b_->bus;
}

const register_directory& sensor::registers() const {
    return directory_;
}

run_summary sensor::summary() const {
    run_summary r;
    const auto& mode = settings_.pixels.sensor;
    const auto timing = mode.timing();
    const char* format = settings_.run.image == image_output::raw   ? "RAW"
                         : settings_.run.image == image_output::isp ? "ISP picture"
                                                                    : "metadata only";
    r.sensor = fmt::format("{}x{}, {}{}", mode.width, mode.height,
                           mode.binning == 2 ? "2x2 binned, " : "", format);
    if (settings_.run.image == image_output::raw)
        r.sensor += std::to_string(settings_.adc.bits);
    if (inputs_.network) {
        std::string shape;
        const auto& dims = inputs_.network->net.input().shape;
        for (std::size_t i = 1; i < dims.size(); ++i)
            shape += (i > 1 ? "x" : "") + std::to_string(dims[i]);
        r.network = inputs_.network->net.name + " " + shape;
    } else {
        r.network = "none";
    }
    r.frames = settings_.run.frames;
    r.frame_period = timing.frame_time;
    r.readout = timing.active_readout;
    r.npu_clock = settings_.npu.clock;
    double isp_sum = 0, inference_sum = 0, latency_sum = 0;
    for (const auto& f : frames()) {
        if (f.outcome == frame_outcome::delivered) {
            ++r.delivered;
            const double last_row = timing.active_readout - timing.line_time;
            isp_sum += (f.tensor_ready - f.start).to_seconds() - last_row;
            const double inference = (f.inference_end - f.inference_start).to_seconds();
            inference_sum += inference;
            r.inference_max = std::max(r.inference_max, inference);
            r.inference_cycles = std::max(r.inference_cycles, f.inference_cycles);
            latency_sum += (f.metadata_sent - f.start).to_seconds();
        } else if (f.outcome != frame_outcome::no_network) {
            ++r.dropped;
        }
    }
    if (r.delivered > 0) {
        const auto n = static_cast<double>(r.delivered);
        r.isp = isp_sum / n;
        r.inference = inference_sum / n;
        r.latency = latency_sum / n;
    }
    r.lost_lines = b_->csi2.lines_lost() + b_->die_link.rows_lost();
    r.lost_isp_rows = static_cast<std::uint64_t>(ctx_.stats.value("isp.rows_lost") +
                                                 ctx_.stats.value("isp.tensor_rows_lost"));
    r.bytes_image = ledger_.total(links::egress_kind::pixels);
    r.bytes_metadata = ledger_.total(links::egress_kind::metadata);
    r.bytes_total = ledger_.total();
    r.sram_peak = inputs_.network ? inputs_.network->plan.used_bytes : 0;
    r.sram_size = settings_.sram.size;
    r.sram_conflicts = b_->sram.wait_cycles();
    r.simulated = b_->simulated_time;
    r.timing_only = ctx_.timing_only;
    return r;
}

}  // namespace ocellus::sim
