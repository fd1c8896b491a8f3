// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/isp.h"

#include <algorithm>
#include <utility>

#include "core/trace.h"

namespace ocellus::isp {

namespace {

namespace reg = registers::isp;

constexpr std::uint32_t burst_bytes = 4096;

sc_core::sc_time from_now(const sc_core::sc_time& t) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    return t > now ? t - now : sc_core::SC_ZERO_TIME;
}

}  // namespace

isp::isp(sc_core::sc_module_name name, const isp_parameters& parameters, block_context& ctx)
    : sc_module(name),
      p_(parameters),
      operation_energy_(event_energy::of(p_.operation_energy, p_.operation_energy_error)),
      line_sample_energy_(event_energy::of(p_.line_sample_energy, p_.line_sample_energy_error)),
      ctx_(ctx),
      clock_(clock_domain::from_hertz(p_.clock)) {
    if (ctx.trace) {
        tracks_[0] = ctx.trace->track("isp.rows");
        tracks_[1] = ctx.trace->track("isp.tensor");
    }
    rows_in.register_b_transport(this, &isp::row_transport);
    registers_in.register_b_transport(this, &isp::register_transport);
    registers_in.register_transport_dbg(this, &isp::register_debug);
    set_up_registers(registers_, p_, [this](std::uint32_t) { lines_changed(); });
    registers_.acts_ahead(reg::STATUS);
    declare_counters();
    declare_statistics_registers();

    SC_THREAD(write_tensor);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();
    SC_METHOD(statistics_measured);
    sensitive << statistics_due_;
    dont_initialize();
    SC_THREAD(write_statistics);

    auto& s = ctx.stats;
    s.add("isp.frames", frames_, "Frames that began.");
    s.add("isp.rows_in", rows_in_count_, "Rows that arrived.");
    s.add("isp.rows_out", rows_out_count_, "Rows sent to the transmitter.");
    s.add("isp.rows_lost", rows_lost_, "Rows lost because the input buffer was full.");
    s.add("isp.input_rows_peak", peak_rows_, "Most rows in the input buffer at once.");
    s.add("isp.busy_cycles", busy_cycles_, "Clocks in which the pipeline worked.", "cycles");
    s.add("isp.tensors", tensors_, "Tensors completed.");
    s.add("isp.tensors_unfinished", tensors_unfinished_,
          "Tensors given up because the next frame began before their last row.");
    s.add("isp.tensor_rows", tensor_row_count_, "Tensor rows written to memory.");
    s.add("isp.tensor_rows_lost", tensor_rows_lost_,
          "Tensor rows not written because the memory was too slow.");
    s.add("isp.tensor_bytes", tensor_bytes_, "Tensor bytes written to memory.", "B");
    s.add("isp.bus_errors", bus_errors_, "Tensor bursts that were refused.");
    s.add("isp.statistics", measurements_, "Frames whose exposure statistics were made.");
    s.add("isp.statistics_bytes", statistics_bytes_, "Bytes of statistics written to memory.", "B");
    s.add("isp.input_wait_cycles", input_wait_,
          "Clocks that rows waited in the input buffer for the pipeline.", "cycles");
    s.add("isp.scaler_wait_cycles", scaler_wait_, "Clocks that tensor rows waited for the scaler.",
          "cycles");
    s.add("isp.memory_wait_cycles", memory_wait_,
          "Clocks that finished tensor rows waited for the memory.", "cycles");
    s.add("isp.pixels", pixels_, "Pixels that went through the pipeline.");
    for (std::size_t w = 0; w < worker_count; ++w)
        s.add_computed(
            std::string("isp.") + worker_name(w) + "_energy",
            [this, w] { return energy(w).joules(); },
            std::string("Energy of the stage ") + worker_name(w) + ".", "J");
    s.add_computed(
        "isp.energy", [this] { return energy().joules(); },
        "Energy of operations and line memories of all stages.", "J");
    s.add_computed(
        "isp.energy_error", [this] { return energy().error(); },
        "Its uncertainty, one standard deviation.", "J");
    s.add_computed(
        "isp.energy_per_pixel",
        [this] { return pixels_ > 0 ? energy().joules() / static_cast<double>(pixels_) : 0.0; },
        "Energy of a pixel in all stages, mean.", "J");
    s.add("isp.config_errors", config_errors_, "Frames whose settings could not be followed.");
}

void isp::row_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const row_info* row = row_of(p);
    if (!row || row->format != row_format::bayer || !p.is_write()) {
        p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    const sc_core::sc_time arrival = sc_core::sc_time_stamp() + delay;
    if (!frame_ || frame_->number != row->frame)
        begin_frame(*row);
    ++rows_in_count_;
    if (row->row < frame_->exposure_starts.size())
        frame_->exposure_starts[row->row] = row->exposure_start;
    if (frame_->settings.output == isp_output::raw) {
        ++rows_out_count_;
        send_row(rows_out, *row, delay + clock_.time_of(p_.bypass_cycles));
    }
    if (measuring_ && measuring_->frame == row->frame && row->row == measuring_->last_row) {
        // The window's last row has passed the white balance.
        const std::uint64_t done = clock_.cycles_until(arrival) + clocks_of(row->width) +
                                   stage_latencies[0].clocks + stage_latencies[1].clocks;
        due_.push_back(std::move(measuring_));
        measuring_ = nullptr;
        statistics_due_.notify(from_now(clock_.time_of(done)));
    }
    if (frame_->settings.request.image || frame_->settings.request.tensor)
        take_in(*row, arrival);
}

void isp::begin_frame(const row_info& row) {
    if (frame_ && frame_->settings.request.tensor &&
        frame_->next_tensor_row < frame_->settings.request.tensor_out.height) {
        ++tensors_unfinished_;
        ctx_.publish(event_kind::tensor_lost, frame_->number);
    }
    ++frames_;
    frame_ = std::make_shared<frame_state>();
    frame_->number = row.frame;
    frame_->info = row;
    frame_->info.raw.reset();
    frame_->exposure_starts.assign(row.height, row.exposure_start);
    frame_->settings = read_settings(registers_, row.width, row.height, row.bits);
    p_.complete(frame_->settings.request.settings, row.width, row.height);
    if (shading_)
        frame_->settings.request.settings.shading = shading_;
    // The registers name the array's order; flips of the readout change it for this frame.
    auto& phase = frame_->settings.request.settings.phase;
    phase = static_cast<bayer_phase>(static_cast<unsigned>(phase) ^
                                     ((row.flips & 1u) | (row.flips & 2u)));
    // One frame, one tensor: whoever wants the next one names its place first.
    registers_.set(reg::CONTROL, registers_.get(reg::CONTROL) & ~control_tensor_enable);
    if (!frame_->settings.valid) {
        ++config_errors_;
        registers_.set_bits(reg::STATUS, status_config_error);
    }
    const frame_request& q = frame_->settings.request;
    if (registers_.get(reg::STATISTICS_CONTROL) & reg::STATISTICS_CONTROL_ENABLE_bits)
        begin_statistics(row);
    frame_->work_per_pixel = work_of(
        q.settings, q.image && q.format != image_format::rgb888,
        q.tensor || (q.image && (q.image_width() != q.width || q.image_height() != q.height)));
    if (q.tensor)
        ctx_.publish(event_kind::tensor_begun, frame_->number, frame_->settings.tensor_address);
    if (row.raw && !ctx_.timing_only && (q.image || q.tensor))
        start_work(row);
}

counted_energy isp::energy() const {
    stage_work all;
    for (const stage_work& w : work_) {
        all.operations += w.operations;
        all.line_samples += w.line_samples;
    }
    return energy_of(all, operation_energy_, line_sample_energy_);
}

void isp::start_work(const row_info& row) {
    // An earlier frame's storage, when nobody looks at its rows any more.
    frame_work::storage storage;
    for (auto w = finished_work_.begin(); w != finished_work_.end(); ++w)
        if (w->use_count() == 1 && !(*w)->image_in_use()) {
            storage = (*w)->recycle();
            finished_work_.erase(w);
            break;
        }
    const bool dump = stages_wanted_ && stages_wanted_(row.frame);
    frame_->settings.request.dump = dump;
    frame_->work = frame_work::start(
        ctx_.pool, [raw = row.raw](unsigned y) { return raw->row(y); }, frame_->settings.request,
        std::move(storage));
    if (dump) {
        stage_dumps_[row.frame] = frame_->work;
        return;
    }
    // Pictures that others keep are theirs to free.
    constexpr std::size_t storages_kept = 4;
    if (finished_work_.size() == storages_kept)
        finished_work_.erase(finished_work_.begin());
    finished_work_.push_back(frame_->work);
}

void isp::take_in(const row_info& row, const sc_core::sc_time& arrival) {
    frame_state& f = *frame_;
    const std::uint64_t at = clock_.cycles_until(arrival);
    const std::uint64_t row_clocks = clocks_of(f.info.width) + p_.horizontal_blanking;
    const stage_set stages = f.settings.request.settings.stages;
    const unsigned lines = latency_lines(stages), clocks = latency_clocks(stages);
    // 1. Rows done by now have left the input buffer.
    while (!in_flight_.empty() && in_flight_.front() <= at)
        in_flight_.pop_front();
    // 2. This row gets a place and its turn, or is lost.
    const auto y = static_cast<std::int64_t>(row.row);
    if (in_flight_.size() >= p_.input_rows) {
        ++rows_lost_;
        registers_.set_bits(reg::STATUS, status_overflow);
        f.lost_rows.push_back(row.row);
    } else {
        input_wait_ += std::max(at, pipeline_free_) - at;
        pipeline_free_ = std::max(at, pipeline_free_) + row_clocks;
        busy_cycles_ += row_clocks;
        in_flight_.push_back(pipeline_free_);
        pixels_ += f.info.width;
        for (std::size_t w = 0; w < worker_count; ++w) {
            work_[w].operations += f.work_per_pixel[w].operations * f.info.width;
            work_[w].line_samples += f.work_per_pixel[w].line_samples * f.info.width;
        }
        peak_rows_ = std::max<std::uint64_t>(peak_rows_, in_flight_.size());
        if (ctx_.trace)
            ctx_.trace->record(spanning(
                tracks_[0], trace_type::isp_row, clock_.time_of(pipeline_free_ - row_clocks),
                clock_.time_of(row_clocks), row.frame, row.row, in_flight_.size()));
        advance(y - lines, pipeline_free_ + clocks);
    }
    // 3. The last row is followed by the rows of the mirrored border.
    if (!row.last())
        return;
    for (unsigned k = 1; k <= lines; ++k) {
        pipeline_free_ = std::max(at, pipeline_free_) + row_clocks;
        busy_cycles_ += row_clocks;
        advance(y - lines + k, pipeline_free_ + clocks);
    }
}

/// Picture rows up to `last_row` of the frame have left the colour chain at `clock`.
void isp::advance(std::int64_t last_row, std::uint64_t clock) {
    frame_state& f = *frame_;
    const frame_request& q = f.settings.request;
    if (q.image)
        for (; f.next_image_row < q.image_height() &&
               std::int64_t{q.last_row_of(f.next_image_row)} <= last_row;
             ++f.next_image_row)
            send_image_row(f.next_image_row, clock);
    if (!q.tensor)
        return;
    const std::size_t before = tensor_rows_.size();
    for (; f.next_tensor_row < q.tensor_out.height; ++f.next_tensor_row) {
        if (std::int64_t{q.last_row_of_tensor(f.next_tensor_row)} > last_row)
            break;
        scaler_wait_ += std::max(clock, scaler_free_) - clock;
        scaler_free_ = std::max(clock, scaler_free_) + clocks_of(q.tensor_out.width);
        tensor_rows_.push_back({frame_, f.next_tensor_row, scaler_free_});
    }
    if (tensor_rows_.size() != before)
        tensor_rows_changed_.notify(sc_core::SC_ZERO_TIME);
}

void isp::send_image_row(unsigned row, std::uint64_t clock) {
    const frame_state& f = *frame_;
    const frame_request& q = f.settings.request;
    // A row with a lost row in it is not sent; the numbers of the others do not shift.
    const unsigned first = q.first_row_of(row);
    const auto lost = std::lower_bound(f.lost_rows.begin(), f.lost_rows.end(), first);
    if (lost != f.lost_rows.end() && *lost <= q.last_row_of(row))
        return;
    row_info out = f.info;
    out.row = row;
    out.exposure_start = f.exposure_starts[first];
    out.width = q.image_width();
    out.height = q.image_height();
    out.bits = bits_per_pixel(q.format, row);
    out.format = q.format == image_format::yuv422   ? row_format::yuv422
                 : q.format == image_format::yuv420 ? row_format::yuv420
                                                    : row_format::rgb888;
    if (f.work)
        out.bytes = f.work->image();
    ++rows_out_count_;
    send_row(rows_out, out, from_now(clock_.time_of(clock)));
}

void isp::write_tensor() {
    for (;;) {
        while (tensor_rows_.empty())
            wait(tensor_rows_changed_);
        // 1. The row is finished.
        const sc_core::sc_time ready = clock_.time_of(tensor_rows_.front().ready);
        if (ready > sc_core::sc_time_stamp())
            wait(ready - sc_core::sc_time_stamp());
        // 2. It goes to the memory, unless its buffer has been taken by a later row.
        const waiting_tensor_row r = tensor_rows_.front();
        const bool overwritten =
            tensor_rows_.size() > p_.tensor_rows &&
            clock_.time_of(tensor_rows_[p_.tensor_rows].ready) <= sc_core::sc_time_stamp();
        if (overwritten) {
            ++tensor_rows_lost_;
            registers_.set_bits(reg::STATUS, status_overflow);
        } else {
            memory_port_.lock();
            memory_wait_ += clock_.cycles_until(sc_core::sc_time_stamp()) - r.ready;
            write_row(r);
            memory_port_.unlock();
        }
        tensor_rows_.pop_front();
        // 3. After the last one the tensor is complete.
        if (r.row + 1 == r.frame->settings.request.tensor_out.height) {
            ++tensors_;
            registers_.set(reg::TENSOR_FRAME, r.frame->number);
            registers_.set_bits(reg::STATUS, status_tensor_done);
            lines_changed();
            ctx_.publish(event_kind::tensor_ready, r.frame->number,
                         r.frame->settings.tensor_address);
        }
    }
}

void isp::write_row(const waiting_tensor_row& r) {
    const tensor_format& format = r.frame->settings.request.tensor_out;
    const auto bytes = static_cast<std::uint32_t>(format.row_bytes()),
               plane_row = static_cast<std::uint32_t>(format.plane_row_bytes());
    const std::uint64_t address =
        std::uint64_t{r.frame->settings.tensor_address} + std::uint64_t{r.row} * plane_row;
    // The row that makes the planes' number of rows even.
    const bool padded = format.planar && format.height % 2 == 1 && r.row + 1 == format.height;
    // Writes do not change the bytes; the payload's pointer is the same for reads.
    auto* data =
        r.frame->work ? const_cast<std::uint8_t*>(r.frame->work->tensor_row(r.row)) : nullptr;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const auto write = [&](std::uint64_t to, std::uint8_t* from) {
        for (std::uint32_t done = 0; done < plane_row; done += burst_bytes) {
            const std::uint32_t n = std::min(burst_bytes, plane_row - done);
            if (burst(memory_out, tlm::TLM_WRITE_COMMAND, to + done, from ? from + done : nullptr,
                      n, delay) != tlm::TLM_OK_RESPONSE) {
                ++bus_errors_;
                registers_.set_bits(reg::STATUS, status_bus_error);
            }
        }
        tensor_bytes_ += plane_row;
    };
    std::vector<std::uint8_t> zeros(padded && data ? plane_row : 0);
    for (unsigned plane = 0; plane < format.planes(); ++plane) {
        const std::uint64_t to = address + plane * format.plane_bytes();
        write(to, data ? data + std::size_t{plane} * plane_row : nullptr);
        if (padded)
            write(to + plane_row, data ? zeros.data() : nullptr);
    }
    ++tensor_row_count_;
    if (ctx_.trace)
        ctx_.trace->record(spanning(tracks_[1], trace_type::tensor_row, sc_core::sc_time_stamp(),
                                    delay, r.frame->number, r.row,
                                    address | std::uint64_t{bytes} << 32));
    if (delay != sc_core::SC_ZERO_TIME)
        wait(delay);
}

std::uint32_t isp::lines() const {
    return registers_.get(reg::STATUS) & (status_tensor_done | status_statistics_done);
}

void isp::drive_irq() {
    const std::uint32_t levels = irq_.drive(lines());
    tensor_irq.write((levels & status_tensor_done) != 0);
    if (statistics_irq.size() > 0)
        statistics_irq->write((levels & status_statistics_done) != 0);
}

void isp::register_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned isp::register_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

void isp::begin_statistics(const row_info& row) {
    auto m = std::make_shared<measurement>();
    m->frame = row.frame;
    area_geometry w = window_of(registers_);
    if (!clip_window(w, row.width, row.height)) {
        w.x = w.y = 0;
        w.width = row.width;
        w.height = row.height;
    }
    m->last_row = w.y + w.height - 1;
    m->bits = row.bits;
    m->window = {w.x, w.y, w.width, w.height};
    const std::uint32_t control = registers_.get(reg::STATISTICS_CONTROL);
    m->zones = (control & reg::STATISTICS_CONTROL_ZONES_bits) != 0;
    m->write = (control & reg::STATISTICS_CONTROL_WRITE_bits) != 0;
    m->address = registers_.get(reg::STATISTICS_ADDRESS);
    const std::uint32_t grid = registers_.get(reg::STATISTICS_GRID);
    m->grid = {grid & 0xFFu, grid >> 8 & 0xFFu, registers_.get(reg::STATISTICS_CLIP) & 0xFFFu,
               registers_.get(reg::STATISTICS_DARK_LEVEL) & 0xFFFu};
    const auto side = [](unsigned n) { return n >= 1 && n <= zone_side_max; };
    if ((m->zones && !(side(m->grid.columns) && side(m->grid.rows))) ||
        (m->write && (!m->zones || m->address % 8 != 0))) {
        m->zones = m->write = false;
        ++config_errors_;
        registers_.set_bits(reg::STATUS, status_config_error);
    }
    if (row.raw && !ctx_.timing_only) {
        m->made = true;
        const auto& s = frame_->settings.request.settings;
        m->work = ctx_.pool.submit([m, raw = row.raw, s] {
            m->exposure =
                measure_exposure([&raw](unsigned y) { return raw->row(y); }, m->window, m->bits, s);
        });
        if (m->zones)
            m->zone_work = ctx_.pool.submit([m, raw = row.raw, s] {
                m->zone = measure_zones([&raw](unsigned y) { return raw->row(y); }, m->window,
                                        m->bits, s, m->grid);
            });
    }
    measuring_ = std::move(m);
}

void isp::statistics_measured() {
    auto m = due_.front();
    due_.pop_front();
    if (!m->write) {
        finish_statistics(std::move(m));
        return;
    }
    to_write_.push_back(std::move(m));
    statistics_to_write_.notify(sc_core::SC_ZERO_TIME);
}

/// The record goes to memory between tensor rows, burst by burst.
void isp::write_statistics() {
    for (;;) {
        while (to_write_.empty())
            wait(statistics_to_write_);
        const auto m = to_write_.front();
        to_write_.pop_front();
        const std::uint32_t bytes = statistics_record_bytes(m->grid.columns, m->grid.rows);
        std::vector<std::uint8_t> record;
        if (m->made) {
            m->work.wait();
            m->zone_work.wait();
            record = statistics_record(m->frame, m->bits, m->window, m->grid, m->exposure, m->zone);
        }
        for (std::uint32_t done = 0; done < bytes; done += burst_bytes) {
            const std::uint32_t n = std::min(burst_bytes, bytes - done);
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
            memory_port_.lock();
            if (burst(memory_out, tlm::TLM_WRITE_COMMAND, std::uint64_t{m->address} + done,
                      record.empty() ? nullptr : record.data() + done, n,
                      delay) != tlm::TLM_OK_RESPONSE) {
                ++bus_errors_;
                registers_.set_bits(reg::STATUS, status_bus_error);
            }
            if (delay != sc_core::SC_ZERO_TIME)
                wait(delay);
            memory_port_.unlock();
        }
        statistics_bytes_ += bytes;
        finish_statistics(m);
    }
}

void isp::finish_statistics(std::shared_ptr<measurement> m) {
    measured_ = std::move(m);
    ++measurements_;
    registers_.set(reg::STATISTICS_FRAME, measured_->frame);
    registers_.set_bits(reg::STATUS, status_statistics_done);
    lines_changed();
}

/// The last finished ones. Waits for the worker: that takes no simulated time.
const exposure_statistics& isp::statistics() {
    static const exposure_statistics none;
    if (!measured_)
        return none;
    measured_->work.wait();
    return measured_->exposure;
}

const zone_statistics& isp::zones() {
    static const zone_statistics none;
    if (!measured_ || !measured_->zones)
        return none;
    measured_->zone_work.wait();
    return measured_->zone;
}

void isp::declare_statistics_registers() {
    const auto count = [this](unsigned index, auto value) {
        registers_.on_read(
            index, [this, value] { return static_cast<std::uint32_t>(value(statistics())); });
    };
    registers_.on_read(reg::STATISTICS_VALID,
                       [this] { return measured_ && measured_->made ? 1u : 0u; });
    using stats = const exposure_statistics&;
    count(reg::STATISTICS_PIXELS, [](stats s) { return s.cells; });
    count(reg::STATISTICS_LUMA_MEAN, [](stats s) { return s.mean(s.luma); });
    count(reg::STATISTICS_RED_MEAN, [](stats s) { return s.mean(s.red); });
    count(reg::STATISTICS_GREEN_MEAN, [](stats s) { return s.mean(s.green); });
    count(reg::STATISTICS_BLUE_MEAN, [](stats s) { return s.mean(s.blue); });
    count(reg::STATISTICS_CLIPPED, [](stats s) { return s.clipped; });
    count(reg::STATISTICS_DARK, [](stats s) { return s.dark; });
    for (unsigned b = 0; b < exposure_statistics::bins; ++b)
        count(reg::STATISTICS_HISTOGRAM_00 + b, [b](stats s) { return s.histogram[b]; });
    // The whole window, and the zone that firmware points at; nothing for one outside the grid.
    using all = const zone_statistics&;
    using part = const zone&;
    const auto show = [this](unsigned whole, unsigned one, auto value) {
        const auto at = [this, value](unsigned index, bool pointed) {
            registers_.on_read(index, [this, value, pointed] {
                const zone_statistics& z = zones();
                const std::size_t i = registers_.get(reg::STATISTICS_ZONE) & 0x3FFu;
                const zone shown = !pointed ? z.total() : i < z.zones.size() ? z.zones[i] : zone{};
                return static_cast<std::uint32_t>(value(z, shown));
            });
        };
        if (whole != 0)
            at(whole, false);
        at(one, true);
    };
    show(0, reg::STATISTICS_ZONE_CELLS, [](all, part z) { return z.cells; });
    show(0, reg::STATISTICS_ZONE_CLIPPED, [](all, part z) { return z.clipped; });
    show(0, reg::STATISTICS_ZONE_RED_MEAN, [](all a, part z) { return a.mean(z.red, z.cells); });
    show(0, reg::STATISTICS_ZONE_GREEN_RED_MEAN,
         [](all a, part z) { return a.mean(z.green_red, z.cells); });
    show(0, reg::STATISTICS_ZONE_GREEN_BLUE_MEAN,
         [](all a, part z) { return a.mean(z.green_blue, z.cells); });
    show(0, reg::STATISTICS_ZONE_BLUE_MEAN, [](all a, part z) { return a.mean(z.blue, z.cells); });
    show(reg::STATISTICS_BALANCE_CELLS, reg::STATISTICS_ZONE_BALANCE_CELLS,
         [](all, part z) { return z.balance_cells; });
    show(reg::STATISTICS_BALANCE_RED_MEAN, reg::STATISTICS_ZONE_BALANCE_RED_MEAN,
         [](all a, part z) { return a.mean(z.balance_red, z.balance_cells); });
    show(reg::STATISTICS_BALANCE_GREEN_MEAN, reg::STATISTICS_ZONE_BALANCE_GREEN_MEAN,
         [](all a, part z) { return a.mean(z.balance_green, 2 * std::uint64_t{z.balance_cells}); });
    show(reg::STATISTICS_BALANCE_BLUE_MEAN, reg::STATISTICS_ZONE_BALANCE_BLUE_MEAN,
         [](all a, part z) { return a.mean(z.balance_blue, z.balance_cells); });
    show(reg::STATISTICS_FOCUS_MEAN, reg::STATISTICS_ZONE_FOCUS_MEAN,
         [](all a, part z) { return a.focus_mean(z); });
}

void isp::declare_counters() {
    registers_.counter(reg::COUNTER_FRAMES, frames_);
    registers_.counter(reg::COUNTER_ROWS_IN, rows_in_count_);
    registers_.counter(reg::COUNTER_ROWS_OUT, rows_out_count_);
    registers_.counter(reg::COUNTER_ROWS_LOST, rows_lost_);
    registers_.counter(reg::COUNTER_TENSORS, tensors_);
    registers_.counter(reg::COUNTER_INPUT_ROWS_PEAK, peak_rows_);
    registers_.counter(reg::COUNTER_TENSORS_UNFINISHED, tensors_unfinished_);
    registers_.counter(reg::COUNTER_TENSOR_ROWS, tensor_row_count_);
    registers_.counter(reg::COUNTER_TENSOR_ROWS_LOST, tensor_rows_lost_);
    registers_.counter(reg::COUNTER_BUS_ERRORS, bus_errors_);
    registers_.counter(reg::COUNTER_CONFIG_ERRORS, config_errors_);
    registers_.wide_counter(reg::COUNTER_BUSY_CYCLES_LOW, busy_cycles_);
    registers_.wide_counter(reg::COUNTER_TENSOR_BYTES_LOW, tensor_bytes_);
    registers_.wide_counter(reg::COUNTER_INPUT_WAIT_CYCLES_LOW, input_wait_);
    registers_.wide_counter(reg::COUNTER_SCALER_WAIT_CYCLES_LOW, scaler_wait_);
    registers_.wide_counter(reg::COUNTER_MEMORY_WAIT_CYCLES_LOW, memory_wait_);
}

}  // namespace ocellus::isp
