// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/image_quality.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace ocellus::isp {
namespace {

constexpr double pi = 3.14159265358979323846;

double degrees(double radians) {
    return radians * 180 / pi;
}
double radians(double degrees) {
    return degrees * pi / 180;
}

std::vector<double> luma_of(const rgb8_image& image) {
    std::vector<double> y(std::size_t{image.width} * image.height);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::uint8_t* p = image.data.get() + 3 * i;
        y[i] = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    }
    return y;
}

/// The window's mean where it fits: (width - 10) x (height - 10).
std::vector<double> window_mean(const std::vector<double>& in, unsigned width, unsigned height) {
    std::array<double, 11> weight{};
    double sum = 0;
    for (int k = 0; k < 11; ++k)
        sum += weight[static_cast<std::size_t>(k)] = std::exp(-(k - 5) * (k - 5) / 4.5);
    const std::size_t columns = width - 10, rows = height - 10;
    std::vector<double> across(columns * height), out(columns * rows);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < columns; ++x) {
            double v = 0;
            for (std::size_t k = 0; k < 11; ++k)
                v += weight[k] * in[y * width + x + k];
            across[y * columns + x] = v / sum;
        }
    for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < columns; ++x) {
            double v = 0;
            for (std::size_t k = 0; k < 11; ++k)
                v += weight[k] * across[(y + k) * columns + x];
            out[y * columns + x] = v / sum;
        }
    return out;
}

std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        out[i] = a[i] * b[i];
    return out;
}

}  // namespace

double psnr(const rgb8_image& a, const rgb8_image& b, unsigned border) {
    double sum = 0;
    std::size_t n = 0;
    for (unsigned y = border; y + border < a.height; ++y)
        for (std::size_t i = std::size_t{3} * border; i + std::size_t{3} * border < 3 * a.width;
             ++i, ++n) {
            const double d = static_cast<double>(a.row(y)[i]) - b.row(y)[i];
            sum += d * d;
        }
    return sum > 0 ? 10 * std::log10(255.0 * 255.0 * static_cast<double>(n) / sum) : 100;
}

double ssim(const rgb8_image& a, const rgb8_image& b) {
    const auto ya = luma_of(a), yb = luma_of(b);
    const auto mean = [&](const std::vector<double>& v) {
        return window_mean(v, a.width, a.height);
    };
    const auto ma = mean(ya), mb = mean(yb), maa = mean(product(ya, ya)),
               mbb = mean(product(yb, yb)), mab = mean(product(ya, yb));
    constexpr double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    double sum = 0;
    for (std::size_t i = 0; i < ma.size(); ++i) {
        const double va = maa[i] - ma[i] * ma[i], vb = mbb[i] - mb[i] * mb[i],
                     both = mab[i] - ma[i] * mb[i];
        sum += (2 * ma[i] * mb[i] + c1) * (2 * both + c2) /
               ((ma[i] * ma[i] + mb[i] * mb[i] + c1) * (va + vb + c2));
    }
    return sum / static_cast<double>(ma.size());
}

double linear_of_srgb(double code) {
    return code <= 0.04045 ? code / 12.92 : std::pow((code + 0.055) / 1.055, 2.4);
}

double srgb_of_linear(double light) {
    return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

lab_colour lab_of_linear(const std::array<double, 3>& c) {
    // The rows over their sums: white is 1, 1, 1.
    const auto row = [&c](double r, double g, double b) {
        const double t = (r * c[0] + g * c[1] + b * c[2]) / (r + g + b);
        return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
    };
    const double x = row(0.4124564, 0.3575761, 0.1804375), y = row(0.2126729, 0.7151522, 0.0721750),
                 z = row(0.0193339, 0.1191920, 0.9503041);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double delta_e_2000(const lab_colour& p, const lab_colour& q) {
    const auto seventh = [](double c) {
        const double c7 = std::pow(c, 7);
        return std::sqrt(c7 / (c7 + std::pow(25.0, 7)));
    };
    const double g = 0.5 * (1 - seventh((std::hypot(p.a, p.b) + std::hypot(q.a, q.b)) / 2));
    const double ap = p.a * (1 + g), aq = q.a * (1 + g);
    const double cp = std::hypot(ap, p.b), cq = std::hypot(aq, q.b);
    const auto hue = [](double a, double b) {
        const double h = a == 0 && b == 0 ? 0 : degrees(std::atan2(b, a));
        return h < 0 ? h + 360 : h;
    };
    const double hp = hue(ap, p.b), hq = hue(aq, q.b);
    const bool grey = cp * cq == 0;
    double turn = grey ? 0 : hq - hp;
    turn += turn > 180 ? -360 : turn < -180 ? 360 : 0;
    const double light = q.lightness - p.lightness, chroma = cq - cp,
                 shift = 2 * std::sqrt(cp * cq) * std::sin(radians(turn / 2));
    const double l = (p.lightness + q.lightness) / 2, c = (cp + cq) / 2;
    double h = hp + hq;
    if (!grey)
        h = (std::fabs(hp - hq) <= 180 ? h : h < 360 ? h + 360 : h - 360) / 2;
    const double t = 1 - 0.17 * std::cos(radians(h - 30)) + 0.24 * std::cos(radians(2 * h)) +
                     0.32 * std::cos(radians(3 * h + 6)) - 0.20 * std::cos(radians(4 * h - 63));
    const double off = (l - 50) * (l - 50);
    const double sl = 1 + 0.015 * off / std::sqrt(20 + off), sc = 1 + 0.045 * c,
                 sh = 1 + 0.015 * c * t;
    const double bend = (h - 275) / 25;
    const double rt = -2 * seventh(c) * std::sin(radians(60 * std::exp(-bend * bend)));
    const double dl = light / sl, dc = chroma / sc, dh = shift / sh;
    return std::sqrt(dl * dl + dc * dc + dh * dh + rt * dc * dh);
}

}  // namespace ocellus::isp
