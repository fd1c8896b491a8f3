// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/adc_transfer.h"

#include <fmt/format.h>

#include <cmath>

#include "core/simd.h"
#include "core/units.h"

namespace ocellus::models {
namespace {

OCELLUS_SIMD_CLONES
std::uint32_t convert(float slope, float bias, float highest, const float* __restrict electrons,
                      std::uint32_t count, std::uint16_t* __restrict dn) {
    const float above = highest + 1.0f;
    std::uint32_t clipped = 0;
    for (std::uint32_t x = 0; x < count; ++x) {
        float v = slope * electrons[x] + bias;
        v = v > 0.0f ? v : 0.0f;
        clipped += v >= above ? 1u : 0u;
        v = v < highest ? v : highest;
        dn[x] = static_cast<std::uint16_t>(static_cast<std::int32_t>(v));
    }
    return clipped;
}

double counts(std::uint64_t bits) {
    return static_cast<double>((std::uint64_t{1} << (bits - 2)) + (std::uint64_t{1} << bits));
}

}  // namespace

void column_adc_parameters::declare(parameter_registry& r) {
    r.integer("adc.bits", bits, 8, 12)
        .says("Resolution of the column converters.")
        .from(provenance::published, "IMX500 Linux driver imx500.c: RAW10 in all modes")
        .moves("column_adc.conversion_time", +1)
        .moves("egress.csi2.pixel_bytes", +1)
        .compare("10", "12");
    r.real("adc.conversion_gain", conversion_gain, 0.001, 100)
        .says("Digital numbers per electron at gain 1, counted at 12 bits.")
        .from(provenance::derived,
              "libcamera imx500.json noise slope 2.747 (squared, 16 to 12 bits)")
        .moves("image.mean", +1);
    r.integer("adc.black_level", black_level, 0, 255)
        .says("Digital number of no light, counted at 10 bits.")
        .from(provenance::published, "libcamera imx500.json tuning: 4096 of 65536")
        .moves("image.mean", +1);
    r.quantity("adc.count_clock", count_clock, unit::hertz, 1e6, 10e9)
        .says("Counts per second of the slope counters, both edges included.")
        .from(provenance::assumed, "a double edge counter at 297 MHz; fits the published row time")
        .moves("column_adc.conversion_time", -1);
    r.quantity("adc.settle_time", settle_time, unit::second, 0, 1e-4)
        .says("Settling of reset level and signal within one conversion.")
        .from(provenance::assumed, "typical of column-parallel readout")
        .moves("column_adc.conversion_time", +1);
    r.integer("adc.banks", banks, 1, 4)
        .says("Rows converted at the same time by separate banks of converters: 1, 2 or 4.")
        .from(provenance::assumed, "one bank fits 10 bits at the published row time")
        .must_be_power_of_two()
        .moves_nothing("it allows shorter lines; lines of the same length stay as they are");
}

adc_transfer transfer_of(const column_adc_parameters& p, double analogue_gain) {
    adc_transfer t;
    const double codes = static_cast<double>(std::uint64_t{1} << p.bits);
    t.slope = static_cast<float>(p.conversion_gain * analogue_gain * codes / 4096.0);
    t.black = static_cast<float>(static_cast<double>(p.black_level) * codes / 1024.0);
    t.highest = static_cast<float>(codes - 1.0);
    return t;
}

std::uint32_t convert_row(const adc_transfer& t, const float* electrons, std::uint32_t count,
                          std::uint16_t* dn) {
    return convert(t.slope, t.black + 0.5f, t.highest, electrons, count, dn);
}

double conversion_time(const column_adc_parameters& p) {
    return p.settle_time + counts(p.bits) / p.count_clock;
}

double lowest_count_clock(std::uint64_t bits, double settle_time, std::uint64_t banks,
                          double line_time) {
    const double room = static_cast<double>(banks) * line_time - settle_time;
    return room > 0 ? counts(bits) / room : 0.0;
}

void check(const column_adc_parameters& p, const sensor_timing& timing,
           const parameter_registry& registry, diagnostics& problems) {
    const double needed = conversion_time(p);
    const double room = static_cast<double>(p.banks) * timing.line_time;
    if (needed <= room)
        return;
    std::string hint;
    for (const std::uint64_t banks : {1u, 2u, 4u}) {
        const double rate = lowest_count_clock(p.bits, p.settle_time, banks, timing.line_time);
        if (rate <= 0)
            continue;
        if (!hint.empty())
            hint += ", ";
        hint += fmt::format("adc.count_clock >= {:.0f} MHz with {} bank{}", std::ceil(rate / 1e6),
                            banks, banks == 1 ? "" : "s");
    }
    if (hint.empty())
        hint = "adc.settle_time alone is longer than four lines";
    problems.error(
        registry.where("adc.count_clock"),
        fmt::format(
            "a {}-bit conversion takes {:.3f} us, but {} bank{} at a line time of {:.3f} us "
            "leave{} {:.3f} us",
            p.bits, needed * 1e6, p.banks, p.banks == 1 ? "" : "s", timing.line_time * 1e6,
            p.banks == 1 ? "s" : "", room * 1e6),
        hint);
}

}  // namespace ocellus::models
