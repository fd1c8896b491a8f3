// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/die_link.h"
#include "core/trace.h"

namespace ocellus::links {

void die_link_parameters::declare(parameter_registry& r) {
    r.integer("die_link.lanes", lanes, 1, 8192)
        .says("Data connections between pixel die and logic die that carry samples in parallel.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("die_link.busy_time", -1);
    r.quantity("die_link.lane_rate", lane_rate, unit::bit_per_second, 1e6, 20e9)
        .says("Bits per second of one connection.")
        .from(
            provenance::assumed,
            "assumed: 19.2 Gb/s in all, 2.6 times what 12.3 Mpx in 16.52 ms (ISSCC 2021 9.6) need "
            "at 10 bit")
        .moves("die_link.busy_time", -1);
    r.quantity("die_link.latency", latency, unit::second, 0, 1e-3)
        .says("Time from a row's last bit leaving the pixel die to its use on the logic die.")
        .from(provenance::assumed, "assumed: resynchronisation to the logic die's clock")
        .moves("run.latency_max", +1);
    r.integer("die_link.fifo_rows", fifo_rows, 1, 64)
        .says("Rows that the pixel die can hold, the one in transfer included; a row more is lost.")
        .from(provenance::assumed, "assumed: one row register in conversion and one in transfer")
        .moves("die_link.rows_lost", -1)
        .compare("1", "64")
        .under("die_link.lanes=1")
        .under("die_link.lane_rate=500 Mb/s")
        .under("network.source=none");
    r.quantity("die_link.bit_energy", bit_energy, unit::joule, 0, 1e-9)
        .says("Energy of moving one bit from die to die.")
        .from(provenance::assumed, "assumed: a short driven connection without termination")
        .moves("die_link.energy", +1);
    r.quantity("die_link.bit_energy_error", bit_energy_error, unit::percent, 0, 10)
        .says("Uncertainty of that energy, one standard deviation.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("energy.readout_error", +1)
        .compare("10 %", "1000 %");
}

die_link::die_link(sc_core::sc_module_name name, const die_link_parameters& p, block_context& ctx)
    : sc_module(name),
      p_(p),
      bit_energy_(event_energy::of(p.bit_energy, p.bit_energy_error)),
      trace_(ctx.trace),
      latency_(p.latency, sc_core::SC_SEC) {
    if (trace_)
        track_ = trace_->track("die_link");
    rows_in.register_b_transport(this, &die_link::b_transport);
    auto& s = ctx.stats;
    s.add("die_link.rows", rows_, "Rows moved from the pixel die to the logic die.");
    s.add("die_link.rows_lost", rows_lost_, "Rows lost because the link's FIFO was full.");
    s.add("die_link.frames_damaged", frames_damaged_, "Frames that lost at least one row.");
    s.add("die_link.bits", bits_, "Sample bits moved.", "bit");
    s.add("die_link.fifo_peak", fifo_peak_,
          "Most rows held at once, the one in transfer included.");
    const double resolution = sc_core::sc_get_time_resolution().to_seconds();
    s.add_computed(
        "die_link.busy_time",
        [this, resolution] { return static_cast<double>(busy_time_) * resolution; },
        "Time during which the link moved bits.", "s");
    s.add("die_link.row_time", row_time_, "Time to move a row, of the last row.", "s");
    s.add_computed(
        "die_link.energy", [this] { return energy().joules(); }, "Energy of the bits moved.", "J");
}

void die_link::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const row_info* row = row_of(payload);
    if (!row || !payload.is_write()) {
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const sc_core::sc_time arrival = now + delay;
    while (!moved_at_.empty() && moved_at_.front() <= arrival)
        moved_at_.pop_front();
    if (moved_at_.size() >= p_.fifo_rows) {
        ++rows_lost_;
        losses_.push_back({row->frame, row->row, arrival, "die link", "die link's lanes", 0});
        if (damaged_frame_ != row->frame) {
            damaged_frame_ = row->frame;
            ++frames_damaged_;
        }
        return;
    }
    const sc_core::sc_time begin = arrival > free_at_ ? arrival : free_at_;
    row_time_ = p_.row_seconds(row->width, row->bits);
    const sc_core::sc_time duration(row_time_, sc_core::SC_SEC);
    free_at_ = begin + duration;
    moved_at_.push_back(free_at_);
    ++rows_;
    bits_ += std::uint64_t{row->width} * row->bits;
    busy_time_ += duration.value();
    fifo_peak_ = moved_at_.size() > fifo_peak_ ? moved_at_.size() : fifo_peak_;
    if (trace_)
        trace_->record(spanning(track_, trace_type::link_row, begin, duration, row->frame, row->row,
                                moved_at_.size()));
    send_row(rows_out, *row, free_at_ + latency_ - now);
}

}  // namespace ocellus::links
