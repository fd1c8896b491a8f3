// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/pixel_array.h"

#include <algorithm>
#include <utility>

#include "core/trace.h"
#include "models/exposed_frame.h"

namespace ocellus::models {
namespace {

namespace reg = registers::pixel_array;

clock_domain clock_of(const mode_registers& m) {
    const exact_rate r = pixel_rate_of(m);
    return clock_domain(r.numerator, r.denominator);
}

}  // namespace

pixel_array::pixel_array(sc_core::sc_module_name name, const pixel_array_parameters& p,
                         std::shared_ptr<const scene> what, block_context& context)
    : sc_module(name),
      parameters_(p),
      mode_(p.sensor.registers()),
      left_(static_cast<unsigned>(p.sensor.crop_left)),
      top_(static_cast<unsigned>(p.sensor.crop_top)),
      array_width_(std::max(static_cast<unsigned>(p.sensor.array_width), mode_.width + left_) *
                   mode_.binning),
      array_height_(std::max(static_cast<unsigned>(p.sensor.array_height), mode_.height + top_) *
                    mode_.binning),
      context_(context),
      pixel_clock_(clock_of(mode_)) {
    if (context.trace) {
        tracks_[0] = context.trace->track("pixel_array.exposure");
        tracks_[1] = context.trace->track("pixel_array.rows");
    }
    registers_in.register_b_transport(this, &pixel_array::transport);
    registers_in.register_transport_dbg(this, &pixel_array::transport_debug);
    declare_registers();
    registers_.set(reg::LONG_EXPOSURE, mode_.long_shift);
    registers_.set(reg::ORIENTATION,
                   (p.sensor.flip_horizontal ? 1u : 0u) | (p.sensor.flip_vertical ? 2u : 0u));
    registers_.set(reg::TEST_PATTERN, static_cast<std::uint32_t>(p.sensor.test_pattern));
    set_mode_registers();
    declare_statistics();
    set_scene(std::move(what));
    SC_METHOD(step);
    sensitive << row_event_;
    dont_initialize();
    SC_METHOD(drive_interrupt);
    sensitive << interrupt_event_;
}

pixel_array::~pixel_array() = default;

void pixel_array::set_scene(std::shared_ptr<const scene> what) {
    mosaic_.reset();
    scene_ = what;
    if (what && !context_.timing_only)
        mosaic_ = std::make_unique<scene_mosaic>(
            std::move(what), parameters_.camera, mode_.width + left_, mode_.height + top_,
            mode_.binning, context_.pool, static_cast<unsigned>(parameters_.sensor.array_width),
            static_cast<unsigned>(parameters_.sensor.array_height), top_);
}

/// What the configuration says, in the registers of the mode.
void pixel_array::set_mode_registers() {
    const std::uint32_t b = mode_.binning;
    registers_.set(reg::PLL_PRE, mode_.pll_pre);
    registers_.set(reg::PLL_MULT, mode_.pll_mult);
    registers_.set(reg::PLL_SYS, mode_.pll_sys);
    registers_.set(reg::PLL_PIX, mode_.pll_pix);
    registers_.set(reg::WIDTH, mode_.width);
    registers_.set(reg::HEIGHT, mode_.height);
    registers_.set(reg::X_START, left_ * b);
    registers_.set(reg::Y_START, top_ * b);
    registers_.set(reg::X_END, (left_ + mode_.width) * b - 1);
    registers_.set(reg::Y_END, (top_ + mode_.height) * b - 1);
    registers_.set(reg::BINNING, b);
    if (!parameters_.sensor.standby)
        return;
    registers_.set(reg::STANDBY, 1);
    registers_.set(reg::FRAME_LENGTH, mode_.frame_length);
    registers_.set(reg::LINE_LENGTH, mode_.line_length);
    registers_.set(reg::EXPOSURE, mode_.exposure);
    registers_.set(reg::ANALOGUE_GAIN, mode_.gain_code);
}

void pixel_array::declare_registers() {
    registers_.on_write(reg::CONTROL, [this](std::uint32_t value) { control_written(value); });
    registers_.on_write(reg::STANDBY, [this](std::uint32_t value) { standby_written(value); });
    registers_.on_write(reg::STATUS,
                        [this](std::uint32_t) { interrupt_event_.notify(sc_core::SC_ZERO_TIME); });
}

void pixel_array::declare_statistics() {
    statistics& s = context_.stats;
    s.add("pixel_array.frames", frames_, "Frames whose last row was read out");
    s.add("pixel_array.rows", rows_, "Rows read out");
    s.add("pixel_array.mode_errors", mode_errors_, "Streams refused for an impossible mode");
    s.add("pixel_array.exposures_clipped", exposures_clipped_,
          "Frames whose exposure register was outside 8 .. frame length - 22");
    s.add("pixel_array.line_time", line_time_, "Time from one row to the next, of the last frame",
          "s");
    s.add("pixel_array.frame_time", frame_time_,
          "Time from one frame to the next, of the last frame", "s");
    s.add("pixel_array.active_readout", readout_, "Image rows times line time, of the last frame",
          "s");
    s.add("pixel_array.exposure_time", exposure_time_, "Exposure of the last frame", "s");
    s.add("pixel_array.skew", skew_, "Time from the readout of the first row to the last", "s");
    s.add("pixel_array.first_row_reset", first_row_[0],
          "When the exposure of the last frame's first row began", "s");
    s.add("pixel_array.first_row_read", first_row_[1], "When it ended and was read out", "s");
    s.add("pixel_array.last_row_reset", last_row_[0],
          "When the exposure of the last frame's last row began", "s");
    s.add("pixel_array.last_row_read", last_row_[1], "When it ended and was read out", "s");
}

void pixel_array::transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    registers_.transport(p, delay);
}

unsigned pixel_array::transport_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

bool pixel_array::mode_is_possible() const {
    return registers_.get(reg::FRAME_LENGTH) > mode_.height &&
           registers_.get(reg::LINE_LENGTH) >= mode_.width;
}

pixel_array::frame_settings pixel_array::timing_registers() const {
    frame_settings s;
    const std::uint32_t shift = registers_.get(reg::LONG_EXPOSURE) & max_long_shift;
    s.frame_length = registers_.get(reg::FRAME_LENGTH) << shift;
    s.line_length = registers_.get(reg::LINE_LENGTH);
    return s;
}

pixel_array::frame_settings pixel_array::latch(const frame_settings& timing,
                                               std::uint32_t before) const {
    frame_settings s = timing;
    // The exposure also has to fit the frame that runs before the one it belongs to.
    const std::uint32_t room = before && before < s.frame_length ? before : s.frame_length;
    const std::uint32_t shift = registers_.get(reg::LONG_EXPOSURE) & max_long_shift;
    const std::uint32_t most = room > exposure_offset_lines ? room - exposure_offset_lines : 0;
    s.exposure = clip_exposure(registers_.get(reg::EXPOSURE), room >> shift) << shift;
    if (s.exposure > most)
        s.exposure = most > min_exposure_lines ? most : min_exposure_lines;
    const std::uint32_t code = registers_.get(reg::ANALOGUE_GAIN);
    s.gain_code = code < max_gain_code ? code : max_gain_code;
    s.flips = registers_.get(reg::ORIENTATION) & 3u;
    s.test_pattern = registers_.get(reg::TEST_PATTERN);
    s.test_data = {registers_.get(reg::TEST_RED), registers_.get(reg::TEST_GREEN_RED),
                   registers_.get(reg::TEST_BLUE), registers_.get(reg::TEST_GREEN_BLUE)};
    return s;
}

bool pixel_array::take_mode() {
    const auto get = [this](unsigned index) { return registers_.get(index); };
    mode_registers m = mode_;
    m.width = get(reg::WIDTH);
    m.height = get(reg::HEIGHT);
    m.binning = get(reg::BINNING);
    m.pll_pre = get(reg::PLL_PRE);
    m.pll_mult = get(reg::PLL_MULT);
    m.pll_sys = get(reg::PLL_SYS);
    m.pll_pix = get(reg::PLL_PIX);
    const std::uint32_t x = get(reg::X_START), y = get(reg::Y_START);
    const std::uint32_t x_end = get(reg::X_END), y_end = get(reg::Y_END);
    if (m.binning != 1 && m.binning != 2)
        return false;
    const std::uint32_t step = 2 * m.binning;  // the mosaic's period
    const auto fits = [&](std::uint32_t first, std::uint32_t last, std::uint32_t size,
                          std::uint32_t least, std::uint32_t array) {
        return size % 2 == 0 && size >= least && first % step == 0 && first <= last &&
               last < array && std::uint64_t{size} * m.binning <= std::uint64_t{last} - first + 1;
    };
    if (!fits(x, x_end, m.width, 64, array_width_) || !fits(y, y_end, m.height, 32, array_height_))
        return false;
    if (m.pll_pre - 1 > 14 || m.pll_mult - 1 > 2046 || m.pll_sys - 1 > 14 || m.pll_pix - 1 > 30)
        return false;
    const unsigned left = x / m.binning, top = y / m.binning;
    const bool other_clock = m.pll_pre != mode_.pll_pre || m.pll_mult != mode_.pll_mult ||
                             m.pll_sys != mode_.pll_sys || m.pll_pix != mode_.pll_pix;
    const bool other_image = m.width != mode_.width || m.height != mode_.height ||
                             m.binning != mode_.binning || left != left_ || top != top_;
    mode_ = m;
    if (other_clock)
        pixel_clock_ = clock_of(mode_);
    if (other_image) {
        left_ = left;
        top_ = top;
        parameters_.sensor.array_width = array_width_ / mode_.binning;
        parameters_.sensor.array_height = array_height_ / mode_.binning;
        differences_.reset();
        set_scene(scene_);
    }
    return true;
}

mode_registers pixel_array::mode() const {
    mode_registers m = mode_;
    m.line_length = now_.line_length ? now_.line_length : m.line_length;
    m.frame_length = now_.frame_length ? now_.frame_length : m.frame_length;
    m.exposure = now_.frame_length ? now_.exposure : m.exposure;
    m.gain_code = now_.frame_length ? now_.gain_code : m.gain_code;
    return m;
}

pixel_array::view pixel_array::present_view() const {
    view v;
    v.left = left_;
    v.top = top_;
    v.width = mode_.width;
    v.height = mode_.height;
    v.scene_width =
        std::max(static_cast<unsigned>(parameters_.sensor.array_width), v.width + v.left);
    v.scene_height =
        std::max(static_cast<unsigned>(parameters_.sensor.array_height), v.height + v.top);
    v.flips = now_.flips;
    v.of_scene = now_.test_pattern < 1 || now_.test_pattern > 4;
    return v;
}

bool pixel_array::wanted() const {
    return (registers_.get(reg::CONTROL) & control_stream) != 0 &&
           registers_.get(reg::STANDBY) == 0;
}

/// Before the first frame there is nothing to finish.
void pixel_array::end_stream() {
    if (streaming_ && row_ == 0 && frames_in_stream_ == 0) {
        row_event_.cancel();
        stop();
    }
}

void pixel_array::standby_written(std::uint32_t value) {
    if (value != 0)
        return end_stream();
    if (!streaming_ && wanted() && !start())
        registers_.set(reg::STANDBY, 1);
}

void pixel_array::control_written(std::uint32_t value) {
    if (!(value & control_stream))
        return end_stream();
    if (!streaming_ && wanted() && !start())
        registers_.set(reg::CONTROL, 0);
}

bool pixel_array::start() {
    if (!take_mode() || !mode_is_possible()) {
        ++mode_errors_;
        registers_.set_bits(reg::STATUS, status_mode_error);
        return false;
    }
    streaming_ = true;
    now_ = latch(timing_registers(), 0);
    next_ = after_next_ = now_;
    row_ = 0;
    clocks_ = 0;
    frames_in_stream_ = 0;
    // Row 0 is reset now and read out when it has been exposed.
    origin_ = sc_core::sc_time_stamp() +
              pixel_clock_.time_of(std::uint64_t{now_.exposure} * now_.line_length);
    arm();
    return true;
}

void pixel_array::arm() {
    const sc_core::sc_time at =
        origin_ + pixel_clock_.time_of(clocks_ + std::uint64_t{row_} * now_.line_length);
    row_event_.notify(at - sc_core::sc_time_stamp());
}

void pixel_array::step() {
    // 1. a frame begins: announce it, take the settings of the next
    if (row_ == 0)
        begin_frame();
    // 2. the row is on the column lines
    row_info r;
    r.frame = frame_;
    r.row = row_;
    r.width = mode_.width;
    r.height = mode_.height;
    r.bits = 16;
    r.format = row_format::electrons;
    r.flips = static_cast<std::uint8_t>(now_.flips);
    r.frame_start = frame_start_;
    r.exposure_start = sc_core::sc_time_stamp() -
                       pixel_clock_.time_of(std::uint64_t{now_.exposure} * now_.line_length);
    r.electrons = electrons_;
    if (context_.trace)
        context_.trace->record(spanning(tracks_[1], trace_type::row_read, sc_core::sc_time_stamp(),
                                        pixel_clock_.time_of(now_.line_length), frame_,
                                        row_ | std::uint64_t{now_.exposure} << 32));
    send_row(rows_out, r, sc_core::SC_ZERO_TIME);
    ++rows_;
    // 3. next row, next frame or the end
    if (++row_ == mode_.height)
        end_frame();
    if (streaming_)
        arm();
}

void pixel_array::begin_frame() {
    frame_start_ = sc_core::sc_time_stamp();
    const std::uint32_t wanted = registers_.get(reg::EXPOSURE);
    const frame_settings timing = after_next_;
    next_ = latch(timing, now_.frame_length);
    if (!mode_is_possible()) {
        ++mode_errors_;
        registers_.set_bits(reg::STATUS, status_mode_error);
    } else {
        after_next_ = timing_registers();
    }
    const std::uint32_t shift = registers_.get(reg::LONG_EXPOSURE) & max_long_shift;
    if (std::uint64_t{wanted} << shift != next_.exposure)
        ++exposures_clipped_;
    line_time_ = pixel_clock_.seconds_of(now_.line_length);
    frame_time_ = pixel_clock_.seconds_of(std::uint64_t{now_.line_length} * now_.frame_length);
    readout_ = pixel_clock_.seconds_of(std::uint64_t{now_.line_length} * mode_.height);
    exposure_time_ = pixel_clock_.seconds_of(std::uint64_t{now_.line_length} * now_.exposure);
    skew_ = pixel_clock_.seconds_of(std::uint64_t{now_.line_length} * (mode_.height - 1));
    first_row_[1] = frame_start_.to_seconds();
    first_row_[0] = first_row_[1] - exposure_time_;
    last_row_[1] = first_row_[1] + skew_;
    last_row_[0] = first_row_[0] + skew_;
    electrons_ = expose(frame_);
    registers_.set(reg::FRAME_COUNT, frame_ + 1);
    registers_.set_bits(reg::STATUS, status_frame_start);
    interrupt_event_.notify(sc_core::SC_ZERO_TIME);
    context_.publish(event_kind::frame_started, frame_);
    if (context_.trace)
        context_.trace->record(ended(
            tracks_[0], trace_type::exposure,
            frame_start_ - pixel_clock_.time_of(std::uint64_t{now_.exposure} * now_.line_length),
            frame_, now_.exposure));
}

void pixel_array::end_frame() {
    electrons_.reset();
    context_.publish(event_kind::frame_read_out, frame_);
    ++frames_;
    ++frame_;
    ++frames_in_stream_;
    const std::uint32_t limit = registers_.get(reg::FRAMES);
    if (!wanted() || (limit != 0 && frames_in_stream_ >= limit)) {
        stop();
        return;
    }
    clocks_ += std::uint64_t{now_.frame_length} * now_.line_length;
    row_ = 0;
    now_ = next_;
}

void pixel_array::stop() {
    streaming_ = false;
    // A host that stopped the stream may start it again.
    const std::uint32_t limit = registers_.get(reg::FRAMES);
    if (registers_.get(reg::STANDBY) == 0 || (limit != 0 && frames_in_stream_ >= limit))
        registers_.set(reg::CONTROL, 0);
    registers_.set_bits(reg::STATUS, status_stopped);
    context_.publish(event_kind::stream_stopped, frame_);
}

void pixel_array::drive_interrupt() {
    frame_irq.write((registers_.get(reg::STATUS) & status_frame_start) != 0);
}

std::shared_ptr<const electron_rows> pixel_array::expose(std::uint32_t frame) {
    if (now_.test_pattern >= 1 && now_.test_pattern <= 4 && !context_.timing_only)
        return std::make_shared<test_pattern_rows>(now_.test_pattern, mode_.height, now_.flips,
                                                   now_.test_data);
    if (!mosaic_)
        return {};
    if (!differences_)
        differences_ = pixel_differences::make(
            parameters_.noise, parameters_.defects, context_.seed, mode_.width + left_,
            mode_.height + top_, mode_.binning, context_.pool, top_);
    exposed_frame::settings s;
    s.seed = context_.seed;
    s.frame = frame;
    s.exposure_time = exposure_time_;
    s.white_rate = white_rate(parameters_.camera);
    s.gain = analogue_gain(now_.gain_code);
    s.binning = mode_.binning;
    s.telegraph_activity = parameters_.defects.telegraph_activity;
    // Both array rows of a binned row are taken to be exposed half a line time apart.
    shutter when;
    when.start = frame_start_.to_seconds() - exposure_time_;
    when.row_time = line_time_ / mode_.binning;
    const double top = top_ * static_cast<double>(mode_.binning);
    if (now_.flips & 2) {
        when.start += when.row_time * (mode_.height * static_cast<double>(mode_.binning) - 1);
        when.row_time = -when.row_time;
    }
    when.start -= top * when.row_time;
    when.exposure = exposure_time_;
    if (frame_ == 0)
        epoch_ = frame_start_.to_seconds() - exposure_time_;
    when.epoch = epoch_;
    // Light beyond what any pixel can hold needs no numbers of its own.
    const pixel_noise_parameters& n = parameters_.noise;
    const double spread = 1 - 4 * (n.prnu + n.prnu_row + n.prnu_column);
    const double hold = 1.25 * n.full_well / (spread > 0.25 ? spread : 0.25);
    const double white = s.white_rate * s.exposure_time;
    double scale = mosaic_->peak();
    if (white > 0 && hold / white < scale)
        scale = hold / white > 1 ? hold / white : 1;
    s.white_rate *= scale;
    std::shared_ptr<const electron_rows> rows = std::make_shared<exposed_frame>(
        s, parameters_.noise, mosaic_->frame(frame, when, scale), *differences_);
    if (left_ == 0 && top_ == 0 && now_.flips == 0)
        return rows;
    return std::make_shared<window_rows>(
        std::move(rows), window_rows::window{left_, top_, mode_.width, mode_.height, now_.flips});
}

}  // namespace ocellus::models
