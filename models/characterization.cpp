// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/characterization.h"

#include <algorithm>
#include <cmath>

#include "models/camera_colour.h"
#include "models/charts.h"
#include "models/column_converters.h"
#include "models/optics.h"
#include "models/slanted_edge.h"

namespace ocellus::models {
namespace {

/// Photons of 555 nm that one lux second brings onto one square micrometre: 1 / (683 lm/W) over
/// their energy.
constexpr double photons_per_lux_second_um2 =
    1e-12 / 683.002 / (6.62607015e-34 * 2.99792458e8 / 555e-9);
constexpr double pi = 3.14159265358979323846;

double square(double x) {
    return x * x;
}

/// Slope of y over x.
class fitted_line {
  public:
    void add(double x, double y) {
        n_ += 1;
        x_ += x;
        y_ += y;
        xx_ += x * x;
        xy_ += x * y;
    }
    double slope() const { return (n_ * xy_ - x_ * y_) / (n_ * xx_ - x_ * x_); }

  private:
    double n_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
};

/// Root mean square about the mean.
double spread_of(const std::vector<double>& values) {
    double mean = 0, squares = 0;
    for (const double v : values)
        mean += v / static_cast<double>(values.size());
    for (const double v : values)
        squares += (v - mean) * (v - mean);
    return std::sqrt(squares / static_cast<double>(values.size()));
}

/// Of values about their mean, 201 bins that reach as far as the values do and are a whole number
/// of `grain`, the distance of values, wide.
histogram histogram_of(const std::vector<double>& values, double unit, double grain) {
    double mean = 0, most = 0;
    for (const double v : values)
        mean += v / static_cast<double>(values.size());
    for (const double v : values)
        most = std::max(most, std::fabs(v - mean));
    constexpr int half = 100;
    histogram h;
    h.step = std::max(1.0, std::ceil(most / half / grain)) * grain / unit;
    h.first = -(half + 0.5) * h.step;
    h.counts.resize(2 * half + 1);
    for (const double v : values)
        ++h.counts[static_cast<std::size_t>(
            std::clamp(std::lround((v - mean) / unit / h.step) + half, 0L, 2L * half))];
    return h;
}

/// The camera whose pixels are the stand's samples, 2x2 pixels when they are binned, and whose lens
/// does nothing but blur.
camera_parameters blur_camera(const test_stand& stand) {
    camera_parameters c = stand.pixels.camera;
    const double side = static_cast<double>(stand.pixels.sensor.binning);
    c.blur /= side;
    c.pitch *= side;
    c.shading.clear();
    return c;
}

/// Where the modulation that the parameters say has fallen to a half, cycles per sample.
double half_point(const test_stand& stand) {
    double low = 0, high = 1;
    for (int i = 0; i < 60; ++i) {
        const double f = (low + high) / 2;
        (system_mtf(stand, f) > 0.5 ? low : high) = f;
    }
    return low;
}

}  // namespace

double system_mtf(const test_stand& stand, double f) {
    const camera_parameters c = blur_camera(stand);
    const double u = pi * f;
    double m = (f > 0 ? std::fabs(std::sin(u) / u) : 1.0) * gaussian_mtf(f, c.blur);
    if (c.diffraction)
        m *= diffraction_mtf(f / (c.pitch * 1e6), 0.55, c.f_number);
    return m;
}

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
    // A patch at the centre of the field: the lens blurs and does not shade.
    auto lens = std::make_shared<lens_model>();
    lens->blur = lens_of(blur_camera(stand_)).blur;
    auto light = chart.frame(frame_, stand_.width, stand_.height);
    if (lens->active())
        light = through_lens(light, lens);
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

characterization characterize(const test_stand& stand, worker_pool& pool,
                              const std::function<void(const test_image&)>& show) {
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
    // Banks are few: what was drawn for them, not what it was drawn from.
    const column_converters drawn(adc, stand.seed, stand.width, gain);
    std::vector<double> bank_offsets, bank_gains;
    for (unsigned b = 0; b < adc.banks; ++b) {
        const adc_transfer& t = drawn.bank(b);
        bank_offsets.push_back(static_cast<double>(t.offset) / static_cast<double>(t.slope) *
                               pixels);
        bank_gains.push_back(static_cast<double>(t.slope) / static_cast<double>(transfer.slope));
    }
    const double bank_offset = spread_of(bank_offsets), bank_gain = spread_of(bank_gains);
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
    double temperature = noise.temperature;
    // Takes an image, shows it, and gives it back.
    const auto shown = [&](const char* use, unsigned level, unsigned image, double electrons,
                           double exposure) {
        plane<std::uint16_t> p = camera.capture(electrons / pixels, exposure);
        if (show)
            show({use, level, image, electrons, exposure, temperature, p});
        return p;
    };
    image_stack dark(stand.width, stand.height);
    for (unsigned i = 0; i < stand.images; ++i)
        dark.add(shown("dark", 0, i, 0, seconds));
    const pair_statistics dark_statistics{dark.mean(), dark.temporal_variance()};
    std::vector<double> expected;
    result.clip = clip;
    for (unsigned i = 1; i <= stand.levels; ++i) {
        const double electrons = 1.06 * clip * i / stand.levels;
        const auto a = shown("transfer", i, 0, electrons, seconds);
        const auto b = shown("transfer", i, 1, electrons, seconds);
        result.curve.push_back({electrons, compare_pair(a, b), dark_statistics});
        expected.push_back(
            clipped_variance(electrons + rate * seconds, prnu.total, dark_noise, clip));
    }
    const photon_transfer t = evaluate_transfer(result.curve);
    const double saturation = result.curve[saturation_level(expected)].exposure;

    // 3. non-uniformity
    image_stack light(stand.width, stand.height);
    for (unsigned i = 0; i < stand.images; ++i)
        light.add(shown("uniform", 0, i, 0.5 * saturation, seconds));
    const spatial_spread in_dark = dark.spread();
    const spatial_spread response =
        relative_spread(light.spread(), in_dark, light.mean() - dark.mean());

    // 4. dark current: the mean's slope over exposures that do not come near saturation, at the
    // temperature of the parameters and at another
    const double other = noise.temperature <= 100 ? noise.temperature + 10 : noise.temperature - 10;
    pixel_noise_parameters elsewhere = noise;
    elsewhere.temperature = other;
    const double highest_rate =
        std::max(rate, noise.dark_current * dark_factor(elsewhere) * pixels);
    double longest = 10;
    while (highest_rate * longest > 0.3 * clip && longest > 1e-3)
        longest /= 10;
    constexpr unsigned times = 6;
    const auto dark_current = [&](double celsius, fitted_line& mean, fitted_line& variance) {
        temperature = celsius;
        camera.set_temperature(celsius);
        for (unsigned i = 0; i < times; ++i) {
            const double at = longest * (i + 0.1) / times;
            const auto a = shown("dark_current", i, 0, 0, at);
            const pair_statistics s = compare_pair(a, shown("dark_current", i, 1, 0, at));
            mean.add(at, s.mean);
            variance.add(at, s.variance);
            result.dark.push_back({at, celsius, s});
        }
    };
    fitted_line means, variances, other_means, other_variances;
    dark_current(noise.temperature, means, variances);
    dark_current(other, other_means, other_variances);
    temperature = noise.temperature;
    camera.set_temperature(temperature);
    const double dark_mean = means.slope() / t.gain;
    const double dark_variance = variances.slope() / square(t.gain);
    const double times_as_much = other_means.slope() / means.slope();
    const std::optional<double> doubling = noise.dark_current > 0 && !adc.black_clamp
                                               ? std::optional(noise.dark_doubling)
                                               : std::nullopt;

    // 5. the report
    auto& f = result.figures;
    const camera_parameters& eye = stand.pixels.camera;
    const double sensitivity = channel_sensitivity(eye)[1];
    const double photons = photons_per_lux_second_um2 * square(eye.pitch * 1e6);
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
    f.push_back({"sensitivity threshold", "e-", quantisation + 0.5, t.saturation / t.dynamic_range,
                 "signal of the size of the noise"});
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
                     several ? "banks as drawn included" : ""});
        f.push_back({n + " column", unit, scale * set.column, scale * seen.column / per, ""});
    };
    parts("DSNU1288", "e-", 1, dsnu, in_dark, t.gain);
    parts("PRNU1288", "%", 100, prnu, response, 1);
    // The sum of as many images as 16 bits hold: an edge is measured by differences, in which noise
    // is large.
    const unsigned edges =
        std::min(16u, std::max(1u, 65535u / ((1u << static_cast<unsigned>(adc.bits)) - 1)));
    plane<std::uint16_t> edge(stand.width, stand.height);
    for (unsigned i = 0; i < edges; ++i) {
        const auto one = camera.capture(*make_chart("slanted-edge"), 0.9 * clip / pixels, seconds);
        if (show)
            show({"edge", 0, i, 0.9 * clip, seconds, temperature, one});
        for (unsigned y = 0; y < stand.height; ++y)
            for (unsigned x = 0; x < stand.width; ++x)
                edge.row(y)[x] =
                    static_cast<std::uint16_t>((i ? edge.row(y)[x] : 0) + one.row(y)[x]);
    }
    const edge_response sharp = measure_edge(edge);
    f.push_back({"MTF50", "cy/px", half_point(stand), sharp.mtf50,
                 eye.blur > 0 || eye.diffraction ? "pixel aperture and the lens's blur"
                                                 : "of the pixel aperture: the lens is ideal"});
    f.push_back({"MTF at Nyquist", "", system_mtf(stand, 0.5), sharp.at(0.5), ""});
    f.push_back({"row noise", "e-", pixels * row_noise,
                 std::sqrt(std::max(0.0, dark.row_temporal_variance())) / t.gain, "temporal"});
    f.push_back({"column noise", "e-", 0.0,
                 std::sqrt(std::max(0.0, dark.column_temporal_variance())) / t.gain, "temporal"});
    f.push_back({"dark current", "e-/s", adc.black_clamp ? std::nullopt : std::optional(rate),
                 dark_mean, adc.black_clamp ? "the black clamp hides it" : "from the mean"});
    f.push_back({"dark current, variance", "e-/s", rate, dark_variance, "from the variance"});
    if (doubling && times_as_much > 0)
        f.push_back({"dark current doubling", "K", doubling,
                     (other - noise.temperature) / std::log2(times_as_much),
                     "between " + std::to_string(std::lround(noise.temperature)) + " and " +
                         std::to_string(std::lround(other)) + " degC" +
                         (t.dark_limited ? "; steps of " + std::to_string(std::lround(1 / slope)) +
                                               " e- are too coarse for it"
                                         : "")});
    result.transfer = t;
    result.dark_noise = quantisation;
    result.edge = sharp;
    const std::vector<double> dark_image = dark.mean_image(), light_image = light.mean_image();
    const double grain = 1.0 / stand.images;
    result.offsets = histogram_of(dark_image, t.gain, grain);
    std::vector<double> difference(light_image.size());
    for (std::size_t i = 0; i < difference.size(); ++i)
        difference[i] = light_image[i] - dark_image[i];
    for (const bool vertical : {false, true}) {
        if (!stand.spectra)
            break;
        auto& dark_lines = result.offset_spectra[vertical ? 1 : 0];
        auto& light_lines = result.response_spectra[vertical ? 1 : 0];
        dark_lines = spectrogram(dark_image, stand.width, stand.height, vertical);
        light_lines = spectrogram(difference, stand.width, stand.height, vertical);
        for (double& v : dark_lines)
            v /= t.gain;
        for (double& v : light_lines)
            v *= 100 / (light.mean() - dark.mean());
    }
    result.response = histogram_of(difference, (light.mean() - dark.mean()) / 100, grain);
    return result;
}

}  // namespace ocellus::models
