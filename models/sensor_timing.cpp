// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/sensor_timing.h"

#include <fmt/format.h>

#include <cmath>

namespace ocellus::models {

exact_rate pixel_rate_of(const mode_registers& m) {
    exact_rate r;
    r.numerator = m.inck * m.pll_mult * pixels_per_clock;
    r.denominator = std::uint64_t{m.pll_pre} * m.pll_sys * m.pll_pix;
    return r;
}

sensor_timing timing_of(const mode_registers& m) {
    sensor_timing t;
    t.pixel_rate = pixel_rate_of(m);
    const double rate = t.pixel_rate.hertz();
    const double line = m.line_length;
    t.line_time = line / rate;
    const double frame = static_cast<double>(std::uint64_t{m.frame_length} << m.long_shift);
    t.frame_time = line * frame / rate;
    t.frames_per_second = rate / (line * frame);
    t.active_readout = line * m.height / rate;
    t.exposure_time = line * static_cast<double>(std::uint64_t{m.exposure} << m.long_shift) / rate;
    return t;
}

double analogue_gain(std::uint32_t code) {
    return 1024.0 / (1024.0 - (code < max_gain_code ? code : max_gain_code));
}

std::uint32_t clip_exposure(std::uint64_t lines, std::uint32_t frame_length) {
    const std::uint32_t most = frame_length > exposure_offset_lines + min_exposure_lines
                                   ? frame_length - exposure_offset_lines
                                   : min_exposure_lines;
    if (lines < min_exposure_lines)
        return min_exposure_lines;
    return lines > most ? most : static_cast<std::uint32_t>(lines);
}

std::uint64_t lines_of(double seconds, const mode_registers& m) {
    return static_cast<std::uint64_t>(
        seconds * pixel_rate_of(m).hertz() / m.line_length / (1u << m.long_shift) + 0.5);
}

void sensor_parameters::declare(parameter_registry& r) {
    const char* driver = "IMX500 Linux driver imx500.c";
    r.integer("sensor.width", width, 64, 8192)
        .says("Columns of the image that is read out, after binning.")
        .from(provenance::published, driver)
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("340", "676");
    r.integer("sensor.height", height, 32, 8192)
        .says("Rows of the image that is read out, after binning.")
        .from(provenance::published, driver)
        .moves("pixel_array.rows", +1)
        .moves("pixel_array.active_readout", +1)
        .compare("260", "506");
    r.integer("sensor.binning", binning, 1, 2)
        .says("1 reads every pixel, 2 reads the average of 2x2 pixels of one colour.")
        .from(provenance::published, driver)
        .moves_nothing(
            "the same number of pixels from a larger part of the array: another picture");
    r.quantity("sensor.inck", inck, unit::hertz, 6e6, 27e6)
        .says("Input clock from which all sensor clocks derive.")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", -1);
    r.integer("sensor.pll_pre", pll_pre, 1, 15)
        .says("Divider before the pixel PLL (register 0x0305).")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", +1);
    r.integer("sensor.pll_mult", pll_mult, 1, 2047)
        .says("Multiplier of the pixel PLL (registers 0x0306-0x0307).")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", -1)
        .compare("100", "155");
    r.integer("sensor.pll_sys", pll_sys, 1, 15)
        .says("System divider after the pixel PLL (register 0x0303).")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", +1);
    r.integer("sensor.pll_pix", pll_pix, 1, 31)
        .says("Pixel clock divider after the pixel PLL (register 0x0301); four pixels a clock.")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", +1);
    r.integer("sensor.line_length", line_length, 0, 0xFFF0, unit::cycles)
        .says(
            "Pixel clocks from the readout of one row to the next; 0: as few as converters, die "
            "link, ISP and CSI-2 can follow.")
        .from(provenance::published, driver)
        .moves("pixel_array.line_time", +1)
        .moves("pixel_array.frame_time", +1);
    r.integer("sensor.frame_length", frame_length, 34, 0xFFDC, unit::lines)
        .says("Rows from the start of one frame to the next, blanking included.")
        .from(provenance::published, "IMX500 Linux driver imx500.c: height + 1117 lines")
        .moves("pixel_array.frame_time", +1)
        .compare("1319", "2638");
    r.quantity("sensor.exposure", exposure, unit::second, 0, 400)
        .says("Time from the reset of a row to its readout; rounded to whole lines.")
        .from(provenance::chosen,
              "diffuse white at 87 % of the range under the default illuminance")
        .moves("pixel_array.exposure_time", +1)
        .moves("image.mean", +1)
        .compare("4 ms", "16 ms");
    r.integer("sensor.analogue_gain_code", analogue_gain_code, 0, max_gain_code)
        .says("Analogue gain register: gain = 1024 / (1024 - code).")
        .from(provenance::published, "IMX500 Linux driver imx500.c, libcamera imx500 helper")
        .moves("image.mean", +1)
        .compare("0", "512");
    declare_readout(r);
}

void sensor_parameters::declare_readout(parameter_registry& r) {
    const char* driver = "IMX500 Linux driver imx500.c";
    r.boolean("sensor.standby", standby)
        .says(
            "Begin in software standby: no stream until a host sets mode_select over CCI; the mode "
            "is then the host's and the firmware leaves it alone.")
        .from(provenance::chosen, "a run without a host begins by itself; --cci turns it on")
        .moves_nothing("without a host the run never begins, and ends as hung");
    r.integer("sensor.long_exposure_shift", long_exposure_shift, 0, max_long_shift)
        .says("Frame length and exposure are 2^this times as long (register 0x3210).")
        .from(provenance::published, driver)
        .moves("pixel_array.frame_time", +1)
        .compare("0", "1");
    r.integer("sensor.array_width", array_width, 0, 8192)
        .says("Columns of the array that the scene falls on, after binning; 0: those of the image.")
        .from(provenance::chosen, "the whole scene is in the image")
        .moves_nothing("another part of the picture");
    r.integer("sensor.array_height", array_height, 0, 8192)
        .says("Rows of the array that the scene falls on, after binning; 0: those of the image.")
        .from(provenance::chosen, "the whole scene is in the image")
        .moves_nothing("another part of the picture");
    r.integer("sensor.crop_left", crop_left, 0, 8192)
        .says("First column of the array that is read out (registers 0x0344-0x0345); even.")
        .from(provenance::published, driver)
        .moves_nothing("another part of the picture");
    r.integer("sensor.crop_top", crop_top, 0, 8192)
        .says("First row of the array that is read out (registers 0x0346-0x0347); even.")
        .from(provenance::published, driver)
        .moves_nothing("another part of the picture");
    r.boolean("sensor.flip_horizontal", flip_horizontal)
        .says("Columns are read from the right (register 0x0101, bit 0): the order becomes GRBG.")
        .from(provenance::published, driver)
        .moves_nothing("the same picture, mirrored");
    r.boolean("sensor.flip_vertical", flip_vertical)
        .says("Rows are read from the bottom (register 0x0101, bit 1): the order becomes GBRG.")
        .from(provenance::published, driver)
        .moves_nothing("the same picture, mirrored");
    r.integer("sensor.test_pattern", test_pattern, 0, 4)
        .says(
            "Numbers in place of the picture: 0 none, 1 one colour, 2 colour bars, 3 bars that "
            "fade to grey, 4 pseudo-random (register 0x0600).")
        .from(provenance::published, "MIPI Camera Command Set 1.1, test_pattern_mode")
        .moves_nothing("another picture");
}

mode_registers sensor_parameters::registers() const {
    mode_registers m;
    m.width = static_cast<std::uint32_t>(width);
    m.height = static_cast<std::uint32_t>(height);
    m.binning = static_cast<std::uint32_t>(binning);
    m.line_length = static_cast<std::uint32_t>(line_length ? line_length : shortest_line);
    m.frame_length = static_cast<std::uint32_t>(frame_length);
    m.inck = static_cast<std::uint64_t>(inck + 0.5);
    m.pll_pre = static_cast<std::uint32_t>(pll_pre);
    m.pll_mult = static_cast<std::uint32_t>(pll_mult);
    m.pll_sys = static_cast<std::uint32_t>(pll_sys);
    m.pll_pix = static_cast<std::uint32_t>(pll_pix);
    m.long_shift = static_cast<std::uint32_t>(long_exposure_shift);
    m.exposure = clip_exposure(lines_of(exposure, m), m.frame_length);
    m.gain_code = static_cast<std::uint32_t>(analogue_gain_code);
    return m;
}

void sensor_parameters::take(const mode_registers& m) {
    width = m.width;
    height = m.height;
    binning = m.binning;
    pll_pre = m.pll_pre;
    pll_mult = m.pll_mult;
    pll_sys = m.pll_sys;
    pll_pix = m.pll_pix;
    line_length = m.line_length;
    frame_length = m.frame_length;
}

void check(const sensor_parameters& p, const parameter_registry& registry, diagnostics& problems) {
    const auto even = [&](const char* name, std::uint64_t value) {
        if (value % 2)
            problems.error(registry.where(name), fmt::format("{} = {} is odd", name, value),
                           "a Bayer mosaic needs an even number");
    };
    even("sensor.width", p.width);
    even("sensor.height", p.height);
    even("sensor.crop_left", p.crop_left);
    even("sensor.crop_top", p.crop_top);
    const auto fits = [&](const char* name, std::uint64_t from, std::uint64_t count,
                          std::uint64_t array, const char* array_name) {
        const std::uint64_t most = array ? array : count;
        if (from + count > most)
            problems.error(registry.where(name),
                           fmt::format("{} = {} and {} samples reach beyond the array of {}", name,
                                       from, count, most),
                           fmt::format("at most {}, or a larger {}",
                                       most > count ? most - count : 0, array_name));
    };
    fits("sensor.crop_left", p.crop_left, p.width, p.array_width, "sensor.array_width");
    fits("sensor.crop_top", p.crop_top, p.height, p.array_height, "sensor.array_height");
    even("sensor.array_width", p.array_width);
    even("sensor.array_height", p.array_height);
    if (p.frame_length <= p.height || p.frame_length < exposure_offset_lines + min_exposure_lines)
        problems.error(registry.where("sensor.frame_length"),
                       fmt::format("sensor.frame_length = {} lines has no room for {} rows",
                                   p.frame_length, p.height),
                       fmt::format("at least {} lines",
                                   p.height + 1 > exposure_offset_lines + min_exposure_lines
                                       ? p.height + 1
                                       : exposure_offset_lines + min_exposure_lines));
    const std::uint64_t line = p.line_length ? p.line_length : p.shortest_line;
    if (line < p.width)
        problems.error(
            registry.where("sensor.line_length"),
            fmt::format("sensor.line_length = {} cycles is shorter than a row of {} pixels", line,
                        p.width),
            fmt::format("at least {} cycles", p.width));
    const double inck = p.inck;
    if (inck != std::floor(inck))
        problems.error(registry.where("sensor.inck"), "sensor.inck is not a whole number of hertz",
                       "for example \"24 MHz\"");
    if (problems.has_errors())
        return;
    const mode_registers m = p.registers();
    const std::uint64_t wanted = lines_of(p.exposure, m);
    if (wanted != m.exposure)
        problems.warning(
            registry.where("sensor.exposure"),
            fmt::format("sensor.exposure asks for {} lines and gets {} ({:.4f} ms)", wanted,
                        m.exposure, timing_of(m).exposure_time * 1e3),
            fmt::format("{} .. {} lines of {:.4f} us are possible with this frame length",
                        min_exposure_lines, p.frame_length - exposure_offset_lines,
                        timing_of(m).line_time * 1e6));
}

}  // namespace ocellus::models
