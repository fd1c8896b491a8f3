// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <libraw/libraw.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/dng.h"
#include "core/random.h"

using namespace ocellus;

namespace {

constexpr unsigned width = 96, height = 64;

plane<std::uint16_t> samples() {
    plane<std::uint16_t> p(width, height);
    random_sequence r(5, purpose::test);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            p.row(y)[x] = static_cast<std::uint16_t>(64 + r.below(900));
    p.row(0)[0] = 1023;
    return p;
}

dng_description description() {
    dng_description d;
    d.black = 64;
    d.white = 1023;
    d.neutral = {0.4139, 1, 0.6657};
    d.raw_from_srgb = {{{{0.3, 0.1, 0.01}}, {{0.1, 0.7, 0.2}}, {{0.02, 0.15, 0.5}}}};
    return d;
}

}  // namespace

TEST_CASE("LibRaw reads back samples, levels, filters and white balance of a DNG") {
    const auto image = samples();
    std::string file = encode_dng(image, description());
    LibRaw raw;
    REQUIRE(raw.open_buffer(file.data(), file.size()) == LIBRAW_SUCCESS);
    REQUIRE(raw.unpack() == LIBRAW_SUCCESS);
    CHECK(raw.imgdata.sizes.raw_width == width);
    CHECK(raw.imgdata.sizes.raw_height == height);
    CHECK(std::string(raw.imgdata.idata.make) == "Ocellus");
    REQUIRE(raw.imgdata.rawdata.raw_image);
    bool same = true;
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            same = same && raw.imgdata.rawdata.raw_image[y * width + x] == image.row(y)[x];
    CHECK(same);
    const auto& colour = raw.imgdata.color;
    CHECK(colour.black + colour.cblack[0] == 64);
    CHECK(colour.maximum == 1023);
    const char* names = raw.imgdata.idata.cdesc;
    CHECK(names[raw.COLOR(0, 0)] == 'R');
    CHECK(names[raw.COLOR(0, 1)] == 'G');
    CHECK(names[raw.COLOR(1, 0)] == 'G');
    CHECK(names[raw.COLOR(1, 1)] == 'B');
    CHECK(static_cast<double>(colour.cam_mul[0] / colour.cam_mul[1]) ==
          Approx(1 / 0.4139).epsilon(1e-4));
    CHECK(static_cast<double>(colour.cam_mul[2] / colour.cam_mul[1]) ==
          Approx(1 / 0.6657).epsilon(1e-4));
}

TEST_CASE("LibRaw's bilinear picture of a DNG is that of the samples") {
    const auto image = samples();
    std::string file = encode_dng(image, description());
    LibRaw raw;
    auto& p = raw.imgdata.params;
    p.output_bps = 16;
    p.output_color = 0;  // the camera's own
    p.user_qual = 0;     // bilinear
    p.gamm[0] = p.gamm[1] = 1;
    p.no_auto_bright = 1;
    p.user_mul[0] = p.user_mul[1] = p.user_mul[2] = p.user_mul[3] = 1;
    p.adjust_maximum_thr = 0;
    REQUIRE(raw.open_buffer(file.data(), file.size()) == LIBRAW_SUCCESS);
    REQUIRE(raw.unpack() == LIBRAW_SUCCESS);
    REQUIRE(raw.dcraw_process() == LIBRAW_SUCCESS);
    const double scale = 65535.0 / (1023 - 64);
    const auto at = [&](unsigned x, unsigned y) { return (image.row(y)[x] - 64) * scale; };
    double most = 0;
    for (unsigned y = 2; y < height - 2; ++y)
        for (unsigned x = 2; x < width - 2; ++x) {
            const double cross = (at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1)) / 4;
            const double corners =
                (at(x - 1, y - 1) + at(x + 1, y - 1) + at(x - 1, y + 1) + at(x + 1, y + 1)) / 4;
            const double beside = (at(x - 1, y) + at(x + 1, y)) / 2;
            const double above = (at(x, y - 1) + at(x, y + 1)) / 2;
            double want[3];
            if (y % 2 == 0 && x % 2 == 0)
                want[0] = at(x, y), want[1] = cross, want[2] = corners;
            else if (y % 2 == 1 && x % 2 == 1)
                want[0] = corners, want[1] = cross, want[2] = at(x, y);
            else if (y % 2 == 0)
                want[0] = beside, want[1] = at(x, y), want[2] = above;
            else
                want[0] = above, want[1] = at(x, y), want[2] = beside;
            const auto* got = raw.imgdata.image[y * width + x];
            for (unsigned c = 0; c < 3; ++c)
                most = std::max(most, std::fabs(got[c] - want[c]));
        }
    CHECK(most <= 2);
}
