// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/lazy_plane.h"
#include "core/worker_pool.h"
#include "isp/scaler.h"
#include "isp/settings.h"
#include "isp/tensor.h"

/// The whole chain over one frame, in bands of rows on the worker pool:
///
///     raw -> black level -> linearisation -> defect correction -> lens shading -> Bayer noise
///         -> white balance -> demosaic -> matrix -> gamma -> sharpening -> luma noise
///         -+-> crop -> scale -> YUV or RGB rows
///          +-> window -> scale -> tensor rows
///
/// Each pixel is demosaiced once for both outputs. A band recomputes the rows above and below it
/// that its windows look at; a tensor row that two bands share is the sum of their integer partial
/// sums. So the bytes depend neither on bands nor on threads.
namespace ocellus::isp {

enum class image_format : std::uint8_t { yuv422, rgb888, yuv420 };
/// Of a row as stored; every other row of YUV420 is sent with 8 bits.
constexpr unsigned bits_per_pixel(image_format f) {
    return f == image_format::rgb888 ? 24 : 16;
}
/// Of row y of a picture as sent.
constexpr unsigned bits_per_pixel(image_format f, unsigned y) {
    return f == image_format::yuv420 && y % 2 == 0 ? 8 : bits_per_pixel(f);
}

/// What to make of a frame.
struct frame_request {
    isp_settings settings;
    unsigned width = 0, height = 0;  ///< of the raw frame, even, at least 4
    unsigned bits = 10;              ///< per raw sample, 8 .. 16

    bool image = false;
    image_format format = image_format::yuv422;
    unsigned scale = 1;  ///< box: 1, 2 or 4
    /// Part of the array that becomes the picture, all even; width 0: everything. With out_width
    /// and out_height it is scaled to that size and `scale` does not count.
    area_geometry crop;

    bool tensor = false;
    /// Source rectangle; out_width, out_height are set from `tensor_out`. All even for Bayer.
    area_geometry window;
    tensor_format tensor_out;

    bool dump = false;  ///< keep what every stage made

    bool bayer_tensor() const { return tensor && tensor_out.order == tensor_order::bayer; }
    /// What the tensor's scaler sees: the window, of a Bayer tensor its cells.
    area_geometry tensor_geometry() const {
        area_geometry g = window;
        if (bayer_tensor()) {
            g.x /= 2;
            g.y /= 2;
            g.width /= 2;
            g.height /= 2;
        }
        return g;
    }
    /// First and last array row that tensor row t needs.
    unsigned first_row_of_tensor(unsigned t) const {
        const area_geometry g = tensor_geometry();
        return bayer_tensor() ? 2 * (g.y + g.first_row(t)) : g.y + g.first_row(t);
    }
    unsigned last_row_of_tensor(unsigned t) const {
        const area_geometry g = tensor_geometry();
        return bayer_tensor() ? 2 * (g.y + g.last_row(t)) + 1 : g.y + g.last_row(t);
    }
    unsigned crop_width() const { return crop.width ? crop.width : width; }
    unsigned crop_height() const { return crop.width ? crop.height : height; }
    bool scaled() const { return crop.out_width != 0; }
    /// Pixels of an image row, rounded down to even (a CSI-2 YUV422 row holds pairs).
    unsigned image_width() const {
        return (scaled() ? crop.out_width : crop_width() / scale) & ~1u;
    }
    unsigned image_height() const {
        const unsigned rows = scaled() ? crop.out_height : crop_height() / scale;
        return format == image_format::yuv420 ? rows & ~1u : rows;
    }
    unsigned image_row_bytes() const { return image_width() * bits_per_pixel(format) / 8; }
    /// First and last array row that picture row i needs.
    unsigned first_row_of(unsigned i) const {
        return crop.y + (scaled() ? crop.first_row(i) : i * scale);
    }
    unsigned last_row_of(unsigned i) const {
        return crop.y + (scaled() ? crop.last_row(i) : i * scale + scale - 1);
    }
};

/// What a stage made of a frame: samples, row by row, `channels` to the pixel. Signed 13 bit before
/// the demosaic, then unsigned 12 bit, after the tone curve 8 bit.
struct stage_picture {
    stage made_by = stage::black_level;
    unsigned channels = 1;
    unsigned bits = 12;
    plane<std::int16_t> samples;  ///< width times channels
    /// SHA-256 of the samples as little-endian 16-bit numbers.
    std::string checksum() const;
};

/// Rows of the raw frame; may block until a row is there. Called from many threads.
using raw_rows = std::function<const std::uint16_t*(unsigned row)>;

/// The work on one frame. Image rows are a lazy plane of bytes; tensor rows are waited for one by
/// one.
class frame_work {
  public:
    /// Storage of an earlier frame of the same sizes, for reuse; empty is fine.
    struct storage {
        plane<std::uint8_t> image, tensor;
    };

    /// Submits all bands. `raw` is kept until the work is done; it may wait for work submitted
    /// earlier. `rows_per_band` changes speed only.
    static std::shared_ptr<frame_work> start(worker_pool& pool, raw_rows raw,
                                             const frame_request& request, storage recycled = {},
                                             unsigned rows_per_band = 64);
    ~frame_work();
    frame_work(const frame_work&) = delete;
    frame_work& operator=(const frame_work&) = delete;

    const frame_request& request() const;
    /// Null when no image was asked for. Width is bytes per row.
    std::shared_ptr<const lazy_plane<std::uint8_t>> image() const { return image_; }
    /// Waits for the bands of tensor row `t` and returns its bytes. One thread at a time.
    const std::uint8_t* tensor_row(unsigned t);
    /// All tensor rows.
    const plane<std::uint8_t>& tensor();
    /// What the stages that are not bypassed made, in order. Waits for all bands. Needs
    /// request.dump.
    const std::vector<stage_picture>& stages();
    /// Whether somebody else still holds the image.
    bool image_in_use() const { return image_.use_count() > 1; }
    /// Takes the storage; the work must not be used afterwards. Waits for the bands.
    storage recycle();

  private:
    struct shared_state;
    frame_work() = default;
    void wait_band(std::size_t band) const;

    std::shared_ptr<shared_state> state_;
    std::shared_ptr<lazy_plane<std::uint8_t>> image_;
    std::vector<work_handle> bands_;  // those without picture rows; by band
    std::vector<bool> combined_;
};

/// Clips a window to the array; a width or height of 0 means up to the border. Returns false when
/// nothing is left.
bool clip_window(area_geometry& window, unsigned width, unsigned height);

}  // namespace ocellus::isp
