// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/column_adc.h"

#include <utility>

#include "core/trace.h"
#include "models/column_converters.h"

namespace ocellus::models {

namespace reg = registers::column_adc;

column_adc::column_adc(sc_core::sc_module_name name, const column_adc_parameters& p,
                       block_context& context)
    : sc_module(name),
      parameters_(p),
      context_(context),
      conversion_seconds_(conversion_time(p)),
      shortest_line_(shortest_line_time(p)),
      clock_(p.count_clock / static_cast<double>(p.count_edges)),
      conversion_(sc_core::sc_time(row_conversion_time(p), sc_core::SC_SEC)),
      energies_(energies_of(p)) {
    if (context.trace)
        track_ = context.trace->track("column_adc");
    rows_in.register_b_transport(this, &column_adc::take_row);
    registers_in.register_b_transport(this, &column_adc::transport);
    registers_in.register_transport_dbg(this, &column_adc::transport_debug);
    declare_registers();
    registers_.set(reg::BINNING, p.pixels_per_sample == 4 ? 2 : 1);
    declare_statistics();
}

column_adc::~column_adc() = default;

void column_adc::declare_registers() {
    registers_.set_reset(reg::BLACK_LEVEL, static_cast<std::uint32_t>(parameters_.black_level));
    digital_gain_ = static_cast<std::uint32_t>(parameters_.digital_gain * 256 + 0.5);
    registers_.set_reset(reg::DIGITAL_GAIN, digital_gain_);
    registers_.set_reset(reg::RESOLUTION, static_cast<std::uint32_t>(parameters_.bits));
}

void column_adc::declare_statistics() {
    statistics& s = context_.stats;
    s.add("column_adc.frames", frames_, "Frames begun");
    s.add("column_adc.rows", rows_, "Rows converted");
    s.add("column_adc.rows_refused", foreign_, "Rows that did not belong to the frame under way");
    s.add("column_adc.conversion_time", conversion_seconds_, "Time of one conversion", "s");
    s.add("column_adc.shortest_line_time", shortest_line_,
          "Shortest time from one row to the next that the converters can follow", "s");
    s.add("column_adc.clock", clock_, "Clock of the counters", "Hz");
    s.add("column_adc.pixels", pixels_, "Pixels read");
    s.add("column_adc.conversions", conversions_, "Conversions of one column");
    s.add("column_adc.counts", counts_, "Counts of one column's counter");
    const auto energy = [&](const char* name, const std::uint64_t& events, const event_energy& each,
                            const char* says) {
        s.add_computed(
            name, [&events, &each] { return counted_energy(events, each).joules(); }, says, "J");
    };
    energy("column_adc.pixel_energy", pixels_, energies_.pixel, "Energy of the pixels read");
    energy("column_adc.conversion_energy", conversions_, energies_.conversion,
           "Energy of conversions, beside their counts");
    energy("column_adc.count_energy", counts_, energies_.count, "Energy of counts");
    s.add_computed(
        "column_adc.clipped_samples",
        [this] {
            finish();
            return static_cast<double>(clipped_->load());
        },
        "Samples above the highest code, in all frames begun", "1");
}

counted_energy column_adc::energy() const {
    counted_energy all(pixels_, energies_.pixel);
    all += counted_energy(conversions_, energies_.conversion);
    all += counted_energy(counts_, energies_.count);
    return all;
}

void column_adc::finish() {
    for (const auto& f : begun_)
        if (const auto alive = f.lock())
            alive->all();
}

void column_adc::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned column_adc::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

void column_adc::begin_frame(const row_info& r) {
    ++frames_;
    const std::uint32_t binning = registers_.get(reg::BINNING) == 2 ? 2 : 1;
    if ((parameters_.pixels_per_sample == 4) != (binning == 2)) {
        parameters_.set_binning(binning);
        conversion_ = sc_core::sc_time(row_conversion_time(parameters_), sc_core::SC_SEC);
        shortest_line_ = shortest_line_time(parameters_);
    }
    registers_.set(reg::FRAME_COUNT, static_cast<std::uint32_t>(frames_));
    raw_.reset();
    if (injected_ && injected_->width() == r.width && injected_->height() == r.height)
        raw_ = injected_;
    if (!r.electrons || raw_)
        return;
    // The simulation may be far ahead of the samples: wait, so that memory stays bounded.
    while (begun_.size() >= frames_under_way) {
        if (const auto oldest = begun_.front().lock())
            oldest->all();
        begun_.pop_front();
    }
    column_adc_parameters p = parameters_;
    const std::uint32_t black = registers_.get(reg::BLACK_LEVEL);
    p.black_level = black < 255 ? black : 255;
    // The configured gain need not be a multiple of 1/256.
    const std::uint32_t gain = registers_.get(reg::DIGITAL_GAIN) & 0xfffu;
    if (gain != digital_gain_)
        p.digital_gain = (gain > 0 ? gain : 1) / 256.0;
    const double black_error =
        p.black_clamp ? r.electrons->black_mean(static_cast<unsigned>(p.black_rows)) : 0.0;
    const auto converters = std::make_shared<const column_converters>(
        p, context_.seed, r.width, r.electrons->analogue_gain(), black_error,
        r.electrons->averaging());
    raw_ = store_->lend(samples::start(
        context_.pool, r.width, r.height, rows_per_band,
        [electrons = r.electrons, converters, clipped = clipped_, frame = r.frame](
            plane<std::uint16_t>& out, unsigned first, unsigned last) {
            clipped->fetch_add(converters->convert_band(*electrons, frame, first, last, out));
        },
        store_->take()));
    begun_.push_back(raw_);
}

void column_adc::inject(std::shared_ptr<const plane<std::uint16_t>> raw) {
    const unsigned width = raw->width(), height = raw->height();
    injected_ = samples::start(
        context_.pool, width, height, rows_per_band,
        [raw = std::move(raw)](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y)
                std::copy(raw->row(y), raw->row(y) + out.width(), out.row(y));
        });
}

void column_adc::take_row(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    const row_info* in = row_of(p);
    if (!in || in->format != row_format::electrons) {
        ++foreign_;
        return;
    }
    if (in->first())
        begin_frame(*in);
    else if (raw_ && (raw_->width() != in->width || raw_->height() != in->height)) {
        ++foreign_;
        return;
    }
    row_info out = *in;
    out.format = row_format::bayer;
    out.bits = static_cast<std::uint32_t>(parameters_.bits);
    out.electrons.reset();
    out.raw = raw_;
    ++rows_;
    const std::uint64_t conversions =
        std::uint64_t{in->width} * parameters_.conversions_per_column();
    pixels_ += std::uint64_t{in->width} * parameters_.pixels_per_sample;
    conversions_ += conversions;
    counts_ += conversions * conversion_counts(parameters_);
    if (context_.trace)
        context_.trace->record(spanning(track_, trace_type::conversion,
                                        sc_core::sc_time_stamp() + delay, conversion_, out.frame,
                                        out.row));
    send_row(rows_out, out, delay + conversion_);
    if (in->last())
        raw_.reset();
}

}  // namespace ocellus::models
