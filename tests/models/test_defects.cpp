// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "models/camera_colour.h"
#include "models/column_converters.h"
#include "models/exact_poisson.h"
#include "models/exposed_frame.h"
#include "models/portable_math.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

worker_pool& pool() {
    static worker_pool p(2);
    return p;
}

exposed_frame::samples flat(unsigned width, unsigned height, std::uint16_t level) {
    return lazy_plane<std::uint16_t>::start(
        pool(), width, height, 64,
        [level](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y)
                std::fill(out.row(y), out.row(y) + out.width(), level);
        });
}

std::vector<float> exposed(const pixel_noise_parameters& noise, const defect_parameters& defects,
                           double electrons, double seconds, unsigned frame = 0,
                           unsigned binning = 1, unsigned width = 512, unsigned height = 256,
                           double gain = 1) {
    exposed_frame::settings s;
    s.seed = 77;
    s.frame = frame;
    s.exposure_time = seconds;
    s.white_rate = electrons / seconds * mosaic_white / 30000;
    s.gain = gain;
    s.binning = binning;
    s.telegraph_activity = defects.telegraph_activity;
    const exposed_frame f(
        s, noise, flat(width, height, 30000),
        pixel_differences::make(noise, defects, 77, width, height, binning, pool()));
    std::vector<float> out(std::size_t{width} * height);
    for (unsigned y = 0; y < height; ++y)
        f.expose(y, out.data() + std::size_t{y} * width);
    return out;
}

struct moments {
    double mean = 0, variance = 0;
};
moments of(const std::vector<float>& v) {
    moments m;
    for (const float x : v)
        m.mean += static_cast<double>(x);
    m.mean /= static_cast<double>(v.size());
    for (const float x : v)
        m.variance += (static_cast<double>(x) - m.mean) * (static_cast<double>(x) - m.mean);
    m.variance /= static_cast<double>(v.size() - 1);
    return m;
}

pixel_noise_parameters silent() {
    pixel_noise_parameters p;
    p.read_noise_pixel = p.read_noise_converter = p.dark_current = p.dsnu = p.prnu = p.row_noise =
        p.column_offset = 0;
    return p;
}

}  // namespace

TEST_CASE("logarithm and power of two of our own") {
    for (double x = 1e-9; x < 1e9; x *= 1.37)
        CHECK(portable_log(x) == Approx(std::log(x)).epsilon(1e-14).margin(1e-15));
    for (double x = -60; x < 60; x += 0.173)
        CHECK(portable_exp2(x) == Approx(std::exp2(x)).epsilon(1e-13));
    CHECK(portable_exp2(0) == 1.0);
}

TEST_CASE("dark current doubles with temperature, and brings its shot noise") {
    pixel_noise_parameters p = silent();
    p.dark_current = 40;
    p.dark_doubling = 6;
    for (const double t : {13.0, 25.0, 31.0, 43.0}) {
        p.temperature = t;
        const double want = 40 * 0.5 * std::pow(2.0, (t - 25) / 6);
        const moments m = of(exposed(p, {}, 0, 0.5));
        const double n = 512 * 256;
        CHECK(std::fabs(m.mean - want) < 4 * std::sqrt(want / n));
        CHECK(std::fabs(m.variance - want) < 4 * std::sqrt((want + 2 * want * want) / n));
    }
}

TEST_CASE("defects have the stated number, place and effect") {
    defect_parameters d;
    d.hot = 0.002;
    d.dead = 0.001;
    d.stuck = 0.003;
    d.telegraph = 0.004;
    d.columns = 0.01;
    const defect_map map(d, 5, 1024, 1024, 1, pool());
    double count[5] = {};
    for (unsigned y = 0; y < 1024; ++y)
        for (const defect& one : map.row(y))
            ++count[static_cast<int>(one.kind)];
    const double n = 1024.0 * 1024;
    const auto close = [&](double seen, double part) {
        CHECK(std::fabs(seen - part * n) < 4 * std::sqrt(part * n));
    };
    close(count[0], 0.002);
    close(count[1], 0.001);
    close(count[2], 0.0015);
    close(count[3], 0.0015);
    close(count[4], 0.004);
    CHECK(std::fabs(static_cast<double>(map.columns().size()) - 10.24) < 13);
    // A smaller array has the defects of the corner of a larger one.
    const defect_map corner(d, 5, 300, 200, 1, pool());
    for (unsigned y = 0; y < 200; ++y) {
        std::size_t k = 0;
        for (const defect& one : map.row(y)) {
            if (one.x >= 300)
                continue;
            REQUIRE(k < corner.row(y).size());
            CHECK(corner.row(y)[k].x == one.x);
            CHECK(corner.row(y)[k].size == one.size);
            ++k;
        }
        CHECK(k == corner.row(y).size());
    }
}

TEST_CASE("hot, dead and stuck pixels do what their names say") {
    const pixel_noise_parameters p = silent();
    defect_parameters d;
    d.hot = d.dead = d.stuck = 0.01;
    d.hot_current = 4000;
    const auto e = exposed(p, d, 2000, 0.25);
    const defect_map map(d, 77, 512, 256, 1, pool());
    double hot = 0, expected = 0, normal = 0, normals = 0;
    std::vector<bool> bad(e.size());
    for (unsigned y = 0; y < 256; ++y)
        for (const defect& one : map.row(y)) {
            const std::size_t i = y * 512u + one.x;
            bad[i] = true;
            const double v = static_cast<double>(e[i]);
            switch (one.kind) {
                case defect_kind::hot: {
                    const double mean = 2000 + static_cast<double>(one.size) * 0.25;
                    CHECK(std::fabs(std::min(mean, 8150.0) - v) < 6 * std::sqrt(mean));
                    hot += static_cast<double>(one.size);
                    expected += 4000;
                    break;
                }
                case defect_kind::dead:
                    CHECK(v == 0);
                    break;
                case defect_kind::stuck_high:
                    CHECK(v > 1e6);
                    break;
                case defect_kind::stuck_low:
                    CHECK(v < -1e6);
                    break;
                case defect_kind::telegraph:
                    break;
            }
        }
    CHECK(hot == Approx(expected).epsilon(0.12));
    for (std::size_t i = 0; i < e.size(); ++i)
        if (!bad[i]) {
            normal += static_cast<double>(e[i]);
            normals += 1;
        }
    CHECK(std::fabs(normal / normals - 2000) < 4 * std::sqrt(2000 / normals));
}

TEST_CASE("a telegraph pixel has three levels") {
    const pixel_noise_parameters p = silent();
    defect_parameters d;
    d.telegraph = 0.02;
    d.telegraph_amplitude = 30;
    d.telegraph_activity = 0.4;
    const defect_map map(d, 77, 512, 256, 1, pool());
    double up = 0, down = 0, rest = 0;
    for (unsigned frame = 0; frame < 4; ++frame) {
        const auto e = exposed(p, d, 0, 1, frame);
        for (unsigned y = 0; y < 256; ++y)
            for (const defect& one : map.row(y)) {
                const float v = e[y * 512u + one.x];
                CHECK((v == 0 || v == one.size || v == -one.size));
                (v > 0 ? up : v < 0 ? down : rest) += 1;
            }
    }
    const double n = up + down + rest;
    CHECK(std::fabs(up / n - 0.2) < 4 * std::sqrt(0.16 / n));
    CHECK(std::fabs(down / n - 0.2) < 4 * std::sqrt(0.16 / n));
}

TEST_CASE("binning in charge reads once, binning after the converter four times") {
    pixel_noise_parameters p = silent();
    p.read_noise_pixel = 8;
    p.read_noise_converter = 0;
    CHECK(std::sqrt(of(exposed(p, {}, 0, 1, 0, 2)).variance) == Approx(4).epsilon(0.01));
    p.binned = pixel_noise_parameters::binning::charge;
    CHECK(std::sqrt(of(exposed(p, {}, 0, 1, 0, 2)).variance) == Approx(2).epsilon(0.01));
    p.read_noise_pixel = 0;
    p.read_noise_converter = 8;  // the ramp spans four times the charge
    CHECK(std::sqrt(of(exposed(p, {}, 0, 1, 0, 2)).variance) == Approx(8).epsilon(0.01));
    // Shot noise is that of the sum either way.
    p.read_noise_converter = 0;
    const moments m = of(exposed(p, {}, 400, 1, 0, 2));
    CHECK(m.mean == Approx(400).epsilon(1e-3));
    CHECK(m.variance == Approx(100).epsilon(0.02));
}

TEST_CASE("exact shot noise passes chi-square against Poisson at every level") {
    const double mean = GENERATE(0.1, 1.0, 5.0, 12.0, 30.0, 100.0, 1000.0, 8000.0);
    noise_settings s;
    s.seed = 31;
    s.full_well = 20000;
    s.exact = true;
    constexpr unsigned width = 4096, rows = 128;
    const std::vector<std::uint16_t> mosaic(width, 1000);
    s.electrons_per_count = static_cast<float>(mean / 1000);
    const double exact_mean = static_cast<double>(s.electrons_per_count) * 1000;
    std::vector<double> seen(20000);
    std::vector<float> e(width);
    double sum = 0, squares = 0;
    for (unsigned y = 0; y < rows; ++y) {
        s.row = y;
        noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width, e.data());
        for (const float v : e) {
            ++seen[static_cast<std::size_t>(v)];
            sum += static_cast<double>(v);
            squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
        }
    }
    const double n = double{width} * rows;
    CHECK(std::fabs(sum / n - mean) < 3 * std::sqrt(mean / n));
    CHECK(std::fabs(squares / n - mean) < 3 * std::sqrt((mean + 2 * mean * mean) / n));
    double chi = 0, expected = 0, count = 0;
    int classes = 0;
    for (unsigned k = 0; k < 20000; ++k) {
        expected += n * std::exp(k * std::log(exact_mean) - exact_mean - std::lgamma(k + 1.0));
        count += seen[k];
        if (expected >= 50 || (k == 19999 && expected > 0)) {
            chi += (count - expected) * (count - expected) / expected;
            ++classes;
            expected = count = 0;
        }
    }
    INFO("mean " << mean << ": chi-square " << chi << " of " << classes - 1);
    CHECK(chi < classes - 1 + 4 * std::sqrt(2.0 * (classes - 1)));
    // A piece has the bytes of the whole.
    std::vector<float> piece(100);
    noisy_row(s, mosaic.data(), nullptr, nullptr, 1000, 100, piece.data());
    CHECK(std::equal(piece.begin(), piece.end(), e.begin() + 1000));
}

TEST_CASE("shot with read noise passes chi-square against Poisson and normal at every level") {
    // The fast draw: exact below 24 e-, the expansion above.
    const double mean = GENERATE(0.1, 1.0, 5.0, 12.0, 30.0, 100.0, 1000.0, 8000.0);
    constexpr double sigma = 3;
    noise_settings s;
    s.seed = 32;
    s.full_well = 20000;
    s.read_sigma = static_cast<float>(sigma);
    constexpr unsigned width = 4096, rows = 128;
    const std::vector<std::uint16_t> mosaic(width, 1000);
    s.electrons_per_count = static_cast<float>(mean / 1000);
    const double exact_mean = static_cast<double>(s.electrons_per_count) * 1000;
    // Classes half a total sigma wide, from the exact distribution function.
    const double total = std::sqrt(mean + sigma * sigma), step = total / 2;
    constexpr int half = 10;
    std::vector<double> edge;
    for (int i = -half; i <= half; ++i)
        edge.push_back(mean + i * step);
    std::vector<double> probability(edge.size() + 1), seen(edge.size() + 1);
    std::vector<double> cdf(edge.size());
    const auto first = static_cast<int>(std::max(0.0, mean - 9 * std::sqrt(mean)));
    const auto last = static_cast<int>(mean + 9 * std::sqrt(mean) + 20);
    for (int k = first; k <= last; ++k) {
        const double w = std::exp(k * std::log(exact_mean) - exact_mean - std::lgamma(k + 1.0));
        for (std::size_t i = 0; i < edge.size(); ++i)
            cdf[i] += w * 0.5 * std::erfc((k - edge[i]) / sigma / std::sqrt(2.0));
    }
    for (std::size_t i = 0; i <= edge.size(); ++i)
        probability[i] = (i < edge.size() ? cdf[i] : 1.0) - (i > 0 ? cdf[i - 1] : 0.0);
    std::vector<float> e(width);
    for (unsigned y = 0; y < rows; ++y) {
        s.row = y;
        noisy_row(s, mosaic.data(), nullptr, nullptr, 0, width, e.data());
        for (const float v : e)
            ++seen[static_cast<std::size_t>(
                std::upper_bound(edge.begin(), edge.end(), static_cast<double>(v)) - edge.begin())];
    }
    const double n = double{width} * rows;
    double chi = 0;
    int classes = 0;
    for (std::size_t i = 0; i < seen.size(); ++i)
        if (probability[i] * n > 5) {
            chi += std::pow(seen[i] - probability[i] * n, 2) / (probability[i] * n);
            ++classes;
        }
    INFO("mean " << mean << ": chi-square " << chi << " of " << classes - 1);
    CHECK(chi < classes - 1 + 4 * std::sqrt(2.0 * (classes - 1)));
}

TEST_CASE("black rows see the dark level of the frame") {
    pixel_noise_parameters p;
    p.dark_current = 500;
    exposed_frame::settings s;
    s.exposure_time = 0.2;
    const exposed_frame f(s, p, flat(512, 64, 0),
                          pixel_differences::make(p, {}, 0, 512, 64, 1, pool()));
    CHECK(f.black_mean(16) == Approx(100).margin(0.5));
    CHECK(f.black_mean(0) == 0);
}

TEST_CASE("bands of any height give the bytes of the whole frame") {
    pixel_noise_parameters p;
    defect_parameters d;
    d.stuck = d.hot = d.dead = 0.004;
    column_adc_parameters a;
    a.banks = 2;
    a.defect_correction = GENERATE(false, true);
    constexpr unsigned width = 200, height = 90;
    exposed_frame::settings s;
    s.seed = 4;
    s.exposure_time = 0.01;
    s.white_rate = 2e5;
    const exposed_frame f(s, p, flat(width, height, 30000),
                          pixel_differences::make(p, d, 4, width, height, 1, pool()));
    const column_converters c(a, 4, width, 1.0);
    plane<std::uint16_t> whole(width, height), pieces(width, height);
    const auto clipped = c.convert_band(f, 0, 0, height, whole);
    for (const unsigned step : {1u, 7u, 32u}) {
        std::uint64_t sum = 0;
        for (unsigned y = 0; y < height; y += step)
            sum += c.convert_band(f, 0, y, std::min(y + step, height), pieces);
        CHECK(sum == clipped);
        for (unsigned y = 0; y < height; ++y)
            CHECK(std::equal(whole.row(y), whole.row(y) + width, pieces.row(y)));
    }
    // And in any order.
    plane<std::uint16_t> shuffled(width, height);
    for (unsigned k = 0; k < 15; ++k) {
        const unsigned y = k * 7 % 15 * 6;
        c.convert_band(f, 0, y, y + 6, shuffled);
    }
    for (unsigned y = 0; y < height; ++y)
        CHECK(std::equal(whole.row(y), whole.row(y) + width, shuffled.row(y)));
    // Of 144 defects those are left that have another of their kind beside them: 108 x 4.7 % and
    // 36 x 1.6 %, about six.
    if (a.defect_correction) {
        unsigned out_of_line = 0;
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x)
                out_of_line += whole.row(y)[x] < 100 || whole.row(y)[x] == 1023;
        CHECK(out_of_line < 20);
    }
}
