// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "core/random.h"
#include "isp/scaler.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

struct planes {
    unsigned width, height;
    std::vector<std::uint8_t> even[3], odd[3];  // rows of half columns
    rgb8_half_rows row(unsigned y) const {
        const std::size_t at = std::size_t{y} * ((width + 1) / 2);
        rgb8_half_rows r;
        r.red = {even[0].data() + at, odd[0].data() + at};
        r.green = {even[1].data() + at, odd[1].data() + at};
        r.blue = {even[2].data() + at, odd[2].data() + at};
        return r;
    }
    int at(unsigned c, unsigned x, unsigned y) const {
        const auto& half = x % 2 ? odd[c] : even[c];
        return half[std::size_t{y} * ((width + 1) / 2) + x / 2];
    }
};

planes random_planes(unsigned width, unsigned height, bool white) {
    random_sequence random(9, purpose::test, width, height);
    planes p{width, height, {}, {}};
    for (unsigned c = 0; c < 3; ++c)
        for (auto* half : {&p.even[c], &p.odd[c]}) {
            half->resize(std::size_t{(width + 1) / 2} * height);
            for (auto& v : *half)
                v = white ? 255 : static_cast<std::uint8_t>(random.below(256));
        }
    return p;
}

/// Brute force: cut every source pixel into out_w x out_h equal subpixels, and every output pixel
/// is the plain mean of the width x height subpixels that it covers.
int brute(const planes& p, const area_geometry& g, unsigned c, unsigned tx, unsigned ty) {
    std::uint64_t sum = 0;
    for (unsigned v = 0; v < g.height; ++v)
        for (unsigned u = 0; u < g.width; ++u)
            sum += static_cast<unsigned>(p.at(c, g.x + (tx * g.width + u) / g.out_width,
                                              g.y + (ty * g.height + v) / g.out_height));
    const std::uint64_t n = std::uint64_t{g.width} * g.height;
    return static_cast<int>((2 * sum + n) / (2 * n));
}

}  // namespace

TEST_CASE("area scaler: equal to the brute-force mean, shrinking and enlarging") {
    const simd_scope simd = at_every_simd_level();
    const area_geometry cases[] = {
        {0, 0, 40, 30, 8, 6},    // whole factors
        {0, 0, 40, 30, 7, 11},   // fractions
        {3, 5, 31, 22, 9, 4},    // odd window
        {2, 1, 10, 8, 25, 19},   // enlarging
        {5, 0, 33, 30, 33, 30},  // as it is
        {1, 2, 37, 3, 1, 1},     // all in one
        {0, 0, 9, 30, 20, 3},    // mixed
    };
    const planes p = random_planes(40, 30, false);
    for (const auto& g : cases) {
        scaler_accumulator a(g);
        unsigned next = 0;
        bool equal = true;
        for (unsigned y = 0; y < g.height; ++y)
            a.add(y, p.row(g.y + y), [&](const area_row& r) {
                equal = equal && r.row == next++;
                for (unsigned c = 0; c < 3; ++c)
                    for (unsigned x = 0; x < g.out_width; ++x)
                        equal = equal && area_mean(r.sums[c * g.out_width + x],
                                                   std::uint64_t{g.width} * g.height) ==
                                             brute(p, g, c, x, r.row);
            });
        a.flush([&](const area_row&) { equal = false; });
        CHECK(next == g.out_height);
        CHECK(equal);
    }
}

TEST_CASE("area scaler: partial sums of any split into bands add up to the whole") {
    const simd_scope simd = at_every_simd_level();
    const planes p = random_planes(36, 50, false);
    const area_geometry g{1, 0, 33, 50, 10, 9};
    std::map<unsigned, std::vector<std::uint64_t>> whole;
    scaler_accumulator a(g);
    for (unsigned y = 0; y < g.height; ++y)
        a.add(y, p.row(y), [&](const area_row& r) { whole[r.row] = r.sums; });
    for (unsigned band : {1u, 3u, 4u, 7u, 49u}) {
        std::map<unsigned, std::vector<std::uint64_t>> parts;
        const auto gather = [&](const area_row& r) {
            auto& sums = parts[r.row];
            sums.resize(r.sums.size());
            for (std::size_t i = 0; i < sums.size(); ++i)
                sums[i] += r.sums[i];
        };
        for (unsigned first = 0; first < g.height; first += band) {
            scaler_accumulator b(g);
            for (unsigned y = first; y < first + band && y < g.height; ++y)
                b.add(y, p.row(y), gather);
            b.flush(gather);
        }
        CHECK(parts == whole);
    }
}

TEST_CASE("area scaler: no overflow on a tall white window") {
    const simd_scope simd = at_every_simd_level();
    const planes p = random_planes(8, 3000, true);
    const area_geometry g{0, 0, 8, 3000, 3, 2};
    scaler_accumulator a(g);
    unsigned rows = 0;
    for (unsigned y = 0; y < g.height; ++y)
        a.add(y, p.row(y), [&](const area_row& r) {
            ++rows;
            for (auto s : r.sums)
                REQUIRE(s == 255u * 8 * 3000);
        });
    CHECK(rows == 2);
}

TEST_CASE("box scaler: means of 2x2 and 4x4") {
    const simd_scope simd = at_every_simd_level();
    const planes p = random_planes(64, 4, false);
    for (unsigned scale : {2u, 4u}) {
        std::vector<std::uint16_t> sums(32, 0);
        for (unsigned y = 0; y < scale; ++y)
            add_pairs(p.row(y).red[0], p.row(y).red[1], 32, sums.data());
        const unsigned half = 64 / scale / 2;
        std::vector<std::uint8_t> even(half), odd(half);
        box_means(sums.data(), scale, half, even.data(), odd.data());
        for (unsigned k = 0; k < 2 * half; ++k) {
            unsigned sum = 0;
            for (unsigned y = 0; y < scale; ++y)
                for (unsigned x = 0; x < scale; ++x)
                    sum += static_cast<unsigned>(p.at(0, k * scale + x, y));
            REQUIRE((k % 2 ? odd : even)[k / 2] ==
                    static_cast<int>(static_cast<double>(sum) / (scale * scale) + 0.5));
        }
    }
}
