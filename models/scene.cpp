// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "core/simd.h"

namespace ocellus::models {
namespace {

/// How one axis of the source is mapped to the array: every output sample is the sum of `taps`
/// consecutive source samples with weights, some of which are zero.
struct axis {
    unsigned taps = 1;
    bool identity = false;            ///< output i is source first[0] + i
    std::vector<std::int32_t> first;  ///< per output
    std::vector<float> weights;       ///< [tap][output]
};

/// Maps [from, from + length) of a source axis of `size` samples to `count` outputs.
axis map_axis(double from, double length, unsigned size, unsigned count) {
    axis a;
    a.first.resize(count);
    const double scale = length / count;
    std::vector<std::vector<double>> weights(count);
    for (unsigned i = 0; i < count; ++i) {
        std::vector<double>& w = weights[i];
        if (scale > 1.0) {  // area average
            const double low = from + i * scale;
            const double high = from + (i + 1) * scale;
            auto begin = static_cast<long>(std::floor(low));
            auto end = static_cast<long>(std::ceil(high));
            begin = begin < 0 ? 0 : begin;
            end = end > static_cast<long>(size) ? static_cast<long>(size) : end;
            double sum = 0;
            for (long s = begin; s < end; ++s) {
                const double a0 = low > static_cast<double>(s) ? low : static_cast<double>(s);
                const double b0 =
                    high < static_cast<double>(s + 1) ? high : static_cast<double>(s + 1);
                w.push_back(b0 > a0 ? b0 - a0 : 0.0);
                sum += w.back();
            }
            for (double& v : w)
                v /= sum;
            a.first[i] = static_cast<std::int32_t>(begin);
        } else {  // bilinear, at the centre of the output sample
            double at = from + (i + 0.5) * scale - 0.5;
            const double most = size - 1.0;
            at = at < 0 ? 0 : at > most ? most : at;
            const auto begin = static_cast<long>(at);
            const double part = at - static_cast<double>(begin);
            w.push_back(1.0 - part);
            if (part > 0)
                w.push_back(part);
            a.first[i] = static_cast<std::int32_t>(begin);
        }
        if (w.size() > a.taps)
            a.taps = static_cast<unsigned>(w.size());
    }
    a.weights.assign(std::size_t{a.taps} * count, 0.0f);
    a.identity = a.taps == 1;
    for (unsigned i = 0; i < count; ++i) {
        // Taps past the end of the source would be read although their weight is zero.
        const auto overhang = static_cast<std::int32_t>(a.first[i] + static_cast<long>(a.taps)) -
                              static_cast<std::int32_t>(size);
        const std::int32_t shift =
            overhang > 0 ? (overhang < a.first[i] ? overhang : a.first[i]) : 0;
        a.first[i] -= shift;
        for (std::size_t t = 0; t < weights[i].size(); ++t)
            a.weights[(t + static_cast<std::size_t>(shift)) * count + i] =
                static_cast<float>(weights[i][t]);
        if (a.first[i] != a.first[0] + static_cast<std::int32_t>(i))
            a.identity = false;
    }
    return a;
}

const std::array<float, 256>& linear_table() {
    static const std::array<float, 256> table = [] {
        std::array<float, 256> t{};
        for (unsigned i = 0; i < 256; ++i)
            t[i] = static_cast<float>(srgb_to_linear(i));
        return t;
    }();
    return table;
}

/// Interleaved code values to three planes of linear light.
OCELLUS_SIMD_CLONES
void decode_row(const std::uint8_t* __restrict in, const float* __restrict table,
                float* __restrict red, float* __restrict green, float* __restrict blue,
                unsigned count) {
    for (unsigned x = 0; x < count; ++x) {
        red[x] = table[in[3 * x]];
        green[x] = table[in[3 * x + 1]];
        blue[x] = table[in[3 * x + 2]];
    }
}

OCELLUS_SIMD_CLONES
void scale_row(const float* __restrict in, float weight, float* __restrict out, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] = in[x] * weight;
}

OCELLUS_SIMD_CLONES
void add_scaled_row(const float* __restrict in, float weight, float* __restrict out,
                    unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] += in[x] * weight;
}

OCELLUS_SIMD_CLONES
void gather_scaled(const float* __restrict in, const std::int32_t* __restrict index,
                   const float* __restrict weight, float* __restrict out, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] = in[index[x]] * weight[x];
}

OCELLUS_SIMD_CLONES
void gather_two(const float* __restrict in, const std::int32_t* __restrict index,
                const float* __restrict weight0, const float* __restrict weight1,
                float* __restrict out, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] = in[index[x]] * weight0[x] + in[index[x] + 1] * weight1[x];
}

OCELLUS_SIMD_CLONES
void add_gathered(const float* __restrict in, const std::int32_t* __restrict index,
                  const float* __restrict weight, float* __restrict out, unsigned count) {
    for (unsigned x = 0; x < count; ++x)
        out[x] += in[index[x]] * weight[x];
}

void resample_row(const axis& a, const float* in, float* out, unsigned count) {
    if (a.identity) {
        std::memcpy(out, in + a.first[0], count * sizeof(float));
        return;
    }
    const float* w = a.weights.data();
    unsigned done = 1;
    if (a.taps == 1) {
        gather_scaled(in, a.first.data(), w, out, count);
    } else {
        gather_two(in, a.first.data(), w, w + count, out, count);
        done = 2;
    }
    for (unsigned t = done; t < a.taps; ++t)
        add_gathered(in + t, a.first.data(), w + std::size_t{t} * count, out, count);
}

class resampled : public linear_frame {
  public:
    resampled(row_source picture, unsigned width, unsigned height)
        : picture_(std::move(picture)), width_(width), height_(height) {
        if (picture_.width == 0 || picture_.height == 0)
            throw input_error(exit_code::usage, "the scene is a picture without pixels");
        const double aspect = static_cast<double>(width) / height;
        double crop_width = picture_.width, crop_height = picture_.height;
        if (crop_width > crop_height * aspect)
            crop_width = crop_height * aspect;
        else
            crop_height = crop_width / aspect;
        columns_ = map_axis((picture_.width - crop_width) / 2, crop_width, picture_.width, width);
        lines_ =
            map_axis((picture_.height - crop_height) / 2, crop_height, picture_.height, height);
    }
    unsigned width() const override { return width_; }
    unsigned height() const override { return height_; }

    void rows(unsigned first, unsigned last, const row_taker& take) const override {
        // Decoded source rows are kept as long as a following output row may want them.
        struct decoded {
            long row = -1;
            std::vector<float> red, green, blue;
        };
        const unsigned source_width = picture_.width;
        std::vector<std::uint8_t> painted(std::size_t{source_width} * 3);
        const std::vector<float> nothing(source_width);
        std::vector<decoded> kept(lines_.taps + 1, decoded{-1, nothing, nothing, nothing});
        const auto source_row = [&](long row) -> const decoded& {
            decoded& d = kept[static_cast<std::size_t>(row) % kept.size()];
            if (d.row != row) {
                if (picture_.shine) {
                    picture_.shine(static_cast<unsigned>(row), d.red.data(), d.green.data(),
                                   d.blue.data());
                } else {
                    picture_.paint(static_cast<unsigned>(row), painted.data());
                    decode_row(painted.data(), linear_table().data(), d.red.data(), d.green.data(),
                               d.blue.data(), source_width);
                }
                d.row = row;
            }
            return d;
        };
        std::vector<float> red(source_width), green(source_width), blue(source_width);
        std::vector<float> out(std::size_t{width_} * 3);
        float* out_red = out.data();
        float* out_green = out_red + width_;
        float* out_blue = out_green + width_;
        for (unsigned y = first; y < last; ++y) {
            const float* r = nullptr;
            const float* g = nullptr;
            const float* b = nullptr;
            const long top = lines_.first[y];
            if (lines_.weights[y] == 1.0f) {
                const decoded& d = source_row(top);
                r = d.red.data();
                g = d.green.data();
                b = d.blue.data();
            } else {
                bool fresh = true;
                for (unsigned t = 0; t < lines_.taps; ++t) {
                    const float w = lines_.weights[std::size_t{t} * height_ + y];
                    if (w == 0.0f)
                        continue;
                    const decoded& d = source_row(top + static_cast<long>(t));
                    const auto mix = fresh ? scale_row : add_scaled_row;
                    mix(d.red.data(), w, red.data(), source_width);
                    mix(d.green.data(), w, green.data(), source_width);
                    mix(d.blue.data(), w, blue.data(), source_width);
                    fresh = false;
                }
                r = red.data();
                g = green.data();
                b = blue.data();
            }
            resample_row(columns_, r, out_red, width_);
            resample_row(columns_, g, out_green, width_);
            resample_row(columns_, b, out_blue, width_);
            take(y, out_red, out_green, out_blue);
        }
    }

  private:
    row_source picture_;
    unsigned width_, height_;
    axis columns_, lines_;
};

class uniform : public linear_frame {
  public:
    uniform(unsigned width, unsigned height, float red, float green, float blue)
        : width_(width),
          height_(height),
          red_(width, red),
          green_(width, green),
          blue_(width, blue) {}
    unsigned width() const override { return width_; }
    unsigned height() const override { return height_; }
    void rows(unsigned first, unsigned last, const row_taker& take) const override {
        for (unsigned y = first; y < last; ++y)
            take(y, red_.data(), green_.data(), blue_.data());
    }

  private:
    unsigned width_, height_;
    std::vector<float> red_, green_, blue_;
};

}  // namespace

double srgb_to_linear(unsigned code) {
    return light_of_srgb(code / 255.0);
}

double light_of_srgb(double v) {
    if (v <= 0.04045)
        return v / 12.92;
    // x^2.4 = x^2 (x^(1/5))^2, with the fifth root by Newton's iteration: basic arithmetic alone,
    // so that no library's rounding decides.
    const double x = (v + 0.055) / 1.055;
    double root = 1.0;
    for (int i = 0; i < 40; ++i) {
        const double square = root * root;
        root = (4.0 * root + x / (square * square)) / 5.0;
    }
    return x * x * (root * root);
}

std::shared_ptr<const linear_frame> uniform_scene::frame(std::uint32_t, unsigned width,
                                                         unsigned height) const {
    return std::make_shared<uniform>(width, height, red_, green_, blue_);
}

row_source rows_of(std::shared_ptr<const rgb8_image> image) {
    row_source s;
    s.width = image->width;
    s.height = image->height;
    s.paint = [image](unsigned row, std::uint8_t* rgb) {
        std::memcpy(rgb, image->row(row), std::size_t{image->width} * 3);
    };
    return s;
}

std::shared_ptr<const linear_frame> resampled_frame(row_source picture, unsigned width,
                                                    unsigned height) {
    return std::make_shared<resampled>(std::move(picture), width, height);
}

namespace {

/// Light of every 16-bit sRGB code value.
const std::vector<float>& deep_table() {
    static const std::vector<float> table = [] {
        std::vector<float> t(65536);
        for (unsigned i = 0; i < 65536; ++i)
            t[i] = static_cast<float>(light_of_srgb(i / 65535.0));
        return t;
    }();
    return table;
}

/// Light of every half; the caller's picture has none that is not finite.
const std::vector<float>& half_table() {
    static const std::vector<float> table = [] {
        std::vector<float> t(65536, 0.0f);
        for (unsigned i = 0; i < 0x7c00; ++i) {
            const int exponent = static_cast<int>(i >> 10);
            const float fraction = static_cast<float>(i & 1023) / 1024.0f;
            t[i] =
                exponent ? std::ldexp(1.0f + fraction, exponent - 15) : std::ldexp(fraction, -14);
        }
        return t;
    }();
    return table;
}

/// Largest light of a picture.
float peak_of(const picture& image, float gain) {
    return image.peak *
           (image.type == sample_type::half || image.type == sample_type::real ? gain : 1.0f);
}

}  // namespace

row_source rows_of(std::shared_ptr<const picture> image, float gain) {
    row_source s;
    s.width = image->width;
    s.height = image->height;
    const bool coded = image->coding == sample_coding::srgb;
    if (image->type == sample_type::u8 && coded) {
        s.paint = [image](unsigned row, std::uint8_t* rgb) {
            std::memcpy(rgb, image->row(row), image->stride());
        };
        return s;
    }
    if (image->type == sample_type::u8 || image->type == sample_type::real) {
        const bool bytes = image->type == sample_type::u8;
        s.shine = [image, gain, bytes](unsigned row, float* red, float* green, float* blue) {
            const std::uint8_t* in = image->row(row);
            float* const out[3] = {red, green, blue};
            for (std::size_t i = 0; i < std::size_t{image->width} * 3; ++i) {
                float v = 0;
                if (bytes)
                    v = static_cast<float>(in[i]) / 255.0f;
                else
                    std::memcpy(&v, in + 4 * i, 4), v *= gain;
                out[i % 3][i / 3] = v;
            }
        };
        return s;
    }
    const bool half = image->type == sample_type::half;
    const float scale = half ? gain : 1.0f / 65535.0f;
    const float* table = half ? half_table().data() : coded ? deep_table().data() : nullptr;
    const float factor = coded ? 1.0f : scale;
    s.shine = [image, table, factor](unsigned row, float* red, float* green, float* blue) {
        const std::uint8_t* in = image->row(row);
        for (unsigned x = 0; x < image->width; ++x, in += 6) {
            std::uint16_t v[3];
            std::memcpy(v, in, 6);
            red[x] = (table ? table[v[0]] : static_cast<float>(v[0])) * factor;
            green[x] = (table ? table[v[1]] : static_cast<float>(v[1])) * factor;
            blue[x] = (table ? table[v[2]] : static_cast<float>(v[2])) * factor;
        }
    };
    return s;
}

namespace {

picture of_bytes(rgb8_image image) {
    picture p;
    p.width = image.width;
    p.height = image.height;
    p.data = std::move(image.data);
    return p;
}

}  // namespace

image_scene::image_scene(rgb8_image image) : image_scene(of_bytes(std::move(image))) {}

image_scene::image_scene(picture image, double white)
    : image_(std::make_shared<const picture>(std::move(image))),
      gain_(static_cast<float>(1 / white)) {
    peak_ = std::max(1.0f, peak_of(*image_, gain_));
}

std::shared_ptr<const linear_frame> image_scene::frame(std::uint32_t, unsigned width,
                                                       unsigned height) const {
    return resampled_frame(rows_of(image_, gain_), width, height);
}

std::shared_ptr<const linear_frame> sequence_scene::frame(std::uint32_t n, unsigned width,
                                                          unsigned height) const {
    auto image = std::make_shared<const picture>(load_(n < count_ ? n : count_ - 1));
    return resampled_frame(rows_of(std::move(image), static_cast<float>(1 / white_)), width,
                           height);
}

namespace {

/// Every row is the mean of the pictures that its exposure meets.
class timed_frame : public linear_frame {
  public:
    using loader = std::function<std::shared_ptr<const linear_frame>(std::uint32_t picture)>;
    timed_frame(loader load, std::uint32_t count, double rate, const shutter& when, unsigned width,
                unsigned height)
        : load_(std::move(load)),
          count_(count),
          rate_(rate),
          when_(when),
          width_(width),
          height_(height) {}
    unsigned width() const override { return width_; }
    unsigned height() const override { return height_; }

    void rows(unsigned first, unsigned last, const row_taker& take) const override {
        if (first >= last)
            return;
        // Picture by picture, so that few of them are in memory at a time; the sum of a row does
        // not depend on which rows are asked for.
        const std::size_t samples = std::size_t{width_} * 3;
        std::vector<float> sums(samples * (last - first));
        std::uint32_t low = count_, high = 0;
        for (unsigned y = first; y < last; ++y) {
            const auto [from, to] = pictures_of(y);
            low = std::min(low, from);
            high = std::max(high, to);
        }
        for (std::uint32_t k = low; k <= high; ++k) {
            std::shared_ptr<const linear_frame> light;
            for (unsigned y = first; y < last; ++y) {
                const float weight = weight_of(y, k);
                if (weight == 0.0f)
                    continue;
                if (!light)
                    light = picture(k);
                float* sum = sums.data() + samples * (y - first);
                light->rows(y, y + 1,
                            [&](unsigned, const float* r, const float* g, const float* b) {
                                add_scaled_row(r, weight, sum, width_);
                                add_scaled_row(g, weight, sum + width_, width_);
                                add_scaled_row(b, weight, sum + 2 * std::size_t{width_}, width_);
                            });
            }
        }
        for (unsigned y = first; y < last; ++y) {
            const float* sum = sums.data() + samples * (y - first);
            take(y, sum, sum + width_, sum + 2 * std::size_t{width_});
        }
    }

  private:
    /// Exposure of a row in pictures: from the epoch on, one a unit.
    std::pair<double, double> window_of(unsigned y) const {
        const double start = when_.start + y * when_.row_time - when_.epoch;
        return {start * rate_, (start + when_.exposure) * rate_};
    }
    std::uint32_t picture_at(double t) const {
        return t <= 0 ? 0 : t >= count_ - 1.0 ? count_ - 1 : static_cast<std::uint32_t>(t);
    }
    std::pair<std::uint32_t, std::uint32_t> pictures_of(unsigned y) const {
        const auto [from, to] = window_of(y);
        return {picture_at(from), picture_at(to)};
    }
    /// Share of the row's exposure that picture k is there for; the first was always there and the
    /// last stays.
    float weight_of(unsigned y, std::uint32_t k) const {
        const auto [from, to] = window_of(y);
        const auto [low, high] = pictures_of(y);
        if (k < low || k > high)
            return 0;
        if (low == high)
            return 1;
        const double begin = k == low ? from : k, end = k == high ? to : k + 1.0;
        return static_cast<float>((end - begin) / (to - from));
    }
    /// The latest pictures are kept for the bands that other workers make at the same time.
    std::shared_ptr<const linear_frame> picture(std::uint32_t k) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (const auto& p : kept_)
            if (p.first == k && p.second)
                return p.second;
        auto& place = kept_[next_++ % kept_.size()];
        place = {k, load_(k)};
        return place.second;
    }

    loader load_;
    std::uint32_t count_;
    double rate_;
    shutter when_;
    unsigned width_, height_;
    mutable std::mutex mutex_;
    mutable std::array<std::pair<std::uint32_t, std::shared_ptr<const linear_frame>>, 3> kept_;
    mutable std::size_t next_ = 0;
};

}  // namespace

std::shared_ptr<const linear_frame> sequence_scene::frame(std::uint32_t n, unsigned width,
                                                          unsigned height,
                                                          const shutter& when) const {
    if (!changes_within_frame())
        return frame(n, width, height);
    return std::make_shared<timed_frame>(
        [load = load_, width, height, gain = static_cast<float>(1 / white_)](std::uint32_t k) {
            return resampled_frame(rows_of(std::make_shared<const picture>(load(k)), gain), width,
                                   height);
        },
        count_, rate_, when, width, height);
}

rendered_scene::rendered_scene(picture_generator render)
    : render_([render = std::move(render)](std::uint32_t frame, unsigned, unsigned) {
          return rows_of(std::make_shared<const rgb8_image>(render(frame)));
      }) {}

std::shared_ptr<const linear_frame> rendered_scene::frame(std::uint32_t n, unsigned width,
                                                          unsigned height) const {
    return resampled_frame(render_(n, width, height), width, height);
}

}  // namespace ocellus::models
