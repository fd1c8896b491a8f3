// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/develop.h"

#include <array>
#include <utility>
#include <vector>

#include "isp/black_level.h"
#include "isp/white_balance.h"

namespace ocellus::isp {

namespace {

rgb8_image develop_full(const plane<std::uint16_t>& raw, unsigned bits,
                        const isp_settings& settings, worker_pool& pool) {
    frame_request q;
    q.settings = settings;
    q.width = raw.width();
    q.height = raw.height();
    q.bits = bits;
    q.image = true;
    q.format = image_format::rgb888;
    const auto work = frame_work::start(
        pool, [&raw](unsigned y) { return raw.row(y); }, q);
    rgb8_image out(q.width, q.height);
    for (unsigned y = 0; y < q.height; ++y) {
        const std::uint8_t* in = work->image()->row(y);
        std::uint8_t* to = out.row(y);
        for (std::size_t x = 0; x < q.width; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                to[3 * x + c] = in[3 * x + 2 - c];
    }
    return out;
}

void develop_cells(const plane<std::uint16_t>& raw, unsigned bits, const isp_settings& s,
                   const gamma_table& gamma, unsigned reduce, unsigned y, unsigned width,
                   std::uint8_t* to) {
    for (unsigned x = 0; x < width; ++x) {
        std::array<int, 3> sum{};
        for (unsigned dy = 0; dy < reduce; ++dy)
            for (unsigned dx = 0; dx < reduce; ++dx) {
                const unsigned row = y * reduce + dy, column = x * reduce + dx;
                const bayer_site site = site_of(s.phase, row, column);
                const int v = white_balance(black_level(raw.row(row)[column], bits, s.black_level),
                                            s.gains[static_cast<std::size_t>(site)]);
                sum[site == bayer_site::red ? 0 : site == bayer_site::blue ? 2 : 1] += v;
            }
        // A quarter of the samples is red, a quarter blue, half are green.
        const int shift = reduce == 2 ? 0 : 2;
        const auto mean = [](int total, int by) {
            return clamped((total + (1 << by >> 1)) >> by, 0, linear_max);
        };
        const int r = mean(sum[0], shift), g = mean(sum[1], shift + 1), b = mean(sum[2], shift);
        for (std::size_t c = 0; c < 3; ++c) {
            const std::int16_t* m = s.matrix.data() + 3 * c;
            to[3 * std::size_t{x} + c] =
                gamma[static_cast<std::size_t>(colour_matrix(r, g, b, m[0], m[1], m[2]))];
        }
    }
}

}  // namespace

rgb8_image develop(const plane<std::uint16_t>& raw, unsigned bits, const isp_settings& settings,
                   unsigned reduce, worker_pool* pool) {
    worker_pool here(0);
    worker_pool& workers = pool ? *pool : here;
    if (reduce <= 1)
        return develop_full(raw, bits, settings, workers);
    rgb8_image out(raw.width() / reduce, raw.height() / reduce);
    const gamma_table gamma = make_gamma_table(settings.gamma);
    workers.parallel_for(out.height, 32, [&](std::size_t first, std::size_t last) {
        for (std::size_t y = first; y < last; ++y)
            develop_cells(raw, bits, settings, gamma, reduce, static_cast<unsigned>(y), out.width,
                          out.row(static_cast<unsigned>(y)));
    });
    return out;
}

void rgb_from_yuv422(const std::uint8_t* in, unsigned width, std::uint8_t* out, yuv_matrix m) {
    // 1.402, 0.344136, 0.714136, 1.772 (BT.601); 1.5748, 0.187324, 0.468124, 1.8556 (BT.709)
    const bool wide = m == yuv_matrix::bt709;
    const int rv = wide ? 103206 : 91881, gu = wide ? 12276 : 22554, gv = wide ? 30679 : 46802,
              bu = wide ? 121609 : 116130;
    for (std::size_t i = 0; i < width / 2; ++i) {
        const int u = in[4 * i] - 128, v = in[4 * i + 2] - 128;
        for (std::size_t k = 0; k < 2; ++k) {
            const int y = in[4 * i + 1 + 2 * k] * 65536 + 32768;
            std::uint8_t* to = out + 6 * i + 3 * k;
            to[0] = static_cast<std::uint8_t>(clamped((y + rv * v) >> 16, 0, 255));
            to[1] = static_cast<std::uint8_t>(clamped((y - gu * u - gv * v) >> 16, 0, 255));
            to[2] = static_cast<std::uint8_t>(clamped((y + bu * u) >> 16, 0, 255));
        }
    }
}

void rgb_from_yuv420(const std::uint8_t* luma, const std::uint8_t* colour, unsigned width,
                     std::uint8_t* out, yuv_matrix m) {
    std::vector<std::uint8_t> row(colour, colour + std::size_t{2} * width);
    for (std::size_t x = 0; x < width; ++x)
        row[2 * x + 1] = luma[x];
    rgb_from_yuv422(row.data(), width, out, m);
}

}  // namespace ocellus::isp
