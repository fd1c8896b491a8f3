// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/colour_chain.h"

#include <algorithm>

#include "isp/black_level.h"
#include "isp/white_balance.h"

namespace ocellus::isp {

namespace {

unsigned lower(unsigned y, unsigned by) {
    return y > by ? y - by : 0;
}

/// Columns beyond both ends of a luma row.
void mirror_luma(std::uint16_t* row, unsigned width) {
    for (unsigned k = 1; k <= 4; ++k) {
        row[-static_cast<std::ptrdiff_t>(k)] = row[mirrored(-static_cast<int>(k), width)];
        row[width - 1 + k] = row[mirrored(static_cast<int>(width - 1 + k), width)];
    }
}

}  // namespace

frame_tables::frame_tables(const frame_request& q)
    : gamma(make_gamma_table(q.settings.does(stage::gamma) ? q.settings.gamma : linear_curve())) {
    if (q.settings.does(stage::linearisation))
        linearisation = make_linearisation_table(q.settings.linearisation);
    if (q.settings.does(stage::lens_shading) && q.settings.shading)
        shading = make_shading_columns(q.width);
}

void colour_chain::fit(unsigned width) {
    if (half_ == width / 2)
        return;
    half_ = width / 2;
    stride_ = (half_ + 2 * pad + 63) / 64 * 64;
    luma_stride_ = (width + 2 * pad + 63) / 64 * 64;
    mosaic_.assign(stride_ * 30, 0);
    rgb_.assign(stride_ * 6, 0);
    colour_.assign(stride_ * 6 * colour_slots, 0);
    luma_.clear();
    toned_.clear();
}

void colour_chain::begin(const frame_request& request, const frame_tables& tables,
                         const raw_rows& raw, unsigned first_row, unsigned first, unsigned last,
                         const stage_sinks& sinks, unsigned dump_first, unsigned dump_last) {
    request_ = &request;
    tables_ = &tables;
    raw_ = &raw;
    first_ = first;
    last_ = last;
    sinks_ = sinks;
    dump_first_ = dump_first;
    dump_last_ = dump_last;
    fit(request.width);
    const isp_settings& s = request.settings;
    const bool smooth = s.does(stage::luma_noise_reduction), sharp = s.does(stage::sharpening);
    if ((smooth || sharp) && luma_.empty()) {
        luma_.assign(luma_stride_ * 48, 0);
        scratch_.assign(luma_stride_, 0);
    }
    if (request.bayer_tensor() && toned_.empty())
        toned_.assign(stride_ * 2 * colour_slots, 0);
    next_sharp_ = smooth ? lower(first_row, luma_noise_lines) : first_row;
    next_colour_ = sharp ? lower(next_sharp_, sharpening_lines) : next_sharp_;
    rings_[2].next = lower(next_colour_, demosaic_lines);
    rings_[1].next = lower(rings_[2].next, bayer_noise_lines);
    rings_[0].next = lower(rings_[1].next, defect_lines);
    if (!s.does(stage::bayer_noise_reduction))
        rings_[0].next = lower(rings_[2].next, defect_lines);
}

template <class Make>
void colour_chain::fill(unsigned ring, unsigned last_row, Make&& make) {
    mosaic_ring& r = rings_[ring];
    for (; r.next <= last_row && r.next < request_->height; ++r.next) {
        std::int16_t* even = half_row(ring, r.next, 0);
        std::int16_t* odd = half_row(ring, r.next, 1);
        make(r.next, even, odd);
        mirror_ends(even, odd, half_);
    }
}

void colour_chain::dump_mosaic(stage s, unsigned y, const std::int16_t* even,
                               const std::int16_t* odd) {
    if (!dumps(s, y))
        return;
    std::int16_t* to = sinks_[static_cast<std::size_t>(s)]->row(y);
    for (std::size_t i = 0; i < half_; ++i) {
        to[2 * i] = even[i];
        to[2 * i + 1] = odd[i];
    }
}

template <class T>
void colour_chain::dump_colour(stage s, unsigned y, const std::array<std::array<T*, 2>, 3>& rgb) {
    if (!dumps(s, y))
        return;
    std::int16_t* to = sinks_[static_cast<std::size_t>(s)]->row(y);
    for (std::size_t i = 0; i < half_; ++i)
        for (std::size_t p = 0; p < 2; ++p)
            for (std::size_t c = 0; c < 3; ++c)
                to[6 * i + 3 * p + c] = rgb[c][p][i];
}

void colour_chain::make_raw(unsigned y, std::int16_t* even, std::int16_t* odd) {
    const isp_settings& s = request_->settings;
    const bool black = s.does(stage::black_level);
    black_level_row((*raw_)(y), half_, request_->bits, black ? s.black_level : 0, even, odd);
    if (black)
        dump_mosaic(stage::black_level, y, even, odd);
    if (!s.does(stage::linearisation))
        return;
    linearise_row(tables_->linearisation, half_, even);
    linearise_row(tables_->linearisation, half_, odd);
    dump_mosaic(stage::linearisation, y, even, odd);
}

/// Defects corrected, lens shading taken away.
void colour_chain::make_corrected(unsigned y, std::int16_t* even, std::int16_t* odd) {
    const isp_settings& s = request_->settings;
    if (s.does(stage::defect_correction)) {
        fill(0, y + defect_lines,
             [this](unsigned r, std::int16_t* e, std::int16_t* o) { make_raw(r, e, o); });
        std::array<std::array<const std::int16_t*, 2>, 3> rows{};
        for (int k = 0; k < 3; ++k)
            for (unsigned p = 0; p < 2; ++p)
                rows[static_cast<std::size_t>(k)][p] = half_row(0, mirrored_row(y, 2 * k - 2), p);
        const int count = static_cast<int>(half_);
        for (std::size_t p = 0; p < 2; ++p) {
            std::int16_t* to = p ? odd : even;
            if (s.defects.dynamic)
                correct_defects_row(rows[0][p], rows[1][p], rows[2][p], 0, count, s.defects, to);
            else
                std::copy(rows[1][p], rows[1][p] + count, to);
        }
        if (s.known_defects)
            correct_listed(*s.known_defects, y, rows, 0, half_, even, odd);
        dump_mosaic(stage::defect_correction, y, even, odd);
    } else {
        make_raw(y, even, odd);
    }
    if (!s.does(stage::lens_shading) || !s.shading)
        return;
    for (unsigned p = 0; p < 2; ++p)
        shading_row((*s.shading)[static_cast<std::size_t>(site_of(s.phase, y, p))],
                    tables_->shading, p, y, request_->height, 0, half_, p ? odd : even);
    dump_mosaic(stage::lens_shading, y, even, odd);
}

/// Noise reduced, white balanced.
void colour_chain::make_balanced(unsigned y, std::int16_t* even, std::int16_t* odd) {
    const isp_settings& s = request_->settings;
    if (s.does(stage::bayer_noise_reduction)) {
        fill(1, y + bayer_noise_lines,
             [this](unsigned r, std::int16_t* e, std::int16_t* o) { make_corrected(r, e, o); });
        for (unsigned p = 0; p < 2; ++p)
            bayer_noise_row(half_row(1, mirrored_row(y, -2), p), half_row(1, y, p),
                            half_row(1, mirrored_row(y, 2), p), 0, static_cast<int>(half_),
                            s.bayer_noise, p ? odd : even);
        dump_mosaic(stage::bayer_noise_reduction, y, even, odd);
    } else {
        make_corrected(y, even, odd);
    }
    if (!s.does(stage::white_balance))
        return;
    white_balance_row(even, half_, s.gain_at(y, 0));
    white_balance_row(odd, half_, s.gain_at(y, 1));
    dump_mosaic(stage::white_balance, y, even, odd);
}

void colour_chain::make_colour(unsigned y) {
    const isp_settings& s = request_->settings;
    fill(2, y + demosaic_lines,
         [this](unsigned r, std::int16_t* e, std::int16_t* o) { make_balanced(r, e, o); });
    std::array<half_rows, 5> rows;
    for (int k = 0; k < 5; ++k) {
        const unsigned r = mirrored_row(y, k - 2);
        rows[static_cast<std::size_t>(k)] = {half_row(2, r, 0), half_row(2, r, 1)};
    }
    rgb_half_rows rgb;
    for (std::size_t p = 0; p < 2; ++p) {
        rgb.red[p] = rgb_.data() + p * stride_;
        rgb.green[p] = rgb_.data() + (2 + p) * stride_;
        rgb.blue[p] = rgb_.data() + (4 + p) * stride_;
    }
    const std::array<std::array<std::int16_t*, 2>, 3> channels = {rgb.red, rgb.green, rgb.blue};
    if (request_->bayer_tensor())
        tone_mosaic(y);
    if (!s.does(stage::demosaic) || s.demosaic == demosaic_method::bypass)
        bypass_demosaic_row(rows[2], first_, last_, rgb);
    else if (s.demosaic == demosaic_method::bilinear)
        bilinear_demosaic_row(rows, s.phase, y, first_, last_, rgb);
    else
        demosaic_row(rows, s.phase, y, first_, last_, rgb);
    dump_colour(stage::demosaic, y, channels);
    if (s.does(stage::colour_matrix)) {
        for (std::size_t p = 0; p < 2; ++p)
            colour_matrix_row(s.matrix, last_ - first_, rgb.red[p] + first_, rgb.green[p] + first_,
                              rgb.blue[p] + first_);
        dump_colour(stage::colour_matrix, y, channels);
    }
    std::array<std::array<std::uint8_t*, 2>, 3> out{};
    for (unsigned c = 0; c < 3; ++c)
        for (unsigned p = 0; p < 2; ++p) {
            out[c][p] = colour_row(y, c, p);
            gamma_row(tables_->gamma, channels[c][p] + first_, last_ - first_, out[c][p] + first_);
        }
    dump_colour(stage::gamma, y, out);
    if (!s.does(stage::sharpening) && !s.does(stage::luma_noise_reduction))
        return;
    rgb8_half_rows in;
    for (std::size_t p = 0; p < 2; ++p) {
        in.red[p] = out[0][p];
        in.green[p] = out[1][p];
        in.blue[p] = out[2][p];
    }
    std::uint16_t* luma = luma_row_of(0, y);
    wide_luma_row(in, 0, half_, luma, s.yuv);
    mirror_luma(luma, request_->width);
}

/// Needs row y of ring 2; uses the row of colours, which is made after it.
void colour_chain::tone_mosaic(unsigned y) {
    for (unsigned p = 0; p < 2; ++p) {
        const std::int16_t* in = half_row(2, y, p);
        std::int16_t* scratch = rgb_.data();
        for (std::size_t i = first_; i < last_; ++i)
            scratch[i] = static_cast<std::int16_t>(clamped(in[i], 0, linear_max));
        gamma_row(tables_->gamma, scratch + first_, last_ - first_,
                  toned_.data() + stride_ * (2 * (y % colour_slots) + p) + pad + first_);
    }
}

/// Luma row y after sharpening, in ring 1.
void colour_chain::make_sharp(unsigned y) {
    const isp_settings& s = request_->settings;
    for (; next_colour_ <= y + sharpening_lines && next_colour_ < request_->height; ++next_colour_)
        make_colour(next_colour_);
    std::array<const std::uint16_t*, 9> rows{};
    for (int k = 0; k < 9; ++k)
        rows[static_cast<std::size_t>(k)] = luma_row_of(0, mirrored_row(y, k - 4));
    std::uint16_t* out = luma_row_of(1, y);
    sharpen_row(rows, 0, static_cast<int>(request_->width), s.sharpening, scratch_.data(), out);
    mirror_luma(out, request_->width);
    if (!dumps(stage::sharpening, y))
        return;
    // What the colours are after this stage alone.
    std::vector<std::uint8_t> copy(6 * stride_);
    std::array<std::array<std::uint8_t*, 2>, 3> rgb{};
    for (unsigned c = 0; c < 3; ++c)
        for (unsigned p = 0; p < 2; ++p) {
            rgb[c][p] = copy.data() + stride_ * (2 * c + p);
            std::copy(colour_row(y, c, p), colour_row(y, c, p) + half_, rgb[c][p]);
        }
    follow_luma(luma_row_of(0, y), out, 0, half_, rgb);
    dump_colour(stage::sharpening, y, rgb);
}

void colour_chain::make_smooth(unsigned y) {
    const isp_settings& s = request_->settings;
    const bool sharp = s.does(stage::sharpening);
    for (; next_sharp_ <= y + luma_noise_lines && next_sharp_ < request_->height; ++next_sharp_)
        if (sharp)
            make_sharp(next_sharp_);
        else
            make_colour(next_sharp_);
    std::array<const std::uint16_t*, 9> rows{};
    for (int k = 0; k < 9; ++k)
        rows[static_cast<std::size_t>(k)] = luma_row_of(sharp ? 1 : 0, mirrored_row(y, k - 4));
    luma_noise_row(rows, 0, static_cast<int>(request_->width), s.luma_noise_slope,
                   luma_row_of(2, y));
}

rgb8_half_rows colour_chain::row(unsigned y) {
    const isp_settings& s = request_->settings;
    const bool sharp = s.does(stage::sharpening), smooth = s.does(stage::luma_noise_reduction);
    std::array<std::array<std::uint8_t*, 2>, 3> rgb{};
    for (unsigned c = 0; c < 3; ++c)
        for (unsigned p = 0; p < 2; ++p)
            rgb[c][p] = colour_row(y, c, p);
    if (smooth) {
        make_smooth(y);
        follow_luma(luma_row_of(0, y), luma_row_of(2, y), 0, half_, rgb);
        dump_colour(stage::luma_noise_reduction, y, rgb);
    } else if (sharp) {
        make_sharp(y);
        follow_luma(luma_row_of(0, y), luma_row_of(1, y), 0, half_, rgb);
    } else {
        make_colour(y);
    }
    rgb8_half_rows out;
    for (std::size_t p = 0; p < 2; ++p) {
        out.red[p] = rgb[0][p];
        out.green[p] = rgb[1][p];
        out.blue[p] = rgb[2][p];
    }
    return out;
}

}  // namespace ocellus::isp
