// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/parameters.h"

#include <cmath>
#include <memory>
#include <string>

#include "isp/white_balance.h"

namespace ocellus::isp {

void isp_parameters::declare(parameter_registry& r) {
    r.quantity("isp.clock", clock, unit::hertz, 1e6, 2e9)
        .says("Clock of the ISP pipeline.")
        .from(provenance::derived, "12.3 Mpx at 60 fps (ISSCC 2021 9.6) in 2 pixels per clock")
        .moves("run.latency_max", -1);
    r.quantity("isp.operation_energy", operation_energy, unit::joule, 0, 1e-9)
        .says("Energy of a multiplication, addition or comparison in a stage.")
        .from(provenance::derived,
              "0.15 pJ an operation, published model of the part's logic die (CamJ, 8 bits)")
        .moves("isp.energy", +1);
    r.quantity("isp.operation_energy_error", operation_energy_error, unit::percent, 0, 10)
        .says("Uncertainty of that energy, one standard deviation.")
        .from(provenance::assumed, "products of 13 bits take twice those of 8; sums of 16 a tenth")
        .moves("isp.energy_error", +1)
        .compare("10 %", "100 %");
    r.quantity("isp.line_sample_energy", line_sample_energy, unit::joule, 0, 1e-9)
        .says("Energy of reading a sample of a line memory and writing one in its place.")
        .from(provenance::derived,
              "1 pJ a word read and 3 pJ written, published model of the part (CamJ)")
        .moves("isp.energy", +1);
    r.quantity("isp.line_sample_energy_error", line_sample_energy_error, unit::percent, 0, 10)
        .says("Uncertainty of that energy, one standard deviation.")
        .from(provenance::assumed, "a factor of 3: width and node of that word are not given")
        .moves("isp.energy_error", +1)
        .compare("10 %", "200 %");
    r.integer("isp.pixels_per_clock", pixels_per_clock, 1, 16)
        .says("Pixels that the pipeline takes in every clock.")
        .from(provenance::assumed, "with isp.clock it just follows the full-speed readout")
        .moves("isp.busy_cycles", -1);
    r.integer("isp.horizontal_blanking", horizontal_blanking, 0, 100000, unit::cycles)
        .says("Clocks between two rows in the pipeline.")
        .from(provenance::assumed, "hidden: rows follow without a gap")
        .moves("isp.busy_cycles", +1)
        .compare("0 cycles", "100 cycles");
    r.integer("isp.input_rows", input_rows, 1, 64, unit::lines)
        .says(
            "Rows that the input buffer holds, the row being processed included; a row that finds "
            "it full is lost.")
        .from(provenance::assumed, "no public figure")
        .moves("isp.rows_lost", -1)
        .compare("1 lines", "4 lines")
        .under("isp.clock=20 MHz");
    r.integer("isp.tensor_rows", tensor_rows, 1, 64, unit::lines)
        .says(
            "Finished tensor rows that wait for the memory at most; a row that waits longer is "
            "lost.")
        .from(provenance::assumed, "no public figure")
        .moves("isp.tensor_rows_lost", -1)
        .compare("1 lines", "8 lines")
        .under("sram.clock=1 MHz")
        .under("sram.width=4 B");
    r.integer("isp.bypass_cycles", bypass_cycles, 0, 100000, unit::cycles)
        .says("Latency of a raw row past the pipeline (output.image = raw).")
        .from(provenance::assumed, "no public figure")
        .moves("run.simulated_time", +1)
        .compare("0 cycles", "100000 cycles")
        .under("network.source=none");
    r.integer("isp.image_scale", image_scale, 1, 4)
        .must_be_power_of_two()
        .says("Box scaling of the picture sent when output.image = isp: 1, 2 or 4.")
        .from(provenance::chosen, "full size")
        .moves("egress.csi2.pixel_bytes", -1)
        .compare("1", "2")
        .under("output.image=isp");
    r.choice("isp.image_format", image_format,
             {{"yuv422", image_format::yuv422},
              {"rgb888", image_format::rgb888},
              {"yuv420", image_format::yuv420}})
        .says("Pixel format of the picture sent when output.image = isp.")
        .from(provenance::chosen, "16 instead of 24 bits per pixel on the link")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("yuv422", "rgb888")
        .under("output.image=isp");
    r.choice("isp.scaler", scaler,
             {{"area", scaler_method::area}, {"bilinear", scaler_method::bilinear}})
        .says("How the tensor, and a picture of isp.picture_width, are scaled.")
        .from(provenance::assumed, "the part's kernel is not public")
        .moves_nothing("other detail, the same means");
    const auto region = [&r](const char* name, std::uint64_t& field, const char* sentence,
                             const char* why) {
        return r.integer(std::string("isp.") + name, field, 0, 65534)
            .says(sentence)
            .from(provenance::chosen, why);
    };
    region("roi_x", roi_x, "First column of the array in the picture (output.image = isp); even.",
           "the whole array")
        .moves_nothing("another part of the scene; the region reaches to the border");
    region("roi_y", roi_y, "First row of the array in the picture; even.", "the whole array")
        .moves_nothing("another part of the scene; the region reaches to the border");
    region("roi_width", roi_width,
           "Columns of the array in the picture, even; 0: up to the border.", "the whole array")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("64", "128")
        .under("output.image=isp");
    region("roi_height", roi_height, "Rows of the array in the picture, even; 0: up to the border.",
           "the whole array")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("64", "128")
        .under("output.image=isp");
    region("picture_width", picture_width,
           "Columns that the picture is scaled to, even; 0: isp.image_scale.", "no scaling")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("64", "128")
        .under("output.image=isp")
        .under("isp.picture_height=64");
    region("picture_height", picture_height,
           "Rows that the picture is scaled to; 0: isp.image_scale.", "no scaling")
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("64", "128")
        .under("output.image=isp")
        .under("isp.picture_width=64");
    r.choice("isp.tensor_order", tensor_order,
             {{"rgb", isp::tensor_order::rgb},
              {"yuv444", isp::tensor_order::yuv444},
              {"bayer", isp::tensor_order::bayer}})
        .says(
            "Channels of a tensor of three: colours or Y U V; bayer: a network of four channels "
            "gets R, Gr, Gb and B.")
        .from(provenance::published,
              "network packages of the IMX500's public driver: RGB in all 17")
        .moves_nothing("other numbers, as many");
    r.boolean("isp.tensor_bgr", tensor_bgr)
        .says("Blue first in a tensor of three colours.")
        .from(provenance::published,
              "network packages of the IMX500's public driver: RGB in all 17")
        .moves_nothing("the same numbers in another order");
    r.boolean("isp.tensor_affine", tensor_affine)
        .says("Normalise the tensor with isp.tensor_k00 to k23 instead of the plain range.")
        .from(provenance::chosen, "off: the whole range of 8 bits onto that of the input")
        .moves("tensor.mean", -1)
        .under("isp.tensor_k00=0.5")
        .under("isp.tensor_k11=0.5")
        .under("isp.tensor_k22=0.5");
    for (std::size_t i = 0; i < 12; ++i) {
        const bool offset = i % 4 == 3;
        r.real("isp.tensor_k" + std::to_string(i / 4) + std::to_string(i % 4), tensor_matrix[i],
               offset ? -256 : -4, offset ? 255.9 : 3.999)
            .says(offset ? "Offset of channel " + std::to_string(i / 4) +
                               " of the tensor, added after the matrix."
                         : "Share of colour " + std::to_string(i % 4) + " in channel " +
                               std::to_string(i / 4) + " of the tensor.")
            .from(provenance::published,
                  "network packages of the IMX500's public driver: 0x400 and 0x1800")
            .moves(i / 4 == 0   ? "tensor.red"
                   : i / 4 == 1 ? "tensor.green"
                                : "tensor.blue",
                   +1)
            .compare(offset  ? "-128"
                     : i % 5 ? "0"
                             : "0.5",
                     offset  ? "-64"
                     : i % 5 ? "0.25"
                             : "1")
            .under("isp.tensor_affine=true");
    }
    const auto bypass = [&r](const char* name, bool& field, const char* sentence,
                             const char* output, int way) {
        r.boolean(std::string("isp.bypass_") + name, field)
            .says(sentence)
            .from(provenance::chosen, "every stage works")
            .moves(output, way);
    };
    bypass("black_level", bypass_black_level, "Leave the pedestal in the samples.", "tensor.mean",
           +1);
    bypass("white_balance", bypass_white_balance, "Leave the gains out, the digital one too.",
           "tensor.red", -1);
    bypass("matrix", bypass_matrix, "Leave the colour matrix out.", "tensor.deviation", -1);
    bypass("gamma", bypass_gamma, "Leave the tone curve out: the upper 8 of 12 bits.",
           "tensor.mean", -1);
    r.path("isp.tables", tables)
        .says("File of tone curve, linearisation, lens shading and known defects (docs/isp.md).")
        .from(provenance::chosen, "none")
        .moves_nothing("what the file says");
    r.choice("isp.colour_order", colour_order,
             {{"rggb", bayer_phase::rggb},
              {"grbg", bayer_phase::grbg},
              {"gbrg", bayer_phase::gbrg},
              {"bggr", bayer_phase::bggr}})
        .says("Colours of the first pixels of the first two rows.")
        .from(provenance::published, "IMX500 Linux driver imx500.c: SRGGB10 without flips")
        .moves_nothing("other colours: nothing grows or shrinks in general");
    r.integer("isp.black_level", black_level, 0, 4095)
        .says("Pedestal taken off, on the 12-bit scale.")
        .from(provenance::published, "libcamera imx500.json tuning: 4096 of 65535, 64 at 10 bit")
        .moves("tensor.mean", -1);
    r.real("isp.white_balance_red", white_balance_red, 0.01, 15.99)
        .says("Gain of red over green.")
        .from(provenance::published, "libcamera imx500.json tuning: 1/0.4139 at 5648 K")
        .moves("tensor.red", +1);
    r.real("isp.white_balance_blue", white_balance_blue, 0.01, 15.99)
        .says("Gain of blue over green.")
        .from(provenance::published, "libcamera imx500.json tuning: 1/0.6657 at 5648 K")
        .moves("tensor.blue", +1);
    r.real("isp.digital_gain", digital_gain, 0.01, 15.99)
        .says("Gain of all colours, folded into the white balance gains.")
        .from(provenance::derived,
              "4095/3839, up to the next 1/256: a full sample is white after the black level")
        .moves("tensor.mean", +1);
    const char* const names = "rgb";
    const char* const outputs[] = {"tensor.red", "tensor.green", "tensor.blue"};
    for (std::size_t i = 0; i < 9; ++i)
        r.real(std::string("isp.matrix_") + names[i / 3] + names[i % 3], matrix[i], -4, 3.999)
            .says(std::string("Colour matrix: share of input ") + names[i % 3] + " in output " +
                  names[i / 3] + ".")
            .from(provenance::published,
                  i == 4 ? "libcamera imx500.json tuning at 5648 K, 0.001 up: the row adds up to 1"
                         : "libcamera imx500.json tuning at 5648 K")
            .moves(outputs[i / 3], +1)
            .compare(i % 4 ? "-0.8" : "1", i % 4 ? "0.2" : "3");
    r.choice("isp.gamma", gamma, {{"srgb", tone_curve::srgb}, {"linear", tone_curve::linear}})
        .says("Tone curve from 12 to 8 bit.")
        .from(provenance::chosen, "IEC 61966-2-1, piecewise linear with 57 knots")
        .moves("tensor.mean", +1)
        .compare("linear", "srgb");
    const auto stage_of = [&r](const char* name, bool& field, const char* sentence,
                               const char* source) {
        r.boolean(std::string("isp.") + name, field)
            .says(sentence)
            .from(provenance::chosen, source)
            .moves("run.latency_max", +1);
    };
    r.boolean("isp.linearisation", linearisation)
        .says("Send samples through the linearisation curve after the black level.")
        .from(provenance::chosen, "off: the modelled converter is linear")
        .moves("tensor.mean", -1)
        .under("isp.linearisation_exponent=1.4");
    r.real("isp.linearisation_exponent", linearisation_exponent, 0.25, 4)
        .says("The linearisation curve is 4095 (x / 4095)^e, straight lines between 33 knots.")
        .from(provenance::chosen, "1: a straight line")
        .moves("tensor.mean", -1)
        .compare("1", "1.4")
        .under("isp.linearisation=true");
    stage_of("defect_correction", defect_correction,
             "Correct samples that stick out of all eight neighbours of their colour.",
             "off: the pixel die corrects its own (sensor.defect_correction)");
    r.integer("isp.defect_threshold", defect_threshold, 0, 4095)
        .says(
            "By how much a sample must stick out to be a defect, on the 12-bit scale; a quarter "
            "of the neighbours' level is added.")
        .from(provenance::assumed, "above the noise of a dark place at every gain")
        .moves_nothing("fewer samples are replaced");
    r.boolean("isp.lens_shading", lens_shading)
        .says("Take the lens' fall-off away with a grid of 16x12 gains a colour.")
        .from(provenance::chosen, "off: the modelled lens has none")
        .moves("tensor.mean", +1);
    r.real("isp.lens_shading_corner", lens_shading_corner, 1, 3.99)
        .says("Gain in the corners; it grows with the square of the distance from the centre.")
        .from(provenance::published,
              "network package of the IMX500's public driver: corner gains 2.63 and 2.89")
        .moves("tensor.mean", +1)
        .compare("1.5", "3")
        .under("isp.lens_shading=true");
    stage_of("bayer_noise_reduction", bayer_noise_reduction,
             "Smooth samples towards neighbours of their colour that differ by noise alone.",
             "off: two lines and detail saved");
    r.real("isp.bayer_noise_strength", bayer_noise_strength, 0, 16)
        .says(
            "Factor on the difference that counts as noise: 1 fits gain 1, and noise in codes "
            "grows with the gain.")
        .from(provenance::derived, "threshold above the noise of 8150 e- on 3840 codes")
        .moves_nothing("noise only, means stay");
    r.choice("isp.demosaic", demosaic,
             {{"malvar", demosaic_method::malvar},
              {"bilinear", demosaic_method::bilinear},
              {"bypass", demosaic_method::bypass}})
        .says("How the two missing colours of a pixel are found; bypass: the sample is all three.")
        .from(provenance::published, "Malvar, He, Cutler, ICASSP 2004")
        .moves_nothing("other detail, the same means");
    stage_of("sharpening", sharpening, "Sharpen luma with an unsharp mask of 9x9 pixels.",
             "off: networks are trained on pictures of many sharpnesses");
    r.real("isp.sharpening_amount", sharpening_amount, 0, 3.98)
        .says("How much of what the blur takes away is added.")
        .from(provenance::chosen, "visible without halos")
        .moves_nothing("edges are steeper, means stay");
    stage_of("luma_noise_reduction", luma_noise_reduction,
             "Average luma over like pixels of a 9x9 window.", "off: eight lines saved");
    r.integer("isp.luma_noise_range", luma_noise_range, 2, 41)
        .says("Difference of luma, of 255, from which a pixel has no weight in the average.")
        .from(provenance::chosen, "four times the noise of a bright place at gain 1")
        .moves_nothing("noise only, means stay");
    r.choice("isp.yuv_matrix", yuv, {{"bt601", yuv_matrix::bt601}, {"bt709", yuv_matrix::bt709}})
        .says("Coefficients of the conversion to YUV, full range.")
        .from(provenance::chosen, "BT.601 as in JPEG")
        .moves_nothing("other bytes, as many");
    const auto window = [&r](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(std::string("isp.window_") + name, field, 0, 65535)
            .says(sentence)
            .from(provenance::chosen, "the whole array, as the IMX500 Linux driver's default")
            .moves_nothing("another part of the picture");
    };
    window("x", window_x, "First column of the rectangle that is scaled to the network's input.");
    window("y", window_y, "First row of that rectangle.");
    window("width", window_width, "Columns of that rectangle; 0: up to the border.");
    window("height", window_height, "Rows of that rectangle; 0: up to the border.");
}

isp_settings isp_parameters::settings() const {
    isp_settings s;
    s.phase = colour_order;
    s.black_level = static_cast<std::uint16_t>(black_level);
    const auto gain = [this](double colour) {
        const long g = std::lround(colour * digital_gain * gain_one);
        return static_cast<std::uint16_t>(g < 1 ? 1 : g > long{gain_max} ? long{gain_max} : g);
    };
    s.gains = {gain(white_balance_red), gain(1), gain(1), gain(white_balance_blue)};
    for (std::size_t row = 0; row < 3; ++row) {
        const double* m = matrix.data() + 3 * row;
        int rest = static_cast<int>(std::lround((m[0] + m[1] + m[2]) * matrix_one));
        for (std::size_t column = 0; column < 3; ++column)
            if (column != row) {
                const int q = static_cast<int>(std::lround(m[column] * matrix_one));
                s.matrix[3 * row + column] = static_cast<std::int16_t>(q);
                rest -= q;
            }
        s.matrix[4 * row] = static_cast<std::int16_t>(clamped(rest, matrix_min, matrix_max));
    }
    s.gamma = gamma == tone_curve::srgb ? srgb_curve : linear_curve();
    if (!tables.empty())
        if (const isp_tables* t = tables_of(65536, 65536); t && t->gamma)
            s.gamma = *t->gamma;
    const auto set = [&s](stage which, bool on) {
        s.stages = on ? s.stages | bit_of(which) : s.stages & ~bit_of(which);
    };
    set(stage::black_level, !bypass_black_level);
    set(stage::white_balance, !bypass_white_balance);
    set(stage::colour_matrix, !bypass_matrix);
    set(stage::gamma, !bypass_gamma);
    set(stage::linearisation, linearisation);
    set(stage::defect_correction, defect_correction);
    set(stage::lens_shading, lens_shading);
    set(stage::bayer_noise_reduction, bayer_noise_reduction);
    set(stage::sharpening, sharpening);
    set(stage::luma_noise_reduction, luma_noise_reduction);
    s.defects.threshold = static_cast<int>(defect_threshold);
    s.demosaic = demosaic;
    s.sharpening.amount = static_cast<int>(std::lround(sharpening_amount * 64));
    s.luma_noise_slope = clamped(static_cast<int>(496 / luma_noise_range), luma_noise_slope_min,
                                 luma_noise_slope_max);
    s.yuv = yuv;
    return s;
}

const isp_tables* isp_parameters::tables_of(unsigned width, unsigned height) const {
    if (!loaded_ || loaded_from_ != tables) {
        diagnostics problems;
        auto read =
            std::make_shared<const isp_tables>(read_tables(tables, width, height, problems));
        if (problems.has_errors())
            return nullptr;
        loaded_ = std::move(read);
        loaded_from_ = tables;
    }
    return loaded_.get();
}

tensor_format isp_parameters::tensor_format_of(unsigned width, unsigned height, unsigned channels,
                                               bool is_signed) const {
    tensor_format f = make_tensor_format(width, height, channels, is_signed, tensor_bgr);
    f.order = channels == 1 ? isp::tensor_order::rgb : tensor_order;
    f.affine = tensor_affine && f.order != isp::tensor_order::bayer;
    for (std::size_t i = 0; i < 12; ++i)
        f.matrix[i] = static_cast<std::int16_t>(
            std::lround(tensor_matrix[i] * (i % 4 == 3 ? 16 : matrix_one)));
    return f;
}

void isp_parameters::complete(isp_settings& s, unsigned width, unsigned height) const {
    const isp_tables* const t = tables.empty() ? nullptr : tables_of(width, height);
    if (t && t->linearisation)
        s.linearisation = *t->linearisation;
    else if (s.does(stage::linearisation))
        for (unsigned j = 0; j < linearisation_knots; ++j) {
            const double x = 128.0 * j / 4095;
            const double y = linearisation_exponent == 1 ? x : std::pow(x, linearisation_exponent);
            s.linearisation[j] = static_cast<std::uint16_t>(
                clamped(static_cast<int>(std::lround(4095 * y)), 0, 4095));
        }
    const auto stronger = [this](int v, int most) {
        return clamped(static_cast<int>(std::lround(v * bayer_noise_strength)), 0, most);
    };
    const bayer_noise_settings plain;
    s.bayer_noise = {stronger(plain.dark, 2047), stronger(plain.rise_dark, 255),
                     stronger(plain.bright, 2047), stronger(plain.rise_bright, 255)};
    if (t && t->shading)
        s.shading = t->shading;
    else if (s.does(stage::lens_shading))
        s.shading = std::make_shared<const shading_grid>(
            radial_shading(lens_shading_corner, width, height));
    if (t)
        s.known_defects = t->defects;
}

void isp_parameters::check(unsigned width, unsigned height, const parameter_registry& r,
                           diagnostics& problems) const {
    const auto gain = [&](const char* name, double value) {
        if (std::lround(value * digital_gain * gain_one) > long{gain_max})
            problems.error(r.where(name),
                           std::string(name) + " times isp.digital_gain does not fit an 8.8 gain",
                           "a product of at most 15.99");
    };
    gain("isp.white_balance_red", white_balance_red);
    gain("isp.white_balance_blue", white_balance_blue);
    const char* const names = "rgb";
    for (std::size_t row = 0; row < 3; ++row) {
        const double* m = matrix.data() + 3 * row;
        long rest = std::lround((m[0] + m[1] + m[2]) * matrix_one);
        for (std::size_t column = 0; column < 3; ++column)
            if (column != row)
                rest -= std::lround(m[column] * matrix_one);
        if (rest > matrix_max || rest < matrix_min) {
            const std::string name = std::string("isp.matrix_") + names[row] + names[row];
            problems.error(r.where(name),
                           "row " + std::string(1, names[row]) +
                               " of the colour matrix overflows its 13-bit Q10 entries",
                           "entries from -4 to 3.999 after rounding to 1/1024");
        }
    }
    const auto inside = [&](const char* at, std::uint64_t first, const char* span,
                            std::uint64_t size, unsigned limit) {
        if (first >= limit)
            problems.error(
                r.where(at),
                std::string(at) + " = " + std::to_string(first) + " lies outside the array",
                "0 to " + std::to_string(limit - 1));
        else if (first + size > limit)
            problems.error(
                r.where(span),
                std::string(span) + " = " + std::to_string(size) + " reaches beyond the array",
                "at most " + std::to_string(limit - first) + ", or 0: up to the border");
    };
    inside("isp.window_x", window_x, "isp.window_width", window_width, width);
    inside("isp.window_y", window_y, "isp.window_height", window_height, height);
    inside("isp.roi_x", roi_x, "isp.roi_width", roi_width, width);
    inside("isp.roi_y", roi_y, "isp.roi_height", roi_height, height);
    const auto even = [&](const char* name, std::uint64_t value) {
        if (value % 2 != 0)
            problems.error(r.where(name),
                           std::string(name) + " = " + std::to_string(value) + " is odd",
                           "an even number: the picture is cut between Bayer cells");
    };
    even("isp.roi_x", roi_x);
    even("isp.roi_y", roi_y);
    even("isp.roi_width", roi_width);
    even("isp.roi_height", roi_height);
    even("isp.picture_width", picture_width);
    const auto scaled = [&](const char* name, std::uint64_t target, std::uint64_t first,
                            std::uint64_t span, std::uint64_t limit) {
        if (target == 0 || first >= limit)
            return;
        const auto source = static_cast<unsigned>(span ? span : limit - first);
        if (!can_scale(source, static_cast<unsigned>(target)))
            problems.error(r.where(name),
                           std::string(name) + " = " + std::to_string(target) + " of " +
                               std::to_string(source) + " is beyond the scaler",
                           std::to_string((source + most_reduction - 1) / most_reduction) + " to " +
                               std::to_string(source * most_enlargement));
    };
    scaled("isp.picture_width", picture_width, roi_x, roi_width, width);
    scaled("isp.picture_height", picture_height, roi_y, roi_height, height);
    if ((picture_width == 0) != (picture_height == 0))
        problems.error(r.where(picture_width ? "isp.picture_height" : "isp.picture_width"),
                       "isp.picture_width and isp.picture_height: one is 0 and the other is not",
                       "both, or neither");
    if (!tables.empty())
        read_tables(tables, width, height, problems);
}

}  // namespace ocellus::isp
