// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/characterization.h"

#include <algorithm>
#include <cmath>

#include "models/camera_colour.h"
#include "models/charts.h"
#include "models/column_converters.h"
#include "models/slanted_edge.h"

namespace ocellus::models {
namespace {

/// Photons of 555 nm that one lux second brings onto one square micrometre: 1 / (683 lm/W) over
/// their energy.
constexpr double photons_per_lux_second_um2 =
    1e-12 / 683.002 / (6.62607015e-34 * 2.99792458e8 / 555e-9);
constexpr double pixel_area = 1.55 * 1.55;  // um^2: pixel pitch of the IMX500, published

double square(double x) {
    return x * x;
}

}  // namespace

double clipped_variance(double mean, double spread, double noise, double clip) {
    constexpr int nodes = 40;
    double sum = 0, weights = 0;
    for (int i = -nodes; i <= nodes; ++i) {
        const double t = 4.0 * i / nodes, w = std::exp(-t * t / 2);
        const double m = mean * (1 + t * spread);
        const double s = std::sqrt(std::max(0.0, m) + noise * noise);
        // X = min(N(m, s), clip): with a = (clip - m) / s, in units of s below the clip.
        const double a = (clip - m) / s;
        const double below = 0.5 * std::erfc(-a / std::sqrt(2.0));
        const double density = std::exp(-a * a / 2) / std::sqrt(2 * 3.14159265358979323846);
        const double first = a * below + density;  // E[(a - Z)+]
        const double second = (1 + a * a) * below + a * density;
        sum += w * s * s * (second - first * first);
        weights += w;
    }
    return sum / weights;
}

test_camera::test_camera(const test_stand& stand, worker_pool& pool)
    : stand_(stand),
      pool_(pool),
      differences_(pixel_differences::make(
          stand.pixels.noise, stand.pixels.defects, stand.seed, stand.width, stand.height,
          static_cast<unsigned>(stand.pixels.sensor.binning), pool)),
      flat_(lazy_plane<std::uint16_t>::start(
          pool, stand.width, stand.height, 64,
          [](plane<std::uint16_t>& out, unsigned first, unsigned last) {
              for (unsigned y = first; y < last; ++y)
                  std::fill(out.row(y), out.row(y) + out.width(),
                            static_cast<std::uint16_t>(mosaic_white));
          })) {
    flat_->all();
    if (differences_.pattern)
        differences_.pattern->all();
}

plane<std::uint16_t> test_camera::capture(double electrons, double seconds) {
    return expose(flat_, electrons, seconds);
}

plane<std::uint16_t> test_camera::capture(const scene& chart, double electrons, double seconds) {
    const auto light = chart.frame(frame_, stand_.width, stand_.height);
    const auto made = lazy_plane<std::uint16_t>::start(
        pool_, stand_.width, stand_.height, 32,
        [light](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            light->rows(first, last, [&](unsigned y, const float*, const float* g, const float*) {
                for (unsigned x = 0; x < out.width(); ++x)
                    out.row(y)[x] = static_cast<std::uint16_t>(
                        std::lround(static_cast<double>(g[x]) * mosaic_white));
            });
        });
    made->all();
    return expose(made, electrons, seconds);
}

plane<std::uint16_t> test_camera::expose(const exposed_frame::samples& light, double electrons,
                                         double seconds) {
    exposed_frame::settings s;
    s.seed = stand_.seed;
    s.frame = frame_++;
    s.exposure_time = seconds;
    s.white_rate = electrons / seconds;
    s.gain = analogue_gain(static_cast<std::uint32_t>(stand_.pixels.sensor.analogue_gain_code));
    s.binning = static_cast<unsigned>(stand_.pixels.sensor.binning);
    s.telegraph_activity = stand_.pixels.defects.telegraph_activity;
    const exposed_frame frame(s, stand_.pixels.noise, light, differences_);
    const double black = stand_.adc.black_clamp
                             ? frame.black_mean(static_cast<unsigned>(stand_.adc.black_rows))
                             : 0.0;
    const column_converters converters(stand_.adc, stand_.seed, stand_.width, s.gain, black,
                                       frame.averaging());
    plane<std::uint16_t> out(stand_.width, stand_.height);
    pool_.parallel_for(stand_.height, 32, [&](std::size_t first, std::size_t last) {
        converters.convert_band(frame, s.frame, static_cast<unsigned>(first),
                                static_cast<unsigned>(last), out);
    });
    return out;
}

std::optional<double> figure::error() const {
    if (!set || *set == 0)
        return {};
    return measured / *set - 1;
}

const figure* characterization::find(const std::string& name) const {
    for (const auto& f : figures)
        if (f.name == name)
            return &f;
    return nullptr;
}

characterization characterize(const test_stand& stand, worker_pool& pool) {
    const pixel_noise_parameters& noise = stand.pixels.noise;
    const column_adc_parameters& adc = stand.adc;
    const double gain =
        analogue_gain(static_cast<std::uint32_t>(stand.pixels.sensor.analogue_gain_code));
    // 1. what the parameters say, in electrons of a sample: with binning, of its pixels together
    const double side = static_cast<double>(stand.pixels.sensor.binning), pixels = side * side;
    const adc_transfer transfer = transfer_of(adc, gain);
    const double slope = static_cast<double>(transfer.slope) * adc.digital_gain / pixels;
    const double step = static_cast<double>(transfer.slope) / pixels;  // of the ramp itself
    const double range = static_cast<double>(transfer.highest - transfer.black) /
                         static_cast<double>(step) / adc.digital_gain;
    const double clip = std::min(noise.full_well * pixels, range);
    const double seconds = stand.pixels.sensor.timing().exposure_time;
    const double rate = noise.dark_current * dark_factor(noise) * pixels;
    const double averaging =
        noise.binned == pixel_noise_parameters::binning::charge ? pixels : side;
    const double reset = adc.cds ? 0.0 : adc.reset_noise / averaging;
    const double read = noise.enable ? read_noise_of_sample(noise, gain, side) : 0.0;
    const double row_noise = noise.enable ? noise.row_noise / std::sqrt(side) : 0.0;
    const double dark_noise = std::sqrt(square(pixels * read) + square(pixels * row_noise) +
                                        square(pixels * reset) + rate * seconds);
    const bool several = adc.banks > 1;
    const double bank_offset = several ? adc.bank_offset / gain * pixels : 0.0;
    const double bank_gain = several ? adc.bank_gain : 0.0;
    const double shared = std::sqrt(side);  // rows and columns average over two
    const double on = noise.enable ? 1.0 : 0.0;
    spatial_spread dsnu, prnu;
    // What differs from bank to bank within a column is seen as the column's mean over the banks,
    // and as the pixels' own for the rest.
    const double banks = static_cast<double>(adc.banks), rest = 1 - 1 / banks;
    const double own_offset = square(adc.column_offset / gain * pixels);
    const double own_gain = square(adc.column_gain);
    dsnu.pixel = std::sqrt(square(on * noise.dsnu / side * pixels) + own_offset * rest);
    dsnu.row = std::sqrt(square(on * noise.dsnu_row / shared * pixels) + square(bank_offset));
    dsnu.column =
        std::sqrt(square(on * noise.column_offset / shared * pixels) + own_offset / banks);
    prnu.pixel = std::sqrt(square(on * noise.prnu / side) + own_gain * rest);
    prnu.row = std::sqrt(square(on * noise.prnu_row / shared) + square(bank_gain));
    prnu.column = std::sqrt(square(on * noise.prnu_column / shared) + own_gain / banks);
    for (spatial_spread* s : {&dsnu, &prnu})
        s->total = std::sqrt(square(s->pixel) + square(s->row) + square(s->column));

    // 2. the photon transfer curve, at the exposure time of the configuration
    characterization result;
    test_camera camera(stand, pool);
    image_stack dark(stand.width, stand.height);
    plane<std::uint16_t> first_dark = camera.capture(0, seconds);
    dark.add(first_dark);
    for (unsigned i = 1; i < stand.images; ++i)
        dark.add(camera.capture(0, seconds));
    const pair_statistics dark_statistics{dark.mean(), dark.temporal_variance()};
    std::vector<double> expected;
    for (unsigned i = 1; i <= stand.levels; ++i) {
        const double electrons = 1.06 * clip * i / stand.levels;
        const auto a = camera.capture(electrons / pixels, seconds);
        const auto b = camera.capture(electrons / pixels, seconds);
        result.curve.push_back({electrons, compare_pair(a, b), dark_statistics});
        expected.push_back(
            clipped_variance(electrons + rate * seconds, prnu.total, dark_noise, clip));
    }
    const photon_transfer t = evaluate_transfer(result.curve);
    const double saturation = result.curve[saturation_level(expected)].exposure;

    // 3. non-uniformity
    image_stack light(stand.width, stand.height);
    for (unsigned i = 0; i < stand.images; ++i)
        light.add(camera.capture(0.5 * saturation / pixels, seconds));
    const spatial_spread in_dark = dark.spread();
    const spatial_spread response =
        relative_spread(light.spread(), in_dark, light.mean() - dark.mean());

    // 4. dark current: the mean's slope over exposures that do not come near saturation
    double longest = 10;
    while (rate * longest > 0.3 * clip && longest > 1e-3)
        longest /= 10;
    constexpr unsigned times = 6;
    double x = 0, y = 0, v = 0, xx = 0, xy = 0, xv = 0;
    for (unsigned i = 0; i < times; ++i) {
        const double at = longest * (i + 0.1) / times;
        const pair_statistics s = compare_pair(camera.capture(0, at), camera.capture(0, at));
        x += at;
        y += s.mean;
        v += s.variance;
        xx += at * at;
        xy += at * s.mean;
        xv += at * s.variance;
    }
    const double spread = times * xx - x * x;
    const double dark_mean = (times * xy - x * y) / spread / t.gain;
    const double dark_variance = (times * xv - x * v) / spread / square(t.gain);

    // 5. the report
    auto& f = result.figures;
    const double sensitivity = stand.pixels.camera.sensitivity;
    const double photons = photons_per_lux_second_um2 * pixel_area;
    const double quantisation = std::sqrt(square(dark_noise) + 1 / (12 * square(slope)));
    f.push_back({"system gain K", "DN/e-", slope, t.gain, ""});
    f.push_back({"quantum efficiency", "%", 100 * sensitivity / photons,
                 100 * sensitivity / photons * t.responsivity / t.gain,
                 "of photons of 555 nm on a green pixel"});
    f.push_back({"temporal dark noise", "e-", dark_noise, t.dark_noise,
                 t.dark_limited ? "bound: the quantisation hides it" : ""});
    f.push_back({"saturation capacity", "e-", saturation, t.saturation,
                 "level of the largest variance; the signal clips at " +
                     std::to_string(std::lround(clip)) + " e-"});
    f.push_back({"SNR max", "dB", 10 * std::log10(saturation), 20 * std::log10(t.snr_max), ""});
    f.push_back({"dynamic range", "dB", 20 * std::log10(saturation / (quantisation + 0.5)),
                 20 * std::log10(t.dynamic_range), ""});
    f.push_back({"linearity error", "%", adc.inl == 0 ? std::optional<double>(0.0) : std::nullopt,
                 100 * t.linearity_error, "mean over 5 .. 95 % of saturation"});
    f.push_back(
        {"black level", "DN",
         static_cast<double>(transfer.black) + (adc.black_clamp ? 0.0 : slope * rate * seconds),
         dark.mean(), "of the exposure time, dark current included"});
    const auto parts = [&](const char* name, const char* unit, double scale,
                           const spatial_spread& set, const spatial_spread& seen, double per) {
        const std::string n = name;
        f.push_back({n, unit, scale * set.total, scale * seen.total / per, ""});
        f.push_back({n + " pixel", unit, scale * set.pixel, scale * seen.pixel / per, ""});
        f.push_back({n + " row", unit, scale * set.row, scale * seen.row / per,
                     several ? "banks included" : ""});
        f.push_back({n + " column", unit, scale * set.column, scale * seen.column / per, ""});
    };
    parts("DSNU1288", "e-", 1, dsnu, in_dark, t.gain);
    parts("PRNU1288", "%", 100, prnu, response, 1);
    const edge_response sharp =
        measure_edge(camera.capture(*make_chart("slanted-edge"), 0.9 * clip / pixels, seconds));
    f.push_back({"MTF50", "cy/px", 0.6034, sharp.mtf50, "of the pixel aperture: there is no lens"});
    f.push_back({"MTF at Nyquist", "", 0.6366, sharp.at(0.5), ""});
    f.push_back({"row noise", "e-", pixels * row_noise,
                 std::sqrt(std::max(0.0, dark.row_temporal_variance())) / t.gain, "temporal"});
    f.push_back({"column noise", "e-", 0.0,
                 std::sqrt(std::max(0.0, dark.column_temporal_variance())) / t.gain, "temporal"});
    f.push_back({"dark current", "e-/s", adc.black_clamp ? std::nullopt : std::optional(rate),
                 dark_mean, adc.black_clamp ? "the black clamp hides it" : "from the mean"});
    f.push_back({"dark current, variance", "e-/s", rate, dark_variance, "from the variance"});
    return result;
}

}  // namespace ocellus::models
