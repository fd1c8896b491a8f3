// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/simd.h"
#include "dsp/network/depthwise_vectors.h"
#include "dsp/network/fast_layer.h"
#include "dsp/network/requantize_rows.h"

/// Depthwise convolution: a ring of converted input lines, of which each output line needs some.
namespace ocellus::dsp::fast {
namespace {

constexpr std::size_t lanes = 8;
using words = std::int16_t __attribute__((vector_size(16)));
using sums = std::int32_t __attribute__((vector_size(32)));

struct depthwise_row {
    const std::int16_t* const* lines;  ///< one line of the input for each row of the kernel
    const std::int16_t* weights;
    std::size_t kernel_h, kernel_w, channels, step, dilation, width;
};

inline __attribute__((always_inline)) void run_depthwise_row_body(const depthwise_row& d,
                                                                  std::int32_t* __restrict out) {
    for (std::size_t x = 0; x < d.width; ++x)
        for (std::size_t c = 0; c < d.channels; c += lanes) {
            sums sum = {};
            const std::int16_t* w = d.weights + c;
            for (std::size_t ky = 0; ky < d.kernel_h; ++ky) {
                const std::int16_t* line = d.lines[ky] + x * d.step + c;
                for (std::size_t kx = 0; kx < d.kernel_w; ++kx) {
                    words a, b;
                    std::memcpy(&a, line, sizeof a);
                    std::memcpy(&b, w, sizeof b);
                    sum += __builtin_convertvector(a, sums) * __builtin_convertvector(b, sums);
                    line += d.dilation;
                    w += d.channels;
                }
            }
            std::memcpy(out + x * d.channels + c, &sum, sizeof sum);
        }
}
OCELLUS_SIMD_KERNEL(run_depthwise_row, (const depthwise_row& d, std::int32_t* out), (d, out))

class packed_depthwise : public packed_layer {
  public:
    packed_depthwise(const network& n, const layer& l, kernel_set kernels)
        : layer_(l), x_(tensor_of(n, l.inputs, 0)), y_(tensor_of(n, l.outputs, 0)), input_(x_) {
        const tensor& w = tensor_of(n, l.inputs, 1);
        channels_ = static_cast<std::size_t>(y_.shape[3]);
        const std::vector<std::int16_t> weights = centred_weights(w, channels_, 1);
        taps_ = weights.size() / channels_;
        way_ = depthwise_way(kernels, fits_int8(weights));
        std::vector<channel_sum> totals(channels_);
        for (std::size_t t = 0; t < taps_; ++t)
            for (std::size_t c = 0; c < channels_; ++c) {
                const std::int64_t weight = weights[t * channels_ + c];
                if (way_ == depthwise_kind::bytes)
                    totals[c].correction -= input_.zero * weight;
                totals[c].reach += input_.reach() * std::abs(weight);
            }
        // Words need the 16-bit kernel, whose vectors are those of AVX2.
        const kernel_set arithmetic = way_ == depthwise_kind::words ? kernel_set::avx2 : kernels;
        requantizers_ = arrays_of(n, l, arithmetic, channels_, bias_of(n, l), totals);
        padded_ = round_up(channels_, channels_of(way_));
        if (way_ == depthwise_kind::plain) {
            plain_weights_.assign(taps_ * padded_, 0);
            for (std::size_t t = 0; t < taps_; ++t)
                std::copy_n(weights.begin() + static_cast<std::ptrdiff_t>(t * channels_), channels_,
                            plain_weights_.begin() + static_cast<std::ptrdiff_t>(t * padded_));
        } else {
            vectors_ = pack_depthwise_vectors(way_, weights, static_cast<std::size_t>(l.kernel_h),
                                              static_cast<std::size_t>(l.kernel_w), channels_,
                                              requantizers_);
        }
        sample_ = way_ == depthwise_kind::bytes ? 1 : 2;
        const auto width = static_cast<std::size_t>(y_.shape[2]);
        columns_ = (width - 1) * static_cast<std::size_t>(l.stride_w) +
                   static_cast<std::size_t>((l.kernel_w - 1) * l.dilation_w) + 1;
        const auto pixels =
            std::max(columns_, static_cast<std::size_t>(x_.shape[2] + l.pad_left + l.pad_right));
        line_bytes_ = round_up(pixels * padded_ * sample_, scratch_alignment);
        ring_ = static_cast<std::size_t>((l.kernel_h - 1) * l.dilation_h + 1);
        accumulators_at_ = (ring_ + 1) * line_bytes_;
        columns_at_ = round_up(accumulators_at_ + (width * padded_ + requantize_block) * 4,
                               scratch_alignment);
    }

    std::size_t scratch_bytes() const override {
        return columns_at_ + columns_ * vectors_.column_bytes();
    }

    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t* scratch) const override {
        const layer& l = layer_;
        std::uint8_t* const blank = scratch;
        std::uint8_t* const ring = scratch + line_bytes_;
        auto* accumulators = reinterpret_cast<std::int32_t*>(scratch + accumulators_at_);
        const auto kernel_h = static_cast<std::size_t>(l.kernel_h);
        std::vector<const std::uint8_t*> lines(kernel_h);
        // Margins and absent lines are the zero point.
        std::memset(scratch, sample_ == 1 ? input_.zero : 0, (ring_ + 1) * line_bytes_);
        const auto width = static_cast<std::size_t>(y_.shape[2]);
        int converted = 0;  // lines of the input converted so far
        for (int y = 0; y < y_.shape[1]; ++y) {
            const int top = y * l.stride_h - l.pad_top;
            const int needed = std::min(top + static_cast<int>(ring_), x_.shape[1]);
            converted = std::max(converted, std::min(top, x_.shape[1]));
            for (; converted < needed; ++converted)
                convert_line(inputs[0], converted,
                             ring + static_cast<std::size_t>(converted) % ring_ * line_bytes_);
            for (std::size_t ky = 0; ky < kernel_h; ++ky) {
                const int iy = top + static_cast<int>(ky) * l.dilation_h;
                lines[ky] = iy < 0 || iy >= x_.shape[1]
                                ? blank
                                : ring + static_cast<std::size_t>(iy) % ring_ * line_bytes_;
            }
            std::uint8_t* out = output + static_cast<std::size_t>(y) * width * channels_;
            if (way_ == depthwise_kind::plain) {
                std::vector<const std::int16_t*> of_words(kernel_h);
                for (std::size_t ky = 0; ky < kernel_h; ++ky)
                    of_words[ky] = reinterpret_cast<const std::int16_t*>(lines[ky]);
                run_depthwise_row({of_words.data(), plain_weights_.data(), kernel_h,
                                   static_cast<std::size_t>(l.kernel_w), padded_,
                                   static_cast<std::size_t>(l.stride_w) * padded_,
                                   static_cast<std::size_t>(l.dilation_w) * padded_, width},
                                  accumulators);
                requantize_rows(requantizers_, accumulators, padded_, width, 0, channels_, out,
                                channels_);
                continue;
            }
            const depthwise_line line{lines.data(),
                                      padded_ * sample_,
                                      columns_,
                                      static_cast<std::size_t>(l.stride_w),
                                      static_cast<std::size_t>(l.dilation_w),
                                      width,
                                      padded_,
                                      scratch + columns_at_,
                                      vectors_.fused ? nullptr : accumulators,
                                      out};
            run_depthwise_vectors(vectors_, line);
            if (!vectors_.fused)
                requantize_rows(requantizers_, accumulators, padded_, width, 0, channels_, out,
                                channels_);
        }
    }

  private:
    /// One input line in the samples of the kernel, each channel depth_multiplier times, between
    /// margins of the zero point.
    void convert_line(const std::uint8_t* in, int y, std::uint8_t* line) const {
        const auto in_c = static_cast<std::size_t>(x_.shape[3]);
        const auto in_w = static_cast<std::size_t>(x_.shape[2]);
        const std::uint8_t* from = in + static_cast<std::size_t>(y) * in_w * in_c;
        std::uint8_t* to = line + static_cast<std::size_t>(layer_.pad_left) * padded_ * sample_;
        const auto copies = static_cast<std::size_t>(layer_.depth_multiplier);
        if (copies == 1 && in_c == padded_) {
            convert(to, from, in_w * in_c);
            return;
        }
        for (std::size_t x = 0; x < in_w; ++x, to += padded_ * sample_, from += in_c) {
            if (copies == 1) {
                convert(to, from, in_c);
                continue;
            }
            for (std::size_t c = 0; c < channels_; ++c)
                convert_one(to + c * sample_, from[c / copies]);
        }
    }
    void convert(std::uint8_t* to, const std::uint8_t* from, std::size_t count) const {
        if (sample_ == 1)
            copy_flipped(to, from, count, input_.flip);
        else
            widen(reinterpret_cast<std::int16_t*>(to), from, count, input_.flip, input_.zero);
    }
    void convert_one(std::uint8_t* to, std::uint8_t from) const {
        const auto q = static_cast<std::uint8_t>(from ^ input_.flip);
        if (sample_ == 1) {
            *to = q;
            return;
        }
        const auto centred = static_cast<std::int16_t>(q - input_.zero);
        std::memcpy(to, &centred, sizeof centred);
    }

    const layer& layer_;
    const tensor& x_;
    const tensor& y_;
    unsigned_input input_;
    depthwise_kind way_ = depthwise_kind::plain;
    std::vector<std::int16_t> plain_weights_;
    depthwise_weights vectors_;
    requantizer_arrays requantizers_;
    std::size_t channels_ = 0, padded_ = 0, taps_ = 0, sample_ = 2;
    std::size_t line_bytes_ = 0, ring_ = 0, columns_ = 0, accumulators_at_ = 0, columns_at_ = 0;
};

}  // namespace

std::unique_ptr<packed_layer> pack_depthwise(const network& n, const layer& l, kernel_set kernels) {
    return std::make_unique<packed_depthwise>(n, l, kernels);
}

}  // namespace ocellus::dsp::fast
