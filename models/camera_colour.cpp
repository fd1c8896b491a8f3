// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/camera_colour.h"

#include <Eigen/Dense>
#include <cmath>
#include <utility>
#include <vector>

#include "core/simd.h"
#include "models/illuminant.h"

namespace ocellus::models {
namespace {

OCELLUS_SIMD_CLONES
void mix_row(const float* __restrict red, const float* __restrict green,
             const float* __restrict blue, unsigned width, const float* __restrict even,
             const float* __restrict odd, float* __restrict out) {
    const float e0 = even[0], e1 = even[1], e2 = even[2];
    const float o0 = odd[0], o1 = odd[1], o2 = odd[2];
    for (unsigned x = 0; x < width; ++x) {
        const float at_even = red[x] * e0 + green[x] * e1 + blue[x] * e2;
        const float at_odd = red[x] * o0 + green[x] * o1 + blue[x] * o2;
        out[x] = x & 1 ? at_odd : at_even;
    }
}

OCELLUS_SIMD_CLONES
void quantise_row(const float* __restrict in, unsigned width, std::uint16_t* __restrict out) {
    for (unsigned x = 0; x < width; ++x) {
        float v = in[x] * 65535.0f + 0.5f;
        v = v > 0.0f ? v : 0.0f;
        v = v < 65535.0f ? v : 65535.0f;
        out[x] = static_cast<std::uint16_t>(static_cast<std::int32_t>(v));
    }
}

/// Half of a binned row: the mean of two columns of one colour, added to what is there.
void bin_row(const float* in, unsigned width, float* out) {
    for (unsigned x = 0; x < width; x += 2) {
        out[x] += 0.25f * (in[2 * x] + in[2 * x + 2]);
        out[x + 1] += 0.25f * (in[2 * x + 1] + in[2 * x + 3]);
    }
}

}  // namespace

void camera_parameters::declare(parameter_registry& r) {
    r.quantity("scene.illuminance", illuminance, unit::lux, 0, 2e5)
        .says("Light that falls on the scene.")
        .from(provenance::chosen,
              "diffuse white at 87 % of the range with 16 ms at gain 1: a well lit hall")
        .moves("image.mean", +1)
        .moves("tensor.mean", +1);
    r.real("lens.f_number", f_number, 0.7, 64)
        .says("Focal length over aperture of the lens.")
        .from(provenance::published, "Raspberry Pi AI Camera product brief: F1.79")
        .moves("image.mean", -1);
    r.real("lens.transmission", transmission, 0.01, 1)
        .says("Part of the light that the lens lets through.")
        .from(provenance::assumed, "typical of a coated plastic lens")
        .moves("image.mean", +1);
    r.real("pixel.sensitivity", sensitivity, 1, 1e6)
        .says("Electrons per lux second in a green pixel.")
        .from(provenance::derived,
              "9890 e-/lux s at 1.65 um (Sony, ISSCC 2010) scaled by area to 1.55 um")
        .moves("image.mean", +1);
    r.real("pixel.red_ratio", red_ratio, 0.05, 5)
        .says("Raw red over raw green of a grey surface.")
        .from(provenance::published, "libcamera imx500.json tuning, ct_curve at 5648 K")
        .moves("tensor.red", +1);
    r.real("pixel.blue_ratio", blue_ratio, 0.05, 5)
        .says("Raw blue over raw green of a grey surface.")
        .from(provenance::published, "libcamera imx500.json tuning, ct_curve at 5648 K")
        .moves("tensor.blue", +1);
    r.choice("scene.illuminant", illuminant,
             {{"tuning", light::tuning},
              {"planckian", light::planckian},
              {"daylight", light::daylight}})
        .says(
            "Light on the scene: tuning takes pixel.sensitivity and the two ratios as they are; "
            "planckian and daylight compute them from its spectrum and the quantum efficiencies.")
        .from(provenance::chosen, "published figures before assumed curves")
        .moves("tensor.red", +1)
        .compare("tuning", "planckian")
        .under("scene.colour_temperature=\"2800 K\"");
    r.quantity("scene.colour_temperature", colour_temperature, unit::kelvin, 1500, 25000)
        .says("Colour temperature of a planckian or daylight illuminant (daylight: 4000 K on).")
        .from(provenance::published, "libcamera imx500.json tuning: its daylight matrix")
        .moves("tensor.red", -1)
        .compare("2800 K", "6500 K")
        .under("scene.illuminant=planckian");
    const char* bell = "typical of back-illuminated pixels; no curve of this sensor is published";
    r.real("pixel.qe_red", qe_red, 0.01, 1)
        .says("Peak quantum efficiency under the red filter, with a spectral illuminant.")
        .from(provenance::assumed, bell)
        .moves("tensor.red", +1)
        .under("scene.illuminant=planckian");
    r.real("pixel.qe_green", qe_green, 0.01, 1)
        .says("Peak quantum efficiency under the green filter, with a spectral illuminant.")
        .from(provenance::assumed, bell)
        .moves("image.mean", +1)
        .under("scene.illuminant=planckian");
    r.real("pixel.qe_blue", qe_blue, 0.01, 1)
        .says("Peak quantum efficiency under the blue filter, with a spectral illuminant.")
        .from(provenance::assumed, bell)
        .moves("tensor.blue", +1)
        .under("scene.illuminant=planckian");
    r.real("lens.ir_cut", ir_cut, 500, 1100)
        .says("Wavelength in nm where the infrared cut filter lets half through.")
        .from(provenance::assumed, "usual for cameras of visible light")
        .moves("tensor.red", +1)
        .under("scene.illuminant=planckian");
    r.real("lens.field_of_view", field_of_view, 0, 150)
        .says(
            "Diagonal angle of view in degrees, for the cos^4 loss of light towards the corners; "
            "0: none. The Raspberry Pi AI Camera's is 78.3.")
        .from(provenance::chosen, "the sensor alone")
        .moves("image.mean", -1)
        .compare("0", "78.3");
    r.real("lens.blur", blur, 0, 2)
        .says("Standard deviation of the lens's Gaussian spot, pixels; 0: none.")
        .from(provenance::chosen, "the sensor alone")
        .moves_nothing("as much light, spread");
    r.boolean("lens.diffraction", diffraction)
        .says("Blur as an ideal lens of this f-number at 550 nm does.")
        .from(provenance::chosen, "the sensor alone")
        .moves_nothing("as much light, spread");
    r.quantity("pixel.pitch", pitch, unit::metre, 0.3e-6, 20e-6)
        .says("Distance of neighbouring pixels.")
        .from(provenance::published, "IMX500 press release: 1.55 um")
        .moves("image.mean", +1)
        .under("scene.illuminant=planckian");
    r.path("lens.shading", shading)
        .says("File with a table of relative light over the array (docs/scene.md); empty: none.")
        .from(provenance::chosen, "the sensor alone")
        .moves_nothing("a table of the user's");
}

double quantum_efficiency(const camera_parameters& p, unsigned colour, double nm) {
    const double middle[3] = {600, 530, 460}, peak[3] = {p.qe_red, p.qe_green, p.qe_blue};
    const double t = (nm - middle[colour]) / 40;
    return peak[colour] * std::exp(-0.5 * t * t) / (1 + std::exp((nm - p.ir_cut) / 8));
}

std::array<double, 3> channel_sensitivity(const camera_parameters& p) {
    if (p.illuminant == camera_parameters::light::tuning)
        return {p.sensitivity * p.red_ratio, p.sensitivity, p.sensitivity * p.blue_ratio};
    const spectrum light = p.illuminant == camera_parameters::light::planckian
                               ? planckian(p.colour_temperature)
                               : daylight(p.colour_temperature);
    std::array<double, 3> out{};
    for (unsigned c = 0; c < 3; ++c)
        out[c] = electrons_per_lux_second(
            light, [&](double nm) { return quantum_efficiency(p, c, nm); },
            p.pitch * p.pitch * 1e12);
    return out;
}

lens_model lens_of(const camera_parameters& p) {
    lens_model lens;
    lens.blur = blur_taps(p.blur, p.diffraction ? 0.55 : 0, p.f_number, p.pitch * 1e6);
    lens.corner_tangent = std::tan(p.field_of_view / 2 * 3.14159265358979323846 / 180);
    if (!p.shading.empty())
        load_shading(p.shading, lens);
    return lens;
}

double white_rate(const camera_parameters& p) {
    const double sensitivity = p.illuminant == camera_parameters::light::tuning
                                   ? p.sensitivity
                                   : channel_sensitivity(p)[1];
    return sensitivity * p.illuminance * p.transmission / (4.0 * p.f_number * p.f_number);
}

// libcamera imx500.json tuning, rpi.ccm at 5648 K.
const colour_matrix daylight_ccm = {
    {{{1.766, -0.601, -0.165}}, {{-0.332, 1.814, -0.483}}, {{-0.064, -0.436, 1.500}}}};

colour_matrix inverse(const colour_matrix& m) {
    using matrix = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;
    colour_matrix out{};
    Eigen::Map<matrix>(out[0].data()) = Eigen::Map<const matrix>(m[0].data()).inverse();
    return out;
}

colour_matrix raw_from_srgb(const camera_parameters& p) {
    colour_matrix m = inverse(daylight_ccm);
    double red = p.red_ratio, blue = p.blue_ratio;
    if (p.illuminant != camera_parameters::light::tuning) {
        const auto s = channel_sensitivity(p);
        red = s[0] / s[1];
        blue = s[2] / s[1];
    }
    for (unsigned c = 0; c < 3; ++c) {
        m[0][c] *= red;
        m[2][c] *= blue;
    }
    return m;
}

void mosaic_row(unsigned y, const float* red, const float* green, const float* blue, unsigned width,
                const colour_matrix& raw, float* out) {
    float weights[3][3];
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned j = 0; j < 3; ++j)
            weights[i][j] = static_cast<float>(raw[i][j]);
    const bool odd_row = y & 1;
    mix_row(red, green, blue, width, weights[odd_row ? 1 : 0], weights[odd_row ? 2 : 1], out);
}

void make_mosaic(const linear_frame& frame, const colour_matrix& raw, unsigned binning,
                 plane<std::uint16_t>& out, unsigned first, unsigned last) {
    const unsigned width = frame.width();
    std::vector<float> samples(width);
    if (binning == 1) {
        frame.rows(first, last, [&](unsigned y, const float* r, const float* g, const float* b) {
            mosaic_row(y, r, g, b, width, raw, samples.data());
            quantise_row(samples.data(), out.width(), out.row(y));
        });
        return;
    }
    // Array rows 4k and 4k+2 make row 2k, rows 4k+1 and 4k+3 make row 2k+1.
    const unsigned out_width = out.width();
    std::vector<float> sums[2] = {std::vector<float>(out_width), std::vector<float>(out_width)};
    frame.rows(2 * first, 2 * last,
               [&](unsigned y, const float* r, const float* g, const float* b) {
                   std::vector<float>& sum = sums[y & 1];
                   mosaic_row(y, r, g, b, width, raw, samples.data());
                   if (y % 4 < 2)
                       sum.assign(out_width, 0.0f);
                   bin_row(samples.data(), out_width, sum.data());
                   if (y % 4 >= 2)
                       quantise_row(sum.data(), out_width, out.row(y / 4 * 2 + (y & 1)));
               });
}

/// A frame of the scene that a worker prepares.
struct scene_mosaic::rendering {
    std::uint32_t number = 0;
    work_handle ready;
    std::shared_ptr<const linear_frame> light;
};

scene_mosaic::scene_mosaic(std::shared_ptr<const scene> what, const camera_parameters& camera,
                           unsigned width, unsigned height, unsigned binning, worker_pool& pool,
                           unsigned array_width, unsigned array_height)
    : scene_(std::move(what)),
      raw_(raw_from_srgb(camera)),
      lens_([&]() -> std::shared_ptr<const lens_model> {
          auto lens = std::make_shared<const lens_model>(lens_of(camera));
          return lens->active() ? lens : nullptr;
      }()),
      width_(width),
      height_(height),
      array_width_(array_width > width ? array_width : width),
      array_height_(array_height > height ? array_height : height),
      binning_(binning),
      pool_(pool) {}

std::shared_ptr<scene_mosaic::rendering> scene_mosaic::render(std::uint32_t n,
                                                              const shutter& when) {
    auto r = std::make_shared<rendering>();
    r->number = n;
    r->ready =
        pool_.submit([keep = std::weak_ptr<rendering>(r), what = scene_, n, when, lens = lens_,
                      width = array_width_ * binning_, height = array_height_ * binning_] {
            if (auto alive = keep.lock()) {
                alive->light = what->changes_within_frame() ? what->frame(n, width, height, when)
                                                            : what->frame(n, width, height);
                if (lens)
                    alive->light = through_lens(alive->light, lens);
            }
        });
    return r;
}

double scene_mosaic::peak() const {
    double most = 1;
    for (const auto& row : raw_) {
        double sum = 0;
        for (const double v : row)
            sum += v > 0 ? v : 0;
        most = sum > most ? sum : most;
    }
    // Published matrices give white to three digits: that is white.
    most = most < 1.005 ? 1 : most;
    return most * static_cast<double>(scene_->peak());
}

scene_mosaic::samples scene_mosaic::frame(std::uint32_t n, const shutter& when, double scale) {
    if (still_ && still_scale_ == scale)
        return still_;
    colour_matrix raw = raw_;
    for (auto& row : raw)
        for (double& v : row)
            v /= scale;
    auto now = ahead_ && ahead_->number == n ? ahead_ : render(n, when);
    ahead_.reset();
    constexpr unsigned rows_per_band = 32;
    samples made = store_->lend(lazy_plane<std::uint16_t>::start(
        pool_, width_, height_, rows_per_band,
        [now, raw, binning = binning_](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            now->ready.wait();
            make_mosaic(*now->light, raw, binning, out, first, last);
        },
        store_->take()));
    still_scale_ = scale;
    if (scene_->still())
        still_ = made;
    else if (pool_.threads() > 0 && !scene_->changes_within_frame())
        ahead_ = render(n + 1, {});
    return made;
}

}  // namespace ocellus::models
