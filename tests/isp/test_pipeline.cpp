// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/random.h"
#include "isp/black_level.h"
#include "isp/demosaic.h"
#include "isp/develop.h"
#include "isp/pipeline.h"
#include "isp/white_balance.h"
#include "isp/yuv.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

plane<std::uint16_t> random_raw(unsigned width, unsigned height, unsigned bits) {
    random_sequence random(21, purpose::test, width, height);
    plane<std::uint16_t> raw(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            // Smooth, with edges and noise, black and saturated places.
            const double v = 0.5 + 0.6 * std::sin(x * 0.21) * std::cos(y * 0.13) +
                             (random.uniform() - 0.5) * 0.1;
            const double top = (1u << bits) - 1.0;
            raw.row(y)[x] = static_cast<std::uint16_t>(std::fmin(top, std::fmax(0, v * top)));
        }
    return raw;
}

struct pixel {
    int r, g, b;
};

/// The chain pixel by pixel, with the scalar references of the stages.
std::vector<pixel> scalar_chain(const plane<std::uint16_t>& raw, const frame_request& q) {
    const isp_settings& s = q.settings;
    const auto mosaic = [&](unsigned x, unsigned y) {
        return white_balance(black_level(raw.row(y)[x], q.bits, s.black_level), s.gain_at(y, x));
    };
    std::vector<pixel> out;
    for (unsigned y = 0; y < q.height; ++y)
        for (unsigned x = 0; x < q.width; ++x) {
            const auto c = demosaic_pixel(mosaic, q.width, q.height, s.phase, x, y);
            const auto at = [&](std::size_t k) {
                const auto v =
                    colour_matrix(c[0], c[1], c[2], s.matrix[k], s.matrix[k + 1], s.matrix[k + 2]);
                return static_cast<int>(gamma_pixel(s.gamma, static_cast<unsigned>(v)));
            };
            out.push_back({at(0), at(3), at(6)});
        }
    return out;
}

/// Rows of a picture from the scalar chain.
std::vector<std::uint8_t> scalar_image(const std::vector<pixel>& full, const frame_request& q) {
    const unsigned s = q.scale, w = q.image_width(), h = q.image_height();
    std::vector<pixel> small;
    for (unsigned y = 0; y < h; ++y)
        for (unsigned x = 0; x < w; ++x) {
            pixel sum{0, 0, 0};
            for (unsigned dy = 0; dy < s; ++dy)
                for (unsigned dx = 0; dx < s; ++dx) {
                    const pixel& p = full[std::size_t{y * s + dy} * q.width + x * s + dx];
                    sum = {sum.r + p.r, sum.g + p.g, sum.b + p.b};
                }
            const int n = static_cast<int>(s * s);
            small.push_back(
                {(2 * sum.r + n) / (2 * n), (2 * sum.g + n) / (2 * n), (2 * sum.b + n) / (2 * n)});
        }
    std::vector<std::uint8_t> out;
    const auto put = [&](int v) { out.push_back(static_cast<std::uint8_t>(v)); };
    for (std::size_t i = 0; i < small.size(); i += 2) {
        const pixel &a = small[i], &b = small[i + 1];
        if (q.format == image_format::rgb888) {
            for (int v : {a.b, a.g, a.r, b.b, b.g, b.r})
                put(v);
        } else {
            put(chroma_u_of_two(a.r + b.r, a.g + b.g, a.b + b.b));
            put(luma(a.r, a.g, a.b));
            put(chroma_v_of_two(a.r + b.r, a.g + b.g, a.b + b.b));
            put(luma(b.r, b.g, b.b));
        }
    }
    return out;
}

std::vector<std::uint8_t> scalar_tensor(const std::vector<pixel>& full, const frame_request& q) {
    std::vector<std::uint8_t> out;
    const area_geometry& w = q.window;
    const unsigned tw = q.tensor_out.width, th = q.tensor_out.height;
    for (unsigned ty = 0; ty < th; ++ty)
        for (unsigned tx = 0; tx < tw; ++tx) {
            double r = 0, g = 0, b = 0;
            for (unsigned y = 0; y < w.height; ++y)
                for (unsigned x = 0; x < w.width; ++x) {
                    // Length of the intersection of [x, x+1) with the output pixel, in real
                    // numbers.
                    const auto overlap = [](double s, double t, double from, double to) {
                        return std::fmax(0, std::fmin((s + 1) * to, (t + 1) * from) -
                                                std::fmax(s * to, t * from));
                    };
                    const double weight =
                        overlap(x, tx, w.width, tw) * overlap(y, ty, w.height, th);
                    const pixel& p = full[std::size_t{w.y + y} * q.width + w.x + x];
                    r += weight * p.r;
                    g += weight * p.g;
                    b += weight * p.b;
                }
            const double n = static_cast<double>(w.width) * w.height;
            const auto put = [&](double v) {
                out.push_back(
                    static_cast<std::uint8_t>(tensor_value(q.tensor_out, static_cast<int>(v))));
            };
            r = std::floor(r / n + 0.5);
            g = std::floor(g / n + 0.5);
            b = std::floor(b / n + 0.5);
            if (q.tensor_out.channels == 1) {
                put(luma(static_cast<int>(r), static_cast<int>(g), static_cast<int>(b)));
            } else {
                put(q.tensor_out.bgr ? b : r);
                put(g);
                put(q.tensor_out.bgr ? r : b);
            }
        }
    return out;
}

std::vector<std::uint8_t> bytes_of(const plane<std::uint8_t>& p) {
    std::vector<std::uint8_t> out;
    for (unsigned y = 0; y < p.height(); ++y)
        out.insert(out.end(), p.row(y), p.row(y) + p.width());
    return out;
}

struct result {
    std::vector<std::uint8_t> image, tensor;
    bool operator==(const result& o) const { return image == o.image && tensor == o.tensor; }
};

result run(const plane<std::uint16_t>& raw, const frame_request& q, unsigned threads,
           unsigned rows_per_band) {
    worker_pool pool(threads);
    const auto work = frame_work::start(
        pool, [&raw](unsigned y) { return raw.row(y); }, q, {}, rows_per_band);
    result r;
    if (q.tensor)
        r.tensor = bytes_of(work->tensor());
    if (q.image)
        r.image = bytes_of(work->image()->all());
    return r;
}

frame_request request(unsigned width, unsigned height) {
    frame_request q;
    q.width = width;
    q.height = height;
    q.image = true;
    q.tensor = true;
    q.window = {0, 0, width, height, 0, 0};
    q.tensor_out = make_tensor_format(13, 9, 3, true);
    return q;
}

}  // namespace

TEST_CASE("pipeline: equals the scalar chain for every phase, scale, format and bit width") {
    const simd_scope simd = at_every_simd_level();
    for (unsigned k = 0; k < 4; ++k) {
        frame_request q = request(70, 54);
        q.settings.phase = static_cast<bayer_phase>(k);
        q.bits = k == 3 ? 12 : 10;
        q.format = k % 2 ? image_format::rgb888 : image_format::yuv422;
        q.scale = 1u << k % 3;
        q.tensor_out.bgr = k == 1;
        if (k == 2)
            q.tensor_out = make_tensor_format(30, 100, 1, false);  // enlarged, luma
        const auto raw = random_raw(q.width, q.height, q.bits);
        const auto full = scalar_chain(raw, q);
        const auto out = run(raw, q, 0, 64);
        CHECK(out.image == scalar_image(full, q));
        CHECK(out.tensor == scalar_tensor(full, q));
    }
}

TEST_CASE("pipeline: bands and threads change nothing") {
    const auto raw = random_raw(70, 54, 10);
    for (unsigned scale : {1u, 2u, 4u}) {
        frame_request q = request(70, 54);
        q.scale = scale;
        // The second window reaches the rows that a box scale of 4 leaves over.
        q.window =
            scale == 2 ? area_geometry{11, 7, 45, 40, 0, 0} : area_geometry{11, 7, 45, 47, 0, 0};
        for (bool image : {true, false})
            for (bool tall : {false, true}) {
                q.image = image;
                q.tensor_out = make_tensor_format(13, tall ? 1 : 9, 3, true);
                const auto reference = run(raw, q, 0, 64);
                CHECK(reference.tensor == scalar_tensor(scalar_chain(raw, q), q));
                for (unsigned threads : {0u, 1u, 2u, 8u})
                    for (unsigned band : {4u, 12u, 16u, 52u})
                        REQUIRE(run(raw, q, threads, band) == reference);
            }
    }
}

TEST_CASE("pipeline: every stage's checksum is the same for any band and number of threads") {
    const simd_scope simd = at_every_simd_level();
    const auto raw = random_raw(70, 54, 10);
    for (const auto format : {image_format::yuv422, image_format::yuv420, image_format::rgb888}) {
        frame_request q = request(70, 54);
        q.format = format;
        q.settings.stages = every_stage;
        q.dump = true;
        const auto sums = [&raw, &q](unsigned threads, unsigned band) {
            worker_pool pool(threads);
            const auto work = frame_work::start(
                pool, [&raw](unsigned y) { return raw.row(y); }, q, {}, band);
            std::vector<std::string> out;
            for (const stage_picture& p : work->stages())
                out.push_back(p.checksum());
            return out;
        };
        const auto reference = sums(0, 64);
        REQUIRE(reference.size() == stage_count - 1);  // lens shading has no table here
        for (const unsigned threads : {0u, 1u, 3u})
            for (const unsigned band : {4u, 12u, 16u, 52u})
                CHECK(sums(threads, band) == reference);
        // Pictures and tensors do not change with the dump.
        const auto dumped = run(raw, q, 2, 16);
        q.dump = false;
        CHECK(run(raw, q, 2, 16) == dumped);
    }
}

TEST_CASE("pipeline: storage of an earlier frame is reused and gives the same bytes") {
    const auto raw = random_raw(70, 54, 10);
    const frame_request q = request(70, 54);
    worker_pool pool(2);
    const auto rows = [&raw](unsigned y) { return raw.row(y); };
    auto first = frame_work::start(pool, rows, q);
    const auto image = bytes_of(first->image()->all()), tensor = bytes_of(first->tensor());
    const auto* storage = first->image()->row(0);
    auto second = frame_work::start(pool, rows, q, first->recycle());
    CHECK(second->image()->row(0) == storage);
    CHECK(bytes_of(second->image()->all()) == image);
    CHECK(bytes_of(second->tensor()) == tensor);
}

TEST_CASE("pipeline: a failing row supplier is reported to whoever waits") {
    worker_pool pool(1);
    const auto work = frame_work::start(
        pool, [](unsigned) -> const std::uint16_t* { throw std::runtime_error("no row"); },
        request(70, 54));
    CHECK_THROWS_AS(work->tensor_row(0), std::runtime_error);
}

TEST_CASE("windows are clipped to the array") {
    area_geometry w{10, 5, 0, 0, 0, 0};
    CHECK(clip_window(w, 100, 50));
    CHECK(w.width == 90);
    CHECK(w.height == 45);
    w = {90, 0, 20, 10, 0, 0};
    CHECK(clip_window(w, 100, 50));
    CHECK(w.width == 10);
    w = {100, 0, 20, 10, 0, 0};
    CHECK_FALSE(clip_window(w, 100, 50));
}

TEST_CASE("develop: a grey raw frame gives a grey picture of the right brightness at every size") {
    // Linear 0.18 of white through the camera's own white balance: raw = black + 0.18 white / gain.
    const isp_parameters p;
    const isp_settings s = p.settings();
    plane<std::uint16_t> raw(40, 24);
    for (unsigned y = 0; y < 24; ++y)
        for (unsigned x = 0; x < 40; ++x)
            raw.row(y)[x] =
                static_cast<std::uint16_t>(256 + std::lround(0.18 * 4095 * 256 / s.gain_at(y, x)));
    // sRGB of 0.18 is 0.4614: 117.6.
    for (unsigned reduce : {1u, 2u, 4u}) {
        const auto out = develop(raw, 12, p, reduce);
        REQUIRE(out.width == 40 / reduce);
        REQUIRE(out.height == 24 / reduce);
        for (unsigned y = 0; y < out.height; ++y)
            for (unsigned x = 0; x < 3 * out.width; ++x)
                REQUIRE(std::abs(out.row(y)[x] - 117.6) < 1.5);
    }
    worker_pool pool(3);
    for (unsigned reduce : {1u, 2u, 4u}) {
        const auto noisy = random_raw(72, 200, 10);
        const auto a = develop(noisy, 10, s, reduce), b = develop(noisy, 10, s, reduce, &pool);
        CHECK(std::memcmp(a.data.get(), b.data.get(), std::size_t{a.width} * a.height * 3) == 0);
    }
}

TEST_CASE("YUV422 rows come back as the colours they were") {
    // Pairs of equal pixels lose nothing to subsampling: within the rounding of two conversions.
    for (const auto m : {yuv_matrix::bt601, yuv_matrix::bt709}) {
        const auto k = coefficients_of(m);
        for (int r = 0; r < 256; r += 17)
            for (int g = 0; g < 256; g += 17)
                for (int b = 0; b < 256; b += 17) {
                    const auto y = static_cast<std::uint8_t>(luma(k, r, g, b));
                    const std::uint8_t in[4] = {
                        static_cast<std::uint8_t>(chroma_u(k, r, g, b, 0)), y,
                        static_cast<std::uint8_t>(chroma_v(k, r, g, b, 0)), y};
                    std::uint8_t out[6];
                    rgb_from_yuv422(in, 2, out, m);
                    for (int c = 0; c < 6; c += 3) {
                        REQUIRE(std::abs(out[c] - r) <= 3);
                        REQUIRE(std::abs(out[c + 1] - g) <= 3);
                        REQUIRE(std::abs(out[c + 2] - b) <= 3);
                    }
                }
    }
}
