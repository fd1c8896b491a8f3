// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "core/image.h"
#include "core/picture.h"

namespace ocellus::models {

/// Light of one frame at the resolution of the pixel array: linear red, green and blue with the
/// primaries of sRGB, 1.0 is a diffuse white surface. Immutable: any thread, any rows, same values.
class linear_frame {
  public:
    using row_taker =
        std::function<void(unsigned y, const float* red, const float* green, const float* blue)>;
    virtual ~linear_frame() = default;
    virtual unsigned width() const = 0;
    virtual unsigned height() const = 0;
    /// Calls `take` for rows first .. last-1 in order. The pointers hold for the call alone.
    virtual void rows(unsigned first, unsigned last, const row_taker& take) const = 0;
};

/// When the rows of the array are exposed: row y from start + y x row_time on, for `exposure`.
/// Seconds of simulated time.
struct shutter {
    double start = 0, row_time = 0, exposure = 0;
    double epoch = 0;  ///< when the exposure of the stream's very first row began
};

/// What is in front of the lens.
class scene {
  public:
    virtual ~scene() = default;
    /// Whether all frames are the same, so that one may be prepared and kept.
    virtual bool still() const = 0;
    /// Frame `n` for an array of width x height pixels. May take its time: it is called from the
    /// worker pool. Pure.
    virtual std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                                      unsigned height) const = 0;
    /// The most light that any colour of any frame has: 1 unless it shines brighter than white.
    virtual float peak() const { return 1.0f; }
    /// Whether the light changes while a frame is exposed, so that every row sees its own.
    virtual bool changes_within_frame() const { return false; }
    /// The same with the mean light of each row over its own exposure.
    virtual std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                                      unsigned height, const shutter&) const {
        return frame(n, width, height);
    }
};

/// One colour everywhere.
class uniform_scene : public scene {
  public:
    using scene::frame;
    uniform_scene(float red, float green, float blue) : red_(red), green_(green), blue_(blue) {}
    bool still() const override { return true; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override;

  private:
    float red_, green_, blue_;
};

/// A photograph or a rendering: cropped at its centre to the array's aspect, then area-averaged
/// where it is larger than the array and bilinearly interpolated where it is smaller, in linear
/// light.
class image_scene : public scene {
  public:
    using scene::frame;
    explicit image_scene(rgb8_image image);
    /// `white` is the value of linear floating point samples that stands for diffuse white.
    explicit image_scene(picture image, double white = 1);
    bool still() const override { return true; }
    float peak() const override { return peak_; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override;

  private:
    std::shared_ptr<const picture> image_;
    float gain_ = 1, peak_ = 1;
};

/// Frame k is picture first + k; the last one stays when there are no more. With a rate, picture k
/// is there from k / rate to (k + 1) / rate after the epoch of the shutter, and a row is the mean
/// of the pictures that its exposure meets, by the time that it meets them for.
class sequence_scene : public scene {
  public:
    using scene::frame;
    /// `load` must be pure and may throw; it is called from the worker pool. `peak` is the most
    /// light of them all. `rate` in pictures a second; 0: one a frame, that stands still.
    sequence_scene(std::function<picture(std::uint32_t index)> load, std::uint32_t count,
                   double white, float peak, double rate = 0)
        : load_(std::move(load)), count_(count), white_(white), peak_(peak), rate_(rate) {}
    bool still() const override { return count_ == 1; }
    float peak() const override { return peak_; }
    bool changes_within_frame() const override { return rate_ > 0 && count_ > 1; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override;
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width, unsigned height,
                                              const shutter& when) const override;

  private:
    std::function<picture(std::uint32_t)> load_;
    std::uint32_t count_;
    double white_;
    float peak_;
    double rate_;
};

/// A picture whose rows are painted when they are wanted: by any thread, in any order, some of them
/// twice. Painting must be pure. One of the two: sRGB code values, or light.
struct row_source {
    unsigned width = 0, height = 0;
    std::function<void(unsigned row, std::uint8_t* rgb)> paint;  ///< 3 x width bytes
    std::function<void(unsigned row, float* red, float* green, float* blue)> shine;
};

/// A picture per frame from a generator that must be pure: same frame, same bytes. A generator of
/// row sources is asked for the array's size (it may return another) and its rows are painted by
/// all workers; a generator of whole pictures paints in one worker, ahead by one frame.
class rendered_scene : public scene {
  public:
    using scene::frame;
    using row_generator =
        std::function<row_source(std::uint32_t frame, unsigned width, unsigned height)>;
    using picture_generator = std::function<rgb8_image(std::uint32_t frame)>;
    explicit rendered_scene(row_generator render) : render_(std::move(render)) {}
    explicit rendered_scene(picture_generator render);
    bool still() const override { return false; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override;

  private:
    row_generator render_;
};

/// IEC 61966-2-1: the linear light of an sRGB code value 0 .. 255, exact to double rounding and the
/// same on every machine; `v` is the code value as 0 .. 1.
double srgb_to_linear(unsigned code);
double light_of_srgb(double v);

/// The rows of a picture.
row_source rows_of(std::shared_ptr<const rgb8_image> image);
/// The same, linear samples times `gain`.
row_source rows_of(std::shared_ptr<const picture> image, float gain = 1);

/// The picture, resampled to an array of width x height as image_scene says.
std::shared_ptr<const linear_frame> resampled_frame(row_source picture, unsigned width,
                                                    unsigned height);

}  // namespace ocellus::models
