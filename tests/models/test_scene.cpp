// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <vector>

#include "models/camera_colour.h"
#include "models/scene.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

struct collected {
    std::vector<std::vector<float>> red, green, blue;
};

collected all_rows(const linear_frame& f) {
    collected c;
    f.rows(0, f.height(), [&](unsigned y, const float* r, const float* g, const float* b) {
        REQUIRE(y == c.red.size());
        c.red.emplace_back(r, r + f.width());
        c.green.emplace_back(g, g + f.width());
        c.blue.emplace_back(b, b + f.width());
    });
    return c;
}

std::shared_ptr<const rgb8_image> picture_of(unsigned width, unsigned height) {
    auto image = std::make_shared<rgb8_image>(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            for (unsigned c = 0; c < 3; ++c)
                image->row(y)[3 * x + c] =
                    static_cast<std::uint8_t>((x * 13 + y * 29 + c * 71 + x * y) % 256);
    return image;
}

double linear(const rgb8_image& image, unsigned x, unsigned y, unsigned c) {
    return srgb_to_linear(image.row(y)[3 * x + c]);
}

}  // namespace

TEST_CASE("sRGB code values become linear light by the standard's formula") {
    for (unsigned i = 0; i < 256; ++i) {
        const double v = i / 255.0;
        const double want = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
        CHECK(srgb_to_linear(i) == Approx(want).epsilon(1e-13));
    }
    CHECK(srgb_to_linear(255) == Approx(1.0).epsilon(1e-15));
}

TEST_CASE("a picture of the array's size is taken as it is") {
    const auto image = picture_of(64, 48);
    const collected c = all_rows(*resampled_frame(rows_of(image), 64, 48));
    for (unsigned y = 0; y < 48; ++y)
        for (unsigned x = 0; x < 64; ++x) {
            CHECK(c.red[y][x] == static_cast<float>(linear(*image, x, y, 0)));
            CHECK(c.blue[y][x] == static_cast<float>(linear(*image, x, y, 2)));
        }
}

TEST_CASE("a larger picture is area-averaged in linear light") {
    const auto image = picture_of(100, 80);  // crop 100x75: 2.5 source pixels per pixel
    const unsigned width = 40, height = 30;
    const collected c = all_rows(*resampled_frame(rows_of(image), width, height));
    REQUIRE(c.green.size() == height);
    const double left = 0, top = 2.5, scale = 2.5;
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            double sum = 0;
            for (unsigned sy = 0; sy < 80; ++sy)
                for (unsigned sx = 0; sx < 100; ++sx) {
                    const double w = std::min(left + (x + 1) * scale, sx + 1.0) -
                                     std::max(left + x * scale, double(sx));
                    const double h = std::min(top + (y + 1) * scale, sy + 1.0) -
                                     std::max(top + y * scale, double(sy));
                    if (w > 0 && h > 0)
                        sum += w * h * linear(*image, sx, sy, 1);
                }
            CHECK(static_cast<double>(c.green[y][x]) == Approx(sum / (scale * scale)).margin(1e-6));
        }
}

TEST_CASE("a smaller picture is interpolated bilinearly") {
    const auto image = picture_of(20, 12);  // crop 16x12
    const unsigned width = 64, height = 48;
    const collected c = all_rows(*resampled_frame(rows_of(image), width, height));
    const auto clamp = [](double v, double most) { return std::min(std::max(v, 0.0), most); };
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            const double sx = clamp(2 + (x + 0.5) / 4 - 0.5, 19);
            const double sy = clamp((y + 0.5) / 4 - 0.5, 11);
            const auto x0 = static_cast<unsigned>(sx), y0 = static_cast<unsigned>(sy);
            const unsigned x1 = std::min(x0 + 1, 19u), y1 = std::min(y0 + 1, 11u);
            const double fx = sx - x0, fy = sy - y0;
            const double want =
                (1 - fy) * ((1 - fx) * linear(*image, x0, y0, 0) + fx * linear(*image, x1, y0, 0)) +
                fy * ((1 - fx) * linear(*image, x0, y1, 0) + fx * linear(*image, x1, y1, 0));
            CHECK(static_cast<double>(c.red[y][x]) == Approx(want).margin(1e-6));
        }
}

TEST_CASE("rows do not depend on where reading starts") {
    const auto frame = resampled_frame(rows_of(picture_of(50, 37)), 64, 48);
    const collected whole = all_rows(*frame);
    for (unsigned y = 0; y < 48; y += 5)
        frame->rows(y, std::min(48u, y + 3),
                    [&](unsigned row, const float* r, const float*, const float*) {
                        CHECK(std::equal(r, r + 64, whole.red[row].begin()));
                    });
}

TEST_CASE("the camera's colours are the inverse of its correction") {
    const colour_matrix m = inverse(daylight_ccm);
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned j = 0; j < 3; ++j) {
            double sum = 0;
            for (unsigned k = 0; k < 3; ++k)
                sum += daylight_ccm[i][k] * m[k][j];
            CHECK(sum == Approx(i == j ? 1 : 0).margin(1e-12));
            CHECK(m[i][j] >= 0);  // no negative light
        }
    const camera_parameters p;
    const colour_matrix raw = raw_from_srgb(p);
    double white[3];
    for (unsigned i = 0; i < 3; ++i)
        white[i] = raw[i][0] + raw[i][1] + raw[i][2];
    CHECK(white[1] == Approx(1).margin(0.002));
    CHECK(white[0] / white[1] == Approx(0.4139).margin(0.001));
    CHECK(white[2] / white[1] == Approx(0.6657).margin(0.001));
}

TEST_CASE("diffuse white lands at 85 to 90 percent of the range with the defaults") {
    const double electrons = white_rate({}) * 16e-3;
    CHECK(electrons / 8142 > 0.85);
    CHECK(electrons / 8142 < 0.90);
    camera_parameters dim;
    dim.illuminance /= 2;
    CHECK(white_rate(dim) * 2 == Approx(white_rate({})));
    camera_parameters slow;
    slow.f_number *= 2;
    CHECK(white_rate(slow) * 4 == Approx(white_rate({})));
}

TEST_CASE("the mosaic is RGGB, binned or not") {
    camera_parameters p;
    const colour_matrix raw = raw_from_srgb(p);
    const uniform_scene s(0.2f, 0.5f, 0.8f);
    double want[3];
    for (unsigned i = 0; i < 3; ++i)
        want[i] = 65535 * (raw[i][0] * 0.2 + raw[i][1] * 0.5 + raw[i][2] * 0.8);
    const unsigned binning = GENERATE(1u, 2u);
    plane<std::uint16_t> out(32, 16);
    make_mosaic(*s.frame(0, 32 * binning, 16 * binning), raw, binning, out, 0, 16);
    for (unsigned y = 0; y < 16; ++y)
        for (unsigned x = 0; x < 32; ++x)
            CHECK(out.row(y)[x] == Approx(want[(y & 1) + (x & 1)]).margin(1));
}

TEST_CASE("a binned sample is the mean of the four pixels of its colour") {
    const auto frame = resampled_frame(rows_of(picture_of(64, 48)), 64, 48);
    const colour_matrix raw = raw_from_srgb({});
    plane<std::uint16_t> full(64, 48), binned(32, 24);
    make_mosaic(*frame, raw, 1, full, 0, 48);
    make_mosaic(*frame, raw, 2, binned, 0, 12);
    make_mosaic(*frame, raw, 2, binned, 12, 24);
    for (unsigned y = 0; y < 24; ++y)
        for (unsigned x = 0; x < 32; ++x) {
            const unsigned sx = x / 2 * 4 + x % 2, sy = y / 2 * 4 + y % 2;
            const double mean = (full.row(sy)[sx] + full.row(sy)[sx + 2] + full.row(sy + 2)[sx] +
                                 full.row(sy + 2)[sx + 2]) /
                                4.0;
            CHECK(binned.row(y)[x] == Approx(mean).margin(1.01));
        }
}

TEST_CASE("mosaics of still and moving scenes, for any number of threads") {
    const auto render = [](std::uint32_t frame) {
        rgb8_image image(40, 30);
        for (unsigned i = 0; i < 40 * 30 * 3; ++i)
            image.data[i] = static_cast<std::uint8_t>(i * 7 + frame * 50);
        return image;
    };
    std::vector<std::uint16_t> reference;
    for (const unsigned threads : {0u, 1u, 2u, 5u}) {
        worker_pool pool(threads);
        scene_mosaic moving(std::make_shared<rendered_scene>(render), {}, 80, 60, 1, pool);
        std::vector<std::uint16_t> all;
        for (std::uint32_t n : {0u, 1u, 2u, 7u}) {
            const auto m = moving.frame(n);
            for (unsigned y = 0; y < 60; ++y)
                all.insert(all.end(), m->row(y), m->row(y) + 80);
        }
        if (reference.empty())
            reference = all;
        CHECK(all == reference);
        CHECK(!std::equal(all.begin(), all.begin() + 4800, all.begin() + 4800));
        scene_mosaic still(std::make_shared<image_scene>(render(3)), {}, 80, 60, 1, pool);
        CHECK(still.frame(0) == still.frame(9));
        CHECK(still.frame(0)->all().width() == 80);
    }
}

TEST_CASE("light brighter than white reaches the pixels, and 16-bit light is not cut to 8 bits") {
    worker_pool pool(1);
    const camera_parameters camera;
    // A row of the published matrix sums to 0.999, so that grey is this much more in green.
    const auto& k = daylight_ccm;
    const double determinant = k[0][0] * (k[1][1] * k[2][2] - k[1][2] * k[2][1]) -
                               k[0][1] * (k[1][0] * k[2][2] - k[1][2] * k[2][0]) +
                               k[0][2] * (k[1][0] * k[2][1] - k[1][1] * k[2][0]);
    const double green =
        1 + 0.001 * (k[0][0] * k[2][2] - k[0][2] * k[2][0]) / determinant;  // by Cramer's rule
    SECTION("floating point, twice white") {
        picture p(64, 48, sample_type::real, sample_coding::linear);
        p.peak = 6;
        for (unsigned y = 0; y < 48; ++y)
            for (unsigned i = 0; i < 192; ++i) {
                const float v = i < 96 ? 6.0f : 0.75f;
                std::memcpy(p.row(y) + 4 * i, &v, 4);
            }
        const auto what = std::make_shared<image_scene>(std::move(p), 3.0);
        CHECK(what->peak() == 2.0f);
        scene_mosaic mosaic(what, camera, 64, 48, 1, pool);
        CHECK(mosaic.peak() == Approx(2));
        const auto m = mosaic.frame(0, {}, 2.0);
        // Green of grey is the light itself: 6/3 over the scale of 2, 0.75/3 over 2.
        CHECK(m->row(10)[11] == 65535);
        CHECK(m->row(10)[51] == Approx(green * 0.125 * 65535).margin(1));
        const auto clipped = mosaic.frame(0, {}, 1.0);
        CHECK(clipped->row(10)[11] == 65535);
        CHECK(clipped->row(10)[51] == Approx(green * 0.25 * 65535).margin(1));
    }
    SECTION("16 bits") {
        for (const auto coding : {sample_coding::linear, sample_coding::srgb}) {
            picture p(64, 48, sample_type::u16, coding);
            for (unsigned y = 0; y < 48; ++y)
                for (unsigned i = 0; i < 192; ++i) {
                    const auto v = static_cast<std::uint16_t>(20000 + y * 3);
                    std::memcpy(p.row(y) + 2 * i, &v, 2);
                }
            scene_mosaic mosaic(std::make_shared<image_scene>(std::move(p)), camera, 64, 48, 1,
                                pool);
            const auto m = mosaic.frame(0);
            for (unsigned y = 0; y < 48; ++y) {
                const double v = (20000 + y * 3) / 65535.0;
                const double light =
                    coding == sample_coding::linear ? v : std::pow((v + 0.055) / 1.055, 2.4);
                CHECK(m->row(y)[y % 2 ? 10 : 11] == Approx(green * light * 65535).margin(1));
            }
        }
    }
}
