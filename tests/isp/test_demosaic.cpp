// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "isp/demosaic.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

const bayer_phase all_phases[] = {bayer_phase::rggb, bayer_phase::grbg, bayer_phase::gbrg,
                                  bayer_phase::bggr};

/// The four kernels of Malvar, He and Cutler's figure 2 (in eighths), written out.
using kernel = double[5][5];
const kernel green_at_colour = {
    {0, 0, -1, 0, 0}, {0, 0, 2, 0, 0}, {-1, 2, 4, 2, -1}, {0, 0, 2, 0, 0}, {0, 0, -1, 0, 0}};
const kernel colour_beside = {
    {0, 0, 0.5, 0, 0}, {0, -1, 0, -1, 0}, {-1, 4, 5, 4, -1}, {0, -1, 0, -1, 0}, {0, 0, 0.5, 0, 0}};
const kernel colour_above = {
    {0, 0, -1, 0, 0}, {0, -1, 4, -1, 0}, {0.5, 0, 5, 0, 0.5}, {0, -1, 4, -1, 0}, {0, 0, -1, 0, 0}};
const kernel colour_across = {{0, 0, -1.5, 0, 0},
                              {0, 2, 0, 2, 0},
                              {-1.5, 0, 6, 0, -1.5},
                              {0, 2, 0, 2, 0},
                              {0, 0, -1.5, 0, 0}};

struct mosaic {
    unsigned width, height;
    std::vector<int> samples;
    int operator()(unsigned x, unsigned y) const { return samples[y * width + x]; }
};

int reflect(int i, int n) {
    return i < 0 ? -i : i > n - 1 ? n - 1 - (i - (n - 1)) : i;
}

/// Independent oracle: letters of the colour filter array, real arithmetic.
std::array<double, 3> oracle(const mosaic& m, const char* cell, int x, int y) {
    const auto letter = [&](int column, int row) { return cell[(row & 1) * 2 + (column & 1)]; };
    const auto apply = [&](const kernel& k) {
        double sum = 0;
        for (int dy = -2; dy <= 2; ++dy)
            for (int dx = -2; dx <= 2; ++dx)
                sum += k[dy + 2][dx + 2] *
                       m(static_cast<unsigned>(reflect(x + dx, static_cast<int>(m.width))),
                         static_cast<unsigned>(reflect(y + dy, static_cast<int>(m.height))));
        return std::fmin(4095, std::fmax(0, std::floor(sum / 8 + 0.5)));
    };
    const auto channel = [&](char wanted) {
        const char here = letter(x, y);
        if (here == wanted)
            return std::fmin(4095, std::fmax(0, static_cast<double>(m(static_cast<unsigned>(x),
                                                                      static_cast<unsigned>(y)))));
        if (wanted == 'G')
            return apply(green_at_colour);
        if (here != 'G')
            return apply(colour_across);
        return letter(x + 1, y) == wanted ? apply(colour_beside) : apply(colour_above);
    };
    return {channel('R'), channel('G'), channel('B')};
}

const char* cell_of(bayer_phase p) {
    const char* const cells[] = {"RGGB", "GRBG", "GBRG", "BGGR"};
    return cells[static_cast<int>(p)];
}

/// The row form over a whole mosaic: rgb[3 * (y * width + x) + c].
std::vector<int> by_rows(const mosaic& m, bayer_phase phase) {
    const unsigned half = m.width / 2;
    std::vector<std::vector<std::int16_t>> even(m.height), odd(m.height);
    for (unsigned y = 0; y < m.height; ++y) {
        even[y].resize(half + 2);
        odd[y].resize(half + 2);
        for (unsigned i = 0; i < half; ++i) {
            even[y][i + 1] = static_cast<std::int16_t>(m(2 * i, y));
            odd[y][i + 1] = static_cast<std::int16_t>(m(2 * i + 1, y));
        }
        mirror_ends(even[y].data() + 1, odd[y].data() + 1, half);
    }
    std::vector<int> out(std::size_t{3} * m.width * m.height);
    std::vector<std::int16_t> c[6];
    for (auto& v : c)
        v.resize(half);
    rgb_half_rows rgb;
    for (std::size_t p = 0; p < 2; ++p) {
        rgb.red[p] = c[p].data();
        rgb.green[p] = c[2 + p].data();
        rgb.blue[p] = c[4 + p].data();
    }
    for (unsigned y = 0; y < m.height; ++y) {
        std::array<half_rows, 5> rows;
        for (int k = 0; k < 5; ++k) {
            const unsigned r = mirrored(static_cast<int>(y) + k - 2, m.height);
            rows[static_cast<std::size_t>(k)] = {even[r].data() + 1, odd[r].data() + 1};
        }
        demosaic_row(rows, phase, y, 0, half, rgb);
        for (unsigned x = 0; x < m.width; ++x)
            for (std::size_t k = 0; k < 3; ++k)
                out[3 * (std::size_t{y} * m.width + x) + k] = c[2 * k + (x & 1)][x / 2];
    }
    return out;
}

}  // namespace

TEST_CASE("demosaic: rows, pixels and the published kernels agree on extreme random mosaics") {
    const simd_scope simd = at_every_simd_level();
    random_sequence random(5, purpose::test);
    struct size {
        unsigned width, height;
    };
    for (const auto& s : {size{4, 4}, size{6, 8}, size{66, 10}, size{134, 6}})
        for (bayer_phase phase : all_phases) {
            mosaic m{s.width, s.height, {}};
            for (unsigned i = 0; i < s.width * s.height; ++i) {
                const auto kind = random.below(4);
                m.samples.push_back(kind == 0   ? -4096
                                    : kind == 1 ? 4095
                                                : static_cast<int>(random.below(8192)) - 4096);
            }
            const auto rows = by_rows(m, phase);
            bool equal = true;
            for (unsigned y = 0; y < s.height; ++y)
                for (unsigned x = 0; x < s.width; ++x) {
                    const auto pixel = demosaic_pixel(m, s.width, s.height, phase, x, y);
                    const auto truth =
                        oracle(m, cell_of(phase), static_cast<int>(x), static_cast<int>(y));
                    for (std::size_t c = 0; c < 3; ++c)
                        equal = equal && pixel[c] == truth[c] &&
                                rows[3 * (std::size_t{y} * s.width + x) + c] == pixel[c];
                }
            CHECK(equal);
        }
}

TEST_CASE("demosaic: a flat colour comes out exactly, borders included") {
    for (bayer_phase phase : all_phases) {
        const int colour[3] = {1234, 777, 4095};
        mosaic m{20, 12, {}};
        for (unsigned y = 0; y < m.height; ++y)
            for (unsigned x = 0; x < m.width; ++x) {
                const char c = cell_of(phase)[(y & 1) * 2 + (x & 1)];
                m.samples.push_back(colour[c == 'R' ? 0 : c == 'G' ? 1 : 2]);
            }
        const auto rows = by_rows(m, phase);
        bool equal = true;
        for (std::size_t i = 0; i < rows.size(); ++i)
            equal = equal && rows[i] == colour[i % 3];
        CHECK(equal);
    }
}

TEST_CASE("demosaic: a linear ramp is reproduced inside the borders") {
    mosaic m{24, 24, {}};
    for (unsigned y = 0; y < m.height; ++y)
        for (unsigned x = 0; x < m.width; ++x)
            m.samples.push_back(static_cast<int>(100 + 30 * x + 50 * y));
    const auto rows = by_rows(m, bayer_phase::rggb);
    for (unsigned y = 2; y + 2 < m.height; ++y)
        for (unsigned x = 2; x + 2 < m.width; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                REQUIRE(rows[3 * (std::size_t{y} * m.width + x) + c] == m(x, y));
}
