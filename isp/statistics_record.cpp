// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/statistics_record.h"

namespace ocellus::isp {

namespace {

struct little_endian {
    std::vector<std::uint8_t> bytes;
    void put(std::uint64_t v, unsigned n) {
        for (unsigned i = 0; i < n; ++i)
            bytes.push_back(static_cast<std::uint8_t>(v >> 8 * i));
    }
    void u16(std::uint64_t v) { put(v, 2); }
    void u32(std::uint64_t v) { put(v, 4); }
    void u64(std::uint64_t v) { put(v, 8); }
};

}  // namespace

std::vector<std::uint8_t> statistics_record(std::uint32_t frame, unsigned bits,
                                            const statistics_window& window,
                                            const zone_settings& settings,
                                            const exposure_statistics& exposure,
                                            const zone_statistics& zones) {
    const zone all = zones.total();
    const std::uint32_t size = statistics_record_bytes(zones.columns, zones.rows);
    little_endian r;
    r.bytes.reserve(size);
    r.u32(statistics_magic);
    r.u16(statistics_version);
    r.u16(statistics_header_bytes);
    r.u32(size);
    r.u32(frame);
    r.u16(zones.columns);
    r.u16(zones.rows);
    r.u16(statistics_zone_bytes);
    r.u16(bits);
    r.u16(window.x);
    r.u16(window.y);
    r.u16(window.width);
    r.u16(window.height);
    r.u32(zones.black);
    r.u32(zones.full_scale);
    r.u32(settings.clip);
    r.u32(settings.dark);
    r.u32(exposure.cells);
    r.u32(exposure.clipped);
    r.u32(exposure.dark);
    r.u32(all.balance_cells);
    for (const std::uint64_t sum :
         {exposure.luma, exposure.red, exposure.green, exposure.blue, all.balance_red,
          all.balance_green, all.balance_blue, all.focus})
        r.u64(sum);
    for (const std::uint64_t n : exposure.histogram)
        r.u32(n);
    r.bytes.resize(statistics_header_bytes, 0);
    for (const zone& z : zones.zones) {
        r.u32(z.cells);
        r.u32(z.clipped);
        r.u32(z.balance_cells);
        r.u32(0);
        for (const std::uint64_t sum : {z.red, z.green_red, z.green_blue, z.blue, z.balance_red,
                                        z.balance_green, z.balance_blue, z.focus})
            r.u64(sum);
    }
    return r.bytes;
}

}  // namespace ocellus::isp
