// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/optics.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "models/camera_colour.h"
#include "models/charts.h"
#include "models/illuminant.h"
#include "models/slanted_edge.h"
#include "tests/core/temporary_folder.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

constexpr double pi = 3.14159265358979323846;

double sinc(double x) {
    return x == 0 ? 1 : std::sin(pi * x) / (pi * x);
}

/// Green light of a scene behind a lens, as 16-bit numbers of 50000 for white.
plane<std::uint16_t> seen(const scene& what, const lens_model& lens, unsigned width,
                          unsigned height) {
    plane<std::uint16_t> out(width, height);
    auto frame = what.frame(0, width, height);
    if (lens.active())
        frame = through_lens(frame, std::make_shared<lens_model>(lens));
    frame->rows(0, height, [&](unsigned y, const float*, const float* g, const float*) {
        for (unsigned x = 0; x < width; ++x)
            out.row(y)[x] = static_cast<std::uint16_t>(g[x] * 50000.0f + 0.5f);
    });
    return out;
}

}  // namespace

TEST_CASE("a slanted edge shows the pixel's sinc times the lens's transfer, in closed form") {
    const auto chart = make_chart("slanted-edge");
    const double sigma = GENERATE(0.0, 0.4, 0.6);
    const double wavelength = GENERATE(0.0, 0.55);
    lens_model lens;
    lens.blur = blur_taps(sigma, wavelength, 1.79, 1.55);
    CHECK(lens.active() == (sigma > 0 || wavelength > 0));
    const auto edge = measure_edge(seen(*chart, lens, 160, 160));
    for (const double f : {0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5}) {
        const double want = sinc(f) * std::exp(-2 * pi * pi * sigma * sigma * f * f) *
                            (wavelength > 0 ? diffraction_mtf(f / 1.55, wavelength, 1.79) : 1);
        INFO("sigma " << sigma << " wavelength " << wavelength << " f " << f);
        CHECK(edge.at(f) == Approx(want).margin(0.012));
    }
    // MTF50 of the pixel alone and of 0.4 and 0.6 px, where they are below Nyquist.
    if (wavelength == 0 && sigma > 0)
        CHECK(edge.mtf50 == Approx(sigma == 0.4 ? 0.377 : 0.281).epsilon(0.02));
}

TEST_CASE("an ideal lens cuts off at 1 / (wavelength x f-number)") {
    const double cut = 1 / (0.55 * 4);
    CHECK(diffraction_mtf(0, 0.55, 4) == Approx(1));
    CHECK(diffraction_mtf(cut, 0.55, 4) == 0);
    CHECK(diffraction_mtf(cut / 2, 0.55, 4) ==
          Approx(0.3910).margin(1e-4));  // (2/pi)(pi/3 - sqrt(3)/4)
    CHECK(diffraction_mtf(cut * 1.1, 0.55, 4) == 0);
}

TEST_CASE("blur spreads light and loses none, and bands of rows agree with the whole") {
    const auto chart = make_chart("checkerboard");
    auto lens = std::make_shared<lens_model>();
    lens->blur = blur_taps(0.8, 0, 1.79, 1.55);
    lens->corner_tangent = std::tan(39.15 * pi / 180);
    const auto frame = through_lens(chart->frame(0, 96, 64), lens);
    std::vector<std::vector<float>> whole(64);
    frame->rows(0, 64, [&](unsigned y, const float* r, const float*, const float*) {
        whole[y].assign(r, r + 96);
    });
    for (unsigned first = 0; first < 64; first += 7)
        frame->rows(first, std::min(64u, first + 7),
                    [&](unsigned y, const float* r, const float*, const float*) {
                        CHECK(std::vector<float>(r, r + 96) == whole[y]);
                    });
    double sum = 0;
    for (const float t : lens->blur)
        sum += static_cast<double>(t);
    CHECK(sum == Approx(1).epsilon(1e-6));
}

TEST_CASE("corners lose light by the fourth power of the cosine") {
    const uniform_scene white(1, 1, 1);
    camera_parameters camera;
    camera.field_of_view = 78.3;
    const lens_model lens = lens_of(camera);
    CHECK(lens.light_at(0, 0, 0.5, 0.5) == 1);
    CHECK(lens.light_at(0.8, 0.6, 1, 1) == Approx(std::pow(std::cos(78.3 / 2 * pi / 180), 4)));
    const double angle = std::atan(0.5 * std::tan(78.3 / 2 * pi / 180));
    CHECK(lens.light_at(0.3, 0.4, 0.7, 0.7) == Approx(std::pow(std::cos(angle), 4)));
    const auto image = seen(white, lens, 64, 48);
    CHECK(image.row(24)[32] == Approx(50000).epsilon(2e-3));
    CHECK(image.row(0)[0] / 50000.0 ==
          Approx(std::pow(std::cos(78.3 / 2 * pi / 180), 4)).epsilon(0.03));
}

TEST_CASE("a table of shading is spread over the array, a bad one is named with its line") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/shading.txt";
    put_file(path, "# corners\n1.0, 0.5 0.25\n\n0.5 0.5 0.5 # below\n");
    camera_parameters camera;
    camera.shading = path;
    const lens_model lens = lens_of(camera);
    CHECK(lens.light_at(0, 0, 0, 0) == 1);
    CHECK(lens.light_at(0, 0, 0.25, 0) == Approx(0.75));
    CHECK(lens.light_at(0, 0, 0.75, 0.5) == Approx((0.375 + 0.5) / 2));
    CHECK(lens.light_at(0, 0, 1, 1) == Approx(0.5));
    const auto complaint = [&](const std::string& text) -> std::string {
        put_file(path, text);
        try {
            lens_of(camera);
        } catch (const input_error& e) {
            return e.what();
        }
        return {};
    };
    CHECK(complaint("1 1\n1 x\n").find("shading.txt:2: 'x' is no relative light") !=
          std::string::npos);
    CHECK(complaint("1 1\n1 nan\n").find(":2: 'nan'") != std::string::npos);
    CHECK(complaint("1 1\n1\n").find(":2: 1 numbers; the rows above have 2") != std::string::npos);
    CHECK(complaint("1 1\n").find("at least 2 x 2") != std::string::npos);
}

TEST_CASE("spectra of light: Planck's law and the daylight of the CIE") {
    // Wien: the maximum of 5000 K lies at 2.897771955e-3 / 5000 = 579.6 nm.
    const spectrum p = planckian(5000);
    CHECK(p(579.6) > p(575));
    CHECK(p(579.6) > p(584));
    CHECK(p(560) == Approx(1));
    // Ratio of two wavelengths: (l2/l1)^5 (e^b - 1)/(e^a - 1) with c2 = 1.438776877e-2 m K.
    const double a = 1.438776877e-2 / (450e-9 * 5000), b = 1.438776877e-2 / (650e-9 * 5000);
    CHECK(p(450) / p(650) == Approx(std::pow(650.0 / 450, 5) * std::expm1(b) / std::expm1(a)));
    // Published table of D65 (CIE 15).
    const spectrum d65 = models::daylight(6504);
    const double table[][2] = {{400, 82.75}, {450, 117.01}, {500, 109.35}, {550, 104.05},
                               {600, 90.01}, {650, 80.03},  {700, 71.61}};
    for (const auto& row : table)
        CHECK(100 * d65(row[0]) == Approx(row[1]).epsilon(0.003));
    // Luminous efficiency: 1 at 555 nm, 0.323 at 500, 0.107 at 650 (CIE 1924).
    CHECK(colour_matching(555)[1] == Approx(1).margin(0.01));
    CHECK(colour_matching(500)[1] == Approx(0.323).margin(0.015));
    CHECK(colour_matching(650)[1] == Approx(0.107).margin(0.015));
}

TEST_CASE("lux become photons and photons electrons") {
    // 1 lx s at 555 nm is 9821 photons in a pixel of 1.55 um.
    const auto line = [](double nm) { return nm > 554 && nm < 556 ? 1.0 : 0.0; };
    CHECK(electrons_per_lux_second(
              line, [](double) { return 1.0; }, 1.55 * 1.55) == Approx(9821).epsilon(0.01));
    CHECK(electrons_per_lux_second(
              line, [](double) { return 0.5; }, 3.1 * 3.1) == Approx(2 * 9821).epsilon(0.01));
    camera_parameters p;
    p.illuminant = camera_parameters::light::planckian;
    p.colour_temperature = 3200;
    const auto s = channel_sensitivity(p);
    // The assumed curves give about half of the published 8728 e-/lx s, whose curve is not known;
    // no more than all photons of the efficacy of this light can be caught.
    CHECK(s[1] > 0.4 * 8728);
    CHECK(s[1] < 8728);
    // The closed formula by another sum: 1 nm steps of the product of its factors.
    double lumens = 0, electrons = 0;
    const double h = 6.62607015e-34, c = 2.99792458e8, k = 1.380649e-23;
    for (double nm = 380.5; nm < 780; nm += 1) {
        const double watts =
            std::pow(nm, -5) / std::expm1(h * c / (nm * 1e-9 * k * p.colour_temperature));
        const double t = (nm - 530) / 40;
        lumens += 683 * watts * colour_matching(nm)[1];
        electrons += watts * nm * 1e-9 / (h * c) * 0.62 * std::exp(-t * t / 2) /
                     (1 + std::exp((nm - 660) / 8));
    }
    CHECK(s[1] == Approx(electrons / lumens * 2.4025e-12).epsilon(1e-3));
    CHECK(white_rate(p) == Approx(s[1] * 720 * 0.9 / (4 * 1.79 * 1.79)));
    // Warmer light: more red, less blue.
    p.colour_temperature = 2800;
    const auto warm = channel_sensitivity(p);
    p.colour_temperature = 7600;
    const auto cold = channel_sensitivity(p);
    CHECK(warm[0] / warm[1] > 1.3 * cold[0] / cold[1]);
    CHECK(warm[2] / warm[1] < 0.7 * cold[2] / cold[1]);
    // Each channel's efficiency counts for itself.
    const auto before = channel_sensitivity(p);
    p.qe_red *= 0.5;
    const auto after = channel_sensitivity(p);
    CHECK(after[0] == Approx(before[0] / 2));
    CHECK(after[1] == Approx(before[1]));
    const auto raw = raw_from_srgb(p);
    CHECK(raw[0][0] + raw[0][1] + raw[0][2] == Approx(after[0] / after[1]).epsilon(0.002));
}

TEST_CASE("the ColorChecker's reflectances give the colours that its maker publishes") {
    const unsigned char published[24][3] = {
        {115, 82, 68},   {194, 150, 130}, {98, 122, 157}, {87, 108, 67},   {133, 128, 177},
        {103, 189, 170}, {214, 126, 44},  {80, 91, 166},  {193, 90, 99},   {94, 60, 108},
        {157, 188, 64},  {224, 163, 46},  {56, 61, 150},  {70, 148, 73},   {175, 54, 60},
        {231, 199, 31},  {187, 86, 149},  {8, 133, 161},  {243, 243, 242}, {200, 200, 200},
        {160, 160, 160}, {122, 122, 121}, {85, 85, 85},   {52, 52, 52}};
    const auto& light = colorchecker_light();
    double sum = 0;
    for (unsigned p = 0; p < 24; ++p) {
        double squares = 0;
        for (unsigned c = 0; c < 3; ++c) {
            const double v = static_cast<double>(light[p][c]);
            const double code =
                255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055);
            squares += (code - published[p][c]) * (code - published[p][c]);
        }
        INFO("patch " << p << " " << std::sqrt(squares));
        CHECK(std::sqrt(squares) < 30);
        sum += std::sqrt(squares) / 24;
    }
    CHECK(sum < 10);
}
