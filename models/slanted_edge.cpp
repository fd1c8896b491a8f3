// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/slanted_edge.h"

#include <cmath>

namespace ocellus::models {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr int bins_per_pixel = 4;

struct line {
    double start = 0, slope = 0;
};

/// Least squares over the rows.
line fit(const std::vector<double>& x) {
    const double n = static_cast<double>(x.size());
    double sy = 0, syy = 0, sx = 0, sxy = 0;
    for (std::size_t y = 0; y < x.size(); ++y) {
        const auto v = static_cast<double>(y);
        sy += v;
        syy += v * v;
        sx += x[y];
        sxy += v * x[y];
    }
    line l;
    l.slope = (n * sxy - sy * sx) / (n * syy - sy * sy);
    l.start = (sx - l.slope * sy) / n;
    return l;
}

/// Centre of the differences of each row, weighted by a window around `guess` (empty: everywhere).
std::vector<double> centres(const plane<std::uint16_t>& image, const line* guess) {
    std::vector<double> out(image.height());
    constexpr double reach = 10;  // pixels on either side
    for (unsigned y = 0; y < image.height(); ++y) {
        const std::uint16_t* row = image.row(y);
        const double middle = guess ? guess->start + guess->slope * y : image.width() / 2.0;
        double sum = 0, moment = 0;
        for (unsigned x = 1; x < image.width(); ++x) {
            const double away = x - middle;
            if (guess && std::fabs(away) > reach)
                continue;
            const double w = guess ? 0.54 + 0.46 * std::cos(pi * away / reach) : 1.0;
            const double d = w * (double{1} * row[x] - row[x - 1]);
            sum += d;
            moment += d * x;
        }
        out[y] = sum != 0 ? moment / sum : middle;
    }
    return out;
}

double sinc(double x) {
    return std::fabs(x) < 1e-9 ? 1.0 : std::sin(pi * x) / (pi * x);
}

}  // namespace

double edge_response::at(double frequency) const {
    const double place = frequency * 100;
    const auto i = static_cast<std::size_t>(place);
    if (i + 1 >= mtf.size())
        return mtf.empty() ? 0.0 : mtf.back();
    return mtf[i] + (place - static_cast<double>(i)) * (mtf[i + 1] - mtf[i]);
}

edge_response measure_edge(const plane<std::uint16_t>& image) {
    // 1. where the edge is
    line edge = fit(centres(image, nullptr));
    for (int i = 0; i < 3; ++i)
        edge = fit(centres(image, &edge));
    const double cosine = 1 / std::sqrt(1 + edge.slope * edge.slope);
    // 2. the edge, four times finer; as far as all rows see it
    constexpr int reach = 16;  // pixels on either side
    constexpr int count = 2 * reach * bins_per_pixel;
    std::vector<double> sum(count), number(count);
    for (unsigned y = 0; y < image.height(); ++y)
        for (unsigned x = 0; x < image.width(); ++x) {
            const double away = (x - edge.start - edge.slope * y + 0.5) * cosine;
            const auto bin = static_cast<int>(std::floor((away + reach) * bins_per_pixel));
            if (bin < 0 || bin >= count)
                continue;
            sum[static_cast<std::size_t>(bin)] += image.row(y)[x];
            number[static_cast<std::size_t>(bin)] += 1;
        }
    for (std::size_t i = 0; i < count; ++i)
        sum[i] = number[i] > 0 ? sum[i] / number[i] : (i > 0 ? sum[i - 1] : 0.0);
    // 3. its derivative, under a window that is flat where the edge is
    std::vector<double> spread(count);
    for (std::size_t i = 1; i + 1 < count; ++i) {
        const double away =
            std::fabs((static_cast<double>(i) + 0.5) / bins_per_pixel - reach) / reach;
        const double w = away < 0.5 ? 1.0 : 0.5 + 0.5 * std::cos(2 * pi * (away - 0.5));
        spread[i] = w * (sum[i + 1] - sum[i - 1]);
    }
    // 4. its transform, without what bins and difference took away
    edge_response r;
    r.angle = std::atan(edge.slope) * 180 / pi;
    double zero = 0;
    for (int k = 0; k <= 100; ++k) {
        const double f = k / 100.0, turn = 2 * pi * f / bins_per_pixel;
        double re = 0, im = 0;
        for (std::size_t i = 0; i < count; ++i) {
            re += spread[i] * std::cos(turn * static_cast<double>(i));
            im += spread[i] * std::sin(turn * static_cast<double>(i));
        }
        const double taken = sinc(2 * f / bins_per_pixel) * sinc(f / bins_per_pixel);
        const double value = std::sqrt(re * re + im * im) / taken;
        if (k == 0)
            zero = value;
        r.mtf.push_back(zero > 0 ? value / zero : 0.0);
    }
    for (std::size_t k = 1; k < r.mtf.size() && r.mtf50 == 0; ++k)
        if (r.mtf[k] < 0.5)
            r.mtf50 =
                0.01 * (static_cast<double>(k) - (0.5 - r.mtf[k]) / (r.mtf[k - 1] - r.mtf[k]));
    return r;
}

}  // namespace ocellus::models
