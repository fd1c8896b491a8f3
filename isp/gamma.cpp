// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/gamma.h"

namespace ocellus::isp {

unsigned gamma_segment(unsigned x) {
    if (x < 64)
        return x / 8;
    unsigned octave = 0;
    while (x >= 128u << octave)
        ++octave;
    return 8 + 8 * octave + (x - (64u << octave)) / (8u << octave);
}

gamma_curve linear_curve() {
    gamma_curve curve{};
    for (unsigned j = 0; j < gamma_knots; ++j) {
        const unsigned k = (gamma_abscissa(j) * 4080 + 2047) / 4095;
        curve[j] = static_cast<std::uint16_t>(k < 4095 ? k : 4095);
    }
    return curve;
}

unsigned gamma_pixel(const gamma_curve& curve, unsigned x) {
    const unsigned j = gamma_segment(x);
    const int step = static_cast<int>(gamma_step(j));
    const int k0 = curve[j], k1 = curve[j + 1];
    const int along = static_cast<int>(x - gamma_abscissa(j));
    const int y = (k0 * step + (k1 - k0) * along + 8 * step) / (16 * step);
    return static_cast<unsigned>(y < 255 ? y : 255);
}

gamma_table make_gamma_table(const gamma_curve& curve) {
    gamma_table table{};
    for (unsigned x = 0; x < table.size(); ++x)
        table[x] = static_cast<std::uint8_t>(gamma_pixel(curve, x));
    return table;
}

void gamma_row(const gamma_table& table, const std::int16_t* in, unsigned count, std::uint8_t* out) {
    // A table of 4 KiB stays in the first-level cache; one look-up a clock beats computing segments.
    const std::uint8_t* __restrict t = table.data();
    const std::int16_t* __restrict x = in;
    std::uint8_t* __restrict y = out;
    for (std::size_t i = 0; i < count; ++i)
        y[i] = t[static_cast<std::uint16_t>(x[i]) & 4095u];
}

}  // namespace ocellus::isp
