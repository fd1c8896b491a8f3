// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "models/characterization.h"
#include "models/slanted_edge.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr unsigned size = 160;

/// An edge 5 degrees off the vertical behind a Gaussian blur and square pixels, by summation over
/// the pixel. Exact but for 12-point sums.
std::vector<double> edge(double sigma, double low, double high) {
    std::vector<double> out(size * size);
    const double tangent = std::tan(5 * pi / 180), cosine = std::cos(5 * pi / 180);
    constexpr int parts = 12;
    for (unsigned y = 0; y < size; ++y)
        for (unsigned x = 0; x < size; ++x) {
            double sum = 0;
            for (int j = 0; j < parts; ++j)
                for (int i = 0; i < parts; ++i) {
                    const double px = x + (i + 0.5) / parts - size / 2.0;
                    const double py = y + (j + 0.5) / parts - size / 2.0;
                    const double away = (px - py * tangent) * cosine;
                    sum += sigma > 0 ? 0.5 * std::erfc(-away / sigma / std::sqrt(2.0))
                                     : (away > 0 ? 1.0 : 0.0);
                }
            out[y * size + x] = low + (high - low) * sum / (parts * parts);
        }
    return out;
}

plane<std::uint16_t> rounded(const std::vector<double>& v) {
    plane<std::uint16_t> p(size, size);
    for (unsigned y = 0; y < size; ++y)
        for (unsigned x = 0; x < size; ++x)
            p.row(y)[x] = static_cast<std::uint16_t>(std::lround(v[y * size + x]));
    return p;
}

double expected(double f, double sigma) {
    return (f > 0 ? std::sin(pi * f) / (pi * f) : 1.0) *
           std::exp(-2 * pi * pi * sigma * sigma * f * f);
}

}  // namespace

TEST_CASE("a slanted edge gives sinc times Gauss") {
    const double sigma = GENERATE(0.0, 0.4, 0.6);
    const edge_response r = measure_edge(rounded(edge(sigma, 4000, 60000)));
    CHECK(r.angle == Approx(5).margin(0.02));
    for (int k = 0; k <= 50; ++k) {
        INFO(sigma << " at " << k / 100.0);
        CHECK(r.mtf[static_cast<std::size_t>(k)] ==
              Approx(expected(k / 100.0, sigma)).margin(0.012));
    }
    const double mtf50 = sigma == 0 ? 0.603 : sigma == 0.4 ? 0.377 : 0.281;
    CHECK(r.mtf50 == Approx(mtf50).epsilon(0.02));
}

TEST_CASE("the same through the noise of a sensor") {
    const double sigma = GENERATE(0.0, 0.4, 0.6);
    std::vector<double> e = edge(sigma, 500, 5000);
    double mean = 0;
    constexpr int images = 6;
    for (unsigned n = 0; n < images; ++n) {
        std::mt19937_64 random(n);
        std::normal_distribution<double> normal;
        std::vector<double> dn(e.size());
        for (std::size_t i = 0; i < e.size(); ++i)
            dn[i] = 256 + 0.4716 * (e[i] + std::sqrt(e[i] + 9) * normal(random));
        mean += measure_edge(rounded(dn)).mtf50 / images;
    }
    const double mtf50 = sigma == 0 ? 0.603 : sigma == 0.4 ? 0.377 : 0.281;
    CHECK(mean == Approx(mtf50).epsilon(0.02));
}

TEST_CASE("the characterised sensor has the MTF of its pixel aperture") {
    worker_pool pool(2);
    test_stand s;
    s.adc.bits = 12;
    const characterization c = characterize(s, pool);
    REQUIRE(c.find("MTF50"));
    CHECK(c.find("MTF50")->measured == Approx(0.603).epsilon(0.02));
    CHECK(c.find("MTF at Nyquist")->measured == Approx(2 / pi).epsilon(0.03));
}

TEST_CASE("the characterised sensor has the MTF that its lens was given") {
    worker_pool pool(2);
    test_stand s;
    s.adc.bits = 12;
    s.levels = 12;
    s.images = 2;
    camera_parameters& lens = s.pixels.camera;
    lens.blur = GENERATE(0.0, 0.4, 0.6);
    lens.diffraction = GENERATE(false, true);
    lens.f_number = 2.8;
    // Closed form: sinc, Gauss and the ideal lens at 550 nm.
    const auto set = [&](double f) {
        const double n = f / 1.55 * 0.55 * 2.8;
        return expected(f, lens.blur) *
               (lens.diffraction ? 2 / pi * (std::acos(n) - n * std::sqrt(1 - n * n)) : 1);
    };
    double mtf50 = 0.1;
    while (set(mtf50) > 0.5)
        mtf50 += 1e-5;
    const characterization c = characterize(s, pool);
    INFO(lens.blur << " " << lens.diffraction << " " << c.find("MTF50")->measured);
    CHECK(c.find("MTF50")->measured == Approx(mtf50).epsilon(0.02));
    CHECK(*c.find("MTF50")->set == Approx(mtf50).epsilon(1e-4));
    CHECK(*c.find("MTF at Nyquist")->set == Approx(set(0.5)).epsilon(1e-6));
    // The skirts of an ideal lens's spot reach beyond the edge's surroundings.
    for (unsigned k = 0; k <= 50; ++k) {
        INFO(k);
        CHECK(c.edge.mtf[k] == Approx(set(k / 100.0)).margin(lens.diffraction ? 0.018 : 0.012));
    }
}
