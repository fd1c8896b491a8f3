// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The default stages beside those of a published pipeline, Infinite-ISP (10xEngineers), at 12 bits:
// the same formulas and coefficients, worked out here in real numbers. That pipeline cuts fractions
// off where ours rounds half up, so that results may differ by one and no more.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "core/random.h"
#include "isp/black_level.h"
#include "isp/colour_matrix.h"
#include "isp/demosaic.h"
#include "isp/gamma.h"
#include "isp/white_balance.h"
#include "isp/yuv.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

/// To unsigned 12 bit as that pipeline does it.
int cut(double v) {
    return static_cast<int>(std::min(4095.0, std::max(0.0, v)));
}

/// Differences met: both none and one must occur where rounding differs, and nothing else.
struct differences {
    int most = 0;
    bool some = false, none = false;
    void add(int ours, int theirs) {
        const int d = std::abs(ours - theirs);
        most = std::max(most, d);
        (d == 0 ? none : some) = true;
    }
};

}  // namespace

TEST_CASE("published twins: black level is the same, but ours keeps what is below black") {
    for (int x = 0; x < 4096; ++x)
        REQUIRE(std::max(0, black_level(static_cast<std::uint16_t>(x), 12, 256)) == cut(x - 256.0));
}

TEST_CASE("published twins: white balance in 8 fractional bits") {
    for (const int gain : {256, 274, 411, 619}) {
        differences d;
        for (int x = 0; x < 4096; ++x)
            d.add(white_balance(x, gain), cut(x * (gain / 256.0)));
        CHECK(d.most <= 1);
        CHECK(d.none);
        CHECK(d.some == (gain != 256));
    }
}

TEST_CASE("published twins: colour matrix in Q10") {
    random_sequence random(21, purpose::test);
    differences d;
    for (int n = 0; n < 100000; ++n) {
        std::array<int, 3> c{};
        for (int& v : c)
            v = static_cast<int>(random.below(4096));
        for (std::size_t k = 0; k < 9; k += 3) {
            const auto& m = default_matrix;
            d.add(colour_matrix(c[0], c[1], c[2], m[k], m[k + 1], m[k + 2]),
                  cut((m[k] * c[0] + m[k + 1] * c[1] + m[k + 2] * c[2]) / 1024.0));
        }
    }
    CHECK(d.most == 1);
    CHECK(d.none);
}

TEST_CASE("published twins: demosaic with the gradients of Malvar, He and Cutler") {
    // Bilinear interpolation plus the Laplacian of the site's own colour times 1/2, 5/8 or 3/4:
    // the paper's equations, not its figure.
    const unsigned side = 64;
    random_sequence random(22, purpose::test);
    std::vector<int> samples(std::size_t{side} * side);
    for (int& v : samples)
        v = static_cast<int>(random.below(4096));
    const auto at = [&](unsigned x, unsigned y) { return samples[std::size_t{y} * side + x]; };
    differences d;
    for (unsigned y = 2; y + 2 < side; ++y)
        for (unsigned x = 2; x + 2 < side; ++x) {
            const auto mean = [&](std::initializer_list<std::array<int, 2>> places) {
                double sum = 0;
                for (const auto& p : places)
                    sum += at(x + static_cast<unsigned>(p[0]), y + static_cast<unsigned>(p[1]));
                return sum / static_cast<double>(places.size());
            };
            const double own = at(x, y);
            const double beside = mean({{-1, 0}, {1, 0}}), above = mean({{0, -1}, {0, 1}}),
                         cross = (beside + above) / 2,
                         corners = mean({{-1, -1}, {1, -1}, {-1, 1}, {1, 1}}),
                         far = mean({{-2, 0}, {2, 0}, {0, -2}, {0, 2}});
            const double laplacian = own - far;
            // At green the Laplacian has nine points: 5/8 of the site, the same colour around it.
            const auto at_green = [&](double near, double along, double across) {
                return near + 0.625 * own - 0.5 * corners - 0.25 * along + 0.125 * across;
            };
            const double along_x = mean({{-2, 0}, {2, 0}}), along_y = mean({{0, -2}, {0, 2}});
            const double green = cross + 0.5 * laplacian, opposite = corners + 0.75 * laplacian;
            std::array<double, 3> theirs{};
            if (y % 2 == 0 && x % 2 == 0)
                theirs = {own, green, opposite};
            else if (y % 2 == 1 && x % 2 == 1)
                theirs = {opposite, green, own};
            else if (y % 2 == 0)
                theirs = {at_green(beside, along_x, along_y), own,
                          at_green(above, along_y, along_x)};
            else
                theirs = {at_green(above, along_y, along_x), own,
                          at_green(beside, along_x, along_y)};
            const auto ours = demosaic_pixel(at, side, side, bayer_phase::rggb, x, y);
            for (std::size_t c = 0; c < 3; ++c)
                d.add(ours[c], cut(theirs[c]));
        }
    CHECK(d.most == 1);
    CHECK(d.none);
}

TEST_CASE("published twins: the tone curve as a table of all 4096 codes") {
    differences d;
    for (unsigned x = 0; x < 4096; ++x) {
        const double l = x / 4095.0;
        const double code = l <= 0.0031308 ? 12.92 * l : 1.055 * std::pow(l, 1 / 2.4) - 0.055;
        d.add(static_cast<int>(gamma_pixel(srgb_curve, x)), static_cast<int>(255 * code));
    }
    CHECK(d.most == 1);
    CHECK(d.none);
}

TEST_CASE("published twins: luma by 77, 150, 29 and colour rounded away from zero") {
    // Theirs adds 16 to luma, and its colour coefficients (-44 -87 138, 131 -110 -21) do not add up
    // to zero: white has a colour of 7. Ours do, so that the coefficients here are ours.
    const auto nearest = [](double v) { return v >= 0 ? std::floor(v + 0.5) : std::ceil(v - 0.5); };
    const auto k = coefficients_of(yuv_matrix::bt601);
    random_sequence random(23, purpose::test);
    int most = 0;
    for (int n = 0; n < 100000; ++n) {
        const int r = static_cast<int>(random.below(256)), g = static_cast<int>(random.below(256)),
                  b = static_cast<int>(random.below(256));
        REQUIRE(luma(k, r, g, b) == nearest((77 * r + 150 * g + 29 * b) / 256.0));
        const auto colour = [&](int kr, int kg, int kb) {
            return static_cast<int>(
                std::min(255.0, 128 + nearest((kr * r + kg * g + kb * b) / 256.0)));
        };
        most = std::max(most, std::abs(chroma_u(k, r, g, b, 0) - colour(k.ur, k.ug, k.ub)));
        most = std::max(most, std::abs(chroma_v(k, r, g, b, 0) - colour(k.vr, k.vg, k.vb)));
    }
    CHECK(most <= 1);
}
