// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>

#include "core/payload_checker.h"
#include "dsp/compiler/time_spread.h"
#include "dsp/cpu/clint.h"
#include "dsp/cpu/interrupt_controller.h"
#include "dsp/cpu/watchdog.h"
#include "dsp/npu/npu.h"
#include "isp/isp.h"
#include "links/csi2_transmitter.h"
#include "links/die_link.h"
#include "memory/capture.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "models/column_adc.h"
#include "models/pixel_array.h"
#include "sim/boot_info.h"
#include "sim/cci_bridge.h"
#include "sim/line_limits.h"
#include "sim/tensor_regions.h"

namespace ocellus::sim {

namespace {

/// Rounded to the nearest.
std::uint32_t microseconds(const sc_core::sc_time& t) {
    return static_cast<std::uint32_t>(std::lround(t.to_seconds() * 1e6));
}

}  // namespace

const std::vector<std::string>& sensor::interrupt_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> out;
        for (const auto& source : memory_map::interrupts)
            out.emplace_back(source.name);
        return out;
    }();
    return names;
}

struct sensor::blocks {
    blocks(const settings& s, const run_inputs& in, block_context& ctx,
           links::egress_ledger& ledger, const std::function<bool(std::uint32_t)>& keep,
           const sensor& chip)
        : pixel_array("pixel_array", s.pixels, in.scene, ctx),
          column_adc("column_adc", s.adc, ctx),
          die_link("die_link", s.die_link, ctx),
          isp("isp", s.isp, ctx),
          csi2("csi2", s.csi2, ctx, ledger),
          sram("sram", s.sram, ctx),
          bus("interconnect", s.interconnect, ctx),
          capture("capture", s.capture, sram_base + s.sram.size - s.capture_bytes(),
                  wire_row_bytes(s), ctx),
          dma("dma", s.dma, ctx),
          npu("npu", s.npu, ctx),
          cpu("cpu", s.cpu, ctx),
          clint("clint", s.clint, ctx),
          interrupts("interrupt_controller", static_cast<unsigned>(interrupt_names().size()), ctx),
          system("system"),
          uart("uart", s.uart, ctx, ledger),
          watchdog("watchdog", s.clint.clock, ctx),
          simulator("simulator"),
          external("external"),
          cci("cci", s.cci, ctx, ledger),
          bridge(
              "cci_bridge", cci, ctx.stats,
              {[&s] { return s.pixels.noise.temperature; }, [&chip] { return chip.system_state(); },
               [this](auto grid) { isp.set_shading(std::move(grid)); }, boot_port::owns,
               [&chip](std::uint16_t index, std::uint32_t value) {
                   chip.boot_->write(index, value);
               },
               [&chip](std::uint16_t index) { return chip.boot_->read(index); }}),
          receiver("host", static_cast<unsigned>(s.csi2.image_vc),
                   static_cast<unsigned>(s.csi2.metadata_vc),
                   static_cast<unsigned>(s.csi2.tensor_vc), keep, ctx),
          probe("scoreboard", [this](const row_info& row) { receiver.expect(row); }),
          lines("interrupt_line", interrupt_names().size()) {}

    models::pixel_array pixel_array;
    models::column_adc column_adc;
    links::die_link die_link;
    isp::isp isp;
    std::optional<picture_figures> quality;  ///< of the last picture that was compared
    links::csi2_transmitter csi2;
    memory::sram sram;
    memory::interconnect bus;
    memory::capture capture;
    memory::dma dma;
    dsp::npu npu;
    dsp::control_cpu cpu;
    dsp::clint clint;
    dsp::interrupt_controller interrupts;
    dsp::system_control system;
    links::uart uart;
    dsp::watchdog watchdog;
    dsp::simulator_port simulator;
    external_port external;
    links::cci_target cci;
    cci_bridge bridge;
    host receiver;
    row_probe probe;
    sc_core::sc_vector<sc_core::sc_signal<bool>> lines;
    sc_core::sc_signal<bool> software_irq{"software_irq"}, timer_irq{"timer_irq"},
        external_irq{"external_irq"};
    double simulated_time = 0, latency_max = 0;

    /// The line of an interrupt source by its name in the device file.
    sc_core::sc_signal<bool>& line(const std::string& source) {
        const auto& names = interrupt_names();
        return lines.at(static_cast<std::size_t>(std::find(names.begin(), names.end(), source) -
                                                 names.begin()));
    }

    // With run.check_protocol, a checker sits on every connection.
    std::vector<std::unique_ptr<row_checker>> row_checkers;
    std::vector<std::unique_ptr<packet_checker>> packet_checkers;
    std::vector<std::unique_ptr<burst_checker>> burst_checkers;
    std::unique_ptr<phase_checker> memory_checker;  ///< between interconnect and SRAM
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
    ctx.events = &events_;
    b_ = std::make_unique<blocks>(s, in, ctx, ledger_, keep, *this);
    if (s.run.dump_stages)
        b_->isp.keep_stages(keep);
    log_ = std::make_unique<frame_log>(
        ctx, events_, in.networks, [this] { return job_network(); }, in.injected_tensor,
        std::move(keep),
        [this](bool write, std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
            const auto at = static_cast<std::uint32_t>(address);
            if (write)
                debug_write(at, bytes, length);
            else
                debug_read(at, bytes, length);
        });
    wire(s.run.check_protocol);
    map_memory();
    b_->bridge.connect(directory_);
    wire_interrupts();
    for (const auto& c : in.networks)
        b_->npu.load(c);
    follow_pixels();
    send_regions();
    b_->csi2.set_embedded([this](std::uint32_t frame) { return embedded_registers(frame); });

    auto& b = *b_;
    // 64 intervals a frame, in whole cycles of the SRAM.
    const std::uint64_t interval = std::max<std::uint64_t>(
        1, b.sram.clock().cycles_until(sc_core::sc_time(frame_time() / 64, sc_core::SC_SEC)));
    b.sram.keep_occupancy(interval);
    b.bus.keep_series(std::max<std::uint64_t>(1, b.sram.clock().time_of(interval).value()));
    ctx.stats.add("run.simulated_time", b.simulated_time, "Simulated time from reset to rest.",
                  "s");
    ctx.stats.add("run.checked_transactions", b.checked,
                  "Transactions watched by protocol checkers (run.check_protocol).");
    ctx.stats.add("run.protocol_violations", b.violations,
                  "Transactions that broke the contract of their connection.");
    ctx.stats.add_computed(
        "energy.readout", [this] { return readout_energy().joules(); },
        "Energy of pixels, conversions, counts and die link, of the whole run.", "J");
    ctx.stats.add_computed(
        "energy.readout_error", [this] { return readout_energy().error(); },
        "Its uncertainty, one standard deviation.", "J");
    ctx.stats.add_computed(
        "energy.readout_per_frame",
        [this] {
            const auto frames = ctx_.stats.value("pixel_array.frames");
            return frames > 0 ? readout_energy().joules() / frames : 0.0;
        },
        "Energy of the readout of one frame, mean.", "J");
    if (settings_.run.quality) {
        const auto figure = [&](const char* called, auto value, const char* sentence,
                                const char* unit) {
            ctx.stats.add_computed(
                called,
                [&b, value] {
                    constexpr double none = std::numeric_limits<double>::quiet_NaN();
                    return b.quality ? value(*b.quality).value_or(none) : none;
                },
                sentence, unit);
        };
        using figures = const picture_figures&;
        using maybe = std::optional<double>;
        figure(
            "quality.psnr", [](figures f) { return maybe(f.psnr); },
            "Picture against its ideal scene, all colours.", "dB");
        figure(
            "quality.ssim", [](figures f) { return maybe(f.ssim); },
            "Structural similarity of luma to the ideal scene.", "");
        figure(
            "quality.snr", [](figures f) { return f.snr; },
            "Mean over deviation of green in linear light (uniform, colorchecker).", "dB");
        figure(
            "quality.mtf50", [](figures f) { return f.mtf50; },
            "Frequency of half contrast (slanted-edge), cycles per pixel.", "");
        figure(
            "quality.delta_e", [](figures f) { return f.delta_e; },
            "CIEDE2000, mean of the patches (colorchecker).", "");
    }
    ctx.stats.add("run.latency_max", b.latency_max,
                  "Longest time from the start of a frame's readout to its metadata on the wire.",
                  "s");

    if (in.injected_raw && !ctx.timing_only)
        b.column_adc.inject(in.injected_raw);
    const auto clock = [&ctx](const char* prefix, double hertz) {
        ctx.stats.set_clock(prefix, hertz);
    };
    clock("cpu.", s.cpu.clock);
    clock("npu.", s.npu.clock);
    clock("isp.", s.isp.clock);
    clock("sram.", s.sram.clock);
    clock("interconnect.", s.interconnect.clock);
    if (s.weights.serial()) {
        weights_ = std::make_unique<weight_source>(s.weights, in.weights, in.networks, ctx.stats);
        b.npu.on_fetch([this](std::uint32_t network, const dsp::external_fetch& f,
                              const sc_core::sc_time& earliest) {
            const double wanted = earliest.to_seconds(),
                         begin = weights_->fetch(network, f.external_offset, f.bytes, wanted);
            return begin > wanted ? sc_core::sc_time(begin, sc_core::SC_SEC) : earliest;
        });
    }
    boot_ = make_boot_port();
    // The host's upload, before the stream and without time.
    for (std::size_t k = 0;
         k < in.networks.size() && !s.boot.cold && (k == 0 || !s.run.uploads_later()); ++k) {
        networks_there_ |= 1u << k;
        in.networks[k]->program_memory(
            [&b](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
                std::copy(data, data + length, b.sram.data() + (address - sram_base));
            });
    }
    if (s.run.uploads_later() && in.networks.size() > 1)
        upload_later();
    if (s.boot.cold)
        b.cpu.hold(dsp::control_cpu::holder::reset);
    else
        load_firmware();
}

sensor::~sensor() = default;

/// What derives from pixels, through memory, and what of it leaves.
void sensor::follow_pixels() {
    auto& b = *b_;
    privacy_ = std::make_unique<privacy_guard>(settings_.privacy, ctx_.stats, ledger_,
                                               inputs_.networks, ctx_.timing_only);
    privacy_guard& guard = *privacy_;
    guard.map().add_memory(sram_base, settings_.sram.size);
    using role = privacy_guard::role;
    std::vector<role> roles;
    for (unsigned id = 0; id < b.bus.initiators(); ++id) {
        const std::string& who = b.bus.initiator_name(id);
        roles.push_back(who == "isp"            ? role::isp
                        : who == "video_writer" ? role::isp
                        : who == "dma"          ? role::dma
                        : who == "cpu_data"     ? role::cpu
                        : who == "external"     ? role::outside
                                                : role::none);
    }
    b.bus.on_burst([&guard, roles](unsigned id, tlm::tlm_generic_payload& payload) {
        guard.burst(roles[id], payload);
    });
    events_.subscribe([this, &guard](const block_event& e) {
        guard.seen(e, job_network(),
                   [this](std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
                       debug_read(static_cast<std::uint32_t>(address), bytes, length);
                   });
    });
    b.csi2.set_guard(
        [&guard](std::uint32_t frame, std::uint32_t bytes) { return guard.csi2(frame, bytes); });
    b.csi2.set_provenance([&guard](std::uint64_t address, std::uint64_t length) {
        return guard.map().derived_bytes(address, length);
    });
    const auto uart_data = static_cast<std::uint32_t>(directory_.address("uart", "DATA"));
    b.cpu.follow_pixels(guard.map(),
                        [this, &guard, uart_data](std::uint32_t address, std::uint32_t pc) {
                            if ((address & ~3u) == uart_data)
                                b_->uart.mark_next(!guard.other(links::egress_port::uart, 1, &pc));
                            else if (address - sram_base >= settings_.sram.size)
                                guard.register_store(pc);
                        });
    namespace reg = registers::system;
    auto& system = b.system.registers();
    system.set_reset(reg::PRIVACY, guard.register_value());
    system.on_write(reg::PRIVACY, [&system, &guard](std::uint32_t value) {
        system.set(reg::PRIVACY, guard.write_register(value));
    });
    system.on_read(reg::PRIVACY, [&guard] { return guard.register_value(); });
    ctx_.stats.add_computed(
        "egress.reduction_ratio",
        [this] {
            const double bits = static_cast<double>(settings_.adc.bits);
            const auto m = mode();
            const double raw =
                ctx_.stats.value("pixel_array.frames") * m.width * m.height * bits / 8;
            const auto left = static_cast<double>(ledger_.total(links::egress_kind::pixels) +
                                                  ledger_.total(links::egress_kind::metadata));
            return left > 0 ? raw / left : 0.0;
        },
        "Bytes of the frames that were read out, as RAW, over the payload bytes that left.", "1");
}

/// What the public host reads of a frame (libcamera, cam_helper_imx500): the values that it was
/// exposed and read out with, not those that will act.
links::register_bytes sensor::embedded_registers(std::uint32_t frame) const {
    const models::mode_registers m = mode();
    links::register_bytes out;
    const auto put = [&out](std::uint16_t index, std::uint32_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i)
            out.emplace_back(static_cast<std::uint16_t>(index + i),
                             static_cast<std::uint8_t>(value >> 8 * (bytes - 1 - i)));
    };
    put(0x0005, frame % 0xFF, 1);
    put(0x013A, links::temperature_byte(settings_.pixels.noise.temperature), 1);
    put(0x0202, static_cast<std::uint32_t>(m.exposure), 2);
    put(0x0204, static_cast<std::uint32_t>(m.gain_code), 2);
    put(0x0340, static_cast<std::uint32_t>(m.frame_length), 2);
    put(0x0342, static_cast<std::uint32_t>(m.line_length), 2);
    return out;
}

/// Each inference is followed by its tensor region where csi2.TENSOR_REGION says so. A network that
/// the format cannot describe has none; when the configuration asks for it that is an error. The
/// KPI times are those of the frame's record: DNN, from the start of the NPU's job to its end; DSP,
/// from the tensor in memory to there.
void sensor::send_regions() {
    auto requests = std::make_shared<std::vector<links::region_request>>();
    for (std::size_t k = 0; k < inputs_.networks.size(); ++k) {
        try {
            requests->push_back(region_of(*inputs_.networks[k], static_cast<unsigned>(k)));
        } catch (const input_error&) {
            if (settings_.csi2.tensor_region != links::region_output::none)
                throw;
            requests->emplace_back();
        }
    }
    log_->on_inference([this, requests](const frame_record& f) {
        if (b_->csi2.tensor_region() == links::region_output::none ||
            f.network >= requests->size() || (*requests)[f.network].outputs.empty())
            return;
        links::region_request r = (*requests)[f.network];
        r.frame = f.frame;
        r.dnn_us = microseconds(f.inference_end - f.inference_start);
        r.dsp_us = microseconds(f.inference_end - f.tensor_ready);
        r.input_address = f.tensor_address;
        r.input_is_there = [this, frame = f.frame, address = f.tensor_address] {
            return log_->holds(address, frame);
        };
        b_->csi2.send_region(std::move(r));
    });
}

/// The host brings the second network over the bus while the sensor streams, and then tells the
/// firmware.
void sensor::upload_later() {
    if (settings_.run.upload_frame > 0)
        events_.subscribe([this](const block_event& e) {
            if (e.kind == event_kind::frame_started && e.id == settings_.run.upload_frame)
                upload_.notify(sc_core::SC_ZERO_TIME);
        });
    inputs_.networks[1]->program_memory([this](std::uint64_t, const std::uint8_t*,
                                               std::size_t length) { upload_bytes_ += length; });
    sc_core::sc_spawn_options how;
    how.dont_initialize();
    how.set_sensitivity(&upload_);
    sc_core::sc_spawn(
        [this] {
            constexpr std::size_t piece = external_port::largest_access;
            const auto put = [this](std::uint64_t address, const std::uint8_t* data,
                                    std::size_t length) {
                const double seconds =
                    8.0 * static_cast<double>(length) / settings_.run.upload_rate;
                wait(sc_core::sc_time(seconds, sc_core::SC_SEC));
                b_->external.write(static_cast<std::uint32_t>(address), data, length);
                uploaded_bytes_ += length;
            };
            inputs_.networks[1]->program_memory(
                [&](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
                    for (std::size_t at = 0; at < length; at += piece)
                        put(address + at, data + at, std::min(piece, length - at));
                });
            const std::uint32_t there = 1u << 1;
            std::uint8_t word[4];
            std::memcpy(word, &there, sizeof word);
            put(directory_.address("system", "SCRATCH_3"), word, sizeof word);
        },
        "upload", &how);
}

double sensor::uploaded() const {
    // The word that tells the firmware is the last.
    constexpr std::uint64_t tell = 4;
    return upload_bytes_ == 0
               ? 1.0
               : static_cast<double>(uploaded_bytes_) / static_cast<double>(upload_bytes_ + tell);
}

/// Rows, packets and bursts.
void sensor::wire(bool check) {
    auto& b = *b_;
    b.connect_rows(check, "charge_checker", b.pixel_array.rows_out, b.column_adc.rows_in);
    b.connect_rows(check, "conversion_checker", b.column_adc.rows_out, b.die_link.rows_in);
    b.connect_rows(check, "die_link_checker", b.die_link.rows_out, b.isp.rows_in);
    b.connect_rows(check, "image_checker", b.isp.rows_out, b.capture.rows_in);
    b.connect_rows(check, "capture_checker", b.capture.rows_out, b.probe.rows_in);
    b.probe.rows_out.bind(b.csi2.rows_in);
    if (check) {
        b.packet_checkers.push_back(std::make_unique<packet_checker>("packet_checker"));
        b.csi2.packets_out.bind(b.packet_checkers.back()->packets_in);
        b.packet_checkers.back()->packets_out.bind(b.receiver.packets_in);
    } else {
        b.csi2.packets_out.bind(b.receiver.packets_in);
    }
    b.connect_bursts(check, "isp", b.isp.memory_out);
    b.connect_bursts(check, "npu_read", b.npu.read_out);
    b.connect_bursts(check, "npu_weight", b.npu.weight_out);
    b.connect_bursts(check, "npu_write", b.npu.write_out);
    b.connect_bursts(check, "dma", b.dma.memory_out);
    b.connect_bursts(check, "csi2", b.csi2.memory_out);
    b.connect_bursts(check, "cpu_fetch", b.cpu.fetch_out);
    b.connect_bursts(check, "cpu_data", b.cpu.data_out);
    b.connect_bursts(check, "external", b.external.memory_out);
    b.connect_bursts(check, "cci", b.bridge.memory_out);
    const unsigned first = b.bus.initiators();
    b.connect_bursts(check, "video_writer", b.capture.writer_out);
    b.connect_bursts(check, "video_reader", b.capture.reader_out);
    b.capture.connect(b.bus, first, first + 1, [&b] { return b.csi2.has_room(); });
    b.capture.keep_bytes(b.sram, sram_base, links::csi2_payload);
    b.csi2.on_line_left([&b] { b.capture.room_again(); });
}

void sensor::map_memory() {
    auto& b = *b_;
    if (settings_.run.check_protocol) {
        b.memory_checker = std::make_unique<phase_checker>("memory_checker");
        b.memory_checker->bursts_out.bind(b.sram.memory_in);
        b.bus.attach_target("sram", sram_base, settings_.sram.size, b.memory_checker->bursts_in,
                            b.sram.protocol());
    } else {
        b.bus.attach_target("sram", sram_base, settings_.sram.size, b.sram.memory_in,
                            b.sram.protocol());
    }
    const auto add = [&](auto& block, std::uint64_t base) {
        b.bus.attach_target(block.registers().name(), base, block.registers().map().size,
                            block.registers_in);
        directory_.add(base, block.registers());
    };
    add(b.clint, memory_map::clint_base);
    add(b.pixel_array, memory_map::pixel_array_base);
    add(b.column_adc, memory_map::column_adc_base);
    add(b.isp, memory_map::isp_base);
    add(b.npu, memory_map::npu_base);
    add(b.dma, memory_map::dma_base);
    add(b.csi2, memory_map::csi2_base);
    add(b.interrupts, memory_map::interrupt_controller_base);
    add(b.system, memory_map::system_base);
    add(b.uart, memory_map::uart_base);
    add(b.watchdog, memory_map::watchdog_base);
    add(b.sram, memory_map::sram_counters_base);
    add(b.simulator, memory_map::simulator_base);
    add(b.bus, memory_map::interconnect_base);
    add(b.capture, memory_map::capture_base);
    b.bus.attach_target(b.sram.control().name(), memory_map::sram_control_base,
                        b.sram.control().map().size, b.sram.control_in);
    directory_.add(memory_map::sram_control_base, b.sram.control());
}

void sensor::wire_interrupts() {
    auto& b = *b_;
    b.pixel_array.frame_irq.bind(b.line("frame"));
    b.isp.tensor_irq.bind(b.line("tensor"));
    b.isp.statistics_irq.bind(b.line("isp_statistics"));
    b.npu.done_irq.bind(b.line("npu"));
    b.dma.done_irq.bind(b.line("dma"));
    b.csi2.sent_irq.bind(b.line("csi2"));
    b.uart.irq.bind(b.line("uart"));
    b.watchdog.irq.bind(b.line("watchdog"));
    b.sram.error_irq.bind(b.line("sram"));
    b.capture.error_irq.bind(b.line("capture"));
    for (std::size_t k = 0; k < interrupt_names().size(); ++k) {
        b.interrupts.sources_in[k].bind(b.lines[k]);
        sc_core::sc_spawn_options when;
        when.spawn_method();
        when.dont_initialize();
        when.set_sensitivity(&b.lines[k].value_changed_event());
        sc_core::sc_spawn(
            [this, &b, k] {
                events_.publish(event_kind::interrupt_line, static_cast<std::uint32_t>(k) + 1,
                                b.lines[k].read());
            },
            ("show_" + interrupt_names()[k]).c_str(), &when);
    }
    b.interrupts.external_irq.bind(b.external_irq);
    b.clint.software_irq.bind(b.software_irq);
    b.clint.timer_irq.bind(b.timer_irq);
    b.cpu.external_irq_in.bind(b.external_irq);
    b.cpu.software_irq_in.bind(b.software_irq);
    b.cpu.timer_irq_in.bind(b.timer_irq);
    b.cpu.set_time_source([&b](const sc_core::sc_time& t) { return b.clint.time_at(t); });
    b.watchdog.on_reset([this] { reset(dsp::boot_reason::watchdog); });
    b.system.on_reset([this] { reset(dsp::boot_reason::software); });
}

/// What the host's loader does, before the CPU's first instruction and without time.
void sensor::load_firmware() {
    auto& b = *b_;
    const auto put = [this](const firmware_image& image) {
        for (const auto& segment : image.segments) {
            std::vector<unsigned char> bytes = segment.bytes;
            if (segment.loads_in_place())
                bytes.resize(segment.memory_size);
            // The reader has checked that it lies in one of the memories.
            if (!b_->cpu.load_image(segment.load_address, bytes))
                std::copy(bytes.begin(), bytes.end(),
                          b_->sram.data() + (segment.load_address - sram_base));
            if (segment.executable && !segment.writable && segment.loads_in_place())
                b_->cpu.protect(segment.address,
                                static_cast<std::uint32_t>(segment.address + bytes.size() - 1));
        }
    };
    b.cpu.clear_protection();
    put(*inputs_.boot_rom);
    const auto& firmware = booted_ ? booted_ : inputs_.firmware;
    if (firmware)
        put(*firmware);
    b.system.set_boot_entry(firmware ? firmware->entry : 0);
    const auto at = static_cast<std::uint32_t>(settings_.cpu.tcm_base + settings_.cpu.tcm_size -
                                               boot_info_room);
    run_inputs visible = inputs_;
    if ((networks_there_ & 1u) == 0) {  // main firmware without network
        visible.networks.clear();
        visible.network = nullptr;
    }
    b.cpu.load_image(at, make_boot_info(settings_, visible, directory_, at, networks_there_));
    b.system.set_boot_info(at);
}

/// What the host's loads do. The first network and the loss of all restart the main firmware, which
/// then finds in its boot information what there is; another one is announced to the running one.
std::unique_ptr<boot_port> sensor::make_boot_port() {
    boot_port::surroundings around;
    around.start_firmware = [this](const links::byte_string& elf) {
        try {
            booted_ = std::make_shared<const firmware_image>(read_elf_bytes(
                std::string(elf.begin(), elf.end()), "main firmware", program_memories(settings_)));
        } catch (const input_error&) {
            return false;
        }
        reset(dsp::boot_reason::power_on);
        b_->cpu.resume(dsp::control_cpu::holder::reset);
        return true;
    };
    around.network_there = [this](std::uint32_t number) {
        const bool first = (networks_there_ & 1u) == 0;
        networks_there_ |= 1u << number;
        if (first)
            return reset(dsp::boot_reason::software);
        external_port::access a;
        a.command = tlm::TLM_WRITE_COMMAND;
        a.address = static_cast<std::uint32_t>(directory_.address("system", "SCRATCH_3"));
        a.bytes.resize(4);
        std::memcpy(a.bytes.data(), &networks_there_, 4);
        b_->external.submit(std::move(a), [](const external_port::access&) {});
    };
    around.networks_gone = [this] {
        networks_there_ = 0;
        reset(dsp::boot_reason::software);
    };
    around.powered_down = [this] {
        networks_there_ = 0;
        booted_.reset();
        b_->cpu.hold(dsp::control_cpu::holder::reset);
        b_->npu.abort();
        b_->bridge.power_down();
    };
    if (settings_.weights.from == weight_parameters::place::host)
        around.link = &weights_->link();
    return std::make_unique<boot_port>("boot", settings_.boot, b_->external, inputs_.networks,
                                       ctx_.stats, std::move(around));
}

void sensor::reset(dsp::boot_reason why) {
    b_->cpu.request_reset([this, why] {
        auto& b = *b_;
        b.npu.abort();
        b.clint.reset();
        b.interrupts.reset();
        b.uart.reset();
        b.watchdog.reset();
        load_firmware();
        b.system.reset(why);
    });
}

std::size_t sensor::debug_read(std::uint32_t address, unsigned char* bytes, std::size_t length) {
    const std::size_t near = b_->cpu.debug_read(address, bytes, length);
    if (near > 0 || length == 0)
        return near;
    return b_->external.debug(tlm::TLM_READ_COMMAND, address, bytes, length);
}

std::size_t sensor::outside_read(std::uint32_t address, unsigned char* bytes, std::size_t length) {
    const std::size_t moved = debug_read(address, bytes, length);
    privacy_->looked_at(address, bytes, moved);
    return moved;
}

std::size_t sensor::debug_write(std::uint32_t address, const unsigned char* bytes,
                                std::size_t length) {
    const std::size_t near = b_->cpu.debug_write(address, bytes, length);
    if (near > 0 || length == 0)
        return near;
    std::vector<unsigned char> copy(bytes, bytes + length);
    return b_->external.debug(tlm::TLM_WRITE_COMMAND, address, copy.data(), length);
}

void sensor::finish(bool check) {
    log_->settle();
    b_->receiver.finish();
    if (check)
        check_protocol();
    check_balances();
    b_->simulated_time = sc_core::sc_time_stamp().to_seconds();
    for (const auto& f : log_->frames())
        if (f.outcome == frame_outcome::delivered)
            b_->latency_max = std::max(b_->latency_max, (f.metadata_sent - f.start).to_seconds());
}

/// What is counted twice, on both sides of something, or once in all and once in parts.
std::vector<balance> sensor::balances() const {
    const auto& b = *b_;
    using terms = std::vector<balance::term>;
    const auto count = [](const char* what, std::uint64_t value) {
        return balance::term{what, 1, static_cast<double>(value)};
    };
    std::vector<balance> all = {
        {"rows converted",
         {{"pixel_array.rows"}},
         {{"column_adc.rows"}, {"column_adc.rows_refused"}}},
        {"rows over the link", {{"column_adc.rows"}}, {{"die_link.rows"}, {"die_link.rows_lost"}}},
        {"rows into the ISP", {{"die_link.rows"}}, {{"isp.rows_in"}}},
        {"picture lines",
         {{"isp.rows_out"}},
         {{"csi2.lines"},
          {"csi2.lines_lost"},
          {"csi2.lines_blocked"},
          {"capture.lines_lost"},
          count("waiting", b.csi2.lines_waiting() + b.capture.lines_waiting())}},
        {"packets", {{"csi2.packets"}}, {{"host.packets"}}},
        {"bytes on the wire", {{"csi2.wire_bytes"}}, {{"egress.csi2.bytes"}}},
        {"bytes that left",
         {{"egress.total.bytes"}},
         {{"egress.csi2.bytes"},
          {"egress.uart.bytes"},
          {"egress.cci.bytes"},
          {"egress.spi.bytes"},
          {"egress.debug.bytes"}}},
        {"bytes read over CCI", {{"cci.bytes_read"}}, {{"egress.cci.bytes"}}},
        {"bytes of the UART", {{"uart.sent"}}, {{"egress.uart.bytes"}}},
        {"bursts of the NPU",
         {{"npu.memory.bursts"}},
         {{"interconnect.npu_read.requests"},
          {"interconnect.npu_weight.requests"},
          {"interconnect.npu_write.requests"}}},
        {"bytes that the NPU reads",
         {{"npu.memory.read"}},
         {{"interconnect.npu_read.bytes"}, {"interconnect.npu_weight.bytes"}}},
        {"bytes that the NPU writes", {{"npu.memory.write"}}, {{"interconnect.npu_write.bytes"}}},
        {"bytes of the tensor", {{"isp.tensor_bytes"}}, {{"interconnect.isp.bytes"}}},
    };
    // Requests are granted by the SRAM or a register, or refused.
    std::uint64_t accesses = 0;
    for (const auto& w : directory_.windows())
        accesses += w.block->reads() + w.block->writes() + w.block->refused();
    terms requests, waited, conflicts, banks, busy;
    for (const std::string& who : bus_initiators()) {
        requests.push_back({"interconnect." + who + ".requests"});
        waited.push_back({"interconnect." + who + ".wait_cycles"});
        for (const std::string& whom : bus_initiators())
            conflicts.push_back({"interconnect.conflict." + who + "." + whom});
        conflicts.push_back({"interconnect.conflict." + who + ".scrubber"});
    }
    for (std::uint64_t k = 0; k < settings_.sram.banks; ++k) {
        banks.push_back({fmt::format("sram.bank.{}.wait_cycles", k)});
        busy.push_back({fmt::format("sram.bank.{}.busy_cycles", k)});
    }
    all.push_back({"requests",
                   requests,
                   {{"sram.reads"},
                    {"sram.writes"},
                    {"sram.refused"},
                    {"interconnect.unmapped"},
                    {"interconnect.crossing"},
                    count("register accesses", accesses)}});
    all.push_back({"cycles waited, by initiator", {{"sram.wait_cycles"}}, waited});
    all.push_back({"cycles waited, by pair", {{"sram.wait_cycles"}}, conflicts});
    all.push_back({"cycles waited, by bank", {{"sram.wait_cycles"}}, banks});
    all.push_back({"bank accesses", {{"sram.busy_cycles"}}, busy});
    std::uint64_t other = 0;
    for (const auto& f : log_->frames())
        other += f.outcome == frame_outcome::no_network || f.outcome == frame_outcome::pending;
    all.push_back({"frames",
                   {count("frames begun", log_->frames().size())},
                   {{"frames.delivered"},
                    {"frames.dropped"},
                    {"frames.lost"},
                    count("without a network or under way", other)}});
    return all;
}

void sensor::check_balances() const {
    const auto wrong = violations(balances(), ctx_.stats);
    if (wrong.empty())
        return;
    std::string text = "error: the books of this run do not balance";
    for (const auto& w : wrong)
        text += "\n  " + w;
    throw input_error(exit_code::internal, text);
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
    if (b_->memory_checker)
        settle(*b_->memory_checker);
    if (b_->violations > 0)
        throw std::runtime_error(fmt::format("{} transactions broke their contract; the first: {}",
                                             b_->violations, first));
}

bool sensor::finished() const {
    return log_->ended() == log_->frames().size();
}

bool sensor::silent() const {
    return b_->csi2.idle() && b_->uart.idle() && b_->capture.idle();
}

void sensor::on_silence(const std::function<void()>& f) {
    b_->csi2.on_idle(f);
    b_->capture.on_idle(f);
    b_->uart.on_idle(f);
}

host& sensor::host_side() {
    return b_->receiver;
}

void sensor::set_quality(const picture_figures& f) {
    b_->quality = f;
}

const std::map<std::uint32_t, std::shared_ptr<isp::frame_work>>& sensor::stage_dumps() const {
    return b_->isp.stage_dumps();
}

const host& sensor::host_side() const {
    return b_->receiver;
}

memory::interconnect& sensor::bus() {
    return b_->bus;
}

const memory::interconnect& sensor::bus() const {
    return b_->bus;
}

const memory::sram& sensor::sram() const {
    return b_->sram;
}

std::string sensor::place(std::uint32_t pc) const {
    const auto holds = [pc](const firmware_image& image) {
        return std::any_of(image.segments.begin(), image.segments.end(),
                           [pc](const auto& s) { return pc - s.address < s.memory_size; });
    };
    if (inputs_.firmware && holds(*inputs_.firmware))
        return inputs_.firmware->place(pc);
    return inputs_.boot_rom->place(pc);
}

const dsp::control_cpu& sensor::cpu() const {
    return b_->cpu;
}

const links::uart& sensor::uart() const {
    return b_->uart;
}

dsp::control_cpu& sensor::cpu() {
    return b_->cpu;
}

dsp::system_control& sensor::system() {
    return b_->system;
}

dsp::simulator_port& sensor::simulator() {
    return b_->simulator;
}

links::uart& sensor::uart() {
    return b_->uart;
}

links::cci_target& sensor::cci() {
    return b_->cci;
}

boot_port& sensor::boot() {
    return *boot_;
}

models::mode_registers sensor::mode() const {
    return b_->pixel_array.mode();
}

/// 0 standby, 1 streaming; with a network 2 more.
std::uint32_t sensor::system_state() const {
    namespace reg = registers::pixel_array;
    const auto& array = b_->pixel_array.registers();
    const bool streaming = (array.get(reg::CONTROL) & models::pixel_array::control_stream) != 0 &&
                           array.get(reg::STANDBY) == 0;
    return (streaming ? 1u : 0u) + (networks_there_ != 0 ? 2u : 0u);
}

external_port& sensor::external() {
    return b_->external;
}

bool sensor::interrupt_level(unsigned source) const {
    return source >= 1 && source <= interrupt_names().size() && b_->lines[source - 1].read();
}

void sensor::set_scene(std::shared_ptr<const models::scene> what) {
    scene_replaced_ = true;
    b_->pixel_array.set_scene(std::move(what));
}

models::pixel_array::view sensor::picture_view() const {
    return b_->pixel_array.present_view();
}

isp::area_geometry sensor::network_window() const {
    return isp::window_of(b_->isp.registers());
}

double sensor::frame_time() const {
    return settings_.pixels.sensor.timing().frame_time;
}

std::vector<lost_line> sensor::lost_lines() const {
    std::vector<lost_line> all;
    for (const auto* list : {&b_->die_link.losses(), &b_->capture.losses(), &b_->csi2.losses()})
        all.insert(all.end(), list->begin(), list->end());
    std::stable_sort(all.begin(), all.end(),
                     [](const lost_line& a, const lost_line& b) { return a.at < b.at; });
    return all;
}

std::string sensor::conflicts_csv() const {
    std::string out = "initiator,waited_for,bank,cycles\n";
    const auto name = [this](unsigned id) {
        return id < b_->bus.initiators()                     ? b_->bus.initiator_name(id)
               : id == memory::initiator_extension::scrubber ? std::string("scrubber")
                                                             : std::string("unattributed");
    };
    for (unsigned who = 0; who < memory::bank_calendar::max_owners; ++who)
        for (unsigned whom = 0; whom < memory::bank_calendar::max_owners; ++whom)
            for (unsigned bank = 0; bank < b_->sram.banks(); ++bank)
                if (const auto cycles = b_->sram.waited(bank, who, whom))
                    out += fmt::format("{},{},{},{}\n", name(who), name(whom), bank, cycles);
    return out;
}

counted_energy sensor::readout_energy() const {
    counted_energy e = b_->column_adc.energy();
    e += b_->die_link.energy();
    return e;
}

run_summary sensor::summary() const {
    run_summary r;
    const auto mode = this->mode();
    const auto timing = models::timing_of(mode);
    const char* format = settings_.run.image == image_output::raw   ? "RAW"
                         : settings_.run.image == image_output::isp ? "ISP picture"
                                                                    : "metadata only";
    r.sensor = fmt::format("{}x{}, {}{}", mode.width, mode.height,
                           mode.binning == 2 ? "2x2 binned, " : "", format);
    if (settings_.run.image == image_output::raw)
        r.sensor += std::to_string(settings_.adc.bits);
    for (const auto& c : inputs_.networks) {
        std::string shape;
        const auto& dims = c->net.input().shape;
        for (std::size_t i = 1; i < dims.size(); ++i)
            shape += (i > 1 ? "x" : "") + std::to_string(dims[i]);
        r.network += (r.network.empty() ? "" : " and ") + c->net.name + " " + shape;
        r.networks.push_back({c->net.name, 0, 0});
    }
    if (r.network.empty())
        r.network = "none";
    std::uint32_t slowest = 0;
    r.frames = log_->frames().size();
    r.frame_period = timing.frame_time;
    r.readout = timing.active_readout;
    r.line_time = timing.line_time;
    settings played = settings_;
    played.pixels.sensor.take(mode);
    r.limits = line_limits(played);
    const counted_energy readout = readout_energy();
    r.readout_energy = readout.joules();
    r.readout_energy_error = readout.error();
    const counted_energy isp_energy = b_->isp.energy();
    r.isp_energy = isp_energy.joules();
    r.isp_energy_error = isp_energy.error();
    r.isp_energy_per_pixel = ctx_.stats.value("isp.energy_per_pixel");
    for (std::size_t w = 0; w < isp::worker_count; ++w)
        if (const double joules = b_->isp.energy(w).joules(); joules > 0)
            r.isp_energies.emplace_back(isp::worker_name(w), joules);
    std::stable_sort(r.isp_energies.begin(), r.isp_energies.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    r.npu_clock = settings_.npu.clock;
    double isp_sum = 0, inference_sum = 0, latency_sum = 0;
    for (const auto& f : log_->frames()) {
        if (f.outcome == frame_outcome::delivered) {
            ++r.delivered;
            const double last_row = timing.active_readout - timing.line_time;
            isp_sum += (f.tensor_ready - f.start).to_seconds() - last_row;
            const double inference = (f.inference_end - f.inference_start).to_seconds();
            inference_sum += inference;
            r.inference_max = std::max(r.inference_max, inference);
            if (f.inference_cycles > r.inference_cycles)
                slowest = f.network;
            r.inference_cycles = std::max(r.inference_cycles, f.inference_cycles);
            if (f.network < r.networks.size()) {
                ++r.networks[f.network].delivered;
                r.networks[f.network].inference += inference;
            }
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
        const dsp::compiled_network& longest = *inputs_.networks.at(slowest);
        dsp::time_spread spread = dsp::spread_of(longest);
        spread.hold(r.inference_cycles, longest.array.name);
        r.inference_least = static_cast<double>(spread.least) / settings_.npu.clock;
        r.inference_most = static_cast<double>(spread.most) / settings_.npu.clock;
        r.fastest_array = spread.fastest;
        r.slowest_array = spread.slowest;
    }
    r.lost_lines = b_->csi2.lines_lost() + b_->die_link.rows_lost() + b_->capture.lines_lost();
    r.losses = lost_lines();
    r.lost_isp_rows = static_cast<std::uint64_t>(ctx_.stats.value("isp.rows_lost") +
                                                 ctx_.stats.value("isp.tensor_rows_lost"));
    r.bytes_image = ledger_.total(links::egress_kind::pixels);
    r.bytes_metadata = ledger_.total(links::egress_kind::metadata);
    r.bytes_total = ledger_.total();
    r.sram_peak = inputs_.networks.size() > 1 ? resident_bytes(inputs_.networks)
                  : inputs_.network           ? inputs_.network->plan.used_bytes
                                              : 0;
    r.switches = static_cast<std::uint64_t>(ctx_.stats.value("npu.switches"));
    r.switch_cycles = static_cast<std::uint64_t>(ctx_.stats.value("npu.cycles.switch"));
    r.sram_size = settings_.sram.size;
    r.sram_conflicts = b_->sram.wait_cycles();
    r.simulated = b_->simulated_time;
    r.timing_only = ctx_.timing_only;
    if (inputs_.firmware) {
        r.firmware = inputs_.firmware->name;
        r.instructions = b_->cpu.core().instructions();
        r.interrupts = b_->cpu.core().interrupts();
        const auto& latency = b_->cpu.latency(dsp::interrupt_line::external);
        r.interrupt_latency = latency.mean() / b_->cpu.clock().hertz();
        r.interrupt_latency_max = b_->cpu.clock().seconds_of(latency.max());
        r.cpu_busy = b_->cpu.clock().seconds_of(b_->cpu.core().cycles() - b_->cpu.idle_cycles());
    }
    return r;
}

std::uint32_t sensor::job_network() const {
    return b_->npu.job_network();
}

const dsp::job_timing& sensor::last_job() const {
    return b_->npu.last_job();
}

const std::vector<dsp::layer_timing>& sensor::last_job_layers() const {
    return b_->npu.last_layers();
}

const clock_domain& sensor::npu_clock() const {
    return b_->npu.clock();
}

std::uint64_t sensor::last_job_cycles() const {
    return b_->npu.last_job().cycles;
}

}  // namespace ocellus::sim
