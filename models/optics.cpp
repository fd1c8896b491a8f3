// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/optics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include "core/diagnostics.h"
#include "core/files.h"
#include "core/simd.h"

namespace ocellus::models {
namespace {

constexpr double pi = 3.14159265358979323846;

OCELLUS_SIMD_CLONES
void add_scaled(const float* __restrict in, float weight, float* __restrict out, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] += in[x] * weight;
}

OCELLUS_SIMD_CLONES
void multiply(float* __restrict out, const float* __restrict by, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] *= by[x];
}

class lens_frame : public linear_frame {
  public:
    lens_frame(std::shared_ptr<const linear_frame> frame, std::shared_ptr<const lens_model> lens)
        : frame_(std::move(frame)), lens_(std::move(lens)) {}
    unsigned width() const override { return frame_->width(); }
    unsigned height() const override { return frame_->height(); }

    void rows(unsigned first, unsigned last, const row_taker& take) const override {
        const unsigned w = width(), h = height();
        const auto& taps = lens_->blur;
        const unsigned half = static_cast<unsigned>(taps.size() / 2);
        // Rows that are blurred along themselves, as long as a row above or below wants them.
        const unsigned kept = 2 * half + 1;
        std::vector<std::vector<float>> ring(kept, std::vector<float>(std::size_t{w} * 3));
        std::vector<float> wide(std::size_t{w} + 2 * half), out(std::size_t{w} * 3), fall(w);
        const bool shaded = lens_->corner_tangent > 0 || !lens_->shading.empty();
        const unsigned from = first > half ? first - half : 0, to = std::min(h, last + half);
        const auto emit = [&](unsigned y) {
            if (half == 0) {
                out = ring[0];
            } else {
                std::fill(out.begin(), out.end(), 0.0f);
                for (unsigned t = 0; t < kept; ++t) {
                    const long row = static_cast<long>(y) + t - half;
                    const auto at =
                        static_cast<unsigned>(std::clamp<long>(row, 0, static_cast<long>(h) - 1));
                    add_scaled(ring[at % kept].data(), taps[t], out.data(), 3 * w);
                }
            }
            if (shaded) {
                fall_of(y, fall.data());
                for (std::size_t c = 0; c < 3; ++c)
                    multiply(out.data() + c * w, fall.data(), w);
            }
            take(y, out.data(), out.data() + w, out.data() + 2 * std::size_t{w});
        };
        unsigned next = first;
        frame_->rows(from, to, [&](unsigned y, const float* r, const float* g, const float* b) {
            std::vector<float>& row = ring[y % kept];
            const float* const in[3] = {r, g, b};
            for (std::size_t c = 0; c < 3; ++c) {
                float* line = row.data() + c * w;
                if (half == 0) {
                    std::copy(in[c], in[c] + w, line);
                    continue;
                }
                std::fill_n(wide.begin(), half, in[c][0]);
                std::copy(in[c], in[c] + w, wide.begin() + half);
                std::fill_n(wide.begin() + half + w, half, in[c][w - 1]);
                std::fill_n(line, w, 0.0f);
                for (unsigned t = 0; t < kept; ++t)
                    add_scaled(wide.data() + t, taps[t], line, w);
            }
            for (; next < last && next + half <= y; ++next)
                emit(next);
        });
        for (; next < last; ++next)
            emit(next);
    }

  private:
    void fall_of(unsigned y, float* out) const {
        const double w = width(), h = height(), diagonal = std::sqrt(w * w + h * h) / 2;
        for (unsigned x = 0; x < width(); ++x)
            out[x] = static_cast<float>(lens_->light_at((x + 0.5 - w / 2) / diagonal,
                                                        (y + 0.5 - h / 2) / diagonal, (x + 0.5) / w,
                                                        (y + 0.5) / h));
    }
    std::shared_ptr<const linear_frame> frame_;
    std::shared_ptr<const lens_model> lens_;
};

}  // namespace

double lens_model::light_at(double dx, double dy, double u, double v) const {
    const double t = (dx * dx + dy * dy) * corner_tangent * corner_tangent;
    double light = 1 / ((1 + t) * (1 + t));  // cos^4 = (1 + tan^2)^-2
    if (!shading.empty()) {
        const double x = std::clamp(u, 0.0, 1.0) * (shading_columns - 1);
        const double y = std::clamp(v, 0.0, 1.0) * (shading_rows - 1);
        const auto column = std::min(static_cast<unsigned>(x), shading_columns - 2);
        const auto row = std::min(static_cast<unsigned>(y), shading_rows - 2);
        const auto at = [&](unsigned i, unsigned j) {
            return static_cast<double>(
                shading[std::size_t{row + j} * shading_columns + column + i]);
        };
        const double a = x - column, b = y - row;
        light *=
            (at(0, 0) * (1 - a) + at(1, 0) * a) * (1 - b) + (at(0, 1) * (1 - a) + at(1, 1) * a) * b;
    }
    return light;
}

double diffraction_mtf(double cycles, double wavelength_um, double f_number) {
    const double s = cycles * wavelength_um * f_number;
    return s >= 1 ? 0 : 2 / pi * (std::acos(s) - s * std::sqrt(1 - s * s));
}

double gaussian_mtf(double cycles, double sigma) {
    return std::exp(-2 * pi * pi * sigma * sigma * cycles * cycles);
}

std::vector<float> blur_taps(double sigma, double wavelength_um, double f_number, double pitch_um) {
    if (sigma <= 0 && wavelength_um <= 0)
        return {};
    // The lens's spot has long skirts, a Gaussian none.
    const int reach = wavelength_um > 0 ? 24 : 8;
    constexpr int steps = 2000;
    std::vector<double> taps(static_cast<std::size_t>(2 * reach + 1));
    double sum = 0;
    for (int n = -reach; n <= reach; ++n) {
        double v = 0;
        for (int i = 0; i < steps; ++i) {
            const double f = (i + 0.5) / (2 * steps);
            const double m =
                gaussian_mtf(f, sigma) *
                (wavelength_um > 0 ? diffraction_mtf(f / pitch_um, wavelength_um, f_number) : 1);
            v += m * std::cos(2 * pi * f * n) / steps;
        }
        taps[static_cast<std::size_t>(n + reach)] = v;
        sum += v;
    }
    std::vector<float> out;
    for (const double v : taps)
        out.push_back(static_cast<float>(v / sum));
    return out;
}

void load_shading(const std::string& path, lens_model& lens) {
    std::string text;
    try {
        text = read_file(path);
    } catch (const input_error& e) {
        throw input_error(exit_code::usage, e.what());
    }
    const auto fail = [&](unsigned line, const std::string& why) {
        throw input_error(exit_code::usage, fmt::format("{}:{}: {}", path, line, why));
    };
    unsigned line = 0, columns = 0, rows = 0;
    std::vector<float> values;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string row = text.substr(at, end - at);
        at = end + 1;
        ++line;
        row = row.substr(0, row.find('#'));
        std::replace(row.begin(), row.end(), ',', ' ');
        unsigned count = 0;
        std::size_t i = 0;
        while ((i = row.find_first_not_of(" \t\r", i)) != std::string::npos) {
            const std::size_t stop = std::min(row.find_first_of(" \t\r", i), row.size());
            double value = -1;
            const auto read = std::from_chars(row.data() + i, row.data() + stop, value);
            if (read.ec != std::errc() || read.ptr != row.data() + stop ||
                !(value >= 0 && value <= 4))
                fail(line, fmt::format("'{}' is no relative light; a number 0 .. 4 is expected",
                                       row.substr(i, stop - i)));
            values.push_back(static_cast<float>(value));
            ++count;
            i = stop;
        }
        if (count == 0)
            continue;
        if (rows > 0 && count != columns)
            fail(line, fmt::format("{} numbers; the rows above have {}", count, columns));
        columns = count;
        ++rows;
    }
    if (rows < 2 || columns < 2)
        fail(line, fmt::format("the shading table has {} rows of {} numbers; at least 2 x 2 are "
                               "expected",
                               rows, columns));
    lens.shading = std::move(values);
    lens.shading_columns = columns;
    lens.shading_rows = rows;
}

std::shared_ptr<const linear_frame> through_lens(std::shared_ptr<const linear_frame> frame,
                                                 std::shared_ptr<const lens_model> lens) {
    return std::make_shared<lens_frame>(std::move(frame), std::move(lens));
}

}  // namespace ocellus::models
