// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/adc_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/simd.h"
#include "core/units.h"
#include "models/portable_math.h"

namespace ocellus::models {
namespace {

static inline __attribute__((always_inline)) void convert_body(
    float slope, float bias, float highest, const float* __restrict electrons, std::uint32_t count,
    std::uint16_t* __restrict dn, std::uint32_t* __restrict above_range) {
    const float above = highest + 1.0f;
    std::uint32_t clipped = 0;
    for (std::uint32_t x = 0; x < count; ++x) {
        float v = slope * electrons[x] + bias;
        v = v > 0.0f ? v : 0.0f;
        clipped += v >= above ? 1u : 0u;
        v = v < highest ? v : highest;
        dn[x] = static_cast<std::uint16_t>(static_cast<std::int32_t>(v));
    }
    *above_range = clipped;
}

OCELLUS_SIMD_KERNEL(convert,
                    (float slope, float bias, float highest, const float* __restrict electrons,
                     std::uint32_t count, std::uint16_t* __restrict dn,
                     std::uint32_t* __restrict above_range),
                    (slope, bias, highest, electrons, count, dn, above_range))

/// The same with all that may be wrong. `highest` is odd, so that its pair of codes is complete.
static inline __attribute__((always_inline)) void convert_bent_body(
    const adc_transfer& t, const float* __restrict electrons, const float* __restrict gains,
    const float* __restrict offsets, std::uint32_t count, std::uint16_t* __restrict dn,
    std::uint32_t* __restrict above_range) {
    const float slope = t.slope, bias = t.black + t.offset, highest = t.highest;
    const float above = highest + 1.0f, per_code = 1.0f / above, bend = 4.0f * t.bow;
    const float even = t.even_width, gain = t.digital_gain, black = t.black;
    std::uint32_t clipped = 0;
    for (std::uint32_t x = 0; x < count; ++x) {
        float v = slope * gains[x] * electrons[x] + (bias + offsets[x]);
        float u = v * per_code;
        u = u > 0.0f ? u : 0.0f;
        u = u < 1.0f ? u : 1.0f;
        v += bend * (u * (1.0f - u)) + 0.5f;
        v = v > 0.0f ? v : 0.0f;
        clipped += v >= above ? 1u : 0u;
        const float last = highest + 0.999f;
        v = v < last ? v : last;
        const auto pair = static_cast<float>(static_cast<std::int32_t>(v * 0.5f));
        float code = 2.0f * pair + (v - 2.0f * pair >= even ? 1.0f : 0.0f);
        code = (code - black) * gain + black + 0.5f;
        code = code > 0.0f ? code : 0.0f;
        code = code < highest ? code : highest;
        dn[x] = static_cast<std::uint16_t>(static_cast<std::int32_t>(code));
    }
    *above_range = clipped;
}

OCELLUS_SIMD_KERNEL(convert_bent,
                    (const adc_transfer& t, const float* __restrict electrons,
                     const float* __restrict gains, const float* __restrict offsets,
                     std::uint32_t count, std::uint16_t* __restrict dn,
                     std::uint32_t* __restrict above_range),
                    (t, electrons, gains, offsets, count, dn, above_range))

}  // namespace

void column_adc_parameters::declare(parameter_registry& r) {
    r.integer("adc.bits", bits, 8, 14)
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
    r.integer("adc.count_edges", count_edges, 1, 2)
        .says(
            "Edges of the count clock that count; with both, the clock runs at half of "
            "adc.count_clock, and a duty cycle that is not a half shows in the codes.")
        .from(provenance::assumed, "a double edge counter at 297 MHz")
        .moves("column_adc.clock", -1)
        .compare("1", "2");
    r.quantity("adc.settle_time", settle_time, unit::second, 0, 1e-4)
        .says("Settling of reset level and signal within one conversion.")
        .from(provenance::assumed, "typical of column-parallel readout")
        .moves("column_adc.conversion_time", +1);
    r.quantity("adc.column_constant", column_constant, unit::second, 0, 1e-5)
        .says(
            "Time constant of a column line with its source follower: what half of adc.settle_time "
            "leaves unsettled is missing from the signal.")
        .from(provenance::chosen, "0: settled; 0.1 us would be usual and leave 0.06 %")
        .moves("image.mean", -1)
        .compare("0 s", "1 us");
    r.integer("adc.banks", banks, 1, 4)
        .says("Rows converted at the same time by separate banks of converters: 1, 2 or 4.")
        .from(provenance::assumed, "one bank fits 10 bits at the published row time")
        .must_be_power_of_two()
        .moves_nothing("it allows shorter lines; lines of the same length stay as they are");
    r.integer("adc.reset_divider", reset_divider, 1, 64)
        .says("The ramp that measures the reset level spans the full range divided by this.")
        .from(provenance::assumed, "a quarter is more than what reset levels differ by")
        .must_be_power_of_two()
        .moves("column_adc.conversion_time", -1);
    r.boolean("adc.cds", cds)
        .says(
            "Digital correlated double sampling: the reset level is counted down, the signal up. "
            "Without, reset noise stays and the reset ramp is saved.")
        .from(provenance::published, "column converters of this maker count both (ISSCC 2006)")
        .moves("column_adc.conversion_time", +1)
        .moves("image.deviation", -1)
        .compare("false", "true")
        .under("scene.illuminance=0 lx");
    r.quantity("adc.reset_noise", reset_noise, unit::electron, 0, 100)
        .says("Reset (kTC) noise of a pixel's floating diffusion, rms: what CDS takes away.")
        .from(provenance::derived, "sqrt(kTC) / q of 1.6 fF (100 uV/e-) at 300 K")
        .moves("image.deviation", +1)
        .under("adc.cds=false")
        .under("scene.illuminance=0 lx");
    r.quantity("adc.bank_gain", bank_gain, unit::percent, 0, 0.1)
        .says("Spread of the banks' gains, rms; one bank has nothing to differ from.")
        .from(provenance::assumed, "no public figure")
        .moves("image.deviation", +1)
        .compare("0 %", "10 %")
        .under("adc.banks=4")
        .under("adc.digital_gain=4");
    r.quantity("adc.bank_offset", bank_offset, unit::electron, 0, 100)
        .says("Spread of the banks' offsets, rms, in electrons at gain 1.")
        .from(provenance::assumed, "below the read noise, or rows would be seen")
        .moves("image.deviation", +1)
        .compare("0 e-", "50 e-")
        .under("adc.banks=4")
        .under("scene.illuminance=0 lx");
    r.quantity("adc.column_gain", column_gain, unit::percent, 0, 0.1)
        .says("Spread of the gains of the columns' converters, rms, each bank its own.")
        .from(provenance::assumed, "no public figure")
        .moves("image.deviation", +1)
        .compare("0 %", "10 %");
    r.quantity("adc.column_offset", column_offset, unit::electron, 0, 100)
        .says(
            "Spread of the offsets of the columns' converters, rms, each bank its own, in "
            "electrons at gain 1; beside noise.column, which all banks share.")
        .from(provenance::assumed, "noise.column holds what digital CDS leaves")
        .moves("image.deviation", +1)
        .compare("0 e-", "20 e-")
        .under("scene.illuminance=0 lx");
    r.real("adc.inl", inl, 0, 256)
        .says("Bow of the ramp: largest deviation from the line, in digital numbers at 12 bits.")
        .from(provenance::assumed, "no public figure")
        .moves("image.mean", +1)
        .compare("0", "200");
    r.quantity("adc.clock_duty", clock_duty, unit::percent, 0.05, 0.95)
        .says(
            "Duty cycle of the count clock when both of its edges count: even codes are this part "
            "of two counts wide, odd codes the rest.")
        .from(provenance::chosen, "ideal: every code is one count wide")
        .moves("image.mean", -1)
        .compare("10 %", "90 %");
    r.real("adc.digital_gain", digital_gain, 1, 16)
        .says("Factor of the digital numbers above black, after the converter.")
        .from(provenance::chosen, "none")
        .moves("image.mean", +1)
        .compare("1", "1.5");
    r.boolean("adc.black_clamp", black_clamp)
        .says(
            "Subtract the mean of optically black rows of the same frame, so that dark current "
            "does not lift black.")
        .from(provenance::chosen, "off: dark current shows")
        .moves("image.mean", -1)
        .compare("false", "true")
        .under("scene.illuminance=0 lx")
        .under("noise.dark_current=10000");
    r.integer("adc.black_rows", black_rows, 1, 256, unit::lines)
        .says("Optically black rows that the black clamp averages.")
        .from(provenance::assumed, "no public figure; their readout is part of the blanking")
        .moves_nothing("how well the clamp knows the level")
        .compare("8 lines", "32 lines");
    r.boolean("adc.defect_correction", defect_correction)
        .says(
            "Correct samples that stand out from their eight neighbours of the same colour, on the "
            "sensor.")
        .from(provenance::chosen,
              "off: the public driver has a switch for it, what it does is not public")
        .moves("image.deviation", -1)
        .compare("false", "true")
        .under("scene.illuminance=0 lx")
        .under("defects.stuck=1 %");
    r.integer("adc.defect_threshold", defect_threshold, 0, 4095)
        .says("By how much a corrected sample stands out, in digital numbers at 12 bits.")
        .from(provenance::assumed, "well above the noise of a flat area")
        .moves("image.deviation", +1)
        .compare("0", "4095")
        .under("scene.illuminance=0 lx")
        .under("adc.defect_correction=true")
        .under("defects.stuck=1 %");
    const auto energy = [&r](const char* name, double& value, double& error, const char* of,
                             const char* source) {
        const std::string n = std::string("adc.") + name;
        r.quantity(n + "_energy", value, unit::joule, 0, 1e-6)
            .says(std::string("Energy of ") + of + ".")
            .from(provenance::assumed, source)
            .moves(std::string("column_adc.") + name + "_energy", +1);
        r.quantity(n + "_energy_error", error, unit::percent, 0, 10)
            .says(std::string("Uncertainty of the energy of ") + of + ", one standard deviation.")
            .from(provenance::assumed,
                  "only the sum of a readout is public; its split is not observable")
            .moves("energy.readout_error", +1)
            .compare("10 %", "100 %");
    };
    energy("pixel", pixel_energy, pixel_energy_error,
           "reading a pixel: transfer, reset, source follower and column line",
           "twice the 23 pJ of a 4.2 pF column line at 2.7 V and 1 V for two samples; the parts "
           "add up to 0.374 nJ a pixel, 278.8 mW in 12.3 Mpx of 16.52 ms (ISSCC 2021 9.6)");
    energy("conversion", conversion_energy, conversion_energy_error,
           "a conversion beside its counts: comparator and share of the ramp",
           "half of the 130 pJ of that sum that a converter of 12 bits is taken to need");
    energy("count", count_energy, count_energy_error, "one count of one column's counter",
           "the other half of those 130 pJ, over the 5120 counts of 12 bits");
}

double settled_part(const column_adc_parameters& p) {
    if (p.column_constant <= 0)
        return 1;
    const double constants = p.settle_time * (p.cds ? 0.5 : 1.0) / p.column_constant;
    return 1 - (constants < 500 ? portable_exp2(-constants * 1.44269504088896341) : 0.0);
}

adc_transfer transfer_of(const column_adc_parameters& p, double analogue_gain) {
    adc_transfer t;
    const double codes = static_cast<double>(std::uint64_t{1} << p.bits);
    t.slope =
        static_cast<float>(p.conversion_gain * settled_part(p) * analogue_gain * codes / 4096.0);
    t.black = static_cast<float>(static_cast<double>(p.black_level) * codes / 1024.0);
    t.highest = static_cast<float>(codes - 1.0);
    t.bow = static_cast<float>(p.inl * codes / 4096.0);
    t.even_width = p.count_edges == 2 ? static_cast<float>(2 * p.clock_duty) : 1.0f;
    t.digital_gain = static_cast<float>(p.digital_gain);
    return t;
}

std::uint32_t convert_row(const adc_transfer& t, const float* electrons, std::uint32_t count,
                          std::uint16_t* dn, const float* gains, const float* offsets) {
    if (t.plain() && !gains && !offsets) {
        std::uint32_t above = 0;
        convert(t.slope, t.black + t.offset + 0.5f, t.highest, electrons, count, dn, &above);
        return above;
    }
    constexpr std::uint32_t piece = 1024;
    static const std::vector<float> ones(piece, 1.0f), zeros(piece, 0.0f);
    std::uint32_t clipped = 0;
    for (std::uint32_t x = 0; x < count; x += piece) {
        const std::uint32_t n = count - x < piece ? count - x : piece;
        std::uint32_t above = 0;
        convert_bent(t, electrons + x, gains ? gains + x : ones.data(),
                     offsets ? offsets + x : zeros.data(), n, dn + x, &above);
        clipped += above;
    }
    return clipped;
}

std::uint64_t conversion_counts(const column_adc_parameters& p) {
    const std::uint64_t signal = std::uint64_t{1} << p.bits;
    return signal + (p.cds ? signal / p.reset_divider : 0);
}

double conversion_time(const column_adc_parameters& p) {
    return p.settle_time + static_cast<double>(conversion_counts(p)) / p.count_clock;
}

double row_conversion_time(const column_adc_parameters& p) {
    const std::uint64_t in_turn = (p.conversions_per_row + p.banks - 1) / p.banks;
    return conversion_time(p) * static_cast<double>(in_turn);
}

double shortest_line_time(const column_adc_parameters& p) {
    return conversion_time(p) * static_cast<double>(p.conversions_per_row) /
           static_cast<double>(p.banks);
}

readout_energies energies_of(const column_adc_parameters& p) {
    return {event_energy::of(p.pixel_energy, p.pixel_energy_error),
            event_energy::of(p.conversion_energy, p.conversion_energy_error),
            event_energy::of(p.count_energy, p.count_energy_error)};
}

conversion_remedies remedies_of(const column_adc_parameters& p, double line_time) {
    conversion_remedies r;
    const double slot = line_time / static_cast<double>(p.conversions_per_row);
    column_adc_parameters q = p;
    for (q.bits = p.bits; q.bits >= 8 && r.bits == 0; --q.bits)
        if (shortest_line_time(q) <= line_time)
            r.bits = q.bits;
    q = p;
    for (q.banks = 1; q.banks <= 4; q.banks *= 2) {
        if (r.banks == 0 && shortest_line_time(q) <= line_time)
            r.banks = q.banks;
        r.clock_of_banks[q.banks / 2] =
            lowest_count_clock(conversion_counts(p), p.settle_time, q.banks, slot);
    }
    r.count_clock = r.clock_of_banks[p.banks / 2];
    r.line_time = shortest_line_time(p);
    r.settle_time = std::max(0.0, static_cast<double>(p.banks) * slot -
                                      static_cast<double>(conversion_counts(p)) / p.count_clock);
    return r;
}

double lowest_count_clock(std::uint64_t counts, double settle_time, std::uint64_t banks,
                          double line_time) {
    const double room = static_cast<double>(banks) * line_time - settle_time;
    return room > 0 ? static_cast<double>(counts) / room : 0.0;
}

void check(const column_adc_parameters& p, const sensor_timing& timing,
           const parameter_registry& registry, diagnostics& problems) {
    const double missing = 1 - settled_part(p);
    if (missing * static_cast<double>(std::uint64_t{1} << p.bits) > 0.5)
        problems.warning(
            registry.where("adc.settle_time"),
            fmt::format("{:.3g} % of a signal are missing when its ramp begins", 100 * missing),
            fmt::format(
                "half a digital number of {} bits needs adc.settle_time >= {}", p.bits,
                format_quantity(p.column_constant * (p.cds ? 2 : 1) *
                                    std::log(2.0 * static_cast<double>(std::uint64_t{1} << p.bits)),
                                unit::second)));
    const double shortest = shortest_line_time(p);
    // A line of a whole number of pixel clocks may be short of it by the rounding of a double.
    if (shortest <= timing.line_time * (1 + 1e-12))
        return;
    const conversion_remedies fits = remedies_of(p, timing.line_time);
    std::string hint;
    const auto or_else = [&hint](const std::string& what) {
        hint += (hint.empty() ? "" : ", ") + what;
    };
    for (const std::uint64_t banks : {1, 2, 4})
        if (fits.clock_of_banks[banks / 2] > 0)
            or_else(fmt::format("adc.count_clock >= {:.0f} MHz with {} bank{}",
                                std::ceil(fits.clock_of_banks[banks / 2] / 1e6), banks,
                                banks == 1 ? "" : "s"));
    if (hint.empty())
        or_else("adc.settle_time alone is longer than four lines");
    if (fits.bits > 0)
        or_else(fmt::format("adc.bits <= {}", fits.bits));
    if (fits.banks > 0)
        or_else(fmt::format("adc.banks >= {}", fits.banks));
    const auto clocks =
        static_cast<std::uint64_t>(std::ceil(shortest * timing.pixel_rate.hertz() * (1 - 1e-12)));
    or_else(timing.pixel_rate.numerator > 0
                ? fmt::format("sensor.line_length >= {} cycles ({:.3f} us)", clocks, shortest * 1e6)
                : fmt::format("a line of {:.3f} us", shortest * 1e6));
    const bool one = p.banks == 1;
    problems.error(
        registry.where("adc.count_clock"),
        fmt::format(
            "a {}-bit conversion takes {:.3f} us, but {} bank{} at a line time of {:.3f} us "
            "leave{} {:.3f} us{}",
            p.bits, conversion_time(p) * 1e6, p.banks, one ? "" : "s", timing.line_time * 1e6,
            one ? "s" : "", static_cast<double>(p.banks) * timing.line_time * 1e6,
            p.conversions_per_row == 1 ? ""
                                       : fmt::format(" for {} of them", p.conversions_per_row)),
        hint);
}

}  // namespace ocellus::models
