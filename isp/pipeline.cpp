// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/pipeline.h"

#include <array>
#include <utility>
#include <vector>

#include "isp/black_level.h"
#include "isp/demosaic.h"
#include "isp/white_balance.h"
#include "isp/yuv.h"

namespace ocellus::isp {

namespace {

constexpr unsigned pad = 32;  // samples before a half row: room for the mirrored column, aligned

/// Line buffers and row scratch of one band. One per worker thread, kept between bands and frames.
struct line_buffers {
    unsigned half = 0;
    std::size_t stride = 0;
    std::vector<std::int16_t> raw, ring, rgb;
    std::vector<std::uint8_t> rgb8, boxed;
    std::vector<std::uint16_t> box_sums;
    std::vector<area_accumulator> area;  // none or one

    void fit(unsigned width) {
        if (half == width / 2)
            return;
        half = width / 2;
        stride = (half + 2 * pad + 31) / 32 * 32;
        raw.assign(width, 0);
        ring.assign(stride * 10, 0);
        rgb.assign(stride * 6, 0);
        rgb8.assign(stride * 6, 0);
        boxed.assign(stride * 6, 0);
        box_sums.assign(stride * 3, 0);
    }
    std::int16_t* even(unsigned slot) { return ring.data() + stride * (2 * slot) + pad; }
    std::int16_t* odd(unsigned slot) { return ring.data() + stride * (2 * slot + 1) + pad; }
};

line_buffers& buffers_of_this_thread() {
    thread_local line_buffers buffers;
    return buffers;
}

}  // namespace

struct frame_work::shared_state {
    frame_request request;
    raw_rows raw;
    gamma_table gamma{};
    unsigned rows_per_band = 64;
    plane<std::uint8_t> tensor;
    /// Parts of tensor rows that cross a border of this band; at most two.
    std::vector<std::vector<area_row>> parts;

    void run_band(unsigned band, plane<std::uint8_t>* image);
    void finish_row(unsigned t, const std::vector<std::uint64_t>& sums);

    unsigned band_of_window_row(unsigned y) const { return (request.window.y + y) / rows_per_band; }
    unsigned first_band(unsigned t) const {
        return band_of_window_row(area_first(t, request.window.height, request.window.out_height));
    }
    unsigned last_band(unsigned t) const {
        return band_of_window_row(area_last(t, request.window.height, request.window.out_height));
    }
    unsigned bands() const { return (request.height + rows_per_band - 1) / rows_per_band; }
};

void frame_work::shared_state::finish_row(unsigned t, const std::vector<std::uint64_t>& sums) {
    const area_geometry& g = request.window;
    const std::uint64_t area = std::uint64_t{g.width} * g.height;
    std::vector<std::uint8_t> mean(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i)
        mean[i] = area_mean(sums[i], area);
    isp::tensor_row(request.tensor_out, mean.data(), mean.data() + g.out_width,
                    mean.data() + std::size_t{2} * g.out_width, tensor.row(t));
}

void frame_work::shared_state::run_band(unsigned band, plane<std::uint8_t>* image) {
    const frame_request& q = request;
    const isp_settings& s = q.settings;
    unsigned y0 = band * rows_per_band;
    unsigned y1 = y0 + rows_per_band < q.height ? y0 + rows_per_band : q.height;
    unsigned window_first = q.window.y, window_last = q.window.y + q.window.height;
    if (!q.tensor)
        window_first = window_last = 0;
    // Half-row indices to work on: all columns for an image, else the window's.
    unsigned first = 0, last = q.width / 2;
    if (!image) {
        y0 = y0 > window_first ? y0 : window_first;
        y1 = y1 < window_last ? y1 : window_last;
        if (y0 >= y1)
            return;
        first = q.window.x / 2;
        last = (q.window.x + q.window.width + 1) / 2;
    }

    line_buffers& b = buffers_of_this_thread();
    b.fit(q.width);
    const unsigned half = b.half;
    const bool any_tensor = q.tensor && y0 < window_last && y1 > window_first;
    if (any_tensor) {
        if (b.area.empty())
            b.area.emplace_back(q.window);
        else
            b.area[0].restart(q.window);
    }
    const auto on_tensor_row = [&](const area_row& r) {
        if (first_band(r.row) == band && last_band(r.row) == band)
            finish_row(r.row, r.sums);
        else
            parts[band].push_back(r);
    };

    // The ring holds the balanced mosaic of five consecutive rows, row r in slot r mod 5.
    const auto load = [&](unsigned r) {
        const unsigned slot = r % 5;
        black_level_row(raw(r), q.width, q.bits, s.black_level, b.raw.data());
        white_balance_row(b.raw.data(), half, s.gain_at(r, 0), s.gain_at(r, 1), b.even(slot),
                          b.odd(slot));
        mirror_ends(b.even(slot), b.odd(slot), half);
    };
    rgb_half_rows rgb;
    rgb8_half_rows rgb8;
    for (std::size_t p = 0; p < 2; ++p) {
        rgb.red[p] = b.rgb.data() + p * b.stride;
        rgb.green[p] = b.rgb.data() + (2 + p) * b.stride;
        rgb.blue[p] = b.rgb.data() + (4 + p) * b.stride;
        rgb8.red[p] = b.rgb8.data() + p * b.stride;
        rgb8.green[p] = b.rgb8.data() + (2 + p) * b.stride;
        rgb8.blue[p] = b.rgb8.data() + (4 + p) * b.stride;
    }
    const auto pack = [&](const rgb8_half_rows& in, unsigned out_row) {
        if (q.format == image_format::yuv422)
            yuv422_row(in, q.image_width() / 2, image->row(out_row));
        else
            rgb888_row(in, q.image_width() / 2, image->row(out_row));
    };

    unsigned next_load = y0 >= 2 ? y0 - 2 : 0;
    for (unsigned y = y0; y < y1; ++y) {
        for (; next_load < q.height && next_load <= y + 2; ++next_load)
            load(next_load);
        std::array<half_rows, 5> rows;
        for (int k = 0; k < 5; ++k) {
            const unsigned slot = mirrored(static_cast<int>(y) + k - 2, q.height) % 5;
            rows[static_cast<std::size_t>(k)] = {b.even(slot), b.odd(slot)};
        }
        demosaic_row(rows, s.phase, y, first, last, rgb);
        for (std::size_t p = 0; p < 2; ++p) {
            colour_matrix_row(s.matrix, last - first, rgb.red[p] + first, rgb.green[p] + first,
                              rgb.blue[p] + first);
            const std::array<std::int16_t*, 3> from = {rgb.red[p], rgb.green[p], rgb.blue[p]};
            for (std::size_t c = 0; c < 3; ++c)
                gamma_row(gamma, from[c] + first, last - first,
                          b.rgb8.data() + (2 * c + p) * b.stride + first);
        }
        if (any_tensor && y >= window_first && y < window_last)
            b.area[0].add(y - window_first, rgb8, on_tensor_row);
        if (!image)
            continue;
        if (q.scale == 1) {
            pack(rgb8, y);
            continue;
        }
        const std::array<const std::array<const std::uint8_t*, 2>*, 3> channels = {
            &rgb8.red, &rgb8.green, &rgb8.blue};
        if (y % q.scale == 0)
            b.box_sums.assign(b.box_sums.size(), 0);
        for (std::size_t c = 0; c < 3; ++c)
            add_pairs((*channels[c])[0], (*channels[c])[1], half, b.box_sums.data() + c * b.stride);
        if (y % q.scale + 1 == q.scale) {
            rgb8_half_rows boxed;
            for (std::size_t c = 0; c < 3; ++c) {
                std::uint8_t* even = b.boxed.data() + 2 * c * b.stride;
                box_means(b.box_sums.data() + c * b.stride, q.scale, q.image_width() / 2, even,
                          even + b.stride);
            }
            for (std::size_t p = 0; p < 2; ++p) {
                boxed.red[p] = b.boxed.data() + p * b.stride;
                boxed.green[p] = b.boxed.data() + (2 + p) * b.stride;
                boxed.blue[p] = b.boxed.data() + (4 + p) * b.stride;
            }
            pack(boxed, y / q.scale);
        }
    }
    if (any_tensor)
        b.area[0].flush(on_tensor_row);
}

std::shared_ptr<frame_work> frame_work::start(worker_pool& pool, raw_rows raw,
                                              const frame_request& request, storage recycled,
                                              unsigned rows_per_band) {
    auto state = std::make_shared<shared_state>();
    state->request = request;
    frame_request& q = state->request;
    q.window.out_width = q.tensor_out.width;
    q.window.out_height = q.tensor_out.height;
    state->raw = std::move(raw);
    state->gamma = make_gamma_table(q.settings.gamma);
    state->rows_per_band = rows_per_band;
    state->parts.resize(state->bands());
    auto self = std::shared_ptr<frame_work>(new frame_work);
    self->state_ = state;
    if (q.tensor) {
        const auto row_bytes = static_cast<unsigned>(q.tensor_out.row_bytes());
        const bool fits =
            recycled.tensor.width() == row_bytes && recycled.tensor.height() == q.tensor_out.height;
        state->tensor =
            fits ? std::move(recycled.tensor) : plane<std::uint8_t>(row_bytes, q.tensor_out.height);
        self->combined_.assign(q.tensor_out.height, false);
    }
    if (q.image) {
        const unsigned out_rows_per_band = rows_per_band / q.scale;
        self->image_ = lazy_plane<std::uint8_t>::start(
            pool, q.image_row_bytes(), q.image_height(), out_rows_per_band,
            [state, out_rows_per_band](plane<std::uint8_t>& out, unsigned first, unsigned end) {
                unsigned band = first / out_rows_per_band;
                state->run_band(band, &out);
                // Rows that the box scale leaves over may make one more band: they count in the
                // tensor.
                while (end == out.height() && ++band < state->bands())
                    state->run_band(band, &out);
            },
            std::move(recycled.image));
    } else {
        for (unsigned band = 0; band < state->bands(); ++band)
            self->bands_.push_back(pool.submit([state, band] { state->run_band(band, nullptr); }));
    }
    return self;
}

frame_work::~frame_work() = default;

const frame_request& frame_work::request() const {
    return state_->request;
}

void frame_work::wait_band(unsigned band) const {
    if (image_) {
        const unsigned row = band * image_->rows_per_band();
        image_->row(row < image_->height() ? row : image_->height() - 1);
    } else {
        bands_[band].wait();
    }
}

const std::uint8_t* frame_work::tensor_row(unsigned t) {
    const unsigned first = state_->first_band(t), last = state_->last_band(t);
    for (unsigned band = first; band <= last; ++band)
        wait_band(band);
    if (first != last && !combined_[t]) {
        std::vector<std::uint64_t> sums(std::size_t{3} * state_->request.window.out_width, 0);
        for (unsigned band = first; band <= last; ++band)
            for (const area_row& part : state_->parts[band])
                if (part.row == t)
                    for (std::size_t i = 0; i < sums.size(); ++i)
                        sums[i] += part.sums[i];
        state_->finish_row(t, sums);
        combined_[t] = true;
    }
    return state_->tensor.row(t);
}

const plane<std::uint8_t>& frame_work::tensor() {
    for (unsigned t = 0; t < state_->tensor.height(); ++t)
        tensor_row(t);
    return state_->tensor;
}

frame_work::storage frame_work::recycle() {
    storage s;
    for (const auto& band : bands_)
        band.wait();
    if (image_)
        s.image = image_->recycle();
    s.tensor = std::move(state_->tensor);
    return s;
}

bool clip_window(area_geometry& w, unsigned width, unsigned height) {
    if (w.x >= width || w.y >= height)
        return false;
    if (w.width == 0 || w.width > width - w.x)
        w.width = width - w.x;
    if (w.height == 0 || w.height > height - w.y)
        w.height = height - w.y;
    return true;
}

}  // namespace ocellus::isp
