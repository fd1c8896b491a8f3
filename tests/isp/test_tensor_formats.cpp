// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "isp/pipeline.h"
#include "isp/registers.h"
#include "isp/tensor.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes noise(unsigned n, unsigned seed) {
    random_sequence random(seed, purpose::test, n, 1);
    bytes v;
    for (unsigned i = 0; i < n; ++i)
        v.push_back(static_cast<std::uint8_t>(random.uniform() * 256));
    return v;
}

struct colours {
    bytes r = noise(45, 1), g = noise(45, 2), b = noise(45, 3);
};

bytes row_of(const tensor_format& f, const colours& c) {
    bytes out(f.row_bytes(), 0xEE);
    tensor_row(f, c.r.data(), c.g.data(), c.b.data(), out.data());
    return out;
}
int element(std::uint8_t v) {
    return static_cast<std::int8_t>(v);
}

plane<std::uint16_t> textured(unsigned width, unsigned height) {
    random_sequence random(9, purpose::test, width, height);
    plane<std::uint16_t> raw(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            raw.row(y)[x] = static_cast<std::uint16_t>(
                60 + 480 * (1 + std::sin(x * 0.3 + y * 0.2)) + 20 * random.uniform());
    return raw;
}

}  // namespace

TEST_CASE(
    "tensor: the part's default matrix is the plain range, and K02 with K20 swap the colours") {
    const colours c;
    tensor_format plain = make_tensor_format(45, 1, 3, true);
    tensor_format matrix = plain;
    matrix.affine = true;  // 0x400 on the diagonal, 0x1800 beside it
    CHECK(row_of(matrix, c) == row_of(plain, c));
    matrix.matrix = {0, 0, 0x400, -2048, 0, 0x400, 0, -2048, 0x400, 0, 0, -2048};
    plain.bgr = true;
    CHECK(row_of(matrix, c) == row_of(plain, c));
}

TEST_CASE("tensor: the matrix is within one of real arithmetic, and clips") {
    const colours c;
    tensor_format f = make_tensor_format(45, 1, 3, true);
    f.affine = true;
    f.matrix = {306, 601, 117, -2048, -4096, 4095, 100, 17, 511, -333, 4000, 4095};
    const bytes out = row_of(f, c);
    unsigned clipped = 0;
    for (unsigned x = 0; x < 45; ++x)
        for (unsigned k = 0; k < 3; ++k) {
            const auto at = [&](unsigned i) {
                return f.matrix[4 * k + i] / (i < 3 ? 1024.0 : 16.0);
            };
            const double real = at(0) * c.r[x] + at(1) * c.g[x] + at(2) * c.b[x] + at(3);
            const double limited = std::fmin(127, std::fmax(-128, real));
            clipped += limited != real ? 1 : 0;
            // A sixteenth is lost below, and the rounding.
            REQUIRE(std::abs(element(out[3 * x + k]) - limited) <= 0.5 + 1.0 / 16);
        }
    CHECK(clipped > 10);
    // One channel: row 0 on the colours.
    tensor_format grey = f;
    grey.channels = 1;
    const bytes first = row_of(grey, c);
    for (unsigned x = 0; x < 45; ++x)
        REQUIRE(first[x] == out[3 * x]);
}

TEST_CASE("tensor: YUV444 is luma and colour of every pixel, by ITU-R BT.601 within a step") {
    const simd_scope simd = at_every_simd_level();
    const colours c;
    tensor_format f = make_tensor_format(45, 1, 3, false);
    f.order = tensor_order::yuv444;
    const bytes out = row_of(f, c);
    for (unsigned x = 0; x < 45; ++x) {
        const double r = c.r[x], g = c.g[x], b = c.b[x];
        const double y = 0.299 * r + 0.587 * g + 0.114 * b;
        REQUIRE(std::abs(out[3 * x] - y) <= 1.2);
        REQUIRE(std::abs(out[3 * x + 1] - std::fmin(255, 128 + (b - y) / 1.772)) <= 1.2);
        REQUIRE(std::abs(out[3 * x + 2] - std::fmin(255, 128 + (r - y) / 1.402)) <= 1.2);
    }
}

TEST_CASE("tensor: planes have rows of 32 bytes and an even number of them, zeros around") {
    const colours c;
    tensor_format nhwc = make_tensor_format(45, 5, 3, true), chw = nhwc;
    chw.planar = true;
    CHECK(chw.plane_row_bytes() == 64);
    CHECK(chw.plane_bytes() == 64 * 6);
    CHECK(chw.bytes() == 64 * 6 * 3);
    CHECK(nhwc.bytes() == 45 * 5 * 3);
    const bytes a = row_of(nhwc, c), b = row_of(chw, c);
    for (unsigned k = 0; k < 3; ++k)
        for (unsigned x = 0; x < 64; ++x)
            REQUIRE(b[64 * k + x] == (x < 45 ? a[3 * x + k] : 0));
}

TEST_CASE("tensor: the four Bayer sites are each scaled by themselves, for any band and order") {
    const simd_scope simd = at_every_simd_level();
    const unsigned width = 84, height = 60, out_width = 13, out_height = 9;
    const auto raw = textured(width, height);
    for (const auto phase :
         {bayer_phase::rggb, bayer_phase::grbg, bayer_phase::gbrg, bayer_phase::bggr})
        for (const unsigned band : {2u, 5u, 16u, 64u}) {
            frame_request q;
            q.width = width;
            q.height = height;
            q.bits = 10;
            q.settings.phase = phase;
            q.settings.gains = {256, 256, 256, 256};
            q.settings.gamma = linear_curve();
            q.tensor = true;
            q.tensor_out = make_tensor_format(out_width, out_height, 4, false);
            q.tensor_out.order = tensor_order::bayer;
            q.window = {6, 4, 70, 50, out_width, out_height};
            worker_pool pool(3);
            const auto work = frame_work::start(
                pool, [&](unsigned y) { return raw.row(y); }, q, {}, band);
            for (unsigned t = 0; t < out_height; ++t) {
                const std::uint8_t* row = work->tensor_row(t);
                for (unsigned u = 0; u < out_width; ++u)
                    for (unsigned site = 0; site < 4; ++site) {
                        // Area mean in real numbers over the 35 x 25 cells of the window.
                        double sum = 0, weight = 0;
                        for (unsigned cy = 0; cy < 25; ++cy)
                            for (unsigned cx = 0; cx < 35; ++cx) {
                                const auto overlap = [](double a0, double a1, double b0,
                                                        double b1) {
                                    return std::fmax(0, std::fmin(a1, b1) - std::fmax(a0, b0));
                                };
                                const double w =
                                    overlap(cy, cy + 1, t * 25.0 / 9, (t + 1) * 25.0 / 9) *
                                    overlap(cx, cx + 1, u * 35.0 / 13, (u + 1) * 35.0 / 13);
                                if (w == 0)
                                    continue;
                                for (unsigned k = 0; k < 4; ++k) {
                                    const unsigned y = 4 + 2 * cy + k / 2, x = 6 + 2 * cx + k % 2;
                                    if (static_cast<unsigned>(site_of(phase, y, x)) != site)
                                        continue;
                                    // 10 to 12 bit, black, and one straight line to 8 bit.
                                    const double v = std::fmax(0, 4.0 * raw.row(y)[x] - 256);
                                    sum += w * v * 255 / 4095;
                                    weight += w;
                                }
                            }
                        // Half a step each of the tone curve and of the mean.
                        REQUIRE(std::abs(row[4 * u + site] - sum / weight) <= 1.05);
                    }
            }
        }
}

TEST_CASE("registers: an output that the hardware does not have is refused") {
    register_block b(registers::isp::map);
    set_up_registers(b, isp_parameters(), [](std::uint32_t) {});
    tensor_format f = make_tensor_format(20, 10, 3, true);
    const auto settings = [&] {
        store_tensor_format(b, f);
        b.set(registers::isp::CONTROL, b.get(registers::isp::CONTROL) | control_tensor_enable);
        return read_settings(b, 80, 60, 10);
    };
    CHECK(settings().valid);
    f.order = tensor_order::yuv444;
    f.planar = f.affine = true;
    f.matrix = {1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 4095, -4096};
    const auto read = settings();
    CHECK(read.valid);
    CHECK(read.request.tensor_out.matrix == f.matrix);
    CHECK(read.request.tensor_out.planar);
    CHECK(read.request.tensor_out.order == tensor_order::yuv444);
    f.channels = 1;
    CHECK_FALSE(settings().valid);  // no YUV of one channel
    f.order = tensor_order::bayer;
    CHECK_FALSE(settings().valid);  // four channels, a matrix for three
    f.affine = false;
    CHECK(settings().valid);
    CHECK(settings().request.tensor_out.channels == 4);
    f = make_tensor_format(700, 10, 3, true);
    CHECK_FALSE(settings().valid);  // 700 of 80 columns
    f = make_tensor_format(20, 10, 3, true);

    namespace reg = registers::isp;
    b.set(reg::CONTROL, 2);
    b.set(reg::ROI_X, 10);
    b.set(reg::ROI_WIDTH, 40);
    b.set(reg::PICTURE_WIDTH, 64);
    CHECK_FALSE(read_settings(b, 80, 60, 10).valid);  // a width without a height
    b.set(reg::PICTURE_HEIGHT, 48);
    const auto picture = read_settings(b, 80, 60, 10);
    CHECK(picture.valid);
    CHECK(picture.request.image_width() == 64);
    CHECK(picture.request.image_height() == 48);
    CHECK(picture.request.crop.x == 10);
    CHECK(picture.request.crop.height == 60);
    b.set(reg::ROI_X, 11);
    CHECK_FALSE(read_settings(b, 80, 60, 10).valid);
    b.set(reg::ROI_X, 80);
    CHECK_FALSE(read_settings(b, 80, 60, 10).valid);
    b.set(reg::ROI_X, 0);
    b.set(reg::CONTROL, 2 | 3u << 2);
    CHECK_FALSE(read_settings(b, 80, 60, 10).valid);
    b.set(reg::CONTROL, 2);
    b.set(reg::STAGES, 1u << 6);
    CHECK(read_settings(b, 80, 60, 10).request.settings.stages == bit_of(stage::demosaic));
}
