// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/exposed_frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/camera_colour.h"

namespace ocellus::models {

pixel_differences pixel_differences::make(const pixel_noise_parameters& noise,
                                          const defect_parameters& defects, std::uint64_t seed,
                                          unsigned width, unsigned height, unsigned binning,
                                          worker_pool& pool) {
    pixel_differences d;
    if (defects.any())
        d.defects = std::make_shared<const defect_map>(defects, seed, width, height,
                                                       binning * binning, pool);
    if (!noise.enable)
        return d;
    if (noise.dsnu > 0 || noise.prnu > 0) {
        constexpr unsigned rows_per_band = 64;
        d.pattern = lazy_plane<std::uint16_t>::start(
            pool, width, height, rows_per_band,
            [seed](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y)
                    fixed_pattern_row(seed, y, out.width(), out.row(y));
            });
    }
    const double share = binning == 2 ? 1.41421356237 : 1.0;
    if (noise.column_offset > 0)
        d.columns = std::make_shared<const std::vector<float>>(
            column_offsets(seed, width, noise.column_offset / share));
    if (noise.prnu_column > 0)
        d.gains = std::make_shared<const std::vector<float>>(
            column_gains(seed, width, noise.prnu_column / share));
    return d;
}

exposed_frame::exposed_frame(const settings& s, const pixel_noise_parameters& noise, samples mosaic,
                             pixel_differences differences)
    : gain_(s.gain),
      dark_per_current_(s.exposure_time * dark_factor(noise)),
      activity_(s.telegraph_activity),
      averaging_(noise.binned == pixel_noise_parameters::binning::charge ? s.binning * s.binning
                                                                         : s.binning),
      noisy_(noise.enable),
      mosaic_(std::move(mosaic)),
      own_(std::move(differences)) {
    // A binned sample is the mean of 2x2 pixels: what differs per pixel averages over four, what
    // differs per row or column over two.
    const double side = s.binning;
    common_.seed = s.seed;
    common_.frame = s.frame;
    common_.electrons_per_count = static_cast<float>(s.white_rate * s.exposure_time / mosaic_white);
    common_.dark = static_cast<float>(noise.dark_current * dark_per_current_);
    common_.pixels = static_cast<float>(side * side);
    common_.full_well = static_cast<float>(noise.full_well);
    common_.read_sigma = static_cast<float>(read_noise_of_sample(noise, s.gain, side));
    common_.dsnu_step = static_cast<float>(noise.dsnu / side) * fixed_pattern_unit;
    common_.prnu_step = static_cast<float>(noise.prnu / side) * fixed_pattern_unit;
    common_.exact = noise.exact_shot;
    row_sigma_ = noise.row_noise / std::sqrt(side);
    fixed_row_sigma_ = noise.dsnu_row / std::sqrt(side);
    row_gain_sigma_ = noise.prnu_row / std::sqrt(side);
}

noise_settings exposed_frame::settings_of(unsigned row) const {
    noise_settings s = common_;
    s.row = row;
    if (!noisy_)
        return s;
    s.row_offset = row_offset(s.seed, s.frame, row, row_sigma_);
    if (fixed_row_sigma_ > 0)
        s.row_offset += fixed_row_offset(s.seed, row, fixed_row_sigma_);
    if (row_gain_sigma_ > 0)
        s.electrons_per_count *= 1.0f + fixed_row_gain(s.seed, row, row_gain_sigma_);
    return s;
}

void exposed_frame::expose(unsigned row, float* electrons) const {
    const noise_settings s = settings_of(row);
    const std::uint16_t* mosaic = mosaic_->row(row);
    const std::uint16_t* pattern = own_.pattern ? own_.pattern->row(row) : nullptr;
    if (noisy_)
        noisy_row(s, mosaic, pattern, own_.columns ? own_.columns->data() : nullptr, 0,
                  mosaic_->width(), electrons, own_.gains ? own_.gains->data() : nullptr);
    else
        noiseless_row(s, mosaic, mosaic_->width(), electrons);
    if (own_.defects)
        put_defects(s, mosaic, pattern, electrons);
}

void exposed_frame::put_defects(const noise_settings& s, const std::uint16_t* mosaic,
                                const std::uint16_t* pattern, float* electrons) const {
    // Beyond either end of any converter's range.
    constexpr float far = 1e7f;
    // With binning one pixel of the four is defective.
    const float part = 1.0f / s.pixels;
    const auto again = [&](std::uint32_t x, const noise_settings& changed) {
        if (noisy_)
            noisy_row(changed, mosaic + x, pattern ? pattern + x : nullptr,
                      own_.columns ? own_.columns->data() + x : nullptr, x, 1, electrons + x,
                      own_.gains ? own_.gains->data() + x : nullptr);
        else
            noiseless_row(changed, mosaic + x, 1, electrons + x);
    };
    for (const defect& d : own_.defects->row(s.row)) {
        noise_settings changed = s;
        float& e = electrons[d.x];
        switch (d.kind) {
            case defect_kind::hot:
                changed.dark +=
                    static_cast<float>(static_cast<double>(d.size) * dark_per_current_) * part;
                again(d.x, changed);
                break;
            case defect_kind::dead:
                changed.electrons_per_count *= 1.0f - part;
                again(d.x, changed);
                break;
            case defect_kind::stuck_high:
                e = part == 1.0f ? far : e * (1.0f - part) + s.full_well * part;
                break;
            case defect_kind::stuck_low:
                e = part == 1.0f ? -far : e * (1.0f - part);
                break;
            case defect_kind::telegraph:
                if (noisy_)
                    e += part * telegraph_signal(s.seed, s.frame, s.row, d.x, activity_, d.size);
                break;
        }
    }
    for (const std::uint32_t x : own_.defects->columns()) {
        noise_settings changed = s;
        changed.electrons_per_count = 0;
        again(x, changed);
    }
}

double exposed_frame::black_mean(unsigned rows) const {
    const unsigned width = mosaic_->width();
    const std::vector<std::uint16_t> dark(width);
    std::vector<std::uint16_t> pattern(width);
    std::vector<float> row(width);
    double sum = 0;
    for (unsigned y = mosaic_->height(); y < mosaic_->height() + rows; ++y) {
        const noise_settings s = settings_of(y);
        if (noisy_) {
            fixed_pattern_row(s.seed, y, width, pattern.data());
            noisy_row(s, dark.data(), pattern.data(), own_.columns ? own_.columns->data() : nullptr,
                      0, width, row.data());
        } else {
            noiseless_row(s, dark.data(), width, row.data());
        }
        for (const float e : row)
            sum += static_cast<double>(e);
    }
    return rows == 0 ? 0.0 : sum / (static_cast<double>(width) * rows);
}

void window_rows::expose(unsigned row, float* electrons) const {
    const unsigned y = w_.top + (w_.flips & 2 ? w_.height - 1 - row : row);
    if (w_.left == 0 && !(w_.flips & 1)) {
        frame_->expose(y, electrons);
        return;
    }
    std::vector<float> whole(w_.left + w_.width);
    frame_->expose(y, whole.data());
    std::copy(whole.begin() + w_.left, whole.end(), electrons);
    if (w_.flips & 1)
        std::reverse(electrons, electrons + w_.width);
}

bool test_pattern_rows::pattern(unsigned row, unsigned width, std::uint32_t most,
                                std::uint16_t* dn) const {
    if (kind_ == 4) {
        // PN9, x^9 + x^5 + 1, all ones at the start of a row; a sample is as many bits as it has,
        // the first the highest.
        unsigned state = 0x1ff;
        for (unsigned x = 0; x < width; ++x) {
            std::uint32_t v = 0;
            for (std::uint32_t b = 1; b <= most; b <<= 1) {
                v = v << 1 | (state & 1);
                state = state >> 1 | ((state ^ state >> 5) & 1) << 8;
            }
            dn[x] = static_cast<std::uint16_t>(v);
        }
        return true;
    }
    // White, yellow, cyan, green, magenta, red, blue, black: bits red, green, blue.
    static const unsigned bars[8] = {7, 3, 6, 2, 5, 1, 4, 0};
    for (unsigned x = 0; x < width; ++x) {
        const bool odd_row = ((row + (flips_ >> 1)) & 1) != 0, odd_column = ((x + flips_) & 1) != 0;
        const unsigned site = odd_row ? (odd_column ? 2 : 3) : (odd_column ? 1 : 0);  // R Gr B Gb
        if (kind_ == 1) {
            dn[x] = static_cast<std::uint16_t>(std::uint64_t{solid_[site]} * most / 1023);
            continue;
        }
        const unsigned colour = site == 0 ? 0 : site == 2 ? 2 : 1;
        const std::uint32_t full = bars[std::uint64_t{x} * 8 / width] >> colour & 1 ? most : 0;
        const std::uint32_t grey = most / 2;
        dn[x] = static_cast<std::uint16_t>(
            kind_ == 2 || height_ < 2
                ? full
                : (std::uint64_t{full} * (height_ - 1 - row) + std::uint64_t{grey} * row) /
                      (height_ - 1));
    }
    return true;
}

}  // namespace ocellus::models
