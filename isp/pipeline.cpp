// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/pipeline.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "core/files.h"
#include "isp/colour_chain.h"
#include "isp/yuv.h"

namespace ocellus::isp {

namespace {

/// Row scratch of one band. One per worker thread, kept between bands and frames.
struct band_scratch {
    colour_chain chain;
    std::size_t stride = 0;
    std::vector<std::uint8_t> boxed, above;  // one row of colours each
    std::vector<std::uint16_t> box_sums;
    std::vector<scaler_accumulator> tensor, odd_rows, picture;  // none or one
    std::vector<std::uint8_t> cells;  // Bayer tensor: two sites, even and odd cells of a row

    void fit(unsigned width) {
        const std::size_t wanted = (width + 63) / 64 * 64;
        if (wanted <= stride)
            return;
        stride = wanted;
        boxed.assign(stride * 6, 0);
        above.assign(stride * 6, 0);
        box_sums.assign(stride * 3, 0);
        cells.assign(stride * 4, 0);
    }
    static std::array<std::array<std::uint8_t*, 2>, 3> channels(std::vector<std::uint8_t>& of,
                                                                std::size_t stride) {
        std::array<std::array<std::uint8_t*, 2>, 3> c{};
        for (std::size_t k = 0; k < 6; ++k)
            c[k / 2][k % 2] = of.data() + k * stride;
        return c;
    }
};

band_scratch& scratch_of_this_thread() {
    thread_local band_scratch scratch;
    return scratch;
}

rgb8_half_rows seen(const std::array<std::array<std::uint8_t*, 2>, 3>& c) {
    rgb8_half_rows r;
    for (std::size_t p = 0; p < 2; ++p) {
        r.red[p] = c[0][p];
        r.green[p] = c[1][p];
        r.blue[p] = c[2][p];
    }
    return r;
}

void begin_scaler(std::vector<scaler_accumulator>& scaler, const area_geometry& g) {
    if (scaler.empty())
        scaler.emplace_back(g);
    else
        scaler[0].restart(g);
}

/// Rows of the array whose share of the tensor a band computes, and its picture rows. Rows of the
/// array that its picture rows need as well belong to a neighbour.
struct band_rows {
    unsigned first = 0, end = 0;
    unsigned image_first = 0, image_end = 0;
};

}  // namespace

struct frame_work::shared_state {
    explicit shared_state(const frame_request& q) : request(q), tables(q) {}
    frame_request request;
    raw_rows raw;
    frame_tables tables;
    std::vector<band_rows> bands;
    std::size_t first_image_band = 0;
    plane<std::uint8_t> tensor;
    std::vector<stage_picture> stages;
    stage_sinks sinks{};
    /// Parts of tensor rows that cross a border of this band.
    std::vector<std::vector<area_row>> parts;

    void lay_bands(unsigned rows_per_band);
    void make_sinks();
    void run_band(std::size_t band, plane<std::uint8_t>* image);
    void finish_row(unsigned t, const std::vector<std::uint64_t>& sums);
    void combine_row(unsigned t);
    static rgb8_half_rows cells_of(const colour_chain& chain, unsigned y, band_scratch& b,
                                   unsigned first, unsigned last);
    void pack(const rgb8_half_rows& in, unsigned row, band_scratch& b, plane<std::uint8_t>& image);
    void take_picture_row(unsigned y, const rgb8_half_rows& in, const band_rows& rows,
                          band_scratch& b, plane<std::uint8_t>& image);

    std::size_t band_of(unsigned row) const {
        const auto after =
            std::upper_bound(bands.begin(), bands.end(), row,
                             [](unsigned r, const band_rows& b) { return r < b.first; });
        return static_cast<std::size_t>(after - bands.begin()) - 1;
    }
    std::size_t first_band(unsigned t) const { return band_of(request.first_row_of_tensor(t)); }
    std::size_t last_band(unsigned t) const { return band_of(request.last_row_of_tensor(t)); }
};

/// Bands cover all rows of the array, in order and without a gap.
void frame_work::shared_state::lay_bands(unsigned rows_per_band) {
    const frame_request& q = request;
    const auto without_picture = [&](unsigned first, unsigned end) {
        for (unsigned y = first; y < end; y += rows_per_band)
            bands.push_back({y, std::min(y + rows_per_band, end), 0, 0});
    };
    if (!q.image || q.image_height() == 0) {
        without_picture(0, q.height);
        return;
    }
    const unsigned rows = q.image_height();
    const std::uint64_t share = std::uint64_t{rows_per_band} * rows / q.crop_height();
    // Two rows of YUV420 share their colour.
    const auto step = static_cast<unsigned>(std::max<std::uint64_t>(2, share & ~std::uint64_t{1}));
    const unsigned top = q.first_row_of(0);
    without_picture(0, top);
    first_image_band = bands.size();
    for (unsigned i = 0; i < rows; i += step) {
        const unsigned end = std::min(i + step, rows);
        const unsigned next = end < rows ? q.first_row_of(end)
                                         : std::max(q.first_row_of(i), q.last_row_of(rows - 1)) + 1;
        bands.push_back({q.first_row_of(i), next, i, end});
    }
    without_picture(bands.back().end, q.height);
}

void frame_work::shared_state::make_sinks() {
    const isp_settings& s = request.settings;
    for (std::size_t k = 0; k < stage_count; ++k) {
        const auto which = static_cast<stage>(k);
        const bool idle = which == stage::lens_shading && !s.shading;
        if (!s.does(which) || idle)
            continue;
        stage_picture p;
        p.made_by = which;
        p.channels = which < stage::demosaic ? 1 : 3;
        p.bits = which < stage::gamma ? 12 : 8;
        p.samples = plane<std::int16_t>(request.width * p.channels, request.height);
        stages.push_back(std::move(p));
    }
    for (auto& p : stages)
        sinks[static_cast<std::size_t>(p.made_by)] = &p.samples;
}

/// `sums`: out_width of each channel in turn; Bayer: of the sites R, Gr, Gb, B.
void frame_work::shared_state::finish_row(unsigned t, const std::vector<std::uint64_t>& sums) {
    const area_geometry g = request.tensor_geometry();
    std::vector<std::uint8_t> mean(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i)
        mean[i] = g.value(sums[i]);
    const auto plane_at = [&](std::size_t c) { return mean.data() + c * g.out_width; };
    isp::tensor_row(
        request.tensor_out,
        {plane_at(0), plane_at(1), plane_at(2), request.bayer_tensor() ? plane_at(3) : nullptr},
        tensor.row(t), request.settings.yuv);
}

/// Adds up what the bands have of a row; of a Bayer tensor the even rows of cells are parts of row
/// t, the odd ones of row t + height.
void frame_work::shared_state::combine_row(unsigned t) {
    const area_geometry& g = request.window;
    const bool bayer = request.bayer_tensor();
    std::vector<std::uint64_t> sums(std::size_t{bayer ? 4u : 3u} * g.out_width, 0);
    for (std::size_t band = first_band(t); band <= last_band(t); ++band)
        for (const area_row& part : parts[band]) {
            if (!bayer && part.row == t)
                for (std::size_t i = 0; i < sums.size(); ++i)
                    sums[i] += part.sums[i];
            if (!bayer || part.row % g.out_height != t)
                continue;
            for (unsigned column = 0; column < 2; ++column) {
                const auto site = static_cast<std::size_t>(
                    site_of(request.settings.phase, part.row / g.out_height, column));
                for (std::size_t x = 0; x < g.out_width; ++x)
                    sums[site * g.out_width + x] +=
                        part.sums[std::size_t{column} * g.out_width + x];
            }
        }
    finish_row(t, sums);
}

/// The two sites of a row's cells as the first two colours of half as many pixels.
rgb8_half_rows frame_work::shared_state::cells_of(const colour_chain& chain, unsigned y,
                                                  band_scratch& b, unsigned first, unsigned last) {
    std::array<std::array<std::uint8_t*, 2>, 2> to{};
    for (unsigned site = 0; site < 2; ++site) {
        const std::uint8_t* in = chain.toned_mosaic(y, site);
        for (std::size_t p = 0; p < 2; ++p)
            to[site][p] = b.cells.data() + (2 * site + p) * b.stride;
        for (std::size_t i = first; i < last; ++i)
            to[site][i & 1u][i / 2] = in[i];
    }
    rgb8_half_rows r;
    for (std::size_t p = 0; p < 2; ++p) {
        r.red[p] = to[0][p];
        r.green[p] = r.blue[p] = to[1][p];
    }
    return r;
}

void frame_work::shared_state::pack(const rgb8_half_rows& in, unsigned row, band_scratch& b,
                                    plane<std::uint8_t>& image) {
    const frame_request& q = request;
    const unsigned half = q.image_width() / 2;
    std::uint8_t* to = image.row(row);
    switch (q.format) {
        case image_format::yuv422:
            yuv422_row(in, half, to, q.settings.yuv);
            return;
        case image_format::rgb888:
            rgb888_row(in, half, to);
            return;
        case image_format::yuv420:
            break;
    }
    const auto above = band_scratch::channels(b.above, b.stride);
    if (row % 2 == 1) {
        yuv420_row(seen(above), in, half, to, q.settings.yuv);
        return;
    }
    luma_row(in, half, to, q.settings.yuv);
    std::fill(to + 2 * half, to + 4 * half, std::uint8_t{0});  // not sent
    for (std::size_t p = 0; p < 2; ++p) {
        std::copy(in.red[p], in.red[p] + half, above[0][p]);
        std::copy(in.green[p], in.green[p] + half, above[1][p]);
        std::copy(in.blue[p], in.blue[p] + half, above[2][p]);
    }
}

void frame_work::shared_state::take_picture_row(unsigned y, const rgb8_half_rows& in,
                                                const band_rows& rows, band_scratch& b,
                                                plane<std::uint8_t>& image) {
    const frame_request& q = request;
    const auto boxed = band_scratch::channels(b.boxed, b.stride);
    if (q.scaled()) {
        b.picture[0].add(y - q.crop.y, in, [&](const area_row& r) {
            if (r.row < rows.image_first || r.row >= rows.image_end)
                return;
            for (std::size_t c = 0; c < 3; ++c)
                for (unsigned x = 0; x < q.image_width(); ++x)
                    boxed[c][x & 1u][x / 2] = q.crop.value(r.sums[c * q.crop.out_width + x]);
            pack(seen(boxed), r.row, b, image);
        });
        return;
    }
    const unsigned row = (y - q.crop.y) / q.scale, line = (y - q.crop.y) % q.scale;
    if (row < rows.image_first || row >= rows.image_end)
        return;
    rgb8_half_rows part = in;
    for (auto* channel : {&part.red, &part.green, &part.blue})
        for (auto& p : *channel)
            p += q.crop.x / 2;
    if (q.scale == 1) {
        pack(part, row, b, image);
        return;
    }
    const std::array<const std::array<const std::uint8_t*, 2>*, 3> channels = {
        &part.red, &part.green, &part.blue};
    if (line == 0)
        std::fill(b.box_sums.begin(), b.box_sums.end(), std::uint16_t{0});
    for (std::size_t c = 0; c < 3; ++c)
        add_pairs((*channels[c])[0], (*channels[c])[1], q.crop_width() / 2,
                  b.box_sums.data() + c * b.stride);
    if (line + 1 != q.scale)
        return;
    for (std::size_t c = 0; c < 3; ++c)
        box_means(b.box_sums.data() + c * b.stride, q.scale, q.image_width() / 2, boxed[c][0],
                  boxed[c][1]);
    pack(seen(boxed), row, b, image);
}

void frame_work::shared_state::run_band(std::size_t band, plane<std::uint8_t>* image) {
    const frame_request& q = request;
    const band_rows rows = bands[band];
    const bool picture = image && rows.image_first < rows.image_end;
    const unsigned window_first = q.tensor ? q.window.y : 0,
                   window_end = q.tensor ? q.window.y + q.window.height : 0;
    const bool any_tensor = rows.first < window_end && rows.end > window_first;
    const unsigned picture_first = picture ? q.first_row_of(rows.image_first) : 0,
                   picture_end = picture ? q.last_row_of(rows.image_end - 1) + 1 : 0;
    const auto for_tensor = [&](unsigned y) {
        return y >= rows.first && y < rows.end && y >= window_first && y < window_end;
    };
    const auto for_picture = [&](unsigned y) { return y >= picture_first && y < picture_end; };
    const auto for_dump = [&](unsigned y) { return q.dump && y >= rows.first && y < rows.end; };

    // Half-row indices to work on; stages that look at luma need all.
    const unsigned half = q.width / 2;
    unsigned first = half, last = 0;
    if (picture) {
        first = q.crop.x / 2;
        last = (q.crop.x + q.crop_width() + 1) / 2;
    }
    if (any_tensor) {
        first = std::min(first, q.window.x / 2);
        last = std::max(last, (q.window.x + q.window.width + 1) / 2);
    }
    if (q.dump || q.settings.does(stage::sharpening) ||
        q.settings.does(stage::luma_noise_reduction)) {
        first = 0;
        last = half;
    }

    band_scratch& b = scratch_of_this_thread();
    b.fit(std::max(q.width, q.image_width()));
    const bool bayer = q.bayer_tensor();
    if (any_tensor)
        begin_scaler(b.tensor, q.tensor_geometry());
    if (any_tensor && bayer)
        begin_scaler(b.odd_rows, q.tensor_geometry());
    if (picture && q.scaled())
        begin_scaler(b.picture, q.crop);
    const auto on_tensor_row = [&](const area_row& r) {
        if (bayer)
            parts[band].push_back(r);
        else if (first_band(r.row) == band && last_band(r.row) == band)
            finish_row(r.row, r.sums);
        else
            parts[band].push_back(r);
    };
    const auto on_odd_row = [&](const area_row& r) {
        parts[band].push_back(r);
        parts[band].back().row += q.window.out_height;
    };
    const unsigned end = std::max(rows.end, picture_end);
    bool begun = false;
    for (unsigned y = rows.first; y < end; ++y) {
        if (!for_tensor(y) && !for_picture(y) && !for_dump(y))
            continue;
        if (!begun)
            b.chain.begin(q, tables, raw, y, first, last, sinks, rows.first, rows.end);
        begun = true;
        const rgb8_half_rows colours = b.chain.row(y);
        if (for_tensor(y) && !bayer)
            b.tensor[0].add(y - window_first, colours, on_tensor_row);
        if (for_tensor(y) && bayer) {
            const rgb8_half_rows cells = cells_of(b.chain, y, b, first, last);
            if (y % 2 == 0)
                b.tensor[0].add((y - window_first) / 2, cells, on_tensor_row);
            else
                b.odd_rows[0].add((y - window_first) / 2, cells, on_odd_row);
        }
        if (for_picture(y))
            take_picture_row(y, colours, rows, b, *image);
    }
    if (any_tensor)
        b.tensor[0].flush(on_tensor_row);
    if (any_tensor && bayer)
        b.odd_rows[0].flush(on_odd_row);
}

std::shared_ptr<frame_work> frame_work::start(worker_pool& pool, raw_rows raw,
                                              const frame_request& request, storage recycled,
                                              unsigned rows_per_band) {
    auto state = std::make_shared<shared_state>(request);
    frame_request& q = state->request;
    q.window.out_width = q.tensor_out.width;
    q.window.out_height = q.tensor_out.height;
    state->raw = std::move(raw);
    state->lay_bands(rows_per_band);
    state->parts.resize(state->bands.size());
    if (q.dump)
        state->make_sinks();
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
    self->bands_.resize(state->bands.size());
    for (std::size_t band = 0; band < state->bands.size(); ++band) {
        const band_rows& rows = state->bands[band];
        if (rows.image_first == rows.image_end) {
            self->bands_[band] = pool.submit([state, band] { state->run_band(band, nullptr); });
        } else if (band == state->first_image_band) {
            const unsigned step = rows.image_end - rows.image_first;
            self->image_ = lazy_plane<std::uint8_t>::start(
                pool, q.image_row_bytes(), q.image_height(), step,
                [state, step](plane<std::uint8_t>& out, unsigned first, unsigned) {
                    state->run_band(state->first_image_band + first / step, &out);
                },
                std::move(recycled.image));
        }
    }
    return self;
}

frame_work::~frame_work() = default;

const frame_request& frame_work::request() const {
    return state_->request;
}

void frame_work::wait_band(std::size_t band) const {
    const band_rows& rows = state_->bands[band];
    if (rows.image_first < rows.image_end)
        image_->row(rows.image_first);
    else
        bands_[band].wait();
}

const std::uint8_t* frame_work::tensor_row(unsigned t) {
    const std::size_t first = state_->first_band(t), last = state_->last_band(t);
    for (std::size_t band = first; band <= last; ++band)
        wait_band(band);
    if ((first != last || state_->request.bayer_tensor()) && !combined_[t]) {
        state_->combine_row(t);
        combined_[t] = true;
    }
    return state_->tensor.row(t);
}

const plane<std::uint8_t>& frame_work::tensor() {
    for (unsigned t = 0; t < state_->tensor.height(); ++t)
        tensor_row(t);
    return state_->tensor;
}

const std::vector<stage_picture>& frame_work::stages() {
    for (std::size_t band = 0; band < state_->bands.size(); ++band)
        wait_band(band);
    return state_->stages;
}

std::string stage_picture::checksum() const {
    std::string bytes;
    bytes.reserve(std::size_t{2} * samples.width() * samples.height());
    for (unsigned y = 0; y < samples.height(); ++y) {
        const std::int16_t* row = samples.row(y);
        for (unsigned x = 0; x < samples.width(); ++x) {
            const auto v = static_cast<std::uint16_t>(row[x]);
            bytes.push_back(static_cast<char>(v & 0xFF));
            bytes.push_back(static_cast<char>(v >> 8));
        }
    }
    return sha256_hex(bytes);
}

frame_work::storage frame_work::recycle() {
    storage s;
    for (std::size_t band = 0; band < bands_.size(); ++band)
        bands_[band].wait();
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
