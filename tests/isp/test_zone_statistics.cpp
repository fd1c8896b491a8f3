// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/image.h"
#include "core/random.h"
#include "core/worker_pool.h"
#include "firmware/include/ocellus_statistics.h"
#include "isp/statistics_record.h"
#include "isp/zone_statistics.h"
#include "tests/isp/simd_scope.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

plane<std::uint16_t> noise(unsigned width, unsigned height, unsigned bits, unsigned seed) {
    random_sequence random(7, purpose::test, bits, seed);
    plane<std::uint16_t> raw(width, height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            raw.row(y)[x] = static_cast<std::uint16_t>(
                std::min<std::uint64_t>((1u << bits) - 1, random.below(2ull << bits)));
    return raw;
}

zone_statistics measure(const plane<std::uint16_t>& raw, const statistics_window& w, unsigned bits,
                        const isp_settings& s, const zone_settings& g, unsigned first = 0,
                        unsigned last = ~0u) {
    return measure_zones([&raw](unsigned y) { return raw.row(y); }, w, bits, s, g, first, last);
}

/// The formulas of the header, cell by cell from coordinates: which zone a cell is in is searched.
zone_statistics scalar(const plane<std::uint16_t>& raw, const statistics_window& w, unsigned bits,
                       const isp_settings& s, const zone_settings& g) {
    zone_statistics r;
    r.columns = g.columns;
    r.rows = g.rows;
    r.zones.resize(std::size_t{g.columns} * g.rows);
    const std::uint64_t top = (1u << bits) - 1;
    r.black = static_cast<std::uint32_t>((std::uint64_t{s.black_level} << bits) >> 12);
    r.full_scale = static_cast<std::uint32_t>(top - r.black);
    const std::uint64_t clip = (std::uint64_t{g.clip} << bits) >> 12,
                        dark = (std::uint64_t{g.dark} << bits) >> 12;
    const unsigned x0 = w.x + w.x % 2, y0 = w.y + w.y % 2;
    const unsigned cells_wide = (w.x + w.width - x0) / 2, cells_high = (w.y + w.height - y0) / 2;
    const auto at = [&](unsigned cx, unsigned cy, bayer_site site) {
        for (unsigned dy = 0; dy < 2; ++dy)
            for (unsigned dx = 0; dx < 2; ++dx)
                if (site_of(s.phase, dy, dx) == site)
                    return std::int64_t{raw.row(y0 + 2 * cy + dy)[x0 + 2 * cx + dx]};
        return std::int64_t{-1};
    };
    const auto place = [](unsigned c, unsigned cells, unsigned zones) {
        unsigned i = 0;
        while (std::uint64_t{i + 1} * cells / zones <= c)
            ++i;
        return i;
    };
    for (unsigned cy = 0; cy < cells_high; ++cy)
        for (unsigned cx = 0; cx < cells_wide; ++cx) {
            zone& z = r.zones[std::size_t{place(cy, cells_high, g.rows)} * g.columns +
                              place(cx, cells_wide, g.columns)];
            const auto red = static_cast<std::uint64_t>(at(cx, cy, bayer_site::red));
            const auto gr = static_cast<std::uint64_t>(at(cx, cy, bayer_site::green_red));
            const auto gb = static_cast<std::uint64_t>(at(cx, cy, bayer_site::green_blue));
            const auto blue = static_cast<std::uint64_t>(at(cx, cy, bayer_site::blue));
            ++z.cells;
            z.red += red;
            z.green_red += gr;
            z.green_blue += gb;
            z.blue += blue;
            const std::uint64_t most = std::max({red, gr, gb, blue});
            z.clipped += most == top;
            if (most < clip && gr + gb >= 2 * dark) {
                ++z.balance_cells;
                z.balance_red += red;
                z.balance_green += gr + gb;
                z.balance_blue += blue;
            }
            if (cx > 0 && cx + 1 < cells_wide)
                z.focus += static_cast<std::uint64_t>(std::llabs(
                    2 * at(cx, cy, bayer_site::green_red) - at(cx - 1, cy, bayer_site::green_red) -
                    at(cx + 1, cy, bayer_site::green_red)));
            if (cy > 0 && cy + 1 < cells_high)
                z.focus += static_cast<std::uint64_t>(std::llabs(
                    2 * at(cx, cy, bayer_site::green_red) - at(cx, cy - 1, bayer_site::green_red) -
                    at(cx, cy + 1, bayer_site::green_red)));
        }
    return r;
}

bool same(const zone& a, const zone& b) {
    return a.cells == b.cells && a.clipped == b.clipped && a.balance_cells == b.balance_cells &&
           a.red == b.red && a.green_red == b.green_red && a.green_blue == b.green_blue &&
           a.blue == b.blue && a.balance_red == b.balance_red &&
           a.balance_green == b.balance_green && a.balance_blue == b.balance_blue &&
           a.focus == b.focus;
}

void same(const zone_statistics& a, const zone_statistics& b) {
    REQUIRE(a.zones.size() == b.zones.size());
    CHECK(a.black == b.black);
    CHECK(a.full_scale == b.full_scale);
    for (std::size_t i = 0; i < a.zones.size(); ++i) {
        INFO("zone " << i);
        CHECK(same(a.zones[i], b.zones[i]));
    }
}

isp_settings settings_of(unsigned phase) {
    isp_settings s;
    s.phase = static_cast<bayer_phase>(phase);
    return s;
}

}  // namespace

TEST_CASE("zones equal the scalar formulas") {
    const simd_scope simd = at_every_simd_level();
    for (const unsigned bits : {8u, 10u, 12u, 16u})
        for (unsigned phase = 0; phase < 4; ++phase) {
            const auto raw = noise(334, 46, bits, phase);
            const isp_settings s = settings_of(phase);
            INFO("bits " << bits << ", phase " << phase);
            for (const zone_settings& g : {zone_settings{},
                                           zone_settings{1, 1, 3000, 700},
                                           zone_settings{7, 5, 4095, 300},
                                           {32, 32, 2000, 0}}) {
                same(measure(raw, {0, 0, 334, 46}, bits, s, g),
                     scalar(raw, {0, 0, 334, 46}, bits, s, g));
                same(measure(raw, {3, 5, 201, 31}, bits, s, g),
                     scalar(raw, {3, 5, 201, 31}, bits, s, g));
            }
        }
}

TEST_CASE("zones add up over bands of any height, on any number of threads") {
    const auto raw = noise(300, 60, 10, 1);
    const isp_settings s = settings_of(0);
    const zone_settings g{9, 7, 3000, 400};
    const statistics_window w{2, 3, 290, 55};
    const auto whole = measure(raw, w, 10, s, g);
    for (const unsigned band : {1u, 2u, 3u, 8u, 13u, 64u})
        for (const unsigned threads : {0u, 1u, 3u}) {
            INFO("bands of " << band << ", threads " << threads);
            worker_pool pool(threads);
            std::vector<zone_statistics> parts((27 + band - 1) / band);
            std::vector<work_handle> work;
            for (unsigned k = 0; k < parts.size(); ++k)
                work.push_back(pool.submit(
                    [&, k] { parts[k] = measure(raw, w, 10, s, g, k * band, (k + 1) * band); }));
            for (auto& h : work)
                h.wait();
            zone_statistics sum = parts[0];
            for (unsigned k = 1; k < parts.size(); ++k)
                sum += parts[k];
            same(sum, whole);
        }
}

TEST_CASE("a uniform field has its signal in every zone and no detail") {
    plane<std::uint16_t> raw(128, 96);
    for (unsigned y = 0; y < 96; ++y)
        for (unsigned x = 0; x < 128; ++x)
            raw.row(y)[x] = static_cast<std::uint16_t>(y % 2 == 0 ? (x % 2 == 0 ? 200 : 300)
                                                                  : (x % 2 == 0 ? 304 : 120));
    const auto s = measure(raw, {0, 0, 128, 96}, 10, settings_of(0), {});
    CHECK(s.full_scale == 1023 - 64);
    for (const zone& z : s.zones) {
        CHECK(z.cells == 4 * 4);
        CHECK(z.balance_cells == 16);
        CHECK(s.mean(z.red, z.cells) == (200 - 64) * 65280 / 959);
        CHECK(s.mean(z.balance_green, 2 * z.balance_cells) == (302 - 64) * 65280 / 959);
        CHECK(s.mean(z.blue, z.cells) == (120 - 64) * 65280 / 959);
        CHECK(z.focus == 0);
    }
    CHECK(s.total().cells == 64 * 48);
}

TEST_CASE("saturated and dark cells do not count for white balance") {
    plane<std::uint16_t> raw(64, 48);
    for (unsigned y = 0; y < 48; ++y)
        for (unsigned x = 0; x < 64; ++x)
            raw.row(y)[x] = x < 32 ? 400 : 1023;  // the right half is saturated
    raw.row(0)[0] = 960;                          // 3840 on the scale of 12 bits
    for (unsigned x = 0; x < 8; ++x)
        raw.row(46)[x] = raw.row(47)[x] = 70;
    const auto s = measure(raw, {0, 0, 64, 48}, 10, settings_of(0), {16, 12, 3840, 300});
    const zone all = s.total();
    CHECK(all.clipped == 16 * 24);
    CHECK(all.balance_cells == 16 * 24 - 1 - 4);
    CHECK(all.balance_red == all.balance_cells * 400u);
    CHECK(s.zones[15].balance_cells == 0);
    CHECK(s.mean(s.zones[15].balance_red, 0) == 0);
}

TEST_CASE("the focus measure of a grating is that of its closed form and falls with blur") {
    // Columns of green alternate by 2 a: every high-pass is 4 a.
    const unsigned a = 50;
    plane<std::uint16_t> sharp(128, 32), soft(128, 32);
    for (unsigned y = 0; y < 32; ++y)
        for (unsigned x = 0; x < 128; ++x)
            sharp.row(y)[x] = static_cast<std::uint16_t>(x / 2 % 2 == 0 ? 300 - a : 300 + a);
    for (unsigned y = 0; y < 32; ++y)
        for (unsigned x = 0; x < 128; ++x) {
            const unsigned l = x >= 2 ? x - 2 : x, r = x + 2 < 128 ? x + 2 : x;
            soft.row(y)[x] = static_cast<std::uint16_t>(
                (sharp.row(y)[l] + 2 * sharp.row(y)[x] + sharp.row(y)[r]) / 4);
        }
    const auto s = measure(sharp, {0, 0, 128, 32}, 10, settings_of(0), {1, 1, 4095, 0});
    CHECK(s.zones[0].focus == 16u * 62 * 4 * a);
    // The same grating turned: rows of green alternate, all but the first and the last count.
    plane<std::uint16_t> turned(32, 128);
    for (unsigned y = 0; y < 128; ++y)
        for (unsigned x = 0; x < 32; ++x)
            turned.row(y)[x] = sharp.row(x)[y];
    CHECK(measure(turned, {0, 0, 32, 128}, 10, settings_of(0), {1, 1, 4095, 0}).zones[0].focus ==
          16u * 62 * 4 * a);
    CHECK(measure(soft, {0, 0, 128, 32}, 10, settings_of(0), {1, 1, 4095, 0}).zones[0].focus <
          s.zones[0].focus / 4);
}

TEST_CASE("the record of statistics lies in memory as firmware's structure says") {
    using header = ocellus_statistics_header;
    using of_zone = ocellus_statistics_zone;
    static_assert(sizeof(header) == statistics_header_bytes);
    static_assert(sizeof(of_zone) == statistics_zone_bytes);
    static_assert(OCELLUS_STATISTICS_VERSION == statistics_version);
    static_assert(OCELLUS_STATISTICS_MAGIC == statistics_magic);
    const auto raw = noise(200, 60, 12, 3);
    isp_settings s = settings_of(1);
    const zone_settings g{5, 4, 3500, 500};
    const statistics_window w{4, 2, 180, 54};
    const auto zones = measure(raw, w, 12, s, g);
    const auto exposure = measure_exposure([&raw](unsigned y) { return raw.row(y); }, w, 12, s);
    const auto bytes = statistics_record(17, 12, w, g, exposure, zones);
    REQUIRE(bytes.size() == statistics_record_bytes(5, 4));
    header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    CHECK(h.magic == OCELLUS_STATISTICS_MAGIC);
    CHECK(h.version == 1);
    CHECK(h.header_bytes == 256);
    CHECK(h.bytes == 256 + 20 * 80);
    CHECK(h.frame == 17);
    CHECK((h.columns == 5 && h.rows == 4 && h.zone_bytes == 80 && h.bits == 12));
    CHECK((h.x == 4 && h.y == 2 && h.width == 180 && h.height == 54));
    CHECK((h.black == 256 && h.full_scale == 4095 - 256 && h.clip == 3500 && h.dark == 500));
    const zone all = zones.total();
    CHECK((h.cells == 90 * 27 && h.clipped == exposure.clipped && h.dark_cells == exposure.dark &&
           h.balance_cells == all.balance_cells));
    CHECK((h.luma == exposure.luma && h.red == exposure.red && h.green == exposure.green &&
           h.blue == exposure.blue));
    CHECK((h.balance_red == all.balance_red && h.balance_green == all.balance_green &&
           h.balance_blue == all.balance_blue && h.focus == all.focus));
    for (unsigned b = 0; b < 16; ++b)
        CHECK(h.histogram[b] == exposure.histogram[b]);
    for (unsigned k = 0; k < 20; ++k) {
        of_zone z;
        std::memcpy(&z, bytes.data() + 256 + std::size_t{k} * 80, sizeof z);
        const zone& t = zones.zones[k];
        CHECK((z.cells == t.cells && z.clipped == t.clipped && z.balance_cells == t.balance_cells &&
               z.reserved == 0));
        CHECK((z.red == t.red && z.green_red == t.green_red && z.green_blue == t.green_blue &&
               z.blue == t.blue));
        CHECK((z.balance_red == t.balance_red && z.balance_green == t.balance_green &&
               z.balance_blue == t.balance_blue && z.focus == t.focus));
    }
}
