// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/charts.h"

#include <cmath>
#include <functional>
#include <utility>

#include "models/illuminant.h"

namespace ocellus::models {
namespace {

/// Fills one row of width x height in linear light.
using painter = std::function<void(unsigned y, unsigned width, unsigned height, const shutter& when,
                                   float* red, float* green, float* blue)>;

class chart_frame : public linear_frame {
  public:
    chart_frame(const painter& paint, unsigned width, unsigned height, const shutter& when)
        : paint_(paint), width_(width), height_(height), when_(when) {}
    unsigned width() const override { return width_; }
    unsigned height() const override { return height_; }
    void rows(unsigned first, unsigned last, const row_taker& take) const override {
        std::vector<float> red(width_), green(width_), blue(width_);
        for (unsigned y = first; y < last; ++y) {
            paint_(y, width_, height_, when_, red.data(), green.data(), blue.data());
            take(y, red.data(), green.data(), blue.data());
        }
    }

  private:
    painter paint_;
    unsigned width_, height_;
    shutter when_;
};

class chart : public scene {
  public:
    using scene::frame;
    chart(painter paint, bool moves) : paint_(std::move(paint)), moves_(moves) {}
    bool still() const override { return !moves_; }
    bool changes_within_frame() const override { return moves_; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override {
        return frame(n, width, height, {});
    }
    std::shared_ptr<const linear_frame> frame(std::uint32_t, unsigned width, unsigned height,
                                              const shutter& when) const override {
        return std::make_shared<chart_frame>(paint_, width, height, when);
    }

  private:
    painter paint_;
    bool moves_;
};

/// The same light in all three colours.
painter grey(std::function<void(unsigned, unsigned, unsigned, const shutter&, float*)> paint) {
    return [paint = std::move(paint)](unsigned y, unsigned width, unsigned height,
                                      const shutter& when, float* red, float* green, float* blue) {
        paint(y, width, height, when, green);
        for (unsigned x = 0; x < width; ++x)
            red[x] = blue[x] = green[x];
    };
}

double limited(double v) {
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/// Part of [from, from + 1) that lies in odd fields of the given size.
double odd_part(double from, double size) {
    // Integral of the field function from 0 to v.
    const auto integral = [size](double v) {
        const double pairs = std::floor(v / (2 * size));
        const double inside = v - pairs * 2 * size;
        return pairs * size + (inside > size ? inside - size : 0);
    };
    return limited(integral(from + 1) - integral(from));
}

/// Integral of limited(u) from 0 to v.
double ramp_integral(double v) {
    return v <= 0 ? 0 : v < 1 ? v * v / 2 : v - 0.5;
}

/// cos(2 pi x), by its power series: the same on every machine.
double cosine_of_turns(double x) {
    x -= std::floor(x);
    x = x > 0.5 ? 1 - x : x;  // 0 .. 1/2
    const bool over = x > 0.25;
    const double t = 6.283185307179586477 * (over ? 0.5 - x : x), q = t * t;
    double sum = 0;
    for (int k = 20; k >= 2; k -= 2)
        sum = (sum + 1) * -q / (k * (k - 1));
    return over ? -(1 + sum) : 1 + sum;
}

void uniform_row(unsigned, unsigned width, unsigned, const shutter&, float* out) {
    for (unsigned x = 0; x < width; ++x)
        out[x] = 0.5f;
}

void steps_row(unsigned, unsigned width, unsigned, const shutter&, float* out) {
    for (unsigned x = 0; x < width; ++x)
        out[x] = 1.0f / static_cast<float>(1u << (std::uint64_t{x} * 12 / width));
}

void checkerboard_row(unsigned y, unsigned width, unsigned, const shutter&, float* out) {
    const double size = width / 8.0;
    const double v = odd_part(y, size);
    for (unsigned x = 0; x < width; ++x) {
        const double u = odd_part(x, size);
        out[x] = static_cast<float>(0.05 + 0.85 * (u * (1 - v) + v * (1 - u)));
    }
}

void slanted_row(unsigned y, unsigned width, unsigned height, const shutter&, float* out) {
    constexpr double tangent = 0.087488663525924;  // 5 degrees
    // Mean over the row's height of the covered part of each pixel: its integral is exact.
    const double top = width / 2.0 + (y - height / 2.0) * tangent, bottom = top + tangent;
    for (unsigned x = 0; x < width; ++x) {
        const double left = (ramp_integral(bottom - x) - ramp_integral(top - x)) / tangent;
        out[x] = static_cast<float>(0.8 - 0.75 * left);
    }
}

void checker_row(unsigned y, unsigned width, unsigned height, const shutter&, float* red,
                 float* green, float* blue) {
    const auto& patches = colorchecker_light();
    const auto row = static_cast<unsigned>(std::uint64_t{y} * 4 / height);
    for (unsigned x = 0; x < width; ++x) {
        const auto& p = patches[row * 6 + static_cast<unsigned>(std::uint64_t{x} * 6 / width)];
        red[x] = p[0];
        green[x] = p[1];
        blue[x] = p[2];
    }
}

painter flicker(double frequency) {
    return grey([frequency](unsigned y, unsigned width, unsigned, const shutter& when, float* out) {
        const double start = when.start + y * when.row_time;
        const auto v = static_cast<float>(0.5 * (1 + mean_cosine(frequency, start, when.exposure)));
        for (unsigned x = 0; x < width; ++x)
            out[x] = v;
    });
}

void moving_row(unsigned y, unsigned width, unsigned, const shutter& when, float* out) {
    const double start = when.start + y * when.row_time;
    const double from = (start - std::floor(start)) * width, way = when.exposure * width;
    for (unsigned x = 0; x < width; ++x) {
        const double behind = way > 0
                                  ? (ramp_integral(from + way - x) - ramp_integral(from - x)) / way
                                  : limited(from - x);
        out[x] = static_cast<float>(0.05 + 0.75 * behind);
    }
}

struct entry {
    const char* name;
    painter paint;
    bool moves;
};

const std::vector<entry>& charts() {
    static const std::vector<entry> all = {
        {"uniform", grey(uniform_row), false},
        {"grey-steps", grey(steps_row), false},
        {"checkerboard", grey(checkerboard_row), false},
        {"slanted-edge", grey(slanted_row), false},
        {"colorchecker", checker_row, false},
        {"flicker-100", flicker(100), true},
        {"flicker-120", flicker(120), true},
        {"moving-edge", grey(moving_row), true},
    };
    return all;
}

}  // namespace

double mean_cosine(double frequency, double start, double length) {
    const double turns = frequency * length, middle = frequency * (start + length / 2);
    // sin(pi n) / (pi n), with sin by the cosine a quarter of a turn earlier.
    const double half = turns / 2;
    const double sinc =
        half < 1e-6 ? 1.0 : cosine_of_turns(half - 0.25) / (6.283185307179586477 * half);
    return sinc * cosine_of_turns(middle);
}

std::shared_ptr<const scene> make_chart(const std::string& name) {
    for (const auto& e : charts())
        if (name == e.name)
            return std::make_shared<chart>(e.paint, e.moves);
    return nullptr;
}

std::vector<std::string> chart_names() {
    std::vector<std::string> names;
    for (const auto& e : charts())
        names.emplace_back(e.name);
    return names;
}

}  // namespace ocellus::models
