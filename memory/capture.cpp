// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/capture.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ocellus::memory {

namespace reg = registers::capture;

void capture_parameters::declare(parameter_registry& r) {
    r.integer("capture.lines", lines, 0, 4096, unit::lines)
        .says(
            "Lines of a ring in the SRAM through which the picture goes on its way to CSI-2, at "
            "the top of the memory; 0: it goes past the memory.")
        .from(provenance::chosen,
              "0: a full frame does not fit, and line buffers of the transmitter do without")
        .moves("sram.bytes_written", +1)
        .compare("0 lines", "16 lines");
    r.integer("capture.fifo_lines", fifo_lines, 1, 64, unit::lines)
        .says(
            "Lines the capture writer can hold, the one being written included; one more is lost.")
        .from(provenance::assumed, "assumed: a double line buffer")
        .moves("capture.fifo_peak", +1)
        .compare("1 lines", "4 lines")
        .under("capture.lines=16 lines")
        .under("capture.burst=16 B")
        .under("capture.outstanding=1")
        .under("interconnect.latency=256 cycles");
    r.integer("capture.burst", burst, 16, 4096, unit::byte)
        .must_be_power_of_two()
        .says("Longest burst of the capture writer and of the CSI-2 reader.")
        .from(provenance::chosen, "one interleave unit of the SRAM")
        .moves("interconnect.video_writer.requests", -1)
        .under("capture.lines=16 lines");
    r.integer("capture.outstanding", outstanding, 1, 64)
        .says("Bursts that the capture writer and the CSI-2 reader each have under way.")
        .from(provenance::assumed, "assumed: hides the latency of the memory")
        .moves("capture.write_time_max", -1)
        .compare("1", "4")
        .under("capture.lines=16 lines");
}

capture::capture(sc_core::sc_module_name name, const capture_parameters& p, std::uint64_t base,
                 std::uint64_t row_bytes, block_context& ctx)
    : sc_module(name), p_(p), base_(base), pitch_(p.pitch(row_bytes)) {
    rows_in.register_b_transport(this, &capture::row_transport);
    writer_bursts_.most = reader_bursts_.most = static_cast<unsigned>(p.outstanding);
    SC_METHOD(admit);
    sensitive << arrival_;
    dont_initialize();
    SC_THREAD(write);
    SC_THREAD(read);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();
    dont_initialize();
    declare_registers();
    auto& s = ctx.stats;
    s.add("capture.lines", lines_, "Rows written to the ring in the SRAM.");
    s.add("capture.lines_lost", lines_lost_,
          "Rows lost because the capture writer's FIFO was full, or too wide for the ring.");
    s.add("capture.wrong_bytes", wrong_bytes_,
          "Bytes of rows that the memory did not give back as they were written.", "B");
    s.add("capture.refused", refused_, "Bursts that the memory answered with an error.");
    s.add("capture.fifo_peak", fifo_peak_, "Most rows in the capture writer's FIFO at once.",
          "lines");
    s.add("capture.ring_peak", ring_peak_, "Most rows in the SRAM's ring at once.", "lines");
    const double resolution = sc_core::sc_get_time_resolution().to_seconds();
    s.add_computed(
        "capture.write_time_max",
        [this, resolution] { return static_cast<double>(write_time_max_) * resolution; },
        "Longest time from a row's arrival to its last byte in the SRAM.", "s");
}

void capture::declare_registers() {
    registers_in.register_b_transport(this, &capture::register_transport);
    registers_in.register_transport_dbg(this, &capture::register_debug);
    auto& r = registers_;
    r.set_reset(reg::FIFO_SIZE, static_cast<std::uint32_t>(p_.fifo_lines));
    const std::uint32_t enabled = p_.lines > 0 ? std::uint32_t{status_enabled} : 0u;
    r.set_reset(reg::STATUS, enabled);
    for (const unsigned index : {reg::STATUS, reg::IRQ_ENABLE}) {
        r.on_write(index, [this](std::uint32_t) { lines_changed(); });
        r.acts_ahead(index);
    }
    r.on_read(reg::FIFO_LEVEL, [this] { return static_cast<std::uint32_t>(waiting_.size()); });
    r.on_read(reg::RING_LEVEL, [this] { return static_cast<std::uint32_t>(written_ - taken_); });
    r.on_read(reg::FIFO_PEAK, [this] { return static_cast<std::uint32_t>(fifo_high_); });
    r.on_write(reg::FIFO_PEAK, [this](std::uint32_t) { fifo_high_ = waiting_.size(); });
    r.counter(reg::COUNTER_LINES, lines_);
    r.counter(reg::COUNTER_LINES_LOST, lines_lost_);
}

void capture::set_status(std::uint32_t bits) {
    registers_.set_bits(reg::STATUS, bits);
    lines_changed();
}

std::uint32_t capture::lines() const {
    return (registers_.get(reg::STATUS) & registers_.get(reg::IRQ_ENABLE)) != 0;
}

void capture::drive_irq() {
    const bool level = irq_.drive(lines()) != 0;
    if (error_irq.size() > 0)
        error_irq->write(level);
}

void capture::connect(const interconnect& bus, unsigned writer, unsigned reader,
                      std::function<bool()> room) {
    bus_ = &bus;
    writer_ = writer;
    reader_ = reader;
    room_ = std::move(room);
}

void capture::keep_bytes(sram& memory, std::uint64_t memory_base, packer packed) {
    memory_ = &memory;
    memory_base_ = memory_base;
    packed_ = std::move(packed);
}

unsigned char* capture::faulty_bytes(const row_info& row, std::uint64_t address,
                                     std::uint64_t offset, std::uint32_t bytes) {
    if (!memory_ || memory_->intact(address - memory_base_, bytes))
        return nullptr;
    if (row_written_.empty())
        row_written_ = packed_(row);
    if (row_written_.size() < offset + bytes)
        return nullptr;
    std::memcpy(memory_->data() + (address - memory_base_), row_written_.data() + offset, bytes);
    burst_read_.assign(bytes, 0);
    return burst_read_.data();
}

void capture::compare(std::uint64_t offset, std::uint32_t bytes) {
    for (std::uint32_t i = 0; i < bytes; ++i)
        if (const unsigned wrong = burst_read_[i] ^ row_written_[offset + i])
            damage_.push_back(
                {static_cast<std::uint32_t>(offset + i), static_cast<std::uint8_t>(wrong)});
}

capture::waits capture::waited(unsigned who) const {
    waits w{};
    if (bus_)
        for (unsigned k = 0; k < w.size(); ++k)
            w[k] = bus_->waited(who, k);
    return w;
}

void capture::row_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const row_info* row = row_of(payload);
    if (!row || !payload.is_write()) {
        payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    if (p_.lines == 0) {
        send_row(rows_out, *row, delay);
        return;
    }
    coming_.push_back({*row, sc_core::sc_time_stamp() + delay, {}, {}});
    if (coming_.size() == 1)
        arrival_.notify(delay);
}

void capture::admit() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    for (; !coming_.empty() && coming_.front().at <= now; coming_.pop_front()) {
        line& l = coming_.front();
        if (bytes_of(l.row) > pitch_ || waiting_.size() >= p_.fifo_lines) {
            lose(l);
            continue;
        }
        l.writer = waited(writer_);
        l.reader = waited(reader_);
        waiting_.push_back(l);
        fifo_peak_ = std::max<std::uint64_t>(fifo_peak_, waiting_.size());
        fifo_high_ = std::max<std::uint64_t>(fifo_high_, waiting_.size());
        changed_.notify(sc_core::SC_ZERO_TIME);
    }
    if (!coming_.empty())
        arrival_.notify(coming_.front().at - now);
    if (idle() && idle_)
        idle_();
}

void capture::lose(const line& l) {
    ++lines_lost_;
    if (!(registers_.get(reg::STATUS) & status_lines_lost)) {
        registers_.set(reg::FIRST_LOST_FRAME, l.row.frame);
        registers_.set(reg::FIRST_LOST_LINE, l.row.row);
    }
    set_status(status_lines_lost);
    lost_line lost{l.row.frame, l.row.row, l.at, "capture writer", {}, 0};
    if (bytes_of(l.row) > pitch_) {
        lost.culprit = "a row wider than the ring";
    } else {
        // The ring is full when the writer has nothing under way: then its reader was too slow.
        const line& oldest = waiting_.front();
        const waits &before = writing_ ? oldest.writer : oldest.reader,
                    after = waited(writing_ ? writer_ : reader_);
        if (!writing_ && reader_stuck_) {
            lost.culprit = "CSI-2 lanes";
        } else {
            // The picture itself is to blame only when nobody else was in its way.
            lost.culprit = "the picture's own writer and reader";
            for (unsigned k = 0; bus_ && k < after.size(); ++k)
                if (k != writer_ && k != reader_ && after[k] - before[k] > lost.cycles) {
                    lost.cycles = after[k] - before[k];
                    lost.culprit = k < bus_->initiators() ? bus_->initiator_name(k) : "scrubber";
                }
        }
    }
    losses_.push_back(std::move(lost));
}

/// Bursts of one line, as many under way as may be; returns when the last is complete.
template <class Socket>
void capture::move(Socket& socket, tlm::tlm_command command, std::uint64_t slot,
                   const row_info& row, posted_bursts& posted) {
    using sc_core::sc_time;
    using sc_core::sc_time_stamp;
    const std::uint64_t bytes = bytes_of(row);
    const std::uint64_t address = base_ + slot % p_.lines * pitch_;
    std::deque<sc_time> under_way;  // ends that are known already
    sc_time end = sc_time_stamp();
    std::uint64_t refused = 0;
    // The memory is done with it when it has taken a burst.
    tlm::tlm_generic_payload p;
    const carried<posted_bursts> on_payload(p, posted);
    for (std::uint64_t done = 0; done < bytes; done += p_.burst) {
        sc_time issue = sc_time_stamp();
        if (under_way.size() == p_.outstanding) {
            issue = std::max(issue, under_way.front());
            under_way.pop_front();
        }
        sc_time delay = issue - sc_time_stamp();
        p.set_command(command);
        p.set_address(address + done);
        const auto length = static_cast<std::uint32_t>(std::min(p_.burst, bytes - done));
        unsigned char* const data = command == tlm::TLM_READ_COMMAND
                                        ? faulty_bytes(row, address + done, done, length)
                                        : nullptr;
        p.set_data_ptr(data);
        p.set_data_length(length);
        p.set_streaming_width(length);
        p.set_dmi_allowed(false);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        socket->b_transport(p, delay);
        refused += !p.is_response_ok();
        if (data)
            compare(done, length);
        under_way.push_back(sc_time_stamp() + delay);
        end = std::max(end, under_way.back());
    }
    end = std::max(end, posted.drain());
    refused += posted.refused();
    if (refused > 0) {
        refused_ += refused;
        set_status(status_refused);
    }
    if (end > sc_time_stamp())
        wait(end - sc_time_stamp());
}

void capture::write() {
    for (;;) {
        while (waiting_.empty() || written_ - taken_ >= p_.lines)
            wait(changed_);
        writing_ = true;
        const line& l = waiting_.front();  // stays in place while others arrive behind it
        move(writer_out, tlm::TLM_WRITE_COMMAND, written_, l.row, writer_bursts_);
        const std::uint64_t took = (sc_core::sc_time_stamp() - l.at).value();
        write_time_max_ = std::max(write_time_max_, took);
        ring_.push_back(l.row);
        waiting_.pop_front();
        writing_ = false;
        ++written_;
        ++lines_;
        ring_peak_ = std::max(ring_peak_, written_ - taken_);
        changed_.notify(sc_core::SC_ZERO_TIME);
    }
}

void capture::read() {
    for (;;) {
        while (ring_.empty() || (room_ && !room_())) {
            reader_stuck_ = !ring_.empty();
            wait(changed_);
        }
        reader_stuck_ = false;
        reading_ = true;
        row_info row = std::move(ring_.front());
        ring_.pop_front();
        row_written_.clear();
        move(reader_out, tlm::TLM_READ_COMMAND, fetched_++, row, reader_bursts_);
        if (!damage_.empty()) {
            wrong_bytes_ += damage_.size();
            row.damage = std::make_shared<const std::vector<byte_error>>(std::move(damage_));
            damage_.clear();
        }
        ++taken_;
        reading_ = false;
        send_row(rows_out, row, sc_core::SC_ZERO_TIME);
        changed_.notify(sc_core::SC_ZERO_TIME);
        if (idle() && idle_)
            idle_();
    }
}

}  // namespace ocellus::memory
