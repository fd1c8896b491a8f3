// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "dsp/network/fast_layer.h"
#include "dsp/network/gemm.h"
#include "dsp/network/requantize_rows.h"

/// Convolutions, grouped ones too, and fully connected layers: rows of samples times packed
/// weights.
namespace ocellus::dsp::fast {
namespace {

class packed_product : public packed_layer {
  public:
    packed_product(const network& n, const layer& l, kernel_set kernels)
        : layer_(l), x_(tensor_of(n, l.inputs, 0)), y_(tensor_of(n, l.outputs, 0)), input_(x_) {
        const tensor& w = tensor_of(n, l.inputs, 1);
        outputs_ = static_cast<std::size_t>(w.shape[0]);
        depth_ = w.elements() / outputs_;
        image_ = l.kind == op::conv2d;
        if (image_) {
            group_in_ = static_cast<std::size_t>(w.shape[3]);
            const std::size_t groups = static_cast<std::size_t>(x_.shape[3]) / group_in_;
            group_out_ = outputs_ / groups;
            rows_ = static_cast<std::size_t>(y_.shape[1] * y_.shape[2]);
            plain_ = groups == 1 && l.kernel_h == 1 && l.kernel_w == 1 && l.stride_h == 1 &&
                     l.stride_w == 1 && (l.pad_top | l.pad_left | l.pad_bottom | l.pad_right) == 0;
        } else {
            group_in_ = depth_;
            group_out_ = outputs_;
            rows_ = x_.elements() / depth_;
        }
        const std::vector<std::int16_t> weights = centred_weights(w, outputs_, depth_);
        shape_ = gemm_shape_of(kernels, fits_int8(weights));
        for (std::size_t first = 0; first < outputs_; first += group_out_)
            groups_.push_back(pack_gemm_weights(
                kernels, shape_,
                {weights.begin() + static_cast<std::ptrdiff_t>(first * depth_),
                 weights.begin() + static_cast<std::ptrdiff_t>((first + group_out_) * depth_)},
                group_out_, depth_));
        // Unsigned bytes keep their zero point: its product with the weights goes into the bias.
        std::vector<channel_sum> sums(outputs_);
        for (std::size_t o = 0; o < outputs_; ++o)
            for (std::size_t k = 0; k < depth_; ++k) {
                const std::int64_t weight = weights[o * depth_ + k];
                if (shape_.bytes)
                    sums[o].correction -= input_.zero * weight;
                sums[o].reach += input_.reach() * std::abs(weight);
            }
        requantizers_ = arrays_of(n, l, kernels, outputs_, bias_of(n, l), sums);
        row_bytes_ = round_up(groups_[0].steps * 4, 64);
        panel_bytes_ = shape_.rows * row_bytes_;
        stride_ = groups_[0].blocks * gemm_block;
        lines_at_ = round_up(panel_bytes_ + (shape_.rows * stride_ + requantize_block) * 4, 64);
        if (image_ && !plain_) {
            const std::size_t reached = static_cast<std::size_t>(
                (y_.shape[2] - 1) * l.stride_w + (l.kernel_w - 1) * l.dilation_w + 1);
            const auto padded = static_cast<std::size_t>(x_.shape[2] + l.pad_left);
            line_bytes_ = std::max(reached, padded) * static_cast<std::size_t>(x_.shape[3]) *
                          (shape_.bytes ? 1 : 2);
        }
    }

    std::size_t scratch_bytes() const override {
        const std::size_t lines = image_ && !plain_ ? static_cast<std::size_t>(x_.shape[1]) + 1 : 0;
        return lines_at_ + lines * line_bytes_ + 16;
    }

    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t* scratch) const override {
        auto* accumulators = reinterpret_cast<std::int32_t*>(scratch + panel_bytes_);
        std::uint8_t* const lines = scratch + lines_at_;
        const bool windows = image_ && !plain_;
        if (windows)
            convert_picture(inputs[0], lines);
        // What pads the depth is multiplied by zero.
        std::memset(scratch, 0, panel_bytes_);
        for (std::size_t g = 0; g < groups_.size(); ++g)
            for (std::size_t first = 0; first < rows_; first += shape_.rows) {
                const std::size_t count = std::min(shape_.rows, rows_ - first);
                for (std::size_t r = 0; r < count; ++r) {
                    std::uint8_t* to = scratch + r * row_bytes_;
                    if (windows)
                        gather(lines, first + r, g * group_in_, to);
                    else
                        convert(to, 0, inputs[0] + (first + r) * depth_, depth_);
                }
                gemm(groups_[g], scratch, row_bytes_, count, accumulators, stride_);
                requantize_rows(requantizers_, accumulators, stride_, count, g * group_out_,
                                group_out_, output + first * outputs_ + g * group_out_, outputs_);
            }
    }

  private:
    void convert(std::uint8_t* row, std::size_t at, const std::uint8_t* from,
                 std::size_t count) const {
        if (shape_.bytes)
            copy_flipped(row + at, from, count, input_.flip);
        else
            widen(reinterpret_cast<std::int16_t*>(row) + at, from, count, input_.flip, input_.zero);
    }

    /// All lines of the picture in the samples of the kernel, between margins of the zero point,
    /// and after them one of nothing else.
    void convert_picture(const std::uint8_t* in, std::uint8_t* lines) const {
        const auto in_h = static_cast<std::size_t>(x_.shape[1]);
        const std::size_t width = static_cast<std::size_t>(x_.shape[2] * x_.shape[3]);
        const std::size_t margin = static_cast<std::size_t>(layer_.pad_left * x_.shape[3]);
        std::memset(lines, shape_.bytes ? input_.zero : 0, (in_h + 1) * line_bytes_);
        for (std::size_t y = 0; y < in_h; ++y)
            convert(lines + y * line_bytes_, margin, in + y * width, width);
    }

    /// The samples under the window of one output pixel, in the order of the weights, of the
    /// channels of a group from `channel` on. Writes up to 15 bytes more.
    void gather(const std::uint8_t* lines, std::size_t pixel, std::size_t channel,
                std::uint8_t* to) const {
        const layer& l = layer_;
        const std::size_t sample = shape_.bytes ? 1 : 2;
        const std::size_t pixel_bytes = static_cast<std::size_t>(x_.shape[3]) * sample;
        const auto out_w = static_cast<std::size_t>(y_.shape[2]);
        const int top = static_cast<int>(pixel / out_w) * l.stride_h - l.pad_top;
        // Of the line with its margin.
        const std::size_t left = pixel % out_w * static_cast<std::size_t>(l.stride_w);
        const bool whole = l.dilation_w == 1 && group_in_ == static_cast<std::size_t>(x_.shape[3]);
        const int runs = whole ? 1 : l.kernel_w;
        const std::size_t run_bytes =
            group_in_ * sample * (whole ? static_cast<std::size_t>(l.kernel_w) : 1);
        const std::size_t step = static_cast<std::size_t>(l.dilation_w) * pixel_bytes;
        for (int ky = 0; ky < l.kernel_h; ++ky) {
            const int iy = top + ky * l.dilation_h;
            const int line = iy < 0 || iy >= x_.shape[1] ? x_.shape[1] : iy;
            const std::uint8_t* from = lines + static_cast<std::size_t>(line) * line_bytes_ +
                                       left * pixel_bytes + channel * sample;
            for (int run = 0; run < runs; ++run, from += step, to += run_bytes)
                for (std::size_t i = 0; i < run_bytes; i += 16)
                    std::memcpy(to + i, from + i, 16);
        }
    }

    const layer& layer_;
    const tensor& x_;
    const tensor& y_;
    unsigned_input input_;
    gemm_shape shape_;
    std::vector<gemm_weights> groups_;
    requantizer_arrays requantizers_;
    bool image_ = false, plain_ = false;
    std::size_t outputs_ = 0, depth_ = 0, group_in_ = 0, group_out_ = 0;
    std::size_t rows_ = 0, row_bytes_ = 0, panel_bytes_ = 0, stride_ = 0;
    std::size_t lines_at_ = 0, line_bytes_ = 0;
};

}  // namespace

std::unique_ptr<packed_layer> pack_product(const network& n, const layer& l, kernel_set kernels) {
    return std::make_unique<packed_product>(n, l, kernels);
}

}  // namespace ocellus::dsp::fast
