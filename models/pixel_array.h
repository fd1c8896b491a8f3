// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/payload.h"
#include "core/registers.h"
#include "models/camera_colour.h"
#include "models/exposed_frame.h"
#include "models/pixel_noise.h"
#include "models/sensor_timing.h"
#include "registers/pixel_array.h"

namespace ocellus::models {

struct pixel_array_parameters {
    sensor_parameters sensor;
    camera_parameters camera;
    pixel_noise_parameters noise;
    defect_parameters defects;

    void declare(parameter_registry& r) {
        sensor.declare(r);
        camera.declare(r);
        noise.declare(r);
        defects.declare(r);
    }
};

/// The rolling shutter. Once CONTROL.STREAM is set, frame 0 begins one exposure time later, row y
/// of a frame is read out y line times after its frame, and the next frame begins one frame length
/// after the last: all by multiplication of pixel clocks from the start of the stream. One event a
/// row.
///
/// Exposure, gain, flips and test pattern of frame n + 1 are taken from the registers when frame n
/// begins, because the exposure of frame n + 1 begins within frame n: a write during frame n acts
/// on frame n + 2. Frame length and line length are taken one frame earlier and act on frame n + 3.
/// Frame 0 takes what is written when the stream is started.
///
/// Size, window, binning and clock are taken when a stream begins. In software standby
/// (STANDBY.ON) the stream that CONTROL.STREAM asks for waits.
class pixel_array : public sc_core::sc_module {
  public:
    // Registers: byte offsets.
    /// Offsets of the registers.
    enum : std::uint32_t {
        reg_control = registers::pixel_array::detail::all[registers::pixel_array::CONTROL].offset,
        reg_status = registers::pixel_array::detail::all[registers::pixel_array::STATUS].offset,
        reg_frames = registers::pixel_array::detail::all[registers::pixel_array::FRAMES].offset,
        reg_frame_length =
            registers::pixel_array::detail::all[registers::pixel_array::FRAME_LENGTH].offset,
        reg_line_length =
            registers::pixel_array::detail::all[registers::pixel_array::LINE_LENGTH].offset,
        reg_exposure = registers::pixel_array::detail::all[registers::pixel_array::EXPOSURE].offset,
        reg_analogue_gain =
            registers::pixel_array::detail::all[registers::pixel_array::ANALOGUE_GAIN].offset,
        reg_frame_count =
            registers::pixel_array::detail::all[registers::pixel_array::FRAME_COUNT].offset,
        reg_orientation =
            registers::pixel_array::detail::all[registers::pixel_array::ORIENTATION].offset,
        reg_test_pattern =
            registers::pixel_array::detail::all[registers::pixel_array::TEST_PATTERN].offset,
        reg_test_red = registers::pixel_array::detail::all[registers::pixel_array::TEST_RED].offset,
    };
    enum : std::uint32_t { control_stream = 1 };
    enum : std::uint32_t { status_frame_start = 1, status_stopped = 2, status_mode_error = 4 };

    tlm_utils::simple_initiator_socket<pixel_array> rows_out{"rows_out"};
    tlm_utils::simple_target_socket<pixel_array> registers_in{"registers_in"};
    /// Level: STATUS.FRAME_START.
    sc_core::sc_out<bool> frame_irq{"frame_irq"};

    /// `what` may be null in a timing-only run.
    pixel_array(sc_core::sc_module_name name, const pixel_array_parameters& p,
                std::shared_ptr<const scene> what, block_context& context);
    ~pixel_array() override;

    /// Another scene from the next frame on; null: darkness.
    void set_scene(std::shared_ptr<const scene> what);
    const register_block& registers() const { return registers_; }
    register_block& registers() { return registers_; }
    const clock_domain& pixel_clock() const { return pixel_clock_; }
    /// The mode of the stream, or of the last one: size, binning and clock; timing, exposure and
    /// gain are those of the present frame.
    mode_registers mode() const;
    /// What the present frame shows of the scene, in pixels of the image: the scene falls on
    /// `scene_width` x `scene_height`, the picture is a window of it, mirrored by `flips` (1:
    /// columns, 2: rows).
    struct view {
        unsigned scene_width = 0, scene_height = 0;
        unsigned left = 0, top = 0, width = 0, height = 0;
        unsigned flips = 0;
        bool of_scene = true;  ///< false: a test pattern
    };
    view present_view() const;

  private:
    SC_HAS_PROCESS(pixel_array);
    /// What a frame is read out with.
    struct frame_settings {
        std::uint32_t frame_length = 0, line_length = 0, exposure = 0, gain_code = 0;
        std::uint32_t flips = 0, test_pattern = 0;
        std::array<std::uint32_t, 4> test_data{};
    };
    void declare_registers();
    void set_mode_registers();
    void declare_statistics();
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    void control_written(std::uint32_t value);
    void standby_written(std::uint32_t value);
    bool start();
    bool wanted() const;
    /// Takes size, window, binning and clock from the registers; false when they are impossible.
    bool take_mode();
    bool mode_is_possible() const;
    /// Exposure, gain and the like from the registers, for a frame of this timing that follows one
    /// of `before` lines (0: none).
    frame_settings latch(const frame_settings& timing, std::uint32_t before) const;
    /// Frame length, line length and the shift of long exposures from the registers.
    frame_settings timing_registers() const;
    void step();
    void begin_frame();
    void end_frame();
    void stop();
    void end_stream();
    void arm();
    void drive_interrupt();
    std::shared_ptr<const electron_rows> expose(std::uint32_t frame);

    pixel_array_parameters parameters_;
    mode_registers mode_;
    unsigned left_, top_;                  ///< of the window in the array, image pixels
    unsigned array_width_, array_height_;  ///< of the array that the scene falls on, pixels
    std::shared_ptr<const scene> scene_;
    block_context& context_;
    std::uint16_t tracks_[2] = {};  ///< of the trace: exposure, rows
    clock_domain pixel_clock_;
    register_block registers_{registers::pixel_array::map};
    sc_core::sc_event row_event_, interrupt_event_;

    bool streaming_ = false;
    std::uint32_t row_ = 0, frame_ = 0, frames_in_stream_ = 0;
    std::uint64_t clocks_ = 0;  // pixel clocks from origin_ to the current frame
    sc_core::sc_time origin_, frame_start_;
    double epoch_ = 0;  ///< when the exposure of the very first row began, s
    frame_settings now_, next_;
    frame_settings after_next_;  ///< frame length and line length of the frame after the next
    std::shared_ptr<const electron_rows> electrons_;

    std::unique_ptr<scene_mosaic> mosaic_;
    std::optional<pixel_differences> differences_;

    std::uint64_t frames_ = 0, rows_ = 0, mode_errors_ = 0, exposures_clipped_ = 0;
    double line_time_ = 0, frame_time_ = 0, readout_ = 0, exposure_time_ = 0;
    double skew_ = 0, first_row_[2] = {}, last_row_[2] = {};
};

}  // namespace ocellus::models
