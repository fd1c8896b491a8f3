// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/csi2_transmitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "core/diagnostics.h"
#include "core/random.h"
#include "core/trace.h"
#include "links/tensor_lines.h"

namespace ocellus::links {

namespace {

namespace reg = registers::csi2;

constexpr std::uint32_t crc_bytes = 2;
/// Metadata lines between memory and wire: one being sent, one being fetched.
constexpr std::uint64_t metadata_lines = 2;

/// Frame numbers on the wire are 1 .. 65535, then 1 again; 0 would mean "not counted".
std::uint16_t wire_number(std::uint32_t frame) {
    return static_cast<std::uint16_t>(frame % 65535u + 1u);
}

void append_crc(std::uint8_t* payload, std::uint32_t bytes) {
    const std::uint16_t crc = csi2_crc(payload, bytes);
    payload[bytes] = static_cast<std::uint8_t>(crc & 0xFF);
    payload[bytes + 1] = static_cast<std::uint8_t>(crc >> 8);
}

csi2_data_type data_type_of(const row_info& row) {
    switch (row.format) {
        case row_format::yuv422:
            return csi2_data_type::yuv422_8;
        case row_format::yuv420:
            return csi2_data_type::yuv420_8;
        case row_format::rgb888:
            return csi2_data_type::rgb888;
        case row_format::bayer:
            if (const auto type = raw_type_of(row.bits))
                return *type;
            throw input_error(
                exit_code::usage,
                fmt::format("CSI-2 cannot send rows of {} bits per pixel; RAW8, RAW10, "
                            "RAW12 and RAW14 are possible",
                            row.bits));
        case row_format::electrons:
            break;
    }
    throw input_error(exit_code::internal, "CSI-2 transmitter: rows of electrons");
}

std::uint32_t payload_of(const row_info& row, csi2_data_type t) {
    std::uint64_t bytes = 0;
    if (row.format == row_format::yuv422)
        bytes = std::uint64_t{2} * row.width;
    else if (row.format == row_format::yuv420)
        bytes = std::uint64_t{row.row % 2 + 1} * row.width;
    else if (row.format == row_format::rgb888)
        bytes = std::uint64_t{3} * row.width;
    else
        bytes = raw_row_bytes(t, row.width);
    if (bytes == 0 || bytes > 65535)
        throw input_error(exit_code::usage,
                          fmt::format("CSI-2 cannot send a row of {} pixels: {} bytes of payload, "
                                      "a packet holds 1 to 65535",
                                      row.width, bytes));
    return static_cast<std::uint32_t>(bytes);
}

/// Of the longest row: those of YUV420 take turns.
std::uint32_t longest_payload(const row_info& row, csi2_data_type t) {
    return row.format == row_format::yuv420 ? 2 * row.width : payload_of(row, t);
}

/// A line's payload with its checksum, made by a worker.
std::shared_ptr<const lazy_plane<std::uint8_t>> checked_line(worker_pool& pool,
                                                             std::vector<std::uint8_t> line) {
    const auto bytes = static_cast<std::uint32_t>(line.size());
    return lazy_plane<std::uint8_t>::start(
        pool, bytes + crc_bytes, 1, 1,
        [line = std::move(line), bytes](plane<std::uint8_t>& out, unsigned, unsigned) {
            std::memcpy(out.row(0), line.data(), bytes);
            append_crc(out.row(0), bytes);
        });
}

/// A line of `packed`, with its damage and a checksum that knows nothing of it.
std::shared_ptr<const lazy_plane<std::uint8_t>> damaged_line(
    worker_pool& pool, std::shared_ptr<const lazy_plane<std::uint8_t>> packed, const row_info& row,
    std::uint32_t bytes) {
    return lazy_plane<std::uint8_t>::start(
        pool, bytes + crc_bytes, 1, 1,
        [packed = std::move(packed), damage = row.damage, y = row.row, bytes](
            plane<std::uint8_t>& out, unsigned, unsigned) {
            std::memcpy(out.row(0), packed->row(y), bytes);
            for (const byte_error& e : *damage)
                if (e.offset < bytes)
                    out.row(0)[e.offset] ^= e.bits;
            append_crc(out.row(0), bytes);
        });
}

}  // namespace

std::vector<std::uint8_t> csi2_payload(const row_info& row) {
    if (!row.raw && !row.bytes)
        return {};
    const csi2_data_type type = data_type_of(row);
    std::vector<std::uint8_t> payload(payload_of(row, type));
    if (row.format == row_format::bayer)
        pack_raw_row(type, row.raw->row(row.row), row.width, payload.data());
    else
        std::memcpy(payload.data(), row.bytes->row(row.row), payload.size());
    return payload;
}

void csi2_parameters::declare(parameter_registry& r) {
    r.integer("csi2.lanes", lanes, 1, 4)
        .must_be_power_of_two()
        .says("Data lanes of the CSI-2 link; the chip has 2 or 4.")
        .from(provenance::published,
              "IMX500 Linux device tree binding (2 or 4); the Linux driver accepts 2")
        .moves("csi2.wire_busy", -1);
    r.quantity("csi2.lane_rate", lane_rate, unit::bit_per_second, 80e6, 6e9)
        .says("Bits per second of one lane.")
        .from(provenance::published,
              "IMX500 Linux driver imx500.c: link frequency 444 MHz, two bits "
              "a period")
        .moves("csi2.wire_busy", -1);
    r.quantity("csi2.hs_overhead", hs_overhead, unit::second, 0, 100e-6)
        .says("Time each packet adds for entering and leaving high-speed mode.")
        .from(
            provenance::derived,
            "MIPI D-PHY minimum timings at 888 Mb/s: LP-01 50 ns, HS-PREPARE and HS-ZERO 145 ns + "
            "10 UI, sync 8 UI, HS-TRAIL 60 ns + 4 UI, HS-EXIT 100 ns")
        .moves("csi2.wire_busy", +1);
    r.integer("csi2.fifo_lines", fifo_lines, 1, 1024, unit::lines)
        .says("Rows the transmitter can hold, the one being sent included; a row more is lost.")
        .from(provenance::assumed, "assumed: 20 kB of line buffer at 4056 pixels RAW10")
        .moves("csi2.lines_lost", -1)
        .compare("1 lines", "64 lines")
        .under("csi2.lane_rate=200 Mb/s");
    r.integer("csi2.image_vc", image_vc, 0, 3)
        .says("Virtual channel of the image.")
        .from(provenance::published, "IMX500 Linux driver imx500.c")
        .moves_nothing("a number in the packets' headers")
        .compare("0", "2");
    r.integer("csi2.metadata_vc", metadata_vc, 0, 3)
        .says("Virtual channel of the metadata; must differ from the image's.")
        .from(provenance::chosen,
              "a channel of its own lets metadata leave between image rows; the public driver uses "
              "0")
        .moves_nothing("a number in the packets' headers")
        .compare("1", "2");
    r.integer("csi2.tensor_vc", tensor_vc, 0, 3)
        .says("Virtual channel of the tensor region; a third one.")
        .from(provenance::chosen, "as csi2.metadata_vc")
        .moves_nothing("a number in the packets' headers")
        .compare("2", "3");
    r.choice("csi2.tensor_region", tensor_region,
             {{"none", region_output::none},
              {"outputs", region_output::outputs},
              {"all", region_output::all}})
        .says(
            "Lines that follow each inference: KPI, output tensors and PQ, or the input tensor "
            "too.")
        .from(provenance::chosen, "metadata alone leaves the chip")
        .moves("csi2.wire_bytes", +1)
        .compare("none", "all");
    const auto rate = [&r](const char* name, double& value, const char* what, const char* moved) {
        r.real(name, value, 0, 1)
            .says(what)
            .from(provenance::chosen, "a clean link; others to see what a host makes of errors")
            .moves(moved, +1)
            .compare("0", "0.01");
    };
    rate("csi2.header_error_rate", header_error_rate,
         "Share of packets with one wrong bit in the header, which a receiver corrects.",
         "host.ecc_corrected");
    rate("csi2.header_loss_rate", header_loss_rate,
         "Share of packets with two wrong bits in the header, which a receiver drops.",
         "host.ecc_failed");
    rate("csi2.payload_error_rate", payload_error_rate,
         "Share of long packets with one wrong bit in the payload.", "csi2.packets_spoiled");
    r.integer("csi2.metadata_line", metadata_line, 16, 65535, unit::byte)
        .says("Bytes of a full metadata line; the last line of a message may be shorter.")
        .from(provenance::published, "IMX500 Linux driver imx500.c: 2560 bytes per tensor line")
        .moves("csi2.metadata_lines", -1)
        .compare("64 B", "2560 B");
    r.integer("csi2.metadata_queue", metadata_queue, 1, 64)
        .says("Metadata messages, and tensor regions, that can wait; one more is rejected.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves_nothing("the built-in firmware has one message under way");
    r.integer("csi2.fetch_burst", fetch_burst, 4, 4096, unit::byte)
        .must_be_power_of_two()
        .says("Longest burst with which metadata is fetched from memory.")
        .from(provenance::chosen, "one interleave unit of the SRAM")
        .moves("interconnect.csi2.requests", -1);
    r.integer("csi2.embedded_lines", embedded_lines, 0, 2)
        .says("Lines of embedded data in front of each image: exposure, gain, timing, temperature.")
        .from(provenance::chosen,
              "none: the public part sends 2 (libcamera cam_helper_imx500), for hosts that read "
              "them")
        .moves("csi2.wire_bytes", +1)
        .compare("0", "2");
    r.boolean("csi2.line_sync", line_sync)
        .says("Send line start and line end packets around each row.")
        .from(provenance::chosen, "optional in CSI-2; not needed by the public driver")
        .moves("csi2.packets", +1)
        .moves("csi2.wire_busy", +1);
}

csi2_transmitter::csi2_transmitter(sc_core::sc_module_name name, const csi2_parameters& p,
                                   block_context& ctx, egress_ledger& ledger)
    : sc_module(name),
      p_(p),
      pool_(ctx.pool),
      ctx_(ctx),
      ledger_(ledger),
      lanes_(static_cast<unsigned>(p.lanes)) {
    if (p.metadata_vc == p.image_vc)
        throw input_error(exit_code::usage,
                          fmt::format("csi2.metadata_vc and csi2.image_vc are both {}; they must "
                                      "differ",
                                      p.image_vc));
    if (p.tensor_region != region_output::none &&
        (p.tensor_vc == p.image_vc || p.tensor_vc == p.metadata_vc))
        throw input_error(exit_code::usage,
                          fmt::format("csi2.tensor_vc {} is that of the image or of the metadata; "
                                      "it must be a third one",
                                      p.tensor_vc));
    if (ctx.trace)
        track_ = ctx.trace->track("csi2");
    rows_in.register_b_transport(this, &csi2_transmitter::row_transport);
    registers_in.register_b_transport(this, &csi2_transmitter::register_transport);
    registers_in.register_transport_dbg(this, &csi2_transmitter::register_debug);
    declare_registers();

    SC_HAS_PROCESS(csi2_transmitter);
    SC_METHOD(transmit);
    sensitive << next_;
    dont_initialize();
    SC_THREAD(fetch_metadata);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();

    auto& s = ctx.stats;
    s.add("csi2.packets", packets_, "Packets sent.");
    s.add("csi2.frames", frames_, "Image frames sent (frame end packets).");
    s.add("csi2.lines", lines_, "Image rows sent.");
    s.add("csi2.lines_lost", lines_lost_, "Image rows lost because the line FIFO was full.");
    s.add("csi2.lines_blocked", lines_blocked_,
          "Image rows that the privacy mode kept back (privacy.policy = block).");
    s.add("csi2.metadata_blocked", metadata_blocked_,
          "Metadata lines with bytes that derive from pixels, which the privacy mode kept back.");
    s.add("csi2.frames_damaged", frames_damaged_, "Image frames that lost at least one row.");
    s.add("csi2.fifo_peak", fifo_peak_, "Most rows held at once, the one being sent included.",
          "lines");
    s.add("csi2.wire_bytes", wire_bytes_, "Bytes sent, headers and checksums included.", "B");
    s.add("csi2.metadata_messages", messages_sent_, "Metadata messages sent.");
    s.add("csi2.metadata_lines", metadata_line_count_, "Metadata lines sent.");
    s.add("csi2.tensor_regions", regions_sent_, "Tensor regions sent.");
    s.add("csi2.tensor_regions_dropped", regions_dropped_,
          "Tensor regions that found the queue full.");
    s.add("csi2.packets_spoiled", spoiled_, "Packets that were given wrong bits.");
    s.add("csi2.metadata_rejected", messages_rejected_,
          "Metadata messages refused: queue full or length 0.");
    s.add("csi2.metadata_failed", messages_failed_,
          "Metadata messages cut short because memory answered with an error.");
    const double resolution = sc_core::sc_get_time_resolution().to_seconds();
    s.add_computed(
        "csi2.wire_busy",
        [this, resolution] { return static_cast<double>(wire_time_) * resolution; },
        "Time during which packets occupied the link.", "s");
    s.add_computed(
        "csi2.row_latency_max",
        [this, resolution] { return static_cast<double>(row_latency_max_) * resolution; },
        "Longest time from a row's arrival to its last bit on the wire.", "s");
}

void csi2_transmitter::declare_registers() {
    auto& r = registers_;
    r.set_reset(reg::LANES, lanes_);
    r.set_reset(reg::VC, static_cast<std::uint32_t>(p_.image_vc | (p_.metadata_vc << 4) |
                                                    (p_.tensor_vc << 8)));
    r.set_reset(reg::TENSOR_REGION, static_cast<std::uint32_t>(p_.tensor_region));
    r.on_write(reg::LANES, [this](std::uint32_t value) {
        if (value == 1 || value == 2 || value == 4)
            lanes_ = value;
        registers_.set(reg::LANES, lanes_);
    });
    const auto changed = [this](std::uint32_t) { lines_changed(); };
    for (const unsigned lines : {reg::STATUS, reg::IRQ_ENABLE}) {
        r.on_write(lines, changed);
        r.acts_ahead(lines);
    }
    r.counter(reg::LINES_LOST, lines_lost_);
    r.counter(reg::FRAMES, frames_);
    r.on_write(reg::METADATA_SEND, [this](std::uint32_t value) { send_requested(value); });
    r.on_read(reg::METADATA_QUEUED, [this] { return messages_waiting(); });
    r.counter(reg::METADATA_SENT, messages_sent_);
    r.counter(reg::COUNTER_PACKETS, packets_);
    r.counter(reg::COUNTER_FRAMES, frames_);
    r.counter(reg::COUNTER_LINES, lines_);
    r.counter(reg::COUNTER_LINES_LOST, lines_lost_);
    r.counter(reg::COUNTER_MESSAGES, messages_sent_);
    r.counter(reg::COUNTER_FRAMES_DAMAGED, frames_damaged_);
    r.counter(reg::COUNTER_FIFO_PEAK, fifo_peak_);
    r.counter(reg::COUNTER_METADATA_LINES, metadata_line_count_);
    r.counter(reg::COUNTER_METADATA_REJECTED, messages_rejected_);
    r.counter(reg::COUNTER_METADATA_FAILED, messages_failed_);
    r.wide_counter(reg::COUNTER_WIRE_BYTES_LOW, wire_bytes_);
}

void csi2_transmitter::register_transport(tlm::tlm_generic_payload& payload,
                                          sc_core::sc_time& delay) {
    registers_.transport(payload, delay);
}

unsigned csi2_transmitter::register_debug(tlm::tlm_generic_payload& payload) {
    return registers_.transport_debug(payload);
}

void csi2_transmitter::set_status(std::uint32_t bits) {
    registers_.set_bits(reg::STATUS, bits);
    lines_changed();
}

std::uint32_t csi2_transmitter::lines() const {
    return (registers_.get(reg::STATUS) & registers_.get(reg::IRQ_ENABLE)) != 0;
}

void csi2_transmitter::drive_irq() {
    sent_irq.write(irq_.drive(lines()) != 0);
}

// Packets.

sc_core::sc_time csi2_transmitter::wire_time(std::uint32_t wire_bytes) const {
    return sc_core::sc_time(csi2_wire_seconds(wire_bytes, lanes_, p_.lane_rate, p_.hs_overhead),
                            sc_core::SC_SEC);
}

csi2_transmitter::outgoing csi2_transmitter::short_packet(std::uint64_t vc, csi2_data_type t,
                                                          std::uint16_t value) const {
    outgoing o;
    o.data_type = static_cast<std::uint8_t>(t);
    o.frame = frame_;
    encode_header({static_cast<std::uint8_t>(vc), t, value}, o.info.header);
    return o;
}

csi2_transmitter::outgoing csi2_transmitter::long_packet(std::uint64_t vc, csi2_data_type t,
                                                         std::uint32_t bytes) const {
    outgoing o = short_packet(vc, t, static_cast<std::uint16_t>(bytes));
    o.info.is_long = true;
    o.info.payload_bytes = bytes;
    return o;
}

// Image rows.

void csi2_transmitter::row_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const row_info* row = row_of(payload);
    if (!row || !payload.is_write()) {
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    arrivals_.push_back({sc_core::sc_time_stamp() + delay, *row});
    // A busy wire looks at the arrivals when it becomes free.
    if (!wire_busy_)
        next_.notify(delay);
}

void csi2_transmitter::start_packing(const row_info& row) {
    row_type_ = data_type_of(row);
    const bool halves = row.format == row_format::yuv420;
    const std::uint32_t payload = longest_payload(row, row_type_);
    packed_.reset();
    if (ctx_.timing_only || (!row.raw && !row.bytes))
        return;
    const std::uint32_t width = row.width;
    const csi2_data_type type = row_type_;
    // Storage that nobody reads any more is used again.
    plane<std::uint8_t> storage;
    std::shared_ptr<byte_plane>* slot = nullptr;
    for (auto& p : planes_)
        if (p.use_count() == 1) {
            std::atomic_thread_fence(std::memory_order_acquire);
            storage = p->recycle();
            slot = &p;
            break;
        }
    if (!slot)
        slot = &planes_.emplace_back();
    byte_plane::maker make;
    unsigned band = 0;
    if (row.format == row_format::bayer) {
        band = row.raw->rows_per_band();
        make = [in = row.raw, type, payload, width](plane<std::uint8_t>& out, unsigned first,
                                                    unsigned last) {
            for (unsigned y = first; y < last; ++y) {
                pack_raw_row(type, in->row(y), width, out.row(y));
                append_crc(out.row(y), payload);
            }
        };
    } else {
        band = row.bytes->rows_per_band();
        make = [in = row.bytes, payload, halves](plane<std::uint8_t>& out, unsigned first,
                                                 unsigned last) {
            for (unsigned y = first; y < last; ++y) {
                const std::uint32_t n = halves && y % 2 == 0 ? payload / 2 : payload;
                std::memcpy(out.row(y), in->row(y), n);
                append_crc(out.row(y), n);
            }
        };
    }
    *slot = byte_plane::start(pool_, payload + crc_bytes, row.height, band, std::move(make),
                              std::move(storage));
    packed_ = *slot;
}

void csi2_transmitter::begin_frame(const row_info& row) {
    // The last row of the frame before was lost on its way here: it ends now.
    if (in_frame_) {
        image_.push_back(short_packet(p_.image_vc, csi2_data_type::frame_end, wire_number(frame_)));
        image_.back().what = role::frame_end;
    }
    in_frame_ = true;
    frame_ = row.frame;
    frame_damaged_ = false;
    start_packing(row);
    image_.push_back(short_packet(p_.image_vc, csi2_data_type::frame_start, wire_number(frame_)));
    put_embedded(row);
}

/// The first line holds the frame's registers, the others none.
void csi2_transmitter::put_embedded(const row_info& row) {
    const std::uint32_t bytes = longest_payload(row, row_type_);
    const unsigned bits = row.format == row_format::bayer ? row.bits : 8;
    for (std::uint64_t k = 0; k < p_.embedded_lines; ++k) {
        image_.push_back(long_packet(p_.image_vc, csi2_data_type::embedded, bytes));
        image_.back().kind = egress_kind::metadata;
        if (ctx_.timing_only)
            continue;
        image_.back().info.bytes = checked_line(
            pool_, embedded_line(k == 0 && embedded_ ? embedded_(row.frame) : register_bytes(),
                                 bits, bytes));
    }
}

void csi2_transmitter::admit(const arrival& a) {
    const row_info& row = a.row;
    if (!in_frame_ || row.frame != frame_)
        begin_frame(row);
    if (guard_ && !guard_(row.frame, payload_of(row, row_type_))) {
        ++lines_blocked_;
        if (line_left_)
            line_left_();
    } else if (lines_held_ < p_.fifo_lines) {
        ++lines_held_;
        fifo_peak_ = lines_held_ > fifo_peak_ ? lines_held_ : fifo_peak_;
        const auto line = static_cast<std::uint16_t>(row.row + 1);
        if (p_.line_sync)
            image_.push_back(short_packet(p_.image_vc, csi2_data_type::line_start, line));
        image_.push_back(long_packet(p_.image_vc, row_type_, payload_of(row, row_type_)));
        auto& o = image_.back();
        o.what = role::row;
        o.kind = egress_kind::pixels;
        o.ready = a.at;
        const bool damaged = row.damage && packed_;
        o.info.bytes = damaged ? damaged_line(pool_, packed_, row, o.info.payload_bytes) : packed_;
        o.info.bytes_row = damaged ? 0 : row.row;
        if (p_.line_sync)
            image_.push_back(short_packet(p_.image_vc, csi2_data_type::line_end, line));
    } else {
        ++lines_lost_;
        losses_.push_back({row.frame, row.row, a.at, "CSI-2 transmitter", "CSI-2 lanes", 0});
        if (!frame_damaged_) {
            frame_damaged_ = true;
            ++frames_damaged_;
        }
        set_status(status_lines_lost);
    }
    if (row.last()) {
        image_.push_back(short_packet(p_.image_vc, csi2_data_type::frame_end, wire_number(frame_)));
        image_.back().what = role::frame_end;
        in_frame_ = false;
        packed_.reset();
    }
}

// The wire.

void csi2_transmitter::transmit() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    // 1. Rows that came while the last packet was on the wire met the FIFO with its line still
    // held.
    const sc_core::sc_time until = wire_busy_ ? wire_free_ : now;
    while (!arrivals_.empty() && arrivals_.front().at < until && arrivals_.front().at <= now) {
        admit(arrivals_.front());
        arrivals_.pop_front();
    }
    // 2. The packet has left.
    if (wire_busy_ && wire_free_ <= now)
        finish_packet();
    // 3. Rows that come at this very moment meet the freed line.
    if (!wire_busy_)
        while (!arrivals_.empty() && arrivals_.front().at <= now) {
            admit(arrivals_.front());
            arrivals_.pop_front();
        }
    // 4. The next packet.
    if (!wire_busy_)
        start_packet();
    // 5. The next time anything can happen.
    if (wire_busy_)
        next_.notify(wire_free_ - now);
    else if (!arrivals_.empty())
        next_.notify(arrivals_.front().at - now);
    if (idle() && idle_)
        idle_();
}

void csi2_transmitter::start_packet() {
    const bool image = !image_.empty();
    if (!image && metadata_.empty())
        return;
    auto& queue = image ? image_ : metadata_;
    on_wire_ = std::move(queue.front());
    queue.pop_front();
    const std::uint32_t bytes = on_wire_.info.wire_bytes();
    const sc_core::sc_time now = sc_core::sc_time_stamp(), duration = wire_time(bytes);
    wire_busy_ = true;
    wire_free_ = now + duration;
    wire_time_ += duration.value();
    wire_bytes_ += bytes;
    if (on_wire_.info.payload_bytes > 0)
        ledger_.count(egress_port::csi2, on_wire_.data_type, on_wire_.kind,
                      on_wire_.info.payload_bytes);
    ledger_.count(egress_port::csi2, on_wire_.data_type, egress_kind::overhead,
                  bytes - on_wire_.info.payload_bytes);
    if (ctx_.trace)
        tell(now, duration);
    spoil(on_wire_);
    send_packet(packets_out, on_wire_.info, packets_++, duration);
}

/// Wrong bits on request: which packets and bits depends on seed and packet number alone.
void csi2_transmitter::spoil(outgoing& o) {
    if (p_.header_error_rate <= 0 && p_.header_loss_rate <= 0 && p_.payload_error_rate <= 0)
        return;
    const auto random = philox4x32::generate(
        {static_cast<std::uint32_t>(packets_), static_cast<std::uint32_t>(packets_ >> 32), 0,
         static_cast<std::uint32_t>(purpose::link_errors)},
        key_of(ctx_.seed));
    const auto share = [&random](unsigned i) { return random[i] * 0x1p-32; };
    const auto flip = [&o](unsigned bit) {
        o.info.header[bit / 8] = static_cast<std::uint8_t>(o.info.header[bit / 8] ^ 1u << bit % 8);
    };
    bool wrong = true;
    // One draw decides: the kinds exclude each other.
    if (share(0) < p_.header_loss_rate) {
        const unsigned first = random[2] % 32;
        flip(first);
        flip((first + 1 + random[3] % 31) % 32);
    } else if (share(0) < p_.header_loss_rate + p_.header_error_rate) {
        flip(random[2] % 32);
    } else if (o.info.is_long && share(1) < p_.payload_error_rate) {
        if (o.info.bytes) {
            const std::uint32_t n = o.info.payload_bytes + crc_bytes, bit = random[2] % (8 * n);
            o.info.bytes = byte_plane::start(pool_, n, 1, 1,
                                             [from = o.info.bytes, row = o.info.bytes_row, n, bit](
                                                 plane<std::uint8_t>& out, unsigned, unsigned) {
                                                 std::memcpy(out.row(0), from->row(row), n);
                                                 out.row(0)[bit / 8] = static_cast<std::uint8_t>(
                                                     out.row(0)[bit / 8] ^ 1u << bit % 8);
                                             });
            o.info.bytes_row = 0;
        }
    } else {
        wrong = false;
    }
    spoiled_ += wrong;
}

/// The packet on the wire, to the trace.
void csi2_transmitter::tell(const sc_core::sc_time& start, const sc_core::sc_time& duration) {
    const packet_info& p = on_wire_.info;
    const auto word = static_cast<std::uint32_t>(p.header[1] | p.header[2] << 8);
    std::uint64_t a = std::uint64_t{on_wire_.data_type} << 32;
    const bool line = on_wire_.what == role::row;
    const trace_type type = line        ? trace_type::image_line
                            : p.is_long ? trace_type::metadata_line
                                        : trace_type::sync_packet;
    a |= line ? p.bytes_row | std::uint64_t{lines_held_} << 40 : word;
    const trace_event e = spanning(track_, type, start, duration, on_wire_.frame, a);
    if (!p.is_long || !p.bytes)
        return ctx_.trace->record(e);
    // The packet's own checksum: its bytes are made by a worker.
    ctx_.trace->record(e, [bytes = p.bytes, row = p.bytes_row, n = p.payload_bytes] {
        const std::uint8_t* const end = bytes->row(row) + n;
        return std::uint64_t{end[0]} | std::uint64_t{end[1]} << 8;
    });
}

void csi2_transmitter::finish_packet() {
    wire_busy_ = false;
    switch (on_wire_.what) {
        case role::sync:
            break;
        case role::row: {
            --lines_held_;
            ++lines_;
            if (line_left_)
                line_left_();
            const std::uint64_t latency = (wire_free_ - on_wire_.ready).value();
            row_latency_max_ = latency > row_latency_max_ ? latency : row_latency_max_;
            break;
        }
        case role::frame_end:
            ++frames_;
            break;
        case role::metadata_line:
            ++metadata_line_count_;
            --metadata_lines_held_;
            line_taken_.notify(sc_core::SC_ZERO_TIME);
            break;
        case role::region_end:
            ++regions_sent_;
            break;
        case role::metadata_end:
            ++messages_sent_;
            set_status(status_sent);
            ctx_.publish(event_kind::message_sent, on_wire_.frame);
            break;
    }
    on_wire_.info.bytes.reset();
}

// Metadata.

void csi2_transmitter::send_requested(std::uint32_t value) {
    if ((value & send_start) == 0)
        return;
    const std::uint32_t length = registers_.get(reg::METADATA_LENGTH);
    if (length == 0 || messages_waiting() >= p_.metadata_queue) {
        ++messages_rejected_;
        set_status(status_rejected);
        return;
    }
    messages_.push_back({registers_.get(reg::METADATA_ADDRESS), length,
                         registers_.get(reg::METADATA_FRAME), (value & send_pixel_derived) != 0});
    ctx_.publish(event_kind::message_queued, messages_.back().frame);
    message_queued_.notify(sc_core::SC_ZERO_TIME);
}

region_output csi2_transmitter::tensor_region() const {
    const bool own_channel = p_.tensor_vc != p_.image_vc && p_.tensor_vc != p_.metadata_vc;
    const std::uint32_t parts = registers_.get(reg::TENSOR_REGION) & 3u;
    return own_channel && parts < 3 ? static_cast<region_output>(parts) : region_output::none;
}

void csi2_transmitter::send_region(region_request r) {
    r.parts = tensor_region();
    if (r.parts == region_output::none)
        return;
    if (regions_.size() >= p_.metadata_queue) {
        ++regions_dropped_;
        return;
    }
    regions_.push_back(std::move(r));
    message_queued_.notify(sc_core::SC_ZERO_TIME);
}

void csi2_transmitter::fetch_metadata() {
    for (;;) {
        while (messages_.empty() && regions_.empty())
            wait(message_queued_);
        fetching_ = true;
        const bool is_message = fetching_message_ = !messages_.empty();
        message m;
        region_request r;
        if (is_message) {
            m = messages_.front();
            messages_.pop_front();
        } else {
            r = std::move(regions_.front());
            regions_.pop_front();
        }
        const std::uint32_t frame = is_message ? m.frame : r.frame;
        const std::uint64_t vc = is_message ? p_.metadata_vc : p_.tensor_vc;
        const std::uint16_t number = wire_number(frame);
        metadata_.push_back(short_packet(vc, csi2_data_type::frame_start, number));
        metadata_.back().frame = frame;
        if (is_message ? !fetch_message(m) : !fetch_region(r)) {
            ++messages_failed_;
            set_status(status_error);
        }
        metadata_.push_back(short_packet(vc, csi2_data_type::frame_end, number));
        metadata_.back().what = is_message ? role::metadata_end : role::region_end;
        metadata_.back().frame = frame;
        if (!wire_busy_)
            next_.notify(sc_core::SC_ZERO_TIME);
        fetching_ = fetching_message_ = false;
    }
}

/// Reads by bursts, and waits for what they took. `bytes` is null in timing-only runs.
bool csi2_transmitter::read_memory(std::uint64_t address, std::uint8_t* bytes,
                                   std::uint32_t length) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    for (std::uint32_t done = 0; done < length;) {
        const std::uint64_t at = address + done;
        const std::uint64_t room = p_.fetch_burst - (at & (p_.fetch_burst - 1));
        const auto n = static_cast<std::uint32_t>(length - done < room ? length - done : room);
        if (burst(memory_out, tlm::TLM_READ_COMMAND, at, bytes ? bytes + done : nullptr, n,
                  delay) != tlm::TLM_OK_RESPONSE)
            return false;
        done += n;
    }
    if (delay != sc_core::SC_ZERO_TIME)
        wait(delay);
    return true;
}

bool csi2_transmitter::may_leave(std::uint32_t frame, bool pixels, std::uint32_t bytes) {
    if (!pixels || !guard_ || guard_(frame, bytes))
        return true;
    ++metadata_blocked_;
    return false;
}

/// One line into the queue of the wire. `line` is empty in timing-only runs.
void csi2_transmitter::put_line(std::uint64_t vc, csi2_data_type type, std::uint32_t frame,
                                bool pixels, std::vector<std::uint8_t> line, std::uint32_t bytes) {
    outgoing o = long_packet(vc, type, bytes);
    o.what = role::metadata_line;
    o.frame = frame;
    o.kind = pixels ? egress_kind::pixels : egress_kind::metadata;
    o.ready = sc_core::sc_time_stamp();
    if (!ctx_.timing_only)
        o.info.bytes = checked_line(pool_, std::move(line));
    metadata_.push_back(std::move(o));
    if (!wire_busy_)
        next_.notify(sc_core::SC_ZERO_TIME);
}

bool csi2_transmitter::fetch_message(const message& m) {
    for (std::uint32_t sent = 0; sent < m.length;) {
        while (metadata_lines_held_ >= metadata_lines)
            wait(line_taken_);
        ++metadata_lines_held_;
        const std::uint64_t left = m.length - sent;
        const auto bytes =
            static_cast<std::uint32_t>(left < p_.metadata_line ? left : p_.metadata_line);
        std::vector<std::uint8_t> line(ctx_.timing_only ? 0 : bytes);
        const std::uint64_t derived = provenance_ ? provenance_(m.address + sent, bytes) : 0;
        if (!read_memory(m.address + sent, ctx_.timing_only ? nullptr : line.data(), bytes)) {
            --metadata_lines_held_;
            return false;
        }
        const bool pixels = m.pixel_derived || derived > 0;
        if (may_leave(m.frame, pixels, bytes))
            put_line(p_.metadata_vc, csi2_data_type::embedded, m.frame, pixels, std::move(line),
                     bytes);
        else
            --metadata_lines_held_;
        sent += bytes;
    }
    return true;
}

/// The region as links/tensor_lines.h lays it out. Its tensors are read before the first line goes:
/// what lies in memory may soon be another frame's.
bool csi2_transmitter::fetch_region(const region_request& r) {
    const auto bytes = static_cast<std::uint32_t>(tensor_line_bytes);
    const bool timing = ctx_.timing_only;
    bool pixels = false, good = true;
    region_line line;
    const auto begin = [&] {
        while (metadata_lines_held_ >= metadata_lines)
            wait(line_taken_);
        ++metadata_lines_held_;
        line.assign(timing ? 0 : bytes, 0);
        pixels = false;
    };
    const std::uint32_t types = registers_.get(reg::TENSOR_TYPES);
    const auto put = [&](csi2_data_type what) {
        const auto part = static_cast<unsigned>(what) - static_cast<unsigned>(csi2_data_type::kpi);
        const auto type = static_cast<csi2_data_type>(types >> (8 * part) & 0x3fu);
        if (may_leave(r.frame, pixels, bytes))
            put_line(p_.tensor_vc, type, r.frame, pixels, std::move(line), bytes);
        else
            --metadata_lines_held_;
        line = {};
    };
    const auto put_header = [&](csi2_data_type type, bool output, bool valid) {
        begin();
        if (!timing) {
            dnn_header h;
            h.valid = valid;
            h.frame = static_cast<std::uint8_t>(r.frame);
            h.ap_bytes = static_cast<std::uint16_t>(r.ap_parameters.size());
            h.network = r.network;
            h.output = output;
            line = tensor_block(h, r.ap_parameters, {})[0];
        }
        put(type);
    };
    const auto read = [&](std::uint64_t address, std::uint8_t* to, std::uint32_t length) {
        pixels = pixels || (provenance_ && provenance_(address, length) > 0);
        good = good && read_memory(address, to, length);
    };
    // The outputs first: the next job writes over them.
    std::vector<std::vector<std::uint8_t>> outputs;
    std::vector<bool> output_pixels;
    for (const auto& o : r.outputs) {
        outputs.emplace_back(timing ? 0 : o.bytes);
        read(o.address, timing ? nullptr : outputs.back().data(),
             static_cast<std::uint32_t>(o.bytes));
        for (auto& b : outputs.back())
            b = b ^ o.flip;
        output_pixels.push_back(pixels);
        pixels = false;
    }
    if (!good)
        return false;
    // Then the input, at once: whether it is still the frame's own is known when it has been read.
    const bool with_input = r.parts == region_output::all;
    const std::uint64_t row_bytes = std::uint64_t{r.width} * r.channels,
                        input_bytes = row_bytes * r.height;
    std::vector<std::uint8_t> input(with_input && !timing ? input_bytes : 0);
    bool there = with_input && (!r.input_is_there || r.input_is_there());
    if (there) {
        read(r.input_address, timing ? nullptr : input.data(),
             static_cast<std::uint32_t>(input_bytes));
        there = !r.input_is_there || r.input_is_there();
    }
    const bool input_pixels = pixels && there;
    if (!good)
        return false;
    begin();
    if (!timing)
        line = kpi_line(r.dnn_us, r.dsp_us);
    put(csi2_data_type::kpi);
    if (with_input) {
        put_header(csi2_data_type::input_tensor, false, there);
        const std::uint64_t stride = padded_width(r.width), rows = padded_height(r.height),
                            all = stride * rows * r.channels;
        for (std::uint64_t at = 0; at < all; at += bytes) {
            begin();
            pixels = input_pixels;
            for (std::uint64_t i = at; there && !timing && i < std::min(at + bytes, all); ++i) {
                const std::uint64_t channel = i / (stride * rows), y = i / stride % rows,
                                    x = i % stride;
                if (y < r.height && x < r.width)
                    line[i - at] = input[y * row_bytes + x * r.channels + channel] ^ r.input_flip;
            }
            put(csi2_data_type::input_tensor);
        }
    }
    put_header(csi2_data_type::output_tensor, true, true);
    for (std::size_t o = 0; o < outputs.size(); ++o)
        for (std::uint64_t at = 0; at < r.outputs[o].bytes; at += bytes) {
            begin();
            pixels = output_pixels[o];
            if (!timing)
                std::copy_n(outputs[o].begin() + static_cast<std::ptrdiff_t>(at),
                            std::min<std::uint64_t>(bytes, r.outputs[o].bytes - at), line.begin());
            put(csi2_data_type::output_tensor);
        }
    begin();
    put(csi2_data_type::pq);
    return true;
}

}  // namespace ocellus::links
