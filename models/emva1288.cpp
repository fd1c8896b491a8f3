// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/emva1288.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace ocellus::models {
namespace {

double root(double square) {
    return square > 0 ? std::sqrt(square) : 0.0;
}

/// Variance of `v` over its places.
double variance_of(const std::vector<double>& v) {
    double mean = 0, squares = 0;
    for (const double x : v)
        mean += x;
    mean /= static_cast<double>(v.size());
    for (const double x : v)
        squares += (x - mean) * (x - mean);
    return squares / static_cast<double>(v.size() - 1);
}

/// Mean over places of the variance over `n` images.
double mean_variance(const std::vector<double>& sum, const std::vector<double>& squares, double n) {
    double all = 0;
    for (std::size_t i = 0; i < sum.size(); ++i)
        all += (squares[i] - sum[i] * sum[i] / n) / (n - 1);
    return all / static_cast<double>(sum.size());
}

}  // namespace

pair_statistics compare_pair(const plane<std::uint16_t>& a, const plane<std::uint16_t>& b) {
    std::uint64_t sum_a = 0, sum_b = 0, squares = 0;
    for (unsigned y = 0; y < a.height(); ++y)
        for (unsigned x = 0; x < a.width(); ++x) {
            const std::int64_t p = a.row(y)[x], q = b.row(y)[x];
            sum_a += static_cast<std::uint64_t>(p);
            sum_b += static_cast<std::uint64_t>(q);
            squares += static_cast<std::uint64_t>((p - q) * (p - q));
        }
    const double n = static_cast<double>(a.width()) * a.height();
    const double mean_a = static_cast<double>(sum_a) / n, mean_b = static_cast<double>(sum_b) / n;
    pair_statistics s;
    s.mean = (mean_a + mean_b) / 2;
    s.variance = static_cast<double>(squares) / n / 2 - (mean_a - mean_b) * (mean_a - mean_b) / 2;
    return s;
}

std::size_t saturation_level(const std::vector<double>& variances) {
    return static_cast<std::size_t>(std::max_element(variances.begin(), variances.end()) -
                                    variances.begin());
}

photon_transfer evaluate_transfer(const std::vector<transfer_point>& points) {
    photon_transfer r;
    std::vector<double> variances;
    variances.reserve(points.size());
    for (const auto& p : points)
        variances.push_back(p.light.variance);
    const std::size_t top = saturation_level(variances);
    r.saturation_exposure = points[top].exposure;
    const double reach = points[top].light.mean - points[top].dark.mean;
    // Slopes through the origin, over 0 .. 70 % of saturation.
    double xy = 0, xx = 0, ry = 0, rr = 0;
    for (const auto& p : points) {
        const double signal = p.light.mean - p.dark.mean;
        if (signal > 0.7 * reach)
            break;
        xy += signal * (p.light.variance - p.dark.variance);
        xx += signal * signal;
        ry += p.exposure * signal;
        rr += p.exposure * p.exposure;
    }
    r.gain = xy / xx;
    r.responsivity = ry / rr;
    const double dark = points.front().dark.variance;
    r.dark_limited = dark < 0.24;
    r.dark_noise = r.dark_limited ? 0.4 / r.gain : std::sqrt(dark - 1.0 / 12) / r.gain;
    r.saturation = r.responsivity / r.gain * r.saturation_exposure;
    r.snr_max = root(r.saturation);
    r.dynamic_range =
        r.saturation / ((r.dark_limited ? std::sqrt(0.24) : std::sqrt(dark)) / r.gain + 0.5);
    // The line that minimises relative deviations over 5 .. 95 % of saturation (section 6.7).
    double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
    const auto used = [&](const transfer_point& p) {
        const double signal = p.light.mean - p.dark.mean;
        return signal >= 0.05 * reach && signal <= 0.95 * reach && signal > 0;
    };
    for (const auto& p : points) {
        if (!used(p))
            continue;
        const double y = p.light.mean - p.dark.mean, k = 1 / (y * y), x = p.exposure;
        w += k;
        wx += k * x;
        wxx += k * x * x;
        wy += k * y;
        wxy += k * x * y;
    }
    const double slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
    const double start = (wy - slope * wx) / w;
    double error = 0, n = 0;
    for (const auto& p : points) {
        if (!used(p))
            continue;
        const double line = start + slope * p.exposure;
        error += std::fabs((p.light.mean - p.dark.mean - line) / line);
        n += 1;
    }
    r.linearity_error = error / n;
    return r;
}

image_stack::image_stack(unsigned width, unsigned height)
    : width_(width),
      height_(height),
      sum_(std::size_t{width} * height),
      squares_(sum_.size()),
      row_sum_(height),
      row_squares_(height),
      column_sum_(width),
      column_squares_(width) {}

void image_stack::add(const plane<std::uint16_t>& image) {
    ++count_;
    std::vector<std::uint64_t> columns(width_);
    for (unsigned y = 0; y < height_; ++y) {
        const std::uint16_t* in = image.row(y);
        std::uint32_t* sum = sum_.data() + std::size_t{y} * width_;
        std::uint64_t* squares = squares_.data() + std::size_t{y} * width_;
        std::uint64_t row = 0;
        for (unsigned x = 0; x < width_; ++x) {
            const std::uint32_t v = in[x];
            sum[x] += v;
            squares[x] += v * v;
            columns[x] += v;
            row += v;
        }
        const double mean = static_cast<double>(row) / width_;
        row_sum_[y] += mean;
        row_squares_[y] += mean * mean;
    }
    for (unsigned x = 0; x < width_; ++x) {
        const double mean = static_cast<double>(columns[x]) / height_;
        column_sum_[x] += mean;
        column_squares_[x] += mean * mean;
    }
}

double image_stack::mean() const {
    double all = 0;
    for (const double m : row_sum_)
        all += m;
    return all / height_ / static_cast<double>(count_);
}

std::vector<double> image_stack::mean_image() const {
    std::vector<double> out(sum_.size());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<double>(sum_[i]) / static_cast<double>(count_);
    return out;
}

double image_stack::temporal_variance() const {
    const double n = static_cast<double>(count_);
    double all = 0;
    for (std::size_t i = 0; i < sum_.size(); ++i) {
        const double s = sum_[i];
        all += (static_cast<double>(squares_[i]) - s * s / n) / (n - 1);
    }
    return all / static_cast<double>(sum_.size());
}

double image_stack::row_temporal_variance() const {
    const double n = static_cast<double>(count_);
    return mean_variance(row_sum_, row_squares_, n) - temporal_variance() / width_;
}

double image_stack::column_temporal_variance() const {
    const double n = static_cast<double>(count_);
    return mean_variance(column_sum_, column_squares_, n) - temporal_variance() / height_;
}

spatial_spread image_stack::spread() const {
    const double n = static_cast<double>(count_);
    std::vector<double> image(sum_.size()), rows(height_), columns(width_);
    for (std::size_t i = 0; i < sum_.size(); ++i)
        image[i] = sum_[i] / n;
    for (unsigned y = 0; y < height_; ++y)
        rows[y] = row_sum_[y] / n;
    for (unsigned x = 0; x < width_; ++x)
        columns[x] = column_sum_[x] / n;
    const double all = variance_of(image), row = variance_of(rows), column = variance_of(columns);
    // all = r^2 + c^2 + q, row = r^2 + q / width, column = c^2 + q / height, where q is the pixels'
    // own variance and the temporal noise that is left.
    const double q = (all - row - column) / (1 - 1.0 / width_ - 1.0 / height_);
    const double left = temporal_variance() / n;
    spatial_spread s;
    s.total = root(all - left);
    s.row = root(row - q / width_);
    s.column = root(column - q / height_);
    s.pixel = root(q - left);
    return s;
}

namespace {

/// Fourier transform of any length, by its prime factors.
std::vector<std::complex<double>> transform(const std::vector<std::complex<double>>& in) {
    const std::size_t n = in.size();
    if (n == 1)
        return in;
    std::size_t p = 2;
    while (n % p != 0)
        ++p;
    const std::size_t m = n / p;
    std::vector<std::vector<std::complex<double>>> parts;
    for (std::size_t r = 0; r < p; ++r) {
        std::vector<std::complex<double>> part(m);
        for (std::size_t i = 0; i < m; ++i)
            part[i] = in[i * p + r];
        parts.push_back(transform(part));
    }
    std::vector<std::complex<double>> out(n), turn(n);
    for (std::size_t k = 0; k < n; ++k)
        turn[k] = std::polar(
            1.0, -2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(n));
    for (std::size_t k = 0; k < n; ++k)
        for (std::size_t r = 0; r < p; ++r)
            out[k] += turn[k * r % n] * parts[r][k % m];
    return out;
}

}  // namespace

std::vector<double> spectrogram(const std::vector<double>& image, unsigned width, unsigned height,
                                bool vertical) {
    double mean = 0;
    for (const double v : image)
        mean += v / static_cast<double>(image.size());
    const unsigned n = vertical ? height : width, lines = vertical ? width : height;
    std::vector<double> power(n / 2 + 1);
    std::vector<std::complex<double>> line(n);
    for (unsigned l = 0; l < lines; ++l) {
        for (unsigned i = 0; i < n; ++i)
            line[i] =
                image[vertical ? std::size_t{i} * width + l : std::size_t{l} * width + i] - mean;
        const auto spectrum = transform(line);
        for (std::size_t k = 0; k < power.size(); ++k)
            power[k] += std::norm(spectrum[k]);
    }
    for (double& v : power)
        v = std::sqrt(v / n / lines);
    return power;
}

spatial_spread relative_spread(const spatial_spread& light, const spatial_spread& dark,
                               double difference) {
    const auto part = [&](double l, double d) { return root(l * l - d * d) / difference; };
    return {part(light.total, dark.total), part(light.row, dark.row),
            part(light.column, dark.column), part(light.pixel, dark.pixel)};
}

}  // namespace ocellus::models
