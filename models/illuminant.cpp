// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/illuminant.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ocellus::models {
namespace {

constexpr double planck = 6.62607015e-34, light_speed = 2.99792458e8, boltzmann = 1.380649e-23;
constexpr double luminous_efficacy = 683.0;  // lm/W

double black_body(double nm, double kelvin) {
    const double m = nm * 1e-9;
    return 1 / (std::pow(m, 5) * std::expm1(planck * light_speed / (m * boltzmann * kelvin)));
}

// Components of daylight, CIE 015, 380 to 780 nm in steps of 10.
constexpr double daylight_0[41] = {
    63.4,  65.8,  94.8,  104.8, 105.9, 96.8, 113.9, 125.6, 125.5, 121.3, 121.3, 113.5, 113.1, 110.8,
    106.5, 108.8, 105.3, 104.4, 100.0, 96.0, 95.1,  89.1,  90.5,  90.3,  88.4,  84.0,  85.1,  81.9,
    82.6,  84.9,  81.3,  71.9,  74.3,  76.4, 63.3,  71.7,  77.0,  65.2,  47.7,  68.6,  65.0};
constexpr double daylight_1[41] = {
    38.5,  35.0,  43.4,  46.3,  43.9,  37.1,  36.7,  35.9,  32.6,  27.9,  24.3, 20.1,  16.2,  13.2,
    8.6,   6.1,   4.2,   1.9,   0.0,   -1.6,  -3.5,  -3.5,  -5.8,  -7.2,  -8.6, -9.5,  -10.9, -10.7,
    -12.0, -14.0, -13.6, -12.0, -13.3, -12.9, -10.6, -11.6, -12.2, -10.2, -7.8, -11.2, -10.4};
constexpr double daylight_2[41] = {3.0,  1.2,  -1.1, -0.5, -0.7, -1.2, -2.6, -2.9, -2.8, -2.6, -2.6,
                                   -1.8, -1.5, -1.3, -1.2, -1.0, -0.5, -0.3, 0.0,  0.2,  0.5,  2.1,
                                   3.2,  4.1,  4.7,  5.1,  6.7,  7.3,  8.6,  9.8,  10.2, 8.3,  9.6,
                                   8.5,  7.0,  7.6,  8.0,  6.7,  5.2,  7.4,  6.8};

double between(const double* table, double first, double step, std::size_t count, double nm) {
    const double at = std::clamp((nm - first) / step, 0.0, static_cast<double>(count - 1) - 1e-9);
    const auto i = static_cast<std::size_t>(at);
    const double part = at - static_cast<double>(i);
    return table[i] * (1 - part) + table[i + 1] * part;
}

/// A bell with one width on either side.
double lobe(double nm, double middle, double left, double right) {
    const double t = (nm - middle) / (nm < middle ? left : right);
    return std::exp(-0.5 * t * t);
}

// Reflectances of the ColorChecker that Ohta measured (1997), 400 to 700 nm in steps of 20, rows of
// the chart from the top left.
constexpr double patches[24][16] = {{.065, .064, .055, .052, .054, .061, .070, .076, .087, .115,
                                     .138, .154, .173, .204, .242, .282},
                                    {.182, .201, .212, .240, .282, .301, .322, .292, .295, .358,
                                     .494, .550, .574, .605, .652, .713},
                                    {.266, .336, .335, .322, .293, .260, .225, .198, .183, .163,
                                     .150, .137, .123, .112, .105, .103},
                                    {.050, .050, .054, .061, .067, .078, .155, .177, .137, .122,
                                     .104, .098, .097, .095, .125, .247},
                                    {.328, .446, .444, .421, .381, .342, .271, .211, .201, .206,
                                     .235, .243, .269, .384, .490, .520},
                                    {.252, .322, .353, .408, .523, .582, .569, .519, .436, .346,
                                     .260, .221, .210, .211, .233, .252},
                                    {.054, .052, .052, .052, .055, .061, .086, .170, .297, .452,
                                     .532, .566, .587, .604, .615, .628},
                                    {.231, .324, .373, .374, .301, .202, .137, .106, .090, .083,
                                     .087, .084, .098, .123, .120, .116},
                                    {.144, .138, .131, .126, .119, .103, .094, .092, .108, .157,
                                     .415, .567, .601, .607, .605, .606},
                                    {.177, .206, .168, .120, .086, .067, .058, .052, .055, .052,
                                     .059, .099, .149, .193, .248, .319},
                                    {.060, .062, .068, .085, .135, .269, .484, .545, .513, .454,
                                     .374, .331, .320, .324, .354, .379},
                                    {.065, .064, .065, .069, .092, .123, .193, .374, .512, .584,
                                     .624, .645, .662, .676, .685, .696},
                                    {.136, .208, .290, .338, .239, .120, .066, .048, .043, .040,
                                     .039, .040, .042, .043, .044, .048},
                                    {.058, .059, .065, .078, .113, .180, .324, .355, .281, .196,
                                     .124, .089, .080, .075, .078, .088},
                                    {.051, .049, .049, .048, .045, .044, .044, .045, .050, .072,
                                     .192, .486, .654, .700, .718, .729},
                                    {.053, .052, .053, .059, .121, .303, .475, .597, .660, .708,
                                     .737, .753, .768, .780, .785, .792},
                                    {.283, .359, .327, .267, .209, .163, .124, .102, .106, .141,
                                     .279, .522, .696, .766, .791, .804},
                                    {.195, .258, .315, .391, .458, .433, .339, .228, .141, .097,
                                     .080, .073, .073, .076, .075, .072},
                                    {.409, .840, .883, .887, .888, .887, .887, .887, .887, .887,
                                     .887, .891, .890, .889, .888, .888},
                                    {.372, .580, .587, .586, .581, .580, .581, .583, .584, .588,
                                     .588, .585, .580, .576, .572, .568},
                                    {.289, .357, .361, .361, .357, .356, .357, .358, .359, .361,
                                     .360, .357, .353, .349, .345, .341},
                                    {.183, .202, .205, .204, .202, .202, .202, .203, .203, .205,
                                     .204, .203, .200, .197, .195, .192},
                                    {.091, .094, .095, .094, .093, .092, .093, .093, .093, .093,
                                     .092, .091, .090, .089, .087, .086},
                                    {.035, .036, .035, .035, .034, .034, .034, .034, .033, .033,
                                     .033, .033, .033, .033, .033, .032}};

}  // namespace

spectrum planckian(double kelvin) {
    const double unit = black_body(560, kelvin);
    return [kelvin, unit](double nm) { return black_body(nm, kelvin) / unit; };
}

spectrum daylight(double kelvin) {
    const double t = std::clamp(kelvin, 4000.0, 25000.0);
    const double x = t <= 7000
                         ? -4.6070e9 / (t * t * t) + 2.9678e6 / (t * t) + 0.09911e3 / t + 0.244063
                         : -2.0064e9 / (t * t * t) + 1.9018e6 / (t * t) + 0.24748e3 / t + 0.237040;
    const double y = -3.000 * x * x + 2.870 * x - 0.275;
    const double m = 0.0241 + 0.2562 * x - 0.7341 * y;
    const double m1 = (-1.3515 - 1.7703 * x + 5.9114 * y) / m;
    const double m2 = (0.0300 - 31.4424 * x + 30.0717 * y) / m;
    return [m1, m2](double nm) {
        return (between(daylight_0, 380, 10, 41, nm) + m1 * between(daylight_1, 380, 10, 41, nm) +
                m2 * between(daylight_2, 380, 10, 41, nm)) /
               100;
    };
}

std::array<double, 3> colour_matching(double nm) {
    return {1.056 * lobe(nm, 599.8, 37.9, 31.0) + 0.362 * lobe(nm, 442.0, 16.0, 26.7) -
                0.065 * lobe(nm, 501.1, 20.4, 26.2),
            0.821 * lobe(nm, 568.8, 46.9, 40.5) + 0.286 * lobe(nm, 530.9, 16.3, 31.1),
            1.217 * lobe(nm, 437.0, 11.8, 36.0) + 0.681 * lobe(nm, 459.0, 26.0, 13.8)};
}

double over_visible(const std::function<double(double nanometres)>& f) {
    double sum = 0;
    for (int nm = 380; nm < 780; nm += 2)
        sum += 2 * f(nm + 1.0);
    return sum;
}

double electrons_per_lux_second(const spectrum& light, const spectrum& qe, double area) {
    // 1 lx is 1 / (683 integral) of the spectrum's unit, a watt per square metre and nanometre.
    const double lux = luminous_efficacy *
                       over_visible([&](double nm) { return light(nm) * colour_matching(nm)[1]; });
    const double rate = over_visible(
        [&](double nm) { return light(nm) * qe(nm) * nm * 1e-9 / (planck * light_speed); });
    return area * 1e-12 * rate / lux;
}

double colorchecker_reflectance(unsigned patch, double nm) {
    return between(patches[patch], 400, 20, 16, nm);
}

const std::array<std::array<float, 3>, 24>& colorchecker_light() {
    static const auto all = [] {
        const spectrum d65 = daylight(6504);
        const double white =
            over_visible([&](double nm) { return d65(nm) * colour_matching(nm)[1]; });
        std::array<std::array<float, 3>, 24> out{};
        const auto xyz_of = [&](const spectrum& surface, double(&xyz)[3]) {
            for (unsigned c = 0; c < 3; ++c)
                xyz[c] = over_visible([&](double nm) {
                             return d65(nm) * surface(nm) * colour_matching(nm)[c];
                         }) /
                         white;
        };
        // The fits put white a little beside D65: it is white all the same.
        double diffuser[3], point[3] = {0.95047, 1, 1.08883};
        xyz_of([](double) { return 1.0; }, diffuser);
        for (unsigned p = 0; p < 24; ++p) {
            double xyz[3];
            xyz_of([p](double nm) { return colorchecker_reflectance(p, nm); }, xyz);
            for (unsigned c = 0; c < 3; ++c)
                xyz[c] *= point[c] / diffuser[c];
            // IEC 61966-2-1
            const double rgb[3] = {3.2406 * xyz[0] - 1.5372 * xyz[1] - 0.4986 * xyz[2],
                                   -0.9689 * xyz[0] + 1.8758 * xyz[1] + 0.0415 * xyz[2],
                                   0.0557 * xyz[0] - 0.2040 * xyz[1] + 1.0570 * xyz[2]};
            for (unsigned c = 0; c < 3; ++c)
                out[p][c] = static_cast<float>(std::max(0.0, rgb[c]));
        }
        return out;
    }();
    return all;
}

}  // namespace ocellus::models
