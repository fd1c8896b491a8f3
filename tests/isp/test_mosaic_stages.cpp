// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "isp/bayer_noise_reduction.h"
#include "isp/defect_correction.h"
#include "isp/demosaic.h"
#include "isp/lens_shading.h"
#include "isp/linearisation.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

/// Three half rows with room for the mirrored samples.
struct window {
    std::vector<std::int16_t> row[3];
    unsigned count;
    explicit window(unsigned n, std::uint64_t seed, int low, int high) : count(n) {
        random_sequence random(seed, purpose::test);
        for (auto& r : row) {
            r.resize(n + 2);
            for (auto& v : r)
                v = static_cast<std::int16_t>(
                    low + static_cast<int>(random.below(static_cast<unsigned>(high - low + 1))));
        }
    }
    const std::int16_t* at(int k) const { return row[k].data() + 1; }
    std::array<int, 8> neighbours(unsigned i) const {
        const auto v = [&](int k, int dx) {
            return int{row[k][static_cast<std::size_t>(static_cast<int>(i) + 1 + dx)]};
        };
        return {v(0, -1), v(0, 0), v(0, 1), v(1, -1), v(1, 1), v(2, -1), v(2, 0), v(2, 1)};
    }
};

double normal(random_sequence& random) {
    double sum = -6;
    for (int k = 0; k < 12; ++k)
        sum += random.uniform();
    return sum;
}

}  // namespace

TEST_CASE("linearisation: rows equal real arithmetic, the straight curve changes nothing") {
    const simd_scope simd = at_every_simd_level();
    linearisation_curve bent{};
    for (unsigned j = 0; j < linearisation_knots; ++j)
        bent[j] = static_cast<std::uint16_t>(std::lround(4095 * std::pow(j / 32.0, 0.8)));
    std::vector<std::int16_t> all;
    for (int x = signed_min; x <= linear_max; ++x)
        all.push_back(static_cast<std::int16_t>(x));
    for (const auto& curve : {bent, straight_linearisation()}) {
        auto out = all;
        linearise_row(make_linearisation_table(curve), static_cast<unsigned>(out.size()),
                      out.data());
        bool equal = true;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const int x = all[i];
            double y = x + curve[0];
            if (x > 0) {
                const auto j = static_cast<std::size_t>(x / 128);
                y = curve[j] + (curve[j + 1] - curve[j]) * (x % 128) / 128.0;
            }
            equal = equal && out[i] == std::fmin(4095, std::fmax(-4096, std::floor(y + 0.5)));
        }
        CHECK(equal);
    }
    const auto straight = straight_linearisation();
    for (int x = -4096; x < 4095; ++x)
        REQUIRE(std::abs(linearised(straight, x) - x) <= (x > 3968 ? 1 : 0));
}

TEST_CASE("defect correction: rows equal the reference on noise, edges and extremes") {
    const simd_scope simd = at_every_simd_level();
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const bool wild = seed % 3 == 0;
        const window w(517, seed, wild ? -4096 : 900, wild ? 4095 : 1100);
        defect_settings s;
        s.threshold = seed % 4 == 1 ? 0 : seed % 4 == 2 ? 4095 : 40;
        s.share = seed % 5 == 0 ? 15 : 3;
        std::vector<std::int16_t> out(w.count);
        correct_defects_row(w.at(0), w.at(1), w.at(2), 0, static_cast<int>(w.count), s, out.data());
        bool equal = true;
        for (unsigned i = 0; i < w.count; ++i)
            equal = equal && out[i] == corrected_defect(w.at(1)[i], w.neighbours(i), s);
        CHECK(equal);
    }
}

TEST_CASE("defect correction: hot and dead samples go, edges, lines and noise stay") {
    // A grey ramp with one hot and one dead sample: replaced by what the ramp has there.
    std::array<int, 8> ramp = {100, 200, 300, 150, 250, 110, 210, 310};
    const defect_settings s;
    CHECK(corrected_defect(4095, ramp, s) == 205);  // above and below: 200, 210 are the closest
    CHECK(corrected_defect(-60, ramp, s) == 205);
    CHECK(corrected_defect(205, ramp, s) == 205);
    // A vertical line one sample wide: its neighbours above and below are as bright.
    CHECK(corrected_defect(3000, {100, 3000, 100, 100, 100, 100, 3000, 100}, s) == 3000);
    // A dead sample on that line comes back from above and below, not from the sides.
    CHECK(corrected_defect(0, {100, 3000, 100, 100, 2000, 100, 3000, 120}, s) == 3000);
    // 100 - 64 - 100 / 4 = 11 is the darkest that stays.
    CHECK(corrected_defect(11, {100, 3000, 100, 100, 2000, 100, 3000, 120}, s) == 11);
    CHECK(corrected_defect(10, {100, 3000, 100, 100, 2000, 100, 3000, 120}, s) == 3000);
    CHECK(corrected_defect(-70, {100, 3000, 110, 120, 900, 100, 3000, 130}, s) == 3000);
    // Photon noise of a flat field (12-bit scale, 0.47 DN per electron): no sample is touched.
    random_sequence random(5, purpose::test);
    for (const double level : {100.0, 400.0, 1600.0, 3000.0}) {
        unsigned touched = 0;
        for (int n = 0; n < 20000; ++n) {
            const auto draw = [&] {
                return static_cast<int>(level + std::sqrt(0.47 * level + 4) * normal(random));
            };
            const int c = draw();
            std::array<int, 8> around{};
            for (auto& v : around)
                v = draw();
            touched += corrected_defect(c, around, s) != c;
        }
        CHECK(touched == 0);
    }
}

TEST_CASE("listed defects are replaced whatever they look like, others are not") {
    std::vector<std::int16_t> rows[3][2];
    for (int k = 0; k < 3; ++k)
        for (int p = 0; p < 2; ++p)
            for (int i = -1; i <= 10; ++i)
                rows[k][p].push_back(static_cast<std::int16_t>(100 * k + 10 * p + i));
    std::array<std::array<const std::int16_t*, 2>, 3> seen{};
    for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t p = 0; p < 2; ++p)
            seen[k][p] = rows[k][p].data() + 1;
    std::vector<std::int16_t> even(seen[1][0], seen[1][0] + 10), odd(seen[1][1], seen[1][1] + 10);
    const auto even_before = even, odd_before = odd;
    const defect_list list = {{6, 4}, {7, 4}, {7, 13}, {8, 2}};
    correct_listed(list, 7, seen, 0, 10, even.data(), odd.data());
    // Left and right differ least: 2 apart, their mean is the sample itself here, so change it.
    CHECK(even[2] == (seen[1][0][1] + seen[1][0][3] + 1) / 2);
    CHECK(odd[6] == (seen[1][1][5] + seen[1][1][7] + 1) / 2);
    for (std::size_t i = 0; i < 10; ++i) {
        if (i != 2)
            CHECK(even[i] == even_before[i]);
        if (i != 6)
            CHECK(odd[i] == odd_before[i]);
    }
}

TEST_CASE("lens shading: rows equal the reference and bilinear interpolation in real numbers") {
    const simd_scope simd = at_every_simd_level();
    random_sequence random(9, purpose::test);
    shading_grid grid{};
    for (auto& site : grid)
        for (auto& g : site)
            g = static_cast<std::uint16_t>(200 + random.below(824));
    for (const auto& [width, height] : {std::pair{406u, 304u}, {30u, 22u}, {4u, 4u}, {8u, 190u}}) {
        const auto columns = make_shading_columns(width);
        double worst = 0;
        for (unsigned y = 0; y < height; ++y)
            for (unsigned p = 0; p < 2; ++p) {
                const auto& site = grid[2 * (y & 1u) + p];
                std::vector<std::int16_t> x(width / 2), out;
                for (auto& v : x)
                    v = static_cast<std::int16_t>(static_cast<int>(random.below(8192)) - 4096);
                out = x;
                shading_row(site, columns, p, y, height, 0, width / 2, out.data());
                for (unsigned i = 0; i < width / 2; ++i) {
                    const unsigned gain = shading_gain(site, 2 * i + p, y, width, height);
                    REQUIRE(out[i] == shaded(x[i], static_cast<int>(gain)));
                    const double u = (2.0 * i + p) * 15 / (width - 1), v = y * 11.0 / (height - 1);
                    const auto j = static_cast<std::size_t>(std::fmin(14, u)),
                               k = static_cast<std::size_t>(std::fmin(10, v));
                    const double fu = u - static_cast<double>(j), fv = v - static_cast<double>(k);
                    const auto g = [&](std::size_t r, std::size_t c) {
                        return static_cast<double>(site[16 * r + c]);
                    };
                    const double real = (g(k, j) * (1 - fu) + g(k, j + 1) * fu) * (1 - fv) +
                                        (g(k + 1, j) * (1 - fu) + g(k + 1, j + 1) * fu) * fv;
                    worst = std::fmax(worst, std::fabs(gain - real));
                }
            }
        // Fractions of 8 bits, rounded down, on steps of up to 824: 824 / 256 each way.
        CHECK(worst < 2 * 824 / 256.0 + 0.5);
    }
    CHECK(shading_gain(flat_shading()[0], 17, 5, 100, 80) == 256);
}

TEST_CASE("lens shading takes a radial fall-off away to within the error of a linear grid") {
    const unsigned width = 400, height = 300;
    const auto grid = radial_shading(2.8, width, height);
    const auto columns = make_shading_columns(width);
    // The gain is 1 + 1.8 r^2, with second derivatives of 2 * 1.8 / R^2. Between the 16 x 12 points
    // a straight line lies above it by up to h^2 / 8 of that each way; Q2.8 adds a step of 1/256.
    const double bend = 2 * 1.8 / (199.5 * 199.5 + 149.5 * 149.5);
    const double hx = 399 / 15.0, hy = 299 / 11.0;
    const double bound = 1400 * ((hx * hx + hy * hy) / 8 * bend + 1 / 256.0) + 1;
    CHECK(bound < 22);
    for (unsigned y = 0; y < height; y += 7) {
        std::vector<std::int16_t> row(width / 2);
        std::vector<double> fall(width / 2);
        for (unsigned i = 0; i < width / 2; ++i) {
            const double dx = 2.0 * i - 199.5, dy = y - 149.5;
            const double r2 = (dx * dx + dy * dy) / (199.5 * 199.5 + 149.5 * 149.5);
            row[i] = static_cast<std::int16_t>(std::lround(1400 / (1 + 1.8 * r2)));
        }
        shading_row(grid[0], columns, 0, y, height, 0, width / 2, row.data());
        for (auto v : row)
            REQUIRE(std::abs(v - 1400) <= bound);
    }
}

TEST_CASE("Bayer noise reduction: rows equal the reference, extremes included") {
    const simd_scope simd = at_every_simd_level();
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const bool wild = seed % 3 == 0;
        const window w(517, seed, wild ? -4096 : 900, wild ? 4095 : 1100);
        bayer_noise_settings s;
        if (seed % 4 == 3)
            s = {4095, 255, 4095, 255};
        if (seed % 4 == 2)
            s = {0, 0, 0, 0};
        std::vector<std::int16_t> out(w.count);
        bayer_noise_row(w.at(0), w.at(1), w.at(2), 0, static_cast<int>(w.count), s, out.data());
        bool equal = true;
        for (unsigned i = 0; i < w.count; ++i)
            equal = equal && out[i] == bayer_denoised(w.at(1)[i], w.neighbours(i), s);
        CHECK(equal);
        if (seed % 4 == 2)
            CHECK(std::equal(out.begin(), out.end(), w.at(1)));
    }
}

TEST_CASE("Bayer noise reduction: flat noise shrinks as the weights say, edges keep their height") {
    // Of equal weights 1 2 1, 2 4 2, 1 2 1: sqrt(36) / 16 = 0.375.
    random_sequence random(5, purpose::test);
    const bayer_noise_settings wide{2047, 0, 2047, 0};
    double before = 0, after = 0;
    for (int n = 0; n < 20000; ++n) {
        std::array<int, 8> around{};
        for (auto& v : around)
            v = static_cast<int>(std::lround(1000 + 20 * normal(random)));
        const int c = static_cast<int>(std::lround(1000 + 20 * normal(random)));
        const int y = bayer_denoised(c, around, wide);
        before += (c - 1000) * (c - 1000);
        after += (y - 1000) * (y - 1000);
    }
    CHECK(std::sqrt(after / before) == Approx(0.375).epsilon(0.03));
    const bayer_noise_settings s;
    CHECK(bayer_denoised(400, {400, 400, 1600, 400, 1600, 400, 400, 1600}, s) == 400);
    CHECK(bayer_denoised(1600, {400, 1600, 1600, 400, 1600, 400, 1600, 1600}, s) == 1600);
}

TEST_CASE("bilinear demosaic: rows equal the reference for every phase") {
    const simd_scope simd = at_every_simd_level();
    random_sequence random(8, purpose::test);
    const unsigned width = 38, height = 10;
    std::vector<std::int16_t> mosaic(width * height);
    for (auto& v : mosaic)
        v = static_cast<std::int16_t>(static_cast<int>(random.below(8192)) - 4096);
    const auto at = [&](unsigned x, unsigned y) { return mosaic[y * width + x]; };
    std::vector<std::vector<std::int16_t>> half(2 * height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned p = 0; p < 2; ++p) {
            auto& h = half[2 * y + p];
            h.assign(width / 2 + 2, 0);
            for (unsigned i = 0; i < width / 2; ++i)
                h[i + 1] = at(2 * i + p, y);
        }
    for (unsigned y = 0; y < height; ++y)
        mirror_ends(half[2 * y].data() + 1, half[2 * y + 1].data() + 1, width / 2);
    for (unsigned k = 0; k < 4; ++k) {
        const auto phase = static_cast<bayer_phase>(k);
        for (unsigned y = 0; y < height; ++y) {
            std::array<half_rows, 5> rows;
            for (int d = 0; d < 5; ++d) {
                const unsigned r = mirrored(static_cast<int>(y) + d - 2, height);
                rows[static_cast<std::size_t>(d)] = {half[2 * r].data() + 1,
                                                     half[2 * r + 1].data() + 1};
            }
            std::vector<std::int16_t> out[6];
            for (auto& o : out)
                o.resize(width / 2);
            rgb_half_rows to;
            for (std::size_t p = 0; p < 2; ++p) {
                to.red[p] = out[p].data();
                to.green[p] = out[2 + p].data();
                to.blue[p] = out[4 + p].data();
            }
            bilinear_demosaic_row(rows, phase, y, 0, width / 2, to);
            for (unsigned x = 0; x < width; ++x) {
                const auto c = bilinear_pixel(at, width, height, phase, x, y);
                for (std::size_t channel = 0; channel < 3; ++channel)
                    REQUIRE(out[2 * channel + x % 2][x / 2] == c[channel]);
            }
        }
    }
}
